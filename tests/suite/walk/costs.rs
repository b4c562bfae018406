//! What it cost: amounts of one currency are summed first, then converted, then rounded once.

use super::{
    MONTH, PREVIOUS, YEAR_BEFORE,
    calculator::{Exact, settled, whole},
    opened::{Found, Opened, cell, sum},
};
use num::{Signed, Zero};
use serde_json::Value;
use std::collections::BTreeMap;

pub fn found(fact: Opened) -> Option<Found> {
    let words: Vec<&str> = fact.name.split('.').collect();
    Some(match words.as_slice() {
        ["exchange_rate", from, to, month] => {
            let [row] = fact.rows() else { panic!("{} is not one recorded rate", fact.name) };
            let said = [&row["from"], &row["to"], &row["month"]].map(|word| word.as_str().unwrap_or_default());
            assert_eq!(said.map(str::to_lowercase), [*from, *to, *month], "{}", fact.name);
            cell(row, "rate").into()
        }
        ["cost", "change", "share"] => (fact.from("cost.change") / fact.from("cost.total.previous")).into(),
        ["cost", "change_of_year"] => (fact.from("cost.total") - fact.from("cost.total.year_before")).into(),
        ["cost", "change_of_year", "share"] => {
            (fact.from("cost.change_of_year") / fact.from("cost.total.year_before")).into()
        }
        ["cost", "nature", nature, "share"] => {
            (fact.from(&format!("cost.nature.{nature}")) / fact.from("cost.total")).into()
        }
        ["cost", "full_time_equivalents"] => {
            assert_eq!(fact.rows(), fact.walk.fact("cost.category.labour").rows());
            (fact.sum("hours") * whole(12) / (fact.input("full_time_week_hours") * whole(52))).into()
        }
        ["cost", of @ .., "change"] => change(fact, &of.join(".")),
        ["cost", of @ .., "change", category] => {
            assert!(fact.rows().iter().all(|row| row["category"] == *category && of_whom(row, of)), "{}", fact.name);
            let of_month = |month: &str| fact.rows().iter().filter(|row| row["month"] == month).collect::<Vec<_>>();
            let (now, before) = (of_month(MONTH), of_month(PREVIOUS));
            assert_eq!(now.len() + before.len(), fact.rows().len(), "{}", fact.name);
            (total(fact, now) - total(fact, before)).into()
        }
        ["cost", of @ ..] => one_of(fact, of)?,
        _ => return None,
    })
}

/// Cost of one month: also what the rows of all cost of that month come to, as far as they are meant.
fn one_of(fact: Opened, of: &[&str]) -> Option<Found> {
    let all = match of {
        ["total"] => format!("cost.month.{MONTH}"),
        ["total", "previous"] => format!("cost.month.{PREVIOUS}"),
        // The chart begins a month later.
        ["total", "year_before"] => {
            assert!(fact.rows().iter().all(|row| row["month"] == YEAR_BEFORE), "{}", fact.name);
            fact.name.to_owned()
        }
        ["month", month] | ["month", month, _] => format!("cost.month.{month}"),
        ["nature", _] | ["category", _] | ["component", _] | ["unallocated"] | ["allocated"] => "cost.total".to_owned(),
        ["component", _, what] | ["unallocated", what] => match *what {
            "previous" | "year_before" => format!("cost.total.{what}"),
            "maintenance" => "cost.total".to_owned(),
            _ => return None,
        },
        _ => return None,
    };
    let (own, all) = (total(fact, fact.rows()), fact.walk.fact(&all));
    let meant = all.rows().iter().filter(|row| is_meant(fact, of, row));
    assert_eq!(own, total(all, meant), "{} in {}", fact.name, all.name);
    Some(own.into())
}

/// Whether a row of all cost of a month is one of what a fact's name says.
fn is_meant(fact: Opened, of: &[&str], row: &Value) -> bool {
    match of {
        ["month", month] => row["month"] == *month,
        ["month", month, "all_others"] => {
            let start = format!("cost.month.{month}.");
            !fact.walk.named(&start).any(|one| row["component"] == one.name[start.len()..])
        }
        ["month", _, key] => row["component"] == *key,
        ["nature", nature] => row["nature"] == *nature,
        ["category", category] => row["category"] == *category,
        ["component", key, "maintenance"] => of_whom(row, &["component", key]) && row["nature"] == "run",
        ["unallocated", "maintenance"] => of_whom(row, &["unallocated"]) && row["nature"] == "run",
        ["component", key, ..] => of_whom(row, &["component", key]),
        ["unallocated", ..] => of_whom(row, &["unallocated"]),
        ["allocated"] => !row["allocation_rule"].is_null(),
        _ => true,
    }
}

/// Whether a row is of a component, or of none, as a fact's name says it.
fn of_whom(row: &Value, of: &[&str]) -> bool {
    match of {
        ["component", key] => row["component"] == *key,
        ["unallocated"] => row["component"].is_null(),
        _ => true,
    }
}

/// Now less before; and by category, which adds up to the same.
fn change(fact: Opened, of: &str) -> Found {
    let now = if of.is_empty() { "cost.total".to_owned() } else { format!("cost.{of}") };
    let moved = fact.from(&now) - fact.from(&format!("{now}.previous"));
    for row in fact.rows() {
        let change = cell(row, "now") - cell(row, "previous");
        assert_eq!(cell(row, "change"), change, "{}: {row}", fact.name);
        let category = row["category"].as_str().expect("a category");
        assert_eq!(fact.walk.number(&format!("{}.{category}", fact.name)), change, "{}", fact.name);
    }
    let named = format!("{}.", fact.name);
    let parts = fact.walk.named(&named).filter(|one| one.name != "cost.change.share").count();
    assert_eq!(fact.rows().len(), parts, "{} by category", fact.name);
    // Each category is rounded by itself.
    assert!((fact.sum("change") - &moved).abs() <= Exact::new(1.into(), 10_i64.pow(11).into()), "{}", fact.name);
    moved.into()
}

/// The sum of some rows of a fact in the product's currency.
pub fn total<'v>(fact: Opened, rows: impl IntoIterator<Item = &'v Value>) -> Exact {
    let mut sums: BTreeMap<(&str, &str), Vec<&Value>> = BTreeMap::new();
    for row in rows {
        let currency = row["amount"]["currency"].as_str().unwrap_or_else(|| panic!("no amount in {row}"));
        sums.entry((row["month"].as_str().unwrap_or(MONTH), currency)).or_default().push(row);
    }
    let converted = sums.into_iter().map(|((month, currency), rows)| match sum(rows, "amount") {
        nothing if nothing.is_zero() => nothing,
        amount if currency == "EUR" => amount,
        amount => amount * fact.from(&format!("exchange_rate.{}.eur.{month}", currency.to_lowercase())),
    });
    settled(&converted.sum())
}
