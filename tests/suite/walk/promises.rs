//! What was promised and how far it was kept, and what went wrong.

use super::{
    calculator::{Exact, kept, number, whole},
    length_of, month_of,
    opened::{Found, Opened, cell, sum},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeSet;

pub fn found(fact: Opened) -> Option<Found> {
    let words: Vec<&str> = fact.name.split('.').collect();
    Some(match words.as_slice() {
        ["slo", "count"] => fact.count(|_| true),
        ["slo", "met_count"] => fact.counts("slo.count", |row| row["outcome"] == "kept"),
        ["slo", "missed_count"] => fact.counts("slo.count", |row| row["outcome"] == "missed"),
        ["slo", "unknown_count"] => fact.counts("slo.count", |row| row["outcome"].is_null()),
        ["slo", "unmeasured_before_count"] => fact.count(|row| {
            let key = row["slo"].as_str().expect("a key");
            fact.walk.fact(&format!("slo.{key}.sli.previous")).shown().is_null()
        }),
        ["slo", "met_count", earlier] => judged(fact, earlier, "kept"),
        ["slo", "missed_count", earlier] => judged(fact, earlier, "missed"),
        ["slo", key, what @ ..] => Promise { fact, key }.found(what)?,
        ["incident", "count", ..] => fact.count(|row| {
            let [from, to] = span(fact.walk.fact(&fact.name.replacen("count", "minutes", 1)));
            at(&row["started_at"]).is_some_and(|began| began < to)
                && at(&row["resolved_at"]).is_none_or(|end| end > from)
        }),
        ["incident", "minutes", ..] => together(fact),
        ["incident", "customer_minutes", ..] => customers(fact),
        ["incident", _, "customer_minutes"] => cell(the_row(fact), "customer_minutes").into(),
        ["incident", _, "minutes"] => between(fact, "started_at", "resolved_at"),
        ["incident", _, "minutes_to_detect"] => between(fact, "started_at", "detected_at"),
        _ => return None,
    })
}

/// The promises of an earlier month that came out so; all of them were measured all of the time.
fn judged(fact: Opened, earlier: &str, outcome: &str) -> Found {
    fact.count(|row| {
        let consumed = format!("slo.{}.budget_consumed.{earlier}", row["slo"].as_str().expect("a key"));
        let came_out = if fact.walk.number(&consumed) > whole(1) { "missed" } else { "kept" };
        row["outcome"] == outcome && came_out == outcome
    })
}

fn the_row<'w>(fact: Opened<'w>) -> &'w Value {
    let [row] = fact.rows() else { panic!("{} is not of one row", fact.name) };
    row
}

/// A fact of a promise. Its days are counted in events where the rows have a total, else in slices.
#[derive(Clone, Copy)]
struct Promise<'w> {
    fact: Opened<'w>,
    key: &'w str,
}

impl<'w> Promise<'w> {
    fn name(self, what: &str) -> String {
        format!("slo.{}.{what}", self.key)
    }

    fn from(self, what: &str) -> Exact {
        self.fact.from(&self.name(what))
    }

    /// Another fact of the same promise.
    fn other(self, what: &str) -> Self {
        Self { fact: self.fact.walk.fact(&self.name(what)), ..self }
    }

    fn is_of_events(self) -> bool {
        self.fact.rows().iter().any(|row| row.get("total").is_some())
    }

