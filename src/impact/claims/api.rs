//! Claims over HTTP.

use super::{ImpactClaim, ImpactClaimPage, ImpactClaimPatch, NewImpactClaim, store};
use crate::{
    impact::{act, comments::Acceptance, comments::NewImpactComment},
    kernel::{
        auth::{Actor, Edit, Judge, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, OptionalJson, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_impact_claims)
        .service(create_impact_claim)
        .service(find_impact_claim)
        .service(update_impact_claim)
        .service(delete_impact_claim)
        .service(accept_impact_claim)
        .service(question_impact_claim);
}

path_param!(
    /// A claim's id.
    ImpactClaimName, "claim"
);

/// List impact claims: what the work is said to have been worth
#[utoipa::path(tag = "Impact", params(List<ImpactClaim>), responses((status = 200, body = ImpactClaimPage)))]
#[get("/products/{product}/impact-claims")]
async fn list_impact_claims(actor: Actor<View>, list: List<ImpactClaim>) -> Result<ImpactClaimPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Make a claim
#[utoipa::path(tag = "Impact", responses((status = 201, body = ImpactClaim)))]
#[post("/products/{product}/impact-claims")]
async fn create_impact_claim(actor: Actor<Edit>, new: Json<NewImpactClaim>) -> Result<Created<ImpactClaim>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a claim
#[utoipa::path(tag = "Impact", responses((status = 200, body = ImpactClaim)))]
#[get("/products/{product}/impact-claims/{claim}")]
async fn find_impact_claim(
    actor: Actor<View>,
    claim: Path<ImpactClaimName>,
) -> Result<Versioned<ImpactClaim>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &claim.0)).await.map(Versioned)
}

/// Change a claim; what was accepted or questioned has to be looked at again
#[utoipa::path(tag = "Impact", request_body = ImpactClaimPatch, responses((status = 200, body = ImpactClaim)))]
#[patch("/products/{product}/impact-claims/{claim}")]
async fn update_impact_claim(
    actor: Actor<Edit>,
    claim: Path<ImpactClaimName>,
    seen: IfMatch,
    patch: ImpactClaimPatch,
) -> Result<Versioned<ImpactClaim>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &claim.0, seen, &patch).map(Versioned)).await
}

/// Delete a claim that nobody said anything about
#[utoipa::path(tag = "Impact", responses((status = 204)))]
#[delete("/products/{product}/impact-claims/{claim}")]
async fn delete_impact_claim(
    actor: Actor<Edit>,
    claim: Path<ImpactClaimName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &claim.0, seen).map(|()| Deleted)).await
}

/// Accept a claim as far as it is computed by now: the act of its stakeholder alone
#[utoipa::path(tag = "Impact", request_body = Option<Acceptance>, responses((status = 200, body = ImpactClaim)))]
#[post("/products/{product}/impact-claims/{claim}/accept")]
async fn accept_impact_claim(
    actor: Actor<Judge>,
    claim: Path<ImpactClaimName>,
    seen: IfMatch,
    said: OptionalJson<Acceptance>,
) -> Result<Versioned<ImpactClaim>, Failure> {
    let user = actor.user.id.clone();
    actor.change(move |tx, product| act::accept(tx, product, &user, &claim.0, seen, said.0.text).map(Versioned)).await
}

/// Question a claim: the act of its stakeholder alone
#[utoipa::path(tag = "Impact", responses((status = 200, body = ImpactClaim)))]
#[post("/products/{product}/impact-claims/{claim}/question")]
async fn question_impact_claim(
    actor: Actor<Judge>,
    claim: Path<ImpactClaimName>,
    seen: IfMatch,
    said: Json<NewImpactComment>,
) -> Result<Versioned<ImpactClaim>, Failure> {
    let user = actor.user.id.clone();
    actor.change(move |tx, product| act::question(tx, product, &user, &claim.0, seen, said.0.text).map(Versioned)).await
}
