//! A week of a team in one file: made as a sheet, filled in, merged whole or not at all.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    effort::{person, service},
    imports::{fault, faults},
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use prodops::kernel::schema::audit_events;
use serde_json::{Value, json};

on_both_engines!(
    a_fresh_sheet_asks_for_what_is_not_known,
    a_sheet_that_is_filled_in_writes_the_week_and_twice_is_once,
    a_written_week_gives_its_sheet_as_it_is,
    what_is_still_to_be_said_is_asked_for_by_line,
    same_is_exactly_what_they_had,
    what_is_wrong_is_told_by_line_and_nothing_is_written,
    nobody_writes_over_what_they_have_not_seen,
    an_incident_and_what_was_done_about_it_come_in_one_file,
    a_row_is_corrected_by_its_id,
    what_shipped_last_week_says_its_day,
    who_is_away_on_their_turn_is_asked_about,
    a_week_falls_into_its_months_and_years_wherever_the_product_is,
    who_may_not_see_effort_sees_no_sheet,
);

const WEEK: &str = "2026-W44";

fn to(app: &TestApp, at: &str) {
    app.clock.set(at.parse::<DateTime<Utc>>().expect("a time"));
}

fn try_of(client: &Client, file: &str, dry_run: bool) -> Answer {
    let path = format!("imports/week?dry_run={dry_run}");
    client.with("Content-Type", "application/yaml").send("POST", &path, Some(file.as_bytes()))
}

#[track_caller]
fn send(app: &TestApp, file: &str) -> (u64, u64, u64) {
    let answer = try_of(&app.editor(), file, false).expect(200);
    let count = |name: &str| answer.json[name].as_u64().expect("a count");
    (count("created"), count("changed"), count("unchanged"))
}

#[track_caller]
fn refused(app: &TestApp, file: &str) -> Vec<(u64, String, String)> {
    let tried = faults(try_of(&app.editor(), file, true));
    assert_eq!(faults(try_of(&app.editor(), file, false)), tried, "what is tried and what is sent are told alike");
    tried
}

#[track_caller]
fn sheet(app: &TestApp, week: &str) -> String {
    let answer = app.editor().get(&format!("effort/{week}/sheet")).expect(200);
    assert_eq!(answer.header("content-type"), Some("application/yaml"));
    answer.text().to_owned()
}

#[track_caller]
fn has(sheet: &str, lines: &[&str]) {
    for line in lines {
        assert!(sheet.lines().any(|other| other.trim_end() == *line), "no line `{line}` in\n{sheet}");
    }
}

fn entries(app: &TestApp, week: &str) -> Value {
    app.editor().get(&format!("effort/{week}")).expect(200).json["entries"].clone()
}

fn item(app: &TestApp, title: &str, status: &str) -> String {
    let new = json!({ "title": title, "kind": "feature", "horizon": "now", "status": status });
    app.editor().post("roadmap-items", &new).expect(201).json["ref"].as_str().expect("a ref").to_owned()
}

fn events(app: &TestApp) -> i64 {
    app.read(|conn| Ok(audit_events::table.count().get_result(conn)?))
}

/// Ann and Bob, what they run, and what they are about to change.
fn company(app: &TestApp) -> (String, String) {
    service(app, "Checkout");
    item(app, "Deploys in ten minutes", "in_progress");
    item(app, "Nobody knows yet", "idea");
    (person(app, "Ann Ames", "2026-01-01", None), person(app, "Bob: the second", "2026-01-01", None))
}

const FILLED: &str = "week: 2026-W44\neffort:\n  Ann Ames: 20% on_call checkout, rest improvement OPS-1\n  \
                      \"Bob: the second\":\n    - 33.3333333333% support\n    - rest toil checkout\n";

