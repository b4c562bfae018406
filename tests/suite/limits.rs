//! How often one may ask, from where, and from whose pages.

use crate::app::{Server, TestApp};
use prodops::kernel::{config::Reach, http::Proxies};
use serde_json::json;
use std::num::NonZeroU32;

on_both_engines!(
    each_caller_has_so_many_requests_a_minute,
    who_shows_nothing_is_counted_by_address,
    a_credential_that_is_not_good_is_counted_by_address,
    without_a_limit_nothing_is_said_of_one,
    imports_are_counted_at_all_instances_together,
    making_tokens_and_signed_addresses_is_counted,
    no_other_origin_calls_unless_it_is_named,
    many_guesses_at_once_are_not_told_the_right_one,
);

const PRODUCT: &str = "/api/v1/products/platform";

fn limited(app: &TestApp, most: u32) -> Server {
    app.instance_with(&Reach { rate_limit: NonZeroU32::new(most), ..Reach::default() })
}

fn each_caller_has_so_many_requests_a_minute(app: &TestApp) {
    let server = limited(app, 3);
    let as_user = |id: &str| server.anonymous().with("Authorization", &app.bearer(id));
    let (viewer, editor) = (as_user(&app.people.viewer), as_user(&app.people.editor));
    for left in ["2", "1", "0"] {
        let answer = viewer.get(&format!("{PRODUCT}/components")).expect(200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"caller\";q=3;w=60"));
        let told = answer.header("ratelimit").expect("what is left");
        assert!(told.starts_with(&format!("\"caller\";r={left};t=")), "{told}");
    }
    let refused = viewer.get(&format!("{PRODUCT}/components")).expect(429);
    let wait: u64 = refused.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((1..=20).contains(&wait) && refused.header("ratelimit").is_some_and(|told| told.contains("r=0;")));
    assert!(refused.json["type"].as_str().is_some_and(|kind| kind.ends_with("too-many-requests")));
    // Before what they may do: whoever asks too often is not told.
    viewer.get("/api/v1/products/nothing/components").expect(429);
    editor.get(&format!("{PRODUCT}/components")).expect(200);
}

fn who_shows_nothing_is_counted_by_address(app: &TestApp) {
    let trusted_proxies = Proxies(vec!["127.0.0.1/32".parse().expect("a network")]);
    let reach = Reach { rate_limit: NonZeroU32::new(2), trusted_proxies, ..Reach::default() };
    let server = app.instance_with(&reach);
    let from = |address: &str| server.anonymous().with("X-Forwarded-For", address);
    from("203.0.113.5").get("/openapi.json").expect(200);
    from("203.0.113.5").get("/api/v1/me").expect(401);
    from("203.0.113.5").get("/openapi.json").expect(429);
    from("198.51.100.1, 203.0.113.5").get("/login").expect(429);
    from("203.0.113.6").get("/openapi.json").expect(200);
    let signed_in = from("203.0.113.5").with("Authorization", &app.bearer(&app.people.viewer));
    signed_in.get(&format!("{PRODUCT}/components")).expect(200);
    for _ in 0..3 {
        from("203.0.113.5").get("/health/live").expect(200);
    }
}

fn a_credential_that_is_not_good_is_counted_by_address(app: &TestApp) {
    let server = limited(app, 2);
    let guess = |nth: u32| server.anonymous().with("Authorization", &format!("Bearer guess-{nth}")).get("/api/v1/me");
    guess(1).expect(401);
    guess(2).expect(401);
    guess(3).expect(429);
    let good = server.anonymous().with("Authorization", &app.bearer(&app.people.viewer));
    good.get("/api/v1/me").expect(200);
}

fn without_a_limit_nothing_is_said_of_one(app: &TestApp) {
    assert!(app.viewer().get("components").expect(200).header("ratelimit").is_none());
}

