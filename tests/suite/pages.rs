//! The pages of what is run, of a component and of a week.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    effort::{person, service},
};
use serde_json::json;

on_both_engines!(
    a_components_page_tells_everything_about_it,
    what_is_not_known_of_a_component_is_said,
    nobodys_words_become_markup,
    the_catalogue_shows_what_nobody_owns,
    a_weeks_page_says_who_is_missing,
    a_week_begins_on_the_monday_of_the_product,
    the_present_week_is_the_products,
    pages_are_for_whom_they_are,
    a_month_in_which_nobody_wrote_is_not_one_without_hours,
);

fn page(client: &Client, path: &str) -> Answer {
    client.with("Accept", "text/html").get(&format!("/products/platform/{path}"))
}

/// What a person reads, without the markup and with single blanks.
fn read(answer: &Answer) -> String {
    let body = answer.text().split("<body>").nth(1).expect("a body");
    let mut text = String::new();
    for piece in body.split('<') {
        text += " ";
        text += piece.split_once('>').map_or(piece, |(_, after)| after);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(answer: &Answer, those: &[&str]) {
    let text = read(answer);
    for one in those {
        assert!(text.contains(one), "`{one}` is not in: {text}");
    }
}

fn a_components_page_tells_everything_about_it(app: &TestApp) {
    let editor = app.editor();
    service(app, "Store");
    let new = json!({
        "name": "Search", "kind": "service", "tier": 1, "owner": "Team Blue", "description": "Finds things.",
        "system": "shop", "domain": "sales", "tags": ["rust"], "depends_on": ["store"], "rto_minutes": 30,
        "links": [{ "title": "Runbook", "url": "https://example.com/a?b=1&c=2" }],
    });
    editor.post("components", &new).expect(201);
    editor.post("components", &json!({ "name": "Shop", "kind": "tool", "depends_on": ["search"] })).expect(201);
    let slo = json!({
        "name": "Found in time", "component": "search", "indicator": { "good": "g", "total": "t" },
        "target": 0.995, "window": { "kind": "rolling", "days": 28 },
    });
    editor.post("slos", &slo).expect(201);
    let test = json!({
        "component": "search", "on": "2026-10-10", "scenario": "The index is lost", "result": "passed",
        "achieved_rto_minutes": 45,
    });
    editor.post("recovery-tests", &test).expect(201);
    let persona = editor.post("personas", &json!({ "name": "Developer" })).expect(201).json["id"].clone();
    let persona = persona.as_str().expect("an id");
    editor
        .post(&format!("personas/{persona}/populations"), &json!({ "valid_from": "2026-10-01", "people": 40 }))
        .expect(201);
    let journey = json!({
        "component": "search", "task": "find a customer", "on": "2026-09-01", "uses_per_month": 20, "minutes_per_use": 2.5,
    });
    editor.post(&format!("personas/{persona}/journeys"), &journey).expect(201);
    let incident = |title: &str, at: &str| {
        let new =
            json!({ "title": title, "severity": 2, "components": ["search"], "started_at": at, "resolved_at": at });
        editor.post("incidents", &new).expect(201);
    };
    incident("Index full", "2026-10-15T10:00:00Z");
    incident("Long ago", "2026-05-15T10:00:00Z");
    editor.post("risks", &json!({ "component": "search", "title": "Disk dies" })).expect(201);
    editor
        .post("roadmap-items", &json!({ "title": "Faster search", "kind": "feature", "components": ["search"] }))
        .expect(201);
    let entry = json!({
        "component": "search", "month": "2026-10", "category": "infrastructure",
        "amount": { "amount": "1234.5", "currency": "EUR" },
    });
    editor.post("cost-entries", &entry).expect(201);
    let ann = person(app, "Ann", "2026-01-01", None);
    let shares =
        json!([{ "component": "search", "kind": "toil", "share": 0.25 }, { "kind": "overhead", "share": 0.75 }]);
    let rate = json!({ "valid_from": "2026-01-01", "amount": { "amount": "80", "currency": "EUR" } });
    editor.post("labour-rates", &rate).expect(201);
    let week = json!({ "entries": [{ "person": ann, "shares": shares }] });
    editor.with("If-None-Match", "*").put("effort/2026-W42", &week).expect(200);
    let shown = page(&app.viewer(), "components/search").expect(200);
    says(
        &shown,
        &[
            "Search platform service · production · tier 1 · system shop · domain sales",
            "Owned by Team Blue .",
            "Finds things.",
            "Tags: rust",
            "It needs Store .",
            "Needed by Shop .",
            "Found in time 99.5 % ? ? Not known: nothing was measured in the last 28 days",
            "How long it may be gone (RTO): 30 minutes . Of how long its work may be lost (RPO): nobody said how long .",
            "The last test did not keep its objectives.",
            "10 October 2026 passed 45 min ? The index is lost",
            "Developer 40 people find a customer: 20 times a month each, 2.5 minutes each time",
            "15 October 2026, 12:00 Index full 2",
            "OPS-1 Faster search idea",
            "Disk dies open nobody not assessed",
            "September 2026 ?",
            "October 2026 10 h",
        ],
    );
    let text = shown.text();
    assert!(text.contains(r#"href="https://example.com/a?b=1&amp;c=2" rel="noopener noreferrer""#), "{text}");
    assert!(text.contains(r#"href="/products/platform/components/store""#), "{text}");
    // 10 × 80 + 1234.5
    says(&shown, &["October 2026 10 h EUR 2,034"]);
    for secret in ["Long ago", "Ann", "This week", "<script"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    // By its id, too.
    let id = editor.get("components/search").expect(200).json["id"].as_str().expect("an id").to_owned();
    assert_eq!(page(&app.viewer(), &format!("components/{id}")).expect(200).text(), text);
}

fn what_is_not_known_of_a_component_is_said(app: &TestApp) {
    service(app, "Idle");
    let shown = page(&app.viewer(), "components/idle").expect(200);
    says(
        &shown,
        &[
            "Nobody owns it.",
            "Nobody has described it yet.",
            "Nothing is promised of it: it has no SLO.",
            "That it can be brought back was never tested.",
            "No persona is known to use it.",
            "No incident is recorded.",
            "Nothing on the roadmap touches it.",
            "No open risk is written down.",
        ],
    );
}

fn nobodys_words_become_markup(app: &TestApp) {
    let evil = "<script>alert(1)</script>\"'&";
    let new = json!({
        "key": "evil", "name": evil, "kind": "tool", "owner": evil, "description": evil, "system": evil, "domain": evil,
        "tags": ["<b>"], "links": [{ "title": evil, "url": "https://x\"onmouseover=\"alert(1)" }],
    });
    app.editor().post("components", &new).expect(201);
    let ann = person(app, evil, "2026-01-01", None);
    let week =
        json!({ "entries": [{ "person": ann, "shares": [{ "component": "evil", "kind": "toil", "share": 1 }] }] });
    app.editor().with("If-None-Match", "*").put("effort/2026-W44", &week).expect(200);
    let item = json!({ "title": evil, "kind": "debt", "components": ["evil"] });
    app.editor().post("roadmap-items", &item).expect(201);
    let incident =
        json!({ "title": evil, "severity": 1, "components": ["evil"], "started_at": "2026-10-27T00:00:00Z" });
    app.editor().post("incidents", &incident).expect(201);
    let activity = json!({ "on": "2026-10-27", "component": "evil", "kind": "toil", "summary": evil });
    app.editor().post("activities", &activity).expect(201);
    for path in ["components", "components/evil", "weeks/2026-W44", "weeks/2026-W45"] {
        let shown = page(&app.editor(), path).expect(200);
        let text = shown.text();
        assert!(text.contains("alert(1)"), "{path}: the words are shown");
        for hole in ["<script", "<b>", "\"onmouseover"] {
            assert!(!text.contains(hole), "{path}: {hole}: {text}");
        }
        let policy = shown.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }
}

fn the_catalogue_shows_what_nobody_owns(app: &TestApp) {
    let component = |name: &str, owner: Option<&str>, system: Option<&str>| {
        app.editor()
            .post("components", &json!({ "name": name, "kind": "tool", "owner": owner, "system": system }))
            .expect(201);
    };
    component("Owned", Some("Ann"), Some("shop"));
    component("Orphan", None, None);
    let entry = json!({
        "component": "orphan", "month": "2026-10", "category": "licence", "amount": { "amount": "99", "currency": "EUR" },
    });
    app.editor().post("cost-entries", &entry).expect(201);
    let shown = page(&app.viewer(), "components").expect(200);
    says(
        &shown,
        &[
            "Hours and cost of November 2025 to October 2026",
            "2 components: 1 without an owner, 1 of which nobody says what for it costs.",
            "shop Component Owner Hours Cost What is said of it Owned Ann not known",
            "No system Component Owner Hours Cost What is said of it Orphan nobody not known",
            "Nobody owns it . It only costs .",
            "Nothing hangs on it.",
        ],
    );
    assert!(shown.text().contains(r#"href="/products/platform/components/orphan""#));
    let archive = app.viewer().with("Accept", "text/html").get("/").expect(200);
    assert!(archive.text().contains(r#"href="/products/platform/components""#), "{archive}");
    assert!(!archive.text().contains(r#"href="/products/platform/weeks""#), "viewers have no weeks");
    let archive = app.editor().with("Accept", "text/html").get("/").expect(200);
    assert!(archive.text().contains(r#"href="/products/platform/weeks""#), "{archive}");
}

fn a_weeks_page_says_who_is_missing(app: &TestApp) {
    service(app, "Search");
    let ann = person(app, "Ann", "2026-01-01", None);
    person(app, "Bob", "2026-01-01", None);
    let shares = json!([
        { "component": "search", "kind": "on_call", "share": 0.75 }, { "kind": "overhead", "share": 0.25 },
    ]);
    let week = json!({ "entries": [{ "person": ann, "shares": shares }] });
    app.editor().with("If-None-Match", "*").put("effort/2026-W40", &week).expect(200);
    let shown = page(&app.editor(), "weeks/2026-W40").expect(200);
    says(
        &shown,
        &[
            "Week 2026-W40 platform Monday 28 September 2026 to Sunday 4 October 2026, in Europe/Berlin",
            "1 week of 2 written down. Missing: Bob .",
            "Ann, 40 h 75 % on call on search 25 % overhead",
            "Not written down: Bob.",
            "40 h are written down. 75 % of them were toil",
            "over the line of a half",
            "By component What Hours Share Search 30 h 75 %",
            "none of them 10 h 25 %",
            "prodops week --product platform --week 2026-W40 --edit",
        ],
    );
    for link in ["2026-W39", "2026-W41"] {
        assert!(shown.text().contains(&format!(r#"href="/products/platform/weeks/{link}""#)), "{shown}");
    }
    says(&page(&app.editor(), "weeks/2026-W41").expect(200), &["Nothing of this week is written down ."]);
    let now = page(&app.editor(), "weeks/2026-W45").expect(200);
    says(
        &now,
        &["Nothing of this week is written down so far; the week is not over.", "Not known: nothing is written"],
    );
    says(&page(&app.editor(), "weeks/2025-W01").expect(200), &["Nobody belongs to the team in this week."]);
    let all = json!({ "entries": [{ "person": null, "shares": [{ "kind": "toil", "share": 1 }] }] });
    app.editor().with("If-None-Match", "*").put("effort/2026-W43", &all).expect(200);
    let covered = page(&app.editor(), "weeks/2026-W43").expect(200);
    says(&covered, &["The week is written down.", "The whole team, 80 h 100 % toil"]);
}

fn a_week_begins_on_the_monday_of_the_product(app: &TestApp) {
    app.owner().patch("/api/v1/products/platform", "\"1\"", &json!({ "timezone": "Asia/Kathmandu" })).expect(200);
    service(app, "Search");
    // Monday, five past midnight there.
    let incident = |title: &str, at: &str| {
        let new =
            json!({ "title": title, "severity": 2, "components": ["search"], "started_at": at, "resolved_at": at });
        app.editor().post("incidents", &new).expect(201);
    };
    incident("Early on Monday", "2026-11-15T18:20:00Z");
    incident("Late on Sunday", "2026-11-15T18:14:59Z");
    for (on, summary) in [("2026-11-15", "Done on Sunday"), ("2026-11-16", "Done on Monday")] {
        app.editor().post("activities", &json!({ "on": on, "kind": "toil", "summary": summary })).expect(201);
    }
    let (before, after) = (page(&app.editor(), "weeks/2026-W46"), page(&app.editor(), "weeks/2026-W47"));
    says(
        &before,
        &["Late on Sunday (severity 2), began 15 November 2026, 23:59", "Done on Sunday Sunday, toil, not planned"],
    );
    says(&after, &["Early on Monday (severity 2), began 16 November 2026, 00:05", "Done on Monday Monday"]);
    assert!(!before.text().contains("on Monday") && !after.text().contains("on Sunday"));
    // What changes on the roadmap changes on a day of theirs, too.
    app.clock.set("2026-11-15T18:20:00Z".parse().expect("a time"));
    let item = app.editor().post("roadmap-items", &json!({ "title": "Faster", "kind": "feature" })).expect(201);
    let path = format!("roadmap-items/{}", item.json["ref"].as_str().expect("a ref"));
    app.editor().patch(&path, item.etag(), &json!({ "status": "planned", "horizon": "now" })).expect(200);
    says(
        &page(&app.editor(), "weeks/2026-W47"),
        &[
            "OPS-1 Faster: added as idea (16 November 2026, 00:05)",
            "OPS-1 Faster: idea → planned",
            "moved from later to now",
        ],
    );
    says(&page(&app.editor(), "weeks/2026-W46"), &["What changed on the roadmap Nothing did."]);
    let present = page(&app.editor(), "weeks").expect(303);
    assert_eq!(present.header("location"), Some("/products/platform/weeks/2026-W47"));
}

fn the_present_week_is_the_products(app: &TestApp) {
    let present = || page(&app.editor(), "weeks").expect(303).header("location").expect("a place").to_owned();
    // Sunday, half past eleven in Berlin, and an hour later.
    app.clock.set("2027-01-03T22:30:00Z".parse().expect("a time"));
    assert_eq!(present(), "/products/platform/weeks/2026-W53");
    app.clock.set("2027-01-03T23:30:00Z".parse().expect("a time"));
    assert_eq!(present(), "/products/platform/weeks/2027-W01");
}

fn pages_are_for_whom_they_are(app: &TestApp) {
    service(app, "Search");
    let all = ["components", "components/search", "weeks", "weeks/2026-W40"];
    for path in all {
        let sent = page(&app.anonymous(), path).expect(303);
        assert_eq!(sent.header("location"), Some(format!("/login?next=/products/platform/{path}").as_str()));
        page(&app.exporter(), path).expect(403);
        let stranger = page(&app.outsider(), path).expect(404);
        assert!(stranger.text().contains("There is nothing here"), "{stranger}");
        let allowed = if path.starts_with("weeks") { 403 } else { 200 };
        let viewer = page(&app.viewer(), path).expect(allowed);
        assert!(viewer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{viewer}");
    }
    for nothing in ["components/nothing", "components/theirs", "weeks/2026-W54", "weeks/2025-W53", "weeks/now"] {
        page(&app.editor(), nothing).expect(404);
    }
}

fn a_month_in_which_nobody_wrote_is_not_one_without_hours(app: &TestApp) {
    service(app, "Search");
    let ann = person(app, "Ann", "2026-01-01", None);
    let week = json!({ "entries": [{ "person": ann, "shares": [{ "kind": "overhead", "share": 1 }] }] });
    app.editor().with("If-None-Match", "*").put("effort/2026-W42", &week).expect(200);
    let text = read(&page(&app.viewer(), "components/search").expect(200));
    assert!(text.contains("September 2026 ?") && text.contains("October 2026 0 h"), "{text}");
}
