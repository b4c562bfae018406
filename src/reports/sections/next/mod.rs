//! What comes next: now, next, later, as the roadmap stood. What was finished is told by `shipped`.

mod since;

use super::{Story, day};
use crate::{
    kernel::month::Month,
    reports::{
        document::{
            Block, Inline, Progress, Section, SectionKey, Timeline, TimelineItem, counted, heading, note, paragraph,
        },
        figures::{is_overdue, judged_on, open, personas},
    },
    roadmap::{Horizon, ItemStatus, RoadmapItem},
};
use chrono::{Days, NaiveDate};

/// How many items of a horizon are told one by one.
const TOLD: usize = 15;
/// How many items the chart has room for.
const DRAWN: usize = 20;
/// How many months before the report's own the chart begins at the earliest.
const BACK: i32 = 3;
/// How many months after it the chart ends at the latest.
const AHEAD: i32 = 9;

pub fn section(story: &Story<'_>) -> Section {
    let material = story.material;
    let mut blocks = vec![introduction(story)];
    if !material.roadmap.is_empty() {
        blocks.extend(since::blocks(story));
        blocks.extend(timeline(story).map(Block::Timeline));
        blocks.extend(horizon(story, Horizon::Now, "Now", now));
        blocks.extend(horizon(story, Horizon::Next, "Next", next));
        blocks.extend(later(story));
    }
    Section::new(SectionKey::Next, blocks)
}

fn introduction(story: &Story<'_>) -> Block {
    if story.material.roadmap.is_empty() {
        return paragraph([
            "Nobody wrote down what comes next (".into(),
            story.fact("roadmap.now_count"),
            " items).".into(),
        ]);
    }
    let mut parts = vec![
        story.fact("roadmap.now_count"),
        " things come now, of which ".into(),
        story.fact("roadmap.now_begun_count"),
        " are begun; ".into(),
        story.fact("roadmap.next_count"),
        " come next and ".into(),
        story.fact("roadmap.later_count"),
        " later. ".into(),
    ];
    if story.is_none("roadmap.overdue_count") {
        parts.extend(["None is late (".into(), story.fact("roadmap.overdue_count"), " overdue).".into()]);
    } else {
        let are = if story.is_one("roadmap.overdue_count") { " is overdue: " } else { " are overdue: " };
        parts.extend([story.fact("roadmap.overdue_count"), are.into()]);
        let late = story.material.roadmap.iter().filter(|item| is_overdue(story.material, item));
        for (at, item) in late.enumerate() {
            parts.extend((at > 0).then(|| ", ".into()));
            parts.push(Inline::Words(item.title.clone()));
        }
        parts.push(".".into());
    }
    paragraph(parts)
}

