//! Under which vision and strategy a report was made, and how far the objectives are.

use super::row;
use crate::{
    direction::{Strategy, Vision},
    kernel::{clock::Instant, figure::Figure},
    objectives::{KeyResult, Objective, ObjectiveStatus, Progress, measured},
    reports::{
        facts::{Fact, FactRow, Facts, Input, SHARE},
        gather::Material,
    },
};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde_json::json;

/// The fact of which version of the vision was published.
pub const VISION_VERSION: &str = "vision.version";
/// The same of the strategy.
pub const STRATEGY_VERSION: &str = "strategy.version";

/// The fact of how far a key result is.
pub fn progress_fact(key_result: &KeyResult) -> String {
    format!("key_result.{}.progress", key_result.id)
}

/// The fact of what was measured of it last.
pub fn current_fact(key_result: &KeyResult) -> String {
    format!("key_result.{}.current", key_result.id)
}

/// Whether anybody wrote down where it is going.
pub fn has_direction(material: &Material) -> bool {
    material.vision.is_some() || material.strategy.is_some() || !material.objectives.is_empty()
}

/// What is told of a month: what is worked on, what was closed in it, and what its quarter or the month before's came to.
pub fn told_objectives(material: &Material) -> impl Iterator<Item = &Objective> {
    let (month, start) = (material.month, material.product.fiscal_year_start);
    material.objectives.iter().filter(move |one| {
        let quarter = one.period.months(start);
        let closed_now = one.closed_on.is_some_and(|on| on >= month.first_day() && on < month.next().first_day());
        match one.status {
            ObjectiveStatus::Draft => false,
            ObjectiveStatus::Active => quarter.from <= month,
            _ => quarter.holds(month) || quarter.holds(month.previous()) || closed_now,
        }
    })
}

/// The key results of an objective, in the order in which they were set.
pub fn key_results_of<'m>(material: &'m Material, objective: &'m Objective) -> impl Iterator<Item = &'m KeyResult> {
    material.key_results.iter().filter(|one| one.objective == objective.id)
}

pub fn add(facts: &mut Facts, material: &Material) {
    if !has_direction(material) {
        return;
    }
    let vision = material.vision.as_ref().map(|vision: &Vision| (vision.version_number, vision.published_at));
    let strategy =
        material.strategy.as_ref().map(|strategy: &Strategy| (strategy.version_number, strategy.published_at));
    facts.add(version(VISION_VERSION, "vision", vision));
    facts.add(version(STRATEGY_VERSION, "strategy", strategy));
    for objective in told_objectives(material) {
        for key_result in key_results_of(material, objective) {
            add_key_result(facts, material, objective, key_result);
        }
    }
}

fn version(name: &str, what: &str, published: Option<(Option<i64>, Option<Instant>)>) -> Fact {
    let number = published.and_then(|(number, _)| number);
    let value = number.map_or_else(
        || Figure::Unknown(format!("no {what} was published when the report was built")),
        |number| Figure::Known(Decimal::from(number)),
    );
    let rows = published.map(|(number, at)| row([("version_number", json!(number)), ("published_at", json!(at))]));
    let formula =
        format!("the number of the latest version of the {what} that was published when the report was built");
    Fact::new(name, "version", value, formula).rows(rows.into_iter().collect())
}

/// The month's last day.
fn last(material: &Material) -> NaiveDate {
    material.month.next().first_day() - Days::new(1)
}

fn add_key_result(facts: &mut Facts, material: &Material, objective: &Objective, key_result: &KeyResult) {
    let (on, end) = (last(material), objective.period.last_day(material.product.fiscal_year_start));
    let there = material.check_ins.get(&key_result.id).map(Vec::as_slice).unwrap_or_default();
    let current = measured(objective, key_result, there, end, on);
    let told = Progress::of(objective, key_result, current);
    let rows: Vec<FactRow> = current
        .map(|current| {
            row([
                ("objective", json!(objective.title)),
                ("key_result", json!(key_result.title)),
                ("on", json!(current.on)),
                ("value", json!(current.value)),
            ])
        })
        .into_iter()
        .collect();
    let value = match current {
        Some(current) => Figure::Known(current.value.get()),
        None => Figure::Unknown(format!("nobody had measured \"{}\" by {on}", key_result.title)),
    };
    let unit = if key_result.unit.is_empty() { "count" } else { &key_result.unit };
    let formula = format!("the check-in of the latest day by {on}, or what it closed with");
    facts.add(Fact::new(current_fact(key_result), unit, value, formula).rows(rows.clone()));
    let progress = match told.progress {
        Figure::Known(share) => Figure::Known(share.0),
        Figure::Unknown(_) => Figure::Unknown(format!("nobody had measured \"{}\" by {on}", key_result.title)),
    };
    let inputs = [Input::of("baseline", key_result.baseline.get()), Input::of("target", key_result.target.get())];
    let formula = "(current − baseline) ÷ (target − baseline)";
    let current = facts.get(&current_fact(key_result)).map(Fact::as_input);
    let fact = Fact::new(progress_fact(key_result), SHARE, progress, formula);
    facts.add(fact.inputs(inputs).inputs(current).rows(rows));
}
