//! The pool: diesel's `establish` would try one engine after the other (and make an SQLite file
//! of a PostgreSQL address), so connections are made here, by the scheme of the URL.

use super::engine::{Conn, DatabaseUrl};
use crate::kernel::failure::Failure;
use diesel::r2d2::{self, R2D2Connection};
use std::time::Duration;

pub(super) struct Pool(r2d2::Pool<Manager>);

impl Pool {
    pub fn new(url: DatabaseUrl, size: u32, patience: Duration) -> Self {
        Self(
            r2d2::Builder::new()
                .max_size(size)
                .min_idle(Some(0))
                .connection_timeout(patience)
                .error_handler(Box::new(Log))
                .build_unchecked(Manager(url)),
        )
    }

    /// How many connections there are, and how many of them do nothing.
    pub fn state(&self) -> (u32, u32) {
        let state = self.0.state();
        (state.connections, state.idle_connections)
    }

    /// # Errors
    /// [`Failure::Unavailable`] when there is no connection to be had in time.
    pub fn get(&self) -> Result<r2d2::PooledConnection<Manager>, Failure> {
        self.0.get().map_err(|_| Failure::Unavailable { retry_after: 2 })
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

/// Callers are told 503; the reason is for the log.
#[derive(Debug)]
struct Log;

impl<E: std::fmt::Display> r2d2::HandleError<E> for Log {
    fn handle_error(&self, error: E) {
        tracing::warn!(%error, "no connection to the database");
    }
}
