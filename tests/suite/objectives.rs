//! Objectives, key results and check-ins: how far one is, and what is kept when a period is over.

use crate::{
    app::TestApp,
    client::Answer,
    exports::cells,
    imports::{counts, fault, faults, import},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_both_engines!(
    an_objective_is_set_changed_and_found,
    a_key_result_leads_from_a_baseline_to_another_target,
    one_checks_in_once_a_day,
    progress_is_the_share_of_the_way_and_nothing_is_cut_off,
    what_was_not_measured_is_unknown_and_not_zero,
    what_an_objective_closed_with_is_kept,
    what_was_unknown_at_the_closing_is_learnt_from_its_period_only,
    what_is_referred_to_is_not_deleted,
    roadmap_items_and_stakeholders_name_objectives,
    objectives_come_in_by_file_and_go_out_as_datasets,
    what_is_wrong_with_a_file_is_told_by_line,
);

fn id(answer: &Answer) -> String {
    answer.json["id"].as_str().expect("an id").to_owned()
}

fn set(app: &TestApp, title: &str) -> String {
    id(&app
        .editor()
        .post("objectives", &json!({ "title": title, "period": "2026-Q4", "status": "active" }))
        .expect(201))
}

fn measured_by(app: &TestApp, objective: &str, title: &str, baseline: Value, target: Value) -> String {
    let new = json!({ "title": title, "unit": "minutes", "baseline": baseline, "target": target });
    id(&app.editor().post(&format!("objectives/{objective}/key-results"), &new).expect(201))
}

fn check_in(app: &TestApp, key_result: &str, on: &str, value: Value) -> Answer {
    app.editor().post(&format!("key-results/{key_result}/check-ins"), &json!({ "on": on, "value": value }))
}

fn close(app: &TestApp, objective: &str, status: &str) -> Answer {
    let path = format!("objectives/{objective}");
    let etag = app.viewer().get(&path).expect(200).etag().to_owned();
    app.editor().patch(&path, &etag, &json!({ "status": status })).expect(200)
}

/// `current` and `progress` of each key result.
fn progress(app: &TestApp, objective: &str, query: &str) -> Vec<(Value, Value)> {
    let told = app.viewer().get(&format!("objectives/{objective}/progress{query}")).expect(200).json;
    let rows = told["items"].as_array().expect("rows");
    rows.iter().map(|row| (row["current"].clone(), row["progress"].clone())).collect()
}

fn an_objective_is_set_changed_and_found(app: &TestApp) {
    let editor = app.editor();
    let made = editor.post("objectives", &json!({ "title": "Restores are boring", "period": "2026-Q4" })).expect(201);
    let path = format!("objectives/{}", id(&made));
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    let expected =
        json!({ "rationale": "", "status": "draft", "strategy_version": null, "closed_on": null, "version": 1 });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&made.json[name], value, "{name}");
    }
    app.viewer().post("objectives", &json!({ "title": "x", "period": "2026-Q4" })).expect(403);
    let wrong =
        json!({ "title": "", "rationale": "x".repeat(8001), "period": "2026-10", "status": "done", "owner": "x" });
    assert_eq!(
        editor.post("objectives", &wrong).expect(422).faults(),
        ["/owner unknown_property", "/period format", "/rationale too_long", "/status not_one_of", "/title too_short"]
    );
    for period in ["2026-Q0", "2026-Q5", "2026-q4", "2026", "FY2026", "2900-Q1"] {
        assert_eq!(editor.post("objectives", &json!({ "title": "x", "period": period })).status, 422, "{period}");
    }
    let changed = editor.patch(&path, made.etag(), &json!({ "status": "active", "rationale": "*why*" })).expect(200);
    editor.patch(&path, made.etag(), &json!({ "title": "x" })).expect(412);
    set(app, "Nobody waits for access");
    let titles = |query: &str| app.viewer().get(&format!("objectives?{query}")).expect(200).column("title");
    assert_eq!(titles("status=active&sort=title"), ["Nobody waits for access", "Restores are boring"]);
    assert_eq!(titles("q=WHY+boring&period=2026-Q4"), ["Restores are boring"]);
    assert_eq!(titles("closed_on=null&period.lt=2026-Q4"), Vec::<String>::new());
    editor.delete(&path, changed.etag()).expect(204);
    app.viewer().get(&path).expect(404);
}

