//! The roadmap as a drawing: a card an item, in lanes.

use super::{PlanBy, PlannedItem, RoadmapLane, RoadmapPicture};
use crate::{
    insight::{
        canvas::{Card, Column, Drawing, Group, Mark, Tone},
        markup,
    },
    roadmap::ItemStatus,
};
use chrono::NaiveDate;

/// How many cards a lane has room for.
const CARDS: usize = 8;

/// `product` is its name; `key` leads from the cards to where they stand in the chain.
pub fn drawing(picture: &RoadmapPicture, product: &str, key: &str) -> Drawing {
    let how = match picture.by {
        PlanBy::Horizon => "now, next and later",
        PlanBy::Quarter => "by quarter",
    };
    let counts: Vec<String> = picture
        .lanes
        .iter()
        .map(|lane| format!("{}: {}", lane.title, markup::counted(lane.items.len(), "item", "items")))
        .collect();
    Drawing {
        title: format!("{product}: roadmap, {how}, {}", markup::day(picture.on)),
        description: format!("{}.", counts.join("; ")),
        columns: picture.lanes.iter().map(|lane| column(lane, picture, key)).collect(),
        edges: Vec::new(),
        foot: Vec::new(),
        legend: legend(),
        gap: 10,
    }
}

fn column(lane: &RoadmapLane, picture: &RoadmapPicture, key: &str) -> Column {
    let narrow = picture.lanes.len() > 5;
    let cards: Vec<Card> = lane.items.iter().take(CARDS).map(|item| card(item, narrow, key)).collect();
    let more = match (lane.items.len(), lane.items.len().saturating_sub(CARDS)) {
        (0, _) => "nothing".to_owned(),
        (_, 0) => String::new(),
        (_, more) => format!("+ {more} more"),
    };
    let heading = format!("{} ({})", lane.title, lane.items.len());
    Column {
        heading: if narrow { lane.title.clone() } else { heading },
        groups: vec![Group { heading: String::new(), cards, more }],
    }
}

fn card(item: &PlannedItem, narrow: bool, key: &str) -> Card {
    let mut under: Vec<(String, bool)> = Vec::new();
    if !item.personas.is_empty() {
        under.push((format!("for {}", item.personas.join(", ")), false));
    }
    if let Some(days) = item.overdue_days {
        under.push((late(days), true));
    } else if let Some(due) = due(item, narrow) {
        under.push((due, false));
    }
    if let Some(days) = item.slipped_days {
        under.push((format!("slipped {}", counted_days(days)), true));
    }
    let status = markup::words(item.status.as_text());
    Card {
        mark: Some(mark(item)),
        over: format!("{} · {status}", item.reference),
        title: item.title.clone(),
        lines: 3,
        under,
        href: Some(markup::trace(key, "roadmap-items", &item.reference)),
        tone: match (item.overdue_days, item.status) {
            (Some(_), _) => Tone::Bad,
            (None, ItemStatus::Idea) => Tone::Faint,
            _ => Tone::Plain,
        },
    }
}

/// When it is due, or when it shipped.
fn due(item: &PlannedItem, narrow: bool) -> Option<String> {
    let day = |on: NaiveDate| if narrow { on.format("%-d %b %Y").to_string() } else { markup::day(on) };
    match (item.shipped_on, item.target_on) {
        (Some(on), _) => Some(format!("shipped {}", day(on))),
        (None, Some(on)) => Some(format!("by {}", day(on))),
        (None, None) => None,
    }
}

/// How long something is over.
pub fn late(days: i64) -> String {
    format!("overdue by {}", counted_days(days))
}

pub fn counted_days(days: i64) -> String {
    markup::counted(usize::try_from(days).unwrap_or(0), "day", "days")
}

/// What is late is told before how far it has come.
fn mark(item: &PlannedItem) -> Mark {
    match item.status {
        _ if item.overdue_days.is_some() => Mark::Late,
        ItemStatus::Idea => Mark::Thought,
        ItemStatus::Planned | ItemStatus::Dropped => Mark::Planned,
        ItemStatus::InProgress => Mark::Begun,
        ItemStatus::Shipped => Mark::Done,
    }
}

fn legend() -> Vec<(Mark, String)> {
    let told = [
        (Mark::Thought, "idea"),
        (Mark::Planned, "planned"),
        (Mark::Begun, "in progress"),
        (Mark::Done, "shipped"),
        (Mark::Late, "overdue"),
    ];
    told.into_iter().map(|(mark, word)| (mark, word.to_owned())).collect()
}
