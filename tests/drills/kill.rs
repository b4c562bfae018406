//! `kill -9`, whatever is going on: what was acknowledged is there, and nothing is there by half.

use crate::{
    ledger::{self, Ledger, Outcome, faults, outcome, write},
    postgres::Postgres,
    program::{Chance, Server, Stop, command, cycles, must, prepare, run},
};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, connection::SimpleConnection, dsl::count_star};
use prodops::kernel::schema::{audit_events, cost_entries, effort_shares};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

const WRITERS: usize = 16;

struct Place {
    database: String,
    folder: tempfile::TempDir,
    server: Option<Postgres>,
}

impl Place {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { database: format!("sqlite://{}", folder.path().join("prodops.db").display()), folder, server: None }
    }

    fn postgres() -> Option<Self> {
        let server = Postgres::start(100)?;
        let database = server.database("drill", None);
        Some(Self { database, folder: tempfile::tempdir().expect("a folder"), server: Some(server) })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

#[test]
fn sqlite_under_16_writers() {
    under_writers(Place::sqlite());
}

#[test]
fn postgres_under_16_writers() {
    if let Some(place) = Place::postgres() {
        under_writers(place);
    }
}

/// On PostgreSQL every fourth time it is the server that is killed, and two processes of ours write.
fn under_writers(mut place: Place) {
    prepare(&place.database);
    let (mut chance, cycles, mut total, started) = (Chance::new(), cycles(6), 0, Instant::now());
    let (mut retried, mut crashes) = (0, 0);
    for cycle in 0..cycles {
        let server = Server::start(&place.database, place.path());
        let second = place.server.is_some().then(|| Server::start(&place.database, place.path()));
        let client = server.sign_in();
        let product = server.product(&client, &format!("cycle-{cycle}"));
        let clients = [Some(client), second.as_ref().map(Server::sign_in)];
        let clients: Vec<_> = clients.into_iter().flatten().collect();
        let (stop, done) = (Stop::default(), AtomicUsize::new(0));
        let crash = place.server.is_some() && cycle % 4 == 3;
        let mut ledgers: Vec<Ledger> = thread::scope(|scope| {
            let _end = stop.at_the_end();
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (client, product, stop, done) = (&clients[writer % clients.len()], &product, &stop, &done);
                    scope.spawn(move || write(client, product, writer, stop, done))
                })
                .collect();
            while done.load(Ordering::Relaxed) < WRITERS {
                thread::sleep(Duration::from_millis(1));
            }
            chance.sleep(20, 400);
            if let (true, Some(postgres)) = (crash, &mut place.server) {
                postgres.crash();
                crashes += 1;
                chance.sleep(0, 200);
                postgres.go_on();
                chance.sleep(100, 1000);
                stop.tell();
            }
            server.kill();
            second.into_iter().for_each(Server::kill);
            stop.tell();
            writers.into_iter().map(|writer| writer.join().expect("a writer")).collect()
        });
        total += done.load(Ordering::Relaxed);
        let db = ledger::open(&place.database);
        assert_eq!(faults(&db, &product, &ledgers), [""; 0], "cycle {cycle}, before it starts again");
        let server = Server::start(&place.database, place.path());
        let client = server.sign_in();
        for ledger in &mut ledgers {
            retried += ledger.retry(&client, &product);
        }
        assert_eq!(faults(&db, &product, &ledgers), [""; 0], "cycle {cycle}, after what was unknown was sent again");
        let (took, status) = server.stop();
        assert!(status.success() && took < Duration::from_secs(10), "{status} after {took:?}");
    }
    let check = must(&place.database, &["check"], "");
    println!(
        "{cycles} kills ({crashes} of them of PostgreSQL) in {:?}: {total} acknowledged writes, all there; {retried} of unknown \
         outcome sent again, each there once\n{check}",
        started.elapsed()
    );
}

#[test]
fn sqlite_during_an_import() {
    during_an_import(&Place::sqlite());
}

