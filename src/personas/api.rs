//! Personas, populations and journeys over HTTP.

use super::{
    Journey, JourneyChanges, JourneyChangesQuery, JourneyPage, JourneyPatch, NewJourney, NewPersona, NewPopulation,
    Persona, PersonaPage, PersonaPatch, Population, PopulationPage, PopulationPatch, UsageQuery, UsageView,
    journey_changes,
    store::{self, journeys, populations},
};
use crate::{
    components,
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, Query, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_personas)
        .service(create_persona)
        .service(find_persona)
        .service(update_persona)
        .service(delete_persona)
        .service(list_populations)
        .service(create_population)
        .service(find_population)
        .service(update_population)
        .service(delete_population)
        .service(list_journeys)
        .service(create_journey)
        .service(find_journey)
        .service(update_journey)
        .service(delete_journey)
        .service(list_journey_changes)
        .service(list_usage);
}

path_param!(
    /// A persona's id.
    PersonaName, "persona"
);
path_param!(
    /// A population's id.
    PopulationName, "population"
);
path_param!(
    /// The id of an observed journey.
    JourneyName, "journey"
);

/// List personas
#[utoipa::path(tag = "Personas", params(List<Persona>), responses((status = 200, body = PersonaPage)))]
#[get("/products/{product}/personas")]
async fn list_personas(actor: Actor<View>, list: List<Persona>) -> Result<PersonaPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Create a persona
#[utoipa::path(tag = "Personas", responses((status = 201, body = Persona)))]
#[post("/products/{product}/personas")]
async fn create_persona(actor: Actor<Edit>, new: Json<NewPersona>) -> Result<Created<Persona>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a persona
#[utoipa::path(tag = "Personas", responses((status = 200, body = Persona)))]
#[get("/products/{product}/personas/{persona}")]
async fn find_persona(actor: Actor<View>, persona: Path<PersonaName>) -> Result<Versioned<Persona>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &persona.0)).await.map(Versioned)
}

/// Change a persona
#[utoipa::path(tag = "Personas", request_body = PersonaPatch, responses((status = 200, body = Persona)))]
#[patch("/products/{product}/personas/{persona}")]
async fn update_persona(
    actor: Actor<Edit>,
    persona: Path<PersonaName>,
    seen: IfMatch,
    patch: PersonaPatch,
) -> Result<Versioned<Persona>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &persona.0, seen, &patch).map(Versioned)).await
}

/// Delete a persona that nothing refers to; others are retired
#[utoipa::path(tag = "Personas", responses((status = 204)))]
#[delete("/products/{product}/personas/{persona}")]
async fn delete_persona(actor: Actor<Edit>, persona: Path<PersonaName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &persona.0, seen).map(|()| Deleted)).await
}

/// List how many people a persona stands for, and since when
#[utoipa::path(tag = "Personas", params(List<Population>), responses((status = 200, body = PopulationPage)))]
#[get("/products/{product}/personas/{persona}/populations")]
async fn list_populations(
    actor: Actor<View>,
    persona: Path<PersonaName>,
    list: List<Population>,
) -> Result<PopulationPage, Failure> {
    actor.read(move |conn, product| populations::page(conn, &product.id, &persona.0, &list)).await
}

/// Date a population
#[utoipa::path(tag = "Personas", responses((status = 201, body = Population)))]
#[post("/products/{product}/personas/{persona}/populations")]
async fn create_population(
    actor: Actor<Edit>,
    persona: Path<PersonaName>,
    new: Json<NewPopulation>,
) -> Result<Created<Population>, Failure> {
    actor.change(move |tx, product| populations::insert(tx, &product.id, &persona.0, new.0).map(Created)).await
}

/// Find a population
#[utoipa::path(tag = "Personas", responses((status = 200, body = Population)))]
#[get("/products/{product}/personas/{persona}/populations/{population}")]
async fn find_population(
    actor: Actor<View>,
    persona: Path<PersonaName>,
    population: Path<PopulationName>,
) -> Result<Versioned<Population>, Failure> {
    actor
        .read(move |conn, product| populations::find(conn, &product.id, &persona.0, &population.0))
        .await
        .map(Versioned)
}

/// Change a population of a month that is not published
#[utoipa::path(tag = "Personas", request_body = PopulationPatch, responses((status = 200, body = Population)))]
#[patch("/products/{product}/personas/{persona}/populations/{population}")]
async fn update_population(
    actor: Actor<Edit>,
    persona: Path<PersonaName>,
    population: Path<PopulationName>,
    seen: IfMatch,
    patch: PopulationPatch,
) -> Result<Versioned<Population>, Failure> {
    actor
        .change(move |tx, product| {
            populations::update(tx, &product.id, &persona.0, &population.0, seen, &patch).map(Versioned)
        })
        .await
}

