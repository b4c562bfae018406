//! Before and after: how a persona did its tasks on two days, and what is different.

use super::Journey;
use crate::kernel::{
    clock::parse_day,
    failure::{Failure, Fault},
    money::Quantity,
    quantity::Ratio,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JourneyChangesQuery {
    /// The day to compare with. Left out, each task is compared with its first observation.
    #[param(value_type = Option<NaiveDate>)]
    before: Option<String>,
    /// The day that is looked at; today in the product's zone when left out.
    #[param(value_type = Option<NaiveDate>)]
    on: Option<String>,
}

/// A day of the query.
///
/// # Errors
/// 422 for what is no day.
pub fn day(name: &'static str, text: Option<&str>) -> Result<Option<NaiveDate>, Failure> {
    let day = text.map(parse_day).transpose();
    day.map_err(|why| Failure::Invalid(vec![Fault::parameter(name, "parameter", why)]))
}

impl JourneyChangesQuery {
    /// The day to compare with, if one is given, and the one that is looked at.
    ///
    /// # Errors
    /// 422 for what is no day, and for days that do not follow each other.
    pub fn days(&self, today: NaiveDate) -> Result<(Option<NaiveDate>, NaiveDate), Failure> {
        let before = day("before", self.before.as_deref())?;
        let on = day("on", self.on.as_deref())?.unwrap_or(today);
        match before.filter(|before| *before >= on) {
            None => Ok((before, on)),
            Some(_) => {
                let detail = format!("is not before {on}, the day that is looked at");
                Err(Failure::Invalid(vec![Fault::parameter("before", "range", detail)]))
            }
        }
    }
}

/// How a task was seen to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JourneySeen {
    /// The id of the observation, under `…/personas/{persona}/journeys`.
    pub journey: String,
    /// The day of the observation.
    pub on: NaiveDate,
    /// Of one person.
    pub uses_per_month: Quantity,
    pub minutes_per_use: Quantity,
    /// `uses_per_month` × `minutes_per_use`: what the task takes of one person's month.
    pub minutes_per_month: Ratio,
    /// From 1, bad, to 5, good; null when nobody was asked.
    pub satisfaction: Option<Quantity>,
    /// How it is known.
    pub source: String,
    /// How many were asked or looked at.
    pub sample_size: Option<i64>,
}

impl From<&Journey> for JourneySeen {
    fn from(journey: &Journey) -> Self {
        Self {
            journey: journey.id.clone(),
            on: journey.on,
            uses_per_month: journey.uses_per_month,
            minutes_per_use: journey.minutes_per_use,
            minutes_per_month: Ratio(journey.uses_per_month.get() * journey.minutes_per_use.get()),
            satisfaction: journey.satisfaction,
            source: journey.source.clone(),
            sample_size: journey.sample_size,
        }
    }
}

/// After − before: fewer minutes are negative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JourneyDifference {
    pub uses_per_month: Ratio,
    pub minutes_per_use: Ratio,
    /// `minutes_per_use` ÷ what it was before: −0.75 is a quarter of the time; null when it took no time before.
    pub minutes_per_use_share: Option<Ratio>,
    pub minutes_per_month: Ratio,
    /// Null unless somebody was asked both times.
    pub satisfaction: Option<Ratio>,
}

impl JourneyDifference {
    fn between(before: &JourneySeen, after: &JourneySeen) -> Self {
        let less = |after: Quantity, before: Quantity| after.get() - before.get();
        let minutes = less(after.minutes_per_use, before.minutes_per_use);
        let asked = after.satisfaction.zip(before.satisfaction);
        Self {
            uses_per_month: Ratio(less(after.uses_per_month, before.uses_per_month)),
            minutes_per_use: Ratio(minutes),
            minutes_per_use_share: minutes.checked_div(before.minutes_per_use.get()).map(Ratio),
            minutes_per_month: Ratio(after.minutes_per_month.0 - before.minutes_per_month.0),
            satisfaction: asked.map(|(after, before)| Ratio(less(after, before))),
        }
    }
}

/// One task with one component, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JourneyChange {
    /// A component's key.
    pub component: String,
    pub component_name: String,
    pub task: String,
    /// The observation that held on the day to compare with; null when there was none.
    pub before: Option<JourneySeen>,
    /// The observation that holds on the day that is looked at.
    pub after: JourneySeen,
    /// Null when it is not known.
    pub change: Option<JourneyDifference>,
    /// Why the change is not known: no observation before, or none since. That nobody looked again is not "as it was".
    pub unknown: Option<String>,
}

/// How a persona does its tasks, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JourneyChanges {
    /// A persona's id.
    pub persona: String,
    pub name: String,
    /// The day to compare with; null: each task's first observation.
    pub before: Option<NaiveDate>,
    pub on: NaiveDate,
    /// By component and task: those that were observed by `on`.
    pub items: Vec<JourneyChange>,
    /// Always null: it is one page.
    pub next_cursor: Option<String>,
}

