//! What holds for every resource: the conventions of the API, with components as the example.

use crate::{
    app::TestApp,
    client::{Answer, Client},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use prodops::kernel::schema::{audit_events, idempotency_keys, tombstones};
use serde_json::{Value, json};
use std::collections::BTreeSet;

on_both_engines!(
    a_change_needs_the_version_it_was_made_from,
    a_reader_who_has_the_version_is_told_so,
    a_patch_is_merged_and_null_takes_the_default,
    what_is_fixed_or_unknown_cannot_be_patched,
    a_patch_is_judged_by_the_rules_of_the_whole,
    refusals_come_in_their_order,
    a_retry_with_the_same_key_gets_the_first_answer_and_happens_once,
    a_key_is_the_callers_own_and_lasts_a_day,
    a_failed_request_keeps_no_key,
    thirty_retries_at_once_happen_once,
    all_faults_are_told_at_once_each_with_its_place,
    what_json_cannot_mean_is_refused_and_never_guessed,
    text_is_stored_as_sent,
    hostile_paths_and_queries_are_refused,
    what_a_path_does_not_offer_it_says,
    head_answers_the_headers_of_get,
    every_answer_names_its_request,
    a_body_too_large_or_of_another_type_is_refused,
    answers_are_private_and_safe_to_show,
    every_change_leaves_its_audit_event,
    a_refused_change_leaves_nothing,
    what_is_deleted_leaves_a_tombstone,
    what_others_refer_to_cannot_be_deleted,
    thirty_two_writers_at_once_lose_nothing,
    of_thirty_two_editors_of_one_version_one_wins,
    another_products_rows_are_nothing_here,
);

fn component(name: &str) -> Value {
    json!({ "name": name, "kind": "service" })
}

fn create(client: &Client, name: &str) -> Answer {
    client.post("components", &component(name)).expect(201)
}

fn a_change_needs_the_version_it_was_made_from(app: &TestApp) {
    let editor = app.editor();
    let made = create(&editor, "Search");
    assert_eq!((made.etag(), &made.json["version"]), ("\"1\"", &json!(1)));
    let changed = editor.patch("components/search", "\"1\"", &json!({ "tier": 2 })).expect(200);
    assert_eq!((changed.etag(), &changed.json["tier"]), ("\"2\"", &json!(2)));
    editor.patch("components/search", "\"1\"", &json!({ "tier": 3 })).expect(412);
    editor.send_json("PATCH", "components/search", &json!({ "tier": 3 })).expect(428);
    for never_given in ["*", "2", "W/\"2\"", "\"two\"", "\"-1\"", "\"99999999999999999999\""] {
        editor.patch("components/search", never_given, &json!({ "tier": 3 })).expect(412);
    }
    editor.send("DELETE", "components/search", None).expect(428);
    editor.delete("components/search", "\"1\"").expect(412);
    assert_eq!(editor.get("components/search").expect(200).json["tier"], 2);
    let gone = editor.delete("components/search", "\"2\"").expect(204);
    assert!(gone.bytes.is_empty());
    editor.get("components/search").expect(404);
    editor.delete("components/search", "\"2\"").expect(404);
}

fn a_reader_who_has_the_version_is_told_so(app: &TestApp) {
    let editor = app.editor();
    let etag = create(&editor, "Search").etag().to_owned();
    let asked = |tags: &str| editor.with("If-None-Match", tags).get("components/search");
    for known in [etag.as_str(), "W/\"1\"", "\"7\", \"1\"", "*"] {
        let answer = asked(known).expect(304);
        assert!(answer.bytes.is_empty());
        assert_eq!(answer.etag(), etag);
    }
    assert_eq!(asked("\"2\"").expect(200).json["key"], "search");
}

fn a_patch_is_merged_and_null_takes_the_default(app: &TestApp) {
    let editor = app.editor();
    let whole = json!({
        "name": "Search", "kind": "service", "tier": 1, "owner": "ops", "description": "finds", "tags": ["a", "b"],
        "links": [{ "title": "Runbook", "url": "https://example.com/r" }], "lifecycle": "experimental",
    });
    let before = editor.post("components", &whole).expect(201).json;
    let patch = json!({ "tier": null, "owner": null, "lifecycle": null, "tags": ["c"], "links": null });
    let merged = "application/merge-patch+json";
    let client = editor.with("If-Match", "\"1\"").with("Content-Type", merged);
    let after = client.send("PATCH", "components/search", Some(patch.to_string().as_bytes())).expect(200).json;
    let mut expected = before.clone();
    expected["tier"] = Value::Null;
    expected["owner"] = Value::Null;
    expected["lifecycle"] = json!("production");
    expected["tags"] = json!(["c"]);
    expected["links"] = json!([]);
    expected["version"] = json!(2);
    assert_eq!(after, expected);
    let nothing = editor.patch("components/search", "\"2\"", &json!({})).expect(200);
    assert_eq!(nothing.json["tags"], json!(["c"]));
}

fn what_is_fixed_or_unknown_cannot_be_patched(app: &TestApp) {
    let editor = app.editor();
    create(&editor, "Search");
    let patch = json!({ "key": "found", "id": "1", "version": 9, "created_at": null, "colour": "red" });
    let refused = editor.patch("components/search", "\"1\"", &patch).expect(422);
    let unknown = ["colour", "created_at", "id", "version"].map(|name| format!("/{name} unknown_property"));
    let mut expected: Vec<String> = unknown.into();
    expected.push("/key fixed".to_owned());
    expected.sort();
    assert_eq!(refused.faults(), expected);
    for no_object in [json!([]), json!(null), json!("x"), json!(1)] {
        editor.patch("components/search", "\"1\"", &no_object).expect(422);
    }
}

fn a_patch_is_judged_by_the_rules_of_the_whole(app: &TestApp) {
    let editor = app.editor();
    create(&editor, "Search");
    let patch = json!({ "name": null, "tier": 5, "kind": "boat", "links": [{ "title": "x", "url": "ftp://x" }] });
    let refused = editor.patch("components/search", "\"1\"", &patch).expect(422);
    assert_eq!(refused.faults(), ["/kind not_one_of", "/links/0/url format", "/name required", "/tier too_large"]);
}

/// 401, then 404 or 403, then 428, then what is wrong with the body.
fn refusals_come_in_their_order(app: &TestApp) {
    create(&app.editor(), "Search");
    let wrong = |client: &Client, path: &str| {
        client.with("Content-Type", "text/plain").send("PATCH", path, Some(b"{\"name\":")).status
    };
    let (here, there) = ("components/search", "/api/v1/products/other/components/theirs");
    assert_eq!(wrong(&app.anonymous(), here), 401);
    assert_eq!(wrong(&app.anonymous().with("Authorization", "Bearer x"), here), 401);
    assert_eq!(wrong(&app.editor(), there), 404);
    assert_eq!(wrong(&app.viewer(), here), 403);
    assert_eq!(wrong(&app.editor(), here), 428);
    assert_eq!(wrong(&app.editor().with("If-Match", "\"1\""), here), 415);
    let query = "components?limit=x&cursor=x&colour=red";
    assert_eq!(app.anonymous().get(query).status, 401);
    assert_eq!(app.exporter().get(query).status, 403);
    assert_eq!(app.editor().get(query).status, 422);
}

fn a_retry_with_the_same_key_gets_the_first_answer_and_happens_once(app: &TestApp) {
    let editor = app.editor().with("Idempotency-Key", "a-1");
    let first = editor.post("components", &component("Search")).expect(201);
    let again = editor.post("components", &component("Search")).expect(201);
    assert_eq!((first.json.clone(), first.etag()), (again.json.clone(), again.etag()));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(app.editor().get("components").json["items"].as_array().map(Vec::len), Some(1));
    let other = editor.post("components", &component("Other")).expect(422);
    assert_eq!(other.faults(), ["Idempotency-Key reused"]);
    let elsewhere = json!({ "name": "Ann", "hours_per_week": 40, "valid_from": "2026-01-01" });
    editor.post("team", &elsewhere).expect(201);
    for unusable in ["a key with blanks", "schlüssel", &"x".repeat(256)] {
        let refused = app.editor().with("Idempotency-Key", unusable).post("components", &component("Later"));
        assert_eq!(refused.expect(422).faults(), ["Idempotency-Key format"], "{unusable}");
    }
}

fn a_key_is_the_callers_own_and_lasts_a_day(app: &TestApp) {
    let post = |client: &Client| client.with("Idempotency-Key", "k").post("components", &component("Search")).status;
    assert_eq!(post(&app.editor()), 201);
    // The kind comes before a name that is taken; a third time there is no free key left.
    assert_eq!(post(&app.owner()), 201);
    app.pass(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert_eq!(post(&app.editor()), 201, "the first answer, still");
    app.pass(TimeDelta::seconds(1));
    assert_eq!(post(&app.editor()), 409, "a request of its own, which finds its key taken");
}

fn a_failed_request_keeps_no_key(app: &TestApp) {
    let editor = app.editor().with("Idempotency-Key", "k");
    let needs_more = json!({ "name": "Search", "kind": "service", "depends_on": ["index"] });
    editor.post("components", &needs_more).expect(422);
    let kept: i64 = app.read(|conn| Ok(idempotency_keys::table.count().get_result(conn)?));
    assert_eq!(kept, 0);
    create(&app.editor(), "Index");
    editor.post("components", &needs_more).expect(201);
}

fn thirty_retries_at_once_happen_once(app: &TestApp) {
    let editor = app.editor().with("Idempotency-Key", "k");
    let statuses = at_once(30, |_| editor.post("components", &component("Search")).status);
    assert!(statuses.contains(&201));
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409)), "{statuses:?}");
    assert_eq!(app.editor().get("components").column("key"), ["search"]);
}

