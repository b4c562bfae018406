//! Who may come in: sign-in by API and by browser, users, members.

use crate::{
    app::{NOW, PASSWORD, TestApp, session_of},
    client::{Answer, Client},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use prodops::{
    access::attempts::{self, Attempt},
    kernel::schema::{audit_events, users},
};
use serde_json::{Value, json};

on_both_engines!(
    a_password_gets_a_token_that_works_for_fifteen_minutes,
    a_wrong_password_an_unknown_and_a_disabled_user_are_told_the_same,
    twenty_failures_of_an_account_close_it_for_five_minutes,
    sixty_failures_from_an_address_close_it,
    good_logins_do_not_count,
    a_browser_signs_in_and_its_cookie_opens_reading_only,
    the_form_sends_nobody_elsewhere_and_says_what_is_wrong,
    nobody_elses_page_signs_in_or_out,
    the_form_refuses_what_no_address_holds,
    a_disabled_user_is_out_at_once,
    an_admin_makes_users_and_no_answer_holds_a_password,
    an_address_belongs_to_one_user_in_whatever_case,
    membership_is_read_at_each_request,
    a_product_keeps_at_least_one_owner,
    two_owners_who_leave_at_once_do_not_both_leave,
    a_user_is_a_member_once,
    a_token_of_another_key_or_kind_opens_nothing,
);

fn login(app: &TestApp, email: &str, password: &str) -> Answer {
    app.anonymous().post("/api/v1/auth/login", &json!({ "email": email, "password": password }))
}

fn a_password_gets_a_token_that_works_for_fifteen_minutes(app: &TestApp) {
    let tokens = login(app, "Viewer@Example.COM", PASSWORD).expect(200).json;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
    let token = tokens["access_token"].as_str().expect("a token");
    let client = app.anonymous().with("Authorization", &format!("bearer {token}"));
    let me = client.get("/api/v1/me").expect(200).json;
    assert_eq!((&me["email"], &me["admin"]), (&json!("viewer@example.com"), &json!(false)));
    app.pass(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    client.get("components").expect(200);
    app.pass(TimeDelta::seconds(10));
    client.get("components").expect(401);
}

fn a_wrong_password_an_unknown_and_a_disabled_user_are_told_the_same(app: &TestApp) {
    disable(app, &app.people.exporter);
    let told = |email: &str, password: &str| login(app, email, password).expect(401).json["detail"].clone();
    let wrong = told("viewer@example.com", "not the password");
    assert_eq!(told("nobody@example.com", PASSWORD), wrong);
    assert_eq!(told("exporter@example.com", PASSWORD), wrong);
    login(app, "viewer@example.com", "").expect(401);
    let refused = app.anonymous().post("/api/v1/auth/login", &json!({ "email": "x", "otp": 1 })).expect(422);
    assert_eq!(refused.faults(), ["/otp unknown_property", "/password required"]);
}

fn twenty_failures_of_an_account_close_it_for_five_minutes(app: &TestApp) {
    for _ in 0..20 {
        login(app, "viewer@example.com", "not the password").expect(401);
    }
    let refused = login(app, "VIEWER@example.com", PASSWORD).expect(429);
    let wait: i64 = refused.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((1..=300).contains(&wait));
    login(app, "editor@example.com", PASSWORD).expect(200);
    app.pass(TimeDelta::seconds(wait));
    login(app, "viewer@example.com", PASSWORD).expect(200);
}

fn sixty_failures_from_an_address_close_it(app: &TestApp) {
    // Written down directly: each guess takes as long as a password is hashed.
    let now = app.clock.now();
    app.change(move |tx| {
        for nth in 0..60 {
            let id = format!("f{nth}");
            attempts::store::note(tx, &id, Attempt::Address, "127.0.0.1", now)?;
        }
        tx.nothing_changed();
        Ok(())
    });
    login(app, "editor@example.com", PASSWORD).expect(429);
}

fn good_logins_do_not_count(app: &TestApp) {
    for _ in 0..19 {
        login(app, "viewer@example.com", "not the password").expect(401);
    }
    login(app, "viewer@example.com", PASSWORD).expect(200);
    login(app, "viewer@example.com", PASSWORD).expect(200);
    login(app, "viewer@example.com", "not the password").expect(401);
    login(app, "viewer@example.com", PASSWORD).expect(429);
}

fn form(app: &TestApp, body: &str) -> Answer {
    let client = app.anonymous().with("Content-Type", "application/x-www-form-urlencoded");
    client.send("POST", "/login", Some(body.as_bytes()))
}

/// Signs in through the form; the cookie, and what else the answer said of it.
pub fn sign_in(app: &TestApp, who: &str) -> (Client, String) {
    let password = PASSWORD.replace(' ', "+");
    let answer = form(app, &format!("email={who}%40example.com&password={password}")).expect(303);
    assert_eq!(answer.header("location"), Some("/"));
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    let (pair, said) = cookie.split_once(';').expect("attributes");
    (app.anonymous().with("Cookie", pair), said.to_owned())
}

fn a_browser_signs_in_and_its_cookie_opens_reading_only(app: &TestApp) {
    let (browser, said) = sign_in(app, "editor");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(said.contains(attribute), "{said}");
    }
    browser.get("components").expect(200);
    browser.send("HEAD", "components", None).expect(200);
    let new = json!({ "name": "Search", "kind": "tool" });
    browser.post("components", &new).expect(401);
    browser.patch("components/search", "\"1\"", &json!({})).expect(401);
    browser.delete("components/search", "\"1\"").expect(401);
    browser.with("Authorization", "Bearer x").get("components").expect(401);
    let out = browser.send("POST", "/logout", Some(b"")).expect(303);
    assert_eq!(out.header("location"), Some("/login"));
    browser.get("components").expect(401);
    let (browser, _) = sign_in(app, "editor");
    app.pass(TimeDelta::hours(12) - TimeDelta::seconds(1));
    browser.get("components").expect(200);
    app.pass(TimeDelta::seconds(1));
    browser.get("components").expect(401);
    let stored: Vec<String> = app.read(|conn| {
        use prodops::kernel::{auth::SessionKind, schema::sessions};
        let browsers = sessions::table.filter(sessions::kind.eq(SessionKind::Browser));
        Ok(browsers.select(sessions::token_hash).load(conn)?)
    });
    assert!(!stored.is_empty() && stored.iter().all(|hash| hash.len() == 64), "only hashes are kept");
}

fn the_form_sends_nobody_elsewhere_and_says_what_is_wrong(app: &TestApp) {
    let password = PASSWORD.replace(' ', "+");
    let goes = |next: &str| {
        let body = format!("email=viewer%40example.com&password={password}&next={next}");
        form(app, &body).expect(303).header("location").expect("a place").to_owned()
    };
    assert_eq!(goes("%2Fdocs%2F"), "/docs/");
    for elsewhere in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "javascript%3Ax",
        "%2F%09%2Fevil.example",
        "%2F%0A",
    ] {
        assert_eq!(goes(elsewhere), "/", "{elsewhere}");
    }
    let refused = form(app, "email=viewer%40example.com&password=wrong&next=%2F%22%3E%3Cscript%3E");
    assert_eq!(refused.status, 401);
    assert!(refused.text().contains("wrong") && !refused.text().contains("<script>"), "{refused}");
    let person = app.anonymous().with("Accept", "text/html,application/xhtml+xml");
    let sent = person.get("components").expect(303);
    assert_eq!(sent.header("location"), Some("/login?next=/api/v1/products/platform/components"));
    let sent = person.get("/api/v1/products/platform/reports/x.html?for=finance&a=b").expect(303);
    assert_eq!(
        sent.header("location"),
        Some("/login?next=/api/v1/products/platform/reports/x.html%3Ffor%3Dfinance"),
        "the reader is kept, and nothing that may be a secret"
    );
    assert!(person.get("/login").expect(200).text().contains("autocomplete=\"current-password\""));
}

