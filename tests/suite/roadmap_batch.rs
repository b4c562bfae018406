//! Many roadmap items created and changed in one request: all of it, or nothing.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    roadmap::{change, item, people_and_trouble},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

on_both_engines!(
    items_are_created_and_changed_together_in_order,
    all_that_is_wrong_is_told_at_once_and_nothing_is_done,
    what_somebody_else_changed_is_stale_and_named,
    what_the_state_forbids_is_told_of_every_operation,
    a_cycle_is_judged_when_all_is_done,
    refs_are_given_once_and_counted_on,
    what_is_no_batch_is_refused,
);

/// Sends operations as somebody.
pub fn batch(client: &Client, operations: &[Value]) -> Answer {
    client.post("roadmap-items/batch", &json!({ "operations": operations }))
}

fn create(title: &str, more: Value) -> Value {
    let mut new = json!({ "title": title, "kind": "debt" });
    for (name, value) in more.as_object().expect("an object") {
        new[name] = value.clone();
    }
    json!({ "create": new })
}

fn patch(name: &str, version: i64, patch: Value) -> Value {
    json!({ "id": name, "version": version, "patch": patch })
}

/// How many events of items there are, and in how many changes.
fn events(app: &TestApp) -> (usize, usize) {
    let events = app.editor().get("audit-events?resource=roadmap-items&limit=200").expect(200);
    let changes: BTreeSet<_> = events.column("request_id").into_iter().collect();
    (events.column("id").len(), changes.len())
}

fn titles(app: &TestApp) -> String {
    app.viewer().get("roadmap-items?sort=rank&limit=200").expect(200).column("title").concat()
}

fn items_are_created_and_changed_together_in_order(app: &TestApp) {
    let (persona, _) = people_and_trouble(app);
    for title in ["a", "b", "c"] {
        item(app, title, json!({ "horizon": "later" }));
    }
    let b = app.viewer().get("roadmap-items/OPS-2").json["id"].as_str().expect("an id").to_owned();
    let operations = [
        create("n", json!({ "horizon": "now", "personas": ["Dev in a hurry"], "depends_on": ["OPS-9"] })),
        patch(&b, 1, json!({ "horizon": "now", "status": "planned", "tags": ["x"] })),
        create(
            "m",
            json!({ "horizon": "now", "ref": "OPS-9", "rice": { "reach": 1, "impact": 1, "confidence": 1, "effort": 2 } }),
        ),
        patch("OPS-1", 1, json!({ "owner": "Ann", "depends_on": ["OPS-9", b] })),
    ];
    let before = events(app);
    let keyed = app.editor().with("Idempotency-Key", "monday");
    let done = batch(&keyed, &operations).expect(200);
    assert_eq!(done.column("ref"), ["OPS-10", "OPS-2", "OPS-9", "OPS-1"], "in the order of the operations");
    assert_eq!(done.column("version"), ["1", "2", "1", "2"]);
    assert_eq!(done.json["items"][0]["personas"], json!([persona]));
    assert_eq!(done.json["items"][3]["depends_on"], json!(["OPS-2", "OPS-9"]));
    assert_eq!(titles(app), "nbmac", "what comes into a horizon comes last, one after the other");
    for row in done.json["items"].as_array().expect("rows") {
        let path = format!("roadmap-items/{}", row["ref"].as_str().expect("a ref"));
        assert_eq!(&app.viewer().get(&path).expect(200).json, row);
    }
    assert_eq!(events(app), (before.0 + 4, before.1 + 1), "an event for each, of one request");
    let again = batch(&keyed, &operations).expect(200);
    assert_eq!((again.json, events(app).0), (done.json, before.0 + 4), "a retry happens once");
    batch(&keyed, &operations[..1]).expect(422);
    // A part of RICE, as in a patch of one.
    let part = batch(&app.editor(), &[patch("OPS-9", 1, json!({ "rice": { "effort": 4 } }))]).expect(200);
    assert_eq!(part.json["items"][0]["rice"]["effort"], 4);
    batch(&app.viewer(), &operations[..1]).expect(403);
    batch(&app.outsider(), &operations[..1]).expect(404);
    assert_eq!(item(app, "next", json!({}))["ref"], "OPS-11");
}

