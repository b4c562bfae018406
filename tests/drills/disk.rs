//! A disk that is full: writing is refused, reading goes on, and writing goes on when there is room,
//! without a restart.

use crate::{
    ledger::{self, Outcome, faults, outcome, write},
    postgres::Postgres,
    program::{Server, Stop, command, prepare},
    programs::say,
};
use serde_json::json;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread::{self, sleep},
    time::{Duration, Instant},
};

/// A small disk in memory.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None`, loudly, where none can be made.
    fn new(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let size = format!("size={megabytes}m,mode=0755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(folder.path()).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            say("SKIPPED: no small disk can be mounted here; as anyone: unshare -rm cargo test --test drills disk");
            return None;
        }
        Some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves no room at all.
    fn fill(&self) -> PathBuf {
        let name = self.path().join("filler");
        let mut file = fs::File::create(&name).expect("a file");
        let mut size = 1 << 20;
        while size > 0 {
            if file.write_all(&vec![0; size]).is_err() {
                size /= 2;
            }
        }
        name
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[test]
fn full_under_sqlite() {
    let Some(disk) = Disk::new(32) else { return };
    let database = format!("sqlite://{}", disk.path().join("prodops.db").display());
    prepare(&database);
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"];
    let mut command = command(&database, &arguments);
    // What is uploaded is kept on the small disk too.
    command.arg(folder.path()).env("TMPDIR", disk.path());
    full(&disk, &database, Server::of(command), None);
}

#[test]
fn full_under_postgres() {
    let Some(disk) = Disk::new(128) else { return };
    let Some(mut postgres) = Postgres::in_folder(disk.path(), 50) else { return };
    let database = postgres.database("drill", None);
    prepare(&database);
    let folder = tempfile::tempdir().expect("a folder");
    full(&disk, &database, Server::start(&database, folder.path()), Some(&mut postgres));
}

/// PostgreSQL stops serving when it finds no room for its log, and may not come back by itself: then reading ends
/// too, and its operator starts it again.
fn full(disk: &Disk, database: &str, server: Server, postgres: Option<&mut Postgres>) {
    let reads_at_once = postgres.is_none();
    let client = server.sign_in();
    let product = server.product(&client, "full");
    let list = format!("{product}/activities?limit=5");
    let activity = json!({ "on": "2026-10-30", "kind": "patching", "summary": "is there room?" });
    let (stop, done) = (Stop::default(), AtomicUsize::new(0));
    let (mut refusals, mut reads, mut back) = (0, 0, Duration::ZERO);
    let ledgers: Vec<_> = thread::scope(|scope| {
        let _end = stop.at_the_end();
        let writer = |writer| {
            let (client, product, stop, done) = (&client, &product, &stop, &done);
            scope.spawn(move || write(client, product, writer, stop, done))
        };
        let writers: Vec<_> = (0..4).map(writer).collect();
        sleep(Duration::from_millis(500));
        let filler = disk.fill();
        let filled = Instant::now();
        let mut statuses = Vec::new();
        while filled.elapsed() < Duration::from_secs(5) {
            let written = client.post(&format!("{product}/activities"), &activity);
            if outcome(&written) != Outcome::Done {
                refusals += 1;
                statuses.push(written.expect("an answer").status);
            }
            let read = client.get(&list).expect("an answer");
            assert!(read.status == 200 || !reads_at_once, "reading goes on: {read:?}");
            reads += u32::from(read.status == 200);
            assert_eq!(client.get("/health/live").expect("an answer").status, 200);
            sleep(Duration::from_millis(20));
        }
        assert!(refusals > 0, "the disk is not full");
        assert!(statuses.iter().all(|status| matches!(status, 503 | 507)), "{statuses:?}");
        if reads_at_once {
            assert!(statuses.contains(&507), "{statuses:?}");
            let ready = client.get("/health/ready").expect("an answer");
            assert_eq!(ready.json["problems"], json!(["storage_full"]), "{ready:?}");
            let file = "on,kind,planned,summary\n".to_owned() + &"2026-10-01,patching,true,x\n".repeat(10_000);
            let spooled = client.send("POST", &format!("{product}/imports/activities"), "text/csv", file.as_bytes());
            assert_eq!(spooled.expect("an answer").status, 507, "an upload that finds no room");
        }
        fs::remove_file(filler).expect("room");
        let ended = postgres.map(Postgres::go_on_if_it_ended);
        let emptied = Instant::now();
        while client.post(&format!("{product}/activities"), &activity).expect("an answer").status != 201 {
            assert!(emptied.elapsed() < Duration::from_secs(10), "writing does not go on");
            sleep(Duration::from_millis(20));
        }
        back = emptied.elapsed();
        if ended == Some(true) {
            println!("PostgreSQL had ended, and was started again");
        }
        let before = done.load(Ordering::Relaxed);
        sleep(Duration::from_millis(1000));
        stop.tell();
        let ledgers = writers.into_iter().map(|writer| writer.join().expect("a writer")).collect();
        assert!(done.load(Ordering::Relaxed) > before, "writers go on");
        ledgers
    });
    let strays = |fault: &String| !fault.contains("with events");
    let faults: Vec<_> = faults(&ledger::open(database), &product, &ledgers).into_iter().filter(strays).collect();
    assert_eq!(faults, [""; 0]);
    assert_eq!(client.get("/health/ready").expect("an answer").json["problems"], json!([]));
    println!(
        "a full disk: {refusals} writes refused, {reads} reads answered; writing again {back:?} after there was room"
    );
    server.stop();
}