fn nobody_elses_page_signs_in_or_out(app: &TestApp) {
    let (browser, _) = sign_in(app, "viewer");
    let body = format!("email=viewer%40example.com&password={}", PASSWORD.replace(' ', "+"));
    let form = app.anonymous().with("Content-Type", "application/x-www-form-urlencoded");
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        form.with(name, value).send("POST", "/login", Some(body.as_bytes())).expect(403);
        browser.with(name, value).send("POST", "/logout", Some(b"")).expect(403);
    }
    browser.get("components").expect(200);
    let own = form.with("Origin", &app.anonymous().origin());
    own.send("POST", "/login", Some(body.as_bytes())).expect(303);
    own.with("Sec-Fetch-Site", "same-origin").send("POST", "/login", Some(body.as_bytes())).expect(303);
    browser.with("Sec-Fetch-Site", "same-origin").send("POST", "/logout", Some(b"")).expect(303);
    browser.get("components").expect(401);
}

fn the_form_refuses_what_no_address_holds(app: &TestApp) {
    for body in ["", "email=x", "email=%00&password=x", "email=%FF&password=x", "{}"] {
        let status = form(app, body).status;
        assert!((400..500).contains(&status), "{body}: {status}");
    }
}

fn disable(app: &TestApp, user: &str) {
    app.admin().patch(&format!("/api/v1/users/{user}"), "\"1\"", &json!({ "disabled": true })).expect(200);
}

