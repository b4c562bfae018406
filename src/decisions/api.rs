//! Decisions over HTTP.

use super::{Decision, DecisionPage, DecisionPatch, NewAnswer, NewDecision, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, Judge, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_decisions)
        .service(create_decision)
        .service(find_decision)
        .service(update_decision)
        .service(delete_decision)
        .service(answer_decision);
}

path_param!(
    /// A decision's id.
    DecisionName, "decision"
);

/// List decisions: what others are asked, and what they answered
#[utoipa::path(tag = "Decisions", params(List<Decision>), responses((status = 200, body = DecisionPage)))]
#[get("/products/{product}/decisions")]
async fn list_decisions(actor: Actor<View>, list: List<Decision>) -> Result<DecisionPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Ask for a decision, or write down one that was taken
#[utoipa::path(tag = "Decisions", responses((status = 201, body = Decision)))]
#[post("/products/{product}/decisions")]
async fn create_decision(actor: Actor<Edit>, new: Json<NewDecision>) -> Result<Created<Decision>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a decision
#[utoipa::path(tag = "Decisions", responses((status = 200, body = Decision)))]
#[get("/products/{product}/decisions/{decision}")]
async fn find_decision(actor: Actor<View>, decision: Path<DecisionName>) -> Result<Versioned<Decision>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &decision.0)).await.map(Versioned)
}

/// Change a decision, or write down its answer; what its stakeholder answered themselves stays
#[utoipa::path(tag = "Decisions", request_body = DecisionPatch, responses((status = 200, body = Decision)))]
#[patch("/products/{product}/decisions/{decision}")]
async fn update_decision(
    actor: Actor<Edit>,
    decision: Path<DecisionName>,
    seen: IfMatch,
    patch: DecisionPatch,
) -> Result<Versioned<Decision>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &decision.0, seen, &patch).map(Versioned)).await
}

/// Delete a decision that its stakeholder did not answer
#[utoipa::path(tag = "Decisions", responses((status = 204)))]
#[delete("/products/{product}/decisions/{decision}")]
async fn delete_decision(actor: Actor<Edit>, decision: Path<DecisionName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &decision.0, seen).map(|()| Deleted)).await
}

/// Answer a decision: the act of the stakeholder who is asked
#[utoipa::path(tag = "Decisions", responses((status = 200, body = Decision)))]
#[post("/products/{product}/decisions/{decision}/answer")]
async fn answer_decision(
    actor: Actor<Judge>,
    decision: Path<DecisionName>,
    seen: IfMatch,
    said: Json<NewAnswer>,
) -> Result<Versioned<Decision>, Failure> {
    let user = actor.user.id.clone();
    actor
        .change(move |tx, product| store::answer(tx, product, &user, &decision.0, seen, said.0.answer).map(Versioned))
        .await
}
