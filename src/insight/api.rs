//! The chain, and how components are kept, over HTTP.

use super::{
    Trace, TraceKind,
    stewardship::{self, StewardshipQuery, StewardshipView},
    store,
};
use crate::{
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{Path, PathParam, Plain, Query, path_parameter_of},
    },
    path_param, products,
};
use actix_web::get;
use utoipa::{
    IntoParams, PartialSchema,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(find_trace).service(list_stewardship);
}

impl PathParam for TraceKind {
    const NAME: &'static str = "kind";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl IntoParams for TraceKind {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter_of(Self::NAME, Some("The path's word of what is asked about."), Self::schema())]
    }
}

path_param!(
    /// Its key, ref or id.
    TraceName, "id"
);

/// The chain both ways from anything: for whom and why, and on what it rests
#[utoipa::path(tag = "Impact", params(TraceKind), responses((status = 200, body = Trace)))]
#[get("/products/{product}/trace/{kind}/{id}")]
async fn find_trace(actor: Actor<View>, kind: Path<TraceKind>, name: Path<TraceName>) -> Result<Plain<Trace>, Failure> {
    let now = actor.now();
    actor.snapshot(move |conn, product| store::trace(conn, &product.id, now, kind.0, &name.0).map(Plain)).await
}

/// What does nobody own, and what only costs?
#[utoipa::path(tag = "Costs", params(StewardshipQuery), responses((status = 200, body = StewardshipView)))]
#[get("/products/{product}/stewardship")]
async fn list_stewardship(
    actor: Actor<View>,
    query: Query<StewardshipQuery>,
) -> Result<Plain<StewardshipView>, Failure> {
    let today = actor.now().day_in(actor.scope.zone);
    let (span, only) = query.0.checked(today)?;
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            stewardship::store::stewardship(conn, &product, span, &only, today).map(Plain)
        })
        .await
}
