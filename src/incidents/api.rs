//! Incidents over HTTP.

use super::{Incident, IncidentPage, IncidentPatch, NewIncident, store};
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
    app.service(list_incidents)
        .service(create_incident)
        .service(find_incident)
        .service(update_incident)
        .service(delete_incident);
}

path_param!(
    /// An incident's id.
    IncidentName, "incident"
);

/// List incidents
#[utoipa::path(tag = "Incidents", params(List<Incident>), responses((status = 200, body = IncidentPage)))]
#[get("/products/{product}/incidents")]
async fn list_incidents(actor: Actor<View>, list: List<Incident>) -> Result<IncidentPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Record an incident
#[utoipa::path(tag = "Incidents", responses((status = 201, body = Incident)))]
#[post("/products/{product}/incidents")]
async fn create_incident(actor: Actor<Edit>, new: Json<NewIncident>) -> Result<Created<Incident>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find an incident
#[utoipa::path(tag = "Incidents", responses((status = 200, body = Incident)))]
#[get("/products/{product}/incidents/{incident}")]
async fn find_incident(actor: Actor<View>, incident: Path<IncidentName>) -> Result<Versioned<Incident>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &incident.0)).await.map(Versioned)
}

/// Correct an incident, or resolve it
#[utoipa::path(tag = "Incidents", request_body = IncidentPatch, responses((status = 200, body = Incident)))]
#[patch("/products/{product}/incidents/{incident}")]
async fn update_incident(
    actor: Actor<Edit>,
    incident: Path<IncidentName>,
    seen: IfMatch,
    patch: IncidentPatch,
) -> Result<Versioned<Incident>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &incident.0, seen, &patch).map(Versioned)).await
}

/// Delete an incident that nothing refers to
#[utoipa::path(tag = "Incidents", responses((status = 204)))]
#[delete("/products/{product}/incidents/{incident}")]
async fn delete_incident(actor: Actor<Edit>, incident: Path<IncidentName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &incident.0, seen).map(|()| Deleted)).await
}
