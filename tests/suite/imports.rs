//! Files against the real server: by line, whole or not at all, and the same file twice changes nothing.

use crate::{
    app::{TestApp, block_on},
    client::{Answer, Client},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use prodops::{
    imports::{self, Format, Mode},
    kernel::{db::Author, schema::audit_events},
    products,
};
use serde_json::{Value, json};
use std::path::Path;

on_both_engines!(
    the_demo_companys_files_come_in_and_a_second_time_change_nothing,
    the_command_line_imports_as_the_api_does,
    what_is_sent_is_what_the_format_comes_as,
    a_retried_import_happens_once,
    a_cost_without_an_external_id_is_counted_by_all_it_says,
    a_week_of_effort_is_written_whole_and_refused_by_line,
    a_column_left_out_keeps_what_is_there_and_an_empty_cell_does_not,
    a_published_month_is_not_rewritten,
    a_backstage_catalogue_becomes_components,
    the_catalogue_comes_back_with_what_we_do_not_model_and_with_present_values,
    what_is_wrong_with_a_catalogue_is_told_by_line_and_field,
    two_entities_of_one_name_are_two_components,
    backstages_own_example_comes_in,
);

/// Sends a file as its format comes.
fn send(client: &Client, format: &str, dry_run: bool, content: &[u8]) -> Answer {
    let kind = if ["backstage", "openslo"].contains(&format) { "application/yaml" } else { "text/csv; charset=utf-8" };
    client.with("Content-Type", kind).send("POST", &format!("imports/{format}?dry_run={dry_run}"), Some(content))
}

pub fn import(app: &TestApp, format: &str, content: &str) -> Answer {
    send(&app.editor(), format, false, content.as_bytes())
}

#[track_caller]
pub fn counts(app: &TestApp, format: &str, content: &str) -> (u64, u64, u64) {
    let answer = import(app, format, content).expect(200);
    let count = |name: &str| answer.json[name].as_u64().expect("a count");
    (count("created"), count("changed"), count("unchanged"))
}

/// Line, column and code of each fault.
#[track_caller]
pub fn faults(answer: Answer) -> Vec<(u64, String, String)> {
    let answer = answer.expect(422);
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    let errors = answer.json["errors"].as_array().expect("errors");
    errors
        .iter()
        .map(|one| (one["line"].as_u64().unwrap_or_default(), text(one, "column"), text(one, "code")))
        .collect()
}

fn events(app: &TestApp) -> i64 {
    app.read(|conn| Ok(audit_events::table.count().get_result(conn)?))
}

fn component(app: &TestApp, key: &str) -> Value {
    app.viewer().get(&format!("components/{key}")).expect(200).json
}

fn patch(app: &TestApp, key: &str, changes: &Value) {
    let path = format!("components/{key}");
    let etag = app.editor().get(&path).expect(200).etag().to_owned();
    app.editor().patch(&path, &etag, changes).expect(200);
}

fn catalogue(app: &TestApp) -> String {
    let answer = app.viewer().get("catalog-info.yaml").expect(200);
    assert_eq!(answer.header("content-type"), Some("application/yaml"));
    answer.text().to_owned()
}

fn documents(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

pub fn fault(line: u64, column: &str, code: &str) -> (u64, String, String) {
    (line, column.to_owned(), code.to_owned())
}

const SEED: &[(&str, &str)] = &[
    ("backstage", "catalog-info.yaml"),
    ("openslo", "slos.yaml"),
    ("team", "team.csv"),
    ("labour-rates", "labour-rates.csv"),
    ("exchange-rates", "exchange-rates.csv"),
    ("personas", "personas.csv"),
    ("populations", "populations.csv"),
    ("journeys", "journeys.csv"),
    ("principles", "principles.csv"),
    ("adherence", "adherence.csv"),
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
    ("allocation-rules", "allocation-rules.csv"),
    ("budgets", "budgets.csv"),
    ("effort", "effort.csv"),
    ("effort-templates", "effort-templates.csv"),
    ("recovery-tests", "recovery-tests.csv"),
    ("activities", "activities.csv"),
    ("value-drivers", "value-drivers.csv"),
    ("impact-claims", "impact-claims.csv"),
    ("decisions", "decisions.csv"),
];

fn seed(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seed-data").join(name)
}

fn the_demo_companys_files_come_in_and_a_second_time_change_nothing(app: &TestApp) {
    for (format, name) in SEED {
        let file = std::fs::read(seed(name)).expect("a file");
        let run = |dry_run| send(&app.editor(), format, dry_run, &file).expect(200).json;
        let before = events(app);
        let mut tried = run(true);
        assert_eq!(events(app), before, "{name}: a trial leaves nothing");
        let first = run(false);
        let shown = tried["changes"].as_array().expect("changes").len() as u64;
        assert!(shown > 0 && shown <= 200 && Some(shown) <= tried["created"].as_u64(), "{name}: {shown}");
        tried["dry_run"] = json!(false);
        tried["changes"] = json!([]);
        assert_eq!(first, tried, "{name}");
        assert!(first["created"].as_u64() > Some(0), "{name}: {first}");
        assert_eq!((&first["changed"], &first["unchanged"]), (&json!(0), &json!(0)), "{name}");
        assert_eq!(first["warnings"], json!([]), "{name}");
        assert_eq!(first["unallocated"].as_u64() > Some(0), *format == "costs", "{name}");
        assert_eq!(events(app), before + 1, "{name}: one event for the whole file");
        app.pass(TimeDelta::minutes(1));
        let second = run(false);
        assert_eq!((&second["created"], &second["changed"]), (&json!(0), &json!(0)), "{name}");
        assert_eq!(second["unchanged"], first["created"], "{name}");
        assert_eq!(events(app), before + 1, "{name}: nothing happened");
    }
    let gateway = component(app, "shop-gateway");
    assert_eq!((&gateway["tier"], &gateway["rto_minutes"], &gateway["version"]), (&json!(1), &json!(15), &json!(1)));
    assert_eq!((&gateway["owner"], &gateway["system"]), (&json!("platform-core"), &json!("runtime")));
    assert_eq!(gateway["domain"], "running-the-shop");
    assert_eq!(gateway["depends_on"], json!(["certificate-manager", "shop-cluster"]));
    let again = import(app, "backstage", &catalogue(app)).expect(200).json;
    assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(0)));
    let weeks = app.editor().get("effort?limit=200").expect(200);
    assert!(weeks.json["items"].as_array().expect("weeks").len() > 50);
}

