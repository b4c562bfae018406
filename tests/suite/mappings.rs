//! Files of other tools: as their mapping says, or refused by their own lines and headings.

use crate::{
    app::{TestApp, block_on},
    client::Answer,
    imports::{counts, fault, faults},
};
use prodops::{
    imports::{self, Format, Mode, Reading},
    kernel::{db::Author, schema::audit_events},
};
use serde_json::{Value, json};
use std::path::Path;

on_both_engines!(
    a_mapping_is_saved_found_changed_and_deleted,
    what_can_never_make_a_row_is_not_saved,
    a_jira_export_becomes_roadmap_items,
    a_github_export_becomes_roadmap_items,
    a_pagerduty_export_becomes_incidents,
    what_is_wrong_is_told_by_their_line_and_heading_and_the_part_of_the_mapping,
    a_lenient_import_leaves_what_it_does_not_know_as_it_is,
    a_dry_run_shows_the_difference,
    a_difference_is_bounded,
    money_with_a_decimal_comma_comes_in_exactly,
    a_mapping_is_used_where_it_fits,
    the_command_line_uses_a_mapping_as_the_api_does,
    another_products_mapping_is_none,
);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The mapping that `docs/IMPORTS.md` shows by that name.
fn documented(name: &str) -> Value {
    let text = std::fs::read_to_string(root().join("docs/IMPORTS.md")).expect("the documentation");
    let blocks = text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut blocks = blocks.map(|block| serde_json::from_str::<Value>(block).expect("JSON in docs/IMPORTS.md"));
    blocks.find(|block| block["name"] == name).expect("a mapping of that name in docs/IMPORTS.md")
}

fn file(name: &str) -> String {
    std::fs::read_to_string(root().join("tests/data/mappings").join(name)).expect("a file")
}

fn save(app: &TestApp, mapping: &Value) -> Value {
    app.editor().post("mappings", mapping).expect(201).json
}

fn send(app: &TestApp, format: &str, query: &str, content: &str) -> Answer {
    let editor = app.editor().with("Content-Type", "text/csv");
    editor.send("POST", &format!("imports/{format}?{query}"), Some(content.as_bytes()))
}

/// Rows made, changed and left.
fn done(answer: &Answer) -> [u64; 3] {
    ["created", "changed", "unchanged"].map(|name| answer.json[name].as_u64().expect("a count"))
}

fn some_components(app: &TestApp) {
    let components = "key,name,kind\ncheckout,Checkout,service\norder-database,Order database,database\n";
    let components = components.replace(",database\n", ",infrastructure\n");
    assert_eq!(counts(app, "components", &components), (2, 0, 0));
}

fn row(app: &TestApp, path: &str) -> Value {
    app.viewer().get(path).expect(200).json
}

/// The parts of the mapping that faults blame.
fn blamed(answer: &Answer) -> Vec<&str> {
    let errors = answer.json["errors"].as_array().expect("errors");
    errors.iter().map(|one| one["mapping"].as_str().unwrap_or_default()).collect()
}

fn a_mapping_is_saved_found_changed_and_deleted(app: &TestApp) {
    let made = app.editor().post("mappings", &documented("jira")).expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/products/platform/mappings/jira"));
    assert_eq!((&made.json["delimiter"], &made.json["version"]), (&json!("comma"), &json!(1)));
    assert_eq!(made.json["columns"]["title"], json!({ "from": "Summary", "unlisted": "refuse", "optional": false }));
    let found = app.viewer().get("mappings/jira").expect(200);
    assert_eq!(found.json, made.json);
    assert_eq!(row(app, &format!("mappings/{}", made.json["id"].as_str().expect("an id"))), made.json);
    app.editor().post("mappings", &documented("jira")).expect(409);
    save(app, &documented("pagerduty"));
    let names = |query: &str| app.viewer().get(&format!("mappings?{query}")).expect(200).column("name");
    assert_eq!(names("sort=-name"), ["pagerduty", "jira"]);
    assert_eq!(names("format=incidents&timezone=null"), ["pagerduty"]);
    assert_eq!(names("q=epic"), ["jira"]);

    let change = json!({ "columns": { "status": { "values": { "Blocked": "in_progress", "To Do": null } } } });
    app.editor().patch("mappings/jira", "\"7\"", &change).expect(412);
    let changed = app.editor().patch("mappings/jira", found.etag(), &change).expect(200);
    let table = &changed.json["columns"]["status"]["values"];
    assert_eq!(
        (&table["Blocked"], table.get("To Do"), &table["Done"]),
        (&json!("in_progress"), None, &json!("shipped"))
    );
    let wrong = app.editor().patch("mappings/jira", changed.etag(), &json!({ "format": "incidents" })).expect(422);
    assert!(wrong.faults().iter().any(|one| one == "/columns/horizon unknown_column"), "{:?}", wrong.faults());
    app.viewer().post("mappings", &documented("github")).expect(403);
    app.editor().delete("mappings/jira", "\"1\"").expect(412);
    app.editor().delete("mappings/jira", changed.etag()).expect(204);
    app.viewer().get("mappings/jira").expect(404);
}

