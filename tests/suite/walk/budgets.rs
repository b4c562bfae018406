//! What may be spent, what is, and where the year will end: every month is one that is told elsewhere.

use super::{
    calculator::{Exact, settled, whole},
    costs,
    opened::{Found, Opened, cell},
};
use num::Zero;
use serde_json::Value;
use std::collections::BTreeMap;

/// The months of the fiscal year that are over in the report of October; the forecast rests on the last three.
const OVER: [&str; 10] =
    ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"];

pub fn found(fact: Opened) -> Option<Found> {
    let words: Vec<&str> = fact.name.split('.').collect();
    let (whose, what) = match words.as_slice() {
        ["budget", "year_elapsed"] => {
            let months: Vec<&str> = fact.rows().iter().filter_map(|row| row["month"].as_str()).collect();
            assert_eq!(months, OVER);
            let over = whole(10);
            fact.agrees("months_over", &over);
            return Some((over / whole(12)).into());
        }
        ["budget", "product", what] => (None, *what),
        ["budget", "component", key, what] => (Some(*key), *what),
        _ => return None,
    };
    let of = |what: &str| match whose {
        None => format!("budget.product.{what}"),
        Some(key) => format!("budget.component.{key}.{what}"),
    };
    Some(match what {
        "planned" => {
            let [row] = fact.rows() else { panic!("{} is not one budget", fact.name) };
            assert_eq!((row["component"].as_str(), row["fiscal_year"].as_str()), (whose, Some("FY2026")));
            cell(row, "amount").into()
        }
        "actual" => spent(fact, whose, &OVER).into(),
        "basis" => spent(fact, whose, &OVER[7..]).into(),
        "used" => (fact.from(&of("actual")) / fact.from(&of("planned"))).into(),
        "forecast" => {
            fact.agrees("months_left", &whole(2));
            (fact.from(&of("actual")) + whole(2) * fact.from(&of("basis")) / whole(3)).into()
        }
        "variance" => (settled(&fact.from(&of("forecast"))) - fact.from(&of("planned"))).into(),
        _ => return None,
    })
}

/// Some months: of everything, facts of their own; of a component, those lines of each of them that are its.
fn spent(fact: Opened, whose: Option<&str>, months: &[&str]) -> Exact {
    let name = |month: &&str| format!("cost.month.{month}");
    let Some(key) = whose else {
        let names: Vec<&str> = fact.opened("cost.month.").iter().map(|month| month.name).collect();
        assert_eq!(names, months.iter().map(name).collect::<Vec<_>>(), "{}", fact.name);
        return names.iter().map(|name| fact.from(name)).sum();
    };
    let mut rows: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in fact.rows() {
        rows.entry(row["month"].as_str().expect("a month")).or_default().push(row);
    }
    for month in months {
        let all = fact.walk.fact(&name(month)).rows();
        let mine: Vec<&Value> = all.iter().filter(|row| row["component"] == key).collect();
        assert_eq!(rows.get(month).cloned().unwrap_or_default(), mine, "{} in {month}", fact.name);
    }
    assert!(rows.keys().all(|month| months.contains(month)), "{}", fact.name);
    rows.into_values().map(|rows| costs::total(fact, rows)).fold(Exact::zero(), |sum, month| sum + month)
}