fn a_fresh_sheet_asks_for_what_is_not_known(app: &TestApp) {
    let (ann, bob) = company(app);
    let rota = json!({ "name": "Rota", "kind": "on_call", "component": "checkout", "share": 0.2, "people": [ann, bob],
                       "turn": "in_turn", "first_week": "2026-W44" });
    app.editor().post("effort-templates", &rota).expect(201);
    let patch =
        json!({ "name": "Patch day", "kind": "patching", "share": 0.1, "first_week": "2026-W40", "every_weeks": 4 });
    app.editor().post("effort-templates", &patch).expect(201);
    let fresh = sheet(app, WEEK);
    has(
        &fresh,
        &[
            "# Week 2026-W44, 26 October to 1 November 2026, of platform.",
            "week: 2026-W44",
            "effort:",
            "  # Patch day, Rota.",
            "  Ann Ames: 10% patching, 20% on_call checkout, rest ?",
            "  \"Bob: the second\": 10% patching, rest ?",
            "  OPS-1: in_progress   # Deploys in ten minutes",
            "seen:   # what this sheet was made from; leave it as it is",
            "  OPS-1: in_progress",
        ],
    );
    assert!(!fresh.contains("OPS-2:"), "an idea is not at hand: {fresh}");
    let lines =
        refused(app, &fresh).into_iter().map(|(line, ..)| fresh.lines().nth(line as usize - 1).expect("a line"));
    assert!(lines.clone().all(|line| line.contains("rest ?")), "{:?}", lines.collect::<Vec<_>>());
    let filled = fresh.replace("rest ?", "rest improvement OPS-1");
    assert_eq!(send(app, &filled), (1, 0, 1));
    has(
        &sheet(app, "2026-W45"),
        &[
            "  # Rota. In 2026-W44: 10% patching, 90% improvement OPS-1",
            "  \"Bob: the second\": 20% on_call checkout, rest ?",
        ],
    );
}

fn a_sheet_that_is_filled_in_writes_the_week_and_twice_is_once(app: &TestApp) {
    let (ann, bob) = company(app);
    let before = events(app);
    let tried = try_of(&app.editor(), FILLED, true).expect(200).json;
    assert_eq!((events(app), &tried["created"]), (before, &json!(1)));
    assert_eq!(
        tried["changes"],
        json!([
            { "line": 3, "resource": "effort", "label": "Ann Ames", "id": null, "properties": [
                { "property": "shares", "before": null, "after": "20% on_call checkout, 80% improvement OPS-1" } ] },
            { "line": 5, "resource": "effort", "label": "Bob: the second", "id": null, "properties": [
                { "property": "shares", "before": null, "after": "33.3333333333% support, 66.6666666667% toil checkout" } ] },
        ])
    );
    assert_eq!(send(app, FILLED), (1, 0, 0));
    assert_eq!(events(app), before + 1, "one event for the whole file");
    assert_eq!(
        entries(app, WEEK),
        json!([
            { "person": ann, "shares": [
                { "component": "checkout", "roadmap_item": null, "kind": "on_call", "share": 0.2 },
                { "component": null, "roadmap_item": "OPS-1", "kind": "improvement", "share": 0.8 } ] },
            { "person": bob, "shares": [
                { "component": null, "roadmap_item": null, "kind": "support", "share": 0.333333333333 },
                { "component": "checkout", "roadmap_item": null, "kind": "toil", "share": 0.666666666667 } ] },
        ])
    );
    app.pass(TimeDelta::minutes(1));
    assert_eq!(send(app, FILLED), (0, 0, 1));
    assert_eq!(events(app), before + 1, "nothing happened");
    let event = &app.owner().get("audit-events?action=import").expect(200).json["items"][0];
    assert_eq!((&event["action"], &event["after"]["format"]), (&json!("import"), &json!("week")));
    assert_eq!(event["after"]["digest"].as_str().map(str::len), Some(64));
}

