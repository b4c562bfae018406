//! Loading what is added up.

use super::{Asked, ImpactView};
use crate::{
    impact::{
        ImpactClaim, claims,
        value::{self, MonthValue},
    },
    kernel::{
        clock::Instant,
        db::Conn,
        failure::Failure,
        month::{Month, MonthSpan},
    },
    products::Product,
};
use std::collections::BTreeMap;

/// Claims, and what each came to in some months.
pub type Worths = (Vec<ImpactClaim>, BTreeMap<String, Vec<MonthValue>>);

/// What every claim came to in those of some months that are over.
pub fn worths(conn: &mut Conn, product: &Product, now: Instant, span: MonthSpan) -> Result<Worths, Failure> {
    let (id, zone) = (product.product_id(), product.zone()?);
    let claims = claims::store::all(conn, &id)?;
    let told = claims.iter().map(|claim| (claim.from, claim.to));
    let (first, last) = told.fold((span.to, span.from), |(first, last), (from, to)| (first.min(from), last.max(to)));
    // The month that goes on now is not over.
    let to = span.to.min(last).min(Month::at(now.utc(), zone));
    let from = span.from.max(first);
    let months: Vec<Month> = if from < to { from.up_to(to).collect() } else { Vec::new() };
    let values = value::store::of_product(conn, &id, now, &claims, &months)?;
    Ok((claims, values))
}

pub fn totals(conn: &mut Conn, product: &Product, now: Instant, asked: &Asked) -> Result<ImpactView, Failure> {
    let (claims, values) = worths(conn, product, now, asked.span)?;
    Ok(asked.answer(&claims, &values, product.currency))
}
