//! Mappings over HTTP.

use super::{Mapping, MappingPage, MappingPatch, NewMapping, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_mappings)
        .service(create_mapping)
        .service(find_mapping)
        .service(update_mapping)
        .service(delete_mapping);
}

path_param!(
    /// A mapping's name or id.
    MappingName, "mapping"
);

/// List mappings: how files of other tools are read
#[utoipa::path(tag = "Imports", params(List<Mapping>), responses((status = 200, body = MappingPage)))]
#[get("/products/{product}/mappings")]
async fn list_mappings(actor: Actor<View>, list: List<Mapping>) -> Result<MappingPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Save how files of another tool are read
#[utoipa::path(tag = "Imports", responses((status = 201, body = Mapping)))]
#[post("/products/{product}/mappings")]
async fn create_mapping(actor: Actor<Edit>, new: Json<NewMapping>) -> Result<Created<Mapping>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a mapping
#[utoipa::path(tag = "Imports", responses((status = 200, body = Mapping)))]
#[get("/products/{product}/mappings/{mapping}")]
async fn find_mapping(actor: Actor<View>, mapping: Path<MappingName>) -> Result<Versioned<Mapping>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &mapping.0)).await.map(Versioned)
}

/// Change a mapping; what is imported already stays as it is
#[utoipa::path(tag = "Imports", request_body = MappingPatch, responses((status = 200, body = Mapping)))]
#[patch("/products/{product}/mappings/{mapping}")]
async fn update_mapping(
    actor: Actor<Edit>,
    mapping: Path<MappingName>,
    seen: IfMatch,
    patch: MappingPatch,
) -> Result<Versioned<Mapping>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &mapping.0, seen, &patch).map(Versioned)).await
}

/// Delete a mapping; what came through it stays
#[utoipa::path(tag = "Imports", responses((status = 204)))]
#[delete("/products/{product}/mappings/{mapping}")]
async fn delete_mapping(actor: Actor<Edit>, mapping: Path<MappingName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &mapping.0, seen).map(|()| Deleted)).await
}
