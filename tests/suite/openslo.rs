//! OpenSLO files against the real server: in, refused by line, and out again.

use crate::{
    app::{TestApp, block_on},
    client::Answer,
};
use diesel::prelude::*;
use prodops::{
    imports::{self, Format, Mode},
    kernel::{db::Author, schema::audit_events},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

on_both_engines!(
    the_specifications_own_examples_come_in,
    a_month_of_another_zone_is_refused_by_line_or_read_as_ours,
    a_list_of_objects_is_a_file,
    what_is_no_openslo_v1_is_refused_by_line,
    all_faults_are_told_at_once,
    the_file_comes_back_as_it_came_in,
    present_values_stand_in_the_file_that_comes_back,
    an_slo_that_came_by_another_way_is_in_the_file_too,
    several_objectives_are_several_slos,
    objectives_that_part_come_back_apart,
    indicators_are_shared_and_may_come_later,
    numbers_are_exact_or_refused,
    slices_and_buckets_agree,
    a_target_that_was_measured_against_is_dated,
    a_dated_target_is_the_present_one,
    components_are_made_when_they_are_missing,
    what_is_hostile_is_refused,
    the_command_line_reads_leniently_when_told,
);

fn import_as(app: &TestApp, query: &str, content: &str) -> Answer {
    let client = app.editor().with("Content-Type", "application/yaml");
    client.send("POST", &format!("imports/openslo{query}"), Some(content.as_bytes()))
}

fn import(app: &TestApp, content: &str) -> Answer {
    import_as(app, "", content)
}

fn lenient(app: &TestApp, content: &str) -> Answer {
    import_as(app, "?mode=lenient", content)
}

/// Created, changed and unchanged.
#[track_caller]
fn counts(answer: Answer) -> (u64, u64, u64) {
    let view = answer.expect(200).json;
    let count = |name: &str| view[name].as_u64().expect("a count");
    (count("created"), count("changed"), count("unchanged"))
}

/// `line column code` of each fault.
#[track_caller]
fn faults(answer: Answer) -> Vec<String> {
    let answer = answer.expect(422);
    let errors = answer.json["errors"].as_array().expect("errors");
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or("-").to_owned();
    errors.iter().map(|one| format!("{} {} {}", one["line"], text(one, "column"), text(one, "code"))).collect()
}

/// `line column` of each warning.
#[track_caller]
fn warnings(answer: Answer) -> Vec<String> {
    let view = answer.expect(200).json;
    let told = |one: &Value| format!("{} {}", one["line"], one["column"].as_str().unwrap_or("-"));
    view["warnings"].as_array().expect("warnings").iter().map(told).collect()
}

fn real(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/openslo").join(name);
    std::fs::read_to_string(path).expect("a file")
}

fn slo(app: &TestApp, key: &str) -> Value {
    app.viewer().get(&format!("slos/{key}")).expect(200).json
}

fn patch(app: &TestApp, path: &str, changes: &Value) {
    let etag = app.editor().get(path).expect(200).etag().to_owned();
    app.editor().patch(path, &etag, changes).expect(200);
}

fn given_back(app: &TestApp) -> String {
    let answer = app.viewer().get("openslo.yaml").expect(200);
    assert_eq!(answer.header("content-type"), Some("application/yaml"));
    answer.text().to_owned()
}

/// The objects of a file by kind and name.
fn objects(yaml: &str) -> BTreeMap<String, Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    let objects = documents.into_iter().flat_map(|document| match document {
        Value::Array(items) => items,
        one => vec![one],
    });
    let name = |one: &Value| format!("{}/{}", one["kind"], one["metadata"]["name"]).replace('"', "");
    objects.map(|one| (name(&one), one)).collect()
}

fn object(app: &TestApp, id: &str) -> Value {
    objects(&given_back(app)).remove(id).unwrap_or_else(|| panic!("no {id}:\n{}", given_back(app)))
}

/// What is given back changes nothing.
#[track_caller]
fn changes_nothing(app: &TestApp) -> String {
    let yaml = given_back(app);
    let before = app.read(|conn| Ok(audit_events::table.count().get_result::<i64>(conn)?));
    let (created, changed, _) = counts(import(app, &yaml));
    assert_eq!((created, changed), (0, 0), "{yaml}");
    let after = app.read(|conn| Ok(audit_events::table.count().get_result::<i64>(conn)?));
    assert_eq!(before, after, "nothing happened");
    yaml
}

/// And it brings another product the same SLOs.
#[track_caller]
fn comes_round(app: &TestApp) {
    let yaml = changes_nothing(app);
    let theirs = "/api/v1/products/other";
    let client = app.outsider().with("Content-Type", "text/yaml");
    client.send("POST", &format!("{theirs}/imports/openslo"), Some(yaml.as_bytes())).expect(200);
    let said = |answer: Answer| {
        let mut rows = answer.expect(200).json["items"].as_array().expect("items").clone();
        for row in &mut rows {
            for own in ["id", "created_at", "updated_at", "version", "target"] {
                row[own].take();
            }
        }
        rows
    };
    let list = "slos?limit=200&sort=key";
    assert_eq!(said(app.outsider().get(&format!("{theirs}/{list}"))), said(app.viewer().get(list)), "{yaml}");
}

