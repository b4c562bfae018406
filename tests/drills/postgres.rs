//! A PostgreSQL server to ill-treat. Unlike the one of the test suite it keeps what it acknowledges.

use crate::{
    program::signal,
    programs::{owner, programs, say},
};
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const PORT: u16 = 5432;
const PATIENCE: Duration = Duration::from_secs(60);
/// Ends the server when the pipe that it reads from closes, however the drill ends.
const LIFE: &str = r#"
"$2/postgres" -D "$1/data" -p "$3" -k "$1" -c listen_addresses= -c max_connections="$4" \
    -c shared_buffers=32MB -c max_wal_size=64MB -c min_wal_size=32MB </dev/null >>"$1/log" 2>&1 &
server=$!
cat
kill -CONT "$server" 2>/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
"#;

pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    most: u32,
    life: Option<Child>,
    /// What it is started with beside the rest: another clock, say.
    environment: Vec<(&'static str, String)>,
    /// Removes what it made.
    _kept: Option<tempfile::TempDir>,
}

impl Postgres {
    /// `None`, loudly, where no server is installed.
    pub fn start(most: u32) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("prodops-drill-").tempdir().expect("a folder");
        let mut server = Self::in_folder(folder.path(), most)?;
        server._kept = Some(folder);
        Some(server)
    }

    pub fn in_folder(folder: &Path, most: u32) -> Option<Self> {
        let Some(programs) = programs() else {
            say("SKIPPED: no PostgreSQL server is installed");
            return None;
        };
        if let Some((user, group)) = owner() {
            chown(folder, Some(user), Some(group)).expect("a folder of the server's user");
        }
        let mut server =
            Self { folder: folder.to_owned(), programs, most, life: None, environment: Vec::new(), _kept: None };
        let mut initdb = server.command(server.programs.join("initdb"));
        initdb.arg("-D").arg(folder.join("data"));
        initdb.args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"]);
        initdb.args(["--wal-segsize=1"]);
        let made = initdb.output().expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server.go_on();
        Some(server)
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).process_group(0);
        if let Some((user, group)) = owner() {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts it, and waits until it takes connections.
    pub fn go_on(&mut self) {
        assert!(self.life.is_none(), "it runs already");
        let mut shell = self.command("sh");
        shell.args(["-c", LIFE, "sh"]).args([&self.folder, &self.programs]);
        shell.args([PORT.to_string(), self.most.to_string()]).stdin(Stdio::piped());
        shell.envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.life = Some(shell.spawn().expect("a shell"));
        self.wait_until_it_answers();
    }

    /// Starts it anew, with these in its environment.
    pub fn go_on_with(&mut self, environment: Vec<(&'static str, String)>) {
        self.stop();
        self.environment = environment;
        self.go_on();
    }

    /// Starts it again if it ended by itself; tells whether it had.
    pub fn go_on_if_it_ended(&mut self) -> bool {
        let ended = !self.folder.join("data/postmaster.pid").exists();
        if ended {
            self.end();
            self.go_on();
        }
        ended
    }

    pub fn wait_until_it_answers(&self) {
        let started = Instant::now();
        while let Err(error) = self.connect("postgres") {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(started.elapsed() < PATIENCE, "PostgreSQL does not start: {error}\n{log}");
            sleep(Duration::from_millis(20));
        }
    }

    #[allow(clippy::disallowed_methods)] // The server's own databases, past the rules.
    pub fn connect(&self, database: &str) -> diesel::ConnectionResult<PgConnection> {
        PgConnection::establish(&self.url(database))
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@/{database}?host={}&port={PORT}", self.folder.display())
    }

    /// Makes a database, and tells its URL.
    pub fn database(&self, name: &str, template: Option<&str>) -> String {
        let template = template.map(|name| format!(" TEMPLATE {name}")).unwrap_or_default();
        let mut admin = self.connect("postgres").expect("a connection");
        let started = Instant::now();
        // Connections that were just closed may take a moment to be gone.
        while let Err(error) = admin.batch_execute(&format!("CREATE DATABASE {name}{template}")) {
            assert!(started.elapsed() < PATIENCE, "{error}");
            sleep(Duration::from_millis(20));
        }
        self.url(name)
    }

    fn postmaster(&self) -> u32 {
        let text = fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("a server that runs");
        text.lines().next().and_then(|line| line.parse().ok()).expect("a number")
    }

    /// The server and all that it started.
    fn processes(&self) -> Vec<u32> {
        let first = self.postmaster();
        let all = fs::read_dir("/proc").expect("/proc").flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| *pid == first || parent(*pid) == Some(first)).collect()
    }

    /// Ends it in an orderly way; whoever is connected is thrown out.
    pub fn stop(&mut self) {
        signal("INT", self.postmaster());
        self.end();
    }

    /// Kills every process of it at once, as a power cut would.
    pub fn crash(&mut self) {
        // It may start no one else while all are counted: one that was left would keep its memory in use.
        let first = self.postmaster();
        signal("STOP", first);
        while stat(first).is_some_and(|(state, _)| state != "T") {
            sleep(Duration::from_millis(1));
        }
        let all = self.processes();
        all.iter().for_each(|pid| signal("KILL", *pid));
        self.end();
        let gone = |pid: &u32| !Path::new(&format!("/proc/{pid}")).exists();
        while !all.iter().all(gone) {
            sleep(Duration::from_millis(5));
        }
        let _ = fs::remove_file(self.folder.join("data/postmaster.pid"));
    }

    fn end(&mut self) {
        if let Some(mut life) = self.life.take() {
            let first = fs::read_to_string(self.folder.join("data/postmaster.pid")).ok();
            let first = first.and_then(|text| text.lines().next()?.parse::<u32>().ok());
            while first.is_some_and(|pid| parent(pid).is_some() && !is_zombie(pid)) {
                sleep(Duration::from_millis(5));
            }
            drop(life.stdin.take());
            life.wait().expect("its end");
        }
    }

    /// Lets nothing of it run, while its connections stay.
    pub fn freeze(&self) {
        self.processes().iter().for_each(|pid| signal("STOP", *pid));
    }

    pub fn thaw(&self) {
        self.processes().iter().for_each(|pid| signal("CONT", *pid));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut life) = self.life.take() {
            if Path::new(&self.folder.join("data/postmaster.pid")).exists() {
                self.thaw();
            }
            drop(life.stdin.take());
            let _ = life.wait();
        }
    }
}

fn stat(pid: u32) -> Option<(String, u32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after) = text.rsplit_once(')')?;
    let mut words = after.split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid).map(|(_, parent)| parent)
}

fn is_zombie(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state == "Z")
}