fn the_command_line_imports_as_the_api_does(app: &TestApp) {
    let run = |format: Format, name: &str, dry_run| {
        let author = Author::operator();
        block_on(imports::run(&app.db, author, &app.platform(), (format, Mode::Strict), seed(name), dry_run))
            .expect("an import")
    };
    let tried = run(Format::Team, "team.csv", true);
    assert_eq!((tried.dry_run, tried.created), (true, 7));
    let done = run(Format::Team, "team.csv", false);
    assert_eq!((done.dry_run, done.created), (false, 7));
    assert_eq!(run(Format::Team, "team.csv", false).unchanged, 7);
    let platform = app.platform();
    let missing =
        imports::run(&app.db, Author::operator(), &platform, (Format::Team, Mode::Strict), seed("none.csv"), true);
    assert!(block_on(missing).is_err());
}

fn what_is_sent_is_what_the_format_comes_as(app: &TestApp) {
    let team = b"name,hours_per_week,valid_from\nAnn,40,2026-01-01\n";
    let send =
        |kind: &str, path: &str, body: &[u8]| app.editor().with("Content-Type", kind).send("POST", path, Some(body));
    send("application/json", "imports/team", team).expect(415);
    send("application/yaml", "imports/team", team).expect(415);
    send("text/csv", "imports/backstage", CATALOGUE.as_bytes()).expect(415);
    send("text/csv", "imports/nothing", team).expect(404);
    send("text/csv", "imports/team?dry_run=perhaps", team).expect(422);
    send("text/csv", "imports/team?dryrun=true", team).expect(422);
    send("Text/CSV; header=present", "imports/team", team).expect(200);
    for kind in ["application/yaml", "application/x-yaml", "text/yaml"] {
        send(kind, "imports/backstage", CATALOGUE.as_bytes()).expect(200);
    }
    let large = "# x\n".repeat((32 << 20) / 4 + 1);
    send("application/yaml", "imports/backstage", large.as_bytes()).expect(413);
    app.viewer().with("Content-Type", "text/csv").send("POST", "imports/team", Some(team)).expect(403);
}

