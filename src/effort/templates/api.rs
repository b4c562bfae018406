//! Templates of effort over HTTP. They tell what persons do: viewers do not see them.

use super::{EffortTemplate, EffortTemplatePage, EffortTemplatePatch, NewEffortTemplate, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, ViewPrivate},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_effort_templates)
        .service(create_effort_template)
        .service(find_effort_template)
        .service(update_effort_template)
        .service(delete_effort_template);
}

path_param!(
    /// A template's id.
    EffortTemplateName, "template"
);

/// List what recurs in the team's weeks
#[utoipa::path(tag = "Effort", params(List<EffortTemplate>), responses((status = 200, body = EffortTemplatePage)))]
#[get("/products/{product}/effort-templates")]
async fn list_effort_templates(
    actor: Actor<ViewPrivate>,
    list: List<EffortTemplate>,
) -> Result<EffortTemplatePage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Say what recurs: work of everybody, or a rota
#[utoipa::path(tag = "Effort", responses((status = 201, body = EffortTemplate)))]
#[post("/products/{product}/effort-templates")]
async fn create_effort_template(
    actor: Actor<Edit>,
    new: Json<NewEffortTemplate>,
) -> Result<Created<EffortTemplate>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a template of effort
#[utoipa::path(tag = "Effort", responses((status = 200, body = EffortTemplate)))]
#[get("/products/{product}/effort-templates/{template}")]
async fn find_effort_template(
    actor: Actor<ViewPrivate>,
    template: Path<EffortTemplateName>,
) -> Result<Versioned<EffortTemplate>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &template.0)).await.map(Versioned)
}

/// Change a template of effort; weeks that are written stay as they are
#[utoipa::path(tag = "Effort", request_body = EffortTemplatePatch, responses((status = 200, body = EffortTemplate)))]
#[patch("/products/{product}/effort-templates/{template}")]
async fn update_effort_template(
    actor: Actor<Edit>,
    template: Path<EffortTemplateName>,
    seen: IfMatch,
    patch: EffortTemplatePatch,
) -> Result<Versioned<EffortTemplate>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &template.0, seen, &patch).map(Versioned)).await
}

/// Delete a template of effort; weeks that are written stay as they are
#[utoipa::path(tag = "Effort", responses((status = 204)))]
#[delete("/products/{product}/effort-templates/{template}")]
async fn delete_effort_template(
    actor: Actor<Edit>,
    template: Path<EffortTemplateName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &template.0, seen).map(|()| Deleted)).await
}
