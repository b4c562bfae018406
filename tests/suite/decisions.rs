//! What others are asked to decide, and whose word an answer is.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    exports::cells,
    imports::{counts, fault, faults, import},
};
use prodops::kernel::schema::audit_events;
use serde_json::{Value, json};

on_both_engines!(
    a_decision_is_asked_found_changed_and_deleted,
    what_is_not_allowed_is_refused,
    the_team_writes_down_an_answer_and_corrects_it,
    only_the_stakeholder_who_is_asked_answers_themselves,
    what_the_stakeholder_answered_stays,
    an_act_is_done_once_however_often_it_is_sent,
    decisions_come_in_by_file_and_twice_change_nothing,
    a_file_takes_no_answer_from_its_stakeholder,
    what_is_wrong_with_a_file_of_decisions_is_told_by_line,
    decisions_are_exported,
    a_decision_hangs_on_its_stakeholder,
    the_demo_companys_decisions_are_told,
);

fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

fn path(row: &Value) -> String {
    format!("decisions/{}", id(row))
}

fn ask(app: &TestApp, question: &str, more: &Value) -> Answer {
    let mut body = json!({ "question": question });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    app.editor().post("decisions", &body)
}

/// A stakeholder who signs in as that user.
fn stakeholder(app: &TestApp, name: &str, user: Option<&str>) -> String {
    let body = json!({ "name": name, "group": "finance", "user": user });
    id(&app.owner().post("stakeholders", &body).expect(201).json)
}

fn patch(app: &TestApp, path: &str, change: &Value) -> Answer {
    let etag = app.viewer().get(path).expect(200).etag().to_owned();
    app.editor().patch(path, &etag, change)
}

fn act(client: &Client, path: &str, etag: &str, answer: &str) -> Answer {
    client.with("If-Match", etag).post(&format!("{path}/answer"), &json!({ "answer": answer }))
}

fn a_decision_is_asked_found_changed_and_deleted(app: &TestApp) {
    let ines = stakeholder(app, "Ine\u{301}s", None);
    let body = json!({
        "options": ["Yes", "No"], "due_on": "2026-10-20", "cost_of_delay": { "amount": "660.50", "currency": "EUR" },
        "stakeholder": "In\u{e9}s",
    });
    let made = ask(app, "Do we buy it?", &body).expect(201);
    let path = path(&made.json);
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    let expected = json!({
        "question": "Do we buy it?", "options": ["Yes", "No"], "due_on": "2026-10-20", "stakeholder": ines,
        "cost_of_delay": { "amount": "660.5", "currency": "EUR" }, "answer": null, "answered_at": null,
        "answered_by": null, "recorded_by": null, "version": 1,
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&made.json[name], value, "{name}");
    }
    assert_eq!(app.viewer().get(&path).expect(200).json, made.json);
    let bare = ask(app, "Who mends it?", &json!({})).expect(201).json;
    assert_eq!((&bare["options"], &bare["due_on"], &bare["stakeholder"]), (&json!([]), &Value::Null, &Value::Null));
    ask(app, "Is it old?", &json!({ "due_on": "2026-12-01", "answer": "It is.", "stakeholder": ines })).expect(201);
    let questions = |query: &str| app.viewer().get(&format!("decisions?{query}")).expect(200).column("question");
    assert_eq!(questions("answered_at=null&sort=-due_on"), ["Do we buy it?", "Who mends it?"]);
    assert_eq!(questions("answered_at.gte=2026-01-01T00:00:00Z"), ["Is it old?"]);
    assert_eq!(questions("answered_by=team"), ["Is it old?"]);
    assert_eq!(questions(&format!("stakeholder={ines}&due_on.lt=2026-12-01")), ["Do we buy it?"]);
    assert_eq!(questions("stakeholder=null"), ["Who mends it?"]);
    assert_eq!(questions("due_on=null,2026-12-01&sort=due_on"), ["Is it old?", "Who mends it?"]);
    assert_eq!(questions("q=BUY+yes"), ["Do we buy it?"]);
    app.viewer().get("decisions?answer=x").expect(422);
    let changed = app.editor().patch(&path, "\"1\"", &json!({ "options": null, "due_on": null })).expect(200);
    assert_eq!((changed.etag(), &changed.json["options"]), ("\"2\"", &json!([])));
    app.editor().patch(&path, "\"1\"", &json!({ "due_on": "2026-10-21" })).expect(412);
    assert_eq!(app.owner().delete(&format!("stakeholders/{ines}"), "\"1\"").expect(409).json["code"], "referenced");
    app.editor().delete(&path, "\"2\"").expect(204);
    app.viewer().get(&path).expect(404);
}

