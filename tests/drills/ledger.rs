//! What writers were told, and whether the database agrees.

use crate::{
    client::{Answer, Client},
    program::Stop,
};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use prodops::kernel::{
    clock::{Clock, Ids},
    db::{Conn, DatabaseUrl, Db, integrity_faults},
    failure::Failure,
    schema::{activities, audit_events, effort_shares, effort_weeks, products, tombstones},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    NotDone,
    Unknown,
}

/// # Panics
/// When it is neither done, nor refused for want of storage.
pub fn outcome(answer: &Result<Answer, ureq::Error>) -> Outcome {
    match answer {
        Ok(answer) if answer.status < 300 => Outcome::Done,
        Ok(answer) if answer.json["type"] == "urn:prodops:problem:outcome-unknown" => Outcome::Unknown,
        Ok(answer) if matches!(answer.status, 503 | 507) => Outcome::NotDone,
        Ok(answer) => panic!("an answer that nobody expects: {}", answer.json),
        Err(_) => Outcome::Unknown,
    }
}

/// An activity, and in which states it may be found: absent, or a version with its summary.
#[derive(Debug)]
struct Item {
    name: String,
    id: Option<String>,
    may_be: Vec<Option<(i64, String)>>,
}

/// A week of effort that one writer writes again and again: its version says how many shares it has.
#[derive(Debug, Default)]
struct Week {
    name: String,
    may_be: Vec<i64>,
}

#[derive(Debug, Default)]
pub struct Ledger {
    items: Vec<Item>,
    week: Week,
    /// Creations whose outcome nobody knows, by their `Idempotency-Key`.
    open: Vec<(String, Value)>,
}

fn shares_of(version: i64) -> i64 {
    version % 3 + 1
}

fn new_activity(summary: &str) -> Value {
    json!({ "on": "2026-10-30", "kind": "patching", "planned": true, "summary": summary })
}

