//! Lists: pages, sorting, filters and search, with components as the example.

use crate::{app::TestApp, client::Client};
use chrono::TimeDelta;
use serde_json::json;
use std::collections::BTreeSet;

on_both_engines!(
    pages_skip_and_repeat_nothing_while_others_write,
    every_sort_walks_every_row_once,
    filters_narrow_and_combine,
    a_search_wants_every_word_in_whatever_case,
    what_a_list_does_not_understand_it_refuses,
    a_cursor_belongs_to_its_query,
);

/// The keys of every page of a list; `between` runs after each page.
fn walk(client: &Client, query: &str, mut between: impl FnMut(usize)) -> Vec<String> {
    let list = format!("components?limit=2{}{query}", if query.is_empty() { "" } else { "&" });
    let (mut keys, mut path) = (Vec::new(), list.clone());
    for page in 0.. {
        assert!(page < 100, "{query} never ends");
        let answer = client.get(&path).expect(200);
        keys.extend(answer.column("key"));
        let Some(cursor) = answer.json["next_cursor"].as_str() else {
            assert!(answer.header("link").is_none());
            break;
        };
        path = format!("{list}&cursor={cursor}");
        let link = format!("</api/v1/products/platform/{path}>; rel=\"next\"");
        assert_eq!(answer.header("link"), Some(link.as_str()));
        between(page);
    }
    keys
}

fn pages_skip_and_repeat_nothing_while_others_write(app: &TestApp) {
    let editor = app.editor();
    for (name, tier) in [("c", Some(2)), ("e", None), ("g", Some(1)), ("i", None), ("k", Some(2)), ("m", Some(4))] {
        editor.post("components", &json!({ "name": name, "kind": "tool", "tier": tier })).expect(201);
    }
    for (nth, query) in ["sort=tier", "sort=-tier", "sort=key", "sort=-tier,-key"].iter().enumerate() {
        let seen = walk(&editor, query, |page| {
            if page >= 3 {
                return;
            }
            for (letter, tier) in [("a", json!(1)), ("n", json!(null)), ("z", json!(4))] {
                let name = format!("{letter}{nth}{page}");
                editor.post("components", &json!({ "name": name, "kind": "tool", "tier": tier })).expect(201);
            }
        });
        let unique: BTreeSet<_> = seen.iter().collect();
        assert_eq!(unique.len(), seen.len(), "{query} repeats: {seen:?}");
        for there in ["c", "e", "g", "i", "k", "m"] {
            assert!(unique.contains(&there.to_owned()), "{query} skips {there}: {seen:?}");
        }
    }
}

fn every_sort_walks_every_row_once(app: &TestApp) {
    let editor = app.editor();
    let rows = [("a", Some(2), "x"), ("b", None, "x"), ("c", Some(1), "ä"), ("d", None, "Z"), ("e", Some(2), "z")];
    for (name, tier, owner) in rows {
        let new = json!({ "name": name, "kind": "tool", "tier": tier, "owner": owner });
        editor.post("components", &new).expect(201);
        app.pass(TimeDelta::microseconds(1));
    }
    let walked = |query: &str| walk(&editor, query, |_| {}).concat();
    assert_eq!(walked("sort=tier"), "caebd", "nulls last");
    assert_eq!(walked("sort=-tier"), "aecbd", "nulls last in either direction");
    assert_eq!(walked("sort=-tier,-key"), "eacdb");
    assert_eq!(walked("sort=owner"), "dabec", "byte by byte, as in ASCII");
    assert_eq!(walked("sort=-owner,key"), "ceabd");
    assert_eq!(walked("sort=-created_at"), "edcba");
    assert_eq!(walked("sort=availability,-key"), "edcba", "all of them null");
    assert_eq!(walked("sort=kind,lifecycle,tier,key"), "caebd");
    assert_eq!(walked(""), "abcde", "by id, which is by age");
}

fn filters_narrow_and_combine(app: &TestApp) {
    for (name, kind, tier, owner) in [
        ("a", "tool", json!(1), json!("ops")),
        ("b", "service", json!(2), json!("ops")),
        ("c", "service", json!(3), json!(null)),
        ("d", "library", json!(null), json!("web, mobile")),
    ] {
        let new = json!({ "name": name, "kind": kind, "tier": tier, "owner": owner });
        app.editor().post("components", &new).expect(201);
        app.pass(TimeDelta::hours(1));
    }
    let editor = app.editor();
    let found = |query: &str| editor.get(&format!("components?sort=key&{query}")).expect(200).column("key").concat();
    assert_eq!(found("kind=tool,library"), "ad");
    assert_eq!(found("owner=null"), "c");
    assert_eq!(found("owner=null,ops"), "abc");
    assert_eq!(found("tier=1,null&kind=tool"), "a");
    assert_eq!(found("tier.gte=2"), "bc");
    assert_eq!(found("tier.gte=1&tier.lt=3"), "ab");
    assert_eq!(found("created_at.gte=2026-11-02T10:00:00Z&created_at.lt=2026-11-02T12:00:00%2B01:00"), "b");
    assert_eq!(found("key.lt=c"), "ab");
    assert_eq!(found("owner=nobody"), "");
    assert_eq!(found("key=a'%20OR%20'1'%3D'1"), "", "what is sent is bound, never part of the SQL");
    assert_eq!(found("tier=-999999999999999,999999999999999"), "");
}

