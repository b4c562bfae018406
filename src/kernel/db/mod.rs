//! The database: one schema, two engines.
//!
//! [`Db::read`], [`Db::snapshot`] and [`Db::change`] are the only ways in. On SQLite all changes
//! go through one writer thread that commits in groups, readers have a pool of their own; on
//! PostgreSQL both share one pool. Every change is a [`Tx`], and a `Tx` that leaves no audit event
//! is rolled back.

mod backup;
mod engine;
mod migrate;
mod pool;
mod pulse;
mod trail;
mod tx;
mod writer;

pub use backup::{Backup, backup, copy, restore};
pub use engine::{Conn, DatabaseUrl, MultiBackend};
pub use migrate::{latest_schema, migrate, revert_all, schema_version};
pub use trail::Kept;
pub use tx::{Author, AuthorKind, Head, Row, Tx, alone_with};

use diesel::{RunQueryDsl, expression::SqlLiteral, sql_types::Untyped};

use crate::kernel::{
    clock::{Clock, Ids, Instant},
    failure::Failure,
};
use pool::Pool;
use pulse::{Gate, Pulse};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use writer::Writer;

/// How long a request waits for a connection before it is told to come back.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(1200);
/// Connections of one process: readers on SQLite, readers and writers on PostgreSQL.
const CONNECTIONS: u32 = 8;

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    pool: Pool,
    url: DatabaseUrl,
    /// Which file was opened.
    file: Option<(u64, u64)>,
    /// Of SQLite.
    writer: Option<Writer>,
    /// Of PostgreSQL.
    pulse: Option<Pulse>,
    /// Whether the last change found no room.
    full: AtomicBool,
    /// Whether this program sends mail.
    mails: AtomicBool,
    pub clock: Clock,
    pub ids: Ids,
}

/// How busy the database is with this process.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub engine: &'static str,
    /// Connections to read with; on PostgreSQL, to write with too.
    pub connections: u32,
    pub idle_connections: u32,
    /// Changes that wait for SQLite's writer.
    pub changes_waiting: usize,
}

impl Db {
    /// Opens a database that exists and is migrated.
    ///
    /// # Errors
    /// When the file is missing, the server does not answer, or the SQLite library is too old.
    pub fn open(url: &DatabaseUrl, clock: Clock, ids: Ids) -> Result<Self, Failure> {
        url.require_existing()?;
        let pool = Pool::new(url.clone(), CONNECTIONS, PATIENCE);
        let writer = url.is_sqlite().then(|| Writer::start(url.clone())).transpose()?;
        let (url, file) = (url.clone(), url.identity());
        let pulse = (!url.is_sqlite()).then(|| Pulse::new(url.clone()));
        let (full, mails) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Self(Arc::new(Inner { pool, url, file, writer, pulse, full, mails, clock, ids })))
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub fn ids(&self) -> &Ids {
        &self.0.ids
    }