fn a_retried_import_happens_once(app: &TestApp) {
    let costs = "month,category,amount,currency\n2026-10,licence,10,EUR\n";
    let client = app.editor().with("Idempotency-Key", "one");
    let first = send(&client, "costs", false, costs.as_bytes()).expect(200).json;
    assert_eq!(first["created"], 1);
    assert_eq!(send(&client, "costs", false, costs.as_bytes()).expect(200).json, first);
    let other = costs.replace("10,EUR", "11,EUR");
    send(&client, "costs", false, other.as_bytes()).expect(422);
    assert_eq!(app.viewer().get("cost-entries").expect(200).json["items"].as_array().map(Vec::len), Some(1));
}

fn backstages_own_example_comes_in(app: &TestApp) {
    // Backstage's own example catalogue (Apache-2.0), shortened.
    let file = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  annotations:\n      \
                buildkite.com/project-slug: nutrien/digital-k8s\n  name: artist-lookup\n  \
                description: Artist Lookup\n  \
                tags:\n    - java\n  links:\n    - url: https://example.com/user\n      title: Examples Users\n      \
                icon: user\nspec:\n  type: service\n  lifecycle: experimental\n  owner: team-a\n  \
                system: artist-engagement-portal\n  dependsOn: ['resource:artists-db']\n---\n\
                apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata:\n  name: artists-db\n  \
                description: Stores artist details\nspec:\n  type: database\n  owner: team-a\n---\n\
                apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: team-b\nspec:\n  type: team\n  \
                profile:\n    displayName: Team B\n  children: []\n";
    let answer = import(app, "backstage", file).expect(200).json;
    assert_eq!((&answer["created"], &answer["warnings"]), (&json!(3), &json!([])));
    assert_eq!(component(app, "artist-lookup")["depends_on"], json!(["artists-db"]));
    let mut sent = documents(file);
    sent.sort_by_key(|one| one["kind"].to_string());
    let mut back = documents(&catalogue(app));
    back.sort_by_key(|one| one["kind"].to_string());
    assert_eq!(back, sent);
}

fn a_cost_without_an_external_id_is_counted_by_all_it_says(app: &TestApp) {
    let header = "month,category,amount,currency,source,external_id\n";
    let line = "2026-10,licence,10,EUR,shop,\n";
    let twice = format!("{header}{line}{line}2026-10,licence,5.50,EUR,shop,A-1\n");
    assert_eq!(counts(app, "costs", &twice), (3, 0, 0));
    assert_eq!(counts(app, "costs", &twice), (0, 0, 3));
    assert_eq!(counts(app, "costs", &format!("{header}{line}{line}{line}")), (1, 0, 2));
    let corrected = format!("{header}2026-10,licence,10.0,EUR,shop,\n2026-10,licence,6,EUR,shop,A-1\n");
    assert_eq!(counts(app, "costs", &corrected), (0, 1, 1));
    assert_eq!(counts(app, "costs", &format!("{header}2026-10,licence,10,EUR,other,\n")), (1, 0, 0));
    let repeated = format!("{header}2026-10,licence,6,EUR,shop,A-1\n2026-10,licence,6,EUR,shop,A-1\n");
    assert_eq!(faults(import(app, "costs", &repeated)), [fault(3, "", "repeated")]);
    let unknown =
        "component,month,category,amount,currency,external_id\nx,2026-10,licence,1,EUR,\nx,2026-10,licence,1,EUR,B\n";
    let expected = [fault(2, "component", "unknown_reference"), fault(3, "component", "unknown_reference")];
    assert_eq!(faults(import(app, "costs", unknown)), expected);
}

