//! Returns over HTTP.

use super::{ReturnsQuery, ReturnsView, store};
use crate::{
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{Plain, Query},
    },
    products,
};
use actix_web::get;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_impact_returns);
}

/// What was a roadmap item expected to be worth when it was planned, what came, and what did it cost?
#[utoipa::path(tag = "Impact", params(ReturnsQuery), responses((status = 200, body = ReturnsView)))]
#[get("/products/{product}/impact/returns")]
async fn list_impact_returns(actor: Actor<View>, query: Query<ReturnsQuery>) -> Result<Plain<ReturnsView>, Failure> {
    let now = actor.now();
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            store::returns(conn, &product, now, &query.0).map(Plain)
        })
        .await
}
