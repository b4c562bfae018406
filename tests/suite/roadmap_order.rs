//! The order that people make by hand, also when many of them do at once.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    replay::{HORIZONS, Stand, next_move},
    roadmap::{change, item},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use prodops::{
    kernel::{
        http::{IfMatch, validate},
        schema::{audit_events, roadmap_items},
    },
    products,
    roadmap::{RoadmapItem, RoadmapMove, store},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    thread,
    time::Duration,
};

on_both_engines!(
    items_stand_as_they_are_put,
    a_move_is_refused_when_it_says_nothing_or_too_much,
    pages_by_rank_show_every_item_once,
    ranks_that_grow_too_long_are_written_anew_and_nobody_notices,
    thirty_two_leads_move_items_at_once_and_lose_nothing,
    what_moves_touches_no_other_item,
    new_items_at_once_all_have_a_place_and_a_ref,
);

fn to(client: &Client, name: &str, etag: &str, place: &Value) -> Answer {
    client.with("If-Match", etag).post(&format!("roadmap-items/{name}/move"), place)
}

#[track_caller]
fn moved(app: &TestApp, name: &str, place: Value) -> Value {
    let etag = app.editor().get(&format!("roadmap-items/{name}")).expect(200).etag().to_owned();
    to(&app.editor(), name, &etag, &place).expect(200).json
}

/// The titles of all items as they stand, horizon by horizon.
fn stand(app: &TestApp) -> String {
    let answer = app.viewer().get("roadmap-items?sort=rank&limit=200").expect(200);
    let mut horizons = [("now", String::new()), ("next", String::new()), ("later", String::new())];
    for (title, horizon) in answer.column("title").into_iter().zip(answer.column("horizon")) {
        let (_, titles) = horizons.iter_mut().find(|(name, _)| *name == horizon).expect("a horizon");
        titles.push_str(&title);
    }
    let whole: String = answer.column("title").concat();
    let apart = horizons.map(|(_, titles)| titles);
    assert_eq!(whole, apart.concat(), "now comes before next, next before later");
    apart.join("|")
}

fn items_stand_as_they_are_put(app: &TestApp) {
    for (title, horizon) in [("a", "now"), ("b", "now"), ("c", "later"), ("d", "next"), ("e", "now"), ("f", "later")] {
        item(app, title, json!({ "horizon": horizon }));
    }
    assert_eq!(stand(app), "abe|d|cf");
    let first = moved(app, "OPS-5", json!({ "first_in": "now" }));
    assert_eq!((&first["version"], &first["horizon"]), (&json!(2), &json!("now")));
    assert_eq!(stand(app), "eab|d|cf");
    moved(app, "OPS-5", json!({ "after": "OPS-1" }));
    assert_eq!(stand(app), "aeb|d|cf");
    moved(app, "OPS-2", json!({ "before": "OPS-1" }));
    assert_eq!(stand(app), "bae|d|cf");
    let id = app.viewer().get("roadmap-items/OPS-4").json["id"].clone();
    assert_eq!(moved(app, "OPS-3", json!({ "before": id }))["horizon"], "next", "it goes where its neighbour is");
    assert_eq!(stand(app), "bae|cd|f");
    moved(app, "OPS-3", json!({ "last_in": "later" }));
    assert_eq!(stand(app), "bae|d|fc");
    moved(app, "OPS-3", json!({ "last_in": "later" }));
    moved(app, "OPS-3", json!({ "after": "OPS-6" }));
    assert_eq!(stand(app), "bae|d|fc", "what stands there already stays");
    moved(app, "OPS-4", json!({ "first_in": "later" }));
    assert_eq!(stand(app), "bae||dfc");
    change(app, "OPS-4", json!({ "horizon": "now", "title": "D" })).expect(200);
    assert_eq!(stand(app), "baeD||fc", "in another horizon it comes last");
    change(app, "OPS-2", json!({ "horizon": "now", "title": "B" })).expect(200);
    assert_eq!(stand(app), "BaeD||fc", "in its own it stays");
    let down = app.viewer().get("roadmap-items?sort=-rank").column("title").concat();
    assert_eq!(down, "cfDeaB");
    let event = app.editor().get("audit-events?action=move&sort=-at&limit=200").expect(200).json["items"][0].clone();
    assert_eq!(event["resource"], "roadmap-items");
    let of_e = app.viewer().get("roadmap-items/OPS-5").json["id"].clone();
    let events = app.editor().get(&format!("audit-events?action=move&row_id={}", of_e.as_str().expect("an id")));
    let told: BTreeSet<_> = events.json["items"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| format!("{} {}", event["before"]["after"], event["after"]["after"]))
        .collect();
    assert_eq!(told, BTreeSet::from(["\"OPS-2\" null".to_owned(), "null \"OPS-1\"".to_owned()]));
}

