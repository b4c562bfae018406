//! A platform team's year, through all of the API: the files such a team would have come in, the
//! month is told and published, late bills make a revision, and tools read the figures.

use crate::{
    app::TestApp,
    client::{Answer, Client},
};
use serde_json::{Value, json};
use std::path::Path;

on_both_engines!(
    a_team_brings_its_files_and_publishes_its_month,
    what_comes_in_is_all_or_nothing_and_told_by_line,
    a_draft_is_not_for_viewers_and_a_published_report_stays,
    exports_are_for_members_and_say_no_names_to_viewers,
);

pub const SHOP: &str = "/api/v1/products/shop";

/// The demo company's file of that name.
pub fn seed(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("seed-data").join(name)).expect("a seed file")
}

pub fn import(client: &Client, format: &str, file: &[u8]) -> Answer {
    let kind = if ["backstage", "openslo"].iter().any(|yaml| format.starts_with(yaml)) {
        "application/yaml"
    } else {
        "text/csv"
    };
    client.with("Content-Type", kind).send("POST", &format!("{SHOP}/imports/{format}"), Some(file))
}

const FILES: &[(&str, &str)] = &[
    ("backstage", "catalog-info.yaml"),
    ("openslo", "slos.yaml"),
    ("measurements", "measurements.csv"),
    ("team", "team.csv"),
    ("labour-rates", "labour-rates.csv"),
    ("exchange-rates", "exchange-rates.csv"),
    ("principles", "principles.csv"),
    ("adherence", "adherence.csv"),
    ("personas", "personas.csv"),
    ("populations", "populations.csv"),
    ("journeys", "journeys.csv"),
    ("objectives", "objectives.csv"),
    ("key-results", "key-results.csv"),
    ("check-ins", "check-ins.csv"),
    ("stakeholders", "stakeholders.csv"),
    ("feedback", "feedback.csv"),
    ("surveys", "surveys.csv"),
    ("responses", "responses.csv"),
    ("incidents", "incidents.csv"),
    ("risks", "risks.csv"),
    ("risk-assessments", "risk-assessments.csv"),
    ("roadmap", "roadmap.csv"),
    ("costs", "costs.csv"),
    ("focus", "focus.csv"),
    ("allocation-rules", "allocation-rules.csv"),
    ("budgets", "budgets.csv"),
    ("effort", "effort.csv"),
    ("recovery-tests", "recovery-tests.csv"),
    ("activities", "activities.csv"),
    ("value-drivers", "value-drivers.csv"),
    ("impact-claims", "impact-claims.csv"),
    ("decisions", "decisions.csv"),
];

/// The demo company: its product, an editor and a viewer beside the owner, and all of its files.
pub fn company(app: &TestApp) {
    company_with(app, "roadmap.csv");
}

/// The same with another roadmap.
pub fn company_with(app: &TestApp, roadmap: &str) {
    let mut product: Value = serde_json::from_slice(&seed("product.json")).expect("JSON");
    product["key"] = json!("shop");
    product["owner"] = json!(app.people.owner);
    app.admin().post("/api/v1/products", &product).expect(201);
    for (user, role) in
        [(&app.people.editor, "editor"), (&app.people.viewer, "viewer"), (&app.people.exporter, "exporter")]
    {
        app.owner().post(&format!("{SHOP}/members"), &json!({ "user": user, "role": role })).expect(201);
    }
    for (format, file) in FILES {
        let file = if *format == "roadmap" { roadmap } else { file };
        let done = import(&app.editor(), format, &seed(file)).expect(200).json;
        assert!(done["created"].as_u64().is_some_and(|count| count > 0), "{format}: {done}");
    }
}

fn publish(app: &TestApp, report: &Value, etag: &str, body: &Value) -> Answer {
    let id = report["id"].as_str().expect("an id");
    app.editor().with("If-Match", etag).post(&format!("{SHOP}/reports/{id}/publish"), body)
}

/// The value of a fact.
fn fact(report: &Value, name: &str) -> Value {
    let facts = report["facts"].as_array().expect("facts");
    facts.iter().find(|fact| fact["name"] == name).unwrap_or_else(|| panic!("no fact {name}"))["value"].clone()
}