fn a_key_result_leads_from_a_baseline_to_another_target(app: &TestApp) {
    let objective = set(app, "x");
    let path = format!("objectives/{objective}/key-results");
    let new = |baseline: Value, target: Value, direction: Value| {
        let body = json!({ "title": "x", "baseline": baseline, "target": target, "direction": direction });
        let mut body = body;
        if direction.is_null() {
            body.as_object_mut().expect("an object").remove("direction");
        }
        app.editor().post(&path, &body)
    };
    assert_eq!(new(json!(1), json!(2), Value::Null).expect(201).json["direction"], "increase");
    assert_eq!(new(json!(2.5), json!(-1), Value::Null).expect(201).json["direction"], "decrease");
    let made = new(json!(40), json!(10), json!("decrease")).expect(201);
    assert_eq!(new(json!(1), json!(1), Value::Null).expect(422).faults(), ["/target same_as_baseline"]);
    assert_eq!(new(json!(1), json!(1.0), json!("increase")).expect(422).faults(), ["/target same_as_baseline"]);
    assert_eq!(new(json!(40), json!(10), json!("increase")).expect(422).faults(), ["/direction contradicts_target"]);
    assert_eq!(new(json!(1), json!(2), json!("up")).expect(422).faults(), ["/direction not_one_of"]);
    for value in [json!("1"), json!(9_000_000), json!(null), json!(true), json!([1])] {
        assert_eq!(new(value.clone(), json!(1), Value::Null).status, 422, "{value}");
    }
    // The direction follows the figures, unless somebody insists.
    let one = format!("{path}/{}", id(&made));
    let turned = app.editor().patch(&one, made.etag(), &json!({ "target": 90 })).expect(200);
    assert_eq!(turned.json["direction"], "increase");
    let refused =
        app.editor().patch(&one, turned.etag(), &json!({ "target": 10, "direction": "increase" })).expect(422);
    assert_eq!(refused.faults(), ["/direction contradicts_target"]);
    app.editor().patch(&one, turned.etag(), &json!({ "closing_value": 1 })).expect(422);
    assert_eq!(app.viewer().get(&format!("{path}?direction=increase&sort=title")).expect(200).column("id").len(), 2);
    let other = set(app, "y");
    app.viewer().get(&format!("objectives/{other}/key-results/{}", id(&made))).expect(404);
    app.viewer().get("objectives/nothing/key-results").expect(404);
}

fn one_checks_in_once_a_day(app: &TestApp) {
    let objective = set(app, "x");
    let result = measured_by(app, &objective, "x", json!(0), json!(100));
    let path = format!("key-results/{result}/check-ins");
    let made = check_in(app, &result, "2026-10-05", json!(12.5)).expect(201);
    assert_eq!(
        (&made.json["value"], &made.json["note"], &made.json["key_result"]),
        (&json!(12.5), &json!(""), &json!(result))
    );
    assert_eq!(check_in(app, &result, "2026-10-05", json!(13)).expect(409).json["code"], "exists");
    check_in(app, &result, "2026-02-30", json!(13)).expect(422);
    check_in(app, "nothing", "2026-10-05", json!(13)).expect(404);
    app.viewer().post(&path, &json!({ "on": "2026-10-06", "value": 1 })).expect(403);
    let one = format!("{path}/{}", id(&made));
    let corrected = app.editor().patch(&one, made.etag(), &json!({ "value": -3, "note": "typed *wrong*" })).expect(200);
    assert_eq!((&corrected.json["value"], &corrected.json["note"]), (&json!(-3), &json!("typed *wrong*")));
    check_in(app, &result, "2026-10-12", json!(20)).expect(201);
    assert_eq!(app.viewer().get(&format!("{path}?sort=-on")).expect(200).column("on"), ["2026-10-12", "2026-10-05"]);
    app.editor().delete(&one, corrected.etag()).expect(204);
    assert_eq!(app.viewer().get(&path).expect(200).column("value"), ["20"]);
}

