//! From ops work to business value: what a claim is worth, who accepts it, and the chain it hangs on.

use crate::app::TestApp;
use serde_json::{Value, json};

on_both_engines!(
    a_claim_is_worth_what_its_method_makes_of_the_evidence,
    what_a_stakeholder_accepted_is_taken_back_by_what_changes_it,
    a_late_observation_does_not_move_the_baseline,
    evidence_that_is_missing_is_told_by_name,
    what_is_published_is_final_in_the_export,
    a_claim_says_how_it_stands_as_the_report_does,
    the_chain_goes_from_a_claim_to_its_rows_and_up_to_people,
);

fn make(app: &TestApp, path: &str, body: Value) -> Value {
    app.owner().post(path, &body).expect(201).json
}

/// A shop whose developers deploy: 40 people, 6 times a month, 25 minutes each before and 10 after.
/// Returns the ids of persona, stakeholder, driver and the later journey.
pub struct Told {
    pub persona: Value,
    pub stakeholder: Value,
    pub driver: Value,
    pub journey: Value,
    pub item: Value,
}

pub fn told(app: &TestApp) -> Told {
    make(app, "components", json!({ "name": "Shop", "kind": "service" }));
    let persona = make(app, "personas", json!({ "name": "Developer", "role": "builds the shop" }))["id"].clone();
    let of_persona = |what: &str| format!("personas/{}/{what}", persona.as_str().expect("an id"));
    make(app, &of_persona("populations"), json!({ "valid_from": "2026-01-01", "people": 40 }));
    let journey = |on: &str, uses: f64, minutes: f64| {
        let body = json!({ "component": "shop", "task": "Deploy", "on": on, "uses_per_month": uses,
            "minutes_per_use": minutes, "source": "asked" });
        make(app, &of_persona("journeys"), body)["id"].clone()
    };
    journey("2026-08-10", 6.0, 25.0);
    let later = journey("2026-09-15", 9.0, 10.0);
    let body = json!({ "name": "Vera", "group": "engineering", "user": app.people.viewer });
    let stakeholder = make(app, "stakeholders", body)["id"].clone();
    let amount = json!({ "valid_from": "2026-01-01", "amount": { "amount": "55", "currency": "EUR" } });
    let body = json!({ "name": "Hour", "kind": "hour_of_work", "amounts": [amount], "stakeholder": stakeholder });
    let driver = make(app, "value-drivers", body)["id"].clone();
    let item =
        make(app, "roadmap-items", json!({ "title": "Deploy by itself", "kind": "feature", "personas": [persona] }));
    Told { persona, stakeholder, driver, journey: later, item: item["ref"].clone() }
}

pub fn claim(app: &TestApp, told: &Told) -> Value {
    let body = json!({
        "title": "Deploying is quick", "roadmap_item": told.item, "method": "time_saved", "benefit": "capacity_freed",
        "inputs": { "component": "shop", "persona": told.persona, "task": "Deploy" }, "value_driver": told.driver,
        "from": "2026-09", "baseline": { "from": "2026-06", "to": "2026-09" },
        "expected_monthly": { "amount": "3000", "currency": "EUR" },
        "attribution": { "share": 0.5, "why": "the other half was a new network" }, "confidence": "medium",
        "stakeholder": told.stakeholder,
    });
    make(app, "impact-claims", body)
}

fn month(app: &TestApp, claim: &Value, month: &str) -> Value {
    let path = format!("impact-claims/{}/value", claim["id"].as_str().expect("an id"));
    let value = app.viewer().get(&path).expect(200).json;
    let items = value["items"].as_array().expect("months").clone();
    items.into_iter().find(|item| item["month"] == month).unwrap_or_else(|| panic!("{month} in {value}"))
}

