//! Feedback and votes over HTTP.

use super::{Feedback, FeedbackPage, FeedbackPatch, NewFeedback, VotesView, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_feedback)
        .service(create_feedback)
        .service(find_feedback)
        .service(update_feedback)
        .service(delete_feedback)
        .service(find_votes)
        .service(create_vote)
        .service(delete_vote);
}

path_param!(
    /// The id of what somebody said.
    FeedbackName, "feedback"
);

/// List what people ask for, praise and complain about; `sort=-votes` has what most want first
#[utoipa::path(tag = "Feedback", params(List<Feedback>), responses((status = 200, body = FeedbackPage)))]
#[get("/products/{product}/feedback")]
async fn list_feedback(actor: Actor<View>, list: List<Feedback>) -> Result<FeedbackPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Give feedback, or write down somebody's: viewers too
#[utoipa::path(tag = "Feedback", responses((status = 201, body = Feedback)))]
#[post("/products/{product}/feedback")]
async fn create_feedback(actor: Actor<View>, new: Json<NewFeedback>) -> Result<Created<Feedback>, Failure> {
    actor.change(move |tx, product| store::insert(tx, product, new.0).map(Created)).await
}

/// Find feedback
#[utoipa::path(tag = "Feedback", responses((status = 200, body = Feedback)))]
#[get("/products/{product}/feedback/{feedback}")]
async fn find_feedback(actor: Actor<View>, feedback: Path<FeedbackName>) -> Result<Versioned<Feedback>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &feedback.0)).await.map(Versioned)
}

/// Change feedback, say what becomes of it, or merge it into what says the same
///
/// Viewers change what they wrote themselves while it is open, and neither its status nor what it is a duplicate of.
#[utoipa::path(tag = "Feedback", request_body = FeedbackPatch, responses((status = 200, body = Feedback)))]
#[patch("/products/{product}/feedback/{feedback}")]
async fn update_feedback(
    actor: Actor<View>,
    feedback: Path<FeedbackName>,
    seen: IfMatch,
    patch: FeedbackPatch,
) -> Result<Versioned<Feedback>, Failure> {
    actor.change(move |tx, product| store::update(tx, product, &feedback.0, seen, &patch).map(Versioned)).await
}

/// Delete feedback that no roadmap item answers and nothing is a duplicate of; its votes go with it
#[utoipa::path(tag = "Feedback", responses((status = 204)))]
#[delete("/products/{product}/feedback/{feedback}")]
async fn delete_feedback(actor: Actor<Edit>, feedback: Path<FeedbackName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &feedback.0, seen).map(|()| Deleted)).await
}

/// How many users want the same, and whether you do
#[utoipa::path(tag = "Feedback", responses((status = 200, body = VotesView)))]
#[get("/products/{product}/feedback/{feedback}/votes")]
async fn find_votes(actor: Actor<View>, feedback: Path<FeedbackName>) -> Result<Plain<VotesView>, Failure> {
    let user = actor.user.id.clone();
    actor.snapshot(move |conn, product| store::votes(conn, &product.id, &feedback.0, &user).map(Plain)).await
}

/// Vote for it: viewers too, each user once; a second vote changes nothing
#[utoipa::path(tag = "Feedback", responses((status = 200, body = VotesView)))]
#[post("/products/{product}/feedback/{feedback}/votes")]
async fn create_vote(actor: Actor<View>, feedback: Path<FeedbackName>) -> Result<Plain<VotesView>, Failure> {
    let user = actor.user.id.clone();
    actor.change(move |tx, product| store::vote(tx, &product.id, &feedback.0, &user).map(Plain)).await
}

/// Take one's vote back, also where it was for a duplicate
#[utoipa::path(tag = "Feedback", responses((status = 204)))]
#[delete("/products/{product}/feedback/{feedback}/votes")]
async fn delete_vote(actor: Actor<View>, feedback: Path<FeedbackName>) -> Result<Deleted, Failure> {
    let user = actor.user.id.clone();
    actor.change(move |tx, product| store::unvote(tx, &product.id, &feedback.0, &user).map(|()| Deleted)).await
}