fn what_can_never_make_a_row_is_not_saved(app: &TestApp) {
    let wrong = json!({
        "name": "wrong",
        "format": "roadmap",
        "timezone": "Europe/Nowhere",
        "columns": {
            "title": { "from": "Summary", "constant": "x" },
            "status": { "from": "Status", "values": { "a/b": "doing", "none": "" }, "default": "later" },
            "target_on": { "from": "Due", "dates": ["%d.%m.%Y", "%d.%m."] },
            "owner": { "from": "Who", "dates": ["%d.%m.%Y"], "blanks": "-", "unlisted": "skip" },
            "problem": { "template": "{Summary", "separator": "," },
            "horizon": { "constant": "soon" },
            "severity": { "from": "x" },
            "rice_reach": { "constant": "1" },
        },
    });
    let answer = app.editor().post("mappings", &wrong).expect(422);
    let expected = [
        "/columns missing_column",
        "/columns missing_column",
        "/columns missing_column",
        "/columns missing_column",
        "/columns/horizon/constant not_one_of",
        "/columns/owner/blanks no_words",
        "/columns/owner/dates/0 date_form",
        "/columns/owner/unlisted without_values",
        "/columns/problem/separator without_from",
        "/columns/problem/template template",
        "/columns/severity unknown_column",
        "/columns/status/default not_one_of",
        "/columns/status/values/a~1b not_one_of",
        "/columns/target_on/dates/1 date_form",
        "/columns/title one_of",
        "/timezone unknown_timezone",
    ];
    assert_eq!(answer.faults(), expected);
    for format in ["measurements", "backstage", "openslo", "nothing"] {
        let other = json!({ "name": "x", "format": format, "columns": {} });
        assert_eq!(app.editor().post("mappings", &other).expect(422).faults(), ["/format not_one_of"]);
    }
    let long = json!({ "name": "x", "format": "personas", "columns": { "name": { "from": "x".repeat(201) } } });
    assert_eq!(app.editor().post("mappings", &long).expect(422).faults(), ["/columns/name/from too_long"]);
}

fn a_jira_export_becomes_roadmap_items(app: &TestApp) {
    some_components(app);
    save(app, &documented("jira"));
    let jira = file("jira.csv");
    let first = send(app, "roadmap", "mapping=jira", &jira).expect(200);
    assert_eq!(done(&first), [4, 0, 0]);
    let left_out = "1 line was left out: not among those that the mapping reads (mapping /only_lines)";
    assert_eq!(first.json["warnings"], json!([{ "line": 1, "column": null, "detail": left_out }]));
    let epic = row(app, "roadmap-items/OPS-12");
    for (name, value) in [
        ("title", json!("Failover of the order database without a person")),
        ("kind", json!("feature")),
        ("status", json!("in_progress")),
        ("horizon", json!("now")),
        ("owner", json!("Inés Duarte")),
        ("target_on", json!("2026-12-18")),
        ("shipped_on", json!(null)),
        ("components", json!(["checkout", "order-database"])),
        ("tags", json!(["resilience", "on-call"])),
        ("description", json!("Today somebody wakes up, finds the runbook\nand promotes the replica by hand.")),
    ] {
        assert_eq!(epic[name], value, "{name}");
    }
    let bug = row(app, "roadmap-items/OPS-15");
    assert_eq!((&bug["kind"], &bug["status"]), (&json!("reliability"), &json!("shipped")));
    assert_eq!(bug["shipped_on"], "2026-10-30", "the day in Vienna");
    assert_eq!(row(app, "roadmap-items/OPS-20")["status"], "dropped");
    app.viewer().get("roadmap-items/OPS-16").expect(404);
    assert_eq!(done(&send(app, "roadmap", "mapping=jira", &jira).expect(200)), [0, 0, 4]);

    let without = "Summary,Issue key,Issue Type,Status,Assignee,Resolved,Due Date,Description\n\
                   Failover by itself,OPS-12,Epic,In Progress,,,,\n";
    assert_eq!(done(&send(app, "roadmap", "mapping=jira", without).expect(200)), [0, 1, 0]);
    let epic = row(app, "roadmap-items/OPS-12");
    assert_eq!((&epic["title"], &epic["owner"]), (&json!("Failover by itself"), &json!(null)));
    assert_eq!(epic["tags"], json!(["resilience", "on-call"]), "a column that is optional and not there keeps it");
    let events = app.read(|conn| {
        use diesel::prelude::*;
        let after = audit_events::table.filter(audit_events::resource.eq("imports")).select(audit_events::after);
        Ok(after.order(audit_events::id.desc()).first::<Option<String>>(conn)?)
    });
    assert!(events.is_some_and(|after| after.contains("\"mapping\":\"jira\"")));
}

