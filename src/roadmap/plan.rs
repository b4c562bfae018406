//! What is kept of an item for ever: under which strategy it was made, when it was planned, which day was promised first.

use super::{ItemStatus, NewRoadmapItem};
use crate::kernel::{clock::Instant, schema::roadmap_items};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an item was to be. Except why it was dropped, nobody writes it: it comes of what is done with the item.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    Queryable,
    Selectable,
    Insertable,
    AsChangeset,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[diesel(table_name = roadmap_items, treat_none_as_null = true)]
pub struct RoadmapPlan {
    /// The number of the published strategy that it was made under; null where there was none.
    pub strategy_version: Option<i64>,
    /// When it became something else than an idea for the first time; null while it is one.
    #[serde(default)]
    pub planned_at: Option<Instant>,
    /// The first day by which it was to be done that was given, or stood, when it was no idea any more. It stays when
    /// `target_on` moves.
    #[serde(default)]
    pub promised_on: Option<NaiveDate>,
    /// Why it was dropped; null unless it is, and where nobody said.
    #[serde(default)]
    pub dropped_because: Option<String>,
}

impl RoadmapPlan {
    /// Of an item that is new.
    pub fn under(strategy_version: Option<i64>) -> Self {
        Self { strategy_version, ..Self::default() }
    }

    /// The same once the item is as `new` says, at a moment.
    pub(super) fn after(self, new: &NewRoadmapItem, at: Instant) -> Self {
        let is_planned = self.planned_at.is_some() || new.status != ItemStatus::Idea;
        Self {
            planned_at: self.planned_at.or(is_planned.then_some(at)),
            promised_on: self.promised_on.or(new.target_on.filter(|_| new.status != ItemStatus::Idea)),
            dropped_because: new.dropped_because.clone(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::http::validate;
    use serde_json::json;

    fn new(status: &str, target: Option<&str>) -> NewRoadmapItem {
        validate(json!({ "title": "x", "kind": "debt", "status": status, "target_on": target })).unwrap()
    }

    #[test]
    fn the_first_plan_and_the_first_promise_stay() {
        let at = |day: u32| format!("2026-10-{day:02}T08:00:00Z").parse::<Instant>().unwrap();
        let day = |text: &str| Some(text.parse::<NaiveDate>().unwrap());
        let idea = RoadmapPlan::under(Some(3)).after(&new("idea", Some("2026-11-01")), at(1));
        assert_eq!((idea.planned_at, idea.promised_on, idea.strategy_version), (None, None, Some(3)));
        let planned = idea.after(&new("planned", None), at(2));
        assert_eq!((planned.planned_at, planned.promised_on), (Some(at(2)), None));
        let promised = planned.after(&new("in_progress", Some("2026-12-01")), at(3));
        assert_eq!((promised.planned_at, promised.promised_on), (Some(at(2)), day("2026-12-01")));
        let slipped = promised.clone().after(&new("in_progress", Some("2027-01-01")), at(4));
        assert_eq!(slipped, promised);
        for later in [new("dropped", None), new("planned", None), new("idea", Some("2026-10-05"))] {
            let after = slipped.clone().after(&later, at(5));
            assert_eq!((after.planned_at, after.promised_on), (Some(at(2)), day("2026-12-01")));
        }
    }
}
