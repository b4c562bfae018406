//! Roadmap items: refs, steps, links, scores.

use crate::{app::TestApp, client::Answer};
use serde_json::{Value, json};

on_both_engines!(
    an_item_is_counted_found_changed_and_listed,
    a_ref_is_never_given_again,
    a_status_goes_step_by_step,
    what_has_shipped_has_a_day_and_nothing_else_has,
    links_are_named_in_many_ways_and_answered_in_one,
    what_is_not_there_cannot_be_linked,
    a_cycle_is_refused_and_every_ref_on_it_named,
    two_halves_of_a_cycle_at_once_do_not_both_stand,
    what_others_refer_to_is_dropped_and_not_deleted,
    scores_are_exact_and_null_without_their_figures,
    a_ranking_leads_with_the_highest_score,
);

/// An item with a title, and whatever else.
pub fn item(app: &TestApp, title: &str, more: Value) -> Value {
    new_item(app, title, more).expect(201).json
}

pub fn new_item(app: &TestApp, title: &str, more: Value) -> Answer {
    let mut body = json!({ "title": title, "kind": "feature" });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    app.editor().post("roadmap-items", &body)
}

pub fn change(app: &TestApp, name: &str, changes: Value) -> Answer {
    let path = format!("roadmap-items/{name}");
    let etag = app.editor().get(&path).expect(200).etag().to_owned();
    app.editor().patch(&path, &etag, &changes)
}

/// The ids of a persona and an incident.
pub fn people_and_trouble(app: &TestApp) -> (String, String) {
    let id = |path: &str, body: Value| {
        app.editor().post(path, &body).expect(201).json["id"].as_str().expect("an id").to_owned()
    };
    let component = id("components", json!({ "name": "Mail", "kind": "service" }));
    let incident = json!({
        "title": "Down", "severity": 1, "components": [component], "started_at": "2026-10-01T00:00:00Z",
        "external_id": "PD-7",
    });
    (id("personas", json!({ "name": "Dev in a hurry" })), id("incidents", incident))
}

pub fn shop_with_slo(app: &TestApp) {
    app.editor().post("components", &json!({ "name": "Shop", "kind": "service" })).expect(201);
    let slo = json!({
        "name": "Orders", "component": "shop", "target": 0.99, "window": { "kind": "rolling", "days": 7 },
        "indicator": { "good": "orders that went through", "total": "orders" },
    });
    app.editor().post("slos", &slo).expect(201);
}

