//! What was done, and what comes next: hours, activities, recovery tests, roadmap, and how much of
//! the month is known.

use super::{
    calculator::whole,
    month_of,
    opened::{Found, Opened, cell, sum},
};
use serde_json::Value;

const TOIL: [&str; 4] = ["toil", "on_call", "incident_response", "support"];

pub fn found(fact: Opened) -> Option<Found> {
    let words: Vec<&str> = fact.name.split('.').collect();
    Some(match words.as_slice() {
        ["effort", "hours"] | ["effort", "hours", _] => fact.sum("hours").into(),
        ["effort", "kind", kind, "share", earlier] => {
            let all = format!("effort.hours.{earlier}");
            let mine = fact.walk.fact(&all).rows().iter().filter(|row| row["kind"] == *kind);
            assert_eq!(fact.rows().iter().collect::<Vec<_>>(), mine.collect::<Vec<_>>(), "{}", fact.name);
            (fact.sum("hours") / fact.from(&all)).into()
        }
        ["effort", "kind", kind] => {
            let mine = |row: &&Value| row["kind"] == *kind;
            let all = fact.walk.fact("effort.hours").rows().iter().filter(mine);
            assert_eq!(fact.rows().iter().collect::<Vec<_>>(), all.collect::<Vec<_>>(), "{}", fact.name);
            fact.sum("hours").into()
        }
        ["effort", "kind", kind, "share"] => {
            (fact.from(&format!("effort.kind.{kind}")) / fact.from("effort.hours")).into()
        }
        ["effort", "toil_share"] | ["effort", "toil_share", _] => {
            assert_eq!(fact.input("line_of_google_sre"), whole(1) / whole(2));
            let is_toil = |row: &&Value| TOIL.iter().any(|kind| row["kind"] == *kind);
            (sum(fact.rows().iter().filter(is_toil), "hours") / fact.sum("hours")).into()
        }
        ["activities", "count"] => fact.count(|row| in_month(fact, &row["on"])),
        ["activities", "unplanned"] => fact.counts("activities.count", |row| row["planned"] == false),
        ["activities", "kind", kind] => fact.counts("activities.count", |row| row["kind"] == *kind),
        ["recovery", "tests"] | ["recovery", "tests", _] => fact.count(|row| in_month(fact, &row["on"])),
        ["recovery", "overdue"] => fact.count(|row| row["tier"] == 1 && is_overdue(fact, &row["last_test"])),
        ["recovery", result] => fact.counts("recovery.tests", |row| row["result"] == *result),
        ["roadmap", "shipped_count", _] => fact.count(|row| in_month(fact, &row["shipped_on"])),
        ["roadmap", "promised_count", outcome] => {
            fact.counts("roadmap.promised_count", |row| row["outcome"] == *outcome)
        }
        ["roadmap", what] => roadmap(fact, what)?,
        ["coverage", "unallocated_share"] => (fact.from("cost.unallocated") / fact.from("cost.total")).into(),
        ["coverage", "without_owner"] => fact.count(|row| row["lifecycle"] != "retired"),
        ["coverage", "effort"] | ["coverage", "effort", "previous"] => {
            are_weeks(fact);
            (fact.sum("recorded") / fact.sum("expected")).into()
        }
        ["coverage", "effort", "missing"] | ["coverage", "effort", "previous", "missing"] => {
            are_weeks(fact);
            (fact.sum("expected") - fact.sum("recorded")).into()
        }
        ["persona", _, "people"] => {
            let [row] = fact.rows() else { panic!("{} is not one population", fact.name) };
            assert!(row["valid_from"].as_str() <= Some("2026-10-01"), "{row}");
            cell(row, "people").into()
        }
        _ => return None,
    })
}

/// The weeks that have a Monday to Friday in the month, each once.
fn are_weeks(fact: Opened) {
    let weeks = if fact.name.contains("previous") { 36..=40 } else { 40..=44 };
    let weeks: Vec<String> = weeks.map(|week| format!("2026-W{week}")).collect();
    let told: Vec<_> = fact.rows().iter().filter_map(|row| row["week"].as_str()).collect();
    assert_eq!(told, weeks, "{}", fact.name);
}

fn in_month(fact: Opened, day: &Value) -> bool {
    day.as_str().is_some_and(|day| day.starts_with(month_of(fact.name)))
}

/// What became of an item that was promised for a day, by where it stands at the month's end.
fn became(row: &Value) -> &'static str {
    let after = |day: &Value| row["promised_on"].as_str().is_some_and(|promised| day.as_str() > Some(promised));
    match row["status"].as_str() {
        None => "removed",
        Some("shipped") if after(&row["shipped_on"]) => "late",
        Some("shipped") => "kept",
        Some("dropped") => "dropped",
        _ if row["horizon"] != "now" => "put_off",
        _ if after(&row["target_on"]) || row["promised_on"].as_str() < Some("2026-10-31") => "slipped",
        _ => "on_course",
    }
}

/// A year before the day that is judged by, the last test was longer ago still.
fn is_overdue(fact: Opened, last: &Value) -> bool {
    let on = fact.input_value("judged_on").as_str().expect("a day");
    let (year, day) = on.split_at(4);
    let limit = format!("{}{day}", year.parse::<i32>().expect("a year") - 1);
    last.as_str().is_none_or(|last| last < limit.as_str())
}

fn roadmap(fact: Opened, what: &str) -> Option<Found> {
    let is_open = |row: &Value| row["status"] != "shipped" && row["status"] != "dropped";
    Some(match what {
        "now_count" | "next_count" | "later_count" => {
            fact.count(|row| is_open(row) && what.strip_suffix("_count") == row["horizon"].as_str())
        }
        "now_begun_count" => fact.counts("roadmap.now_count", |row| row["status"] == "in_progress"),
        "shipped_count" => fact.count(|row| in_month(fact, &row["shipped_on"])),
        "promised_count" => {
            assert!(fact.rows().len() > 10 && fact.input_value("report") == "2026-09 revision 1");
            fact.count(|row| row["outcome"] == became(row))
        }
        "added_count" => {
            let named = |row: &Value| row["roadmap_item"].as_str().is_some_and(|one| one >= "OPS-50");
            assert_eq!(fact.rows().len(), 11);
            fact.count(|row| is_open(row) && named(row))
        }
        "overdue_count" => {
            let on = fact.input_value("judged_on").as_str();
            let is_late = |row: &Value| row["target_on"].as_str().is_some_and(|target| Some(target) < on);
            let open = ["now", "next", "later"].map(|one| fact.walk.fact(&format!("roadmap.{one}_count")).rows());
            let late: Vec<&Value> = open.into_iter().flatten().filter(|row| is_late(row)).collect();
            assert_eq!(fact.rows().iter().collect::<Vec<_>>(), late);
            fact.count(|row| is_open(row) && is_late(row))
        }
        _ => return None,
    })
}