fn a_written_week_gives_its_sheet_as_it_is(app: &TestApp) {
    company(app);
    let only_ann = FILLED.split("  \"Bob").next().expect("a half");
    let told = try_of(&app.editor(), only_ann, true).expect(200).json;
    assert_eq!(told["warnings"][0]["detail"], "Bob: the second has no line: their week stays unsaid");
    assert_eq!(send(app, only_ann), (1, 0, 0));
    let written = sheet(app, WEEK);
    has(
        &written,
        &[
            "  Ann Ames: 20% on_call checkout, 80% improvement OPS-1",
            "  # \"Bob: the second\": rest ?   # unsaid",
            "  2026-W44: 1",
        ],
    );
    assert_eq!(send(app, &written), (0, 0, 2), "as it is it changes nothing");
    let more = written.replace("  # \"Bob: the second\": rest ?", "  \"Bob: the second\": rest support");
    assert_eq!(send(app, &more), (0, 1, 1));
    assert_eq!(entries(app, WEEK).as_array().map(Vec::len), Some(2));
    let whole = "week: 2026-W45\neffort:\n  whole team: 50% toil, rest support\n";
    assert_eq!(send(app, whole), (1, 0, 0));
    assert_eq!(entries(app, "2026-W45")[0]["person"], Value::Null);
    let written = sheet(app, "2026-W45");
    has(&written, &["  whole team: 50% toil, 50% support"]);
    assert!(!written.contains("rest ?"), "the whole team is everybody: {written}");
    has(&sheet(app, "2026-W46"), &["  # whole team: 50% toil, 50% support   # as in 2026-W45"]);
}

fn what_is_still_to_be_said_is_asked_for_by_line(app: &TestApp) {
    company(app);
    let unsaid = |line: u64, column: &str| fault(line, column, "unsaid");
    let file = "week: 2026-W44\nquestions:\n  - Who had the pager?\neffort:\n  Ann Ames: 20% on_call, 80% ?\n  \
                \"Bob: the second\":\nincidents:\n  - title: x\n    severity: ?\nstatus:\n  OPS-1: ?\n";
    let expected = [
        unsaid(3, "questions"),
        unsaid(5, "share"),
        unsaid(6, "share"),
        unsaid(9, "incidents.severity"),
        unsaid(11, "status"),
    ];
    assert_eq!(
        refused(app, &file.replace("severity: ?", "severity: \"?\"").replace("OPS-1: ?", "OPS-1: \"?\"")),
        expected
    );
    let listed = "week: 2026-W44\neffort:\n  Ann Ames:\n    - 20% on_call\n    - rest ?\n  \"Bob: the second\": []\n";
    assert_eq!(refused(app, listed), [unsaid(5, "share"), unsaid(6, "share")]);
}

fn same_is_exactly_what_they_had(app: &TestApp) {
    company(app);
    let same = "week: 2026-W46\neffort:\n  Ann Ames: same\n  \"Bob: the second\": same\n";
    assert_eq!(refused(app, same), [fault(3, "share", "nothing_to_repeat"), fault(4, "share", "nothing_to_repeat")]);
    send(app, FILLED.split("  \"Bob").next().expect("a half"));
    assert_eq!(refused(app, same), [fault(4, "share", "nothing_to_repeat")]);
    let ann = same.split("  \"Bob").next().expect("a half");
    assert_eq!(send(app, ann), (1, 0, 0));
    assert_eq!(entries(app, "2026-W46"), entries(app, WEEK));
    // Other hours make another row, and not another person.
    let row = &app.editor().get("team?q=ames").expect(200).json["items"][0];
    let path = format!("team/{}", row["id"].as_str().expect("an id"));
    app.editor().patch(&path, "\"1\"", &json!({ "valid_to": "2026-11-16" })).expect(200);
    let part_time = person(app, "Ann Ames", "2026-11-16", None);
    assert_eq!(send(app, &ann.replace("W46", "W47")), (1, 0, 0));
    assert_eq!(entries(app, "2026-W47")[0]["person"], json!(part_time));
    assert_eq!(entries(app, "2026-W47")[0]["shares"], entries(app, WEEK)[0]["shares"]);
}

