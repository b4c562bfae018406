//! Months end, as far as PostgreSQL and the program can tell: libfaketime lets all of them believe in another time.

use crate::{
    ledger::{self, read},
    postgres::Postgres,
    program::{Chance, Server, cycles, prepare, serving},
    programs::say,
};
use diesel::{ExpressionMethods, NullableExpressionMethods, QueryDsl, RunQueryDsl};
use prodops::kernel::{
    db::{AuthorKind, Db},
    schema::{audit_events, products, report_runs, reports},
};
use serde_json::json;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

type Environment = Vec<(&'static str, String)>;

/// When the products are made: Thursday, 20 August 2026, at noon in UTC.
const BEGINNING: f64 = 1_787_227_200.0;
/// The ends of October, November, December and so on, in UTC. August and September end while nothing runs.
const ENDS: [(&str, f64); 6] = [
    ("2026-10", 1_793_491_200.0),
    ("2026-11", 1_796_083_200.0),
    ("2026-12", 1_798_761_600.0),
    ("2027-01", 1_801_440_000.0),
    ("2027-02", 1_803_859_200.0),
    ("2027-03", 1_806_537_600.0),
];
/// How long before a month's end everything is started.
const BEFORE: Duration = Duration::from_secs(4);
/// A look that had to be given up is repeated after a minute.
const PATIENCE: Duration = Duration::from_secs(75);
const DAY: f64 = 24.0 * 60.0 * 60.0;

/// libfaketime, where Debian puts it.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    folders.map(|folder| folder.join("faketime/libfaketime.so.1")).find(|file| file.is_file())
}

/// What a process is started with to believe that it is `offset` seconds later than it is. What it waits for takes as long
/// as ever.
fn later(library: &Path, offset: f64) -> Environment {
    let library = library.display().to_string();
    vec![("LD_PRELOAD", library), ("FAKETIME", format!("{offset:+.3}")), ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into())]
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// Two instances see one month after another to its end, one of which dies of it; the other's clock is two days ahead,
/// which is nothing to the database's.
#[test]
fn months_are_drafted_and_published_once() {
    let Some(library) = library() else {
        say("SKIPPED: libfaketime is not installed");
        return;
    };
    let Some(mut postgres) = Postgres::start(50) else { return };
    let database = postgres.database("drill", None);
    let folder = tempfile::tempdir().expect("a folder");
    prepare(&database);
    let start = |offset: f64| {
        let mut command = serving(&database, folder.path());
        command.envs(later(&library, offset));
        Server::of(command)
    };
    let mut chance = Chance::new();

    let offset = BEGINNING - now();
    postgres.go_on_with(later(&library, offset));
    let server = start(offset);
    let client = server.sign_in();
    for (key, zone, day) in [
        ("drafted", "UTC", json!(null)),
        ("published", "UTC", json!(1)),
        // Its months are over 14 hours earlier, before anything runs.
        ("early", "Pacific/Kiritimati", json!(1)),
    ] {
        let product = server.product(&client, key);
        let patch = json!({ "timezone": zone, "publish_day": day }).to_string();
        let changed = client.with("If-Match", "\"1\"").send("PATCH", &product, "application/json", patch.as_bytes());
        assert_eq!(changed.expect("an answer").status, 200);
    }
    server.stop();

    let mut over = vec!["2026-08", "2026-09"];
    for (month, end) in &ENDS[..cycles(2).min(ENDS.len())] {
        over.push(month);
        let started = Instant::now();
        let offset = end - BEFORE.as_secs_f64() - now();
        postgres.go_on_with(later(&library, offset));
        let (dies, stays) = (start(offset), start(offset + 2.0 * DAY));
        let db = ledger::open(&database);
        // What was missed comes at once, and nothing comes early.
        until(&db, &over[..over.len() - 1], &[over[over.len() - 1]]);
        sleep(BEFORE.saturating_sub(started.elapsed()));
        chance.sleep(0, 300);
        dies.kill();
        until(&db, &over, &[]);
        // Nothing more comes of it.
        sleep(Duration::from_millis(700));
        assert_eq!(done(&db), expected(&over, &[]));
        assert_eq!(stays.stop().1.code(), Some(0));
    }
}

/// For each product, month and thing that is counted: how often it is there.
type Counts = Vec<String>;

fn expected(over: &[&str], early: &[&str]) -> Counts {
    let mut all = Vec::new();
    for key in ["drafted", "early", "published"] {
        let months = over.iter().chain(early.iter().filter(|_| key == "early"));
        for month in months {
            match key {
                "drafted" => all.extend([
                    format!("{key} {month} is draft"),
                    format!("{key} {month} was create by scheduler"),
                    format!("{key} {month} did draft"),
                ]),
                _ => all.extend([
                    format!("{key} {month} is unreviewed"),
                    format!("{key} {month} was create by scheduler"),
                    format!("{key} {month} was publish by scheduler"),
                    format!("{key} {month} was update by scheduler"),
                    format!("{key} {month} did draft"),
                    format!("{key} {month} did publish"),
                ]),
            }
        }
    }
    all.sort();
    all
}

/// What is there: reports, their events, and the runs that something came of.
fn done(db: &Db) -> Counts {
    read(db, |conn| {
        let keys: HashMap<String, String> =
            products::table.select((products::id, products::key)).load(conn)?.into_iter().collect();
        let columns = (reports::id, reports::product_id, reports::month, reports::state);
        let is: Vec<(String, String, String, String)> = reports::table.select(columns).load(conn)?;
        let names: HashMap<_, _> =
            is.iter().map(|(id, of, month, _)| (id.clone(), format!("{} {month}", keys[of]))).collect();
        let columns = (audit_events::row_id, audit_events::action, audit_events::actor_kind);
        let of_reports = audit_events::table.filter(audit_events::resource.eq("reports"));
        let was: Vec<(String, String, AuthorKind)> = of_reports.select(columns).load(conn)?;
        let columns = (report_runs::report_id.assume_not_null(), report_runs::act);
        let made = report_runs::table.filter(report_runs::report_id.is_not_null());
        let did: Vec<(String, String)> = made.select(columns).load(conn)?;
        let mut all: Counts = is.iter().map(|(id, .., state)| format!("{} is {state}", names[id])).collect();
        all.extend(was.iter().map(|(id, what, who)| format!("{} was {what} by {who}", names[id])));
        all.extend(did.iter().map(|(id, act)| format!("{} did {act}", names[id])));
        all.sort();
        Ok(all)
    })
}

/// Waits until those months are done, and those that are early; what is there meanwhile is part of it.
fn until(db: &Db, over: &[&str], early: &[&str]) {
    let (wanted, started) = (expected(over, early), Instant::now());
    loop {
        let there = done(db);
        if there == wanted {
            return;
        }
        let odd = there.iter().find(|one| !wanted.contains(one) && !one.ends_with("is draft"));
        assert!(odd.is_none() && started.elapsed() < PATIENCE, "{odd:?} of {there:#?} is not of {wanted:#?}");
        sleep(Duration::from_millis(20));
    }
}