fn a_search_wants_every_word_in_whatever_case(app: &TestApp) {
    let editor = app.editor();
    for (name, description) in
        [("Order Database", "PostgreSQL, 100% ours"), ("Order Queue", "snake_case"), ("Ärgernis", "ΣΊΣΥΦΟΣ")]
    {
        editor.post("components", &json!({ "name": name, "kind": "tool", "description": description })).expect(201);
    }
    let found = |q: &str| editor.get(&format!("components?sort=key&q={q}")).expect(200).column("key");
    assert_eq!(found("ORDER"), ["order-database", "order-queue"]);
    assert_eq!(found("order+postgres"), ["order-database"]);
    assert_eq!(found("queue%20order"), ["order-queue"]);
    assert_eq!(found("100%25"), ["order-database"], "a percent sign is itself");
    assert_eq!(found("e_c"), ["order-queue"], "so is an underscore");
    assert_eq!(found("%C3%A4rger"), ["argernis"]);
    assert_eq!(found("%C3%84RGER"), ["argernis"]);
    assert_eq!(found("%CF%83%CE%AF%CF%83%CF%85"), ["argernis"], "of whatever script");
    assert_eq!(found("'"), [""; 0]);
    assert_eq!(found("%5C"), [""; 0]);
}

fn what_a_list_does_not_understand_it_refuses(app: &TestApp) {
    let editor = app.editor();
    let faults = |query: &str| editor.get(&format!("components?{query}")).expect(422).faults();
    assert_eq!(faults("colour=red"), ["colour unknown_parameter"]);
    assert_eq!(faults("tier.gt=1"), ["tier.gt unknown_parameter"]);
    assert_eq!(faults("kind.gte=tool"), ["kind.gte unknown_parameter"]);
    assert_eq!(faults("description=x"), ["description unknown_parameter"]);
    assert_eq!(faults("sort=colour"), ["sort sort"]);
    assert_eq!(faults("sort=key,key"), ["sort sort"]);
    assert_eq!(faults("sort="), ["sort sort"]);
    assert_eq!(faults("kind=boat"), ["kind value"]);
    assert_eq!(faults("kind=null"), ["kind value"]);
    assert_eq!(faults("tier=one"), ["tier value"]);
    for not_plain in ["99999999999999999999", "1000000000000000", "%2B1", "1.0", "0x1", ""] {
        assert_eq!(faults(&format!("tier={not_plain}")), ["tier value"], "{not_plain}");
        assert_eq!(faults(&format!("tier.gte={not_plain}")), ["tier.gte value"], "{not_plain}");
    }
    for not_plain in ["2026-10-01t08:00:00Z", "1969-12-31T23:59:59Z", "3000-01-01T00:00:00Z", "2026-02-30T00:00:00Z"] {
        assert_eq!(faults(&format!("created_at.gte={not_plain}")), ["created_at.gte value"], "{not_plain}");
    }
    assert_eq!(faults("created_at.gte=yesterday"), ["created_at.gte value"]);
    for limit in ["0", "201", "-1", "ten", "", "1e2"] {
        assert_eq!(faults(&format!("limit={limit}")), ["limit range"], "limit={limit}");
    }
    assert_eq!(faults("limit=0&colour=red&kind=boat"), ["colour unknown_parameter", "kind value", "limit range"]);
    let long = format!("q={}", "x".repeat(201));
    assert_eq!(faults(&long), ["q q"]);
    let recovery = app.editor().get("components/x/recovery?off=2026-01-01").expect(422);
    assert_eq!(recovery.faults(), ["off parameter"]);
}

fn a_cursor_belongs_to_its_query(app: &TestApp) {
    let editor = app.editor();
    for name in ["a", "b", "c"] {
        editor.post("components", &json!({ "name": name, "kind": "service" })).expect(201);
    }
    let cursor = editor.get("components?limit=1&sort=key").json["next_cursor"].as_str().expect("a cursor").to_owned();
    assert_eq!(editor.get(&format!("components?limit=2&sort=key&cursor={cursor}")).column("key"), ["b", "c"]);
    for other in ["sort=-key", "sort=key&kind=service", ""] {
        let refused = editor.get(&format!("components?{other}&cursor={cursor}")).expect(400);
        assert_eq!(refused.faults(), ["cursor cursor"], "{other}");
    }
    let plain = editor.get("components?limit=1").json["next_cursor"].as_str().expect("a cursor").to_owned();
    editor.get(&format!("components?cursor={plain}")).expect(200);
    editor.get(&format!("activities?cursor={plain}")).expect(400);
    for broken in ["x", "", "%00", "e30", "bnVsbA", &cursor[1..], "eyJzIjoiIiwidiI6W119"] {
        editor.get(&format!("components?sort=key&cursor={broken}")).expect(400);
    }
}
