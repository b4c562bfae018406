//! Risks, and what they were thought to cost.

use crate::{
    app::TestApp,
    client::Answer,
    effort::service,
    exports::cells,
    imports::{counts, fault, faults, import},
};
use prodops::{
    kernel::dated::in_force,
    risks::{RiskAssessment, store},
};
use serde_json::{Value, json};

on_both_engines!(
    a_risk_is_written_down_changed_and_closed,
    a_risk_is_assessed_once_a_day,
    what_is_no_loss_or_rate_is_refused,
    the_assessment_in_force_tells_what_a_risk_costs_a_year,
    an_assessment_belongs_to_its_risk,
    risks_and_assessments_come_in_by_file,
    what_is_wrong_with_a_file_of_assessments_is_told_by_line,
    risks_and_assessments_are_exported,
);

fn make(app: &TestApp, title: &str) -> String {
    let made = app.editor().post("risks", &json!({ "component": "database", "title": title })).expect(201);
    made.json["id"].as_str().expect("an id").to_owned()
}

fn assess(app: &TestApp, risk: &str, on: &str, loss: &str, rate: Value) -> Answer {
    let body = json!({ "on": on, "single_loss": { "amount": loss, "currency": "EUR" }, "annual_rate": rate });
    app.editor().post(&format!("risks/{risk}/assessments"), &body)
}

fn a_risk_is_written_down_changed_and_closed(app: &TestApp) {
    service(app, "Database");
    service(app, "Search");
    let new = json!({ "component": "database", "title": "Both disks fail" });
    let made = app.editor().post("risks", &new).expect(201);
    let path = format!("risks/{}", made.json["id"].as_str().expect("an id"));
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    assert_eq!((&made.json["status"], &made.json["owner"]), (&json!("open"), &Value::Null));
    assert_eq!(app.viewer().get(&path).expect(200).json, made.json);
    let changes = json!({ "status": "accepted", "owner": "platform-core", "component": "search" });
    let changed = app.editor().patch(&path, "\"1\"", &changes).expect(200);
    assert_eq!((changed.etag(), &changed.json["component"]), ("\"2\"", &json!("search")));
    for (more, expected) in [
        (json!({ "component": "theirs" }), "/component unknown_reference"),
        (json!({ "status": "gone" }), "/status not_one_of"),
        (json!({ "title": "" }), "/title too_short"),
        (json!({ "ale": 1 }), "/ale unknown_property"),
    ] {
        assert_eq!(app.editor().patch(&path, "\"2\"", &more).expect(422).faults(), [expected], "{more}");
    }
    make(app, "The building burns");
    let titles = |query: &str| app.viewer().get(&format!("risks?{query}")).expect(200).column("title");
    assert_eq!(titles("status=accepted,closed"), ["Both disks fail"]);
    assert_eq!(titles("owner=null&component=database"), ["The building burns"]);
    assert_eq!(titles("q=BURNS"), ["The building burns"]);
    assert_eq!(titles("sort=-title"), ["The building burns", "Both disks fail"]);
    app.editor().delete("components/search", "\"1\"").expect(409);
    app.editor().delete(&path, "\"2\"").expect(204);
    app.viewer().get(&path).expect(404);
    app.editor().delete("components/search", "\"1\"").expect(204);
}

