//! One request, and the same again when that is right.

use super::{
    Remote, STALLED, refusal,
    refusal::{Refusal, lost},
};
use crate::kernel::{clock::Ids, failure::Failure};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
    time::Duration,
};
use ureq::{
    Body, Error, SendBody, Timeout,
    http::{HeaderValue, Method, Request, Response, header},
};
use url::Url;

/// How often a request is sent at most.
const TIMES: u32 = 3;
/// Who is told to wait longer is told so instead.
const WAITS: Duration = Duration::from_secs(30);
/// Before what may have been lost is sent again.
const PAUSE: Duration = Duration::from_secs(1);

/// What a request says of what it is about.
pub enum Condition {
    None,
    /// It is as it was in this version.
    Version(HeaderValue),
    /// It is not there yet.
    Nothing,
}

/// What is sent. A file is read anew each time.
pub enum Sent<'a> {
    Nothing,
    Json(Vec<u8>),
    /// And its media type.
    File(&'a Path, &'a str),
}

impl Sent<'_> {
    pub fn json(body: &impl Serialize) -> Result<Self, Failure> {
        serde_json::to_vec(body).map(Self::Json).map_err(Failure::internal)
    }
}

/// Sends a request until it is answered. What was not done is sent again when the server says when, and what may have
/// been done only where twice is as once: a `GET`, and a `POST`, which has a key by which the server knows it again.
pub fn send(
    remote: &Remote,
    method: Method,
    url: &Url,
    condition: &Condition,
    sent: &Sent,
) -> Result<Response<Body>, Failure> {
    let key = (method == Method::POST).then(|| Ids::Random.next());
    let harmless = matches!(method, Method::GET | Method::POST);
    let mut times = 0;
    loop {
        times += 1;
        let request = request(remote, &method, url, condition, sent, key.as_deref())?;
        let (failure, wait) = match remote.agent.run(request) {
            Ok(answer) if answer.status().is_success() => return Ok(answer),
            Ok(answer) => match refusal::refusal(answer) {
                Refusal { failure, wait: Some(wait), done: false } => (failure, Some(wait)),
                Refusal { failure, wait, .. } => (failure, wait.filter(|_| harmless)),
            },
            Err(error) if is_of_connecting(&error) => {
                let (title, why) = ("The server cannot be reached".to_owned(), why(&error));
                return Err(Failure::Elsewhere { title, detail: format!("{}: {why}", remote.server()) });
            }
            Err(error @ Error::Timeout(_)) => (lost(&why(&error)), None),
            Err(error) => (lost(&why(&error)), harmless.then_some(PAUSE)),
        };
        match wait.filter(|wait| times < TIMES && *wait <= WAITS) {
            Some(wait) => std::thread::sleep(wait),
            None => return Err(failure),
        }
    }
}

fn request(
    remote: &Remote,
    method: &Method,
    url: &Url,
    condition: &Condition,
    sent: &Sent,
    key: Option<&str>,
) -> Result<Request<SendBody<'static>>, Failure> {
    let mut request = Request::builder()
        .method(method)
        .uri(url.as_str())
        .header(header::AUTHORIZATION, &remote.bearer)
        .header(header::ACCEPT, "*/*");
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    request = match condition {
        Condition::None => request,
        Condition::Version(etag) => request.header(header::IF_MATCH, etag),
        Condition::Nothing => request.header(header::IF_NONE_MATCH, "*"),
    };
    let body = match sent {
        Sent::Nothing => SendBody::none(),
        Sent::Json(bytes) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            request = request.header(header::CONTENT_LENGTH, bytes.len());
            SendBody::from_owned_reader(io::Cursor::new(bytes.clone()))
        }
        Sent::File(path, media_type) => {
            let (file, length) =
                opened(path).map_err(|error| Failure::conflict("file", format!("the file cannot be read: {error}")))?;
            request = request.header(header::CONTENT_TYPE, *media_type).header(header::CONTENT_LENGTH, length);
            SendBody::from_owned_reader(progress("sent", Some(length)).wrap_read(file))
        }
    };
    request.body(body).map_err(Failure::internal)
}

fn opened(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// Copies an answer to its end.
pub fn copy(from: impl Read, length: Option<u64>, into: &mut dyn Write) -> Result<(), Failure> {
    let bar = progress("received", length);
    let mut from = bar.wrap_read(from);
    let mut some = vec![0; 1 << 16];
    loop {
        match from.read(&mut some) {
            Ok(0) => break,
            Ok(read) => into.write_all(&some[..read]).map_err(Failure::internal)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(lost(&error.to_string())),
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// Bytes on a terminal, and nothing where there is none.
fn progress(what: &'static str, length: Option<u64>) -> ProgressBar {
    let template = match length {
        Some(_) => "{bar:24} {bytes} of {total_bytes} {msg}, {bytes_per_sec}",
        None => "{spinner} {bytes} {msg}, {bytes_per_sec}",
    };
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.with_message(what).with_finish(indicatif::ProgressFinish::AndClear)
}

/// Whether nothing of the request can have arrived.
fn is_of_connecting(error: &Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, InvalidData, NetworkUnreachable};
    match error {
        Error::Io(error) => {
            // What is no data is a certificate that is not trusted, or no TLS at all.
            matches!(
                error.kind(),
                ConnectionRefused | HostUnreachable | NetworkUnreachable | AddrNotAvailable | InvalidData
            )
        }
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::Tls(_)
        | Error::Rustls(_)
        | Error::ConnectProxyFailed(_)
        | Error::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        _ => false,
    }
}

fn why(error: &Error) -> String {
    match error {
        Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => {
            format!("it made no progress for {} minutes", STALLED.as_secs() / 60)
        }
        Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
