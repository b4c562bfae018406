//! The chain over HTTP.

use super::{Trace, store};
use crate::{
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{Path, Plain},
    },
    path_param,
};
use actix_web::get;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(find_trace);
}

path_param!(
    /// The path's word of what is asked about: `impact-claims`, `roadmap-items`, …
    TraceKind, "kind"
);
path_param!(
    /// Its key, ref or id.
    TraceName, "id"
);

/// The chain both ways from anything: for whom and why, and on what it rests
#[utoipa::path(tag = "Impact", responses((status = 200, body = Trace)))]
#[get("/products/{product}/trace/{kind}/{id}")]
async fn find_trace(actor: Actor<View>, kind: Path<TraceKind>, name: Path<TraceName>) -> Result<Plain<Trace>, Failure> {
    let now = actor.now();
    actor.snapshot(move |conn, product| store::trace(conn, &product.id, now, &kind.0, &name.0).map(Plain)).await
}
