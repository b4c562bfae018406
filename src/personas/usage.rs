//! Which personas use which component, and how differently.

use super::{Journey, JourneySeen, Persona, Population, comparison::day, population_in};
use crate::{
    components::{Component, Lifecycle},
    kernel::{failure::Failure, month::Month, quantity::Ratio},
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// The day that is looked at; today in the product's zone when left out.
    #[param(value_type = Option<NaiveDate>)]
    on: Option<String>,
}

impl UsageQuery {
    /// # Errors
    /// 422 for what is no day.
    pub fn on(&self, today: NaiveDate) -> Result<NaiveDate, Failure> {
        Ok(day("on", self.on.as_deref())?.unwrap_or(today))
    }
}

/// A task as it was last seen to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UsageTask {
    pub task: String,
    #[serde(flatten)]
    pub seen: JourneySeen,
}

/// How one persona uses one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonaUsage {
    /// A persona's id.
    pub persona: String,
    pub name: String,
    /// How many people that is in the month of the day; null when nobody wrote it down.
    pub people: Option<i64>,
    /// Of one person, all tasks together.
    pub uses_per_month: Ratio,
    /// Of one person: Σ uses × minutes of the tasks.
    pub minutes_per_month: Ratio,
    /// `minutes_per_month` ÷ `uses_per_month`; null when there are no uses.
    pub minutes_per_use: Option<Ratio>,
    /// From 1 to 5, the mean of the tasks of which somebody was asked, by how often each is done; null when nobody was.
    pub satisfaction: Option<Ratio>,
    /// Of all of them: `people` × `minutes_per_month` ÷ 60; null when how many they are is not known.
    pub hours_per_month: Option<Ratio>,
    /// By name.
    pub tasks: Vec<UsageTask>,
}

/// Who is best and who is worst off, of those who use a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UsageRange {
    pub lowest: Ratio,
    /// The persona's id; the first by name where several are alike.
    pub lowest_persona: String,
    pub highest: Ratio,
    /// The persona's id; the first by name where several are alike.
    pub highest_persona: String,
    /// `highest` − `lowest`.
    pub difference: Ratio,
}

/// Who uses a component, and how differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComponentUsage {
    /// A component's key.
    pub component: String,
    pub name: String,
    /// By name; empty when no persona was seen to use it, which does not mean that nobody does.
    pub users: Vec<PersonaUsage>,
    /// Of all of them together; null when it is not known of one of them, or there are none.
    pub hours_per_month: Option<Ratio>,
    /// How far apart they are in the time that a use takes; null with fewer than two to compare.
    pub minutes_per_use: Option<UsageRange>,
    /// How far apart they are in how content they are; null with fewer than two to compare.
    pub satisfaction: Option<UsageRange>,
}

/// Components × personas: who uses what, how often, how long and how content, as it was last seen by a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UsageView {
    pub on: NaiveDate,
    /// Every component that is not retired, by key.
    pub items: Vec<ComponentUsage>,
    /// Always null: it is one page.
    pub next_cursor: Option<String>,
}

/// Who uses what on a day. `personas` are in the order of their names; those who are retired by the day use nothing.
pub fn usage(
    on: NaiveDate,
    components: &[Component],
    personas: &[Persona],
    populations: &[Population],
    journeys: &[Journey],
) -> UsageView {
    // The latest of a task takes the place of those before it.
    let mut latest: BTreeMap<(&str, &str, &str), &Journey> = BTreeMap::new();
    for journey in journeys.iter().filter(|journey| journey.on <= on) {
        let there = latest.entry((&journey.component, &journey.persona, &journey.task_nfc)).or_insert(journey);
        if there.on <= journey.on {
            *there = journey;
        }
    }
    let mut tasks: BTreeMap<(&str, &str), Vec<&Journey>> = BTreeMap::new();
    for ((component, persona, _), journey) in latest {
        tasks.entry((component, persona)).or_default().push(journey);
    }
    let there: Vec<(&Persona, Option<i64>)> = personas
        .iter()
        .filter(|persona| persona.retired_on.is_none_or(|retired| retired > on))
        .map(|persona| {
            (persona, population_in(populations, &persona.id, Month::of(on)).map(|population| population.people))
        })
        .collect();
    let items = components.iter().filter(|component| component.lifecycle != Lifecycle::Retired).map(|component| {
        let users = there.iter().filter_map(|(persona, people)| {
            let seen = tasks.get(&(component.key.as_text(), persona.id.as_str()))?;
            Some(PersonaUsage::of(persona, *people, seen))
        });
        ComponentUsage::of(component, users.collect())
    });
    UsageView { on, items: items.collect(), next_cursor: None }
}

impl PersonaUsage {
    fn of(persona: &Persona, people: Option<i64>, seen: &[&Journey]) -> Self {
        let tasks: Vec<UsageTask> =
            seen.iter().map(|journey| UsageTask { task: journey.task.clone(), seen: (*journey).into() }).collect();
        let uses: Decimal = seen.iter().map(|journey| journey.uses_per_month.get()).sum();
        let minutes: Decimal = tasks.iter().map(|task| task.seen.minutes_per_month.0).sum();
        let asked = |journey: &&&Journey| Some((journey.satisfaction?.get(), journey.uses_per_month.get()));
        let asked: Vec<(Decimal, Decimal)> = seen.iter().filter_map(|journey| asked(&journey)).collect();
        let weighed: Decimal = asked.iter().map(|(score, uses)| score * uses).sum();
        let weights: Decimal = asked.iter().map(|(_, uses)| *uses).sum();
        let hours = people.map(|people| Decimal::from(people) * minutes / Decimal::from(60));
        Self {
            persona: persona.id.clone(),
            name: persona.name.clone(),
            people,
            uses_per_month: Ratio(uses),
            minutes_per_month: Ratio(minutes),
            minutes_per_use: minutes.checked_div(uses).map(Ratio),
            satisfaction: weighed.checked_div(weights).map(Ratio),
            hours_per_month: hours.map(Ratio),
            tasks,
        }
    }
}

impl ComponentUsage {
    fn of(component: &Component, users: Vec<PersonaUsage>) -> Self {
        let hours: Option<Decimal> = users.iter().map(|user| user.hours_per_month.map(|hours| hours.0)).sum();
        Self {
            component: component.key.to_string(),
            name: component.name.clone(),
            hours_per_month: hours.filter(|_| !users.is_empty()).map(Ratio),
            minutes_per_use: UsageRange::of(&users, |user| user.minutes_per_use),
            satisfaction: UsageRange::of(&users, |user| user.satisfaction),
            users,
        }
    }
}

impl UsageRange {
    fn of(users: &[PersonaUsage], figure: impl Fn(&PersonaUsage) -> Option<Ratio>) -> Option<Self> {
        let known: Vec<(Ratio, &str)> =
            users.iter().filter_map(|user| Some((figure(user)?, user.persona.as_str()))).collect();
        let lowest = known.iter().min_by_key(|(figure, _)| *figure)?;
        // Of several that are alike `max_by_key` gives the last.
        let highest = known.iter().rev().max_by_key(|(figure, _)| *figure)?;
        (known.len() > 1).then(|| Self {
            lowest: lowest.0,
            lowest_persona: lowest.1.to_owned(),
            highest: highest.0,
            highest_persona: highest.1.to_owned(),
            difference: Ratio(highest.0.0 - lowest.0.0),
        })
    }
}