fn a_github_export_becomes_roadmap_items(app: &TestApp) {
    save(app, &documented("github"));
    let github = file("github.csv");
    assert_eq!(done(&send(app, "roadmap", "mapping=github", &github).expect(200)), [4, 0, 0]);
    assert_eq!(done(&send(app, "roadmap", "mapping=github", &github).expect(200)), [0, 0, 4]);
    let items = app.viewer().get("roadmap-items?sort=ref").expect(200);
    assert_eq!(items.column("kind"), ["feature", "security", "maintenance", "debt"]);
    assert_eq!(items.column("status"), ["planned", "shipped", "dropped", "planned"]);
    let items = &items.json["items"];
    assert_eq!(items[0]["tags"], json!(["enhancement", "good-first-issue"]));
    assert_eq!(items[0]["description"], "[#311](https://github.com/acme/shop-ops/issues/311)");
    assert_eq!((&items[1]["shipped_on"], &items[2]["shipped_on"]), (&json!("2026-11-01"), &json!(null)));
    let doubtful = github.replace("\"tech debt\"", "\"tech debt,bug\"");
    let refused = send(app, "roadmap", "mapping=github", &doubtful);
    assert_eq!(blamed(&refused), ["/columns/kind/from"]);
    assert_eq!(faults(refused), [fault(5, "labels", "ambiguous")]);
}

fn a_pagerduty_export_becomes_incidents(app: &TestApp) {
    some_components(app);
    save(app, &documented("pagerduty"));
    let pagerduty = file("pagerduty.csv");
    assert_eq!(done(&send(app, "incidents", "mapping=pagerduty", &pagerduty).expect(200)), [3, 0, 0]);
    assert_eq!(done(&send(app, "incidents", "mapping=pagerduty", &pagerduty).expect(200)), [0, 0, 3]);
    let incidents = app.viewer().get("incidents?sort=started_at").expect(200);
    assert_eq!(incidents.column("external_id"), ["PD-2041", "PD-2047", "PD-2050"]);
    let incident = &incidents.json["items"][0];
    assert_eq!((&incident["severity"], &incident["components"]), (&json!(2), &json!(["checkout"])));
    assert_eq!(incident["started_at"], "2026-11-02T08:14:03Z");
    assert_eq!(incident["resolved_at"], "2026-11-02T08:51:40Z");
    let path = format!("incidents/{}", incident["id"].as_str().expect("an id"));
    app.editor().patch(&path, "\"1\"", &json!({ "cause": "A voucher service without a limit" })).expect(200);
    let later = pagerduty.replace(
        "PSHOP01,Checkout (production),PESC001,Platform on-call,2026-11-09T18:05:27+01:00,,",
        "PSHOP01,Checkout (production),PESC001,Platform on-call,2026-11-09T18:05:27+01:00,2026-11-09T19:00:00+01:00,",
    );
    assert_eq!(done(&send(app, "incidents", "mapping=pagerduty", &later).expect(200)), [0, 1, 2]);
    assert_eq!(row(app, &path)["cause"], "A voucher service without a limit");
}

