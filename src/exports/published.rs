//! What published reports tell, for datasets that say which of their figures are final.

use super::report_facts::DRAFT;
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        month::Month,
        schema::{report_facts, reports},
    },
    products::Product,
};
use diesel::prelude::*;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A revision's number, and its report's id.
pub type Revision = (i64, String);

/// The latest published revision of each month.
pub fn revisions(conn: &mut Conn, product: &Product) -> Result<BTreeMap<Month, Revision>, Failure> {
    let published: Vec<(Month, Revision)> = reports::table
        .filter(reports::product_id.eq(&product.id))
        .filter(reports::state.ne(DRAFT))
        .order(reports::revision)
        .select((reports::month, (reports::revision, reports::id)))
        .load(conn)?;
    Ok(published.into_iter().collect())
}

/// The number of a revision (0 for none), and what it tells in the facts whose names are like `facts`.
/// What came later (a late bill, say) is not what was published, until a revision says so.
pub fn told(
    conn: &mut Conn,
    revision: Option<&Revision>,
    facts: &str,
) -> Result<(i64, BTreeMap<String, Decimal>), Failure> {
    let Some((number, report)) = revision else { return Ok((0, BTreeMap::new())) };
    let facts: Vec<(String, Option<String>)> = report_facts::table
        .filter(report_facts::report_id.eq(report))
        .filter(report_facts::name.like(facts))
        .select((report_facts::name, report_facts::value))
        .load(conn)?;
    let exact = |(name, value): (String, Option<String>)| Some((name, value?.parse().ok()?));
    Ok((*number, facts.into_iter().filter_map(exact).collect()))
}
