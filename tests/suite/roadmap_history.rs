//! What became of roadmap items: every change, what of it is news, and how all of them stood at a moment.

use crate::{
    app::TestApp,
    client::Answer,
    roadmap::{change, item},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use prodops::kernel::{
    clock::Instant,
    schema::{roadmap_history, roadmap_items},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

on_both_engines!(
    what_an_item_was_to_be_is_kept,
    why_it_was_dropped_is_said_once,
    every_way_of_changing_an_item_is_told_field_by_field,
    history_is_paged_from_the_newest,
    news_are_told_by_whom_and_by_how_many_days,
    news_are_paged_and_filtered,
    a_list_is_told_as_it_stood_at_a_moment,
    what_nobody_wrote_down_is_told_by_what_is_known,
    random_changes_fold_to_what_is_there_and_every_moment_is_told_as_it_was,
    what_makes_no_sense_is_refused_by_name,
);

fn send(app: &TestApp, file: &str) -> Answer {
    app.editor().with("Content-Type", "text/csv").send("POST", "imports/roadmap", Some(file.as_bytes())).expect(200)
}

fn put(app: &TestApp, name: &str, place: Value) -> Value {
    let path = format!("roadmap-items/{name}");
    let etag = app.editor().get(&path).expect(200).etag().to_owned();
    app.editor().with("If-Match", &etag).post(&format!("{path}/move"), &place).expect(200).json
}

fn history(app: &TestApp, name: &str) -> Vec<Value> {
    let answer = app.viewer().get(&format!("roadmap-items/{name}/history?limit=200")).expect(200);
    assert_eq!(answer.json["next_cursor"], Value::Null);
    answer.json["items"].as_array().expect("items").clone()
}

/// `field: from → to` of a change.
fn fields(event: &Value) -> Vec<String> {
    let changes = event["changes"].as_array().expect("changes").iter();
    changes.map(|one| format!("{}: {} → {}", one["field"].as_str().expect("a field"), one["from"], one["to"])).collect()
}

fn news(app: &TestApp, query: &str) -> Vec<Value> {
    app.viewer().get(&format!("roadmap/changes?{query}")).expect(200).json["items"].as_array().expect("items").clone()
}

/// `kind ref days total_days` of each.
fn told(news: &[Value]) -> Vec<String> {
    let word = |one: &Value, name: &str| one[name].as_str().expect("a text").to_owned();
    let one = |one: &Value| format!("{} {} {} {}", word(one, "kind"), word(one, "ref"), one["days"], one["total_days"]);
    news.iter().map(one).collect()
}

fn what_an_item_was_to_be_is_kept(app: &TestApp) {
    let idea = item(app, "Idea", json!({ "target_on": "2026-12-01" }));
    assert_eq!((&idea["planned_at"], &idea["promised_on"], &idea["links"]), (&Value::Null, &Value::Null, &json!([])));
    app.pass(TimeDelta::hours(1));
    let planned = change(app, "OPS-1", json!({ "status": "planned" })).expect(200).json;
    assert_eq!(
        (&planned["planned_at"], &planned["promised_on"]),
        (&json!("2026-11-02T10:00:00Z"), &json!("2026-12-01"))
    );
    app.pass(TimeDelta::hours(1));
    let link = json!([{ "title": "The paper", "url": "https://example.com/a" }]);
    let slipped = change(app, "OPS-1", json!({ "target_on": "2027-01-15", "links": link })).expect(200).json;
    assert_eq!(
        (&slipped["planned_at"], &slipped["promised_on"], &slipped["links"]),
        (&planned["planned_at"], &planned["promised_on"], &link)
    );
    let moved = put(app, "OPS-1", json!({ "first_in": "now" }));
    send(app, "ref,title,kind,status\nOPS-1,Idea,feature,idea\nOPS-7,New,debt,in_progress\nOPS-8,Thought,debt,\n");
    let after = app.viewer().get("roadmap-items/OPS-1").json;
    for property in ["planned_at", "promised_on", "links"] {
        assert_eq!((&moved[property], &after[property]), (&slipped[property], &slipped[property]), "{property}");
    }
    let new = app.viewer().get("roadmap-items/OPS-7").json;
    assert_eq!((&new["planned_at"], &new["promised_on"]), (&json!("2026-11-02T11:00:00Z"), &Value::Null));
    change(app, "OPS-7", json!({ "target_on": "2026-12-24" })).expect(200);
    let refs = |query: &str| app.viewer().get(&format!("roadmap-items?{query}")).expect(200).column("ref");
    assert_eq!(refs("promised_on.gte=2026-12-02"), ["OPS-7"]);
    assert_eq!(refs("planned_at=null"), ["OPS-8"]);
    assert_eq!(refs("sort=-promised_on"), ["OPS-7", "OPS-1", "OPS-8"]);
    assert_eq!(refs("sort=planned_at"), ["OPS-1", "OPS-7", "OPS-8"]);
    let export = app.exporter().get("exports/roadmap_items.csv?columns=ref,planned_at,promised_on").expect(200);
    assert!(export.text().contains("OPS-1,2026-11-02T10:00:00Z,2026-12-01\r\n"), "{}", export.text());
    for read_only in ["planned_at", "promised_on"] {
        let refused = change(app, "OPS-1", json!({ read_only: null })).expect(422).faults();
        assert_eq!(refused, [format!("/{read_only} unknown_property")]);
    }
    let bad = json!({ "links": [{ "title": "x", "url": "javascript:alert(1)" }] });
    assert_eq!(change(app, "OPS-1", bad).expect(422).faults(), ["/links/0/url format"]);
}

fn why_it_was_dropped_is_said_once(app: &TestApp) {
    item(app, "One", json!({ "status": "planned" }));
    let early = change(app, "OPS-1", json!({ "dropped_because": "no" })).expect(422);
    assert_eq!(early.faults(), ["/dropped_because not_dropped"]);
    let dropped = change(app, "OPS-1", json!({ "status": "dropped", "dropped_because": "Too dear." })).expect(200);
    assert_eq!(dropped.json["dropped_because"], "Too dear.");
    change(app, "OPS-1", json!({ "title": "Uno" })).expect(200);
    assert_eq!(app.viewer().get("roadmap-items/OPS-1").json["dropped_because"], "Too dear.");
    assert_eq!(change(app, "OPS-1", json!({ "status": "planned" })).expect(200).json["dropped_because"], Value::Null);
    let said = news(app, "kind=dropped");
    assert_eq!((said.len(), &said[0]["reason"], &said[0]["to"]), (1, &json!("Too dear."), &json!("dropped")));
    send(app, "ref,title,kind,status,dropped_because\nOPS-1,Uno,debt,dropped,Again\n");
    assert_eq!(news(app, "kind=dropped")[1]["reason"], "Again");
}

fn every_way_of_changing_an_item_is_told_field_by_field(app: &TestApp) {
    item(app, "Other", json!({}));
    let one = item(app, "One", json!({ "owner": "Ann", "tags": ["x"] }));
    app.pass(TimeDelta::hours(1));
    change(app, "OPS-2", json!({ "owner": null, "depends_on": ["OPS-1"], "title": "Uno" })).expect(200);
    put(app, "OPS-2", json!({ "before": "OPS-1" }));
    send(app, "ref,title,kind,horizon\nOPS-2,Uno,debt,now\n");
    change(app, "OPS-2", json!({})).expect(200);
    let etag = app.editor().get("roadmap-items/OPS-2").etag().to_owned();
    app.owner().delete("roadmap-items/OPS-2", &etag).expect(204);
    let events = history(app, "OPS-2");
    let text = |name: &str| events.iter().map(|event| event[name].to_string().replace('"', "")).collect::<Vec<_>>();
    assert_eq!(text("action"), ["delete", "update", "import", "move", "update", "create"]);
    assert_eq!(text("version"), ["6", "5", "4", "3", "2", "1"]);
    assert_eq!(text("actor"), ["user"; 6]);
    assert_eq!((&events[0]["by"], &events[5]["by"]), (&json!(app.people.owner), &json!(app.people.editor)));
    assert_eq!((&events[4]["at"], &events[5]["at"]), (&json!("2026-11-02T10:00:00Z"), &json!("2026-11-02T09:00:00Z")));
    assert_eq!(
        fields(&events[4]),
        ["depends_on: [] → [\"OPS-1\"]", "owner: \"Ann\" → null", "title: \"One\" → \"Uno\""]
    );
    assert_eq!(fields(&events[3]), ["after: \"OPS-1\" → null"]);
    assert_eq!(fields(&events[2]), ["horizon: \"later\" → \"now\"", "kind: \"feature\" → \"debt\""]);
    assert_eq!(fields(&events[1]), [""; 0]);
    let made = fields(&events[5]);
    assert!(made.contains(&"owner: null → \"Ann\"".to_owned()) && made.contains(&"tags: null → [\"x\"]".to_owned()));
    assert!(fields(&events[0]).contains(&"title: \"Uno\" → null".to_owned()));
    // By id while it is there; by ref for ever; of another product, and of none, never.
    let id = app.viewer().get("roadmap-items/OPS-1").json["id"].as_str().expect("an id").to_owned();
    assert_eq!(history(app, &id), history(app, "OPS-1"));
    app.viewer().get(&format!("roadmap-items/{}/history", one["id"].as_str().expect("an id"))).expect(404);
    app.viewer().get("roadmap-items/OPS-3/history").expect(404);
    app.outsider().get("roadmap-items/OPS-2/history").expect(404);
    app.exporter().get("roadmap-items/OPS-2/history").expect(403);
}

fn history_is_paged_from_the_newest(app: &TestApp) {
    item(app, "0", json!({}));
    for at in 1..7 {
        app.pass(TimeDelta::minutes(1));
        change(app, "OPS-1", json!({ "title": at.to_string() })).expect(200);
    }
    let (mut versions, mut path) = (Vec::new(), "roadmap-items/OPS-1/history?limit=3".to_owned());
    loop {
        let page = app.viewer().get(&path).expect(200);
        versions.extend(page.column("version"));
        // What comes meanwhile is newer, and disturbs no page.
        change(app, "OPS-1", json!({ "problem": versions.len().to_string() })).expect(200);
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        path = format!("roadmap-items/OPS-1/history?limit=3&cursor={cursor}");
    }
    assert_eq!(versions, ["7", "6", "5", "4", "3", "2", "1"]);
    let count = |query: &str| {
        let answer = app.viewer().get(&format!("roadmap-items/OPS-1/history?{query}")).expect(200);
        answer.column("version").len()
    };
    assert_eq!(count("action=create"), 1);
    assert_eq!(count("at.gte=2026-11-02T09:02:00Z&at.lt=2026-11-02T09:04:00Z"), 2);
    assert_eq!((count(&format!("by={}", app.people.editor)), count("by=null")), (10, 0));
    let up = app.viewer().get("roadmap-items/OPS-1/history?sort=at&limit=2").expect(200);
    assert_eq!(up.column("version"), ["1", "2"]);
    app.viewer().get("roadmap-items/OPS-1/history?action=spread").expect(422);
    app.viewer().get("roadmap-items/OPS-1/history?cursor=x").expect(400);
}

fn news_are_told_by_whom_and_by_how_many_days(app: &TestApp) {
    item(app, "One", json!({ "status": "planned", "target_on": "2026-12-01" }));
    item(app, "Two", json!({}));
    app.pass(TimeDelta::days(1));
    change(app, "OPS-1", json!({ "target_on": "2026-12-08", "owner": "Ann" })).expect(200);
    change(app, "OPS-1", json!({ "target_on": "2026-12-03" })).expect(200);
    change(app, "OPS-1", json!({ "target_on": "2026-12-13", "status": "in_progress" })).expect(200);
    put(app, "OPS-2", json!({ "before": "OPS-1" }));
    put(app, "OPS-2", json!({ "before": "OPS-1" }));
    app.pass(TimeDelta::days(1));
    change(app, "OPS-2", json!({ "horizon": "now", "title": "Zwei" })).expect(200);
    send(app, "ref,title,kind,status,target_on,horizon\nOPS-1,One,feature,shipped,,next\nOPS-3,New,debt,dropped,,\n");
    change(app, "OPS-1", json!({ "status": "planned", "target_on": "2027-01-01" })).expect(200);
    change(app, "OPS-1", json!({ "target_on": null })).expect(200);
    let etag = app.editor().get("roadmap-items/OPS-2").etag().to_owned();
    app.editor().delete("roadmap-items/OPS-2", &etag).expect(204);
    let all = news(app, "");
    assert_eq!(
        told(&all),
        [
            "added OPS-1 null null",
            "added OPS-2 null null",
            "slipped OPS-1 7 7",
            "slipped OPS-1 10 12",
            "moved OPS-2 null null",
            "shipped OPS-1 null -27",
            "moved OPS-1 null null",
            "reopened OPS-1 null null",
            "slipped OPS-1 null null",
            "moved OPS-2 null null",
            "deleted OPS-2 null null",
            "added OPS-3 null null",
        ]
    );
    assert_eq!((&all[4]["from"], &all[4]["to"], &all[4]["title"]), (&json!("later"), &json!("later"), &json!("Two")));
    assert_eq!((&all[9]["from"], &all[9]["to"], &all[9]["title"]), (&json!("later"), &json!("now"), &json!("Zwei")));
    assert_eq!((&all[2]["from"], &all[2]["to"]), (&json!("2026-12-01"), &json!("2026-12-08")));
    assert_eq!((&all[11]["to"], &all[10]["from"]), (&json!("dropped"), &json!("idea")));
    assert!(all.iter().all(|one| one["by"] == json!(app.people.editor) && one["actor"] == "user"));
    // Half-open, by time and by the product's own days.
    let kinds = |query: &str| told(&news(app, query)).len();
    assert_eq!(kinds("since=2026-11-03&until=2026-11-04"), 3);
    assert_eq!(kinds("since=2026-11-03T09:00:00Z&until=2026-11-04T09:00:00Z"), 3);
    assert_eq!((kinds("until=2026-11-02T09:00:00Z"), kinds("since=2026-11-04T09:00:01Z")), (0, 0));
    let export =
        app.exporter().get("exports/roadmap_changes.csv?columns=roadmap_item,kind,days,total_days").expect(200);
    let lines: Vec<_> = export.text().lines().skip(1).map(ToOwned::to_owned).collect();
    let expected: Vec<_> = all
        .iter()
        .map(|one| {
            let word = |name: &str| one[name].as_str().expect("a text").to_owned();
            let number = |name: &str| one[name].as_i64().map_or_else(String::new, |days| days.to_string());
            format!("{},{},{},{}", word("ref"), word("kind"), number("days"), number("total_days"))
        })
        .collect();
    assert_eq!(lines, expected);
    let some = app.exporter().get("exports/roadmap_changes.csv?from=2026-11-03&to=2026-11-04").expect(200);
    assert_eq!(some.text().lines().count(), 4);
}

fn news_are_paged_and_filtered(app: &TestApp) {
    for at in 0..5 {
        item(app, &at.to_string(), json!({ "status": "in_progress", "target_on": "2026-12-01" }));
    }
    send(app, "title,kind,status,horizon\n0,debt,shipped,now\n1,debt,dropped,now\n2,debt,planned,now\n");
    let all = told(&news(app, "limit=200"));
    assert_eq!(all.len(), 10);
    for limit in 1..5 {
        let (mut paged, mut path) = (Vec::new(), format!("roadmap/changes?limit={limit}"));
        loop {
            let page = app.viewer().get(&path).expect(200);
            let items = page.json["items"].as_array().expect("items");
            assert!(!items.is_empty() && items.len() <= limit);
            paged.extend(told(items));
            let Some(cursor) = page.json["next_cursor"].as_str() else { break };
            path = format!("roadmap/changes?limit={limit}&cursor={cursor}");
        }
        assert_eq!(paged, all, "{limit}");
    }
    assert_eq!(told(&news(app, "kind=shipped,dropped")), ["shipped OPS-1 null -29", "dropped OPS-2 null null"]);
}

fn list(app: &TestApp, query: &str) -> Answer {
    app.viewer().get(&format!("roadmap-items?{query}")).expect(200)
}

fn a_list_is_told_as_it_stood_at_a_moment(app: &TestApp) {
    item(app, "One", json!({ "owner": "Ann", "horizon": "now", "target_on": "2026-12-01" }));
    item(app, "Two", json!({ "horizon": "now", "problem": "Slow **disks**", "tags": ["db"] }));
    let first = list(app, "sort=rank").json;
    app.pass(TimeDelta::hours(1));
    put(app, "OPS-2", json!({ "first_in": "now" }));
    change(app, "OPS-1", json!({ "owner": null, "status": "planned" })).expect(200);
    send(app, "ref,title,kind\nOPS-3,Three,debt\n");
    let second = list(app, "sort=rank").json;
    app.pass(TimeDelta::hours(1));
    let etag = app.editor().get("roadmap-items/OPS-2").etag().to_owned();
    app.editor().delete("roadmap-items/OPS-2", &etag).expect(204);
    change(app, "OPS-3", json!({ "horizon": "now", "title": "Drei" })).expect(200);
    let third = list(app, "sort=rank").json;
    for (at, expected) in [
        ("2026-11-02T09:00:00Z", &first),
        ("2026-11-02T09:59:59.999Z", &first),
        ("2026-11-02T11:00:00%2B01:00", &second),
        ("2026-11-02T10:30:00Z", &second),
        ("2026-11-02T11:00:00Z", &third),
    ] {
        assert_eq!(list(app, &format!("as_of={at}&sort=rank")).json, *expected, "{at}");
    }
    assert_eq!(list(app, "as_of=2026-11-02").json["items"], json!([]), "a day is its beginning");
    let refs = |query: &str| list(app, &format!("as_of=2026-11-02T10:30:00Z&{query}")).column("ref");
    assert_eq!(refs("sort=rank"), ["OPS-2", "OPS-1", "OPS-3"]);
    assert_eq!(refs("sort=-rank"), ["OPS-3", "OPS-1", "OPS-2"]);
    assert_eq!(refs("status=planned,shipped"), ["OPS-1"]);
    assert_eq!(refs("horizon=now&sort=ref"), ["OPS-1", "OPS-2"]);
    assert_eq!(refs("kind=debt"), ["OPS-3"]);
    assert_eq!(refs("q=DISKS%20slow"), ["OPS-2"]);
    assert_eq!(refs("ref=OPS-2,OPS-9"), ["OPS-2"]);
    assert_eq!(refs("tags=db"), ["OPS-2"]);
    assert_eq!(refs("target_on.gte=2026-12-01&target_on.lt=2026-12-02"), ["OPS-1"]);
    assert_eq!(list(app, "as_of=2026-11-02T09:00:00Z&owner=Ann").column("ref"), ["OPS-1"]);
    assert_eq!(refs("owner=Ann"), [""; 0]);
    assert_eq!(refs("owner=null").len(), 3);
    // Pages of a moment stay, whatever is written meanwhile.
    let page = list(app, "as_of=2026-11-02T10:30:00Z&sort=rank&limit=2");
    let cursor = page.json["next_cursor"].as_str().expect("another page").to_owned();
    put(app, "OPS-3", json!({ "first_in": "now" }));
    assert_eq!(refs(&format!("sort=rank&limit=2&cursor={cursor}")), ["OPS-3"]);
    app.viewer()
        .get(&format!("roadmap-items?as_of=2026-11-02T10:31:00Z&sort=rank&limit=2&cursor={cursor}"))
        .expect(400);
}

/// As it is after the first migration that has a history: of what a file brought before, nothing is known.
fn what_nobody_wrote_down_is_told_by_what_is_known(app: &TestApp) {
    send(app, "title,kind,horizon\nA,debt,now\nB,debt,now\n");
    app.change(|tx| {
        diesel::delete(roadmap_history::table).execute(&mut **tx)?;
        tx.nothing_changed();
        Ok(())
    });
    let begun = list(app, "sort=rank").json;
    app.pass(TimeDelta::hours(1));
    change(app, "OPS-1", json!({ "title": "Z" })).expect(200);
    app.pass(TimeDelta::hours(1));
    for (at, title) in [("09:30:00Z", "A"), ("10:00:00Z", "Z")] {
        let then = list(app, &format!("as_of=2026-11-02T{at}&sort=rank"));
        assert_eq!(then.column("title"), [title, "B"]);
    }
    assert_eq!(list(app, "as_of=2026-11-02T09:30:00Z&sort=rank").json, begun);
    assert_eq!(list(app, "as_of=2026-11-02T08:59:59Z").json["items"], json!([]));
    assert_eq!(fields(&history(app, "OPS-1")[0]), ["title: \"A\" → \"Z\""]);
    assert_eq!(history(app, "OPS-1").len(), 1);
}

/// A small generator of our own: a seed makes the same story on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).expect("a small number")]
    }
}

