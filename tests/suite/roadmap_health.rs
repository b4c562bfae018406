//! What is wrong with the roadmap: each finding found, and not found where nothing is wrong.

use crate::{
    app::TestApp,
    roadmap::{change, item},
};
use serde_json::{Value, json};

on_both_engines!(
    a_sound_roadmap_has_no_findings,
    what_is_late_or_cannot_be_in_time_is_found,
    what_nobody_works_on_is_found,
    what_is_for_nobody_is_found,
    what_was_never_brought_back_is_found,
    the_gravest_comes_first_and_what_is_closed_is_left_alone,
);

/// `code ref-or-component` of each finding.
fn found(app: &TestApp) -> Vec<String> {
    let answer = app.viewer().get("roadmap/health").expect(200);
    assert_eq!(answer.json["next_cursor"], Value::Null);
    let findings = answer.json["items"].as_array().expect("findings");
    let told = findings.iter().map(|one| {
        for name in ["title", "detail", "action"] {
            assert!(one[name].as_str().is_some_and(|text| !text.is_empty()), "{one}");
        }
        assert_ne!(one["ref"].is_null(), one["component"].is_null(), "{one}");
        let of = one["ref"].as_str().or(one["component"].as_str()).expect("an item or a component");
        format!("{} {of}", one["code"].as_str().expect("a code"))
    });
    told.collect()
}

/// Whom and what items are for.
struct For {
    persona: Value,
    objective: Value,
}

impl For {
    fn somebody(app: &TestApp) -> Self {
        let made = |path: &str, body: Value| app.editor().post(path, &body).expect(201).json["id"].clone();
        Self {
            persona: made("personas", json!({ "name": "Dev in a hurry" })),
            objective: made("objectives", json!({ "title": "Fewer nights", "period": "2026-Q4" })),
        }
    }

    /// An item of which nothing is wrong, whatever else it says; its ref.
    fn item(&self, app: &TestApp, more: Value) -> String {
        let mut links = json!({ "personas": [self.persona], "objectives": [self.objective], "status": "planned" });
        for (name, value) in more.as_object().expect("an object") {
            links[name] = value.clone();
        }
        let name = item(app, "Sound", links)["ref"].as_str().expect("a ref").to_owned();
        let claim = json!({
            "title": "Worth it", "roadmap_item": name, "benefit": "qualitative", "from": "2026-11",
            "attribution": { "share": 1, "why": "x" }, "confidence": "low",
        });
        app.editor().post("impact-claims", &claim).expect(201);
        name
    }
}

fn worked(app: &TestApp, name: &str, on: &str) -> Value {
    let activity = json!({ "roadmap_item": name, "on": on, "kind": "improvement", "summary": "Worked on it." });
    app.editor().post("activities", &activity).expect(201).json["id"].clone()
}

fn a_sound_roadmap_has_no_findings(app: &TestApp) {
    assert_eq!(found(app), [""; 0], "nothing is wrong with nothing");
    let all = For::somebody(app);
    let first = all.item(app, json!({ "horizon": "now", "status": "in_progress", "target_on": "2026-11-02" }));
    worked(app, &first, "2026-10-30");
    all.item(app, json!({ "horizon": "next", "target_on": "2026-12-01", "depends_on": [first] }));
    all.item(app, json!({ "horizon": "later" }));
    let component = json!({ "name": "Shop", "kind": "service", "tier": 2 });
    app.editor().post("components", &component).expect(201);
    assert_eq!(found(app), [""; 0]);
    assert_eq!(app.viewer().get("roadmap/health").json["on"], "2026-11-02");
    app.outsider().get("roadmap/health").expect(404);
    app.exporter().get("roadmap/health").expect(403);
}

fn what_is_late_or_cannot_be_in_time_is_found(app: &TestApp) {
    let all = For::somebody(app);
    let late = all.item(app, json!({ "target_on": "2026-11-02" }));
    assert_eq!(found(app), [""; 0], "the day itself is in time");
    // 23:30 UTC is the next day in Berlin.
    app.clock.set("2026-11-02T23:30:00Z".parse().expect("a time"));
    assert_eq!(found(app), [format!("overdue {late}")]);
    let detail = app.viewer().get("roadmap/health").json["items"][0]["detail"].clone();
    assert_eq!(detail, "It was wanted by 2026-11-02, 1 day ago, and is planned.");
    change(app, &late, json!({ "target_on": "2026-12-01" })).expect(200);
    let needed = all.item(app, json!({ "target_on": "2026-12-02" }));
    change(app, &late, json!({ "depends_on": [needed] })).expect(200);
    assert_eq!(found(app), [format!("due_before_dependency {late}")]);
    let detail = app.viewer().get("roadmap/health").json["items"][0]["detail"].clone();
    assert_eq!(detail, format!("It is wanted by 2026-12-01, and needs first: {needed} by 2026-12-02."));
    for target in [json!("2026-12-01"), Value::Null] {
        change(app, &needed, json!({ "target_on": target })).expect(200);
        assert_eq!(found(app), [""; 0]);
    }
    change(app, &needed, json!({ "target_on": "2026-12-02", "status": "dropped" })).expect(200);
    assert_eq!(found(app), [format!("depends_on_dropped {late}")], "what is dropped has no day");
    change(app, &late, json!({ "depends_on": [] })).expect(200);
    assert_eq!(found(app), [""; 0]);
}