fn measure(app: &TestApp, slo: &str, at: &str) {
    let sent = json!([{ "at": at, "good": 9, "total": 10 }]);
    app.editor().post(&format!("slos/{slo}/measurements"), &sent).expect(200);
}

const SMALL: &str = "apiVersion: openslo/v1
kind: SLO
metadata: {name: orders}
spec:
  service: shop
  indicator: {metadata: {name: i}, spec: {ratioMetric: {good: {metricSource: {spec: {query: g}}}, \
total: {metricSource: {spec: {query: t}}}}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
  - target: 0.99
";

fn the_specifications_own_examples_come_in(app: &TestApp) {
    let search = real("occurences-slo.yaml");
    let tried = import_as(app, "?dry_run=true", &search).expect(200).json;
    assert_eq!((&tried["dry_run"], &tried["created"]), (&json!(true), &json!(1)));
    assert_eq!(app.viewer().get("slos").column("key").len(), 0, "a trial leaves nothing");
    assert_eq!(warnings(import(app, &search)), ["9 spec.service"], "the component is made");
    let row = slo(app, "search-slo");
    assert_eq!((&row["name"], &row["component"]), (&json!("Searching time"), &json!("web-shop")));
    assert_eq!(row["indicator"], json!({ "good": "Any < 500", "total": "every value of: Any" }));
    assert_eq!((&row["target"], &row["window"]), (&json!(0.99), &json!({ "kind": "rolling", "days": 14 })));
    assert_eq!((&row["budgeting_method"], &row["bucket_seconds"]), (&json!("occurrences"), &json!(300)));
    assert_eq!(app.viewer().get("components/web-shop").expect(200).json["kind"], "service");
    assert_eq!(counts(import(app, &search)), (0, 0, 1));
    assert_eq!(warnings(import(app, &search)), [""; 0], "alertPolicies: null is fine");

    let main = real("ratio-timeslices.yaml");
    assert_eq!(counts(import(app, &main)), (1, 0, 0), "op without value is fine");
    let row = slo(app, "main-page");
    assert_eq!((&row["budgeting_method"], &row["bucket_seconds"]), (&json!("ratio_timeslices"), &json!(60)));
    assert_eq!((&row["indicator"], &row["slice_target"]), (&json!({ "good": "Any", "total": "Any" }), &Value::Null));
    assert_eq!(counts(import(app, &format!("{main}---\n{search}"))), (0, 0, 2));
    comes_round(app);
}

fn a_month_of_another_zone_is_refused_by_line_or_read_as_ours(app: &TestApp) {
    let file = real("timeslices-slo.yaml");
    let expected = [
        "27 spec.timeWindow[0].duration minute",
        "30 spec.timeWindow[0].calendar.startTime other_start",
        "31 spec.timeWindow[0].calendar.timeZone other_zone",
    ];
    assert_eq!(faults(import(app, &file)), expected);
    assert_eq!(faults(import_as(app, "?mode=strict", &file)), expected);
    import_as(app, "?mode=careless", &file).expect(422);
    assert_eq!(counts(lenient(app, &file)), (2, 0, 0));
    assert_eq!(counts(lenient(app, &file)), (0, 0, 2));
    for (key, target) in [("service-availability-internal-objective", 0.995), ("service-availability-sla", 0.99)] {
        let row = slo(app, key);
        assert_eq!(row["window"], json!({ "kind": "calendar", "unit": "month" }));
        assert_eq!((&row["target"], &row["slice_target"]), (&json!(target), &json!(0.99)));
        assert_eq!((&row["budgeting_method"], &row["bucket_seconds"]), (&json!("timeslices"), &json!(60)));
    }
    let told = warnings(lenient(app, &file));
    let places: Vec<_> =
        expected.iter().map(|fault| fault.rsplit_once(' ').map_or(*fault, |(place, _)| place)).collect();
    assert_eq!(told, places);
    let window = &object(app, "SLO/service-availability")["spec"]["timeWindow"][0];
    assert_eq!((&window["duration"], &window["calendar"]["timeZone"]), (&json!("1M"), &json!("Europe/Berlin")));
    comes_round(app);
    let ours = file
        .replace("1m # Contracts", "1M # Contracts")
        .replace("12:00:00", "00:00:00")
        .replace("America/New_York", "Europe/Berlin");
    assert_eq!(counts(import(app, &ours)), (0, 2, 0), "the file says it otherwise");
    assert_eq!(slo(app, "service-availability-sla")["version"], 1, "and the SLO is the same");
}

fn a_list_of_objects_is_a_file(app: &TestApp) {
    let file = real("list-of-objects.yaml");
    let expected =
        ["35 spec.timeWindow[0].calendar.startTime other_start", "36 spec.timeWindow[0].calendar.timeZone other_zone"];
    assert_eq!(faults(import(app, &file)), expected);
    assert_eq!(counts(lenient(app, &file)), (3, 0, 0));
    assert_eq!(slo(app, "web-availability")["window"], json!({ "kind": "calendar", "unit": "week" }));
    assert_eq!(app.viewer().get("components").column("key"), ["example-service", "web"]);
    let told =
        ["35 spec.timeWindow[0].calendar.startTime", "36 spec.timeWindow[0].calendar.timeZone", "59 metadata.name"];
    assert_eq!(warnings(lenient(app, &file)), told);
    assert_eq!(object(app, "SLO/web-availability")["metadata"]["labels"]["team"], json!(["team-a", "team-b"]));
    comes_round(app);
}

fn what_is_no_openslo_v1_is_refused_by_line(app: &TestApp) {
    assert_eq!(faults(import(app, &real("unknown-field.yaml"))), ["6 spec.markdown unknown_field"]);
    assert_eq!(faults(lenient(app, &real("unknown-field.yaml"))), ["6 spec.markdown unknown_field"]);
    for version in ["openslo/v1alpha", "openslo.com/v2alpha", "openslo/v2alpha1", "v1", "1"] {
        let file = format!("# x\napiVersion: {version}\nkind: SLO\nmetadata: {{name: a}}\nspec: {{sli: 1}}\n");
        let refused = import(app, &file).expect(422);
        let detail = refused.json["detail"].as_str().expect("a sentence");
        assert!(detail.contains("openslo/v1") && detail.contains(&format!("'{version}'")), "{detail}");
        assert_eq!(faults(refused), ["2 apiVersion unsupported_version"]);
    }
    let file = "kind: SLO\n---\napiVersion: openslo/v1\nmetadata: {name: a}\n---\napiVersion: openslo/v1\nkind: Slo\n\
                ---\n- just\n- words\n---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {}\n---\n\
                apiVersion: openslo/v1\nkind: Service\nmetadata: {name: 1, owner: us}\nstatus: {}\n";
    let expected = [
        "1 apiVersion required",
        "3 kind required",
        "7 kind unknown_kind",
        "9 - type",
        "10 - type",
        "14 metadata.name required",
        "18 metadata.name type",
        "18 metadata.owner unknown_field",
        "19 status unknown_field",
    ];
    assert_eq!(faults(import(app, file)), expected);
    let twice = format!("{SMALL}---\n{SMALL}");
    assert_eq!(faults(import(app, &twice)), ["14 metadata.name repeated"]);
    assert_eq!(counts(import(app, "")), (0, 0, 0));
    assert_eq!(app.viewer().get("components").column("key").len(), 0);
}

fn all_faults_are_told_at_once(app: &TestApp) {
    let file = "apiVersion: openslo/v1
kind: SLO
metadata:
  name: Bad.Name
  annotations: {prodops/bucket-seconds: '70', prodops/retired-on: soon}
spec:
  service: TheServiceName
  indicatorRef: nowhere
  timeWindow:
  - duration: 1d
    isRolling: true
  - duration: 1d
  budgetingMethod: Sometimes
  objectives:
  - target: 0.9
    targetPercent: 90
    op: eq
  - {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: ok}
spec:
  service: shop
  colour:
    red: true
  indicator:
    metadata: {name: x}
    spec:
      ratioMetric:
        good: {metricSource: {spec: {query: a}}}
        bad: {metricSource: {spec: {query: a}}}
      thresholdMetric: {}
  timeWindow: {duration: 1d}
  budgetingMethod: Timeslices
  objectives:
  - target: 1
    timeSliceWindow: 7m
  - target: '0.9'
    timeSliceTarget: 0
    timeSliceWindow: 2h
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: composite}
spec:
  service: shop
  timeWindow: [{duration: 28d}]
  budgetingMethod: Occurrences
  objectives:
  - target: 0.9
    compositeWeight: 1
    indicator: {metadata: {name: x}, spec: {}}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: sli}
spec: {ratioMetric: {raw: {}, total: {metricSource: {spec: {}}}}}
";
    let expected = [
        "4 metadata.name format",
        "5 prodops/retired-on format",
        "5 prodops/bucket-seconds not_a_divisor",
        "7 spec.service format",
        "9 spec.timeWindow count",
        "13 spec.budgetingMethod not_one_of",
        "16 spec.objectives[0].targetPercent not_allowed",
        "17 spec.objectives[0].op not_one_of",
        "18 spec.objectives[1].target required",
        "25 spec.colour unknown_field",
        "33 spec.indicator.spec.thresholdMetric not_allowed",
        "33 spec.indicator.spec.thresholdMetric.metricSource required",
        "34 spec.timeWindow type",
        "37 spec.objectives[0].timeSliceTarget required",
        "38 spec.objectives[0].timeSliceWindow not_a_divisor",
        "39 spec.objectives[1].target type",
        "41 spec.objectives[1].timeSliceWindow not_a_divisor",
        "53 spec.objectives[0].indicator not_supported",
        "58 spec.ratioMetric.raw not_allowed",
        "58 spec.ratioMetric.rawType required",
        "58 spec.ratioMetric.raw.metricSource required",
    ];
    assert_eq!(faults(import(app, file)), expected, "a missing SLI may only follow from the others");
    let named = import(app, &SMALL.replace("name: orders", "name: Größe der_Bestellung")).expect(422).json;
    let detail = named["detail"].as_str().expect("a sentence");
    assert!(detail.contains("such as grosse-der-bestellung"), "{detail}");
    for (from, to, fault) in [
        ("metadata: {name: orders}", "metadata: {name: a--b}", "3 metadata.name format"),
        ("service: shop", "x: y", "4 spec.service required"),
        ("target: 0.99", "target: 1.5", "10 spec.objectives[0].target too_large"),
        ("target: 0.99", "target: 0", "10 spec.objectives[0].target too_small"),
        ("target: 0.99", "targetPercent: 100", "10 spec.objectives[0].targetPercent too_large"),
        ("[{duration: 28d, isRolling: true}]", "~", "4 spec.timeWindow required"),
        ("[{duration: 28d, isRolling: true}]", "[]", "7 spec.timeWindow count"),
        ("duration: 28d, isRolling: true", "duration: 1d, isRolling: yes", "7 spec.timeWindow[0].isRolling type"),
        ("objectives:\n  - target: 0.99", "objectives: []", "9 spec.objectives required"),
        ("query: g", &format!("query: {}", "g".repeat(4001)), "6 spec.indicator too_long"),
    ] {
        let found = faults(import(app, &SMALL.replace(from, to)));
        assert!(found.iter().any(|one| one.split(' ').skip(1).eq(fault.split(' ').skip(1))), "{to}: {found:?}");
    }
    let long = SMALL.replace("{name: orders}", &format!("{{name: orders, displayName: {}}}", "x".repeat(121)));
    assert_eq!(faults(import(app, &long)), ["3 metadata.displayName too_long"]);
    assert_eq!(app.viewer().get("slos").column("key").len(), 0);
}

