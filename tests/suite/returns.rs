//! What work was expected to be worth, what came, what it cost, and what that is computed with.

use crate::{app::TestApp, worth::told};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_both_engines!(
    a_plan_is_frozen_when_its_item_is_planned,
    what_came_stands_beside_what_was_planned_and_what_it_cost,
    worth_is_added_up_one_kind_at_a_time,
    two_drivers_for_one_thing_are_flagged,
    what_is_asked_wrongly_is_refused_by_name,
);

fn euros(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn idea(app: &TestApp) -> String {
    let body = json!({ "title": "Renew the machines", "kind": "cost" });
    app.editor().post("roadmap-items", &body).expect(201).json["ref"].as_str().expect("a ref").to_owned()
}

fn step(app: &TestApp, item: &str, status: &str) {
    let path = format!("roadmap-items/{item}");
    let etag = app.viewer().get(&path).expect(200).etag().to_owned();
    app.editor().patch(&path, &etag, &json!({ "status": status })).expect(200);
    app.pass(TimeDelta::minutes(1));
}

/// A claim of an item that expects so much a month from September on.
fn claim(app: &TestApp, item: &str, title: &str, monthly: &str) -> Value {
    let body = json!({
        "title": title, "roadmap_item": item, "method": "cost_reduced", "benefit": "cash_released",
        "inputs": { "component": "shop" }, "from": "2026-09", "baseline": { "from": "2026-06", "to": "2026-09" },
        "expected_monthly": euros(monthly), "attribution": { "share": 1, "why": "nothing else changed" },
        "confidence": "medium",
    });
    let made = app.editor().post("impact-claims", &body).expect(201).json;
    app.pass(TimeDelta::minutes(1));
    made
}

fn path(claim: &Value) -> String {
    format!("impact-claims/{}", claim["id"].as_str().expect("an id"))
}

fn returns(app: &TestApp, item: &str) -> Value {
    app.viewer().get(&format!("impact/returns?roadmap_item={item}")).expect(200).json["items"].clone()
}

fn shop(app: &TestApp) {
    app.editor().post("components", &json!({ "name": "Shop", "kind": "service" })).expect(201);
}

fn a_plan_is_frozen_when_its_item_is_planned(app: &TestApp) {
    shop(app);
    let (item, other) = (idea(app), idea(app));
    let (first, second) = (claim(app, &item, "First", "100"), claim(app, &item, "Second", "50"));
    let taken_back = claim(app, &item, "Taken back before anything was planned", "9");
    app.editor().delete(&path(&taken_back), "\"1\"").expect(204);
    app.editor().patch(&path(&second), "\"1\"", &json!({ "to": "2027-03" })).expect(200);
    assert_eq!(returns(app, &item)[0]["planned"], Value::Null, "an idea is no plan");
    let when = |item: &str| -> Vec<String> {
        let rows = returns(app, item);
        let all = rows.as_array().into_iter().flatten().flat_map(|row| row["expectations"].as_array().expect("a list"));
        all.map(|one| format!("{} {}", one["title"].as_str().unwrap_or(""), one["when"].as_str().unwrap_or("")))
            .collect()
    };
    assert_eq!(when(&item), ["First open", "Second open"]);
    step(app, &item, "planned");
    // 12 × 100 + 6 × 50.
    assert_eq!(returns(app, &item)[0]["planned"], euros("1500"));

    claim(app, &item, "Third", "1000");
    app.editor().patch(&path(&first), "\"1\"", &json!({ "title": "Renamed", "to": "2029-09" })).expect(200);
    app.editor().delete(&path(&second), "\"2\"").expect(204);
    assert_eq!(returns(app, &item)[0]["planned"], euros("1500"), "whatever becomes of its claims");
    app.editor().patch(&path(&first), "\"2\"", &json!({ "roadmap_item": other })).expect(200);
    assert_eq!(when(&item), ["First planned", "Second planned", "Third added"]);
    assert!(when(&other).is_empty(), "it was planned for another item");
    app.pass(TimeDelta::days(1));
    step(app, &item, "in_progress");
    step(app, &item, "shipped");
    claim(app, &item, "Hindsight", "7");
    assert_eq!(when(&item), ["First planned", "Second planned", "Third added", "Hindsight afterwards"]);
    let item = format!("roadmap-items/{item}");
    let etag = app.viewer().get(&item).etag().to_owned();
    app.editor().delete(&item, &etag).expect(409);
}

/// 40 people × 6 × 15 minutes ÷ 60 × 55 × a half = 1,650 in September and in October, 1,320 weighted each; expected were
/// 3,000 each. The item cost 500 in September and 600 in October: 2,640 ÷ 1,100 = 2.4.
fn what_came_stands_beside_what_was_planned_and_what_it_cost(app: &TestApp) {
    let told = told(app);
    let claim = crate::worth::claim(app, &told);
    app.pass(TimeDelta::minutes(1));
    let item = told.item.as_str().expect("a ref").to_owned();
    step(app, &item, "planned");
    for (month, amount) in [("2026-09", "500"), ("2026-10", "600")] {
        let body = json!({ "month": month, "category": "infrastructure", "nature": "grow", "amount": euros(amount),
            "roadmap_item": item, "source": "hand" });
        app.editor().post("cost-entries", &body).expect(201);
    }
    let row = returns(app, &item)[0].clone();
    assert_eq!((&row["planned"], &row["planned_by_now"]), (&euros("36000"), &euros("6000")));
    assert_eq!((&row["realised"], &row["accepted"], &row["return"]), (&euros("3300"), &euros("0"), &json!(0)));
    assert_eq!(row["paid_back_in"], Value::Null, "what nobody accepted pays nothing back");
    app.viewer().with("If-Match", "\"1\"").post(&format!("{}/accept", path(&claim)), &json!({})).expect(200);
    let row = returns(app, &item)[0].clone();
    assert_eq!((&row["accepted"], &row["accepted_weighted"]), (&euros("3300"), &euros("2640")));
    assert_eq!((&row["cost"], &row["return"], &row["paid_back_in"]), (&euros("1100"), &json!(2.4), &json!("2026-09")));
    assert_eq!((&row["benefit"], &row["unrealised"]), (&json!("capacity_freed"), &euros("3300")));
}

fn worth_is_added_up_one_kind_at_a_time(app: &TestApp) {
    let told = told(app);
    let claim = crate::worth::claim(app, &told);
    let rows = |query: &str| app.viewer().get(&format!("impact{query}")).expect(200).json["items"].clone();
    let whole = rows("");
    assert_eq!(whole.as_array().map(Vec::len), Some(1));
    assert_eq!((&whole[0]["benefit"], &whole[0]["realised"]), (&json!("capacity_freed"), &euros("3300")));
    assert_eq!((&whole[0]["expected"], &whole[0]["counted"]), (&euros("6000"), &json!(2)));
    let by = rows("?by=month,claim,roadmap_item,component&from=2026-09&to=2026-12");
    let months: Vec<_> = by.as_array().expect("rows").iter().map(|row| row["month"].clone()).collect();
    assert_eq!(months, ["2026-09", "2026-10"], "November is not over");
    let october = &by[1];
    assert_eq!(
        (&october["claim"], &october["roadmap_item"], &october["component"]),
        (&claim["id"], &told.item, &json!("shop"))
    );
    assert_eq!((&october["realised"], &october["realised_weighted"]), (&euros("1650"), &euros("1320")));
    assert_eq!(rows("?from=2026-01&to=2026-09"), json!([]), "of months in which nothing was claimed");
}

fn two_drivers_for_one_thing_are_flagged(app: &TestApp) {
    shop(app);
    let driver = |name: &str, from: &str| {
        let amounts = json!([{ "valid_from": from, "amount": euros("10") }]);
        let body = json!({ "name": name, "kind": "revenue_per_hour", "components": ["shop"], "amounts": amounts });
        app.editor().post("value-drivers", &body).expect(201).json["id"].clone()
    };
    let (open, closed) = (driver("An hour open", "2026-01-01"), driver("An hour closed", "2026-10-01"));
    let flagged = |month: &str| -> Vec<Value> {
        let view = app.viewer().get(&format!("impact/assumptions?month={month}")).expect(200).json;
        let rows = view["items"].as_array().expect("rows").clone();
        rows.into_iter().map(|row| json!([row["name"], row["amount"], row["overlaps"]])).collect()
    };
    let with = |id: &Value, name: &str| json!([{ "value_driver": id, "name": name, "amount": euros("10"), "components": ["shop"], "slos": [] }]);
    assert_eq!(flagged("2026-09"), [json!(["An hour closed", null, []]), json!(["An hour open", euros("10"), []])]);
    assert_eq!(
        flagged("2026-10"),
        [
            json!(["An hour closed", euros("10"), with(&open, "An hour open")]),
            json!(["An hour open", euros("10"), with(&closed, "An hour closed")]),
        ]
    );
}

fn what_is_asked_wrongly_is_refused_by_name(app: &TestApp) {
    for (path, fault) in [
        ("impact?by=week", "by"),
        ("impact?by=month,month", "by"),
        ("impact?from=2026-09&to=2026-09", "from"),
        ("impact/returns?roadmap_item=OPS-99", "roadmap_item"),
    ] {
        let refused = app.viewer().get(path).expect(422);
        assert_eq!(refused.json["errors"][0]["parameter"], fault, "{refused}");
    }
    app.viewer().get("impact/assumptions?month=October").expect(422);
    app.viewer().get("impact?year=2026").expect(422);
    app.outsider().get("impact").expect(404);
}