type Item = fn(&Story<'_>, &RoadmapItem) -> Vec<Inline>;

fn horizon(story: &Story<'_>, horizon: Horizon, title: &str, item: Item) -> Vec<Block> {
    let all: Vec<_> = open(story.material, horizon).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let items = all.iter().take(TOLD).map(|one| item(story, one)).collect();
    let mut blocks = vec![heading(title), Block::List { items }];
    if all.len() > TOLD {
        blocks.push(note([
            "The others are behind ".into(),
            story.fact(&format!("roadmap.{horizon}_count")),
            ".".into(),
        ]));
    }
    blocks
}

/// What is wrong, what will be better, and for whom.
fn now(story: &Story<'_>, item: &RoadmapItem) -> Vec<Inline> {
    let mut parts = named(story, item);
    if !item.problem.is_empty() {
        parts.extend([" ".into(), Inline::Words(item.problem.clone())]);
    }
    if !item.outcome.is_empty() {
        parts.extend([" What will be better: ".into(), Inline::Words(item.outcome.clone())]);
    }
    let users = personas(story.material).filter(|persona| item.personas.iter().any(|id| id == persona.id));
    let users: Vec<_> = users.collect();
    for (at, persona) in users.iter().enumerate() {
        parts.push(if at == 0 { " For: " } else { ", " }.into());
        parts.extend(story.people(persona));
    }
    parts.extend((!users.is_empty()).then(|| ".".into()));
    parts
}

fn next(story: &Story<'_>, item: &RoadmapItem) -> Vec<Inline> {
    let mut parts = named(story, item);
    if !item.outcome.is_empty() {
        parts.extend([" ".into(), Inline::Words(item.outcome.clone())]);
    }
    parts
}

/// Its title, its ref, and how it stands.
fn named(story: &Story<'_>, item: &RoadmapItem) -> Vec<Inline> {
    vec![Inline::Name(item.title.clone()), format!(" ({}, {}).", item.reference, standing(story, item)).into()]
}

/// How far an item is, and when it is due.
pub fn standing(story: &Story<'_>, item: &RoadmapItem) -> String {
    let status = match item.status {
        ItemStatus::Idea => "an idea",
        ItemStatus::Planned => "planned",
        ItemStatus::InProgress => "begun",
        ItemStatus::Shipped => "done",
        ItemStatus::Dropped => "given up",
    };
    let on = |day: NaiveDate| dated(story, day);
    match (item.status, item.shipped_on, item.target_on) {
        (ItemStatus::Shipped, Some(shipped), _) => format!("{status} on {}", on(shipped)),
        (_, _, Some(target)) if is_overdue(story.material, item) => {
            format!("{status}, overdue since {}", on(target))
        }
        (_, _, Some(target)) => format!("{status}, due {}", on(target)),
        (_, _, None) => format!("{status}, without a date"),
    }
}

/// A day with its year where that is another than the report's.
pub fn dated(story: &Story<'_>, on: NaiveDate) -> String {
    match Month::of(on).year() == story.material.month.year() {
        true => day(on),
        false => on.format("%-d\u{a0}%B\u{a0}%Y").to_string(),
    }
}

fn later(story: &Story<'_>) -> Vec<Block> {
    let titles: Vec<_> = open(story.material, Horizon::Later).map(|item| item.title.as_str()).collect();
    if titles.is_empty() {
        return Vec::new();
    }
    let parts = [story.fact("roadmap.later_count"), format!(": {}.", titles.join("; ")).into()];
    vec![heading("Later"), paragraph(parts)]
}

/// The open items that have a date, in the order of the roadmap.
fn timeline(story: &Story<'_>) -> Option<Timeline> {
    let material = story.material;
    let items: Vec<TimelineItem> = Horizon::ALL
        .iter()
        .flat_map(|horizon| open(material, *horizon))
        .filter_map(|item| {
            Some(TimelineItem {
                label: item.title.clone(),
                from: item.start_on.filter(|_| item.status == ItemStatus::InProgress),
                to: item.target_on?,
                progress: match item.status {
                    _ if is_overdue(material, item) => Progress::Overdue,
                    ItemStatus::InProgress => Progress::Begun,
                    _ => Progress::Planned,
                },
            })
        })
        .take(DRAWN)
        .collect();
    let first = items.iter().flat_map(|item| [item.from.unwrap_or(item.to), item.to]).min()?;
    let last = items.iter().map(|item| item.to).max()?;
    let day = judged_on(material);
    let months = (
        Month::of(first.min(day)).max(material.month.plus(-BACK)),
        Month::of(last.max(day)).next().min(material.month.plus(AHEAD)),
    );
    let of = |wanted: Progress| items.iter().filter(|item| item.progress == wanted).count();
    let description = format!(
        "{} with a date: {} begun, {} planned, {} overdue. The first is due {}, the last {}.",
        counted(items.len(), "item", "items"),
        of(Progress::Begun),
        of(Progress::Planned),
        of(Progress::Overdue),
        items.iter().map(|item| item.to).min().map_or_else(String::new, |on| dated(story, on)),
        dated(story, last),
    );
    Some(Timeline {
        title: "What is begun and what is due, by date".to_owned(),
        description,
        from: months.0.first_day(),
        to: months.1.first_day() - Days::new(1),
        judged_on: day,
        items,
    })
}
