//! Principles, their adherence and the scorecard over HTTP.

use super::{
    Adherence, AdherencePage, AdherencePatch, NewAdherence, NewPrinciple, Principle, PrinciplePage, PrinciplePatch,
    scorecard::{ScorecardQuery, ScorecardView, csv, quarter_before},
    store::{self, adherence},
};
use crate::{
    components,
    kernel::{
        auth::{Actor, Edit, View},
        clock::YEARS,
        failure::{Failure, Fault},
        http::{
            Created, Deleted, IfMatch, Json, List, Path, Plain, Query, Versioned,
            formats::{Format, Offer, Suffix, Wanted},
        },
    },
    path_param, products,
};
use actix_web::{Either, HttpResponse, delete, get, http::header, patch, post};
use chrono::{Datelike, NaiveDate};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_principles)
        .service(create_principle)
        .service(find_principle)
        .service(update_principle)
        .service(delete_principle)
        .service(list_adherence)
        .service(create_adherence)
        .service(find_adherence)
        .service(update_adherence)
        .service(delete_adherence)
        .service(find_scorecard_as)
        .service(find_scorecard);
}

path_param!(
    /// A principle's id.
    PrincipleName, "principle"
);
path_param!(
    /// The id of a finding.
    AdherenceName, "adherence"
);

/// List principles; `sort=rank` is the team's own order
#[utoipa::path(tag = "Principles", params(List<Principle>), responses((status = 200, body = PrinciplePage)))]
#[get("/products/{product}/principles")]
async fn list_principles(actor: Actor<View>, list: List<Principle>) -> Result<PrinciplePage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Write down a principle
#[utoipa::path(tag = "Principles", responses((status = 201, body = Principle)))]
#[post("/products/{product}/principles")]
async fn create_principle(actor: Actor<Edit>, new: Json<NewPrinciple>) -> Result<Created<Principle>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a principle
#[utoipa::path(tag = "Principles", responses((status = 200, body = Principle)))]
#[get("/products/{product}/principles/{principle}")]
async fn find_principle(actor: Actor<View>, principle: Path<PrincipleName>) -> Result<Versioned<Principle>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &principle.0)).await.map(Versioned)
}

/// Change a principle
#[utoipa::path(tag = "Principles", request_body = PrinciplePatch, responses((status = 200, body = Principle)))]
#[patch("/products/{product}/principles/{principle}")]
async fn update_principle(
    actor: Actor<Edit>,
    principle: Path<PrincipleName>,
    seen: IfMatch,
    patch: PrinciplePatch,
) -> Result<Versioned<Principle>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &principle.0, seen, &patch).map(Versioned)).await
}

/// Delete a principle that nothing was assessed by; others are retired
#[utoipa::path(tag = "Principles", responses((status = 204)))]
#[delete("/products/{product}/principles/{principle}")]
async fn delete_principle(
    actor: Actor<Edit>,
    principle: Path<PrincipleName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &principle.0, seen).map(|()| Deleted)).await
}

/// List what was found of components by a principle, and when
#[utoipa::path(tag = "Principles", params(List<Adherence>), responses((status = 200, body = AdherencePage)))]
#[get("/products/{product}/principles/{principle}/adherence")]
async fn list_adherence(
    actor: Actor<View>,
    principle: Path<PrincipleName>,
    list: List<Adherence>,
) -> Result<AdherencePage, Failure> {
    actor.read(move |conn, product| adherence::page(conn, &product.id, &principle.0, &list)).await
}

/// Record how a component was found to keep to a principle; what was found before stays
#[utoipa::path(tag = "Principles", responses((status = 201, body = Adherence)))]
#[post("/products/{product}/principles/{principle}/adherence")]
async fn create_adherence(
    actor: Actor<Edit>,
    principle: Path<PrincipleName>,
    new: Json<NewAdherence>,
) -> Result<Created<Adherence>, Failure> {
    actor.change(move |tx, product| adherence::insert(tx, &product.id, &principle.0, new.0).map(Created)).await
}