fn a_week_of_effort_is_written_whole_and_refused_by_line(app: &TestApp) {
    let team = "name,hours_per_week,valid_from,valid_to\nAnn,40,2026-01-01,2026-07-01\n\
                Ann,20,2026-07-01,\nBo,40,2026-10-01,\n";
    assert_eq!(counts(app, "team", team), (3, 0, 0));
    import(app, "components", "key,name,kind\na,A,tool\n").expect(200);
    let first =
        "week,person,component,kind,share\n2026-W41,Ann,a,toil,0.5\n2026-W41,,a,toil,1\n2026-W41,Ann,,support,0.5\n";
    assert_eq!(counts(app, "effort", first), (1, 0, 0));
    let reordered = "week,person,component,roadmap_item,kind,share\n2026-W41,,a,,toil,1.0\n\
                     2026-W41,Ann,,,support,0.5\n2026-W41,Ann,a,,toil,0.50\n";
    assert_eq!(counts(app, "effort", reordered), (0, 0, 1));
    let other = "week,person,component,kind,share\n2026-W41,Ann,,overhead,1\n2026-W42,Bo,a,toil,1\n";
    assert_eq!(counts(app, "effort", other), (1, 1, 0));
    let wrong = "week,person,component,roadmap_item,kind,share\n\
                 2026-W41,Ann,a,,toil,0.5\n\
                 2026-W41,Ann,x,,toil,0.4\n\
                 2026-W20,Bo,a,,toil,1\n\
                 2026-W41,Cy,a,,toil,1\n\
                 2026-W43,Bo,a,OPS-1,toil,1\n";
    let expected = [
        fault(2, "share", "sum"),
        fault(3, "component", "unknown_reference"),
        fault(4, "person", "not_in_team"),
        fault(5, "person", "unknown_reference"),
        fault(6, "roadmap_item", "unknown_reference"),
    ];
    assert_eq!(faults(import(app, "effort", wrong)), expected);
}

fn a_column_left_out_keeps_what_is_there_and_an_empty_cell_does_not(app: &TestApp) {
    let all = "key,name,kind,tier,owner,depends_on\na,A,tool,1,us,b\nb,B,tool,,,\n";
    assert_eq!(counts(app, "components", all), (2, 0, 0));
    assert_eq!(counts(app, "components", "key,name,kind\na,A,tool\nb,B,tool\n"), (0, 0, 2));
    assert_eq!(counts(app, "components", "key,name,kind,tier\na,Aa,tool,\n"), (0, 1, 0));
    let a = component(app, "a");
    assert_eq!((&a["name"], &a["tier"], &a["owner"]), (&json!("Aa"), &Value::Null, &json!("us")));
    assert_eq!((&a["depends_on"], &a["version"]), (&json!(["b"]), &json!(2)));
    let wrong = "key,name,kind,depends_on\nc,C,tool,nobody\nd,D,tool,c\nc,C,tool,\n";
    let expected = [fault(2, "depends_on", "unknown_reference"), fault(4, "", "repeated")];
    assert_eq!(faults(import(app, "components", wrong)), expected);
    let wrong = "key,name,kind,depends_on\nb,B,toll,\nc,C,tool,b nobody\n,!!!,tool,\n";
    let expected = [fault(2, "kind", "not_one_of"), fault(4, "key", "required")];
    assert_eq!(faults(import(app, "components", wrong)), expected, "what may follow from these is not told");
    let wrong = "key,name,kind,depends_on\nb,B,tool,a\n";
    assert_eq!(faults(import(app, "components", wrong)), [fault(2, "depends_on", "cycle")]);
}

fn a_published_month_is_not_rewritten(app: &TestApp) {
    let rates = "valid_from,amount,currency\n2026-08-01,80,EUR\n2026-09-02,81,EUR\n";
    assert_eq!(faults(import(app, "labour-rates", rates)), [fault(3, "valid_from", "not_first_of_month")]);
    assert_eq!(counts(app, "labour-rates", "valid_from,amount,currency\n2026-08-01,80,EUR\n"), (1, 0, 0));
    let exchange = "from,to,month,rate\nUSD,EUR,2026-09,0.9\n";
    assert_eq!(counts(app, "exchange-rates", exchange), (1, 0, 0));
    let product = app.platform();
    app.change(move |tx| products::store::publish_through(tx, &product, "2026-09".parse().expect("a month")));
    assert_eq!(counts(app, "exchange-rates", exchange), (0, 0, 1), "what is there already is no change");
    let rates = "valid_from,amount,currency\n2026-08-01,90,EUR\n2026-10-01,90,USD\n2026-11-01,91,EUR\n";
    let expected = [fault(2, "", "published"), fault(3, "currency", "other_currency")];
    assert_eq!(faults(import(app, "labour-rates", rates)), expected);
    let exchange = "from,to,month,rate\nUSD,EUR,2026-09,0.8\nEUR,EUR,2026-10,1\n";
    let expected = [fault(2, "", "published"), fault(3, "to", "same_currency")];
    assert_eq!(faults(import(app, "exchange-rates", exchange)), expected);
}

