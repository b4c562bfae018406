//! The vision and the strategy: drafted, published, kept in every version, and told apart word by word.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    exports::cells,
    imports::{counts, fault, faults, import},
};
use serde_json::{Value, json};

on_both_engines!(
    a_document_is_drafted_published_and_drafted_again,
    what_is_published_never_changes,
    two_leads_never_overwrite_each_other,
    a_draft_may_be_unfinished_and_a_version_may_not,
    versions_are_listed_and_told_apart_word_by_word,
    whatever_is_written_is_kept_as_it_was_sent,
    what_is_made_names_the_strategy_it_was_made_under,
    a_report_names_the_vision_and_strategy_it_was_made_under,
);

fn draft(client: &Client, kind: &str, condition: (&str, &str), said: &Value) -> Answer {
    client.with(condition.0, condition.1).put(&format!("{kind}/draft"), said)
}

/// Drafts and publishes; what is there of a draft is written over.
pub fn published(app: &TestApp, kind: &str, said: &Value) -> Answer {
    published_by(&app.editor(), kind, said)
}

pub fn published_by(editor: &Client, kind: &str, said: &Value) -> Answer {
    let there = editor.get(&format!("{kind}/draft"));
    let drafted = match there.status {
        200 => draft(editor, kind, ("If-Match", there.etag()), said),
        _ => draft(editor, kind, ("If-None-Match", "*"), said),
    };
    publish(editor, kind, drafted.expect(200).etag()).expect(200)
}

fn publish(client: &Client, kind: &str, etag: &str) -> Answer {
    client.with("If-Match", etag).post(&format!("{kind}/publish"), &json!({}))
}

fn a_document_is_drafted_published_and_drafted_again(app: &TestApp) {
    let editor = app.editor();
    for kind in ["vision", "strategy"] {
        for path in [kind.to_owned(), format!("{kind}/draft"), format!("{kind}/versions/1")] {
            app.viewer().get(&path).expect(404);
        }
        publish(&editor, kind, "\"1\"").expect(404);
        assert_eq!(app.viewer().get(&format!("{kind}/versions")).expect(200).json["items"], json!([]));
    }
    let said = json!({ "statement": "Every team ships every day, without fear.", "horizon_on": "2028-12-31" });
    editor.put("vision/draft", &said).expect(428);
    draft(&app.viewer(), "vision", ("If-None-Match", "*"), &said).expect(403);
    let drafted = draft(&editor, "vision", ("If-None-Match", "*"), &said).expect(200);
    assert_eq!(
        (drafted.etag(), &drafted.json["version_number"], &drafted.json["published_at"]),
        ("\"1\"", &Value::Null, &Value::Null)
    );
    assert_eq!((&drafted.json["needs"], &drafted.json["horizon_on"]), (&json!(""), &json!("2028-12-31")));
    assert_eq!(app.viewer().get("vision/draft").expect(200).json, drafted.json);
    app.viewer().get("vision").expect(404);
    publish(&app.viewer(), "vision", drafted.etag()).expect(403);
    editor.post("vision/publish", &json!({})).expect(428);
    publish(&editor, "vision", "\"7\"").expect(412);
    let first = publish(&editor, "vision", drafted.etag()).expect(200);
    assert_eq!((first.etag(), &first.json["version_number"]), ("\"2\"", &json!(1)));
    assert!(first.json["published_at"].is_string());
    assert_eq!(app.viewer().get("vision").expect(200).json, first.json);
    app.viewer().get("vision/draft").expect(404);
    // What is published is where the next draft begins, by whichever precondition; no ETag is given twice.
    let next = draft(&editor, "vision", ("If-Match", first.etag()), &said).expect(200);
    assert_eq!(next.etag(), "\"3\"");
    let second = publish(&editor, "vision", next.etag()).expect(200);
    assert_eq!(second.json["version_number"], 2);
    let third = draft(&editor, "vision", ("If-None-Match", "*"), &json!({ "statement": "x" })).expect(200);
    assert_eq!(third.json["needs"], "", "a draft is written as a whole");
    assert_eq!(app.viewer().get("vision").expect(200).json, second.json, "a draft is not published by itself");
    app.viewer().with("If-None-Match", second.etag()).get("vision").expect(304);
    // The strategy has a count of its own.
    let said = json!({ "diagnosis": "a", "guiding_policy": "b", "coherent_actions": ["c", "d"], "not_doing": ["e"] });
    let strategy = published(app, "strategy", &said);
    assert_eq!((&strategy.json["version_number"], &strategy.json["not_doing"]), (&json!(1), &json!(["e"])));
    let events = editor.get("audit-events?resource=vision&sort=at").expect(200);
    assert_eq!(events.column("action"), ["create", "publish", "create", "publish", "create"]);
    app.outsider().get("/api/v1/products/platform/vision").expect(404);
}