fn what_is_not_allowed_is_refused(app: &TestApp) {
    let refused = |more: Value| ask(app, "Do we?", &more).expect(422).faults();
    assert_eq!(ask(app, "", &json!({})).expect(422).faults(), ["/question too_short"]);
    assert_eq!(refused(json!({ "options": vec!["x"; 2] })).len(), 1, "each option once");
    assert_eq!(refused(json!({ "options": (0..11).map(|n| n.to_string()).collect::<Vec<_>>() })).len(), 1);
    assert_eq!(refused(json!({ "options": [""] })), ["/options/0 too_short"]);
    assert_eq!(refused(json!({ "options": ["x".repeat(201)] })), ["/options/0 too_long"]);
    assert_eq!(refused(json!({ "stakeholder": "Nobody" })), ["/stakeholder unknown_reference"]);
    let cost = |amount: &str| json!({ "cost_of_delay": { "amount": amount, "currency": "EUR" } });
    assert_eq!(refused(cost("-1")), ["/cost_of_delay/amount too_small"]);
    assert_eq!(refused(cost("1e3")), ["/cost_of_delay/amount format"]);
    ask(app, "Free?", &cost("0")).expect(201);
    assert_eq!(refused(json!({ "answered_at": "2026-10-01T00:00:00Z" })), ["/answered_at no_answer"]);
    let future = json!({ "answer": "Yes", "answered_at": "2026-11-02T09:00:01Z" });
    assert_eq!(refused(future), ["/answered_at in_future"]);
    for read_only in ["answered_by", "recorded_by"] {
        assert_eq!(refused(json!({ read_only: "team" })), [format!("/{read_only} unknown_property")]);
    }
    let theirs = json!({ "name": "Theirs", "group": "sales" });
    let theirs = app.outsider().post("/api/v1/products/other/stakeholders", &theirs).expect(201).json;
    assert_eq!(refused(json!({ "stakeholder": theirs["id"] })), ["/stakeholder unknown_reference"]);
}

fn the_team_writes_down_an_answer_and_corrects_it(app: &TestApp) {
    let row = ask(app, "Do we?", &json!({})).expect(201).json;
    let path = path(&row);
    let now = patch(app, &path, &json!({ "answer": "Yes." })).expect(200).json;
    assert_eq!((&now["answered_at"], &now["answered_by"]), (&json!("2026-11-02T09:00:00Z"), &json!("team")));
    assert_eq!(now["recorded_by"], json!(app.people.editor));
    app.pass(chrono::TimeDelta::hours(1));
    let other = |change: Value| {
        let etag = app.viewer().get(&path).expect(200).etag().to_owned();
        app.owner().patch(&path, &etag, &change)
    };
    let asked = other(json!({ "question": "Do we really?" })).expect(200).json;
    assert_eq!((&asked["answered_at"], &asked["recorded_by"]), (&now["answered_at"], &now["recorded_by"]));
    let corrected = other(json!({ "answer": "Yes, both." })).expect(200).json;
    assert_eq!(corrected["answered_at"], now["answered_at"], "a correction is no later answer");
    assert_eq!(corrected["recorded_by"], json!(app.people.owner));
    let moved = other(json!({ "answered_at": "2026-10-30T08:00:00Z" })).expect(200).json;
    assert_eq!(moved["answered_at"], "2026-10-30T08:00:00Z");
    assert_eq!(other(json!({ "answered_at": null })).expect(200).json["answered_at"], moved["answered_at"]);
    let none = json!({ "answer": null, "answered_at": "2026-10-29T08:00:00Z" });
    assert_eq!(other(none).expect(422).faults(), ["/answered_at no_answer"]);
    let open = other(json!({ "answer": null })).expect(200).json;
    for gone in ["answer", "answered_at", "answered_by", "recorded_by"] {
        assert_eq!(open[gone], Value::Null, "{gone}");
    }
    let again = other(json!({ "answer": "No." })).expect(200).json;
    assert_eq!(again["answered_at"], "2026-11-02T10:00:00Z");
}