const CATALOGUE: &str = r#"apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  annotations:
    backstage.io/techdocs-ref: url:https://github.com/example
    prodops/tier: '2'
  name: Artist-Lookup
  description: Artist Lookup
  tags: [java, data, java]
  links:
    - {url: "https://example.com/user", title: Examples Users, icon: user}
    - url: mailto:us@example.com
spec:
  type: website
  lifecycle: experimental
  owner: Group:default/team-a
  system: artist-engagement-portal
  dependsOn: ['resource:artists-db', 'api:lookup']
---
kind: Resource
metadata: {name: artists-db, description: 'yes'}
spec:
  type: database
  owner: team-a
  system: artist-engagement-portal
  dependencyOf: [component:other/worker]
---
kind: Component
metadata: {name: worker, namespace: other, labels: {version: 1.10}}
spec: {type: magic, lifecycle: beta, owner: user:default/ann}
---
kind: System
metadata: {name: artist-engagement-portal}
spec: {owner: team-a, domain: artists}
---
kind: Location
metadata: {name: t}
"#;

fn a_backstage_catalogue_becomes_components(app: &TestApp) {
    let view = import(app, "backstage", CATALOGUE).expect(200).json;
    assert_eq!((&view["created"], &view["changed"], &view["unchanged"]), (&json!(5), &json!(0), &json!(0)));
    let warnings: Vec<_> =
        view["warnings"].as_array().expect("warnings").iter().map(|w| (&w["line"], &w["column"])).collect();
    let expected =
        [(10, "metadata.links"), (18, "spec.dependsOn"), (30, "spec.type"), (30, "spec.lifecycle"), (36, "kind")];
    let expected = expected.map(|(line, column)| (json!(line), json!(column)));
    assert_eq!(warnings, expected.iter().map(|(line, column)| (line, column)).collect::<Vec<_>>());
    let lookup = component(app, "artist-lookup");
    let said = |names: &[&str]| names.iter().map(|name| lookup[*name].clone()).collect::<Vec<_>>();
    assert_eq!(said(&["name", "tier", "kind"]), [json!("Artist-Lookup"), json!(2), json!("service")]);
    assert_eq!(said(&["owner", "domain", "tags"]), [json!("team-a"), json!("artists"), json!(["java", "data"])]);
    assert_eq!(said(&["depends_on"]), [json!(["artists-db"])]);
    assert_eq!(lookup["links"].as_array().map(Vec::len), Some(1));
    let worker = component(app, "other-worker");
    assert_eq!((&worker["lifecycle"], &worker["owner"]), (&json!("production"), &json!("user:default/ann")));
    assert_eq!(worker["depends_on"], json!(["artists-db"]));
    assert_eq!(component(app, "artists-db")["kind"], "infrastructure");
    assert_eq!(counts(app, "backstage", CATALOGUE), (0, 0, 5));
}

fn the_catalogue_comes_back_with_what_we_do_not_model_and_with_present_values(app: &TestApp) {
    import(app, "backstage", CATALOGUE).expect(200);
    let mut sent = documents(CATALOGUE);
    let mut back = documents(&catalogue(app));
    sent.sort_by_key(|one| one["metadata"]["name"].to_string());
    back.sort_by_key(|one| one["metadata"]["name"].to_string());
    assert_eq!(back, sent, "untouched, it is what came in");

    import(app, "components", "key,name,kind\nlog-store,Log store,infrastructure\n").expect(200);
    patch(
        app,
        "artist-lookup",
        &json!({
            "name": "Lookup: \"new\"\nname", "kind": "tool", "lifecycle": "retired", "tier": null, "owner": "group:x",
            "domain": null, "tags": [], "depends_on": ["log-store"], "rto_minutes": 5, "availability": "standby",
            "description": " # \u{e9}\n\n  trailing  \n", "system": "A/B",
            "links": [{ "title": "U", "url": "https://example.com/user" }],
        }),
    );
    patch(app, "other-worker", &json!({ "depends_on": [] }));
    patch(app, "artists-db", &json!({ "kind": "service", "depends_on": ["other-worker"], "system": null }));
    let yaml = catalogue(app);
    assert_eq!(counts(app, "backstage", &yaml), (0, 0, 6), "{yaml}");
    let lookup = documents(&yaml).into_iter().find(|one| one["metadata"]["name"] == "Artist-Lookup");
    let lookup = lookup.expect("a document");
    assert_eq!(lookup["metadata"]["annotations"]["backstage.io/techdocs-ref"], "url:https://github.com/example");
    assert_eq!(lookup["metadata"]["links"][0]["icon"], "user");
    assert_eq!(lookup["spec"]["dependsOn"], json!(["api:lookup", "resource:log-store"]));

    // Into another product the same file brings the same components.
    let theirs = "/api/v1/products/other";
    let path = format!("{theirs}/imports/backstage");
    app.outsider().with("Content-Type", "text/yaml").send("POST", &path, Some(yaml.as_bytes())).expect(200);
    for key in ["artist-lookup", "artists-db", "other-worker", "log-store"] {
        let said = |mut row: Value| {
            for own in ["id", "created_at", "updated_at", "version"] {
                row[own].take();
            }
            row
        };
        let there = app.outsider().get(&format!("{theirs}/components/{key}")).expect(200).json;
        assert_eq!(said(there), said(component(app, key)), "{yaml}");
    }
}

