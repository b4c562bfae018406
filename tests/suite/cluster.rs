//! A PostgreSQL server of our own, for as long as the tests run.
//!
//! It is started through a shell that reads from a pipe we hold: when this process ends, however it
//! ends, the pipe closes, and the shell stops the server and removes its files.

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use std::{
    ffi::OsStr,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{LazyLock, Mutex},
    thread::sleep,
    time::{Duration, Instant},
};

/// The socket's name needs a number; nothing listens on a port.
const PORT: u16 = 5432;
const PATIENCE: Duration = Duration::from_secs(60);

const LIFE: &str = r#"
"$2/initdb" -D "$1/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 -N --no-instructions || exit 1
"$2/postgres" -D "$1/data" -p "$3" -k "$1" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c shared_buffers=64MB -c max_connections=300 </dev/null &
server=$!
cat
kill -QUIT "$server"
wait "$server"
rm -rf "$1"
"#;

pub struct Cluster {
    folder: PathBuf,
    /// The connection that makes and drops databases.
    admin: Mutex<PgConnection>,
    /// Holds the pipe.
    _life: Child,
}

/// The server of this process; `None` where none is installed.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| {
        let Some(programs) = programs() else {
            let required = setting("PRODOPS_TEST_POSTGRES").is_some_and(|value| value == "required");
            assert!(!required, "PRODOPS_TEST_POSTGRES=required, but no PostgreSQL server was found");
            say("skipped: no PostgreSQL server found (tests named `postgres` say nothing)");
            return None;
        };
        say(&format!("PostgreSQL tests run on a server of their own, from {}", programs.display()));
        Some(Cluster::start(&programs))
    });
    CLUSTER.as_ref()
}

/// Past the test harness, which would keep it to itself.
fn say(what: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{what}");
}

#[allow(clippy::disallowed_methods)] // Tests have no configuration; this is how they are told.
fn setting(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// The folder of the newest server: Debian's, else one on the path.
fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.file_name().and_then(OsStr::to_str)?.parse::<u32>().ok();
    let mut debian: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    debian.sort_by_key(version);
    let on_path = setting("PATH").unwrap_or_default();
    let complete = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    debian.into_iter().rev().map(|folder| folder.join("bin")).chain(std::env::split_paths(&on_path)).find(complete)
}

impl Cluster {
    #[allow(clippy::disallowed_methods)] // The server's own database, which is none of ours.
    fn start(programs: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("prodops-").tempdir().expect("a temporary folder").keep();
        let log = std::fs::File::create(folder.join("log")).expect("a log");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", LIFE, "sh"])
            .args([folder.as_os_str(), programs.as_os_str()])
            .arg(PORT.to_string())
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .process_group(0);
        if let Some((user, group)) = owner() {
            chown(&folder, Some(user), Some(group)).expect("a folder of the server's user");
            shell.uid(user).gid(group);
        }
        let mut life = shell.spawn().expect("a shell");
        let started = Instant::now();
        let admin = loop {
            match PgConnection::establish(&address(&folder, "postgres")) {
                Ok(conn) => break conn,
                Err(error) => {
                    let ended = life.try_wait().expect("the shell's state").is_some();
                    if ended || started.elapsed() > PATIENCE {
                        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                        panic!("PostgreSQL does not start: {error}\n{log}");
                    }
                    sleep(Duration::from_millis(20));
                }
            }
        };
        Self { folder, admin: Mutex::new(admin), _life: life }
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        address(&self.folder, database)
    }

    /// Runs a statement that no transaction may surround, such as `CREATE DATABASE`.
    pub fn run(&self, sql: &str) {
        let mut admin = self.admin.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let started = Instant::now();
        // Connections that were just closed may take a moment to be gone.
        while let Err(error) = admin.batch_execute(sql) {
            assert!(started.elapsed() < PATIENCE, "{sql}: {error}");
            sleep(Duration::from_millis(20));
        }
    }
}

fn address(folder: &Path, database: &str) -> String {
    format!("postgres://postgres@/{database}?host={}&port={PORT}", folder.display())
}

/// The server refuses to run as root: then it runs as its own user.
fn owner() -> Option<(u32, u32)> {
    let me = std::fs::metadata("/proc/self").ok()?.uid();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let entry = users.lines().find(|line| me == 0 && line.starts_with("postgres:"))?;
    let mut ids = entry.split(':').skip(2).map(str::parse);
    Some((ids.next()?.ok()?, ids.next()?.ok()?))
}