fn what_is_wrong_is_told_by_their_line_and_heading_and_the_part_of_the_mapping(app: &TestApp) {
    save(app, &documented("jira"));
    let header = "Summary,Issue key,Issue Type,Status,Assignee,Resolved,Due Date,Description,Component/s\n";
    let lines = "\"Two\nlines\",OPS-1,Bug,Blocked,,,,,\n\
                 ,OPS-2,Bug,To Do,,,2026-11-02,,\n\
                 Long,OPS-3,Bug,To Do,,,,,Checkout\n\
                 Short,OPS-4,Bug\n\
                 Done,OPS-5,Bug,Done,,30/Feb/26 9:14 AM,,,\n";
    let refused = send(app, "roadmap", "mapping=jira&dry_run=true", &format!("{header}{lines}"));
    let expected = [
        ("/columns/horizon/values", fault(2, "Status", "unlisted")),
        ("/columns/status/values", fault(2, "Status", "unlisted")),
        ("/columns/target_on/dates", fault(4, "Due Date", "format")),
        ("/columns/components/from", fault(5, "Component/s", "unknown_reference")),
        ("", fault(6, "", "cells")),
        ("/columns/shipped_on/dates", fault(7, "Resolved", "format")),
    ];
    assert_eq!(blamed(&refused), expected.iter().map(|(part, _)| *part).collect::<Vec<_>>());
    assert_eq!(faults(refused), expected.map(|(_, fault)| fault));
    let untitled = send(app, "roadmap", "mapping=jira", &format!("{header},OPS-2,Bug,To Do,,,,,\n"));
    assert_eq!(blamed(&untitled), ["/columns/title/from"]);
    assert_eq!(faults(untitled), [fault(2, "Summary", "required")]);
    let headless = send(app, "roadmap", "mapping=jira", "Summary,Issue key,Status\n");
    let expected = [
        ("/only_lines/Issue Type", fault(1, "Issue Type", "missing_column")),
        ("/columns/description/from", fault(1, "Description", "missing_column")),
        ("/columns/kind/from", fault(1, "Issue Type", "missing_column")),
        ("/columns/owner/from", fault(1, "Assignee", "missing_column")),
        ("/columns/shipped_on/from", fault(1, "Resolved", "missing_column")),
        ("/columns/target_on/from", fault(1, "Due Date", "missing_column")),
    ];
    assert_eq!(blamed(&headless), expected.iter().map(|(part, _)| *part).collect::<Vec<_>>());
    assert_eq!(faults(headless), expected.map(|(_, fault)| fault));
}

fn a_lenient_import_leaves_what_it_does_not_know_as_it_is(app: &TestApp) {
    some_components(app);
    save(app, &documented("jira"));
    let jira = file("jira.csv");
    send(app, "roadmap", "mapping=jira", &jira).expect(200);
    let blocked = jira.replace(",Epic,In Progress,", ",Epic,Blocked,").replace(",Order database,", ",Old database,");
    assert_eq!(faults(send(app, "roadmap", "mapping=jira", &blocked)).len(), 3);
    let read = send(app, "roadmap", "mapping=jira&mode=lenient", &blocked).expect(200);
    assert_eq!(done(&read), [0, 1, 3]);
    let warnings = read.json["warnings"].as_array().expect("warnings");
    let told: Vec<_> = warnings.iter().map(|one| one["detail"].as_str().expect("a sentence")).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.contains(&"the table does not say what 'Blocked' means (mapping /columns/status/values)"), "{told:?}");
    let epic = row(app, "roadmap-items/OPS-12");
    assert_eq!((&epic["status"], &epic["horizon"]), (&json!("in_progress"), &json!("now")));
    assert_eq!(epic["components"], json!(["checkout"]), "of a list, what is known");
}

fn a_dry_run_shows_the_difference(app: &TestApp) {
    some_components(app);
    save(app, &documented("github"));
    let github = file("github.csv");
    let tried = send(app, "roadmap", "mapping=github&dry_run=true", &github).expect(200).json;
    assert_eq!((&tried["created"], tried["changes"].as_array().map(Vec::len)), (&json!(4), Some(4)));
    let new = &tried["changes"][1];
    assert_eq!((&new["line"], &new["id"]), (&json!(3), &json!(null)));
    let title = new["label"].as_str().expect("a title");
    assert!(!title.is_empty() && !title.starts_with("OPS-"), "it has no ref yet: {title}");
    let property = |change: &Value, name: &str| {
        let all = change["properties"].as_array().expect("properties");
        all.iter().find(|one| one["property"] == name).cloned()
    };
    let shipped = property(new, "shipped_on").expect("a day");
    assert_eq!(shipped, json!({ "property": "shipped_on", "before": null, "after": "2026-11-01" }));
    assert_eq!(property(new, "ref").expect("a ref")["after"], json!(null), "only writing it will tell");
    assert_eq!(property(new, "rice"), None);

    let real = send(app, "roadmap", "mapping=github", &github).expect(200).json;
    assert_eq!(real["changes"], json!([]), "of a dry run");
    let reopened = github.replace("\"CLOSED\",\"NOT_PLANNED\"", "\"OPEN\",\"REOPENED\"");
    let tried = send(app, "roadmap", "mapping=github&dry_run=true", &reopened).expect(200).json;
    let id = &row(app, "roadmap-items/OPS-3")["id"];
    let change = json!({ "property": "status", "before": "dropped", "after": "planned" });
    let label = row(app, "roadmap-items/OPS-3")["title"].as_str().map(|title| format!("OPS-3 {title}"));
    let expected = json!({ "line": 4, "resource": "roadmap-items", "label": label, "id": id, "properties": [change] });
    assert_eq!(tried["changes"], json!([expected]));
}

