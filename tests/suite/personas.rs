//! Who uses the platform: personas, populations from month to month, journeys as they were seen.

use crate::{
    app::TestApp,
    client::{Answer, Client},
};
use diesel::prelude::*;
use prodops::{
    kernel::schema::{audit_events, tombstones},
    personas,
    products::store::publish_through,
};
use serde_json::{Value, json};

on_both_engines!(
    a_persona_has_its_defaults_and_is_what_the_schema_allows,
    names_are_unique_however_they_are_spelled,
    personas_are_filtered_sorted_and_searched,
    a_persona_is_changed_by_version_and_deleted_only_alone,
    a_population_starts_on_the_first_of_an_open_month,
    a_population_that_counts_in_a_published_month_stays,
    journeys_are_observed_on_any_day_and_once_a_day,
    a_journey_is_what_the_schema_allows,
    rows_of_another_persona_or_product_are_not_there,
    what_later_chapters_ask_is_answered,
    persona_files_come_in_by_name_and_twice_change_nothing,
    population_files_keep_published_months,
    journey_files_name_personas_and_components,
    what_is_recorded_is_exported,
);

fn made(client: &Client, path: &str, body: &Value) -> Value {
    client.post(path, body).expect(201).json
}

fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

fn persona(app: &TestApp, name: &str) -> String {
    id(&made(&app.editor(), "personas", &json!({ "name": name }))).to_owned()
}

fn component(app: &TestApp, key: &str) -> String {
    id(&made(&app.editor(), "components", &json!({ "key": key, "name": key, "kind": "service" }))).to_owned()
}

fn publish(app: &TestApp, month: &'static str) {
    let product = app.platform();
    app.change(move |tx| publish_through(tx, &product, month.parse().expect("a month")));
}

fn import(app: &TestApp, format: &str, content: &str) -> Answer {
    let client = app.editor().with("Content-Type", "text/csv");
    client.send("POST", &format!("imports/{format}"), Some(content.as_bytes()))
}

#[track_caller]
fn counts(app: &TestApp, format: &str, content: &str) -> (u64, u64, u64) {
    let answer = import(app, format, content).expect(200);
    let count = |name: &str| answer.json[name].as_u64().expect("a count");
    (count("created"), count("changed"), count("unchanged"))
}

/// `line column code` of each fault.
#[track_caller]
fn faults(answer: Answer) -> Vec<String> {
    let errors = answer.expect(422).json["errors"].clone();
    let fault = |one: &Value| {
        let column = one["column"].as_str().unwrap_or_default();
        format!("{} {column} {}", one["line"], one["code"].as_str().expect("a code"))
    };
    errors.as_array().expect("errors").iter().map(fault).collect()
}

fn a_persona_has_its_defaults_and_is_what_the_schema_allows(app: &TestApp) {
    let answer = app.editor().post("personas", &json!({ "name": "Dana" })).expect(201);
    let dana = answer.json.clone();
    assert_eq!(answer.header("location"), Some(format!("/api/v1/products/platform/personas/{}", id(&dana)).as_str()));
    let expected = json!({
        "name": "Dana", "role": "", "context": "", "goals": [], "pains": [], "skill_level": null, "quote": "",
        "retired_on": null, "version": 1,
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&dana[name], value, "{name}");
    }
    assert!(dana.get("name_nfc").is_none() && dana.get("product_id").is_none(), "{dana}");
    assert_eq!(app.viewer().get(&format!("personas/{}", id(&dana))).expect(200).json, dana);
    let wrong = json!({
        "name": "", "goals": [""], "pains": ["x".repeat(501)], "skill_level": "guru", "retired_on": "soon", "age": 7,
    });
    assert_eq!(
        app.editor().post("personas", &wrong).expect(422).faults(),
        [
            "/age unknown_property",
            "/goals/0 too_short",
            "/name too_short",
            "/pains/0 too_long",
            "/retired_on format",
            "/skill_level not_one_of"
        ]
    );
    let many: Vec<_> = (0..51).map(|n| n.to_string()).collect();
    let answer = app.editor().post("personas", &json!({ "name": "x", "goals": many })).expect(422);
    assert_eq!(answer.faults(), ["/goals too_long"]);
}

