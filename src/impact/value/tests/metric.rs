//! What a key result moved is worth, worked out by hand.

use super::*;
use crate::objectives::{CheckIn, KeyResult, NewCheckIn, NewKeyResult};

pub(super) fn key_result(baseline: f64, target: f64) -> KeyResult {
    let new: NewKeyResult =
        validate(json!({ "title": "Alarms for nothing", "unit": "a week", "baseline": baseline, "target": target }))
            .unwrap();
    new.into_row(&product(), "quiet", head("alarms")).unwrap()
}

pub(super) fn check_in(id: &str, on: &str, value: f64) -> CheckIn {
    let new: NewCheckIn = validate(json!({ "on": on, "value": value })).unwrap();
    new.into_row(&product(), "alarms", head(id))
}

/// 40 alarms a week that wake somebody for nothing; fewer are better. One a week fewer is worth 78 a month.
pub(super) fn with_metric() -> Grounds {
    Grounds {
        key_results: vec![key_result(40.0, 10.0)],
        check_ins: vec![
            check_in("july", "2026-07-06", 44.0),
            check_in("august", "2026-08-31", 42.0),
            check_in("first", "2026-10-01", 38.0),
            check_in("last", "2026-10-31", 31.0),
            check_in("after", "2026-11-01", 1.0),
        ],
        drivers: vec![driver(DriverKind::PerUnit, "78")],
        ..nothing()
    }
}

pub(super) fn metric_changed(id: &str, more: Value) -> ImpactClaim {
    let mut body = json!({
        "method": "metric_changed", "benefit": "capacity_freed", "inputs": { "key_result": "alarms" }, "baseline": null,
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    claim(id, body)
}

fn rows(value: &MonthValue) -> Vec<(&str, &str)> {
    value.rows.iter().map(|row| (row.kind.as_str(), row.id.as_str())).collect()
}

/// (31 − 40) × −1 × 78 = 702, from the last day of October and the key result's own baseline; × 0.8 weighted, 561.6.
#[test]
fn what_a_metric_moved_is_worth_money_a_unit() {
    let grounds = with_metric();
    let claims = [saved(metric_changed("c", json!({})), &grounds)];
    let value = &of_october(&claims, &grounds)["c"];
    assert_eq!(told(value), [(Benefit::CapacityFreed, dec("702"), dec("561.6"))]);
    assert_eq!(rows(value), [("key-results", "alarms"), ("check-ins", "last")]);
    let inputs: Vec<_> =
        value.inputs.iter().map(|one| (one.name.as_str(), one.value.as_str(), one.unit.as_str())).collect();
    let expected = [
        ("baseline_value", "40", "a week"),
        ("value", "31", "a week"),
        ("direction", "-1", "sign"),
        ("amount_per_unit", "78", "EUR"),
    ];
    assert_eq!(inputs, expected);
}

/// June to August ended at 42: (31 − 42) × −1 × 78 = 858.
#[test]
fn a_period_is_a_baseline_by_its_last_check_in() {
    let grounds = with_metric();
    let period = json!({ "baseline": { "from": "2026-06", "to": "2026-09" } });
    let claims = [saved(metric_changed("c", period), &grounds)];
    let value = &of_october(&claims, &grounds)["c"];
    assert_eq!(told(value)[0].1, dec("858"));
    assert_eq!(rows(value), [("check-ins", "august"), ("check-ins", "last")]);
    let silent = json!({ "baseline": { "from": "2026-01", "to": "2026-07" } });
    let claims = [saved(metric_changed("c", silent), &grounds)];
    let why = "the baseline is unknown: nothing was checked in of \"Alarms for nothing\" in 2026-01 to 2026-06";
    assert_eq!(of_october(&claims, &grounds)["c"].unknown.as_deref(), Some(why));
}

#[test]
fn a_month_without_a_check_in_is_unknown_by_title_and_month() {
    let mut grounds = with_metric();
    let claims = [saved(metric_changed("c", json!({})), &grounds)];
    grounds.check_ins.retain(|one| !one.on.to_string().starts_with("2026-10"));
    let value = &of_october(&claims, &grounds)["c"];
    assert_eq!(value.unknown.as_deref(), Some("nothing was checked in of \"Alarms for nothing\" in 2026-10"));
    grounds.check_ins.push(CheckIn { key_result: "another".to_owned(), ..check_in("x", "2026-10-09", 3.0) });
    assert!(of_october(&claims, &grounds)["c"].unknown.is_some(), "another's is not its own");
}

/// What was the better direction when the claim was saved stays it: a gain does not become a loss because somebody sets
/// another target, or corrects the baseline.
#[test]
fn the_baseline_and_the_direction_are_kept() {
    let mut grounds = with_metric();
    let claims = [saved(metric_changed("c", json!({})), &grounds)];
    grounds.key_results = vec![key_result(20.0, 100.0)];
    assert_eq!(told(&of_october(&claims, &grounds)["c"])[0].1, dec("702"));
    // Saved now: (31 − 20) × 78 = 858.
    let claims = [saved(metric_changed("c", json!({})), &grounds)];
    assert_eq!(told(&of_october(&claims, &grounds)["c"])[0].1, dec("858"));
}

/// (31 − 20) × −1 × 78 = −858, which no confidence makes smaller.
#[test]
fn what_got_worse_is_a_loss_in_full() {
    let mut grounds = with_metric();
    grounds.key_results = vec![key_result(20.0, 10.0)];
    let claims = [saved(metric_changed("c", json!({ "confidence": "low" })), &grounds)];
    assert_eq!(told(&of_october(&claims, &grounds)["c"]), [(Benefit::CapacityFreed, dec("-858"), dec("-858"))]);
}