fn all_that_is_wrong_is_told_at_once_and_nothing_is_done(app: &TestApp) {
    item(app, "a", json!({ "start_on": "2026-11-10" }));
    item(app, "b", json!({}));
    let refused = batch(
        &app.editor(),
        &[
            create("fine", json!({ "horizon": "now" })),
            create("", json!({ "kind": "wish" })),
            patch("OPS-1", 1, json!({ "title": "x".repeat(201), "target_on": "2026-11-31" })),
            patch("OPS-2", 1, json!({ "status": "shipped", "shipped_on": "2026-10-01", "components": ["none"] })),
            patch("OPS-99", 1, json!({})),
            patch("OPS-2", 2, json!({ "title": "again" })),
            json!({ "id": "OPS-1", "patch": {} }),
            create("late", json!({ "start_on": "2026-12-02", "target_on": "2026-12-01", "risks": ["none"] })),
            patch("OPS-1", 7, json!({ "title": "seen too early" })),
        ],
    )
    .expect(422);
    let expected = [
        "/operations/1/create/kind not_one_of",
        "/operations/1/create/title too_short",
        "/operations/2/patch/target_on format",
        "/operations/2/patch/title too_long",
        "/operations/3/patch/components/0 unknown_reference",
        "/operations/3/patch/status status",
        "/operations/4/id unknown_reference",
        "/operations/5/id repeated",
        "/operations/6/version required",
        "/operations/7/create/risks/0 unknown_reference",
        "/operations/7/create/target_on before_start",
        "/operations/8/id repeated",
    ];
    assert_eq!(refused.faults(), expected);
    assert_eq!((titles(app), events(app).0), ("ab".to_owned(), 2));
    assert_eq!(item(app, "c", json!({}))["ref"], "OPS-3", "what is refused takes no number");
}

fn what_somebody_else_changed_is_stale_and_named(app: &TestApp) {
    for title in ["a", "b", "c"] {
        item(app, title, json!({}));
    }
    change(app, "OPS-1", json!({ "owner": "Ann" })).expect(200);
    change(app, "OPS-3", json!({ "owner": "Ann" })).expect(200);
    let mine = |a: i64, c: i64| {
        [
            patch("OPS-1", a, json!({ "owner": "Bea" })),
            patch("OPS-2", 1, json!({ "owner": "Bea" })),
            patch("OPS-3", c, json!({ "owner": "Bea" })),
        ]
    };
    let refused = batch(&app.editor(), &mine(1, 1)).expect(412);
    assert_eq!(refused.json["type"], "urn:prodops:problem:stale");
    assert_eq!(refused.faults(), ["/operations/0/version stale", "/operations/2/version stale"]);
    let owners = || app.viewer().get("roadmap-items?sort=ref").expect(200).column("owner");
    assert_eq!(owners(), ["Ann", "null", "Ann"], "all or nothing");
    let mut with_step = mine(1, 2).to_vec();
    with_step[1]["patch"]["status"] = json!("shipped");
    let refused = batch(&app.editor(), &with_step).expect(412);
    assert_eq!(refused.faults(), ["/operations/0/version stale", "/operations/1/patch/status status"]);
    batch(&app.editor(), &mine(2, 2)).expect(200);
    assert_eq!(owners(), ["Bea", "Bea", "Bea"]);
    // Two leads at once: one of them is told.
    let mut statuses = std::thread::scope(|scope| {
        let lead = || scope.spawn(|| batch(&app.editor(), &mine(3, 3)).status);
        let leads = [lead(), lead()];
        leads.map(|lead| lead.join().expect("no panic"))
    });
    statuses.sort_unstable();
    assert!([vec![200, 412], vec![412, 412]].contains(&statuses.to_vec()), "{statuses:?}");
}

fn what_the_state_forbids_is_told_of_every_operation(app: &TestApp) {
    for title in ["a", "b", "c"] {
        item(app, title, json!({}));
    }
    let to = |name: &str, status: &str| patch(name, 1, json!({ "status": status }));
    let refused = batch(&app.editor(), &[to("OPS-1", "planned"), to("OPS-2", "shipped"), to("OPS-3", "in_progress")]);
    let refused = refused.expect(409);
    assert_eq!(refused.json["code"], "status");
    assert_eq!(refused.faults(), ["/operations/1/patch/status status", "/operations/2/patch/status status"]);
    assert_eq!(refused.json["errors"][0]["detail"], "from idea it goes to planned or dropped, not to shipped");
    let statuses = app.viewer().get("roadmap-items?sort=ref").expect(200).column("status");
    assert_eq!(statuses, ["idea"; 3]);
    let shipped =
        batch(&app.editor(), &[create("d", json!({ "status": "shipped" })), to("OPS-1", "planned")]).expect(200);
    assert_eq!(shipped.json["items"][0]["shipped_on"], "2026-11-02", "it shipped today");
}

