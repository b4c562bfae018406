//! For whom the work is done, and who may know where they are reached.

use crate::{
    app::{TestApp, block_on},
    client::{Answer, Client},
};
use diesel::prelude::*;
use prodops::{
    imports::{self, Format, Mode},
    kernel::{
        db::Author,
        schema::{audit_events, tombstones},
    },
    stakeholders,
};
use serde_json::{Value, json};

on_both_engines!(
    a_stakeholder_has_their_defaults_and_is_what_the_schema_allows,
    only_an_owner_says_who_they_are,
    a_user_is_a_member_of_the_product,
    viewers_are_not_told_where_to_reach_them,
    what_they_care_about_is_named_by_key_or_id,
    stakeholders_are_filtered_and_found_by_user,
    a_stakeholder_is_deleted_with_what_they_care_about,
    stakeholder_files_come_in_by_name_and_twice_change_nothing,
    a_file_names_people_only_for_an_owner_or_the_operator,
    exports_hide_what_answers_hide,
);

fn made(client: &Client, body: &Value) -> Value {
    client.post("stakeholders", body).expect(201).json
}

fn path(row: &Value) -> String {
    format!("stakeholders/{}", row["id"].as_str().expect("an id"))
}

fn component(app: &TestApp, key: &str) -> Value {
    let body = json!({ "key": key, "name": key, "kind": "service" });
    app.editor().post("components", &body).expect(201).json["id"].clone()
}

fn import(client: &Client, content: &str) -> Answer {
    client.with("Content-Type", "text/csv").send("POST", "imports/stakeholders", Some(content.as_bytes()))
}