/// Every kind, in forms that another program might write.
const RICH: &str = "apiVersion: openslo/v1
kind: DataSource
metadata: {name: My.Prometheus, labels: {team: [a, b]}}
spec:
  type: Prometheus
  connectionDetails: {url: 'http://localhost:9090', depth: {deeper: [1, 2.5, ~, true]}}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: OnCall}
spec: {target: slack}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: cpu}
spec:
  severity: page
  condition: {kind: burnrate, op: gte, threshold: 2.50, lookbackWindow: 1h, alertAfter: 5m}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: AlertPolicy, annotations: {openslo.com/key1: value1}}
spec:
  alertWhenBreaching: true
  conditions: [{conditionRef: cpu}]
  notificationTargets: [{targetRef: OnCall}, {kind: AlertNotificationTarget, metadata: {name: x}, spec: {target: mail}}]
---
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, displayName: The shop}
spec: {description: Sells tents}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: ok-answers}
spec:
  description: |
    Of all
    answers.
  ratioMetric:
    counter: true
    bad: {metricSource: {metricSourceRef: My.Prometheus, spec: {query: errors}}}
    total: {metricSource: {metricSourceRef: My.Prometheus, spec: {metric: all, region: eu}}}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: front-door
  displayName: 'The front door: open'
  labels: {env: prod}
  annotations: {prodops/bucket-seconds: '3600', example.com/dashboard: 'https://example.com/d'}
