//! The two engines behind one connection type, and what differs between them.

#![allow(clippy::disallowed_methods)] // The one place that opens connections; diesel's derive implements `establish`.

use crate::kernel::failure::Failure;
use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    prelude::*,
};
use std::path::{Path, PathBuf};

#[derive(diesel::MultiConnection)]
pub enum Conn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

/// The same diesel expression on the connection that is there, for what diesel cannot say on both
/// at once.
#[macro_export]
macro_rules! on_backend {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::kernel::db::Conn::Pg($c) => $body,
            $crate::kernel::db::Conn::Sqlite($c) => $body,
        }
    };
}

/// Versions before this one can lose writes when a WAL is reset (fixed upstream in 3.51.3).
const OLDEST_SQLITE: i32 = 3_051_003;

/// `sqlite:///absolute/path`, `sqlite://relative/path` or `postgres://…`; nothing else.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(String),
}

impl std::str::FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        match url.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => Ok(Self::Postgres(url.to_owned())),
            _ => Err("a database is named sqlite:///path/to/file or postgres://user@host:port/name".to_owned()),
        }
    }
}

impl std::fmt::Display for DatabaseUrl {
    /// For logs: never a password.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(out, "postgres://{}", place.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{self}")
    }
}

impl DatabaseUrl {
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Where the file is, when it is a file.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// A missing SQLite file is an error, never silently an empty database.
    pub fn require_existing(&self) -> Result<(), Failure> {
        match self {
            Self::Sqlite(path) if !path.is_file() => Err(Failure::conflict(
                "no_database",
                format!("there is no database file at {} (`prodops migrate --init` makes one)", path.display()),
            )),
            _ => Ok(()),
        }
    }

    /// Which file it is, beyond its name; nothing for a server, and when there is none.
    pub(super) fn identity(&self) -> Option<(u64, u64)> {
        use std::os::unix::fs::MetadataExt;
        let file = self.file()?.metadata().ok()?;
        Some((file.dev(), file.ino()))
    }

    /// A connection for reading and, on PostgreSQL, writing.
    pub(super) fn connect(&self) -> ConnectionResult<Conn> {
        match self {
            Self::Sqlite(path) => {
                let mut conn = sqlite(path)?;
                conn.batch_execute("PRAGMA query_only = ON").map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(Conn::Sqlite(conn))
            }
            Self::Postgres(url) => postgres(url).map(Conn::Pg),
        }
    }

    /// The connection that changes things.
    pub(super) fn connect_to_write(&self) -> ConnectionResult<Conn> {
        match self {
            Self::Sqlite(path) => sqlite(path).map(Conn::Sqlite),
            Self::Postgres(_) => self.connect(),
        }
    }
}

diesel::define_sql_function! {
    /// SQLite's own `lower` knows ASCII only; this one lowers every script, as PostgreSQL's does.
    fn lower(
        text: diesel::sql_types::Nullable<diesel::sql_types::Text>,
    ) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}

fn sqlite(path: &Path) -> ConnectionResult<SqliteConnection> {
    let version = libsqlite3_version();
    if version < OLDEST_SQLITE {
        return Err(ConnectionError::BadConnection(format!("SQLite {version} is too old: 3.51.3 or later")));
    }
    if !path.is_file() {
        return Err(ConnectionError::BadConnection("the database file is not there".to_owned()));
    }
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    )
    .map_err(ConnectionError::CouldntSetupConfiguration)?;
    lower_utils::register_impl(&mut conn, |text: Option<String>| text.map(|text| text.to_lowercase()))
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// A database that is one whole file whenever no transaction is open: a backup, or what becomes one.
pub(super) fn sqlite_file(path: &Path) -> ConnectionResult<Conn> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    conn.batch_execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(Conn::Sqlite(conn))
}

fn libsqlite3_version() -> i32 {
    libsqlite3_sys::SQLITE_VERSION_NUMBER
}

fn postgres(url: &str) -> ConnectionResult<PgConnection> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let timeouts = "connect_timeout=2&tcp_user_timeout=2000&keepalives_idle=5&keepalives_interval=2&keepalives_count=3";
    let mut conn = PgConnection::establish(&format!("{url}{separator}{timeouts}"))?;
    conn.batch_execute("SET TIME ZONE 'UTC'; SET lock_timeout = '2s'; SET client_min_messages = warning")
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Why there is no connection, without saying where there is none: no path and no address stands in a log.
pub(super) fn reason(error: &impl std::fmt::Display) -> String {
    let said = error.to_string();
    let first = said.lines().next().unwrap_or_default();
    let why = first.rsplit_once("failed: ").map_or(first, |(_, why)| why);
    why.split(['/', '"']).next().unwrap_or_default().trim().to_owned()
}

/// Runs `work` in one read-only transaction that sees a single moment.
pub(super) fn in_snapshot<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match conn {
        // In WAL mode a deferred transaction sees what was committed when it first read.
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN")?,
        Conn::Pg(c) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        }
    }
    let result = work(conn);
    <Conn as Connection>::TransactionManager::rollback_transaction(conn)?;
    result
}

/// Runs `work` in one transaction, committed when it succeeds.
pub(super) fn in_transaction<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, Failure>,
) -> Result<T, Failure> {
    in_transaction_unless(conn, || false, work)
}

/// The same, rolled back when it turns out before the commit that nobody waits for it any more.
pub(super) fn in_transaction_unless<T>(
    conn: &mut Conn,
    given_up: impl FnOnce() -> bool,
    work: impl FnOnce(&mut Conn) -> Result<T, Failure>,
) -> Result<T, Failure> {
    begin(conn)?;
    match work(conn) {
        Ok(_) if given_up() => {
            rollback(conn);
            Err(Failure::Unavailable { retry_after: 1 })
        }
        Ok(value) => commit(conn).map(|()| value),
        Err(failure) => {
            rollback(conn);
            Err(failure)
        }
    }
}

/// `BEGIN IMMEDIATE` on SQLite: a transaction that begins as a reader may be refused its write.
pub(super) fn begin(conn: &mut Conn) -> Result<(), Failure> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
        Conn::Pg(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN")?,
    }
    Ok(())
}

/// # Errors
/// [`Failure::OutcomeUnknown`] when PostgreSQL did not answer the commit, or the disk did not say
/// that it kept it.
pub(super) fn commit(conn: &mut Conn) -> Result<(), Failure> {
    <Conn as Connection>::TransactionManager::commit_transaction(conn).map_err(|error| match error.into() {
        Failure::Unavailable { .. } => Failure::OutcomeUnknown,
        failure => failure,
    })
}

pub(super) fn rollback(conn: &mut Conn) {
    // A connection that cannot even roll back is thrown away by whoever owns it.
    let _ = <Conn as Connection>::TransactionManager::rollback_transaction(conn);
}
