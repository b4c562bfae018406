//! For whom the platform is: how many of each kind there are.

use super::row;
use crate::{
    kernel::figure::Figure,
    personas::{Persona, population_in},
    reports::{
        facts::{COUNT, Fact, Facts},
        gather::Material,
    },
};
use rust_decimal::Decimal;
use serde_json::json;

/// The fact of how many people a persona stands for.
pub fn people_fact(persona: &Persona) -> String {
    format!("persona.{}.people", persona.id)
}

/// The personas that there were in the month, by name.
pub fn personas(material: &Material) -> impl Iterator<Item = &Persona> {
    let first = material.month.first_day();
    material.personas.iter().filter(move |persona| persona.retired_on.is_none_or(|on| on > first))
}

pub fn add(facts: &mut Facts, material: &Material) {
    for persona in personas(material) {
        let there = population_in(&material.populations, &persona.id, material.month);
        let people = match there {
            Some(population) => Figure::Known(Decimal::from(population.people)),
            None => Figure::Unknown(format!("nobody wrote down how many of '{}' there are", persona.name)),
        };
        let rows = there.map(|population| {
            row([
                ("persona", json!(persona.name)),
                ("valid_from", json!(population.valid_from)),
                ("people", json!(population.people)),
            ])
        });
        let formula = format!("people of the kind '{}' at the month's start", persona.name);
        facts.add(Fact::new(people_fact(persona), COUNT, people, formula).rows(rows.into_iter().collect()));
    }
}
