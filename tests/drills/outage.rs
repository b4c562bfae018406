//! PostgreSQL goes away in every way it can: callers are told within two seconds, and a few seconds
//! after it is back all is as before, without a restart of ours.

use crate::{
    client::{Answer, Client},
    ledger::{self, faults, write},
    postgres::Postgres,
    program::{Server, Stop, prepare},
};
use diesel::{PgConnection, connection::SimpleConnection};
use std::{
    sync::{Mutex, atomic::AtomicUsize},
    thread::{self, sleep},
    time::{Duration, Instant},
};

/// How long it is away.
const AWAY: Duration = Duration::from_secs(4);
/// What callers may have to wait, with a little for the machine that drills.
const TOLD_WITHIN: Duration = Duration::from_millis(2000);
const BACK_WITHIN: Duration = Duration::from_secs(5);
const WRITERS: usize = 16;

#[test]
fn stopped() {
    away("stopped", Postgres::stop, Postgres::go_on);
}

#[test]
fn crashed() {
    away("crashed", Postgres::crash, Postgres::go_on);
}

#[test]
fn frozen() {
    away("frozen", |postgres| postgres.freeze(), |postgres| postgres.thaw());
}

/// A restart in between two breaths, under writers: whatever each was told is true.
#[test]
fn restarted_again_and_again() {
    let Some((mut postgres, database, folder)) = start(50) else { return };
    let server = Server::start(&database, folder.path());
    let client = server.sign_in();
    let product = server.product(&client, "restarted");
    let ledgers = under_writers(&client, &product, || {
        for _ in 0..3 {
            sleep(Duration::from_millis(500));
            postgres.stop();
            postgres.go_on();
        }
        sleep(Duration::from_millis(500));
    });
    assert_eq!(faults(&ledger::open(&database), &product, &ledgers), [""; 0]);
    server.stop();
}

fn start(connections: u32) -> Option<(Postgres, String, tempfile::TempDir)> {
    let postgres = Postgres::start(connections)?;
    let database = postgres.database("drill", None);
    prepare(&database);
    Some((postgres, database, tempfile::tempdir().expect("a folder")))
}

fn under_writers(client: &Client, product: &str, work: impl FnOnce()) -> Vec<ledger::Ledger> {
    let (stop, done) = (Stop::default(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let _end = stop.at_the_end();
        let writer = |writer| {
            let (stop, done) = (&stop, &done);
            scope.spawn(move || write(client, product, writer, stop, done))
        };
        let writers: Vec<_> = (0..WRITERS).map(writer).collect();
        work();
        stop.tell();
        writers.into_iter().map(|writer| writer.join().expect("a writer")).collect()
    })
}