    fn found(self, what: &[&str]) -> Option<Found> {
        let fact = self.fact;
        Some(match what {
            ["target"] => {
                let days: Vec<&str> = fact.rows().iter().skip(1).filter_map(|row| row["valid_from"].as_str()).collect();
                assert!(days.is_sorted() && days.iter().all(|day| *day <= "2026-10-01"), "{}: {days:?}", fact.name);
                cell(fact.rows().last()?, "target").into()
            }
            ["sli"] | ["sli", _] => {
                self.is_day_by_day(length_of(month_of(fact.name)).0);
                let of = if self.is_of_events() { "total" } else { "slices" };
                for row in fact.rows() {
                    assert_eq!(cell(row, "bad"), cell(row, of) - cell(row, "good"), "{}: {row}", fact.name);
                }
                (fact.sum("good") / fact.sum(of)).into()
            }
            ["budget_consumed"] => {
                self.is_day_by_day(31);
                self.consumed(&self.month())
            }
            ["budget_consumed", "previous" | "year_before"] => {
                let (days, minutes) = length_of(month_of(fact.name));
                self.is_day_by_day(days);
                self.consumed(&whole(minutes))
            }
            ["budget_consumed", "worst_day"] => {
                let days = self.other("budget_consumed").fact.rows();
                let row = the_row(fact);
                assert!(days.contains(row) && days.iter().all(|day| cell(day, "bad") <= cell(row, "bad")), "{row}");
                fact.agrees("bad", &cell(row, "bad"));
                fact.agrees("allowed", &self.allowed());
                let share = cell(row, "bad") / self.allowed();
                assert!(self.from("budget_consumed") >= share, "{}", fact.name);
                share.into()
            }
            ["budget_consumed", "other_days"] => {
                assert_eq!(fact.rows().len(), 30, "{}", fact.name);
                let rest = self.from("budget_consumed") - self.from("budget_consumed.worst_day");
                assert_eq!(fact.sum("bad") / self.allowed(), rest, "{}", fact.name);
                rest.into()
            }
            ["budget_remaining_minutes"] => {
                assert_eq!(fact.input("minutes_of_month"), self.month());
                ((whole(1) - self.from("target")) * self.month() * (whole(1) - self.from("budget_consumed"))).into()
            }
            ["budget_remaining", day] => {
                let days =
                    self.other("budget_consumed").fact.rows().iter().filter(|row| row["day"].as_str() <= Some(day));
                assert_eq!(fact.rows().iter().collect::<Vec<_>>(), days.collect::<Vec<_>>(), "{}", fact.name);
                let bad = fact.sum("bad");
                fact.agrees("bad_so_far", &bad);
                fact.agrees("allowed", &self.allowed());
                (whole(1) - bad / self.allowed()).into()
            }
            ["met"] => self.met(),
            ["coverage"] => (fact.sum("slices_with_data") / self.passed()).into(),
            ["minutes_missing"] => ((self.passed() - fact.sum("slices_sent")) * fact.input("minutes_of_slice")).into(),
            ["customer_minutes", ..] => customers(fact),
            _ => return None,
        })
    }

    /// Of each day there is a row: the company measures all of its promises every day.
    fn is_day_by_day(self, days: usize) {
        let all: BTreeSet<&str> = self.fact.rows().iter().filter_map(|row| row["day"].as_str()).collect();
        assert_eq!((all.len(), self.fact.rows().len()), (days, days), "{}", self.fact.name);
    }

    /// The minutes of the month: it was over, in a zone whose clocks were put back in it.
    fn month(self) -> Exact {
        whole((31 * 24 + 1) * 60)
    }

    /// The slices of the month, all of which had passed.
    fn passed(self) -> Exact {
        let slices = self.month() / self.other("minutes_missing").fact.input("minutes_of_slice");
        self.fact.agrees("slices_passed", &slices);
        slices
    }

    /// How much may be bad in the whole month.
    fn allowed(self) -> Exact {
        self.other("budget_consumed").fact.input("allowed")
    }

    fn consumed(self, minutes: &Exact) -> Found {
        let fact = self.fact;
        let of = if self.is_of_events() {
            ("events", fact.sum("total"))
        } else {
            ("slices_of_month", minutes / self.other("minutes_missing").fact.input("minutes_of_slice"))
        };
        fact.agrees(of.0, &of.1);
        let targets = self.other("target").fact.rows();
        assert!(targets.iter().any(|row| cell(row, "target") == fact.input("target")), "{}", fact.name);
        let (bad, allowed) = (fact.sum("bad"), (whole(1) - fact.input("target")) * of.1);
        fact.agrees("bad", &bad);
        fact.agrees("allowed", &allowed);
        for row in fact.rows() {
            let share = kept(&(cell(row, "bad") / &allowed));
            assert_eq!(number(&row["budget_consumed"]), Some(share), "{}: {row}", fact.name);
        }
        (bad / allowed).into()
    }