fn what_is_wrong_is_told_by_line_and_nothing_is_written(app: &TestApp) {
    company(app);
    let file = "\
week: 2026-W44
effort:
  Ann Ames: 20% on_call chekout, 80% toil
  Nobody: 100% toil
  \"Bob: the second\": 20% on_call checkout, 70% improvement OPS-1
incidents:
  - title: Checkout is down
    severity: 9
    components: [checkout, nowhere]
    started_at: 2026-10-27 14:05
  - title: Checkout is slow
    severity: 3
    components: nowhere
    started_at: 2026-10-27 14:05
    resolved_at: 2026-10-27 13:05
  - id: nothing
    severity: 1
activities:
  - on: 2026-10-28
    kind: sleep
    summary: x
  - on: 2026-10-28
    kind: toil
    component: nowhere
    summary: x
status:
  OPS-1: done
  OPS-9: shipped
  OPS-2: planned 2026-10-28
extra: 1
";
    assert_eq!(
        refused(app, file),
        [
            fault(3, "component", "unknown_reference"),
            fault(4, "person", "unknown_reference"),
            fault(5, "share", "sum"),
            fault(8, "incidents.severity", "too_large"),
            fault(15, "incidents.resolved_at", "before_start"),
            fault(16, "incidents.id", "unknown_reference"),
            fault(20, "activities.kind", "not_one_of"),
            fault(24, "activities.component", "unknown_reference"),
            fault(27, "status", "not_one_of"),
            fault(28, "status", "unknown_reference"),
            fault(29, "status", "not_shipped"),
            fault(30, "extra", "unknown_property"),
        ]
    );
    let before = events(app);
    let half = format!("{FILLED}status:\n  OPS-1: dropped\nincidents:\n  - title: x\n");
    try_of(&app.editor(), &half, false).expect(422);
    app.editor().get("effort/2026-W44").expect(404);
    assert_eq!(app.viewer().get("roadmap-items/OPS-1").json["status"], "in_progress");
    assert_eq!(events(app), before, "all or nothing");
    for (file, expected) in [
        ("", fault(1, "", "yaml")),
        ("- x\n", fault(1, "", "yaml")),
        ("week: 2026-W44\n---\nweek: 2026-W45\n", fault(3, "", "yaml")),
        ("effort: {}\n", fault(1, "week", "required")),
        ("week: 2025-W53\n", fault(1, "week", "format")),
        ("week: 2026-W44\neffort: all of it\n", fault(2, "effort", "type")),
        ("week: 2026-W44\nincidents:\n  title: x\n", fault(2, "incidents", "type")),
        ("week: 2026-W44\neffort:\n  Ann Ames: 1\n", fault(3, "share", "type")),
        ("week: 2026-W44\neffort:\n  Ann Ames: rest toil\n  Ann Ames: same\n", fault(4, "", "yaml")),
        ("week: 2026-W44\neffort:\n  Ann Ames: 60% toil, 50% support, rest toil\n", fault(3, "share", "sum")),
        (
            "week: 2026-W44\nincidents:\n  - {title: x, severity: 1, components: checkout, started_at: 2026-10-25 02:30}\n",
            fault(3, "incidents.started_at", "value"),
        ),
    ] {
        assert_eq!(refused(app, file), [expected], "{file}");
    }
    let wrong_kind = app.editor().with("Content-Type", "text/csv").send("POST", "imports/week", Some(b"week\n"));
    wrong_kind.expect(415);
}

