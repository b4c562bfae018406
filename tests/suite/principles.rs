//! What users may count on, which component keeps to it, and how that moves.

use crate::{
    app::TestApp,
    client::Answer,
    effort::service,
    imports::{counts, fault, faults, import},
};
use serde_json::{Value, json};

on_both_engines!(
    a_principle_is_written_down_ordered_and_retired,
    statements_are_unique_however_they_are_spelled,
    what_no_schema_allows_is_refused,
    a_component_is_assessed_once_a_day_and_the_history_stays,
    a_finding_belongs_to_its_principle_and_product,
    the_scorecard_counts_what_was_assessed_and_how_it_moved,
    the_scorecard_is_had_as_json_and_as_csv,
    the_scorecard_s_day_is_the_product_s_and_its_quarter_the_fiscal_year_s,
    principles_and_findings_come_in_by_file,
    what_is_wrong_with_a_file_is_told_by_line,
    what_is_recorded_is_exported,
);

fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

fn principle(app: &TestApp, statement: &str) -> String {
    id(&app.editor().post("principles", &json!({ "statement": statement })).expect(201).json)
}

fn assess(app: &TestApp, principle: &str, component: &str, level: &str, on: &str) -> Answer {
    let body = json!({ "component": component, "level": level, "assessed_on": on, "evidence": "tried it" });
    app.editor().post(&format!("principles/{principle}/adherence"), &body)
}

fn a_principle_is_written_down_ordered_and_retired(app: &TestApp) {
    let new = json!({ "statement": "One account opens every tool", "rationale": "*Why*", "implications": "So" });
    let made = app.editor().post("principles", &new).expect(201);
    let path = format!("principles/{}", id(&made.json));
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    assert_eq!((&made.json["rank"], &made.json["retired_on"]), (&json!(1), &Value::Null));
    assert_eq!(made.json["rationale"], "*Why*", "Markdown is kept as it was sent");
    assert_eq!(app.viewer().get(&path).expect(200).json, made.json);
    assert!(made.json.get("statement_nfc").is_none());
    let second = principle(app, "Every change can be taken back");
    let first = json!({ "statement": "Nothing waits for a person", "rank": 1 });
    app.editor().post("principles", &first).expect(201);
    let order = |query: &str| app.viewer().get(&format!("principles?{query}")).expect(200).column("statement");
    assert_eq!(
        order("sort=rank"),
        ["One account opens every tool", "Nothing waits for a person", "Every change can be taken back"]
    );
    let changed = app.editor().patch(&path, "\"1\"", &json!({ "rank": 7 })).expect(200);
    assert_eq!((changed.etag(), &changed.json["rank"]), ("\"2\"", &json!(7)));
    let kept = app.editor().patch(&path, "\"2\"", &json!({ "rank": null, "retired_on": "2026-12-01" })).expect(200);
    assert_eq!((&kept.json["rank"], &kept.json["retired_on"]), (&json!(7), &json!("2026-12-01")));
    assert_eq!(order("sort=-rank")[0], "One account opens every tool");
    assert_eq!(order("retired_on=null&q=TAKEN+back"), ["Every change can be taken back"]);
    app.editor().patch(&path, "\"2\"", &json!({ "rank": 2 })).expect(412);
    service(app, "Database");
    assess(app, &second, "database", "follows", "2026-10-01").expect(201);
    let refused = app.editor().delete(&format!("principles/{second}"), "\"1\"").expect(409);
    assert_eq!(refused.json["code"], "referenced");
    app.editor().delete("components/database", "\"1\"").expect(409);
    app.editor().delete(&path, "\"3\"").expect(204);
    app.viewer().get(&path).expect(404);
}

fn statements_are_unique_however_they_are_spelled(app: &TestApp) {
    principle(app, "Caf\u{e9} first");
    let again = json!({ "statement": "Cafe\u{301} first" });
    assert_eq!(app.editor().post("principles", &again).expect(409).json["code"], "exists");
    let other = principle(app, "caf\u{e9} first");
    app.editor().patch(&format!("principles/{other}"), "\"1\"", &again).expect(409);
}

