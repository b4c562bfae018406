//! Asking the issuer: few addresses, all of them configured, and none that an answer leads on to.

use super::settings::address;
use crate::kernel::{failure::Failure, outward};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::time::Duration;
use ureq::{
    Agent,
    http::{Request, Response, header},
};
use url::form_urlencoded;

/// How long an answer may take, from looking up the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer answers are none.
const LIMIT: u64 = 256 * 1024;

/// Asks over https, and over http on this machine. It follows no redirect, keeps no cookie and knows no proxy.
#[derive(Debug, Clone)]
pub(super) struct Fetcher(Agent);

impl Fetcher {
    pub fn new() -> Self {
        let config = outward::agent()
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            // What was closed meanwhile would be found out by a failure.
            .max_idle_connections(0);
        Self(config.build().new_agent())
    }

    /// A document of JSON. It blocks.
    ///
    /// # Errors
    /// What went wrong, for the log.
    pub fn get(&self, url: &str) -> Result<Value, String> {
        // What is asked for may come out of an answer.
        address("address", url)?;
        let request = Request::get(url).header(header::ACCEPT, "application/json").body(());
        let answer = self.0.run(request.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
        match answer.status().as_u16() {
            200 => read(answer),
            status => Err(format!("answered {status}")),
        }
    }

    /// Sends a form, and reads what it is answered. It blocks.
    ///
    /// # Errors
    /// What went wrong, for the log; of what was answered no more than the word that RFC 6749 has for it.
    pub fn post(&self, url: &str, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> Result<Value, String> {
        address("address", url)?;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = Request::post(url)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((id, secret)) = basic {
            // RFC 6749, 2.3.1: both are written as in a form before they are joined.
            let written = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = BASE64_STANDARD.encode(format!("{}:{}", written(id), written(secret)));
            request = request.header(header::AUTHORIZATION, format!("Basic {pair}"));
        }
        let request = request.body(body).map_err(|error| error.to_string())?;
        let answer = self.0.run(request).map_err(|error| error.to_string())?;
        match answer.status().as_u16() {
            200 => read(answer),
            status => {
                let said = read(answer).unwrap_or_default();
                Err(format!("answered {status} {}", said["error"].as_str().map_or("", word)))
            }
        }
    }
}

/// An error's name, if it is one of a word.
pub(super) fn word(text: &str) -> &str {
    let plain = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if plain { text } else { "something" }
}

fn read(answer: Response<ureq::Body>) -> Result<Value, String> {
    let mut body = answer.into_body();
    let bytes = body.with_config().limit(LIMIT).read_to_vec().map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|_| "answered something else than JSON".to_owned())
}

/// Blocks a thread that is there for it.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(Failure::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpListener, time::Instant};

    #[test]
    fn nobody_waits_long_for_a_server_that_says_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let begun = Instant::now();
        assert!(Fetcher::new().get(&url).is_err());
        let waited = begun.elapsed();
        assert!((PATIENCE..PATIENCE * 2).contains(&waited), "{waited:?}");
        for other in ["http://192.0.2.1/", "ftp://127.0.0.1/", "file:///etc/hosts"] {
            assert!(Fetcher::new().get(other).is_err(), "{other}");
        }
    }
}
