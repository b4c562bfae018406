//! What the last report promised, what became of it, and what is new since.

use super::row;
use crate::{
    kernel::month::Month,
    reports::{
        facts::{Fact, FactRow, Facts, Input},
        gather::Material,
    },
    roadmap::{Horizon, ItemStatus, RoadmapItem},
    text_enum,
};
use chrono::NaiveDate;
use serde_json::json;

/// What the roadmap was in the last published report of an earlier month.
pub struct Told {
    pub month: Month,
    pub revision: i64,
    /// The rows behind its counts of items now, next and later.
    pub now: Vec<FactRow>,
    pub others: Vec<FactRow>,
}

text_enum! {
    /// What became of an item that a report named under "now".
    pub enum Outcome {
        /// Shipped by the day that was named, or no day was named.
        Kept = "kept",
        /// Shipped after that day.
        Late = "late",
        /// Not shipped, and its day was moved on or has passed.
        Slipped = "slipped",
        /// Moved to next or later.
        PutOff = "put_off",
        Dropped = "dropped",
        /// Not on the roadmap any more.
        Removed = "removed",
        /// Not shipped yet, and nothing moved.
        OnCourse = "on_course",
    }
}

/// An item that was promised.
pub struct Promised<'a> {
    pub reference: &'a str,
    pub title: &'a str,
    /// The day by which it was to be finished.
    pub by: Option<NaiveDate>,
    /// As it stands; none when it is gone.
    pub item: Option<&'a RoadmapItem>,
    pub outcome: Outcome,
}

/// Everything that the last report named under "now", in its order.
pub fn promised_items(material: &Material) -> Vec<Promised<'_>> {
    let Some(told) = &material.told_before else { return Vec::new() };
    let text = |row: &'_ FactRow, name: &str| row.get(name).and_then(|value| value.as_str()).map(ToOwned::to_owned);
    told.now
        .iter()
        .filter_map(|row| {
            let (reference, title) = (row.get("roadmap_item")?.as_str()?, row.get("title")?.as_str()?);
            let by = text(row, "target_on").and_then(|on| on.parse().ok());
            let item = material.roadmap.iter().find(|item| item.reference.as_text() == reference);
            Some(Promised { reference, title, by, item, outcome: became(material, by, item) })
        })
        .collect()
}

fn became(material: &Material, by: Option<NaiveDate>, item: Option<&RoadmapItem>) -> Outcome {
    let Some(item) = item else { return Outcome::Removed };
    let later = |on: Option<NaiveDate>| by.is_some_and(|by| on.is_none_or(|on| on > by));
    match item.status {
        ItemStatus::Shipped if later(item.shipped_on) => Outcome::Late,
        ItemStatus::Shipped => Outcome::Kept,
        ItemStatus::Dropped => Outcome::Dropped,
        _ if item.horizon != Horizon::Now => Outcome::PutOff,
        _ if later(item.target_on) || by.is_some_and(|by| by < super::judged_on(material)) => Outcome::Slipped,
        _ => Outcome::OnCourse,
    }
}

/// The open items that the last report did not name at all, in the roadmap's order.
pub fn added(material: &Material) -> Vec<&RoadmapItem> {
    let Some(told) = &material.told_before else { return Vec::new() };
    let named = |reference: &str| {
        let mut all = told.now.iter().chain(&told.others);
        all.any(|row| row.get("roadmap_item").and_then(|value| value.as_str()) == Some(reference))
    };
    let horizons = Horizon::ALL.iter().flat_map(|horizon| super::open(material, *horizon));
    horizons.filter(|item| !named(item.reference.as_text())).collect()
}

pub fn add(facts: &mut Facts, material: &Material) {
    let Some(told) = &material.told_before else { return };
    let report = Input::of("report", format!("{} revision {}", told.month, told.revision).as_str());
    let promised = promised_items(material);
    let rows = |wanted: &dyn Fn(Outcome) -> bool| -> Vec<FactRow> {
        promised.iter().filter(|one| wanted(one.outcome)).map(as_row).collect()
    };
    let formula = "items that the last published report named under 'now', and what became of them";
    facts.add(Fact::count("roadmap.promised_count", formula, rows(&|_| true)).inputs([report.clone()]));
    for outcome in Outcome::ALL {
        let formula = format!("those of roadmap.promised_count that are '{outcome}': {}", meaning(*outcome));
        let name = format!("roadmap.promised_count.{outcome}");
        facts.add(Fact::count(name, formula, rows(&|one| one == *outcome)));
    }
    let new = added(material).into_iter().map(|item| {
        row([
            ("roadmap_item", json!(item.reference)),
            ("title", json!(item.title)),
            ("horizon", json!(item.horizon)),
            ("status", json!(item.status)),
            ("target_on", json!(item.target_on)),
        ])
    });
    let formula = "open items that the last published report did not name";
    facts.add(Fact::count("roadmap.added_count", formula, new.collect()).inputs([report]));
}

fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Kept => "shipped by the day that was named, or none was",
        Outcome::Late => "shipped after that day",
        Outcome::Slipped => "neither shipped nor dropped, and its day was moved on or has passed",
        Outcome::PutOff => "moved to next or later",
        Outcome::Dropped => "given up",
        Outcome::Removed => "not on the roadmap any more",
        Outcome::OnCourse => "not shipped yet, and nothing moved",
    }
}

fn as_row(one: &Promised<'_>) -> FactRow {
    row([
        ("roadmap_item", json!(one.reference)),
        ("title", json!(one.title)),
        ("promised_on", json!(one.by)),
        ("status", json!(one.item.map(|item| item.status))),
        ("horizon", json!(one.item.map(|item| item.horizon))),
        ("target_on", json!(one.item.and_then(|item| item.target_on))),
        ("shipped_on", json!(one.item.and_then(|item| item.shipped_on))),
        ("outcome", json!(one.outcome)),
    ])
}
