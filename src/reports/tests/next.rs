//! The roadmap of the tiny month.

use super::{at, material as bare, page, paragraphs, said};
use crate::{
    personas::NewPersona,
    reports::{
        Draft,
        document::{Block, Progress, Timeline},
        gather::Material,
    },
    roadmap::{Horizon, ItemKind, ItemStatus, RoadmapItem},
};
use chrono::NaiveDate;
use serde_json::json;

/// An item that is begun, or done, or planned, from when to when.
pub(super) fn item(number: u32, horizon: Horizon, status: ItemStatus, start: &str, due: &str) -> RoadmapItem {
    let on = |text: &str| text.parse::<NaiveDate>().ok();
    RoadmapItem {
        id: format!("item-{number}"),
        product_id: "p".to_owned(),
        reference: format!("OPS-{number}").parse().unwrap(),
        title: format!("Thing {number}"),
        problem: format!("Problem {number}."),
        outcome: format!("Outcome {number}."),
        description: "Not told.".to_owned(),
        kind: ItemKind::Reliability,
        horizon,
        rank: number.to_string(),
        status,
        owner: Some("Ottilie Unverwechselbar".to_owned()),
        start_on: on(start),
        target_on: on(due),
        shipped_on: (status == ItemStatus::Shipped).then(|| on(due)).flatten(),
        rice: None,
        wsjf: None,
        plan: Default::default(),
        links: crate::kernel::text::JsonText::new(Vec::new()),
        objectives: Default::default(),
        personas: Default::default(),
        components: Default::default(),
        slos: Default::default(),
        incidents: Default::default(),
        feedback: Default::default(),
        risks: Default::default(),
        tags: Default::default(),
        depends_on: Default::default(),
        created_at: at(),
        updated_at: at(),
        version: 1,
        change_number: 1,
    }
}

fn material() -> Material {
    use {Horizon::*, ItemStatus::*};
    let mut material = bare(&super::both_rates());
    let new: NewPersona = serde_json::from_value(json!({ "name": "Developer" })).unwrap();
    material.personas = vec![new.into_row(&super::product().product_id(), super::head("dev"))];
    material.roadmap = vec![
        item(1, Now, InProgress, "2026-07-20", "2026-10-30"),
        item(2, Now, InProgress, "2026-10-14", "2026-10-31"),
        item(3, Now, Planned, "", "2027-01-15"),
        item(4, Now, Shipped, "2026-09-01", "2026-10-31"),
        item(5, Now, Shipped, "2026-09-01", "2026-09-30"),
        item(6, Next, Planned, "", "2026-12-11"),
        item(7, Next, Idea, "", ""),
        item(8, Next, Dropped, "", "2026-10-01"),
        item(9, Later, Idea, "", ""),
        item(10, Later, Idea, "", ""),
    ];
    material.roadmap[0].personas = "dev".parse().unwrap();
    material
}

fn timeline(draft: &Draft) -> Timeline {
    let section = draft.document.sections.iter().find(|one| one.key.as_text() == "next").unwrap();
    let found = section.blocks.iter().find_map(|block| match block {
        Block::Timeline(timeline) => Some(timeline.clone()),
        _ => None,
    });
    found.unwrap()
}

fn lists(draft: &Draft) -> Vec<Vec<String>> {
    let section = draft.document.sections.iter().find(|one| one.key.as_text() == "next").unwrap();
    let lists = section.blocks.iter().filter_map(|block| match block {
        Block::List { items } => Some(items.iter().map(|item| said(item)).collect()),
        _ => None,
    });
    lists.collect()
}

