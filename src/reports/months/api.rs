//! Months over HTTP.

use super::MonthView;
use crate::kernel::{
    auth::{Actor, ViewPrivate},
    failure::Failure,
    http::{Path, PathParam, Plain, path_parameter_of},
    month::Month,
};
use actix_web::get;
use utoipa::{
    IntoParams, PartialSchema,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(find_month);
}

impl PathParam for Month {
    const NAME: &'static str = "month";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl IntoParams for Month {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter_of(Self::NAME, None, Self::schema())]
    }
}

/// Find out what a month still lacks, which figures each gap changes, and when its report makes itself
#[utoipa::path(tag = "Reports", params(Month), responses((status = 200, body = MonthView)))]
#[get("/products/{product}/months/{month}")]
async fn find_month(actor: Actor<ViewPrivate>, month: Path<Month>) -> Result<Plain<MonthView>, Failure> {
    let (month, at) = (month.0, actor.now());
    actor.snapshot(move |conn, product| super::state(conn, &product.id, month, at).map(Plain)).await
}