    /// Reads on a blocking thread, statement by statement.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let db = self.clone();
        self.answered(blocking(move || work(&mut *db.0.pool.get()?))).await?
    }

    /// Waits for work that needs the database, for as long as the database answers at all.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when it does not.
    pub async fn answered<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        match &self.0.pulse {
            Some(pulse) => pulse.watch(work).await.ok_or(Failure::Unavailable { retry_after: 2 }),
            None => Ok(work.await),
        }
    }

    /// Asks the database for nothing, to see that it answers.
    pub async fn ping(&self) -> Result<(), Failure> {
        self.read(|conn| {
            diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1")).get_result::<i32>(conn)?;
            Ok(())
        })
        .await
    }

    /// Reads several statements that must agree with each other: all see one moment.
    pub async fn snapshot<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let db = self.clone();
        self.answered(blocking(move || db.snapshot_here(work))).await?
    }

    /// [`Db::snapshot`] on the calling thread, for streams that have a thread of their own.
    pub fn snapshot_here<T>(&self, work: impl FnOnce(&mut Conn) -> Result<T, Failure>) -> Result<T, Failure> {
        engine::in_snapshot(&mut *self.0.pool.get()?, work)
    }

    /// Makes one change: all of it, on disk and with its audit event, or nothing.
    pub async fn change<T: Send + 'static>(
        &self,
        author: Author,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (clock, ids) = (self.0.clock.clone(), self.0.ids.clone());
        let mails = self.0.mails.load(Ordering::Relaxed);
        let job = move |conn: &mut Conn| Tx::run(conn, author, (&clock, ids, mails), work);
        let done = match &self.0.writer {
            Some(writer) => writer.submit(job).await,
            None => self.commit(job).await,
        };
        match &done {
            Ok(_) => self.0.full.store(false, Ordering::Relaxed),
            Err(Failure::StorageFull) => self.0.full.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
        done
    }

    /// Says that this program sends mail: changes from now on write down what is to be sent.
    pub fn send_mail(&self) {
        self.0.mails.store(true, Ordering::Relaxed);
    }

    /// Whether the last change found no room.
    pub fn is_full(&self) -> bool {
        self.0.full.load(Ordering::Relaxed)
    }

    /// Whether the file has been removed or replaced since it was opened. Nothing is written to it then.
    pub fn is_another(&self) -> bool {
        self.0.url.identity() != self.0.file
    }

    pub fn load(&self) -> Load {
        let (connections, idle_connections) = self.0.pool.state();
        Load {
            engine: if self.0.writer.is_some() { "sqlite" } else { "postgres" },
            connections,
            idle_connections,
            changes_waiting: self.0.writer.as_ref().map_or(0, Writer::waiting),
        }
    }

    /// Rows that are no change of anyone's record and leave no audit event: sessions, failed
    /// logins, forgotten idempotency keys.
    pub async fn note<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        match &self.0.writer {
            Some(writer) => writer.submit(work).await,
            None => self.commit(work).await,
        }
    }

    /// A transaction on PostgreSQL. One that its caller has given up on is not committed later.
    async fn commit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (db, gate) = (self.clone(), Arc::new(Gate::default()));
        let theirs = gate.clone();
        let task = move || engine::in_transaction_unless(&mut *db.0.pool.get()?, || !theirs.pass(), work);
        match self.answered(blocking(task)).await {
            Ok(result) => result,
            Err(gone) if gate.close() => Err(gone),
            Err(_) => Err(Failure::OutcomeUnknown),
        }
    }
}

/// What time it is for all who share the database: by PostgreSQL's clock, whatever the machines that ask it believe. SQLite
/// has no clock but this machine's, and one that stands still for a test is everybody's.
pub fn now(conn: &mut Conn, clock: &Clock) -> Result<Instant, Failure> {
    match (conn, clock) {
        (Conn::Pg(conn), Clock::System) => {
            let now = diesel::dsl::sql::<diesel::sql_types::Timestamp>("clock_timestamp() AT TIME ZONE 'UTC'");
            Ok(diesel::select(now).get_result(conn)?)
        }
        (_, clock) => Ok(clock.now()),
    }
}

/// The `ORDER BY` that a [`List`](crate::kernel::http::List) asks for.
pub fn order_by(order: &str) -> SqlLiteral<Untyped> {
    diesel::dsl::sql(order)
}

/// What the engine finds wrong with the database: nothing, one hopes.
pub fn integrity_faults(conn: &mut Conn) -> Result<Vec<String>, Failure> {
    use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
    #[derive(QueryableByName)]
    struct Finding {
        #[diesel(sql_type = Text)]
        integrity_check: String,
    }
    match conn {
        Conn::Sqlite(conn) => {
            let findings: Vec<Finding> = sql_query("PRAGMA integrity_check").load(conn)?;
            Ok(findings.into_iter().map(|finding| finding.integrity_check).filter(|said| said != "ok").collect())
        }
        // PostgreSQL checks pages as it reads them; constraints are always in force.
        Conn::Pg(_) => Ok(Vec::new()),
    }
}

/// That a statement changed the one row it was meant for; else somebody else was faster.
pub fn require_changed(rows: usize) -> Result<(), Failure> {
    if rows == 1 { Ok(()) } else { Err(Failure::Stale) }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Failure::internal("a database task ended early")))
}