#[test]
fn postgres_during_an_import() {
    if let Some(place) = Place::postgres() {
        during_an_import(&place);
    }
}

const LINES: usize = 3000;

/// A file of bills, each file of its own.
pub fn bill(source: usize) -> String {
    let line = |count| format!("2026-10,licence,{count}.25,EUR,cycle-{source},{source}-{count}\n");
    let head = "month,category,amount,currency,source,external_id\n".to_owned();
    (0..LINES).map(line).fold(head, |file, line| file + &line)
}

fn during_an_import(place: &Place) {
    prepare(&place.database);
    let (mut chance, mut whole, mut none) = (Chance::new(), 0, 0);
    let import = |server: &Server, cycle| {
        let client = server.sign_in();
        let product = "/api/v1/products/billed/imports/costs";
        let body = bill(cycle);
        move || client.send("POST", product, "text/csv", body.as_bytes())
    };
    let server = Server::start(&place.database, place.path());
    server.product(&server.sign_in(), "billed");
    let undisturbed = Instant::now();
    assert_eq!(outcome(&import(&server, 0)()), Outcome::Done);
    let most = u64::try_from(undisturbed.elapsed().as_millis()).expect("not long");
    server.kill();
    let db = ledger::open(&place.database);
    for cycle in 1..=cycles(4) {
        let server = Server::start(&place.database, place.path());
        let ask = import(&server, cycle);
        let told = thread::scope(|scope| {
            let asked = scope.spawn(ask);
            chance.sleep(most / 4, most * 5 / 4);
            server.kill();
            outcome(&asked.join().expect("no panic"))
        });
        let (lines, events, faults) = ledger::read(&db, move |conn| {
            let lines = cost_entries::table.filter(cost_entries::source.eq(format!("cycle-{cycle}")));
            let events = audit_events::table.filter(audit_events::action.eq("import"));
            Ok((
                lines.select(count_star()).first::<i64>(conn)?,
                events.select(count_star()).first::<i64>(conn)?,
                prodops::kernel::db::integrity_faults(conn)?,
            ))
        });
        assert_eq!(faults, [""; 0]);
        assert!(lines == 0 || lines == LINES as i64, "{lines} of {LINES} lines are there");
        assert!(told != Outcome::Done || lines > 0, "an acknowledged import is gone");
        whole += i64::from(lines > 0);
        none += i64::from(lines == 0);
        assert_eq!(events, 1 + whole, "an event for each import that happened, and no other");
    }
    println!("imports of {LINES} lines that were killed: {none} left nothing, {whole} were whole");
}

#[test]
fn sqlite_during_a_migration() {
    let (folder, mut chance, mut cut) = (tempfile::tempdir().expect("a folder"), Chance::new(), 0);
    let old = folder.path().join("old.db");
    let (scripts, filling) = earlier(false);
    connect_sqlite(&old).batch_execute(&format!("{scripts}{filling}")).expect("an old database");
    for cycle in 0..cycles(6) {
        let file = folder.path().join(format!("{cycle}.db"));
        fs::copy(&old, &file).expect("a copy");
        cut += u32::from(killed_migration(&format!("sqlite://{}", file.display()), &mut chance));
    }
    println!("{cut} migrations were cut short; all were finished by the next, with every row there");
}

#[test]
fn postgres_during_a_migration() {
    let Some(server) = Postgres::start(50) else { return };
    let (mut chance, mut cut) = (Chance::new(), 0);
    server.database("old", None);
    let (scripts, filling) = earlier(true);
    let mut old = server.connect("old").expect("a connection");
    old.batch_execute(&(scripts + &filling)).expect("an old database");
    drop(old);
    for cycle in 0..cycles(6) {
        cut += u32::from(killed_migration(&server.database(&format!("cycle_{cycle}"), Some("old")), &mut chance));
    }
    println!("{cut} migrations were cut short; all were finished by the next, with every row there");
}

const SHARES: i64 = 2000;
/// The last migration that the old database has run.
const THROUGH: &str = "0007";