fn an_item_is_counted_found_changed_and_listed(app: &TestApp) {
    let made =
        new_item(app, "Self-service databases", json!({ "owner": "Ann", "tags": ["db"], "target_on": "2026-12-01" }));
    let made = made.expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/products/platform/roadmap-items/OPS-1"));
    assert_eq!(made.etag(), "\"1\"");
    let first = made.json;
    assert_eq!(
        (&first["ref"], &first["horizon"], &first["status"]),
        (&json!("OPS-1"), &json!("later"), &json!("idea"))
    );
    assert!(first.get("rank").is_none(), "a rank is nobody's business");
    for name in ["OPS-1", first["id"].as_str().expect("an id")] {
        assert_eq!(app.viewer().get(&format!("roadmap-items/{name}")).expect(200).json, first);
    }
    app.viewer().get("roadmap-items/ops-1").expect(404);
    assert_eq!(item(app, "Second", json!({ "kind": "debt", "horizon": "now" }))["ref"], "OPS-2");
    let outsiders =
        app.outsider().post("/api/v1/products/other/roadmap-items", &json!({ "title": "Theirs", "kind": "risk" }));
    assert_eq!(outsiders.expect(201).json["ref"], "OPS-1", "each product counts for itself");
    let changed = change(app, "OPS-1", json!({ "problem": "Tickets take *days*.", "owner": null })).expect(200);
    assert_eq!((changed.etag(), &changed.json["owner"]), ("\"2\"", &Value::Null));
    assert_eq!(change(app, "OPS-1", json!({ "ref": "OPS-9" })).expect(422).faults(), ["/ref fixed"]);
    let backwards = change(app, "OPS-1", json!({ "start_on": "2026-12-02" })).expect(422);
    assert_eq!(backwards.faults(), ["/target_on before_start"]);
    let refs = |query: &str| app.viewer().get(&format!("roadmap-items?{query}")).expect(200).column("ref");
    assert_eq!(refs("horizon=now,next&kind=debt"), ["OPS-2"]);
    assert_eq!(refs("q=TICKETS%20db"), ["OPS-1"]);
    assert_eq!(refs("target_on.gte=2026-12-01&target_on.lt=2026-12-02&owner=null"), ["OPS-1"]);
    assert_eq!(refs("sort=-target_on,rank"), ["OPS-1", "OPS-2"]);
    app.editor().delete("roadmap-items/OPS-2", "\"1\"").expect(204);
    app.viewer().get("roadmap-items/OPS-2").expect(404);
    for (body, fault) in [
        (json!({ "kind": "feature", "title": "" }), "/title too_short"),
        (json!({ "kind": "feature", "title": "x", "rank": "1" }), " unknown_property"),
        (json!({ "kind": "wish", "title": "x" }), "/kind not_one_of"),
    ] {
        let refused = app.editor().post("roadmap-items", &body).expect(422).faults();
        assert!(refused[0].ends_with(fault.trim_start()), "{refused:?} {fault}");
    }
}

fn a_ref_is_never_given_again(app: &TestApp) {
    item(app, "One", json!({}));
    item(app, "Two", json!({}));
    app.editor().delete("roadmap-items/OPS-2", "\"1\"").expect(204);
    assert_eq!(item(app, "Three", json!({}))["ref"], "OPS-3");
    let again = new_item(app, "Two", json!({ "ref": "OPS-2" })).expect(409);
    assert_eq!(again.json["code"], "given_before");
    assert_eq!(new_item(app, "Three", json!({ "ref": "OPS-3" })).expect(409).json["code"], "exists");
    assert_eq!(new_item(app, "x", json!({ "ref": "DEV-4" })).expect(422).faults(), ["/ref prefix"]);
    assert_eq!(item(app, "Ten", json!({ "ref": "OPS-10" }))["ref"], "OPS-10");
    assert_eq!(item(app, "Eleven", json!({}))["ref"], "OPS-11");
    assert_eq!(item(app, "Five", json!({ "ref": "OPS-5" }))["ref"], "OPS-5", "one that was skipped is free");
    let etag = app.owner().get("/api/v1/products/platform").etag().to_owned();
    app.owner().patch("/api/v1/products/platform", &etag, &json!({ "ref_prefix": "DEV" })).expect(200);
    assert_eq!(item(app, "Twelve", json!({}))["ref"], "DEV-12");
    let last = item(app, "Last", json!({ "ref": "DEV-999999999" }));
    assert_eq!(new_item(app, "Too many", json!({})).expect(409).json["code"], "refs");
    assert_eq!(last["ref"], "DEV-999999999");
}

fn a_status_goes_step_by_step(app: &TestApp) {
    item(app, "Steps", json!({}));
    let to = |status: &str| change(app, "OPS-1", json!({ "status": status }));
    let refused = to("in_progress").expect(409);
    assert_eq!(refused.json["code"], "status");
    assert_eq!(refused.json["detail"], "from idea it goes to planned or dropped, not to in_progress");
    to("idea").expect(200);
    for (status, allowed) in [
        ("shipped", false),
        ("planned", true),
        ("idea", false),
        ("shipped", false),
        ("in_progress", true),
        ("planned", false),
        ("shipped", true),
        ("in_progress", false),
        ("planned", true),
        ("dropped", true),
        ("in_progress", false),
        ("shipped", false),
        ("planned", true),
    ] {
        assert_eq!(to(status).status, if allowed { 200 } else { 409 }, "to {status}");
    }
    assert_eq!(item(app, "As it is", json!({ "status": "in_progress" }))["status"], "in_progress");
}

