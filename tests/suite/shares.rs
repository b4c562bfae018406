//! Links by which somebody without an account reads one report.

use crate::{
    app::TestApp,
    client::Answer,
    reports::{build, october, path, publish},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_both_engines!(
    a_link_opens_one_report_and_nothing_else,
    a_link_ends_when_it_expires_or_is_revoked,
    a_link_is_told_once_and_made_by_editors_only,
);

const LATER: &str = "2099-01-01T00:00:00Z";

fn published(app: &TestApp) -> String {
    october(app);
    let draft = build(app).expect(201);
    publish(app, &draft, &json!({})).expect(200);
    path(&draft)
}

/// A link for a week.
fn link(app: &TestApp, report: &str, whom: &str) -> Answer {
    let until = app.clock.now().utc() + TimeDelta::days(7);
    let new = json!({ "expires_at": until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), "for": whom });
    app.editor().post(&format!("{report}/share-links"), &new)
}

fn url(link: &Answer) -> &str {
    link.json["url"].as_str().expect("an address")
}

fn a_link_opens_one_report_and_nothing_else(app: &TestApp) {
    let report = published(app);
    let made = link(app, &report, "").expect(201);
    let page = app.anonymous().get(url(&made)).expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("x-robots-tag"), Some("noindex, nofollow"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    // Every address on it is one that the link opens.
    assert!(!page.text().contains("/api/v1/"), "{}", page.text());
    // Nor does it show ways that only those can go who sign in, here or where its figures are opened.
    let ways = |page: &str| page.contains("/waiting") || page.contains("href=\"/\"") || page.contains("class=\"own\"");
    assert!(!ways(page.text()) && ways(app.viewer().get(&format!("{report}.html")).expect(200).text()));
    let fact = format!("{}/facts/cost.total", url(&made));
    assert!(page.text().contains(&fact));
    let opened = app.anonymous().get(&fact).expect(200);
    assert!(opened.text().contains("The rows behind it") && !opened.text().contains("/api/v1/"), "{}", opened.text());
    assert!(!ways(opened.text()), "{}", opened.text());
    let markdown = app.anonymous().get(&format!("{}.md", url(&made))).expect(200);
    assert!(markdown.text().starts_with("# "));
    let finance = app.anonymous().get(&format!("{}.html?for=finance", url(&made))).expect(200);
    assert!(finance.text().contains("for finance"));
    for nothing in ["/r/nothing", "/r/", &format!("{}/facts/nothing", url(&made)), &format!("{}.pdf", url(&made))] {
        app.anonymous().get(nothing).expect(404);
    }
    app.anonymous().get(&format!("{}?for=nobody", url(&made))).expect(422);
    // What it opens is no way in.
    let token = url(&made).trim_start_matches("/r/");
    app.anonymous().with("Authorization", &format!("Bearer {token}")).get(&report).expect(401);
    app.anonymous().with("Cookie", &format!("prodops_session={token}")).get(&report).expect(401);
    let for_one = link(app, &report, "compliance").expect(201);
    assert!(app.anonymous().get(url(&for_one)).expect(200).text().contains("for compliance"));
}

fn a_link_ends_when_it_expires_or_is_revoked(app: &TestApp) {
    let report = published(app);
    let (revoked, expired) = (link(app, &report, "").expect(201), link(app, &report, "").expect(201));
    for opened in [&revoked, &expired, &expired] {
        app.anonymous().get(url(opened)).expect(200);
    }
    let listed = app.editor().get(&format!("{report}/share-links?sort=-reads")).expect(200);
    assert_eq!(listed.column("reads"), ["2", "1"]);
    let place = format!("{report}/share-links/{}", revoked.json["id"].as_str().expect("an id"));
    app.editor().delete(&place, revoked.etag()).expect(204);
    app.anonymous().get(url(&revoked)).expect(404);
    app.anonymous().get(&format!("{}/facts/cost.total", url(&revoked))).expect(404);
    for end in ["", ".html", ".md", "?for=finance", "/facts/cost.total"] {
        let nothing = app.anonymous().get(&format!("{}{end}", url(&revoked))).expect(404);
        assert!(nothing.text().contains("This link opens nothing"), "{end}: {nothing}");
    }
    app.pass(TimeDelta::days(8));
    app.anonymous().get(url(&expired)).expect(404);
}

fn a_link_is_told_once_and_made_by_editors_only(app: &TestApp) {
    let report = published(app);
    let made = link(app, &report, "").expect(201);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let token = url(&made).trim_start_matches("/r/").to_owned();
    let place = format!("{report}/share-links");
    let events = app.owner().get("audit-events?resource=share-links").expect(200);
    let listed = app.owner().get(&place).expect(200);
    let found = app.owner().get(&format!("{place}/{}", made.json["id"].as_str().expect("an id"))).expect(200);
    for answer in [events, listed, found] {
        assert!(!answer.text().contains(&token) && !answer.text().contains("token"), "{}", answer.text());
    }
    app.viewer().get(&place).expect(403);
    app.viewer().post(&place, &json!({ "expires_at": LATER })).expect(403);
    let refused = |body: Value| app.editor().post(&place, &body).expect(422).faults();
    assert_eq!(refused(json!({ "expires_at": LATER })), ["/expires_at out_of_range"]);
    assert_eq!(refused(json!({ "expires_at": "2001-01-01T00:00:00Z" })), ["/expires_at out_of_range"]);
    assert_eq!(refused(json!({})), ["/expires_at required"]);
    assert_eq!(link(app, &report, "nobody").expect(422).faults(), ["/for unknown"]);
    let draft = build(app).expect(201);
    link(app, &path(&draft), "").expect(409);
}