/// What each of `count` threads answers, all started together.
fn at_once<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(count);
    std::thread::scope(|scope| {
        let run = |at| {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(at)
            })
        };
        let threads: Vec<_> = (0..count).map(run).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

fn all_faults_are_told_at_once_each_with_its_place(app: &TestApp) {
    let sent = json!({
        "kind": "boat", "tier": 0, "key": "Not A Key", "tags": ["a", "a"], "rto_minutes": -1, "description": 7,
        "links": [{ "title": "t", "url": "x" }, { "url": "https://x" }], "co/lo~ur": "red",
    });
    let refused = app.editor().post("components", &sent).expect(422);
    assert_eq!(
        refused.faults(),
        [
            "/co~1lo~0ur unknown_property",
            "/description type",
            "/key format",
            "/kind not_one_of",
            "/links/0/url format",
            "/links/1/title required",
            "/name required",
            "/rto_minutes too_small",
            "/tags not_unique",
            "/tier too_small",
        ]
    );
    assert_eq!(refused.json["detail"], "10 faults, each listed in `errors`");
    let unknown = json!({ "name": "a", "kind": "tool", "depends_on": ["b", "c"] });
    let refused = app.editor().post("components", &unknown).expect(422);
    assert_eq!(refused.faults(), ["/depends_on/0 unknown_reference", "/depends_on/1 unknown_reference"]);
}