/// A request: when it was asked, for what, and what came.
type Seen = (Instant, &'static str, Answer);

/// Asks for something again and again.
fn ask(client: &Client, what: &'static str, path: &str, stop: &Stop, seen: &Mutex<Vec<Seen>>) {
    while !stop.is_told() {
        let asked = Instant::now();
        let answer = client.get(path).expect("an answer, whatever it says");
        seen.lock().expect("no panic").push((asked, what, answer));
        sleep(Duration::from_millis(20));
    }
}

fn away(how: &str, go: impl FnOnce(&mut Postgres), come_back: impl FnOnce(&mut Postgres)) {
    let Some((mut postgres, database, folder)) = start(50) else { return };
    let server = Server::start(&database, folder.path());
    let client = server.sign_in();
    let product = server.product(&client, "away");
    let (stop, seen) = (Stop::default(), Mutex::new(Vec::new()));
    let (gone, returning, back) = thread::scope(|scope| {
        let _end = stop.at_the_end();
        let (stop, seen, list) = (&stop, &seen, format!("{product}/activities?limit=5"));
        let export = format!("{product}/exports/components.csv");
        let asked =
            [("list", list), ("export", export), ("live", "/health/live".into()), ("ready", "/health/ready".into())];
        for (what, path) in asked {
            let client = client.clone();
            scope.spawn(move || ask(&client, what, &path, stop, seen));
        }
        let [mut gone, mut returning, mut back] = [Instant::now(); 3];
        let ledgers = under_writers(&client, &product, || {
            sleep(Duration::from_millis(500));
            go(&mut postgres);
            gone = Instant::now();
            sleep(AWAY);
            returning = Instant::now();
            come_back(&mut postgres);
            postgres.wait_until_it_answers();
            back = Instant::now();
            sleep(BACK_WITHIN + Duration::from_secs(1));
        });
        stop.tell();
        assert_eq!(faults(&ledger::open(&database), &product, &ledgers), [""; 0], "what writers were told is true");
        (gone, returning, back)
    });
    let seen = seen.into_inner().expect("no panic");
    let slowest = |what: &str| seen.iter().filter(|(_, w, _)| *w == what).map(|(_, _, answer)| answer.time).max();
    let mut last_refusal = Duration::ZERO;
    for (asked, what, answer) in &seen {
        let time = answer.time;
        assert!(time < TOLD_WITHIN, "`{what}` took {time:?}: {answer:?}");
        match (*what, answer.status) {
            ("live", status) => assert_eq!(status, 200),
            (_, 503) if *asked > back => last_refusal = last_refusal.max(*asked - back + time),
            (_, 503) => {}
            (_, status) => {
                assert_eq!(status, 200, "{answer:?}");
                let while_away = *asked > gone && *asked + time < returning;
                assert!(!while_away, "`{what}` was answered by a database that is away");
            }
        }
        if *what == "ready" && answer.status == 503 {
            assert_eq!(answer.json["errors"][0]["code"], "database", "it says what is wrong");
        }
    }
    assert!(last_refusal < BACK_WITHIN, "still refused {last_refusal:?} after it was back");
    println!(
        "{how} for {AWAY:?}: slowest list {:?}, export {:?}, ready {:?}, live {:?}; normal {last_refusal:?} after its return",
        slowest("list").unwrap_or_default(),
        slowest("export").unwrap_or_default(),
        slowest("ready").unwrap_or_default(),
        slowest("live").unwrap_or_default(),
    );
    server.stop();
}

#[test]
fn out_of_connections() {
    let Some((postgres, database, folder)) = start(12) else { return };
    let server = Server::start(&database, folder.path());
    let client = server.sign_in();
    let product = server.product(&client, "crowded");
    // A process of ours that has no connection yet, while others take all there are.
    let late = Server::start(&database, folder.path());
    let mut taken: Vec<PgConnection> = Vec::new();
    while let Ok(mut conn) = postgres.connect("drill") {
        conn.batch_execute("SELECT 1").expect("a connection that works");
        taken.push(conn);
        assert!(taken.len() < 100, "there is no end of connections");
    }
    let late_client = client.at(&late.client);
    let list = format!("{product}/activities?limit=5");
    for _ in 0..5 {
        for path in [list.as_str(), "/health/ready"] {
            let refused = late_client.get(path).expect("an answer");
            assert!(refused.status == 503 && refused.time < TOLD_WITHIN, "{refused:?}");
        }
        assert_eq!(late_client.get("/health/live").expect("an answer").status, 200);
        assert_eq!(client.get(&list).expect("an answer").status, 200, "who has connections goes on");
    }
    drop(taken);
    let freed = Instant::now();
    while late_client.get(&list).expect("an answer").status != 200 {
        assert!(freed.elapsed() < BACK_WITHIN);
        sleep(Duration::from_millis(50));
    }
    println!("out of connections: normal {:?} after there were some", freed.elapsed());
    late.stop();
    server.stop();
}

#[test]
fn sigterm_while_it_is_frozen() {
    let Some((postgres, database, folder)) = start(20) else { return };
    let server = Server::start(&database, folder.path());
    let client = server.sign_in();
    let product = server.product(&client, "frozen");
    let list = format!("{product}/activities");
    assert_eq!(client.get(&list).expect("an answer").status, 200);
    postgres.freeze();
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..4).map(|_| scope.spawn(|| client.get(&list))).collect();
        sleep(Duration::from_millis(300));
        let (took, status) = server.stop();
        println!("SIGTERM while PostgreSQL is frozen: {status} after {took:?}");
        assert!(took < Duration::from_secs(10) && status.success(), "{status} after {took:?}");
        for asked in waiting {
            let answer = asked.join().expect("no panic").expect("an answer to what was under way");
            assert_eq!(answer.status, 503, "{answer:?}");
        }
    });
    postgres.thaw();
}