fn what_is_published_never_changes(app: &TestApp) {
    let first = published(app, "vision", &json!({ "statement": "One" })).json;
    for statement in ["Two", "Three"] {
        published(app, "vision", &json!({ "statement": statement }));
        assert_eq!(app.viewer().get("vision/versions/1").expect(200).json, first);
    }
    for method in ["PUT", "PATCH", "DELETE", "POST"] {
        let answer =
            app.owner().with("If-Match", "\"2\"").send_json(method, "vision/versions/1", &json!({ "statement": "x" }));
        assert_eq!(answer.status, 405, "{method}");
    }
    assert_eq!(app.viewer().get("vision/versions/1").expect(200).json, first);
}

fn two_leads_never_overwrite_each_other(app: &TestApp) {
    let editor = app.editor();
    let one = json!({ "statement": "One" });
    let drafted = draft(&editor, "vision", ("If-None-Match", "*"), &one).expect(200);
    draft(&app.owner(), "vision", ("If-None-Match", "*"), &one).expect(412);
    let again = draft(&app.owner(), "vision", ("If-Match", drafted.etag()), &json!({ "statement": "Two" })).expect(200);
    draft(&editor, "vision", ("If-Match", drafted.etag()), &one).expect(412);
    publish(&editor, "vision", drafted.etag()).expect(412);
    publish(&editor, "vision", again.etag()).expect(200);
    // Whoever still has the draft before them does not begin a new one by mistake.
    draft(&editor, "vision", ("If-Match", again.etag()), &one).expect(412);
    assert_eq!(app.viewer().get("vision").expect(200).json["statement"], "Two");
}

fn a_draft_may_be_unfinished_and_a_version_may_not(app: &TestApp) {
    let editor = app.editor();
    let strategy = draft(&editor, "strategy", ("If-None-Match", "*"), &json!({ "diagnosis": " \n" })).expect(200);
    let refused = publish(&editor, "strategy", strategy.etag()).expect(409);
    assert_eq!(refused.json["code"], "incomplete");
    assert!(refused.json["detail"].as_str().is_some_and(|said| said.contains("diagnosis and guiding_policy")));
    let vision = draft(&editor, "vision", ("If-None-Match", "*"), &json!({})).expect(200);
    publish(&editor, "vision", vision.etag()).expect(409);
    let wrong = json!({
        "statement": "x".repeat(1001), "needs": "x".repeat(8001), "horizon_on": "soon", "mission": "x", "target_group": null,
    });
    assert_eq!(
        draft(&editor, "vision", ("If-Match", vision.etag()), &wrong).expect(422).faults(),
        [
            "/horizon_on format",
            "/mission unknown_property",
            "/needs too_long",
            "/statement too_long",
            "/target_group type"
        ]
    );
    let wrong = json!({ "coherent_actions": [""], "not_doing": vec!["x"; 51], "guiding_policy": 7 });
    assert_eq!(
        draft(&editor, "strategy", ("If-Match", strategy.etag()), &wrong).expect(422).faults(),
        ["/coherent_actions/0 too_short", "/guiding_policy type", "/not_doing too_long"]
    );
}