fn a_disabled_user_is_out_at_once(app: &TestApp) {
    let (token, (browser, _)) = (app.viewer(), sign_in(app, "viewer"));
    token.get("components").expect(200);
    disable(app, &app.people.viewer);
    token.get("components").expect(401);
    token.get("/api/v1/me").expect(401);
    browser.get("components").expect(401);
    // Coming back does not bring an old session back.
    let user = format!("/api/v1/users/{}", app.people.viewer);
    app.admin().patch(&user, "\"2\"", &json!({ "disabled": false })).expect(200);
    browser.get("components").expect(401);
}

fn an_admin_makes_users_and_no_answer_holds_a_password(app: &TestApp) {
    let admin = app.admin();
    let new = json!({ "email": "Ann@Example.com", "name": "Ann", "password": "twelve letters" });
    let made = admin.post("/api/v1/users", &new).expect(201);
    let id = made.json["id"].as_str().expect("an id").to_owned();
    assert_eq!(made.header("location"), Some(format!("/api/v1/users/{id}").as_str()));
    login(app, "ann@example.com", "twelve letters").expect(200);
    let list = admin.get("/api/v1/users?email=ann@example.com").expect(200);
    assert_eq!(list.column("name"), ["Ann"]);
    for answer in [&made, &list, &admin.get(&format!("/api/v1/users/{id}"))] {
        assert!(!answer.text().contains("password") && !answer.text().contains("argon2"), "{answer}");
    }
    let (events, hash): (Vec<Option<String>>, Option<String>) = app.read(move |conn| {
        let after = audit_events::table.filter(audit_events::row_id.eq(&id)).select(audit_events::after).load(conn)?;
        Ok((after, users::table.find(&id).select(users::password_hash).first(conn)?))
    });
    assert!(hash.is_some_and(|hash| hash.starts_with("$argon2id$")));
    assert!(!format!("{events:?}").contains("argon2"), "no hash in the audit trail");
    let refused = admin.post("/api/v1/users", &json!({ "email": "no address", "name": "", "password": "short" }));
    assert_eq!(refused.expect(422).faults(), ["/email format", "/name too_short", "/password too_short"]);
}

fn an_address_belongs_to_one_user_in_whatever_case(app: &TestApp) {
    let admin = app.admin();
    admin.post("/api/v1/users", &json!({ "email": "VIEWER@example.com", "name": "Another" })).expect(409);
    let user = format!("/api/v1/users/{}", app.people.editor);
    admin.patch(&user, "\"1\"", &json!({ "email": "Viewer@example.com" })).expect(409);
    admin.patch(&user, "\"1\"", &json!({ "email": "Editor@Example.com" })).expect(200);
    login(app, "editor@example.com", PASSWORD).expect(200);
}

/// The membership of a user in `platform`.
fn membership(app: &TestApp, user: &str) -> Value {
    let found = app.owner().get(&format!("members?user={user}")).expect(200);
    found.json["items"][0].clone()
}

fn membership_is_read_at_each_request(app: &TestApp) {
    let (owner, editor) = (app.owner(), app.editor());
    let member = membership(app, &app.people.editor);
    let path = format!("members/{}", member["id"].as_str().expect("an id"));
    let new = json!({ "name": "Search", "kind": "tool" });
    editor.post("components", &new).expect(201);
    let etag = owner.patch(&path, "\"1\"", &json!({ "role": "viewer" })).expect(200).etag().to_owned();
    editor.post("components", &new).expect(403);
    editor.get("components").expect(200);
    owner.delete(&path, &etag).expect(204);
    editor.get("components").expect(404);
    assert_eq!(editor.get("/api/v1/products").column("key"), [""; 0]);
}

