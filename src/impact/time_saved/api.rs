//! Estimates over HTTP.

use super::{TimeSavedList, time_saved};
use crate::{
    components::catalog,
    impact::claims,
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::Plain,
    },
};
use actix_web::get;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_time_saved);
}

/// What the catalogue says that one use of a template or component saves, and the claims that point to it
#[utoipa::path(tag = "Impact", responses((status = 200, body = TimeSavedList)))]
#[get("/products/{product}/time-saved")]
async fn list_time_saved(actor: Actor<View>) -> Result<Plain<TimeSavedList>, Failure> {
    actor
        .snapshot(|conn, product| {
            let entities = catalog::store::that_save_time(conn, &product.id)?;
            Ok(Plain(time_saved(entities, &claims::store::all(conn, &product.id)?)))
        })
        .await
}
