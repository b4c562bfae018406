//! Addresses that open one export to whoever knows them, as whoever made them may read it.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    tokens::{by_token, member, set_disabled, set_role},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use prodops::kernel::schema::export_urls;
use serde_json::{Value, json};

on_both_engines!(
    a_signed_address_is_the_export_byte_for_byte,
    a_signed_address_ends_at_once,
    a_signed_address_is_told_once_and_says_what_it_cannot_be,
);

fn signed(client: &Client, body: &Value) -> Answer {
    client.post("exports/signed-urls", body)
}

fn url(answer: &Answer) -> &str {
    answer.json["url"].as_str().expect("an address")
}

fn a_signed_address_is_the_export_byte_for_byte(app: &TestApp) {
    let new = |key: &str| json!({ "key": key, "name": "=1+1", "kind": "tool" });
    for key in ["search", "mail"] {
        app.editor().post("components", &new(key)).expect(201);
    }
    let month = json!({ "month": "2026-10", "category": "labour", "component": "mail", "note": "by Ann",
        "amount": { "amount": "900", "currency": "EUR" } });
    app.editor().post("cost-entries", &month).expect(201);
    let filters = json!({ "from": "2026-10", "to": "2026-11", "columns": "component,note,amount", "for": "excel" });
    let query = "from=2026-10&to=2026-11&columns=component,note,amount&for=excel";
    for (client, note) in [(app.owner(), true), (app.viewer(), false), (app.exporter(), false)] {
        let whole = signed(&client, &json!({ "dataset": "components", "expires_in": 60 })).expect(201);
        let opened = app.anonymous().get(url(&whole)).expect(200);
        let own = client.get("exports/components.csv").expect(200);
        assert_eq!(opened.bytes, own.bytes);
        for name in ["content-type", "content-disposition", "cache-control"] {
            assert_eq!(opened.header(name), own.header(name));
        }
        assert_eq!(opened.header("x-robots-tag"), Some("noindex, nofollow"));
        assert_eq!(opened.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(opened.header("x-content-type-options"), Some("nosniff"));
        let body = json!({ "dataset": "cost_entries", "filters": filters, "expires_in": 60 });
        let some = app.anonymous().get(url(&signed(&client, &body).expect(201))).expect(200);
        assert_eq!(some.bytes, client.get(&format!("exports/cost_entries.csv?{query}")).expect(200).bytes);
        assert_eq!(some.text().contains("by Ann"), note, "{some}");
        app.anonymous().send("HEAD", url(&whole), None).expect(200);
        app.anonymous().get(&format!("{}?from=2026-10", url(&whole))).expect(422);
    }
    let reads = app.editor().get("exports/signed-urls?sort=-reads,dataset").expect(200);
    assert_eq!(reads.column("reads"), ["1"; 6]);
}

fn a_signed_address_ends_at_once(app: &TestApp) {
    let body = json!({ "dataset": "components", "expires_in": 3600 });
    let of = |client: &Client| url(&signed(client, &body).expect(201)).to_owned();
    let open = |url: &str, status: u16| {
        let answer = app.anonymous().get(url).expect(status);
        assert!(status == 200 || answer.json["instance"] == "/e/…", "{answer}");
    };
    let revoked = signed(&app.exporter(), &body).expect(201);
    let path = format!("exports/signed-urls/{}", revoked.json["id"].as_str().expect("an id"));
    open(url(&revoked), 200);
    app.viewer().delete(&path, revoked.etag()).expect(403);
    app.exporter().delete(&path, revoked.etag()).expect(204);
    open(url(&revoked), 404);
    let lowered = of(&app.editor());
    set_role(app, &app.people.editor, "viewer");
    open(&lowered, 404);
    set_role(app, &app.people.editor, "owner");
    open(&lowered, 200);
    let (left, disabled, expired) = (of(&app.viewer()), of(&app.exporter()), of(&app.owner()));
    let (place, etag) = member(app, &app.people.viewer);
    app.owner().delete(&place, &etag).expect(204);
    app.owner().post("members", &json!({ "user": app.people.viewer, "role": "viewer" })).expect(201);
    open(&left, 404);
    set_disabled(app, &app.people.exporter, true);
    open(&disabled, 404);
    set_disabled(app, &app.people.exporter, false);
    open(&disabled, 404);
    open(&expired, 200);
    app.pass(TimeDelta::hours(1));
    open(&expired, 404);
    for nothing in ["/e/", "/e/x", "/e/../api/v1/me", &format!("{lowered}x")] {
        app.anonymous().get(nothing).expect(404);
    }
}

fn a_signed_address_is_told_once_and_says_what_it_cannot_be(app: &TestApp) {
    let made = signed(&app.viewer(), &json!({ "dataset": "components", "expires_in": 31_622_400 })).expect(201);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    assert_eq!((&made.json["role"], &made.json["expires_at"]), (&json!("viewer"), &json!("2027-11-03T09:00:00Z")));
    let secret = url(&made).trim_start_matches("/e/").to_owned();
    let place = format!("exports/signed-urls/{}", made.json["id"].as_str().expect("an id"));
    let owner = app.owner();
    for answer in [owner.get("exports/signed-urls"), owner.get(&place), owner.get("audit-events?resource=signed-urls")]
    {
        let answer = answer.expect(200);
        assert!(!answer.text().contains(&secret) && !answer.text().contains("hash"), "{answer}");
    }
    let hash: String = app.read(|conn| Ok(export_urls::table.select(export_urls::token_hash).first(conn)?));
    assert_ne!(hash, secret);
    for path in ["exports/signed-urls", &place] {
        app.viewer().get(path).expect(403);
        app.exporter().get(path).expect(403);
    }
    // What it opens is no other way in.
    by_token(app, &secret).get("exports").expect(401);
    app.anonymous().with("X-API-Key", &secret).get("exports").expect(401);
    let refused = |body: Value| signed(&app.exporter(), &body).expect(422).faults();
    assert_eq!(refused(json!({ "dataset": "nothing", "expires_in": 60 })), ["/dataset unknown"]);
    assert_eq!(refused(json!({ "dataset": "components", "expires_in": 31_622_401 })), ["/expires_in too_large"]);
    assert_eq!(refused(json!({ "dataset": "components", "expires_in": 0 })), ["/expires_in too_small"]);
    let filters = json!({ "from": "2026-10", "columns": "key,nothing" });
    let faults = refused(json!({ "dataset": "components", "expires_in": 60, "filters": filters }));
    assert_eq!(faults, ["/filters/columns unknown_column", "/filters/from parameter"]);
    let faults = refused(json!({ "dataset": "components", "expires_in": 60, "filters": { "api_key": "x" } }));
    assert_eq!(faults, ["/filters/api_key unknown_property"]);
}
