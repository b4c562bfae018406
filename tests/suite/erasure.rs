//! Who asks that nothing be kept of who they were: rows and the trail lose the person and keep what was done.

use crate::{
    access::sign_in,
    app::{PASSWORD, TestApp},
    client::{Answer, Client},
    portability::columns,
    reports::{build, october, path, publish},
};
use diesel::{prelude::*, sql_query, sql_types::BigInt};
use serde_json::{Value, json};

on_both_engines!(
    nothing_is_left_of_an_erased_user_but_what_they_did,
    who_is_erased_stays_so_and_nobody_erases_themselves,
    nothing_is_left_of_an_erased_stakeholder_but_what_they_are_told,
    nothing_is_left_of_an_erased_member_of_the_team_but_their_hours,
);

/// Where published reports stay as they were told.
const EVIDENCE: &[&str] = &["reports", "report_facts", "report_renderings"];

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    found: i64,
}

/// Where in the whole database a text stands, in whatever case: `table.column`.
fn places(app: &TestApp, text: &str) -> Vec<String> {
    let pattern = format!("%{}%", text.to_lowercase());
    let columns: Vec<_> = columns(&app.url).into_iter().filter(|column| column.kind == "text").collect();
    assert!(columns.len() > 100);
    app.read(move |conn| {
        let mut places = Vec::new();
        for column in columns {
            let (table, name) = (&column.table, &column.name);
            let sql = format!("SELECT count(*) AS found FROM {table} WHERE lower(\"{name}\") LIKE '{pattern}'");
            if sql_query(sql).get_result::<Found>(conn)?.found > 0 {
                places.push(format!("{table}.{name}"));
            }
        }
        Ok(places)
    })
}

/// The same without published reports.
fn live_places(app: &TestApp, text: &str) -> Vec<String> {
    let is_evidence = |place: &String| EVIDENCE.contains(&place.split('.').next().unwrap_or_default());
    places(app, text).into_iter().filter(|place| !is_evidence(place)).collect()
}

fn erase(client: &Client, path: &str) -> Answer {
    let etag = client.get(path).expect(200).etag().to_owned();
    client.with("If-Match", &etag).post(&format!("{path}/erase"), &json!({})).expect(200)
}

