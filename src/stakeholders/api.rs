//! Stakeholders over HTTP.

use super::{NewStakeholder, Stakeholder, StakeholderPage, StakeholderPatch, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Page, Path, Redacted, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_stakeholders)
        .service(create_stakeholder)
        .service(find_stakeholder)
        .service(update_stakeholder)
        .service(delete_stakeholder);
}

path_param!(
    /// A stakeholder's id.
    StakeholderName, "stakeholder"
);

/// List stakeholders
#[utoipa::path(tag = "Stakeholders", params(List<Stakeholder>), responses((status = 200, body = StakeholderPage)))]
#[get("/products/{product}/stakeholders")]
async fn list_stakeholders(
    actor: Actor<View>,
    list: List<Stakeholder>,
) -> Result<Page<Redacted<Stakeholder>>, Failure> {
    actor
        .read(move |conn, product| {
            Ok(store::page(conn, &product.id, &list)?.map(|stakeholder| stakeholder.seen_by(product.role)))
        })
        .await
}

/// Create a stakeholder; only an owner gives an e-mail address or a user
#[utoipa::path(tag = "Stakeholders", responses((status = 201, body = Stakeholder)))]
#[post("/products/{product}/stakeholders")]
async fn create_stakeholder(actor: Actor<Edit>, new: Json<NewStakeholder>) -> Result<Created<Stakeholder>, Failure> {
    actor.change(move |tx, product| store::insert(tx, product, new.0).map(Created)).await
}

/// Find a stakeholder
#[utoipa::path(tag = "Stakeholders", responses((status = 200, body = Stakeholder)))]
#[get("/products/{product}/stakeholders/{stakeholder}")]
async fn find_stakeholder(
    actor: Actor<View>,
    stakeholder: Path<StakeholderName>,
) -> Result<Versioned<Redacted<Stakeholder>>, Failure> {
    actor
        .read(move |conn, product| Ok(store::find(conn, &product.id, &stakeholder.0)?.seen_by(product.role)))
        .await
        .map(Versioned)
}

/// Change a stakeholder; only an owner changes the e-mail address or the user
#[utoipa::path(
    tag = "Stakeholders",
    request_body = StakeholderPatch,
    responses((status = 200, body = Stakeholder))
)]
#[patch("/products/{product}/stakeholders/{stakeholder}")]
async fn update_stakeholder(
    actor: Actor<Edit>,
    stakeholder: Path<StakeholderName>,
    seen: IfMatch,
    patch: StakeholderPatch,
) -> Result<Versioned<Stakeholder>, Failure> {
    actor.change(move |tx, product| store::update(tx, product, &stakeholder.0, seen, &patch).map(Versioned)).await
}

/// Delete a stakeholder that nothing refers to; others are retired
#[utoipa::path(tag = "Stakeholders", responses((status = 204)))]
#[delete("/products/{product}/stakeholders/{stakeholder}")]
async fn delete_stakeholder(
    actor: Actor<Edit>,
    stakeholder: Path<StakeholderName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &stakeholder.0, seen).map(|()| Deleted)).await
}
