//! Deliveries over HTTP: who was mailed a report, and what came of it.

use super::{ReportDelivery, ReportDeliveryPage, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, ViewPrivate},
        failure::Failure,
        http::{IfMatch, List, Path, Versioned},
    },
    path_param,
    reports::api::ReportName,
};
use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_deliveries).service(find_delivery).service(retry_delivery);
}

path_param!(
    /// A delivery's id.
    DeliveryName, "delivery"
);

/// List to whom a published report is mailed, and what came of it
#[utoipa::path(tag = "Reports", params(List<ReportDelivery>), responses((status = 200, body = ReportDeliveryPage)))]
#[get("/products/{product}/reports/{report}/deliveries")]
async fn list_deliveries(
    actor: Actor<ViewPrivate>,
    report: Path<ReportName>,
    list: List<ReportDelivery>,
) -> Result<ReportDeliveryPage, Failure> {
    actor.read(move |conn, product| store::page(conn, product, &report.0, &list)).await
}

/// Find a delivery
#[utoipa::path(tag = "Reports", responses((status = 200, body = ReportDelivery)))]
#[get("/products/{product}/reports/{report}/deliveries/{delivery}")]
async fn find_delivery(
    actor: Actor<ViewPrivate>,
    report: Path<ReportName>,
    delivery: Path<DeliveryName>,
) -> Result<Versioned<ReportDelivery>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &report.0, &delivery.0)).await.map(Versioned)
}

/// Send a report again whose delivery failed
#[utoipa::path(tag = "Reports", responses((status = 200, body = ReportDelivery)))]
#[post("/products/{product}/reports/{report}/deliveries/{delivery}/retry")]
async fn retry_delivery(
    actor: Actor<Edit>,
    report: Path<ReportName>,
    delivery: Path<DeliveryName>,
    seen: IfMatch,
) -> Result<Versioned<ReportDelivery>, Failure> {
    actor.change(move |tx, product| store::retry(tx, &product.id, &report.0, &delivery.0, seen).map(Versioned)).await
}