fn what_has_shipped_has_a_day_and_nothing_else_has(app: &TestApp) {
    // 23:30 UTC on the 2nd is past midnight in Berlin.
    app.clock.set("2026-11-02T23:30:00Z".parse().expect("a time"));
    item(app, "Ships", json!({ "status": "in_progress" }));
    let early = change(app, "OPS-1", json!({ "shipped_on": "2026-11-01" })).expect(422);
    assert_eq!(early.faults(), ["/shipped_on not_shipped"]);
    let shipped = change(app, "OPS-1", json!({ "status": "shipped" })).expect(200);
    assert_eq!(shipped.json["shipped_on"], "2026-11-03");
    let corrected = change(app, "OPS-1", json!({ "shipped_on": "2026-10-30" })).expect(200);
    assert_eq!(corrected.json["shipped_on"], "2026-10-30");
    assert_eq!(change(app, "OPS-1", json!({ "shipped_on": null })).expect(200).json["shipped_on"], "2026-10-30");
    let again = change(app, "OPS-1", json!({ "status": "planned" })).expect(200);
    assert_eq!(again.json["shipped_on"], Value::Null);
    let told = item(app, "Was there", json!({ "status": "shipped", "shipped_on": "2026-09-01" }));
    assert_eq!(told["shipped_on"], "2026-09-01");
}

fn links_are_named_in_many_ways_and_answered_in_one(app: &TestApp) {
    let (persona, incident) = people_and_trouble(app);
    shop_with_slo(app);
    let component = app.viewer().get("components/shop").json["id"].clone();
    let first = item(app, "First", json!({}));
    let links = json!({
        "personas": ["Dev in a hurry", persona], "components": [component, "shop"], "slos": ["orders"],
        "incidents": ["PD-7"], "depends_on": [first["id"]],
    });
    let made = item(app, "Linked", links);
    assert_eq!(made["personas"], json!([persona]));
    assert_eq!((&made["components"], &made["slos"]), (&json!(["shop"]), &json!(["orders"])));
    assert_eq!((&made["incidents"], &made["depends_on"]), (&json!([incident]), &json!(["OPS-1"])));
    assert_eq!(app.viewer().get("roadmap-items/OPS-2").expect(200).json, made);
    for filter in [format!("personas={persona}"), "components=shop,x".into(), "slos=orders".into()] {
        assert_eq!(app.viewer().get(&format!("roadmap-items?{filter}")).expect(200).column("ref"), ["OPS-2"]);
    }
    assert_eq!(app.viewer().get("roadmap-items?incidents=PD-7").expect(200).column("ref"), [""; 0], "by id only");
    let moved = app
        .editor()
        .with("If-Match", "\"1\"")
        .post("roadmap-items/OPS-2/move", &json!({ "first_in": "now" }))
        .expect(200);
    assert_eq!(moved.json["personas"], json!([persona]), "a move keeps the links");
    let fewer = change(app, "OPS-2", json!({ "components": [], "incidents": null, "slos": ["orders"] })).expect(200);
    assert_eq!((&fewer.json["components"], &fewer.json["incidents"]), (&json!([]), &json!([])));
    assert_eq!((&fewer.json["slos"], &fewer.json["depends_on"]), (&json!(["orders"]), &json!(["OPS-1"])));
    assert_eq!(app.viewer().get("roadmap-items/OPS-2").json, fewer.json);
    let slo = app.editor().get("slos/orders").expect(200).etag().to_owned();
    assert_eq!(app.editor().delete("slos/orders", &slo).expect(409).json["code"], "referenced");
}

