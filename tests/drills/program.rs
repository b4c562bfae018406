//! prodops as a program of its own, to be started, watched and killed.

use crate::{client::Client, programs::setting};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

const PRODOPS: &str = env!("CARGO_BIN_EXE_prodops");
const EMAIL: &str = "driller@example.com";
const PASSWORD: &str = "correct horse battery";
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often to do what is done by chance: `PRODOPS_DRILL_CYCLES`, else a few times.
pub fn cycles(few: usize) -> usize {
    let asked = setting("PRODOPS_DRILL_CYCLES").and_then(|text| text.to_str()?.parse().ok());
    asked.unwrap_or(few)
}

/// Runs a command to its end.
pub fn run(database: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = command(database, arguments).stdin(Stdio::piped()).spawn().expect("the program");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("its input");
    child.wait_with_output().expect("its end")
}

/// Runs a command that must do what it is asked to.
pub fn must(database: &str, arguments: &[&str], input: &str) -> String {
    let output = run(database, arguments, input);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {}\n{said}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn command(database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(PRODOPS);
    command.env("DATABASE_URL", database).env("PRODOPS_LOG", "info").args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What starts a server whose signing key is in `folder`.
pub fn serving(database: &str, folder: &std::path::Path) -> Command {
    let folder = folder.to_str().expect("a name in UTF-8");
    command(database, &["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir", folder])
}

/// A migrated database with somebody in it, who may do everything.
pub fn prepare(database: &str) {
    must(database, &["migrate", "--init"], "");
    must(database, &["user", "create", "--email", EMAIL, "--name", "D", "--admin", "--password-stdin"], PASSWORD);
}

/// A server that is running.
pub struct Server {
    child: Child,
    pub client: Client,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts one whose signing key is beside the database, or in `folder`.
    pub fn start(database: &str, folder: &std::path::Path) -> Self {
        Self::of(serving(database, folder))
    }

    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).spawn().expect("the program");
        let log = Arc::<Mutex<Vec<String>>>::default();
        let stderr = child.stderr.take().expect("a pipe");
        let reader = thread::spawn({
            let log = log.clone();
            move || keep(stderr, &log)
        });
        let started = Instant::now();
        let address = loop {
            let lines = log.lock().expect("no panic").clone();
            let listening = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut listening = listening.filter(|line| line["message"] == "listening");
            if let Some(address) = listening.find_map(|line| line["address"].as_str().map(ToOwned::to_owned)) {
                break address;
            }
            let ended = child.try_wait().expect("its state");
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "it does not start: {ended:?} {lines:?}");
            thread::sleep(Duration::from_millis(5));
        };
        Self { child, client: Client::new(&address), log, reader: Some(reader) }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client that is signed in.
    pub fn sign_in(&self) -> Client {
        let login = json!({ "email": EMAIL, "password": PASSWORD });
        let answer = self.client.post("/api/v1/auth/login", &login).expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
        self.client.with("Authorization", &format!("Bearer {}", answer.json["access_token"].as_str().expect("a token")))
    }

    /// A new product, whose owner is who signed in.
    pub fn product(&self, client: &Client, key: &str) -> String {
        let me = client.get("/api/v1/me").expect("an answer");
        let owner = me.json["id"].as_str().expect("an id");
        let new = json!({ "key": key, "name": key, "timezone": "UTC", "currency": "EUR", "owner": owner });
        let made = client.post("/api/v1/products", &new).expect("an answer");
        assert_eq!(made.status, 201, "{made:?}");
        format!("/api/v1/products/{key}")
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("a process to kill");
        self.end();
    }

    /// SIGTERM; tells how long it took to end, and how it did.
    pub fn stop(mut self) -> (Duration, ExitStatus) {
        signal("TERM", self.pid());
        let asked = Instant::now();
        let status = self.end();
        (asked.elapsed(), status)
    }

    fn end(&mut self) -> ExitStatus {
        let status = self.child.wait().expect("its end");
        if let Some(reader) = self.reader.take() {
            reader.join().expect("no panic");
        }
        status
    }

    /// The lines of its log so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }

    /// Its open files, and its memory in KiB.
    pub fn holds(&self) -> (usize, u64) {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.pid())).map_or(0, Iterator::count);
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        (files, line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        self.end();
        let log = self.log();
        if thread::panicking() {
            let bad: Vec<_> = log.iter().filter(|line| !line.contains("\"INFO\"")).collect();
            eprintln!("of {} lines of its log:", log.len());
            bad[bad.len().saturating_sub(20)..].iter().for_each(|line| eprintln!("{line}"));
            return;
        }
        for said in ["panicked", "database is locked", "SELECT ", "INSERT ", ".rs:", ".s.PGSQL", PASSWORD, "Bearer "] {
            let found = log.iter().find(|line| line.contains(said));
            assert!(found.is_none(), "`{said}` stands in the log: {found:?}");
        }
    }
}

fn keep(stderr: ChildStderr, log: &Mutex<Vec<String>>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        log.lock().expect("no panic").push(line);
    }
}

/// Sends a signal by its name.
pub fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).stderr(Stdio::null()).status();
    sent.expect("`kill` runs");
}

/// Tells those who wait for it to stop, however its drill ends.
#[derive(Default)]
pub struct Stop(AtomicBool);

impl Stop {
    pub fn is_told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn tell(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Tells them when it is dropped.
    pub fn at_the_end(&self) -> impl Drop {
        Telling(self)
    }
}

struct Telling<'s>(&'s Stop);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.tell();
    }
}

/// Numbers by chance, which can be had again: the seed is printed.
pub struct Chance(u64);

impl Chance {
    pub fn new() -> Self {
        let given = setting("PRODOPS_DRILL_SEED").and_then(|text| text.to_str()?.parse().ok());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        let seed = given.unwrap_or(now.as_nanos() as u64) | 1;
        println!("seed {seed} (PRODOPS_DRILL_SEED)");
        Self(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }

    pub fn sleep(&mut self, least: u64, most: u64) {
        thread::sleep(Duration::from_millis(least + self.below(most - least)));
    }
}
