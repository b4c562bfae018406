//! Every fact of the demo company's report, opened by a reader down to its rows and computed again
//! from nothing but what it says itself, and the facts that it names. A fact that no chapter here
//! knows how to compute fails the test: whoever adds figures adds how to check them.

mod budgets;
mod calculator;
mod costs;
mod decisions;
mod direction;
mod opened;
mod people;
mod promises;
mod work;
mod worth;

use crate::{app::TestApp, client::Client, story};
use calculator::{kept, number, settled};
use opened::{Found, Opened, Walk};
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both_engines!(every_fact_of_the_demo_report_can_be_opened_and_computed_again);

/// The month that is told of, and those that it is compared with.
const MONTH: &str = "2026-10";
const PREVIOUS: &str = "2026-09";
const YEAR_BEFORE: &str = "2025-10";

/// The month that a fact is of, by its name.
fn month_of(fact: &str) -> &'static str {
    match fact.split('.').find(|word| ["previous", "year_before"].contains(word)) {
        Some("previous") => PREVIOUS,
        Some(_) => YEAR_BEFORE,
        None => MONTH,
    }
}

/// How many days a month has that is told of, and the minutes of it in a zone whose clocks are put back in October.
fn length_of(month: &str) -> (usize, i64) {
    match month {
        PREVIOUS => (30, 30 * 24 * 60),
        _ => (31, (31 * 24 + 1) * 60),
    }
}

/// What a fact comes to by what it says; none when nobody knows how it is computed.
fn found(fact: Opened) -> Option<Found> {
    let chapter = fact.name.split('.').next()?;
    match chapter {
        "cost" | "exchange_rate" => costs::found(fact),
        "budget" => budgets::found(fact),
        "effort" | "activities" | "recovery" | "roadmap" | "coverage" | "persona" => work::found(fact),
        "slo" | "incident" => promises::found(fact),
        "impact" | "risk" => worth::found(fact),
        "vision" | "strategy" | "key_result" => direction::found(fact),
        "principle" | "principles" | "journey" | "survey" | "feedback" => people::found(fact),
        "decision" | "decisions" => decisions::found(fact),
        _ => None,
    }
}

fn every_fact_of_the_demo_report_can_be_opened_and_computed_again(app: &TestApp) {
    // What September promised is compared with what became of it.
    story::company_with(app, "roadmap-before.csv");
    publish(app, PREVIOUS);
    direct(app);
    story::import(&app.editor(), "roadmap", &story::seed("roadmap.csv")).expect(200);
    play(app);
    let walk = Walk { facts: opened(app) };
    let (mut computed, mut strangers) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for name in walk.facts.keys() {
        let fact = walk.fact(name);
        is_whole(fact);
        match found(fact) {
            Some(again) => compare(fact, &again),
            None => strangers.push(name),
        }
        *computed.entry(name.split('.').next().unwrap_or_default()).or_default() += 1;
    }
    assert!(strangers.is_empty(), "nobody knows how to compute {strangers:?}");
    assert!(
        computed.values().sum::<usize>() > 600 && computed["impact"] > 40 && computed["budget"] == 37,
        "{computed:?}"
    );
}

/// Publishes the vision, and both versions of the strategy.
fn direct(app: &TestApp) {
    for kind in ["vision", "strategy"] {
        let versions: Vec<Value> = serde_json::from_slice(&story::seed(&format!("{kind}.json"))).expect("JSON");
        for said in versions {
            let path = format!("{}/{kind}", story::SHOP);
            let drafted = app.editor().with("If-None-Match", "*").put(&format!("{path}/draft"), &said).expect(200);
            let editor = app.editor().with("If-Match", drafted.etag());
            editor.post(&format!("{path}/publish"), &json!({})).expect(200);
        }
    }
}