fn what_no_schema_allows_is_refused(app: &TestApp) {
    service(app, "Database");
    let long = "x".repeat(4001);
    for (body, expected) in [
        (json!({ "statement": "" }), "/statement too_short"),
        (json!({ "statement": "x".repeat(201) }), "/statement too_long"),
        (json!({ "statement": "x", "rationale": long }), "/rationale too_long"),
        (json!({ "statement": "x", "implications": long }), "/implications too_long"),
        (json!({ "statement": "x", "rank": 0 }), "/rank too_small"),
        (json!({ "statement": "x", "rank": 1_000_001 }), "/rank too_large"),
        (json!({ "statement": "x", "rank": 1.5 }), "/rank type"),
        (json!({ "statement": "x", "retired_on": "soon" }), "/retired_on format"),
        (json!({ "statement": "x", "score": 1 }), "/score unknown_property"),
        (json!({ "rationale": "x" }), "/statement required"),
    ] {
        assert_eq!(app.editor().post("principles", &body).expect(422).faults(), [expected], "{body}");
    }
    let path = format!("principles/{}/adherence", principle(app, "Last in line"));
    let good = json!({ "component": "database", "level": "partly", "assessed_on": "2026-10-01" });
    for (name, value, expected) in [
        ("component", json!("theirs"), "/component unknown_reference"),
        ("level", json!("mostly"), "/level not_one_of"),
        ("assessed_on", json!("2026-02-30"), "/assessed_on format"),
        ("evidence", json!("x".repeat(2001)), "/evidence too_long"),
        ("principle", json!("x"), "/principle unknown_property"),
    ] {
        let mut body = good.clone();
        body[name] = value;
        assert_eq!(app.editor().post(&path, &body).expect(422).faults(), [expected], "{body}");
    }
    let nul = r#"{"statement": "a\u0000b"}"#;
    let sent = app.editor().with("Content-Type", "application/json").send("POST", "principles", Some(nul.as_bytes()));
    assert!(matches!(sent.status, 400 | 422), "{}", sent.status);
    let hostile = "<script>alert(1)</script> '; DROP TABLE principles; -- \u{202e}\u{1F600}";
    let kept = app.editor().post("principles", &json!({ "statement": hostile })).expect(201).json;
    assert_eq!(app.viewer().get(&format!("principles/{}", id(&kept))).expect(200).json["statement"], hostile);
    for query in ["on=soon", "on=2026-02-30", "on=9999-01-01", "on=1970-03-31", "day=2026-10-01", "on="] {
        app.viewer().get(&format!("scorecard?{query}")).expect(422);
    }
    app.viewer().get("scorecard?on=2026-10-01&on=2026-10-02").expect(400);
}

fn a_component_is_assessed_once_a_day_and_the_history_stays(app: &TestApp) {
    service(app, "Database");
    service(app, "Search");
    let open = principle(app, "One account opens every tool");
    let made = assess(app, &open, "database", "violates", "2026-03-01").expect(201);
    let path = format!("principles/{open}/adherence/{}", id(&made.json));
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    assert_eq!((&made.json["principle"], &made.json["component"]), (&json!(open), &json!("database")));
    assert_eq!(app.viewer().get(&path).expect(200).json, made.json);
    assert_eq!(assess(app, &open, "database", "follows", "2026-03-01").expect(409).json["code"], "exists");
    assess(app, &open, "database", "follows", "2026-10-01").expect(201);
    assess(app, &open, "search", "not_assessed", "2026-10-01").expect(201);
    let list = format!("principles/{open}/adherence");
    let levels = |query: &str| app.viewer().get(&format!("{list}?{query}")).expect(200).column("level");
    assert_eq!(levels("component=database&sort=assessed_on"), ["violates", "follows"]);
    assert_eq!(levels("level=violates,not_assessed&sort=-assessed_on"), ["not_assessed", "violates"]);
    assert_eq!(levels("assessed_on.gte=2026-10-01&q=SEARCH"), ["not_assessed"]);
    let wrong = json!({ "assessed_on": "2026-10-01" });
    app.editor().patch(&path, "\"1\"", &wrong).expect(409);
    let right = json!({ "level": "partly", "evidence": "" });
    assert_eq!(app.editor().patch(&path, "\"1\"", &right).expect(200).json["level"], "partly");
    app.editor().delete(&path, "\"1\"").expect(412);
    app.editor().delete(&path, "\"2\"").expect(204);
    assert_eq!(levels("component=database"), ["follows"]);
}

fn a_finding_belongs_to_its_principle_and_product(app: &TestApp) {
    service(app, "Database");
    let (one, two) = (principle(app, "One"), principle(app, "Two"));
    let made = assess(app, &one, "database", "follows", "2026-10-01").expect(201).json;
    let elsewhere = format!("principles/{two}/adherence/{}", id(&made));
    app.viewer().get(&elsewhere).expect(404);
    app.editor().patch(&elsewhere, "\"1\"", &json!({ "level": "partly" })).expect(404);
    app.editor().delete(&elsewhere, "\"1\"").expect(404);
    app.viewer().get("principles/nothing/adherence").expect(404);
    let theirs = app.outsider().post("/api/v1/products/other/principles", &json!({ "statement": "One" })).expect(201);
    assess(app, &id(&theirs.json), "database", "follows", "2026-10-01").expect(404);
    assert_eq!(app.viewer().get("scorecard").expect(200).json["principles"].as_array().map(Vec::len), Some(2));
}