/// Creates, changes, removes and replaces until told to stop, or until the server is gone.
pub fn write(client: &Client, product: &str, writer: usize, stop: &Stop, done: &AtomicUsize) -> Ledger {
    let week = Week { name: format!("2020-W{:02}", writer + 1), may_be: vec![0] };
    let mut ledger = Ledger { week, ..Ledger::default() };
    for count in 0.. {
        if stop.is_told() {
            break;
        }
        let (result, gone) = match count % 6 {
            0 | 1 | 3 => ledger.create(client, product, &format!("{writer}-{count}")),
            2 => ledger.change(client, product),
            4 => ledger.replace_week(client, product),
            _ => ledger.remove(client, product),
        };
        match result {
            Outcome::Done => _ = done.fetch_add(1, Ordering::Relaxed),
            _ if gone => break,
            // It is somewhere between here and there: a moment, and again.
            _ => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    }
    ledger
}

impl Ledger {
    fn create(&mut self, client: &Client, product: &str, name: &str) -> (Outcome, bool) {
        let body = new_activity(name);
        let answer = client.with("Idempotency-Key", name).post(&format!("{product}/activities"), &body);
        let there = Some((1, name.to_owned()));
        let (id, may_be) = match (outcome(&answer), &answer) {
            (Outcome::Done, Ok(answer)) => (Some(answer.id()), vec![there]),
            (Outcome::Unknown, _) => {
                self.open.push((name.to_owned(), body));
                (None, vec![None, there])
            }
            _ => (None, vec![None]),
        };
        self.items.push(Item { name: name.to_owned(), id, may_be });
        (outcome(&answer), answer.is_err())
    }

    /// The last item of which it is known how it is.
    fn certain(&mut self) -> Option<(&mut Item, String, i64, String)> {
        let item = self.items.iter_mut().rev().find(|item| matches!(item.may_be.as_slice(), [Some(_)]))?;
        let (id, state) = (item.id.clone()?, item.may_be[0].clone()?);
        Some((item, id, state.0, state.1))
    }

    fn change(&mut self, client: &Client, product: &str) -> (Outcome, bool) {
        let Some((item, id, version, summary)) = self.certain() else { return (Outcome::NotDone, false) };
        let next = format!("{summary} changed");
        let client = client.with("If-Match", &format!("\"{version}\""));
        let body = json!({ "summary": next }).to_string();
        let path = format!("{product}/activities/{id}");
        let answer = client.send("PATCH", &path, "application/merge-patch+json", body.as_bytes());
        item.settle(outcome(&answer), Some((version + 1, next)));
        (outcome(&answer), answer.is_err())
    }

    fn remove(&mut self, client: &Client, product: &str) -> (Outcome, bool) {
        let Some((item, id, version, _)) = self.certain() else { return (Outcome::NotDone, false) };
        let client = client.with("If-Match", &format!("\"{version}\""));
        let answer = client.send("DELETE", &format!("{product}/activities/{id}"), "", b"");
        item.settle(outcome(&answer), None);
        (outcome(&answer), answer.is_err())
    }

    fn replace_week(&mut self, client: &Client, product: &str) -> (Outcome, bool) {
        let [version] = *self.week.may_be.as_slice() else { return (Outcome::NotDone, false) };
        let parts: &[f64] = match shares_of(version + 1) {
            1 => &[1.0],
            2 => &[0.5, 0.5],
            _ => &[0.5, 0.25, 0.25],
        };
        let kinds = ["patching", "support", "improvement"].iter().zip(parts);
        let shares: Vec<Value> =
            kinds.map(|(kind, share)| json!({ "component": null, "kind": kind, "share": share })).collect();
        let client = match version {
            0 => client.with("If-None-Match", "*"),
            version => client.with("If-Match", &format!("\"{version}\"")),
        };
        let body = json!({ "entries": [{ "person": null, "shares": shares }] }).to_string();
        let path = format!("{product}/effort/{}", self.week.name);
        let answer = client.send("PUT", &path, "application/json", body.as_bytes());
        match outcome(&answer) {
            Outcome::Done => self.week.may_be = vec![version + 1],
            Outcome::NotDone => {}
            Outcome::Unknown => self.week.may_be = vec![version, version + 1],
        }
        (outcome(&answer), answer.is_err())
    }

    /// Sends again what nobody knows the outcome of, with the same keys: it must have happened once.
    pub fn retry(&mut self, client: &Client, product: &str) -> usize {
        let open = std::mem::take(&mut self.open);
        let count = open.len();
        for (key, body) in open {
            let answer = client.with("Idempotency-Key", &key).post(&format!("{product}/activities"), &body);
            assert_eq!(outcome(&answer), Outcome::Done, "{answer:?}");
            let item = self.items.iter_mut().find(|item| item.name == key).expect("an item");
            item.id = answer.ok().map(|answer| answer.id());
            item.may_be = vec![Some((1, key))];
        }
        count
    }
}

impl Item {
    fn settle(&mut self, outcome: Outcome, next: Option<(i64, String)>) {
        match outcome {
            Outcome::Done => self.may_be = vec![next],
            Outcome::NotDone => {}
            Outcome::Unknown => self.may_be.push(next),
        }
    }
}

/// What the database says of a product.
struct Found {
    /// By id: version and summary.
    activities: HashMap<String, (i64, String)>,
    /// By week: id, version and how many shares there are.
    weeks: HashMap<String, (String, i64, i64)>,
    /// By row: what was done to it, and the summary that it left.
    events: HashMap<String, Vec<(String, Option<String>)>>,
    tombstones: Vec<String>,
}

pub fn open(database: &str) -> Db {
    let url: DatabaseUrl = database.parse().expect("a URL");
    Db::open(&url, Clock::System, Ids::Random).expect("an open database")
}

pub fn read<T: Send + 'static>(db: &Db, work: impl FnOnce(&mut Conn) -> Result<T, Failure> + Send + 'static) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(db.snapshot(work)).expect("what was read")
}