#[track_caller]
fn counts(client: &Client, content: &str) -> (u64, u64, u64) {
    let answer = import(client, content).expect(200);
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

fn a_stakeholder_has_their_defaults_and_is_what_the_schema_allows(app: &TestApp) {
    let ingrid = made(&app.editor(), &json!({ "name": "Ingrid", "group": "finance" }));
    let expected = json!({
        "name": "Ingrid", "group": "finance", "email": null, "user": null, "cares_about": { "components": [], "objectives": [] },
        "locale": null, "retired_on": null, "version": 1,
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&ingrid[name], value, "{name}");
    }
    assert_eq!(app.editor().get(&path(&ingrid)).expect(200).json, ingrid);
    let wrong = json!({
        "name": "", "group": "marketing", "email": "nobody", "user": "", "locale": "german!", "retired_on": "x",
        "cares_about": { "objectives": [""], "personas": [], "components": ["a b"] },
    });
    assert_eq!(
        app.owner().post("stakeholders", &wrong).expect(422).faults(),
        [
            "/cares_about/components/0 format",
            "/cares_about/objectives/0 too_short",
            "/cares_about/personas unknown_property",
            "/email format",
            "/group not_one_of",
            "/locale format",
            "/name too_short",
            "/retired_on format",
            "/user too_short"
        ]
    );
    let mut version = 1;
    for (locale, allowed) in [
        ("de", true),
        ("de-AT", true),
        ("zh-Hant-TW", true),
        ("es-419", true),
        ("sl-rozaj-biske", true),
        ("de-CH-1901", true),
        ("en-US-u-ca-gregory", true),
        ("en-x-shop", true),
        ("", false),
        ("d", false),
        ("de_AT", false),
        ("de-", false),
        ("german", false),
        ("de-AT-AT-AT", false),
    ] {
        let etag = format!("\"{version}\"");
        let answer = app.editor().patch(&path(&ingrid), &etag, &json!({ "locale": locale }));
        assert_eq!(answer.status, if allowed { 200 } else { 422 }, "{locale}");
        version += i64::from(allowed);
    }
    let again = json!({ "name": "Ingrid", "group": "sales" });
    assert_eq!(app.editor().post("stakeholders", &again).expect(409).json["code"], "exists");
    let zoe = made(&app.editor(), &json!({ "name": "Zoe\u{308}", "group": "sales" }));
    let same = json!({ "name": "Zo\u{eb}", "group": "sales" });
    app.editor().post("stakeholders", &same).expect(409);
    app.editor().patch(&path(&zoe), "\"1\"", &json!({ "name": "Zo\u{eb}" })).expect(200);
}

fn only_an_owner_says_who_they_are(app: &TestApp) {
    let (owner, editor) = (app.owner(), app.editor());
    for property in [json!({ "email": "i@example.com" }), json!({ "user": app.people.viewer })] {
        let mut body = json!({ "name": "Ingrid", "group": "finance" });
        body.as_object_mut().expect("an object").extend(property.as_object().expect("an object").clone());
        editor.post("stakeholders", &body).expect(403);
        app.viewer().post("stakeholders", &body).expect(403);
    }
    assert_eq!(owner.get("stakeholders").expect(200).column("name"), [""; 0]);
    let body = json!({ "name": "Ingrid", "group": "finance", "email": "i@example.com", "user": app.people.viewer });
    let ingrid = made(&owner, &body);
    let path = path(&ingrid);
    for patch in [
        json!({ "email": "me@example.com" }),
        json!({ "email": null }),
        json!({ "user": app.people.editor }),
        json!({ "user": null, "group": "sales" }),
    ] {
        let refused = editor.patch(&path, "\"1\"", &patch).expect(403);
        assert!(refused.json["detail"].as_str().is_some_and(|detail| detail.contains("owner")), "{refused}");
    }
    let rest = json!({ "name": "Ingrid V.", "group": "sales", "locale": "da", "retired_on": "2026-12-31" });
    let changed = editor.patch(&path, "\"1\"", &rest).expect(200).json;
    assert_eq!((&changed["email"], &changed["user"]), (&body["email"], &body["user"]), "they stay as they are");
    assert_eq!((&changed["group"], &changed["locale"]), (&json!("sales"), &json!("da")));
    let same = json!({ "email": body["email"], "user": body["user"], "locale": "nb" });
    editor.patch(&path, "\"2\"", &same).expect(200);
    let changed = owner.patch(&path, "\"3\"", &json!({ "email": null, "user": app.people.editor })).expect(200).json;
    assert_eq!((&changed["email"], &changed["user"]), (&Value::Null, &json!(app.people.editor)));
}

fn a_user_is_a_member_of_the_product(app: &TestApp) {
    let owner = app.owner();
    let post = |user: &str| owner.post("stakeholders", &json!({ "name": "x", "group": "support", "user": user }));
    for nobody in ["nobody", &app.people.outsider, &app.people.admin] {
        assert_eq!(post(nobody).expect(422).faults(), ["/user unknown_reference"]);
    }
    let row = post(&app.people.viewer).expect(201).json;
    let path = path(&row);
    let answer = owner.patch(&path, "\"1\"", &json!({ "user": app.people.outsider })).expect(422);
    assert_eq!(answer.faults(), ["/user unknown_reference"]);
    let members = owner.get("members").expect(200).json;
    let member = members["items"].as_array().expect("members").iter().find(|one| one["user"] == app.people.viewer);
    let member = format!("members/{}", member.expect("a member")["id"].as_str().expect("an id"));
    owner.delete(&member, "\"1\"").expect(204);
    let kept = app.editor().patch(&path, "\"1\"", &json!({ "locale": "de" })).expect(200).json;
    assert_eq!(kept["user"], json!(app.people.viewer), "who has left is still who they were");
}

fn viewers_are_not_told_where_to_reach_them(app: &TestApp) {
    let body = json!({ "name": "Ingrid", "group": "finance", "email": "i@example.com", "user": app.people.viewer });
    let path = path(&made(&app.owner(), &body));
    made(&app.owner(), &json!({ "name": "Nobody", "group": "sales" }));
    for client in [app.owner(), app.editor()] {
        assert_eq!(client.get(&path).expect(200).json["email"], "i@example.com");
        assert_eq!(client.get("stakeholders?sort=name").expect(200).column("email"), ["i@example.com", "null"]);
    }
    // The stakeholder themselves, too.
    let seen = app.viewer().get(&path).expect(200);
    assert_eq!((seen.etag(), &seen.json["name"]), ("\"1\"", &json!("Ingrid")));
    let listed = app.viewer().get("stakeholders").expect(200);
    assert_eq!(listed.json["items"].as_array().map(Vec::len), Some(2));
    for answer in [&seen, &listed] {
        let text = answer.text();
        assert!(!text.contains("email") && !text.contains("user") && !text.contains("i@example.com"), "{answer}");
    }
    app.exporter().get(&path).expect(403);
    // Nor by asking for what is not shown.
    for query in ["email=i@example.com", "user=x", "sort=email", "sort=user", "email.gte=a", "user=null"] {
        app.viewer().get(&format!("stakeholders?{query}")).expect(422);
    }
    assert_eq!(app.viewer().get("stakeholders?q=example.com").expect(200).column("name"), [""; 0]);
}

fn what_they_care_about_is_named_by_key_or_id(app: &TestApp) {
    let (ci, editor) = (component(app, "ci"), app.editor());
    component(app, "db");
    let body = json!({ "name": "Ingrid", "group": "product", "cares_about": { "components": ["db", ci] } });
    let row = made(&editor, &body);
    assert_eq!(row["cares_about"], json!({ "components": ["ci", "db"], "objectives": [] }));
    let path = path(&row);
    assert_eq!(app.viewer().get(&path).expect(200).json["cares_about"], row["cares_about"]);
    let wrong = json!({ "cares_about": { "components": ["ci", "theirs", "nothing"] } });
    assert_eq!(
        editor.patch(&path, "\"1\"", &wrong).expect(422).faults(),
        ["/cares_about/components/1 unknown_reference", "/cares_about/components/2 unknown_reference"]
    );
    assert_eq!(editor.delete("components/ci", "\"1\"").expect(409).json["code"], "referenced");
    let less = editor.patch(&path, "\"1\"", &json!({ "cares_about": { "components": ["db"] } })).expect(200).json;
    assert_eq!(less["cares_about"], json!({ "components": ["db"], "objectives": [] }));
    editor.delete("components/ci", "\"1\"").expect(204);
    let none = editor.patch(&path, "\"2\"", &json!({ "cares_about": null })).expect(200).json;
    assert_eq!(none["cares_about"], json!({ "components": [], "objectives": [] }));
    assert_eq!(app.viewer().get("stakeholders").expect(200).json["items"][0]["cares_about"], none["cares_about"]);
}

fn stakeholders_are_filtered_and_found_by_user(app: &TestApp) {
    let viewer = app.people.viewer.clone();
    for (name, group, locale, retired, user) in [
        ("Ingrid", "finance", json!("da"), json!(null), json!(viewer)),
        ("Board", "executive", json!(null), json!(null), json!(viewer)),
        ("Old", "finance", json!("de-AT"), json!("2026-01-31"), json!(null)),
    ] {
        let body = json!({ "name": name, "group": group, "locale": locale, "retired_on": retired, "user": user });
        made(&app.owner(), &body);
    }
    let names = |query: &str| app.viewer().get(&format!("stakeholders?{query}")).expect(200).column("name");
    assert_eq!(names("group=finance&sort=name"), ["Ingrid", "Old"]);
    assert_eq!(names("retired_on=null&sort=-name"), ["Ingrid", "Board"]);
    assert_eq!(names("locale=null,de-AT&sort=name"), ["Board", "Old"]);
    assert_eq!(names("q=ing"), ["Ingrid"]);
    app.viewer().get("stakeholders?group=marketing").expect(422);
    let product = app.platform();
    app.read(move |conn| {
        let names = |rows: Vec<stakeholders::Stakeholder>| rows.into_iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names(stakeholders::store::all(conn, &product)?), ["Board", "Ingrid", "Old"]);
        assert_eq!(names(stakeholders::store::of_user(conn, &product, &viewer)?), ["Board", "Ingrid"]);
        assert_eq!(names(stakeholders::store::of_user(conn, &product, "nobody")?), [""; 0]);
        Ok(())
    });
}