/// 40 × min(6, 9) × (25 − 10) ÷ 60 = 60 h × 55 = 3,300; half of it, 1,650; × 0.8 weighted, 1,320.
fn a_claim_is_worth_what_its_method_makes_of_the_evidence(app: &TestApp) {
    let claim = claim(app, &told(app));
    let october = month(app, &claim, "2026-10");
    let money = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    let part =
        json!({ "benefit": "capacity_freed", "amount": money("1650"), "weighted": money("1320"), "unrealised": true });
    assert_eq!(october["parts"], json!([part]));
    assert_eq!(
        (&october["counted"], &october["accepted"], &october["expected"]),
        (&json!(true), &json!(false), &money("3000"))
    );
    assert_eq!(month(app, &claim, "2026-11")["unknown"], "2026-11 is not over");
    let inputs: Vec<_> =
        october["inputs"].as_array().expect("inputs").iter().map(|input| input["name"].clone()).collect();
    assert!(inputs.contains(&json!("people")) && inputs.contains(&json!("hours_saved")), "{inputs:?}");
}

fn what_a_stakeholder_accepted_is_taken_back_by_what_changes_it(app: &TestApp) {
    let told = told(app);
    let claim = claim(app, &told);
    let path = format!("impact-claims/{}", claim["id"].as_str().expect("an id"));
    let act =
        |what: &str| app.viewer().with("If-Match", "\"1\"").post(&format!("{path}/{what}"), &json!({ "text": "Yes." }));
    for nobody in [app.owner(), app.editor(), app.exporter()] {
        nobody.with("If-Match", "\"1\"").post(&format!("{path}/accept"), &json!({})).expect(403);
    }
    assert_eq!(act("accept").expect(200).json["state"], "accepted");
    assert_eq!(month(app, &claim, "2026-10")["accepted"], true);
    let journey = format!(
        "personas/{}/journeys/{}",
        told.persona.as_str().expect("an id"),
        told.journey.as_str().expect("an id")
    );
    app.editor().patch(&journey, "\"1\"", &json!({ "minutes_per_use": 12 })).expect(200);
    assert_eq!(month(app, &claim, "2026-10")["accepted"], false, "what was accepted is no longer what it is");
}

fn a_late_observation_does_not_move_the_baseline(app: &TestApp) {
    let told = told(app);
    let claim = claim(app, &told);
    let before = month(app, &claim, "2026-10")["parts"].clone();
    let path = format!("personas/{}/journeys", told.persona.as_str().expect("an id"));
    let late = json!({ "component": "shop", "task": "Deploy", "on": "2026-08-28", "uses_per_month": 1,
        "minutes_per_use": 10, "source": "told late" });
    make(app, &path, late);
    assert_eq!(month(app, &claim, "2026-10")["parts"], before);
}

fn evidence_that_is_missing_is_told_by_name(app: &TestApp) {
    let told = told(app);
    let claim = claim(app, &told);
    let journey = format!(
        "personas/{}/journeys/{}",
        told.persona.as_str().expect("an id"),
        told.journey.as_str().expect("an id")
    );
    app.editor().delete(&journey, "\"1\"").expect(204);
    let october = month(app, &claim, "2026-10");
    assert_eq!(october["unknown"], "\"Deploy\" of Developer has not been observed since 2026-09-01");
    assert_eq!((&october["parts"], &october["counted"]), (&json!([]), &json!(false)));
    let path = format!("impact-claims/{}/accept", claim["id"].as_str().expect("an id"));
    let refused = app.viewer().with("If-Match", "\"1\"").post(&path, &json!({})).expect(409);
    assert_eq!(refused.json["code"], "nothing_computed");
}