    /// Kept, if no more than the budget was used, also had all that was not measured been bad.
    fn met(self) -> Found {
        let fact = self.fact;
        self.is_day_by_day(31);
        let (bad, share) = (fact.sum("bad"), whole(1) - self.from("target"));
        assert_eq!(self.from("sli") == whole(1), bad == whole(0), "{}", fact.name);
        let (slices, with_data) = (fact.input("slices_of_month"), fact.sum("slices_with_data"));
        let (unmeasured, of) = if self.is_of_events() {
            let events = (slices - fact.sum("slices_sent")) * fact.sum("total") / with_data;
            (events.clone(), fact.sum("total") + events)
        } else {
            (&slices - with_data, slices)
        };
        match (self.from("budget_consumed") > whole(1), (bad + unmeasured) / (share * of) > whole(1)) {
            (true, _) => Found::Text("missed".to_owned()),
            (false, false) => Found::Text("kept".to_owned()),
            (false, true) => Found::Unknown(fact.text("unknown").to_owned()),
        }
    }
}

fn at(time: &Value) -> Option<DateTime<Utc>> {
    time.as_str().map(|time| time.parse().unwrap_or_else(|_| panic!("{time} is no time")))
}

fn minutes(time: TimeDelta) -> Exact {
    whole(time.num_microseconds().expect("not many")) / whole(60_000_000)
}

fn between(fact: Opened, from: &str, to: &str) -> Found {
    let row = the_row(fact);
    match (at(&row[from]), at(&row[to])) {
        (Some(from), Some(to)) => minutes(to - from).into(),
        _ => Found::Unknown(fact.text("unknown").to_owned()),
    }
}

/// The time that is looked at.
fn span(fact: Opened) -> [DateTime<Utc>; 2] {
    let span = ["from", "to"].map(|end| at(fact.input_value(end)).expect("a time"));
    assert_eq!(minutes(span[1] - span[0]), whole(length_of(month_of(fact.name)).1), "{}", fact.name);
    span
}

/// Minute by minute: one in which several lasted counts once. All that happened did so on the minute.
fn together(fact: Opened) -> Found {
    let [mut minute, end] = span(fact);
    let lasted: Vec<_> = fact
        .rows()
        .iter()
        .map(|row| (at(&row["started_at"]).expect("a start"), at(&row["resolved_at"]).unwrap_or(end)))
        .collect();
    let mut count = 0;
    while minute < end {
        count += i64::from(lasted.iter().any(|(from, to)| *from <= minute && minute < *to));
        minute += TimeDelta::minutes(1);
    }
    let alone: Vec<Exact> = lasted.iter().map(|(from, to)| minutes(*to - *from)).collect();
    let said: Vec<Exact> = fact.rows().iter().map(|row| cell(row, "minutes_in_month")).collect();
    assert_eq!(said, alone, "none of them reached over the month's ends");
    whole(count).into()
}

fn customers(fact: Opened) -> Found {
    let counted = fact.rows().iter().filter(|row| !row["customer_minutes"].is_null());
    if !fact.name.ends_with(".counted") && counted.clone().count() < fact.rows().len() {
        return Found::Unknown(fact.text("unknown").to_owned());
    }
    if let Some(all) = fact.name.strip_suffix(".counted") {
        let all = fact.walk.fact(all).rows().iter().filter(|row| !row["customer_minutes"].is_null());
        assert_eq!(fact.rows().iter().collect::<Vec<_>>(), all.collect::<Vec<_>>(), "{}", fact.name);
    }
    sum(counted, "customer_minutes").into()
}
