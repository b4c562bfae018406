//! Promises: targets, measurements, status, burn-down.

use crate::app::TestApp;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

on_both_engines!(
    an_slo_is_made_found_changed_and_retired,
    what_does_not_fit_together_is_refused,
    what_measurements_are_counted_by_is_fixed,
    the_golden_values_hold_over_http,
    buckets_are_replaced_and_never_added,
    three_formats_say_the_same,
    every_fault_of_a_file_is_told_by_line,
    buckets_start_where_buckets_start,
    a_target_that_is_dated_leaves_the_past_as_it_was,
    burn_rates_and_alerts_follow_the_workbook,
    a_budget_that_burns_on_is_exhausted_at_a_time,
    a_running_month_is_neither_met_nor_missed,
    measurements_are_listed_by_time,
    the_burndown_of_a_month_only_falls,
    daily_sums_equal_a_recount,
    two_who_measure_the_same_day_lose_nothing,
    slos_targets_and_measurements_come_in_as_files_and_go_out_as_datasets,
    a_zone_is_fixed_once_something_was_measured,
);

fn slo(app: &TestApp, more: Value) -> Value {
    let mut body = json!({
        "name": "Orders", "component": "shop", "target": 0.99, "window": { "kind": "rolling", "days": 7 },
        "indicator": { "good": "orders that went through", "total": "orders" },
    });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    app.editor().post("slos", &body).json
}