fn versions_are_listed_and_told_apart_word_by_word(app: &TestApp) {
    let said = |policy: &str, actions: &[&str]| json!({ "diagnosis": "d", "guiding_policy": policy, "coherent_actions": actions });
    published(app, "strategy", &said("We build it for them", &["a", "b"]));
    published(app, "strategy", &said("They build it with us", &["a", "c", "b"]));
    published(app, "strategy", &said("They build it with us", &[]));
    let viewer = app.viewer();
    let listed = viewer.get("strategy/versions?sort=-version_number&limit=2").expect(200);
    assert_eq!(listed.column("version_number"), ["3", "2"]);
    let cursor = listed.json["next_cursor"].as_str().expect("a cursor");
    let rest = viewer.get(&format!("strategy/versions?sort=-version_number&limit=2&cursor={cursor}")).expect(200);
    assert_eq!(rest.column("version_number"), ["1"]);
    assert_eq!(viewer.get("strategy/versions?q=BUILD+them").expect(200).column("version_number"), ["1"]);
    assert_eq!(viewer.get("strategy/versions?version_number.gte=2").expect(200).column("version_number"), ["2", "3"]);
    let told = viewer.get("strategy/versions/1/diff?to=2").expect(200).json;
    assert_eq!(told["summary"], "from version 1 to 2 these differ: guiding policy and coherent actions");
    assert_eq!(
        told["fields"][0],
        json!({
            "field": "guiding_policy", "change": "changed", "summary": "3 words came in, 3 words went out",
            "parts": [
                { "change": "removed", "text": "We" },
                { "change": "added", "text": "They" },
                { "change": "same", "text": " build it " },
                { "change": "removed", "text": "for" },
                { "change": "added", "text": "with" },
                { "change": "same", "text": " " },
                { "change": "removed", "text": "them" },
                { "change": "added", "text": "us" },
            ],
        })
    );
    assert_eq!(told["fields"][1]["summary"], "1 word came in");
    // The published one when no other is named; both ways round.
    let told = viewer.get("strategy/versions/2/diff").expect(200).json;
    assert_eq!((&told["to"], &told["fields"][0]["change"]), (&json!(3), &json!("removed")));
    assert_eq!(viewer.get("strategy/versions/3/diff?to=2").expect(200).json["fields"][0]["change"], "added");
    assert_eq!(viewer.get("strategy/versions/3/diff?to=3").expect(200).json["fields"], json!([]));
    for (path, status) in [
        ("4", 404),
        ("0", 404),
        ("01", 404),
        ("-1", 404),
        ("draft", 404),
        ("99999999999999999999", 404),
        ("4/diff?to=1", 404),
        ("1/diff?to=4", 422),
        ("1/diff?to=x", 422),
        ("1/diff?with=2", 422),
    ] {
        assert_eq!(viewer.get(&format!("strategy/versions/{path}")).status, status, "{path}");
    }
}

fn whatever_is_written_is_kept_as_it_was_sent(app: &TestApp) {
    let hostile = "<script>alert(1)</script> ![x](http://x/y.png) [a](javascript:alert(1)) \u{202e}\u{1f600} \"\\ '; DROP TABLE documents; --\r\n\t> > >";
    let told = published(app, "vision", &json!({ "statement": hostile, "needs": hostile.repeat(40) })).json;
    assert_eq!(told["statement"], hostile);
    let read = app.viewer().get("vision").expect(200);
    assert_eq!(read.json, told);
    published(app, "vision", &json!({ "statement": format!("{hostile} more") }));
    let told = app.viewer().get("vision/versions/1/diff").expect(200).json;
    let parts = told["fields"][0]["parts"].as_array().expect("parts").clone();
    let before: String =
        parts.iter().filter(|part| part["change"] != "added").filter_map(|part| part["text"].as_str()).collect();
    assert_eq!(before, hostile);
    // Two texts that share no word, as long as they may be.
    let long = |word: &str| (0..1600).map(|at| format!("{word}{at}")).collect::<Vec<_>>().join(" ");
    let cut = |text: String| text.chars().take(8000).collect::<String>();
    published(app, "vision", &json!({ "statement": "x", "needs": cut(long("a")) }));
    published(app, "vision", &json!({ "statement": "x", "needs": cut(long("b")) }));
    app.viewer().get("vision/versions/3/diff").expect(200);
    let zero = app.editor().with("If-None-Match", "*").with("Content-Type", "application/json");
    assert!(matches!(zero.send("PUT", "vision/draft", Some(b"{\"statement\": \"a\\u0000b\"}")).status, 400 | 422));
}

fn what_is_made_names_the_strategy_it_was_made_under(app: &TestApp) {
    let editor = app.editor();
    let item = |title: &str| editor.post("roadmap-items", &json!({ "title": title, "kind": "debt" })).expect(201);
    let objective =
        |title: &str| editor.post("objectives", &json!({ "title": title, "period": "2026-Q4" })).expect(201);
    assert_eq!(
        (&item("a").json["strategy_version"], &objective("a").json["strategy_version"]),
        (&Value::Null, &Value::Null)
    );
    let said = json!({ "diagnosis": "d", "guiding_policy": "g" });
    published(app, "strategy", &said);
    let (early, set) = (item("b"), objective("b"));
    assert_eq!((&early.json["strategy_version"], &set.json["strategy_version"]), (&json!(1), &json!(1)));
    published(app, "strategy", &said);
    let path = format!("roadmap-items/{}", early.json["ref"].as_str().expect("a ref"));
    let patched = editor.patch(&path, early.etag(), &json!({ "title": "c" })).expect(200);
    assert_eq!(patched.json["strategy_version"], 1);
    let refused = editor.patch(&path, patched.etag(), &json!({ "strategy_version": 2 })).expect(422);
    assert_eq!(refused.faults(), ["/strategy_version unknown_property"]);
    assert_eq!(counts(app, "roadmap", "title,kind\r\nd,debt\r\nc,debt\r\n"), (1, 0, 1));
    let told = app.viewer().get("roadmap-items?sort=ref").expect(200);
    assert_eq!(told.column("strategy_version"), ["null", "1", "2"]);
    assert_eq!(app.viewer().get("roadmap-items?strategy_version=1").expect(200).column("title"), ["c"]);
    assert_eq!(
        cells(&app.exporter(), "exports/roadmap_items.csv", &["ref", "strategy_version"]),
        ["OPS-1 ", "OPS-2 1", "OPS-3 2"]
    );
    // An objective's may be told, for those that were set before they were written down here.
    let told =
        editor.post("objectives", &json!({ "title": "c", "period": "2026-Q3", "strategy_version": 1 })).expect(201);
    assert_eq!(told.json["strategy_version"], 1);
    let unknown =
        editor.post("objectives", &json!({ "title": "d", "period": "2026-Q3", "strategy_version": 3 })).expect(422);
    assert_eq!(unknown.faults(), ["/strategy_version unknown_reference"]);
    let file = "title,period,strategy_version\r\ne,2026-Q3,9\r\n";
    assert_eq!(faults(import(app, "objectives", file)), [fault(2, "strategy_version", "unknown_reference")]);
}