fn progress_is_the_share_of_the_way_and_nothing_is_cut_off(app: &TestApp) {
    let objective = set(app, "x");
    for (baseline, target, current) in [
        (json!(0), json!(100), json!(40)),
        (json!(40), json!(10), json!(25)),
        (json!(40), json!(10), json!(4)),
        (json!(40), json!(10), json!(46)),
        (json!(99.5), json!(99.9), json!(99.8)),
        (json!(0), json!(3), json!(1)),
        (json!(-10), json!(10), json!(10)),
    ] {
        let result = measured_by(app, &objective, "x", baseline, target);
        // The latest day counts, in whatever order days are written down.
        check_in(app, &result, "2026-11-02", current).expect(201);
        check_in(app, &result, "2026-10-05", json!(7)).expect(201);
    }
    let told: Vec<_> = progress(app, &objective, "").into_iter().map(|(_, progress)| progress).collect();
    assert_eq!(told, [json!(0.4), json!(0.5), json!(1.2), json!(-0.2), json!(0.75), json!(0.333333333333), json!(1)]);
    let then: Vec<_> = progress(app, &objective, "?on=2026-11-01").into_iter().map(|(current, _)| current).collect();
    assert_eq!(then, vec![json!(7); 7]);
    app.viewer().get(&format!("objectives/{objective}/progress?on=then")).expect(422);
}

fn what_was_not_measured_is_unknown_and_not_zero(app: &TestApp) {
    let objective = set(app, "x");
    assert_eq!(progress(app, &objective, ""), []);
    let result = measured_by(app, &objective, "x", json!(0), json!(100));
    let told = app.viewer().get(&format!("objectives/{objective}/progress")).expect(200).json;
    let row = &told["items"][0];
    assert_eq!(
        (&row["key_result"], &row["current"], &row["progress"], &row["unknown"]),
        (&json!(result), &Value::Null, &Value::Null, &json!("nobody has measured it yet"))
    );
    check_in(app, &result, "2026-10-05", json!(0)).expect(201);
    assert_eq!(progress(app, &objective, ""), [(json!(0), json!(0))]);
    assert_eq!(progress(app, &objective, "?on=2026-10-04"), [(Value::Null, Value::Null)]);
}

fn what_an_objective_closed_with_is_kept(app: &TestApp) {
    let objective = set(app, "x");
    let result = measured_by(app, &objective, "x", json!(0), json!(100));
    let first = check_in(app, &result, "2026-10-05", json!(50)).expect(201);
    let last = check_in(app, &result, "2026-11-02", json!(80)).expect(201);
    app.pass(TimeDelta::days(60));
    let closed = close(app, &objective, "missed");
    assert!(closed.json["closed_on"].is_string());
    assert_eq!(progress(app, &objective, ""), [(json!(80), json!(0.8))]);
    // Whatever is written down, corrected or taken back later.
    check_in(app, &result, "2027-01-11", json!(100)).expect(201);
    check_in(app, &result, "2026-11-30", json!(99)).expect(201);
    let path = |answer: &Answer| format!("key-results/{result}/check-ins/{}", id(answer));
    app.editor().patch(&path(&last), last.etag(), &json!({ "value": 1 })).expect(200);
    app.editor().delete(&path(&first), first.etag()).expect(204);
    assert_eq!(progress(app, &objective, ""), [(json!(80), json!(0.8))]);
    let kept = format!("objectives/{objective}/key-results/{result}");
    let row = app.viewer().get(&kept).expect(200);
    assert_eq!((&row.json["closing_value"], &row.json["closing_on"]), (&json!(80), &json!("2026-11-02")));
    let refused = app.editor().patch(&kept, row.etag(), &json!({ "target": 80 })).expect(409);
    assert_eq!(refused.json["code"], "closed");
    app.editor().patch(&kept, row.etag(), &json!({ "title": "better words" })).expect(200);
    // Another word for the same end closes nothing anew; opening it again does.
    assert_eq!(close(app, &objective, "achieved").json["closed_on"], closed.json["closed_on"]);
    assert_eq!(progress(app, &objective, ""), [(json!(80), json!(0.8))]);
    assert_eq!(close(app, &objective, "active").json["closed_on"], Value::Null);
    assert_eq!(progress(app, &objective, ""), [(json!(100), json!(1))]);
    let events = app.editor().get("audit-events?resource=key-results&sort=at").expect(200);
    assert_eq!(events.column("action"), ["create", "update", "update", "update"]);
}

