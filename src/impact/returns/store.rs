//! Loading what items cost, and what they brought.

use super::{Planned, Returns, ReturnsQuery, ReturnsView};
use crate::{
    costs,
    impact::{expectations, totals},
    kernel::{
        clock::Instant,
        db::Conn,
        failure::{Failure, Fault},
        month::{Month, MonthSpan},
    },
    products::Product,
    roadmap,
};

/// How many months back anything is told.
const MONTHS: i32 = 120;

/// # Errors
/// 422 for an item that is not there.
pub fn returns(conn: &mut Conn, product: &Product, now: Instant, query: &ReturnsQuery) -> Result<ReturnsView, Failure> {
    let (id, zone) = (product.product_id(), product.zone()?);
    let items = match &query.roadmap_item {
        None => roadmap::store::all(conn, &id)?,
        Some(name) => match roadmap::store::find(conn, &id, name) {
            Ok(item) => vec![item],
            Err(Failure::NotFound) => {
                let detail = "there is no such roadmap item";
                return Err(Failure::Invalid(vec![Fault::parameter("roadmap_item", "unknown", detail)]));
            }
            Err(other) => return Err(other),
        },
    };
    let to = Month::at(now.utc(), zone);
    let span = MonthSpan { from: to.plus(-MONTHS), to };
    let (claims, values) = totals::store::worths(conn, product, now, span)?;
    let view = Returns {
        items: &items.into_iter().map(Planned::from).collect::<Vec<_>>(),
        claims: &claims,
        values: &values,
        expectations: &expectations::store::all(conn, &id)?,
        ledger: &costs::store::ledger(conn, product, span.from, span.to)?,
        zone,
        to,
    };
    Ok(view.view())
}
