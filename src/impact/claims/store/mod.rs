//! The SQL of claims, and of the months of them that were accepted.

mod known;

use super::{ClaimState, ImpactClaim, ImpactClaimPatch, NewImpactClaim};
use crate::{
    impact::{
        CommentKind, comments, expectations,
        value::store::{freeze_baseline, to_accept},
    },
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Conn, Row, Tx, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        month::Month,
        schema::{impact_acceptances, impact_claims},
        text::nfc,
    },
    products::Product,
    stakeholders::Stakeholder,
};
use diesel::prelude::*;
use known::Known;
use std::collections::{HashMap, HashSet};

/// A month of a claim that its stakeholder accepted.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = impact_acceptances)]
pub struct AcceptedMonth {
    pub product_id: String,
    pub impact_claim: String,
    pub month: Month,
    /// Of what was computed then: when that changes, the month is no longer accepted.
    pub digest: String,
    pub stakeholder: String,
    pub accepted_at: Instant,
}

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<ImpactClaim>) -> Result<Page<ImpactClaim>, Failure> {
    let rows = impact_claims::table
        .filter(impact_claims::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(ImpactClaim::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every claim, in the order they were made.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<ImpactClaim>, Failure> {
    Ok(impact_claims::table
        .filter(impact_claims::product_id.eq(product.as_str()))
        .order(impact_claims::id)
        .select(ImpactClaim::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<ImpactClaim, Failure> {
    Ok(impact_claims::table
        .filter(impact_claims::product_id.eq(product.as_str()))
        .filter(impact_claims::id.eq(id))
        .select(ImpactClaim::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for what it names and there is not, and for what its method does not allow.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, mut new: NewImpactClaim) -> Result<ImpactClaim, Failure> {
    Known::read(tx, product, [&new], &[])?.settle(&mut new)?;
    let mut claim = new.into_row(product, None, tx.new_head());
    freeze_baseline(tx, product, &mut claim)?;
    write(tx, &claim)?;
    tx.created(&claim)?;
    Ok(claim)
}

/// # Errors
/// As [`insert`], and 409 for another expectation than the one it had.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &ImpactClaimPatch,
) -> Result<ImpactClaim, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let mut new = patch.apply(&before)?;
    Known::read(tx, product, [&new], std::slice::from_ref(&before))?.settle(&mut new)?;
    let mut after = new.into_row(product, Some(&before), tx.next_head(&before));
    require_expectation_kept(&before, &after)?;
    freeze_baseline(tx, product, &mut after)?;
    write_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// What was expected is what it is measured against; it is not adapted to what came.
fn require_expectation_kept(before: &ImpactClaim, after: &ImpactClaim) -> Result<(), Failure> {
    match &before.expected_monthly {
        Some(expected) if after.expected_monthly.as_ref() != Some(expected) => {
            Err(Failure::conflict("fixed", "expected_monthly is fixed once it is given"))
        }
        _ => Ok(()),
    }
}

/// Writes a claim that is new.
fn write(tx: &mut Tx<'_>, claim: &ImpactClaim) -> Result<(), Failure> {
    diesel::insert_into(impact_claims::table).values(claim).execute(&mut **tx)?;
    expectations::store::keep(tx, claim)
}

/// Writes a claim in place of what is there. Where it has to be looked at again, nothing of it is accepted.
fn write_over(tx: &mut Tx<'_>, before: &ImpactClaim, after: &ImpactClaim) -> Result<(), Failure> {
    let same = impact_claims::table.filter(impact_claims::id.eq(&before.id));
    let same = same.filter(impact_claims::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)?;
    if before.state == ClaimState::Accepted && after.state != ClaimState::Accepted {
        clear_acceptances(tx, before)?;
    }
    expectations::store::keep(tx, after)
}

/// # Errors
/// 409 when somebody said something about it, or accepted it.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let same = impact_claims::table.filter(impact_claims::id.eq(id)).filter(impact_claims::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => Failure::conflict("referenced", "what was said about it is kept, and so is it"),
        other => other,
    })?;
    require_changed(deleted)?;
    expectations::store::drop_unplanned(tx, &before)?;
    tx.deleted(&before)
}

/// Records that a claim's stakeholder accepts it, as far as it is computed by now.
///
/// # Errors
/// 412 when it has moved on, 409 when nothing of it is computed yet.
pub fn accept(
    tx: &mut Tx<'_>,
    product: &ProductId,
    before: &ImpactClaim,
    seen: IfMatch,
    stakeholder: &Stakeholder,
    text: String,
) -> Result<ImpactClaim, Failure> {
    seen.check(before)?;
    let months = to_accept(tx, product, before)?;
    if months.is_empty() && before.method.is_some() {
        return Err(Failure::conflict("nothing_computed", "no month of it is computed yet that one could accept"));
    }
    let after = judged(tx, before, ClaimState::Accepted);
    write_over(tx, before, &after)?;
    clear_acceptances(tx, before)?;
    write_acceptances(tx, &after, stakeholder, &months)?;
    comments::store::insert(tx, &after, CommentKind::Accept, text)?;
    tx.record("accept", ImpactClaim::RESOURCE, after.product(), &after.id, Some(before), Some(&after))?;
    Ok(after)
}

/// Records that a claim's stakeholder doubts it: nothing of it is accepted any more.
///
/// # Errors
/// 412 when it has moved on.
pub fn question(tx: &mut Tx<'_>, before: &ImpactClaim, seen: IfMatch, text: String) -> Result<ImpactClaim, Failure> {
    seen.check(before)?;
    let after = judged(tx, before, ClaimState::Questioned);
    write_over(tx, before, &after)?;
    comments::store::insert(tx, &after, CommentKind::Question, text)?;
    tx.record("question", ImpactClaim::RESOURCE, after.product(), &after.id, Some(before), Some(&after))?;
    Ok(after)
}

fn judged(tx: &Tx<'_>, before: &ImpactClaim, state: ClaimState) -> ImpactClaim {
    let head = tx.next_head(before);
    ImpactClaim {
        state,
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before.clone()
    }
}

/// The months of a claim that were accepted, in order.
pub fn acceptances(conn: &mut Conn, product: &ProductId, claim: &str) -> Result<Vec<AcceptedMonth>, Failure> {
    Ok(impact_acceptances::table
        .filter(impact_acceptances::product_id.eq(product.as_str()))
        .filter(impact_acceptances::impact_claim.eq(claim))
        .order(impact_acceptances::month)
        .select(AcceptedMonth::as_select())
        .load(conn)?)
}

/// Writes down months that a stakeholder accepts, each with the digest of what was computed.
pub fn write_acceptances(
    tx: &mut Tx<'_>,
    claim: &ImpactClaim,
    stakeholder: &Stakeholder,
    months: &[(Month, String)],
) -> Result<(), Failure> {
    for (month, digest) in months {
        let row = AcceptedMonth {
            product_id: claim.product_id.clone(),
            impact_claim: claim.id.clone(),
            month: *month,
            digest: digest.clone(),
            stakeholder: stakeholder.id.clone(),
            accepted_at: tx.at(),
        };
        diesel::insert_into(impact_acceptances::table).values(&row).execute(&mut **tx)?;
    }
    Ok(())
}

fn clear_acceptances(tx: &mut Tx<'_>, claim: &ImpactClaim) -> Result<(), Failure> {
    let mine = impact_acceptances::table
        .filter(impact_acceptances::product_id.eq(&claim.product_id))
        .filter(impact_acceptances::impact_claim.eq(&claim.id));
    diesel::delete(mine).execute(&mut **tx)?;
    Ok(())
}

/// How given claims meet those that are there: named by title.
///
/// # Errors
/// 422 by line, also for a title that several claims have.
pub fn plan(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<NewImpactClaim>],
) -> Result<Merge<ImpactClaim, NewImpactClaim>, Failure> {
    let product = &product.product_id();
    let there = all(conn, product)?;
    let known = Known::read(conn, product, given.iter().map(|one| &one.new), &there)?;
    let by_id: HashMap<String, ImpactClaim> = there.iter().map(|row| (row.id.clone(), row.clone())).collect();
    let (mut titles, mut several) = (HashSet::new(), HashSet::new());
    for row in &there {
        if !titles.insert(nfc(&row.title)) {
            several.insert(nfc(&row.title));
        }
    }
    Merge::plan(
        there,
        given,
        |row| nfc(&row.title),
        |new| nfc(&new.title),
        |mut new, head| {
            if several.contains(&nfc(&new.title)) {
                return Err(Failure::invalid("/title", "ambiguous", "several claims have that title"));
            }
            known.settle(&mut new)?;
            Ok(new.into_row(product, by_id.get(&head.id), head))
        },
        |row| by_id.get(&row.id).map_or(Ok(()), |before| require_expectation_kept(before, row)),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &Product, merge: Merge<ImpactClaim, NewImpactClaim>) -> Result<(), Failure> {
    let product = &product.product_id();
    let there = all(tx, product)?;
    let given = merge.created.iter().chain(merge.changed.iter().map(|(_, new)| new));
    let known = Known::read(tx, product, given, &there)?;
    for mut new in merge.created {
        known.settle(&mut new)?;
        let mut claim = new.into_row(product, None, tx.new_head());
        freeze_baseline(tx, product, &mut claim)?;
        write(tx, &claim)?;
    }
    for (before, mut new) in merge.changed {
        known.settle(&mut new)?;
        let mut after = new.into_row(product, Some(&before), tx.next_head(&before));
        freeze_baseline(tx, product, &mut after)?;
        write_over(tx, &before, &after)?;
    }
    Ok(())
}
