//! Catalogue entities over HTTP. They come by files; a person can look at them, and take one away.

use super::{CatalogDocument, CatalogEntity, CatalogEntityPage, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Deleted, IfMatch, List, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_catalog_entities).service(find_catalog_entity).service(delete_catalog_entity);
}

path_param!(
    /// An entity's id.
    CatalogEntityName, "catalog_entity"
);

/// List what catalogue files told of: components and all that stands around them
#[utoipa::path(tag = "Components", params(List<CatalogEntity>), responses((status = 200, body = CatalogEntityPage)))]
#[get("/products/{product}/catalog-entities")]
async fn list_catalog_entities(actor: Actor<View>, list: List<CatalogEntity>) -> Result<CatalogEntityPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Find an entity of a catalogue file, with its document
#[utoipa::path(tag = "Components", responses((status = 200, body = CatalogDocument)))]
#[get("/products/{product}/catalog-entities/{catalog_entity}")]
async fn find_catalog_entity(
    actor: Actor<View>,
    entity: Path<CatalogEntityName>,
) -> Result<Versioned<CatalogDocument>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &entity.0)).await.map(Versioned)
}

/// Delete an entity that describes no component
#[utoipa::path(tag = "Components", responses((status = 204)))]
#[delete("/products/{product}/catalog-entities/{catalog_entity}")]
async fn delete_catalog_entity(
    actor: Actor<Edit>,
    entity: Path<CatalogEntityName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &entity.0, seen).map(|()| Deleted)).await
}
