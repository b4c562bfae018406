//! What users may count on, and how their tasks go.

use super::{
    calculator::whole,
    opened::{Found, Opened, cell},
};
use serde_json::Value;

const ASSESSED: [&str; 3] = ["follows", "partly", "violates"];

pub fn found(fact: Opened) -> Option<Found> {
    let words: Vec<&str> = fact.name.split('.').collect();
    Some(match words.as_slice() {
        ["principles", "followed"] | ["principle", _, "followed"] => share(fact, "level"),
        ["principles", "followed", "previous"] | ["principle", _, "followed", "previous"] => {
            share(fact, "level_before")
        }
        ["principles", "violated"] => counted(fact, "violates"),
        ["principles", "not_assessed"] => counted(fact, "not_assessed"),
        ["principle", _, level] => counted(fact, level),
        ["principle", _, "component", component] => {
            let [row] = fact.rows() else { panic!("{} is not one finding", fact.name) };
            assert_eq!(row["component"], *component, "{}", fact.name);
            Found::Text(row["level"].as_str().expect("a level").to_owned())
        }
        ["journey", _, what @ ..] => {
            let [row] = fact.rows() else { panic!("{} is not one observation", fact.name) };
            assert!(row["on"].as_str() < Some("2026-11-01"), "{row}");
            let column = match what.first() {
                Some(&"uses") => "uses_per_month",
                Some(&"minutes") => "minutes_per_use",
                _ => "satisfaction",
            };
            cell(row, column).into()
        }
        _ => return None,
    })
}

/// Follows of all that was assessed, by the rows; the inputs count the same.
fn share(fact: Opened, level: &str) -> Found {
    let count = |is: &str| fact.rows().iter().filter(|row| row[level] == is).count();
    let number = |count: usize| whole(i64::try_from(count).expect("a small number"));
    for is in ASSESSED {
        assert_eq!(fact.input(is), number(count(is)), "{}: {is}", fact.name);
    }
    assert_eq!(ASSESSED.iter().map(|is| count(is)).sum::<usize>(), fact.rows().len(), "{}", fact.name);
    match fact.rows().len() {
        0 => Found::Unknown("nothing was assessed".to_owned()),
        assessed => (number(count("follows")) / number(assessed)).into(),
    }
}

fn counted(fact: Opened, level: &str) -> Found {
    let is = |row: &Value| row["level"] == level;
    assert!(fact.rows().iter().all(is), "{}", fact.name);
    whole(i64::try_from(fact.rows().len()).expect("a small number")).into()
}