fn only_the_stakeholder_who_is_asked_answers_themselves(app: &TestApp) {
    stakeholder(app, "Ines", Some(&app.people.viewer));
    stakeholder(app, "Edda", Some(&app.people.editor));
    let retired = stakeholder(app, "Rita", Some(&app.people.viewer));
    app.owner().patch(&format!("stakeholders/{retired}"), "\"1\"", &json!({ "retired_on": "2026-11-02" })).expect(200);
    let made = |question: &str, who: Value| path(&ask(app, question, &json!({ "stakeholder": who })).expect(201).json);
    let (mine, editors) = (made("Mine?", json!("Ines")), made("The editor's?", json!("Edda")));
    let (nobodys, ritas) = (made("Nobody's?", Value::Null), made("Rita's?", json!("Rita")));
    for client in [app.editor(), app.owner()] {
        for decision in [&mine, &editors, &nobodys] {
            act(&client, decision, "\"1\"", "Yes").expect(403);
        }
    }
    let viewer = app.viewer();
    act(&viewer, &editors, "\"1\"", "Yes").expect(403);
    act(&viewer, &ritas, "\"1\"", "Yes").expect(403);
    assert_eq!(act(&viewer, &nobodys, "\"1\"", "Yes").expect(409).json["code"], "no_stakeholder");
    act(&app.exporter(), &mine, "\"1\"", "Yes").expect(403);
    act(&viewer, &mine, "\"7\"", "Yes").expect(412);
    viewer.post(&format!("{mine}/answer"), &json!({ "answer": "Yes" })).expect(428);
    assert_eq!(act(&viewer, &mine, "\"1\"", "").expect(422).faults(), ["/answer too_short"]);
    viewer.with("If-Match", "\"1\"").post("decisions/nothing/answer", &json!({ "answer": "Yes" })).expect(404);
    assert_eq!(viewer.get(&mine).json["answer"], Value::Null, "nothing came of it");
    let answered = act(&viewer, &mine, "\"1\"", "Neither of them.").expect(200);
    assert_eq!((answered.etag(), &answered.json["answer"]), ("\"2\"", &json!("Neither of them.")));
    assert_eq!(answered.json["answered_at"], "2026-11-02T09:00:00Z");
    assert_eq!((&answered.json["answered_by"], &answered.json["recorded_by"]), (&json!("stakeholder"), &Value::Null));
    assert!(!answered.text().contains(&app.people.viewer), "which user they sign in as is told to nobody");
    assert_eq!(act(&viewer, &mine, "\"2\"", "Both.").expect(409).json["code"], "answered");
}

fn what_the_stakeholder_answered_stays(app: &TestApp) {
    stakeholder(app, "Ines", Some(&app.people.viewer));
    stakeholder(app, "Ida", None);
    let more = json!({ "stakeholder": "Ines", "options": ["a", "b"] });
    let path = path(&ask(app, "Which?", &more).expect(201).json);
    act(&app.viewer(), &path, "\"1\"", "a").expect(200);
    for change in [
        json!({ "answer": "b" }),
        json!({ "answer": null }),
        json!({ "answered_at": "2026-10-01T00:00:00Z" }),
        json!({ "question": "Which not?" }),
        json!({ "options": ["b"] }),
        json!({ "stakeholder": "Ida" }),
    ] {
        assert_eq!(patch(app, &path, &change).expect(409).json["code"], "answered", "{change}");
    }
    let cost = json!({ "amount": "5", "currency": "EUR" });
    let same = json!({ "answer": "a", "due_on": "2026-10-01", "cost_of_delay": cost, "stakeholder": "Ines" });
    assert_eq!(patch(app, &path, &same).expect(200).json["answered_by"], "stakeholder");
    assert_eq!(app.editor().delete(&path, "\"3\"").expect(409).json["code"], "answered");
}

