//! The SQL of deliveries.

use super::{DeliveryState, LINK, ReportDelivery};
use crate::{
    access,
    kernel::{
        auth::{ProductId, ProductScope, Role, Signer},
        clock::{Clock, Instant},
        db::{Conn, Kept, Row, Tx, now, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page},
        mail::Outcome,
        schema::report_deliveries,
    },
    products,
    reports::{Report, shares, store},
    stakeholders::{self, Stakeholder},
};
use diesel::prelude::*;

/// How many deliveries are looked at in one round.
const ROUND: i64 = 50;
/// What a delivery's links are derived for.
const PURPOSE: &str = "link in mail";

pub fn page(
    conn: &mut Conn,
    product: &ProductScope,
    report: &str,
    list: &List<ReportDelivery>,
) -> Result<Page<ReportDelivery>, Failure> {
    let report = store::find(conn, product, report)?;
    let rows = report_deliveries::table
        .filter(report_deliveries::report_id.eq(&report.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(ReportDelivery::as_select())
        .load(conn)?;
    list.page(rows)
}

pub fn find(conn: &mut Conn, product: &ProductId, report: &str, id: &str) -> Result<ReportDelivery, Failure> {
    Ok(report_deliveries::table
        .filter(report_deliveries::product_id.eq(product.as_str()))
        .filter(report_deliveries::report_id.eq(report))
        .filter(report_deliveries::id.eq(id))
        .select(ReportDelivery::as_select())
        .first(conn)?)
}

/// Writes down who is to get a report that is being published: every stakeholder with an address. Nobody, where no
/// mail is sent.
///
/// # Errors
/// When the storage fails.
pub fn queue(tx: &mut Tx<'_>, report: &Report) -> Result<(), Failure> {
    if !tx.mails() {
        return Ok(());
    }
    let product = ProductId::known(report.product_id.clone());
    let at = tx.at();
    let today = today(tx, &product, at)?;
    for stakeholder in stakeholders::store::all(tx, &product)? {
        let Some(address) = reached_at(&stakeholder, today) else { continue };
        let delivery = ReportDelivery::new(product.as_str(), &report.id, &stakeholder, address, tx.new_head());
        diesel::insert_into(report_deliveries::table).values(&delivery).execute(&mut **tx)?;
        tx.created(&delivery)?;
    }
    Ok(())
}

fn today(conn: &mut Conn, product: &ProductId, now: Instant) -> Result<chrono::NaiveDate, Failure> {
    let zone = products::store::find(conn, product)?.zone()?;
    Ok(now.day_in(zone))
}

/// Where somebody gets mail who is still a stakeholder.
fn reached_at(stakeholder: &Stakeholder, today: chrono::NaiveDate) -> Option<&str> {
    stakeholder.email.as_deref().filter(|_| stakeholder.retired_on.is_none_or(|on| on > today))
}

/// What is to be tried now, the longest due first.
pub fn due(conn: &mut Conn, clock: &Clock) -> Result<Vec<ReportDelivery>, Failure> {
    let now = now(conn, clock)?;
    Ok(report_deliveries::table
        .filter(report_deliveries::state.eq(DeliveryState::Waiting))
        .filter(report_deliveries::next_at.le(now))
        .order((report_deliveries::next_at, report_deliveries::id))
        .limit(ROUND)
        .select(ReportDelivery::as_select())
        .load(conn)?)
}

/// A delivery that is ours to send now.
#[derive(Clone)]
pub struct Errand {
    pub delivery: ReportDelivery,
    pub report: Report,
    pub stakeholder: Stakeholder,
    pub way: Way,
}

/// How a stakeholder opens the report.
#[derive(Clone)]
pub enum Way {
    /// They sign in.
    Page,
    /// With a link of their own.
    Link { token: String, until: Instant },
}

/// Takes a delivery in hand: nobody else tries it for a while. It is sent to where its stakeholder is reached by
/// now, with a link of their own where they have no user. Nothing when there is nobody to send it to; then it has failed.
///
/// # Errors
/// [`Failure::Stale`] when somebody else was faster.
pub fn claim(
    tx: &mut Tx<'_>,
    clock: &Clock,
    signer: &Signer,
    seen: &ReportDelivery,
) -> Result<Option<Errand>, Failure> {
    let (now, product) = (now(tx, clock)?, ProductId::known(seen.product_id.clone()));
    let before = find(tx, &product, &seen.report, &seen.id)?;
    if before.version != seen.version || !before.is_due(now) {
        return Err(Failure::Stale);
    }
    let stakeholder = stakeholders::store::find(tx, &product, &before.stakeholder)?;
    let today = today(tx, &product, now)?;
    let Some(address) = reached_at(&stakeholder, today).map(ToOwned::to_owned) else {
        let why = "they have no e-mail address any more, or are no stakeholder any more";
        return give_up(tx, &before, why).map(|()| None);
    };
    if let Some(user) = &stakeholder.user
        && !access::store::role_of(tx, &product, user)?.is_some_and(Role::may_view)
    {
        return give_up(tx, &before, "the user they are may not read reports here").map(|()| None);
    }
    if before.attempts > 0 && before.wait().is_none() {
        return give_up(tx, &before, "nobody knows what came of the last attempt").map(|()| None);
    }
    let report = store::shared(tx, &product, &before.report)?;
    let mut after = before.clone().with(tx.next_head(&before)).tried(now);
    let way = match stakeholder.user {
        Some(_) => {
            drop_link(tx, &mut after)?;
            Way::Page
        }
        None => {
            let (link, token) = own_link(tx, signer, &report, &before, &address)?;
            if after.share_link.as_ref() != Some(&link.id) {
                drop_link(tx, &mut after)?;
            }
            after.share_link = Some(link.id);
            Way::Link { token, until: link.expires_at }
        }
    };
    after.address = address;
    write_over(tx, "attempt", &before, &after)?;
    Ok(Some(Errand { delivery: after, report, stakeholder, way }))
}

/// The link of an earlier attempt, as long as it opens the report for the same address; else a new one.
fn own_link(
    tx: &mut Tx<'_>,
    signer: &Signer,
    report: &Report,
    before: &ReportDelivery,
    address: &str,
) -> Result<(shares::ShareLink, String), Failure> {
    let now = tx.at();
    if let Some(id) = before.share_link.as_ref().filter(|_| before.address == address) {
        for token in signer.derived_secrets(PURPOSE, id) {
            if let Some(link) = shares::store::find_live(tx, id, &token, now)? {
                return Ok((link, token));
            }
        }
    }
    let until = Instant::from(now.utc() + LINK);
    // Asked for once: with the next key it would be another.
    let mut token = String::new();
    let made = |id: &str| {
        token = signer.derived_secret(PURPOSE, id);
        token.clone()
    };
    let link = shares::store::insert_mailed(tx, report, &before.stakeholder, until, made)?;
    Ok((link, token))
}

/// Revokes the link of an earlier attempt, if it is still there.
fn drop_link(tx: &mut Tx<'_>, delivery: &mut ReportDelivery) -> Result<(), Failure> {
    let Some(id) = delivery.share_link.take() else { return Ok(()) };
    let product = ProductId::known(delivery.product_id.clone());
    match shares::store::find(tx, &product, &delivery.report, &id) {
        Ok(link) => shares::store::remove(tx, &link),
        Err(Failure::NotFound) => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Writes down what came of an attempt.
///
/// # Errors
/// [`Failure::Stale`] when it took so long that somebody else tries by now.
pub fn settle(
    tx: &mut Tx<'_>,
    clock: &Clock,
    before: &ReportDelivery,
    outcome: Outcome,
) -> Result<ReportDelivery, Failure> {
    let (now, head) = (now(tx, clock)?, tx.next_head(before));
    let (act, after) = match outcome {
        Outcome::Sent => ("send", before.clone().sent(now)),
        Outcome::Refused(why) => ("fail", before.clone().failed(why)),
        Outcome::Postponed(why) | Outcome::Unreachable(why) => {
            let after = before.clone().postponed(now, why);
            (if after.state == DeliveryState::Failed { "fail" } else { "postpone" }, after)
        }
    };
    let after = after.with(head);
    write_over(tx, act, before, &after)?;
    Ok(after)
}

/// Asks for a delivery that failed to be tried again.
///
/// # Errors
/// 409 for one that did not fail, and where no mail is sent.
pub fn retry(
    tx: &mut Tx<'_>,
    product: &ProductId,
    report: &str,
    id: &str,
    seen: IfMatch,
) -> Result<ReportDelivery, Failure> {
    let before = find(tx, product, report, id)?;
    seen.check(&before)?;
    if before.state != DeliveryState::Failed {
        return Err(Failure::conflict("not_failed", "only what failed is sent again"));
    }
    if !tx.mails() {
        return Err(Failure::conflict("mail_off", "this server sends no mail: it is not set up"));
    }
    let after = before.clone().with(tx.next_head(&before)).asked_again(tx.at());
    write_over(tx, "retry", &before, &after)?;
    Ok(after)
}

fn give_up(tx: &mut Tx<'_>, before: &ReportDelivery, why: &str) -> Result<(), Failure> {
    let mut after = before.clone().with(tx.next_head(before)).failed(why.to_owned());
    drop_link(tx, &mut after)?;
    write_over(tx, "fail", before, &after)
}

fn write_over(tx: &mut Tx<'_>, act: &str, before: &ReportDelivery, after: &ReportDelivery) -> Result<(), Failure> {
    let same = report_deliveries::table
        .filter(report_deliveries::id.eq(&before.id))
        .filter(report_deliveries::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)?;
    tx.record(act, ReportDelivery::RESOURCE, after.product(), &after.id, Some(before), Some(after))
}

/// Whether a link still belongs to whom it was mailed to: a stakeholder who is reached at the same address and has
/// no user of their own. A link that was not mailed belongs to whoever has it.
///
/// # Errors
/// When the storage fails.
pub fn still_theirs(conn: &mut Conn, link: &str, now: Instant) -> Result<bool, Failure> {
    let mailed = report_deliveries::table
        .filter(report_deliveries::share_link.eq(link))
        .select(ReportDelivery::as_select())
        .first(conn)
        .optional()?;
    let Some(delivery) = mailed else { return Ok(true) };
    let product = ProductId::known(delivery.product_id);
    let stakeholder = stakeholders::store::find(conn, &product, &delivery.stakeholder)?;
    let today = today(conn, &product, now)?;
    Ok(stakeholder.user.is_none() && reached_at(&stakeholder, today) == Some(&delivery.address))
}

/// Empties what was mailed to a stakeholder, and the trail of it, of where it was sent.
pub fn erase(tx: &mut Tx<'_>, product: &ProductId, stakeholder: &str) -> Result<(), Failure> {
    let theirs = report_deliveries::table
        .filter(report_deliveries::product_id.eq(product.as_str()))
        .filter(report_deliveries::stakeholder.eq(stakeholder));
    let (at, next) = (tx.at(), tx.new_head().change_number);
    diesel::update(theirs)
        .set((
            report_deliveries::address.eq(""),
            // A mail server's words repeat the address.
            report_deliveries::problem.eq(None::<String>),
            report_deliveries::version.eq(report_deliveries::version + 1),
            report_deliveries::updated_at.eq(at),
            report_deliveries::change_number.eq(next),
        ))
        .execute(&mut **tx)?;
    let to_them = |kept: &Kept| kept.get("stakeholder").is_some_and(|known| known == stakeholder);
    tx.forget(ReportDelivery::RESOURCE, stakeholder, to_them, &["address", "problem"])
}
