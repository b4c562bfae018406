//! API tokens: every way in, where it is open, and when it closes.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    contract::{contract, operations},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use diesel::prelude::*;
use prodops::kernel::{
    db::DatabaseUrl,
    schema::{api_tokens, audit_events},
};
use serde_json::{Value, json};
use std::{
    process::{Command, Output},
    time::Duration,
};

on_both_engines!(
    a_token_opens_its_product_in_every_way_that_is_open,
    basic_and_addresses_open_what_the_contract_says_and_nothing_else,
    a_token_is_told_once_and_kept_as_a_hash,
    a_role_above_ones_own_is_refused,
    a_token_does_what_it_and_its_user_may_do,
    a_token_ends_at_once,
    what_a_token_changes_is_told_of_both,
    owners_and_editors_see_tokens_and_revoke_them,
    an_operator_makes_and_revokes_tokens_beside_the_server,
);

const LATER: &str = "2099-12-31T00:00:00Z";
const CSV: &str = "/api/v1/products/platform/exports/components.csv";

fn asked(client: &Client, product: &str, role: &str) -> Answer {
    let new = json!({ "name": "Power BI", "role": role, "product": product, "expires_at": LATER });
    client.post("/api/v1/tokens", &new)
}

/// A token of whoever asks.
pub fn made(client: &Client, product: &str, role: &str) -> String {
    asked(client, product, role).expect(201).json["token"].as_str().expect("a token").to_owned()
}

pub fn bearer(client: &Client, token: &str) -> Client {
    client.with("Authorization", &format!("Bearer {token}"))
}

/// As `curl -u name:token` sends it.
pub fn basic(client: &Client, token: &str) -> Client {
    client.with("Authorization", &format!("Basic {}", BASE64_STANDARD.encode(format!("tool:{token}"))))
}

pub fn by_token(app: &TestApp, token: &str) -> Client {
    bearer(&app.anonymous(), token)
}

pub fn member(app: &TestApp, user: &str) -> (String, String) {
    let found = app.owner().get(&format!("members?user={user}")).expect(200).json["items"][0].clone();
    (format!("members/{}", found["id"].as_str().expect("an id")), format!("\"{}\"", found["version"]))
}

pub fn set_role(app: &TestApp, user: &str, role: &str) {
    let (path, etag) = member(app, user);
    app.owner().patch(&path, &etag, &json!({ "role": role })).expect(200);
}

pub fn set_disabled(app: &TestApp, user: &str, disabled: bool) {
    let path = format!("/api/v1/users/{user}");
    let etag = app.admin().get(&path).expect(200).etag().to_owned();
    app.admin().patch(&path, &etag, &json!({ "disabled": disabled })).expect(200);
}

fn a_token_opens_its_product_in_every_way_that_is_open(app: &TestApp) {
    let nobody = app.anonymous();
    let token = made(&app.owner(), "platform", "viewer");
    let by_key = nobody.with("X-API-Key", &token);
    let own = app.viewer().get(CSV).expect(200).bytes;
    for client in [&bearer(&nobody, &token), &by_key] {
        client.get("components").expect(200);
        assert_eq!(client.get("/api/v1/products").expect(200).column("key"), ["platform"]);
        assert_eq!(client.get("/api/v1/me").expect(200).json["id"], app.people.owner);
        client.get("/api/v1/products/other/components").expect(404);
        client.get("/api/v1/products/unknown/components").expect(404);
    }
    for client in [&bearer(&nobody, &token), &by_key, &basic(&nobody, &token)] {
        assert_eq!(client.get(CSV).expect(200).bytes, own);
        client.send("HEAD", CSV, None).expect(200);
        client.get("exports").expect(200);
    }
    let address = format!("{CSV}?columns=key&api_key={token}");
    assert_eq!(nobody.get(&address).expect(200).text(), "key\r\n");
    nobody.get(&format!("{CSV}?api%5Fkey={token}&for=excel")).expect(200);
    let wrong = nobody.get(&format!("{CSV}?api_key={token}&colour=1")).expect(422);
    assert!(wrong.faults()[0].starts_with("colour") && !wrong.text().contains(&token), "{wrong}");
    // A token is of one product, also where its user is in another.
    let new = json!({ "user": app.people.owner, "role": "owner" });
    app.outsider().post("/api/v1/products/other/members", &new).expect(201);
    app.owner().get("/api/v1/products/other/components").expect(200);
    by_key.get("/api/v1/products/other/components").expect(404);
    assert_eq!(by_key.get("/api/v1/products").expect(200).column("key"), ["platform"]);
    // Of several the first counts, and nothing makes up for it: `Authorization`, the header, the parameter.
    bearer(&by_key, "pdo_wrong").get("components").expect(401);
    by_key.get(&format!("{CSV}?columns=key&api_key=pdo_wrong")).expect(200);
    app.owner().get(&address).expect(200);
}

