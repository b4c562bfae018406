//! Signing in with the outside issuer, as a browser does it: there, back, and in; and what its groups are here.

use crate::{
    app::{Server, TestApp},
    client::{Answer, Client},
    other_issuer::{CLIENT, HOME, OtherIssuer, SECRET, Signing, known},
};
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use diesel::prelude::*;
use jsonwebtoken::Algorithm;
use prodops::kernel::{auth::IssuerOptions, schema::audit_events};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

on_both_engines!(
    a_browser_goes_there_and_comes_back_signed_in,
    an_answer_that_was_not_asked_for_signs_nobody_in,
    a_token_that_is_not_the_answer_signs_nobody_in,
    who_may_not_come_in_is_told_what_to_do,
    made_up_codes_are_given_only_so_often,
    any_instance_takes_the_answer_and_a_rotation_loses_none,
    groups_are_roles_where_they_are_mapped_and_nowhere_else,
    a_product_keeps_its_last_owner_whatever_the_groups_are,
);

const CALLBACK: &str = "/login/oidc/callback";

/// A browser that was sent to the issuer.
struct Away {
    cookie: String,
    /// What it was sent with.
    asked: BTreeMap<String, String>,
}

fn parameters(location: &str) -> BTreeMap<String, String> {
    let url = url::Url::parse(location).expect("an address");
    url.query_pairs().into_owned().collect()
}

fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let mut sent = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("text").to_owned());
    sent.rfind(|value| value.starts_with(&format!("{name}=")))
}

fn value(cookie: &str) -> &str {
    cookie.split(';').next().unwrap_or_default()
}

fn leave(server: &Server, next: Option<&str>) -> Away {
    let path = match next {
        None => "/login/oidc".to_owned(),
        Some(next) => {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            format!("/login/oidc?{query}")
        }
    };
    let answer = server.anonymous().get(&path).expect(303);
    let kept = cookie(&answer, "prodops_oidc").expect("a cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/login/oidc/callback", "Max-Age=600"] {
        assert!(kept.contains(attribute), "{kept}");
    }
    Away { cookie: value(&kept).to_owned(), asked: parameters(answer.header("location").expect("a place")) }
}

impl Away {
    fn state(&self) -> &str {
        &self.asked["state"]
    }

    /// What the issuer says of who signed in.
    fn claims(&self, app: &TestApp, issuer: &OtherIssuer, email: &str) -> Value {
        let mut claims = issuer.claims(email, app.clock.now().utc().timestamp());
        claims["aud"] = json!(CLIENT);
        claims["nonce"] = json!(self.asked["nonce"]);
        claims
    }
}

fn id_token(issuer: &OtherIssuer, claims: &Value) -> String {
    let header = json!({ "alg": "ES256", "kid": "one", "typ": "JWT" });
    issuer.key.sign(&header, claims)
}

/// Comes back with a code for that token.
fn back(server: &Server, issuer: &OtherIssuer, away: &Away, token: &str) -> Answer {
    issuer.said().codes.insert("code-1".to_owned(), token.to_owned());
    let client = server.anonymous().with("Cookie", &away.cookie);
    client.get(&format!("{CALLBACK}?code=code-1&state={}&session_state=x", away.state()))
}

/// The whole way.
fn sign_in(app: &TestApp, server: &Server, issuer: &OtherIssuer, email: &str, more: &Value) -> Answer {
    let away = leave(server, None);
    let mut claims = away.claims(app, issuer, email);
    claims.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    back(server, issuer, &away, &id_token(issuer, &claims))
}

fn signed_in(server: &Server, answer: &Answer) -> Client {
    let session = cookie(answer, "prodops_session").unwrap_or_else(|| panic!("no session: {answer}"));
    server.anonymous().with("Cookie", value(&session))
}

