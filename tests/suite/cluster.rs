//! A PostgreSQL server of our own, for as long as the tests run.
//!
//! It is started through a shell that reads from a pipe we hold: when this process ends, however it
//! ends, the pipe closes, and the shell stops the server and removes its files.

use crate::programs::{owner, programs, say, setting};
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
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

/// What the template holds, kept beside it, so that a database can be made like new: that is much
/// faster than making a new one.
const KEEP: &str = r"
DO $$
DECLARE
    name text;
BEGIN
    CREATE SCHEMA kept;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\_\_%' LOOP
        EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name);
    END LOOP;
END $$";
const RENEW: &str = r"
DO $$
DECLARE
    name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
        EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', name, name);
    END LOOP;
END $$";

pub struct Cluster {
    folder: PathBuf,
    /// Databases that a test is done with.
    used: Mutex<Vec<String>>,
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
        Self { folder, used: Mutex::default(), admin: Mutex::new(admin), _life: life }
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        address(&self.folder, database)
    }

    /// Keeps what `database` holds, for copies of it to be made like new.
    pub fn keep(&self, database: &str) {
        self.connect(database).batch_execute(KEEP).expect("a kept template");
    }

    /// A database like `template`: a used one made like new, or a copy.
    pub fn lease(&self, template: &str) -> String {
        let used = self.used.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        match used {
            Some(name) => {
                self.connect(&name).batch_execute(RENEW).expect("a renewed database");
                name
            }
            None => {
                let name = self.unused_name();
                self.run(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
                name
            }
        }
    }

    /// Takes back what was leased.
    pub fn give_back(&self, database: &str) {
        self.used.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(database.to_owned());
    }

    /// A name that no database has.
    pub fn unused_name(&self) -> String {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed))
    }

    #[allow(clippy::disallowed_methods)] // Past the rules, as the server's operator.
    fn connect(&self, database: &str) -> PgConnection {
        PgConnection::establish(&self.url(database)).expect("a connection")
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
