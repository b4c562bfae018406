//! What recurs in the team's weeks: kept, changed, brought by file, and seen by nobody whom it does not concern.

use crate::{
    app::TestApp,
    effort::{person, service},
    imports::{counts, fault, faults, import},
};
use serde_json::{Value, json};

on_both_engines!(
    a_template_is_made_changed_and_deleted,
    what_is_no_template_is_refused,
    who_takes_turns_is_not_deleted,
    viewers_see_no_template,
    templates_come_in_by_file,
);

fn a_template_is_made_changed_and_deleted(app: &TestApp) {
    service(app, "Checkout");
    let (ann, bob) = (person(app, "Ann", "2026-01-01", None), person(app, "Bob", "2026-01-01", None));
    let new = json!({ "name": "On-call rota", "kind": "on_call", "component": "checkout", "share": 0.2,
                      "people": [bob, ann], "turn": "in_turn", "first_week": "2026-W45" });
    let made = app.editor().post("effort-templates", &new).expect(201);
    let path = format!("effort-templates/{}", made.json["id"].as_str().expect("an id"));
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    assert_eq!(made.json["people"], json!([bob, ann]), "in their order");
    assert_eq!((&made.json["every_weeks"], &made.json["last_week"]), (&json!(1), &Value::Null));
    assert_eq!(app.editor().post("effort-templates", &new).expect(409).json["code"], "exists");
    let changes = json!({ "people": [ann, bob], "every_weeks": 2, "last_week": "2027-W01", "component": null });
    let changed = app.editor().patch(&path, "\"1\"", &changes).expect(200);
    assert_eq!((changed.etag(), &changed.json["people"]), ("\"2\"", &json!([ann, bob])));
    assert_eq!(app.owner().get(&path).expect(200).json, changed.json);
    app.editor().patch(&path, "\"1\"", &changes).expect(412);
    let all =
        json!({ "name": "Patch day", "kind": "patching", "share": 0.1, "first_week": "2026-W48", "every_weeks": 4 });
    app.editor().post("effort-templates", &all).expect(201);
    let names = |query: &str| app.editor().get(&format!("effort-templates?{query}")).expect(200).column("name");
    assert_eq!(names("sort=-name"), ["Patch day", "On-call rota"]);
    assert_eq!(names(&format!("people={bob}")), ["On-call rota"]);
    assert_eq!(names("turn=everyone&last_week=null"), ["Patch day"]);
    assert_eq!(names("q=ROTA"), ["On-call rota"]);
    app.editor().delete(&path, "\"2\"").expect(204);
    app.editor().get(&path).expect(404);
}

fn what_is_no_template_is_refused(app: &TestApp) {
    let ann = person(app, "Ann", "2026-01-01", None);
    let refused = |more: Value| {
        let mut body = json!({ "name": "x", "kind": "toil", "share": 0.1, "first_week": "2026-W45" });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        app.editor().post("effort-templates", &body).expect(422).faults()
    };
    for (more, expected) in [
        (json!({ "share": 0 }), "/share too_small"),
        (json!({ "share": 1.1 }), "/share too_large"),
        (json!({ "every_weeks": 53 }), "/every_weeks too_large"),
        (json!({ "first_week": "2026-W54" }), "/first_week format"),
        (json!({ "last_week": "2026-W44" }), "/last_week before_start"),
        (json!({ "turn": "in_turn" }), "/people required"),
        (json!({ "people": [ann, "nobody"] }), "/people/1 unknown_reference"),
        (json!({ "component": "theirs" }), "/component unknown_reference"),
        (json!({ "roadmap_item": "OPS-1" }), "/roadmap_item unknown_reference"),
    ] {
        assert_eq!(refused(more.clone()), [expected], "{more}");
    }
}

fn who_takes_turns_is_not_deleted(app: &TestApp) {
    service(app, "Checkout");
    let ann = person(app, "Ann", "2026-01-01", None);
    let new = json!({ "name": "Rota", "kind": "on_call", "component": "checkout", "share": 0.2, "people": [ann],
                      "turn": "in_turn", "first_week": "2026-W45" });
    let made = app.editor().post("effort-templates", &new).expect(201);
    let member = format!("team/{ann}");
    assert_eq!(app.editor().delete(&member, "\"1\"").expect(409).json["code"], "referenced");
    app.editor().delete("components/checkout", "\"1\"").expect(409);
    app.editor().delete(&format!("effort-templates/{}", made.json["id"].as_str().expect("an id")), "\"1\"").expect(204);
    app.editor().delete(&member, "\"1\"").expect(204);
    app.editor().delete("components/checkout", "\"1\"").expect(204);
}

fn viewers_see_no_template(app: &TestApp) {
    app.viewer().get("effort-templates").expect(403);
    app.exporter().get("effort-templates").expect(403);
    let new = json!({ "name": "x", "kind": "toil", "share": 0.1, "first_week": "2026-W45" });
    app.viewer().post("effort-templates", &new).expect(403);
}

fn templates_come_in_by_file(app: &TestApp) {
    service(app, "Checkout");
    person(app, "Ann Ames", "2026-01-01", Some("2026-07-01"));
    let now = person(app, "Ann Ames", "2026-07-01", None);
    let bob = person(app, "Bob Byrd", "2026-01-01", None);
    let file = "name,kind,component,share,people,turn,first_week,every_weeks\n\
                On-call rota,on_call,checkout,0.2,\"Bob Byrd\nAnn Ames\",in_turn,2026-W45,\n\
                Patch day,patching,,0.1,,,2026-W48,4\n";
    assert_eq!(counts(app, "effort-templates", file), (2, 0, 0));
    assert_eq!(counts(app, "effort-templates", file), (0, 0, 2));
    let rota = app.editor().get("effort-templates?q=rota").expect(200).json["items"][0].clone();
    assert_eq!(rota["people"], json!([bob, now]), "by the latest row of a name");
    assert_eq!(counts(app, "effort-templates", &file.replace("0.2,\"Bob Byrd\n", "0.2,\"")), (0, 1, 1));
    assert_eq!(
        counts(app, "effort-templates", "name,kind,share,first_week\nOn-call rota,on_call,0.25,2026-W45\n"),
        (0, 1, 0)
    );
    let wrong = "name,kind,component,share,people,turn,first_week\n\
                 A,on_call,nowhere,0.2,Bob Byrd,in_turn,2026-W45\n\
                 B,on_call,,0.2,Cy,in_turn,2026-W45\n\
                 C,on_call,,0.2,,in_turn,2026-W45\n";
    assert_eq!(
        faults(import(app, "effort-templates", wrong)),
        [
            fault(2, "component", "unknown_reference"),
            fault(3, "people", "unknown_reference"),
            fault(4, "people", "required")
        ]
    );
}
