//! What people ask for, who wants the same, and what was done about it.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    exports::cells,
    imports::{counts, fault, faults, import},
};
use serde_json::{Value, json};

on_both_engines!(
    viewers_give_feedback_and_decide_nothing,
    a_vote_counts_once_for_all_that_says_the_same,
    duplicates_are_put_to_the_original_and_never_go_in_circles,
    feedback_that_is_answered_stays,
    many_who_vote_at_once_all_count,
    feedback_comes_in_as_a_file_and_goes_out_as_a_dataset,
    what_was_asked_for_and_done_is_told_with_who_asked,
);

fn say(client: &Client, text: &str, more: Value) -> Answer {
    let mut new = json!({ "kind": "request", "text": text });
    for (name, value) in more.as_object().expect("an object") {
        new[name] = value.clone();
    }
    client.post("feedback", &new)
}

fn id(made: &Value) -> String {
    made["id"].as_str().expect("an id").to_owned()
}

fn path(made: &Value) -> String {
    format!("feedback/{}", id(made))
}

fn patch(client: &Client, path: &str, change: &Value) -> Answer {
    client.patch(path, client.get(path).expect(200).etag(), change)
}

fn count(client: &Client, path: &str) -> (Value, Value) {
    let votes = client.get(&format!("{path}/votes")).expect(200).json;
    (votes["count"].clone(), votes["mine"].clone())
}

fn viewers_give_feedback_and_decide_nothing(app: &TestApp) {
    let (viewer, editor) = (app.viewer(), app.editor());
    let mine = say(&viewer, "Faster builds", json!({})).expect(201);
    assert_eq!((&mine.json["status"], &mine.json["votes"]), (&json!("open"), &json!(0)));
    assert_eq!(mine.json["created_by"], json!(app.people.viewer));
    let theirs = say(&editor, "Quieter nights", json!({ "asked_by": "Leila" })).expect(201).json;
    say(&viewer, "x", json!({ "status": "done" })).expect(403);
    say(&viewer, "x", json!({ "duplicate_of": id(&theirs) })).expect(403);
    let mine = path(&mine.json);
    patch(&viewer, &mine, &json!({ "text": "Much faster builds", "kind": "complaint" })).expect(200);
    patch(&viewer, &mine, &json!({ "status": "declined" })).expect(403);
    patch(&viewer, &mine, &json!({ "duplicate_of": id(&theirs) })).expect(403);
    patch(&viewer, &path(&theirs), &json!({ "text": "x" })).expect(403);
    viewer.delete(&mine, "\"2\"").expect(403);
    patch(&editor, &mine, &json!({ "status": "planned" })).expect(200);
    patch(&viewer, &mine, &json!({ "text": "x" })).expect(403);
    for (wrong, fault) in [
        (json!({ "kind": "wish", "text": "x" }), "/kind unknown_word"),
        (json!({ "kind": "request", "text": "" }), "/text too_short"),
        (json!({ "kind": "request", "text": "x".repeat(2001) }), "/text too_long"),
        (json!({ "kind": "request", "text": "x", "votes": 9 }), "/votes unknown_property"),
    ] {
        let found = editor.post("feedback", &wrong).expect(422).faults();
        assert_eq!(found.len(), 1, "{found:?} is {fault}");
        assert!(found[0].starts_with(fault.split(' ').next().expect("a pointer")), "{found:?}");
    }
    app.exporter().get("feedback").expect(403);
}

