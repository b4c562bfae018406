//! The one thread that writes to SQLite.
//!
//! Jobs that wait together are committed together: each in a savepoint of its own, so that one
//! that fails takes nothing with it, and each answered only after the COMMIT that made it durable.
//! Measured on the design machine this gives three to ten times the rate of a pool of writers
//! (`docs/DECISIONS.md`).

use super::engine::{self, Conn, DatabaseUrl};
use crate::kernel::failure::Failure;
use diesel::Connection;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
};
use tokio::sync::oneshot;

/// How many jobs may wait; beyond that callers are told to come back.
const WAITING: usize = 1024;
/// How many jobs share one COMMIT at most.
const GROUP: usize = 64;

/// Runs in the group's transaction; says whether the group can go on, and how to answer.
type Job = Box<dyn FnOnce(&mut Conn) -> (Health, Answer) + Send>;
/// Called after the COMMIT, with what came of it.
type Answer = Box<dyn FnOnce(Option<&Failure>) + Send>;

enum Health {
    Fine,
    /// The storage itself failed: the transaction is gone, and the group with it.
    Lost,
}

pub(super) struct Writer(mpsc::SyncSender<Job>);

impl Writer {
    pub fn start(url: DatabaseUrl) -> Result<Self, Failure> {
        let (sender, jobs) = mpsc::sync_channel(WAITING);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                let mut conn = None;
                while let Ok(first) = jobs.recv() {
                    let group = std::iter::once(first).chain(jobs.try_iter().take(GROUP - 1)).collect();
                    commit_group(&url, &mut conn, group);
                }
            })
            .map_err(Failure::internal)?;
        Ok(Self(sender))
    }

    /// Has the thread do `work` and waits until it is durable.
    pub async fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (sender, answer) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let result = conn.transaction(work);
            let health = match &result {
                Err(failure) if failure.is_of_storage() => Health::Lost,
                _ => Health::Fine,
            };
            let answer: Answer = Box::new(move |lost| {
                let _ = sender.send(match (result, lost) {
                    (Ok(_), Some(Failure::StorageFull)) => Err(Failure::StorageFull),
                    (Ok(_), Some(_)) => Err(Failure::Unavailable { retry_after: 1 }),
                    (result, _) => result,
                });
            });
            (health, answer)
        });
        self.0.try_send(job).map_err(|_| Failure::Unavailable { retry_after: 1 })?;
        answer.await.unwrap_or_else(|_| Err(Failure::internal("the writer dropped a change")))
    }
}

/// Does all jobs of a group in one transaction. Dropping a job unanswered answers it with an
/// internal failure, so a panic leaves nobody waiting.
fn commit_group(url: &DatabaseUrl, slot: &mut Option<Conn>, group: Vec<Job>) {
    let mut answers = Vec::with_capacity(group.len());
    let outcome = catch_unwind(AssertUnwindSafe(|| -> Result<(), Failure> {
        let conn = match slot {
            Some(conn) => conn,
            None => slot.insert(url.connect_to_write().map_err(|error| {
                tracing::error!(%error, "the writer cannot open the database");
                Failure::Unavailable { retry_after: 1 }
            })?),
        };
        engine::begin(conn)?;
        for job in group {
            let (health, answer) = job(conn);
            answers.push(answer);
            if matches!(health, Health::Lost) {
                engine::rollback(conn);
                return Err(Failure::Unavailable { retry_after: 1 });
            }
        }
        engine::commit(conn).inspect_err(|_| engine::rollback(conn))
    }));
    match outcome {
        Ok(Ok(())) => answers.into_iter().for_each(|answer| answer(None)),
        Ok(Err(failure)) => {
            *slot = None; // A fresh connection for the next group: this one's state is in doubt.
            answers.into_iter().for_each(|answer| answer(Some(&failure)));
        }
        Err(_) => *slot = None,
    }
}