fn a_move_is_refused_when_it_says_nothing_or_too_much(app: &TestApp) {
    item(app, "a", json!({}));
    item(app, "b", json!({}));
    let refused = |place: Value| to(&app.editor(), "OPS-1", "\"1\"", &place).expect(422).faults();
    refused(json!({}));
    refused(json!({ "before": "OPS-2", "last_in": "now" }));
    refused(json!({ "before": null }));
    refused(json!({ "first_in": "someday" }));
    refused(json!({ "above": "OPS-2" }));
    assert_eq!(refused(json!({ "before": "OPS-1" })), ["/before itself"]);
    assert_eq!(refused(json!({ "after": "OPS-9" })), ["/after unknown_reference"]);
    let body = json!({ "first_in": "later" });
    app.editor().post("roadmap-items/OPS-1/move", &body).expect(428);
    to(&app.editor(), "OPS-1", "\"2\"", &body).expect(412);
    to(&app.editor(), "OPS-9", "\"1\"", &body).expect(404);
    to(&app.viewer(), "OPS-1", "\"1\"", &body).expect(403);
    assert_eq!(stand(app), "||ab");
    let retried = app.editor().with("Idempotency-Key", "once");
    for _ in 0..2 {
        assert_eq!(to(&retried, "OPS-2", "\"1\"", &body).expect(200).json["version"], 2);
    }
    assert_eq!(stand(app), "||ba");
}

fn pages_by_rank_show_every_item_once(app: &TestApp) {
    for at in 0..9 {
        let horizon = ["later", "now", "next"][at % 3];
        item(app, &at.to_string(), json!({ "horizon": horizon }));
    }
    let walk = |sort: &str| {
        let list = format!("roadmap-items?limit=2&sort={sort}");
        let (mut titles, mut path) = (String::new(), list.clone());
        loop {
            let answer = app.viewer().get(&path).expect(200);
            titles += &answer.column("title").concat();
            match answer.json["next_cursor"].as_str() {
                Some(cursor) => path = format!("{list}&cursor={cursor}"),
                None => return titles,
            }
        }
    };
    assert_eq!(walk("rank"), "147258036");
    assert_eq!(walk("-rank"), "630852741");
    assert_eq!(walk("horizon,-rank"), "630852741");
    for refused in ["rank=1V", "rank.gte=1", "rank.lt=2"] {
        assert_eq!(app.viewer().get(&format!("roadmap-items?{refused}")).expect(422).faults().len(), 1, "{refused}");
    }
}

fn ranks_that_grow_too_long_are_written_anew_and_nobody_notices(app: &TestApp) {
    for title in ["a", "b", "c"] {
        item(app, title, json!({ "horizon": "next" }));
    }
    item(app, "d", json!({ "horizon": "now" }));
    // As if thousands of moves had gone between the first two; the third has what the second is to get.
    let long = "0".repeat(110);
    let ranks = [("OPS-1", format!("2V{long}1")), ("OPS-2", format!("2V{long}2")), ("OPS-3", "2W".to_owned())];
    app.change(move |tx| {
        for (name, rank) in &ranks {
            let one = roadmap_items::table.filter(roadmap_items::item_ref.eq(name));
            diesel::update(one).set(roadmap_items::rank.eq(rank)).execute(&mut **tx)?;
        }
        tx.nothing_changed();
        Ok(())
    });
    moved(app, "OPS-4", json!({ "after": "OPS-1" }));
    assert_eq!(stand(app), "|adbc|");
    let ranks: Vec<String> = app.read(|conn| Ok(roadmap_items::table.select(roadmap_items::rank).load(conn)?));
    assert!(ranks.iter().all(|rank| rank.len() < 10 && rank.starts_with('2')), "{ranks:?}");
    assert_eq!(app.viewer().get("roadmap-items?sort=ref").column("version"), ["1", "1", "1", "2"]);
}