fn nobody_writes_over_what_they_have_not_seen(app: &TestApp) {
    let (ann, _) = company(app);
    let fresh = format!("{FILLED}status:\n  OPS-1: in_progress\nseen:\n  OPS-1: in_progress\n");
    assert_eq!(send(app, &fresh), (1, 0, 1));
    let other = FILLED.replace("20% on_call", "30% on_call");
    assert_eq!(refused(app, &other), [fault(1, "seen", "stale")], "a sheet of before the week was written");
    let seen = sheet(app, WEEK);
    let shares = json!([{ "component": null, "roadmap_item": null, "kind": "toil", "share": 1 }]);
    let new = json!({ "entries": [{ "person": ann, "shares": shares }] });
    app.editor().with("If-Match", "\"1\"").put("effort/2026-W44", &new).expect(200);
    let line = seen.lines().position(|line| line == "  2026-W44: 1").expect("what was seen") as u64 + 1;
    assert_eq!(refused(app, &seen), [fault(line, "seen", "stale")]);
    let now = sheet(app, WEEK);
    assert_eq!(send(app, &now.replace("100% toil", "100% support")), (0, 1, 1));
    // What somebody else shipped stays shipped; what this file changes anyway is refused.
    app.editor().patch("roadmap-items/OPS-1", "\"1\"", &json!({ "status": "shipped" })).expect(200);
    let status = |word: &str| format!("week: 2026-W44\nstatus:\n  OPS-1: {word}\nseen:\n  OPS-1: in_progress\n");
    let answer = try_of(&app.editor(), &status("in_progress"), false).expect(200).json;
    assert_eq!((&answer["changed"], &answer["warnings"][0]["line"]), (&json!(0), &json!(3)));
    assert_eq!(refused(app, &status("dropped")), [fault(3, "status", "stale")]);
    assert_eq!(app.viewer().get("roadmap-items/OPS-1").json["status"], "shipped");
}

fn an_incident_and_what_was_done_about_it_come_in_one_file(app: &TestApp) {
    company(app);
    let file = "\
week: 2026-W44
incidents:
  - title: Checkout is down
    external_id: INC-7
    severity: 1
    components: checkout
    started_at: 2026-10-27 14:05
activities:
  - on: 2026-10-27
    kind: incident_response
    component: checkout
    incident: INC-7
    summary: Rolled back
status:
  OPS-2: planned
";
    let tried = try_of(&app.editor(), file, true).expect(200).json;
    let rows: Vec<_> =
        tried["changes"].as_array().expect("changes").iter().map(|row| (&row["resource"], &row["label"])).collect();
    assert_eq!(
        rows,
        [
            (&json!("incidents"), &json!("Checkout is down")),
            (&json!("activities"), &json!("Rolled back")),
            (&json!("roadmap-items"), &json!("OPS-2 Nobody knows yet")),
        ]
    );
    assert_eq!(send(app, file), (2, 1, 0));
    assert_eq!(send(app, file), (0, 0, 3));
    let incident = app.viewer().get("incidents").json["items"][0].clone();
    assert_eq!(incident["started_at"], "2026-10-27T13:05:00Z", "by the clocks of Berlin");
    assert_eq!(app.viewer().get("activities").json["items"][0]["incident"], incident["id"]);
    app.editor().get("effort/2026-W44").expect(404);
    let open = sheet(app, "2026-W45");
    has(&open, &["    external_id: INC-7", "    started_at: 2026-10-27 14:05", "    resolved_at:   # not over yet"]);
    let closed = open.replace("    resolved_at:   #", "    resolved_at: 2026-11-02 09:30   #");
    let closed = closed.split("\neffort:").next().expect("a head").to_owned()
        + closed.split_once("rest ?\n\n").expect("people").1;
    assert_eq!(send(app, &closed), (0, 1, 2));
    assert_eq!(app.viewer().get("incidents").json["items"][0]["resolved_at"], "2026-11-02T08:30:00Z");
    assert!(!sheet(app, "2026-W46").contains("INC-7"), "it is over");
}

