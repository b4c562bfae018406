//! Worth added up, over HTTP.

use super::{ImpactQuery, ImpactView, store};
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
    app.service(list_impact);
}

/// What was the work worth? Accepted, realised and expected apart, plain and weighted, one kind of benefit at a time
#[utoipa::path(tag = "Impact", params(ImpactQuery), responses((status = 200, body = ImpactView)))]
#[get("/products/{product}/impact")]
async fn list_impact(actor: Actor<View>, query: Query<ImpactQuery>) -> Result<Plain<ImpactView>, Failure> {
    let now = actor.now();
    let asked = query.0.checked(now.day_in(actor.scope.zone))?;
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            store::totals(conn, &product, now, &asked).map(Plain)
        })
        .await
}