/// What the audit trail tells of items, in the order in which it happened: ids are given while a change is alone in its
/// product.
fn trail(app: &TestApp) -> Vec<(String, Value, Value)> {
    let product = app.platform();
    let events: Vec<(String, Option<String>, Option<String>)> = app.read(move |conn| {
        Ok(audit_events::table
            .filter(audit_events::product_id.eq(product.as_str()))
            .filter(audit_events::resource.eq("roadmap-items"))
            .order(audit_events::id)
            .select((audit_events::action, audit_events::before, audit_events::after))
            .load(conn)?)
    });
    let read = |text: Option<String>| text.map_or(Value::Null, |text| serde_json::from_str(&text).expect("JSON"));
    events.into_iter().map(|(action, before, after)| (action, read(before), read(after))).collect()
}

/// The order that the audit trail tells.
fn replayed(app: &TestApp) -> Vec<String> {
    let mut stand = Stand::default();
    trail(app).iter().for_each(|(action, before, after)| stand.replay(action, before, after));
    stand.whole()
}

fn what_moves_touches_no_other_item(app: &TestApp) {
    const ITEMS: u64 = 9;
    for at in 0..ITEMS {
        item(app, &format!("item {at}"), json!({ "horizon": HORIZONS[(at % 3) as usize] }));
    }
    type Rows = Vec<(String, i64, String, String)>;
    let rows = || -> BTreeMap<String, (i64, String, String)> {
        let rows: Rows = app.read(|conn| {
            let product = products::store::find_by_key(conn, "platform")?.product_id();
            let all = store::all(conn, &product)?;
            let told = |item: RoadmapItem| {
                (item.reference.to_string(), item.version, format!("{:?}", item.updated_at), item.rank)
            };
            Ok(all.into_iter().map(told).collect())
        });
        rows.into_iter().map(|(name, version, updated, rank)| (name, (version, updated, rank))).collect()
    };
    let (product, mut seed, mut spread) = (app.platform(), 7, 0);
    for round in 0..120 {
        if round % 10 == 0 {
            lengthen(app);
        }
        app.pass(TimeDelta::seconds(1));
        let (before, (name, place)) = (rows(), next_move(&mut seed, ITEMS));
        let spot = validate::<RoadmapMove>(place.clone()).expect("a move").spot().expect("one place");
        let (product, moved) = (product.clone(), name.clone());
        app.change(move |tx| {
            let seen = IfMatch::version(store::find(tx, &product, &moved)?.version);
            store::move_to(tx, &product, &moved, seen, &spot).map(drop)
        });
        let mut after = rows();
        let (was, is) = (&before[&name], after.remove(&name).expect("what moved"));
        assert_eq!(is.0, was.0 + 1, "{name} {place}");
        for (other, (version, updated, rank)) in &after {
            let (was_at, was_updated, stood) = &before[other];
            assert_eq!((version, updated), (was_at, was_updated), "{other}, when {name} went to {place}");
            spread += usize::from(rank != stood);
            assert!(rank == stood || stood.len() > 100 || before.values().any(|one| one.2.len() > 100), "{other}");
        }
        assert_eq!(
            app.viewer().get("roadmap-items?sort=rank").expect(200).column("ref"),
            replayed(app),
            "{name} {place}"
        );
    }
    assert!(spread > 0, "no horizon was written anew");
}

/// As if thousands of moves had gone into the same gaps: every rank of each horizon is long, and none has moved.
fn lengthen(app: &TestApp) {
    let product = app.platform();
    app.change(move |tx| {
        for (at, item) in store::all(tx, &product)?.into_iter().enumerate() {
            let digit = item.rank.chars().next().unwrap_or_default();
            let rank = format!("{digit}V{}{}", "0".repeat(105), char::from(b'1' + at as u8));
            let one = roadmap_items::table.filter(roadmap_items::id.eq(&item.id));
            diesel::update(one).set(roadmap_items::rank.eq(rank)).execute(&mut **tx)?;
        }
        tx.nothing_changed();
        Ok(())
    });
}