fn a_team_brings_its_files_and_publishes_its_month(app: &TestApp) {
    company(app);
    for (format, file) in FILES {
        let again = import(&app.editor(), format, &seed(file)).expect(200).json;
        assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(0)), "{format} again: {again}");
    }
    let report = app.editor().post(&format!("{SHOP}/reports"), &json!({ "month": "2026-10" })).expect(201);
    let total = fact(&report.json, "cost.total");
    let asked = app.viewer().get(&format!("{SHOP}/costs?from=2026-10&to=2026-11&by=month")).expect(200).json;
    assert_eq!(total, asked["items"][0]["total"], "a report and the API count alike");
    let etag = report.etag().to_owned();
    let published = publish(app, &report.json, &etag, &json!({})).expect(200).json;
    assert_eq!((&published["state"], &published["revision"]), (&json!("published"), &json!(1)));
    assert_eq!(app.viewer().get(SHOP).json["published_through"], "2026-10");
    // A bill comes late: it makes a revision that says what it changed, and why.
    let late = json!({
        "month": "2026-10", "category": "licence", "amount": { "amount": "123.45", "currency": "EUR" }, "note": "late",
    });
    app.editor().post(&format!("{SHOP}/cost-entries"), &late).expect(201);
    let next = app.editor().post(&format!("{SHOP}/reports"), &json!({ "month": "2026-10" })).expect(201);
    assert_eq!(next.json["revision"], 2);
    let corrected = next.json["corrections"].to_string();
    assert!(corrected.contains("cost.total"), "{corrected}");
    let etag = next.etag().to_owned();
    assert_eq!(publish(app, &next.json, &etag, &json!({})).expect(422).faults(), ["/reason required"]);
    publish(app, &next.json, &etag, &json!({ "reason": "a late bill" })).expect(200);
    let first = format!("{SHOP}/reports/{}", published["id"].as_str().expect("an id"));
    assert_eq!(app.viewer().get(&first).expect(200).json, published, "what was published stays as it was");
    for name in published["facts"].as_array().expect("facts").iter().filter_map(|fact| fact["name"].as_str()) {
        let opened = app.viewer().get(&format!("{first}/facts/{name}")).expect(200).json;
        assert!(opened["formula"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert!(opened["rows"].is_array(), "{name}");
    }
}

fn what_comes_in_is_all_or_nothing_and_told_by_line(app: &TestApp) {
    company(app);
    let count = || app.viewer().get(&format!("{SHOP}/activities?limit=200")).column("id").len();
    let before = count();
    let file = "on,component,kind,planned,summary\n2026-10-01,shop-cluster,patching,true,fine\n\
                2026-02-30,nowhere,sleep,perhaps,\n2026-10-02,nowhere,patching,true,fine\n";
    let refused = import(&app.editor(), "activities", file.as_bytes()).expect(422);
    let errors = refused.json["errors"].as_array().expect("errors").clone();
    assert!(errors.len() >= 4 && errors.iter().any(|fault| fault["line"] == 3), "{refused}");
    assert!(errors.iter().all(|fault| fault["code"].is_string() && fault["detail"].is_string()), "{refused}");
    assert_eq!(count(), before);
    let good = "on,component,kind,planned,summary\n2026-10-01,shop-cluster,patching,true,\"two\nlines, and a comma\"\n";
    let tried = import(&app.editor(), "activities?dry_run=true", good.as_bytes()).expect(200).json;
    assert_eq!((&tried["dry_run"], &tried["created"]), (&json!(true), &json!(1)));
    assert_eq!(count(), before);
    import(&app.editor(), "activities", good.as_bytes()).expect(200);
    assert_eq!(count(), before + 1);
    for (format, file, statuses) in [
        ("nothing", &b"a"[..], [404, 404]),
        ("activities", b"", [400, 422]),
        ("activities", b"\xff\xfe\x00", [400, 422]),
        ("activities", b"on,colour\n", [400, 422]),
        ("activities", b"on,on\n", [400, 422]),
        ("activities", b"on,component,kind,planned,summary\n\"2026-10-01", [400, 422]),
        ("backstage", b"a: [", [400, 422]),
        ("backstage", b"a: &a [*a, *a]", [400, 422]),
        ("backstage", b"--- !!python/object x", [400, 422]),
    ] {
        let answer = import(&app.editor(), format, file);
        assert!(statuses.contains(&answer.status), "{format}: {answer}");
    }
    let typed = app.editor().with("Content-Type", "application/json");
    typed.send("POST", &format!("{SHOP}/imports/activities"), Some(good.as_bytes())).expect(415);
    app.viewer()
        .with("Content-Type", "text/csv")
        .send("POST", &format!("{SHOP}/imports/activities"), Some(b""))
        .expect(403);
}

fn a_draft_is_not_for_viewers_and_a_published_report_stays(app: &TestApp) {
    let report = app.editor().post("reports", &json!({ "month": "2026-10" })).expect(201);
    let path = format!("reports/{}", report.json["id"].as_str().expect("an id"));
    for path in [path.clone(), format!("{path}.html"), format!("{path}/facts"), format!("{path}/facts/cost.total")] {
        app.viewer().get(&path).expect(404);
        app.editor().get(&path).expect(200);
    }
    assert_eq!(app.viewer().get("reports").column("month"), [""; 0]);
    let rebuilt = app.editor().post("reports", &json!({ "month": "2026-10" })).expect(200);
    assert_eq!((&rebuilt.json["id"], rebuilt.etag()), (&report.json["id"], "\"2\""));
    let act = format!("{path}/publish");
    app.editor().post(&act, &json!({})).expect(428);
    app.editor().with("If-Match", "\"1\"").post(&act, &json!({})).expect(412);
    app.viewer().with("If-Match", "\"2\"").post(&act, &json!({})).expect(403);
    let published = app.editor().with("If-Match", "\"2\"").post(&act, &json!({})).expect(200);
    app.editor().with("If-Match", "\"3\"").post(&act, &json!({})).expect(409);
    app.editor().delete(&path, "\"3\"").expect(409);
    assert_eq!(app.viewer().get(&path).expect(200).json, published.json);
    let html = app.viewer().get(&format!("{path}.html")).expect(200);
    assert!(html.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    assert!(html.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
    assert_eq!(html.bytes, app.viewer().with("Accept", "text/html").get(&path).expect(200).bytes);
    app.viewer().with("Accept", "image/png").get(&path).expect(406);
    app.viewer().get(&format!("{path}/facts/nothing")).expect(404);
    app.exporter().get(&path).expect(403);
    app.editor().post("reports", &json!({ "month": "2026-13" })).expect(422);
}

fn exports_are_for_members_and_say_no_names_to_viewers(app: &TestApp) {
    company(app);
    let datasets = app.exporter().get(&format!("{SHOP}/exports")).expect(200).column("name");
    assert!(datasets.contains(&"effort".to_owned()));
    let people = app.editor().get(&format!("{SHOP}/team?limit=200")).expect(200).column("name");
    for dataset in &datasets {
        let path = format!("{SHOP}/exports/{dataset}.csv");
        app.outsider().get(&path).expect(404);
        for client in [app.exporter(), app.viewer()] {
            let csv = client.get(&path).expect(200);
            assert!(csv.header("content-type").is_some_and(|kind| kind.starts_with("text/csv")), "{dataset}");
            let text = csv.text();
            assert!(text.starts_with("product,deleted_at,"), "{dataset}");
            assert!(text.ends_with("\r\n"), "{dataset}");
            assert!(people.iter().all(|name| !text.contains(name.as_str())), "{dataset} names a person");
            let mut cells = text.split([',', '\r', '\n']);
            assert!(!cells.any(|cell| ["82.5", "82.50"].contains(&cell)), "{dataset} tells the labour rate");
        }
        app.exporter().get(&format!("{path}?colour=red")).expect(422);
        let excel = app.exporter().get(&format!("{path}?for=excel")).expect(200);
        assert!(excel.bytes.starts_with(b"\xef\xbb\xbf"), "{dataset}");
    }
    let text = app.viewer().get(&format!("{SHOP}/exports/cost_entries.csv?columns=amount,component")).expect(200);
    let lines = csv::Reader::from_reader(text.bytes.as_slice()).records().count();
    let entries = walk(&app.viewer(), &format!("{SHOP}/cost-entries"));
    assert!(entries > 0 && lines == entries, "{lines} lines, {entries} entries");
    assert!(text.text().starts_with("amount,component\r\n"));
    app.exporter().get(&format!("{SHOP}/exports/nothing.csv")).expect(404);
    app.anonymous().get(&format!("{SHOP}/exports/components.csv")).expect(401);
}

/// How many items a list has on all of its pages.
fn walk(client: &Client, path: &str) -> usize {
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let page = client.get(&format!("{path}?limit=200{cursor}")).expect(200);
        count += page.json["items"].as_array().map_or(0, Vec::len);
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return count,
        }
    }
}
