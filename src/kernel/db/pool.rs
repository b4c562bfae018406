//! The pool: diesel's `establish` would try one engine after the other (and make an SQLite file
//! of a PostgreSQL address), so connections are made here, by the scheme of the URL.

use super::engine::{self, Conn, DatabaseUrl};
use crate::kernel::failure::Failure;
use diesel::r2d2::{self, R2D2Connection};
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// While there was no connection to be had lately, nobody waits for one longer than this: else those who
/// wait hold each other up.
const IMPATIENCE: Duration = Duration::from_millis(250);
/// What is lately.
const LATELY: Duration = Duration::from_secs(1);

pub(super) struct Pool {
    connections: r2d2::Pool<Manager>,
    patience: Duration,
    /// When somebody waited in vain, since when nobody got one.
    missed: Mutex<Option<Instant>>,
}

impl Pool {
    pub fn new(url: DatabaseUrl, size: u32, patience: Duration) -> Self {
        let connections = r2d2::Builder::new()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(patience)
            .error_handler(Box::new(Log::default()))
            .build_unchecked(Manager(url));
        Self { connections, patience, missed: Mutex::default() }
    }

    /// How many connections there are, and how many of them do nothing.
    pub fn state(&self) -> (u32, u32) {
        let state = self.connections.state();
        (state.connections, state.idle_connections)
    }

    /// # Errors
    /// [`Failure::Unavailable`] when there is no connection to be had in time.
    pub fn get(&self) -> Result<r2d2::PooledConnection<Manager>, Failure> {
        let lately = self.missed().is_some_and(|at| at.elapsed() < LATELY);
        let got = self.connections.get_timeout(if lately { IMPATIENCE } else { self.patience });
        *self.missed() = if got.is_ok() { None } else { Some(Instant::now()) };
        got.map_err(|_| Failure::Unavailable { retry_after: 2 })
    }

    fn missed(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.missed.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

pub(super) struct Manager(DatabaseUrl);

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Conn, Self::Error> {
        self.0.connect().map_err(diesel::r2d2::Error::ConnectionError)
    }

    /// A server may have gone since; a file has not.
    fn is_valid(&self, conn: &mut Conn) -> Result<(), Self::Error> {
        match conn {
            Conn::Pg(_) => conn.ping().map_err(diesel::r2d2::Error::QueryError),
            Conn::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

/// How often the same reason is written down.
const AGAIN: Duration = Duration::from_secs(10);

/// Callers are told 503; the reason is for the log, once and not for every attempt.
#[derive(Debug, Default)]
struct Log(Mutex<Option<(Instant, String)>>);

impl<E: std::fmt::Display> r2d2::HandleError<E> for Log {
    fn handle_error(&self, error: E) {
        let reason = engine::reason(&error);
        let mut last = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !last.as_ref().is_some_and(|(at, said)| *said == reason && at.elapsed() < AGAIN) {
            tracing::warn!(reason, "no connection to the database");
            *last = Some((Instant::now(), reason));
        }
    }
}
