//! An outside issuer's tokens at the API: what is taken, what is not, and what becomes of it when the issuer is away.

use crate::{
    app::{Server, TestApp},
    client::{Answer, Client},
    other_issuer::{AUDIENCE, CLIENT, OtherIssuer, Signing, known},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use diesel::prelude::*;
use jsonwebtoken::{Algorithm, EncodingKey};
use prodops::kernel::{auth::IssuerOptions, schema::audit_events};
use serde_json::{Value, json};
use std::time::Duration;

on_both_engines!(
    a_verified_address_is_a_user_and_does_what_they_may,
    who_may_not_come_in_does_not_whatever_the_issuer_says,
    a_token_with_anything_else_in_it_opens_nothing,
    a_token_that_the_issuer_did_not_sign_opens_nothing,
    our_own_tokens_stay_ours,
);

/// A server that knows the issuer.
struct Both {
    issuer: OtherIssuer,
    server: Server,
}

impl Both {
    fn start(app: &TestApp) -> Self {
        let issuer = OtherIssuer::start();
        let server = app.instance_with(&issuer.known());
        Self { issuer, server }
    }

    fn claims(&self, app: &TestApp, email: &str) -> Value {
        self.issuer.claims(email, app.clock.now().utc().timestamp())
    }

    fn token(&self, claims: &Value) -> String {
        let key = &self.issuer.key;
        key.sign(&key.header(), claims)
    }

    fn with(&self, token: &str) -> Client {
        self.server.anonymous().with("Authorization", &format!("Bearer {token}"))
    }

    fn user(&self, app: &TestApp, email: &str) -> Client {
        self.with(&self.token(&self.claims(app, email)))
    }

    fn ask(&self, token: &str) -> Answer {
        self.with(token).get("components")
    }

    #[track_caller]
    fn refused(&self, token: &str, what: &str) {
        let answer = self.ask(token);
        assert_eq!(answer.status, 401, "{what}: {answer}");
        assert!(answer.header("www-authenticate").is_some_and(|how| how.starts_with("Bearer")), "{answer}");
        assert_eq!(answer.json["detail"], "the issuer's token is not valid here, or not any more", "{what}");
    }
}

fn with(value: &Value, name: &str, other: Value) -> Value {
    let mut changed = value.clone();
    changed[name] = other;
    changed
}

fn without(value: &Value, name: &str) -> Value {
    let mut changed = value.clone();
    changed.as_object_mut().expect("an object").remove(name);
    changed
}

fn a_verified_address_is_a_user_and_does_what_they_may(app: &TestApp) {
    let both = Both::start(app);
    let me = both.user(app, "Viewer@Example.com").get("/api/v1/me").expect(200).json;
    assert_eq!(me["id"], app.people.viewer, "in whatever case");
    for (email, reads, writes) in [
        ("owner@example.com", 200, 201),
        ("editor@example.com", 200, 201),
        ("viewer@example.com", 200, 403),
        ("exporter@example.com", 403, 403),
        ("admin@example.com", 404, 404),
        ("outsider@example.com", 404, 404),
    ] {
        let client = both.user(app, email);
        client.get("components").expect(reads);
        client
            .post("components", &json!({ "key": format!("of-{}", &email[..5]), "name": email, "kind": "service" }))
            .expect(writes);
    }
    both.user(app, "admin@example.com").get("/api/v1/users").expect(200);
    let actor = app.read(|conn| {
        let made = audit_events::table.filter(audit_events::resource.eq("components")).order(audit_events::id.desc());
        Ok(made.select((audit_events::actor_kind, audit_events::actor_id)).first::<(String, Option<String>)>(conn)?)
    });
    assert_eq!(actor, ("user".to_owned(), Some(app.people.editor.clone())));
    // Without a session there is none to see or end.
    let sessions = both.user(app, "editor@example.com").get("/api/v1/auth/sessions").expect(200);
    assert!(!sessions.column("current").contains(&"true".to_owned()), "{sessions}");
}

fn who_may_not_come_in_does_not_whatever_the_issuer_says(app: &TestApp) {
    let both = Both::start(app);
    let nobody = "the issuer's token is good, but its e-mail address is nobody's here who may come in";
    let told = |client: Client| client.get("components").expect(401).json["detail"].clone();
    assert_eq!(told(both.user(app, "nobody@example.com")), nobody);
    assert_eq!(told(both.user(app, "viewer@example.com.example.org")), nobody);
    assert_eq!(told(both.user(app, "")), nobody);
    let kelvin = both.user(app, "\u{212A}eeper@example.com");
    app.admin().post("/api/v1/users", &json!({ "email": "keeper@example.com", "name": "K" })).expect(201);
    assert_eq!(told(kelvin), nobody, "what only folds to the address is another address");
    let (before, user) = (both.user(app, "viewer@example.com"), format!("/api/v1/users/{}", app.people.viewer));
    before.get("components").expect(200);
    let etag = app.admin().get(&user).expect(200).etag().to_owned();
    let disabled = app.admin().patch(&user, &etag, &json!({ "disabled": true })).expect(200);
    assert_eq!(told(before.clone()), nobody, "at the next request");
    app.pass(TimeDelta::seconds(2));
    app.admin().patch(&user, disabled.etag(), &json!({ "disabled": false })).expect(200);
    assert_eq!(told(before), nobody, "what was said before does not come back");
    both.user(app, "viewer@example.com").get("components").expect(200);
    let undated = without(&both.claims(app, "viewer@example.com"), "iat");
    assert_eq!(told(both.with(&both.token(&undated))), nobody, "who knows when that was said?");
}

fn a_token_with_anything_else_in_it_opens_nothing(app: &TestApp) {
    let both = Both::start(app);
    let (key, claims) = (&both.issuer.key, both.claims(app, "owner@example.com"));
    let header = key.header();
    both.ask(&both.token(&claims)).expect(200);
    for typ in ["JWT", "jwt", "application/at+jwt", "AT+JWT"] {
        both.ask(&key.sign(&with(&header, "typ", json!(typ)), &claims)).expect(200);
    }
    both.ask(&key.sign(&without(&header, "typ"), &claims)).expect(200);
    both.ask(&key.sign(&without(&header, "kid"), &claims)).expect(200);
    both.ask(&both.token(&with(&claims, "aud", json!(["others", AUDIENCE])))).expect(200);
    for name in ["nbf", "iat"] {
        both.ask(&both.token(&without(&claims, name))).expect(200);
    }
    for (name, bad) in [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("HS256")),
        ("alg", json!("ES384")),
        ("alg", json!("RS256")),
        ("alg", json!("EdDSA")),
        ("alg", json!(["ES256"])),
        ("alg", Value::Null),
        ("typ", json!("logout+jwt")),
        ("typ", json!("secevent+jwt")),
        ("typ", json!(1)),
        ("kid", json!("unknown")),
        ("kid", json!("")),
        ("kid", json!(1)),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
    ] {
        both.refused(&key.sign(&with(&header, name, bad.clone()), &claims), &format!("{name} {bad}"));
    }
    both.refused(&key.sign(&without(&header, "alg"), &claims), "without alg");
    let seconds = app.clock.now().utc().timestamp();
    for (name, bad) in [
        ("aud", json!("others")),
        ("aud", json!(CLIENT)),
        ("aud", json!([])),
        ("aud", json!([AUDIENCE, 1])),
        ("aud", json!({ "aud": AUDIENCE })),
        ("aud", Value::Null),
        ("exp", json!(seconds - 30)),
        ("exp", json!((seconds + 300).to_string())),
        ("exp", json!(1e300)),
        ("exp", json!(true)),
        ("exp", Value::Null),
        ("nbf", json!(seconds + 31)),
        ("nbf", json!("now")),
        ("nbf", Value::Null),
        ("iat", json!(seconds + 31)),
        ("iat", json!([seconds])),
        ("iat", json!(i64::MAX)),
        ("sub", json!("")),
        ("sub", json!(1)),
        ("email_verified", json!(false)),
        ("email_verified", json!("true")),
        ("email_verified", json!(1)),
        ("email_verified", Value::Null),
        ("email", json!(["owner@example.com"])),
        ("email", json!("owner@example.com\u{0}")),
        ("email", Value::Null),
    ] {
        both.refused(&both.token(&with(&claims, name, bad.clone())), &format!("{name} {bad}"));
    }
    for name in ["aud", "exp", "sub", "email", "email_verified"] {
        both.refused(&both.token(&without(&claims, name)), &format!("without {name}"));
    }
    // Who says to be another issuer is not asked about: that is a token of ours, or of nobody.
    for iss in [json!(format!("{}/", both.issuer.at)), json!("https://issuer.example"), json!("prodops"), json!(1)] {
        both.ask(&both.token(&with(&claims, "iss", iss))).expect(401);
    }
}

