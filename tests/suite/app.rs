//! The real server in this process, on a database of its own, with a clock that stands still.

use crate::{client::Client, cluster::cluster};
use actix_web::dev::ServerHandle;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use prodops::{
    access,
    kernel::{
        auth::{ProductId, Role, Signer, hash_password},
        clock::{Clock, Ids},
        db::{Author, Conn, DatabaseUrl, Db, Tx, migrate},
        failure::Failure,
        http::validate,
    },
    products, server,
};
use serde_json::json;
use std::{
    net::TcpListener,
    path::PathBuf,
    sync::{Arc, LazyLock, atomic::AtomicU64, mpsc},
    thread::JoinHandle,
};

/// Monday morning, when every test begins.
pub const NOW: &str = "2026-11-02T09:00:00Z";
/// Everybody's.
pub const PASSWORD: &str = "correct horse battery";
/// What is made in a test is counted from here, so that it never meets what the template holds.
const FIRST_ID: u64 = 0x1000;

/// Runs each of the functions named as a test on either engine.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[test]
            fn sqlite() {
                super::$name(&crate::app::TestApp::on_sqlite());
            }

            #[test]
            fn postgres() {
                if let Some(app) = crate::app::TestApp::on_postgres() {
                    super::$name(&app);
                }
            }
        }
    )+};
}

/// Who there is: an admin, someone of each role in `platform`, and the owner of `other`.
#[derive(Debug, Clone)]
pub struct People {
    pub admin: String,
    pub owner: String,
    pub editor: String,
    pub viewer: String,
    pub exporter: String,
    pub outsider: String,
}

/// Where a test's database is, and how it goes away.
enum Place {
    Sqlite(#[expect(dead_code, reason = "removes the folder when it is dropped")] tempfile::TempDir),
    Postgres(String),
}

pub struct TestApp {
    pub db: Db,
    pub clock: Clock,
    pub people: People,
    pub url: DatabaseUrl,
    pub signer: Signer,
    base: String,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
    place: Place,
}

impl TestApp {
    pub fn on_sqlite() -> Self {
        let folder = folder();
        let file = folder.path().join("prodops.db");
        std::fs::write(&file, &SQLITE.bytes).expect("a copy of the template");
        Self::start(DatabaseUrl::Sqlite(file), SQLITE.people.clone(), Place::Sqlite(folder))
    }

    /// `None` where no PostgreSQL is installed.
    pub fn on_postgres() -> Option<Self> {
        let cluster = cluster()?;
        let people = LazyLock::force(&POSTGRES).clone();
        let name = cluster.lease("filled");
        Some(Self::start(DatabaseUrl::Postgres(cluster.url(&name)), people, Place::Postgres(name)))
    }

    fn start(url: DatabaseUrl, people: People, place: Place) -> Self {
        let clock = Clock::fixed(now());
        let ids = Ids::Counted(Arc::new(AtomicU64::new(FIRST_ID)));
        let db = Db::open(&url, clock.clone(), ids).expect("an open database");
        db.send_mail(); // Written down, and sent only by tests that do.
        let signer = Signer::ephemeral().expect("a key");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, started) = mpsc::channel();
        let (servers_db, servers_signer) = (db.clone(), signer.clone());
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = server::serve_on(servers_db, servers_signer, listener, 1).expect("a server");
                sender.send(server.handle()).expect("a test that waits");
                server.await.expect("a server that ends well");
            });
        });
        let server = started.recv().expect("a server");
        Self { db, clock, people, url, signer, base, server, thread: Some(thread), place }
    }

    pub fn anonymous(&self) -> Client {
        Client::new(self.base.clone())
    }

    /// A client that is signed in as that user.
    pub fn user(&self, id: &str) -> Client {
        let token = self.signer.access_token(id, self.clock.now()).expect("a token");
        self.anonymous().with("Authorization", &format!("Bearer {token}"))
    }

    pub fn admin(&self) -> Client {
        self.user(&self.people.admin)
    }

    pub fn owner(&self) -> Client {
        self.user(&self.people.owner)
    }

    pub fn editor(&self) -> Client {
        self.user(&self.people.editor)
    }

    pub fn viewer(&self) -> Client {
        self.user(&self.people.viewer)
    }

    pub fn exporter(&self) -> Client {
        self.user(&self.people.exporter)
    }

    pub fn outsider(&self) -> Client {
        self.user(&self.people.outsider)
    }

    /// Moves the clock.
    pub fn pass(&self, time: TimeDelta) {
        self.clock.set(self.clock.now().utc() + time);
    }

    /// Reads the database itself.
    pub fn read<T: Send + 'static>(&self, work: impl FnOnce(&mut Conn) -> Result<T, Failure> + Send + 'static) -> T {
        block_on(self.db.read(work)).expect("what was read")
    }

    /// Changes the database without asking the API.
    pub fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> T {
        block_on(self.db.change(Author::operator(), work)).expect("a change")
    }

    /// The id of the product `platform`.
    pub fn platform(&self) -> ProductId {
        self.read(|conn| products::store::find_by_key(conn, "platform")).product_id()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.server.stop(false));
        let ended = self.thread.take().map(JoinHandle::join);
        if std::thread::panicking() {
            return; // What a failed test leaves is nobody's to use again.
        }
        assert!(matches!(ended, Some(Ok(()))), "the server panicked");
        if let Place::Postgres(name) = &self.place
            && let Some(cluster) = cluster()
        {
            cluster.give_back(name);
        }
    }
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn now() -> DateTime<Utc> {
    NOW.parse().expect("a time")
}