fn random_changes_fold_to_what_is_there_and_every_moment_is_told_as_it_was(app: &TestApp) {
    const HORIZONS: [&str; 3] = ["now", "next", "later"];
    const STATUSES: [&str; 5] = ["idea", "planned", "in_progress", "shipped", "dropped"];
    let seed = std::time::UNIX_EPOCH.elapsed().map_or(0, |time| u64::from(time.subsec_nanos()));
    println!("the seed is {seed}");
    let mut chance = Chance(seed);
    let mut moments: Vec<(String, Value)> = Vec::new();
    let mut made = 0;
    for turn in 0..60 {
        app.pass(TimeDelta::seconds(1));
        let name = format!("OPS-{}", chance.below(made.max(1)) + 1);
        let there = app.viewer().get(&format!("roadmap-items/{name}"));
        let open = app.editor();
        match chance.below(10) {
            0 | 1 => {
                item(
                    app,
                    &format!("Item {turn}"),
                    json!({ "horizon": chance.pick(&HORIZONS), "tags": [format!("t{turn}")] }),
                );
                made += 1;
            }
            2 => {
                let status = chance.pick(&STATUSES);
                let horizon = chance.pick(&HORIZONS);
                send(
                    app,
                    &format!(
                        "title,kind,status,horizon\nItem {turn},debt,{status},{horizon}\nOf a file,debt,{status},{horizon}\n"
                    ),
                );
                made = app.viewer().get("roadmap-items?limit=200").column("ref").len() as u64;
            }
            3 if there.status == 200 => {
                open.delete(&format!("roadmap-items/{name}"), there.etag());
            }
            4..=6 if there.status == 200 => {
                put(app, &name, json!({ chance.pick(&["first_in", "last_in"]): chance.pick(&HORIZONS) }));
            }
            7 => squeeze(app, &mut chance),
            _ if there.status == 200 => {
                let day = format!("2026-12-{:02}", chance.below(28) + 1);
                let more = match chance.below(4) {
                    0 => json!({ "target_on": day }),
                    1 => json!({ "status": chance.pick(&STATUSES) }),
                    2 => json!({ "owner": null, "horizon": chance.pick(&HORIZONS), "description": day }),
                    _ => {
                        json!({ "title": format!("Called {turn}"), "rice": { "reach": turn, "impact": 1, "confidence": 1, "effort": 1 } })
                    }
                };
                // A step that there is not is refused, and nothing is written down.
                open.patch(&format!("roadmap-items/{name}"), there.etag(), &more);
            }
            _ => {}
        }
        let now = app.clock.now().to_string();
        moments.push((now, list(app, "sort=rank&limit=200").json));
    }
    for (at, stood) in &moments {
        assert_eq!(list(app, &format!("as_of={at}&sort=rank&limit=200")).json, *stood, "as of {at}, seed {seed}");
    }
    let (_, now) = moments.last().expect("a moment");
    for item in now["items"].as_array().expect("items") {
        let name = item["ref"].as_str().expect("a ref");
        let mut folded: BTreeMap<String, Value> = BTreeMap::new();
        let mut events = history(app, name);
        events.reverse();
        for (nth, event) in events.iter().enumerate() {
            assert_eq!(event["version"], json!(nth + 1), "{name}, seed {seed}");
            for one in event["changes"].as_array().expect("changes") {
                let field = one["field"].as_str().expect("a field");
                if field != "after" {
                    let before = folded.insert(field.to_owned(), one["to"].clone()).unwrap_or_default();
                    let said = |value: &Value| if is_nothing(value) { Value::Null } else { value.clone() };
                    assert_eq!(said(&one["from"]), said(&before), "{name} {field}, seed {seed}");
                }
            }
        }
        let said: Map<String, Value> = item.as_object().expect("an item").clone();
        let own = ["id", "created_at", "updated_at", "version"];
        for (field, value) in said.iter().filter(|(field, _)| !own.contains(&field.as_str())) {
            let folded = folded.get(field).cloned().unwrap_or_default();
            assert!(folded == *value || is_nothing(&folded) && is_nothing(value), "{name} {field}: {folded} {value}");
        }
        assert_eq!(events.len() as u64, item["version"].as_u64().expect("a version"));
    }
}

fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Null) || *value == json!("") || *value == json!([])
}

/// Leaves no room below the first item of a horizon, and puts another one there: all ranks of it are written anew.
fn squeeze(app: &TestApp, chance: &mut Chance) {
    let horizon = chance.pick(&["now", "next", "later"]);
    let refs = list(app, &format!("horizon={horizon}&sort=rank&limit=200")).column("ref");
    let [first, second, ..] = refs.as_slice() else { return };
    // Many moves to one place, in short: what stands between them is as long as can be.
    let digit = ["now", "next", "later"].iter().position(|one| *one == horizon).expect("a horizon") + 1;
    let rank = format!("{digit}{}1", "0".repeat(110));
    let name = first.clone();
    let at = Instant::from(app.clock.now().utc());
    app.change(move |tx| {
        use roadmap_history::columns as c;
        let one = roadmap_items::table.filter(roadmap_items::item_ref.eq(&name));
        diesel::update(one).set(roadmap_items::rank.eq(&rank)).execute(&mut **tx)?;
        // As it would be written down, so that the moments before stay as they were.
        let last = roadmap_history::table.filter(c::item_ref.eq(&name)).order(c::sequence.desc());
        let (product, sequence, id, version, after): (String, i64, String, i64, Option<String>) =
            last.select((c::product_id, c::sequence, c::item_id, c::version, c::after)).first(&mut **tx)?;
        let row = (
            (c::product_id.eq(product), c::item_ref.eq(&name), c::sequence.eq(sequence + 1), c::item_id.eq(id)),
            (c::at.eq(at), c::actor_kind.eq("operator"), c::action.eq("spread"), c::version.eq(version)),
            (c::rank.eq(&rank), c::before.eq("{}"), c::after.eq(after)),
        );
        diesel::insert_into(roadmap_history::table).values(row).execute(&mut **tx)?;
        tx.nothing_changed();
        Ok(())
    });
    put(app, second, json!({ "first_in": horizon }));
}