fn a_risk_is_assessed_once_a_day(app: &TestApp) {
    service(app, "Database");
    let risk = make(app, "Both disks fail");
    let made = assess(app, &risk, "2026-10-01", "100000", json!(0.25)).expect(201);
    let path = format!("risks/{risk}/assessments/{}", made.json["id"].as_str().expect("an id"));
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    assert_eq!((&made.json["risk"], &made.json["annual_rate"]), (&json!(risk), &json!(0.25)));
    assert_eq!(made.json["single_loss"], json!({ "amount": "100000", "currency": "EUR" }));
    assert_eq!(app.viewer().get(&path).expect(200).json, made.json);
    assert_eq!(assess(app, &risk, "2026-10-01", "1", json!(1)).expect(409).json["code"], "exists");
    assess(app, &risk, "2026-10-02", "1", json!(1)).expect(201);
    assess(app, &make(app, "Another"), "2026-10-01", "1", json!(1)).expect(201);
    app.editor().patch(&path, "\"1\"", &json!({ "on": "2026-10-02" })).expect(409);
    let other = json!({ "single_loss": { "amount": "0.000000000001" }, "annual_rate": 0.000_000_000_001 });
    let changed = app.editor().patch(&path, "\"1\"", &other).expect(200);
    assert_eq!(changed.json["single_loss"], json!({ "amount": "0.000000000001", "currency": "EUR" }));
    assert_eq!(changed.json["annual_rate"], json!(0.000_000_000_001));
    let list = format!("risks/{risk}/assessments");
    assert_eq!(app.viewer().get(&format!("{list}?sort=-on")).column("on"), ["2026-10-02", "2026-10-01"]);
    assert_eq!(app.viewer().get(&format!("{list}?on.lt=2026-10-02")).column("on"), ["2026-10-01"]);
    let refused = app.editor().delete(&format!("risks/{risk}"), "\"1\"").expect(409);
    assert_eq!(refused.json["code"], "referenced");
    app.editor().patch(&format!("risks/{risk}"), "\"1\"", &json!({ "status": "closed" })).expect(200);
    app.editor().delete(&path, "\"2\"").expect(204);
    assert_eq!(app.viewer().get(&list).column("on"), ["2026-10-02"]);
}

fn what_is_no_loss_or_rate_is_refused(app: &TestApp) {
    service(app, "Database");
    let risk = make(app, "Both disks fail");
    let tried = |loss: &str, rate: Value| assess(app, &risk, "2026-10-01", loss, rate).expect(422).faults();
    assert_eq!(tried("-1", json!(1)), ["/single_loss/amount too_small"]);
    assert_eq!(tried("1", json!(-0.1)), ["/annual_rate too_small"]);
    assert_eq!(tried("1", json!(10_001)), ["/annual_rate too_large"]);
    assert_eq!(tried("1", json!("often")), ["/annual_rate type"]);
    assert_eq!(tried("1e3", json!(1)), ["/single_loss/amount format"]);
    let thirteen = serde_json::from_str("0.0000000000001").expect("a number");
    assert_eq!(assess(app, &risk, "2026-10-01", "1", thirteen).expect(422).status, 422);
    assess(app, &risk, "2026-10-01", "-0", json!(0)).expect(201);
}

fn the_assessment_in_force_tells_what_a_risk_costs_a_year(app: &TestApp) {
    service(app, "Database");
    let risk = make(app, "Both disks fail");
    assess(app, &risk, "2026-10-01", "40000", json!(0.125)).expect(201);
    assess(app, &risk, "2026-01-01", "100000", json!(0.25)).expect(201);
    assess(app, &make(app, "Another"), "2026-09-01", "1", json!(1)).expect(201);
    let product = app.platform();
    let all = app.read(move |conn| store::assessments(conn, &product));
    let mine: Vec<RiskAssessment> = all.into_iter().filter(|one| one.risk == risk).collect();
    let annual = |day: &str| {
        let assessment = in_force(&mine, day.parse().expect("a day"));
        assessment.map(|one| one.annual_loss().amount.to_string())
    };
    assert_eq!(annual("2025-12-31"), None, "unknown is not zero");
    assert_eq!(annual("2026-09-30").as_deref(), Some("25000"));
    assert_eq!(annual("2026-10-01").as_deref(), Some("5000"));
}

fn an_assessment_belongs_to_its_risk(app: &TestApp) {
    service(app, "Database");
    let (one, two) = (make(app, "One"), make(app, "Two"));
    let made = assess(app, &one, "2026-10-01", "1", json!(1)).expect(201).json;
    let elsewhere = format!("risks/{two}/assessments/{}", made["id"].as_str().expect("an id"));
    app.viewer().get(&elsewhere).expect(404);
    app.editor().patch(&elsewhere, "\"1\"", &json!({ "annual_rate": 2 })).expect(404);
    app.editor().delete(&elsewhere, "\"1\"").expect(404);
    app.viewer().get("risks/nothing/assessments").expect(404);
    assess(app, "nothing", "2026-10-01", "1", json!(1)).expect(404);
    let theirs = json!({ "component": "theirs", "title": "Theirs" });
    let theirs = app.outsider().post("/api/v1/products/other/risks", &theirs).expect(201).json;
    assess(app, theirs["id"].as_str().expect("an id"), "2026-10-01", "1", json!(1)).expect(404);
}

