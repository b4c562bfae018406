//! What the work was worth: value drivers, claims, and who may judge them.

use crate::{
    app::TestApp,
    client::Answer,
    effort::service,
    exports::cells,
    imports::{counts, fault, faults, import},
};
use prodops::{
    impact::{ClaimState, claims, drivers},
    kernel::{http::IfMatch, month::Month},
    products, stakeholders,
};
use serde_json::{Value, json};

on_both_engines!(
    a_driver_has_dated_amounts_and_is_what_the_schema_allows,
    an_amount_of_a_published_month_stays,
    only_the_stakeholder_agrees,
    what_changes_about_an_amount_has_to_be_agreed_again,
    a_driver_that_is_used_stays,
    a_method_says_what_a_claim_needs,
    a_claim_is_made_changed_and_found,
    a_claim_is_about_an_item_and_says_where_time_went,
    names_are_put_in_place_of_what_they_stand_for,
    what_was_expected_is_fixed,
    only_the_stakeholder_judges_a_claim,
    what_was_judged_is_looked_at_again_when_it_changes,
    a_claim_that_was_talked_about_is_kept,
    a_question_and_its_event_stay_in_the_trail,
    drivers_come_in_by_file_a_line_an_amount,
    what_is_wrong_with_a_file_of_drivers_is_told_by_line,
    claims_come_in_by_file_and_a_second_time_change_nothing,
    what_is_wrong_with_a_file_of_claims_is_told_by_line,
    drivers_claims_and_evidence_are_exported,
    operators_accept_through_the_store_only_what_is_there,
);

fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

