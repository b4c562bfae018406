//! An ops lead's Monday: ten items came further, three are new, one is planned anew. Three requests, and nobody else's
//! work is touched.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    roadmap::{change, item},
};
use serde_json::{Value, json};
use std::{cell::Cell, collections::BTreeMap};

on_both_engines!(a_monday_takes_three_requests, a_monday_that_meets_another_lead_takes_five);

/// A lead who counts requests.
struct Lead {
    client: Client,
    requests: Cell<usize>,
}

impl Lead {
    fn new(app: &TestApp) -> Self {
        Self { client: app.editor(), requests: Cell::new(0) }
    }

    fn counted(&self, answer: Answer) -> Answer {
        self.requests.set(self.requests.get() + 1);
        answer
    }

    /// What is open, by ref.
    fn read(&self) -> BTreeMap<String, Value> {
        let open = "roadmap-items?status=idea,planned,in_progress&sort=rank&limit=200";
        let answer = self.counted(self.client.get(open)).expect(200);
        let items = answer.json["items"].as_array().expect("items").iter();
        items.map(|item| (item["ref"].as_str().expect("a ref").to_owned(), item.clone())).collect()
    }

    /// What the meeting said, in the versions that were read.
    fn send(&self, seen: &BTreeMap<String, Value>) -> Answer {
        let changed = |at: usize, patch: Value| {
            let name = format!("OPS-{at}");
            json!({ "id": name, "version": seen[&name]["version"], "patch": patch })
        };
        let mut operations: Vec<Value> = Vec::new();
        operations.extend((1..=4).map(|at| changed(at, json!({ "status": "shipped" }))));
        operations.extend((5..=9).map(|at| changed(at, json!({ "status": "in_progress" }))));
        operations.push(changed(10, json!({ "status": "dropped" })));
        for title in ["Renew certificates", "A second vault", "Fewer alarms"] {
            operations.push(json!({ "create": { "title": title, "kind": "reliability", "horizon": "next" } }));
        }
        operations.push(changed(11, json!({ "start_on": "2026-11-09", "target_on": "2026-12-18" })));
        self.counted(self.client.post("roadmap-items/batch", &json!({ "operations": operations })))
    }

    /// The item that was planned anew goes to the front.
    fn bring_forward(&self, done: &Answer) -> Answer {
        let item = &done.json["items"][13];
        let seen = self.client.with("If-Match", &format!("\"{}\"", item["version"]));
        let path = format!("roadmap-items/{}/move", item["ref"].as_str().expect("a ref"));
        self.counted(seen.post(&path, &json!({ "first_in": "now" }))).expect(200)
    }
}

/// Fourteen open items, of which four are in progress, and one that has shipped.
fn roadmap(app: &TestApp) {
    for at in 1..=14 {
        let status = if at <= 4 { "in_progress" } else { "planned" };
        item(app, &format!("Item {at}"), json!({ "status": status, "horizon": if at <= 9 { "now" } else { "next" } }));
    }
    item(app, "Done", json!({ "status": "shipped" }));
}

fn holds_what_the_meeting_said(app: &TestApp) {
    let rows = app.viewer().get("roadmap-items?sort=rank&limit=200").expect(200);
    let expected = "OPS-11 OPS-1 OPS-2 OPS-3 OPS-4 OPS-5 OPS-6 OPS-7 OPS-8 OPS-9 OPS-10 OPS-12 OPS-13 OPS-14 OPS-16 OPS-17 \
                    OPS-18 OPS-15";
    assert_eq!(rows.column("ref").join(" "), expected);
    let rows: BTreeMap<String, Value> = rows.json["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|row| (row["ref"].as_str().expect("a ref").to_owned(), row.clone()))
        .collect();
    let of = |at: usize| &rows[&format!("OPS-{at}")];
    for at in 1..=4 {
        assert_eq!((&of(at)["status"], &of(at)["shipped_on"]), (&json!("shipped"), &json!("2026-11-02")), "{at}");
    }
    assert!((5..=9).all(|at| of(at)["status"] == "in_progress"));
    assert_eq!(of(10)["status"], "dropped");
    assert_eq!((&of(11)["horizon"], &of(11)["target_on"]), (&json!("now"), &json!("2026-12-18")));
    assert_eq!((&of(11)["version"], &of(17)["title"]), (&json!(3), &json!("A second vault")));
    assert!([12, 13, 15].iter().all(|at| of(*at)["version"] == 1), "what nobody spoke of is as it was");
}

fn a_monday_takes_three_requests(app: &TestApp) {
    roadmap(app);
    let lead = Lead::new(app);
    let done = lead.send(&lead.read()).expect(200);
    lead.bring_forward(&done);
    assert_eq!(lead.requests.get(), 3);
    holds_what_the_meeting_said(app);
    let events = app.editor().get("audit-events?resource=roadmap-items&limit=200").expect(200);
    assert_eq!(events.column("id").len(), 15 + 14 + 1, "an event for each item that changed, and one for the move");
}

fn a_monday_that_meets_another_lead_takes_five(app: &TestApp) {
    roadmap(app);
    let lead = Lead::new(app);
    let seen = lead.read();
    for name in ["OPS-6", "OPS-11", "OPS-14"] {
        change(app, name, json!({ "owner": "Somebody else" })).expect(200);
    }
    let refused = lead.send(&seen).expect(412);
    assert_eq!(refused.faults(), ["/operations/13/version stale", "/operations/5/version stale"]);
    let rows = app.viewer().get("roadmap-items?status=shipped").expect(200);
    assert_eq!(rows.column("ref"), ["OPS-15"], "nothing was done");
    let done = lead.send(&lead.read()).expect(200);
    lead.bring_forward(&done);
    assert_eq!(lead.requests.get(), 5);
    let owners = app.viewer().get("roadmap-items?owner=Somebody%20else&sort=ref").expect(200);
    assert_eq!(owners.column("ref"), ["OPS-11", "OPS-14", "OPS-6"], "what the other lead wrote is there");
    assert_eq!(owners.column("status"), ["planned", "planned", "in_progress"]);
}
