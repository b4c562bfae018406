//! What is said about roadmap items.

use crate::{app::TestApp, roadmap::item};
use serde_json::json;

on_both_engines!(
    everyone_who_may_view_may_comment_and_what_was_said_stays,
    a_comment_is_refused_when_it_says_nothing_too_much_or_of_nothing,
);

fn everyone_who_may_view_may_comment_and_what_was_said_stays(app: &TestApp) {
    let id = item(app, "One", json!({}))["id"].as_str().expect("an id").to_owned();
    item(app, "Two", json!({}));
    let said = app.viewer().post("roadmap-items/OPS-1/comments", &json!({ "text": "When, **please**?" })).expect(201);
    let comment = said.json["id"].as_str().expect("an id");
    assert_eq!(
        said.header("location"),
        Some(format!("/api/v1/products/platform/roadmap-items/OPS-1/comments/{comment}").as_str())
    );
    assert_eq!((&said.json["author"], &said.json["roadmap_item"]), (&json!(app.people.viewer), &json!("OPS-1")));
    app.editor().post(&format!("roadmap-items/{id}/comments"), &json!({ "text": "In May." })).expect(201);
    let all = app.viewer().get("roadmap-items/OPS-1/comments").expect(200);
    assert_eq!(all.column("text"), ["When, **please**?", "In May."]);
    assert_eq!(all.column("author"), [app.people.viewer.clone(), app.people.editor.clone()]);
    let found =
        |query: &str| app.viewer().get(&format!("roadmap-items/OPS-1/comments?{query}")).expect(200).column("text");
    assert_eq!(found("q=MAY"), ["In May."]);
    assert_eq!(found(&format!("author={}", app.people.viewer)), ["When, **please**?"]);
    let first = app.viewer().get("roadmap-items/OPS-1/comments?limit=1").expect(200);
    let cursor = first.json["next_cursor"].as_str().expect("another page");
    assert_eq!(found(&format!("limit=1&cursor={cursor}")), ["In May."]);
    let path = format!("roadmap-items/OPS-1/comments/{comment}");
    assert_eq!(app.viewer().get(&path).expect(200).json, said.json);
    app.viewer().get(&format!("roadmap-items/OPS-2/comments/{comment}")).expect(404);
    app.viewer().get("roadmap-items/OPS-2/comments?limit=1").expect(200);
    // Talking about it changes nothing of the item, and keeps it.
    assert_eq!(app.viewer().get("roadmap-items/OPS-1").etag(), "\"1\"");
    assert_eq!(app.editor().delete("roadmap-items/OPS-1", "\"1\"").expect(409).json["code"], "referenced");
    app.editor().delete("roadmap-items/OPS-2", "\"1\"").expect(204);
    let trail = app.owner().get("audit-events?resource=roadmap-comments&sort=at").expect(200);
    assert_eq!(trail.column("actor_id"), [app.people.viewer.clone(), app.people.editor.clone()]);
}

fn a_comment_is_refused_when_it_says_nothing_too_much_or_of_nothing(app: &TestApp) {
    item(app, "One", json!({}));
    let say = |text: &str| app.viewer().post("roadmap-items/OPS-1/comments", &json!({ "text": text }));
    say(&"x".repeat(20_000)).expect(201);
    for (text, code) in [("", "/text too_short"), (&"x".repeat(20_001), "/text too_long")] {
        assert_eq!(say(text).expect(422).faults(), [code]);
    }
    let post = |path: &str| app.viewer().post(path, &json!({ "text": "x" })).status;
    assert_eq!(post("roadmap-items/OPS-9/comments"), 404);
    assert_eq!(post("/api/v1/products/other/roadmap-items/OPS-1/comments"), 404);
    app.exporter().post("roadmap-items/OPS-1/comments", &json!({ "text": "x" })).expect(403);
    app.viewer().post("roadmap-items/OPS-1/comments", &json!({ "text": "a\u{0}b" })).expect(400);
    app.viewer().post("roadmap-items/OPS-1/comments", &json!({ "text": "x", "author": "y" })).expect(422);
    app.viewer().get("roadmap-items/OPS-9/comments").expect(404);
    app.viewer().get("roadmap-items/OPS-1/comments?kind=x").expect(422);
}
