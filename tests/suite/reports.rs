//! A report's life: draft, published, corrected; who sees it, and in which form.

use crate::{app::TestApp, client::Answer};
use serde_json::{Value, json};

on_both_engines!(
    a_draft_keeps_its_id_and_is_seen_by_editors_only,
    what_is_published_stays_as_it_is,
    what_is_published_opens_when_its_component_is_gone,
    a_later_revision_lists_what_it_corrects,
    a_figure_opens_down_to_its_rows,
    each_format_is_had_by_accept_and_by_suffix,
    a_missing_rate_stops_no_report,
    a_draft_can_be_deleted_and_a_published_report_cannot,
    the_archive_shows_what_one_may_read,
    a_month_that_has_not_begun_cannot_be_published,
    the_largest_bills_make_a_report_that_opens,
    a_late_bill_is_not_final_until_a_revision_takes_it_in,
    a_missed_promise_is_told_with_why_and_for_whom,
    a_late_measurement_is_not_final_until_a_revision_takes_it_in,
);

/// A month with a bill in dollars, a rate and a component.
pub fn october(app: &TestApp) {
    let editor = app.editor();
    editor.post("components", &json!({ "key": "db", "name": "Database", "kind": "service", "tier": 1 })).expect(201);
    editor
        .post("exchange-rates", &json!({ "from": "USD", "to": "EUR", "month": "2026-10", "rate": "0.9" }))
        .expect(201);
    bill(app, "100", "USD");
}

fn bill(app: &TestApp, amount: &str, currency: &str) {
    let amount = json!({ "amount": amount, "currency": currency });
    let entry = json!({
        "month": "2026-10", "component": "db", "category": "infrastructure", "amount": amount, "note": "Machines",
    });
    app.editor().post("cost-entries", &entry).expect(201);
}

pub fn build(app: &TestApp) -> Answer {
    app.editor().post("reports", &json!({ "month": "2026-10" }))
}

pub fn path(report: &Answer) -> String {
    format!("reports/{}", report.json["id"].as_str().expect("an id"))
}

pub fn publish(app: &TestApp, report: &Answer, body: &Value) -> Answer {
    app.editor().with("If-Match", report.etag()).post(&format!("{}/publish", path(report)), body)
}