fn an_act_is_done_once_however_often_it_is_sent(app: &TestApp) {
    stakeholder(app, "Ines", Some(&app.people.viewer));
    let path = path(&ask(app, "Which?", &json!({ "stakeholder": "Ines" })).expect(201).json);
    let retrying = app.viewer().with("Idempotency-Key", "k");
    let first = act(&retrying, &path, "\"1\"", "a").expect(200);
    let again = act(&retrying, &path, "\"1\"", "a").expect(200);
    assert_eq!((&first.json, first.etag()), (&again.json, again.etag()));
    act(&retrying, &path, "\"1\"", "b").expect(422);
    let trail = app.read(|conn| {
        use diesel::prelude::*;
        let events = audit_events::table.filter(audit_events::resource.eq("decisions")).order(audit_events::id);
        Ok(events.select((audit_events::action, audit_events::actor_id)).load::<(String, Option<String>)>(conn)?)
    });
    let (editor, viewer) = (app.people.editor.clone(), app.people.viewer.clone());
    assert_eq!(trail, [("create".to_owned(), Some(editor)), ("answer".to_owned(), Some(viewer))]);
}

const FILE: &str = "question,options,due_on,cost_of_delay,cost_of_delay_currency,stakeholder,answer,answered_at\n\
                    Do we buy it?,\"Yes\nNo, never\",2026-10-20,660.00,EUR,Ines,,\n\
                    Which one?,,,,,,The red one.,2026-10-14T09:20:00Z\n\
                    And when?,,,,,,Soon.,\n";

fn decisions_come_in_by_file_and_twice_change_nothing(app: &TestApp) {
    stakeholder(app, "Ines", None);
    assert_eq!(counts(app, "decisions", FILE), (3, 0, 0));
    app.pass(chrono::TimeDelta::hours(1));
    assert_eq!(counts(app, "decisions", FILE), (0, 0, 3));
    let rows = app.viewer().get("decisions?sort=created_at").expect(200).json["items"].clone();
    assert_eq!(rows[0]["options"], json!(["Yes", "No, never"]));
    assert_eq!(rows[0]["cost_of_delay"], json!({ "amount": "660", "currency": "EUR" }));
    let answered: Vec<_> = (0..3).map(|at| rows[at]["answered_at"].clone()).collect();
    assert_eq!(answered, [Value::Null, json!("2026-10-14T09:20:00Z"), json!("2026-11-02T09:00:00Z")]);
    assert_eq!((&rows[1]["answered_by"], &rows[1]["recorded_by"]), (&json!("team"), &json!(app.people.editor)));
    assert_eq!(counts(app, "decisions", "question,due_on\nWhich one?,2026-10-12\n"), (0, 1, 0));
    assert_eq!(counts(app, "decisions", &FILE.replace("Soon.", "Later.")), (0, 2, 1));
    assert_eq!(counts(app, "decisions", "question,answer\nWhich one?,\n"), (0, 1, 0));
    assert_eq!(app.viewer().get("decisions?answered_at=null").expect(200).column("question").len(), 2);
}

fn a_file_takes_no_answer_from_its_stakeholder(app: &TestApp) {
    stakeholder(app, "Ines", Some(&app.people.viewer));
    assert_eq!(counts(app, "decisions", FILE), (3, 0, 0));
    let open = app.viewer().get("decisions?answered_at=null").expect(200).json["items"][0].clone();
    act(&app.viewer(), &path(&open), "\"1\"", "Yes").expect(200);
    assert_eq!(counts(app, "decisions", FILE), (0, 0, 3), "it does not know of the answer yet");
    assert_eq!(counts(app, "decisions", &FILE.replace("2026-10-20,660.00", "2026-10-21,660.00")), (0, 1, 2));
    let other = FILE.replace("EUR,Ines,,", "EUR,Ines,No,");
    assert_eq!(faults(import(app, "decisions", &other)), [fault(2, "", "answered")]);
    let row = app.viewer().get(&path(&open)).expect(200).json;
    assert_eq!((&row["answer"], &row["answered_by"]), (&json!("Yes"), &json!("stakeholder")));
}

