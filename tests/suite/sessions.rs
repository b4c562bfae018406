//! Staying signed in: refresh tokens and their theft, signing out, one's sessions, one's password, and keys that change.

use crate::{
    access::sign_in,
    app::{PASSWORD, Server, TestApp, session_of},
    client::{Answer, Client},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use prodops::{
    access::{
        sessions::{AT_MOST, Origin, store},
        store::find_user,
    },
    kernel::{
        auth::SessionKind,
        clock::Instant,
        schema::{attempts, audit_events, sessions},
    },
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Barrier, thread};

on_both_engines!(
    a_refresh_token_is_good_once_and_gets_the_next,
    a_session_ends_unused_after_thirty_days_and_used_after_ninety,
    within_the_grace_the_successor_is_the_same,
    reuse_after_the_grace_ends_the_session,
    a_token_from_further_back_ends_the_session_even_in_the_grace,
    sixteen_that_refresh_at_once_get_one_successor,
    instances_that_refresh_at_once_agree,
    what_is_no_refresh_token_is_told_so,
    a_secret_of_one_kind_is_nothing_as_another,
    signing_out_ends_the_access_tokens_too,
    one_sees_and_ends_ones_own_sessions_only,
    a_changed_password_ends_all_other_sessions,
    a_wrong_current_password_is_refused_and_counts,
    a_disabled_user_refreshes_nothing,
    a_token_of_another_session_or_user_opens_nothing,
    a_user_has_at_most_so_many_sessions,
    only_hashes_are_kept_and_no_trail_or_cache_holds_a_secret,
    a_new_key_signs_nobody_out,
    dropped_keys_end_access_tokens_but_no_session,
);

fn login(app: &TestApp) -> Value {
    let sent = json!({ "email": "viewer@example.com", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/login", &sent).expect(200).json
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name}: {tokens}"))
}

fn refresh(app: &TestApp, token: &str) -> Answer {
    app.anonymous().post("/api/v1/auth/refresh", &json!({ "refresh_token": token }))
}

/// The refresh token that comes next.
fn next(app: &TestApp, token: &str) -> String {
    text(&refresh(app, token).expect(200).json, "refresh_token").to_owned()
}

fn bearer(app: &TestApp, tokens: &Value) -> Client {
    app.anonymous().with("Authorization", &format!("Bearer {}", text(tokens, "access_token")))
}

/// The same, at another instance.
fn at(other: &Server, tokens: &Value) -> Client {
    other.anonymous().with("Authorization", &format!("Bearer {}", text(tokens, "access_token")))
}

/// The actions of the audit trail on a kind of row, in order.
fn trail(app: &TestApp, resource: &'static str) -> Vec<String> {
    app.read(move |conn| {
        let of = audit_events::table.filter(audit_events::resource.eq(resource));
        Ok(of.order(audit_events::id).select(audit_events::action).load(conn)?)
    })
}

fn a_refresh_token_is_good_once_and_gets_the_next(app: &TestApp) {
    let first = login(app);
    let answer = refresh(app, text(&first, "refresh_token")).expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let second = answer.json;
    assert_eq!((&second["token_type"], &second["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(second.as_object().map(serde_json::Map::len), Some(4));
    for name in ["refresh_token", "access_token"] {
        assert_ne!(text(&first, name), text(&second, name));
    }
    bearer(app, &first).get("components").expect(200);
    bearer(app, &second).get("components").expect(200);
    app.pass(TimeDelta::minutes(16));
    bearer(app, &second).get("components").expect(401);
    let third = refresh(app, text(&second, "refresh_token")).expect(200).json;
    bearer(app, &third).get("components").expect(200);
}

fn a_session_ends_unused_after_thirty_days_and_used_after_ninety(app: &TestApp) {
    let (unused, mut used) = (login(app), text(&login(app), "refresh_token").to_owned());
    for _ in 0..3 {
        app.pass(TimeDelta::days(29));
        used = next(app, &used);
    }
    refresh(app, text(&unused, "refresh_token")).expect(401);
    app.pass(TimeDelta::days(3) - TimeDelta::seconds(1));
    let last = refresh(app, &used).expect(200).json;
    bearer(app, &last).get("components").expect(200);
    app.pass(TimeDelta::seconds(1));
    bearer(app, &last).get("components").expect(401);
    refresh(app, text(&last, "refresh_token")).expect(401);
}

fn within_the_grace_the_successor_is_the_same(app: &TestApp) {
    let first = login(app);
    let token = text(&first, "refresh_token");
    let successor = next(app, token);
    assert_eq!(next(app, token), successor);
    app.pass(TimeDelta::seconds(29));
    let again = refresh(app, token).expect(200).json;
    assert_eq!(text(&again, "refresh_token"), successor);
    bearer(app, &again).get("components").expect(200);
    next(app, &successor);
}

fn reuse_after_the_grace_ends_the_session(app: &TestApp) {
    let (first, other) = (login(app), login(app));
    let stolen = text(&first, "refresh_token");
    let second = refresh(app, stolen).expect(200).json;
    app.pass(TimeDelta::seconds(30));
    bearer(app, &second).get("components").expect(200);
    refresh(app, stolen).expect(401);
    bearer(app, &second).get("components").expect(401);
    bearer(app, &first).get("components").expect(401);
    refresh(app, text(&second, "refresh_token")).expect(401);
    bearer(app, &other).get("components").expect(200);
    next(app, text(&other, "refresh_token"));
    assert_eq!(trail(app, "sessions"), ["reuse"]);
}

fn a_token_from_further_back_ends_the_session_even_in_the_grace(app: &TestApp) {
    let first = login(app);
    let second = next(app, text(&first, "refresh_token"));
    let third = next(app, &second);
    refresh(app, text(&first, "refresh_token")).expect(401);
    refresh(app, &third).expect(401);
    bearer(app, &first).get("components").expect(401);
}

/// The answers of so many, given at once.
fn at_once<T: Send>(count: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    let one = |nth| {
        barrier.wait();
        ask(nth)
    };
    thread::scope(|scope| {
        let one = &one;
        let threads: Vec<_> = (0..count).map(|nth| scope.spawn(move || one(nth))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

fn sixteen_that_refresh_at_once_get_one_successor(app: &TestApp) {
    let mut token = text(&login(app), "refresh_token").to_owned();
    for _ in 0..5 {
        let answers = at_once(16, |_| refresh(app, &token).expect(200).json);
        let successors: BTreeSet<&str> = answers.iter().map(|answer| text(answer, "refresh_token")).collect();
        assert_eq!(successors.len(), 1, "{successors:?}");
        answers.iter().for_each(|answer| {
            bearer(app, answer).get("/api/v1/me").expect(200);
        });
        token = text(&answers[0], "refresh_token").to_owned();
    }
    let of_viewer = app.people.viewer.clone();
    let count: i64 = app.read(move |conn| {
        let theirs = sessions::table.filter(sessions::user_id.eq(of_viewer)).filter(sessions::client.ne("tests"));
        Ok(theirs.count().get_result(conn)?)
    });
    assert_eq!(count, 1, "one session, however many refreshed it");
    assert!(trail(app, "sessions").is_empty());
}

fn instances_that_refresh_at_once_agree(app: &TestApp) {
    let other = app.instance();
    let mut token = text(&login(app), "refresh_token").to_owned();
    for _ in 0..5 {
        let answers = at_once(16, |nth| {
            let client = if nth % 2 == 0 { app.anonymous() } else { other.anonymous() };
            client.post("/api/v1/auth/refresh", &json!({ "refresh_token": token })).expect(200).json
        });
        let successors: BTreeSet<&str> = answers.iter().map(|answer| text(answer, "refresh_token")).collect();
        assert_eq!(successors.len(), 1, "{successors:?}");
        for tokens in &answers {
            bearer(app, tokens).get("/api/v1/me").expect(200);
            at(&other, tokens).get("/api/v1/me").expect(200);
        }
        token = text(&answers[0], "refresh_token").to_owned();
    }
    assert!(trail(app, "sessions").is_empty());
    // What ends at one is over at the other, at its next request.
    let last = refresh(app, &token).expect(200).json;
    at(&other, &last).get("/api/v1/me").expect(200);
    app.pass(TimeDelta::seconds(30));
    refresh(app, &token).expect(401);
    at(&other, &last).get("/api/v1/me").expect(401);
}

fn what_is_no_refresh_token_is_told_so(app: &TestApp) {
    let first = login(app);
    let token = text(&first, "refresh_token");
    let (id, secret) = token.split_once('.').expect("two parts");
    for sent in
        ["", ".", "x", secret, &format!(".{secret}"), &format!("no-such-session.{secret}"), "\u{e9}.x", "' OR 1=1--.x"]
    {
        let refused = refresh(app, sent).expect(401);
        assert_eq!(refused.json["detail"], "the refresh token is not valid, or not any more: sign in again");
    }
    let post = |body: Value| app.anonymous().post("/api/v1/auth/refresh", &body).expect(422).faults();
    assert_eq!(post(json!({})), ["/refresh_token required"]);
    assert_eq!(
        post(json!({ "refresh_token": null, "scope": "admin" })),
        ["/refresh_token type", "/scope unknown_property"]
    );
    bearer(app, &first).get("components").expect(200);
    // What names a session and was never its token is taken for one that was: its end costs one sign-in.
    refresh(app, &format!("{id}.guessed")).expect(401);
    refresh(app, token).expect(401);
}

fn a_secret_of_one_kind_is_nothing_as_another(app: &TestApp) {
    let (tokens, (browser, _)) = (login(app), sign_in(app, "viewer"));
    let token = text(&tokens, "refresh_token");
    for sent in [token, text(&tokens, "access_token")] {
        app.anonymous().with("Cookie", &format!("prodops_session={sent}")).get("components").expect(401);
    }
    app.anonymous().with("Authorization", &format!("Bearer {token}")).get("components").expect(401);
    let ids: Vec<String> = app.read(|conn| {
        Ok(sessions::table.filter(sessions::kind.eq(SessionKind::Browser)).select(sessions::id).load(conn)?)
    });
    refresh(app, &format!("{}.x", ids[0])).expect(401);
    assert_eq!(refresh(app, text(&tokens, "access_token")).expect(422).faults(), ["/refresh_token too_long"]);
    browser.get("components").expect(200);
    next(app, token);
}

fn signing_out_ends_the_access_tokens_too(app: &TestApp) {
    let logout = |token: &str| {
        let answer = app.anonymous().post("/api/v1/auth/logout", &json!({ "refresh_token": token }));
        answer.expect(204);
    };
    let (first, other) = (login(app), login(app));
    let token = text(&first, "refresh_token");
    logout("x");
    logout(&format!("{}x", token));
    bearer(app, &first).get("components").expect(200);
    logout(token);
    bearer(app, &first).get("components").expect(401);
    refresh(app, token).expect(401);
    logout(token);
    next(app, text(&other, "refresh_token"));
    // Whoever signs out before the answer to a refresh has come is signed out.
    logout(text(&other, "refresh_token"));
    bearer(app, &other).get("components").expect(401);
    assert_eq!(trail(app, "sessions"), ["sign_out", "sign_out"]);
    let (browser, _) = sign_in(app, "viewer");
    browser.send("POST", "/logout", Some(b"")).expect(303);
    assert_eq!(trail(app, "sessions").len(), 3);
}

fn one_sees_and_ends_ones_own_sessions_only(app: &TestApp) {
    let (browser, _) = sign_in(app, "viewer");
    app.pass(TimeDelta::seconds(1));
    let agent = app.anonymous().with("User-Agent", "curl/8.5");
    let sent = json!({ "email": "viewer@example.com", "password": PASSWORD });
    let tokens = agent.post("/api/v1/auth/login", &sent).expect(200).json;
    let me = bearer(app, &tokens);
    let list = me.get("/api/v1/auth/sessions?sort=kind,-created_at").expect(200);
    assert_eq!(list.column("kind"), ["api", "api", "browser"]);
    let mine = list.json["items"].as_array().expect("items").iter().find(|item| item["current"] == true).expect("mine");
    assert_eq!(
        (&mine["client"], &mine["kind"], &mine["address"]),
        (&json!("curl/8.5"), &json!("api"), &json!("127.0.0.1"))
    );
    assert!(!list.text().contains("hash"), "{list}");
    let of_browser = me.get("/api/v1/auth/sessions?kind=browser").expect(200);
    let path = |list: &Answer, nth: usize| format!("/api/v1/auth/sessions/{}", list.column("id")[nth]);
    let theirs = path(&of_browser, 0);
    app.editor().delete(&theirs, "\"1\"").expect(404);
    me.send("DELETE", &theirs, None).expect(428);
    me.delete(&theirs, "\"2\"").expect(412);
    browser.get("components").expect(200);
    me.delete(&theirs, "\"1\"").expect(204);
    browser.get("components").expect(401);
    me.delete(&theirs, "\"1\"").expect(404);
    me.delete(&format!("/api/v1/auth/sessions/{}", text(mine, "id")), "\"1\"").expect(204);
    me.get("/api/v1/me").expect(401);
    refresh(app, text(&tokens, "refresh_token")).expect(401);
    assert_eq!(trail(app, "sessions"), ["delete", "delete"]);
}

fn change_password(client: &Client, from: &str, to: &str) -> Answer {
    client.post("/api/v1/me/password", &json!({ "current_password": from, "new_password": to }))
}

fn a_changed_password_ends_all_other_sessions(app: &TestApp) {
    let (here, there, (browser, _)) = (login(app), login(app), sign_in(app, "viewer"));
    let editor = app.editor();
    change_password(&bearer(app, &here), PASSWORD, "another horse battery").expect(204);
    bearer(app, &here).get("components").expect(200);
    next(app, text(&here, "refresh_token"));
    bearer(app, &there).get("components").expect(401);
    refresh(app, text(&there, "refresh_token")).expect(401);
    browser.get("components").expect(401);
    editor.get("components").expect(200);
    let attempt = |password: &str| {
        let sent = json!({ "email": "viewer@example.com", "password": password });
        app.anonymous().post("/api/v1/auth/login", &sent).status
    };
    assert_eq!((attempt(PASSWORD), attempt("another horse battery")), (401, 200));
    assert!(trail(app, "users").contains(&"change_password".to_owned()));
    let user = format!("/api/v1/users/{}", app.people.viewer);
    assert_eq!(app.admin().get(&user).expect(200).etag(), "\"2\"");
}

fn a_wrong_current_password_is_refused_and_counts(app: &TestApp) {
    let viewer = app.viewer();
    assert_eq!(
        change_password(&viewer, "x", "another horse battery").expect(422).faults(),
        ["/current_password wrong_password"]
    );
    assert_eq!(change_password(&viewer, PASSWORD, "short").expect(422).faults(), ["/new_password too_short"]);
    let failures: i64 = app.read(|conn| Ok(attempts::table.count().get_result(conn)?));
    assert_eq!(failures, 2, "who has a token cannot try passwords without end");
    app.anonymous().post("/api/v1/me/password", &json!({})).expect(401);
    login(app);
}

fn a_disabled_user_refreshes_nothing(app: &TestApp) {
    let tokens = login(app);
    let user = format!("/api/v1/users/{}", app.people.viewer);
    app.admin().patch(&user, "\"1\"", &json!({ "disabled": true })).expect(200);
    bearer(app, &tokens).get("/api/v1/me").expect(401);
    refresh(app, text(&tokens, "refresh_token")).expect(401);
    app.admin().patch(&user, "\"2\"", &json!({ "disabled": false })).expect(200);
    bearer(app, &tokens).get("/api/v1/me").expect(401);
    refresh(app, text(&tokens, "refresh_token")).expect(401);
}

fn a_token_of_another_session_or_user_opens_nothing(app: &TestApp) {
    let now = app.clock.now();
    let people = &app.people;
    for (user, session) in [
        (&people.owner, session_of(&people.viewer)),
        (&people.owner, String::new()),
        (&people.owner, "no-such-session".to_owned()),
        (&people.owner, people.owner.clone()),
        (&String::new(), session_of(&people.owner)),
    ] {
        let token = app.signer.access_token(user, &session, now).expect("a token");
        let client = app.anonymous().with("Authorization", &format!("Bearer {token}"));
        client.get("/api/v1/me").expect(401);
    }
}

fn a_user_has_at_most_so_many_sessions(app: &TestApp) {
    let tokens = login(app);
    let (id, start) = (app.people.viewer.clone(), app.clock.now().utc());
    app.change(move |tx| {
        let user = find_user(tx, &id)?;
        let origin = Origin { address: "127.0.0.1".to_owned(), client: String::new() };
        let until = Instant::from(start + TimeDelta::days(1));
        for nth in 0..AT_MOST {
            tx.happens_at((start + TimeDelta::seconds(nth + 1)).into());
            store::open(tx, &user, SessionKind::Api, &format!("secret{nth}"), &origin, until)?;
        }
        Ok(())
    });
    let id = app.people.viewer.clone();
    let count: i64 =
        app.read(move |conn| Ok(sessions::table.filter(sessions::user_id.eq(id)).count().get_result(conn)?));
    assert_eq!(count, AT_MOST);
    bearer(app, &tokens).get("/api/v1/me").expect(401);
}

fn only_hashes_are_kept_and_no_trail_or_cache_holds_a_secret(app: &TestApp) {
    let first = login(app);
    let second = refresh(app, text(&first, "refresh_token")).expect(200).json;
    change_password(&bearer(app, &second), PASSWORD, "another horse battery").expect(204);
    app.pass(TimeDelta::minutes(1));
    refresh(app, text(&first, "refresh_token")).expect(401);
    let (kept, idempotent) = app.read(|conn| {
        use prodops::kernel::schema::idempotency_keys;
        let events = audit_events::table.select((audit_events::before, audit_events::after));
        let kept = format!("{:?}", events.load::<(Option<String>, Option<String>)>(conn)?);
        Ok((kept, idempotency_keys::table.count().get_result::<i64>(conn)?))
    });
    let secrets = ["refresh_token", "access_token"].map(|name| [text(&first, name), text(&second, name)]);
    for secret in secrets.iter().flatten() {
        let hash = prodops::kernel::auth::secret_hash(secret);
        assert!(!kept.contains(secret) && !kept.contains(&hash));
    }
    assert!(!kept.contains("horse") && !kept.contains("argon2"));
    assert_eq!(idempotent, 0);
}

fn a_new_key_signs_nobody_out(app: &TestApp) {
    let other = app.instance();
    let (tokens, (browser, _)) = (login(app), sign_in(app, "viewer"));
    let lost = text(&tokens, "refresh_token");
    let successor = next(app, lost);
    let kids = || {
        let keys = app.anonymous().get("/.well-known/jwks.json").expect(200).json["keys"].clone();
        let keys = keys.as_array().expect("keys").clone();
        assert!(keys.iter().all(|key| key["alg"] == "EdDSA" && key.get("d").is_none()));
        keys.iter().map(|key| text(key, "kid").to_owned()).collect::<Vec<_>>()
    };
    let before = kids();
    let made = app.key_place().rotate(app.clock.now(), false).expect("a key");
    assert_eq!(kids(), [made.kid.clone(), before[0].clone()]);
    bearer(app, &tokens).get("components").expect(200);
    browser.get("components").expect(200);
    assert_eq!(next(app, lost), successor, "in the grace, with a key that has gone meanwhile");
    let after = refresh(app, &successor).expect(200).json;
    bearer(app, &after).get("components").expect(200);
    at(&other, &after).get("components").expect(200);
    at(&other, &tokens).get("components").expect(200);
    let kid = jsonwebtoken::decode_header(text(&after, "access_token")).expect("a header").kid;
    assert_eq!(kid, Some(made.kid), "the new one signs");
    app.pass(TimeDelta::hours(1));
    assert_eq!(kids().len(), 1);
    refresh(app, text(&after, "refresh_token")).expect(200);
}

fn dropped_keys_end_access_tokens_but_no_session(app: &TestApp) {
    let tokens = login(app);
    app.key_place().rotate(app.clock.now(), true).expect("a key");
    app.anonymous().get("/.well-known/jwks.json").expect(200);
    bearer(app, &tokens).get("/api/v1/me").expect(401);
    let after = refresh(app, text(&tokens, "refresh_token")).expect(200).json;
    bearer(app, &after).get("/api/v1/me").expect(200);
}