fn fact<'a>(report: &'a Answer, name: &str) -> &'a Value {
    let facts = report.json["facts"].as_array().expect("facts");
    facts.iter().find(|fact| fact["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

fn a_draft_keeps_its_id_and_is_seen_by_editors_only(app: &TestApp) {
    october(app);
    let first = build(app).expect(201);
    assert_eq!((&first.json["state"], &first.json["revision"]), (&json!("draft"), &json!(1)));
    assert_eq!(first.header("location"), Some(&*format!("/api/v1/products/platform/{}", path(&first))));
    bill(app, "1", "EUR");
    let again = build(app).expect(200);
    assert_eq!((&again.json["id"], &again.json["version"]), (&first.json["id"], &json!(2)));
    assert_eq!(fact(&again, "cost.total")["value"]["amount"], "91");
    for role in [app.viewer(), app.outsider()] {
        role.get(&path(&first)).expect(404);
        role.get(&format!("{}.html", path(&first))).expect(404);
        role.get(&format!("{}/facts", path(&first))).expect(404);
        role.get(&format!("{}/facts/cost.total", path(&first))).expect(404);
    }
    app.exporter().get(&path(&first)).expect(403);
    assert_eq!(app.viewer().get("reports").expect(200).column("id"), [""; 0]);
    assert_eq!(app.owner().get("reports").expect(200).column("state"), ["draft"]);
    app.viewer().post("reports", &json!({ "month": "2026-10" })).expect(403);
}

fn what_is_published_stays_as_it_is(app: &TestApp) {
    october(app);
    let draft = build(app).expect(201);
    app.editor().post(&format!("{}/publish", path(&draft)), &json!({})).expect(428);
    app.editor().with("If-Match", "\"9\"").post(&format!("{}/publish", path(&draft)), &json!({})).expect(412);
    let published =
        app.editor().with("If-Match", draft.etag()).send("POST", &format!("{}/publish", path(&draft)), None);
    let published = published.expect(200);
    assert_eq!(published.json["state"], "published");
    assert_eq!(published.json["hash"].as_str().map(str::len), Some(64));
    assert_eq!(app.editor().get("/api/v1/products/platform").expect(200).json["published_through"], "2026-10");
    publish(app, &published, &json!({})).expect(409);
    let (json, html) =
        (app.viewer().get(&path(&draft)).expect(200), app.viewer().get(&format!("{}.html", path(&draft))));
    bill(app, "1000", "EUR");
    let rename = app.editor().get("components/db").expect(200);
    app.editor().patch("components/db", rename.etag(), &json!({ "name": "Renamed" })).expect(200);
    assert_eq!(app.viewer().get(&path(&draft)).expect(200).bytes, json.bytes);
    assert_eq!(app.viewer().get(&format!("{}.html", path(&draft))).expect(200).bytes, html.expect(200).bytes);
}

fn what_is_published_opens_when_its_component_is_gone(app: &TestApp) {
    october(app);
    let (editor, viewer) = (app.editor(), app.viewer());
    let published = publish(app, &build(app).expect(201), &json!({})).expect(200);
    let report = path(&published);
    let paths = [".html", ".md", "", "/facts", "/facts/cost.component.db"].map(|rest| format!("{report}{rest}"));
    let read = || {
        let opened = viewer.with("Accept", "text/html").get(&paths[4]).expect(200).bytes;
        paths.iter().map(|path| viewer.get(path).expect(200).bytes).chain([opened]).collect::<Vec<_>>()
    };
    let before = read();
    let entries = editor.get("cost-entries").expect(200);
    let gone =
        entries.json["items"].as_array().expect("entries").iter().map(|row| format!("cost-entries/{}", row["id"]));
    let gone: Vec<_> = gone.map(|path| path.replace('"', "")).chain(["components/db".to_owned()]).collect();
    for path in &gone {
        let etag = editor.get(path).expect(200).etag().to_owned();
        editor.delete(path, &etag).expect(204);
        editor.get(path).expect(404);
    }
    assert_eq!(gone.len(), 2);
    assert_eq!(read(), before);
    // Of one who asks for the first time now, the view is made of what was kept.
    let engineering = viewer.get(&format!("{report}.html?for=engineering")).expect(200);
    assert!(engineering.text().contains("Database"));
}

fn a_later_revision_lists_what_it_corrects(app: &TestApp) {
    october(app);
    let first = build(app).expect(201);
    publish(app, &first, &json!({})).expect(200);
    bill(app, "7", "EUR");
    let second = build(app).expect(201);
    assert_ne!(second.json["id"], first.json["id"]);
    assert_eq!(second.json["revision"], 2);
    let corrections = second.json["corrections"].as_array().expect("corrections");
    let total = corrections.iter().find(|one| one["name"] == "cost.total").expect("the total");
    assert_eq!((&total["was"]["amount"], &total["now"]["amount"]), (&json!("90"), &json!("97")));
    assert!(total["why"].as_str().is_some_and(|why| !why.is_empty()));
    let refused = publish(app, &second, &json!({})).expect(422);
    assert_eq!(refused.faults(), ["/reason required"]);
    let published = publish(app, &second, &json!({ "reason": "A bill came late." })).expect(200);
    assert_eq!(published.json["reason"], "A bill came late.");
    let page = app.viewer().get(&format!("{}.html", path(&published))).expect(200);
    assert!(page.text().contains("A bill came late.") && page.text().contains("revision 2"));
    assert_eq!(app.viewer().get("reports?sort=-revision").expect(200).column("revision"), ["2", "1"]);
}

fn a_figure_opens_down_to_its_rows(app: &TestApp) {
    october(app);
    let draft = build(app).expect(201);
    let listed = app.editor().get(&format!("{}/facts", path(&draft))).expect(200);
    assert!(listed.column("name").contains(&"cost.component.db".to_owned()));
    let found = app.editor().get(&format!("{}/facts/cost.component.db", path(&draft))).expect(200).json;
    assert_eq!(found["value"], json!({ "amount": "90", "currency": "EUR" }));
    assert_eq!(found["rows"][0]["amount"], json!({ "amount": "100", "currency": "USD" }));
    assert_eq!(found["rows"][0]["note"], "Machines");
    assert_eq!(found["inputs"][0], json!({ "name": "exchange_rate.usd.eur.2026-10", "value": 0.9 }));
    let page = app.editor().with("Accept", "text/html").get(&format!("{}/facts/cost.component.db", path(&draft)));
    let page = page.expect(200);
    assert!(page.text().contains("USD 100.00") && page.text().contains("facts/exchange_rate.usd.eur.2026-10"));
    app.editor().get(&format!("{}/facts/nothing.like.it", path(&draft))).expect(404);
    app.editor().get(&format!("{}/facts/%2e%2e%2f", path(&draft))).expect(404);
}

fn each_format_is_had_by_accept_and_by_suffix(app: &TestApp) {
    october(app);
    let draft = build(app).expect(201);
    let (editor, report) = (app.editor(), path(&draft));
    let kind = |answer: &Answer| answer.header("content-type").unwrap_or_default().to_owned();
    for (accept, suffix, expected) in [
        ("*/*", "", "application/json"),
        ("text/html,*/*;q=0.8", "", "text/html; charset=utf-8"),
        ("application/json", ".html", "text/html; charset=utf-8"),
        ("text/html", ".json", "application/json"),
    ] {
        let answer = editor.with("Accept", accept).get(&format!("{report}{suffix}")).expect(200);
        assert_eq!(kind(&answer), expected, "{accept} {suffix}");
    }
    editor.with("Accept", "application/pdf").get(&report).expect(406);
    editor.get(&format!("{report}.pdf")).expect(406);
    editor.get("reports/nothing.html").expect(404);
    let page = editor.get(&format!("{report}.html")).expect(200);
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'")));
    for active in ["<script", " style=", "javascript:", "http://", "https://"] {
        assert!(!page.text().contains(active), "{active}");
    }
    assert!(page.text().contains("cost at least EUR") || page.text().contains("EUR 90"));
}

fn a_missing_rate_stops_no_report(app: &TestApp) {
    october(app);
    bill(app, "5", "GBP");
    let draft = build(app).expect(201);
    let total = fact(&draft, "cost.total");
    assert_eq!(total["value"], Value::Null);
    assert_eq!(total["unknown"], "no exchange rate from GBP to EUR for 2026-10");
    assert_eq!(draft.json["sections"][0]["blocks"].as_array().map(Vec::len), Some(3));
    // A month of which nothing is known can be built too.
    let empty = app.editor().post("reports", &json!({ "month": "2031-02" })).expect(201);
    assert_eq!(fact(&empty, "cost.total")["unknown"], "no cost is recorded for 2031-02");
    app.editor().post("reports", &json!({ "month": "2031-13" })).expect(422);
}

fn a_draft_can_be_deleted_and_a_published_report_cannot(app: &TestApp) {
    october(app);
    let draft = build(app).expect(201);
    app.editor().delete(&path(&draft), "\"7\"").expect(412);
    app.editor().delete(&path(&draft), draft.etag()).expect(204);
    app.editor().get(&path(&draft)).expect(404);
    let published = publish(app, &build(app).expect(201), &json!({})).expect(200);
    app.editor().delete(&path(&published), published.etag()).expect(409);
}

fn the_archive_shows_what_one_may_read(app: &TestApp) {
    october(app);
    let published = publish(app, &build(app).expect(201), &json!({})).expect(200);
    let draft = app.editor().post("reports", &json!({ "month": "2026-11" })).expect(201);
    let shows = |page: Answer, report: &Answer| page.expect(200).text().contains(&format!("{}.html", path(report)));
    assert!(shows(app.viewer().get("/"), &published) && !shows(app.viewer().get("/"), &draft));
    assert!(shows(app.editor().get("/"), &draft));
    assert!(!shows(app.exporter().get("/"), &published) && !shows(app.outsider().get("/"), &published));
    app.anonymous().get("/").expect(401);
    let sent = app.anonymous().with("Accept", "text/html").get("/").expect(303);
    assert_eq!(sent.header("location"), Some("/login?next=/"));
}

fn a_month_that_has_not_begun_cannot_be_published(app: &TestApp) {
    let report = app.editor().post("reports", &json!({ "month": "2999-12" })).expect(201);
    assert_eq!(publish(app, &report, &json!({})).expect(409).json["code"], "not_begun");
}

fn a_late_bill_is_not_final_until_a_revision_takes_it_in(app: &TestApp) {
    october(app);
    let finals = || {
        let columns = "exports/maintenance_cost_monthly.csv?columns=component,amount,is_final,revision";
        app.exporter().get(columns).expect(200).text().lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(finals(), "db,90,false,0");
    let first = build(app).expect(201);
    publish(app, &first, &json!({})).expect(200);
    assert_eq!(finals(), "db,90,true,1");
    bill(app, "7", "EUR");
    assert_eq!(finals(), "db,97,false,1");
    let second = build(app).expect(201);
    publish(app, &second, &json!({ "reason": "A bill came late." })).expect(200);
    assert_eq!(finals(), "db,97,true,2");
}

fn the_largest_bills_make_a_report_that_opens(app: &TestApp) {
    october(app);
    for _ in 0..3 {
        bill(app, "999999999999.999999999999", "EUR");
    }
    let report = build(app).expect(201);
    let path = path(&publish(app, &report, &json!({})).expect(200));
    app.viewer().get(&format!("{path}.html")).expect(200);
    let total = app.viewer().get(&format!("{path}/facts/cost.total")).expect(200);
    assert_eq!(total.json["value"]["amount"], "3000000000089.999999999997");
}

/// A promise about the database, hour by hour of September and October in Berlin: of October's 745
/// hours with a hundred events each, `bad` events of the twentieth's went wrong.
fn promise(app: &TestApp, bad: i64) {
    let slo = json!({
        "key": "writes", "name": "Writes work", "component": "db", "target": 0.999, "bucket_seconds": 3600,
        "window": { "kind": "rolling", "days": 28 }, "indicator": { "good": "written", "total": "sent" },
    });
    app.owner().post("slos", &slo).expect(201);
    let hour = |at: chrono::DateTime<chrono::Utc>, bad: i64| {
        format!("{},{},100\n", at.format("%Y-%m-%dT%H:%M:%SZ"), 100 - bad)
    };
    let start: chrono::DateTime<chrono::Utc> = "2026-08-31T22:00:00Z".parse().expect("a time");
    let hours = (0..30 * 24 + 745).map(|hour| start + chrono::TimeDelta::hours(hour));
    let late = "2026-10-20T13:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
    let text: String = hours.map(|at| hour(at, if at == late { bad } else { 0 })).collect();
    measure(app, &text);
}

fn measure(app: &TestApp, rows: &str) {
    let text = format!("at,good,total\n{rows}");
    let sent = app.editor().with("Content-Type", "text/csv");
    sent.send("POST", "slos/writes/measurements", Some(text.as_bytes())).expect(200);
}

fn a_missed_promise_is_told_with_why_and_for_whom(app: &TestApp) {
    october(app);
    promise(app, 80);
    let editor = app.editor();
    let incident = json!({
        "title": "Writes hung", "severity": 2, "components": ["db"], "started_at": "2026-10-20T13:05:00Z",
        "detected_at": "2026-10-20T13:17:00Z", "resolved_at": "2026-10-20T13:52:00Z", "customer_minutes": 9500,
        "summary": "Nothing was saved.", "cause": "A full disk & <nobody> to see it.",
    });
    editor.post("incidents", &incident).expect(201);
    let persona = editor.post("personas", &json!({ "name": "Support agent" })).expect(201);
    let persona = format!("personas/{}", persona.json["id"].as_str().expect("an id"));
    editor.post(&format!("{persona}/populations"), &json!({ "valid_from": "2026-10-01", "people": 19 })).expect(201);
    let journey = json!({
        "component": "db", "task": "Look up an order", "on": "2026-09-01", "uses_per_month": 100, "minutes_per_use": 2,
    });
    editor.post(&format!("{persona}/journeys"), &journey).expect(201);
    let item = json!({
        "title": "Room that makes itself", "problem": "Disks fill.", "outcome": "They do not.", "kind": "reliability",
        "horizon": "now", "status": "in_progress", "owner": "Ottilie Unverwechselbar", "slos": ["writes"],
        "start_on": "2026-10-21", "target_on": "2026-10-30",
    });
    editor.post("roadmap-items", &item).expect(201);
    let draft = build(app).expect(201);
    for (name, expected) in [
        ("roadmap.now_count", json!(1)),
        ("roadmap.overdue_count", json!(1)),
        ("slo.count", json!(1)),
        ("slo.missed_count", json!(1)),
        ("slo.writes.met", json!("missed")),
        ("slo.writes.sli", json!(0.998926174497)),
        ("slo.writes.budget_consumed", json!(1.073825503356)),
        ("slo.writes.budget_consumed.previous", json!(0)),
        ("slo.writes.budget_remaining.2026-10-19", json!(1)),
        ("slo.writes.customer_minutes", json!(9500)),
        ("incident.minutes", json!(47)),
    ] {
        assert_eq!(fact(&draft, name)["value"], expected, "{name}");
    }
    let keys: Vec<_> =
        draft.json["sections"].as_array().expect("sections").iter().map(|one| one["key"].clone()).collect();
    assert_eq!(
        keys,
        [
            "headline",
            "shipped",
            "reliability",
            "cost",
            "invisible_work",
            "people",
            "next",
            "risks",
            "decisions",
            "assumptions"
        ]
    );
    let published = path(&publish(app, &draft, &json!({})).expect(200));
    let page = app.viewer().get(&format!("{published}.html")).expect(200);
    for said in [
        "Writes work",
        "Nothing was saved.",
        "A full disk &amp; &lt;nobody&gt;",
        "Support agent",
        "Look up an order",
        "They do not.",
    ] {
        assert!(page.text().contains(said), "{said}");
    }
    for absent in ["<script", " style=", "javascript:", "http://", "https://", "Ottilie"] {
        assert!(!page.text().contains(absent), "{absent}");
    }
    // Every figure of the page opens, and a budget down to its days.
    for name in page.text().split("/facts/").skip(1).filter_map(|rest| rest.split('"').next()) {
        app.viewer().get(&format!("{published}/facts/{name}")).expect(200);
    }
    let opened = app.viewer().get(&format!("{published}/facts/slo.writes.budget_consumed")).expect(200).json;
    let rows = opened["rows"].as_array().expect("rows");
    let worst = json!({
        "day": "2026-10-20", "total": 2400, "good": 2320, "bad": 80, "budget_consumed": 1.073825503356,
    });
    assert_eq!((rows.len(), &rows[19]), (31, &worst));
    let page = app.viewer().with("Accept", "text/html").get(&format!("{published}/facts/slo.writes.budget_consumed"));
    assert!(page.expect(200).text().contains("2026-10-20"));
}

fn a_late_measurement_is_not_final_until_a_revision_takes_it_in(app: &TestApp) {
    october(app);
    promise(app, 7);
    let finals = || {
        let columns = "exports/slo_monthly.csv?columns=slo,month,consumed,met,is_final,revision&from=2026-10";
        app.exporter().get(columns).expect(200).text().lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(finals(), "writes,2026-10,0.093959731544,true,false,0");
    publish(app, &build(app).expect(201), &json!({})).expect(200);
    assert_eq!(finals(), "writes,2026-10,0.093959731544,true,true,1");
    measure(app, "2026-10-20T13:00:00Z,20,100\n");
    assert_eq!(finals(), "writes,2026-10,1.073825503356,false,false,1");
    let second = build(app).expect(201);
    let corrections = second.json["corrections"].as_array().expect("corrections");
    assert!(corrections.iter().any(|one| one["name"] == "slo.writes.met" && one["now"] == "missed"));
    publish(app, &second, &json!({ "reason": "Measurements came late." })).expect(200);
    assert_eq!(finals(), "writes,2026-10,1.073825503356,false,true,2");
}