fn what_is_wrong_with_a_file_of_decisions_is_told_by_line(app: &TestApp) {
    ask(app, "Twice?", &json!({})).expect(201);
    ask(app, "Twice?", &json!({})).expect(201);
    let file = "question,options,cost_of_delay,cost_of_delay_currency,stakeholder,answer,answered_at\n\
                Twice?,,,,,,\nOne?,,-1,EUR,,,\nTwo?,,,,Nobody,,\nThree?,,,,,,2026-10-01T00:00:00Z\n\
                Four?,,,,,Yes,2026-11-03T00:00:00Z\nFive?,\"a\na\",1,,,,\n,,,,,,\n";
    let mut found = faults(import(app, "decisions", file));
    found.sort();
    assert_eq!(
        found,
        [
            fault(2, "question", "ambiguous"),
            fault(3, "cost_of_delay", "too_small"),
            fault(4, "stakeholder", "unknown_reference"),
            fault(5, "answered_at", "no_answer"),
            fault(6, "answered_at", "in_future"),
            fault(7, "cost_of_delay_currency", "required"),
            fault(7, "options", "not_unique"),
            fault(9, "question", "required"),
        ]
    );
    let header = faults(import(app, "decisions", "question,cost_of_delay\n"));
    assert_eq!(header, [fault(1, "cost_of_delay_currency", "missing_column")]);
}

fn decisions_are_exported(app: &TestApp) {
    let ines = stakeholder(app, "Ines", None);
    counts(app, "decisions", FILE);
    let columns = [
        "product",
        "deleted_at",
        "question",
        "due_on",
        "cost_of_delay_amount",
        "cost_of_delay_currency",
        "stakeholder",
        "answer",
        "answered_at",
        "answered_by",
    ];
    assert_eq!(
        cells(&app.exporter(), "exports/decisions.csv", &columns),
        [
            "platform  And when?     Soon. 2026-11-02T09:00:00Z team".to_owned(),
            format!("platform  Do we buy it? 2026-10-20 660 EUR {ines}   "),
            "platform  Which one?     The red one. 2026-10-14T09:20:00Z team".to_owned(),
        ]
    );
    let text = app.exporter().get("exports/decisions.csv?columns=options,answer").expect(200);
    assert_eq!(text.text(), "options,answer\r\n\"Yes\nNo, never\",\r\n\"\",The red one.\r\n\"\",Soon.\r\n");
}

fn a_decision_hangs_on_its_stakeholder(app: &TestApp) {
    let ines = stakeholder(app, "Ines", None);
    let made = ask(app, "Which?", &json!({ "stakeholder": "Ines" })).expect(201).json;
    let trace = app.viewer().get(&format!("trace/decisions/{}", id(&made))).expect(200).text().to_owned();
    assert!(trace.contains(&ines) && trace.contains("Which?"), "{trace}");
    let trace = app.viewer().get(&format!("trace/stakeholders/{ines}")).expect(200).text().to_owned();
    assert!(trace.contains(&id(&made)), "{trace}");
}

/// By hand: 660 × 11 ÷ 7 for finance, and 670 × 6 ÷ 7 for the build machines.
fn the_demo_companys_decisions_are_told(app: &TestApp) {
    crate::story::company(app);
    let shop = crate::story::SHOP;
    let report = app.editor().post(&format!("{shop}/reports"), &json!({ "month": "2026-10" })).expect(201);
    let facts = report.json["facts"].as_array().expect("facts").clone();
    let fact = |name: &str| facts.iter().find(|fact| fact["name"] == name).expect("a fact")["value"].clone();
    for (name, expected) in [
        ("decisions.open", json!(3)),
        ("decisions.overdue", json!(1)),
        ("decisions.answered", json!(2)),
        ("decisions.waiting_cost", json!({ "amount": "1037.142857142857", "currency": "EUR" })),
        ("decisions.answered_waiting_cost", json!({ "amount": "574.285714285714", "currency": "EUR" })),
    ] {
        assert_eq!(fact(name), expected, "{name}");
    }
    let page = format!("{shop}/reports/{}.html", report.json["id"].as_str().expect("an id"));
    let page = app.editor().get(&page).expect(200);
    for told in
        ["What we need from you", "Answered in October", "How long must an older order", "Jarle Tveit", "A third,"]
    {
        assert!(page.text().contains(told), "{told}");
    }
}
