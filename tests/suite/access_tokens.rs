//! Tokens that are not quite ours, sent to the API: each is refused, and says nothing of why.

use crate::{
    app::{PASSWORD, TestApp, session_of},
    client::Client,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use prodops::kernel::auth::Signer;
use serde_json::{Value, json};

on_both_engines!(
    a_token_with_anything_else_in_it_opens_nothing,
    a_token_that_somebody_else_signed_opens_nothing,
    a_token_of_a_key_that_was_retired_or_dropped_opens_nothing,
    a_token_of_who_may_not_come_in_any_more_opens_nothing,
    a_token_is_taken_from_one_place_only,
);

/// The parts of a token of the owner's, that a forger begins with, and the key that signed it.
struct Forge {
    header: Value,
    claims: Value,
    key: EncodingKey,
}

impl Forge {
    fn new(app: &TestApp) -> Self {
        let owner = &app.people.owner;
        let token = app.signer.access_token(owner, &session_of(owner), app.clock.now()).expect("a token");
        let part = |nth| decoded(&token, nth);
        let pem = std::fs::read(app.keys.path().join("signing-key.pem")).expect("the key");
        Self { header: part(0), claims: part(1), key: EncodingKey::from_ed_pem(&pem).expect("a key") }
    }

    /// Signed with the right key, whatever stands in it.
    fn token(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, Algorithm::EdDSA);
        format!("{message}.{}", signature.expect("a signature"))
    }
}

fn decoded(token: &str, nth: usize) -> Value {
    let part = token.split('.').nth(nth).expect("three parts");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

fn encoded(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
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

fn bearer(app: &TestApp, token: &str) -> Client {
    app.anonymous().with("Authorization", &format!("Bearer {token}"))
}

#[track_caller]
fn refused(app: &TestApp, token: &str, what: &str) {
    let answer = bearer(app, token).get("components");
    assert_eq!(answer.status, 401, "{what}: {answer}");
    assert!(answer.header("www-authenticate").is_some_and(|how| how.starts_with("Bearer")), "{answer}");
    assert_eq!(answer.json["detail"], "the access token is not valid, or not any more", "{what}");
}

fn a_token_with_anything_else_in_it_opens_nothing(app: &TestApp) {
    let forge = Forge::new(app);
    let (header, claims) = (&forge.header, &forge.claims);
    bearer(app, &forge.token(header, claims)).get("components").expect(200);
    let seconds = app.clock.now().utc().timestamp();
    for (name, bad) in [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("RS256")),
        ("alg", json!(["EdDSA"])),
        ("typ", json!("JWT")),
        ("typ", json!("id+jwt")),
        ("typ", json!(["at+jwt"])),
        ("kid", json!("unknown")),
        ("kid", json!("")),
        ("kid", json!("../../signing-key.pem")),
        ("kid", json!(0)),
    ] {
        refused(app, &forge.token(&with(header, name, bad.clone()), claims), &format!("{name} {bad}"));
    }
    for name in ["alg", "typ", "kid"] {
        refused(app, &forge.token(&without(header, name), claims), &format!("without {name}"));
        refused(app, &forge.token(&with(header, name, Value::Null), claims), &format!("{name} null"));
    }
    for (name, bad) in [
        ("exp", json!((seconds + 600).to_string())),
        ("exp", json!([seconds + 600])),
        ("exp", json!(true)),
        ("exp", json!(1e300)),
        ("exp", json!(seconds - 5)),
        ("exp", json!(-1)),
        ("nbf", json!(seconds.to_string())),
        ("nbf", json!({})),
        ("nbf", json!(false)),
        ("nbf", json!(seconds + 6)),
        ("nbf", json!(i64::MAX)),
        ("iat", json!("now")),
        ("aud", json!("others")),
        ("aud", json!([])),
        ("aud", json!(["prodops", "others"])),
        ("aud", json!(1)),
        ("iss", json!("https://issuer.example.com")),
        ("iss", json!("prodops ")),
        ("iss", json!(["prodops"])),
        ("iss", json!(1)),
        ("sub", json!(1)),
        ("sid", json!([])),
    ] {
        refused(app, &forge.token(header, &with(claims, name, bad.clone())), &format!("{name} {bad}"));
    }
    for name in ["exp", "nbf", "iat", "iss", "aud", "sub", "sid", "jti"] {
        refused(app, &forge.token(header, &without(claims, name)), &format!("without {name}"));
        refused(app, &forge.token(header, &with(claims, name, Value::Null)), &format!("{name} null"));
    }
    for strange in [json!([]), json!("claims"), Value::Null, json!(7)] {
        refused(app, &forge.token(header, &strange), "no claims");
        refused(app, &forge.token(&strange, claims), "no header");
    }
}

fn a_token_that_somebody_else_signed_opens_nothing(app: &TestApp) {
    let forge = Forge::new(app);
    let (header, claims) = (&forge.header, &forge.claims);
    let stranger = Signer::ephemeral().expect("a key");
    let now = app.clock.now();
    let theirs = stranger.access_token(&app.people.owner, &session_of(&app.people.owner), now).expect("a token");
    refused(app, &theirs, "another installation's");
    let signature = theirs.rsplit('.').next().expect("a signature");
    refused(app, &format!("{}.{}.{signature}", encoded(header), encoded(claims)), "another key under our kid");
    let good = forge.token(header, claims);
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    let admin = format!("{}.{}", encoded(header), encoded(&with(claims, "sub", json!(app.people.outsider))));
    refused(app, &format!("{admin}.{signature}"), "claims of another token");
    for forged in [format!("{message}."), message.to_owned(), format!("{good}.{signature}"), format!(".{good}")] {
        refused(app, &forged, "parts");
    }
    for alg in ["none", "None", "NONE", "nOnE"] {
        let unsigned = format!("{}.{}", encoded(&with(header, "alg", json!(alg))), encoded(claims));
        refused(app, &format!("{unsigned}."), "unsigned");
        refused(app, &format!("{unsigned}.{signature}"), "unsigned, with a signature");
    }
    // The key set is public: its bytes, in whatever form, are nobody's shared secret.
    let set = app.anonymous().get("/.well-known/jwks.json").expect(200);
    let public = set.json["keys"][0]["x"].as_str().expect("a public key").to_owned();
    let raw = BASE64_URL_SAFE_NO_PAD.decode(&public).expect("base64");
    let spki = [&b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..], &raw].concat();
    let body = base64::prelude::BASE64_STANDARD.encode(&spki);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    for secret in [public.as_bytes(), &raw, &spki, pem.as_bytes(), &set.bytes, b""] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let mut head = Header::new(algorithm);
            head.typ = header["typ"].as_str().map(ToOwned::to_owned);
            head.kid = header["kid"].as_str().map(ToOwned::to_owned);
            let confused = jsonwebtoken::encode(&head, claims, &EncodingKey::from_secret(secret)).expect("a token");
            refused(app, &confused, "the public key as a shared secret");
        }
    }
    let brought = with(&with(header, "jwk", set.json["keys"][0].clone()), "jku", json!("http://127.0.0.1:1/keys"));
    let brought = format!("{}.{}.{signature}", encoded(&brought), encoded(claims));
    refused(app, &brought, "a key that comes with it");
}

