//! Surveys and their answers over HTTP.

use super::{
    NewSurvey, NewSurveyResponse, Survey, SurveyPage, SurveyPatch, SurveyResponse, SurveyResponsePage, SurveyResults,
    store,
};
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
    app.service(list_surveys)
        .service(create_survey)
        .service(find_survey)
        .service(update_survey)
        .service(delete_survey)
        .service(find_survey_results)
        .service(list_survey_responses)
        .service(create_survey_response)
        .service(find_survey_response)
        .service(delete_survey_response);
    super::links::api::routes(app);
}

path_param!(
    /// A survey's id.
    SurveyName, "survey"
);
path_param!(
    /// An answer's id.
    SurveyResponseName, "response"
);

/// List surveys: what was asked, of whom, and when
#[utoipa::path(tag = "Surveys", params(List<Survey>), responses((status = 200, body = SurveyPage)))]
#[get("/products/{product}/surveys")]
async fn list_surveys(actor: Actor<View>, list: List<Survey>) -> Result<SurveyPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Make a survey
#[utoipa::path(tag = "Surveys", responses((status = 201, body = Survey)))]
#[post("/products/{product}/surveys")]
async fn create_survey(actor: Actor<Edit>, new: Json<NewSurvey>) -> Result<Created<Survey>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a survey
#[utoipa::path(tag = "Surveys", responses((status = 200, body = Survey)))]
#[get("/products/{product}/surveys/{survey}")]
async fn find_survey(actor: Actor<View>, survey: Path<SurveyName>) -> Result<Versioned<Survey>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &survey.0)).await.map(Versioned)
}

/// Change a survey; what was asked stays once somebody answered
#[utoipa::path(tag = "Surveys", request_body = SurveyPatch, responses((status = 200, body = Survey)))]
#[patch("/products/{product}/surveys/{survey}")]
async fn update_survey(
    actor: Actor<Edit>,
    survey: Path<SurveyName>,
    seen: IfMatch,
    patch: SurveyPatch,
) -> Result<Versioned<Survey>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &survey.0, seen, &patch).map(Versioned)).await
}

/// Delete a survey that has neither answers nor links
#[utoipa::path(tag = "Surveys", responses((status = 204)))]
#[delete("/products/{product}/surveys/{survey}")]
async fn delete_survey(actor: Actor<Edit>, survey: Path<SurveyName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &survey.0, seen).map(|()| Deleted)).await
}

/// What the answers say together: the score, how many they are, and the interval in which the truth lies
#[utoipa::path(tag = "Surveys", responses((status = 200, body = SurveyResults)))]
#[get("/products/{product}/surveys/{survey}/results")]
async fn find_survey_results(actor: Actor<View>, survey: Path<SurveyName>) -> Result<Plain<SurveyResults>, Failure> {
    actor.snapshot(move |conn, product| store::results(conn, &product.id, &survey.0).map(Plain)).await
}

/// List what people answered
#[utoipa::path(tag = "Surveys", params(List<SurveyResponse>), responses((status = 200, body = SurveyResponsePage)))]
#[get("/products/{product}/surveys/{survey}/responses")]
async fn list_survey_responses(
    actor: Actor<View>,
    survey: Path<SurveyName>,
    list: List<SurveyResponse>,
) -> Result<SurveyResponsePage, Failure> {
    actor.read(move |conn, product| store::page_of_responses(conn, &product.id, &survey.0, &list)).await
}

/// Write down an answer that somebody gave elsewhere
#[utoipa::path(tag = "Surveys", responses((status = 201, body = SurveyResponse)))]
#[post("/products/{product}/surveys/{survey}/responses")]
async fn create_survey_response(
    actor: Actor<Edit>,
    survey: Path<SurveyName>,
    new: Json<NewSurveyResponse>,
) -> Result<Created<SurveyResponse>, Failure> {
    actor.change(move |tx, product| store::insert_response(tx, &product.id, &survey.0, new.0).map(Created)).await
}

/// Find an answer
#[utoipa::path(tag = "Surveys", responses((status = 200, body = SurveyResponse)))]
#[get("/products/{product}/surveys/{survey}/responses/{response}")]
async fn find_survey_response(
    actor: Actor<View>,
    survey: Path<SurveyName>,
    response: Path<SurveyResponseName>,
) -> Result<Versioned<SurveyResponse>, Failure> {
    actor
        .read(move |conn, product| store::find_response(conn, &product.id, &survey.0, &response.0))
        .await
        .map(Versioned)
}

/// Take an answer back that should not count, such as one given twice; it is never changed
#[utoipa::path(tag = "Surveys", responses((status = 204)))]
#[delete("/products/{product}/surveys/{survey}/responses/{response}")]
async fn delete_survey_response(
    actor: Actor<Edit>,
    survey: Path<SurveyName>,
    response: Path<SurveyResponseName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor
        .change(move |tx, product| {
            store::delete_response(tx, &product.id, &survey.0, &response.0, seen).map(|()| Deleted)
        })
        .await
}
