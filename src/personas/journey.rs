//! How a persona does one task with one component, as it was observed on a day.

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        money::Quantity,
        schema::persona_journeys,
        text::nfc,
    },
    row,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How a persona does one task with one component, as it was observed on a day.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = persona_journeys, treat_none_as_null = true)]
pub struct Journey {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// A persona's id.
    pub persona: String,
    /// A component's key.
    pub component: String,
    pub task: String,
    #[serde(skip)]
    pub task_nfc: String,
    #[diesel(column_name = observed_on)]
    pub on: NaiveDate,
    /// Of one person.
    pub uses_per_month: Quantity,
    pub minutes_per_use: Quantity,
    /// From 1, bad, to 5, good; the mean of the sample.
    pub satisfaction: Option<Quantity>,
    pub source: String,
    pub sample_size: Option<i64>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Journey, "journeys", product: product_id);

/// A page of a list of them.
pub type JourneyPage = Page<Journey>;
/// Some of its properties, to be changed.
pub type JourneyPatch = Patch<NewJourney>;

impl Listed for Journey {
    const COLUMNS: &'static [Column] = &[
        Column::text("component", "component"),
        Column::text("task", "task"),
        Column::date("on", "observed_on"),
        Column::text("source", "source"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["task", "source"];
}

/// What somebody does with a component, however often it was observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JourneyTask<'j> {
    /// A persona's id.
    pub persona: &'j str,
    pub component: &'j str,
    pub task: &'j str,
}

impl Journey {
    fn named(&self) -> JourneyTask<'_> {
        JourneyTask { persona: &self.persona, component: &self.component, task: &self.task }
    }
}

/// Every task that was ever observed, ordered by persona, component and task.
pub fn tasks(journeys: &[Journey]) -> Vec<JourneyTask<'_>> {
    let name = |one: &Journey| (one.persona.clone(), one.component.clone(), one.task_nfc.clone());
    let named: BTreeMap<_, _> = journeys.iter().map(|one| (name(one), one.named())).collect();
    named.into_values().collect()
}

/// The observation of a task that holds on a day: the latest made by then.
pub fn journey_in_force<'j>(journeys: &'j [Journey], of: JourneyTask<'_>, on: NaiveDate) -> Option<&'j Journey> {
    let task = nfc(of.task);
    journeys
        .iter()
        .filter(|one| one.persona == of.persona && one.component == of.component && one.task_nfc == task)
        .filter(|one| one.on <= on)
        .max_by_key(|one| one.on)
}

/// An observation to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJourney {
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: String,
    /// What they want done, such as `deploy a service`.
    #[schema(min_length = 1, max_length = 200)]
    pub task: String,
    /// The day of the observation.
    pub on: NaiveDate,
    /// Of one person.
    #[schema(value_type = f64, minimum = 0, maximum = 1_000_000)]
    pub uses_per_month: Quantity,
    #[schema(value_type = f64, minimum = 0, maximum = 1_000_000)]
    pub minutes_per_use: Quantity,
    /// From 1, bad, to 5, good; the mean of the sample.
    #[schema(value_type = Option<f64>, minimum = 1, maximum = 5)]
    pub satisfaction: Option<Quantity>,
    /// How it is known: a survey, a log, a guess.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub source: String,
    /// How many were asked or looked at.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub sample_size: Option<i64>,
}

impl Patchable for NewJourney {}

impl NewJourney {
    /// `component` is the key of the one it names.
    pub fn into_row(self, product: &ProductId, persona: &str, component: String, head: Head) -> Journey {
        Journey {
            id: head.id,
            product_id: product.as_str().to_owned(),
            persona: persona.to_owned(),
            component,
            task_nfc: nfc(&self.task),
            task: self.task,
            on: self.on,
            uses_per_month: self.uses_per_month,
            minutes_per_use: self.minutes_per_use,
            satisfaction: self.satisfaction,
            source: self.source,
            sample_size: self.sample_size,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// An observation as a line of a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JourneyRow {
    /// A persona's name or id.
    #[schema(min_length = 1, max_length = 120)]
    pub persona: String,
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: String,
    #[schema(min_length = 1, max_length = 200)]
    pub task: String,
    pub on: NaiveDate,
    #[schema(value_type = f64, minimum = 0, maximum = 1_000_000)]
    pub uses_per_month: Quantity,
    #[schema(value_type = f64, minimum = 0, maximum = 1_000_000)]
    pub minutes_per_use: Quantity,
    #[schema(value_type = Option<f64>, minimum = 1, maximum = 5)]
    pub satisfaction: Option<Quantity>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub source: String,
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub sample_size: Option<i64>,
}

impl Patchable for JourneyRow {}

impl JourneyRow {
    pub fn into_row(self, product: &ProductId, persona: &str, component: String, head: Head) -> Journey {
        let new = NewJourney {
            component: self.component,
            task: self.task,
            on: self.on,
            uses_per_month: self.uses_per_month,
            minutes_per_use: self.minutes_per_use,
            satisfaction: self.satisfaction,
            source: self.source,
            sample_size: self.sample_size,
        };
        new.into_row(product, persona, component, head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(on: &str, component: &str, task: &str, minutes: &str) -> Journey {
        let new = NewJourney {
            component: component.to_owned(),
            task: task.to_owned(),
            on: on.parse().unwrap(),
            uses_per_month: Quantity::ONE,
            minutes_per_use: minutes.parse().unwrap(),
            satisfaction: None,
            source: String::new(),
            sample_size: None,
        };
        new.into_row(&ProductId::known("shop".to_owned()), "dev", component.to_owned(), Head::trial())
    }

    #[test]
    fn the_latest_observation_by_a_day_is_in_force() {
        let there = [
            observed("2026-09-15", "ci", "build", "4.5"),
            observed("2026-03-01", "ci", "build", "20"),
            observed("2026-09-20", "ci", "roll back", "7"),
            observed("2026-09-20", "db", "build", "1"),
        ];
        let minutes = |task: &str, on: &str| {
            let of = JourneyTask { persona: "dev", component: "ci", task };
            journey_in_force(&there, of, on.parse().unwrap()).map(|journey| journey.minutes_per_use.to_string())
        };
        assert_eq!(minutes("build", "2026-02-28"), None);
        assert_eq!(minutes("build", "2026-03-01").as_deref(), Some("20"));
        assert_eq!(minutes("build", "2026-09-14").as_deref(), Some("20"));
        assert_eq!(minutes("build", "2026-09-15").as_deref(), Some("4.5"));
        assert_eq!(minutes("deploy", "2026-12-01"), None);
        let other = JourneyTask { persona: "sre", component: "ci", task: "build" };
        assert!(journey_in_force(&there, other, "2026-12-01".parse().unwrap()).is_none());
    }

    #[test]
    fn a_task_is_told_once_however_it_is_spelled() {
        let there = [
            observed("2026-09-15", "db", "cafe\u{301}", "1"),
            observed("2026-10-15", "db", "caf\u{e9}", "2"),
            observed("2026-09-15", "ci", "build", "3"),
        ];
        let named: Vec<_> = tasks(&there).iter().map(|task| (task.component, task.task)).collect();
        assert_eq!(named, [("ci", "build"), ("db", "caf\u{e9}")]);
        let of = JourneyTask { persona: "dev", component: "db", task: "cafe\u{301}" };
        let latest = journey_in_force(&there, of, "2026-10-15".parse().unwrap()).unwrap();
        assert_eq!(latest.minutes_per_use.to_string(), "2");
    }
}
