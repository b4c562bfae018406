//! A connection with patience: one that makes no progress is closed.
//!
//! The framework limits how long the first request's headers may take and how long a connection may
//! be idle, and nothing else. Here a later request's headers have the same time, a body that nobody reads any more
//! and that never ends is not waited for, and neither is a reader who takes nothing.

use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// How long headers may take to arrive.
pub const HEADERS: Duration = Duration::from_secs(15);
/// How long a connection may wait for its next request.
pub const IDLE: Duration = Duration::from_secs(30);
/// How long a reader may take nothing.
const STALLED: Duration = Duration::from_secs(30);
/// The framework closes an idle connection itself, and more politely.
const GRACE: Duration = Duration::from_secs(1);

/// What a connection is doing, as its requests tell it.
#[derive(Clone)]
pub struct Activity(Arc<Mutex<State>>);

struct State {
    /// Requests that are not answered to the end.
    under_way: usize,
    /// When the last of them ended.
    quiet_since: Instant,
    /// When the first byte of the next one came.
    heard_at: Option<Instant>,
}

impl Activity {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(State { under_way: 0, quiet_since: Instant::now(), heard_at: None })))
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// A request has been read up to its body.
    pub fn begin(&self) {
        self.with(|state| {
            state.under_way += 1;
            state.heard_at = None;
        });
    }

    /// A request has been answered to the end, or will not be.
    pub fn end(&self) {
        self.with(|state| {
            state.under_way = state.under_way.saturating_sub(1);
            state.quiet_since = Instant::now();
        });
    }

    fn hear(&self) {
        self.with(|state| {
            if state.under_way == 0 {
                state.heard_at.get_or_insert_with(Instant::now);
            }
        });
    }

    /// When the next request must be here; `None` while one is under way, whose handler has
    /// deadlines of its own.
    fn deadline(&self) -> Option<Instant> {
        self.with(|state| match state.heard_at {
            _ if state.under_way > 0 => None,
            Some(heard) => Some(heard + HEADERS),
            None => Some(state.quiet_since + IDLE + GRACE),
        })
    }
}

/// A socket that gives up.
pub struct Connection {
    socket: TcpStream,
    pub activity: Activity,
    reading: Pin<Box<Sleep>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    pub fn new(socket: TcpStream) -> Self {
        // What is written is a whole answer, or as much as there is; waiting for more only delays it.
        let _ = socket.set_nodelay(true);
        let reading = Box::pin(sleep_until(Instant::now() + HEADERS));
        Self { socket, activity: Activity::new(), reading, writing: None }
    }

    /// Fails when the next request should have been here; else sees that this is asked again in time.
    fn check_reading(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        loop {
            let deadline = self.activity.deadline();
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no whole request in time"));
            }
            self.reading.as_mut().reset(deadline.unwrap_or(now + HEADERS));
            if self.reading.as_mut().poll(cx).is_pending() {
                return Ok(());
            }
        }
    }

    fn check_writing(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.writing = None;
            return written;
        }
        let deadline = self.writing.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + STALLED)));
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the reader takes nothing")))
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        let read = Pin::new(&mut this.socket).poll_read(cx, into);
        if into.filled().len() > before {
            this.activity.hear();
        }
        this.check_reading(cx)?;
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write(cx, bytes);
        this.check_writing(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write_vectored(cx, pieces);
        this.check_writing(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

impl ActixStream for Connection {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.socket, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.socket, cx)
    }
}