fn a_stakeholder_is_deleted_with_what_they_care_about(app: &TestApp) {
    component(app, "ci");
    let body = json!({ "name": "Ingrid", "group": "product", "cares_about": { "components": ["ci"] } });
    let row = made(&app.editor(), &body);
    let path = path(&row);
    app.editor().delete(&path, "\"2\"").expect(412);
    app.viewer().delete(&path, "\"1\"").expect(403);
    app.outsider().get(&format!("/api/v1/products/other/{path}")).expect(404);
    app.editor().delete(&path, "\"1\"").expect(204);
    app.viewer().get(&path).expect(404);
    app.editor().delete("components/ci", "\"1\"").expect(204);
    let id = row["id"].as_str().expect("an id").to_owned();
    let (left, events) = app.read(move |conn| {
        let of = tombstones::table.filter(tombstones::row_id.eq(&id)).select(tombstones::resource);
        let events = audit_events::table.filter(audit_events::row_id.eq(&id)).order(audit_events::change_number);
        Ok((of.first::<String>(conn)?, events.select(audit_events::action).load::<String>(conn)?))
    });
    assert_eq!((left.as_str(), events), ("stakeholders", vec!["create".to_owned(), "delete".to_owned()]));
}

fn stakeholder_files_come_in_by_name_and_twice_change_nothing(app: &TestApp) {
    let ci = component(app, "ci");
    component(app, "db");
    let file = format!(
        "name,group,cares_about_components,locale,retired_on\nIngrid,finance,db {} ci,da,\nBoard,executive,,,\n",
        ci.as_str().expect("an id")
    );
    assert_eq!(counts(&app.editor(), &file), (2, 0, 0));
    assert_eq!(counts(&app.editor(), &file), (0, 0, 2));
    let row = app.viewer().get("stakeholders?name=Ingrid").expect(200).json["items"][0].clone();
    assert_eq!(
        (&row["cares_about"], &row["version"]),
        (&json!({ "components": ["ci", "db"], "objectives": [] }), &json!(1))
    );
    assert_eq!(counts(&app.editor(), "name,group,cares_about_components\nIngrid,sales,db\n"), (0, 1, 0));
    let row = app.viewer().get("stakeholders?name=Ingrid").expect(200).json["items"][0].clone();
    assert_eq!(
        (&row["cares_about"], &row["locale"]),
        (&json!({ "components": ["db"], "objectives": [] }), &json!("da"))
    );
    let wrong = format!(
        "name,group,cares_about_components,locale\nA,marketing,,\nB,sales,nothing theirs,\nC,sales,{},\nD,sales,,x\n\
         D,sales,,\nD,sales,,\n",
        "x".repeat(64)
    );
    assert_eq!(
        faults(import(&app.editor(), &wrong)),
        [
            "2 group not_one_of",
            "3 cares_about_components unknown_reference",
            "3 cares_about_components unknown_reference",
            "4 cares_about_components format",
            "5 locale format",
            "7  repeated"
        ]
    );
}

