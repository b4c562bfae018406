//! Roadmap items in files, and what refers to them.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    effort::person,
    roadmap::{change, item, people_and_trouble, shop_with_slo},
};
use serde_json::{Value, json};

on_both_engines!(
    a_file_of_items_comes_in_and_a_second_time_changes_nothing,
    a_file_names_items_by_ref_or_title,
    what_is_wrong_with_a_file_is_told_by_line,
    what_a_file_ships_keeps_its_day,
    items_and_their_links_are_exported,
    effort_names_items_and_is_repeated_with_them,
    costs_are_told_by_item,
    activities_name_items,
);

fn send(app: &TestApp, format: &str, content: &str) -> Answer {
    app.editor().with("Content-Type", "text/csv").send("POST", &format!("imports/{format}"), Some(content.as_bytes()))
}

#[track_caller]
fn counts(app: &TestApp, format: &str, content: &str) -> (u64, u64, u64) {
    let answer = send(app, format, content).expect(200);
    let count = |name: &str| answer.json[name].as_u64().expect("a count");
    (count("created"), count("changed"), count("unchanged"))
}

/// Line, column and code of each fault.
#[track_caller]
fn faults(answer: Answer) -> Vec<String> {
    let answer = answer.expect(422);
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    let errors = answer.json["errors"].as_array().expect("errors");
    errors.iter().map(|one| format!("{} {} {}", one["line"], text(one, "column"), text(one, "code"))).collect()
}

fn lines(client: &Client, dataset: &str, columns: &str) -> Vec<String> {
    let answer = client.get(&format!("exports/{dataset}.csv?columns={columns}")).expect(200);
    answer.text().lines().skip(1).map(ToOwned::to_owned).collect()
}

fn standing(app: &TestApp) -> Vec<String> {
    let all = app.viewer().get("roadmap-items?sort=rank").expect(200);
    let titles = all.column("title");
    all.column("ref").into_iter().zip(titles).map(|(name, title)| format!("{name} {title}")).collect()
}

const FILE: &str = "ref,title,problem,outcome,description,kind,horizon,status,owner,start_on,target_on,shipped_on,\
    rice_reach,rice_impact,rice_confidence,rice_effort,wsjf_user_value,wsjf_time_criticality,wsjf_risk_reduction,\
    wsjf_job_size,personas,components,slos,incidents,tags,depends_on\n\
    OPS-7,Second,,,,reliability,now,in_progress,Ann,2026-10-01,2026-12-01,,2000,2,0.8,3,,,,,\
    Dev in a hurry,shop,orders,PD-7,a b,OPS-9\n\
    ,First,,,,cost,now,shipped,,,,2026-09-01,,,,,8,5,3,4,,,,,,OPS-7\n\
    OPS-9,Third,Slow,Fast,**More**,feature,later,planned,,,,,,,,,,,,,,,,,,\n";

fn a_file_of_items_comes_in_and_a_second_time_changes_nothing(app: &TestApp) {
    let (persona, incident) = people_and_trouble(app);
    shop_with_slo(app);
    item(app, "Zero", json!({ "horizon": "now" }));
    assert_eq!(counts(app, "roadmap", FILE), (3, 0, 0));
    assert_eq!(standing(app), ["OPS-1 Zero", "OPS-7 Second", "OPS-10 First", "OPS-9 Third"]);
    let second = app.viewer().get("roadmap-items/OPS-7").expect(200).json;
    assert_eq!((&second["personas"], &second["incidents"]), (&json!([persona]), &json!([incident])));
    assert_eq!((&second["components"], &second["slos"]), (&json!(["shop"]), &json!(["orders"])));
    assert_eq!((&second["depends_on"], &second["tags"]), (&json!(["OPS-9"]), &json!(["a", "b"])));
    assert_eq!((&second["status"], &second["rice"]["confidence"]), (&json!("in_progress"), &json!(0.8)));
    assert_eq!(counts(app, "roadmap", FILE), (0, 0, 3));
    assert_eq!(app.viewer().get("roadmap-items/OPS-7").etag(), "\"1\"");
    assert_eq!(item(app, "Next", json!({}))["ref"], "OPS-11", "what is counted goes on after the file");
    let event = app.editor().get("audit-events?action=import").expect(200).json["items"].clone();
    assert_eq!(event.as_array().map(Vec::len), Some(1));
    assert_eq!(event[0]["after"]["format"], "roadmap");
}