fn a_token_that_the_issuer_did_not_sign_opens_nothing(app: &TestApp) {
    let both = Both::start(app);
    let (key, claims) = (&both.issuer.key, both.claims(app, "owner@example.com"));
    let good = both.token(&claims);
    let parts: Vec<&str> = good.split('.').collect();
    let stranger = Signing::new("one", Algorithm::ES256);
    let mut header = key.header();
    both.refused(&stranger.sign(&header, &claims), "another's key of that name");
    header["jwk"] = stranger.public.clone();
    header["jku"] = json!(format!("{}/others", both.issuer.at));
    header["x5u"] = header["jku"].clone();
    both.refused(&stranger.sign(&header, &claims), "a key that came with it");
    let edwards = Signing::new("one", Algorithm::EdDSA);
    both.refused(&edwards.sign(&edwards.header(), &claims), "another algorithm with its own key");
    let public = BASE64_URL_SAFE_NO_PAD.decode(key.public["x"].as_str().expect("a point")).expect("bytes");
    for secret in [key.public.to_string().into_bytes(), public, Vec::new()] {
        let mut shared = jsonwebtoken::Header::new(Algorithm::HS256);
        shared.kid = Some("one".to_owned());
        let token = jsonwebtoken::encode(&shared, &claims, &EncodingKey::from_secret(&secret)).expect("a token");
        both.refused(&token, "a public key as a shared secret");
    }
    let changed = BASE64_URL_SAFE_NO_PAD.encode(with(&claims, "sub", json!("0002")).to_string());
    both.refused(&format!("{}.{changed}.{}", parts[0], parts[2]), "other claims");
    both.refused(&format!("{}.{}.", parts[0], parts[1]), "no signature");
    both.refused(&format!("{}.{}", parts[0], parts[1]), "two parts");
    both.refused(&format!("{good}.{}", parts[2]), "four parts");
    assert_eq!(both.issuer.count("/others"), 0, "no address that a token names is asked");
    both.ask(&good).expect(200);
}

