//! The SQL of signed export addresses.

use super::{Maker, NewSignedUrl, OpenedSignedUrl, SignedUrl, SignedUrlPage};
use crate::{
    exports::{Dataset, Selection},
    kernel::{
        auth::{ProductId, ProductScope, Role, secret_hash},
        clock::Instant,
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List},
        schema::{export_urls, members, products, users},
    },
};
use chrono::TimeDelta;
use diesel::prelude::*;

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<SignedUrl>) -> Result<SignedUrlPage, Failure> {
    let rows = export_urls::table
        .filter(export_urls::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(SignedUrl::as_select())
        .load(conn)?;
    list.page(rows)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<SignedUrl, Failure> {
    Ok(export_urls::table
        .filter(export_urls::product_id.eq(product.as_str()))
        .filter(export_urls::id.eq(id))
        .select(SignedUrl::as_select())
        .first(conn)?)
}

/// Makes an address of a secret, for what its maker may read.
///
/// # Errors
/// 422 for a dataset that is not there, and for what cannot be asked of it.
pub fn insert(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    user: String,
    new: NewSignedUrl,
    token: &str,
) -> Result<OpenedSignedUrl, Failure> {
    let unknown = || Failure::invalid("/dataset", "unknown", "there is no such dataset");
    let dataset = Dataset::find(&new.dataset).ok_or_else(unknown)?;
    Selection::read(dataset, &new.filters, product.role.may_edit(), tx.at()).map_err(in_filters)?;
    let member_id = members::table
        .filter(members::product_id.eq(product.id.as_str()))
        .filter(members::user_id.eq(&user))
        .select(members::id)
        .first(&mut **tx)?;
    let expires_at = Instant::from(tx.at().utc() + TimeDelta::seconds(new.expires_in));
    let maker = Maker { member_id, user, role: product.role };
    let kept = new.into_row(product.id.as_str(), maker, secret_hash(token), expires_at, tx.new_head());
    diesel::insert_into(export_urls::table).values(&kept).execute(&mut **tx)?;
    tx.created(&kept)?;
    Ok(OpenedSignedUrl::new(kept, token))
}

/// What is wrong with a parameter is wrong with a property here.
fn in_filters(failure: Failure) -> Failure {
    let Failure::Invalid(faults) = failure else { return failure };
    let placed = faults.into_iter().map(|fault| match &fault.parameter {
        Some(name) => Fault { pointer: Some(format!("/filters/{name}")), parameter: None, ..fault },
        None => fault,
    });
    Failure::Invalid(placed.collect())
}

/// Revokes an address: it opens nothing from then on.
///
/// # Errors
/// 403 for one who neither made it nor may edit.
pub fn delete(tx: &mut Tx<'_>, product: &ProductScope, user: &str, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, &product.id, id)?;
    seen.check(&before)?;
    if before.created_by != user && !product.role.may_edit() {
        return Err(Failure::Forbidden("whoever made it, owners and editors only"));
    }
    let same = export_urls::table.filter(export_urls::id.eq(id));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// What a secret opens now, and the key of its product.
///
/// # Errors
/// [`Failure::NotFound`] for one that is unknown, revoked or expired, or whose maker may not read it any more.
pub fn opened(conn: &mut Conn, token: &str, now: Instant) -> Result<(SignedUrl, String), Failure> {
    let url = export_urls::table
        .filter(export_urls::token_hash.eq(secret_hash(token)))
        .filter(export_urls::expires_at.gt(now))
        .select(SignedUrl::as_select())
        .first(conn)?;
    let (role, disabled_at, key) = members::table
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .inner_join(products::table.on(products::id.eq(members::product_id)))
        .filter(members::id.eq(&url.member_id))
        .filter(users::disabled.eq(false))
        .select((members::role, users::disabled_at, products::key))
        .first::<(Role, Option<Instant>, String)>(conn)?;
    let stands = role.covers(url.role) && disabled_at.is_none_or(|disabled_at| url.created_at > disabled_at);
    if stands { Ok((url, key)) } else { Err(Failure::NotFound) }
}

/// Notes that an address was opened.
pub fn count(conn: &mut Conn, id: &str) -> Result<(), Failure> {
    let url = export_urls::table.filter(export_urls::id.eq(id));
    diesel::update(url).set(export_urls::reads.eq(export_urls::reads + 1)).execute(conn)?;
    Ok(())
}
