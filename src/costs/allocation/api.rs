//! Allocation rules over HTTP.

use super::{AllocationRule, AllocationRulePage, AllocationRulePatch, NewAllocationRule, store};
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
    app.service(list_allocation_rules)
        .service(create_allocation_rule)
        .service(find_allocation_rule)
        .service(update_allocation_rule)
        .service(delete_allocation_rule);
}

path_param!(
    /// An allocation rule's id.
    AllocationRuleName, "allocation_rule"
);

/// List allocation rules: whose cost it is that no entry says whose it is
#[utoipa::path(tag = "Costs", params(List<AllocationRule>), responses((status = 200, body = AllocationRulePage)))]
#[get("/products/{product}/allocation-rules")]
async fn list_allocation_rules(actor: Actor<View>, list: List<AllocationRule>) -> Result<AllocationRulePage, Failure> {
    actor.snapshot(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Make an allocation rule that is in force from a month on that is not published
#[utoipa::path(tag = "Costs", responses((status = 201, body = AllocationRule)))]
#[post("/products/{product}/allocation-rules")]
async fn create_allocation_rule(
    actor: Actor<Edit>,
    new: Json<NewAllocationRule>,
) -> Result<Created<AllocationRule>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find an allocation rule
#[utoipa::path(tag = "Costs", responses((status = 200, body = AllocationRule)))]
#[get("/products/{product}/allocation-rules/{allocation_rule}")]
async fn find_allocation_rule(
    actor: Actor<View>,
    rule: Path<AllocationRuleName>,
) -> Result<Versioned<AllocationRule>, Failure> {
    actor.snapshot(move |conn, product| store::find(conn, &product.id, &rule.0)).await.map(Versioned)
}

/// Change an allocation rule; one that was in force in a published month can only be ended
#[utoipa::path(tag = "Costs", request_body = AllocationRulePatch, responses((status = 200, body = AllocationRule)))]
#[patch("/products/{product}/allocation-rules/{allocation_rule}")]
async fn update_allocation_rule(
    actor: Actor<Edit>,
    rule: Path<AllocationRuleName>,
    seen: IfMatch,
    patch: AllocationRulePatch,
) -> Result<Versioned<AllocationRule>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &rule.0, seen, &patch).map(Versioned)).await
}

/// Delete an allocation rule that was never in force in a published month
#[utoipa::path(tag = "Costs", responses((status = 204)))]
#[delete("/products/{product}/allocation-rules/{allocation_rule}")]
async fn delete_allocation_rule(
    actor: Actor<Edit>,
    rule: Path<AllocationRuleName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &rule.0, seen).map(|()| Deleted)).await
}
