//! Whether PostgreSQL still answers.
//!
//! A server that is stopped closes its connections, and whoever waits is told at once. One that is frozen says nothing,
//! and a statement that takes long looks the same. So whoever waits for long asks the server something else, and
//! gives up when it does not answer that either: a long report is left to run, a dead server holds nobody.

use super::engine::DatabaseUrl;
use std::{
    sync::atomic::{AtomicU8, Ordering},
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long work may take before the server is asked.
const DOUBT: Duration = Duration::from_millis(600);
/// How long it has to answer anything at all.
const PATIENCE: Duration = Duration::from_millis(700);
/// How long what it answered holds.
const FRESH: Duration = Duration::from_millis(300);

/// Asks, for all who wait, and never twice at once.
pub(super) struct Pulse {
    url: DatabaseUrl,
    last: Mutex<Option<(Instant, bool)>>,
}

impl Pulse {
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url, last: Mutex::const_new(None) }
    }

    /// Waits for `work`, as long as the server answers.
    pub async fn watch<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            if let Ok(done) = tokio::time::timeout(DOUBT, &mut work).await {
                return Some(done);
            }
            tokio::select! {
                done = &mut work => return Some(done),
                beats = self.beats() => if !beats { return None },
            }
        }
    }

    async fn beats(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((_, beats)) = last.filter(|(at, _)| at.elapsed() < FRESH) {
            return beats;
        }
        let url = self.url.clone();
        // A refusal is an answer too: what waits on connections that are gone is told by them.
        let asked = tokio::task::spawn_blocking(move || drop(url.connect()));
        let beats = tokio::time::timeout(PATIENCE, asked).await.is_ok();
        if !beats {
            tracing::error!("the database does not answer");
        }
        *last = Some((Instant::now(), beats));
        beats
    }
}

/// Decides between a change that is about to be committed and a caller who has given up on it.
#[derive(Default)]
pub(super) struct Gate(AtomicU8);

const PASSED: u8 = 1;
const CLOSED: u8 = 2;

impl Gate {
    /// Called before COMMIT: whether anyone still waits for it.
    pub fn pass(&self) -> bool {
        self.0.compare_exchange(0, PASSED, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Gives up; false when the commit was on its way already.
    pub fn close(&self) -> bool {
        self.0.compare_exchange(0, CLOSED, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}
