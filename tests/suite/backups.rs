//! Backups: what comes back is what went in, and nothing that is not whole is taken.

use crate::app::{TestApp, block_on, empty_postgres, empty_sqlite};
use chrono::TimeDelta;
use diesel::{QueryDsl, RunQueryDsl, dsl::max};
use prodops::kernel::{
    clock::{Clock, Ids},
    db::{Author, DatabaseUrl, Db, Row, backup, copy, restore},
    failure::Failure,
    http::validate,
    schema::{activities, audit_events},
};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

on_both_engines!(
    a_backup_comes_back_on_both_engines_as_it_was,
    a_backup_taken_while_four_write_holds_a_prefix_of_each,
    what_is_there_is_never_replaced,
    numbers_of_changes_go_on_after_a_restore,
);

/// A place for a database on either engine, and what keeps it.
fn empty_places() -> Vec<(DatabaseUrl, tempfile::TempDir)> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = DatabaseUrl::Sqlite(folder.path().join("restored.db"));
    let server = empty_postgres().map(|url| (url, tempfile::tempdir().expect("a folder")));
    std::iter::once((file, folder)).chain(server).collect()
}

fn backed_up(app: &TestApp) -> (PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("backup");
    backup(&app.url, &file, app.clock.now()).expect("a backup");
    (file, folder)
}

fn open(url: &DatabaseUrl, app: &TestApp) -> Db {
    Db::open(url, app.clock.clone(), Ids::Random).expect("an open database")
}

fn activity(on: &str, summary: &str) -> Value {
    json!({ "on": on, "kind": "patching", "planned": true, "summary": summary })
}

fn summaries(db: &Db) -> Vec<String> {
    block_on(db.read(|conn| Ok(activities::table.select(activities::summary).load::<String>(conn)?))).expect("rows")
}

/// Everything that the API would show, of a database that was copied twice.
fn a_backup_comes_back_on_both_engines_as_it_was(app: &TestApp) {
    app.editor().post("activities", &activity("2026-10-31", "Zwölf 🦀 \"quoted\"\n\ttabbed")).expect(201);
    app.pass(TimeDelta::milliseconds(120));
    app.editor().post("activities", &activity("2026-10-30", "at a time with a fraction")).expect(201);
    app.pass(TimeDelta::microseconds(7));
    let line = json!({
        "month": "2026-10", "category": "licence", "amount": { "amount": "-0.000000000001", "currency": "EUR" },
    });
    app.editor().post("cost-entries", &line).expect(201);
    let (file, _folder) = backed_up(app);
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let first = fs::read(&file).expect("a file");
    for (url, folder) in empty_places() {
        let found = restore(&url, &file).expect("a restored database");
        assert!(found.rows() > 10);
        let again = folder.path().join("again");
        let made = backup(&url, &again, app.clock.now()).expect("a backup of what was restored");
        assert_eq!(made.rows(), found.rows(), "{url}");
        // The same database once more, over the other engine: the same rows in every table.
        for (other, _folder) in empty_places() {
            copy(&url, &other, app.clock.now()).expect("a copy");
            assert_eq!(contents(&other, app), contents(&app.url, app), "{url} to {other}");
        }
    }
    assert_eq!(fs::read(&file).expect("a file"), first, "restoring changes nothing in the backup");
}

/// The manifest that a backup has, without the time it was made at.
fn contents(url: &DatabaseUrl, app: &TestApp) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let made = backup(url, &folder.path().join("contents"), app.clock.now()).expect("a backup");
    let mut tables = serde_json::to_value(made).expect("JSON")["tables"].clone();
    // How far ahead its numbers are is each cluster's own affair.
    let tables_of = tables.as_array_mut().expect("tables");
    tables_of.retain(|tally| tally["table"] != "change_numbers");
    tables
}