fn names_are_unique_however_they_are_spelled(app: &TestApp) {
    let zoe = made(&app.editor(), "personas", &json!({ "name": "Zoe\u{308}" }));
    assert_eq!(zoe["name"], "Zoe\u{308}", "stored as sent");
    let again = app.editor().post("personas", &json!({ "name": "Zo\u{eb}" })).expect(409);
    assert_eq!(again.json["code"], "exists");
    let other = persona(app, "Zoe");
    let path = format!("personas/{other}");
    assert_eq!(app.editor().patch(&path, "\"1\"", &json!({ "name": "Zo\u{eb}" })).expect(409).json["code"], "exists");
    app.outsider().post("/api/v1/products/other/personas", &json!({ "name": "Zo\u{eb}" })).expect(201);
}

fn personas_are_filtered_sorted_and_searched(app: &TestApp) {
    for (name, role, level, retired) in [
        ("Dana", "developer", json!("expert"), json!(null)),
        ("Sam", "developer", json!("novice"), json!("2026-06-01")),
        ("Ola", "analyst", json!(null), json!(null)),
    ] {
        let goals = json!([format!("{name} wants \u{dc}bersicht")]);
        let body = json!({ "name": name, "role": role, "skill_level": level, "retired_on": retired, "goals": goals });
        made(&app.editor(), "personas", &body);
    }
    let names = |query: &str| app.viewer().get(&format!("personas?{query}")).expect(200).column("name");
    assert_eq!(names("sort=name"), ["Dana", "Ola", "Sam"]);
    assert_eq!(names("sort=-skill_level"), ["Sam", "Dana", "Ola"], "nulls last");
    assert_eq!(names("skill_level=expert,null&sort=name"), ["Dana", "Ola"]);
    assert_eq!(names("role=developer&retired_on=null"), ["Dana"]);
    assert_eq!(names("retired_on.lt=2026-07-01"), ["Sam"]);
    assert_eq!(names("q=%C3%BCbersicht+ola"), ["Ola"]);
    app.viewer().get("personas?skill_level=guru").expect(422);
    app.viewer().get("personas?goals=x").expect(422);
    let first = app.viewer().get("personas?sort=name&limit=2").expect(200);
    let next = first.json["next_cursor"].as_str().expect("a cursor").to_owned();
    assert_eq!(names(&format!("sort=name&limit=2&cursor={next}")), ["Sam"]);
}

fn a_persona_is_changed_by_version_and_deleted_only_alone(app: &TestApp) {
    let (dana, editor) = (persona(app, "Dana"), app.editor());
    let path = format!("personas/{dana}");
    editor.send_json("PATCH", &path, &json!({ "role": "x" })).expect(428);
    let changed = editor.patch(&path, "\"1\"", &json!({ "goals": ["sleep"], "skill_level": "expert" })).expect(200);
    assert_eq!((changed.etag(), &changed.json["goals"]), ("\"2\"", &json!(["sleep"])));
    editor.patch(&path, "\"1\"", &json!({ "role": "x" })).expect(412);
    let back = editor.patch(&path, "\"2\"", &json!({ "goals": null, "skill_level": null })).expect(200).json;
    assert_eq!((&back["goals"], &back["skill_level"]), (&json!([]), &Value::Null));
    app.viewer().with("If-None-Match", "\"3\"").get(&path).expect(304);

    let population = json!({ "valid_from": "2026-11-01", "people": 5 });
    let population = made(&editor, &format!("{path}/populations"), &population);
    let refused = editor.delete(&path, "\"3\"").expect(409);
    assert_eq!(refused.json["code"], "referenced");
    assert!(refused.json["detail"].as_str().is_some_and(|detail| detail.contains("retired_on")), "{refused}");
    editor.delete(&format!("{path}/populations/{}", id(&population)), "\"1\"").expect(204);
    component(app, "ci");
    let journey = json!({ "component": "ci", "task": "build", "on": "2026-10-01", "uses_per_month": 1,
        "minutes_per_use": 1 });
    let journey = made(&editor, &format!("{path}/journeys"), &journey);
    editor.delete(&path, "\"3\"").expect(409);
    let ci = editor.delete("components/ci", "\"1\"").expect(409);
    assert_eq!(ci.json["code"], "referenced");
    editor.delete(&format!("{path}/journeys/{}", id(&journey)), "\"1\"").expect(204);
    editor.delete(&path, "\"2\"").expect(412);
    editor.delete(&path, "\"3\"").expect(204);
    app.viewer().get(&path).expect(404);
    let resources = app.read(|conn| {
        let left = tombstones::table.order(tombstones::resource).select(tombstones::resource);
        Ok(left.load::<String>(conn)?)
    });
    assert_eq!(resources, ["journeys", "personas", "populations"]);
    let events = app.read(move |conn| {
        let of = audit_events::table.filter(audit_events::row_id.eq(dana)).order(audit_events::change_number);
        Ok(of.select(audit_events::action).load::<String>(conn)?)
    });
    assert_eq!(events, ["create", "update", "update", "delete"]);
}

