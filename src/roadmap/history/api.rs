//! What became of items, over HTTP.

use super::{
    super::{api::RoadmapItemName, store},
    RoadmapChangeViewPage, RoadmapEvent, RoadmapEventPage,
    told::RoadmapChangesQuery,
};
use crate::kernel::{
    auth::{Actor, View},
    failure::Failure,
    http::{List, Path, Query},
};
use actix_web::get;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_roadmap_item_history).service(list_roadmap_changes);
}

/// List what was done with a roadmap item, field by field; newest first
///
/// Also of one that was deleted: by its ref, which is never given again.
#[utoipa::path(tag = "Roadmap", params(List<RoadmapEvent>), responses((status = 200, body = RoadmapEventPage)))]
#[get("/products/{product}/roadmap-items/{roadmap_item}/history")]
async fn list_roadmap_item_history(
    actor: Actor<View>,
    item: Path<RoadmapItemName>,
    list: List<RoadmapEvent>,
) -> Result<RoadmapEventPage, Failure> {
    actor.read(move |conn, product| store::events(conn, &product.id, &item.0, &list)).await
}

/// List what became of the roadmap: what was added, moved, slipped, dropped, shipped, reopened and deleted; oldest first
#[utoipa::path(tag = "Roadmap", params(RoadmapChangesQuery), responses((status = 200, body = RoadmapChangeViewPage)))]
#[get("/products/{product}/roadmap/changes")]
async fn list_roadmap_changes(
    actor: Actor<View>,
    query: Query<RoadmapChangesQuery>,
) -> Result<RoadmapChangeViewPage, Failure> {
    let wanted = query.0.checked(actor.scope.zone)?;
    actor.read(move |conn, product| store::news(conn, &product.id, &wanted)).await
}