fn a_backup_taken_while_four_write_holds_a_prefix_of_each(app: &TestApp) {
    let (stop, platform) = (AtomicBool::new(false), app.platform());
    let folder = tempfile::tempdir().expect("a folder");
    let (stop, platform, folder) = (&stop, &platform, folder.path());
    let (before, after) = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                scope.spawn(move || {
                    let mut count = 0;
                    while !stop.load(Ordering::Relaxed) {
                        write(&app.db, platform, &format!("{writer} {count}"));
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        let mut made = Vec::new();
        for copy in 0..5 {
            std::thread::sleep(std::time::Duration::from_millis(30));
            let before = summaries(&app.db).len();
            let file = folder.join(format!("{copy}"));
            backup(&app.url, &file, app.clock.now()).expect("a backup");
            made.push((before, file));
        }
        stop.store(true, Ordering::Relaxed);
        (made, writers.into_iter().map(|writer| writer.join().expect("a writer")).collect::<Vec<usize>>())
    });
    assert!(after.iter().all(|count| *count > 0), "{after:?}");
    for (known, file) in before {
        let place = DatabaseUrl::Sqlite(folder.join(format!("{known}.db")));
        restore(&place, &file).expect("a restored database");
        let restored = open(&place, app);
        let mut found = summaries(&restored);
        assert!(found.len() >= known, "what was there before the backup began is in it");
        let mut counts = [0; 4];
        found.sort_by_key(|summary| (summary.len(), summary.clone()));
        for summary in found {
            let (writer, count) = summary.split_once(' ').expect("a summary of ours");
            let writer: usize = writer.parse().expect("a number");
            assert_eq!(count.parse(), Ok(counts[writer]), "no change without those before it");
            counts[writer] += 1;
        }
        assert_eq!(changes_without_event(&restored), [""; 0], "each change has its event, each event its change");
    }
}

fn write(db: &Db, platform: &prodops::kernel::auth::ProductId, summary: &str) {
    let (platform, sent) = (platform.clone(), activity("2026-10-31", summary));
    block_on(db.change(Author::operator(), move |tx| {
        let new = validate(sent).map_err(Failure::Invalid)?;
        prodops::effort::store::insert_activity(tx, &platform, new).map(|row| row.id().to_owned())
    }))
    .expect("a change");
}

/// Activities that no event tells of, and events of activities that are not there.
fn changes_without_event(db: &Db) -> Vec<String> {
    use diesel::ExpressionMethods;
    let told = block_on(db.snapshot(|conn| {
        let mut rows = activities::table.select(activities::id).order(activities::id).load::<String>(conn)?;
        let events = audit_events::table
            .filter(audit_events::resource.eq("activities"))
            .select(audit_events::row_id)
            .order(audit_events::row_id)
            .load::<String>(conn)?;
        rows.retain(|id| events.binary_search(id).is_err());
        Ok((rows, events))
    }))
    .expect("rows");
    let there = summaries(db).len();
    assert_eq!(told.1.len(), there, "an event each");
    told.0
}

fn what_is_there_is_never_replaced(app: &TestApp) {
    let (file, folder) = backed_up(app);
    let refused = backup(&app.url, &file, app.clock.now()).expect_err("a file that is there");
    assert!(refused.to_string().contains("is there already"), "{refused}");
    let refused = restore(&app.url, &file).expect_err("a database that is there");
    assert_eq!(refused.terms().status, 409, "{refused}");
    for ending in ["-wal", "-shm", "-journal"] {
        let place = folder.path().join(format!("stale{ending}.db"));
        let stale = PathBuf::from(format!("{}{ending}", place.display()));
        fs::write(&stale, "of another database").expect("a file");
        let refused = restore(&DatabaseUrl::Sqlite(place.clone()), &file).expect_err("a stale file");
        assert!(refused.to_string().contains(&stale.display().to_string()), "{refused}");
        assert!(!place.exists(), "nothing is left");
    }
    assert_eq!(partials(folder.path()), [""; 0]);
    let missing = folder.path().join("missing.db");
    let refused = backup(&DatabaseUrl::Sqlite(missing.clone()), &folder.path().join("b"), app.clock.now());
    assert!(refused.is_err() && !missing.exists());
}

/// Files that are not whole.
fn partials(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.contains(".partial")).collect()
}

