//! What a month still lacks before it can be closed.

use crate::{
    app::TestApp,
    reports::{build, october, path, publish},
    story,
};
use serde_json::{Value, json};

on_both_engines!(what_is_missing_is_named_with_what_it_changes, a_gap_goes_when_it_is_filled, a_month_tells_its_report);

fn gaps(app: &TestApp, place: &str) -> Vec<Value> {
    app.editor().get(place).expect(200).json["gaps"].as_array().expect("gaps").clone()
}

fn of_kind<'a>(gaps: &'a [Value], kind: &str) -> Vec<&'a Value> {
    gaps.iter().filter(|gap| gap["kind"] == kind).collect()
}

fn what_is_missing_is_named_with_what_it_changes(app: &TestApp) {
    story::company(app);
    let month = app.editor().get(&format!("{}/months/2026-10", story::SHOP)).expect(200).json;
    assert_eq!((&month["month"], &month["report"]), (&json!("2026-10"), &Value::Null));
    let gaps = month["gaps"].as_array().expect("gaps").clone();
    let facts = app.editor().post(&format!("{}/reports", story::SHOP), &json!({ "month": "2026-10" })).expect(201);
    let facts: Vec<_> = facts.json["facts"].as_array().expect("facts").iter().map(|fact| &fact["name"]).collect();
    for gap in &gaps {
        let figures = gap["figures"].as_array().expect("figures");
        assert!(!figures.is_empty() && gap["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{gap}");
        // What nobody has accepted yet is no fact until somebody does.
        let comes = |figure: &Value| figure.as_str().is_some_and(|name| name.starts_with("impact.accepted"));
        assert!(figures.iter().all(|figure| facts.contains(&figure) || comes(figure)), "{gap}");
    }
    // One week of one person is not written down, one claim is questioned, and no component has the rest.
    assert_eq!(of_kind(&gaps, "effort").len(), 1, "{gaps:?}");
    assert!(of_kind(&gaps, "claim").len() > 4, "{gaps:?}");
    assert_eq!(of_kind(&gaps, "unallocated").len(), 1, "{gaps:?}");
}

fn a_gap_goes_when_it_is_filled(app: &TestApp) {
    let editor = app.editor();
    editor.post("components", &json!({ "key": "db", "name": "Database", "kind": "service" })).expect(201);
    let bill = |month: &str| {
        let amount = json!({ "amount": "100", "currency": "USD" });
        let entry = json!({ "month": month, "component": "db", "category": "infrastructure", "amount": amount });
        app.editor().post("cost-entries", &entry).expect(201);
    };
    bill("2026-09");
    let missing = gaps(app, "months/2026-10");
    let bills = of_kind(&missing, "bill");
    assert_eq!(bills.len(), 1, "{missing:?}");
    assert!(bills[0]["detail"].as_str().is_some_and(|detail| detail.contains("db")), "{bills:?}");
    bill("2026-10");
    let missing = gaps(app, "months/2026-10");
    assert!(of_kind(&missing, "bill").is_empty(), "{missing:?}");
    let rates = of_kind(&missing, "rate");
    assert!(rates.iter().any(|gap| gap["figures"].as_array().is_some_and(|all| all.contains(&json!("cost.total")))));
    for month in ["2026-09", "2026-10"] {
        let rate = json!({ "from": "USD", "to": "EUR", "month": month, "rate": "0.9" });
        editor.post("exchange-rates", &rate).expect(201);
    }
    let missing = gaps(app, "months/2026-10");
    assert!(of_kind(&missing, "rate").is_empty(), "{missing:?}");
    assert_eq!(of_kind(&gaps(app, "months/2026-11"), "not_over").len(), 1);
}

fn a_month_tells_its_report(app: &TestApp) {
    october(app);
    let draft = build(app).expect(201);
    publish(app, &draft, &json!({})).expect(200);
    let month = app.editor().get("months/2026-10").expect(200).json;
    assert_eq!((&month["report"]["id"], &month["report"]["state"]), (&draft.json["id"], &json!("published")));
    assert_eq!(path(&draft), format!("reports/{}", month["report"]["id"].as_str().expect("an id")));
    app.viewer().get("months/2026-10").expect(403);
    app.outsider().get("months/2026-10").expect(404);
    app.editor().get("months/2026-13").expect(404);
}