fn what_was_unknown_at_the_closing_is_learnt_from_its_period_only(app: &TestApp) {
    let objective = set(app, "x");
    let result = measured_by(app, &objective, "x", json!(0), json!(100));
    app.pass(TimeDelta::days(90));
    close(app, &objective, "missed");
    check_in(app, &result, "2027-01-11", json!(100)).expect(201);
    let told = app.viewer().get(&format!("objectives/{objective}/progress")).expect(200).json;
    assert!(told["items"][0]["unknown"].as_str().is_some_and(|why| why.contains("closed on")), "{told}");
    check_in(app, &result, "2026-12-31", json!(30)).expect(201);
    assert_eq!(progress(app, &objective, ""), [(json!(30), json!(0.3))]);
}

fn what_is_referred_to_is_not_deleted(app: &TestApp) {
    let (editor, objective) = (app.editor(), set(app, "x"));
    let result = measured_by(app, &objective, "x", json!(0), json!(100));
    let check = check_in(app, &result, "2026-10-05", json!(1)).expect(201);
    let (objective, result) =
        (format!("objectives/{objective}"), format!("objectives/{objective}/key-results/{result}"));
    assert_eq!(editor.delete(&objective, "\"1\"").expect(409).json["code"], "referenced");
    assert_eq!(editor.delete(&result, "\"1\"").expect(409).json["code"], "referenced");
    let check = format!("key-results/{}/check-ins/{}", result.rsplit('/').next().expect("an id"), id(&check));
    for path in [check, result, objective] {
        editor.delete(&path, "\"1\"").expect(204);
    }
}

fn roadmap_items_and_stakeholders_name_objectives(app: &TestApp) {
    let (editor, one, two) = (app.editor(), set(app, "Restores are boring"), set(app, "Nobody waits"));
    let item = json!({ "title": "x", "kind": "debt", "objectives": ["Nobody waits", one, two] });
    let item = editor.post("roadmap-items", &item).expect(201);
    let mut both = vec![one.clone(), two.clone()];
    both.sort();
    assert_eq!(item.json["objectives"], json!(both));
    assert_eq!(app.viewer().get(&format!("roadmap-items?objectives={one}")).expect(200).column("ref"), ["OPS-1"]);
    let ingrid =
        json!({ "name": "Ingrid", "group": "finance", "cares_about": { "objectives": [one, "Nobody waits"] } });
    let ingrid = editor.post("stakeholders", &ingrid).expect(201);
    assert_eq!(ingrid.json["cares_about"], json!({ "components": [], "objectives": both }));
    let wrong = json!({ "title": "x", "kind": "debt", "objectives": ["nothing", one] });
    assert_eq!(editor.post("roadmap-items", &wrong).expect(422).faults(), ["/objectives/0 unknown_reference"]);
    let wrong = json!({ "name": "x", "group": "sales", "cares_about": { "objectives": [one, "nothing"] } });
    assert_eq!(
        editor.post("stakeholders", &wrong).expect(422).faults(),
        ["/cares_about/objectives/1 unknown_reference"]
    );
    assert_eq!(editor.delete(&format!("objectives/{one}"), "\"1\"").expect(409).json["code"], "referenced");
    let path = format!("roadmap-items/{}", item.json["ref"].as_str().expect("a ref"));
    let none = editor.patch(&path, item.etag(), &json!({ "objectives": [] })).expect(200);
    assert_eq!(none.json["objectives"], json!([]));
    let file = "title,kind,objectives\r\nx,debt,\"Nobody waits\nRestores are boring\"\r\n";
    assert_eq!(counts(app, "roadmap", file), (0, 1, 0));
    assert_eq!(counts(app, "roadmap", file), (0, 0, 1));
    let links = cells(&app.exporter(), "exports/roadmap_links.csv", &["roadmap_item", "kind", "target"]);
    assert_eq!(links, both.iter().map(|id| format!("OPS-1 objective {id}")).collect::<Vec<_>>());
    let file = "name,group,cares_about_objectives\r\nIngrid,finance,Nobody waits\r\n";
    assert_eq!(counts(app, "stakeholders", file), (0, 1, 0));
    let told = cells(&app.exporter(), "exports/stakeholders.csv", &["name", "cares_about_objectives"]);
    assert_eq!(told, [format!("Ingrid {two}")]);
    let file = "name,group,cares_about_objectives\r\nIngrid,finance,Nobody waits at all\r\n";
    assert_eq!(faults(import(app, "stakeholders", file)), [fault(2, "cares_about_objectives", "unknown_reference")]);
}