fn what_makes_no_sense_is_refused_by_name(app: &TestApp) {
    item(app, "One", json!({}));
    let refused = |path: &str| app.viewer().get(path).expect(422).faults();
    for (query, fault) in [
        ("as_of=2026-11-02T09:00:01Z", "as_of in_future"),
        ("as_of=2027-01-01", "as_of in_future"),
        ("as_of=", "as_of value"),
        ("as_of=yesterday", "as_of value"),
        ("as_of=2026-02-30", "as_of value"),
        ("as_of=2026-11-01&strategy_version=1", "strategy_version not_allowed"),
        ("as_of=2026-11-01&created_at.gte=2026-11-01T00:00:00Z", "created_at.gte not_allowed"),
        ("as_of=2026-11-01&title.lt=x", "title.lt not_allowed"),
        ("as_of=2026-11-01&colour=red", "colour unknown_parameter"),
        ("as_of=2026-11-01&status=done", "status value"),
        ("as_of=2026-11-01&target_on=tomorrow", "target_on value"),
        ("as_of=2026-11-01&sort=created_at", "sort sort"),
        ("as_of=2026-11-01&sort=rank,rank", "sort sort"),
        ("as_of=2026-11-01&limit=0", "limit range"),
        ("as_of=2026-11-01&limit=99999999999999999999", "limit range"),
    ] {
        assert_eq!(refused(&format!("roadmap-items?{query}")), [fault], "{query}");
    }
    let long = "x".repeat(201);
    assert_eq!(refused(&format!("roadmap-items?as_of=2026-11-01&q={long}&owner={long}")), ["owner value", "q q"]);
    for query in ["as_of=2026-11-01&cursor=x", "as_of=2026-11-01&as_of=2026-11-01", "as_of=2026%00"] {
        app.viewer().get(&format!("roadmap-items?{query}")).expect(400);
    }
    for (query, fault) in [
        ("since=x", "since value"),
        ("until=2026-13-01", "until value"),
        ("since=2026-11-02&until=2026-11-01", "until range"),
        ("kind=planned", "kind value"),
        ("kind=", "kind value"),
        ("limit=201", "limit range"),
        ("limit=-1", "limit range"),
        ("limit=x", "limit parameter"),
        ("sort=at", "sort parameter"),
    ] {
        assert_eq!(refused(&format!("roadmap/changes?{query}")), [fault], "{query}");
    }
    assert_eq!(told(&news(app, "since=2026-11-02&until=2026-11-02")), [""; 0]);
    for query in ["cursor=x", "cursor=e30", "since=a&since=b"] {
        app.viewer().get(&format!("roadmap/changes?{query}")).expect(400);
    }
    app.outsider().get("roadmap/changes").expect(404);
    app.exporter().get("roadmap/changes").expect(403);
}