fn what_is_wrong_with_a_catalogue_is_told_by_line_and_field(app: &TestApp) {
    import(app, "components", "key,name,kind\nthere,There,tool\n").expect(200);
    let wrong = "kind: Component\nmetadata:\n  name: a\n  annotations:\n    prodops/tier: '9'\n    \
                 prodops/rto-minutes: soon\n\
                 spec:\n  type: tool\n  dependsOn: [component:there, resource:nobody]\n---\n\
                 kind: Component\nmetadata: {name: 'ä'}\nspec: {type: tool, dependsOn: there}\n---\nkind: Component\n";
    let expected = [
        fault(5, "prodops/tier", "too_large"),
        fault(6, "prodops/rto-minutes", "type"),
        fault(12, "metadata.name", "format"),
        fault(15, "metadata.name", "required"),
    ];
    assert_eq!(faults(import(app, "backstage", wrong)), expected);
    let twice = "kind: Component\nmetadata: {name: a}\nspec: {type: tool}\n---\nkind: component\nmetadata: {name: A}\n";
    assert_eq!(faults(import(app, "backstage", twice)), [fault(5, "metadata.name", "repeated")]);
    let cycle = "kind: Component\nmetadata: {name: a}\nspec: {type: tool, dependsOn: [component:b]}\n---\n\
                 kind: Component\nmetadata: {name: b}\nspec:\n  type: tool\n  dependsOn: ['component:default/A']\n";
    let refusal = import(app, "backstage", cycle).expect(422);
    assert_eq!(refusal.json["detail"], "this would close a cycle: a → b → a");
    assert_eq!(faults(refusal), [fault(3, "spec.dependsOn", "cycle")]);
    assert_eq!(app.viewer().get("components").expect(200).column("key"), ["there"]);
}

fn two_entities_of_one_name_are_two_components(app: &TestApp) {
    let file = "kind: Component\nmetadata: {name: db}\nspec: {type: tool, dependsOn: [resource:db]}\n---\n\
                kind: Resource\nmetadata: {name: db}\nspec: {type: database}\n";
    let view = import(app, "backstage", file).expect(200).json;
    assert_eq!((&view["created"], view["warnings"].as_array().map(Vec::len)), (&json!(2), Some(1)));
    assert_eq!(component(app, "db")["depends_on"], json!(["resource-db"]));
    assert_eq!(counts(app, "backstage", file), (0, 0, 2));
    let later = "kind: Resource\nmetadata: {name: db}\nspec: {type: database, dependencyOf: [component:other]}\n---\n\
                 kind: Component\nmetadata: {name: other}\nspec: {type: tool}\n";
    assert_eq!(counts(app, "backstage", later), (1, 1, 0));
    assert_eq!(component(app, "db")["depends_on"], json!(["resource-db"]), "not mentioned, not changed");
    assert_eq!(component(app, "other")["depends_on"], json!(["resource-db"]));
    let alone = "kind: Component\nmetadata: {name: other}\nspec: {type: tool}\n";
    assert_eq!(counts(app, "backstage", alone), (0, 0, 1), "what another file said of it still holds");
}