fn a_product_keeps_at_least_one_owner(app: &TestApp) {
    let owner = app.owner();
    let me = membership(app, &app.people.owner);
    let mine = format!("members/{}", me["id"].as_str().expect("an id"));
    let refused = owner.patch(&mine, "\"1\"", &json!({ "role": "editor" })).expect(409);
    assert_eq!(refused.json["code"], "last_owner");
    owner.delete(&mine, "\"1\"").expect(409);
    owner.patch(&mine, "\"1\"", &json!({ "role": "owner" })).expect(200);
    let editor = membership(app, &app.people.editor);
    let other = format!("members/{}", editor["id"].as_str().expect("an id"));
    owner.patch(&other, "\"1\"", &json!({ "role": "owner" })).expect(200);
    owner.delete(&mine, "\"2\"").expect(204);
    owner.get("members").expect(404);
    app.editor().delete(&other, "\"2\"").expect(409);
}

fn two_owners_who_leave_at_once_do_not_both_leave(app: &TestApp) {
    let id = |user: &str| membership(app, user)["id"].as_str().expect("an id").to_owned();
    let (one, two) = (id(&app.people.owner), id(&app.people.editor));
    app.owner().patch(&format!("members/{two}"), "\"1\"", &json!({ "role": "owner" })).expect(200);
    let leave = |client: Client, member: &str, etag: &str| client.delete(&format!("members/{member}"), etag).status;
    let mut statuses = std::thread::scope(|scope| {
        let first = scope.spawn(|| leave(app.owner(), &one, "\"1\""));
        let second = scope.spawn(|| leave(app.editor(), &two, "\"2\""));
        [first.join().expect("no panic"), second.join().expect("no panic")]
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409], "one leaves, one stays");
}

fn a_user_is_a_member_once(app: &TestApp) {
    let owner = app.owner();
    owner.post("members", &json!({ "user": app.people.viewer, "role": "editor" })).expect(409);
    let refused = owner.post("members", &json!({ "user": "nobody", "role": "king" })).expect(422);
    assert_eq!(refused.faults(), ["/role not_one_of"]);
    let refused = owner.post("members", &json!({ "user": "nobody", "role": "viewer" })).expect(422);
    assert_eq!(refused.faults(), ["/user unknown_reference"]);
    let made = owner.post("members", &json!({ "user": app.people.outsider, "role": "viewer" })).expect(201);
    app.outsider().get("components").expect(200);
    let id = made.json["id"].as_str().expect("an id");
    let moved = owner.patch(&format!("members/{id}"), "\"1\"", &json!({ "user": app.people.admin })).expect(422);
    assert_eq!(moved.faults(), ["/user fixed"]);
}

fn a_token_of_another_key_or_kind_opens_nothing(app: &TestApp) {
    let stranger = prodops::kernel::auth::Signer::ephemeral().expect("a key");
    let theirs =
        stranger.access_token(&app.people.owner, &session_of(&app.people.owner), app.clock.now()).expect("a token");
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJ4In0.";
    for token in [theirs.as_str(), none, "", "x", "a.b.c", "pdo_x"] {
        app.anonymous().with("Authorization", &format!("Bearer {token}")).get("components").expect(401);
    }
    for header in ["Bearer", "Basic b3duZXI6eA==", "bearer\t", NOW] {
        app.anonymous().with("Authorization", header).get("components").expect(401);
    }
    app.anonymous().with("Cookie", "prodops_session=").get("components").expect(401);
    app.anonymous().with("Cookie", "prodops_session=x; prodops_session=y").get("components").expect(401);
    let gone = app.user("01900000-0000-7000-8000-00000000ffff");
    gone.get("/api/v1/me").expect(401);
    let keys = app.anonymous().get("/.well-known/jwks.json").expect(200).json;
    assert_eq!((&keys["keys"][0]["alg"], keys["keys"][0].get("d")), (&json!("EdDSA"), None));
}