fn basic_and_addresses_open_what_the_contract_says_and_nothing_else(app: &TestApp) {
    let token = made(&app.owner(), "platform", "owner");
    let mut tools = 0;
    for operation in operations(&contract()).into_iter().filter(|operation| !operation.is_open()) {
        let said = operation.said["security"].as_array().is_some_and(|ways| ways.contains(&json!({ "basic": [] })));
        tools += usize::from(said);
        let path = operation.path_in("platform").replace("exports/nothing", "exports/components");
        let ask = |client: Client, path: &str| {
            client.with("If-Match", "\"0\"").send_json(&operation.method, path, &json!({}))
        };
        let with_key = format!("{path}?api_key={token}");
        for answer in [ask(basic(&app.anonymous(), &token), &path), ask(app.anonymous(), &with_key)] {
            assert_eq!(answer.status == 401, !said, "{}: {answer}", operation.id);
            assert!(!answer.text().contains(&token), "{}: {answer}", operation.id);
            assert!(!said || answer.status == 200, "{}: {answer}", operation.id);
        }
        let refused = ask(app.anonymous(), &path).expect(401);
        let offers = refused.headers.get_all("www-authenticate").iter().any(|way| way.as_bytes().starts_with(b"Basic"));
        assert_eq!(offers, said, "{}", operation.id);
    }
    assert_eq!(tools, 2);
    // Nor does a password come in by it.
    let password = BASE64_STANDARD.encode(format!("owner@example.com:{}", crate::app::PASSWORD));
    app.anonymous().with("Authorization", &format!("Basic {password}")).get(CSV).expect(401);
    app.anonymous().with("Cookie", &format!("prodops_session={token}")).get("components").expect(401);
    app.anonymous().get(&format!("/?api_key={token}")).expect(401);
    // Where it is not taken it is not repeated either: in no refusal, and in no address that an answer leads to.
    let stray = app.owner().get(&format!("components?api_key={token}")).expect(422);
    assert!(stray.faults()[0].starts_with("api_key") && !stray.text().contains(&token), "{stray}");
    let reader = app.anonymous().with("Accept", "text/html");
    let expired = format!("{CSV}?api_key={}", token.replace("pdo_", "pdo-"));
    for (client, address) in [(&reader, &expired), (&reader, &format!("/api/v1/me?api_key={token}"))] {
        let led = client.get(address).expect(303);
        assert!(!led.header("location").expect("a place").contains(&token[4..]), "{led:?}");
        assert_eq!(led.header("referrer-policy"), Some("no-referrer"));
    }
}

fn a_token_is_told_once_and_kept_as_a_hash(app: &TestApp) {
    let answer = asked(&app.owner(), "platform", "exporter").expect(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let token = answer.json["token"].as_str().expect("a token").to_owned();
    assert!(token.starts_with("pdo_") && token.len() == 55, "{token}");
    let id = answer.json["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/tokens/{id}");
    assert_eq!(answer.header("location"), Some(path.as_str()));
    let found = app.owner().get(&path).expect(200);
    assert_eq!((&found.json["last_used_at"], &found.json["product"]), (&Value::Null, &json!("platform")));
    for answer in [&found, &app.owner().get("/api/v1/tokens"), &app.owner().get("audit-events?resource=tokens")] {
        assert!(!answer.text().contains(&token) && !answer.text().contains("hash"), "{answer}");
    }
    let (hash, events): (String, Vec<Option<String>>) = app.read(move |conn| {
        let hash = api_tokens::table.find(&id).select(api_tokens::token_hash).first(conn)?;
        Ok((hash, audit_events::table.select(audit_events::after).load(conn)?))
    });
    assert!(hash.len() == 64 && !format!("{events:?}").contains(&hash));
    let again = app.owner().with("Idempotency-Key", "once");
    asked(&again, "platform", "viewer").expect(201);
    asked(&again, "platform", "viewer").expect(409);
    // Used once, and again within the hour: what is told is to the hour.
    by_token(app, &token).get("exports").expect(200);
    let used = (0..100).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        app.owner().get(&path).expect(200).json["last_used_at"].as_str().map(ToOwned::to_owned)
    });
    assert_eq!(used.as_deref(), Some("2026-11-02T09:00:00Z"));
    app.pass(TimeDelta::minutes(50));
    by_token(app, &token).get("exports").expect(200);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(app.owner().get(&path).expect(200).json["last_used_at"], "2026-11-02T09:00:00Z");
}