fn a_token_of_a_key_that_was_retired_or_dropped_opens_nothing(app: &TestApp) {
    let (forge, other) = (Forge::new(app), app.instance());
    let long = with(&forge.claims, "exp", json!(app.clock.now().utc().timestamp() + 86_400));
    let token = forge.token(&forge.header, &long);
    bearer(app, &token).get("components").expect(200);
    app.key_place().rotate(app.clock.now(), false).expect("a key");
    app.pass(TimeDelta::minutes(59));
    bearer(app, &token).get("components").expect(200);
    app.pass(TimeDelta::minutes(1));
    let owner = &app.people.owner;
    let fresh = app.signer.access_token(owner, &session_of(owner), app.clock.now()).expect("a token");
    for client in [app.anonymous(), other.anonymous()] {
        client.with("Authorization", &format!("Bearer {fresh}")).get("components").expect(200);
        client.with("Authorization", &format!("Bearer {token}")).get("components").expect(401);
    }
    refused(app, &token, "of a key that is out of use");
    app.key_place().rotate(app.clock.now(), true).expect("a key");
    // An instance may take five seconds to see it, or look when it meets the new key.
    let next = app.signer.access_token(owner, &session_of(owner), app.clock.now()).expect("a token");
    for client in [app.anonymous(), other.anonymous()] {
        client.with("Authorization", &format!("Bearer {next}")).get("components").expect(200);
        client.with("Authorization", &format!("Bearer {fresh}")).get("components").expect(401);
    }
}

fn a_token_of_who_may_not_come_in_any_more_opens_nothing(app: &TestApp) {
    let other = app.instance();
    let both = |token: &str| {
        let clients = [app.anonymous(), other.anonymous()];
        clients.map(|client| client.with("Authorization", &format!("Bearer {token}")).get("components").status)
    };
    let sent = json!({ "email": "editor@example.com", "password": PASSWORD });
    let sign_in = || app.anonymous().post("/api/v1/auth/login", &sent).expect(200).json;
    let token = |tokens: &Value| tokens["access_token"].as_str().expect("a token").to_owned();
    let ended = sign_in();
    assert_eq!(both(&token(&ended)), [200, 200]);
    app.anonymous().post("/api/v1/auth/logout", &json!({ "refresh_token": ended["refresh_token"] })).expect(204);
    assert_eq!(both(&token(&ended)), [401, 401], "a session that has ended");
    let disabled = token(&sign_in());
    assert_eq!(both(&disabled), [200, 200]);
    let user = format!("/api/v1/users/{}", app.people.editor);
    let answer = app.admin().patch(&user, "\"1\"", &json!({ "disabled": true })).expect(200);
    assert_eq!(both(&disabled), [401, 401], "a disabled user");
    app.admin().patch(&user, answer.etag(), &json!({ "disabled": false })).expect(200);
    assert_eq!(both(&disabled), [401, 401], "what has ended stays so");
    app.anonymous().post("/api/v1/auth/login", &sent).expect(200);
}

fn a_token_is_taken_from_one_place_only(app: &TestApp) {
    let owner = &app.people.owner;
    let token = app.signer.access_token(owner, &session_of(owner), app.clock.now()).expect("a token");
    let nobody = app.anonymous();
    nobody.with("Cookie", &format!("prodops_session={token}")).get("components").expect(401);
    nobody.with("Authorization", &token).get("components").expect(401);
    nobody.with("Authorization", &format!("Token {token}")).get("components").expect(401);
    nobody.with("X-Access-Token", &token).get("components").expect(401);
    let answer = nobody.get(&format!("components?access_token={token}"));
    assert!(matches!(answer.status, 401 | 422), "{answer}");
    nobody.with("Authorization", &format!("bEaReR {token}")).get("components").expect(200);
}