fn what_is_not_there_cannot_be_linked(app: &TestApp) {
    people_and_trouble(app);
    let nothing = json!({
        "personas": ["Dev in a hurry", "Nobody"], "components": ["theirs"], "slos": ["none"],
        "incidents": ["PD-8"], "depends_on": ["OPS-1"],
    });
    let refused = new_item(app, "Linked", nothing).expect(422);
    let expected = ["components/0", "depends_on/0", "incidents/0", "personas/1", "slos/0"];
    assert_eq!(refused.faults(), expected.map(|place| format!("/{place} unknown_reference")));
    assert_eq!(app.viewer().get("roadmap-items").column("ref"), [""; 0]);
    assert_eq!(item(app, "Next", json!({}))["ref"], "OPS-1", "what is refused takes no number");
}

fn a_cycle_is_refused_and_every_ref_on_it_named(app: &TestApp) {
    item(app, "a", json!({}));
    item(app, "b", json!({ "depends_on": ["OPS-1"] }));
    item(app, "c", json!({ "depends_on": ["OPS-2"] }));
    let refused = change(app, "OPS-1", json!({ "depends_on": ["OPS-3"] })).expect(409);
    assert_eq!(refused.json["code"], "cycle");
    let detail = refused.json["detail"].as_str().expect("a sentence");
    assert!(["OPS-1", "OPS-2", "OPS-3"].iter().all(|name| detail.contains(name)), "{detail}");
    let alone = change(app, "OPS-1", json!({ "depends_on": ["OPS-1"] })).expect(409);
    assert_eq!(alone.json["detail"], "this would close a cycle: OPS-1 → OPS-1");
    assert_eq!(app.viewer().get("roadmap-items/OPS-1").json["depends_on"], json!([]));
}