fn a_population_starts_on_the_first_of_an_open_month(app: &TestApp) {
    publish(app, "2026-09");
    let path = format!("personas/{}/populations", persona(app, "Dana"));
    let post = |from: &str, people: Value| app.editor().post(&path, &json!({ "valid_from": from, "people": people }));
    assert_eq!(post("2026-10-02", json!(5)).expect(422).faults(), ["/valid_from not_first_of_month"]);
    assert_eq!(post("2026-09-01", json!(5)).expect(409).json["code"], "published");
    for people in [json!(-1), json!(1.5), json!("5"), json!(1_000_000_001), json!(null)] {
        assert_eq!(post("2026-10-01", people).expect(422).faults().len(), 1);
    }
    let october = post("2026-10-01", json!(0)).expect(201);
    assert_eq!(
        october.header("location"),
        Some(format!("/api/v1/products/platform/{path}/{}", id(&october.json)).as_str())
    );
    assert!(path.contains(october.json["persona"].as_str().expect("a persona")));
    assert_eq!(post("2026-10-01", json!(6)).expect(409).json["code"], "exists");
    post("2026-12-01", json!(7)).expect(201);
    assert_eq!(app.viewer().get(&format!("{path}?sort=-valid_from")).expect(200).column("people"), ["7", "0"]);
    assert_eq!(app.viewer().get(&format!("{path}?valid_from.lt=2026-11-01")).expect(200).column("people"), ["0"]);
    assert_eq!(app.viewer().get(&format!("{path}?people.gte=1")).expect(200).column("people"), ["7"]);
    let other = persona(app, "Sam");
    let same_day = json!({ "valid_from": "2026-10-01", "people": 3 });
    made(&app.editor(), &format!("personas/{other}/populations"), &same_day);
}

fn a_population_that_counts_in_a_published_month_stays(app: &TestApp) {
    let (path, editor) = (format!("personas/{}/populations", persona(app, "Dana")), app.editor());
    let post = |from: &str| made(&editor, &path, &json!({ "valid_from": from, "people": 5 }));
    let old = format!("{path}/{}", id(&post("2026-09-01")));
    let new = format!("{path}/{}", id(&post("2026-10-01")));
    editor.patch(&old, "\"1\"", &json!({ "people": 6 })).expect(200);
    publish(app, "2026-09");
    assert_eq!(editor.patch(&old, "\"2\"", &json!({ "people": 7 })).expect(409).json["code"], "published");
    assert_eq!(
        editor.patch(&old, "\"2\"", &json!({ "valid_from": "2026-11-01" })).expect(409).json["code"],
        "published"
    );
    assert_eq!(editor.delete(&old, "\"2\"").expect(409).json["code"], "published");
    assert_eq!(
        editor.patch(&new, "\"1\"", &json!({ "valid_from": "2026-08-01" })).expect(409).json["code"],
        "published"
    );
    editor.patch(&new, "\"1\"", &json!({ "valid_from": "2026-12-01", "people": 8 })).expect(200);
    editor.delete(&new, "\"1\"").expect(412);
    editor.send("DELETE", &new, None).expect(428);
    editor.delete(&new, "\"2\"").expect(204);
    assert_eq!(app.viewer().get(&path).expect(200).column("people"), ["6"]);
}

fn journey(component: &str, task: &str, on: &str) -> Value {
    json!({
        "component": component, "task": task, "on": on, "uses_per_month": 12.5, "minutes_per_use": 30,
        "satisfaction": 2.4, "source": "survey", "sample_size": 9,
    })
}

