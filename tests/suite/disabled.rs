//! Who is disabled is out: with everything of theirs, on the next request, on every instance.

use crate::{
    access::sign_in,
    app::TestApp,
    client::Client,
    reports::{build, october, path, publish},
};
use serde_json::json;

on_both_engines!(nothing_of_a_disabled_user_works_on_any_instance, who_comes_back_signs_in_anew,);

fn change(app: &TestApp, user: &str, change: &serde_json::Value) {
    let user = format!("/api/v1/users/{user}");
    let etag = app.admin().get(&user).expect(200).etag().to_owned();
    app.admin().patch(&user, &etag, change).expect(200);
}

fn nothing_of_a_disabled_user_works_on_any_instance(app: &TestApp) {
    let other = app.instance();
    october(app);
    let draft = build(app).expect(201);
    publish(app, &draft, &json!({})).expect(200);
    let links = format!("{}/share-links", path(&draft));
    let link = |client: &Client| {
        let made = client.post(&links, &json!({ "expires_at": "2026-11-30T00:00:00Z" })).expect(201);
        made.json["url"].as_str().expect("an address").to_owned()
    };
    let (bearer, (browser, _)) = (app.editor(), sign_in(app, "editor"));
    let (theirs, another) = (link(&bearer), link(&app.owner()));
    let token = json!({ "name": "x", "role": "viewer", "product": "platform", "expires_at": "2026-12-01T00:00:00Z" });
    let token = bearer.post("/api/v1/tokens", &token).expect(201).json["token"].as_str().expect("a token").to_owned();
    let program = app.anonymous().with("X-API-Key", &token);
    let signed = json!({ "dataset": "components", "expires_in": 3600 });
    let signed =
        bearer.post("exports/signed-urls", &signed).expect(201).json["url"].as_str().expect("an address").to_owned();
    let somebody = app.anonymous();
    let asks = |status: u16| {
        for ask in [&bearer, &browser, &program] {
            for client in [ask.clone(), other.as_here(ask)] {
                client.get("components").expect(status);
                client.get("/api/v1/me").expect(status);
            }
        }
    };
    asks(200);
    for client in [somebody.clone(), other.as_here(&somebody)] {
        client.get(&theirs).expect(200);
        client.get(&signed).expect(200);
    }
    change(app, &app.people.editor, &json!({ "disabled": true }));
    asks(401);
    for client in [bearer.clone(), other.as_here(&bearer)] {
        client.post("components", &json!({ "name": "x", "kind": "tool" })).expect(401);
        client.delete("components/db", "\"1\"").expect(401);
    }
    for client in [somebody.clone(), other.as_here(&somebody)] {
        client.get(&signed).expect(404);
        client.get(&theirs).expect(404);
        client.get(&format!("{theirs}.md")).expect(404);
        client.get(&another).expect(200);
        let login = json!({ "email": "editor@example.com", "password": crate::app::PASSWORD });
        client.post("/api/v1/auth/login", &login).expect(401);
    }
    // The same by the other instance: what one writes, the other knows.
    let (viewer, admin) = (app.viewer(), other.as_here(&app.admin()));
    other.as_here(&viewer).get("components").expect(200);
    let user = format!("/api/v1/users/{}", app.people.viewer);
    admin.patch(&user, "\"1\"", &json!({ "disabled": true })).expect(200);
    viewer.get("components").expect(401);
    other.as_here(&viewer).get("components").expect(401);
}

fn who_comes_back_signs_in_anew(app: &TestApp) {
    october(app);
    let draft = build(app).expect(201);
    publish(app, &draft, &json!({})).expect(200);
    let made =
        app.editor().post(&format!("{}/share-links", path(&draft)), &json!({ "expires_at": "2026-11-30T00:00:00Z" }));
    let link = made.expect(201).json["url"].as_str().expect("an address").to_owned();
    let (browser, _) = sign_in(app, "editor");
    app.anonymous().get(&link).expect(200);
    change(app, &app.people.editor, &json!({ "disabled": true }));
    change(app, &app.people.editor, &json!({ "disabled": false }));
    browser.get("components").expect(401);
    app.anonymous().get(&link).expect(404);
    let (browser, _) = sign_in(app, "editor");
    browser.get("components").expect(200);
}
