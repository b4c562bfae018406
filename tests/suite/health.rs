//! Is it alive, can it work, and what is counted.

use crate::app::TestApp;
use diesel::connection::SimpleConnection;
use serde_json::json;

on_both_engines!(it_says_how_it_is, what_is_counted_names_operations_and_nobody);

fn it_says_how_it_is(app: &TestApp) {
    for path in ["/health/live", "/health/ready"] {
        let answer = app.anonymous().get(path).expect(200);
        assert_eq!(answer.json, json!({ "status": "ok", "problems": [] }));
    }
}

#[test]
fn it_says_what_is_wrong() {
    let app = TestApp::on_sqlite();
    let file = app.url.file().expect("a file");
    app.anonymous().get("/health/ready").expect(200);
    let elsewhere = file.with_extension("elsewhere");
    std::fs::rename(file, &elsewhere).expect("a file that is gone");
    let refused = app.anonymous().get("/health/ready").expect(503);
    assert_eq!(refused.json["errors"][0]["code"], "database_file", "{refused}");
    app.anonymous().get("/health/live").expect(200);
    let new = json!({ "key": "lost", "name": "L", "kind": "service" });
    app.editor().post("components", &new).expect(503);
    assert!(!file.exists(), "a missing file is not made anew");
    std::fs::rename(&elsewhere, file).expect("a file that is back");
    app.anonymous().get("/health/ready").expect(200);
    app.editor().post("components", &new).expect(201);
}

fn what_is_counted_names_operations_and_nobody(app: &TestApp) {
    app.viewer().get("components").expect(200);
    app.viewer().get("components/nothing").expect(404);
    app.viewer().get("/api/v1/nothing/of/the/kind").expect(404);
    app.editor().post("components", &json!({ "key": "secretive", "name": "S", "kind": "service" })).expect(201);
    app.read(|conn| Ok(conn.batch_execute("SELECT 1")?));
    let metrics = app.anonymous().get("/metrics").expect(200);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = metrics.text();
    let engine = if app.url.is_sqlite() { "sqlite" } else { "postgres" };
    for line in [
        "prodops_http_request_duration_seconds_count{operation=\"list_components\",status=\"200\"} 1",
        "prodops_http_request_duration_seconds_count{operation=\"find_component\",status=\"404\"} 1",
        "prodops_http_request_duration_seconds_count{operation=\"create_component\",status=\"201\"} 1",
        "prodops_http_request_duration_seconds_count{operation=\"none\",status=\"404\"} 1",
        "prodops_http_requests_under_way 1",
        "prodops_writer_queue 0",
        &format!("prodops_build_info{{engine=\"{engine}\",schema="),
        "prodops_database_connections{state=\"idle\"}",
        "# TYPE prodops_http_request_duration_seconds histogram",
    ] {
        assert!(text.contains(line), "no `{line}` in\n{text}");
    }
    for name in ["secretive", "platform", "viewer"] {
        assert!(!text.contains(name), "`{name}` is named");
    }
}
