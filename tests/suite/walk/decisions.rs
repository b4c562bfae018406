//! What waiting for decisions has cost.

use super::{
    calculator::{Exact, settled, whole},
    costs::total,
    opened::{Found, Opened, cell},
};
use chrono::NaiveDate;
use serde_json::Value;

pub fn found(fact: Opened) -> Option<Found> {
    let words: Vec<&str> = fact.name.split('.').collect();
    Some(match words.as_slice() {
        ["decisions", "open"] => fact.count(|row| row["answered_on"].as_str().is_none_or(|on| on > "2026-10-31")),
        ["decisions", "overdue"] => {
            let judged = fact.input_value("judged_on").as_str();
            fact.counts("decisions.open", |row| row["due_on"].is_string() && row["due_on"].as_str() < judged)
        }
        ["decisions", "answered"] => {
            fact.count(|row| row["answered_on"].as_str().is_some_and(|on| on.starts_with(super::MONTH)))
        }
        ["decisions", "waiting_cost"] => waiting(fact, "decisions.open"),
        ["decisions", "answered_waiting_cost"] => waiting(fact, "decisions.answered"),
        ["decisions", of, "counted"] => {
            let of = fact.walk.fact(&format!("decisions.{of}"));
            let known: Vec<&Value> = of.rows().iter().filter(|row| !row["amount"].is_null()).collect();
            assert_eq!(fact.rows().iter().collect::<Vec<_>>(), known, "{}", fact.name);
            total(fact, fact.rows()).into()
        }
        ["decision", _, "cost_of_delay"] => cell(row(fact), "cost_of_delay").into(),
        ["decision", _, "days_late"] => match days_late(row(fact), fact.input_value("judged_on")) {
            Some(days) => days.into(),
            None => Found::Unknown(fact.text("unknown").to_owned()),
        },
        ["decision", _, "waiting_cost"] => match waited(row(fact)) {
            true => total(fact, fact.rows()).into(),
            false => Found::Unknown(fact.text("unknown").to_owned()),
        },
        _ => return None,
    })
}

fn row<'w>(fact: Opened<'w>) -> &'w Value {
    let [row] = fact.rows() else { panic!("{} is not of one decision", fact.name) };
    row
}

fn day(value: &Value) -> Option<NaiveDate> {
    value.as_str().map(|day| day.parse().expect("a day"))
}

/// From the day on which it was due to its answer, or to the day that is judged.
fn days_late(row: &Value, judged: &Value) -> Option<Exact> {
    let judged = day(judged).expect("the day that is judged");
    let until = day(&row["answered_on"]).map_or(judged, |on| on.min(judged));
    Some(whole((until - day(&row["due_on"])?).num_days().max(0)))
}

/// Whether it is known what waiting cost; then it is the days' part of the weeks.
fn waited(row: &Value) -> bool {
    if row["amount"].is_null() {
        return false;
    }
    let days = cell(row, "days_late");
    let weekly = if row["cost_of_delay"].is_null() { whole(0) } else { cell(row, "cost_of_delay") };
    assert_eq!(cell(row, "amount"), settled(&(weekly * days / whole(7))), "{row}");
    true
}

fn waiting(fact: Opened, of: &str) -> Found {
    let decisions: Vec<&Value> = fact.walk.fact(of).rows().iter().collect();
    assert_eq!(fact.rows().iter().collect::<Vec<_>>(), decisions, "{} of {of}", fact.name);
    match decisions.into_iter().all(waited) {
        true => total(fact, fact.rows()).into(),
        false => Found::Unknown(fact.text("unknown").to_owned()),
    }
}