fn a_file_names_items_by_ref_or_title(app: &TestApp) {
    item(app, "One", json!({ "owner": "Ann", "tags": ["x"] }));
    item(app, "Two", json!({ "horizon": "now" }));
    // Any status, whatever it was; what the file does not mention stays.
    assert_eq!(counts(app, "roadmap", "title,kind,status\nOne,debt,shipped\n"), (0, 1, 0));
    let one = app.viewer().get("roadmap-items/OPS-1").json;
    assert_eq!(
        (&one["owner"], &one["kind"], &one["shipped_on"]),
        (&json!("Ann"), &json!("debt"), &json!("2026-11-02"))
    );
    assert_eq!(counts(app, "roadmap", "ref,title,kind,horizon\nOPS-1,Uno,debt,now\n,Two,feature,now\n"), (0, 1, 1));
    assert_eq!(standing(app), ["OPS-2 Two", "OPS-1 Uno"], "in another horizon it comes last");
    item(app, "Two", json!({}));
    assert_eq!(faults(send(app, "roadmap", "title,kind\nTwo,debt\n")), ["2 title doubtful"]);
    assert_eq!(counts(app, "roadmap", "title,kind,ref\nTwo,debt,OPS-3\n"), (0, 1, 0));
    let twice = "title,kind,ref\nTwo,debt,OPS-3\nTwo,risk,OPS-3\nNew,debt,\nNew,risk,\n";
    assert_eq!(faults(send(app, "roadmap", twice)), ["3  repeated", "5  repeated"]);
    assert_eq!(counts(app, "roadmap", "title,kind,ref\nA,debt,\nB,debt,OPS-4\n"), (2, 0, 0));
    assert_eq!(standing(app)[2..], ["OPS-3 Two", "OPS-5 A", "OPS-4 B"], "no line is counted to another's ref");
}

fn what_is_wrong_with_a_file_is_told_by_line(app: &TestApp) {
    item(app, "Gone", json!({}));
    app.editor().delete("roadmap-items/OPS-1", "\"1\"").expect(204);
    let file = "ref,title,kind,status,shipped_on,personas,components,depends_on\n\
                DEV-2,Other,feature,,,,,\n\
                OPS-1,Again,feature,,,,,\n\
                ops-1,Small,feature,,,,,\n\
                ,Early,feature,planned,2026-01-01,,,\n\
                ,Nobody,feature,,,No one,theirs,OPS-99\n\
                ,Kind,wish,,,,,\n";
    let expected = [
        "2 ref prefix",
        "3  given_before",
        "4 ref format",
        "5 shipped_on not_shipped",
        "6 personas unknown_reference",
        "6 components unknown_reference",
        "7 kind not_one_of",
    ];
    assert_eq!(faults(send(app, "roadmap", file)), expected);
    let missing = "title,kind,depends_on\nNobody,feature,OPS-99\n";
    assert_eq!(faults(send(app, "roadmap", missing)), ["2 depends_on unknown_reference"]);
    let cycle = "ref,title,kind,depends_on\nOPS-2,a,debt,OPS-3\nOPS-3,b,debt,OPS-4\nOPS-4,c,debt,OPS-2\n";
    let refused = send(app, "roadmap", cycle);
    let detail = refused.json["detail"].as_str().unwrap_or_default().to_owned();
    assert!(["OPS-2", "OPS-3", "OPS-4"].iter().all(|name| detail.contains(name)), "{detail}");
    assert_eq!(faults(refused), ["2 depends_on cycle"]);
    assert_eq!(
        faults(send(app, "roadmap", "title,kind,rice_reach\nx,debt,1\n"))[0],
        "1 rice_confidence missing_column"
    );
    assert_eq!(standing(app), [""; 0], "all or nothing");
    assert_eq!(item(app, "Next", json!({}))["ref"], "OPS-2");
}

fn what_a_file_ships_keeps_its_day(app: &TestApp) {
    let file = "title,kind,status,shipped_on\nDone,debt,shipped,\n";
    assert_eq!(counts(app, "roadmap", file), (1, 0, 0));
    app.pass(chrono::TimeDelta::days(3));
    assert_eq!(counts(app, "roadmap", file), (0, 0, 1), "the same file, another day");
    let shipped_on = || app.viewer().get("roadmap-items/OPS-1").json["shipped_on"].clone();
    assert_eq!(shipped_on(), "2026-11-02");
    assert_eq!(counts(app, "roadmap", "title,kind,status\nDone,debt,dropped\n"), (0, 1, 0));
    assert_eq!(shipped_on(), Value::Null);
}