fn find(conn: &mut Conn, product: &str) -> Result<Found, Failure> {
    let product: String = products::table.filter(products::key.eq(product)).select(products::id).first(conn)?;
    let rows: Vec<(String, i64, String)> = activities::table
        .filter(activities::product_id.eq(&product))
        .select((activities::id, activities::version, activities::summary))
        .load(conn)?;
    let weeks: Vec<(String, String, i64)> = effort_weeks::table
        .filter(effort_weeks::product_id.eq(&product))
        .select((effort_weeks::week, effort_weeks::id, effort_weeks::version))
        .load(conn)?;
    let shares: Vec<String> =
        effort_shares::table.filter(effort_shares::product_id.eq(&product)).select(effort_shares::week).load(conn)?;
    let events: Vec<(String, String, Option<String>)> = audit_events::table
        .filter(audit_events::product_id.eq(&product))
        .filter(audit_events::resource.eq_any(["activities", "effort"]))
        .order((audit_events::change_number, audit_events::id))
        .select((audit_events::row_id, audit_events::action, audit_events::after))
        .load(conn)?;
    let gone = tombstones::table.filter(tombstones::product_id.eq(&product)).select(tombstones::row_id).load(conn)?;
    let mut told = HashMap::<_, Vec<_>>::new();
    for (row, action, after) in events {
        let after: Option<Value> = after.map(|text| serde_json::from_str(&text).expect("JSON"));
        let summary = after.and_then(|after| after["summary"].as_str().map(ToOwned::to_owned));
        told.entry(row).or_default().push((action, summary));
    }
    let count = |week: &String| i64::try_from(shares.iter().filter(|share| *share == week).count()).expect("few");
    Ok(Found {
        weeks: weeks.into_iter().map(|(week, id, version)| (week.clone(), (id, version, count(&week)))).collect(),
        activities: rows.into_iter().map(|(id, version, summary)| (id, (version, summary))).collect(),
        events: told,
        tombstones: gone,
    })
}

/// Everything that is not as the writers were told; nothing, one hopes.
pub fn faults(db: &Db, product: &str, ledgers: &[Ledger]) -> Vec<String> {
    let key = product.rsplit('/').next().unwrap_or_default().to_owned();
    let (found, mut faults) = read(db, move |conn| Ok((find(conn, &key)?, integrity_faults(conn)?)));
    for item in ledgers.iter().flat_map(|ledger| &ledger.items) {
        let mine = |(id, (_, summary)): &(&String, &(i64, String))| {
            item.id.as_ref() == Some(*id) || summary.split(' ').next() == Some(&item.name)
        };
        let there: Vec<_> = found.activities.iter().filter(mine).map(|(_, state)| state.clone()).collect();
        let state = match there.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            more => {
                faults.push(format!("{item:?} is there {} times", more.len()));
                continue;
            }
        };
        if !item.may_be.contains(&state) {
            faults.push(format!("{item:?} is {state:?}"));
        }
    }
    for week in ledgers.iter().map(|ledger| &ledger.week) {
        let (version, shares) = found.weeks.get(&week.name).map_or((0, 0), |(_, version, shares)| (*version, *shares));
        if !week.may_be.contains(&version) {
            faults.push(format!("{week:?} is at version {version}"));
        }
        if version > 0 && shares != shares_of(version) {
            faults.push(format!("{week:?} of version {version} has {shares} shares"));
        }
    }
    found.judge_events(&mut faults);
    faults
}

impl Found {
    /// A row has an event for each of its versions; a row that is gone has its tombstone.
    fn judge_events(&self, faults: &mut Vec<String>) {
        let weeks = self.weeks.values().map(|(id, version, _)| (id, *version, None));
        let rows = self.activities.iter().map(|(id, (version, summary))| (id, *version, Some(summary)));
        let mut there = 0;
        for (id, version, summary) in weeks.chain(rows) {
            there += 1;
            let events = self.events.get(id).map(Vec::as_slice).unwrap_or_default();
            let actions: Vec<&str> = events.iter().map(|(action, _)| action.as_str()).collect();
            let right = actions.first() == Some(&"create") && actions[1..].iter().all(|action| *action == "update");
            let last = events.last().and_then(|(_, summary)| summary.as_ref());
            if !right || actions.len() as i64 != version || (summary.is_some() && last != summary) {
                faults.push(format!("{id} of version {version} has the events {events:?}"));
            }
        }
        let gone: Vec<_> =
            self.events.iter().filter(|(_, events)| events.last().is_some_and(|(a, _)| a == "delete")).collect();
        for (id, _) in &gone {
            if !self.tombstones.contains(id) || self.activities.contains_key(*id) {
                faults.push(format!("{id} was deleted, and is not"));
            }
        }
        if gone.len() != self.tombstones.len() || gone.len() + there != self.events.len() {
            faults.push(format!("{} rows, {} gone, {} with events", there, gone.len(), self.events.len()));
        }
    }
}