fn nothing_is_left_of_an_erased_user_but_what_they_did(app: &TestApp) {
    let admin = app.admin();
    // Somebody with a name and an address that stand nowhere else, who came by an invitation.
    let new = json!({ "email": "Zo_%!\"e@Example.com", "product": "platform", "role": "editor" });
    let made = app.owner().post("/api/v1/invitations", &new).expect(201);
    let url = made.json["url"].as_str().expect("an address");
    let form = app.anonymous().with("Content-Type", "application/x-www-form-urlencoded");
    form.send("POST", url, Some(b"name=Zoraida+Quint&password=correct+horse+battery")).expect(303);
    let list = admin.get("/api/v1/users?q=Zoraida").expect(200);
    let zoe = list.json["items"][0].clone();
    let id = zoe["id"].as_str().expect("an id").to_owned();
    let user = format!("/api/v1/users/{id}");
    let other = json!({ "email": "zo_%!\"E@example.com", "product": "other", "role": "viewer" });
    let open = app.outsider().post("/api/v1/invitations", &other).expect(201);
    let revoked = json!({ "email": "zo_%!\"e@example.com", "product": "other", "role": "viewer" });
    app.outsider().post("/api/v1/invitations", &revoked).expect(201);
    admin.with("Idempotency-Key", "k").post("/api/v1/users", &json!({ "email": "x@y.z", "name": "x" })).expect(201);
    admin.patch(&user, zoe_etag(&zoe), &json!({ "name": "Zoraida Quint-Meyer" })).expect(200);
    let login = json!({ "email": "ZO_%!\"e@example.com", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/login", &login).expect(200);
    let wrong = json!({ "email": "ZO_%!\"e@example.com", "password": "wrong" });
    app.anonymous().post("/api/v1/auth/login", &wrong).expect(401);
    // What they do: rows, and words on a report that is published and on one that is not.
    let their = app.user(&id);
    october(app);
    let report = path(&build(app).expect(201));
    let said = their.with("If-None-Match", "*");
    said.put(&format!("{report}/commentary/cost"), &json!({ "text": "Said before." })).expect(200);
    let draft = app.editor().get(&report).expect(200);
    publish(app, &draft, &json!({})).expect(200);
    let published = app.viewer().get(&format!("{report}.html")).expect(200);
    assert!(published.text().contains("Zoraida Quint-Meyer"), "{}", published.text());
    let draft = path(&app.editor().post("reports", &json!({ "month": "2026-09" })).expect(201));
    said.put(&format!("{draft}/commentary/cost"), &json!({ "text": "Said in a draft." })).expect(200);
    let component = their.post("components", &json!({ "name": "Hers", "kind": "tool" })).expect(201);
    let token = json!({ "name": "Zoraida's laptop", "role": "viewer", "product": "platform", "expires_at": "2026-12-01T00:00:00Z" });
    let token = their.post("/api/v1/tokens", &token).expect(201).json["token"].as_str().expect("a token").to_owned();
    let program = app.anonymous().with("X-API-Key", &token);
    program.get("components").expect(200);
    let members = app.owner().get(&format!("members?user={id}")).expect(200);
    assert!(places(app, "zoraida").len() > 4 && places(app, "example.com").len() > 3);

    let erased = erase(&admin, &user);
    let row =
        json!({ "name": "Erased user", "email": format!("{id}@erased.invalid"), "admin": false, "disabled": true });
    for (property, value) in row.as_object().expect("an object") {
        assert_eq!(&erased.json[property], value);
    }
    assert_eq!(erased.json["id"], json!(id));
    assert!(erased.json["erased_at"].is_string());
    assert_eq!(live_places(app, "zoraida"), ["report_commentaries.author_name"]);
    assert_eq!(live_places(app, "zo__!%e@"), [""; 0], "no address, whatever stands in it");
    // What they did is there, by their id.
    let trail = app
        .owner()
        .get(&format!("audit-events?actor_id={id}&sort=at&resource=report-commentaries,components"))
        .expect(200);
    assert_eq!(trail.column("resource"), ["report-commentaries", "report-commentaries", "components"]);
    assert_eq!(trail.column("address"), ["null", "null", "null"], "from where is forgotten");
    assert_eq!(trail.json["items"][2]["after"]["name"], "Hers");
    assert_eq!(trail.json["items"][0]["after"]["author_name"], Value::Null);
    assert_eq!(trail.json["items"][0]["after"]["text"], "Said before.");
    let own = admin.get(&format!("/api/v1/audit-events?resource=users&row_id={id}&sort=at")).expect(200);
    assert_eq!(own.column("action"), ["create", "sign_in", "update", "sign_in", "erase"]);
    assert_eq!(own.json["items"][2]["before"]["name"], Value::Null);
    assert_eq!(own.json["items"][2]["before"]["admin"], false, "what is not personal stays");
    assert_eq!(own.json["items"][4]["actor_id"], json!(app.people.admin));
    assert_eq!(own.json["items"][4]["address"], "127.0.0.1");
    app.owner().get(&format!("components/{}", component.json["key"].as_str().expect("a key"))).expect(200);
    assert_eq!(app.owner().get(&format!("members?user={id}")).expect(200).column("id"), members.column("id"));
    assert_eq!(app.viewer().get(&format!("{report}.html")).expect(200).bytes, published.bytes, "evidence");
    let words = app.editor().get(&format!("{draft}/commentary/cost")).expect(200);
    assert_eq!(words.json["author_name"], "Erased user");
    // Nothing of theirs opens anything.
    their.get("/api/v1/me").expect(401);
    program.get("components").expect(401);
    app.anonymous().post("/api/v1/auth/login", &login).expect(401);
    app.anonymous().get(open.json["url"].as_str().expect("an address")).expect(404);
    // The address is free for who comes next, or comes back as somebody new.
    admin.post("/api/v1/users", &json!({ "email": "zo_%!\"e@example.com", "name": "New" })).expect(201);
}

fn zoe_etag(user: &Value) -> &'static str {
    assert_eq!(user["version"], 1);
    "\"1\""
}

fn who_is_erased_stays_so_and_nobody_erases_themselves(app: &TestApp) {
    let admin = app.admin();
    let (browser, _) = sign_in(app, "viewer");
    let viewer = format!("/api/v1/users/{}", app.people.viewer);
    let send = |client: &Client, etag: &str| client.with("If-Match", etag).post(&format!("{viewer}/erase"), &json!({}));
    for client in [app.owner(), app.viewer()] {
        send(&client, "\"1\"").expect(403);
    }
    admin.post(&format!("{viewer}/erase"), &json!({})).expect(428);
    send(&admin, "\"2\"").expect(412);
    let erased = send(&admin, "\"1\"").expect(200);
    browser.get("components").expect(401);
    assert_eq!(send(&admin, erased.etag()).expect(409).json["code"], "erased");
    for back in [json!({ "disabled": false }), json!({ "email": "viewer@example.com" }), json!({})] {
        assert_eq!(admin.patch(&viewer, erased.etag(), &back).expect(409).json["code"], "erased");
    }
    let me = format!("/api/v1/users/{}", app.people.admin);
    let refused = admin.with("If-Match", "\"1\"").post(&format!("{me}/erase"), &json!({})).expect(409);
    assert_eq!(refused.json["code"], "yourself");
    assert_eq!(admin.get("/api/v1/users?erased_at=null").expect(200).column("id").len(), 5);
}

fn nothing_is_left_of_an_erased_stakeholder_but_what_they_are_told(app: &TestApp) {
    let new = json!({
        "name": "Erika Mustermann", "group": "finance", "email": "erika@company.example", "locale": "de-AT",
    });
    let erika = app.owner().post("stakeholders", &new).expect(201);
    let id = erika.json["id"].as_str().expect("an id").to_owned();
    let place = format!("stakeholders/{id}");
    app.owner().patch(&place, "\"1\"", &json!({ "user": app.people.viewer })).expect(200);
    october(app);
    let draft = build(app).expect(201);
    publish(app, &draft, &json!({})).expect(200);
    let report = path(&draft);
    let view = format!("{report}.html?for={id}");
    let told = app.viewer().get(&view).expect(200);
    assert!(told.text().contains("Erika Mustermann"));
    assert!(live_places(app, "erika").len() >= 5, "{:?}", live_places(app, "erika"));
    app.editor().with("If-Match", "\"2\"").post(&format!("{place}/erase"), &json!({})).expect(403);
    let erased = erase(&app.owner(), &place);
    let name = erased.json["name"].as_str().expect("a name");
    assert_eq!(name, format!("Erased stakeholder {}", &id[id.len() - 8..]));
    assert_eq!(erased.json["retired_on"], "2026-11-02");
    for gone in ["email", "user", "locale"] {
        assert_eq!(erased.json[gone], Value::Null, "{gone}");
    }
    assert_eq!(live_places(app, "erika"), [""; 0]);
    assert_eq!(app.viewer().get(&view).expect(200).bytes, told.bytes, "what was told stays as it was");
    let trail = app.owner().get(&format!("audit-events?row_id={id}&sort=at")).expect(200);
    assert_eq!(trail.column("action"), ["create", "update", "erase"]);
    assert_eq!(trail.json["items"][0]["after"]["group"], "finance");
    let deliveries = app.owner().get(&format!("{report}/deliveries?stakeholder={id}")).expect(200);
    assert_eq!(deliveries.column("address"), [""]);
    // The export says that the row has changed, and no more.
    let export = app.owner().get("exports/stakeholders.csv").expect(200);
    assert!(export.text().contains("Erased stakeholder") && !export.text().to_lowercase().contains("erika"));
}

fn nothing_is_left_of_an_erased_member_of_the_team_but_their_hours(app: &TestApp) {
    let new = json!({ "name": "Tomasz Zielinski", "hours_per_week": 40, "valid_from": "2026-01-01" });
    let made = app.editor().post("team", &new).expect(201);
    let id = made.json["id"].as_str().expect("an id").to_owned();
    app.editor().patch(&format!("team/{id}"), "\"1\"", &json!({ "hours_per_week": 32 })).expect(200);
    let week = json!({ "entries": [{ "person": id, "shares": [{ "kind": "toil", "share": 1 }] }] });
    app.editor().with("If-None-Match", "*").put("effort/2026-W40", &week).expect(200);
    assert!(!live_places(app, "zielinski").is_empty());
    let erased = erase(&app.owner(), &format!("team/{id}"));
    assert_eq!(erased.json["name"], format!("Erased member {}", &id[id.len() - 8..]));
    assert_eq!(erased.json["hours_per_week"], json!(32));
    assert_eq!(live_places(app, "zielinski"), [""; 0]);
    let kept = app.editor().get("effort/2026-W40").expect(200);
    assert_eq!(kept.json["entries"][0]["person"], json!(id));
    let trail = app.editor().get(&format!("audit-events?row_id={id}&sort=at")).expect(200);
    assert_eq!(trail.column("action"), ["create", "update", "erase"]);
    assert_eq!(
        (&trail.json["items"][1]["before"]["name"], &trail.json["items"][1]["before"]["hours_per_week"]),
        (&Value::Null, &json!(40))
    );
}