/// Take back a population of a month that is not published
#[utoipa::path(tag = "Personas", responses((status = 204)))]
#[delete("/products/{product}/personas/{persona}/populations/{population}")]
async fn delete_population(
    actor: Actor<Edit>,
    persona: Path<PersonaName>,
    population: Path<PopulationName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor
        .change(move |tx, product| {
            populations::delete(tx, &product.id, &persona.0, &population.0, seen).map(|()| Deleted)
        })
        .await
}

/// List how a persona was seen to do its tasks
#[utoipa::path(tag = "Personas", params(List<Journey>), responses((status = 200, body = JourneyPage)))]
#[get("/products/{product}/personas/{persona}/journeys")]
async fn list_journeys(
    actor: Actor<View>,
    persona: Path<PersonaName>,
    list: List<Journey>,
) -> Result<JourneyPage, Failure> {
    actor.read(move |conn, product| journeys::page(conn, &product.id, &persona.0, &list)).await
}

/// Record how a persona does a task
#[utoipa::path(tag = "Personas", responses((status = 201, body = Journey)))]
#[post("/products/{product}/personas/{persona}/journeys")]
async fn create_journey(
    actor: Actor<Edit>,
    persona: Path<PersonaName>,
    new: Json<NewJourney>,
) -> Result<Created<Journey>, Failure> {
    actor.change(move |tx, product| journeys::insert(tx, &product.id, &persona.0, new.0).map(Created)).await
}

/// Find an observed journey
#[utoipa::path(tag = "Personas", responses((status = 200, body = Journey)))]
#[get("/products/{product}/personas/{persona}/journeys/{journey}")]
async fn find_journey(
    actor: Actor<View>,
    persona: Path<PersonaName>,
    journey: Path<JourneyName>,
) -> Result<Versioned<Journey>, Failure> {
    actor.read(move |conn, product| journeys::find(conn, &product.id, &persona.0, &journey.0)).await.map(Versioned)
}

/// Correct an observed journey
#[utoipa::path(tag = "Personas", request_body = JourneyPatch, responses((status = 200, body = Journey)))]
#[patch("/products/{product}/personas/{persona}/journeys/{journey}")]
async fn update_journey(
    actor: Actor<Edit>,
    persona: Path<PersonaName>,
    journey: Path<JourneyName>,
    seen: IfMatch,
    patch: JourneyPatch,
) -> Result<Versioned<Journey>, Failure> {
    actor
        .change(move |tx, product| {
            journeys::update(tx, &product.id, &persona.0, &journey.0, seen, &patch).map(Versioned)
        })
        .await
}

/// Take back an observed journey
#[utoipa::path(tag = "Personas", responses((status = 204)))]
#[delete("/products/{product}/personas/{persona}/journeys/{journey}")]
async fn delete_journey(
    actor: Actor<Edit>,
    persona: Path<PersonaName>,
    journey: Path<JourneyName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor
        .change(move |tx, product| journeys::delete(tx, &product.id, &persona.0, &journey.0, seen).map(|()| Deleted))
        .await
}

/// How does a persona do its tasks, before and after?
///
/// Each task with the observation that held on the day to compare with, the one that holds on the day that is looked at,
/// and the difference. Where nobody looked before, or nobody looked again, the difference is unknown and says why.
#[utoipa::path(tag = "Personas", params(JourneyChangesQuery), responses((status = 200, body = JourneyChanges)))]
#[get("/products/{product}/personas/{persona}/journey-changes")]
async fn list_journey_changes(
    actor: Actor<View>,
    persona: Path<PersonaName>,
    query: Query<JourneyChangesQuery>,
) -> Result<Plain<JourneyChanges>, Failure> {
    let (before, on) = query.0.days(actor.now().day_in(actor.scope.zone))?;
    actor
        .snapshot(move |conn, product| {
            let persona = store::find(conn, &product.id, &persona.0)?;
            let journeys = journeys::of_persona(conn, &product.id, &persona.id)?;
            let names = components::store::titles(conn, &product.id)?;
            let items = journey_changes(&journeys, &names, before, on);
            Ok(Plain(JourneyChanges { persona: persona.id, name: persona.name, before, on, items, next_cursor: None }))
        })
        .await
}

/// Which personas use which component, and how differently?
#[utoipa::path(tag = "Personas", params(UsageQuery), responses((status = 200, body = UsageView)))]
#[get("/products/{product}/usage")]
async fn list_usage(actor: Actor<View>, query: Query<UsageQuery>) -> Result<Plain<UsageView>, Failure> {
    let on = query.0.on(actor.now().day_in(actor.scope.zone))?;
    actor.snapshot(move |conn, product| store::usage(conn, &product.id, on).map(Plain)).await
}