/// A new cluster counts its transactions from the beginning; readers who remember a number must not miss what follows.
fn numbers_of_changes_go_on_after_a_restore(app: &TestApp) {
    let far = 4_000_000_000_000;
    app.change(move |tx| {
        tx.record("test", "tests", None, "row", None::<&Value>, None::<&Value>)?;
        diesel::update(audit_events::table)
            .set(diesel::ExpressionMethods::eq(audit_events::change_number, far))
            .execute(&mut **tx)?;
        Ok(())
    });
    let (file, _folder) = backed_up(app);
    for (url, _folder) in empty_places() {
        restore(&url, &file).expect("a restored database");
        let db = open(&url, app);
        let platform = app.platform();
        let last = || {
            let last = audit_events::table.select(max(audit_events::change_number));
            block_on(db.read(move |conn| Ok(last.first::<Option<i64>>(conn)?))).expect("a number").expect("a number")
        };
        let mut before = last();
        assert_eq!(before, far, "{url}");
        for count in 0..3 {
            write(&db, &platform, &format!("{count}"));
            assert!(last() > before, "{url}: {} after {before}", last());
            before = last();
        }
        // Starting again changes nothing about it.
        prodops::kernel::db::migrate(&url).expect("a migrated database");
        write(&db, &platform, "again");
        assert!(last() > before && last() < far + 1000, "{url}");
    }
}

#[test]
fn what_is_no_whole_backup_is_refused_and_leaves_nothing() {
    let app = TestApp::on_sqlite();
    let (file, folder) = backed_up(&app);
    let whole = fs::read(&file).expect("a file");
    let (plain, _kept) = empty_sqlite();
    prodops::kernel::db::migrate(&plain).expect("a database that is no backup");
    let mut broken: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("text", b"id,name\r\n1,a\r\n".to_vec()),
        ("a plain database", fs::read(plain.file().expect("a file")).expect("a file")),
    ];
    broken.extend([1, 100, 4096, whole.len() / 2, whole.len() - 4096, whole.len() - 1].map(|length| {
        let cut = whole[..length].to_vec();
        ("cut short", cut)
    }));
    // One bit of what a row says: the database is sound, but not the one that was backed up.
    let place = whole.windows(20).rposition(|bytes| bytes == b"exporter@example.com").expect("an address");
    let mut flipped = whole.clone();
    flipped[place] ^= 1;
    broken.push(("one bit flipped", flipped));
    let mut newer = whole.clone();
    let at = newer.windows(13).rposition(|bytes| bytes == b"0007_reports\0" || bytes[..12] == *b"0007_reports");
    newer[at.expect("a migration")] = b'9';
    broken.push(("a newer schema", newer));
    for (what, bytes) in broken {
        let bad = folder.path().join("bad");
        fs::write(&bad, bytes).expect("a file");
        for (url, kept) in empty_places() {
            let refused = restore(&url, &bad).expect_err(what);
            assert_eq!(refused.terms().status, 409, "{what}: {refused}");
            if let Some(path) = url.file() {
                assert!(!path.exists() && partials(kept.path()).is_empty(), "{what} leaves nothing");
            }
            // The place is still free.
            restore(&url, &file).unwrap_or_else(|failure| panic!("{what}: {failure}"));
        }
    }
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    for (url, folder) in empty_places() {
        if let Some(path) = url.file() {
            fs::File::create(path).expect("an empty file");
        }
        prodops::kernel::db::migrate(&url).expect("a database");
        let db = Db::open(&url, Clock::System, Ids::Random).expect("an open database");
        block_on(db.note(|conn| {
            let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999_from_the_future')";
            Ok(diesel::connection::SimpleConnection::batch_execute(conn, newer)?)
        }))
        .expect("a later migration");
        for refused in [
            prodops::kernel::db::migrate(&url).map(|_| ()),
            prodops::kernel::db::schema_version(&url).map(|_| ()),
            backup(&url, &folder.path().join("backup"), Clock::System.now()).map(|_| ()),
        ] {
            let refused = refused.expect_err("a newer schema");
            assert!(refused.to_string().contains("9999_from_the_future"), "{url}: {refused}");
        }
        assert!(!folder.path().join("backup").exists());
    }
}