fn a_file_names_people_only_for_an_owner_or_the_operator(app: &TestApp) {
    let file = format!(
        "name,group,email,user\nIngrid,finance,i@example.com,{}\nBoard,executive,b@example.com,\nNew,sales,,\n",
        app.people.viewer
    );
    let refused = ["2 email owners_only", "2 user owners_only", "3 email owners_only"];
    assert_eq!(faults(import(&app.editor(), &file)), refused);
    let dry = app.editor().with("Content-Type", "text/csv");
    let dry = dry.send("POST", "imports/stakeholders?dry_run=true", Some(file.as_bytes()));
    assert_eq!(faults(dry), refused);
    assert_eq!(counts(&app.owner(), &file), (3, 0, 0));
    assert_eq!(counts(&app.editor(), &file), (0, 0, 3), "what is there already is set by nobody");
    assert_eq!(counts(&app.editor(), "name,group\nIngrid,sales\n"), (0, 1, 0));
    let other = file.replace("i@example.com", "").replace("finance", "sales");
    assert_eq!(faults(import(&app.editor(), &other)), ["2 email owners_only"]);
    assert_eq!(counts(&app.owner(), &other), (0, 1, 2));
    let outsider = format!("name,group,user\nNew,sales,{}\n", app.people.outsider);
    assert_eq!(faults(import(&app.owner(), &outsider)), ["2 user unknown_reference"]);

    let kept = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(kept.path(), "name,group,email\nNew,sales,new@example.com\n").expect("a written file");
    let (platform, path) = (app.platform(), kept.path().to_owned());
    let run = imports::run(&app.db, Author::operator(), &platform, (Format::Stakeholders, Mode::Strict), path, false);
    assert_eq!(block_on(run).expect("an import").changed, 1);
}

fn exports_hide_what_answers_hide(app: &TestApp) {
    component(app, "ci");
    let body = json!({
        "name": "Ingrid", "group": "finance", "email": "i@example.com", "user": app.people.viewer,
        "cares_about": { "components": ["ci"] }, "locale": "da",
    });
    made(&app.owner(), &body);
    let columns = "product,deleted_at,name,group,email,user,cares_about_components,locale,retired_on,version";
    let text = |client: Client| {
        client.get(&format!("exports/stakeholders.csv?columns={columns}")).expect(200).text().to_owned()
    };
    for client in [app.owner(), app.editor()] {
        let line = format!("platform,,Ingrid,finance,i@example.com,{},ci,da,,1", app.people.viewer);
        assert_eq!(text(client), format!("{columns}\r\n{line}\r\n"));
    }
    for client in [app.viewer(), app.exporter()] {
        assert_eq!(text(client), format!("{columns}\r\nplatform,,Ingrid,finance,,,ci,da,,1\r\n"));
    }
}
