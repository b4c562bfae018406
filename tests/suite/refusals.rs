//! What is refused and kept in the trail: judging what is one's own to claim, and rewriting a published month.

use crate::{app::TestApp, effort::service, imports::import, worth};
use prodops::{kernel::month::Month, products};
use serde_json::{Value, json};

on_both_engines!(
    whoever_may_edit_is_refused_to_judge_and_the_trail_says_so,
    only_the_stakeholder_judges_and_others_leave_a_trace,
    nobody_backdates_what_is_published_unseen,
    a_file_that_would_rewrite_a_published_month_is_refused_and_kept,
    other_refusals_leave_nothing,
);

fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

/// The refusals of the trail, in the order in which they were written.
fn refusals(app: &TestApp) -> Vec<Value> {
    let trail = app.editor().get("audit-events?action=refuse&sort=at&limit=200").expect(200).json;
    trail["items"].as_array().expect("events").clone()
}

fn publish(app: &TestApp, month: &str) {
    let (product, month) = (app.platform(), month.parse::<Month>().expect("a month"));
    app.change(move |tx| products::store::publish_through(tx, &product, month));
}

/// Status and code of each refusal, with what it was about.
fn told(event: &Value) -> [Value; 4] {
    [&event["resource"], &event["row_id"], &event["after"]["status"], &event["after"]["code"]].map(Clone::clone)
}

fn whoever_may_edit_is_refused_to_judge_and_the_trail_says_so(app: &TestApp) {
    let told_of = worth::told(app);
    let claim = id(&worth::claim(app, &told_of));
    let driver = told_of.driver.as_str().expect("an id").to_owned();
    let decision = json!({ "question": "Do we buy it?", "options": ["Yes", "No"], "due_on": "2026-12-01" });
    let decision = id(&app.editor().post("decisions", &decision).expect(201).json);
    let acts = [
        (format!("impact-claims/{claim}/accept"), "impact-claims", claim.clone(), json!({ "text": "Splendid." })),
        (format!("impact-claims/{claim}/question"), "impact-claims", claim.clone(), json!({ "text": "Splendid?" })),
        (format!("value-drivers/{driver}/agree"), "value-drivers", driver.clone(), json!({})),
        (format!("decisions/{decision}/answer"), "decisions", decision.clone(), json!({ "answer": "Splendid" })),
    ];
    for (who, client) in [(&app.people.owner, app.owner()), (&app.people.editor, app.editor())] {
        for (path, resource, row, body) in &acts {
            let before = refusals(app).len();
            let client = client.with("If-Match", "\"1\"").with("X-Request-Id", "mine");
            client.post(path, body).expect(403);
            let now = refusals(app);
            assert_eq!(now.len(), before + 1, "{path}");
            let event = now.iter().find(|event| &event["actor_id"] == who).expect("an event");
            assert_eq!(event["request_id"], "mine");
            assert!(event["address"].is_string() && event["session"].is_string(), "{event}");
            let kept = now.iter().filter(|event| &event["actor_id"] == who).map(told);
            assert!(kept.into_iter().any(|one| one == [json!(resource), json!(row), json!(403), json!("forbidden")]));
            assert!(!event.to_string().contains("Splendid"), "never the body: {event}");
        }
    }
    let operations: Vec<_> = refusals(app).iter().map(|event| event["after"]["operation"].clone()).collect();
    assert!(
        operations.contains(&json!("POST /api/v1/products/{product}/impact-claims/{claim}/accept")),
        "{operations:?}"
    );
    let claim = app.viewer().get(&format!("impact-claims/{claim}")).expect(200).json;
    assert_eq!((&claim["state"], &claim["version"]), (&json!("expected"), &json!(1)), "and nothing was done");
    // An owner's token of a viewer's role judges as little, and is named.
    let token = json!({ "name": "t", "role": "viewer", "product": "platform", "expires_at": "2026-12-01T00:00:00Z" });
    let token = app.owner().post("/api/v1/tokens", &token).expect(201).json;
    let bearer = format!("Bearer {}", token["token"].as_str().expect("a token"));
    let client = app.anonymous().with("Authorization", &bearer).with("If-Match", "\"1\"");
    client.post(&acts[0].0, &json!({})).expect(403);
    let by_token = refusals(app).into_iter().find(|event| event["actor_kind"] == "token").expect("an event");
    assert_eq!((&by_token["actor_id"], &by_token["on_behalf_of"]), (&token["id"], &json!(app.people.owner)));
}

fn only_the_stakeholder_judges_and_others_leave_a_trace(app: &TestApp) {
    let told_of = worth::told(app);
    let body = json!({ "name": "Otto", "group": "finance", "email": "otto@example.com" });
    let otto = id(&app.owner().post("stakeholders", &body).expect(201).json);
    let claim = worth::claim(app, &told_of);
    let path = format!("impact-claims/{}", id(&claim));
    app.editor().patch(&path, "\"1\"", &json!({ "stakeholder": otto })).expect(200);
    let accept =
        |client: crate::client::Client| client.with("If-Match", "\"2\"").post(&format!("{path}/accept"), &json!({}));
    accept(app.viewer()).expect(403);
    let [event] = <[Value; 1]>::try_from(refusals(app)).expect("one event");
    assert_eq!(event["actor_id"], json!(app.people.viewer));
    assert_eq!(told(&event), [json!("impact-claims"), claim["id"].clone(), json!(403), json!("forbidden")]);
    assert!(event["after"]["detail"].as_str().is_some_and(|why| why.contains("only the stakeholder")), "{event}");
    // A retry with the same key is refused anew, and told anew.
    accept(app.viewer().with("Idempotency-Key", "k")).expect(403);
    accept(app.viewer().with("Idempotency-Key", "k")).expect(403);
    assert_eq!(refusals(app).len(), 3);
    // Who makes themselves the stakeholder tries the same by another way.
    let mine = json!({ "user": app.people.editor });
    app.editor().patch(&format!("stakeholders/{otto}"), "\"1\"", &mine).expect(403);
    assert_eq!(told(&refusals(app)[3])[..2], [json!("stakeholders"), json!(otto)]);
}