fn two_halves_of_a_cycle_at_once_do_not_both_stand(app: &TestApp) {
    for round in 0..5 {
        let names = [0, 1].map(|_| item(app, "half", json!({}))["ref"].as_str().expect("a ref").to_owned());
        let link = |from: usize, to: usize| change(app, &names[from], json!({ "depends_on": [names[to]] })).status;
        let mut statuses = std::thread::scope(|scope| {
            let (first, second) = (scope.spawn(|| link(0, 1)), scope.spawn(|| link(1, 0)));
            [first.join().expect("no panic"), second.join().expect("no panic")]
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}");
    }
}

fn what_others_refer_to_is_dropped_and_not_deleted(app: &TestApp) {
    let effort = json!({ "entries": [{ "person": null, "shares": [
        { "roadmap_item": "OPS-1", "kind": "improvement", "share": 1 },
    ] }] });
    let amount = json!({ "amount": "1", "currency": "EUR" });
    let cost = json!({ "roadmap_item": "OPS-2", "month": "2026-10", "category": "licence", "amount": amount });
    let activity = json!({ "roadmap_item": "OPS-3", "on": "2026-10-01", "kind": "capacity", "summary": "Did it." });
    for _ in 0..4 {
        item(app, "Wanted", json!({}));
    }
    item(app, "Needs", json!({ "depends_on": ["OPS-4"] }));
    app.editor().with("If-None-Match", "*").put("effort/2026-W40", &effort).expect(200);
    app.editor().post("cost-entries", &cost).expect(201);
    app.editor().post("activities", &activity).expect(201);
    for name in ["OPS-1", "OPS-2", "OPS-3", "OPS-4"] {
        let refused = app.editor().delete(&format!("roadmap-items/{name}"), "\"1\"").expect(409);
        assert_eq!(refused.json["code"], "referenced", "{name}");
        change(app, name, json!({ "status": "dropped" })).expect(200);
    }
    app.editor().delete("roadmap-items/OPS-5", "\"1\"").expect(204);
    app.editor().delete("roadmap-items/OPS-4", "\"2\"").expect(204);
}

fn scores_are_exact_and_null_without_their_figures(app: &TestApp) {
    let rice = json!({ "reach": 2000, "impact": 2, "confidence": 0.8, "effort": 3 });
    item(
        app,
        "Both",
        json!({
            "rice": rice, "wsjf": { "user_value": 8, "time_criticality": 5, "risk_reduction": 0.1, "job_size": 0.5 },
        }),
    );
    item(app, "Neither", json!({}));
    let scores = |name: &str| app.viewer().get(&format!("roadmap-items/{name}/scores")).expect(200).json;
    assert_eq!(scores("OPS-1"), json!({ "rice": 1066.666666666667, "wsjf": 26.2 }));
    assert_eq!(scores("OPS-2"), json!({ "rice": null, "wsjf": null }));
    app.viewer().get("roadmap-items/OPS-3/scores").expect(404);
    let part = change(app, "OPS-1", json!({ "rice": { "effort": 4 }, "wsjf": null })).expect(200);
    assert_eq!((&part.json["rice"]["reach"], &part.json["wsjf"]), (&json!(2000), &Value::Null));
    assert_eq!(scores("OPS-1"), json!({ "rice": 800, "wsjf": null }));
    for (figures, fault) in [
        (json!({ "effort": 0 }), "/rice/effort too_small"),
        (json!({ "confidence": 1.01 }), "/rice/confidence too_large"),
        (json!({ "reach": null }), "/rice required"),
        (json!({ "reach": -1 }), "/rice/reach too_small"),
    ] {
        let refused = change(app, "OPS-1", json!({ "rice": figures })).expect(422).faults();
        assert!(
            refused.iter().any(|found| found.starts_with(fault.split(' ').next().expect("a place"))),
            "{refused:?}"
        );
    }
}

fn a_ranking_leads_with_the_highest_score(app: &TestApp) {
    let rice = |reach: i64| json!({ "reach": reach, "impact": 1, "confidence": 1, "effort": 1 });
    item(app, "a", json!({ "rice": rice(5), "horizon": "later" }));
    item(app, "b", json!({ "horizon": "later" }));
    item(app, "c", json!({ "rice": rice(9), "horizon": "later" }));
    item(app, "d", json!({ "rice": rice(5), "horizon": "now" }));
    item(app, "e", json!({ "rice": rice(99), "status": "shipped" }));
    item(app, "f", json!({ "horizon": "next" }));
    let titles = |query: &str| {
        let answer = app.viewer().get(&format!("roadmap/ranking{query}")).expect(200);
        assert_eq!(answer.json["next_cursor"], Value::Null);
        answer.column("title").concat()
    };
    assert_eq!(titles(""), "cdafb", "equal ones as they stand, those without figures last");
    assert_eq!(titles("?by=rice&status=shipped,planned"), "e");
    assert_eq!(titles("?by=wsjf"), "dfabc");
    let first = app.viewer().get("roadmap/ranking").json["items"][0].clone();
    let expected = json!({
        "ref": "OPS-3", "title": "c", "horizon": "later", "status": "idea", "score": 9,
        "place": 1, "hand_place": 3, "difference": 2,
    });
    assert_eq!(first, expected);
    let places = |query: &str| {
        let answer = app.viewer().get(&format!("roadmap/ranking{query}")).expect(200);
        answer.column("place").into_iter().zip(answer.column("difference")).collect::<Vec<_>>()
    };
    let told = |rows: &[(&str, &str)]| -> Vec<_> {
        rows.iter().map(|(place, difference)| ((*place).to_owned(), (*difference).to_owned())).collect()
    };
    let none = ("null", "null");
    assert_eq!(places(""), told(&[("1", "2"), ("2", "-1"), ("2", "0"), none, none]), "as high is no difference");
    assert_eq!(places("?by=wsjf"), told(&[none; 5]));
    for wrong in ["?by=size", "?status=done", "?status=", "?limit=1"] {
        assert!([400, 422].contains(&app.viewer().get(&format!("roadmap/ranking{wrong}")).status), "{wrong}");
    }
}