fn shop(app: &TestApp) {
    app.editor().post("components", &json!({ "name": "Shop", "kind": "service" })).expect(201);
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// CSV of buckets of five minutes that follow each other from `start`.
fn csv(start: &str, buckets: &[(i64, i64)]) -> String {
    let mut at = at(start);
    let mut text = "at,good,total\n".to_owned();
    for (good, total) in buckets {
        text += &format!("{},{good},{total}\n", time(at));
        at += TimeDelta::seconds(300);
    }
    text
}

fn send(app: &TestApp, path: &str, kind: &str, body: &str) -> crate::client::Answer {
    app.editor().with("Content-Type", kind).send("POST", path, Some(body.as_bytes()))
}

fn measure(app: &TestApp, slo: &str, text: &str) -> Value {
    send(app, &format!("slos/{slo}/measurements"), "text/csv", text).expect(200).json
}

fn status(app: &TestApp, slo: &str, at: &str) -> Value {
    app.viewer().get(&format!("slos/{slo}/status?at={at}")).expect(200).json
}

fn an_slo_is_made_found_changed_and_retired(app: &TestApp) {
    shop(app);
    let made = slo(app, json!({ "name": "Orders go through" }));
    assert_eq!(made["key"], "orders-go-through");
    assert_eq!((&made["bucket_seconds"], &made["budgeting_method"]), (&json!(300), &json!("occurrences")));
    let again = slo(app, json!({ "name": "Orders go through!" }));
    assert_eq!(again["key"], "shop-orders-go-through", "on a collision the component is put before it");
    for name in ["orders-go-through", made["id"].as_str().expect("an id")] {
        assert_eq!(app.viewer().get(&format!("slos/{name}")).expect(200).json, made);
    }
    let changed =
        app.editor().patch("slos/orders-go-through", "\"1\"", &json!({ "target": 0.995, "retired_on": "2026-12-31" }));
    assert_eq!(changed.expect(200).json["target"], 0.995);
    assert_eq!(app.viewer().get("slos?retired_on=null").column("key"), ["shop-orders-go-through"]);
    assert_eq!(app.viewer().get("slos?component=shop&q=through&sort=-key").column("key").len(), 2);
    app.editor().delete("slos/shop-orders-go-through", "\"1\"").expect(204);
    measure(app, "orders-go-through", &csv("2026-10-01T00:00:00Z", &[(1, 1)]));
    let kept = app.editor().delete("slos/orders-go-through", "\"2\"").expect(409);
    assert_eq!(kept.json["code"], "referenced");
}

fn what_does_not_fit_together_is_refused(app: &TestApp) {
    shop(app);
    let refused = |more: Value| {
        let mut body = json!({
            "name": "x", "component": "shop", "target": 0.99, "window": { "kind": "rolling", "days": 7 },
            "indicator": { "good": "", "total": "" },
        });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        app.editor().post("slos", &body).expect(422).faults()
    };
    assert_eq!(refused(json!({ "component": "nowhere" })), ["/component unknown_reference"]);
    assert_eq!(refused(json!({ "target": 1 })), ["/target too_large"]);
    assert_eq!(refused(json!({ "target": 0 })), ["/target too_small"]);
    assert_eq!(refused(json!({ "bucket_seconds": 420 })), ["/bucket_seconds not_a_divisor"]);
    assert_eq!(refused(json!({ "budgeting_method": "timeslices" })), ["/slice_target required"]);
    assert_eq!(refused(json!({ "slice_target": 0.9 })), ["/slice_target not_allowed"]);
    let mixed = refused(json!({ "window": { "kind": "calendar", "days": 7 } }));
    assert_eq!(mixed, ["/window/days unknown_property", "/window/unit required"]);
    assert_eq!(refused(json!({ "window": { "kind": "rolling", "days": 0 } })), ["/window/days too_small"]);
    assert!(!refused(json!({ "window": { "kind": "calendar", "unit": "decade" } })).is_empty());
}

fn what_measurements_are_counted_by_is_fixed(app: &TestApp) {
    shop(app);
    slo(app, json!({}));
    measure(app, "orders", &csv("2026-10-01T00:00:00Z", &[(1, 1)]));
    for change in [
        json!({ "window": { "kind": "calendar", "unit": "month" } }),
        json!({ "budgeting_method": "ratio_timeslices" }),
        json!({ "bucket_seconds": 60 }),
        json!({ "target": 0.9 }),
    ] {
        assert_eq!(app.editor().patch("slos/orders", "\"1\"", &change).expect(409).json["code"], "fixed", "{change}");
    }
    app.editor().patch("slos/orders", "\"1\"", &json!({ "name": "All orders" })).expect(200);
}

fn the_golden_values_hold_over_http(app: &TestApp) {
    shop(app);
    slo(app, json!({ "key": "nines", "target": 0.999, "window": { "kind": "rolling", "days": 30 } }));
    measure(app, "nines", &csv("2026-09-01T00:00:00Z", &vec![(995, 1000); 8640]));
    let judged = status(app, "nines", "2026-10-01T00:00:00Z");
    assert_eq!(
        (&judged["sli"], &judged["budget"]["remaining"], &judged["met"]),
        (&json!(0.995), &json!(-4), &json!(false))
    );
    assert_eq!((&judged["budget"]["minutes"], &judged["exhausted"]), (&json!(-172.8), &json!(true)));
    assert_eq!(judged["window"], json!({ "from": "2026-09-01T00:00:00Z", "to": "2026-10-01T00:00:00Z" }));
    let whole = |remaining: f64| remaining * 43.2;
    assert_eq!(judged["budget"]["minutes"].as_f64(), Some(whole(-4.0)), "99.9 % of 30 days is 43.2 min");

    slo(app, json!({ "key": "slices", "target": 0.98, "budgeting_method": "timeslices", "slice_target": 0.9 }));
    let mut buckets = vec![(9, 10); 1966];
    buckets.resize(2016, (8, 10));
    measure(app, "slices", &csv("2026-09-01T00:00:00Z", &buckets));
    let judged = status(app, "slices", "2026-09-08T00:00:00Z");
    assert_eq!(judged["sli"].as_f64().map(|sli| (sli * 1e6).round() / 1e6), Some(0.975_198));
    assert_eq!((&judged["coverage"], &judged["elapsed"]), (&json!(1), &json!(1)));
    assert_eq!(judged["budget"]["events"], json!(-9.68), "40.32 slices may be bad, 50 are");
    let nothing = status(app, "slices", "2026-08-01T00:00:00Z");
    assert_eq!((&nothing["no_data"], &nothing["sli"], &nothing["budget"]), (&json!(true), &Value::Null, &Value::Null));
}

fn buckets_are_replaced_and_never_added(app: &TestApp) {
    shop(app);
    slo(app, json!({}));
    let first = csv("2026-10-01T00:00:00Z", &[(9, 10), (10, 10), (10, 10)]);
    assert_eq!(measure(app, "orders", &first), json!({ "created": 3, "changed": 0, "unchanged": 0 }));
    assert_eq!(measure(app, "orders", &first), json!({ "created": 0, "changed": 0, "unchanged": 3 }));
    let second = csv("2026-10-01T00:05:00Z", &[(0, 10), (10, 10), (10, 10)]);
    assert_eq!(measure(app, "orders", &second), json!({ "created": 1, "changed": 1, "unchanged": 1 }));
    assert_eq!(status(app, "orders", "2026-10-02T00:00:00Z")["sli"], json!(0.725), "29 of 40");
    let twice = "at,good,total\n2026-10-01T00:00:00Z,1,1\n2026-10-01T00:00:00Z,9,10\n";
    assert_eq!(measure(app, "orders", twice)["unchanged"], 1, "of a bucket that is sent twice the last counts");
}

fn three_formats_say_the_same(app: &TestApp) {
    shop(app);
    slo(app, json!({ "key": "a" }));
    slo(app, json!({ "key": "b" }));
    let row = |slo: &str, good: i64| json!({ "slo": slo, "at": "2026-10-01T00:00:00Z", "good": good, "total": 10 });
    let array = json!([row("a", 7), row("b", 8)]);
    let sent = app.editor().post("measurements", &array).expect(200).json;
    assert_eq!(sent, json!({ "created": 2, "changed": 0, "unchanged": 0 }));
    let lines = format!("{}\n{}\n", row("b", 8), row("a", 7));
    let unchanged = json!({ "created": 0, "changed": 0, "unchanged": 2 });
    assert_eq!(send(app, "measurements", "application/x-ndjson", &lines).expect(200).json, unchanged);
    let csv = "slo,at,good,total\na,2026-10-01T00:00:00Z,7,10\nb,2026-10-01T00:00:00Z,8,10\n";
    assert_eq!(send(app, "measurements", "text/csv; charset=utf-8", csv).expect(200).json, unchanged);
    send(app, "measurements", "text/plain", csv).expect(415);
    let own = json!([{ "at": "2026-10-01T00:00:00Z", "good": 7, "total": 10 }]);
    assert_eq!(app.editor().post("slos/a/measurements", &own).expect(200).json["unchanged"], 1);
}

fn every_fault_of_a_file_is_told_by_line(app: &TestApp) {
    shop(app);
    slo(app, json!({}));
    let bad = "slo,at,good,total\norders,2026-10-01T00:00:00Z,1,1\nnowhere,2026-10-01T00:00:00Z,1,1\n\
               orders,2026-10-01T00:01:00Z,1,1\n";
    let refused = send(app, "measurements", "text/csv", bad).expect(422).json;
    let told = |fault: &Value| format!("{} {} {}", fault["line"], fault["column"], fault["code"]);
    let faults: Vec<_> = refused["errors"].as_array().expect("errors").iter().map(told).collect();
    assert_eq!(faults, ["3 \"slo\" \"unknown_reference\"", "4 \"at\" \"not_aligned\""]);
    assert_eq!(status(app, "orders", "2026-10-02T00:00:00Z")["no_data"], true, "all or nothing");
    let body = json!([
        { "at": "2026-10-01T00:00:00Z", "good": 2, "total": 1 },
        { "at": "2026-10-01T00:00:01Z", "good": 1, "total": 1 },
    ]);
    assert_eq!(app.editor().post("slos/orders/measurements", &body).expect(422).faults(), ["/0/good too_large"]);
    let body = json!([{ "at": "2026-10-01T00:00:01Z", "good": 1, "total": 1 }]);
    assert_eq!(app.editor().post("slos/orders/measurements", &body).expect(422).faults(), ["/0/at not_aligned"]);
    let big = json!([{ "at": "2026-10-01T00:00:00Z", "good": 1, "total": 9_007_199_254_740_993_i64 }]);
    assert_eq!(app.editor().post("slos/orders/measurements", &big).expect(422).faults(), ["/0/total too_large"]);
}

fn buckets_start_where_buckets_start(app: &TestApp) {
    let product = json!({ "name": "Nepal", "ref_prefix": "NP", "timezone": "Asia/Kathmandu", "currency": "EUR",
        "owner": app.editor().get("/api/v1/me").json["id"] });
    app.admin().post("/api/v1/products", &product).expect(201);
    let path = "/api/v1/products/nepal/";
    app.editor().post(&format!("{path}components"), &json!({ "name": "Shop", "kind": "service" })).expect(201);
    let body = |seconds: i64| {
        json!({ "name": format!("every {seconds}"), "component": "shop", "target": 0.9, "bucket_seconds": seconds,
            "window": { "kind": "calendar", "unit": "week" }, "indicator": { "good": "g", "total": "t" } })
    };
    let refused = app.editor().post(&format!("{path}slos"), &body(3600)).expect(422);
    assert_eq!(refused.faults(), ["/bucket_seconds midnight"], "midnight there is a quarter past the hour");
    app.editor().post(&format!("{path}slos"), &body(900)).expect(201);
    let sent = app.editor().with("Content-Type", "text/csv").send(
        "POST",
        &format!("{path}slos/every-900/measurements"),
        Some(b"at,good,total\n2026-10-18T18:00:00Z,0,1\n2026-10-18T18:15:00Z,1,1\n"),
    );
    sent.expect(200);
    // Monday 19 October begins at 18:15 UTC: the bucket before it belongs to the week before.
    let judged = app.editor().get(&format!("{path}slos/every-900/status?at=2026-10-19T00:00:00Z")).expect(200).json;
    assert_eq!((&judged["sli"], &judged["window"]["from"]), (&json!(1), &json!("2026-10-18T18:15:00Z")));
}

fn a_target_that_is_dated_leaves_the_past_as_it_was(app: &TestApp) {
    shop(app);
    slo(app, json!({ "window": { "kind": "calendar", "unit": "month" }, "target": 0.9 }));
    measure(app, "orders", &csv("2026-09-10T00:00:00Z", &[(95, 100)]));
    measure(app, "orders", &csv("2026-10-10T00:00:00Z", &[(95, 100)]));
    let september = || status(app, "orders", "2026-09-30T12:00:00Z");
    let before = september();
    let target = |day: &str, target: f64| json!({ "valid_from": day, "target": target });
    let made = app.editor().post("slos/orders/targets", &target("2026-10-01", 0.99)).expect(201);
    assert_eq!(september(), before);
    let october = status(app, "orders", "2026-10-20T00:00:00Z");
    assert_eq!((&before["target"], &october["target"]), (&json!(0.9), &json!(0.99)));
    assert_eq!(october["budget"]["consumed_to_date"], 5);
    app.editor().post("slos/orders/targets", &target("2026-10-01", 0.98)).expect(409);
    app.editor().post("slos/orders/targets", &target("2026-10-02", 0.98)).expect(422);
    let place = made.header("location").expect("a location").to_owned();
    app.editor().patch(&place, "\"1\"", &json!({ "target": 0.95 })).expect(200);
    assert_eq!(app.viewer().get("slos/orders/targets").column("target"), ["0.95"]);
    let platform = app.platform();
    app.change(move |tx| prodops::products::store::publish_through(tx, &platform, "2026-10".parse().expect("a month")));
    assert_eq!(app.editor().delete(&place, "\"2\"").expect(409).json["code"], "published");
    app.editor().post("slos/orders/targets", &target("2026-09-01", 0.5)).expect(409);
    app.editor().post("slos/orders/targets", &target("2026-11-01", 0.5)).expect(201);
    assert_eq!(september(), before);
}

fn burn_rates_and_alerts_follow_the_workbook(app: &TestApp) {
    shop(app);
    slo(app, json!({ "target": 0.999, "window": { "kind": "rolling", "days": 30 } }));
    // Three good days, then an hour in which 2 % fail.
    let mut buckets = vec![(1000, 1000); 864 - 12];
    buckets.resize(864, (980, 1000));
    measure(app, "orders", &csv("2026-10-01T00:00:00Z", &buckets));
    let judged = status(app, "orders", "2026-10-04T00:00:00Z");
    let rate = |name: &str| judged["burn_rates"][name].as_f64().expect("a rate");
    assert_eq!((rate("5m"), rate("1h")), (20.0, 20.0), "0.02 ÷ 0.001");
    assert!((rate("6h") - 20.0 / 6.0).abs() < 1e-9 && (rate("3d") - 20.0 / 72.0).abs() < 1e-9);
    let alert = |at: usize| &judged["alerts"][at];
    let thresholds: Vec<_> = (0..4).map(|at| alert(at)["threshold"].as_f64().expect("a number")).collect();
    assert_eq!(thresholds, [14.4, 6.0, 3.0, 1.0]);
    let firing: Vec<_> = (0..4).map(|at| alert(at)["firing"].as_bool().expect("known")).collect();
    assert_eq!(firing, [true, false, false, false]);
    slo(
        app,
        json!({ "key": "monthly", "target": 0.9, "window": { "kind": "rolling", "days": 28 }, "bucket_seconds": 3600 }),
    );
    send(app, "slos/monthly/measurements", "text/csv", "at,good,total\n2026-10-03T23:00:00Z,1,2\n").expect(200);
    let judged = status(app, "monthly", "2026-10-04T00:00:00Z");
    let thresholds: Vec<_> = (0..4).map(|at| judged["alerts"][at]["threshold"].as_f64().expect("a number")).collect();
    assert_eq!(thresholds, [13.44, 5.6, 2.8, 0.933_333_333_333]);
    assert_eq!(judged["burn_rates"]["30m"], Value::Null, "shorter than a bucket");
    assert_eq!((&judged["alerts"][0]["unreachable"], &judged["alerts"][0]["firing"]), (&json!(true), &Value::Null));
    assert_eq!(judged["alerts"][3]["unreachable"], false);
}

fn a_budget_that_burns_on_is_exhausted_at_a_time(app: &TestApp) {
    shop(app);
    let month = json!({ "kind": "calendar", "unit": "month" });
    slo(app, json!({ "target": 0.9, "window": month, "budgeting_method": "timeslices", "slice_target": 1 }));
    // October has 8,940 slices in Berlin, of which 894 may be bad. All of the first day's 288 are.
    measure(app, "orders", &csv("2026-10-01T00:00:00Z", &vec![(0, 1); 288]));
    let judged = status(app, "orders", "2026-10-02T00:00:00Z");
    // What remains, 606 slices, lasts 606 × 300 s = 50.5 hours at this rate.
    assert_eq!((&judged["exhausts_at"], &judged["exhausted"]), (&json!("2026-10-04T02:30:00Z"), &json!(false)));
    measure(app, "orders", &csv("2026-10-02T00:00:00Z", &vec![(0, 1); 606]));
    let judged = status(app, "orders", "2026-10-04T02:35:00Z");
    assert_eq!((&judged["exhausts_at"], &judged["exhausted"]), (&Value::Null, &json!(true)));
    slo(app, json!({ "key": "calm", "target": 0.9, "window": { "kind": "rolling", "days": 7 } }));
    measure(app, "calm", &csv("2026-10-01T00:00:00Z", &vec![(95, 100); 288]));
    assert_eq!(
        status(app, "calm", "2026-10-02T00:00:00Z")["exhausts_at"],
        Value::Null,
        "it burns slower than it comes back"
    );
}

fn a_running_month_is_neither_met_nor_missed(app: &TestApp) {
    shop(app);
    slo(app, json!({ "window": { "kind": "calendar", "unit": "month" } }));
    measure(app, "orders", &csv("2026-10-01T00:00:00Z", &vec![(100, 100); 8928]));
    let running = status(app, "orders", "2026-10-15T00:00:00Z");
    assert_eq!((&running["met"], &running["budget"]["projected"]), (&Value::Null, &json!(true)));
    let ended = status(app, "orders", "2026-10-31T22:59:59Z");
    assert_eq!(ended["met"], Value::Null, "until its last second");
    let down = app.viewer().get("slos/orders/burndown?window=2026-10").expect(200).json;
    assert_eq!(down["points"].as_array().map(Vec::len), Some(32));
}

fn measurements_are_listed_by_time(app: &TestApp) {
    shop(app);
    slo(app, json!({}));
    measure(app, "orders", &csv("2026-10-01T00:00:00Z", &[(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]));
    let page = app.viewer().get("slos/orders/measurements?limit=2&from=2026-10-01T00:05:00Z&to=2026-10-01T00:20:00Z");
    assert_eq!(page.column("good"), ["2", "3"]);
    let cursor = page.json["next_cursor"].as_str().expect("another page").to_owned();
    let path =
        format!("slos/orders/measurements?limit=2&from=2026-10-01T00:05:00Z&to=2026-10-01T00:20:00Z&cursor={cursor}");
    let last = app.viewer().get(&path).expect(200);
    assert_eq!((last.column("good"), &last.json["next_cursor"]), (vec!["4".to_owned()], &Value::Null));
    app.viewer().get("slos/orders/measurements?cursor=x").expect(400);
    app.viewer().get("slos/orders/measurements?limit=201").expect(422);
    app.viewer().get("slos/orders/measurements?sort=at").expect(422);
}

fn the_burndown_of_a_month_only_falls(app: &TestApp) {
    shop(app);
    slo(app, json!({ "window": { "kind": "calendar", "unit": "month" } }));
    let buckets: Vec<_> = (0..8928).map(|at| (100 - i64::from(at % 97 == 0) * 60, 100)).collect();
    measure(app, "orders", &csv("2026-10-01T00:00:00Z", &buckets));
    let down = app.viewer().get("slos/orders/burndown?window=2026-10-07").expect(200).json;
    let remaining: Vec<f64> = down["points"]
        .as_array()
        .expect("points")
        .iter()
        .map(|point| point["remaining"].as_f64().expect("a number"))
        .collect();
    assert_eq!((remaining.len(), remaining[0]), (32, 1.0));
    assert!(remaining.windows(2).all(|pair| pair[1] <= pair[0]), "{remaining:?}");
    let end = status(app, "orders", "2026-10-31T22:59:59Z")["budget"]["consumed_to_date"].as_f64().expect("a number");
    assert!((remaining[31] - (1.0 - end)).abs() < 1e-9);
    let rolling = slo(app, json!({ "key": "rolling" }));
    measure(app, "rolling", &csv("2026-10-01T00:00:00Z", &buckets));
    let path = |window: &str| format!("slos/{}/burndown?window={window}", rolling["key"].as_str().expect("a key"));
    assert_eq!(app.viewer().get(&path("2026-10")).expect(200).json["points"].as_array().map(Vec::len), Some(31));
    assert_eq!(app.viewer().get(&path("2026-10-20")).expect(200).json["points"].as_array().map(Vec::len), Some(7));
    assert_eq!(app.viewer().get(&path("soon")).expect(422).faults(), ["window parameter"]);
}

/// Whatever is sent in whatever order, and sent again: each status equals one that is counted from
/// what was sent last of each bucket.
fn daily_sums_equal_a_recount(app: &TestApp) {
    shop(app);
    slo(app, json!({ "target": 0.9, "window": { "kind": "rolling", "days": 3 }, "bucket_seconds": 3600 }));
    let start = at("2026-10-23T00:00:00Z"); // The clocks of half the world change on the 25th.
    let mut sent = std::collections::BTreeMap::new();
    let batches = prop::collection::vec(prop::collection::vec((0..120_i64, 0..50_i64, 0..50_i64), 1..40), 12);
    let mut runner = TestRunner::new(Config { cases: 1, failure_persistence: None, ..Config::default() });
    let batches = batches.new_tree(&mut runner).expect("a value").current();
    for (n, batch) in batches.iter().enumerate() {
        let mut text = "at,good,total\n".to_owned();
        for &(hour, one, other) in batch {
            let bucket = start + TimeDelta::hours(hour);
            sent.insert(bucket, (one.min(other), one.max(other)));
            text += &format!("{},{},{}\n", time(bucket), one.min(other), one.max(other));
        }
        measure(app, "orders", &text);
        let now = start + TimeDelta::hours(70 + n as i64 * 4) + TimeDelta::minutes(30);
        let inside = sent.range(now - TimeDelta::days(3)..now);
        let (good, total) = inside.fold((0, 0), |(good, total), (_, one)| (good + one.0, total + one.1));
        let judged = status(app, "orders", &time(now));
        let sli = judged["sli"].as_f64().unwrap_or(-1.0);
        let expected = if total == 0 { -1.0 } else { good as f64 / total as f64 };
        assert!((sli - expected).abs() < 1e-9, "{n}: {judged} where {good} of {total}");
    }
}

fn two_who_measure_the_same_day_lose_nothing(app: &TestApp) {
    shop(app);
    slo(app, json!({}));
    std::thread::scope(|scope| {
        for writer in 0..8 {
            scope.spawn(move || {
                for n in 0..6 {
                    let start = at("2026-10-01T00:00:00Z") + TimeDelta::seconds(300 * (n * 8 + writer));
                    measure(app, "orders", &csv(&time(start), &[(1, 2)]));
                }
            });
        }
    });
    let judged = status(app, "orders", "2026-10-02T00:00:00Z");
    assert_eq!(judged["budget"]["events"].as_f64(), Some(0.96 - 48.0), "1 % of 96 events, and 48 were bad");
}

fn slos_targets_and_measurements_come_in_as_files_and_go_out_as_datasets(app: &TestApp) {
    shop(app);
    let import = |format: &str, text: &str| send(app, &format!("imports/{format}"), "text/csv", text);
    let counts = |created: u64, unchanged: u64| json!({ "dry_run": false, "created": created, "changed": 0, "unchanged": unchanged, "unallocated": 0, "warnings": [], "changes": [] });
    let slos = "name,component,indicator_good,indicator_total,target,window_kind,window_days,window_unit,\
                budgeting_method,slice_target,bucket_seconds\n\
                Orders,shop,good orders,orders,0.99,rolling,28,,,,\n\
                Pages,shop,fast pages,pages,0.9,calendar,,month,timeslices,0.95,3600\n";
    let targets = "slo,valid_from,target\norders,2026-10-01,0.999\n";
    let measurements = "slo,at,good,total\npages,2026-09-30T22:00:00Z,96,100\npages,2026-09-30T21:00:00Z,9,10\n\
                        pages,2026-09-30T23:00:00Z,94,100\n";
    for (format, text, rows) in [("slos", slos, 2), ("slo-targets", targets, 1), ("measurements", measurements, 3)] {
        let dry = send(app, &format!("imports/{format}?dry_run=true"), "text/csv", text).expect(200).json;
        assert_eq!((&dry["created"], &dry["dry_run"]), (&json!(rows), &json!(true)), "{format}");
        assert_eq!(import(format, text).expect(200).json, counts(rows, 0), "{format}");
        assert_eq!(import(format, text).expect(200).json, counts(0, rows), "{format}");
    }
    let header = "name,component,indicator_good,indicator_total,target,window_kind,window_unit";
    let refused =
        import("slos", &format!("{header}\nPages,shop,fast pages,pages,0.95,calendar,month\n")).expect(422).json;
    assert_eq!((&refused["errors"][0]["line"], &refused["errors"][0]["code"]), (&json!(2), &json!("fixed")));
    let export = |path: &str| {
        let answer = app.exporter().get(&format!("exports/{path}")).expect(200);
        answer.text().lines().skip(1).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let columns = "columns=key,component,target,window_kind,window_days,window_unit,budgeting_method,slice_target";
    let listed = export(&format!("slos.csv?{columns}"));
    assert_eq!(listed, ["orders,shop,0.99,rolling,28,,occurrences,", "pages,shop,0.9,calendar,,month,timeslices,0.95"]);
    assert_eq!(export("slo_targets.csv?columns=slo,valid_from,target"), ["orders,2026-10-01,0.999"]);
    let daily = export("slo_daily.csv?columns=slo,day,slices,good_slices,good,total,sli&from=2026-10-01");
    assert_eq!(daily, ["pages,2026-10-01,2,1,190,200,0.5"]);
    // October in Berlin has 745 hours; a tenth of them may be bad, and one was.
    let monthly = export("slo_monthly.csv?columns=slo,month,target,sli,consumed,met,is_final,revision&from=2026-10");
    assert_eq!(monthly, ["pages,2026-10,0.9,0.5,0.013422818792,,false,0"]);
}

fn a_zone_is_fixed_once_something_was_measured(app: &TestApp) {
    shop(app);
    slo(app, json!({}));
    measure(app, "orders", &csv("2026-10-01T00:00:00Z", &[(1, 1)]));
    let etag = app.owner().get("/api/v1/products/platform").etag().to_owned();
    let refused = app.owner().patch("/api/v1/products/platform", &etag, &json!({ "timezone": "UTC" })).expect(409);
    assert_eq!(refused.json["code"], "fixed");
}