spec:
  description: ''
  service: shop
  indicatorRef: ok-answers
  timeWindow:
  - duration: 1Q
    calendar: {startTime: 2022-04-01 00:00:00, timeZone: Europe/Berlin}
  budgetingMethod: Occurrences
  objectives:
  - displayName: Good
    targetPercent: 99.95
  alertPolicies:
  - alertPolicyRef: AlertPolicy
  - Named
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: shop
  indicator:
    metadata: {name: speed, displayName: Speed}
    spec:
      thresholdMetric: {metricSource: {type: Redshift, spec: {region: eu, query: SELECT 1}}}
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Timeslices
  objectives:
  - {op: lte, value: 0.25, target: 0.9, timeSliceTarget: 1.0, timeSliceWindow: 5}
";

fn the_file_comes_back_as_it_came_in(app: &TestApp) {
    let answer = import(app, RICH).expect(200);
    assert_eq!((&answer.json["created"], &answer.json["unallocated"]), (&json!(8), &json!(0)));
    let expected = [
        "2 kind",
        "9 kind",
        "14 kind",
        "21 kind",
        "30 metadata.name",
        "63 spec.alertPolicies",
        "65 spec.alertPolicies[1]",
    ];
    assert_eq!(warnings(answer), expected);
    let row = slo(app, "front-door");
    assert_eq!((&row["target"], &row["bucket_seconds"]), (&json!(0.9995), &json!(3600)));
    assert_eq!(row["window"], json!({ "kind": "calendar", "unit": "quarter" }));
    assert_eq!(row["indicator"]["good"], "all but: errors");
    let total = r#"{"metricSourceRef":"My.Prometheus","spec":{"metric":"all","region":"eu"}}"#;
    assert_eq!(row["indicator"]["total"], total);
    let row = slo(app, "fast");
    assert_eq!((&row["slice_target"], &row["bucket_seconds"]), (&json!(1), &json!(300)));
    assert_eq!(row["indicator"]["good"], "SELECT 1 ≤ 0.25");
    let shop = app.viewer().get("components/shop").expect(200).json;
    assert_eq!((&shop["name"], &shop["description"]), (&json!("The shop"), &json!("Sells tents")));
    assert_eq!(objects(&given_back(app)), objects(RICH), "untouched, it is what came in");
    assert_eq!(counts(import(app, RICH)), (0, 0, 8));
    comes_round(app);
    let other = RICH.replace("env: prod", "env: test").replace("threshold: 2.50", "threshold: 3");
    assert_eq!(counts(import(app, &other)), (0, 2, 6), "what is not ours is kept anew");
    assert_eq!(slo(app, "front-door")["version"], 1);
    assert_eq!(objects(&given_back(app)), objects(&other));
}

