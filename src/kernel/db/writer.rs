//! The one thread that writes to SQLite.
//!
//! Jobs that wait together are committed together: each in a savepoint of its own, so that one
//! that fails takes nothing with it, and each answered only after the COMMIT that made it durable.
//! Measured on the design machine this gives three to ten times the rate of a pool of writers
//! (`docs/DECISIONS.md`).

use super::engine::{self, Conn, DatabaseUrl};
use crate::kernel::failure::Failure;
use diesel::{Connection, connection::TransactionManager};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};
use tokio::sync::oneshot;

/// How many jobs may wait; beyond that callers are told to come back.
const WAITING: usize = 1024;
/// How many jobs share one COMMIT at most.
const GROUP: usize = 64;

/// Runs in the group's transaction, or is told that there is none; says whether the group can go
/// on, and how to answer.
type Job = Box<dyn FnOnce(Option<&mut Conn>) -> (Health, Answer) + Send>;
/// Called after the COMMIT, with what came of it.
type Answer = Box<dyn FnOnce(Option<&Failure>) + Send>;

#[derive(PartialEq, Eq)]
enum Health {
    Fine,
    /// The storage itself failed: the transaction is gone, and the group with it.
    Lost,
}

pub(super) struct Writer {
    jobs: mpsc::SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
}

impl Writer {
    pub fn start(url: DatabaseUrl) -> Result<Self, Failure> {
        let (sender, jobs) = mpsc::sync_channel(WAITING);
        let waiting = Arc::new(AtomicUsize::new(0));
        let theirs = waiting.clone();
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                let (mut conn, file) = (None, url.identity());
                while let Ok(first) = jobs.recv() {
                    let group: Vec<_> = std::iter::once(first).chain(jobs.try_iter().take(GROUP - 1)).collect();
                    theirs.fetch_sub(group.len(), Ordering::Relaxed);
                    commit_group(&url, file, &mut conn, group);
                }
            })
            .map_err(Failure::internal)?;
        Ok(Self { jobs: sender, waiting })
    }

    /// How many changes wait for their turn.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Has the thread do `work` and waits until it is durable.
    pub async fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (sender, answer) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let result = match conn {
                Some(conn) => in_savepoint(conn, work),
                None => Err(Failure::Unavailable { retry_after: 1 }),
            };
            let health = match &result {
                Err(failure) if failure.is_of_storage() => Health::Lost,
                _ => Health::Fine,
            };
            let answer: Answer = Box::new(move |lost| {
                let _ = sender.send(match (result, lost) {
                    (Ok(_), Some(Failure::StorageFull)) => Err(Failure::StorageFull),
                    (Ok(_), Some(Failure::OutcomeUnknown)) => Err(Failure::OutcomeUnknown),
                    (Ok(_), Some(_)) => Err(Failure::Unavailable { retry_after: 1 }),
                    (result, _) => result,
                });
            });
            (health, answer)
        });
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if self.jobs.try_send(job).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Failure::Unavailable { retry_after: 1 });
        }
        answer.await.unwrap_or_else(|_| Err(Failure::internal("the writer dropped a change")))
    }
}

/// Does one job of a group, so that its failure takes nothing with it but itself.
fn in_savepoint<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> Result<T, Failure>) -> Result<T, Failure> {
    type Manager = <Conn as Connection>::TransactionManager;
    Manager::begin_transaction(conn)?;
    match work(conn) {
        Ok(value) => Manager::commit_transaction(conn).map(|()| value).map_err(Failure::from),
        // SQLite may have undone the whole transaction, savepoints and all; the group ends here anyway.
        Err(failure) if failure.is_of_storage() => Err(failure),
        Err(failure) => match Manager::rollback_transaction(conn) {
            Ok(()) => Err(failure),
            Err(_) => Err(Failure::Unavailable { retry_after: 1 }),
        },
    }
}

/// Does all jobs of a group in one transaction. A job that panics is answered as a defect of ours;
/// it takes the transaction with it, and the others are told to come back.
fn commit_group(url: &DatabaseUrl, file: Option<(u64, u64)>, slot: &mut Option<Conn>, group: Vec<Job>) {
    let mut answers = Vec::with_capacity(group.len());
    let mut lost = begin(url, file, slot).err();
    for job in group {
        let conn = slot.as_mut().filter(|_| lost.is_none());
        match catch_unwind(AssertUnwindSafe(|| job(conn))) {
            Ok((health, answer)) => {
                answers.push(answer);
                if health == Health::Lost && lost.is_none() {
                    lost = Some(Failure::Unavailable { retry_after: 1 });
                }
            }
            Err(_) => lost = Some(Failure::Unavailable { retry_after: 1 }),
        }
    }
    if let (None, Some(conn)) = (&lost, slot.as_mut()) {
        lost = engine::commit(conn).err();
    }
    if lost.is_some() {
        // A fresh connection for the next group: this one's state is in doubt.
        if let Some(mut conn) = slot.take() {
            engine::rollback(&mut conn);
        }
    }
    answers.into_iter().for_each(|answer| answer(lost.as_ref()));
}

/// # Errors
/// When the file has been removed or replaced: what is written to one that has no name is lost.
fn begin(url: &DatabaseUrl, file: Option<(u64, u64)>, slot: &mut Option<Conn>) -> Result<(), Failure> {
    if url.identity() != file {
        tracing::error!("the database file is not the one that was opened: nothing is written");
        *slot = None;
        return Err(Failure::Unavailable { retry_after: 1 });
    }
    let conn = match slot {
        Some(conn) => conn,
        None => slot.insert(url.connect_to_write().map_err(|error| {
            tracing::error!(reason = engine::reason(&error), "the writer cannot open the database");
            Failure::Unavailable { retry_after: 1 }
        })?),
    };
    engine::begin(conn)
}
