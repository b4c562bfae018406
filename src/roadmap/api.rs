//! The roadmap over HTTP.

use super::{
    NewRoadmapItem, RankingView, RoadmapItem, RoadmapItemPage, RoadmapItemPatch, RoadmapMove, ScoresView,
    batch::{RoadmapBatch, RoadmapBatchView, SentBatch},
    dependency::RoadmapDependenciesView,
    score::{RankingQuery, ranking},
    store,
};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, Problem, Query, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_roadmap_items)
        .service(create_roadmap_item)
        .service(find_roadmap_item)
        .service(update_roadmap_item)
        .service(delete_roadmap_item)
        .service(move_roadmap_item)
        .service(find_roadmap_item_scores)
        .service(list_roadmap_ranking)
        .service(change_roadmap_items)
        .service(find_roadmap_item_dependencies);
}

path_param!(
    /// A roadmap item's ref or id.
    RoadmapItemName, "roadmap_item"
);

/// List roadmap items
#[utoipa::path(tag = "Roadmap", params(List<RoadmapItem>), responses((status = 200, body = RoadmapItemPage)))]
#[get("/products/{product}/roadmap-items")]
async fn list_roadmap_items(actor: Actor<View>, list: List<RoadmapItem>) -> Result<RoadmapItemPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Create a roadmap item, last in its horizon
#[utoipa::path(tag = "Roadmap", responses((status = 201, body = RoadmapItem)))]
#[post("/products/{product}/roadmap-items")]
async fn create_roadmap_item(actor: Actor<Edit>, new: Json<NewRoadmapItem>) -> Result<Created<RoadmapItem>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a roadmap item
#[utoipa::path(tag = "Roadmap", responses((status = 200, body = RoadmapItem)))]
#[get("/products/{product}/roadmap-items/{roadmap_item}")]
async fn find_roadmap_item(actor: Actor<View>, item: Path<RoadmapItemName>) -> Result<Versioned<RoadmapItem>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &item.0)).await.map(Versioned)
}

/// Change a roadmap item; in another horizon it comes last
#[utoipa::path(tag = "Roadmap", request_body = RoadmapItemPatch, responses((status = 200, body = RoadmapItem)))]
#[patch("/products/{product}/roadmap-items/{roadmap_item}")]
async fn update_roadmap_item(
    actor: Actor<Edit>,
    item: Path<RoadmapItemName>,
    seen: IfMatch,
    patch: RoadmapItemPatch,
) -> Result<Versioned<RoadmapItem>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &item.0, seen, &patch).map(Versioned)).await
}

/// Delete a roadmap item that nothing refers to; others are dropped
#[utoipa::path(tag = "Roadmap", responses((status = 204)))]
#[delete("/products/{product}/roadmap-items/{roadmap_item}")]
async fn delete_roadmap_item(
    actor: Actor<Edit>,
    item: Path<RoadmapItemName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &item.0, seen).map(|()| Deleted)).await
}

/// Let a roadmap item stand somewhere else
#[utoipa::path(tag = "Roadmap", responses((status = 200, body = RoadmapItem)))]
#[post("/products/{product}/roadmap-items/{roadmap_item}/move")]
async fn move_roadmap_item(
    actor: Actor<Edit>,
    item: Path<RoadmapItemName>,
    seen: IfMatch,
    to: Json<RoadmapMove>,
) -> Result<Versioned<RoadmapItem>, Failure> {
    let spot = to.0.spot()?;
    actor.change(move |tx, product| store::move_to(tx, &product.id, &item.0, seen, &spot).map(Versioned)).await
}

/// What a roadmap item scores
#[utoipa::path(tag = "Roadmap", responses((status = 200, body = ScoresView)))]
#[get("/products/{product}/roadmap-items/{roadmap_item}/scores")]
async fn find_roadmap_item_scores(
    actor: Actor<View>,
    item: Path<RoadmapItemName>,
) -> Result<Plain<ScoresView>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &item.0)).await.map(|item| Plain(item.scores()))
}

/// Which roadmap items score highest?
#[utoipa::path(tag = "Roadmap", params(RankingQuery), responses((status = 200, body = RankingView)))]
#[get("/products/{product}/roadmap/ranking")]
async fn list_roadmap_ranking(actor: Actor<View>, query: Query<RankingQuery>) -> Result<Plain<RankingView>, Failure> {
    let (by, wanted) = query.0.checked()?;
    actor
        .read(move |conn, product| store::of_status(conn, &product.id, &wanted))
        .await
        .map(|items| Plain(ranking(by, items)))
}

/// Create and change up to 200 roadmap items at once: all of it, or nothing
#[utoipa::path(
    tag = "Roadmap",
    request_body = RoadmapBatch,
    responses(
        (status = 200, body = RoadmapBatchView),
        (
            status = 412,
            description = "Some of the items have changed since they were read; `errors` says which.",
            body = Problem,
            content_type = "application/problem+json",
        ),
    )
)]
#[post("/products/{product}/roadmap-items/batch")]
async fn change_roadmap_items(actor: Actor<Edit>, sent: Json<SentBatch>) -> Result<Plain<RoadmapBatchView>, Failure> {
    let operations = sent.0.read();
    let done = |items| Plain(RoadmapBatchView { items });
    actor.change(move |tx, product| store::batch(tx, &product.id, operations).map(done)).await
}

/// What a roadmap item waits for, and what waits for it: step by step, to the end
#[utoipa::path(tag = "Roadmap", responses((status = 200, body = RoadmapDependenciesView)))]
#[get("/products/{product}/roadmap-items/{roadmap_item}/dependencies")]
async fn find_roadmap_item_dependencies(
    actor: Actor<View>,
    item: Path<RoadmapItemName>,
) -> Result<Plain<RoadmapDependenciesView>, Failure> {
    actor.snapshot(move |conn, product| store::dependencies(conn, &product.id, &item.0)).await.map(Plain)
}