#[track_caller]
fn not_signed_in(answer: &Answer, words: &str) {
    assert!(matches!(answer.status, 401 | 503), "{answer}");
    assert!(cookie(answer, "prodops_session").is_none(), "{answer}");
    assert!(answer.text().contains(words) && answer.text().contains("Sign in with 127.0.0.1"), "{answer}");
    assert!(cookie(answer, "prodops_oidc").is_some_and(|gone| gone.contains("Max-Age=0")), "{answer}");
}

fn start(app: &TestApp) -> (OtherIssuer, Server) {
    let issuer = OtherIssuer::start();
    let server = app.instance_with(&issuer.known());
    (issuer, server)
}

fn a_browser_goes_there_and_comes_back_signed_in(app: &TestApp) {
    let (issuer, server) = start(app);
    let form = server.anonymous().get("/login?next=/api/v1/me%3Fa=b%26c").expect(200);
    assert!(form.text().contains(r#"href="/login/oidc?next=%2Fapi%2Fv1%2Fme%3Fa%3Db%26c""#), "{form}");
    assert!(!app.anonymous().get("/login").expect(200).text().contains("Sign in with"), "where there is an issuer");
    app.anonymous().get("/login/oidc").expect(404);
    app.anonymous().get(CALLBACK).expect(404);
    let away = leave(&server, Some("/api/v1/me"));
    let asked = |name: &str| away.asked.get(name).map(String::as_str);
    assert_eq!((asked("response_type"), asked("client_id")), (Some("code"), Some(CLIENT)));
    assert_eq!((asked("scope"), asked("code_challenge_method")), (Some("openid email"), Some("S256")));
    assert_eq!(asked("prompt"), Some("login"), "what the issuer's own address says stays");
    let home = format!("{HOME}{CALLBACK}");
    assert_eq!(asked("redirect_uri"), Some(home.as_str()));
    let answer = back(&server, &issuer, &away, &id_token(&issuer, &away.claims(app, &issuer, "Viewer@example.com")));
    let answer = answer.expect(303);
    assert_eq!(answer.header("location"), Some("/api/v1/me"));
    assert!(cookie(&answer, "prodops_oidc").is_some_and(|gone| gone.contains("Max-Age=0")), "{answer}");
    let me = signed_in(&server, &answer).get("/api/v1/me").expect(200).json;
    assert_eq!(me["id"], app.people.viewer);
    let kinds = signed_in(&server, &answer).get("/api/v1/auth/sessions?kind=browser").expect(200);
    assert_eq!(kinds.column("current"), ["true"], "an ordinary session");
    let (_, sent) = issuer.said().asked.iter().find(|(path, _)| path == "/token").expect("a code was given").clone();
    let (authorization, form) = sent.split_once('\n').expect("both");
    let written = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = BASE64_STANDARD.encode(format!("{CLIENT}:{}", written(SECRET)));
    assert_eq!(authorization, format!("Basic {pair}"));
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    assert_eq!(Some(challenge.as_str()), asked("code_challenge"));
    assert_eq!((form["redirect_uri"].as_str(), form["grant_type"].as_str()), (&*home, "authorization_code"));
    assert!(!form.contains_key("client_secret"));
    for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "/\tx", "javascript:alert(1)"] {
        let away = leave(&server, Some(elsewhere));
        let token = id_token(&issuer, &away.claims(app, &issuer, "viewer@example.com"));
        assert_eq!(back(&server, &issuer, &away, &token).expect(303).header("location"), Some("/"), "{elsewhere}");
    }
}

fn an_answer_that_was_not_asked_for_signs_nobody_in(app: &TestApp) {
    let (issuer, server) = start(app);
    let (away, other) = (leave(&server, Some("/a")), leave(&server, Some("/b")));
    assert!(away.state() != other.state() && away.asked["nonce"] != other.asked["nonce"]);
    let token = id_token(&issuer, &away.claims(app, &issuer, "viewer@example.com"));
    issuer.said().codes.insert("code-1".to_owned(), token);
    let ask = |cookie: &str, query: &str| {
        let client = server.anonymous();
        let client = if cookie.is_empty() { client } else { client.with("Cookie", cookie) };
        client.get(&format!("{CALLBACK}?{query}"))
    };
    let (lost, good) = ("not begun in this browser", format!("code=code-1&state={}", away.state()));
    let (name, ticket) = away.cookie.split_once('=').expect("a cookie");
    let parts: Vec<&str> = ticket.split('.').collect();
    let evil = BASE64_URL_SAFE_NO_PAD.encode("//evil.example");
    for (cookie, query) in [
        ("", good.as_str()),
        (&*other.cookie, &good),
        (&*away.cookie, &format!("code=code-1&state={}", other.state())),
        (&*away.cookie, "code=code-1&state="),
        (&*away.cookie, "code=code-1"),
        (&*away.cookie, ""),
        (&*format!("{name}={}.{}.{evil}", parts[0], parts[1]), &good),
        (&*format!("{name}={}.99999999999.{}", parts[0], parts[2]), &good),
        (&*format!("{name}="), &good),
        (&*format!("{name}=."), &good),
    ] {
        not_signed_in(&ask(cookie, query), lost);
    }
    not_signed_in(&ask(&away.cookie, &format!("{good}&iss=https://evil.example")), "another issuer");
    not_signed_in(&ask(&away.cookie, &format!("{good}&error=access_denied")), "did not sign you in");
    assert_eq!(issuer.count("/token"), 0, "no code is given for nothing");
    not_signed_in(&ask(&away.cookie, &good.replace("code-1", "code-2")), "does not stand by");
    ask(&away.cookie, &format!("{good}&iss={}", issuer.at)).expect(303);
    not_signed_in(&ask(&away.cookie, &good), "does not stand by");
    let late = leave(&server, None);
    let token = id_token(&issuer, &late.claims(app, &issuer, "viewer@example.com"));
    app.pass(TimeDelta::minutes(10));
    not_signed_in(&back(&server, &issuer, &late, &token), lost);
    issuer.serve("/.well-known/openid-configuration", 500, &json!({}));
    let server = app.instance_with(&issuer.known());
    let answer = server.anonymous().get("/login/oidc?next=/a").expect(503);
    assert!(answer.text().contains("cannot be reached") && answer.text().contains(r#"value="/a""#), "{answer}");
}

fn a_token_that_is_not_the_answer_signs_nobody_in(app: &TestApp) {
    let (issuer, server) = start(app);
    let away = leave(&server, None);
    let good = away.claims(app, &issuer, "viewer@example.com");
    let seconds = app.clock.now().utc().timestamp();
    let with = |name: &str, other: Value| {
        let mut changed = good.clone();
        changed[name] = other;
        changed
    };
    for (name, bad) in [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("others")),
        ("aud", json!("prodops-api")),
        ("aud", json!([CLIENT, "others"])),
        ("azp", json!("others")),
        ("iss", json!("https://evil.example")),
        ("exp", json!(seconds - 31)),
        ("iat", json!(seconds - 601)),
        ("iat", Value::Null),
        ("sub", Value::Null),
    ] {
        not_signed_in(&back(&server, &issuer, &away, &id_token(&issuer, &with(name, bad))), "does not stand by");
    }
    for (name, bad) in [("email_verified", json!(false)), ("email_verified", json!("true")), ("email", Value::Null)] {
        not_signed_in(&back(&server, &issuer, &away, &id_token(&issuer, &with(name, bad))), "has not verified");
    }
    let stranger = Signing::new("one", Algorithm::ES256);
    let header = json!({ "alg": "ES256", "kid": "one" });
    let access = issuer.key.sign(&json!({ "alg": "ES256", "kid": "one", "typ": "at+jwt" }), &good);
    for bad in [stranger.sign(&header, &good), access, "a.b.c".to_owned(), String::new()] {
        not_signed_in(&back(&server, &issuer, &away, &bad), "does not stand by");
    }
    back(&server, &issuer, &away, &id_token(&issuer, &with("azp", json!(CLIENT)))).expect(303);
    // With an ID token nobody asks the API, unless the client is named as its audience.
    let token = id_token(&issuer, &good);
    server.anonymous().with("Authorization", &format!("Bearer {token}")).get("/api/v1/me").expect(401);
    let server = app.instance_with(&known(IssuerOptions { oidc_audience: Some(CLIENT.into()), ..issuer.options() }));
    server.anonymous().with("Authorization", &format!("Bearer {token}")).get("/api/v1/me").expect(200);
}

fn who_may_not_come_in_is_told_what_to_do(app: &TestApp) {
    let (issuer, server) = start(app);
    let nothing = json!({});
    not_signed_in(&sign_in(app, &server, &issuer, "nobody@example.com", &nothing), "ask an admin");
    let user = format!("/api/v1/users/{}", app.people.viewer);
    let there = signed_in(&server, &sign_in(app, &server, &issuer, "viewer@example.com", &nothing));
    there.get("/api/v1/me").expect(200);
    let etag = app.admin().get(&user).expect(200).etag().to_owned();
    app.admin().patch(&user, &etag, &json!({ "disabled": true })).expect(200);
    there.get("/api/v1/me").expect(401);
    not_signed_in(&sign_in(app, &server, &issuer, "viewer@example.com", &nothing), "ask an admin");
}

fn made_up_codes_are_given_only_so_often(app: &TestApp) {
    let (issuer, server) = start(app);
    let away = leave(&server, None);
    let client = server.anonymous().with("Cookie", &away.cookie);
    let asked = |nth: usize| client.get(&format!("{CALLBACK}?code=made-up-{nth}&state={}", away.state()));
    for nth in 0..60 {
        not_signed_in(&asked(nth), "does not stand by");
    }
    let answer = asked(60).expect(429);
    assert!(answer.text().contains("try again in"), "{answer}");
    assert_eq!(issuer.count("/token"), 60);
    app.pass(TimeDelta::minutes(5));
    sign_in(app, &server, &issuer, "viewer@example.com", &json!({})).expect(303);
}

fn any_instance_takes_the_answer_and_a_rotation_loses_none(app: &TestApp) {
    let (issuer, server) = start(app);
    let away = leave(&server, None);
    let token = id_token(&issuer, &away.claims(app, &issuer, "viewer@example.com"));
    app.key_place().rotate(app.clock.now(), false).expect("a new key");
    let other = app.instance_with(&issuer.known());
    let answer = back(&other, &issuer, &away, &token).expect(303);
    signed_in(&server, &answer).get("/api/v1/me").expect(200);
    // A public client has no secret; another wants it in the form.
    for (ways, secret, header, in_form) in [
        (json!(["client_secret_post"]), true, false, true),
        (json!(["client_secret_post", "client_secret_basic"]), true, true, false),
        (json!(["none"]), false, false, false),
    ] {
        let said = issuer.said().documents["/.well-known/openid-configuration"].1.clone();
        let mut said: Value = serde_json::from_str(&said).expect("JSON");
        said["token_endpoint_auth_methods_supported"] = ways;
        issuer.serve("/.well-known/openid-configuration", 200, &said);
        let mut options = issuer.options();
        options.oidc_client_secret = options.oidc_client_secret.filter(|_| secret);
        let server = app.instance_with(&known(options));
        sign_in(app, &server, &issuer, "viewer@example.com", &json!({})).expect(303);
        let (_, sent) = issuer.said().asked.iter().rfind(|(path, _)| path == "/token").expect("a code").clone();
        assert_eq!((sent.starts_with("Basic "), sent.contains("client_secret=")), (header, in_form), "{sent}");
        assert_eq!(sent.contains("client_id=prodops"), !header, "{sent}");
    }
}

/// With groups, as `GROUPS` has them.
fn start_with_groups(app: &TestApp) -> (OtherIssuer, Server) {
    let issuer = OtherIssuer::start();
    let mut options = issuer.options();
    options.oidc_roles_claim = Some("groups".into());
    options.oidc_roles = Some("ops=platform:editor, board=platform:viewer, chiefs=platform:owner, x=gone:owner".into());
    let server = app.instance_with(&known(options));
    (issuer, server)
}

fn role(app: &TestApp, user: &str) -> Option<String> {
    app.owner().get(&format!("members?user={user}")).expect(200).column("role").pop()
}

fn groups_are_roles_where_they_are_mapped_and_nowhere_else(app: &TestApp) {
    let (issuer, server) = start_with_groups(app);
    let come = |groups: Value| sign_in(app, &server, &issuer, "outsider@example.com", &json!({ "groups": groups }));
    let outsider = &app.people.outsider;
    for (groups, wanted) in [
        (json!(["others"]), None),
        (json!(["board", "others"]), Some("viewer")),
        (json!(["board", "ops"]), Some("editor")),
        (json!(["ops", "board"]), Some("editor")),
        (json!("board"), Some("viewer")),
        (json!(["admin", "platform:owner", "owner", "ops=platform:editor"]), None),
        (json!(["ops"]), Some("editor")),
        (json!([1, "chiefs"]), Some("editor")),
        (json!({ "chiefs": true }), Some("editor")),
        (Value::Null, Some("editor")),
        (json!([]), None),
    ] {
        signed_in(&server, &come(groups.clone()).expect(303));
        assert_eq!(role(app, outsider).as_deref(), wanted, "{groups}");
    }
    signed_in(&server, &sign_in(app, &server, &issuer, "outsider@example.com", &json!({})));
    assert_eq!(role(app, outsider), None, "who says nothing of groups changes nothing");
    let theirs = app.outsider().get("/api/v1/products/other/members").expect(200);
    assert_eq!(theirs.column("role"), ["owner"], "no group is mapped to that product");
    let events = app.read(|conn| {
        let by_issuer = audit_events::table.filter(audit_events::actor_kind.eq("issuer"));
        let of_members = by_issuer.filter(audit_events::resource.eq("members"));
        Ok(of_members.order(audit_events::id).select(audit_events::action).load::<String>(conn)?)
    });
    assert_eq!(events, ["create", "update", "update", "delete", "create", "delete"], "each change, and no other");
    let listed = app.owner().get("audit-events?actor_kind=issuer").expect(200);
    assert_eq!(listed.column("action").len(), 6);
    // A token at the API changes no membership.
    let mut claims = issuer.claims("outsider@example.com", app.clock.now().utc().timestamp());
    claims["groups"] = json!(["chiefs"]);
    let token = issuer.key.sign(&issuer.key.header(), &claims);
    server.anonymous().with("Authorization", &format!("Bearer {token}")).get("components").expect(404);
}

fn a_product_keeps_its_last_owner_whatever_the_groups_are(app: &TestApp) {
    let (issuer, server) = start_with_groups(app);
    for groups in [json!([]), json!(["board"])] {
        let answer = sign_in(app, &server, &issuer, "owner@example.com", &json!({ "groups": groups })).expect(303);
        signed_in(&server, &answer).get("/api/v1/me").expect(200);
        assert_eq!(role(app, &app.people.owner).as_deref(), Some("owner"));
    }
    sign_in(app, &server, &issuer, "editor@example.com", &json!({ "groups": ["chiefs"] })).expect(303);
    sign_in(app, &server, &issuer, "owner@example.com", &json!({ "groups": ["board"] })).expect(303);
    let role = |user: &str| app.editor().get(&format!("members?user={user}")).expect(200).column("role").pop();
    assert_eq!(role(&app.people.owner).as_deref(), Some("viewer"), "once there is another");
    assert_eq!(role(&app.people.editor).as_deref(), Some("owner"));
}
