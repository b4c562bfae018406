//! A dataset on its way to a reader: one thread, one snapshot, never more than a few chunks in memory.

use super::{Selection, write};
use crate::{
    kernel::{auth::ProductId, db::Db, failure::Failure},
    products,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use std::{
    io::{self, Write},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};
use tokio::sync::{
    Semaphore,
    mpsc::{Receiver, Sender, channel},
};

/// How many chunks may wait for the reader.
const WAITING: usize = 4;
/// How long a reader may take nothing before it is cut: it holds a connection and a snapshot.
const STALLED: Duration = Duration::from_secs(30);
/// How many exports run at once in this process: each holds one of its connections.
static RUNNING: Semaphore = Semaphore::const_new(4);
/// How long an export waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the thread says.
enum Piece {
    Chunk(Bytes),
    /// All is written. A thread that ends without it has failed.
    End,
    Failed(Failure),
}

/// Starts an export and waits for what follows its first chunk, so that what fails before is still a refusal: an export
/// of one chunk comes whole or not at all.
///
/// The stream that it gives ends with an error when the export breaks midway, so that the
/// connection is closed before the answer looks complete.
///
/// # Errors
/// 429 when too many exports are running; whatever fails before the second chunk, or before the end when there is none.
pub async fn start(
    db: Db,
    product: ProductId,
    selection: Selection,
) -> Result<impl Stream<Item = io::Result<Bytes>> + use<>, Failure> {
    let turn = tokio::time::timeout(PATIENCE, RUNNING.acquire())
        .await
        .map_err(|_| Failure::TooManyRequests { retry_after: 10 })?
        .map_err(Failure::internal)?;
    let (sender, mut pieces) = channel(WAITING);
    let watched = db.clone();
    let work = move || {
        let _turn = turn;
        let mut outlet = Outlet { sender, lost: None };
        let result = db.snapshot_here(|conn| {
            let product = products::store::find(conn, &product)?;
            write(conn, &product, &selection, &mut outlet)
        });
        if let Some(why) = outlet.lost {
            tracing::info!(dataset = selection.dataset.name, %why, "an export ended early");
            return;
        }
        // Whoever reads may have gone since the last chunk, which needs nothing more.
        let _ = outlet.send(result.map_or_else(Piece::Failed, |()| Piece::End));
    };
    thread::Builder::new().name("export".to_owned()).spawn(work).map_err(Failure::internal)?;
    let mut begun = Vec::new();
    let going = loop {
        match watched.answered(pieces.recv()).await? {
            Some(Piece::Chunk(chunk)) => begun.push(Ok(chunk)),
            Some(Piece::End) => break None,
            Some(Piece::Failed(failure)) => return Err(failure),
            None => return Err(Failure::internal("its thread ended early")),
        }
        if begun.len() == 2 {
            break Some((watched, pieces));
        }
    };
    Ok(stream::iter(begun).chain(rest(going)))
}

/// What is still to come of an export that is going on.
fn rest(going: Option<(Db, Receiver<Piece>)>) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(going, |going| async {
        let (db, mut pieces) = going?;
        let failure = match db.answered(pieces.recv()).await {
            Ok(Some(Piece::Chunk(chunk))) => return Some((Ok(chunk), Some((db, pieces)))),
            Ok(Some(Piece::End)) => return None,
            Ok(Some(Piece::Failed(failure))) | Err(failure) => failure,
            Ok(None) => Failure::internal("its thread ended early"),
        };
        tracing::error!(?failure, "an export failed midway");
        Some((Err(io::Error::other("the export broke off")), None))
    })
}

/// What the thread writes to.
struct Outlet {
    sender: Sender<Piece>,
    /// Why nothing can be written any more.
    lost: Option<io::Error>,
}

impl Outlet {
    /// # Errors
    /// When the reader has gone, or takes nothing for too long.
    fn send(&self, piece: Piece) -> io::Result<()> {
        let sending = pin!(self.sender.send(piece));
        match within(STALLED, sending) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the reader has gone")),
            None => Err(io::Error::new(io::ErrorKind::TimedOut, "the reader takes nothing")),
        }
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send(Piece::Chunk(Bytes::copy_from_slice(bytes))).map(|()| bytes.len()).inspect_err(|error| {
            self.lost = Some(error.kind().into());
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks this thread until a future is ready or the time is over. On purpose without a runtime:
/// the thread may outlive the worker that started it.
fn within<F: Future>(time: Duration, mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let started = Instant::now();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        thread::park_timeout(time.checked_sub(started.elapsed())?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(sender: &Sender<Piece>, patience: Duration) -> Option<bool> {
        within(patience, pin!(sender.send(Piece::End))).map(|sent| sent.is_ok())
    }

    #[test]
    fn a_reader_that_takes_nothing_is_given_up_and_one_that_has_gone_is_noticed() {
        let (sender, mut pieces) = channel(1);
        let short = Duration::from_millis(10);
        assert_eq!(is_taken(&sender, short), Some(true));
        assert_eq!(is_taken(&sender, short), None);
        pieces.blocking_recv();
        assert_eq!(is_taken(&sender, short), Some(true));
        let reader = thread::spawn(move || pieces.blocking_recv().map(|_| pieces));
        assert_eq!(is_taken(&sender, STALLED), Some(true), "it waits for a reader that is slow");
        drop(reader.join());
        assert_eq!(is_taken(&sender, short), Some(false));
    }
}