#[test]
fn the_figures_of_the_roadmap() {
    let draft = Draft::of(&material());
    for (name, expected, rows) in [
        ("roadmap.now_count", 3, vec!["OPS-1", "OPS-2", "OPS-3"]),
        ("roadmap.now_begun_count", 2, vec!["OPS-1", "OPS-2"]),
        ("roadmap.next_count", 2, vec!["OPS-6", "OPS-7"]),
        ("roadmap.later_count", 2, vec!["OPS-9", "OPS-10"]),
        // Due before the month's last day; what is given up is not late.
        ("roadmap.overdue_count", 1, vec!["OPS-1"]),
        ("roadmap.shipped_count", 1, vec!["OPS-4"]),
    ] {
        assert_eq!(draft.facts.number(name).known(), Some(expected.into()), "{name}");
        let behind = draft.facts.get(name).unwrap().rows.clone().unwrap();
        assert_eq!(behind.iter().map(|row| row["roadmap_item"].as_str().unwrap()).collect::<Vec<_>>(), rows, "{name}");
    }
}

#[test]
fn what_comes_next_is_told_by_horizon() {
    let draft = Draft::of(&material());
    assert_eq!(
        paragraphs(&draft, "next"),
        [
            "3 things come now, of which 2 are begun; 2 come next and 2 later. 1 is overdue: “Thing 1”.",
            "2: Thing 9; Thing 10.",
        ]
    );
    let [now, next] = lists(&draft).try_into().unwrap();
    assert_eq!(
        now,
        [
            "Thing 1 (OPS-1, begun, overdue since 30\u{a0}October). “Problem 1.” What will be better: “Outcome 1.” For: \
             Developer (how many is not known).",
            "Thing 2 (OPS-2, begun, due 31\u{a0}October). “Problem 2.” What will be better: “Outcome 2.”",
            "Thing 3 (OPS-3, planned, due 15\u{a0}January\u{a0}2027). “Problem 3.” What will be better: “Outcome 3.”",
        ]
    );
    assert_eq!(
        next,
        [
            "Thing 6 (OPS-6, planned, due 11\u{a0}December). “Outcome 6.”",
            "Thing 7 (OPS-7, an idea, without a date). “Outcome 7.”",
        ]
    );
}

/// An owner may be a person, and a description is the team's own.
#[test]
fn whose_item_it_is_is_not_told() {
    let draft = Draft::of(&material());
    let facts: Vec<_> = draft.facts.iter().collect();
    for text in [serde_json::to_string(&facts).unwrap(), page(&draft)] {
        assert!(!text.contains("Ottilie") && !text.contains("Not told."));
    }
}

#[test]
fn the_chart_has_what_has_a_date() {
    let draft = Draft::of(&material());
    let chart = timeline(&draft);
    let drawn: Vec<_> = chart.items.iter().map(|item| (item.label.as_str(), item.progress)).collect();
    assert_eq!(
        drawn,
        [
            ("Thing 1", Progress::Overdue),
            ("Thing 2", Progress::Begun),
            ("Thing 3", Progress::Planned),
            ("Thing 6", Progress::Planned),
        ]
    );
    let days = [chart.from, chart.judged_on, chart.to].map(|day| day.to_string());
    assert_eq!(days, ["2026-07-01", "2026-10-31", "2027-01-31"]);
    assert_eq!(
        chart.description,
        "4 items with a date: 1 begun, 2 planned, 1 overdue. The first is due 30\u{a0}October, the last \
         15\u{a0}January\u{a0}2027."
    );
    let html = page(&draft);
    assert!(html.contains("31 October 2026") && html.contains("15 January 2027"));
}

#[test]
fn dates_far_away_do_not_stretch_the_chart() {
    let mut material = material();
    material.roadmap[0].start_on = "2019-01-01".parse().ok();
    material.roadmap[2].target_on = "2999-12-31".parse().ok();
    let chart = timeline(&Draft::of(&material));
    assert_eq!((chart.from.to_string(), chart.to.to_string()), ("2026-07-01".to_owned(), "2027-06-30".to_owned()));
}

#[test]
fn no_roadmap_is_said() {
    let draft = Draft::of(&bare(&super::both_rates()));
    assert_eq!(paragraphs(&draft, "next"), ["Nobody wrote down what comes next (0 items)."]);
}