fn a_vote_counts_once_for_all_that_says_the_same(app: &TestApp) {
    let (viewer, editor, owner) = (app.viewer(), app.editor(), app.owner());
    let first = path(&say(&editor, "Faster builds", json!({})).expect(201).json);
    let second = path(&say(&editor, "Builds are slow", json!({})).expect(201).json);
    let none = json!({});
    assert_eq!(viewer.post(&format!("{first}/votes"), &none).expect(200).json, json!({ "count": 1, "mine": true }));
    assert_eq!(viewer.post(&format!("{first}/votes"), &none).expect(200).json["count"], 1, "a second vote is no error");
    viewer.post(&format!("{second}/votes"), &none).expect(200);
    editor.post(&format!("{second}/votes"), &none).expect(200);
    assert_eq!(count(&viewer, &second), (json!(2), json!(true)));
    patch(&editor, &second, &json!({ "duplicate_of": first.trim_start_matches("feedback/") })).expect(200);
    for one in [&first, &second] {
        assert_eq!(count(&owner, one), (json!(2), json!(false)), "the viewer counts once");
    }
    assert_eq!(owner.get(&first).expect(200).json["votes"], 2);
    owner.post(&format!("{second}/votes"), &none).expect(200);
    let listed = owner.get("feedback?sort=-votes").expect(200);
    assert_eq!(listed.column("votes"), ["3", "3"]);
    assert_eq!(owner.get("feedback?votes.gte=4").expect(200).column("votes"), Vec::<String>::new());
    viewer.send("DELETE", &format!("{first}/votes"), None).expect(204);
    viewer.send("DELETE", &format!("{first}/votes"), None).expect(204);
    assert_eq!(count(&viewer, &second), (json!(2), json!(false)), "both of their votes are taken back");
    let etag = owner.get(&first).expect(200).etag().to_owned();
    owner.with("If-None-Match", &etag).get(&first).expect(304);
    viewer.post(&format!("{second}/votes"), &none).expect(200);
    let seen = owner.with("If-None-Match", &etag).get(&first).expect(200);
    assert_eq!(seen.json["votes"], 3, "a vote for a duplicate is a new version of its original");
    app.outsider().post(&format!("{first}/votes"), &none).expect(404);
}

fn duplicates_are_put_to_the_original_and_never_go_in_circles(app: &TestApp) {
    let editor = app.editor();
    let made: Vec<Value> = ["a", "b", "c", "d"].map(|text| say(&editor, text, json!({})).expect(201).json).to_vec();
    let onto = |of: usize, to: usize| patch(&editor, &path(&made[of]), &json!({ "duplicate_of": id(&made[to]) }));
    let original = |of: usize| editor.get(&path(&made[of])).expect(200).json["duplicate_of"].clone();
    assert_eq!(onto(0, 0).expect(409).json["code"], "cycle");
    onto(1, 0).expect(200);
    assert_eq!(onto(0, 1).expect(409).json["code"], "cycle");
    assert_eq!(onto(2, 1).expect(200).json["duplicate_of"], json!(id(&made[0])), "put to the original");
    onto(0, 3).expect(200);
    for of in 0..3 {
        assert_eq!(original(of), json!(id(&made[3])), "what was merged into it goes along");
    }
    let new = say(&editor, "e", json!({ "duplicate_of": id(&made[1]) })).expect(201);
    assert_eq!(new.json["duplicate_of"], json!(id(&made[3])));
    assert_eq!(editor.get(&format!("feedback?duplicate_of={}", id(&made[3]))).expect(200).column("id").len(), 4);
    assert_eq!(editor.get("feedback?duplicate_of=null").expect(200).column("text"), ["d"]);
    patch(&editor, &path(&made[0]), &json!({ "duplicate_of": null })).expect(200);
    assert_eq!(original(0), Value::Null);
    let found = say(&editor, "x", json!({ "duplicate_of": "nothing" })).expect(422).faults();
    assert_eq!(found, ["/duplicate_of unknown_reference"]);
}

fn feedback_that_is_answered_stays(app: &TestApp) {
    let editor = app.editor();
    let said = say(&editor, "Faster builds", json!({})).expect(201).json;
    let new = json!({ "title": "Build machines", "kind": "feature", "feedback": [id(&said), "Faster builds"] });
    let item = editor.post("roadmap-items", &new).expect(201);
    assert_eq!(item.json["feedback"], json!([id(&said)]));
    assert_eq!(editor.get(&format!("roadmap-items?feedback={}", id(&said))).expect(200).column("ref"), ["OPS-1"]);
    let gone = editor.delete(&path(&said), "\"1\"").expect(409);
    assert_eq!(gone.json["code"], "referenced");
    editor.patch("roadmap-items/OPS-1", item.etag(), &json!({ "feedback": [] })).expect(200);
    app.viewer().post(&format!("{}/votes", path(&said)), &json!({})).expect(200);
    editor.delete(&path(&said), "\"2\"").expect(204);
    editor.get(&path(&said)).expect(404);
}

fn many_who_vote_at_once_all_count(app: &TestApp) {
    let said = path(&say(&app.editor(), "Faster builds", json!({})).expect(201).json);
    let votes = format!("{said}/votes");
    std::thread::scope(|scope| {
        for client in [app.viewer(), app.editor(), app.owner(), app.viewer(), app.editor(), app.owner()] {
            let votes = &votes;
            scope.spawn(move || client.post(votes, &json!({})).expect(200));
        }
    });
    assert_eq!(count(&app.viewer(), &said), (json!(3), json!(true)));
}