fn nobody_backdates_what_is_published_unseen(app: &TestApp) {
    let euros = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    let persona = id(&app.editor().post("personas", &json!({ "name": "Dana" })).expect(201).json);
    let driver = json!({ "name": "Hour", "kind": "hour_of_work",
        "amounts": [{ "valid_from": "2026-01-01", "amount": euros("55") }] });
    let driver = app.editor().post("value-drivers", &driver).expect(201).json;
    let rate = app.editor().post("labour-rates", &json!({ "valid_from": "2026-01-01", "amount": euros("70") }));
    let rate = rate.expect(201).json;
    let dollars = json!({ "from": "USD", "to": "EUR", "month": "2026-09", "rate": "0.9" });
    let dollars = app.editor().post("exchange-rates", &dollars).expect(201).json;
    publish(app, "2026-10");
    let editor = app.editor().with("If-Match", "\"1\"");
    let dearer = json!({ "amounts": [{ "valid_from": "2026-01-01", "amount": euros("550") }] });
    let backdated = json!({ "amounts": [
        { "valid_from": "2026-01-01", "amount": euros("55") }, { "valid_from": "2026-10-01", "amount": euros("550") },
    ] });
    let (driver, rate, dollars) = (id(&driver), id(&rate), id(&dollars));
    let new_rate = json!({ "valid_from": "2026-10-01", "amount": euros("7") });
    let new_dollars = json!({ "from": "USD", "to": "EUR", "month": "2026-10", "rate": "9" });
    for (method, path, body, resource, row) in [
        ("PATCH", format!("value-drivers/{driver}"), dearer, "value-drivers", driver.as_str()),
        ("PATCH", format!("value-drivers/{driver}"), backdated, "value-drivers", &driver),
        ("POST", "labour-rates".to_owned(), new_rate, "labour-rates", ""),
        ("PATCH", format!("labour-rates/{rate}"), json!({ "amount": euros("7") }), "labour-rates", &rate),
        ("POST", "exchange-rates".to_owned(), new_dollars, "exchange-rates", ""),
        ("PATCH", format!("exchange-rates/{dollars}"), json!({ "rate": "9" }), "exchange-rates", &dollars),
        (
            "POST",
            format!("personas/{persona}/populations"),
            json!({ "valid_from": "2026-10-01", "people": 9 }),
            "personas",
            &persona,
        ),
    ] {
        let before = refusals(app).len();
        assert_eq!(editor.send_json(method, &path, &body).expect(409).json["code"], "published", "{method} {path}");
        let now = refusals(app);
        assert_eq!(now.len(), before + 1, "{method} {path}");
        assert!(now.iter().any(|event| told(event) == [json!(resource), json!(row), json!(409), json!("published")]));
        assert!(now.iter().all(|event| event["actor_id"] == json!(app.people.editor) && event["before"].is_null()));
    }
    assert_eq!(editor.delete(&format!("exchange-rates/{dollars}"), "\"1\"").expect(409).json["code"], "published");
    let trail = app.editor().get("audit-events?resource=value-drivers&sort=at").expect(200);
    assert_eq!(trail.column("action"), ["create", "refuse", "refuse"], "it stands where the changes of the row stand");
}

fn a_file_that_would_rewrite_a_published_month_is_refused_and_kept(app: &TestApp) {
    publish(app, "2026-10");
    let file = "from,to,month,rate\nUSD,EUR,2026-10,9\n";
    let dry = app.editor().with("Content-Type", "text/csv").send(
        "POST",
        "imports/exchange-rates?dry_run=true",
        Some(file.as_bytes()),
    );
    dry.expect(422);
    assert_eq!(refusals(app).len(), 0, "who only asks what would come of it is told, and that is all");
    import(app, "exchange-rates", file).expect(422);
    let [event] = <[Value; 1]>::try_from(refusals(app)).expect("one event");
    assert_eq!(told(&event), [json!("imports"), json!("exchange-rates"), json!(422), json!("published")]);
}

fn other_refusals_leave_nothing(app: &TestApp) {
    service(app, "Shop");
    let editor = app.editor();
    editor.patch("components/shop", "\"7\"", &json!({ "name": "S" })).expect(412);
    editor.post("components", &json!({ "name": "Shop", "kind": "service", "key": "shop" })).expect(409);
    editor.post("components", &json!({})).expect(422);
    editor.with("If-Match", "\"1\"").post("impact-claims/nothing/accept", &json!({})).expect(403);
    app.viewer().post("components", &json!({ "name": "Mine", "kind": "service" })).expect(403);
    app.outsider().with("If-Match", "\"1\"").post("impact-claims/nothing/accept", &json!({})).expect(404);
    app.anonymous().with("If-Match", "\"1\"").post("impact-claims/nothing/accept", &json!({})).expect(401);
    let [event] = <[Value; 1]>::try_from(refusals(app)).expect("one event");
    assert_eq!(event["row_id"], "nothing", "as the path said it, whatever it is");
    let strange = format!("impact-claims/{}%00%0A/accept", "x".repeat(500));
    let answer = editor.with("If-Match", "\"1\"").post(&strange, &json!({}));
    assert!([400, 403, 404].contains(&answer.status), "{answer}");
    assert!(refusals(app).iter().all(|event| event["row_id"].as_str().expect("text").len() <= 200));
}
