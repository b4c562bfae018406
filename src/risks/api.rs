//! Risks and their assessments over HTTP.

use super::{
    NewRisk, NewRiskAssessment, Risk, RiskAssessment, RiskAssessmentPage, RiskAssessmentPatch, RiskPage, RiskPatch,
    store,
};
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
    app.service(list_risks)
        .service(create_risk)
        .service(find_risk)
        .service(update_risk)
        .service(delete_risk)
        .service(list_risk_assessments)
        .service(create_risk_assessment)
        .service(find_risk_assessment)
        .service(update_risk_assessment)
        .service(delete_risk_assessment);
}

path_param!(
    /// A risk's id.
    RiskName, "risk"
);
path_param!(
    /// An assessment's id.
    RiskAssessmentName, "assessment"
);

/// List risks
#[utoipa::path(tag = "Risks", params(List<Risk>), responses((status = 200, body = RiskPage)))]
#[get("/products/{product}/risks")]
async fn list_risks(actor: Actor<View>, list: List<Risk>) -> Result<RiskPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Write down a risk
#[utoipa::path(tag = "Risks", responses((status = 201, body = Risk)))]
#[post("/products/{product}/risks")]
async fn create_risk(actor: Actor<Edit>, new: Json<NewRisk>) -> Result<Created<Risk>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a risk
#[utoipa::path(tag = "Risks", responses((status = 200, body = Risk)))]
#[get("/products/{product}/risks/{risk}")]
async fn find_risk(actor: Actor<View>, risk: Path<RiskName>) -> Result<Versioned<Risk>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &risk.0)).await.map(Versioned)
}

/// Change a risk
#[utoipa::path(tag = "Risks", request_body = RiskPatch, responses((status = 200, body = Risk)))]
#[patch("/products/{product}/risks/{risk}")]
async fn update_risk(
    actor: Actor<Edit>,
    risk: Path<RiskName>,
    seen: IfMatch,
    patch: RiskPatch,
) -> Result<Versioned<Risk>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &risk.0, seen, &patch).map(Versioned)).await
}

/// Delete a risk that was never assessed; others are closed
#[utoipa::path(tag = "Risks", responses((status = 204)))]
#[delete("/products/{product}/risks/{risk}")]
async fn delete_risk(actor: Actor<Edit>, risk: Path<RiskName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &risk.0, seen).map(|()| Deleted)).await
}

/// List the assessments of a risk
#[utoipa::path(
    tag = "Risks",
    params(List<RiskAssessment>),
    responses((status = 200, body = RiskAssessmentPage))
)]
#[get("/products/{product}/risks/{risk}/assessments")]
async fn list_risk_assessments(
    actor: Actor<View>,
    risk: Path<RiskName>,
    list: List<RiskAssessment>,
) -> Result<RiskAssessmentPage, Failure> {
    actor.read(move |conn, product| store::page_of_assessments(conn, &product.id, &risk.0, &list)).await
}

/// Assess a risk
#[utoipa::path(tag = "Risks", responses((status = 201, body = RiskAssessment)))]
#[post("/products/{product}/risks/{risk}/assessments")]
async fn create_risk_assessment(
    actor: Actor<Edit>,
    risk: Path<RiskName>,
    new: Json<NewRiskAssessment>,
) -> Result<Created<RiskAssessment>, Failure> {
    actor.change(move |tx, product| store::insert_assessment(tx, &product.id, &risk.0, new.0).map(Created)).await
}

/// Find an assessment of a risk
#[utoipa::path(tag = "Risks", responses((status = 200, body = RiskAssessment)))]
#[get("/products/{product}/risks/{risk}/assessments/{assessment}")]
async fn find_risk_assessment(
    actor: Actor<View>,
    risk: Path<RiskName>,
    assessment: Path<RiskAssessmentName>,
) -> Result<Versioned<RiskAssessment>, Failure> {
    actor
        .read(move |conn, product| store::find_assessment(conn, &product.id, &risk.0, &assessment.0))
        .await
        .map(Versioned)
}

/// Correct an assessment of a risk
#[utoipa::path(tag = "Risks", request_body = RiskAssessmentPatch, responses((status = 200, body = RiskAssessment)))]
#[patch("/products/{product}/risks/{risk}/assessments/{assessment}")]
async fn update_risk_assessment(
    actor: Actor<Edit>,
    risk: Path<RiskName>,
    assessment: Path<RiskAssessmentName>,
    seen: IfMatch,
    patch: RiskAssessmentPatch,
) -> Result<Versioned<RiskAssessment>, Failure> {
    actor
        .change(move |tx, product| {
            store::update_assessment(tx, &product.id, &risk.0, &assessment.0, seen, &patch).map(Versioned)
        })
        .await
}

/// Delete an assessment of a risk
#[utoipa::path(tag = "Risks", responses((status = 204)))]
#[delete("/products/{product}/risks/{risk}/assessments/{assessment}")]
async fn delete_risk_assessment(
    actor: Actor<Edit>,
    risk: Path<RiskName>,
    assessment: Path<RiskAssessmentName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor
        .change(move |tx, product| {
            store::delete_assessment(tx, &product.id, &risk.0, &assessment.0, seen).map(|()| Deleted)
        })
        .await
}
