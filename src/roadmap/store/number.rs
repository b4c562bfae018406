//! The numbers of refs: each is given once.

use super::super::{ItemRef, RoadmapItem};
use crate::{
    kernel::{
        auth::ProductId,
        db::{Conn, Row, Tx},
        failure::Failure,
        schema::{audit_events, roadmap_counters},
    },
    products::Product,
};
use diesel::prelude::*;
use std::collections::HashSet;

/// What nine digits can say.
const LAST: i64 = 999_999_999;

/// The ref that is wanted, or the next one. The change must be alone in the product.
///
/// # Errors
/// 422 for another prefix, 409 for a ref that was given before or when all are.
pub fn take(tx: &mut Tx<'_>, product: &Product, wanted: Option<&ItemRef>) -> Result<ItemRef, Failure> {
    let id = product.product_id();
    let Some(wanted) = wanted else {
        let number = last(tx, &id)? + 1;
        if number > LAST {
            return Err(Failure::conflict("refs", "every number is given; change the product's ref_prefix"));
        }
        give_up_to(tx, &id, number)?;
        return Ok(ItemRef::numbered(&product.ref_prefix, number));
    };
    require_free(product, wanted, &deleted(tx, &id)?)?;
    give_up_to(tx, &id, wanted.number(&product.ref_prefix).unwrap_or_default())?;
    Ok(wanted.clone())
}

/// # Errors
/// 422 for another prefix than the product's, 409 for one that a deleted item had.
pub fn require_free(product: &Product, wanted: &ItemRef, deleted: &HashSet<String>) -> Result<(), Failure> {
    if wanted.number(&product.ref_prefix).is_none() {
        let detail = format!("a new ref of this product begins with {}-", product.ref_prefix);
        return Err(Failure::invalid("/ref", "prefix", detail));
    }
    match deleted.contains(wanted.as_text()) {
        true => Err(Failure::conflict("given_before", format!("{wanted} was an item that is deleted; take another"))),
        false => Ok(()),
    }
}

/// Makes sure that what is counted comes after a number.
pub fn give_up_to(tx: &mut Tx<'_>, product: &ProductId, number: i64) -> Result<(), Failure> {
    let mine = roadmap_counters::table.filter(roadmap_counters::product_id.eq(product.as_str()));
    let before: Option<i64> = mine.select(roadmap_counters::last).first(&mut **tx).optional()?;
    match before {
        None => {
            let first = (roadmap_counters::product_id.eq(product.as_str()), roadmap_counters::last.eq(number));
            diesel::insert_into(roadmap_counters::table).values(first).execute(&mut **tx)?;
        }
        Some(last) if last < number => {
            diesel::update(mine).set(roadmap_counters::last.eq(number)).execute(&mut **tx)?;
        }
        Some(_) => {}
    }
    Ok(())
}

fn last(conn: &mut Conn, product: &ProductId) -> Result<i64, Failure> {
    let mine = roadmap_counters::table.filter(roadmap_counters::product_id.eq(product.as_str()));
    Ok(mine.select(roadmap_counters::last).first(conn).optional()?.unwrap_or(0))
}

/// The refs of items that were deleted, as the audit trail knows them.
pub fn deleted(conn: &mut Conn, product: &ProductId) -> Result<HashSet<String>, Failure> {
    let rows: Vec<Option<String>> = audit_events::table
        .filter(audit_events::product_id.eq(product.as_str()))
        .filter(audit_events::resource.eq(RoadmapItem::RESOURCE))
        .filter(audit_events::action.eq("delete"))
        .select(audit_events::before)
        .load(conn)?;
    let reference = |row: String| {
        let row: serde_json::Value = serde_json::from_str(&row).ok()?;
        row["ref"].as_str().map(ToOwned::to_owned)
    };
    Ok(rows.into_iter().flatten().filter_map(reference).collect())
}