fn items_and_their_links_are_exported(app: &TestApp) {
    let (persona, incident) = people_and_trouble(app);
    shop_with_slo(app);
    counts(app, "roadmap", FILE);
    let etag = app.editor().get("roadmap-items/OPS-10").expect(200).etag().to_owned();
    let first = app.editor().with("If-Match", &etag);
    first.post("roadmap-items/OPS-10/move", &json!({ "first_in": "now" })).expect(200);
    let columns = "ref,title,horizon,position,status,shipped_on,rice_confidence,rice,wsjf_job_size,wsjf,tags";
    let expected = [
        "OPS-10,First,now,1,shipped,2026-09-01,,,4,4,\"\"",
        "OPS-7,Second,now,2,in_progress,,0.8,1066.666666666667,,,a b",
        "OPS-9,Third,later,1,planned,,,,,,\"\"",
    ];
    assert_eq!(lines(&app.exporter(), "roadmap_items", columns), expected);
    let expected = [
        format!("platform,,OPS-7,persona,{persona}"),
        "platform,,OPS-7,component,shop".to_owned(),
        "platform,,OPS-7,slo,orders".to_owned(),
        format!("platform,,OPS-7,incident,{incident}"),
        "platform,,OPS-10,depends_on,OPS-7".to_owned(),
        "platform,,OPS-7,depends_on,OPS-9".to_owned(),
    ];
    assert_eq!(lines(&app.exporter(), "roadmap_links", "product,deleted_at,roadmap_item,kind,target"), expected);
}

fn effort_names_items_and_is_repeated_with_them(app: &TestApp) {
    let id = item(app, "Worked on", json!({}))["id"].clone();
    let ann = person(app, "Ann", "2026-01-01", None);
    let shares = json!([
        { "roadmap_item": id, "kind": "improvement", "share": 0.5 },
        { "roadmap_item": "OPS-1", "kind": "toil", "share": 0.25 },
        { "component": null, "kind": "toil", "share": 0.25 },
    ]);
    let week = json!({ "entries": [{ "person": ann, "shares": shares }] });
    let put = |name: &str, body: &Value| app.editor().with("If-None-Match", "*").put(&format!("effort/{name}"), body);
    let told = |answer: Answer| -> Vec<Value> {
        let shares = answer.json["entries"][0]["shares"].as_array().expect("shares").clone();
        shares.into_iter().map(|share| share["roadmap_item"].clone()).collect()
    };
    let expected = vec![json!("OPS-1"), json!("OPS-1"), Value::Null];
    assert_eq!(told(put("2026-W43", &week).expect(200)), expected);
    assert_eq!(told(app.editor().get("effort/2026-W43").expect(200)), expected);
    assert_eq!(told(app.editor().post("effort/2026-W44/repeat", &json!({})).expect(200)), expected);
    let share = json!({ "roadmap_item": "OPS-2", "kind": "toil", "share": 1 });
    let wrong = put("2026-W42", &json!({ "entries": [{ "person": ann, "shares": [share] }] }));
    assert_eq!(wrong.expect(422).faults(), ["/entries/0/shares/0/roadmap_item unknown_reference"]);
    let file = format!(
        "week,person,component,roadmap_item,kind,share\n2026-W43,Ann,,OPS-1,improvement,0.5\n\
         2026-W43,Ann,,{},toil,0.25\n2026-W43,Ann,,,toil,0.25\n",
        id.as_str().expect("an id")
    );
    assert_eq!(counts(app, "effort", &file), (0, 0, 1), "by ref or by id");
    assert_eq!(counts(app, "effort", &file.replace(",OPS-1,improvement", ",,improvement")), (0, 1, 0));
    let columns = "week,person,kind,share,roadmap_item";
    let of_editor = lines(&app.editor(), "effort", columns);
    assert_eq!(of_editor[..2], ["2026-W43,Ann,improvement,0.5,", "2026-W43,Ann,toil,0.25,OPS-1"]);
    let of_viewer = lines(&app.viewer(), "effort", columns);
    assert_eq!(of_viewer[..2], ["2026-W43,,toil,0.5,", "2026-W43,,improvement,0.5,"], "summed over items too");
}

