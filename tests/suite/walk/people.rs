//! What users may count on, how their tasks go, and what they say.

use super::{
    MONTH,
    calculator::{Exact, rounded, whole},
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
        ["feedback", "open"] => fact.count(|row| row["text"].is_string() && row["votes"].is_u64()),
        ["feedback", "answered_items"] => fact.count(|row| {
            let day = row["shipped_on"].as_str().expect("a day");
            day.starts_with(MONTH) && row["feedback"].as_array().is_some_and(|answered| !answered.is_empty())
        }),
        // Single answers are not opened to everybody who has the report's link.
        ["survey", _, "n"] if fact.rows().is_empty() => {
            let few = fact.shown().as_i64().expect("a count");
            assert!(few < 5, "{}: {few}", fact.name);
            whole(few).into()
        }
        ["survey", _, "n"] => fact.sum("answers").into(),
        ["survey", survey, what] => {
            let n = fact.walk.fact(&format!("survey.{survey}.n"));
            if n.rows().is_empty() {
                return Some(too_few(n.shown().as_i64().expect("a count")));
            }
            scored(n.rows(), fact.text("unit") == "points", what)
        }
        _ => return None,
    })
}

fn too_few(n: i64) -> Found {
    Found::Unknown(format!("{n} of the 5 answers that there must be before they are told together"))
}

/// The score of a survey, by how many gave each answer, or an end of its 95 % interval: of a net promoter score the adjusted
/// Wald interval (Rocks 2016), of a share of content answers Wilson's. All is told to six digits.
fn scored(answers: &[Value], is_nps: bool, what: &str) -> Found {
    let among = |from: i64, to: i64| -> i64 {
        let meant = |row: &&Value| (from..=to).contains(&row["score"].as_i64().expect("a score"));
        answers.iter().filter(meant).map(|row| row["answers"].as_i64().expect("a count")).sum()
    };
    let n = among(0, 10);
    assert!(n >= 5, "{n} answers are too few");
    const Z: f64 = 1.959_963_984_540_054;
    let float = |count: i64| f64::from(i32::try_from(count).expect("a few"));
    let (score, middle, margin, most) = if is_nps {
        let (promoters, detractors) = (among(9, 10), among(0, 6));
        // Three answers are added: three quarters of one to either side, the rest in the middle.
        let (all, up, down) = (float(n) + 3.0, float(promoters) + 0.75, float(detractors) + 0.75);
        let mean = (up - down) / all;
        let margin = Z * (((up + down) / all - mean * mean) / all).sqrt();
        (whole(100 * (promoters - detractors)) / whole(n), 100.0 * mean, 100.0 * margin, 100.0)
    } else {
        let (content, all) = (among(4, 5), float(n));
        let (share, part) = (float(content) / all, Z * Z / all);
        let margin = Z * (share * (1.0 - share) / all + part / all / 4.0).sqrt() / (1.0 + part);
        (whole(content) / whole(n), (share + part / 2.0) / (1.0 + part), margin, 1.0)
    };
    let least = if is_nps { -most } else { 0.0 };
    let shown = |end: f64| {
        let end = Exact::from_float(end.clamp(least, most)).expect("a number");
        rounded(&end, 6).into()
    };
    match what {
        "score" => rounded(&score, 6).into(),
        "low" => shown(middle - margin),
        _ => shown(middle + margin),
    }
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