/// Find what was found of a component
#[utoipa::path(tag = "Principles", responses((status = 200, body = Adherence)))]
#[get("/products/{product}/principles/{principle}/adherence/{adherence}")]
async fn find_adherence(
    actor: Actor<View>,
    principle: Path<PrincipleName>,
    name: Path<AdherenceName>,
) -> Result<Versioned<Adherence>, Failure> {
    actor.read(move |conn, product| adherence::find(conn, &product.id, &principle.0, &name.0)).await.map(Versioned)
}

/// Correct what was written down wrongly; a new finding is recorded as one
#[utoipa::path(tag = "Principles", request_body = AdherencePatch, responses((status = 200, body = Adherence)))]
#[patch("/products/{product}/principles/{principle}/adherence/{adherence}")]
async fn update_adherence(
    actor: Actor<Edit>,
    principle: Path<PrincipleName>,
    name: Path<AdherenceName>,
    seen: IfMatch,
    patch: AdherencePatch,
) -> Result<Versioned<Adherence>, Failure> {
    actor
        .change(move |tx, product| {
            adherence::update(tx, &product.id, &principle.0, &name.0, seen, &patch).map(Versioned)
        })
        .await
}

/// Take back a finding that was never made
#[utoipa::path(tag = "Principles", responses((status = 204)))]
#[delete("/products/{product}/principles/{principle}/adherence/{adherence}")]
async fn delete_adherence(
    actor: Actor<Edit>,
    principle: Path<PrincipleName>,
    name: Path<AdherenceName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor
        .change(move |tx, product| adherence::delete(tx, &product.id, &principle.0, &name.0, seen).map(|()| Deleted))
        .await
}

/// How the scorecard can be had.
pub struct ScorecardForms;

impl Offer for ScorecardForms {
    const FORMATS: &'static [Format] = &[Format::Json, Format::Csv];
}

type Scorecard = Either<Plain<ScorecardView>, HttpResponse>;

/// Which component keeps to which principle, what share does, and how did that move? As JSON or CSV, by `Accept`
///
/// The share followed is follows ÷ (follows + partly + violates): what is not assessed counts neither for nor against, and
/// where nothing was assessed the share is unknown. The CSV has a line a cell, without the shares.
#[utoipa::path(
    tag = "Principles",
    params(ScorecardQuery),
    responses((status = 200, content((ScorecardView = "application/json"), (String = "text/csv"))))
)]
#[get("/products/{product}/scorecard")]
async fn find_scorecard(
    actor: Actor<View>,
    wanted: Wanted,
    query: Query<ScorecardQuery>,
) -> Result<Scorecard, Failure> {
    answer_scorecard(&actor, wanted.format(ScorecardForms::FORMATS)?, query.0.day()?).await
}

/// The scorecard in the format that its address ends in: `json` or `csv`
#[utoipa::path(
    tag = "Principles",
    params(ScorecardQuery),
    responses((status = 200, content((ScorecardView = "application/json"), (String = "text/csv"))))
)]
#[get("/products/{product}/scorecard.{format}")]
async fn find_scorecard_as(
    actor: Actor<View>,
    suffix: Path<Suffix<ScorecardForms>>,
    query: Query<ScorecardQuery>,
) -> Result<Scorecard, Failure> {
    answer_scorecard(&actor, suffix.0.format()?, query.0.day()?).await
}

async fn answer_scorecard(actor: &Actor<View>, format: Format, on: Option<NaiveDate>) -> Result<Scorecard, Failure> {
    let on = on.unwrap_or_else(|| actor.now().day_in(actor.scope.zone));
    let card = actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            let before = quarter_before(on, product.fiscal_year_start);
            if before.year() < YEARS.start {
                let detail = "the day that it would be compared with is before 1970";
                return Err(Failure::Invalid(vec![Fault::parameter("on", "range", detail)]));
            }
            let components = components::store::all(conn, &scope.id)?;
            let principles = store::all(conn, &scope.id)?;
            let findings = adherence::until(conn, &scope.id, on)?;
            Ok(ScorecardView::new((before, on), &components, &principles, &findings))
        })
        .await?;
    if format != Format::Csv {
        return Ok(Either::Left(Plain(card)));
    }
    let file = format!("attachment; filename=\"{}-scorecard-{on}.csv\"", actor.scope.key);
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"));
    response.insert_header((header::CONTENT_DISPOSITION, file));
    Ok(Either::Right(response.body(csv(&card))))
}