fn journeys_are_observed_on_any_day_and_once_a_day(app: &TestApp) {
    let ci = component(app, "ci");
    component(app, "db");
    publish(app, "2026-10");
    let (path, editor) = (format!("personas/{}/journeys", persona(app, "Dana")), app.editor());
    let late = made(&editor, &path, &journey(&ci, "build", "2026-03-31"));
    assert_eq!(late["component"], "ci", "named by id, answered by key");
    assert_eq!((&late["uses_per_month"], &late["satisfaction"]), (&json!(12.5), &json!(2.4)));
    assert_eq!(editor.post(&path, &journey("ci", "build", "2026-03-31")).expect(409).json["code"], "exists");
    made(&editor, &path, &journey("ci", "build", "2026-10-15"));
    made(&editor, &path, &journey("db", "build", "2026-03-31"));
    made(&editor, &path, &journey("ci", "caf\u{e9}", "2026-03-31"));
    editor.post(&path, &journey("ci", "cafe\u{301}", "2026-03-31")).expect(409);
    let of = |query: &str| app.viewer().get(&format!("{path}?{query}")).expect(200).column("on");
    assert_eq!(of("component=ci&task=build&sort=on"), ["2026-03-31", "2026-10-15"]);
    assert_eq!(of("on.gte=2026-10-01"), ["2026-10-15"]);
    assert_eq!(of("q=BUILD+survey&component=db"), ["2026-03-31"]);
    let row = format!("{path}/{}", id(&late));
    let corrected = editor.patch(&row, "\"1\"", &json!({ "minutes_per_use": 4.25, "satisfaction": null })).expect(200);
    assert_eq!((&corrected.json["minutes_per_use"], &corrected.json["satisfaction"]), (&json!(4.25), &Value::Null));
    let moved = editor.patch(&row, "\"2\"", &json!({ "component": "db" })).expect(409);
    assert_eq!(moved.json["code"], "exists");
    editor.patch(&row, "\"2\"", &json!({ "component": "db", "on": "2026-04-01" })).expect(200);
    editor.delete(&row, "\"3\"").expect(204);
    app.viewer().get(&row).expect(404);
}

fn a_journey_is_what_the_schema_allows(app: &TestApp) {
    component(app, "ci");
    let path = format!("personas/{}/journeys", persona(app, "Dana"));
    let wrong = json!({
        "component": "ci", "task": "", "on": "2026-02-30", "uses_per_month": -1, "minutes_per_use": "5",
        "satisfaction": 5.1, "sample_size": 0, "persona": "x",
    });
    assert_eq!(
        app.editor().post(&path, &wrong).expect(422).faults(),
        [
            "/minutes_per_use type",
            "/on format",
            "/persona unknown_property",
            "/sample_size too_small",
            "/satisfaction too_large",
            "/task too_short",
            "/uses_per_month too_small"
        ]
    );
    let answer = app.editor().post(&path, &json!({})).expect(422);
    let required = ["component", "minutes_per_use", "on", "task", "uses_per_month"];
    assert_eq!(answer.faults(), required.map(|name| format!("/{name} required")));
    for nothing in ["nothing", "theirs"] {
        let answer = app.editor().post(&path, &journey(nothing, "build", "2026-10-01")).expect(422);
        assert_eq!(answer.faults(), ["/component unknown_reference"]);
    }
}

fn rows_of_another_persona_or_product_are_not_there(app: &TestApp) {
    let (dana, sam) = (persona(app, "Dana"), persona(app, "Sam"));
    component(app, "ci");
    let population = json!({ "valid_from": "2026-11-01", "people": 5 });
    let population = made(&app.editor(), &format!("personas/{dana}/populations"), &population);
    let seen = made(&app.editor(), &format!("personas/{dana}/journeys"), &journey("ci", "build", "2026-10-01"));
    for (path, row) in [("populations", &population), ("journeys", &seen)] {
        app.viewer().get(&format!("personas/{dana}/{path}/{}", id(row))).expect(200);
        app.viewer().get(&format!("personas/{sam}/{path}/{}", id(row))).expect(404);
        app.viewer().get(&format!("personas/nobody/{path}")).expect(404);
        app.editor().delete(&format!("personas/{sam}/{path}/{}", id(row)), "\"1\"").expect(404);
        let theirs = format!("/api/v1/products/other/personas/{dana}/{path}");
        app.outsider().get(&theirs).expect(404);
        app.outsider().get(&format!("{theirs}/{}", id(row))).expect(404);
        let body = if path == "journeys" {
            journey("theirs", "x", "2026-10-01")
        } else {
            json!({ "valid_from": "2026-11-01", "people": 5 })
        };
        app.outsider().post(&theirs, &body).expect(404);
    }
}

