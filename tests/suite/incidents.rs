//! Incidents, the work that answered them, and what others read of both.

use crate::{
    app::TestApp,
    client::Answer,
    effort::service,
    exports::cells,
    imports::{counts, fault, faults, import},
};
use chrono::{DateTime, Utc};
use prodops::incidents::{downtime_minutes, downtime_seconds, store};
use serde_json::{Value, json};

on_both_engines!(
    an_incident_is_recorded_corrected_and_resolved,
    times_stand_in_order,
    components_are_named_by_key_or_id_and_answered_by_key,
    an_external_id_is_there_once,
    incidents_are_found_by_what_one_knows_of_them,
    what_was_done_about_an_incident_names_it,
    the_incidents_of_a_month_are_those_that_lasted_in_it,
    incidents_come_in_by_file_and_a_second_time_change_nothing,
    a_line_without_an_external_id_is_named_by_start_and_title,
    what_is_wrong_with_a_file_of_incidents_is_told_by_line,
    activities_come_in_with_their_incident,
    incidents_and_activities_are_exported,
);

fn id(made: &Value) -> String {
    made["id"].as_str().expect("an id").to_owned()
}

/// A minimal incident with something more.
fn with(more: &Value) -> Value {
    let mut body = json!({
        "title": "Search was down", "severity": 2, "components": ["search"], "started_at": "2026-10-05T10:00:00Z",
    });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

fn create(app: &TestApp, more: &Value) -> Answer {
    app.editor().post("incidents", &with(more))
}

fn an_incident_is_recorded_corrected_and_resolved(app: &TestApp) {
    service(app, "Search");
    let made = create(app, &json!({ "customer_minutes": 0 })).expect(201);
    let path = format!("incidents/{}", id(&made.json));
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    assert_eq!(app.viewer().get(&path).expect(200).json, made.json);
    let said = |row: &Value, names: [&str; 4]| names.map(|name| row[name].clone());
    let unknown = ["detected_at", "resolved_at", "external_id", "nothing"];
    assert_eq!(said(&made.json, unknown), [Value::Null, Value::Null, Value::Null, Value::Null]);
    let told = ["customer_minutes", "summary", "cause", "severity"];
    assert_eq!(said(&made.json, told), [json!(0), json!(""), json!(""), json!(2)]);
    let solved = json!({ "resolved_at": "2026-10-05T10:45:00.5Z", "cause": "A full disk", "customer_minutes": null });
    let changed = app.editor().patch(&path, "\"1\"", &solved).expect(200);
    assert_eq!(said(&changed.json, told), [Value::Null, json!(""), json!("A full disk"), json!(2)]);
    assert_eq!(changed.json["resolved_at"], "2026-10-05T10:45:00.500Z");
    assert_eq!(changed.json["components"], json!(["search"]));
    app.editor().patch(&path, "\"1\"", &solved).expect(412);
    for (more, expected) in [
        (json!({ "severity": 0 }), "/severity too_small"),
        (json!({ "severity": 5 }), "/severity too_large"),
        (json!({ "customer_minutes": -1 }), "/customer_minutes too_small"),
        (json!({ "customer_minutes": 0.5 }), "/customer_minutes type"),
        (json!({ "title": "" }), "/title too_short"),
        (json!({ "started_at": "yesterday" }), "/started_at format"),
        (json!({ "when": "now" }), "/when unknown_property"),
    ] {
        assert_eq!(create(app, &more).expect(422).faults(), [expected], "{more}");
    }
    app.editor().delete(&path, "\"2\"").expect(204);
    app.viewer().get(&path).expect(404);
    let trail = app.owner().get("audit-events?resource=incidents").expect(200);
    assert_eq!(trail.column("action").len(), 3, "{trail}");
    service(app, "Queue");
    app.editor().delete("components/search", "\"1\"").expect(204);
}

fn times_stand_in_order(app: &TestApp) {
    service(app, "Search");
    let (early, start, later) = ("2026-10-05T09:59:59Z", "2026-10-05T10:00:00Z", "2026-10-05T10:00:01Z");
    let tried = |detected: Value, resolved: Value| {
        create(app, &json!({ "detected_at": detected, "resolved_at": resolved })).faults()
    };
    assert_eq!(tried(json!(start), json!(start)), [""; 0], "all at once is an order");
    assert_eq!(tried(Value::Null, json!(later)), [""; 0]);
    assert_eq!(tried(json!(early), json!(later)), ["/detected_at before_start"]);
    assert_eq!(tried(json!(early), json!(early)), ["/detected_at before_start", "/resolved_at before_start"]);
    assert_eq!(tried(json!(later), json!(start)), ["/resolved_at before_detection"]);
    let made = create(app, &json!({ "detected_at": later })).expect(201);
    let path = format!("incidents/{}", id(&made.json));
    let moved = app.editor().patch(&path, "\"1\"", &json!({ "started_at": "2026-10-05T10:00:02Z" })).expect(422);
    assert_eq!(moved.faults(), ["/detected_at before_start"]);
}

fn components_are_named_by_key_or_id_and_answered_by_key(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    let index = app.viewer().get("components/index").expect(200).json["id"].clone();
    let made = create(app, &json!({ "components": ["search", index, "index"] })).expect(201);
    assert_eq!(made.json["components"], json!(["index", "search"]));
    let path = format!("incidents/{}", id(&made.json));
    let unknown = create(app, &json!({ "components": ["search", "theirs", "nothing"] })).expect(422);
    assert_eq!(unknown.faults(), ["/components/1 unknown_reference", "/components/2 unknown_reference"]);
    assert_eq!(create(app, &json!({ "components": [] })).expect(422).faults(), ["/components too_short"]);
    assert_eq!(create(app, &json!({ "components": null })).expect(422).status, 422);
    let removed = app.editor().patch(&path, "\"1\"", &json!({ "components": null })).expect(422);
    assert_eq!(removed.faults(), ["/components required"]);
    app.editor().delete("components/index", "\"1\"").expect(409);
    let fewer = app.editor().patch(&path, "\"1\"", &json!({ "components": ["search"] })).expect(200);
    assert_eq!(fewer.json["components"], json!(["search"]));
    assert_eq!(app.viewer().get(&path).expect(200).json, fewer.json);
    app.editor().delete("components/index", "\"1\"").expect(204);
}

fn an_external_id_is_there_once(app: &TestApp) {
    service(app, "Search");
    create(app, &json!({ "external_id": "PD-1" })).expect(201);
    assert_eq!(create(app, &json!({ "external_id": "PD-1" })).expect(409).json["code"], "exists");
    create(app, &json!({ "external_id": "PD-2" })).expect(201);
    create(app, &json!({})).expect(201);
    let other = create(app, &json!({})).expect(201).json;
    let path = format!("incidents/{}", id(&other));
    app.editor().patch(&path, "\"1\"", &json!({ "external_id": "PD-2" })).expect(409);
    let theirs = json!({
        "title": "x", "severity": 1, "components": ["theirs"], "started_at": "2026-10-05T10:00:00Z",
        "external_id": "PD-1",
    });
    app.outsider().post("/api/v1/products/other/incidents", &theirs).expect(201);
}

fn incidents_are_found_by_what_one_knows_of_them(app: &TestApp) {
    for name in ["Search", "Index", "Queue"] {
        service(app, name);
    }
    let make = |title: &str, severity: i64, components: &[&str], start: &str, end: Option<&str>| {
        let more = json!({
            "title": title, "severity": severity, "components": components, "started_at": start, "resolved_at": end,
        });
        create(app, &more).expect(201);
    };
    make("a", 1, &["search", "index"], "2026-09-30T23:00:00Z", Some("2026-10-01T01:00:00Z"));
    make("b", 2, &["index"], "2026-10-02T00:00:00Z", None);
    make("c", 4, &["queue"], "2026-11-01T00:00:00Z", None);
    let titles = |query: &str| app.viewer().get(&format!("incidents?{query}")).expect(200).column("title").concat();
    for (query, found) in [
        ("", "abc"),
        ("severity=1,2", "ab"),
        ("severity.gte=2", "bc"),
        ("started_at.gte=2026-10-01T00:00:00Z&started_at.lt=2026-11-01T00:00:00Z", "b"),
        ("resolved_at=null", "bc"),
        ("resolved_at=null&components=queue", "c"),
        ("components=index", "ab"),
        ("components=search,queue", "ac"),
        ("components=nothing", ""),
        ("sort=-severity", "cba"),
        ("sort=resolved_at,-title", "acb"),
        ("q=B", "b"),
    ] {
        assert_eq!(titles(query), found, "{query}");
    }
    let first = app.viewer().get("incidents?components=index&limit=1&sort=title").expect(200);
    let cursor = first.json["next_cursor"].as_str().expect("a cursor").to_owned();
    assert_eq!(titles(&format!("components=index&limit=1&sort=title&cursor={cursor}")), "b");
    app.viewer().get(&format!("incidents?components=queue&limit=1&sort=title&cursor={cursor}")).expect(400);
    for wrong in ["sort=components", "components.gte=a", "severity=high", "resolved_at=never", "component=index"] {
        app.viewer().get(&format!("incidents?{wrong}")).expect(422);
    }
}

fn what_was_done_about_an_incident_names_it(app: &TestApp) {
    service(app, "Search");
    let incident = create(app, &json!({ "external_id": "PD 7/a" })).expect(201).json;
    // Whoever calls an incident by the id of another means the other.
    create(app, &json!({ "external_id": incident["id"] })).expect(201);
    let activity = |name: &Value| {
        let kind = "incident_response";
        app.editor().post("activities", &json!({ "on": "2026-10-05", "kind": kind, "summary": "x", "incident": name }))
    };
    for name in [&incident["id"], &json!("PD 7/a")] {
        assert_eq!(activity(name).expect(201).json["incident"], incident["id"]);
    }
    let none = activity(&Value::Null).expect(201).json;
    assert_eq!(none["incident"], Value::Null);
    assert_eq!(activity(&json!("PD-8")).expect(422).faults(), ["/incident unknown_reference"]);
    let path = format!("activities/{}", id(&none));
    let named = app.editor().patch(&path, "\"1\"", &json!({ "incident": "PD 7/a" })).expect(200);
    assert_eq!(named.json["incident"], incident["id"]);
    let same = app.editor().patch(&path, "\"2\"", &json!({ "summary": "y" })).expect(200);
    assert_eq!(same.json["incident"], incident["id"]);
    let by_incident = format!("activities?incident={}", id(&incident));
    assert_eq!(app.viewer().get(&by_incident).column("summary"), ["x", "x", "y"]);
    assert_eq!(app.viewer().get("activities?incident=null").column("summary"), [""; 0]);
    let place = format!("incidents/{}", id(&incident));
    assert_eq!(app.editor().delete(&place, "\"1\"").expect(409).json["code"], "referenced");
    assert_eq!(app.viewer().get(&place).expect(200).json["components"], json!(["search"]), "nothing was taken");
    app.editor().patch(&path, "\"3\"", &json!({ "incident": null })).expect(200);
    assert_eq!(app.viewer().get(&by_incident).column("summary"), ["x", "x"]);
}

fn the_incidents_of_a_month_are_those_that_lasted_in_it(app: &TestApp) {
    service(app, "Search");
    // October is Berlin's: from 22:00 UTC of 30 September to 23:00 UTC of 31 October.
    for (title, start, end) in [
        ("before", "2026-09-30T21:00:00Z", Some("2026-09-30T22:00:00Z")),
        ("into", "2026-09-30T21:00:00Z", Some("2026-09-30T22:00:01Z")),
        ("moment", "2026-09-30T22:00:00Z", Some("2026-09-30T22:00:00Z")),
        ("out of", "2026-10-31T22:00:00Z", Some("2026-11-05T00:00:00Z")),
        ("open", "2026-10-31T22:59:00Z", None),
        ("after", "2026-10-31T23:00:00Z", None),
    ] {
        create(app, &json!({ "title": title, "started_at": start, "resolved_at": end })).expect(201);
    }
    let product = app.platform();
    let window = "2026-10".parse::<prodops::kernel::month::Month>().expect("a month").bounds(chrono_tz::Europe::Berlin);
    let until: DateTime<Utc> = "2026-10-31T22:59:30Z".parse().expect("a time");
    let found = app.read(move |conn| store::overlapping(conn, &product, window));
    let titles: Vec<_> = found.iter().map(|incident| incident.title.as_str()).collect();
    assert_eq!(titles, ["into", "moment", "out of", "open"]);
    assert!(found.iter().all(|incident| incident.components.as_text() == "search"));
    let minutes: Vec<_> =
        found.iter().map(|one| downtime_minutes(one, window, until).round_dp(3).to_string()).collect();
    assert_eq!(minutes, ["0.017", "0", "60", "0.5"]);
    assert_eq!(downtime_seconds(&found, window, until).to_string(), "3601", "the open one lies within another");
}

const HEADER: &str =
    "title,severity,components,started_at,detected_at,resolved_at,customer_minutes,summary,cause,external_id";

fn incidents_come_in_by_file_and_a_second_time_change_nothing(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    let file = format!(
        "{HEADER}\nA,1,search index,2026-10-01T10:00:00Z,2026-10-01T10:05:00Z,2026-10-01T11:00:00Z,1200,Told,Disk,PD-1\n\
         B,3,index,2026-10-02T10:00:00+02:00,,,,,,\n"
    );
    assert_eq!(counts(app, "incidents", &file), (2, 0, 0));
    assert_eq!(counts(app, "incidents", &file), (0, 0, 2));
    let reordered = file.replace("search index", "index search");
    assert_eq!(counts(app, "incidents", &reordered), (0, 0, 2));
    let rows = app.viewer().get("incidents?sort=title").expect(200).json["items"].clone();
    assert_eq!((&rows[0]["components"], &rows[0]["customer_minutes"]), (&json!(["index", "search"]), &json!(1200)));
    assert_eq!((&rows[1]["started_at"], &rows[1]["resolved_at"]), (&json!("2026-10-02T08:00:00Z"), &Value::Null));
    // A moved start and another title are the same incident to the tool that named it.
    let renamed = "title,severity,components,started_at,external_id\nAa,2,search,2026-10-01T09:00:00Z,PD-1\n";
    assert_eq!(counts(app, "incidents", renamed), (0, 1, 0));
    let row = app.viewer().get("incidents?external_id=PD-1").expect(200).json["items"][0].clone();
    assert_eq!((&row["title"], &row["components"], &row["version"]), (&json!("Aa"), &json!(["search"]), &json!(2)));
    assert_eq!(row["cause"], "Disk", "a column that is left out keeps what is there");
}

fn a_line_without_an_external_id_is_named_by_start_and_title(app: &TestApp) {
    service(app, "Search");
    let header = "title,severity,components,started_at,external_id\n";
    let line = |severity: i64, external: &str| format!("A,{severity},search,2026-10-01T10:00:00Z,{external}\n");
    assert_eq!(counts(app, "incidents", &format!("{header}{}{}", line(1, "PD-1"), line(1, "PD-2"))), (2, 0, 0));
    let both = format!("{header}{}{}{}", line(1, "PD-1"), line(1, "PD-2"), line(2, ""));
    assert_eq!(counts(app, "incidents", &both), (1, 0, 2), "the others are named by the file itself");
    assert_eq!(counts(app, "incidents", &both), (0, 0, 3));
    let without = "title,severity,components,started_at\nA,3,search,2026-10-01T10:00:00Z\n";
    assert_eq!(counts(app, "incidents", without), (0, 1, 0), "one without comes before those with");
    let nameless = app.viewer().get("incidents?external_id=null").expect(200);
    assert_eq!(nameless.column("severity"), ["3"]);
    service(app, "Queue");
    let sole = "title,severity,components,started_at,external_id\nB,1,queue,2026-10-01T10:00:00Z,PD-3\n";
    assert_eq!(counts(app, "incidents", sole), (1, 0, 0));
    let corrected = "title,severity,components,started_at\nB,2,queue,2026-10-01T10:00:00Z\n";
    assert_eq!(counts(app, "incidents", corrected), (0, 1, 0), "the tool's name for it stays");
    assert_eq!(app.viewer().get("incidents?external_id=PD-3").expect(200).column("severity"), ["2"]);
}

fn what_is_wrong_with_a_file_of_incidents_is_told_by_line(app: &TestApp) {
    service(app, "Search");
    let file = format!(
        "{HEADER}\nA,1,search,2026-10-01T10:00:00Z,2026-10-01T09:00:00Z,,,,,\n\
         B,1,nothing,2026-10-01T10:00:00Z,,,,,,\n\
         C,9,search,soon,,,-1,,,\n\
         D,1,,2026-10-01T10:00:00Z,,,,,,\n\
         E,1,search,2026-10-01T10:00:00Z,,,,,,X\n\
         F,1,search,2026-10-01T10:00:00Z,,,,,,X\n"
    );
    let mut found = faults(import(app, "incidents", &file));
    found.sort();
    let expected = [
        fault(2, "detected_at", "before_start"),
        fault(3, "components", "unknown_reference"),
        fault(4, "customer_minutes", "too_small"),
        fault(4, "severity", "too_large"),
        fault(4, "started_at", "format"),
        fault(5, "components", "required"),
        fault(7, "", "repeated"),
    ];
    assert_eq!(found, expected);
    assert_eq!(app.viewer().get("incidents").column("title"), [""; 0]);
}

fn activities_come_in_with_their_incident(app: &TestApp) {
    service(app, "Search");
    let incident = id(&create(app, &json!({ "external_id": "PD-1" })).expect(201).json);
    let file = format!(
        "on,kind,summary,incident\n2026-10-05,incident_response,One,PD-1\n2026-10-05,incident_response,Two,{incident}\n\
         2026-10-05,toil,Three,\n"
    );
    assert_eq!(counts(app, "activities", &file), (3, 0, 0));
    assert_eq!(counts(app, "activities", &file), (0, 0, 3));
    let named = app.viewer().get("activities?sort=on").expect(200).column("incident");
    assert_eq!(named, [incident.as_str(), incident.as_str(), "null"]);
    assert_eq!(counts(app, "activities", "on,kind,summary\n2026-10-05,toil,One\n"), (0, 1, 0));
    let kept = app.viewer().get("activities?kind=toil&incident=null").expect(200);
    assert_eq!(kept.column("summary"), ["Three"], "a column that is left out keeps what is there");
    assert_eq!(counts(app, "activities", "on,kind,summary,incident\n2026-10-05,toil,One,\n"), (0, 1, 0));
    let wrong = "on,kind,summary,incident\n2026-10-05,toil,One,PD-9\n2026-10-06,toil,New,PD-9\n";
    let unknown = [fault(2, "incident", "unknown_reference"), fault(3, "incident", "unknown_reference")];
    assert_eq!(faults(import(app, "activities", wrong)), unknown);
}

fn incidents_and_activities_are_exported(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    let more = json!({
        "title": "Down, \"hard\"", "components": ["search", "index"], "resolved_at": "2026-10-05T11:00:00Z",
        "external_id": "PD-1",
    });
    let incident = id(&create(app, &more).expect(201).json);
    let late = json!({ "title": "Late", "started_at": "2026-11-01T00:00:00Z", "customer_minutes": 0 });
    let second = id(&create(app, &late).expect(201).json);
    let work = json!({
        "on": "2026-10-05", "kind": "improvement", "summary": "Mended", "incident": "PD-1", "component": "search",
        "started_at": "2026-10-05T10:10:00Z",
    });
    app.editor().post("activities", &work).expect(201);
    let exporter = app.exporter();
    let columns = [
        "product",
        "deleted_at",
        "title",
        "severity",
        "started_at",
        "detected_at",
        "resolved_at",
        "customer_minutes",
        "external_id",
    ];
    assert_eq!(
        cells(&exporter, "exports/incidents.csv", &columns),
        [
            "platform  Down, \"hard\" 2 2026-10-05T10:00:00Z  2026-10-05T11:00:00Z  PD-1",
            "platform  Late 2 2026-11-01T00:00:00Z   0 ",
        ]
    );
    let titles = |query: &str| cells(&exporter, &format!("exports/incidents.csv?{query}"), &["title"]);
    assert_eq!(titles("from=2026-11-01"), ["Late"]);
    assert_eq!(titles("from=2026-10-05&to=2026-11-01"), ["Down, \"hard\""]);
    assert_eq!(exporter.get("exports/incidents.csv?from=2026-11").expect(422).faults(), ["from parameter"]);
    let expected = [format!("{incident} index"), format!("{incident} search"), format!("{second} search")];
    assert_eq!(cells(&exporter, "exports/incident_components.csv", &["incident", "component"]), expected);
    let columns = [
        "on",
        "started_at",
        "ended_at",
        "component",
        "kind",
        "nature",
        "planned",
        "incident",
        "roadmap_item",
        "summary",
    ];
    let expected = [format!("2026-10-05 2026-10-05T10:10:00Z  search improvement grow false {incident}  Mended")];
    assert_eq!(cells(&exporter, "exports/activities.csv?from=2026-10-05&to=2026-10-06", &columns), expected);
    assert_eq!(cells(&exporter, "exports/activities.csv?to=2026-10-05", &columns), [""; 0]);
}