fn costs_are_told_by_item(app: &TestApp) {
    let id = item(app, "Cheaper", json!({ "kind": "cost" }))["id"].clone();
    let ann = person(app, "Ann", "2026-01-01", None);
    let rate = json!({ "valid_from": "2026-09-01", "amount": { "amount": "50", "currency": "EUR" } });
    app.editor().post("labour-rates", &rate).expect(201);
    let shares = json!([
        { "roadmap_item": "OPS-1", "kind": "improvement", "share": 0.5 },
        { "kind": "toil", "share": 0.5 },
    ]);
    let week = json!({ "entries": [{ "person": ann, "shares": shares }] });
    app.editor().with("If-None-Match", "*").put("effort/2026-W42", &week).expect(200);
    let amount = json!({ "amount": "100.5", "currency": "EUR" });
    let entry =
        |item: Value| json!({ "roadmap_item": item, "month": "2026-10", "category": "licence", "amount": amount });
    let made = app.editor().post("cost-entries", &entry(id)).expect(201);
    assert_eq!(made.json["roadmap_item"], "OPS-1");
    app.editor().post("cost-entries", &entry(Value::Null)).expect(201);
    let wrong = app.editor().post("cost-entries", &entry(json!("OPS-2"))).expect(422);
    assert_eq!(wrong.faults(), ["/roadmap_item unknown_reference"]);
    let answer = app.viewer().get("costs?from=2026-10&to=2026-11&by=roadmap_item").expect(200);
    let rows: Vec<_> = answer.json["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["roadmap_item"].clone(), row["hours"].clone(), row["total"]["amount"].clone()))
        .collect();
    // Half of 40 hours at 50, and the entry.
    let expected = [(Value::Null, json!(20), json!("1100.5")), (json!("OPS-1"), json!(20), json!("1100.5"))];
    assert_eq!(rows, expected);
    let both = app.viewer().get("costs?from=2026-10&to=2026-11&by=component,roadmap_item,month,category,nature");
    assert_eq!(both.expect(200).column("roadmap_item"), ["null", "null", "OPS-1", "OPS-1"]);
    let filtered = app.viewer().get("cost-entries?roadmap_item=OPS-1").expect(200);
    assert_eq!(filtered.column("id"), [made.json["id"].as_str().expect("an id")]);
    let file = "month,category,amount,currency,roadmap_item,source,external_id\n\
                2026-10,licence,1,EUR,OPS-1,bill,1\n2026-10,licence,1,EUR,,bill,2\n";
    assert_eq!(counts(app, "costs", file), (2, 0, 0));
    assert_eq!(counts(app, "costs", file), (0, 0, 2));
    assert_eq!(faults(send(app, "costs", &file.replace("OPS-1", "OPS-3"))), ["2 roadmap_item unknown_reference"]);
    assert_eq!(counts(app, "costs", &file.replace("EUR,,bill", "EUR,OPS-1,bill")), (0, 1, 1));
    let exported = lines(&app.exporter(), "cost_entries", "roadmap_item,amount,external_id");
    assert_eq!(exported.iter().filter(|line| line.starts_with("OPS-1,")).count(), 3, "{exported:?}");
    let facts = app.editor().post("reports", &json!({ "month": "2026-10" })).expect(201).json["id"].clone();
    let facts = format!("reports/{}/facts/cost.total", facts.as_str().expect("an id"));
    let rows = app.editor().get(&facts).expect(200).json["rows"].clone();
    assert!(rows.as_array().is_some_and(|rows| rows.iter().any(|row| row["roadmap_item"] == "OPS-1")), "{rows}");
    change(app, "OPS-1", json!({ "status": "dropped" })).expect(200);
}

fn activities_name_items(app: &TestApp) {
    let id = item(app, "Done", json!({}))["id"].clone();
    let new = json!({ "on": "2026-10-07", "roadmap_item": id, "kind": "upgrade", "summary": "Upgraded." });
    let made = app.editor().post("activities", &new).expect(201);
    assert_eq!(made.json["roadmap_item"], "OPS-1");
    assert_eq!(app.viewer().get("activities?roadmap_item=OPS-1").column("summary"), ["Upgraded."]);
    let path = format!("activities/{}", made.json["id"].as_str().expect("an id"));
    let wrong = app.editor().patch(&path, "\"1\"", &json!({ "roadmap_item": "OPS-2" })).expect(422);
    assert_eq!(wrong.faults(), ["/roadmap_item unknown_reference"]);
    let file = "on,kind,summary,roadmap_item\n2026-10-07,upgrade,Upgraded.,\n2026-10-08,toil,Cleaned.,OPS-1\n";
    assert_eq!(counts(app, "activities", file), (1, 1, 0));
    assert_eq!(counts(app, "activities", file), (0, 0, 2));
    let unknown = file.replace("OPS-1", "OPS-2");
    assert_eq!(faults(send(app, "activities", &unknown)), ["3 roadmap_item unknown_reference"]);
    let kept = app.editor().patch(&path, "\"2\"", &json!({ "planned": true })).expect(200);
    assert_eq!(kept.json["roadmap_item"], Value::Null);
}
