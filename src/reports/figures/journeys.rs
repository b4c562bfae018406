//! How each persona's tasks went when somebody first looked, and how they go by the month's end.

use super::{personas, row};
use crate::{
    kernel::figure::Figure,
    personas::{Journey, JourneyChange, JourneySeen, Persona, journey_changes},
    reports::{
        facts::{Fact, FactRow, Facts, MINUTES},
        gather::Material,
    },
};
use chrono::Days;
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::HashMap;

/// The tasks of a persona as they were seen by the month's end.
pub fn tasks_of(material: &Material, persona: &Persona) -> Vec<JourneyChange> {
    let on = material.month.next().first_day() - Days::new(1);
    let mine: Vec<Journey> = material.journeys.iter().filter(|one| one.persona == persona.id).cloned().collect();
    let names: HashMap<String, String> =
        material.names().into_iter().map(|(key, name)| (key.to_owned(), name.to_owned())).collect();
    journey_changes(&mine, &names, None, on)
}

/// The fact of a task: `uses`, `minutes` or `satisfaction`; `.before` is of its first observation, by whose id it is named.
pub fn task_fact(task: &JourneyChange, what: &str) -> String {
    let first = task.before.as_ref().unwrap_or(&task.after);
    format!("journey.{}.{what}", first.journey)
}

pub fn add(facts: &mut Facts, material: &Material) {
    for persona in personas(material) {
        for task in tasks_of(material, persona) {
            let rows = |seen: &JourneySeen| vec![told(persona, &task, seen)];
            let mut add = |what: &str, unit: &str, value: Decimal, when: &str, seen: &JourneySeen| {
                let formula = format!("{}, by the {when} observation of the task", words(what));
                facts.add(Fact::new(task_fact(&task, what), unit, Figure::Known(value), formula).rows(rows(seen)));
            };
            let now = &task.after;
            add("uses", "times a month", now.uses_per_month.get(), "latest", now);
            add("minutes", MINUTES, now.minutes_per_use.get(), "latest", now);
            if let Some(score) = now.satisfaction {
                add("satisfaction", "of 5", score.get(), "latest", now);
            }
            if let (Some(then), Some(_)) = (&task.before, &task.change) {
                add("minutes.before", MINUTES, then.minutes_per_use.get(), "first", then);
                if let Some(score) = then.satisfaction {
                    add("satisfaction.before", "of 5", score.get(), "first", then);
                }
            }
        }
    }
}

fn words(what: &str) -> &'static str {
    match what.split('.').next() {
        Some("uses") => "how often one person does it in a month",
        Some("minutes") => "minutes that one use takes",
        _ => "how content they are, from 1 to 5",
    }
}

fn told(persona: &Persona, task: &JourneyChange, seen: &JourneySeen) -> FactRow {
    row([
        ("persona", json!(persona.name)),
        ("component", json!(task.component)),
        ("task", json!(task.task)),
        ("on", json!(seen.on)),
        ("uses_per_month", json!(seen.uses_per_month)),
        ("minutes_per_use", json!(seen.minutes_per_use)),
        ("satisfaction", json!(seen.satisfaction)),
        ("source", json!(seen.source)),
        ("sample_size", json!(seen.sample_size)),
    ])
}