fn present_values_stand_in_the_file_that_comes_back(app: &TestApp) {
    import(app, RICH).expect(200);
    app.editor().post("components", &json!({ "name": "Till", "kind": "tool" })).expect(201);
    patch(app, "components/shop", &json!({ "name": "Shop" }));
    patch(
        app,
        "slos/front-door",
        &json!({
            "name": "Door", "component": "till", "description": "# a\n  b", "target": 0.99, "bucket_seconds": 900,
            "window": { "kind": "rolling", "days": 30, "unit": null }, "retired_on": "2027-01-31",
            "indicator": { "good": "errors", "total": "all" },
        }),
    );
    patch(
        app,
        "slos/fast",
        &json!({ "budgeting_method": "ratio_timeslices", "slice_target": null, "bucket_seconds": 90 }),
    );
    let door = object(app, "SLO/front-door");
    assert_eq!(door["spec"]["objectives"], json!([{ "displayName": "Good", "targetPercent": 99 }]));
    assert_eq!(door["spec"]["timeWindow"], json!([{ "duration": "30d", "isRolling": true }]));
    assert_eq!(door["metadata"]["annotations"]["example.com/dashboard"], "https://example.com/d");
    assert_eq!(door["metadata"]["annotations"]["prodops/bucket-seconds"], "900");
    assert_eq!((&door["spec"]["indicatorRef"], &door["spec"]["service"]), (&Value::Null, &json!("till")));
    assert_eq!(door["spec"]["alertPolicies"][0], json!({ "alertPolicyRef": "AlertPolicy" }));
    let fast = object(app, "SLO/fast");
    assert_eq!(fast["spec"]["objectives"][0]["timeSliceWindow"], "1m");
    assert_eq!(fast["metadata"]["annotations"]["prodops/bucket-seconds"], "90");
    assert_eq!(object(app, "Service/shop")["metadata"]["displayName"], "Shop");
    comes_round(app);
    patch(app, "slos/fast", &json!({ "budgeting_method": "occurrences", "indicator": { "good": "x" } }));
    let fast = object(app, "SLO/fast");
    assert_eq!(fast["spec"]["objectives"], json!([{ "op": "lte", "value": 0.25, "target": 0.9 }]));
    assert_eq!(fast["spec"]["indicator"]["metadata"]["displayName"], "Speed");
    comes_round(app);
    assert_eq!(counts(import(app, RICH)), (0, 2, 6), "for what OpenSLO says the file is right");
    let row = slo(app, "front-door");
    assert_eq!((&row["name"], &row["component"]), (&json!("The front door: open"), &json!("shop")));
    assert_eq!((&row["window"], &row["target"]), (&json!({ "kind": "calendar", "unit": "quarter" }), &json!(0.9995)));
    assert_eq!(counts(import(app, RICH)), (0, 0, 8));
    let gone = app.editor().get("slos/fast").expect(200).etag().to_owned();
    app.editor().delete("slos/fast", &gone).expect(204);
    assert!(!objects(&given_back(app)).contains_key("SLO/fast"));
}

fn an_slo_that_came_by_another_way_is_in_the_file_too(app: &TestApp) {
    assert_eq!(given_back(app), "");
    app.editor().post("components", &json!({ "name": "Shop", "kind": "service", "description": "Ours" })).expect(201);
    let windows = [
        json!({ "kind": "rolling", "days": 28 }),
        json!({ "kind": "calendar", "unit": "week" }),
        json!({ "kind": "calendar", "unit": "month" }),
        json!({ "kind": "calendar", "unit": "quarter" }),
        json!({ "kind": "calendar", "unit": "year" }),
    ];
    let methods =
        [("occurrences", 300), ("occurrences", 60), ("timeslices", 75), ("timeslices", 3600), ("ratio_timeslices", 80)];
    for (nth, (window, (method, bucket))) in windows.into_iter().zip(methods).enumerate() {
        let slice_target = (method == "timeslices").then_some(0.125);
        let body = json!({
            "name": format!("Nr. {nth}: \"x\"\n"), "key": format!("n{nth}"), "component": "shop", "window": window,
            "target": 0.999_999_999_999_f64, "budgeting_method": method, "bucket_seconds": bucket,
            "slice_target": slice_target, "indicator": { "good": " # {no: yes}", "total": "" },
            "description": "  a\n\n b\t", "retired_on": (nth == 0).then_some("2027-01-01"),
        });
        let body: Value =
            body.as_object().expect("an object").clone().into_iter().filter(|(_, it)| !it.is_null()).collect();
        app.editor().post("slos", &body).expect(201);
    }
    let kept = objects(&given_back(app));
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["SLO/n0", "SLO/n1", "SLO/n2", "SLO/n3", "SLO/n4"]);
    let calendar = json!({ "startTime": "2024-01-01 00:00:00", "timeZone": "Europe/Berlin" });
    let expected = json!([{ "duration": "1M", "isRolling": false, "calendar": calendar }]);
    assert_eq!(kept["SLO/n2"]["spec"]["timeWindow"], expected);
    comes_round(app);
    assert_eq!(slo(app, "n0")["version"], 1);
}