fn imports_are_counted_at_all_instances_together(app: &TestApp) {
    let file = b"nothing";
    let text = |client: &crate::client::Client| client.with("Content-Type", "text/csv");
    let (one, other) = (text(&app.editor()), app.instance());
    let other = text(&other.anonymous().with("Authorization", &app.bearer(&app.people.editor)));
    let path = format!("{PRODUCT}/imports/components?dry_run=true");
    // Written down directly: what is counted here is not how long they take.
    let (now, editor) = (app.clock.now(), app.people.editor.clone());
    app.change(move |tx| {
        use prodops::access::attempts::{Attempt, store};
        (0..298).try_for_each(|nth| store::note(tx, &format!("i{nth}"), Attempt::Import, &editor, now))?;
        tx.nothing_changed();
        Ok(())
    });
    one.send("POST", &path, Some(file)).expect(422);
    other.send("POST", &path, Some(file)).expect(422);
    one.send("POST", &path, Some(file)).expect(429);
    other.send("POST", &path, Some(file)).expect(429);
    text(&app.owner()).send("POST", &path, Some(file)).expect(422);
    app.pass(chrono::TimeDelta::minutes(5));
    let again = text(&app.editor()).send("POST", &path, Some(file));
    again.expect(422);
}

fn making_tokens_and_signed_addresses_is_counted(app: &TestApp) {
    let mint = || {
        let new =
            json!({ "name": "x", "role": "exporter", "product": "platform", "expires_at": "2027-01-01T00:00:00Z" });
        app.editor().post("/api/v1/tokens", &new)
    };
    let sign = || app.editor().post("exports/signed-urls", &json!({ "dataset": "components", "expires_in": 60 }));
    mint().expect(201);
    for _ in 1..60 {
        sign().expect(201);
    }
    mint().expect(429);
    sign().expect(429);
    app.pass(chrono::TimeDelta::minutes(5));
    mint().expect(201);
}

fn no_other_origin_calls_unless_it_is_named(app: &TestApp) {
    const TOOL: &str = "https://tool.example.com";
    let allowed = "access-control-allow-origin";
    let closed = app.viewer().with("Origin", TOOL).get("components").expect(200);
    assert!(closed.header(allowed).is_none());
    let server = app.instance_with(&Reach { cors_origins: vec![TOOL.to_owned()], ..Reach::default() });
    let from = |origin: &str| server.anonymous().with("Origin", origin);
    let viewer = from(TOOL).with("Authorization", &app.bearer(&app.people.viewer));
    let open = viewer.get(&format!("{PRODUCT}/components")).expect(200);
    assert_eq!(open.header(allowed), Some(TOOL));
    assert!(open.header("access-control-allow-credentials").is_none());
    assert!(open.header("access-control-expose-headers").is_some_and(|names| names.to_lowercase().contains("etag")));
    assert!(open.header("vary").is_some_and(|vary| vary.contains("Origin") && vary.contains("Authorization")));
    let stranger = from("https://evil.example.com").with("Authorization", &app.bearer(&app.people.viewer));
    assert!(stranger.get(&format!("{PRODUCT}/components")).header(allowed).is_none());
    let refused = viewer.get(&format!("{PRODUCT}/components/nothing")).expect(404);
    assert_eq!(refused.header(allowed), Some(TOOL), "a tool can read why");
    assert!(refused.json["request_id"].is_string());
    let ask = |origin: &str| {
        let asked = from(origin).with("Access-Control-Request-Method", "PATCH");
        let asked = asked.with("Access-Control-Request-Headers", "authorization,if-match");
        asked.send("OPTIONS", &format!("{PRODUCT}/components/db"), None)
    };
    let told = ask(TOOL).expect(200);
    assert_eq!(told.header(allowed), Some(TOOL));
    assert!(told.header("access-control-allow-methods").is_some_and(|methods| methods.contains("PATCH")));
    assert!(ask("https://evil.example.com").expect(400).header(allowed).is_none());
}

/// Of sixty guesses at once, of which one is right, the account's limit lets a few be looked at, and no more.
fn many_guesses_at_once_are_not_told_the_right_one(app: &TestApp) {
    let base = app.anonymous();
    let guess = |password: &str| {
        let sent = json!({ "email": "viewer@example.com", "password": password });
        base.post("/api/v1/auth/login", &sent).status
    };
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let guessing: Vec<_> = (0..60).map(|nth| scope.spawn(move || guess(&format!("not this one, {nth}")))).collect();
        guessing.into_iter().map(|one| one.join().expect("a status")).collect()
    });
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
    assert_eq!(guess(crate::app::PASSWORD), 429);
}