fn what_json_cannot_mean_is_refused_and_never_guessed(app: &TestApp) {
    let editor = app.editor().with("Content-Type", "application/json");
    let send = |body: &[u8]| editor.send("POST", "components", Some(body));
    let unreadable: &[&[u8]] = &[
        b"",
        b"{",
        b"nonsense",
        b"{\"name\":\"a\",\"kind\":\"tool\"} {}",
        b"{\"name\":\"a\",\"name\":\"b\",\"kind\":\"tool\"}",
        b"{\"name\":\"a\",\"kind\":\"tool\",\"tier\":NaN}",
        b"{\"name\":\"a\",\"kind\":\"tool\",\"tier\":Infinity}",
        b"{\"name\":\"a\",\"kind\":\"tool\",\"tier\":1e400}",
        b"{\"name\":\"a\",\"kind\":\"tool\",\"tier\":18446744073709551617}",
        b"{\"name\":\"\\ud800\",\"kind\":\"tool\"}",
        b"{\"name\":\"a\\u0000\",\"kind\":\"tool\"}",
        b"{\"name\":\"a\0\",\"kind\":\"tool\"}",
        b"{\"name\":\"\xff\xfe\",\"kind\":\"tool\"}",
        b"\xef\xbb\xbf{\"name\":\"a\",\"kind\":\"tool\"}",
        b"{\"name\":\"a\",\"kind\":\"tool\",}",
        b"{'name':'a','kind':'tool'}",
    ];
    for body in unreadable {
        let answer = send(body);
        assert_eq!(answer.status, 400, "{}: {answer}", String::from_utf8_lossy(body));
        assert_eq!(answer.faults(), [" json"]);
    }
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(64), "]".repeat(64));
    send(deep.as_bytes()).expect(400);
    let not_allowed = [
        r#"{"name":"a","kind":"tool","tier":9007199254740993}"#,
        r#"{"name":"a","kind":"tool","tier":1.5}"#,
        r#"{"name":"a","kind":"tool","tier":"1"}"#,
        r#"{"name":"a","kind":"tool","tier":true}"#,
        r#"{"name":"a","kind":"tool","colour":"red"}"#,
        r#"{"name":"","kind":"tool"}"#,
        r#"{"name":"a","kind":"tool","key":"01900000-0000-7000-8000-000000000000"}"#,
        r#"[{"name":"a","kind":"tool"}]"#,
        "null",
        "7",
        "\"text\"",
    ];
    for body in not_allowed {
        let answer = send(body.as_bytes());
        assert_eq!(answer.status, 422, "{body}: {answer}");
        assert!(!answer.faults().is_empty(), "{body}: {answer}");
    }
    let long = format!(r#"{{"name":"{}","kind":"tool"}}"#, "x".repeat(121));
    assert_eq!(send(long.as_bytes()).expect(422).faults(), ["/name too_long"]);
    assert_eq!(app.editor().get("components").column("key"), [""; 0]);
}

