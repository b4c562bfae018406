//! The vision and the strategy over HTTP.

use super::{
    NewStrategy, NewVision, Strategy, StrategyPage, VersionNumber, Vision, VisionPage,
    difference::{DifferenceQuery, DifferenceView},
    store,
};
use crate::kernel::{
    auth::{Actor, Edit, View},
    failure::Failure,
    http::{IfMatch, IfNoneMatch, Json, List, Path, Plain, Query, Versioned},
};
use actix_web::{get, post, put};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(find_vision)
        .service(find_vision_draft)
        .service(put_vision_draft)
        .service(publish_vision)
        .service(list_vision_versions)
        .service(find_vision_version)
        .service(find_vision_difference)
        .service(find_strategy)
        .service(find_strategy_draft)
        .service(put_strategy_draft)
        .service(publish_strategy)
        .service(list_strategy_versions)
        .service(find_strategy_version)
        .service(find_strategy_difference);
}

/// Find the published vision
#[utoipa::path(tag = "Direction", responses((status = 200, body = Vision)))]
#[get("/products/{product}/vision")]
async fn find_vision(actor: Actor<View>) -> Result<Versioned<Vision>, Failure> {
    actor.snapshot(|conn, product| store::published(conn, &product.id)).await.map(Versioned)
}

/// Find the draft of the vision
#[utoipa::path(tag = "Direction", responses((status = 200, body = Vision)))]
#[get("/products/{product}/vision/draft")]
async fn find_vision_draft(actor: Actor<View>) -> Result<Versioned<Vision>, Failure> {
    actor.read(|conn, product| store::draft(conn, &product.id)).await.map(Versioned)
}

/// Draft the vision anew, as a whole; what is published stays as it is
#[utoipa::path(tag = "Direction", responses((status = 200, body = Vision)))]
#[put("/products/{product}/vision/draft")]
async fn put_vision_draft(
    actor: Actor<Edit>,
    expected: IfNoneMatch,
    new: Json<NewVision>,
) -> Result<Versioned<Vision>, Failure> {
    actor.change(move |tx, product| store::put(tx, &product.id, expected, &new.0).map(Versioned)).await
}

/// Publish the draft of the vision: it becomes a version that never changes
#[utoipa::path(tag = "Direction", responses((status = 200, body = Vision)))]
#[post("/products/{product}/vision/publish")]
async fn publish_vision(actor: Actor<Edit>, seen: IfMatch) -> Result<Versioned<Vision>, Failure> {
    actor.change(move |tx, product| store::publish(tx, &product.id, seen).map(Versioned)).await
}

/// List the versions of the vision that were published
#[utoipa::path(tag = "Direction", params(List<Vision>), responses((status = 200, body = VisionPage)))]
#[get("/products/{product}/vision/versions")]
async fn list_vision_versions(actor: Actor<View>, list: List<Vision>) -> Result<VisionPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Find a published version of the vision
#[utoipa::path(tag = "Direction", params(VersionNumber), responses((status = 200, body = Vision)))]
#[get("/products/{product}/vision/versions/{number}")]
async fn find_vision_version(actor: Actor<View>, number: Path<VersionNumber>) -> Result<Versioned<Vision>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, number.0.0)).await.map(Versioned)
}

/// How does a published version of the vision differ from another?
#[utoipa::path(
    tag = "Direction",
    params(VersionNumber, DifferenceQuery),
    responses((status = 200, body = DifferenceView))
)]
#[get("/products/{product}/vision/versions/{number}/diff")]
async fn find_vision_difference(
    actor: Actor<View>,
    number: Path<VersionNumber>,
    query: Query<DifferenceQuery>,
) -> Result<Plain<DifferenceView>, Failure> {
    let (number, to) = (number.0.0, query.0.to);
    actor.snapshot(move |conn, product| store::difference::<Vision>(conn, &product.id, number, to)).await.map(Plain)
}

/// Find the published strategy
#[utoipa::path(tag = "Direction", responses((status = 200, body = Strategy)))]
#[get("/products/{product}/strategy")]
async fn find_strategy(actor: Actor<View>) -> Result<Versioned<Strategy>, Failure> {
    actor.snapshot(|conn, product| store::published(conn, &product.id)).await.map(Versioned)
}

/// Find the draft of the strategy
#[utoipa::path(tag = "Direction", responses((status = 200, body = Strategy)))]
#[get("/products/{product}/strategy/draft")]
async fn find_strategy_draft(actor: Actor<View>) -> Result<Versioned<Strategy>, Failure> {
    actor.read(|conn, product| store::draft(conn, &product.id)).await.map(Versioned)
}

/// Draft the strategy anew, as a whole; what is published stays as it is
#[utoipa::path(tag = "Direction", responses((status = 200, body = Strategy)))]
#[put("/products/{product}/strategy/draft")]
async fn put_strategy_draft(
    actor: Actor<Edit>,
    expected: IfNoneMatch,
    new: Json<NewStrategy>,
) -> Result<Versioned<Strategy>, Failure> {
    actor.change(move |tx, product| store::put(tx, &product.id, expected, &new.0).map(Versioned)).await
}

/// Publish the draft of the strategy: it becomes a version that never changes
#[utoipa::path(tag = "Direction", responses((status = 200, body = Strategy)))]
#[post("/products/{product}/strategy/publish")]
async fn publish_strategy(actor: Actor<Edit>, seen: IfMatch) -> Result<Versioned<Strategy>, Failure> {
    actor.change(move |tx, product| store::publish(tx, &product.id, seen).map(Versioned)).await
}

/// List the versions of the strategy that were published
#[utoipa::path(tag = "Direction", params(List<Strategy>), responses((status = 200, body = StrategyPage)))]
#[get("/products/{product}/strategy/versions")]
async fn list_strategy_versions(actor: Actor<View>, list: List<Strategy>) -> Result<StrategyPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Find a published version of the strategy
#[utoipa::path(tag = "Direction", params(VersionNumber), responses((status = 200, body = Strategy)))]
#[get("/products/{product}/strategy/versions/{number}")]
async fn find_strategy_version(
    actor: Actor<View>,
    number: Path<VersionNumber>,
) -> Result<Versioned<Strategy>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, number.0.0)).await.map(Versioned)
}

/// How does a published version of the strategy differ from another?
#[utoipa::path(
    tag = "Direction",
    params(VersionNumber, DifferenceQuery),
    responses((status = 200, body = DifferenceView))
)]
#[get("/products/{product}/strategy/versions/{number}/diff")]
async fn find_strategy_difference(
    actor: Actor<View>,
    number: Path<VersionNumber>,
    query: Query<DifferenceQuery>,
) -> Result<Plain<DifferenceView>, Failure> {
    let (number, to) = (number.0.0, query.0.to);
    actor.snapshot(move |conn, product| store::difference::<Strategy>(conn, &product.id, number, to)).await.map(Plain)
}
