//! A server that commands go through, as somebody of its own: `--server` and `--token`.
//!
//! Versions are read before they are sent, and a change that is sent again happens once. The token goes to the server
//! that was named and to no other: no redirect is followed, and plain http is for this machine alone.

mod refusal;
mod send;

use crate::kernel::{
    auth::API_TOKEN_PREFIX,
    config::{Config, RemoteOptions, Secret},
    failure::Failure,
    mail::PublicUrl,
    outward,
};
pub use refusal::may_be_done;
use refusal::refusal;
use send::{Condition, Sent};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    io::{Read, Write},
    path::Path,
    time::Duration,
};
use ureq::{
    Agent, Body,
    http::{HeaderValue, Method, Response, header},
};
use url::Url;

/// How long a server may take for the next byte, also of an answer that it has to work for, as for that to a large
/// file. No limit is set to a whole answer.
const STALLED: Duration = Duration::from_secs(3600);
/// The longest answer that is taken into memory.
const LIMIT: u64 = 256 << 20;

/// A server, and what says to it who asks.
#[derive(Debug)]
pub struct Remote {
    agent: Agent,
    server: PublicUrl,
    bearer: HeaderValue,
}

impl Remote {
    /// The one that is named; none for the database of this machine. Nothing is asked of it yet.
    ///
    /// # Errors
    /// When only one of server and token is there, or one of them cannot be one.
    pub fn of(config: &Config) -> Result<Option<Self>, Failure> {
        let wrong = |what: String| Failure::conflict("configuration", what);
        let RemoteOptions { server, token, token_file } = &config.remote;
        let token = match (token, token_file) {
            (Some(_), Some(_)) => return Err(wrong("token and token_file: give one of them".to_owned())),
            (Some(token), None) => Some(token.clone()),
            (None, Some(path)) => Some(secret_in(path).map_err(|what| wrong(format!("{}: {what}", path.display())))?),
            (None, None) => None,
        };
        let (server, token) = match (server, token) {
            (Some(server), Some(token)) => (server, token),
            (None, None) => return Ok(None),
            (Some(server), None) => {
                let what = "and no token for it: give --token or PRODOPS_TOKEN";
                return Err(wrong(format!("there is a server, {server}, {what}")));
            }
            (None, Some(_)) => {
                return Err(wrong("there is a token and no server: give --server or PRODOPS_SERVER".to_owned()));
            }
        };
        let server: PublicUrl = server.parse().map_err(|what| wrong(format!("server: {what}")))?;
        let bearer = token.as_bearer().ok_or_else(|| wrong("the token holds what no token does".to_owned()))?;
        let agent = outward::agent().timeout_per_read(Some(STALLED)).timeout_per_write(Some(STALLED));
        // Past a proxy what goes to this machine would leave it, in the clear.
        let agent = if server.as_text().starts_with("https:") { agent } else { agent.proxy(None) };
        Ok(Some(Self { agent: agent.build().new_agent(), server, bearer }))
    }

    pub fn server(&self) -> &str {
        self.server.as_text()
    }

    /// # Errors
    /// For an API token, which speaks in one product: it manages nobody, and makes no other.
    pub fn require_person(&self) -> Result<(), Failure> {
        let Some(token) = self.bearer.as_bytes().strip_prefix(b"Bearer ") else { return Ok(()) };
        if !token.starts_with(API_TOKEN_PREFIX.as_bytes()) {
            return Ok(());
        }
        Err(Failure::Forbidden(
            "an API token manages no users and no tokens: give the access token of somebody who signed in",
        ))
    }

    /// An address of the API, of the parts of its path.
    ///
    /// # Errors
    /// Never: the server was read as an address.
    pub fn at(&self, parts: &[&str]) -> Result<Url, Failure> {
        let mut url = Url::parse(&self.server.of("/api/v1")).map_err(Failure::internal)?;
        url.path_segments_mut().map_err(|()| Failure::internal("an address without a path"))?.extend(parts);
        Ok(url)
    }

    /// Something as JSON.
    ///
    /// # Errors
    /// What the server answers instead, or why it does not.
    pub fn get<T: DeserializeOwned>(&self, url: &Url) -> Result<T, Failure> {
        read(self.send(Method::GET, url, &Condition::None, &Sent::Nothing)?)
    }