const TWO: &str = "apiVersion: openslo/v1
kind: SLO
metadata: {name: orders, displayName: Orders, labels: {env: prod}}
spec:
  service: shop
  indicator: {metadata: {name: i}, spec: {ratioMetric: {good: {metricSource: {spec: {query: g}}}, \
total: {metricSource: {spec: {query: t}}}}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
  - displayName: Good
    target: 0.99
  - displayName: Great!
    target: 0.999
  - target: 0.5
";

fn several_objectives_are_several_slos(app: &TestApp) {
    assert_eq!(counts(import(app, TWO)), (3, 0, 0));
    assert_eq!(app.viewer().get("slos?sort=key").column("key"), ["orders-3", "orders-good", "orders-great"]);
    assert_eq!(app.viewer().get("slos?sort=key").column("name"), ["Orders", "Orders: Good", "Orders: Great!"]);
    assert_eq!(counts(import(app, TWO)), (0, 0, 3));
    assert_eq!(objects(&given_back(app)), objects(TWO));
    comes_round(app);
    let changed = TWO.replace("target: 0.5", "target: 0.6").replace("displayName: Orders", "displayName: All orders");
    assert_eq!(counts(import(app, &changed)), (0, 3, 0));
    assert_eq!(slo(app, "orders-3")["target"], 0.6);
    patch(app, "slos/orders-good", &json!({ "target": 0.98 }));
    let one = object(app, "SLO/orders");
    assert_eq!(one["spec"]["objectives"][0], json!({ "displayName": "Good", "target": 0.98 }), "still one object");
    comes_round(app);
    let same = TWO.replace("displayName: Good", "displayName: '3'");
    assert_eq!(faults(import(app, &same)), ["14 spec.objectives[2].displayName format"]);
    let both = format!("{TWO}---\n{}", SMALL.replace("name: orders", "name: orders-good"));
    assert_eq!(faults(import(app, &both)), ["16 - repeated"]);
}

fn objectives_that_part_come_back_apart(app: &TestApp) {
    import(app, TWO).expect(200);
    patch(app, "slos/orders-good", &json!({ "name": "The good ones" }));
    let apart = objects(&given_back(app));
    assert_eq!(apart.keys().collect::<Vec<_>>(), ["SLO/orders-3", "SLO/orders-good", "SLO/orders-great"]);
    assert_eq!(apart["SLO/orders-great"]["metadata"]["labels"]["env"], "prod");
    assert_eq!(apart["SLO/orders-good"]["metadata"]["displayName"], "The good ones");
    comes_round(app);
    let yaml = given_back(app).replace("env: prod", "env: test");
    assert_eq!(counts(import(app, &yaml)), (0, 3, 0));
    assert_eq!(counts(import(app, &yaml)), (0, 0, 3));
    assert_eq!(objects(&given_back(app))["SLO/orders-3"]["metadata"]["labels"]["env"], "test");
    comes_round(app);
    assert_eq!(counts(import(app, TWO)), (0, 3, 0), "the newest file is right");
    assert_eq!(objects(&given_back(app)), objects(TWO));
    assert_eq!(counts(import(app, TWO)), (0, 0, 3));

    // One that has the plain name, and one that is gone.
    assert_eq!(counts(import(app, SMALL)), (1, 0, 0));
    assert_eq!(warnings(import(app, TWO)), ["3 metadata.name"]);
    let etag = app.editor().get("slos/orders-3").expect(200).etag().to_owned();
    app.editor().delete("slos/orders-3", &etag).expect(204);
    assert_eq!(
        objects(&given_back(app)).keys().collect::<Vec<_>>(),
        ["SLO/orders", "SLO/orders-good", "SLO/orders-great"]
    );
    changes_nothing(app);
}

fn indicators_are_shared_and_may_come_later(app: &TestApp) {
    let sli = "apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: i}\nspec: {ratioMetric: {raw: \
               {metricSource: {spec: {query: r}}}, rawType: failure}}\n";
    let inline = SMALL.lines().find(|line| line.contains("indicator:")).expect("a line");
    let by_name = SMALL.replace(inline, "  indicatorRef: i");
    assert_eq!(faults(import(app, &by_name)), ["6 spec.indicatorRef unknown_reference"]);
    assert_eq!(counts(import(app, &format!("{by_name}---\n{sli}"))), (2, 0, 0), "in any order");
    assert_eq!(slo(app, "orders")["indicator"]["good"], "1 minus the share of bad events: r");
    assert_eq!(counts(import(app, &by_name)), (0, 0, 1), "what was imported before is known");
    let other = sli.replace("query: r", "query: s").replace("failure", "success");
    assert_eq!(counts(import(app, &other)), (0, 2, 0), "the SLI, and the SLO that it measures");
    assert_eq!(slo(app, "orders")["indicator"], json!({ "good": "share of good events: s", "total": "all events" }));
    assert_eq!(counts(import(app, &other)), (0, 0, 1));
    patch(app, "slos/orders", &json!({ "indicator": { "good": "mine" } }));
    assert_eq!(counts(import(app, &other)), (0, 0, 1), "the same SLI brings nothing new");
    assert_eq!(slo(app, "orders")["indicator"]["good"], "mine");
    comes_round(app);
    let both = SMALL.replace("  timeWindow", "  indicatorRef: i\n  timeWindow");
    assert_eq!(faults(import(app, &both)), ["7 spec.indicatorRef not_allowed"]);
}

fn numbers_are_exact_or_refused(app: &TestApp) {
    for (written, target) in [
        ("target: 0.999999999999", "0.999999999999"),
        ("target: .5", "0.5"),
        ("target: 9.95e-1", "0.995"),
        ("target: 0.9950000000000000000000", "0.995"),
        ("targetPercent: 99.95", "0.9995"),
        ("targetPercent: 99", "0.99"),
        ("targetPercent: 99.9999", "0.999999"),
        ("targetPercent: 0.0000000001", "1e-12"),
        ("targetPercent: 28.999999999", "0.28999999999"),
        ("targetPercent: 57.3", "0.573"),
    ] {
        import(app, &SMALL.replace("target: 0.99", written)).expect(200);
        assert_eq!(slo(app, "orders")["target"], target.parse::<Value>().expect("a number"), "{written}");
        comes_round(app);
    }
    for written in [
        "target: 0.9990000000000000001",
        "target: 0.9999999999999",
        "target: 0.99999999999999999999",
        "target: 1e-13",
        "target: 1e-400",
        "targetPercent: 99.99999999999",
        "targetPercent: 99.90000000000000001",
    ] {
        let column = written.split(':').next().expect("a name");
        let found = faults(import(app, &SMALL.replace("target: 0.99", written)));
        assert_eq!(found, [format!("10 spec.objectives[0].{column} not_exact")], "{written}");
    }
}

fn slices_and_buckets_agree(app: &TestApp) {
    let slices = |more: &str, annotation: &str| {
        SMALL
            .replace("Occurrences", "RatioTimeslices")
            .replace("target: 0.99", &format!("target: 0.99\n    {more}"))
            .replace("{name: orders}", &format!("{{name: orders, annotations: {{{annotation}}}}}"))
    };
    for (window, annotation, bucket) in [
        ("timeSliceWindow: 1m", "", 60),
        ("timeSliceWindow: 1h", "", 3600),
        ("timeSliceWindow: 5", "", 300),
        ("timeSliceWindow: 1.25", "", 75),
        ("timeSliceWindow: 1h", "prodops/bucket-seconds: '3600'", 3600),
        ("timeSliceWindow: 1m", "prodops/bucket-seconds: '80'", 80),
    ] {
        import(app, &slices(window, annotation)).expect(200);
        assert_eq!(slo(app, "orders")["bucket_seconds"], bucket, "{window} {annotation}");
        comes_round(app);
    }
    for (window, annotation, fault) in [
        ("timeSliceWindow: 2h", "", "not_a_divisor"),
        ("timeSliceWindow: 7m", "", "not_a_divisor"),
        ("timeSliceWindow: 0.5", "", "not_a_divisor"),
        ("timeSliceWindow: 1M", "", "format"),
        ("timeSliceWindow: soon", "", "format"),
        ("timeSliceWindow: -5", "", "not_a_divisor"),
        ("timeSliceWindow: ~", "", "required"),
        ("timeSliceWindow: 1h", "prodops/bucket-seconds: '300'", "contradiction"),
    ] {
        let found = faults(import(app, &slices(window, annotation)));
        assert!(found[0].ends_with(&format!("spec.objectives[0].timeSliceWindow {fault}")), "{window}: {found:?}");
    }
    let stray = SMALL.replace("target: 0.99", "target: 0.99\n    timeSliceTarget: 0.5\n    timeSliceWindow: 1m");
    let expected = ["11 spec.objectives[0].timeSliceTarget", "12 spec.objectives[0].timeSliceWindow"];
    assert_eq!(warnings(import(app, &stray)), expected);
    assert_eq!(slo(app, "orders")["bucket_seconds"], 80, "what the file does not say stays");
    let number = SMALL.replace("{name: orders}", "{name: orders, annotations: {prodops/bucket-seconds: 600}}");
    assert_eq!(warnings(import(app, &number)), ["3 prodops/bucket-seconds"], "a number for a text");
    assert_eq!(slo(app, "orders")["bucket_seconds"], 600);
    comes_round(app);
}

fn a_target_that_was_measured_against_is_dated(app: &TestApp) {
    import(app, SMALL).expect(200);
    measure(app, "orders", "2026-10-01T00:00:00Z");
    let other = SMALL.replace("0.99", "0.999").replace("28d", "7d");
    let refused = import(app, &other).expect(422);
    let details: Vec<_> =
        refused.json["errors"].as_array().expect("errors").iter().map(|one| one["detail"].clone()).collect();
    assert!(
        details.iter().any(|one| one.as_str().is_some_and(|one| one.contains("dated under targets"))),
        "{details:?}"
    );
    assert_eq!(faults(refused), ["7 spec.timeWindow fixed", "10 spec.objectives[0].target fixed"]);
    let words = SMALL.replace("{name: orders}", "{name: orders, displayName: Orders}").replace("query: g", "query: h");
    assert_eq!(counts(import(app, &words)), (0, 1, 0), "all else may change");
    let row = slo(app, "orders");
    assert_eq!((&row["name"], &row["indicator"]["good"]), (&json!("Orders"), &json!("h")));
}

fn a_dated_target_is_the_present_one(app: &TestApp) {
    import(app, SMALL).expect(200);
    measure(app, "orders", "2026-10-01T00:00:00Z");
    for (from, target) in [("2026-11-01", 0.995), ("2026-12-01", 0.999)] {
        app.editor().post("slos/orders/targets", &json!({ "valid_from": from, "target": target })).expect(201);
    }
    let objective = || object(app, "SLO/orders")["spec"]["objectives"][0].clone();
    assert_eq!(objective(), json!({ "target": 0.995 }), "it is November");
    comes_round(app);
    assert_eq!(counts(import(app, SMALL)), (0, 0, 1), "the first target stands where it stood");
    assert_eq!(slo(app, "orders")["target"], 0.99);
    assert_eq!(faults(import(app, &SMALL.replace("0.99", "0.9"))), ["10 spec.objectives[0].target fixed"]);
}

fn components_are_made_when_they_are_missing(app: &TestApp) {
    app.editor().post("components", &json!({ "name": "Shop", "kind": "tool" })).expect(201);
    let service = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: shop, displayName: Other}\n";
    let file = format!("{SMALL}---\n{service}");
    assert_eq!(warnings(import(app, &file)), [""; 0]);
    let shop = app.viewer().get("components/shop").expect(200).json;
    assert_eq!((&shop["name"], &shop["kind"], &shop["version"]), (&json!("Shop"), &json!("tool"), &json!(1)));
    assert_eq!(counts(import(app, &file)), (0, 0, 2));
    comes_round(app);
    assert_eq!(object(app, "Service/shop")["metadata"]["displayName"], "Shop", "the present name");
    let events = || app.read(|conn| Ok(audit_events::table.count().get_result::<i64>(conn)?));
    let before = events();
    let two = format!("{}---\n{}", SMALL.replace("shop", "till"), SMALL.replace("shop", "till").replace("orders", "b"));
    assert_eq!(warnings(import(app, &two)), ["5 spec.service"], "said once");
    assert_eq!(events(), before + 1, "one event for all of it");
    let long = service.replace("Other", &"x".repeat(121)).replace("name: shop", "name: long");
    assert_eq!(faults(import(app, &long)), ["3 metadata.displayName too_long"]);
}

fn what_is_hostile_is_refused(app: &TestApp) {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (this, last) in ('b'..='j').zip('a'..) {
        bomb.push_str(&format!("{this}: &{this} [{}]\n", vec![format!("*{last}"); 10].join(", ")));
    }
    let deep = format!("apiVersion: {}1{}", "[".repeat(70), "]".repeat(70));
    for file in [
        bomb.as_str(),
        deep.as_str(),
        "a: 1\na: 2\n",
        "\"\\0\": 1",
        "[[[]]]",
        "- - apiVersion: openslo/v1\n",
        "just words",
        "1",
        "{apiVersion: {}, kind: []}",
        "{apiVersion: openslo/v1, kind: SLO, metadata: [], spec: []}",
        "{apiVersion: openslo/v1, kind: SLO, metadata: {name: a}, spec: {objectives: [1, [], ~], timeWindow: [~]}}",
        "{apiVersion: openslo/v1, kind: SLO, metadata: {name: a, annotations: {prodops/bucket-seconds: []}}, spec: ~}",
        "{apiVersion: openslo/v1, kind: SLI, metadata: {name: a}, spec: {ratioMetric: {good: 1, total: []}}}",
        "{apiVersion: openslo/v1, kind: SLI, metadata: {name: a}}",
        "{apiVersion: openslo/v1, kind: Service, metadata: {name: ''}}",
    ] {
        assert!(!faults(import(app, file)).is_empty(), "{file}");
        assert!(!faults(lenient(app, file)).is_empty(), "{file}");
    }
    let many = "apiVersion: openslo/v1\nkind: Nothing\n---\n".repeat(3000);
    assert_eq!(faults(import(app, &many)).len(), 1000);
    let crowd = SMALL.replace("  - target: 0.99\n", &"  - {}\n".repeat(5000));
    assert_eq!(faults(import(app, &crowd)), ["9 spec.objectives too_long"]);
    let labels: String = (0..3000).map(|n| format!("l{n}: {n}, ")).collect();
    let noise = SMALL.replace("{name: orders}", &format!("{{name: orders, labels: {{{labels}}}}}"));
    assert_eq!(warnings(import_as(app, "?dry_run=true", &noise)).len(), 1000, "no more than an answer lists");
    let hidden = noise.replace("service: shop", "service: shop\n  colour: red");
    assert_eq!(faults(import(app, &hidden)), ["6 spec.colour unknown_field"], "warnings hide no fault");
    let all: String =
        (0..2000).map(|n| format!("---\n{}", SMALL.replace("name: orders", &format!("name: o{n}")))).collect();
    assert_eq!(counts(import(app, &all)), (2000, 0, 0));
    assert_eq!(counts(import(app, &all)), (0, 0, 2000));
    let anchored = SMALL.replace("query: g", "query: &q g").replace("query: t", "query: *q").replace("orders", "o1");
    assert_eq!(counts(import(app, &anchored)), (0, 1, 0));
    assert_eq!(slo(app, "o1")["indicator"]["total"], "g");
    import_as(app, "?mode=strict&mode=lenient", SMALL).expect(400);
    app.editor().with("Content-Type", "text/csv").send("POST", "imports/openslo", Some(b"")).expect(415);
    app.viewer().with("Content-Type", "text/yaml").send("POST", "imports/openslo", Some(b"")).expect(403);
}

fn the_command_line_reads_leniently_when_told(app: &TestApp) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/openslo/timeslices-slo.yaml");
    let run = |mode| {
        let format = (Format::Openslo, mode);
        block_on(imports::run(&app.db, Author::operator(), &app.platform(), format, path.clone(), false))
    };
    assert!(run(Mode::Strict).is_err());
    assert_eq!(run(Mode::Lenient).expect("an import").created, 2);
}