fn a_cycle_is_judged_when_all_is_done(app: &TestApp) {
    item(app, "a", json!({}));
    item(app, "b", json!({ "depends_on": ["OPS-1"] }));
    let turn = [patch("OPS-1", 1, json!({ "depends_on": ["OPS-2"] })), patch("OPS-2", 1, json!({ "depends_on": [] }))];
    let refused = batch(&app.editor(), &turn[..1]).expect(409);
    assert_eq!(
        (refused.faults(), &refused.json["code"]),
        (vec!["/operations/0/patch/depends_on cycle".to_owned()], &json!("cycle"))
    );
    assert_eq!(refused.json["detail"], "this would close a cycle: OPS-1 → OPS-2 → OPS-1");
    let turned = batch(&app.editor(), &turn).expect(200);
    assert_eq!(turned.json["items"][0]["depends_on"], json!(["OPS-2"]));
    let closed = [
        patch("OPS-2", 2, json!({ "depends_on": ["OPS-21"] })),
        create("long", json!({ "ref": "OPS-20", "depends_on": ["OPS-1"] })),
        create("way", json!({ "ref": "OPS-21", "depends_on": ["OPS-20"] })),
        create("aside", json!({ "depends_on": ["OPS-21"] })),
    ];
    let refused = batch(&app.editor(), &closed).expect(409);
    let detail = refused.json["detail"].as_str().expect("a sentence");
    assert!(["OPS-1", "OPS-2", "OPS-20", "OPS-21"].iter().all(|name| detail.contains(name)), "{detail}");
    assert_eq!(refused.faults(), ["/operations/0/patch/depends_on cycle"]);
    assert_eq!(titles(app), "ab");
    let itself = batch(&app.editor(), &[create("x", json!({ "ref": "OPS-20", "depends_on": ["OPS-20"] }))]).expect(409);
    assert_eq!(itself.faults(), ["/operations/0/create/depends_on cycle"]);
    let done = batch(&app.editor(), &closed[1..]).expect(200);
    assert_eq!(done.column("ref"), ["OPS-20", "OPS-21", "OPS-22"]);
}

fn refs_are_given_once_and_counted_on(app: &TestApp) {
    for title in ["a", "b"] {
        item(app, title, json!({}));
    }
    app.editor().delete("roadmap-items/OPS-2", "\"1\"").expect(204);
    let taken = [
        create("of a", json!({ "ref": "OPS-1" })),
        create("of b", json!({ "ref": "OPS-2" })),
        create("fine", json!({ "ref": "OPS-7" })),
    ];
    let refused = batch(&app.editor(), &taken).expect(409);
    assert_eq!(refused.faults(), ["/operations/0/create/ref exists", "/operations/1/create/ref given_before"]);
    let wrong = [
        create("x", json!({ "ref": "OPS-7" })),
        create("y", json!({ "ref": "OPS-7" })),
        create("z", json!({ "ref": "DEV-1" })),
    ];
    let refused = batch(&app.editor(), &wrong).expect(422);
    assert_eq!(refused.faults(), ["/operations/1/create/ref repeated", "/operations/2/create/ref prefix"]);
    let done =
        batch(&app.editor(), &[create("x", json!({})), create("y", json!({ "ref": "OPS-3" })), create("z", json!({}))]);
    assert_eq!(done.expect(200).column("ref"), ["OPS-4", "OPS-3", "OPS-5"], "counted on after what is given");
}

fn what_is_no_batch_is_refused(app: &TestApp) {
    item(app, "a", json!({}));
    let send = |body: &Value| app.editor().post("roadmap-items/batch", body);
    for (body, fault) in [
        (json!({}), "/operations required"),
        (json!({ "operations": [] }), "/operations too_short"),
        (json!({ "operations": vec![json!({}); 201] }), "/operations too_long"),
        (json!({ "operations": [1] }), "/operations/0 type"),
        (json!({ "operations": [{}], "dry_run": true }), "/dry_run unknown_property"),
        (json!({ "operations": [{ "id": "", "version": 1, "patch": {} }] }), "/operations/0/id too_short"),
        (json!({ "operations": [{ "id": "OPS-1", "version": 1.5, "patch": {} }] }), "/operations/0/version type"),
        (json!({ "operations": [{ "id": "OPS-1", "version": 1, "patch": [] }] }), "/operations/0/patch type"),
        (
            json!({ "operations": [{ "id": "OPS-1", "version": 1, "patch": { "title": null } }] }),
            "/operations/0/patch/title required",
        ),
        (json!({ "operations": [{ "create": null }] }), "/operations/0/create type"),
        (json!({ "operations": [{}] }), "/operations/0 one_of"),
    ] {
        assert_eq!(send(&body).expect(422).faults(), [fault], "{body}");
    }
    for raw in [
        r#"{"operations": [{"id": "OPS-1", "version": 1, "patch": {"title": "a\u0000b"}}]}"#,
        r#"{"operations": [{"id": "OPS-1", "version": 1, "version": 2, "patch": {}}]}"#,
        r#"{"operations": "#,
    ] {
        let client = app.editor().with("Content-Type", "application/json");
        client.send("POST", "roadmap-items/batch", Some(raw.as_bytes())).expect(400);
    }
    let far = r#"{"operations": [{"id": "OPS-1", "version": 9007199254740993, "patch": {}}]}"#;
    let client = app.editor().with("Content-Type", "application/json");
    let told = client.send("POST", "roadmap-items/batch", Some(far.as_bytes())).status;
    assert!([400, 412, 422].contains(&told), "{told}");
    let large = json!({ "operations": vec![create("x", json!({ "description": "x".repeat(20_000) })); 60] });
    send(&large).expect(413);
    let most: Vec<_> = (0..200).map(|at| create(&format!("{at}"), json!({}))).collect();
    let done = batch(&app.editor(), &most).expect(200);
    assert_eq!(done.column("ref").last().map(String::as_str), Some("OPS-201"));
    app.editor().get("roadmap-items/batch").expect(404);
}
