//! The SQL of share links.

use super::{NewShareLink, OpenedShareLink, ShareLink};
use crate::{
    access,
    kernel::{
        auth::{ProductId, ProductScope, secret_hash},
        clock::Instant,
        db::{Conn, Tx, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page},
        schema::share_links,
    },
    reports::{Report, mail, store, views::Audience},
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long a link can open a report.
const LONGEST: TimeDelta = TimeDelta::days(366);

pub fn page(
    conn: &mut Conn,
    product: &ProductScope,
    report: &str,
    list: &List<ShareLink>,
) -> Result<Page<ShareLink>, Failure> {
    let report = store::find(conn, product, report)?;
    let rows = share_links::table
        .filter(share_links::report_id.eq(&report.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(ShareLink::as_select())
        .load(conn)?;
    list.page(rows)
}

pub fn find(conn: &mut Conn, product: &ProductId, report: &str, id: &str) -> Result<ShareLink, Failure> {
    Ok(share_links::table
        .filter(share_links::product_id.eq(product.as_str()))
        .filter(share_links::report_id.eq(report))
        .filter(share_links::id.eq(id))
        .select(ShareLink::as_select())
        .first(conn)?)
}

/// Makes a link of a secret.
///
/// # Errors
/// 409 for a draft; 422 for a time that is over or too far away, or an audience that is not there.
pub fn insert(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    report: &str,
    new: NewShareLink,
    token: &str,
) -> Result<OpenedShareLink, Failure> {
    let report = store::find(tx, product, report)?;
    if !report.state.is_published() {
        return Err(Failure::conflict("draft", "only a published report is shared"));
    }
    let now = tx.at().utc();
    if new.expires_at.utc() <= now || new.expires_at.utc() > now + LONGEST {
        return Err(Failure::invalid("/expires_at", "out_of_range", "between now and 366 days from now"));
    }
    Audience::find(tx, &product.id, &new.audience).map_err(|failure| match failure {
        Failure::Invalid(_) => Failure::invalid("/for", "unknown", "neither a group nor a stakeholder of this product"),
        other => other,
    })?;
    let (head, by) = (tx.new_head(), tx.author().person().map(ToOwned::to_owned));
    let link = new.into_row(product.id.as_str(), &report.id, secret_hash(token), by, head);
    diesel::insert_into(share_links::table).values(&link).execute(&mut **tx)?;
    tx.created(&link)?;
    Ok(OpenedShareLink { link, url: format!("/r/{token}") })
}

/// Revokes a link: it opens nothing from then on.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, report: &str, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, report, id)?;
    seen.check(&before)?;
    remove(tx, &before)
}

/// Without asking who has seen it.
pub fn remove(tx: &mut Tx<'_>, before: &ShareLink) -> Result<(), Failure> {
    let same =
        share_links::table.filter(share_links::id.eq(&before.id)).filter(share_links::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(before)
}

/// What a secret opens now.
///
/// # Errors
/// [`Failure::NotFound`] for one that is unknown, revoked or expired, or was made by a user who is disabled.
pub fn opened(conn: &mut Conn, token: &str, now: Instant) -> Result<(ShareLink, Report), Failure> {
    let link = share_links::table
        .filter(share_links::token_hash.eq(secret_hash(token)))
        .filter(share_links::expires_at.gt(now))
        .select(ShareLink::as_select())
        .first(conn)?;
    if !mail::store::still_theirs(conn, &link.id, now)? {
        return Err(Failure::NotFound);
    }
    // Nothing of somebody works any more who must not come in.
    if let Some(maker) = &link.created_by
        && !access::store::may_come_in(conn, maker, link.created_at)?
    {
        return Err(Failure::NotFound);
    }
    let report = store::shared(conn, &ProductId::known(link.product_id.clone()), &link.report)?;
    Ok((link, report))
}

/// A link for a stakeholder that nobody is told but them, by mail.
///
/// # Errors
/// When the storage fails.
pub fn insert_mailed(
    tx: &mut Tx<'_>,
    report: &Report,
    stakeholder: &str,
    expires_at: Instant,
    token: impl FnOnce(&str) -> String,
) -> Result<ShareLink, Failure> {
    let head = tx.new_head();
    let hash = secret_hash(&token(&head.id));
    let new = NewShareLink { expires_at, audience: stakeholder.to_owned() };
    let link = new.into_row(&report.product_id, &report.id, hash, None, head);
    diesel::insert_into(share_links::table).values(&link).execute(&mut **tx)?;
    tx.created(&link)?;
    Ok(link)
}

/// The link of that id, as long as it opens something and that secret opens it.
pub fn find_live(conn: &mut Conn, id: &str, token: &str, now: Instant) -> Result<Option<ShareLink>, Failure> {
    Ok(share_links::table
        .filter(share_links::id.eq(id))
        .filter(share_links::token_hash.eq(secret_hash(token)))
        .filter(share_links::expires_at.gt(now))
        .select(ShareLink::as_select())
        .first(conn)
        .optional()?)
}

/// Counts an opening; not a change of the link that anybody would have to see before revoking it.
pub fn count(conn: &mut Conn, link: &str) -> Result<(), Failure> {
    let this = share_links::table.find(link);
    diesel::update(this).set(share_links::reads.eq(share_links::reads + 1)).execute(conn)?;
    Ok(())
}