/// Twelve minutes instead of ten: 40 × 6 × 13 ÷ 60 = 52 h × 55 = 2,860, half of it 1,430.
fn what_is_published_is_final_in_the_export(app: &TestApp) {
    let told = told(app);
    claim(app, &told);
    let finals = || {
        let columns = "exports/impact_monthly.csv?columns=month,benefit,amount,is_final,revision";
        app.exporter().get(columns).expect(200).text().lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    let publish = |reason: &str| {
        let report = app.editor().post("reports", &json!({ "month": "2026-10" })).expect(201);
        let path = format!("reports/{}/publish", report.json["id"].as_str().expect("an id"));
        app.editor().with("If-Match", report.etag()).post(&path, &json!({ "reason": reason })).expect(200);
    };
    let september = "2026-09,capacity_freed,1650,false,0";
    assert_eq!(finals(), format!("{september} 2026-10,capacity_freed,1650,false,0"));
    publish("");
    assert_eq!(finals(), format!("{september} 2026-10,capacity_freed,1650,true,1"));
    let persona = told.persona.as_str().expect("an id");
    let journey = format!("personas/{persona}/journeys/{}", told.journey.as_str().expect("an id"));
    app.editor().patch(&journey, "\"1\"", &json!({ "minutes_per_use": 12 })).expect(200);
    let september = september.replace("1650", "1430");
    assert_eq!(finals(), format!("{september} 2026-10,capacity_freed,1430,false,1"));
    publish("The stopwatch was wrong.");
    assert_eq!(finals(), format!("{september} 2026-10,capacity_freed,1430,true,2"));
}

fn a_claim_says_how_it_stands_as_the_report_does(app: &TestApp) {
    let claim = claim(app, &told(app));
    let path = format!("impact-claims/{}", claim["id"].as_str().expect("an id"));
    let stands = || {
        let october = month(app, &claim, "2026-10");
        let report = app.editor().post("reports", &json!({ "month": "2026-10" })).json;
        let name = |what: &str| format!("impact.{what}_count");
        let facts = report["facts"].as_array().expect("facts").clone();
        let counted = ["accepted", "realised", "questioned", "not_counted", "unknown", "told"]
            .into_iter()
            .filter(|what| facts.iter().any(|fact| fact["name"] == name(what) && fact["value"] == 1))
            .collect::<Vec<_>>();
        assert_eq!(json!(counted), json!([october["standing"]]), "the report tells the same");
        assert_eq!(october["accepted"], october["standing"] == "accepted");
        assert_eq!(month(app, &claim, "2026-12")["standing"], "unknown", "it is not over");
        counted[0]
    };
    let act = |what: &str, version: &str| {
        app.viewer().with("If-Match", version).post(&format!("{path}/{what}"), &json!({ "text": "?" })).expect(200);
    };
    assert_eq!(stands(), "realised");
    act("accept", "\"1\"");
    assert_eq!(stands(), "accepted");
    act("question", "\"2\"");
    assert_eq!(stands(), "questioned");
}

fn the_chain_goes_from_a_claim_to_its_rows_and_up_to_people(app: &TestApp) {
    let told = told(app);
    let claim = claim(app, &told);
    let trace =
        app.viewer().get(&format!("trace/impact-claims/{}", claim["id"].as_str().expect("an id"))).expect(200).json;
    let links = |way: &str| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        trace[way].as_array().expect("links").iter().map(|link| (text(&link["kind"]), text(&link["id"]))).collect()
    };
    let link = |kind: &str, id: &Value| (kind.to_owned(), id.as_str().expect("an id").to_owned());
    for upper in [
        link("roadmap-items", &told.item),
        link("personas", &told.persona),
        link("value-drivers", &told.driver),
        link("stakeholders", &told.stakeholder),
    ] {
        assert!(links("up").contains(&upper), "{upper:?} in {trace}");
    }
    for lower in [link("journeys", &told.journey), link("components", &json!("shop"))] {
        assert!(links("down").contains(&lower), "{lower:?} in {trace}");
    }
    let persona =
        app.viewer().get(&format!("trace/personas/{}", told.persona.as_str().expect("an id"))).expect(200).json;
    assert!(persona["down"].to_string().contains(claim["id"].as_str().expect("an id")), "and back again");
    app.viewer().get("trace/impact-claims/nothing").expect(404);
    app.viewer().get("trace/wishes/x").expect(404);
}
