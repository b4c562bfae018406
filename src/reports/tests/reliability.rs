//! Promises and incidents of the tiny month.

use super::{head, material as bare, next::item, page, paragraphs, said};
use crate::{
    incidents::{Incident, NewIncident},
    kernel::{auth::ProductId, figure::Figure},
    personas::{NewJourney, NewPersona, NewPopulation},
    reports::{
        Draft,
        document::{Block, BurndownChart},
        facts::{Fact, FactValue, Form},
        gather::Material,
    },
    roadmap::{Horizon, ItemStatus},
    slos::{NewSlo, NewSloTarget, Slo, Tally},
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

fn platform() -> ProductId {
    ProductId::known("p".to_owned())
}

fn slo(key: &str, name: &str, component: &str, more: &Value) -> Slo {
    let mut sent = json!({
        "key": key, "name": name, "component": component, "target": 0.9, "bucket_seconds": 3600,
        "window": { "kind": "rolling", "days": 28 }, "indicator": { "good": "", "total": "" },
    });
    for (property, value) in more.as_object().unwrap() {
        sent[property] = value.clone();
    }
    let new: NewSlo = serde_json::from_value(sent).unwrap();
    let (key, component) = (new.key.clone().unwrap(), new.component.clone());
    new.into_row(&platform(), key.clone(), component, head(key.as_text())).unwrap()
}

fn incident(id: &str, component: &str, from: &str, to: Option<&str>, customer_minutes: Option<i64>) -> Incident {
    let sent = json!({
        "title": format!("Trouble {id}"), "severity": 2, "components": [component], "started_at": from,
        "detected_at": from, "resolved_at": to, "customer_minutes": customer_minutes,
        "summary": format!("What {id} was like."), "cause": format!("Why {id} came."),
    });
    let new: NewIncident = serde_json::from_value(sent).unwrap();
    let components = new.components.clone();
    new.into_row(&platform(), components, head(id)).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Ten events in each hour of a month of Berlin, but for what is said of some days.
fn measured(month: &str, but: &[(&str, Tally)]) -> BTreeMap<NaiveDate, Tally> {
    let month: crate::kernel::month::Month = month.parse().unwrap();
    let whole = |hours: i64| (0..hours).map(|_| Tally::bucket(10, 10, None)).sum::<Tally>();
    let hours = |day: NaiveDate| {
        let next = day.succ_opt().unwrap();
        let zone = chrono_tz::Europe::Berlin;
        (crate::kernel::month::start_of(next, zone) - crate::kernel::month::start_of(day, zone)).num_hours()
    };
    let days = month.first_day().iter_days().take_while(|day| *day < month.next().first_day());
    let mut all: BTreeMap<_, _> = days.map(|day| (day, whole(hours(day)))).collect();
    all.extend(but.iter().map(|(on, tally)| (day(on), *tally)));
    all
}

/// A day of which so many of its 240 events were good.
fn good(good: i64) -> Tally {
    Tally { good, ..(0..24).map(|_| Tally::bucket(10, 10, None)).sum::<Tally>() }
}

/// `db-writes` is missed, `ci-starts` kept, `db-reads` not measured for a day that would matter,
/// and `ci-old` never.
fn material() -> Material {
    let mut material = bare(&super::both_rates());
    material.slos = vec![
        slo("ci-old", "Old builds", "ci", &json!({})),
        slo("ci-starts", "Builds start", "ci", &json!({ "target": 0.99 })),
        slo("db-reads", "Reads work", "db", &json!({ "target": 0.999 })),
        slo("db-writes", "Writes work", "db", &json!({ "target": 0.5 })),
        slo("gone", "Taken back", "db", &json!({ "retired_on": "2026-10-01" })),
    ];
    let new: NewSloTarget = serde_json::from_value(json!({ "valid_from": "2026-10-01", "target": 0.99 })).unwrap();
    let later: NewSloTarget = serde_json::from_value(json!({ "valid_from": "2026-11-01", "target": 0.1 })).unwrap();
    let dated = [new, later].map(|new| new.into_row(&platform(), "db-writes", head("t")));
    material.targets = HashMap::from([("db-writes".to_owned(), dated.into())]);
    let mut gap = measured("2026-10", &[]);
    gap.remove(&day("2026-10-07"));
    // 7,450 events, of which 74.5 may be bad: 67 on the 20th, and 8 on the 21st.
    let mut writes = measured("2026-10", &[("2026-10-20", good(173)), ("2026-10-21", good(232))]);
    writes.extend(measured("2026-09", &[("2026-09-02", good(204))]));
    material.measured = HashMap::from([
        ("ci-starts".to_owned(), measured("2026-10", &[("2026-10-01", good(220))])),
        ("db-reads".to_owned(), gap),
        ("db-writes".to_owned(), writes),
    ]);
    material.incidents = vec![
        incident("one", "db", "2026-09-30T21:00:00Z", Some("2026-09-30T22:30:00Z"), Some(0)),
        incident("two", "db", "2026-10-20T13:05:00Z", Some("2026-10-20T13:52:00Z"), Some(9_500)),
        incident("three", "ci", "2026-10-20T13:40:00Z", Some("2026-10-20T14:40:00Z"), None),
    ];
    let persona = |sent: Value, id: &str| {
        let new: NewPersona = serde_json::from_value(sent).unwrap();
        new.into_row(&platform(), head(id))
    };
    material.personas = vec![
        persona(json!({ "name": "Developer" }), "dev"),
        persona(json!({ "name": "Gone", "retired_on": "2026-09-01" }), "gone"),
        persona(json!({ "name": "Guest" }), "guest"),
    ];
    let people: NewPopulation = serde_json::from_value(json!({ "valid_from": "2026-10-01", "people": 19 })).unwrap();
    material.populations = vec![people.into_row(&platform(), "dev", head("pop"))];
    let journey = |persona: &str, component: &str, task: &str, on: &str| {
        let sent = json!({ "component": component, "task": task, "on": on, "uses_per_month": 1, "minutes_per_use": 1 });
        let new: NewJourney = serde_json::from_value(sent).unwrap();
        new.into_row(&platform(), persona, component.to_owned(), head(task))
    };
    material.journeys = vec![
        journey("dev", "db", "Look something up", "2026-05-01"),
        journey("dev", "db", "Not asked yet", "2026-11-01"),
        journey("dev", "ci", "Build", "2026-05-01"),
        journey("gone", "db", "Used to", "2026-05-01"),
    ];
    material.activities[0].incident = Some("two".to_owned());
    let mut answer = item(1, Horizon::Now, ItemStatus::InProgress, "2026-10-21", "2026-11-20");
    answer.slos = "db-writes".parse().unwrap();
    answer.personas = "guest gone".parse().unwrap();
    let mut second = item(2, Horizon::Next, ItemStatus::Idea, "", "");
    second.incidents = "two".parse().unwrap();
    let mut dropped = item(3, Horizon::Now, ItemStatus::Dropped, "", "");
    dropped.slos = "db-writes".parse().unwrap();
    material.roadmap = vec![answer, second, dropped, item(4, Horizon::Now, ItemStatus::Planned, "", "")];
    material
}

fn value(fact: &Fact) -> String {
    fact.value.as_ref().map_or_else(|| format!("unknown: {}", fact.unknown.clone().unwrap()), FactValue::shown)
}

fn blocks(draft: &Draft) -> Vec<Block> {
    draft.document.sections.iter().find(|one| one.key.as_text() == "reliability").unwrap().blocks.clone()
}

fn chart(draft: &Draft) -> BurndownChart {
    let found = blocks(draft).into_iter().find_map(|block| match block {
        Block::Burndown(chart) => Some(chart),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn the_figures_of_promises() {
    let draft = Draft::of(&material());
    for (name, expected) in [
        ("slo.count", "4"),
        ("slo.met_count", "1"),
        ("slo.missed_count", "1"),
        ("slo.unknown_count", "2"),
        ("slo.unmeasured_before_count", "3"),
        // The target in force at the month's start, not the one before nor the one to come.
        ("slo.db-writes.target", "0.99"),
        // (7450 − 75) ÷ 7450
        ("slo.db-writes.sli", "0.989932885906"),
        // 75 ÷ (0.01 × 7450)
        ("slo.db-writes.budget_consumed", "1.006711409396"),
        ("slo.db-writes.budget_consumed.worst_day", "0.89932885906"),
        ("slo.db-writes.budget_consumed.other_days", "0.107382550336"),
        // October in Berlin has 745 hours: 0.01 × 44700 × (1 − 1.0067…)
        ("slo.db-writes.budget_remaining_minutes", "-3"),
        ("slo.db-writes.met", "missed"),
        ("slo.db-writes.coverage", "1"),
        ("slo.db-writes.minutes_missing", "0"),
        // In September its target was a half: 36 ÷ (0.5 × 7200)
        ("slo.db-writes.budget_consumed.previous", "0.01"),
        ("slo.db-writes.sli.previous", "0.995"),
        ("slo.db-writes.budget_remaining.2026-10-01", "1"),
        ("slo.db-writes.budget_remaining.2026-10-20", "0.10067114094"),
        ("slo.db-writes.budget_remaining.2026-10-31", "-0.006711409396"),
        // 20 ÷ (0.01 × 7450)
        ("slo.ci-starts.budget_consumed", "0.268456375839"),
        ("slo.ci-starts.met", "kept"),
        ("slo.ci-starts.budget_consumed.previous", "unknown: nothing was measured in 2026-09"),
        ("slo.db-reads.budget_consumed", "0"),
        ("slo.db-reads.met", "unknown: it was not measured all the time, and that time could change it"),
        ("slo.db-reads.minutes_missing", "1440"),
        ("slo.ci-old.sli", "unknown: nothing was measured in 2026-10"),
        ("slo.ci-old.met", "unknown: nothing was measured in 2026-10"),
        ("slo.ci-old.coverage", "0"),
        ("slo.ci-old.minutes_missing", "44700"),
    ] {
        let fact = draft.facts.get(name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(value(fact), expected, "{name}");
        assert!(!fact.formula.is_empty());
    }
    for absent in
        ["slo.gone.sli", "slo.db-reads.budget_consumed.worst_day", "slo.ci-starts.budget_remaining.2026-10-01"]
    {
        assert!(draft.facts.get(absent).is_none(), "{absent}");
    }
}

/// Whoever opens a figure can compute it again from what stands there.
#[test]
fn a_budget_follows_from_its_rows_and_inputs() {
    let draft = Draft::of(&material());
    let number = |value: &Value| value.to_string().parse::<Decimal>().unwrap();
    for key in ["db-writes", "ci-starts"] {
        let fact = draft.facts.get(&format!("slo.{key}.budget_consumed")).unwrap();
        let rows = fact.rows.as_ref().unwrap();
        let sum = |name: &str| rows.iter().map(|row| number(&row[name])).sum::<Decimal>();
        let input = |name: &str| match &fact.inputs.iter().find(|input| input.name == name).unwrap().value {
            Some(FactValue::Number(number)) => *number,
            other => panic!("{other:?}"),
        };
        assert_eq!(rows.len(), 31);
        assert_eq!(sum("total") - sum("good"), input("bad"));
        assert_eq!(sum("bad"), input("bad"));
        assert_eq!((Decimal::ONE - input("target")) * sum("total"), input("allowed"));
        let consumed = draft.facts.number(&fact.name).known().unwrap();
        assert_eq!((input("bad") / input("allowed")).round_dp(12), consumed);
        assert!((sum("budget_consumed") - consumed).abs() < Decimal::new(1, 9));
    }
}

#[test]
fn slices_are_counted_by_their_own_method() {
    let mut material = material();
    let sliced = |method: &str, more: Value| {
        let mut sent = json!({ "budgeting_method": method });
        sent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        slo("ci-starts", "Builds start", "ci", &sent)
    };
    // Of 745 slices, three have nine good events of ten; none of them reaches 95 %.
    let bad: Tally = (0..3).map(|_| Tally::bucket(9, 10, Some(950_000_000_000))).sum();
    let fine: Tally = (0..21).map(|_| Tally::bucket(10, 10, Some(950_000_000_000))).sum();
    material.measured.insert("ci-starts".to_owned(), measured("2026-10", &[("2026-10-05", bad + fine)]));
    for (method, more, sli, consumed) in [
        ("timeslices", json!({ "slice_target": 0.95 }), "0.995973154362", "0.040268456376"),
        ("ratio_timeslices", json!({}), "0.999597315436", "0.004026845638"),
    ] {
        material.slos[1] = sliced(method, more);
        let draft = Draft::of(&material);
        assert_eq!(value(draft.facts.get("slo.ci-starts.sli").unwrap()), sli, "{method}");
        assert_eq!(value(draft.facts.get("slo.ci-starts.budget_consumed").unwrap()), consumed, "{method}");
        let rows = draft.facts.get("slo.ci-starts.sli").unwrap().rows.clone().unwrap();
        assert_eq!(rows[4]["slices"], 24);
    }
}

#[test]
fn the_figures_of_incidents() {
    let draft = Draft::of(&material());
    let uncounted = "of 1 of 3 incidents nobody counted what they took from customers";
    for (name, expected) in [
        ("incident.count", "3"),
        // 30 of the first's minutes are October's; the others overlap for 12.
        ("incident.minutes", "125"),
        ("incident.customer_minutes", &format!("unknown: {uncounted}")),
        ("incident.customer_minutes.counted", "9500"),
        ("incident.one.minutes", "90"),
        ("incident.two.minutes", "47"),
        ("incident.two.minutes_to_detect", "0"),
        ("incident.three.customer_minutes", "unknown: nobody counted what it took from customers"),
        ("slo.db-writes.customer_minutes", "9500"),
        ("persona.dev.people", "19"),
        ("persona.guest.people", "unknown: nobody wrote down how many of 'Guest' there are"),
    ] {
        assert_eq!(value(draft.facts.get(name).unwrap_or_else(|| panic!("no {name}"))), expected, "{name}");
    }
    let rows = draft.facts.get("incident.minutes").unwrap().rows.clone().unwrap();
    let alone: Vec<_> = rows.iter().map(|row| row["minutes_in_month"].to_string()).collect();
    assert_eq!(alone, ["30", "47", "60"]);
    assert!(draft.facts.get("slo.ci-starts.customer_minutes").is_none(), "it was kept");
    assert!(draft.facts.get("persona.gone.people").is_none());
}

#[test]
fn a_stakeholder_reads_what_was_kept_and_what_was_not() {
    let draft = Draft::of(&material());
    let told = paragraphs(&draft, "reliability");
    assert_eq!(
        told[0],
        "1 of 4 promises to users was kept in October 2026 (in September 1); 1 was missed: “Writes work”; of 2 it is not known: “Reads \
         work”, “Old builds”."
    );
    assert!(
        paragraphs(&draft, "headline")[2].starts_with(
            "1 of 4 promises to users was kept (of 2 it is not known); bringing something back after a loss"
        )
    );
    let said: Vec<String> = blocks(&draft)
        .iter()
        .filter_map(|block| match block {
            Block::List { items } => Some(items.iter().map(|item| said(item)).collect::<Vec<_>>()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(
        said[..3],
        [
            "Why: on 20\u{a0}October alone 90\u{a0}% of the budget went, on all other days together 11\u{a0}%. \
             30\u{a0}September, 23:00, for 90\u{a0}min: Trouble one. “What one was like.” Cause: “Why one came.” \
             20\u{a0}October, 15:05, for 47\u{a0}min: Trouble two. “What two was like.” Cause: “Why two came.”",
            "For whom it mattered: customers, for 9,500 minutes (customers × minutes each); Developer (19 people): \
             “Look something up”; Guest (how many is not known).",
            "What is done about it: on the roadmap stands Thing 1 (OPS-1, begun, due 20\u{a0}November): “Outcome \
             1.” Thing 2 (OPS-2, an idea, without a date): “Outcome 2.” On 8\u{a0}October: “Made room for the sale.”",
        ]
    );
    assert!(said[4].ends_with(
        "(Database; severity 2 of 4, serious). Noticed after 0\u{a0}min, over after 47\u{a0}min, \
                               and cost customers 9,500 minutes. It is told above."
    ));
    assert!(said[5].ends_with(
        "what it took from customers is not known. “What three was like.” Cause: “Why three \
                               came.”"
    ));
    let rows = blocks(&draft).into_iter().find_map(|block| match block {
        Block::Table(table) => Some(table.rows),
        _ => None,
    });
    let rows: Vec<Vec<String>> =
        rows.unwrap().iter().map(|row| row.iter().map(|cell| super::said(cell)).collect()).collect();
    assert_eq!(
        rows.iter().map(|row| row.join(" | ")).collect::<Vec<_>>(),
        [
            "Writes work (Database) | missed | 101\u{a0}% | 1\u{a0}% | 98.99\u{a0}% | 99\u{a0}%",
            "Reads work (Database) | not known | 0\u{a0}% | not known | 100\u{a0}% | 99.9\u{a0}%",
            "Old builds (Builds) | not known | not known | not known | not known | 90\u{a0}%",
            "Builds start (Builds) | kept | 27\u{a0}% | not known | 99.73\u{a0}% | 99\u{a0}%",
        ]
    );
}

#[test]
fn the_chart_is_of_the_budget_that_was_used_most() {
    let draft = Draft::of(&material());
    let chart = chart(&draft);
    assert_eq!(chart.points.len(), 31);
    assert_eq!(chart.points[30].fact.name, "slo.db-writes.budget_remaining.2026-10-31");
    assert_eq!(
        (chart.from.to_string(), chart.to.to_string()),
        ("2026-09-30T22:00:00Z".to_owned(), "2026-10-31T23:00:00Z".to_owned())
    );
    let marks: Vec<_> = chart.marks.iter().map(|mark| mark.label.as_str()).collect();
    assert_eq!(marks, ["Trouble one (1\u{a0}October)", "Trouble two (20\u{a0}October)"]);
    assert!(chart.description.contains("all of it was used by 21\u{a0}Oct"), "{}", chart.description);
    let html = page(&draft);
    assert!(html.contains("<polyline class=\"burn\"") && html.matches("class=\"band\"").count() == 2);
    for name in html.split("/facts/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(draft.facts.get(name).is_some(), "the page links to {name}");
    }
}

#[test]
fn a_month_that_goes_on_has_no_outcome_yet() {
    let mut material = material();
    material.at = "2026-10-10T10:00:00Z".parse().unwrap();
    for days in material.measured.values_mut() {
        days.retain(|on, _| *on < day("2026-10-10"));
    }
    material.incidents.retain(|one| one.id == "one");
    material.incidents.push(incident("open", "db", "2026-10-09T10:00:00Z", None, None));
    let draft = Draft::of(&material);
    assert_eq!(value(draft.facts.get("slo.ci-starts.met").unwrap()), "unknown: 2026-10 was not over");
    assert_eq!(
        value(draft.facts.get("incident.open.minutes").unwrap()),
        "unknown: it was not over when this was written"
    );
    assert_eq!(value(draft.facts.get("incident.minutes").unwrap()), "1470", "a day so far, and half an hour");
    assert_eq!(
        paragraphs(&draft, "reliability")[0],
        "October 2026 was not over when this was written. Whether its 4 promises to users are kept is known when it \
         is; this is how they stood."
    );
    assert!(paragraphs(&draft, "headline")[2].starts_with("Bringing something back"));
    assert_eq!(chart(&draft).points.len(), 10, "no day that has not come");
    assert!(chart(&draft).to > material.at, "but room for them");
}

#[test]
fn nothing_promised_and_nothing_gone_wrong_is_said() {
    let draft = Draft::of(&bare(&super::both_rates()));
    assert_eq!(
        paragraphs(&draft, "reliability"),
        [
            "In October 2026 0 promises were made that could be measured, so none could be kept or missed.",
            "In October 2026 0 incidents were recorded (in September 0).",
        ]
    );
}

#[test]
fn what_was_not_measured_stands_among_what_is_missing() {
    let draft = Draft::of(&material());
    let section = draft.document.sections.iter().find(|one| one.key.as_text() == "assumptions").unwrap();
    let Some(Block::Table(table)) = section.blocks.iter().find(|block| matches!(block, Block::Table(_))) else {
        panic!("no table");
    };
    let rows: Vec<String> =
        table.rows.iter().map(|row| row.iter().map(|cell| said(cell)).collect::<Vec<_>>().join(" | ")).collect();
    for expected in [
        "“Old builds” was not measured at all (missing: 31\u{a0}d 1\u{a0}h). | Whether it was kept, and how much of its \
         budget was used.",
        "“Reads work” was not measured for 24\u{a0}h of the month. | Whether it was kept, and how much of its budget \
         was used.",
        "Of 3 promises nothing was measured in September. | How their budgets moved since.",
        "Of 1 of 3 incidents nobody counted what they took from customers. | incident.customer_minutes",
    ] {
        assert!(rows.iter().any(|row| row == expected), "{expected}\n{rows:#?}");
    }
    assert!(!rows.iter().any(|row| row.contains("slo.db")), "{rows:#?}");
}

#[test]
fn a_promise_is_shown_with_the_digits_by_which_it_was_missed() {
    let shown = |share: &str| {
        let figure: Figure<Decimal> = Figure::Known(share.parse().unwrap());
        Fact::new("x", crate::reports::facts::SHARE, figure, "").shown_as(Form::Fine)
    };
    assert_eq!((shown("0.9995"), shown("0.99949")), ("99.95\u{a0}%".to_owned(), "99.949\u{a0}%".to_owned()));
}