fn risks_and_assessments_come_in_by_file(app: &TestApp) {
    service(app, "Database");
    service(app, "Search");
    let risks = "component,title,description,owner,status\ndatabase,Both disks fail,Old ones,core,\n\
                 search,Both disks fail,,,mitigated\ndatabase,Fire,,,\n";
    assert_eq!(counts(app, "risks", risks), (3, 0, 0));
    assert_eq!(counts(app, "risks", risks), (0, 0, 3));
    assert_eq!(counts(app, "risks", "component,title,status\ndatabase,Fire,closed\n"), (0, 1, 0));
    let unknown = faults(import(app, "risks", "component,title\nnothing,Flood\n"));
    assert_eq!(unknown, [fault(2, "component", "unknown_reference")]);
    let of_search = app.viewer().get("risks?component=search").expect(200).column("id").concat();
    let file = format!(
        "risk,on,single_loss,single_loss_currency,annual_rate\nFire,2026-01-01,100000,EUR,0.25\n\
         Fire,2026-10-01,1.5,USD,2\n{of_search},2026-10-01,7,EUR,0\n"
    );
    assert_eq!(counts(app, "risk-assessments", &file), (3, 0, 0));
    assert_eq!(counts(app, "risk-assessments", &file), (0, 0, 3));
    assert_eq!(counts(app, "risk-assessments", &file.replace("100000", "90000.0")), (0, 1, 2));
    let list = format!("risks/{of_search}/assessments");
    assert_eq!(app.viewer().get(&list).expect(200).json["items"][0]["single_loss"]["amount"], "7");
}

fn what_is_wrong_with_a_file_of_assessments_is_told_by_line(app: &TestApp) {
    service(app, "Database");
    let fire = make(app, "Fire");
    make(app, "Flood");
    make(app, "Flood");
    let file = format!(
        "risk,on,single_loss,single_loss_currency,annual_rate\nFire,2026-01-01,-1,EUR,1\nFlood,2026-01-01,1,EUR,1\n\
         Storm,2026-01-01,1,EUR,1\n{fire},2026-02-01,1,EUR,1\nFire,2026-02-01,1,EUR,1\nFire,2026-03-01,1,EURO,-1\n"
    );
    let mut found = faults(import(app, "risk-assessments", &file));
    found.sort();
    let expected = [
        fault(2, "single_loss", "too_small"),
        fault(3, "risk", "ambiguous"),
        fault(4, "risk", "unknown_reference"),
        fault(6, "", "repeated"),
        fault(7, "annual_rate", "too_small"),
        fault(7, "single_loss_currency", "format"),
    ];
    assert_eq!(found, expected);
}

fn risks_and_assessments_are_exported(app: &TestApp) {
    service(app, "Database");
    let risk = make(app, "Fire");
    assess(app, &risk, "2026-10-01", "100000.5", json!(0.25)).expect(201);
    let exporter = app.exporter();
    let columns = ["product", "deleted_at", "id", "component", "title", "description", "owner", "status"];
    assert_eq!(cells(&exporter, "exports/risks.csv", &columns), [format!("platform  {risk} database Fire   open")]);
    let columns = ["risk", "on", "single_loss_amount", "annual_rate", "annual_loss_amount", "currency"];
    assert_eq!(
        cells(&exporter, "exports/risk_assessments.csv?from=2026-10-01", &columns),
        [format!("{risk} 2026-10-01 100000.5 0.25 25000.125 EUR")]
    );
    assert_eq!(cells(&exporter, "exports/risk_assessments.csv?to=2026-10-01", &columns), [""; 0]);
}