fn a_row_is_corrected_by_its_id(app: &TestApp) {
    company(app);
    let new = json!({ "title": "Chekout is slow", "severity": 3, "components": ["checkout"], "started_at": "2026-10-25T00:30:00Z" });
    let incident = app.editor().post("incidents", &new).expect(201).json["id"].as_str().expect("an id").to_owned();
    let new = json!({ "on": "2026-10-28", "kind": "upgrade", "summary": "A nwe database" });
    let activity = app.editor().post("activities", &new).expect(201).json["id"].as_str().expect("an id").to_owned();
    let seen = sheet(app, "2026-W43") + &sheet(app, WEEK);
    has(&seen, &["    started_at: \"2026-10-25T00:30:00Z\"", &format!("  - id: \"{activity}\"")]);
    let file = format!(
        "week: 2026-W44\nincidents:\n  - id: {incident}\n    title: Checkout is slow\n    started_at: 2026-10-26 00:30\nactivities:\n  \
         - id: {activity}\n    summary: A new database\nseen:\n  {incident}: 1\n  {activity}: 1\n"
    );
    assert_eq!(send(app, &file), (0, 2, 0));
    assert_eq!(send(app, &file), (0, 0, 2));
    let row = app.viewer().get(&format!("incidents/{incident}")).expect(200).json;
    assert_eq!((&row["title"], &row["severity"]), (&json!("Checkout is slow"), &json!(3)));
    assert_eq!(row["started_at"], "2026-10-25T23:30:00Z");
    assert_eq!(app.viewer().get("activities").expect(200).column("summary"), ["A new database"]);
    let again = file.replace("A new database", "The newest database");
    assert_eq!(refused(app, &again), [fault(11, "seen", "stale")]);
}

fn what_shipped_last_week_says_its_day(app: &TestApp) {
    company(app);
    let file = |word: &str| format!("week: 2026-W44\nstatus:\n  OPS-1: {word}\n");
    assert_eq!(refused(app, &file("shipped")), [fault(3, "status", "unsaid")]);
    assert_eq!(refused(app, &file("shipped on Friday")), [fault(3, "status", "format")]);
    assert_eq!(send(app, &file("shipped 2026-10-30")), (0, 1, 0));
    assert_eq!(app.viewer().get("roadmap-items/OPS-1").json["shipped_on"], "2026-10-30");
    assert_eq!(send(app, &file("shipped 2026-10-30")), (0, 0, 1));
    assert_eq!(send(app, &file("shipped")), (0, 0, 1), "the day that is known stays");
    assert_eq!(send(app, "week: 2026-W45\nstatus:\n  OPS-2: shipped\n"), (0, 1, 0));
    assert_eq!(app.viewer().get("roadmap-items/OPS-2").json["shipped_on"], "2026-11-02", "in its own week: today");
}

fn who_is_away_on_their_turn_is_asked_about(app: &TestApp) {
    let (ann, _) = company(app);
    let left = person(app, "Cy", "2026-01-01", Some("2026-10-01"));
    let rota = json!({ "name": "Rota", "kind": "on_call", "share": 0.2, "people": [left, ann], "turn": "in_turn",
                       "first_week": "2026-W44" });
    app.editor().post("effort-templates", &rota).expect(201);
    let filled = sheet(app, WEEK).replace("rest ?", "rest support");
    assert!(filled.contains("Rota: it is the turn of Cy, who is not in the team this week. Who had it? (20% on_call)"));
    assert_eq!(
        refused(app, &filled).into_iter().map(|(_, column, code)| (column, code)).collect::<Vec<_>>(),
        [("questions".to_owned(), "unsaid".to_owned())]
    );
    let settled: String =
        filled.lines().filter(|line| !line.contains("the turn of Cy")).map(|line| format!("{line}\n")).collect();
    assert_eq!(send(app, &settled), (1, 0, 1));
}

/// Hours of a component, month by month.
fn hours(app: &TestApp, product: &str, months: &[&str]) -> Vec<f64> {
    let path = |month: &str| {
        format!("/api/v1/products/{product}/exports/maintenance_cost_monthly.csv?from={month}&to={}", next(month))
    };
    let hours = |month: &&str| {
        let csv = app.user(&app.people.owner).get(&path(month)).expect(200).text().to_owned();
        let rows: Vec<Vec<String>> = csv.lines().map(|line| line.split(',').map(ToOwned::to_owned).collect()).collect();
        let at = |name: &str| rows[0].iter().position(|heading| heading == name).expect("a column");
        let row = rows.iter().find(|row| row[at("component")] == "checkout");
        row.map_or(0.0, |row| row[at("labour_hours")].parse().unwrap_or(0.0))
    };
    months.iter().map(hours).collect()
}