fn a_role_above_ones_own_is_refused(app: &TestApp) {
    asked(&app.editor(), "platform", "owner").expect(403);
    asked(&app.viewer(), "platform", "editor").expect(403);
    asked(&app.exporter(), "platform", "viewer").expect(403);
    asked(&app.exporter(), "platform", "exporter").expect(201);
    for product in ["other", "unknown", &app.read(|c| prodops::products::store::find_by_key(c, "other")).id] {
        assert_eq!(asked(&app.owner(), product, "viewer").expect(422).faults(), ["/product unknown_reference"]);
    }
    assert_eq!(asked(&app.admin(), "platform", "exporter").expect(422).faults(), ["/product unknown_reference"]);
    let over = json!({ "name": "x", "role": "viewer", "product": "platform", "expires_at": "2026-11-02T09:00:00Z" });
    assert_eq!(app.owner().post("/api/v1/tokens", &over).expect(422).faults(), ["/expires_at out_of_range"]);
    let nothing = app.owner().post("/api/v1/tokens", &json!({ "name": "" })).expect(422).faults();
    assert_eq!(nothing, ["/expires_at required", "/name too_short", "/product required", "/role required"]);
}

fn a_token_does_what_it_and_its_user_may_do(app: &TestApp) {
    let new = json!({ "name": "Search", "kind": "tool" });
    let editor = by_token(app, &made(&app.editor(), "platform", "editor"));
    editor.post("components", &new).expect(201);
    set_role(app, &app.people.editor, "viewer");
    editor.post("components", &new).expect(403);
    editor.get("components").expect(200);
    editor.get("audit-events").expect(403);
    set_role(app, &app.people.editor, "exporter");
    editor.get("components").expect(403);
    editor.get("exports").expect(200);
    set_role(app, &app.people.editor, "owner");
    editor.post("components", &new).expect(201);
    editor.post("members", &json!({ "user": app.people.outsider, "role": "viewer" })).expect(403);
    // An owner does not become one who judges by a token of a lower role.
    let claim = json!({ "title": "x", "component": "search", "benefit": "qualitative", "from": "2026-09",
        "attribution": { "share": 1, "why": "x" }, "confidence": "low" });
    let claim = app.owner().post("impact-claims", &claim).expect(201);
    let accept = format!("impact-claims/{}/accept", claim.json["id"].as_str().expect("an id"));
    let lower = by_token(app, &made(&app.owner(), "platform", "viewer")).with("If-Match", claim.etag());
    lower.post(&accept, &json!({})).expect(403);
    // What is a person's own, and the instance's, is no token's.
    let admin = json!({ "user": app.people.admin, "role": "owner" });
    app.owner().post("members", &admin).expect(201);
    let admin = by_token(app, &made(&app.admin(), "platform", "owner"));
    admin.get("components").expect(200);
    for path in ["/api/v1/users", "/api/v1/tokens"] {
        admin.get(path).expect(403);
    }
    asked(&admin, "platform", "exporter").expect(403);
    admin.post("exports/signed-urls", &json!({ "dataset": "components", "expires_in": 60 })).expect(403);
}

fn a_token_ends_at_once(app: &TestApp) {
    let token = |client: Client| by_token(app, &made(&client, "platform", "exporter"));
    let open = |client: &Client, status: u16| {
        client.get("exports").expect(status);
        client.get("/api/v1/me").expect(status);
    };
    let kept = asked(&app.editor(), "platform", "viewer").expect(201);
    let revoked = by_token(app, kept.json["token"].as_str().expect("a token"));
    open(&revoked, 200);
    let path = format!("/api/v1/tokens/{}", kept.json["id"].as_str().expect("an id"));
    app.editor().delete(&path, kept.etag()).expect(204);
    open(&revoked, 401);
    let (left, disabled) = (token(app.viewer()), token(app.exporter()));
    open(&left, 200);
    let (place, etag) = member(app, &app.people.viewer);
    app.owner().delete(&place, &etag).expect(204);
    open(&left, 401);
    app.owner().post("members", &json!({ "user": app.people.viewer, "role": "owner" })).expect(201);
    open(&left, 401);
    open(&disabled, 200);
    set_disabled(app, &app.people.exporter, true);
    open(&disabled, 401);
    set_disabled(app, &app.people.exporter, false);
    open(&disabled, 401);
    app.pass(TimeDelta::seconds(1));
    let password = json!({ "email": "exporter@example.com", "password": crate::app::PASSWORD });
    let again = app.anonymous().post("/api/v1/auth/login", &password).expect(200);
    open(&token(bearer(&app.anonymous(), again.json["access_token"].as_str().expect("a token"))), 200);
    let until = json!({ "name": "x", "role": "viewer", "product": "platform", "expires_at": "2026-11-02T10:00:00Z" });
    let short = app.owner().post("/api/v1/tokens", &until).expect(201);
    let expired = by_token(app, short.json["token"].as_str().expect("a token"));
    open(&expired, 200);
    app.pass(TimeDelta::hours(1));
    open(&expired, 401);
}

