//! The catalogue: keys, dependencies, recovery tests.

use crate::app::TestApp;
use serde_json::{Value, json};

on_both_engines!(
    a_key_is_the_slug_of_the_name_and_the_kind_comes_before_it_on_a_collision,
    a_key_that_is_given_is_kept_or_refused,
    a_component_is_found_by_key_and_by_id,
    dependencies_are_named_by_key_or_id_and_answered_by_key,
    a_cycle_is_refused_and_every_key_on_it_named,
    two_halves_of_a_cycle_at_once_do_not_both_stand,
    recovery_is_judged_by_the_last_test_on_or_before_a_day,
    all_components_are_asked_at_once,
    components_are_found_by_any_of_their_tags,
    a_tier_one_component_is_overdue_after_twelve_months,
    objectives_are_met_when_the_last_test_kept_both,
    a_recovery_test_is_corrected_and_taken_back,
);

fn make(app: &TestApp, body: Value) -> Value {
    app.editor().post("components", &body).expect(201).json
}

fn a_key_is_the_slug_of_the_name_and_the_kind_comes_before_it_on_a_collision(app: &TestApp) {
    let key = |name: &str, kind: &str| make(app, json!({ "name": name, "kind": kind }))["key"].clone();
    assert_eq!(key("Order Database", "infrastructure"), "order-database");
    assert_eq!(key("order  DATABASE!", "service"), "service-order-database");
    let third = app.editor().post("components", &json!({ "name": "Order database", "kind": "service" })).expect(409);
    assert_eq!(third.json["code"], "exists");
    assert_eq!(key("Größe & Ähnliches", "tool"), "grosse-ahnliches");
    let nothing = app.editor().post("components", &json!({ "name": "!!!", "kind": "tool" })).expect(422);
    assert_eq!(nothing.faults(), ["/key required"]);
    let long = key(&"ab ".repeat(40), "tool");
    assert!(long.as_str().is_some_and(|key| key.len() <= 63 && !key.ends_with('-')), "{long}");
}

fn a_key_that_is_given_is_kept_or_refused(app: &TestApp) {
    let given = |key: &str| app.editor().post("components", &json!({ "key": key, "name": "x", "kind": "tool" }));
    let made = given("order-db2").expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/products/platform/components/order-db2"));
    assert_eq!(given("order-db2").expect(409).json["code"], "exists");
    for bad in ["", "Order", "a--b", "-a", "a-", "a_b", "a b", "ä", &"x".repeat(64)] {
        given(bad).expect(422);
    }
    given("01900000-0000-7000-8000-000000000000").expect(422);
    given("0190000000007000800000000000abcd").expect(422);
    app.outsider()
        .post("/api/v1/products/other/components", &json!({ "key": "order-db2", "name": "x", "kind": "tool" }))
        .expect(201);
}

fn a_component_is_found_by_key_and_by_id(app: &TestApp) {
    let made = make(app, json!({ "name": "Search", "kind": "service", "tier": 2 }));
    let id = made["id"].as_str().expect("an id");
    for name in ["search", id] {
        assert_eq!(app.viewer().get(&format!("components/{name}")).expect(200).json, made);
    }
    app.editor().patch(&format!("components/{id}"), "\"1\"", &json!({ "tier": 1 })).expect(200);
    let by_product = app.viewer().get("/api/v1/products/platform").expect(200).json["id"].clone();
    let path = format!("/api/v1/products/{}/components/search", by_product.as_str().expect("an id"));
    assert_eq!(app.viewer().get(&path).expect(200).json["tier"], 1);
}

fn dependencies_are_named_by_key_or_id_and_answered_by_key(app: &TestApp) {
    let index = make(app, json!({ "name": "Index", "kind": "service" }));
    make(app, json!({ "name": "Queue", "kind": "service" }));
    let needs = json!({ "name": "Search", "kind": "service", "depends_on": ["queue", index["id"]] });
    assert_eq!(make(app, needs)["depends_on"], json!(["index", "queue"]));
    let listed = app.viewer().get("components?key=search").json["items"][0]["depends_on"].clone();
    assert_eq!(listed, json!(["index", "queue"]));
    let fewer = app.editor().patch("components/search", "\"1\"", &json!({ "depends_on": ["queue"] })).expect(200);
    assert_eq!(fewer.json["depends_on"], json!(["queue"]));
    assert_eq!(app.viewer().get("components/search").json["depends_on"], json!(["queue"]));
}

fn a_cycle_is_refused_and_every_key_on_it_named(app: &TestApp) {
    make(app, json!({ "name": "a", "kind": "tool" }));
    make(app, json!({ "name": "b", "kind": "tool", "depends_on": ["a"] }));
    make(app, json!({ "name": "c", "kind": "tool", "depends_on": ["b"] }));
    let refused = app.editor().patch("components/a", "\"1\"", &json!({ "depends_on": ["c"] })).expect(409);
    assert_eq!(refused.json["code"], "cycle");
    let detail = refused.json["detail"].as_str().expect("a sentence");
    assert!(["a", "b", "c"].iter().all(|key| detail.contains(key)) && detail.contains('→'), "{detail}");
    let alone = app.editor().patch("components/a", "\"1\"", &json!({ "depends_on": ["a"] })).expect(409);
    assert_eq!(alone.json["detail"], "this would close a cycle: a → a");
    assert_eq!(app.viewer().get("components/a").json["depends_on"], json!([]));
}