fn the_scorecard_counts_what_was_assessed_and_how_it_moved(app: &TestApp) {
    let empty = app.viewer().get("scorecard").expect(200).json;
    assert_eq!((&empty["whole"]["share"], &empty["cells"]), (&Value::Null, &json!([])));
    assert_eq!(empty["whole"]["unknown"], "nothing was assessed");
    for name in ["Database", "Search", "Wiki"] {
        service(app, name);
    }
    let (open, back) = (principle(app, "One account opens every tool"), principle(app, "A change can be taken back"));
    assess(app, &open, "database", "violates", "2026-09-30").expect(201);
    assess(app, &open, "database", "follows", "2026-10-01").expect(201);
    assess(app, &open, "search", "partly", "2026-03-01").expect(201);
    assess(app, &back, "database", "follows", "2026-10-20").expect(201);
    assess(app, &back, "search", "follows", "2026-05-01").expect(201);
    assess(app, &back, "search", "not_assessed", "2026-10-02").expect(201);
    assess(app, &back, "wiki", "violates", "2027-01-01").expect(201);
    let card = app.viewer().get("scorecard?on=2026-10-31").expect(200).json;
    assert_eq!((&card["on"], &card["compared_with"]), (&json!("2026-10-31"), &json!("2026-09-30")));
    let whole = &card["whole"];
    for (name, value) in [
        ("follows", json!(2)),
        ("partly", json!(1)),
        ("violates", json!(0)),
        ("not_assessed", json!(3)),
        ("assessed", json!(3)),
        ("without_evidence", json!(0)),
        ("share", json!(0.666_666_666_667)),
        ("share_before", json!(0.333_333_333_333)),
        ("movement", json!(0.333_333_333_333)),
        ("unknown", Value::Null),
    ] {
        assert_eq!(whole[name], value, "{name}");
    }
    assert_eq!(card["principles"][0]["principle"], json!(open));
    assert_eq!((&card["principles"][0]["share"], &card["principles"][1]["share"]), (&json!(0.5), &json!(1)));
    assert_eq!((&card["components"][2]["component"], &card["components"][2]["share"]), (&json!("wiki"), &Value::Null));
    let moves: Vec<_> = card["cells"].as_array().expect("cells").iter().map(|cell| cell["movement"].clone()).collect();
    let moved = [json!("better"), json!("newly_assessed"), json!("same"), json!("no_longer_assessed")];
    assert_eq!(moves[..4], moved);
    assert_eq!(moves[4..], [Value::Null, Value::Null]);
    let cell = &card["cells"][0];
    assert_eq!((&cell["evidence"], &cell["assessed_on"]), (&json!("tried it"), &json!("2026-10-01")));
    let etag = app.viewer().get("components/wiki").expect(200).etag().to_owned();
    app.editor().patch("components/wiki", &etag, &json!({ "lifecycle": "retired" })).expect(200);
    app.editor().patch(&format!("principles/{open}"), "\"1\"", &json!({ "retired_on": "2026-10-15" })).expect(200);
    let count =
        |on: &str| app.viewer().get(&format!("scorecard?on={on}")).expect(200).json["cells"].as_array().unwrap().len();
    assert_eq!((count("2026-10-14"), count("2026-10-15")), (4, 2), "a retired component has no row");
}

fn the_scorecard_is_had_as_json_and_as_csv(app: &TestApp) {
    service(app, "Database");
    let open = principle(app, "Open, to \"all\"");
    assess(app, &open, "database", "partly", "2026-10-01").expect(201);
    let expected = format!(
        "on,component,component_name,principle,statement,rank,level,evidence,assessed_on,compared_with,level_before,\
         movement\r\n2026-10-31,database,Database,{open},\"Open, to \"\"all\"\"\",1,partly,tried it,2026-10-01,\
         2026-09-30,not_assessed,newly_assessed\r\n"
    );
    let by_accept = app.viewer().with("Accept", "text/csv").get("scorecard?on=2026-10-31").expect(200);
    assert_eq!(
        (by_accept.text(), by_accept.header("content-type")),
        (&*expected, Some("text/csv; charset=utf-8; header=present"))
    );
    let by_name = app.viewer().get("scorecard.csv?on=2026-10-31").expect(200);
    assert_eq!(by_name.text(), expected);
    assert_eq!(
        by_name.header("content-disposition"),
        Some("attachment; filename=\"platform-scorecard-2026-10-31.csv\"")
    );
    assert_eq!(app.viewer().get("scorecard.json").expect(200).json, app.viewer().get("scorecard").expect(200).json);
    app.viewer().get("scorecard.pdf").expect(406);
    app.viewer().with("Accept", "application/pdf").get("scorecard").expect(406);
    app.exporter().get("scorecard.csv").expect(403);
}