/// An earlier schema with rows in it that later migrations take in hand.
fn earlier(postgres: bool) -> (String, String) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("migrations")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| &name[..4] <= THROUGH)
        .collect();
    names.sort();
    let mut scripts = "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,
        run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);\n"
        .to_owned();
    for name in names {
        let script = fs::read_to_string(folder.join(&name).join("up.sql")).expect("a script");
        scripts += &if postgres { script.replace(" TEXT", " TEXT COLLATE \"C\"") } else { script };
        scripts += &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{name}');\n");
    }
    let at = "'2026-10-01 00:00:00'";
    let mut rows = format!(
        "BEGIN; INSERT INTO products VALUES ('p', 'p', 'p', '', 'P', 'UTC', 'EUR', 1, 'effort', 40, NULL, NULL, {at}, {at}, 1, 1);"
    );
    for week in 0..SHARES / 10 {
        rows += &format!("INSERT INTO effort_weeks VALUES ('{week}', 'p', '{week}', '2026-10-05', {at}, {at}, 1, 1);");
        for share in 0..10 {
            rows += &format!(
                "INSERT INTO effort_shares VALUES ('p', '{week}', {share}, '2026-10-05', NULL, NULL, 'patching', 1);"
            );
        }
    }
    (scripts, rows + "COMMIT;")
}

#[allow(clippy::disallowed_methods)] // It is no database of ours yet.
fn connect_sqlite(file: &Path) -> diesel::SqliteConnection {
    diesel::Connection::establish(&file.to_string_lossy()).expect("a connection")
}

/// Kills a migration, has another finish it, and tells whether it was cut short.
fn killed_migration(database: &str, chance: &mut Chance) -> bool {
    let mut child = command(database, &["migrate"]).spawn().expect("the program");
    chance.sleep(1, 60);
    child.kill().expect("a process to kill");
    let ended = child.wait_with_output().expect("its end");
    must(database, &["migrate"], "");
    must(database, &["check"], "");
    let shares = ledger::read(&ledger::open(database), |conn| {
        Ok(effort_shares::table.select(count_star()).first::<i64>(conn)?)
    });
    assert_eq!(shares, SHARES, "rows that a migration took in hand");
    !ended.status.success()
}

#[test]
fn sqlite_during_a_backup() {
    during_a_backup(&Place::sqlite());
}

#[test]
fn postgres_during_a_backup() {
    if let Some(place) = Place::postgres() {
        during_a_backup(&place);
    }
}

fn during_a_backup(place: &Place) {
    prepare(&place.database);
    let server = Server::start(&place.database, place.path());
    let client = server.sign_in();
    server.product(&client, "billed");
    for source in 0..3 {
        let path = "/api/v1/products/billed/imports/costs";
        assert_eq!(outcome(&client.send("POST", path, "text/csv", bill(source).as_bytes())), Outcome::Done);
    }
    let undisturbed = Instant::now();
    must(&place.database, &["backup", place.path().join("whole").to_str().expect("a name")], "");
    let most = u64::try_from(undisturbed.elapsed().as_millis()).expect("not long");
    let (mut chance, mut whole, mut none) = (Chance::new(), 0, 0);
    for cycle in 0..cycles(6) {
        let file = place.path().join(format!("{cycle}.backup"));
        let file = file.to_str().expect("a name");
        let mut child = command(&place.database, &["backup", file]).spawn().expect("the program");
        chance.sleep(1, most * 5 / 4);
        let _ = child.kill();
        child.wait_with_output().expect("its end");
        let restored = format!("sqlite://{}", place.path().join(format!("{cycle}.db")).display());
        match Path::new(file).exists() {
            true => {
                must(&restored, &["restore", file], "");
                whole += 1;
            }
            false => {
                assert!(!run(&restored, &["restore", file], "").status.success());
                none += 1;
            }
        }
    }
    println!("backups that were killed: {none} left no file, {whole} left a whole one");
    server.stop();
}