fn what_later_chapters_ask_is_answered(app: &TestApp) {
    let (dana, sam) = (persona(app, "Dana"), persona(app, "Sam"));
    component(app, "ci");
    for (who, from, people) in [(&dana, "2026-09-01", 5), (&sam, "2026-10-01", 7), (&dana, "2026-11-01", 6)] {
        let population = json!({ "valid_from": from, "people": people });
        made(&app.editor(), &format!("personas/{who}/populations"), &population);
    }
    made(&app.editor(), &format!("personas/{dana}/journeys"), &journey("ci", "build", "2026-10-01"));
    let product = app.platform();
    app.read(move |conn| {
        let names: Vec<_> = personas::store::all(conn, &product)?.into_iter().map(|persona| persona.name).collect();
        assert_eq!(names, ["Dana", "Sam"]);
        let populations = personas::store::populations::of_product(conn, &product)?;
        let people = |who: &str, month: &str| {
            personas::population_in(&populations, who, month.parse().expect("a month")).map(|one| one.people)
        };
        assert_eq!(
            [people(&dana, "2026-10"), people(&dana, "2026-11"), people(&sam, "2026-09")],
            [Some(5), Some(6), None]
        );
        let journeys = personas::store::journeys::of_product(conn, &product)?;
        let tasks = personas::tasks(&journeys);
        assert_eq!(tasks.len(), 1);
        let on = "2026-10-01".parse().expect("a day");
        assert!(personas::journey_in_force(&journeys, tasks[0], on).is_some());
        Ok(())
    });
}

fn persona_files_come_in_by_name_and_twice_change_nothing(app: &TestApp) {
    let file = "name,role,context,goals,pains,skill_level,quote,retired_on\n\
                Dana,developer,\"at home, alone\",\"ship daily\nsleep well\",waiting,practitioner,\
                \"\"\"It hangs.\"\"\",\n\
                Zo\u{eb},,,,,,,2026-06-01\n";
    assert_eq!(counts(app, "personas", file), (2, 0, 0));
    assert_eq!(counts(app, "personas", file), (0, 0, 2));
    let dana = app.viewer().get("personas?name=Dana").expect(200).json["items"][0].clone();
    assert_eq!((&dana["goals"], &dana["pains"]), (&json!(["ship daily", "sleep well"]), &json!(["waiting"])));
    assert_eq!((&dana["quote"], &dana["version"]), (&json!("\"It hangs.\""), &json!(1)));
    assert_eq!(counts(app, "personas", "name,role\nDana,sre\nZoe\u{308},\n"), (0, 2, 0), "the same name, spelled anew");
    let dana = app.viewer().get("personas?name=Dana").expect(200).json["items"][0].clone();
    assert_eq!((&dana["role"], &dana["skill_level"]), (&json!("sre"), &json!("practitioner")));
    let wrong = "name,skill_level,goals\nA,guru,\nA,,\n,,\nZo\u{eb},,\nZoe\u{308},,\n";
    assert_eq!(faults(import(app, "personas", wrong)), ["2 skill_level not_one_of", "4 name required", "6  repeated"]);
    app.viewer().with("Content-Type", "text/csv").send("POST", "imports/personas", Some(b"name\nB\n")).expect(403);
}

fn population_files_keep_published_months(app: &TestApp) {
    let dana = persona(app, "Dana");
    let file = format!("persona,valid_from,people\nDana,2026-09-01,40\n{dana},2026-10-01,50\n");
    assert_eq!(counts(app, "populations", &file), (2, 0, 0));
    assert_eq!(counts(app, "populations", &file), (0, 0, 2));
    publish(app, "2026-09");
    assert_eq!(counts(app, "populations", &file), (0, 0, 2), "what is there already is no change");
    let wrong = "persona,valid_from,people\nDana,2026-09-01,41\nDana,2026-11-02,5\nNobody,2026-12-01,5\n\
                 Dana,2026-08-01,1\nDana,2026-12-01,-1\n";
    assert_eq!(
        faults(import(app, "populations", wrong)),
        [
            "2  published",
            "3 valid_from not_first_of_month",
            "4 persona unknown_reference",
            "5  published",
            "6 people too_small"
        ]
    );
    let twice = format!("persona,valid_from,people\nDana,2026-12-01,1\n{dana},2026-12-01,1\n");
    assert_eq!(faults(import(app, "populations", &twice)), ["3  repeated"]);
    assert_eq!(counts(app, "populations", "persona,valid_from,people\nDana,2026-10-01,51\n"), (0, 1, 0));
}

