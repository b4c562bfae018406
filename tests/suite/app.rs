//! The real server in this process, on a database of its own, with a clock that stands still.

use crate::{client::Client, cluster::cluster};
use actix_web::dev::ServerHandle;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection, prelude::*};
use prodops::{
    access,
    kernel::{
        auth::{KeyPlace, ProductId, Role, Signer, hash_password},
        clock::{Clock, Ids},
        config::Reach,
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

impl People {
    fn all(&self) -> [&str; 6] {
        [&self.admin, &self.owner, &self.editor, &self.viewer, &self.exporter, &self.outsider]
    }

    /// The id of the one with a name.
    pub fn named(&self, name: &str) -> Option<&str> {
        let names = ["admin", "owner", "editor", "viewer", "exporter", "outsider"];
        names.iter().position(|known| *known == name).map(|at| self.all()[at])
    }
}

/// The session of a user that the clients of tests are signed in with.
pub fn session_of(user: &str) -> String {
    format!("s-{user}")
}

/// Opens it, unless it is open or there is no such user.
fn open_session(conn: &mut Conn, user: &str) -> Result<(), Failure> {
    use prodops::kernel::{auth::SessionKind, clock::Instant, schema::sessions, schema::users};
    let (id, at) = (session_of(user), Instant::from(now()));
    let open: i64 = sessions::table.filter(sessions::id.eq(&id)).count().get_result(conn)?;
    let there: i64 = users::table.filter(users::id.eq(user)).count().get_result(conn)?;
    if (open, there) == (0, 1) {
        let until = Instant::from(now() + TimeDelta::days(36_500));
        diesel::insert_into(sessions::table)
            .values((
                sessions::id.eq(&id),
                sessions::user_id.eq(user),
                sessions::kind.eq(SessionKind::Api),
                sessions::token_hash.eq(&id),
                sessions::address.eq("127.0.0.1"),
                sessions::client.eq("tests"),
                sessions::created_at.eq(at),
                sessions::last_seen_at.eq(at),
                sessions::expires_at.eq(until),
                sessions::version.eq(1),
            ))
            .execute(conn)?;
    }
    Ok(())
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
    /// Where its keys are.
    pub keys: tempfile::TempDir,
    server: Server,
    place: Place,
}

/// One that answers until it is dropped.
pub struct Server {
    base: String,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(db: Db, signer: Signer, reach: &Reach) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, started) = mpsc::channel();
        let reach = reach.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = server::serve_on(db, signer, listener, 1, &reach).expect("a server");
                sender.send(server.handle()).expect("a test that waits");
                server.await.expect("a server that ends well");
            });
        });
        Self { base, handle: started.recv().expect("a server"), thread: Some(thread) }
    }

    pub fn anonymous(&self) -> Client {
        Client::new(self.base.clone())
    }

    /// The same client, asking here.
    pub fn as_here(&self, client: &Client) -> Client {
        client.at(&self.base)
    }

    fn stop(&mut self) {
        drop(self.handle.stop(false));
        let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_ok(), "the server panicked");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
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
        let keys = folder();
        let signer = Signer::open(KeyPlace::Folder(keys.path().to_owned())).expect("a key");
        let server = Server::start(db.clone(), signer.clone(), &Reach::default());
        Self { db, clock, people, url, signer, keys, server, place }
    }

    /// Another instance on the same database and folder of keys, which shares nothing else but the clock.
    pub fn instance(&self) -> Server {
        self.instance_with(&Reach::default())
    }

    /// Such an instance with settings of its own.
    pub fn instance_with(&self, reach: &Reach) -> Server {
        let db = Db::open(&self.url, self.clock.clone(), Ids::Random).expect("an open database");
        Server::start(db, Signer::open(self.key_place()).expect("the keys"), reach)
    }

    pub fn key_place(&self) -> KeyPlace {
        KeyPlace::Folder(self.keys.path().to_owned())
    }

    pub fn anonymous(&self) -> Client {
        self.server.anonymous()
    }

    /// A client that is signed in as that user.
    pub fn user(&self, id: &str) -> Client {
        self.anonymous().with("Authorization", &self.bearer(id))
    }

    /// What says in `Authorization` that it is that user, in a session that is kept for tests.
    pub fn bearer(&self, id: &str) -> String {
        if !self.people.all().contains(&id) {
            let user = id.to_owned();
            block_on(self.db.note(move |conn| open_session(conn, &user))).expect("a session");
        }
        let token = self.signer.access_token(id, &session_of(id), self.clock.now()).expect("a token");
        format!("Bearer {token}")
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
        self.server.stop();
        if std::thread::panicking() {
            return; // What a failed test leaves is nobody's to use again.
        }
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
    people.all().into_iter().try_for_each(|user| open_session(tx, user))?;
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
