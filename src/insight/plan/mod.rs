//! The roadmap as a picture, and the page that is printed: by horizon, or by quarter of the fiscal year.

pub mod api;
mod drawing;
mod markup;
pub mod pages;
pub mod store;

pub use drawing::drawing;

use crate::{
    kernel::{
        fiscal::Quarter,
        http::formats::{Format, Offer},
        month::Month,
    },
    roadmap::{Horizon, ItemStatus, RoadmapItem},
    text_enum,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// How the picture can be had.
pub struct PlanForms;

impl Offer for PlanForms {
    const FORMATS: &'static [Format] = &[Format::Json, Format::Svg];
}

text_enum! {
    /// What the roadmap is divided by.
    pub enum PlanBy {
        Horizon = "horizon",
        /// Of the product's fiscal year.
        Quarter = "quarter",
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// By horizon when left out.
    by: Option<PlanBy>,
}

impl PlanQuery {
    pub fn by(&self) -> PlanBy {
        self.by.unwrap_or(PlanBy::Horizon)
    }
}

/// The roadmap as a picture shows it. Owners are left out, as in reports.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoadmapPicture {
    /// The day in the product's zone on which it is looked at.
    pub on: NaiveDate,
    pub by: PlanBy,
    /// What has shipped is shown from this day on: the first of the fiscal quarter before the present one.
    pub shipped_since: NaiveDate,
    pub lanes: Vec<RoadmapLane>,
}

/// A column of the picture.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoadmapLane {
    /// By horizon `now`, `next`, `later`, `shipped`; by quarter `earlier`, quarters such as `2026-Q4`, `further`, `no_day`.
    pub key: String,
    /// The same for people.
    pub title: String,
    /// As people put them, those that have shipped last.
    pub items: Vec<PlannedItem>,
}

/// An item of the roadmap, as a picture shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlannedItem {
    #[serde(rename = "ref")]
    #[schema(rename = "ref")]
    pub reference: String,
    pub title: String,
    /// What will be better, and for whom.
    pub outcome: String,
    pub status: ItemStatus,
    pub horizon: Horizon,
    pub target_on: Option<NaiveDate>,
    pub shipped_on: Option<NaiveDate>,
    /// The names of the personas that it is for.
    pub personas: Vec<String>,
    /// By how many days its target is over; null unless it is open and over.
    #[schema(value_type = Option<u64>)]
    pub overdue_days: Option<i64>,
    /// By how many days its target went back since `shipped_since`; null unless it did.
    #[schema(value_type = Option<u64>)]
    pub slipped_days: Option<i64>,
}

/// What lanes are made of.
pub struct Planned<'p> {
    pub today: NaiveDate,
    /// The month, 1 to 12, in which fiscal years begin.
    pub year_start: i64,
    /// In the order in which people put them.
    pub items: Vec<RoadmapItem>,
    /// What personas are called, by id.
    pub personas: &'p BTreeMap<String, String>,
    /// The target that an item had on the day from which on steps are told, by ref.
    pub targets_before: &'p BTreeMap<String, NaiveDate>,
}

/// The first day of the fiscal quarter before that of a day.
pub fn last_quarter(today: NaiveDate, year_start: i64) -> NaiveDate {
    quarter(today, year_start).plus(-1).months(year_start).from.first_day()
}

fn quarter(day: NaiveDate, year_start: i64) -> Quarter {
    Quarter::of(Month::of(day), year_start)
}

/// How many quarters after the present one have a lane of their own.
const AHEAD: i32 = 3;