/// A folder in memory, where there is such a place: a test of the API need not wait for a disk.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

/// An empty database on either engine, for tests of migrations; the folder keeps it.
pub fn empty_sqlite() -> (DatabaseUrl, tempfile::TempDir) {
    let folder = folder();
    let file = folder.path().join("prodops.db");
    std::fs::File::create(&file).expect("an empty file");
    (DatabaseUrl::Sqlite(file), folder)
}

pub fn empty_postgres() -> Option<DatabaseUrl> {
    let cluster = cluster()?;
    let name = cluster.unused_name();
    cluster.run(&format!("CREATE DATABASE {name}"));
    Some(DatabaseUrl::Postgres(cluster.url(&name)))
}

struct SqliteTemplate {
    bytes: Vec<u8>,
    people: People,
}

/// Migrated and filled once; each test writes its own copy.
static SQLITE: LazyLock<SqliteTemplate> = LazyLock::new(|| {
    let (url, folder) = empty_sqlite();
    let people = fill(&url);
    let bytes = std::fs::read(compacted(&url, &folder)).expect("the template");
    SqliteTemplate { bytes, people }
});

/// The whole database as one file, whatever still stands in the write-ahead log.
#[allow(clippy::disallowed_methods)] // `VACUUM` runs in no transaction, so none of ours can run it.
fn compacted(url: &DatabaseUrl, folder: &tempfile::TempDir) -> PathBuf {
    let (file, template) = (url.file().expect("a file"), folder.path().join("template.db"));
    let mut conn = SqliteConnection::establish(&file.to_string_lossy()).expect("a connection");
    let sql = format!("PRAGMA busy_timeout = 5000; VACUUM INTO '{}'", template.display());
    conn.batch_execute(&sql).expect("a copy");
    template
}

/// The same on PostgreSQL, as the database `filled`.
static POSTGRES: LazyLock<People> = LazyLock::new(|| {
    let cluster = cluster().expect("a cluster");
    cluster.run("CREATE DATABASE filled");
    let people = fill(&DatabaseUrl::Postgres(cluster.url("filled")));
    cluster.keep("filled");
    people
});

fn fill(url: &DatabaseUrl) -> People {
    migrate(url).expect("migrations that run");
    let db = Db::open(url, Clock::fixed(now()), Ids::counted()).expect("an open database");
    let hash = HASH.clone();
    block_on(db.change(Author::operator(), move |tx| fill_in(tx, &hash))).expect("a filled template")
}

/// Of everybody's password; it takes its time, so it is made once.
static HASH: LazyLock<String> =
    LazyLock::new(|| block_on(hash_password(PASSWORD.to_owned())).expect("a hashed password"));

fn fill_in(tx: &mut Tx<'_>, hash: &str) -> Result<People, Failure> {
    let mut user = |name: &str| {
        let sent = json!({ "email": format!("{name}@example.com"), "name": name, "admin": name == "admin" });
        let new = validate(sent).map_err(Failure::Invalid)?;
        Ok::<_, Failure>(access::store::insert_user(tx, new, Some(hash.to_owned()))?.id)
    };
    let people = People {
        admin: user("admin")?,
        owner: user("owner")?,
        editor: user("editor")?,
        viewer: user("viewer")?,
        exporter: user("exporter")?,
        outsider: user("outsider")?,
    };
    let mut product = |key: &str, owner: &str| {
        let sent = json!({ "key": key, "name": key, "timezone": "Europe/Berlin", "currency": "EUR", "owner": owner });
        Ok::<_, Failure>(products::store::insert(tx, validate(sent).map_err(Failure::Invalid)?)?.product_id())
    };
    let platform = product("platform", &people.owner)?;
    let other = product("other", &people.outsider)?;
    for (user, role) in
        [(&people.editor, Role::Editor), (&people.viewer, Role::Viewer), (&people.exporter, Role::Exporter)]
    {
        access::store::insert_member(tx, &platform, access::NewMember { user: user.clone(), role })?;
    }
    let theirs = json!({ "key": "theirs", "name": "Theirs", "kind": "service" });
    prodops::components::store::insert(tx, &other, validate(theirs).map_err(Failure::Invalid)?)?;
    Ok(people)
}