/// The clock stands at a moment that is another day in the product's zone only near midnight.
fn the_scorecard_s_day_is_the_product_s_and_its_quarter_the_fiscal_year_s(app: &TestApp) {
    let product = app.owner().get("/api/v1/products/platform").expect(200);
    let changes = json!({ "fiscal_year_start": 12, "timezone": "Pacific/Kiritimati" });
    app.owner().patch("/api/v1/products/platform", product.etag(), &changes).expect(200);
    let card = app.viewer().get("scorecard").expect(200).json;
    let now = app.clock.now().utc() + chrono::TimeDelta::hours(14);
    assert_eq!(card["on"], json!(now.date_naive().to_string()));
    let card = app.viewer().get("scorecard?on=2026-11-23").expect(200).json;
    assert_eq!(card["compared_with"], "2026-08-31");
}

fn principles_and_findings_come_in_by_file(app: &TestApp) {
    service(app, "Database");
    service(app, "Search");
    let file = "statement,rationale,implications,rank\nOpen,why,so,\nReversible,,,\nFast,,,1\n";
    assert_eq!(counts(app, "principles", file), (3, 0, 0));
    assert_eq!(counts(app, "principles", file), (0, 0, 3), "a rank that is not given stays");
    let ranks = app.viewer().get("principles?sort=rank").expect(200);
    assert_eq!(ranks.column("statement"), ["Open", "Fast", "Reversible"]);
    let more = "statement,retired_on\nFast,2026-12-01\nNew,\n";
    assert_eq!(counts(app, "principles", more), (1, 1, 0));
    let new = app.viewer().get("principles?q=New").expect(200).json["items"][0].clone();
    assert_eq!(new["rank"], 3);
    let open = app.viewer().get("principles?q=Open").expect(200).json["items"][0].clone();
    let file = format!(
        "principle,component,level,evidence,assessed_on\nOpen,database,follows,tried,2026-10-01\n\
         {},search,violates,,2026-10-01\nReversible,search,not_assessed,,2026-10-01\n",
        id(&open)
    );
    assert_eq!(counts(app, "adherence", &file), (3, 0, 0));
    assert_eq!(counts(app, "adherence", &file), (0, 0, 3));
    let less = "principle,component,level,assessed_on\nOpen,database,partly,2026-10-01\n";
    assert_eq!(counts(app, "adherence", less), (0, 1, 0));
    let found = app.viewer().get(&format!("principles/{}/adherence?component=database", id(&open))).expect(200);
    assert_eq!(found.json["items"][0]["evidence"], "tried", "kept, as it was left out");
}

fn what_is_wrong_with_a_file_is_told_by_line(app: &TestApp) {
    service(app, "Database");
    principle(app, "Open");
    let wrong = "principle,component,level,assessed_on\nShut,theirs,follows,2026-10-01\n\
                 Open,database,mostly,2026-13-01\nOpen,database,partly,2026-10-01\nOpen,database,partly,2026-10-01\n";
    assert_eq!(
        faults(import(app, "adherence", wrong)),
        [
            fault(2, "principle", "unknown_reference"),
            fault(2, "component", "unknown_reference"),
            fault(3, "level", "not_one_of"),
            fault(3, "assessed_on", "format"),
            fault(5, "", "repeated"),
        ]
    );
    let wrong = "statement,rank\nOpen,0\n,1\nCafe\u{301},\nCaf\u{e9},\n";
    assert_eq!(
        faults(import(app, "principles", wrong)),
        [fault(2, "rank", "too_small"), fault(3, "statement", "required"), fault(5, "", "repeated")]
    );
    assert_eq!(app.viewer().get("principles").expect(200).column("statement"), ["Open"], "all or nothing");
}

fn what_is_recorded_is_exported(app: &TestApp) {
    service(app, "Database");
    let open = principle(app, "Open, to all");
    let made = assess(app, &open, "database", "partly", "2026-10-01").expect(201).json;
    assess(app, &open, "database", "follows", "2026-10-02").expect(201);
    let text = |path: &str| app.exporter().get(&format!("exports/{path}")).expect(200).text().to_owned();
    let columns = "product,deleted_at,id,statement,rationale,rank,retired_on,version";
    assert_eq!(
        text(&format!("principles.csv?columns={columns}")),
        format!("{columns}\r\nplatform,,{open},\"Open, to all\",\"\",1,,1\r\n")
    );
    let columns = "id,principle,statement,component,level,evidence,assessed_on";
    assert_eq!(
        text(&format!("adherence.csv?columns={columns}&to=2026-10-02")),
        format!("{columns}\r\n{},{open},\"Open, to all\",database,partly,tried it,2026-10-01\r\n", id(&made))
    );
}