fn text_is_stored_as_sent(app: &TestApp) {
    let text = "  é e\u{301} \u{202e}x\u{200b} <script>alert(1)</script> '; DROP TABLE users; -- 🦀 \t\r\n=1+1";
    let sent = json!({ "key": "k", "name": "🦀".repeat(120), "kind": "tool", "description": text });
    app.editor().post("components", &sent).expect(201);
    let found = app.viewer().get("components/k").expect(200).json;
    assert_eq!((&found["description"], &found["name"]), (&sent["description"], &sent["name"]));
}

fn hostile_paths_and_queries_are_refused(app: &TestApp) {
    let editor = app.editor();
    for name in ["%00", "%FF", "..%2f..%2fetc", "a%20b", "%F0%9F%A6%80", &"x".repeat(5000), "'", "*", "null"] {
        editor.get(&format!("components/{name}")).expect(404);
        editor.get(&format!("/api/v1/products/{name}")).expect(404);
        editor.get(&format!("/api/v1/products/{name}/components")).expect(404);
        editor.delete(&format!("components/{name}"), "\"1\"").expect(404);
    }
    for query in ["q=%00", "q=%FF", "q=%", "q=%zz", "%FF=1", "q=a&q=b", "kind=tool&kind=tool"] {
        editor.get(&format!("components?{query}")).expect(400);
    }
    for path in ["/api", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/products/", "//", "/health"] {
        editor.get(path).expect(404);
    }
}

fn what_a_path_does_not_offer_it_says(app: &TestApp) {
    let editor = app.editor();
    let refused = editor.send_json("PUT", "components", &json!({})).expect(405);
    assert_eq!(refused.header("allow"), Some("GET, POST, HEAD, OPTIONS"));
    let refused = editor.send_json("POST", "components/search", &json!({})).expect(405);
    assert_eq!(refused.header("allow"), Some("GET, PATCH, DELETE, HEAD, OPTIONS"));
    app.anonymous().send("DELETE", "/api/v1/me", None).expect(405);
    let options = app.anonymous().send("OPTIONS", "components", None).expect(204);
    assert_eq!(options.header("allow"), Some("GET, POST, HEAD, OPTIONS"));
    app.anonymous().send("OPTIONS", "/api/v1/nothing", None).expect(404);
}

fn head_answers_the_headers_of_get(app: &TestApp) {
    create(&app.editor(), "Search");
    let editor = app.editor().with("X-Request-Id", "same");
    for path in ["components/search", "components", "components/nothing", "/health/live", "/api/v1/me"] {
        let (get, head) = (editor.get(path), editor.send("HEAD", path, None));
        assert_eq!(head.status, get.status, "{path}");
        for (name, value) in &get.headers {
            if name != "date" {
                assert_eq!(head.headers.get(name), Some(value), "{name} of {path}");
            }
        }
    }
    app.anonymous().send("HEAD", "components", None).expect(401);
}

fn every_answer_names_its_request(app: &TestApp) {
    let named = app.viewer().with("X-Request-Id", "call-7.of_9");
    for path in ["components", "components/nothing", "/nothing", "/login"] {
        assert_eq!(named.get(path).header("x-request-id"), Some("call-7.of_9"), "{path}");
    }
    assert_eq!(named.get("components/nothing").json["instance"], "/api/v1/products/platform/components/nothing");
    for unusable in ["two words", "ümlaut", &"x".repeat(129)] {
        let answer = app.viewer().with("X-Request-Id", unusable).get("components").expect(200);
        assert_ne!(answer.header("x-request-id"), Some(unusable));
    }
    let ids: BTreeSet<_> =
        (0..5).map(|_| app.viewer().get("components").header("x-request-id").map(str::to_owned)).collect();
    assert_eq!(ids.len(), 5, "each request has its own");
}