impl Planned<'_> {
    /// The roadmap in lanes. What was dropped, and what shipped earlier, stands in none.
    pub fn picture(&self, by: PlanBy) -> RoadmapPicture {
        let since = last_quarter(self.today, self.year_start);
        let lanes = match by {
            PlanBy::Horizon => self.by_horizon(since),
            PlanBy::Quarter => self.by_quarter(since),
        };
        RoadmapPicture { on: self.today, by, shipped_since: since, lanes }
    }

    fn by_horizon(&self, since: NaiveDate) -> Vec<RoadmapLane> {
        let open = |horizon: Horizon| {
            let those = self.items.iter().filter(move |item| is_open(item) && item.horizon == horizon);
            those.map(|item| self.told(item)).collect()
        };
        let lane = |key: &str, title: String, items| RoadmapLane { key: key.to_owned(), title, items };
        let mut lanes: Vec<RoadmapLane> = [(Horizon::Now, "Now"), (Horizon::Next, "Next"), (Horizon::Later, "Later")]
            .into_iter()
            .map(|(horizon, title)| lane(horizon.as_text(), title.to_owned(), open(horizon)))
            .collect();
        let mut shipped: Vec<&RoadmapItem> = self.shipped(since).collect();
        shipped.sort_by_key(|item| std::cmp::Reverse(item.shipped_on));
        let title = format!("Shipped since {}", Month::of(since).shown());
        lanes.push(lane("shipped", title, shipped.into_iter().map(|item| self.told(item)).collect()));
        lanes
    }

    /// The last quarter, the present one, and as many after it as are needed; what is open and was due before, what is due
    /// after them, and what has no day stand by themselves.
    fn by_quarter(&self, since: NaiveDate) -> Vec<RoadmapLane> {
        let present = quarter(self.today, self.year_start);
        let first = present.plus(-1);
        let due = |item: &RoadmapItem| item.target_on.map(|on| quarter(on, self.year_start));
        let open = || self.items.iter().filter(|item| is_open(item));
        let ahead = open().filter_map(&due).map(|quarter| present.until(quarter)).filter(|ahead| *ahead <= AHEAD).max();
        let last = present.plus(ahead.unwrap_or(0).max(1));
        let told = |wanted: &dyn Fn(&RoadmapItem) -> bool| -> Vec<PlannedItem> {
            open().filter(|item| wanted(item)).map(|item| self.told(item)).collect()
        };
        let mut lanes = Vec::new();
        let earlier = told(&|item| due(item).is_some_and(|quarter| quarter < first));
        if !earlier.is_empty() {
            lanes.push(RoadmapLane { key: "earlier".to_owned(), title: "Due before".to_owned(), items: earlier });
        }
        for of in std::iter::successors(Some(first), |quarter| Some(quarter.plus(1))).take_while(|it| *it <= last) {
            let mut items = told(&|item| due(item) == Some(of));
            let shipped =
                self.shipped(since).filter(|item| item.shipped_on.map(|on| quarter(on, self.year_start)) == Some(of));
            items.extend(shipped.map(|item| self.told(item)));
            let months = of.months(self.year_start);
            let title = format!("{of}: until {}", months.to.previous().shown());
            lanes.push(RoadmapLane { key: of.to_string(), title, items });
        }
        let further = told(&|item| due(item).is_some_and(|quarter| quarter > last));
        if !further.is_empty() {
            lanes.push(RoadmapLane { key: "further".to_owned(), title: "Due later".to_owned(), items: further });
        }
        let without = told(&|item| item.target_on.is_none());
        lanes.push(RoadmapLane { key: "no_day".to_owned(), title: "No day named".to_owned(), items: without });
        lanes
    }

    fn shipped(&self, since: NaiveDate) -> impl Iterator<Item = &RoadmapItem> {
        let is_told = move |item: &&RoadmapItem| {
            item.status == ItemStatus::Shipped && item.shipped_on.is_some_and(|on| on >= since)
        };
        self.items.iter().filter(is_told)
    }

    fn told(&self, item: &RoadmapItem) -> PlannedItem {
        let open = is_open(item);
        let days = |from: NaiveDate, to: NaiveDate| Some((to - from).num_days()).filter(|days| *days > 0);
        let before = self.targets_before.get(item.reference.as_text());
        PlannedItem {
            reference: item.reference.to_string(),
            title: item.title.clone(),
            outcome: item.outcome.clone(),
            status: item.status,
            horizon: item.horizon,
            target_on: item.target_on,
            shipped_on: item.shipped_on,
            personas: item.personas.iter().filter_map(|id| self.personas.get(id).cloned()).collect(),
            overdue_days: item.target_on.filter(|_| open).and_then(|target| days(target, self.today)),
            slipped_days: before.zip(item.target_on.filter(|_| open)).and_then(|(was, is)| days(*was, is)),
        }
    }
}

fn is_open(item: &RoadmapItem) -> bool {
    ItemStatus::OPEN.contains(&item.status)
}