    /// All of a list, page by page.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn list<T: DeserializeOwned>(&self, url: &Url) -> Result<Vec<T>, Failure> {
        let (mut all, mut next) = (Vec::new(), None::<String>);
        loop {
            let mut url = url.clone();
            url.query_pairs_mut().append_pair("limit", "200").extend_pairs(next.map(|cursor| ("cursor", cursor)));
            let page: Listing<T> = self.get(&url)?;
            all.extend(page.items);
            next = page.next_cursor;
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    /// Something as text.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn text(&self, url: &Url) -> Result<String, Failure> {
        let mut text = Vec::new();
        self.download(url, &mut text)?;
        String::from_utf8(text).map_err(|_| refusal::foreign("it answered something else than text"))
    }

    /// Copies something as it comes; what breaks off is a failure.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn download(&self, url: &Url, into: &mut dyn Write) -> Result<(), Failure> {
        let answer = self.send(Method::GET, url, &Condition::None, &Sent::Nothing)?;
        let length = answer.body().content_length();
        send::copy(answer.into_body().into_reader(), length, into)
    }

    /// Makes something.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post<T: DeserializeOwned>(&self, url: &Url, body: &impl Serialize) -> Result<T, Failure> {
        read(self.send(Method::POST, url, &Condition::None, &Sent::json(body)?)?)
    }

    /// Sends a file.
    ///
    /// # Errors
    /// As [`Self::get`], and when the file cannot be read or has more than `limit` bytes.
    pub fn upload<T: DeserializeOwned>(
        &self,
        url: &Url,
        media_type: &str,
        file: &Path,
        limit: u64,
    ) -> Result<T, Failure> {
        if std::fs::metadata(file).is_ok_and(|known| known.len() > limit) {
            return Err(Failure::TooLarge { limit });
        }
        read(self.send(Method::POST, url, &Condition::None, &Sent::File(file, media_type))?)
    }

    /// Changes some properties of what is there, as it is now.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn patch<T: DeserializeOwned>(&self, url: &Url, body: &impl Serialize) -> Result<T, Failure> {
        read(self.send(Method::PATCH, url, &self.seen(url)?, &Sent::json(body)?)?)
    }

    /// Puts something in place of what is there now, if anything is.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn put<T: DeserializeOwned>(&self, url: &Url, body: &impl Serialize) -> Result<T, Failure> {
        let seen = match self.seen(url) {
            Err(Failure::NotFound) => Condition::Nothing,
            seen => seen?,
        };
        read(self.send(Method::PUT, url, &seen, &Sent::json(body)?)?)
    }

    /// Deletes what is there, as it is now.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn delete(&self, url: &Url) -> Result<(), Failure> {
        self.send(Method::DELETE, url, &self.seen(url)?, &Sent::Nothing).map(|_| ())
    }

    /// Does something with what is there, as it is now: the last part of the path says what.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn act<T: DeserializeOwned>(&self, row: &[&str], act: &str, body: &impl Serialize) -> Result<T, Failure> {
        let seen = self.seen(&self.at(row)?)?;
        read(self.send(Method::POST, &self.at(&[row, &[act]].concat())?, &seen, &Sent::json(body)?)?)
    }

    /// The version of what is there.
    fn seen(&self, url: &Url) -> Result<Condition, Failure> {
        let answer = self.send(Method::GET, url, &Condition::None, &Sent::Nothing)?;
        let etag = answer.headers().get(header::ETAG).cloned();
        etag.map(Condition::Version).ok_or_else(|| refusal::foreign("it answered no version"))
    }

    /// # Errors
    /// What the server refuses, in the words of what is refused here, or why it cannot be asked.
    fn send(&self, method: Method, url: &Url, condition: &Condition, sent: &Sent) -> Result<Response<Body>, Failure> {
        send::send(self, method, url, condition, sent)
    }
}

/// A page of a list.
#[derive(Deserialize)]
struct Listing<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

/// The token that a file holds, on its first line.
fn secret_in(path: &Path) -> Result<Secret, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let Some(line) = text.lines().next().map(str::trim).filter(|line| !line.is_empty()) else {
        return Err("it holds no token".to_owned());
    };
    match line.parse() {
        Ok(secret) => Ok(secret),
        Err(never) => match never {},
    }
}

fn read<T: DeserializeOwned>(answer: Response<Body>) -> Result<T, Failure> {
    let bytes = taken(answer).map_err(|why| refusal::lost(&why))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        refusal::foreign(&format!("its answer is not understood ({error}): is it a prodops of another version?"))
    })
}

/// The whole of an answer.
fn taken(answer: Response<Body>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut body = answer.into_body().into_reader().take(LIMIT + 1);
    match body.read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > LIMIT => Err("its answer is too long".to_owned()),
        Ok(_) => Ok(bytes),
        Err(error) => Err(error.to_string()),
    }
}