const FILE: &str = "kind,text,asked_by,status,duplicate_of\n\
                    complaint,Builds take so long,Leila,open,Faster builds\n\
                    request,Faster builds,Mateusz,planned,\n\
                    praise,The portal is lovely,,open,\n";

fn feedback_comes_in_as_a_file_and_goes_out_as_a_dataset(app: &TestApp) {
    assert_eq!(counts(app, "feedback", FILE), (3, 0, 0));
    assert_eq!(counts(app, "feedback", FILE), (0, 0, 3));
    assert_eq!(counts(app, "feedback", &FILE.replace("planned", "done")), (0, 1, 2));
    let columns = ["product", "deleted_at", "kind", "text", "asked_by", "status", "votes"];
    assert_eq!(
        cells(&app.exporter(), "exports/feedback.csv", &columns),
        [
            "platform  complaint Builds take so long Leila open 0",
            "platform  praise The portal is lovely  open 0",
            "platform  request Faster builds Mateusz done 0",
        ]
    );
    let original = app.viewer().get("feedback?q=faster").expect(200).column("id");
    let duplicate = app.viewer().get("feedback?q=take").expect(200).column("duplicate_of");
    assert_eq!(original, duplicate);
    let wrong = "kind,text,persona,component,duplicate_of\nwish,a,,,\nrequest,b,Nobody,none,\nrequest,c,,,c\n\
                 request,d,,,Builds take so long\nrequest,e,,,nothing\nrequest,Faster builds,,,f\nrequest,f,,,\n";
    let mut found = faults(import(app, "feedback", wrong));
    found.sort();
    assert_eq!(found[0].0, 2, "{found:?}");
    for expected in [
        fault(3, "component", "unknown_reference"),
        fault(3, "persona", "unknown_reference"),
        fault(4, "duplicate_of", "cycle"),
        fault(5, "duplicate_of", "unknown_reference"),
        fault(6, "duplicate_of", "unknown_reference"),
    ] {
        assert!(found.contains(&expected), "{expected:?} of {found:?}");
    }
}

fn what_was_asked_for_and_done_is_told_with_who_asked(app: &TestApp) {
    counts(app, "feedback", FILE);
    let editor = app.editor();
    let said = say(&app.viewer(), "Cheaper builds", json!({})).expect(201).json;
    let ship = |title: &str, on: &str, feedback: Value| {
        let new =
            json!({ "title": title, "kind": "feature", "status": "shipped", "shipped_on": on, "feedback": feedback });
        editor.post("roadmap-items", &new).expect(201);
    };
    ship("Build machines", "2026-10-20", json!(["Builds take so long", id(&said)]));
    ship("Unasked", "2026-10-21", json!([]));
    ship("Earlier", "2026-09-30", json!(["The portal is lovely"]));
    let list = app.viewer().get("you-asked-we-did?from=2026-10&to=2026-11").expect(200).json;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    let item = &list["items"][0];
    assert_eq!((&item["title"], &item["shipped_on"]), (&json!("Build machines"), &json!("2026-10-20")));
    let asked: Vec<&str> = item["asked_by"].as_array().expect("names").iter().filter_map(Value::as_str).collect();
    assert!(asked.contains(&"Leila") && asked.contains(&"Mateusz") && asked.len() == 3, "{asked:?}");
    assert_eq!(item["feedback"].as_array().map(Vec::len), Some(2));
    let original = item["feedback"].as_array().expect("some").iter().find(|one| one["text"] == "Faster builds");
    assert_eq!(original.expect("told by its original")["times"], 2);
    assert_eq!(app.viewer().get("you-asked-we-did").expect(200).json["items"].as_array().map(Vec::len), Some(2));
    app.viewer().get("you-asked-we-did?from=2026-11&to=2026-11").expect(422);
    let report = editor.post("reports", &json!({ "month": "2026-10" })).expect(201);
    let page = editor.get(&format!("reports/{}.html", id(&report.json))).expect(200);
    for told in ["You asked, we did", "Faster builds", "Build machines", "Leila, Mateusz"] {
        assert!(page.text().contains(told), "{told}");
    }
}
