//! What unit costs are computed from, read at one moment.

use super::UnitMaterial;
use crate::{
    components, costs,
    kernel::{auth::ProductId, clock::Instant, db::Conn, failure::Failure, month::Month},
    personas, products, slos,
};

/// Reads it all; the caller sees to it that it is one snapshot.
pub fn read(conn: &mut Conn, id: &ProductId, month: Month, at: Instant) -> Result<UnitMaterial, Failure> {
    let product = products::store::find(conn, id)?;
    let (first, end) = (month.first_day(), month.next().first_day());
    let days = slos::measurements::store::days_of_product(conn, id, first, end)?;
    Ok(UnitMaterial {
        zone: product.zone()?,
        month,
        at,
        ledger: costs::store::ledger(conn, &product, month, month.next())?,
        rates: products::store::rates(conn, id)?,
        components: components::store::all(conn, id)?,
        slos: slos::store::all(conn, id)?,
        targets: slos::store::targets_of_product(conn, id)?,
        measured: days.into_iter().map(|(slo, days)| (slo, days.into_values().sum())).collect(),
        personas: personas::store::all(conn, id)?,
        populations: personas::store::populations::of_product(conn, id)?,
        journeys: personas::store::journeys::of_product(conn, id)?,
        product,
    })
}
