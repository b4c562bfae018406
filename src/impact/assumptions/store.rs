//! Loading the register.

use super::{AssumptionsView, assumptions};
use crate::{
    impact::{claims, drivers},
    kernel::{auth::ProductId, db::Conn, failure::Failure, month::Month},
    slos,
};
use std::collections::BTreeMap;

pub fn register(conn: &mut Conn, product: &ProductId, month: Month) -> Result<AssumptionsView, Failure> {
    let claims = claims::store::all(conn, product)?;
    let drivers = drivers::store::all(conn, product)?;
    Ok(assumptions(month, drivers, &claims, &components_of(conn, product)?))
}

/// The component of each SLO, by key.
pub fn components_of(conn: &mut Conn, product: &ProductId) -> Result<BTreeMap<String, String>, Failure> {
    let slos = slos::store::all(conn, product)?;
    Ok(slos.into_iter().map(|slo| (slo.key.to_string(), slo.component)).collect())
}