fn thirty_two_leads_move_items_at_once_and_lose_nothing(app: &TestApp) {
    const ITEMS: u64 = 12;
    for at in 0..ITEMS {
        item(app, &format!("item {at}"), json!({ "horizon": HORIZONS[(at % 3) as usize] }));
    }
    let acknowledged: Mutex<BTreeMap<String, u64>> = Mutex::default();
    let lead = |who: u64| {
        let (editor, mut seed) = (app.editor(), who + 1);
        for _ in 0..8 {
            let (name, place) = next_move(&mut seed, ITEMS);
            loop {
                let read = editor.get(&format!("roadmap-items/{name}"));
                if read.status != 200 {
                    assert_eq!(read.status, 503, "{read}");
                    thread::sleep(Duration::from_millis(20));
                    continue;
                }
                let answer = to(&editor, &name, read.etag(), &place);
                match answer.status {
                    200 => {
                        let mut known = acknowledged.lock().expect("no panic");
                        *known.entry(name.clone()).or_default() += 1;
                        break;
                    }
                    // Somebody was faster, or all connections are taken: neither did anything.
                    412 | 503 => thread::sleep(Duration::from_millis(5)),
                    _ => panic!("{answer}"),
                }
            }
        }
    };
    thread::scope(|scope| {
        let leads: Vec<_> = (0..32).map(|who| scope.spawn(move || lead(who))).collect::<Vec<_>>();
        leads.into_iter().for_each(|lead| lead.join().expect("no panic"));
    });
    let acknowledged = acknowledged.into_inner().expect("no panic");
    assert_eq!(acknowledged.values().sum::<u64>(), 32 * 8);
    let all = app.viewer().get("roadmap-items?sort=rank&limit=200").expect(200);
    let names: BTreeSet<_> = all.column("ref").into_iter().collect();
    assert_eq!((all.column("ref").len(), names.len()), (ITEMS as usize, ITEMS as usize), "each item once");
    for (name, version) in all.column("ref").into_iter().zip(all.column("version")) {
        let moves = acknowledged.get(&name).copied().unwrap_or(0);
        assert_eq!(version, (moves + 1).to_string(), "{name}");
    }
    stand_is_sound(app, all.column("ref"));
    assert_eq!(trail(app).iter().filter(|(action, ..)| action == "move").count(), 32 * 8);
    assert_eq!(replayed(app), all.column("ref"), "the order is the one that the audit trail tells");
}

/// Ranks are distinct, of their horizon, and the list is in their order.
fn stand_is_sound(app: &TestApp, listed: Vec<String>) {
    let product = app.platform();
    let mut rows: Vec<(String, String, String)> = app.read(move |conn| {
        Ok(roadmap_items::table
            .filter(roadmap_items::product_id.eq(product.as_str()))
            .select((roadmap_items::rank, roadmap_items::horizon, roadmap_items::item_ref))
            .load(conn)?)
    });
    rows.sort();
    let ranks: BTreeSet<_> = rows.iter().map(|row| &row.0).collect();
    assert_eq!(ranks.len(), rows.len(), "ranks are distinct");
    for (rank, horizon, _) in &rows {
        let digit = match horizon.as_str() {
            "now" => '1',
            "next" => '2',
            _ => '3',
        };
        assert!(rank.starts_with(digit), "{rank} in {horizon}");
    }
    assert_eq!(rows.into_iter().map(|row| row.2).collect::<Vec<_>>(), listed);
}

fn new_items_at_once_all_have_a_place_and_a_ref(app: &TestApp) {
    thread::scope(|scope| {
        for who in 0..16 {
            scope.spawn(move || {
                let body = json!({ "title": format!("by {who}"), "kind": "cost", "horizon": "now" });
                while app.editor().post("roadmap-items", &body).status != 201 {
                    thread::sleep(Duration::from_millis(20));
                }
            });
        }
    });
    let all = app.viewer().get("roadmap-items?sort=rank").expect(200);
    let expected: Vec<_> = (1..=16).map(|number| format!("OPS-{number}")).collect();
    assert_eq!(all.column("ref"), expected, "counted and put in the same order");
    stand_is_sound(app, expected);
}
