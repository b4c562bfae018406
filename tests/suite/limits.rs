//! What is sent has limits, and what no schema can say is still told at its place.

use crate::app::TestApp;
use serde_json::{Value, json};

on_both_engines!(
    headers_that_tell_versions_apart_have_an_end,
    what_only_a_type_can_say_is_told_at_its_place,
    days_and_times_are_those_that_everything_can_speak_of,
    a_body_that_may_be_left_out_is_not_null,
);

fn headers_that_tell_versions_apart_have_an_end(app: &TestApp) {
    let editor = app.editor();
    editor.post("components", &json!({ "name": "Search", "kind": "service" })).expect(201);
    let long = format!("\"{}\"", "1".repeat(254));
    for name in ["If-Match", "If-None-Match"] {
        let refused = editor.with(name, &long).get("components/search").expect(400);
        assert_eq!(refused.faults(), [format!("{name} too_long")]);
        editor.with(name, &long[..255]).get("components/search").expect(200);
    }
    let key = editor.with("Idempotency-Key", &"k".repeat(256)).post("/api/v1/auth/login", &json!({}));
    assert_eq!(key.expect(422).faults(), ["Idempotency-Key format"], "also where nothing is kept");
}

fn what_only_a_type_can_say_is_told_at_its_place(app: &TestApp) {
    let editor = app.editor();
    let faults = |path: &str, body: &Value| editor.post(path, body).expect(422).faults();
    let person = json!({ "name": "Ada", "hours_per_week": 1e-13, "valid_from": "2026-01-01" });
    assert_eq!(faults("team", &person), ["/hours_per_week value"]);
    let component = json!({ "name": "x", "kind": "tool", "key": "019012ab-0000-7000-8000-000000000000" });
    assert_eq!(faults("components", &component), ["/key value"]);
    let share = json!({ "kind": "toil", "share": 0.123_456_789_012_345 });
    let week = json!({ "entries": [{ "person": null, "shares": [share] }] });
    let refused = editor.with("If-None-Match", "*").put("effort/2026-W40", &week).expect(422);
    assert_eq!(refused.faults(), ["/entries/0/shares/0/share value"]);
}

fn days_and_times_are_those_that_everything_can_speak_of(app: &TestApp) {
    let editor = app.editor();
    let activity = |property: &str, value: &str| {
        let mut new = json!({ "on": "2026-10-01", "kind": "toil", "summary": "x" });
        new[property] = json!(value);
        editor.post("activities", &new)
    };
    for day in ["0000-01-01", "1969-12-31", "3000-01-01", "2026-02-30", "2026-1-1", "+2026-01-01"] {
        assert_eq!(activity("on", day).expect(422).faults(), ["/on format"], "{day}");
    }
    for time in ["1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "2026-10-01 08:00:00Z", "2026-10-01T08:00:00"] {
        assert_eq!(activity("started_at", time).expect(422).faults(), ["/started_at format"], "{time}");
    }
    for day in ["1970-01-01", "2999-12-31"] {
        activity("on", day).expect(201);
    }
    // Read back as it was written, on either engine: to the microsecond.
    let at = "2999-12-31T23:59:59.999999Z";
    let made = activity("started_at", at).expect(201);
    let path = format!("activities/{}", made.json["id"].as_str().expect("an id"));
    assert_eq!(editor.get(&path).expect(200).json["started_at"], at);
    assert_eq!(activity("started_at", "2016-12-31T23:59:60Z").expect(201).json["started_at"], "2017-01-01T00:00:00Z");
    assert_eq!(editor.get("components/x/recovery?on=2026-1-1").expect(422).faults(), ["on parameter"]);
}

fn a_body_that_may_be_left_out_is_not_null(app: &TestApp) {
    let report = app.editor().post("reports", &json!({ "month": "2026-09" })).expect(201);
    let path = format!("reports/{}/publish", report.json["id"].as_str().expect("an id"));
    let seen = app.editor().with("If-Match", report.etag());
    assert_eq!(seen.post(&path, &Value::Null).expect(422).faults(), [" type"]);
    seen.send("POST", &path, None).expect(200);
}
