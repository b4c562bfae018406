//! What comes next, and what was finished: the roadmap as it stood when the report was built. Whose
//! item it is stands in no row: an owner may be a person.

use super::row;
use crate::{
    kernel::month::Month,
    reports::{
        facts::{Fact, FactRow, Facts, Input},
        gather::Material,
    },
    roadmap::{Horizon, ItemStatus, RoadmapItem},
};
use chrono::{Days, NaiveDate};
use serde_json::json;

/// The items of a horizon that are neither done nor given up, as they stand.
pub fn open(material: &Material, horizon: Horizon) -> impl Iterator<Item = &RoadmapItem> {
    material.roadmap.iter().filter(move |item| item.horizon == horizon && is_open(item))
}

/// The items that were finished in the month, in order of their day.
pub fn shipped(material: &Material) -> Vec<&RoadmapItem> {
    shipped_in(material, material.month)
}

fn shipped_in(material: &Material, month: Month) -> Vec<&RoadmapItem> {
    let in_month = |item: &&RoadmapItem| item.shipped_on.is_some_and(|on| Month::of(on) == month);
    let mut all: Vec<_> = material.roadmap.iter().filter(in_month).collect();
    all.sort_by_key(|item| item.shipped_on);
    all
}

/// Whether an item should have been finished by the day that is judged.
pub fn is_overdue(material: &Material, item: &RoadmapItem) -> bool {
    is_open(item) && item.target_on.is_some_and(|on| on < judged_on(material))
}

fn is_open(item: &RoadmapItem) -> bool {
    ItemStatus::OPEN.contains(&item.status)
}

/// The month's last day, or the day of the report where the month goes on.
pub fn judged_on(material: &Material) -> NaiveDate {
    let last = material.month.next().first_day() - Days::new(1);
    last.min(material.day(material.at))
}

pub fn add(facts: &mut Facts, material: &Material) {
    let as_it_stood = "as the roadmap stood when the report was built";
    let mut add = |what: &str, formula: String, rows: Vec<FactRow>, inputs: Option<Input>| {
        facts.add(Fact::count(format!("roadmap.{what}_count"), formula, rows).inputs(inputs));
    };
    for horizon in Horizon::ALL {
        let rows = open(material, *horizon).map(told).collect();
        let formula = format!("items of the horizon '{horizon}' that are neither shipped nor dropped, {as_it_stood}");
        add(horizon.as_text(), formula, rows, None);
    }
    let those = |wanted: &dyn Fn(&RoadmapItem) -> bool| -> Vec<FactRow> {
        material.roadmap.iter().filter(|item| wanted(item)).map(told).collect()
    };
    let begun = those(&|item| item.horizon == Horizon::Now && item.status == ItemStatus::InProgress);
    add("now_begun", format!("items of the horizon 'now' that are being worked on, {as_it_stood}"), begun, None);
    let on = judged_on(material);
    let late = those(&|item| is_overdue(material, item));
    let formula = "items that are neither shipped nor dropped, and whose target is before the day".to_owned();
    add("overdue", formula, late, Some(Input::of("judged_on", on.to_string().as_str())));
    let done = shipped(material).into_iter().map(told).collect();
    add("shipped", "items that were shipped in the month".to_owned(), done, None);
    for earlier in material.recorded() {
        let rows = shipped_in(material, earlier.of(material.month)).into_iter().map(told).collect();
        let formula = format!("items that were shipped {}", earlier.words());
        facts.add(Fact::count(earlier.fact("roadmap.shipped_count"), formula, rows));
    }
}

fn told(item: &RoadmapItem) -> FactRow {
    row([
        ("roadmap_item", json!(item.reference)),
        ("title", json!(item.title)),
        ("kind", json!(item.kind)),
        ("horizon", json!(item.horizon)),
        ("status", json!(item.status)),
        ("start_on", json!(item.start_on)),
        ("target_on", json!(item.target_on)),
        ("shipped_on", json!(item.shipped_on)),
    ])
}
