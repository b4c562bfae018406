//! Gathering a persona's card from the chapters' own stores.

use super::{CardItem, PersonaCard};
use crate::{
    components,
    kernel::{db::Conn, failure::Failure, month::Month},
    personas::{self, journey_changes, population_in},
    products::Product,
    roadmap::{self, ItemStatus},
};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// The card of a persona on a day, by its id. Read it in a snapshot.
///
/// # Errors
/// 404 when there is no such persona.
pub fn read(conn: &mut Conn, product: &Product, persona: &str, on: NaiveDate) -> Result<PersonaCard, Failure> {
    let id = product.product_id();
    let persona = personas::store::find(conn, &id, persona)?;
    let populations = personas::store::populations::of_product(conn, &id)?;
    let population = population_in(&populations, &persona.id, Month::of(on));
    let journeys = personas::store::journeys::of_persona(conn, &id, &persona.id)?;
    let names = components::store::titles(conn, &id)?;
    let mut items = roadmap::store::all(conn, &id)?;
    items.retain(|item| item.status != ItemStatus::Dropped && item.personas.iter().any(|one| one == persona.id));
    // What is still to come stands first, then what came last.
    items.sort_by_key(|item| (item.status == ItemStatus::Shipped, Reverse(item.shipped_on)));
    let items = items.into_iter().map(|item| CardItem {
        reference: item.reference.to_string(),
        title: item.title,
        status: item.status,
        shipped_on: item.shipped_on,
        target_on: item.target_on,
    });
    Ok(PersonaCard {
        on,
        people: population.map(|population| population.people),
        people_since: population.map(|population| population.valid_from),
        tasks: journey_changes(&journeys, &names, None, on),
        roadmap: items.collect(),
        persona,
    })
}