const OBJECTIVES: &str = "title,period,status,rationale\r\n\
    Restores are boring,2026-Q3,missed,*Because*\r\n\
    Nobody waits,2026-Q4,active,\r\n";
const KEY_RESULTS: &str = "objective,title,unit,baseline,target\r\n\
    Restores are boring,A full restore,minutes,208,60\r\n\
    Nobody waits,Requests by hand,a month,140,0\r\n\
    Nobody waits,Content,of 5,3.1,4\r\n";
const CHECK_INS: &str = "key_result,on,value,note\r\n\
    A full restore,2026-08-03,208,\r\n\
    A full restore,2026-09-21,134,better\r\n\
    A full restore,2026-10-19,55,\r\n\
    Requests by hand,2026-10-26,154,\r\n";

fn objectives_come_in_by_file_and_go_out_as_datasets(app: &TestApp) {
    for (format, file, rows) in
        [("objectives", OBJECTIVES, 2), ("key-results", KEY_RESULTS, 3), ("check-ins", CHECK_INS, 4)]
    {
        assert_eq!(counts(app, format, file), (rows, 0, 0), "{format}");
        assert_eq!(counts(app, format, file), (0, 0, rows), "{format} again");
    }
    let export = |dataset: &str, columns: &[&str]| cells(&app.exporter(), &format!("exports/{dataset}.csv"), columns);
    assert_eq!(
        export("objectives", &["title", "period", "first_month", "status"]),
        ["Nobody waits 2026-Q4 2026-10 active", "Restores are boring 2026-Q3 2026-07 missed"]
    );
    // History may be written down of what is closed already; days after its period count no more.
    assert_eq!(
        export("key_results", &["title", "direction", "current", "current_on", "progress"]),
        [
            "A full restore decrease 134 2026-09-21 0.5",
            "Content increase   ",
            "Requests by hand decrease 154 2026-10-26 -0.1",
        ]
    );
    assert_eq!(export("check_ins", &["on", "value", "note"])[1], "2026-09-21 134 better");
    let part = cells(&app.exporter(), "exports/check_ins.csv?from=2026-10-01&to=2026-10-26", &["on"]);
    assert_eq!(part, ["2026-10-19"]);
    assert_eq!(counts(app, "check-ins", "key_result,on,value\r\nContent,2026-11-02,3.4\r\n"), (1, 0, 0));
    assert_eq!(counts(app, "objectives", "title,period,status\r\nNobody waits,2026-Q4,achieved\r\n"), (0, 1, 0));
    assert_eq!(counts(app, "check-ins", "key_result,on,value\r\nContent,2026-11-09,4\r\n"), (1, 0, 0));
    assert_eq!(export("key_results", &["title", "current"])[1], "Content 3.4");
    let refused = faults(import(app, "key-results", &KEY_RESULTS.replace("3.1,4", "3.1,5")));
    assert_eq!(refused, [fault(4, "", "closed")]);
}

fn what_is_wrong_with_a_file_is_told_by_line(app: &TestApp) {
    assert_eq!(counts(app, "objectives", OBJECTIVES), (2, 0, 0));
    assert_eq!(counts(app, "objectives", "title,period\r\nNobody waits,2027-Q1\r\n"), (1, 0, 0));
    let file = "objective,title,baseline,target,direction\r\n\
        Nowhere,a,1,2,\r\n\
        Nobody waits,b,1,2,\r\n\
        Restores are boring,c,1,1,\r\n\
        Restores are boring,d,1,2,decrease\r\n\
        Restores are boring,e,one,2,\r\n\
        Restores are boring,f,1,2,\r\n\
        Restores are boring,f,1,3,\r\n";
    assert_eq!(
        faults(import(app, "key-results", file)),
        [
            fault(2, "objective", "unknown_reference"),
            fault(3, "objective", "ambiguous"),
            fault(4, "target", "same_as_baseline"),
            fault(5, "direction", "contradicts_target"),
            fault(6, "baseline", "type"),
            fault(8, "", "repeated"),
        ]
    );
    let file = "key_result,on,value\r\nnothing,2026-10-05,1\r\n";
    assert_eq!(faults(import(app, "check-ins", file)), [fault(2, "key_result", "unknown_reference")]);
    let file = "title,period,status\r\nx,2026-Q5,done\r\n";
    assert_eq!(
        faults(import(app, "objectives", file)),
        [fault(2, "period", "format"), fault(2, "status", "not_one_of")]
    );
}