fn next(month: &str) -> String {
    month.parse::<prodops::kernel::month::Month>().expect("a month").next().to_string()
}

fn a_week_falls_into_its_months_and_years_wherever_the_product_is(app: &TestApp) {
    to(app, "2027-01-20T09:00:00Z");
    let nepal = json!({ "key": "nepal", "name": "Nepal", "timezone": "Asia/Kathmandu", "currency": "EUR", "owner": app.people.owner });
    app.admin().post("/api/v1/products", &nepal).expect(201);
    for product in ["platform", "nepal"] {
        let at = |path: &str| format!("/api/v1/products/{product}/{path}");
        let owner = app.owner();
        owner.post(&at("components"), &json!({ "name": "Checkout", "kind": "service" })).expect(201);
        let member = json!({ "name": "Ann", "hours_per_week": 40, "valid_from": "2026-01-01" });
        owner.post(&at("team"), &member).expect(201);
        let rate = json!({ "valid_from": "2026-01-01", "amount": { "amount": "100", "currency": "EUR" } });
        owner.post(&at("labour-rates"), &rate).expect(201);
        // W44: Monday to Friday in October. W49: Monday in November. W53: Friday in January. W01: all in January.
        for week in ["2026-W44", "2026-W49", "2026-W53", "2027-W01"] {
            let file = format!("week: {week}\neffort:\n  Ann: 50% patching checkout, rest improvement\n");
            let path = at("imports/week");
            owner.with("Content-Type", "application/yaml").send("POST", &path, Some(file.as_bytes())).expect(200);
        }
        let months = ["2026-10", "2026-11", "2026-12", "2027-01"];
        assert_eq!(hours(app, product, &months), [20.0, 4.0, 32.0, 24.0], "{product}");
        let sheet = owner.get(&at("effort/2026-W53/sheet")).expect(200).text().to_owned();
        has(
            &sheet,
            &["# Week 2026-W53, 28 December to 3 January 2027, of platform."
                .replace("platform", if product == "nepal" { "Nepal" } else { "platform" })
                .as_str()],
        );
    }
    // A quarter to seven in the evening of Sunday in UTC is Monday in Nepal.
    let file = "week: 2027-W01\nincidents:\n  - {title: x, severity: 1, components: checkout, started_at: 2027-01-04 00:30, resolved_at: 2027-01-04 00:31}\n";
    let path = "/api/v1/products/nepal/imports/week";
    app.owner().with("Content-Type", "application/yaml").send("POST", path, Some(file.as_bytes())).expect(200);
    let made = app.owner().get("/api/v1/products/nepal/incidents").expect(200);
    assert_eq!(made.column("started_at"), ["2027-01-03T18:45:00Z"]);
    let of = |week: &str| {
        app.owner().get(&format!("/api/v1/products/nepal/effort/{week}/sheet")).expect(200).text().to_owned()
    };
    has(
        &of("2027-W01"),
        &[
            "    started_at: 2027-01-04 00:30",
            "incidents:   # those of the week, and new ones; times are of Asia/Kathmandu",
        ],
    );
    assert!(!of("2026-W53").contains("started_at: 2027"), "it is no incident of the week before");
}

fn who_may_not_see_effort_sees_no_sheet(app: &TestApp) {
    company(app);
    for client in [app.viewer(), app.exporter()] {
        client.get("effort/2026-W44/sheet").expect(403);
        try_of(&client, FILLED, true).expect(403);
        try_of(&client, FILLED, false).expect(403);
    }
    app.outsider().get("effort/2026-W44/sheet").expect(404);
    app.editor().get("effort/2026-W54/sheet").expect(404);
}