fn what_a_token_changes_is_told_of_both(app: &TestApp) {
    let answer = asked(&app.editor(), "platform", "editor").expect(201);
    let token = by_token(app, answer.json["token"].as_str().expect("a token"));
    let new = json!({ "key": "search", "name": "Search", "kind": "tool" });
    token.with("Idempotency-Key", "k").post("components", &new).expect(201);
    token.with("Idempotency-Key", "k").post("components", &new).expect(201);
    // Another caller, though the same user.
    app.editor().with("Idempotency-Key", "k").post("components", &new).expect(409);
    let events = app.owner().get(&format!("audit-events?on_behalf_of={}", app.people.editor)).expect(200);
    assert_eq!(events.column("actor_kind"), ["token"]);
    assert_eq!(events.column("actor_id"), [answer.json["id"].as_str().expect("an id")]);
    assert_eq!(events.column("resource"), ["components"]);
}

fn owners_and_editors_see_tokens_and_revoke_them(app: &TestApp) {
    let theirs = asked(&app.exporter(), "platform", "exporter").expect(201);
    let path = format!("/api/v1/tokens/{}", theirs.json["id"].as_str().expect("an id"));
    for client in [app.exporter(), app.viewer(), app.admin()] {
        client.get("/api/v1/tokens").expect(403);
        client.get(&path).expect(403);
    }
    app.viewer().delete(&path, theirs.etag()).expect(404);
    app.outsider().get(&path).expect(404);
    assert_eq!(app.outsider().get("/api/v1/tokens").expect(200).column("id"), [""; 0]);
    for client in [app.owner(), app.editor()] {
        assert_eq!(client.get("/api/v1/tokens?product=platform&sort=name").column("user"), [&*app.people.exporter]);
        client.get(&path).expect(200);
    }
    app.editor().delete(&path, "\"2\"").expect(412);
    app.editor().delete(&path, theirs.etag()).expect(204);
    let own = asked(&app.exporter(), "platform", "exporter").expect(201);
    let path = format!("/api/v1/tokens/{}", own.json["id"].as_str().expect("an id"));
    app.exporter().delete(&path, own.etag()).expect(204);
}

fn token_command(app: &TestApp, arguments: &[&str]) -> Output {
    let url = match &app.url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_prodops"));
    command.env("DATABASE_URL", url).arg("token").args(arguments).output().expect("the program runs")
}

/// What it says when it does what it is asked to.
#[track_caller]
fn said(app: &TestApp, arguments: &[&str]) -> String {
    let output = token_command(app, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn an_operator_makes_and_revokes_tokens_beside_the_server(app: &TestApp) {
    let create = |user: &str, product: &str, role: &str| {
        let who = ["create", "--user", user, "--product", product, "--role", role];
        token_command(app, &[&who[..], &["--name", "Power BI", "--days", "3660"]].concat())
    };
    let made = create("exporter@example.com", "platform", "exporter");
    let token = String::from_utf8(made.stdout).expect("UTF-8").trim_end().to_owned();
    let tool = by_token(app, &token);
    tool.get(CSV).expect(200);
    for (user, product, role) in [
        ("exporter@example.com", "platform", "viewer"),
        ("exporter@example.com", "other", "exporter"),
        ("nobody@example.com", "platform", "exporter"),
        ("exporter@example.com", "platform", "king"),
    ] {
        let refused = create(user, product, role);
        assert_eq!((refused.status.code(), &*refused.stdout), (Some(1), &b""[..]), "{user} {product} {role}");
        assert!(!refused.stderr.is_empty());
    }
    let list: Value = serde_json::from_str(&said(app, &["list", "--format", "json"])).expect("JSON");
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!((&list[0]["user"], &list[0]["role"]), (&json!(app.people.exporter), &json!("exporter")));
    let id = list[0]["id"].as_str().expect("an id");
    assert!(said(app, &["list", "--product", "platform"]).starts_with(&format!("{id}  platform  exporter  Power BI")));
    assert_eq!(said(app, &["list", "--product", "other"]), "");
    let events = app.owner().get("audit-events?resource=tokens").expect(200);
    assert_eq!(events.column("actor_kind"), ["operator"]);
    // The server is another process than the one that revokes.
    assert_eq!(said(app, &["revoke", id]), "");
    tool.get(CSV).expect(401);
    assert_eq!(token_command(app, &["revoke", id]).status.code(), Some(1));
    set_disabled(app, &app.people.exporter, true);
    assert_eq!(create("exporter@example.com", "platform", "exporter").status.code(), Some(1));
}