fn a_report_names_the_vision_and_strategy_it_was_made_under(app: &TestApp) {
    let editor = app.editor();
    let build = || editor.post("reports", &json!({ "month": "2026-10" }));
    let sections = |report: &Answer| -> Vec<String> {
        let all = report.json["sections"].as_array().expect("sections").iter();
        all.map(|one| one["key"].as_str().expect("a key").to_owned()).collect()
    };
    let bare = build();
    assert!(!sections(&bare).contains(&"strategy".to_owned()), "nobody said where it goes");
    let hostile = "We **promise** <script>alert(1)</script> ![x](http://x.example/y.png)";
    published(app, "vision", &json!({ "statement": "Nobody is afraid <b>of change</b>" }));
    let objective = json!({ "title": "Restores are boring", "period": "2026-Q4", "status": "active" });
    let objective = editor.post("objectives", &objective).expect(201);
    let path = format!("objectives/{}/key-results", objective.json["id"].as_str().expect("an id"));
    let result = json!({ "title": "A full restore", "unit": "minutes", "baseline": 208.5, "target": 60 });
    let result = editor.post(&path, &result).expect(201);
    let result = result.json["id"].as_str().expect("an id");
    for (on, value) in [("2026-10-12", 134.25), ("2026-11-02", 60.0)] {
        editor.post(&format!("key-results/{result}/check-ins"), &json!({ "on": on, "value": value })).expect(201);
    }
    let report = format!("reports/{}", bare.json["id"].as_str().expect("an id"));
    assert!(build().status < 300);
    let fact = |name: &str| app.editor().get(&format!("{report}/facts/{name}")).expect(200).json;
    assert_eq!(fact("vision.version")["value"], 1);
    assert!(fact("strategy.version")["unknown"].as_str().is_some_and(|why| why.contains("no strategy was published")));
    let said = json!({ "diagnosis": hostile, "guiding_policy": hostile, "not_doing": ["<i>More</i>"] });
    published(app, "strategy", &said);
    published(app, "strategy", &said);
    let told = build();
    let keys = sections(&told);
    assert_eq!(
        keys.iter().position(|key| key == "strategy").map(|at| at + 1),
        keys.iter().position(|key| key == "next")
    );
    assert_eq!((&fact("strategy.version")["value"], &fact("vision.version")["value"]), (&json!(2), &json!(1)));
    // What was measured after the month is not the month's.
    assert_eq!(fact(&format!("key_result.{result}.current"))["value"], 134.25);
    assert_eq!(fact(&format!("key_result.{result}.progress"))["value"], 0.5);
    let page = editor.get(&format!("{report}.html")).expect(200);
    let page = page.text();
    for part in
        ["<strong>promise</strong>", "Where we are going", "134.25", "208.5", "Restores are boring", "&lt;i&gt;More"]
    {
        assert!(page.contains(part), "{part}");
    }
    for hostile in ["<script>alert", "<img", "<b>of change", "<i>More"] {
        assert!(!page.contains(hostile), "{hostile}");
    }
    let text = editor.get(&format!("{report}.md")).expect(200);
    assert!(text.text().contains("## Where we are going") && text.text().contains("134.25"), "{text}");
    // What was published under one version stays so when there is another.
    let etag = editor.get(&report).expect(200).etag().to_owned();
    editor.with("If-Match", &etag).post(&format!("{report}/publish"), &json!({})).expect(200);
    published(app, "strategy", &said);
    assert_eq!(fact("strategy.version")["value"], 2);
}