fn journey_files_name_personas_and_components(app: &TestApp) {
    let (dana, ci) = (persona(app, "Dana"), component(app, "ci"));
    publish(app, "2026-10");
    let file = format!(
        "persona,component,task,on,uses_per_month,minutes_per_use,satisfaction,source,sample_size\n\
         Dana,ci,build,2026-03-01,20,31.5,2,survey,12\n{dana},{ci},build,2026-09-01,20,4,,,\n"
    );
    assert_eq!(counts(app, "journeys", &file), (2, 0, 0));
    assert_eq!(counts(app, "journeys", &file), (0, 0, 2));
    let less = "persona,component,task,on,uses_per_month,minutes_per_use\nDana,ci,build,2026-03-01,20,32\n";
    assert_eq!(counts(app, "journeys", less), (0, 1, 0));
    let path = format!("personas/{dana}/journeys?on=2026-03-01");
    let row = app.viewer().get(&path).expect(200).json["items"][0].clone();
    assert_eq!((&row["minutes_per_use"], &row["satisfaction"]), (&json!(32), &json!(2)), "kept, as it was left out");
    let wrong = "persona,component,task,on,uses_per_month,minutes_per_use,satisfaction\n\
                 Nobody,theirs,build,2026-03-01,1,1,\nDana,ci,build,2026-03-02,x,1,9\n\
                 Dana,ci,build,2026-03-03,1,1,\nDana,ci,build,2026-03-03,1,1,\n";
    assert_eq!(
        faults(import(app, "journeys", wrong)),
        [
            "2 persona unknown_reference",
            "2 component unknown_reference",
            "3 uses_per_month type",
            "3 satisfaction too_large",
            "5  repeated"
        ]
    );
    assert_eq!(faults(import(app, "journeys", "component,task,on\n")).len(), 3, "persona, uses and minutes");
}

fn what_is_recorded_is_exported(app: &TestApp) {
    let editor = app.editor();
    let body = json!({ "name": "Dana, \"the dev\"", "goals": ["ship", "sleep"], "skill_level": "expert" });
    let dana = id(&made(&editor, "personas", &body)).to_owned();
    component(app, "ci");
    for (from, people) in [("2026-09-01", 40), ("2026-10-01", 50)] {
        made(&editor, &format!("personas/{dana}/populations"), &json!({ "valid_from": from, "people": people }));
    }
    made(&editor, &format!("personas/{dana}/journeys"), &journey("ci", "build", "2026-09-30"));
    made(&editor, &format!("personas/{dana}/journeys"), &journey("ci", "build", "2026-10-01"));
    let text = |path: &str| app.exporter().get(&format!("exports/{path}")).expect(200).text().to_owned();
    assert_eq!(
        text("personas.csv?columns=product,deleted_at,id,name,goals,pains,skill_level,retired_on,version"),
        format!(
            "product,deleted_at,id,name,goals,pains,skill_level,retired_on,version\r\n\
             platform,,{dana},\"Dana, \"\"the dev\"\"\",\"ship\nsleep\",\"\",expert,,1\r\n"
        )
    );
    assert_eq!(
        text("populations.csv?columns=persona,persona_name,valid_from,people&from=2026-10-01"),
        format!("persona,persona_name,valid_from,people\r\n{dana},\"Dana, \"\"the dev\"\"\",2026-10-01,50\r\n")
    );
    let columns = "component,task,on,uses_per_month,minutes_per_use,satisfaction,source,sample_size";
    assert_eq!(
        text(&format!("journeys.csv?columns={columns}&to=2026-10-01")),
        format!("{columns}\r\nci,build,2026-09-30,12.5,30,2.4,survey,9\r\n")
    );
    assert_eq!(text("journeys.csv?columns=persona_name,persona").lines().count(), 3);
}