/// What stakeholders of the demo company did themselves, here all signed in as one viewer.
pub fn play(app: &TestApp) {
    let named = |path: &str, property: &str| -> BTreeMap<String, Value> {
        let all = app.owner().get(&format!("{}/{path}?limit=200", story::SHOP)).expect(200).json;
        let items = all["items"].as_array().expect("items").clone();
        items.into_iter().map(|one| (one[property].as_str().expect("a name").to_owned(), one)).collect()
    };
    let at = |path: &str, one: &Value| format!("{}/{path}/{}", story::SHOP, one["id"].as_str().expect("an id"));
    let seen = |one: &Value| format!("\"{}\"", one["version"]);
    for one in named("stakeholders", "name").values() {
        let user = json!({ "user": app.people.viewer });
        app.owner().patch(&at("stakeholders", one), &seen(one), &user).expect(200);
    }
    let (drivers, claims) = (named("value-drivers", "name"), named("impact-claims", "title"));
    let file = story::seed("acts.csv");
    for act in csv::Reader::from_reader(file.as_slice()).records() {
        let act = act.expect("a line");
        let (path, one) = match &act[0] {
            "agree" => ("value-drivers", &drivers[&act[1]]),
            _ => ("impact-claims", &claims[&act[1]]),
        };
        let body = if &act[0] == "agree" { json!({}) } else { json!({ "text": act[3] }) };
        let viewer = app.viewer().with("If-Match", &seen(one));
        viewer.post(&format!("{}/{}", at(path, one), &act[0]), &body).expect(200);
    }
}

/// Builds the report of a month and publishes it; its path.
fn publish(app: &TestApp, month: &str) -> String {
    let report = app.editor().post(&format!("{}/reports", story::SHOP), &json!({ "month": month })).expect(201);
    let path = format!("{}/reports/{}", story::SHOP, report.json["id"].as_str().expect("an id"));
    app.editor().with("If-Match", report.etag()).post(&format!("{path}/publish"), &json!({})).expect(200);
    path
}

/// The facts of the published report, as a viewer opens them. None names a person of the team, nor
/// what an hour of theirs costs.
fn opened(app: &TestApp) -> BTreeMap<String, Value> {
    let path = publish(app, MONTH);
    let team = app.editor().get(&format!("{}/team?limit=200", story::SHOP)).expect(200).column("name");
    let rates = app.editor().get(&format!("{}/labour-rates", story::SHOP)).expect(200).json;
    let rates: Vec<Value> =
        rates["items"].as_array().expect("rates").iter().map(|rate| rate["amount"].clone()).collect();
    assert!(!team.is_empty() && !rates.is_empty());
    let list = app.viewer().get(&path).expect(200).json["facts"].clone();
    let open = |fact: &Value| {
        let name = fact["name"].as_str().expect("a name");
        let open = open_one(&app.viewer(), &path, name);
        for (property, value) in fact.as_object().expect("a fact") {
            assert_eq!(open[property], *value, "{name}: {property} is the same in the list");
        }
        let text = open.to_string();
        assert!(!team.iter().any(|person| text.contains(person.as_str())), "{name} names a person: {text}");
        assert!(!rates.iter().any(|rate| text.contains(&rate.to_string())), "{name} tells a labour rate: {text}");
        (name.to_owned(), open)
    };
    let list = list.as_array().expect("facts");
    let facts: BTreeMap<String, Value> = list.iter().map(open).collect();
    assert_eq!(facts.len(), list.len(), "each name once");
    facts
}

fn open_one(client: &Client, report: &str, name: &str) -> Value {
    client.get(&format!("{report}/facts/{name}")).expect(200).json
}

/// It is known, or says why not; it has a formula; and what goes into it is the same where it stands itself.
fn is_whole(fact: Opened) {
    let name = fact.name;
    assert_ne!(fact.shown().is_null(), fact.text("unknown").is_empty(), "{name} is known, or it is said why not");
    assert!(!fact.text("formula").is_empty(), "{name} has no formula");
    for input in fact.inputs() {
        let other = fact.walk.facts.get(input["name"].as_str().expect("a name"));
        assert!(other.is_none_or(|other| other["value"] == input["value"]), "{name}: {input}");
    }
}

fn compare(fact: Opened, again: &Found) {
    let (name, shown) = (fact.name, fact.shown());
    match again {
        Found::Number(value) if shown.is_object() => assert_eq!(number(shown), Some(settled(value)), "{name}"),
        Found::Number(value) => assert_eq!(number(shown), Some(kept(value)), "{name}"),
        Found::Text(text) => assert_eq!(shown, text, "{name}"),
        Found::Unknown(why) => assert_eq!((shown, fact.text("unknown")), (&Value::Null, why.as_str()), "{name}"),
    }
}