fn a_difference_is_bounded(app: &TestApp) {
    let mut file = "name,context\n".to_owned();
    for nth in 0..300 {
        file += &format!("P{nth},{}\n", "x".repeat(1000));
    }
    let tried = send(app, "personas", "dry_run=true", &file).expect(200);
    let changes = tried.json["changes"].as_array().expect("changes");
    assert_eq!((&tried.json["created"], changes.len()), (&json!(300), 200));
    assert!(tried.text().len() < 200_000, "{}", tried.text().len());
    let effort = "week,kind,share\n2026-W42,toil,0.5\n2026-W42,support,0.5\n";
    let tried = send(app, "effort", "dry_run=true", effort).expect(200).json;
    assert_eq!(tried["changes"][0]["line"], 2);
    assert_eq!(tried["changes"][0]["properties"][1]["property"], "entries");
}

fn money_with_a_decimal_comma_comes_in_exactly(app: &TestApp) {
    save(
        app,
        &json!({
            "name": "ledger",
            "format": "costs",
            "delimiter": "semicolon",
            "decimal_sign": "comma",
            "columns": {
                "month": { "from": "Buchungstag", "dates": ["%d.%m.%Y"] },
                "category": { "from": "Konto", "values": { "7380 Lizenzen": "licence" } },
                "amount": { "from": "Betrag" },
                "currency": { "constant": "EUR" },
                "external_id": { "template": "{Beleg}/{Zeile}" },
            },
        }),
    );
    let file = "Beleg;Zeile;Buchungstag;Konto;Betrag\r\n4711;1;31.10.2026;7380 Lizenzen;1.234,50\r\n";
    assert_eq!(done(&send(app, "costs", "mapping=ledger", file).expect(200)), [1, 0, 0]);
    let entry = &app.viewer().get("cost-entries").expect(200).json["items"][0];
    assert_eq!(entry["amount"], json!({ "amount": "1234.5", "currency": "EUR" }));
    assert_eq!((&entry["month"], &entry["external_id"]), (&json!("2026-10"), &json!("4711/1")));
    let refused = send(app, "costs", "mapping=ledger", &file.replace("1.234,50", "1,234.50"));
    assert_eq!(faults(refused), [fault(2, "Betrag", "number")]);
}

fn a_mapping_is_used_where_it_fits(app: &TestApp) {
    save(app, &documented("jira"));
    let parameter = |answer: Answer| {
        let error = answer.expect(422).json["errors"][0].clone();
        (error["parameter"].clone(), error["code"].clone())
    };
    let unknown = send(app, "roadmap", "mapping=nothing", "x\n");
    assert_eq!(parameter(unknown), (json!("mapping"), json!("unknown_reference")));
    let other = send(app, "incidents", "mapping=jira", "x\n");
    assert_eq!(parameter(other), (json!("mapping"), json!("another_format")));
}

fn the_command_line_uses_a_mapping_as_the_api_does(app: &TestApp) {
    save(app, &documented("github"));
    let run = |mapping: &str, dry_run| {
        let reading = Reading { format: Format::Roadmap, mode: Mode::Strict, mapping: Some(mapping.to_owned()) };
        let path = root().join("tests/data/mappings/github.csv");
        block_on(imports::run(&app.db, Author::operator(), &app.platform(), reading, path, dry_run))
    };
    let tried = run("github", true).expect("a trial");
    assert_eq!((tried.created, tried.changes.len()), (4, 4));
    let made = run("github", false).expect("an import");
    assert_eq!((made.created, made.changes.len()), (4, 0));
    assert!(run("gitlab", false).is_err());
}

fn another_products_mapping_is_none(app: &TestApp) {
    let theirs = app.outsider().post("/api/v1/products/other/mappings", &documented("jira")).expect(201).json;
    let id = theirs["id"].as_str().expect("an id");
    for name in ["jira", id] {
        app.editor().get(&format!("mappings/{name}")).expect(404);
        let answer = send(app, "roadmap", &format!("mapping={name}"), "x\n").expect(422);
        assert_eq!(answer.json["errors"][0]["code"], "unknown_reference");
    }
}