fn what_nobody_works_on_is_found(app: &TestApp) {
    let all = For::somebody(app);
    let now = all.item(app, json!({ "horizon": "now" }));
    let idle = [format!("now_without_work {now}")];
    assert_eq!(found(app), idle);
    let old = worked(app, &now, "2026-10-04");
    assert_eq!(found(app), idle, "29 days ago");
    let etag = "\"1\"";
    app.editor().delete(&format!("activities/{}", old.as_str().expect("an id")), etag).expect(204);
    let recent = worked(app, &now, "2026-10-05");
    assert_eq!(found(app), [""; 0], "28 days ago");
    app.editor().delete(&format!("activities/{}", recent.as_str().expect("an id")), etag).expect(204);
    let effort = json!({ "entries": [{ "person": null, "shares": [
        { "roadmap_item": now, "kind": "improvement", "share": 1 },
    ] }] });
    app.editor().with("If-None-Match", "*").put("effort/2026-W40", &effort).expect(200);
    assert_eq!(found(app), idle, "that week ended five weeks ago");
    app.editor().with("If-None-Match", "*").put("effort/2026-W44", &effort).expect(200);
    assert_eq!(found(app), [""; 0]);
    let later = all.item(app, json!({ "horizon": "later", "status": "in_progress" }));
    assert_eq!(found(app), [format!("in_progress_later {later}")]);
    change(app, &later, json!({ "horizon": "next" })).expect(200);
    assert_eq!(found(app), [""; 0], "only what is for now must be worked on");
}

fn what_is_for_nobody_is_found(app: &TestApp) {
    let all = For::somebody(app);
    item(app, "Why?", json!({}));
    assert_eq!(found(app), ["no_persona OPS-1", "no_objective OPS-1", "no_claim OPS-1"]);
    change(app, "OPS-1", json!({ "personas": [all.persona] })).expect(200);
    assert_eq!(found(app), ["no_objective OPS-1", "no_claim OPS-1"]);
    change(app, "OPS-1", json!({ "objectives": [all.objective] })).expect(200);
    assert_eq!(found(app), ["no_claim OPS-1"]);
    all.item(app, json!({}));
    assert_eq!(found(app), ["no_claim OPS-1"], "a claim of another item is not its own");
}

fn what_was_never_brought_back_is_found(app: &TestApp) {
    app.editor().post("components", &json!({ "name": "Vault", "kind": "service", "tier": 1 })).expect(201);
    assert_eq!(found(app), ["no_recovery_test vault"]);
    let finding = app.viewer().get("roadmap/health").json["items"][0].clone();
    assert_eq!((&finding["title"], &finding["ref"]), (&json!("Vault"), &Value::Null));
    let test = |on: &str| json!({ "component": "vault", "on": on, "scenario": "x", "result": "passed" });
    app.editor().post("recovery-tests", &test("2025-11-01")).expect(201);
    assert_eq!(found(app), ["no_recovery_test vault"], "more than twelve months ago");
    app.editor().post("recovery-tests", &test("2026-09-01")).expect(201);
    assert_eq!(found(app), [""; 0]);
    app.editor()
        .post("components", &json!({ "name": "Old", "kind": "service", "tier": 1, "lifecycle": "retired" }))
        .expect(201);
    assert_eq!(found(app), [""; 0]);
}

fn the_gravest_comes_first_and_what_is_closed_is_left_alone(app: &TestApp) {
    let all = For::somebody(app);
    app.editor().post("components", &json!({ "name": "Vault", "kind": "service", "tier": 1 })).expect(201);
    item(app, "Dropped", json!({ "status": "dropped", "target_on": "2026-01-01", "horizon": "now" }));
    item(app, "Shipped", json!({ "status": "shipped", "target_on": "2026-01-01", "horizon": "now" }));
    let (last, first) =
        (all.item(app, json!({ "target_on": "2026-10-01" })), all.item(app, json!({ "target_on": "2026-10-02" })));
    item(app, "Wish", json!({ "horizon": "now", "objectives": [all.objective] }));
    let etag = app.editor().get(&format!("roadmap-items/{first}")).etag().to_owned();
    app.editor()
        .with("If-Match", &etag)
        .post(&format!("roadmap-items/{first}/move"), &json!({ "before": last }))
        .expect(200);
    let expected = [
        format!("overdue {first}"),
        format!("overdue {last}"),
        "no_recovery_test vault".to_owned(),
        "now_without_work OPS-5".to_owned(),
        "no_persona OPS-5".to_owned(),
        "no_claim OPS-5".to_owned(),
    ];
    assert_eq!(found(app), expected, "of the same kind as they stand");
    for name in [&first, &last, &"OPS-5".to_owned()] {
        change(app, name, json!({ "status": "dropped" })).expect(200);
    }
    assert_eq!(found(app), ["no_recovery_test vault"]);
}
