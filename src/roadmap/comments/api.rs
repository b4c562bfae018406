//! Comments on roadmap items over HTTP.

use super::{NewRoadmapComment, RoadmapComment, RoadmapCommentPage, store};
use crate::{
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{Created, Json, List, Path, Versioned},
    },
    path_param,
    roadmap::api::RoadmapItemName,
};
use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_roadmap_comments).service(create_roadmap_comment).service(find_roadmap_comment);
}

path_param!(
    /// A comment's id.
    RoadmapCommentName, "roadmap_comment"
);

/// List what was said about a roadmap item
#[utoipa::path(tag = "Roadmap", params(List<RoadmapComment>), responses((status = 200, body = RoadmapCommentPage)))]
#[get("/products/{product}/roadmap-items/{roadmap_item}/comments")]
async fn list_roadmap_comments(
    actor: Actor<View>,
    item: Path<RoadmapItemName>,
    list: List<RoadmapComment>,
) -> Result<RoadmapCommentPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &item.0, &list)).await
}

/// Say something about a roadmap item: viewers too
#[utoipa::path(tag = "Roadmap", responses((status = 201, body = RoadmapComment)))]
#[post("/products/{product}/roadmap-items/{roadmap_item}/comments")]
async fn create_roadmap_comment(
    actor: Actor<View>,
    item: Path<RoadmapItemName>,
    new: Json<NewRoadmapComment>,
) -> Result<Created<RoadmapComment>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, &item.0, new.0).map(Created)).await
}

/// Find what was said about a roadmap item
#[utoipa::path(tag = "Roadmap", responses((status = 200, body = RoadmapComment)))]
#[get("/products/{product}/roadmap-items/{roadmap_item}/comments/{roadmap_comment}")]
async fn find_roadmap_comment(
    actor: Actor<View>,
    item: Path<RoadmapItemName>,
    comment: Path<RoadmapCommentName>,
) -> Result<Versioned<RoadmapComment>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &item.0, &comment.0)).await.map(Versioned)
}