fn a_body_too_large_or_of_another_type_is_refused(app: &TestApp) {
    let editor = app.editor().with("Content-Type", "application/json");
    let body = |bytes: usize| {
        let rest = r#"{"name":"a","kind":"tool","description":""}"#.len();
        format!(r#"{{"name":"a","kind":"tool","description":"{}"}}"#, "x".repeat(bytes - rest))
    };
    editor.send("POST", "components", Some(body(1 << 20).as_bytes())).expect(422);
    let refused = editor.send("POST", "components", Some(body((1 << 20) + 1).as_bytes())).expect(413);
    assert!(refused.json["detail"].as_str().is_some_and(|detail| detail.contains("1048576")), "{refused}");
    let good = component("Search").to_string();
    let typed = |kind: &str| app.editor().with("Content-Type", kind).send("POST", "components", Some(good.as_bytes()));
    for other in ["text/plain", "application/jsonx", "text/json", "application/merge-patch+json", "application/xml", ""]
    {
        typed(other).expect(415);
    }
    app.editor().send("POST", "components", Some(good.as_bytes())).expect(415);
    typed("Application/JSON; charset=utf-8").expect(201);
}

fn answers_are_private_and_safe_to_show(app: &TestApp) {
    create(&app.editor(), "Search");
    for path in ["components", "components/search", "components/nothing", "/api/v1/me", "/login"] {
        let answer = app.viewer().get(path);
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        // A page with a form tells ourselves that it is we who send it.
        let referrer = if path == "/login" { "same-origin" } else { "no-referrer" };
        assert_eq!(answer.header("referrer-policy"), Some(referrer), "{path}");
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(answer.header("vary").is_some_and(|vary| vary.contains("Authorization")), "{path}");
        assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none(), "{path}");
    }
    let credentials = json!({ "email": "viewer@example.com", "password": crate::app::PASSWORD });
    let login = app.anonymous().post("/api/v1/auth/login", &credentials).expect(200);
    assert_eq!(login.header("cache-control"), Some("no-store"));
}

/// Who did what to a row, and what it was before and after.
type Event = (String, Option<String>, Value, Value);

/// The events of a row, oldest first.
fn events(app: &TestApp, row: &str) -> Vec<Event> {
    type Stored = (String, Option<String>, Option<String>, Option<String>);
    let row = row.to_owned();
    let found: Vec<Stored> = app.read(move |conn| {
        Ok(audit_events::table
            .filter(audit_events::row_id.eq(row))
            .order((audit_events::change_number, audit_events::id))
            .select((audit_events::action, audit_events::actor_id, audit_events::before, audit_events::after))
            .load(conn)?)
    });
    let read = |text: Option<String>| text.map_or(Value::Null, |text| serde_json::from_str(&text).expect("JSON"));
    found.into_iter().map(|(action, actor, before, after)| (action, actor, read(before), read(after))).collect()
}

fn every_change_leaves_its_audit_event(app: &TestApp) {
    let editor = app.editor().with("X-Request-Id", "r1");
    let made = create(&editor, "Search").json;
    let changed = app.owner().patch("components/search", "\"1\"", &json!({ "tier": 1 })).expect(200).json;
    app.editor().delete("components/search", "\"2\"").expect(204);
    let id = made["id"].as_str().expect("an id").to_owned();
    let (editor, owner) = (Some(app.people.editor.clone()), Some(app.people.owner.clone()));
    assert_eq!(
        events(app, &id),
        [
            ("create".to_owned(), editor.clone(), Value::Null, made.clone()),
            ("update".to_owned(), owner, made, changed.clone()),
            ("delete".to_owned(), editor, changed, Value::Null),
        ]
    );
    let (kind, request, resource): (String, Option<String>, String) = app.read(move |conn| {
        Ok(audit_events::table
            .filter(audit_events::row_id.eq(id))
            .order(audit_events::change_number)
            .select((audit_events::actor_kind, audit_events::request_id, audit_events::resource))
            .first(conn)?)
    });
    assert_eq!((kind.as_str(), request.as_deref(), resource.as_str()), ("user", Some("r1"), "components"));
}

