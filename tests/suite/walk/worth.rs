//! What the work was worth, and what might go wrong.

use super::{
    calculator::{Exact, number, settled, whole},
    costs::total,
    opened::{Found, Opened, cell},
};
use chrono::{Months, NaiveDate, TimeZone, Utc};
use num::Signed;
use serde_json::Value;

pub fn found(fact: Opened) -> Option<Found> {
    let words: Vec<&str> = fact.name.split('.').collect();
    Some(match words.as_slice() {
        ["impact", "claim_count"] => fact.count(|row| row["unknown"].is_null() == (row["standing"] != "unknown")),
        ["impact", what] => {
            let standing = what.strip_suffix("_count")?;
            fact.counts("impact.claim_count", |row| row["standing"] == standing)
        }
        ["impact", "driver", _] => {
            let [row] = fact.rows() else { panic!("{} is not one amount", fact.name) };
            assert!(row["valid_from"].as_str() <= Some("2026-10-01"), "{row}");
            cell(row, "amount").into()
        }
        ["impact", "claim", _, "expected"] => {
            let [row] = fact.rows() else { panic!("{} is not one expectation", fact.name) };
            cell(row, "amount").into()
        }
        ["impact", "claim", _, benefit] => claim(fact, benefit),
        ["impact", "expected", _] => {
            assert_eq!(fact.rows().len(), fact.inputs().len());
            for (row, claim) in fact.rows().iter().zip(fact.opened("impact.claim.")) {
                assert_eq!(*row, claim.rows()[0], "{}", fact.name);
            }
            sum_of(fact)
        }
        ["impact", what @ ("accepted" | "realised"), benefit] => {
            standing(fact, what, benefit, |_, worth| worth.clone());
            sum_of(fact)
        }
        ["impact", "accepted", _, "previous"] => fact.sum("amount").into(),
        ["impact", "accepted_weighted", benefit] => standing(fact, "accepted", benefit, |row, worth| {
            assert_eq!(cell(row, "unweighted"), *worth, "{row}");
            let tenths = match row["confidence"].as_str() {
                Some("low") => 5,
                Some("medium") => 8,
                Some("high") => 10,
                other => panic!("{other:?} in {row}"),
            };
            if worth.is_negative() { worth.clone() } else { settled(&(worth * whole(tenths) / whole(10))) }
        }),
        ["risk", "open_count"] => fact.count(|_| true),
        ["risk", "unassessed_count"] => fact.count(|row| fact.walk.fact("risk.open_count").rows().contains(row)),
        ["risk", "annual_loss", "total", currency] => {
            let currency = currency.to_uppercase();
            let losses: Exact = fact.rows().iter().map(loss).sum();
            assert!(fact.rows().iter().all(|row| row["amount"]["currency"] == currency), "{}", fact.name);
            let each = fact.walk.named("risk.annual_loss.").filter(|one| one.name.split('.').count() == 3);
            let each: Exact = each.filter_map(|one| number(one.shown())).sum();
            assert_eq!(losses, each, "{}", fact.name);
            losses.into()
        }
        ["risk", "annual_loss", _] => assessed(fact, "2026-10-31"),
        ["risk", "annual_loss", _, "previous"] => assessed(fact, "2026-09-30"),
        _ => return None,
    })
}

/// The annualised loss expectancy of a row: single loss × times a year.
fn loss(row: &Value) -> Exact {
    let loss = settled(&(cell(row, "single_loss") * cell(row, "annual_rate")));
    assert_eq!(cell(row, "amount"), loss, "{row}");
    loss
}

fn assessed(fact: Opened, by: &str) -> Found {
    match fact.rows() {
        [] => Found::Unknown(fact.text("unknown").to_owned()),
        [row] => {
            assert!(row["assessed_on"].as_str() <= Some(by), "{}: {row}", fact.name);
            loss(row).into()
        }
        _ => panic!("{} is of several assessments", fact.name),
    }
}

/// The sum of the facts that go in.
fn sum_of(fact: Opened) -> Found {
    fact.opened("impact.claim.").into_iter().map(|one| fact.from(one.name)).sum::<Exact>().into()
}

/// The sum of the claims that stand so: each with its own fact, and none left out.
fn standing(fact: Opened, what: &str, benefit: &str, of: impl Fn(&Value, &Exact) -> Exact) -> Found {
    let claims = fact.opened("impact.claim.");
    assert_eq!(claims.len(), fact.rows().len(), "{}", fact.name);
    let those = fact.walk.fact(&format!("impact.{what}_count")).rows();
    let mut sum = whole(0);
    for (row, claim) in fact.rows().iter().zip(&claims) {
        assert!(claim.name.ends_with(&format!(".{benefit}")), "{} in {}", claim.name, fact.name);
        assert!(those.iter().any(|one| one["claim"] == row["claim"]), "{row} is not {what}");
        let amount = of(row, &fact.from(claim.name));
        assert_eq!(cell(row, "amount"), amount, "{}: {row}", fact.name);
        sum += amount;
    }
    let mine = those.iter().filter(|one| one["benefit"] == benefit);
    for one in mine {
        assert!(fact.rows().iter().any(|row| row["claim"] == one["claim"]), "{one} is left out of {}", fact.name);
    }
    sum.into()
}

