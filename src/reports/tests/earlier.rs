//! The tiny month beside the month before and the one a year before, and beside what was promised.

use super::{amount, both_rates, entry, labour, line_of, material, month, next::item, paragraphs, said, share};
use crate::{
    costs::Category,
    effort::{Nature, WorkKind},
    kernel::money::Currency,
    reports::{Draft, document::Block, facts::FactRow, figures::Told, gather::Material},
    roadmap::{Horizon, ItemStatus},
};
use serde_json::json;

#[test]
fn movements_are_told_with_the_words_of_people() {
    let mut material = material(&both_rates());
    material.ledger.lines.retain(|line| line.category != Category::Labour);
    let draft = Draft::of(&material);
    let cost = draft.document.sections.iter().find(|section| section.key.as_text() == "cost").unwrap();
    let told: Vec<String> = cost
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::List { items } => Some(items.iter().map(|item| said(item)).collect::<Vec<_>>()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(
        told,
        ["Database: EUR 100 more, now EUR 180 (infrastructure +EUR 100). “Twice the machines for the sale”"]
    );
}

/// October 2025: cheaper, and more of it by hand.
fn with_year_before() -> Material {
    let mut material = material(&both_rates());
    let bill = entry("2025-10", "ci", "31.7", Currency::EUR, "Builds");
    material.ledger.lines.extend([line_of(&bill), labour("2025-10", Some("db"), Nature::Run, 10)]);
    material.shares.extend(["2025-W41", "2025-W42"].map(|week| share(week, WorkKind::Toil, "1")));
    material.team[0].valid_from = "2025-01-01".parse().unwrap();
    material
}

#[test]
fn a_month_is_compared_with_the_one_a_year_before() {
    let draft = Draft::of(&with_year_before());
    for (name, expected) in [
        // 31.7 + 10 h × 83.17
        ("cost.total.year_before", "863.4"),
        // 1061.7 − 863.4
        ("cost.change_of_year", "198.3"),
        ("cost.component.ci.year_before", "31.7"),
        ("cost.component.db.year_before", "831.7"),
    ] {
        assert_eq!(amount(&draft.facts, name), expected, "{name}");
    }
    for (name, expected) in [
        ("effort.toil_share.year_before", "1"),
        ("effort.hours.year_before", "80"),
        ("effort.kind.toil.share.year_before", "1"),
        ("effort.kind.improvement.share.year_before", "0"),
        ("recovery.tests.year_before", "0"),
        ("incident.count.year_before", "0"),
        ("roadmap.shipped_count.year_before", "0"),
    ] {
        assert_eq!(
            draft.facts.number(name).known().map(|number| number.to_string()).as_deref(),
            Some(expected),
            "{name}"
        );
    }
    assert!(paragraphs(&draft, "headline")[0].starts_with(
        "Platform cost at least EUR 1,062 in October 2026, EUR 100 (10\u{a0}%) more than in September and EUR 198 \
             (23\u{a0}%) more than in October 2025; "
    ));
    let work = paragraphs(&draft, "invisible_work");
    assert!(
        work.iter()
            .any(|told| told.contains("30\u{a0}% (in September 30\u{a0}%, in October 2025 100\u{a0}%) of 136 hours")),
        "{work:?}"
    );
}

/// Who began last month did not have nothing a year ago: nobody counted.
#[test]
fn of_a_month_of_which_nothing_is_recorded_nothing_is_said() {
    let draft = Draft::of(&material(&both_rates()));
    let named: Vec<_> = draft.facts.iter().filter(|fact| fact.name.contains("year")).map(|fact| &fact.name).collect();
    assert!(named.is_empty(), "{named:?}");
    let mut first = material(&both_rates());
    first.ledger.lines.retain(|line| line.month == month("2026-10"));
    let draft = Draft::of(&first);
    for name in ["incident.count.previous", "recovery.tests.previous", "roadmap.shipped_count.previous"] {
        assert!(draft.facts.get(name).is_none(), "{name}");
    }
    assert_eq!(amount(&draft.facts, "cost.total.previous"), "unknown");
}

/// What the report of September named: five things for now, one for later.
fn with_promises() -> Material {
    use {Horizon::*, ItemStatus::*};
    let mut material = material(&both_rates());
    let told = |number: u32, by: Option<&str>| {
        let row =
            json!({ "roadmap_item": format!("OPS-{number}"), "title": format!("Thing {number}"), "target_on": by });
        serde_json::from_value::<FactRow>(row).unwrap()
    };
    material.told_before = Some(Told {
        month: month("2026-09"),
        revision: 2,
        now: vec![
            told(1, Some("2026-10-20")),
            told(2, Some("2026-10-20")),
            told(3, Some("2026-10-20")),
            told(4, Some("2026-11-30")),
            told(5, None),
            told(6, Some("2026-12-01")),
            told(7, None),
            told(8, Some("2026-10-05")),
        ],
        others: vec![told(9, None)],
    });
    material.roadmap = vec![
        item(1, Now, Shipped, "2026-09-01", "2026-10-20"),
        item(2, Now, Shipped, "2026-09-01", "2026-10-21"),
        item(3, Now, InProgress, "2026-09-01", "2026-11-20"),
        item(4, Now, InProgress, "2026-09-01", "2026-11-30"),
        item(5, Next, Planned, "", ""),
        item(6, Now, Dropped, "", "2026-12-01"),
        item(8, Now, InProgress, "2026-09-01", "2026-10-05"),
        item(9, Next, Planned, "", ""),
        item(10, Next, Planned, "", ""),
    ];
    material
}

#[test]
fn what_was_promised_is_told_with_what_became_of_it() {
    let draft = Draft::of(&with_promises());
    let count = |name: &str| draft.facts.number(&format!("roadmap.{name}")).known().unwrap().to_string();
    assert_eq!((count("promised_count"), count("added_count")), ("8".to_owned(), "1".to_owned()));
    for (outcome, items) in [
        ("kept", vec!["OPS-1"]),
        ("late", vec!["OPS-2"]),
        // One was moved on; the day of the other has passed.
        ("slipped", vec!["OPS-3", "OPS-8"]),
        ("put_off", vec!["OPS-5"]),
        ("dropped", vec!["OPS-6"]),
        ("removed", vec!["OPS-7"]),
        ("on_course", vec!["OPS-4"]),
    ] {
        let fact = draft.facts.get(&format!("roadmap.promised_count.{outcome}")).unwrap();
        let rows = fact.rows.clone().unwrap();
        let refs: Vec<_> = rows.iter().map(|row| row["roadmap_item"].as_str().unwrap().to_owned()).collect();
        assert_eq!(
            (refs, count(&format!("promised_count.{outcome}"))),
            (items.iter().map(ToString::to_string).collect(), items.len().to_string())
        );
    }
    assert_eq!(
        paragraphs(&draft, "next")[1..3],
        [
            "Of 8 things that the report of September 2026 promised for now, 1 was shipped in time, 1 was shipped late, 2 \
             slipped, 1 was put off, 1 was given up, 1 was taken off the roadmap, 1 is on course.",
            "1 thing is new since: “Thing 10”.",
        ]
    );
    let section = draft.document.sections.iter().find(|one| one.key.as_text() == "next").unwrap();
    let told = section.blocks.iter().find_map(|block| match block {
        Block::List { items } => Some(items.iter().map(|item| said(item)).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(
        told.unwrap(),
        [
            "Thing 1 (OPS-1): promised for 20\u{a0}October; done on 20\u{a0}October.",
            "Thing 2 (OPS-2): promised for 20\u{a0}October; done on 21\u{a0}October.",
            "Thing 3 (OPS-3): promised for 20\u{a0}October; begun, due 20\u{a0}November.",
            "Thing 8 (OPS-8): promised for 5\u{a0}October; begun, overdue since 5\u{a0}October.",
            "Thing 5 (OPS-5): promised without a date; put off to next, planned, without a date.",
            "Thing 6 (OPS-6): promised for 1\u{a0}December; given up.",
            "Thing 7 (OPS-7): promised without a date; not on the roadmap any more.",
        ]
    );
}