fn a_refused_change_leaves_nothing(app: &TestApp) {
    let count = || app.read(|conn| Ok(audit_events::table.count().get_result::<i64>(conn)?));
    let editor = app.editor();
    create(&editor, "Search");
    let before = count();
    editor.post("components", &json!({ "key": "search", "name": "x", "kind": "tool" })).expect(409);
    editor.post("components", &json!({ "name": "x", "kind": "tool", "depends_on": ["nothing"] })).expect(422);
    editor.patch("components/search", "\"7\"", &json!({ "tier": 1 })).expect(412);
    editor.delete("components/search", "\"7\"").expect(412);
    app.viewer().post("components", &component("x")).expect(403);
    assert_eq!(count(), before);
    assert_eq!(editor.get("components").column("key"), ["search"]);
}

fn what_is_deleted_leaves_a_tombstone(app: &TestApp) {
    let made = create(&app.editor(), "Search").json;
    app.editor().delete("components/search", "\"1\"").expect(204);
    let product = app.platform().as_str().to_owned();
    let stones: Vec<(String, String, Option<String>)> = app.read(|conn| {
        Ok(tombstones::table.select((tombstones::resource, tombstones::row_id, tombstones::product_id)).load(conn)?)
    });
    let id = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(stones, [("components".to_owned(), id, Some(product))]);
    create(&app.editor(), "Search");
}

fn what_others_refer_to_cannot_be_deleted(app: &TestApp) {
    let editor = app.editor();
    create(&editor, "Index");
    editor.post("components", &json!({ "name": "Search", "kind": "service", "depends_on": ["index"] })).expect(201);
    let refused = editor.delete("components/index", "\"1\"").expect(409);
    assert_eq!(refused.json["code"], "referenced");
    let test = json!({ "component": "search", "on": "2026-10-01", "scenario": "disk lost", "result": "passed" });
    editor.post("recovery-tests", &test).expect(201);
    editor.delete("components/search", "\"1\"").expect(409);
    assert_eq!(editor.get("components/search").expect(200).json["depends_on"], json!(["index"]));
    editor.patch("components/search", "\"1\"", &json!({ "lifecycle": "retired", "depends_on": null })).expect(200);
    editor.delete("components/index", "\"1\"").expect(204);
}

fn thirty_two_writers_at_once_lose_nothing(app: &TestApp) {
    let editor = app.editor();
    let statuses = at_once(32, |at| editor.post("components", &component(&format!("c{at}"))).status);
    assert_eq!(statuses, [201; 32]);
    assert_eq!(editor.get("components?limit=200").column("key").len(), 32);
    let events: i64 = app.read(|conn| {
        let made = audit_events::resource.eq("components").and(audit_events::actor_kind.eq("user"));
        Ok(audit_events::table.filter(made).count().get_result(conn)?)
    });
    assert_eq!(events, 32);
}

fn of_thirty_two_editors_of_one_version_one_wins(app: &TestApp) {
    let editor = app.editor();
    create(&editor, "Search");
    let owners = at_once(32, |at| {
        let owner = format!("editor {at}");
        (editor.patch("components/search", "\"1\"", &json!({ "owner": owner })).status, owner)
    });
    let (won, lost): (Vec<_>, Vec<_>) = owners.into_iter().partition(|(status, _)| *status == 200);
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|(status, _)| *status == 412), "{lost:?}");
    let found = editor.get("components/search").json;
    assert_eq!((&found["owner"], &found["version"]), (&json!(won[0].1), &json!(2)));
}

fn another_products_rows_are_nothing_here(app: &TestApp) {
    let (editor, outsider) = (app.editor(), app.outsider());
    let theirs = outsider.get("/api/v1/products/other/components/theirs").expect(200).json;
    let id = theirs["id"].as_str().expect("an id");
    for name in ["theirs", id] {
        editor.get(&format!("components/{name}")).expect(404);
        editor.patch(&format!("components/{name}"), "\"1\"", &json!({})).expect(404);
        editor.delete(&format!("components/{name}"), "\"1\"").expect(404);
        let mine = json!({ "name": "Mine", "kind": "tool", "depends_on": [name] });
        let nothing = json!({ "name": "Mine", "kind": "tool", "depends_on": ["nothing"] });
        let (refused, unknown) = (editor.post("components", &mine), editor.post("components", &nothing));
        assert_eq!(refused.expect(422).json["errors"], unknown.expect(422).json["errors"], "told alike");
        let test = json!({ "component": name, "on": "2026-10-01", "scenario": "x", "result": "passed" });
        assert_eq!(editor.post("recovery-tests", &test).expect(422).faults(), ["/component unknown_reference"]);
    }
    editor.get("/api/v1/products/other").expect(404);
    assert_eq!(editor.get("/api/v1/products").column("key"), ["platform"]);
}
