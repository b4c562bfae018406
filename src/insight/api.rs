//! How components are kept, personas as they are looked at, and what came of what people asked, over HTTP.

use super::{
    answered::{self, AnsweredList, AnsweredQuery},
    chain,
    health::{self, RoadmapHealth},
    pages,
    persona::{self, CardForms, PersonaCard, PersonaCardQuery},
    plan,
    stewardship::{self, StewardshipQuery, StewardshipView},
};
use crate::{
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{
            Path, Plain, Query,
            formats::{Format, Offer, Suffix, Wanted},
        },
    },
    path_param, products,
};
use actix_web::{Either, HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    chain::api::routes(app);
    plan::api::routes(app);
    app.service(list_stewardship).service(list_answered);
    app.service(find_roadmap_health);
    app.service(find_persona_card_as).service(find_persona_card);
}

path_param!(
    /// A persona's id.
    PersonaName, "persona"
);

/// What does nobody own, and what only costs?
#[utoipa::path(tag = "Costs", params(StewardshipQuery), responses((status = 200, body = StewardshipView)))]
#[get("/products/{product}/stewardship")]
async fn list_stewardship(
    actor: Actor<View>,
    query: Query<StewardshipQuery>,
) -> Result<Plain<StewardshipView>, Failure> {
    let today = actor.now().day_in(actor.scope.zone);
    let (span, only) = query.0.checked(today)?;
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            stewardship::store::stewardship(conn, &product, span, &only, today).map(Plain)
        })
        .await
}

type Card = Either<Plain<PersonaCard>, HttpResponse>;

/// A persona on one page: who they are, how their tasks went before and go now, what is changed for them. As JSON or as a
/// page, by `Accept`
#[utoipa::path(
    tag = "Personas",
    params(PersonaCardQuery),
    responses((status = 200, content((PersonaCard = "application/json"), (String = "text/html"))))
)]
#[get("/products/{product}/personas/{persona}/card")]
async fn find_persona_card(
    actor: Actor<View>,
    persona: Path<PersonaName>,
    wanted: Wanted,
    query: Query<PersonaCardQuery>,
) -> Result<Card, Failure> {
    answer_card(&actor, persona.0, wanted.format(CardForms::FORMATS), query.0).await
}

/// The card of a persona in the format that its address ends in: `json` or `html`
#[utoipa::path(
    tag = "Personas",
    params(PersonaCardQuery),
    responses((status = 200, content((PersonaCard = "application/json"), (String = "text/html"))))
)]
#[get("/products/{product}/personas/{persona}/card.{format}")]
async fn find_persona_card_as(
    actor: Actor<View>,
    persona: Path<PersonaName>,
    suffix: Path<Suffix<CardForms>>,
    query: Query<PersonaCardQuery>,
) -> Result<Card, Failure> {
    answer_card(&actor, persona.0, suffix.0.format(), query.0).await
}

async fn answer_card(
    actor: &Actor<View>,
    persona: PersonaName,
    format: Result<Format, Failure>,
    query: PersonaCardQuery,
) -> Result<Card, Failure> {
    let on = query.on(actor.now().day_in(actor.scope.zone))?;
    // What does not exist is told before what there is no format for.
    let gathered = pages::gather(actor, move |conn, product, reader| {
        let card = persona::store::read(conn, product, &persona, on)?;
        Ok((reader, card))
    });
    let (reader, card) = gathered.await?;
    Ok(match format? {
        Format::Html => {
            let body = persona::markup::page(&reader, &card);
            Either::Right(pages::shown(&card.persona.name, &reader.product, &body))
        }
        _ => Either::Left(Plain(card)),
    })
}

/// You asked, we did: what shipped in some months, the feedback that it answers, and who asked
#[utoipa::path(tag = "Feedback", params(AnsweredQuery), responses((status = 200, body = AnsweredList)))]
#[get("/products/{product}/you-asked-we-did")]
async fn list_answered(actor: Actor<View>, query: Query<AnsweredQuery>) -> Result<Plain<AnsweredList>, Failure> {
    let span = query.0.checked(actor.now().day_in(actor.scope.zone))?;
    actor.snapshot(move |conn, product| answered::store::list(conn, &product.id, span).map(Plain)).await
}

/// What is wrong with the roadmap today, the gravest first, and what to do about it
#[utoipa::path(tag = "Roadmap", responses((status = 200, body = RoadmapHealth)))]
#[get("/products/{product}/roadmap/health")]
async fn find_roadmap_health(actor: Actor<View>) -> Result<Plain<RoadmapHealth>, Failure> {
    let today = actor.now().day_in(actor.scope.zone);
    actor.snapshot(move |conn, product| health::store::health(conn, &product.id, today).map(Plain)).await
}
