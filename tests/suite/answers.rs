//! What is answered about the team's work: hours, toil, planned and unplanned, what nobody owns. Figures by hand.

use crate::{
    app::TestApp,
    effort::{person, service},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

on_both_engines!(
    hours_of_a_week_across_two_months_fall_where_they_were_worked,
    hours_of_a_week_across_two_years_too,
    a_share_is_one_of_all_hours_of_the_same_time,
    viewers_see_hours_by_component_and_month_and_nobodys_name,
    what_nobody_wrote_is_not_zero,
    a_week_is_missing_once_it_is_over_where_the_product_is,
    half_of_the_time_is_not_over_the_line,
    the_trend_is_the_line_through_the_months_that_are_known,
    interrupts_are_not_planned,
    what_only_costs_is_said_until_somebody_has_something_of_it,
    a_cost_that_is_not_known_is_said_and_stands_first,
    who_is_named_by_whom,
    what_cannot_be_asked_is_refused,
);

/// One person's week, as kinds and shares of components.
fn week(app: &TestApp, name: &str, who: Option<&str>, shares: &[(Option<&str>, &str, f64)]) {
    let shares: Vec<_> = shares
        .iter()
        .map(|(component, kind, share)| {
            let share = if *share == 1.0 { json!(1) } else { json!(share) };
            json!({ "component": component, "kind": kind, "share": share })
        })
        .collect();
    let body = json!({ "entries": [{ "person": who, "shares": shares }] });
    app.editor().with("If-None-Match", "*").put(&format!("effort/{name}"), &body).expect(200);
}

fn asked(app: &TestApp, path: &str) -> Value {
    app.editor().get(path).expect(200).json
}

/// `key… hours share` of each row.
fn rows(answer: &Value, keys: &[&str]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let row =
        |row: &Value| keys.iter().chain(&["hours", "share"]).map(|key| text(&row[*key])).collect::<Vec<_>>().join(" ");
    answer["items"].as_array().expect("rows").iter().map(row).collect()
}

fn hours_of_a_week_across_two_months_fall_where_they_were_worked(app: &TestApp) {
    service(app, "Search");
    let ann = person(app, "Ann", "2026-01-01", None);
    // 28 September to 4 October: three working days, then two.
    week(app, "2026-W40", Some(&ann), &[(Some("search"), "toil", 0.25), (None, "overhead", 0.75)]);
    let october = asked(app, "hours?from=2026-10&to=2026-11");
    // 40 × 2/5 = 16: 12 on none, 4 on search.
    assert_eq!(october["hours"], 16);
    assert_eq!(rows(&october, &["component"]), ["null 12 0.75", "search 4 0.25"]);
    let both = asked(app, "hours?from=2026-09&to=2026-11&by=month");
    assert_eq!(rows(&both, &["month"]), ["2026-09 24 1", "2026-10 16 1"]);
    let september = asked(app, "hours?from=2026-09&to=2026-10&by=week,component");
    assert_eq!(rows(&september, &["week", "component"]), ["2026-W40 null 18 0.75", "2026-W40 search 6 0.25"]);
    let kinds = asked(app, "hours?from=2026-09&to=2026-11&by=kind,nature,planned");
    assert_eq!(
        rows(&kinds, &["kind", "nature", "planned"]),
        ["toil run true 10 0.25", "overhead run true 30 0.75"],
        "in the order of the kinds"
    );
    let people = asked(app, "hours?from=2026-09&to=2026-11&by=person");
    assert_eq!(rows(&people, &["person", "person_name"]), [format!("{ann} Ann 40 1")]);
}

fn hours_of_a_week_across_two_years_too(app: &TestApp) {
    let ann = person(app, "Ann", "2026-01-01", None);
    // 28 December 2026 to 3 January 2027: four working days, then one.
    week(app, "2026-W53", Some(&ann), &[(None, "patching", 1.0)]);
    let months = asked(app, "hours?from=2026-12&to=2027-02&by=month");
    assert_eq!(rows(&months, &["month"]), ["2026-12 32 1", "2027-01 8 1"]);
    let weeks = asked(app, "hours?from=2026-12&to=2027-02&by=week");
    assert_eq!(rows(&weeks, &["week"]), ["2026-W53 40 1"]);
    let january = asked(app, "hours?from=2027-01&to=2027-02&by=week");
    assert_eq!(rows(&january, &["week"]), ["2026-W53 8 1"], "of the week, what lies in the span");
    let toil = asked(app, "toil?from=2026-12&to=2027-02");
    assert_eq!((&toil["items"][0]["hours"], &toil["items"][1]["hours"]), (&json!(32), &json!(8)));
    assert_eq!(toil["total"]["hours"], 40);
}

fn a_share_is_one_of_all_hours_of_the_same_time(app: &TestApp) {
    let ann = person(app, "Ann", "2026-01-01", None);
    week(app, "2026-W37", Some(&ann), &[(None, "toil", 0.2), (None, "improvement", 0.8)]);
    week(app, "2026-W42", Some(&ann), &[(None, "toil", 1.0)]);
    let span = "from=2026-09&to=2026-11";
    assert_eq!(
        rows(&asked(app, &format!("hours?{span}&by=kind")), &["kind"]),
        ["toil 48 0.6", "improvement 32 0.4"],
        "of the span"
    );
    assert_eq!(
        rows(&asked(app, &format!("hours?{span}&by=kind,month")), &["month", "kind"]),
        ["2026-09 toil 8 0.2", "2026-09 improvement 32 0.8", "2026-10 toil 40 1"],
        "of the month"
    );
}

fn viewers_see_hours_by_component_and_month_and_nobodys_name(app: &TestApp) {
    service(app, "Search");
    let ann = person(app, "Ann", "2026-10-01", None);
    week(app, "2026-W42", Some(&ann), &[(Some("search"), "toil", 1.0)]);
    let viewer = app.viewer();
    for by in ["person", "kind", "nature", "planned", "roadmap_item", "week", "component,person", "month,kind"] {
        viewer.get(&format!("hours?by={by}")).expect(403);
        app.editor().get(&format!("hours?by={by}")).expect(200);
        app.exporter().get(&format!("hours?by={by}")).expect(403);
    }
    for path in [
        "hours?from=2026-10&to=2026-11",
        "hours?from=2026-10&to=2026-11&by=component,month",
        "toil?from=2026-10&to=2026-11",
        "work-mix?from=2026-10&to=2026-11",
        "stewardship?from=2026-10&to=2026-11",
    ] {
        let answer = viewer.get(path).expect(200);
        assert!(!answer.text().contains("Ann") && !answer.text().contains(&ann), "{answer}");
        app.exporter().get(path).expect(403);
    }
    let theirs = viewer.get("hours?from=2026-10&to=2026-11").expect(200).json;
    let ours = asked(app, "hours?from=2026-10&to=2026-11");
    assert_eq!((&theirs["items"], &theirs["weeks_missing"]), (&ours["items"], &ours["weeks_missing"]));
    assert!(theirs.get("missing").is_none());
    let weeks = json!(["2026-W40", "2026-W41", "2026-W43", "2026-W44"]);
    assert_eq!(ours["missing"], json!([{ "person": ann, "name": "Ann", "weeks": weeks }]));
}

fn what_nobody_wrote_is_not_zero(app: &TestApp) {
    person(app, "Ann", "2026-10-26", None);
    let hours = asked(app, "hours?from=2026-10&to=2026-11");
    assert_eq!((&hours["hours"], &hours["items"], &hours["weeks_missing"]), (&json!(null), &json!([]), &json!(1)));
    assert!(hours["unknown"].as_str().is_some_and(|why| why.contains("2026-10")), "{hours}");
    let toil = asked(app, "toil?from=2026-10&to=2026-11");
    let month = &toil["items"][0];
    for name in ["hours", "toil_hours", "kinds", "share", "over_line", "change"] {
        assert_eq!(month[name], Value::Null, "{name}");
    }
    assert_eq!((&month["unknown"], &month["weeks_missing"]), (&json!("no effort is recorded for 2026-10"), &json!(1)));
    assert_eq!(toil["trend"], json!({ "months": 0, "slope": null, "change": null }));
    let mix = asked(app, "work-mix?from=2026-10&to=2026-11");
    assert_eq!(mix["items"][0]["hours"]["unplanned"], Value::Null);
    assert_eq!(
        mix["items"][0]["activities"],
        json!({ "planned": 0, "unplanned": 0, "unplanned_share": null }),
        "of activities it is known that there are none"
    );
    service(app, "Search");
    let kept = asked(app, "stewardship?from=2026-10&to=2026-11");
    assert_eq!((&kept["items"][0]["hours"], &kept["weeks_missing"]), (&json!(null), &json!(1)));
}

fn a_week_is_missing_once_it_is_over_where_the_product_is(app: &TestApp) {
    app.owner().patch("/api/v1/products/platform", "\"1\"", &json!({ "timezone": "Asia/Kathmandu" })).expect(200);
    person(app, "Ann", "2026-10-01", None);
    let missing = |now: &str| {
        app.clock.set(now.parse::<DateTime<Utc>>().expect("a time"));
        asked(app, "hours?from=2026-10&to=2026-11")["weeks_missing"].clone()
    };
    // Midnight of 2 November is 18:15 of the day before in UTC: W44 is over then.
    assert_eq!(missing("2026-11-01T18:14:59Z"), 4);
    assert_eq!(missing("2026-11-01T18:15:00Z"), 5);
    // The month that is over, too: at the end of October there the present month is November.
    let until = |now: &str| {
        app.clock.set(now.parse::<DateTime<Utc>>().expect("a time"));
        asked(app, "toil")["to"].clone()
    };
    assert_eq!(until("2026-10-31T18:14:59Z"), "2026-10");
    assert_eq!(until("2026-10-31T18:15:00Z"), "2026-11");
}

fn half_of_the_time_is_not_over_the_line(app: &TestApp) {
    let ann = person(app, "Ann", "2026-01-01", None);
    let four = [
        (None, "toil", 0.125),
        (None, "on_call", 0.125),
        (None, "incident_response", 0.125),
        (None, "support", 0.125),
        (None, "improvement", 0.5),
    ];
    week(app, "2026-W42", Some(&ann), &four);
    let toil = || app.viewer().get("toil?from=2026-10&to=2026-11").expect(200).json;
    let half = toil();
    let kinds = json!({ "toil": 5, "on_call": 5, "incident_response": 5, "support": 5 });
    assert_eq!(half["line"], 0.5);
    assert_eq!(
        half["items"],
        json!([{
            "month": "2026-10", "hours": 40, "toil_hours": 20, "kinds": kinds, "share": 0.5, "over_line": false,
            "change": null, "weeks_missing": 4,
        }])
    );
    week(app, "2026-W43", Some(&ann), &[(None, "toil", 0.500_001), (None, "improvement", 0.499_999)]);
    let more = toil();
    assert_eq!((&more["items"][0]["over_line"], &more["total"]["over_line"]), (&json!(true), &json!(true)));
}

fn the_trend_is_the_line_through_the_months_that_are_known(app: &TestApp) {
    let ann = person(app, "Ann", "2026-01-01", None);
    week(app, "2026-W28", Some(&ann), &[(None, "toil", 0.6), (None, "improvement", 0.4)]);
    week(app, "2026-W37", Some(&ann), &[(None, "support", 0.4), (None, "improvement", 0.6)]);
    let trend = || asked(app, "toil?from=2026-07&to=2026-11")["trend"].clone();
    assert_eq!(trend(), json!({ "months": 2, "slope": null, "change": -20 }));
    week(app, "2026-W42", Some(&ann), &[(None, "on_call", 0.3), (None, "improvement", 0.7)]);
    // July 60, August not known, September 40, October 30: x̄ = 5/3, Σ(x−x̄)(y−ȳ) ÷ Σ(x−x̄)² = −140/3 ÷ 14/3.
    assert_eq!(trend(), json!({ "months": 3, "slope": -10, "change": -10 }));
    let items = asked(app, "toil?from=2026-07&to=2026-11")["items"].clone();
    let changes: Vec<_> = items.as_array().expect("months").iter().map(|month| month["change"].clone()).collect();
    assert_eq!(changes, [json!(null), json!(null), json!(-20), json!(-10)], "against the last month that is known");
}

fn interrupts_are_not_planned(app: &TestApp) {
    let ann = person(app, "Ann", "2026-01-01", None);
    let shares =
        [(None, "toil", 0.5), (None, "on_call", 0.1), (None, "incident_response", 0.1), (None, "support", 0.05)];
    week(app, "2026-W42", Some(&ann), &[&shares[..], &[(None, "new_capability", 0.25)]].concat());
    for (on, planned) in [("2026-09-30", true), ("2026-10-01", true), ("2026-10-31", false), ("2026-11-01", false)] {
        let new = json!({ "on": on, "kind": "patching", "planned": planned, "summary": on });
        app.editor().post("activities", &new).expect(201);
    }
    let mix = asked(app, "work-mix?from=2026-10&to=2026-11");
    let october = json!({
        "month": "2026-10",
        "hours": { "planned": 30, "unplanned": 10, "unplanned_share": 0.25 },
        "activities": { "planned": 1, "unplanned": 1, "unplanned_share": 0.5 },
    });
    assert_eq!(mix["items"], json!([october]));
    assert_eq!((&mix["total"]["hours"], &mix["total"]["activities"]), (&october["hours"], &october["activities"]));
    let hours = asked(app, "hours?from=2026-10&to=2026-11&by=planned");
    assert_eq!(rows(&hours, &["planned"]), ["false 10 0.25", "true 30 0.75"]);
}

fn cost(app: &TestApp, component: &str, amount: &str, currency: &str) {
    let new = json!({
        "component": component, "month": "2026-10", "category": "infrastructure",
        "amount": { "amount": amount, "currency": currency },
    });
    app.editor().post("cost-entries", &new).expect(201);
}

/// `component flags` of each row.
fn flags(app: &TestApp, query: &str) -> Vec<String> {
    let answer = app.viewer().get(&format!("stewardship?from=2026-10&to=2026-11{query}")).expect(200).json;
    let row = |row: &Value| {
        let flags = ["no_owner", "only_costs", "unused"].into_iter().filter(|flag| row[*flag] == true);
        [row["component"].as_str().expect("a key")].into_iter().chain(flags).collect::<Vec<_>>().join(" ")
    };
    answer["items"].as_array().expect("rows").iter().map(row).collect()
}

fn what_only_costs_is_said_until_somebody_has_something_of_it(app: &TestApp) {
    for (name, owner) in [("Search", Some("Ann")), ("Index", None), ("Idle", None), ("Hand", Some("Ann"))] {
        let new = json!({ "name": name, "kind": "service", "owner": owner });
        app.editor().post("components", &new).expect(201);
    }
    let gone = json!({ "name": "Gone", "kind": "service", "lifecycle": "retired", "depends_on": ["idle"] });
    app.editor().post("components", &gone).expect(201);
    cost(app, "search", "300.30", "EUR");
    cost(app, "index", "50", "EUR");
    cost(app, "gone", "7", "EUR");
    let ann = person(app, "Ann", "2026-01-01", None);
    week(app, "2026-W42", Some(&ann), &[(Some("hand"), "toil", 0.75), (None, "overhead", 0.25)]);
    let rate = json!({ "valid_from": "2026-01-01", "amount": { "amount": "1", "currency": "EUR" } });
    app.editor().post("labour-rates", &rate).expect(201);
    assert_eq!(
        flags(app, ""),
        ["search only_costs", "index no_owner only_costs", "hand only_costs", "idle no_owner unused"]
    );
    assert_eq!(flags(app, "&only=no_owner"), ["index no_owner only_costs", "idle no_owner unused"]);
    assert_eq!(flags(app, "&only=unused,only_costs").len(), 4);
    let answer = asked(app, "stewardship?from=2026-10&to=2026-11");
    assert_eq!(answer["items"][2]["hours"], 30);
    assert_eq!(answer["items"][2]["cost"], json!({ "amount": "30", "currency": "EUR" }));
    assert_eq!(answer["unallocated"], json!({ "hours": 10, "cost": { "amount": "10", "currency": "EUR" } }));
    // An activity, an item in progress and somebody who uses it each say what for.
    let activity = json!({ "on": "2026-10-31", "component": "index", "kind": "patching", "summary": "x" });
    app.editor().post("activities", &activity).expect(201);
    let item = |status: &str| json!({ "title": "x", "kind": "debt", "status": status, "components": ["hand"] });
    app.editor().post("roadmap-items", &item("planned")).expect(201);
    assert_eq!(flags(app, "&only=only_costs"), ["search only_costs", "hand only_costs"]);
    app.editor().post("roadmap-items", &item("in_progress")).expect(201);
    let persona = app.editor().post("personas", &json!({ "name": "Dev" })).expect(201).json["id"].clone();
    let journey =
        json!({ "component": "search", "task": "x", "on": "2026-10-01", "uses_per_month": 1, "minutes_per_use": 1 });
    let journeys = format!("personas/{}/journeys", persona.as_str().expect("an id"));
    app.editor().post(&journeys, &journey).expect(201);
    assert_eq!(flags(app, "&only=only_costs"), Vec::<String>::new());
    let found = asked(app, "stewardship?from=2026-10&to=2026-11");
    let search = &found["items"][0];
    assert_eq!((&search["personas"], &search["last_activity_on"]), (&json!(1), &json!(null)));
    assert_eq!(found["items"][1]["last_activity_on"], "2026-10-31");
    let later = asked(app, "stewardship?from=2026-11&to=2026-12");
    let index = later["items"].as_array().expect("rows").iter().find(|row| row["component"] == "index").expect("index");
    assert_eq!((&index["activities"], &index["last_activity_on"]), (&json!(0), &json!("2026-10-31")));
}

fn a_cost_that_is_not_known_is_said_and_stands_first(app: &TestApp) {
    service(app, "Dear");
    service(app, "Foreign");
    cost(app, "dear", "1000000", "EUR");
    cost(app, "foreign", "1", "USD");
    assert_eq!(flags(app, ""), ["foreign no_owner only_costs", "dear no_owner only_costs"]);
    let row = asked(app, "stewardship?from=2026-10&to=2026-11")["items"][0].clone();
    assert_eq!(row["cost"], Value::Null);
    assert!(row["unknown"].as_str().is_some_and(|why| why.contains("USD")), "{row}");
}

fn who_is_named_by_whom(app: &TestApp) {
    let ann = person(app, "Zoe", "2026-01-01", None);
    let bob = person(app, "Bob", "2026-01-01", None);
    week(app, "2026-W42", Some(&ann), &[(None, "toil", 1.0)]);
    week(app, "2026-W43", Some(&bob), &[(None, "toil", 1.0)]);
    week(app, "2026-W44", None, &[(None, "overhead", 1.0)]);
    let people = asked(app, "hours?from=2026-10&to=2026-11&by=person");
    assert_eq!(
        rows(&people, &["person", "person_name"]),
        ["null null 80 0.5".to_owned(), format!("{bob} Bob 40 0.25"), format!("{ann} Zoe 40 0.25")],
        "the whole team first, then by name"
    );
    // A week of the whole team covers everyone.
    let weeks: Vec<_> = people["missing"].as_array().expect("people").iter().map(|one| one["weeks"].clone()).collect();
    assert_eq!(weeks, [json!(["2026-W40", "2026-W41", "2026-W42"]), json!(["2026-W40", "2026-W41", "2026-W43"])]);
}

fn what_cannot_be_asked_is_refused(app: &TestApp) {
    let faults = |path: &str| app.editor().get(path).expect(422).faults();
    assert_eq!(faults("hours?by=colour"), ["by value"]);
    assert_eq!(faults("hours?by=month,month"), ["by twice"]);
    assert_eq!(faults("stewardship?only=ugly"), ["only value"]);
    assert_eq!(faults("stewardship?only=unused,unused"), ["only twice"]);
    for path in ["hours", "toil", "work-mix", "stewardship"] {
        assert_eq!(faults(&format!("{path}?from=2026-10&to=2026-10")), ["from range"]);
        assert_eq!(faults(&format!("{path}?from=2016-09&to=2026-10")), ["from range"]);
        assert_eq!(faults(&format!("{path}?limit=1")), ["limit parameter"]);
        assert_eq!(faults(&format!("{path}?to=2026-11&from=2026-13")), ["from parameter"]);
        app.editor().get(&format!("{path}?from=2016-10&to=2026-10")).expect(200);
        app.editor().get(&format!("{path}?from=1970-01&to=1970-02")).expect(200);
        app.editor().get(&format!("{path}?from=2999-11&to=2999-12")).expect(200);
    }
}