/// What is different of each task of one persona that was observed by `on`, ordered by component and task. `journeys`
/// are that persona's; `names` what components are called.
pub fn journey_changes(
    journeys: &[Journey],
    names: &HashMap<String, String>,
    before: Option<NaiveDate>,
    on: NaiveDate,
) -> Vec<JourneyChange> {
    let mut seen: BTreeMap<(&str, &str), Vec<&Journey>> = BTreeMap::new();
    for journey in journeys.iter().filter(|journey| journey.on <= on) {
        seen.entry((&journey.component, &journey.task_nfc)).or_default().push(journey);
    }
    let told = seen.into_iter().filter_map(|((component, _), mut seen)| {
        seen.sort_by_key(|journey| journey.on);
        let after = *seen.last()?;
        let then = match before {
            Some(day) => seen.iter().rev().find(|journey| journey.on <= day).copied(),
            None => seen.first().copied(),
        };
        let (change, unknown) = match then {
            None => (None, before.map(|day| format!("nobody had looked by {day}"))),
            Some(then) if then.on == after.on => (None, Some(format!("nobody has looked again since {}", after.on))),
            Some(then) => (Some(JourneyDifference::between(&then.into(), &after.into())), None),
        };
        Some(JourneyChange {
            component: component.to_owned(),
            component_name: names.get(component).map_or(component, String::as_str).to_owned(),
            task: after.task.clone(),
            before: then.map(Into::into),
            after: after.into(),
            change,
            unknown,
        })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{auth::ProductId, db::Head},
        personas::NewJourney,
    };

    fn seen(task: &str, on: &str, uses: &str, minutes: &str, satisfaction: Option<&str>) -> Journey {
        let new = NewJourney {
            component: "ci".to_owned(),
            task: task.to_owned(),
            on: on.parse().unwrap(),
            uses_per_month: uses.parse().unwrap(),
            minutes_per_use: minutes.parse().unwrap(),
            satisfaction: satisfaction.map(|score| score.parse().unwrap()),
            source: String::new(),
            sample_size: None,
        };
        let head = Head { id: format!("{task}-{on}"), ..Head::trial() };
        new.into_row(&ProductId::known("shop".to_owned()), "dev", "ci".to_owned(), head)
    }

    fn changes(before: Option<&str>, on: &str) -> Vec<JourneyChange> {
        let there = [
            seen("build", "2026-09-15", "80", "4.5", Some("4")),
            seen("build", "2026-03-01", "70", "20", Some("2.5")),
            seen("build", "2026-06-01", "70", "12", None),
            seen("caf\u{e9}", "2026-03-01", "1", "0", None),
            seen("cafe\u{301}", "2026-05-01", "1", "3", None),
            seen("once", "2026-03-01", "1", "1", None),
        ];
        journey_changes(&there, &HashMap::new(), before.map(|day| day.parse().unwrap()), on.parse().unwrap())
    }

    #[test]
    fn a_task_is_compared_with_what_held_before() {
        let all = changes(None, "2026-12-31");
        assert_eq!(all.iter().map(|one| one.task.as_str()).collect::<Vec<_>>(), ["build", "cafe\u{301}", "once"]);
        let change = all[0].change.as_ref().unwrap();
        assert_eq!(change.minutes_per_use.0.to_string(), "-15.5");
        assert_eq!(change.minutes_per_use_share.unwrap().0.to_string(), "-0.775");
        assert_eq!(change.minutes_per_month.0.normalize().to_string(), "-1040");
        assert_eq!(change.satisfaction.unwrap().0.to_string(), "1.5");
        let from_nothing = all[1].change.as_ref().unwrap();
        assert_eq!(
            (from_nothing.minutes_per_use_share, from_nothing.minutes_per_use.0.to_string().as_str()),
            (None, "3")
        );
        let halfway = changes(Some("2026-08-31"), "2026-12-31");
        assert_eq!(halfway[0].before.as_ref().unwrap().on.to_string(), "2026-06-01");
        assert_eq!(halfway[0].change.as_ref().unwrap().satisfaction, None, "nobody was asked then");
    }

    #[test]
    fn that_nobody_looked_again_is_not_as_it_was() {
        let all = changes(Some("2026-08-31"), "2026-12-31");
        let why = |at: usize| all[at].unknown.as_deref();
        assert_eq!((why(0), why(2)), (None, Some("nobody has looked again since 2026-03-01")));
        assert!(all[2].change.is_none() && all[2].before.is_some());
        let early = changes(Some("2026-02-28"), "2026-12-31");
        assert_eq!(early[0].unknown.as_deref(), Some("nobody had looked by 2026-02-28"));
        assert!(early[0].before.is_none());
        assert!(changes(None, "2026-02-28").is_empty(), "what is seen later is not known yet");
    }
}