fn our_own_tokens_stay_ours(app: &TestApp) {
    let both = Both::start(app);
    let signed_in = json!({ "email": "owner@example.com", "password": crate::app::PASSWORD });
    let own = both.server.anonymous().post("/api/v1/auth/login", &signed_in).expect(200).json;
    both.ask(own["access_token"].as_str().expect("a token")).expect(200);
    // The issuer's word for us is a word of the issuer's.
    let key = &both.issuer.key;
    let ours = json!({ "iss": "prodops", "aud": "prodops", "sub": app.people.owner, "sid": "s", "jti": "x" });
    let mut claims = both.claims(app, "owner@example.com");
    claims.as_object_mut().expect("an object").extend(ours.as_object().expect("an object").clone());
    both.ask(&key.sign(&key.header(), &claims)).expect(401);
    // A server that knows no issuer takes no token of one.
    let token = both.token(&both.claims(app, "owner@example.com"));
    app.anonymous().with("Authorization", &format!("Bearer {token}")).get("components").expect(401);
}

#[test]
fn new_keys_are_found_and_old_ones_forgotten() {
    let app = TestApp::on_sqlite();
    let both = Both::start(&app);
    let owner = || both.claims(&app, "owner@example.com");
    let before = both.token(&owner());
    both.ask(&before).expect(200);
    let next = Signing::new("two", Algorithm::EdDSA);
    both.issuer.publish(&[&next, &both.issuer.key]);
    both.refused(&next.sign(&next.header(), &owner()), "it was asked a moment ago");
    app.pass(TimeDelta::seconds(31));
    both.ask(&next.sign(&next.header(), &owner())).expect(200);
    both.ask(&both.token(&owner())).expect(200);
    let asked = both.issuer.count("/keys");
    for nth in 0..50 {
        let stranger = Signing::new(&format!("random-{nth}"), Algorithm::ES256);
        both.refused(&stranger.sign(&stranger.header(), &owner()), "an unknown key");
    }
    assert_eq!(both.issuer.count("/keys"), asked, "whatever is sent, it is asked every half minute at most");
    both.issuer.publish(&[&next]);
    app.pass(TimeDelta::minutes(11));
    both.ask(&next.sign(&next.header(), &owner())).expect(200);
    for _ in 0..200 {
        if both.ask(&both.token(&owner())).status == 401 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("a key that is not published any more still opens");
}

#[test]
fn while_the_issuer_is_away_its_keys_are_good_for_a_day() {
    let app = TestApp::on_sqlite();
    let both = Both::start(&app);
    let token = |both: &Both| both.token(&both.claims(&app, "owner@example.com"));
    both.issuer.serve("/keys", 500, &json!({}));
    let answer = both.ask(&token(&both)).expect(503);
    assert_eq!(answer.json["errors"][0]["code"], "issuer");
    app.owner().get("components").expect(200);
    both.issuer.publish(&[&both.issuer.key]);
    both.ask(&token(&both)).expect(503);
    app.pass(TimeDelta::seconds(5));
    both.ask(&token(&both)).expect(200);
    for broken in
        ["", "[]", "{\"keys\":1}", "<html>", &"[".repeat(100_000), &format!("{{\"keys\":\"{}\"}}", "x".repeat(300_000))]
    {
        both.issuer.said().documents.insert("/keys".to_owned(), (200, broken.to_owned()));
        app.pass(TimeDelta::minutes(11));
        both.ask(&token(&both)).expect(200);
        std::thread::sleep(Duration::from_millis(100)); // It is asked beside the request.
    }
    both.issuer.said().slow = Duration::from_secs(60);
    app.pass(TimeDelta::hours(20));
    let begun = std::time::Instant::now();
    both.ask(&token(&both)).expect(200);
    assert!(begun.elapsed() < Duration::from_secs(3), "nobody waits for it");
    app.pass(TimeDelta::hours(4));
    both.ask(&token(&both)).expect(503);
    assert!(begun.elapsed() < Duration::from_secs(30), "or not for long: {:?}", begun.elapsed());
    both.issuer.said().slow = Duration::ZERO;
    both.issuer.publish(&[&both.issuer.key]);
    app.pass(TimeDelta::seconds(6));
    both.ask(&token(&both)).expect(200);
}

#[test]
fn nothing_is_asked_but_at_the_configured_address() {
    let app = TestApp::on_sqlite();
    let (issuer, elsewhere) = (OtherIssuer::start(), OtherIssuer::start());
    let token = |issuer: &OtherIssuer| {
        let claims = issuer.claims("owner@example.com", app.clock.now().utc().timestamp());
        issuer.key.sign(&issuer.key.header(), &claims)
    };
    let ask = |options: IssuerOptions, status: u16| {
        let server = app.instance_with(&known(options));
        server
            .anonymous()
            .with("Authorization", &format!("Bearer {}", token(&issuer)))
            .get("components")
            .expect(status);
    };
    elsewhere.publish(&[&issuer.key]);
    let configuration = |name: &str, value: &str| {
        let said = issuer.said().documents["/.well-known/openid-configuration"].1.clone();
        let said: Value = serde_json::from_str(&said).expect("JSON");
        issuer.serve("/.well-known/openid-configuration", 200, &with(&said, name, json!(value)));
    };
    configuration("jwks_uri", &format!("{}/keys", elsewhere.at));
    ask(issuer.options(), 503);
    assert_eq!(elsewhere.count("/keys"), 0, "the issuer's configuration leads nowhere else");
    let named = || IssuerOptions { oidc_jwks_url: Some(format!("{}/keys", elsewhere.at)), ..issuer.options() };
    ask(named(), 200);
    assert_eq!(elsewhere.count("/keys"), 1, "but ours may");
    issuer.serve("/moved", 302, &json!(format!("{}/keys", elsewhere.at)));
    ask(IssuerOptions { oidc_jwks_url: Some(format!("{}/moved", issuer.at)), ..issuer.options() }, 503);
    assert_eq!((issuer.count("/moved"), elsewhere.count("/keys")), (1, 1), "and no redirect is followed");
    configuration("jwks_uri", &format!("{}/keys", issuer.at));
    ask(issuer.options(), 200);
    configuration("issuer", &elsewhere.at);
    ask(issuer.options(), 503);
}

#[test]
fn settings_that_say_nothing_are_refused_by_name() {
    let set = |pairs: &[(&str, &str)], home: Option<&str>| {
        let mut options = IssuerOptions::default();
        for (name, value) in pairs {
            let value = Some((*value).to_owned());
            match *name {
                "issuer" => options.oidc_issuer = value,
                "audience" => options.oidc_audience = value,
                "jwks" => options.oidc_jwks_url = value,
                "token" => options.oidc_token_url = value,
                "client" => options.oidc_client_id = value,
                "secret" => options.oidc_client_secret = value.map(|text| text.parse().expect("a secret")),
                "claim" => options.oidc_roles_claim = value,
                "roles" => options.oidc_roles = value,
                other => panic!("{other}"),
            }
        }
        options.resolve(home.map(|home| home.parse().expect("an address")).as_ref())
    };
    let (issuer, api, home) = (("issuer", "https://sso.example"), ("audience", "api"), Some("https://prodops.example"));
    assert!(set(&[], None).expect("nothing").is_none());
    assert!(set(&[("issuer", ""), ("client", " "), ("secret", "")], None).expect("nothing").is_none());
    for good in [
        &[issuer, api][..],
        &[issuer, ("client", "c")],
        &[issuer, ("client", "c"), ("secret", "s"), api],
        &[issuer, api, ("claim", "groups"), ("roles", "a=b:owner, /x=y=b:viewer")],
        &[("issuer", "http://127.0.0.1:4000/realms/a"), api],
        &[("issuer", "http://localhost:4000"), api],
    ] {
        assert!(set(good, home).expect("settings").is_some(), "{good:?}");
    }
    for (bad, word) in [
        (&[issuer][..], "oidc_audience"),
        (&[api], "oidc_issuer"),
        (&[("client", "c")], "oidc_issuer"),
        (&[issuer, api, ("secret", "s")], "oidc_client_id"),
        (&[issuer, api, ("roles", "a=b:owner")], "oidc_roles_claim"),
        (&[issuer, api, ("claim", "groups")], "oidc_roles"),
        (&[issuer, api, ("claim", "groups"), ("roles", "a=b")], "oidc_roles"),
        (&[issuer, api, ("claim", "groups"), ("roles", "a=b:boss")], "oidc_roles"),
        (&[issuer, api, ("claim", "groups"), ("roles", "=b:owner")], "oidc_roles"),
        (&[issuer, api, ("claim", "groups"), ("roles", "a=B C:owner")], "oidc_roles"),
        (&[("issuer", "http://sso.example"), api], "https"),
        (&[("issuer", "http://127.0.0.1.example"), api], "https"),
        (&[("issuer", "file:///etc/passwd"), api], "oidc_issuer"),
        (&[("issuer", "sso.example"), api], "oidc_issuer"),
        (&[("issuer", "https://sso.example/?a=b"), api], "oidc_issuer"),
        (&[("issuer", "https://me:secret@sso.example"), api], "oidc_issuer"),
        (&[issuer, api, ("jwks", "http://10.0.0.1/keys")], "oidc_jwks_url"),
        (&[issuer, api, ("token", "ftp://sso.example")], "oidc_token_url"),
    ] {
        let why = set(bad, home).expect_err("refused");
        assert!(why.contains(word) && !why.contains("secret@"), "{bad:?}: {why}");
    }
    assert!(set(&[issuer, ("client", "c")], None).expect_err("refused").contains("public_url"));
}