fn two_halves_of_a_cycle_at_once_do_not_both_stand(app: &TestApp) {
    for round in 0..5 {
        let (one, two) = (format!("one-{round}"), format!("two-{round}"));
        for name in [&one, &two] {
            make(app, json!({ "name": name, "kind": "tool" }));
        }
        let link = |from: &str, to: &str| {
            app.editor().patch(&format!("components/{from}"), "\"1\"", &json!({ "depends_on": [to] })).status
        };
        let mut statuses = std::thread::scope(|scope| {
            let first = scope.spawn(|| link(&one, &two));
            let second = scope.spawn(|| link(&two, &one));
            [first.join().expect("no panic"), second.join().expect("no panic")]
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "one half stands, the other would close the cycle");
    }
}

fn test(app: &TestApp, on: &str, result: &str, minutes: (i64, i64)) -> Value {
    let body = json!({
        "component": "database", "on": on, "scenario": "disk lost", "result": result,
        "achieved_rto_minutes": minutes.0, "achieved_rpo_minutes": minutes.1,
    });
    app.editor().post("recovery-tests", &body).expect(201).json
}

fn recovery(app: &TestApp, query: &str) -> Value {
    app.viewer().get(&format!("components/database/recovery{query}")).expect(200).json
}

fn database(app: &TestApp, tier: i64) {
    make(app, json!({ "name": "Database", "kind": "service", "tier": tier, "rto_minutes": 60, "rpo_minutes": 5 }));
}

fn recovery_is_judged_by_the_last_test_on_or_before_a_day(app: &TestApp) {
    database(app, 1);
    assert_eq!(
        recovery(app, ""),
        json!({
            "component": "database", "name": "Database", "tier": 1, "owner": null, "last_test": null, "due_on": null,
            "overdue": true, "objective_met": null,
        })
    );
    let old = test(app, "2026-03-01", "failed", (90, 1));
    let new = test(app, "2026-09-01", "passed", (30, 5));
    test(app, "2026-12-01", "failed", (500, 500));
    let last = |query: &str| recovery(app, query)["last_test"]["id"].clone();
    assert_eq!(last(""), new["id"], "tests to come do not count");
    assert_eq!(last("?on=2026-09-01"), new["id"]);
    assert_eq!(last("?on=2026-08-31"), old["id"]);
    assert_eq!(last("?on=2026-02-28"), Value::Null);
    app.viewer().get("components/database/recovery?on=2026-02-30").expect(422);
    app.viewer().get("components/nothing/recovery").expect(404);
}

fn a_tier_one_component_is_overdue_after_twelve_months(app: &TestApp) {
    database(app, 1);
    test(app, "2024-02-29", "passed", (1, 1));
    let overdue = |on: &str| recovery(app, &format!("?on={on}"))["overdue"].clone();
    assert_eq!(overdue("2025-02-27"), false);
    assert_eq!(overdue("2025-02-28"), true);
    app.editor().patch("components/database", "\"1\"", &json!({ "tier": 2 })).expect(200);
    assert_eq!(overdue("2025-02-28"), false, "only tier 1 must be tested every year");
    app.editor().patch("components/database", "\"2\"", &json!({ "tier": 1, "lifecycle": "retired" })).expect(200);
    assert_eq!(overdue("2025-02-28"), false, "what is retired need not come back");
}

fn all_components_are_asked_at_once(app: &TestApp) {
    let tested = |key: &str, tier: Option<i64>, lifecycle: &str, on: Option<&str>| {
        let owner = format!("{key}-team");
        make(
            app,
            json!({ "key": key, "name": key, "kind": "tool", "tier": tier, "lifecycle": lifecycle, "owner": owner }),
        );
        if let Some(on) = on {
            let body = json!({ "component": key, "on": on, "scenario": "lost", "result": "passed" });
            app.editor().post("recovery-tests", &body).expect(201);
        }
    };
    tested("fresh", Some(1), "production", Some("2026-10-01"));
    tested("late", Some(1), "deprecated", Some("2025-11-02"));
    tested("later", Some(1), "experimental", Some("2025-01-01"));
    tested("never", Some(1), "production", None);
    tested("never-too", Some(1), "production", None);
    tested("retired", Some(1), "retired", Some("2020-01-01"));
    tested("second", Some(2), "production", Some("2020-01-01"));
    tested("quiet", None, "production", None);
    let keys = |query: &str| app.viewer().get(&format!("recovery{query}")).expect(200).column("component");
    assert_eq!(keys("?overdue=true"), ["never", "never-too", "later", "late"]);
    assert_eq!(keys(""), ["never", "never-too", "later", "late", "fresh", "retired", "second"]);
    assert_eq!(keys("?overdue=false"), ["fresh", "retired", "second"]);
    assert_eq!(keys("?overdue=true&on=2026-11-01"), ["never", "never-too", "later"], "twelve months are not over");
    let all = app.viewer().get("recovery").expect(200).json;
    assert_eq!((&all["on"], &all["next_cursor"]), (&json!("2026-11-02"), &Value::Null));
    assert_eq!((&all["items"][3]["due_on"], &all["items"][3]["owner"]), (&json!("2026-11-02"), &json!("late-team")));
    assert_eq!(all["items"][5]["due_on"], Value::Null, "what is retired is never due");
    app.viewer().get("recovery?overdue=perhaps").expect(422);
    app.viewer().get("recovery?on=2026-02-30").expect(422);
}

fn components_are_found_by_any_of_their_tags(app: &TestApp) {
    for (key, tags) in
        [("a", json!(["java", "c++"])), ("b", json!(["Java"])), ("c", json!(["java-8"])), ("d", json!([]))]
    {
        make(app, json!({ "key": key, "name": key, "kind": "tool", "tags": tags, "owner": "us", "system": "shop" }));
    }
    let keys = |query: &str| app.viewer().get(&format!("components?{query}&sort=key")).expect(200).column("key");
    assert_eq!(keys("tags=java"), ["a"]);
    assert_eq!(keys("tags=java,Java"), ["a", "b"]);
    assert_eq!(keys("tags=c%2B%2B"), ["a"]);
    assert_eq!(keys("tags=jav_"), [""; 0]);
    assert_eq!(keys("tags=%25"), [""; 0]);
    assert_eq!(keys("tags=c%2B%2B%20java,java%20c%2B%2B"), [""; 0], "two tags side by side are not one");
    assert_eq!(keys("tags=java-8&owner=us&system=shop&domain=null"), ["c"]);
    app.viewer().get("components?sort=tags").expect(422);
}

fn objectives_are_met_when_the_last_test_kept_both(app: &TestApp) {
    database(app, 2);
    let met = |on: &str, result: &str, minutes: (i64, i64)| {
        test(app, on, result, minutes);
        recovery(app, &format!("?on={on}"))["objective_met"].clone()
    };
    assert_eq!(met("2026-01-01", "passed", (60, 5)), true);
    assert_eq!(met("2026-01-02", "passed", (61, 5)), false);
    assert_eq!(met("2026-01-03", "passed", (60, 6)), false);
    assert_eq!(met("2026-01-04", "partly", (1, 1)), false);
    let unmeasured = |result: &str, minutes: Option<i64>| {
        json!({
            "component": "database", "on": "2026-01-05", "scenario": "lost", "result": result,
            "achieved_rto_minutes": minutes,
        })
    };
    for (result, minutes, expected) in [
        ("failed", None, json!(false)),
        ("passed", Some(61), json!(false)),
        ("passed", Some(60), Value::Null),
        ("passed", None, Value::Null),
    ] {
        app.editor().post("recovery-tests", &unmeasured(result, minutes)).expect(201);
        assert_eq!(recovery(app, "?on=2026-01-05")["objective_met"], expected, "{result}, {minutes:?}");
    }
    let none = json!({ "rto_minutes": null, "rpo_minutes": null });
    app.editor().patch("components/database", "\"1\"", &none).expect(200);
    assert_eq!(recovery(app, "")["objective_met"], Value::Null, "there is no objective to meet");
}

fn a_recovery_test_is_corrected_and_taken_back(app: &TestApp) {
    database(app, 1);
    let made = test(app, "2026-09-01", "passed", (30, 5));
    let path = format!("recovery-tests/{}", made["id"].as_str().expect("an id"));
    let changed =
        app.editor().patch(&path, "\"1\"", &json!({ "result": "partly", "evidence": "ticket 7" })).expect(200);
    assert_eq!((&changed.json["result"], &changed.json["evidence"]), (&json!("partly"), &json!("ticket 7")));
    assert_eq!(app.viewer().get("recovery-tests?result=partly").column("component"), ["database"]);
    assert_eq!(app.viewer().get("recovery-tests?on.gte=2026-09-02").column("component"), [""; 0]);
    let wrong = json!({ "component": "nothing" });
    assert_eq!(app.editor().patch(&path, "\"2\"", &wrong).expect(422).faults(), ["/component unknown_reference"]);
    for day in ["2026-02-29", "2026-9-1", "20260901", "yesterday", "2026-09-01T00:00:00Z"] {
        assert_eq!(app.editor().patch(&path, "\"2\"", &json!({ "on": day })).expect(422).faults(), ["/on format"]);
    }
    app.editor().delete(&path, "\"2\"").expect(204);
    app.viewer().get(&path).expect(404);
}