fn euros(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn publish(app: &TestApp, month: &str) {
    let (product, month) = (app.platform(), month.parse::<Month>().expect("a month"));
    app.change(move |tx| products::store::publish_through(tx, &product, month));
}

/// A minimal body with something more.
fn with(mut body: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// A stakeholder who signs in as that user.
fn stakeholder(app: &TestApp, name: &str, user: Option<&str>) -> String {
    let body = json!({ "name": name, "group": "finance", "user": user });
    id(&app.owner().post("stakeholders", &body).expect(201).json)
}

fn driver(app: &TestApp, more: &Value) -> Value {
    let body = json!({
        "name": "An hour of the shop", "kind": "revenue_per_hour",
        "amounts": [{ "valid_from": "2026-01-01", "amount": euros("12000.5") }],
    });
    app.editor().post("value-drivers", &with(body, more)).expect(201).json
}

fn path(driver: &Value) -> String {
    format!("value-drivers/{}", id(driver))
}

fn agree(app: &TestApp, driver: &Value, etag: &str, body: &Value) -> Answer {
    app.viewer().with("If-Match", etag).post(&format!("{}/agree", path(driver)), body)
}

fn a_driver_has_dated_amounts_and_is_what_the_schema_allows(app: &TestApp) {
    service(app, "Shop");
    let ines = stakeholder(app, "Ines", None);
    let amounts = json!([
        { "valid_from": "2026-10-01", "amount": euros("2") }, { "valid_from": "2026-01-01", "amount": euros("1.50") },
    ]);
    let body = json!({
        "name": "Zoe\u{308}'s hour", "kind": "hour_of_work", "components": ["shop"], "stakeholder": "Ines",
        "source": "Finance, plan of 2026", "amounts": amounts,
    });
    let made = app.editor().post("value-drivers", &body).expect(201);
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{}", path(&made.json)).as_str()));
    let sorted = json!([
        { "valid_from": "2026-01-01", "amount": euros("1.5"), "agreed_at": null },
        { "valid_from": "2026-10-01", "amount": euros("2"), "agreed_at": null },
    ]);
    assert_eq!((&made.json["amounts"], &made.json["stakeholder"]), (&sorted, &json!(ines)));
    assert_eq!((&made.json["components"], &made.json["slos"]), (&json!(["shop"]), &json!([])));
    assert_eq!(app.viewer().get(&path(&made.json)).expect(200).json, made.json);
    let same = json!({ "name": "Zo\u{eb}'s hour", "kind": "per_unit" });
    assert_eq!(app.editor().post("value-drivers", &same).expect(409).json["code"], "exists");
    let wrong = json!({
        "name": "", "kind": "guess", "components": ["a b"], "agreed_at": "2026-10-01T00:00:00Z",
        "amounts": [{ "valid_from": "2026-10-01", "amount": euros("1"), "agreed_at": "2026-10-01T00:00:00Z" }],
    });
    assert_eq!(
        app.editor().post("value-drivers", &wrong).expect(422).faults(),
        [
            "/agreed_at unknown_property",
            "/amounts/0/agreed_at unknown_property",
            "/components/0 format",
            "/kind not_one_of",
            "/name too_short"
        ]
    );
    let unknown = json!({ "components": ["theirs"], "slos": ["none"], "stakeholder": "Nobody" });
    assert_eq!(
        app.editor().patch(&path(&made.json), "\"1\"", &unknown).expect(422).faults(),
        ["/components/0 unknown_reference", "/slos/0 unknown_reference", "/stakeholder unknown_reference"]
    );
    let amounts = json!({ "amounts": [
        { "valid_from": "2026-10-02", "amount": euros("1") }, { "valid_from": "2026-11-01", "amount": euros("-1") },
        { "valid_from": "2026-11-01", "amount": euros("-0") },
    ] });
    assert_eq!(
        app.editor().patch(&path(&made.json), "\"1\"", &amounts).expect(422).faults(),
        [
            "/amounts/0/valid_from not_first_of_month",
            "/amounts/1/amount/amount too_small",
            "/amounts/2/valid_from repeated"
        ]
    );
    assert_eq!(
        app.editor().patch(&path(&made.json), "\"1\"", &json!({ "kind": "per_unit" })).expect(422).faults(),
        ["/kind fixed"]
    );
    driver(app, &json!({}));
    let names = |query: &str| app.viewer().get(&format!("value-drivers?{query}")).expect(200).column("name");
    assert_eq!(names("kind=revenue_per_hour"), ["An hour of the shop"]);
    assert_eq!(names("components=shop"), ["Zoe\u{308}'s hour"]);
    assert_eq!(names("stakeholder=null"), ["An hour of the shop"]);
    assert_eq!(names("q=finance%20plan"), ["Zoe\u{308}'s hour"]);
    assert_eq!(names("sort=-name").len(), 2);
    app.editor().delete("components/shop", "\"1\"").expect(409);
    app.owner().delete(&format!("stakeholders/{ines}"), "\"1\"").expect(409);
}

fn an_amount_of_a_published_month_stays(app: &TestApp) {
    let made = driver(
        app,
        &json!({ "amounts": [
        { "valid_from": "2026-09-01", "amount": euros("1") }, { "valid_from": "2026-11-01", "amount": euros("3") },
    ] }),
    );
    publish(app, "2026-10");
    let patch = |etag: &str, amounts: &[(&str, &str)]| {
        let amount = |(from, amount): &(&str, &str)| json!({ "valid_from": from, "amount": euros(amount) });
        let amounts: Vec<_> = amounts.iter().map(amount).collect();
        app.editor().patch(&path(&made), etag, &json!({ "amounts": amounts }))
    };
    for amounts in [
        &[("2026-09-01", "2"), ("2026-11-01", "3")][..],
        &[("2026-11-01", "3")],
        &[("2026-09-01", "1"), ("2026-10-01", "2"), ("2026-11-01", "3")],
        &[],
    ] {
        assert_eq!(patch("\"1\"", amounts).expect(409).json["code"], "published", "{amounts:?}");
    }
    patch("\"1\"", &[("2026-12-01", "4"), ("2026-09-01", "1.0"), ("2026-11-01", "3.5")]).expect(200);
    app.editor().patch(&path(&made), "\"2\"", &json!({ "source": "the plan" })).expect(200);
    let new = json!({ "name": "X", "kind": "per_unit",
        "amounts": [{ "valid_from": "2026-10-01", "amount": euros("1") }] });
    assert_eq!(app.editor().post("value-drivers", &new).expect(409).json["code"], "published");
    assert_eq!(app.editor().delete(&path(&made), "\"3\"").expect(409).json["code"], "published");
}

fn only_the_stakeholder_agrees(app: &TestApp) {
    let nobody = driver(app, &json!({ "name": "Nobody's" }));
    assert_eq!(agree(app, &nobody, "\"1\"", &json!({})).expect(409).json["code"], "no_stakeholder");
    stakeholder(app, "Ines", Some(&app.people.viewer));
    stakeholder(app, "Edda", Some(&app.people.editor));
    stakeholder(app, "Olga", Some(&app.people.owner));
    let theirs = driver(app, &json!({ "name": "The editor's", "stakeholder": "Edda" }));
    let why = |answer: Answer| answer.expect(403).json["detail"].as_str().expect("words").to_owned();
    let of_editor = format!("{}/agree", path(&theirs));
    assert!(why(app.editor().with("If-Match", "\"1\"").post(&of_editor, &json!({}))).contains("may edit"));
    assert!(why(agree(app, &theirs, "\"1\"", &json!({}))).contains("only the stakeholder"));
    let owners = driver(app, &json!({ "name": "The owner's", "stakeholder": "Olga" }));
    let of_owner = format!("{}/agree", path(&owners));
    assert!(why(app.owner().with("If-Match", "\"1\"").post(&of_owner, &json!({}))).contains("may edit"));
    let empty = driver(app, &json!({ "name": "Empty", "stakeholder": "Ines", "amounts": [] }));
    assert_eq!(agree(app, &empty, "\"1\"", &json!({})).expect(409).json["code"], "no_amount");
    let mine = driver(
        app,
        &json!({ "stakeholder": "Ines", "amounts": [
        { "valid_from": "2026-01-01", "amount": euros("1") }, { "valid_from": "2026-10-01", "amount": euros("2") },
    ] }),
    );
    app.viewer().post(&format!("{}/agree", path(&mine)), &json!({})).expect(428);
    agree(app, &mine, "\"7\"", &json!({})).expect(412);
    app.exporter().with("If-Match", "\"1\"").post(&format!("{}/agree", path(&mine)), &json!({})).expect(403);
    let none = agree(app, &mine, "\"1\"", &json!({ "valid_from": "2026-02-01" })).expect(422);
    assert_eq!(none.faults(), ["/valid_from unknown_reference"]);
    let agreed = agree(app, &mine, "\"1\"", &json!({})).expect(200);
    let when = |row: &Value| [0, 1].map(|at| row["amounts"][at]["agreed_at"].clone());
    assert_eq!(agreed.etag(), "\"2\"");
    assert_eq!(when(&agreed.json), [Value::Null, json!("2026-11-02T09:00:00Z")]);
    assert_eq!(agree(app, &mine, "\"2\"", &json!({})).expect(409).json["code"], "agreed");
    let both = agree(app, &mine, "\"2\"", &json!({ "valid_from": "2026-01-01" })).expect(200);
    assert!(when(&both.json).iter().all(Value::is_string));
    let trail = app.owner().get("audit-events?resource=value-drivers&action=agree").expect(200);
    assert_eq!(trail.json["items"].as_array().map(Vec::len), Some(2));
}

/// Changes what is there now.
fn patch(app: &TestApp, path: &str, changes: &Value) -> Answer {
    let etag = app.editor().get(path).expect(200).etag().to_owned();
    app.editor().patch(path, &etag, changes)
}

/// Acts as the stakeholder on what is there now.
fn act(app: &TestApp, path: &str, what: &str, body: &Value) -> Answer {
    let etag = app.viewer().get(path).expect(200).etag().to_owned();
    app.viewer().with("If-Match", &etag).post(&format!("{path}/{what}"), body)
}

fn what_changes_about_an_amount_has_to_be_agreed_again(app: &TestApp) {
    service(app, "Shop");
    stakeholder(app, "Ines", Some(&app.people.viewer));
    stakeholder(app, "Ida", Some(&app.people.viewer));
    let mine = path(&driver(app, &json!({ "stakeholder": "Ines" })));
    act(app, &mine, "agree", &json!({})).expect(200);
    let further = json!({ "valid_from": "2026-12-01", "amount": euros("7") });
    let first = json!({ "valid_from": "2026-01-01", "amount": euros("12000.500") });
    let same = json!({ "source": "the plan", "name": "An hour", "amounts": [first, further] });
    let amounts = patch(app, &mine, &same).expect(200).json["amounts"].clone();
    assert!(amounts[0]["agreed_at"].is_string() && amounts[1]["agreed_at"].is_null(), "{amounts}");
    let other = json!({ "valid_from": "2026-01-01", "amount": euros("12001") });
    for change in [json!({ "amounts": [other] }), json!({ "components": ["shop"] }), json!({ "stakeholder": "Ida" })] {
        let changed = patch(app, &mine, &change).expect(200).json;
        assert!(changed["amounts"][0]["agreed_at"].is_null(), "{change}");
        act(app, &mine, "agree", &json!({ "valid_from": "2026-01-01" })).expect(200);
    }
}

fn a_driver_that_is_used_stays(app: &TestApp) {
    service(app, "Shop");
    let mine = driver(app, &json!({ "components": ["shop"] }));
    let claim = claim(app, &downtime(&json!({}))).expect(201).json;
    assert_eq!(app.editor().delete(&path(&mine), "\"1\"").expect(409).json["code"], "referenced");
    app.editor().delete(&claim_path(&claim), "\"1\"").expect(204);
    app.editor().delete(&path(&mine), "\"1\"").expect(204);
    app.editor().delete("components/shop", "\"1\"").expect(204);
}

fn claim(app: &TestApp, body: &Value) -> Answer {
    app.editor().post("impact-claims", body)
}

fn claim_path(claim: &Value) -> String {
    format!("impact-claims/{}", id(claim))
}

/// A claim that is only told.
fn told(more: &Value) -> Value {
    let body = json!({
        "title": "Everybody sleeps better", "component": "shop", "benefit": "qualitative", "from": "2026-08",
        "attribution": { "share": 1, "why": "nothing else changed" }, "confidence": "medium",
    });
    with(body, more)
}

fn downtime(more: &Value) -> Value {
    let body = told(&json!({
        "title": "The shop is up", "method": "downtime_avoided", "inputs": { "component": "shop" },
        "value_driver": "An hour of the shop", "benefit": "revenue_protected",
        "baseline": { "from": "2026-01", "to": "2026-07" }, "expected_monthly": euros("5000"),
    }));
    with(body, more)
}

fn slo(app: &TestApp, name: &str, component: &str) {
    let body = json!({
        "name": name, "component": component, "target": 0.99, "window": { "kind": "rolling", "days": 28 },
        "indicator": { "good": "orders that went through", "total": "orders" },
    });
    app.editor().post("slos", &body).expect(201);
}

fn risk(app: &TestApp, title: &str) -> String {
    id(&app.editor().post("risks", &json!({ "component": "shop", "title": title })).expect(201).json)
}

/// A figure that is to go down from 40 to 10.
fn key_result(app: &TestApp, title: &str) -> String {
    let quiet = json!({ "title": "Quiet nights", "period": "2026-Q4" });
    let objective = id(&app.editor().post("objectives", &quiet).expect(201).json);
    let body = json!({ "title": title, "unit": "a week", "baseline": 40, "target": 10 });
    id(&app.editor().post(&format!("objectives/{objective}/key-results"), &body).expect(201).json)
}

fn persona(app: &TestApp, name: &str) -> String {
    id(&app.editor().post("personas", &json!({ "name": name })).expect(201).json)
}

fn a_method_says_what_a_claim_needs(app: &TestApp) {
    service(app, "Shop");
    service(app, "Search");
    slo(app, "Orders", "shop");
    driver(app, &json!({}));
    driver(app, &json!({ "name": "Work", "kind": "hour_of_work" }));
    driver(app, &json!({ "name": "Alarm", "kind": "per_unit" }));
    persona(app, "Dana");
    risk(app, "Fire");
    key_result(app, "Alarms");
    let all = json!({ "component": "shop", "slo": "orders", "persona": "Dana", "task": "deploy", "risk": "Fire",
        "key_result": "Alarms" });
    let of = |method: &str, benefit: &str, inputs: &Value, driver: Value, baseline: bool| {
        let baseline = baseline.then(|| json!({ "from": "2026-01", "to": "2026-07" }));
        downtime(&json!({ "title": method, "method": method, "benefit": benefit, "inputs": inputs,
            "value_driver": driver, "baseline": baseline }))
    };
    let (hour, work, none) = (json!("An hour of the shop"), json!("Work"), Value::Null);
    let (alarm, metric) = (json!("Alarm"), json!({ "key_result": "Alarms" }));
    let time = json!({ "component": "shop", "persona": "Dana", "task": "deploy" });
    for body in [
        of("downtime_avoided", "revenue_protected", &json!({ "component": "shop" }), hour.clone(), true),
        of("downtime_avoided", "cost_avoided", &json!({ "component": "shop", "slo": "orders" }), hour.clone(), true),
        of("time_saved", "capacity_freed", &time, work.clone(), true),
        of("cost_reduced", "cash_released", &json!({ "component": "shop" }), none.clone(), true),
        of("risk_reduced", "risk_reduced", &json!({ "risk": "Fire" }), none.clone(), true),
        of("risk_reduced", "risk_reduced", &json!({ "risk": "Fire" }), none.clone(), false),
        of("metric_changed", "cash_released", &metric, alarm.clone(), true),
        of("metric_changed", "cost_avoided", &metric, alarm.clone(), false),
        of("metric_changed", "revenue_protected", &metric, alarm.clone(), false),
        of("metric_changed", "capacity_freed", &metric, alarm.clone(), false),
        told(&json!({})),
    ] {
        claim(app, &body).expect(201);
    }
    let inputs = |names: &[&str], code: &str| names.iter().map(|name| format!("/inputs/{name} {code}")).collect();
    for (method, benefit, given, driver, baseline, expected) in [
        (
            "downtime_avoided",
            "capacity_freed",
            json!({}),
            &none,
            false,
            vec!["/baseline required", "/benefit not_suited", "/inputs/component required", "/value_driver required"],
        ),
        (
            "downtime_avoided",
            "cost_avoided",
            all.clone(),
            &work,
            true,
            vec![
                "/inputs/key_result not_allowed",
                "/inputs/persona not_allowed",
                "/inputs/risk not_allowed",
                "/inputs/task not_allowed",
                "/value_driver other_kind",
            ],
        ),
        (
            "time_saved",
            "cash_released",
            json!({ "slo": "orders" }),
            &hour,
            false,
            vec![
                "/baseline required",
                "/benefit not_suited",
                "/inputs/component required",
                "/inputs/persona required",
                "/inputs/slo not_allowed",
                "/inputs/task required",
                "/value_driver other_kind",
            ],
        ),
        (
            "cost_reduced",
            "capacity_freed",
            all.clone(),
            &hour,
            true,
            vec![
                "/benefit not_suited",
                "/inputs/key_result not_allowed",
                "/inputs/persona not_allowed",
                "/inputs/risk not_allowed",
                "/inputs/slo not_allowed",
                "/inputs/task not_allowed",
                "/value_driver not_allowed",
            ],
        ),
        (
            "risk_reduced",
            "cost_avoided",
            json!({ "component": "shop" }),
            &hour,
            false,
            vec![
                "/benefit not_suited",
                "/inputs/component not_allowed",
                "/inputs/risk required",
                "/value_driver not_allowed",
            ],
        ),
        (
            "metric_changed",
            "risk_reduced",
            json!({ "component": "shop" }),
            &none,
            false,
            vec![
                "/benefit not_suited",
                "/inputs/component not_allowed",
                "/inputs/key_result required",
                "/value_driver required",
            ],
        ),
        ("metric_changed", "cost_avoided", metric.clone(), &hour, false, vec!["/value_driver other_kind"]),
        (
            "metric_changed",
            "cost_avoided",
            json!({ "key_result": "Wishes" }),
            &alarm,
            false,
            vec!["/inputs/key_result unknown_reference"],
        ),
        ("magic", "cost_avoided", json!({}), &none, false, vec!["/method not_one_of"]),
    ] {
        let refused = claim(app, &of(method, benefit, &given, driver.clone(), baseline)).expect(422);
        assert_eq!(refused.faults(), expected, "{method}");
    }
    let mut expected: Vec<String> =
        inputs(&["component", "key_result", "persona", "risk", "slo", "task"], "not_allowed");
    expected.extend(["/baseline", "/benefit", "/expected_monthly", "/value_driver"].map(|at| match at {
        "/benefit" => "/benefit not_suited".to_owned(),
        other => format!("{other} not_allowed"),
    }));
    expected.sort();
    let only_told = downtime(&json!({ "method": null, "inputs": all }));
    assert_eq!(claim(app, &only_told).expect(422).faults(), expected);
    let elsewhere = downtime(&json!({ "inputs": { "component": "search", "slo": "orders" } }));
    assert_eq!(claim(app, &elsewhere).expect(422).faults(), ["/inputs/slo other_component"]);
}

fn a_claim_is_made_changed_and_found(app: &TestApp) {
    service(app, "Shop");
    let hour = driver(app, &json!({}));
    let made = claim(app, &downtime(&json!({}))).expect(201);
    let path = claim_path(&made.json);
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    let expected = json!({
        "title": "The shop is up", "roadmap_item": null, "component": "shop", "method": "downtime_avoided",
        "inputs": { "component": "shop" }, "value_driver": hour["id"], "benefit": "revenue_protected",
        "from": "2026-08", "to": "2027-08", "baseline": { "from": "2026-01", "to": "2026-07" },
        "expected_monthly": euros("5000"), "attribution": { "share": 1, "why": "nothing else changed" },
        "counterfactual": "", "confidence": "medium", "evidence": [], "reinvested_in": [], "narrative": "",
        "stakeholder": null, "state": "expected", "version": 1,
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&made.json[name], value, "{name}");
    }
    assert_eq!(app.viewer().get(&path).expect(200).json, made.json);
    for (more, expected) in [
        (json!({ "state": "accepted" }), "/state unknown_property"),
        (json!({ "component": null }), "/roadmap_item required"),
        (json!({ "component": "theirs" }), "/component unknown_reference"),
        (json!({ "roadmap_item": "OPS-1" }), "/roadmap_item unknown_reference"),
        (json!({ "attribution": null }), "/attribution required"),
        (json!({ "attribution": { "share": 1.1 } }), "/attribution/share too_large"),
        (json!({ "attribution": { "why": "" } }), "/attribution/why too_short"),
        (json!({ "to": "2026-08" }), "/to before_start"),
        (json!({ "to": "2036-09" }), "/to too_long"),
        (json!({ "baseline": { "to": "2026-01" } }), "/baseline/to before_start"),
        (json!({ "baseline": { "to": "2026-09" } }), "/baseline/to after_start"),
        (json!({ "stakeholder": "Nobody" }), "/stakeholder unknown_reference"),
        (json!({ "inputs": { "kpi": "x" } }), "/inputs/kpi unknown_property"),
        (
            json!({ "evidence": [{ "kind": "incidents", "ref": "INC-1", "grade": "measured" }] }),
            "/evidence/0/ref unknown_reference",
        ),
        (json!({ "evidence": [{ "kind": "rumour", "ref": "x", "grade": "measured" }] }), "/evidence/0/kind not_one_of"),
        (
            json!({ "reinvested_in": [{ "roadmap_item": "OPS-1", "hours": 3 }] }),
            "/reinvested_in/0/roadmap_item unknown_reference",
        ),
    ] {
        assert_eq!(app.editor().patch(&path, "\"1\"", &more).expect(422).faults(), [expected], "{more}");
    }
    let changes = json!({ "to": "2026-12", "confidence": "low", "narrative": "It **works**.",
        "baseline": { "from": "2025-08", "to": "2026-08" }, "attribution": { "share": 0.5 } });
    let changed = app.editor().patch(&path, "\"1\"", &changes).expect(200);
    let attribution = json!({ "share": 0.5, "why": "nothing else changed" });
    assert_eq!((changed.etag(), &changed.json["attribution"]), ("\"2\"", &attribution));
    assert_eq!((&changed.json["to"], &changed.json["state"]), (&json!("2026-12"), &json!("expected")));
    claim(app, &told(&json!({ "from": "2026-10" }))).expect(201);
    let titles = |query: &str| app.viewer().get(&format!("impact-claims?{query}")).expect(200).column("title");
    for query in ["method=null", "from.gte=2026-09", "q=SLEEPS", "benefit=qualitative", "value_driver=null"] {
        assert_eq!(titles(query), ["Everybody sleeps better"], "{query}");
    }
    assert_eq!(titles("confidence=low,high&state=expected"), ["The shop is up"]);
    assert_eq!(titles("sort=-from,title").len(), 2);
}

fn a_claim_is_about_an_item_and_says_where_time_went(app: &TestApp) {
    service(app, "Shop");
    let item = app.editor().post("roadmap-items", &json!({ "title": "Standby", "kind": "reliability" })).expect(201);
    let item = (id(&item.json), item.json["ref"].as_str().expect("a ref").to_owned());
    let hours = |name: &str| json!({ "roadmap_item": name, "hours": 12.5 });
    let body = told(&json!({ "component": null, "roadmap_item": item.0, "reinvested_in": [hours(&item.0)] }));
    let made = claim(app, &body).expect(201).json;
    assert_eq!((&made["roadmap_item"], &made["reinvested_in"]), (&json!(item.1), &json!([hours(&item.1)])));
    let twice = json!({ "reinvested_in": [hours(&item.0), hours(&item.1)] });
    assert_eq!(patch(app, &claim_path(&made), &twice).expect(422).faults(), ["/reinvested_in/1/roadmap_item repeated"]);
    let none = json!({ "reinvested_in": [{ "roadmap_item": item.1, "hours": 0 }] });
    assert_eq!(patch(app, &claim_path(&made), &none).expect(422).faults(), ["/reinvested_in/0/hours too_small"]);
    let of_item = app.viewer().get(&format!("impact-claims?roadmap_item={}", item.1)).expect(200);
    assert_eq!(of_item.column("id"), [id(&made)]);
    app.editor().delete(&format!("roadmap-items/{}", item.1), "\"1\"").expect(409);
    let file = format!(
        "title,roadmap_item,benefit,from,attribution_share,attribution_why,confidence,reinvested_in\n\
                        Sleep,{0},qualitative,2026-08,1,w,low,{0}:7.25\n",
        item.1
    );
    assert_eq!(counts(app, "impact-claims", &file), (1, 0, 0));
    let sleep = app.viewer().get("impact-claims?q=Sleep&roadmap_item=OPS-1&confidence=low").expect(200);
    assert_eq!(sleep.json["items"][0]["reinvested_in"][0]["hours"], json!(7.25));
}

fn names_are_put_in_place_of_what_they_stand_for(app: &TestApp) {
    service(app, "Shop");
    slo(app, "Orders", "shop");
    let (dana, fire) = (persona(app, "Dana"), risk(app, "Fire"));
    let work = driver(app, &json!({ "name": "Work", "kind": "hour_of_work" }));
    let ines = stakeholder(app, "Ines", None);
    let incident = json!({ "title": "Down", "severity": 1, "components": ["shop"], "external_id": "INC-1",
        "started_at": "2026-05-05T10:00:00Z" });
    let incident = id(&app.editor().post("incidents", &incident).expect(201).json);
    let shop = id(&app.viewer().get("components/shop").expect(200).json);
    let evidence = |kind: &str, reference: &str| json!({ "kind": kind, "ref": reference, "grade": "measured" });
    let body = told(&json!({
        "method": "time_saved", "benefit": "capacity_freed", "component": shop, "value_driver": "Work",
        "inputs": { "component": shop, "persona": "Dana", "task": "deploy" },
        "baseline": { "from": "2026-01", "to": "2026-07" }, "stakeholder": "Ines",
        "evidence": [evidence("incidents", "INC-1"), evidence("slos", "orders"), evidence("risks", "Fire"),
            evidence("document", "https://wiki.example/x:1")],
    }));
    let made = claim(app, &body).expect(201).json;
    assert_eq!(made["inputs"], json!({ "component": "shop", "persona": dana, "task": "deploy" }));
    assert_eq!(
        [&made["component"], &made["value_driver"], &made["stakeholder"]],
        [&json!("shop"), &work["id"], &json!(ines)]
    );
    let kept: Vec<_> = made["evidence"].as_array().expect("evidence").iter().map(|one| one["ref"].clone()).collect();
    assert_eq!(kept, [json!(incident), json!("orders"), json!(fire), json!("https://wiki.example/x:1")]);
    risk(app, "Fire");
    let twice = told(&json!({ "method": "risk_reduced", "benefit": "risk_reduced", "inputs": { "risk": "Fire" } }));
    assert_eq!(claim(app, &twice).expect(422).faults(), ["/inputs/risk ambiguous"]);
    app.editor().delete(&format!("incidents/{incident}"), "\"1\"").expect(204);
    patch(app, &claim_path(&made), &json!({ "title": "Deploying is quick" })).expect(200);
    for referenced in [format!("personas/{dana}"), "components/shop".to_owned(), "slos/orders".to_owned()] {
        let answer = app.editor().delete(&referenced, "\"1\"");
        assert_eq!(answer.status, if referenced.starts_with("slos") { 204 } else { 409 }, "{referenced}");
    }
}

fn what_was_expected_is_fixed(app: &TestApp) {
    service(app, "Shop");
    driver(app, &json!({}));
    let dollars = downtime(&json!({ "expected_monthly": { "amount": "1", "currency": "USD" } }));
    assert_eq!(claim(app, &dollars).expect(422).faults(), ["/expected_monthly/currency other_currency"]);
    let made = claim(app, &downtime(&json!({ "expected_monthly": null }))).expect(201).json;
    let set = |amount: Value| patch(app, &claim_path(&made), &json!({ "expected_monthly": amount }));
    set(euros("10")).expect(200);
    set(euros("10.0")).expect(200);
    for other in [euros("9"), Value::Null] {
        assert_eq!(set(other).expect(409).json["code"], "fixed");
    }
}

fn only_the_stakeholder_judges_a_claim(app: &TestApp) {
    service(app, "Shop");
    stakeholder(app, "Ines", Some(&app.people.viewer));
    stakeholder(app, "Edda", Some(&app.people.editor));
    let retired = stakeholder(app, "Rita", Some(&app.people.viewer));
    app.owner().patch(&format!("stakeholders/{retired}"), "\"1\"", &json!({ "retired_on": "2026-11-02" })).expect(200);
    let made = |title: &str, stakeholder: Value| {
        claim_path(&claim(app, &told(&json!({ "title": title, "stakeholder": stakeholder }))).expect(201).json)
    };
    let (mine, editors) = (made("Mine", json!("Ines")), made("The editor's", json!("Edda")));
    let (nobodys, ritas) = (made("Nobody's", Value::Null), made("Rita's", json!("Rita")));
    let question = json!({ "text": "Who says so?" });
    for what in ["accept", "question"] {
        let why = |answer: Answer| answer.expect(403).json["detail"].as_str().expect("words").to_owned();
        for client in [app.editor(), app.owner()] {
            let client = client.with("If-Match", "\"1\"");
            for claim in [&mine, &editors, &nobodys] {
                assert!(why(client.post(&format!("{claim}/{what}"), &question)).contains("may edit"));
            }
        }
        assert!(why(act(app, &editors, what, &question)).contains("only the stakeholder"));
        assert!(why(act(app, &ritas, what, &question)).contains("retired"));
        assert_eq!(act(app, &nobodys, what, &question).expect(409).json["code"], "no_stakeholder");
        app.exporter().with("If-Match", "\"1\"").post(&format!("{mine}/{what}"), &question).expect(403);
        app.viewer().post(&format!("{mine}/{what}"), &question).expect(428);
        app.viewer().with("If-Match", "\"9\"").post(&format!("{mine}/{what}"), &question).expect(412);
        assert_eq!(app.viewer().get(&mine).json["state"], "expected", "nothing came of it");
    }
    let accepted = act(app, &mine, "accept", &json!({})).expect(200);
    assert_eq!((accepted.etag(), &accepted.json["state"]), ("\"2\"", &json!("accepted")));
    let questioned = act(app, &mine, "question", &question).expect(200);
    assert_eq!((questioned.etag(), &questioned.json["state"]), ("\"3\"", &json!("questioned")));
    assert_eq!(act(app, &mine, "question", &json!({})).expect(422).faults(), ["/text required"]);
    act(app, &mine, "accept", &json!({ "text": "Now I see." })).expect(200);
    let all = app.viewer().get(&format!("{mine}/comments")).expect(200);
    assert_eq!(all.column("kind"), ["accept", "question", "accept"]);
    assert_eq!(all.column("text"), ["", "Who says so?", "Now I see."]);
    assert_eq!(all.column("author"), vec![app.people.viewer.clone(); 3]);
}

fn what_was_judged_is_looked_at_again_when_it_changes(app: &TestApp) {
    service(app, "Shop");
    service(app, "Search");
    stakeholder(app, "Ines", Some(&app.people.viewer));
    stakeholder(app, "Ida", Some(&app.people.viewer));
    driver(app, &json!({}));
    let made = claim(app, &told(&json!({ "stakeholder": "Ines" }))).expect(201).json;
    let mine = claim_path(&made);
    act(app, &mine, "accept", &json!({})).expect(200);
    let (product, claimed) = (app.platform(), id(&made));
    app.change(move |tx| {
        let claim = claims::store::find(tx, &product, &claimed)?;
        let ines = stakeholders::store::find(tx, &product, claim.stakeholder.as_deref().unwrap_or_default())?;
        tx.nothing_changed();
        let month = "2026-10".parse().map_err(prodops::kernel::failure::Failure::internal)?;
        claims::store::write_acceptances(tx, &claim, &ines, &[(month, "d".to_owned())])
    });
    let accepted = |app: &TestApp| {
        let (product, claimed) = (app.platform(), id(&made));
        app.read(move |conn| claims::store::acceptances(conn, &product, &claimed)).len()
    };
    let same = json!({ "title": "We sleep", "component": "search", "to": "2027-08", "confidence": "medium" });
    assert_eq!(patch(app, &mine, &same).expect(200).json["state"], "accepted");
    assert_eq!(accepted(app), 1);
    assert_eq!(patch(app, &mine, &json!({ "narrative": "More" })).expect(200).json["state"], "realised");
    assert_eq!(accepted(app), 0, "what is to be looked at again is not accepted");
    let document = json!([{ "kind": "document", "ref": "a page", "grade": "asserted" }]);
    for change in [
        json!({ "from": "2026-09" }),
        json!({ "to": "2027-01" }),
        json!({ "attribution": { "share": 0.9 } }),
        json!({ "confidence": "high" }),
        json!({ "counterfactual": "We would not." }),
        json!({ "evidence": document }),
        json!({ "stakeholder": "Ida" }),
        json!({ "method": "downtime_avoided", "inputs": { "component": "shop" }, "benefit": "cost_avoided",
            "value_driver": "An hour of the shop", "baseline": { "from": "2026-01", "to": "2026-07" } }),
    ] {
        let what = if change.get("to").is_some() { "accept" } else { "question" };
        act(app, &mine, what, &json!({ "text": "?" })).expect(200);
        assert_eq!(patch(app, &mine, &change).expect(200).json["state"], "realised", "{change}");
    }
    act(app, &mine, "accept", &json!({})).expect(200);
    assert_eq!(accepted(app), 2, "September and October are over");
    act(app, &mine, "question", &json!({ "text": "Is it?" })).expect(200);
    assert_eq!(accepted(app), 0, "what is doubted is not accepted");
    patch(app, &mine, &json!({ "from": "2026-11" })).expect(200);
    assert_eq!(act(app, &mine, "accept", &json!({})).expect(409).json["code"], "nothing_computed");
}

fn a_claim_that_was_talked_about_is_kept(app: &TestApp) {
    service(app, "Shop");
    let mine = claim_path(&claim(app, &told(&json!({}))).expect(201).json);
    let other = claim_path(&claim(app, &told(&json!({ "title": "Another" }))).expect(201).json);
    let say =
        |client: &crate::client::Client, text: &str| client.post(&format!("{mine}/comments"), &json!({ "text": text }));
    let said = say(&app.viewer(), "Really?").expect(201);
    say(&app.editor(), "Really.").expect(201);
    say(&app.exporter(), "x").expect(403);
    assert_eq!(say(&app.viewer(), "").expect(422).faults(), ["/text too_short"]);
    let kind = json!({ "text": "I accept", "kind": "accept" });
    let refused = app.viewer().post(&format!("{mine}/comments"), &kind).expect(422);
    assert_eq!(refused.faults(), ["/kind unknown_property"]);
    let at = format!("{mine}/comments/{}", id(&said.json));
    assert_eq!(said.header("location"), Some(format!("/api/v1/products/platform/{at}").as_str()));
    assert_eq!(app.viewer().get(&at).expect(200).json, said.json);
    app.viewer().get(&format!("{other}/comments/{}", id(&said.json))).expect(404);
    app.viewer().get("impact-claims/nothing/comments").expect(404);
    app.viewer().post("impact-claims/nothing/comments", &json!({ "text": "x" })).expect(404);
    let list = format!("{mine}/comments");
    assert_eq!(app.viewer().get(&format!("{list}?kind=comment&sort=-created_at")).column("text").len(), 2);
    assert_eq!(app.viewer().get(&format!("{list}?q=REALLY.")).column("text"), ["Really."]);
    assert_eq!(app.editor().delete(&mine, "\"1\"").expect(409).json["code"], "referenced");
    app.editor().delete(&other, "\"1\"").expect(204);
    app.viewer().get(&other).expect(404);
}

fn a_question_and_its_event_stay_in_the_trail(app: &TestApp) {
    service(app, "Shop");
    stakeholder(app, "Ines", Some(&app.people.viewer));
    let mine = claim_path(&claim(app, &told(&json!({ "stakeholder": "Ines" }))).expect(201).json);
    act(app, &mine, "question", &json!({ "text": "Why?" })).expect(200);
    act(app, &mine, "accept", &json!({})).expect(200);
    let actions =
        |resource: &str| app.owner().get(&format!("audit-events?resource={resource}")).expect(200).column("action");
    assert_eq!(actions("impact-claims"), ["create", "question", "accept"]);
    assert_eq!(actions("impact-comments"), ["create", "create"]);
}

fn drivers_come_in_by_file_a_line_an_amount(app: &TestApp) {
    service(app, "Shop");
    let ines = stakeholder(app, "Ines", Some(&app.people.viewer));
    let file = "name,kind,components,slos,stakeholder,source,valid_from,amount,currency\n\
                An hour,revenue_per_hour,shop,,Ines,the plan,2026-01-01,100,EUR\n\
                An hour,revenue_per_hour,shop,,Ines,the plan,2026-10-01,120.5,EUR\n\
                A ticket,per_unit,,,,,,,\n";
    assert_eq!(counts(app, "value-drivers", file), (3, 0, 0));
    assert_eq!(counts(app, "value-drivers", file), (0, 0, 3));
    let of = |name: &str| {
        let all = app.viewer().get("value-drivers").expect(200).json["items"].clone();
        all.as_array().expect("items").iter().find(|one| one["name"] == name).expect("a driver").clone()
    };
    let hour = of("An hour");
    assert_eq!(
        (&hour["stakeholder"], &hour["version"], &hour["source"]),
        (&json!(ines), &json!(1), &json!("the plan"))
    );
    assert_eq!(hour["amounts"].as_array().map(Vec::len), Some(2));
    act(app, &path(&hour), "agree", &json!({})).expect(200);
    let more = "name,kind,valid_from,amount,currency\nAn hour,revenue_per_hour,2026-12-01,7,EUR\n";
    assert_eq!(counts(app, "value-drivers", more), (0, 1, 0), "a further amount changes the driver");
    let hour = of("An hour");
    assert_eq!((&hour["stakeholder"], &hour["components"]), (&json!(ines), &json!(["shop"])), "what it has stays");
    let agreed = |row: &Value, at: usize| row["amounts"][at]["agreed_at"].is_string();
    assert_eq!((agreed(&hour, 1), agreed(&hour, 2), &hour["amounts"][2]["amount"]), (true, false, &euros("7")));
    assert_eq!(counts(app, "value-drivers", &file.replace("120.5", "121")), (0, 1, 2));
    assert!(!agreed(&of("An hour"), 1), "another amount is not agreed");
    assert_eq!(counts(app, "value-drivers", "name,kind,source\nA ticket,per_unit,a guess\n"), (0, 1, 0));
    publish(app, "2026-10");
    assert_eq!(counts(app, "value-drivers", &file.replace("120.5", "121")), (0, 1, 2), "the ticket's source goes");
}

fn what_is_wrong_with_a_file_of_drivers_is_told_by_line(app: &TestApp) {
    driver(app, &json!({ "amounts": [{ "valid_from": "2026-09-01", "amount": euros("1") }] }));
    publish(app, "2026-10");
    let file = "name,kind,components,stakeholder,valid_from,amount,currency\n\
                An hour of the shop,hour_of_work,,,2026-11-01,1,EUR\n\
                B,per_unit,nothing,Nobody,2026-11-01,1,EUR\n\
                C,per_unit,,,2026-11-02,1,EUR\n\
                D,per_unit,,,2026-10-01,1,EUR\n\
                E,per_unit,,,2026-11-01,,\n\
                F,per_unit,,,,1,EUR\n\
                G,per_unit,,,2026-11-01,-1,EUR\n\
                H,per_unit,,,2026-11-01,1,EUR\n\
                H,per_unit,,,2026-11-01,2,EUR\n\
                I,guess,,,2026-11-01,2,EUR\n";
    let mut found = faults(import(app, "value-drivers", file));
    found.sort();
    let expected = [
        fault(2, "kind", "fixed"),
        fault(3, "components", "unknown_reference"),
        fault(3, "stakeholder", "unknown_reference"),
        fault(4, "valid_from", "not_first_of_month"),
        fault(5, "", "published"),
        fault(6, "amount", "required"),
        fault(7, "valid_from", "required"),
        fault(8, "amount", "too_small"),
        fault(10, "", "repeated"),
        fault(11, "kind", "not_one_of"),
    ];
    assert_eq!(found, expected);
    let past = "name,kind,valid_from,amount,currency\nAn hour of the shop,revenue_per_hour,2026-09-01,2,EUR\n";
    assert_eq!(faults(import(app, "value-drivers", past)), [fault(2, "", "published")]);
    let differing = "name,kind,source,valid_from,amount,currency\nX,per_unit,a,2026-11-01,1,EUR\n\
                     X,hour_of_work,b,2026-12-01,1,EUR\n";
    let found = faults(import(app, "value-drivers", differing));
    assert_eq!(found, [fault(3, "kind", "differs"), fault(3, "source", "differs")]);
}

const CLAIMS: &str = "title,component,method,inputs_component,inputs_slo,inputs_persona,inputs_task,inputs_risk,\
value_driver,benefit,from,to,baseline_from,baseline_to,expected_monthly,expected_monthly_currency,attribution_share,\
attribution_why,counterfactual,confidence,evidence,reinvested_in,narrative,stakeholder\n\
The shop is up,shop,downtime_avoided,shop,orders,,,,An hour of the shop,revenue_protected,2026-08,,2026-01,2026-07,\
5000,EUR,0.5,half of it was ours,,medium,\"incidents:INC-1:measured\ndocument:https://x.example/a:b:asserted\",,\
It **works**.,Ines\n\
No fire,shop,risk_reduced,,,,,Fire,,risk_reduced,2026-08,2026-12,,,,,1,all of it,,low,slos:orders:derived,,,\n\
Sleep,shop,,,,,,,,qualitative,2026-08,,,,,,1,all of it,,high,,,,\n";

fn filled(app: &TestApp) {
    service(app, "Shop");
    slo(app, "Orders", "shop");
    risk(app, "Fire");
    driver(app, &json!({}));
    stakeholder(app, "Ines", Some(&app.people.viewer));
    let incident = json!({ "title": "Down", "severity": 1, "components": ["shop"], "external_id": "INC-1",
        "started_at": "2026-05-05T10:00:00Z" });
    app.editor().post("incidents", &incident).expect(201);
}

fn claims_come_in_by_file_and_a_second_time_change_nothing(app: &TestApp) {
    filled(app);
    assert_eq!(counts(app, "impact-claims", CLAIMS), (3, 0, 0));
    assert_eq!(counts(app, "impact-claims", CLAIMS), (0, 0, 3));
    let up = app.viewer().get("impact-claims?q=shop%20up").expect(200).json["items"][0].clone();
    assert_eq!(
        (&up["to"], &up["state"], &up["attribution"]["share"]),
        (&json!("2027-08"), &json!("expected"), &json!(0.5))
    );
    let document = json!({ "kind": "document", "ref": "https://x.example/a:b", "grade": "asserted" });
    assert_eq!((&up["evidence"][1], &up["evidence"][0]["grade"]), (&document, &json!("measured")));
    let sleep = claim_path(&app.viewer().get("impact-claims?method=null").expect(200).json["items"][0]);
    patch(app, &sleep, &json!({ "stakeholder": "Ines" })).expect(200);
    act(app, &sleep, "accept", &json!({})).expect(200);
    let part = "title,benefit,from,attribution_share,attribution_why,confidence\n\
                Sleep,qualitative,2026-08,1,all of it,high\nNo fire,risk_reduced,2026-08,1,all of it,high\n";
    assert_eq!(counts(app, "impact-claims", part), (0, 1, 1), "columns that are left out keep what is there");
    assert_eq!(app.viewer().get(&sleep).json["state"], "accepted");
    assert_eq!(
        counts(app, "impact-claims", &part.replace("Sleep,qualitative,2026-08", "Sleep,qualitative,2026-09")),
        (0, 1, 1)
    );
    assert_eq!(app.viewer().get(&sleep).json["state"], "realised");
}

fn what_is_wrong_with_a_file_of_claims_is_told_by_line(app: &TestApp) {
    filled(app);
    assert_eq!(counts(app, "impact-claims", CLAIMS), (3, 0, 0));
    claim(app, &told(&json!({ "title": "Twice" }))).expect(201);
    claim(app, &told(&json!({ "title": "Twice" }))).expect(201);
    let heading = "title,component,method,inputs_component,inputs_slo,benefit,from,expected_monthly,\
                   expected_monthly_currency,attribution_share,attribution_why,confidence,evidence,reinvested_in\n";
    let file = format!(
        "{heading}The shop is up,shop,downtime_avoided,shop,orders,revenue_protected,2026-08,1,EUR,0.5,w,low,,\n\
         Twice,shop,,,,qualitative,2026-08,,,1,w,low,,\n\
         A,shop,,search,,qualitative,2026-08,,,1,w,low,,\n\
         B,,,,,qualitative,2026-08,,,1,w,low,incidents:INC-2:measured,OPS-1:3\n\
         C,shop,,,,qualitative,2026-08,,,1,w,low,rumour,OPS-1:many\n\
         D,shop,,,,cash_released,2026-08,,,2,w,low,rumour:x:measured,\n"
    );
    let mut found = faults(import(app, "impact-claims", &file));
    found.sort();
    let expected = [
        fault(2, "", "fixed"),
        fault(3, "title", "ambiguous"),
        fault(4, "inputs_component", "not_allowed"),
        fault(4, "inputs_component", "unknown_reference"),
        fault(5, "evidence", "unknown_reference"),
        fault(5, "reinvested_in", "unknown_reference"),
        fault(5, "roadmap_item", "required"),
        fault(6, "evidence", "type"),
        fault(6, "reinvested_in", "type"),
        fault(7, "attribution_share", "too_large"),
        fault(7, "evidence", "not_one_of"),
    ];
    assert_eq!(found, expected);
}

fn drivers_claims_and_evidence_are_exported(app: &TestApp) {
    filled(app);
    assert_eq!(counts(app, "impact-claims", CLAIMS), (3, 0, 0));
    driver(app, &json!({ "name": "Empty", "kind": "per_unit", "amounts": [] }));
    let exporter = app.exporter();
    let columns = ["product", "name", "kind", "valid_from", "amount", "currency", "agreed_at"];
    assert_eq!(
        cells(&exporter, "exports/value_drivers.csv", &columns),
        ["platform An hour of the shop revenue_per_hour 2026-01-01 12000.5 EUR ", "platform Empty per_unit    "]
    );
    let columns = [
        "title",
        "method",
        "input_component",
        "from",
        "to",
        "baseline_from",
        "expected_monthly_amount",
        "attribution_share",
        "state",
    ];
    assert_eq!(
        cells(&exporter, "exports/impact_claims.csv", &columns),
        [
            "No fire risk_reduced  2026-08 2026-12   1 expected",
            "Sleep   2026-08 2027-08   1 expected",
            "The shop is up downtime_avoided shop 2026-08 2027-08 2026-01 5000 0.5 expected"
        ]
    );
    let columns = ["position", "kind", "grade"];
    assert_eq!(
        cells(&exporter, "exports/impact_evidence.csv", &columns),
        ["1 incidents measured", "1 slos derived", "2 document asserted"]
    );
    let document = cells(&exporter, "exports/impact_evidence.csv", &["kind", "ref"]);
    assert_eq!(document[0], "document https://x.example/a:b");
}

fn operators_accept_through_the_store_only_what_is_there(app: &TestApp) {
    filled(app);
    let body = told(&json!({ "stakeholder": "Ines" }));
    let (claim, hour) =
        (claim(app, &body).expect(201).json, driver(app, &json!({ "name": "X", "stakeholder": "Ines" })));
    let (product, claim, hour) = (app.platform(), id(&claim), id(&hour));
    let (accepted, agreed) = app.change(move |tx| {
        let claim = claims::store::find(tx, &product, &claim)?;
        let ines = stakeholders::store::find(tx, &product, claim.stakeholder.as_deref().unwrap_or_default())?;
        let seen = IfMatch::version(claim.version);
        let claim = claims::store::accept(tx, &product, &claim, seen, &ines, "Said on the phone".to_owned())?;
        let hour = drivers::store::find(tx, &product, &hour)?;
        let hour = drivers::store::agree(tx, &hour, IfMatch::version(1), &ines, None)?;
        Ok((claim, hour))
    });
    assert_eq!((accepted.state, accepted.version), (ClaimState::Accepted, 2));
    assert!(agreed.amounts[0].agreed_at.is_some());
    let said =
        app.viewer().get(&format!("impact-claims/{}/comments", accepted.id)).expect(200).json["items"][0].clone();
    assert_eq!((&said["author"], &said["text"]), (&Value::Null, &json!("Said on the phone")));
}