/// A claim: its method on the rows that it rests on, those of the baseline first.
fn claim(fact: Opened, benefit: &str) -> Found {
    if fact.inputs().is_empty() {
        let told = fact.walk.fact("impact.unknown_count").rows();
        let why = told.iter().find(|row| row["unknown"] == fact.text("unknown") && row["benefit"] == benefit);
        assert!(why.is_some(), "{} is told to be unknown", fact.name);
        return Found::Unknown(fact.text("unknown").to_owned());
    }
    let gained = match fact {
        _ if fact.has("revenue_per_hour") => downtime_avoided(fact) * worth_of(fact, "revenue_per_hour"),
        _ if fact.has("hour_of_work") => time_saved(fact) * worth_of(fact, "hour_of_work"),
        _ if fact.has("baseline_labour") => cost_reduced(fact, benefit),
        _ if fact.has("annual_loss_before") => risk_reduced(fact),
        _ if fact.has("amount_per_unit") => metric_changed(fact) * worth_of(fact, "amount_per_unit"),
        _ => panic!("{} is by no method that is known here", fact.name),
    };
    settled(&(gained * fact.input("attribution"))).into()
}

/// What an hour, or a unit, is worth by the value driver, which is a fact of its own.
fn worth_of(fact: Opened, input: &str) -> Exact {
    let driver = fact.from(fact.the("impact.driver.").name);
    fact.agrees(input, &driver);
    driver
}

/// The row of the baseline, or of the month, that is of a kind.
fn row<'w>(fact: Opened<'w>, kind: &str, part: &str) -> &'w Value {
    let wanted = |row: &&Value| row["kind"] == kind && row["for"] == part;
    fact.rows().iter().find(wanted).unwrap_or_else(|| panic!("{} has no {kind} of its {part}", fact.name))
}

/// Of a promise: the month's share that was bad × its hours. The baseline's is kept as it was.
fn downtime_avoided(fact: Opened) -> Exact {
    let (key, month) = (row(fact, "slos", "month")["id"].as_str(), whole(31 * 24 + 1));
    let sli = fact.the("slo.");
    assert_eq!(key, sli.name.split('.').nth(1), "{}", fact.name);
    let down = (whole(1) - fact.from(sli.name)) * &month;
    fact.agrees("downtime", &down);
    fact.agrees("month_hours", &month);
    let hours = hours(row(fact, "slos", "baseline")["period"].as_str().expect("a period"));
    fact.agrees("baseline_hours", &hours);
    let kept = cell(row(fact, "impact-claims", "baseline"), "hours_down");
    fact.agrees("baseline_downtime", &kept);
    kept * month / hours - down
}

/// The hours of a period such as `2025-09 to 2026-05`, in the company's zone.
fn hours(period: &str) -> Exact {
    let (from, last) = period.split_once(" to ").expect("two months");
    let first = |month: &str| format!("{month}-01").parse::<NaiveDate>().expect("a month");
    let end = first(last).checked_add_months(Months::new(1)).expect("a later month");
    let at = |day: NaiveDate| {
        let midnight = day.and_hms_opt(0, 0, 0).expect("midnight");
        chrono_tz::Europe::Berlin.from_local_datetime(&midnight).single().expect("once").with_timezone(&Utc)
    };
    whole((at(end) - at(first(from))).num_hours())
}

/// The hours that people did not spend.
fn time_saved(fact: Opened) -> Exact {
    let (old, new) = (row(fact, "journeys", "baseline"), row(fact, "journeys", "month"));
    let people = cell(row(fact, "populations", "month"), "people");
    fact.agrees("people", &people);
    let kept = row(fact, "impact-claims", "baseline");
    for what in ["uses_per_month", "minutes_per_use"] {
        assert_eq!(cell(kept, what), cell(old, what), "{}: nobody has changed what was observed", fact.name);
        fact.agrees(&format!("baseline_{what}"), &cell(old, what));
        fact.agrees(what, &cell(new, what));
    }
    let uses = cell(old, "uses_per_month").min(cell(new, "uses_per_month"));
    let hours = people * uses * (cell(old, "minutes_per_use") - cell(new, "minutes_per_use")) / whole(60);
    fact.agrees("hours_saved", &hours);
    hours
}

/// The baseline's cost, which is kept as it was, less what the month's rows come to.
fn cost_reduced(fact: Opened, benefit: &str) -> Exact {
    row(fact, "costs", "baseline");
    let kept = row(fact, "impact-claims", "baseline");
    let spent = |wanted: &dyn Fn(&Value) -> bool| {
        total(fact, fact.rows().iter().filter(|row| row.get("category").is_some_and(wanted)))
    };
    fact.agrees("labour", &spent(&|category| category == "labour"));
    fact.agrees("other", &spent(&|category| category != "labour"));
    let [labour, other] = ["labour", "other"].map(|part| {
        fact.agrees(&format!("baseline_{part}"), &cell(kept, part));
        cell(kept, part) - fact.input(part)
    });
    if benefit == "capacity_freed" { labour } else { other }
}

fn risk_reduced(fact: Opened) -> Exact {
    let [before, after] = ["baseline", "month"].map(|part| loss(row(fact, "risk-assessments", part)));
    assert_eq!(cell(row(fact, "impact-claims", "baseline"), "amount"), before, "{}", fact.name);
    fact.agrees("annual_loss_before", &before);
    fact.agrees("annual_loss_after", &after);
    (before - after) / whole(12)
}

/// What a key result moved in the better direction. Its own baseline is kept as it was.
fn metric_changed(fact: Opened) -> Exact {
    let kept = row(fact, "impact-claims", "baseline");
    let before = cell(kept, "value");
    assert_eq!(before, cell(row(fact, "key-results", "baseline"), "value"), "{}: nobody has changed it", fact.name);
    let now = cell(row(fact, "check-ins", "month"), "value");
    let direction = cell(kept, "direction");
    for (input, known) in [("baseline_value", &before), ("value", &now), ("direction", &direction)] {
        fact.agrees(input, known);
    }
    (now - before) * direction
}
