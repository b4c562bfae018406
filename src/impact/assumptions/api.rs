//! The register of assumptions over HTTP.

use super::{AssumptionsQuery, AssumptionsView, store};
use crate::kernel::{
    auth::{Actor, View},
    failure::Failure,
    http::{Plain, Query},
    month::Month,
};
use actix_web::get;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_impact_assumptions);
}

/// What is the worth of a month computed with, who agreed to it, and where do two amounts speak of one thing?
#[utoipa::path(tag = "Impact", params(AssumptionsQuery), responses((status = 200, body = AssumptionsView)))]
#[get("/products/{product}/impact/assumptions")]
async fn list_impact_assumptions(
    actor: Actor<View>,
    query: Query<AssumptionsQuery>,
) -> Result<Plain<AssumptionsView>, Failure> {
    let month = query.0.month.unwrap_or_else(|| Month::of(actor.now().day_in(actor.scope.zone)));
    actor.snapshot(move |conn, product| store::register(conn, &product.id, month).map(Plain)).await
}
