//! Every fact of the demo company's report, opened down to what it was computed from.

use crate::{app::TestApp, story};
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both_engines!(every_fact_of_the_demo_report_can_be_opened_and_computed_again);

/// A figure as 10⁻¹² parts; none when it is no number.
fn parts(value: &Value) -> Option<i128> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Object(money) => return parts(&money["amount"]),
        _ => return None,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = format!("{fraction:0<12}");
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    Some(whole.parse::<i128>().ok()? * 1_000_000_000_000 + sign * fraction.get(..12)?.parse::<i128>().ok()?)
}

fn every_fact_of_the_demo_report_can_be_opened_and_computed_again(app: &TestApp) {
    story::company(app);
    let report =
        app.editor().post(&format!("{}/reports", story::SHOP), &json!({ "month": "2026-10" })).expect(201).json;
    let facts = report["facts"].as_array().expect("facts").clone();
    let by_name: BTreeMap<&str, &Value> =
        facts.iter().map(|fact| (fact["name"].as_str().expect("a name"), fact)).collect();
    assert_eq!(by_name.len(), facts.len(), "each name once");
    let id = report["id"].as_str().expect("an id");
    let (mut sums, mut counts, mut links) = (0, 0, 0);
    for (name, fact) in &by_name {
        let open = app.editor().get(&format!("{}/reports/{id}/facts/{name}", story::SHOP)).expect(200).json;
        assert_eq!(open["value"], fact["value"], "{name}");
        assert_ne!(open["value"].is_null(), open["unknown"].is_null(), "{name} is known, or it is said why not");
        assert!(open["formula"].as_str().is_some_and(|formula| !formula.is_empty()), "{name} has no formula");
        // What goes into a figure is itself a figure of the report, and the same there.
        for input in open["inputs"].as_array().into_iter().flatten() {
            if let Some(other) = by_name.get(input["name"].as_str().expect("a name")) {
                assert_eq!(input["value"], other["value"], "{name}: {input}");
                links += 1;
            }
        }
        let rows = open["rows"].as_array().cloned().unwrap_or_default();
        let counted = fact["unit"] == "count" && !name.ends_with(".people") && !rows.is_empty();
        if counted {
            assert_eq!(parts(&fact["value"]), Some(rows.len() as i128 * 1_000_000_000_000), "{name}");
            counts += 1;
        }
        // A change is what this month's rows add up to, less what the month's before do.
        let change = name.contains(".change");
        let one_month = change || rows.iter().all(|row| row["month"] == rows[0]["month"]);
        let in_euros = rows.iter().all(|row| row["amount"]["currency"] == "EUR");
        if name.starts_with("cost.") && fact["unit"] == "EUR" && one_month && in_euros && !rows.is_empty() {
            let signed = |row: &Value| {
                let amount = parts(&row["amount"])?;
                Some(if change && row["month"] == "2026-09" { -amount } else { amount })
            };
            let sum: i128 = rows.iter().filter_map(signed).sum();
            assert_eq!(parts(&fact["value"]), Some(sum), "{name}: the sum of its rows");
            sums += 1;
        }
        if name.starts_with("impact.claim.") && !fact["value"].is_null() {
            assert!(!rows.is_empty(), "{name} rests on nothing");
        }
    }
    assert!(sums > 20 && counts > 15 && links > 100, "{sums} sums, {counts} counts, {links} links were looked at");
}
