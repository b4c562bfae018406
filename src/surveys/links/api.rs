//! Links to a survey over HTTP: made, listed and revoked by owners and editors.

use super::{IssuedSurveyLinks, NewSurveyLinks, SurveyLinks, SurveyLinksPage, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, ViewPrivate, new_secret},
        failure::Failure,
        http::{Deleted, IfMatch, Issued, Json, List, Path, Versioned},
    },
    path_param,
    surveys::api::SurveyName,
};
use actix_web::{delete, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_survey_links).service(create_survey_links).service(find_survey_links).service(delete_survey_links);
}

path_param!(
    /// The id of links that were made together.
    SurveyLinksName, "links"
);

/// List the links that were made and not revoked, without what opens them
#[utoipa::path(tag = "Surveys", params(List<SurveyLinks>), responses((status = 200, body = SurveyLinksPage)))]
#[get("/products/{product}/surveys/{survey}/links")]
async fn list_survey_links(
    actor: Actor<ViewPrivate>,
    survey: Path<SurveyName>,
    list: List<SurveyLinks>,
) -> Result<SurveyLinksPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &survey.0, &list)).await
}

/// Make links by which people answer without a login, each once; what opens them is told this once
#[utoipa::path(tag = "Surveys", responses((status = 201, body = IssuedSurveyLinks)))]
#[post("/products/{product}/surveys/{survey}/links")]
async fn create_survey_links(
    actor: Actor<Edit>,
    survey: Path<SurveyName>,
    new: Json<NewSurveyLinks>,
) -> Result<Issued<IssuedSurveyLinks>, Failure> {
    let tokens = (0..new.0.count).map(|_| new_secret()).collect::<Result<Vec<_>, _>>()?;
    actor.change(move |tx, product| store::insert(tx, &product.id, &survey.0, new.0, &tokens).map(Issued)).await
}

/// Find links that were made together, without what opens them
#[utoipa::path(tag = "Surveys", responses((status = 200, body = SurveyLinks)))]
#[get("/products/{product}/surveys/{survey}/links/{links}")]
async fn find_survey_links(
    actor: Actor<ViewPrivate>,
    survey: Path<SurveyName>,
    links: Path<SurveyLinksName>,
) -> Result<Versioned<SurveyLinks>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &survey.0, &links.0)).await.map(Versioned)
}

/// Revoke links: none of them opens anything any more; what was answered stays
#[utoipa::path(tag = "Surveys", responses((status = 204)))]
#[delete("/products/{product}/surveys/{survey}/links/{links}")]
async fn delete_survey_links(
    actor: Actor<Edit>,
    survey: Path<SurveyName>,
    links: Path<SurveyLinksName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &survey.0, &links.0, seen).map(|()| Deleted)).await
}
