//! A blocking client for servers that may be gone.

use serde_json::Value;
use std::time::{Duration, Instant};
use ureq::{
    Agent,
    http::{HeaderMap, Request},
};

#[derive(Clone)]
pub struct Client {
    agent: Agent,
    address: String,
    headers: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
    /// From asking to having all of it.
    pub time: Duration,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn id(&self) -> String {
        self.json["id"].as_str().expect("an id").to_owned()
    }
}

impl Client {
    pub fn new(address: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        Self { agent, address: address.to_owned(), headers: Vec::new() }
    }

    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The same person at another's server.
    pub fn at(&self, other: &Self) -> Self {
        Self { address: other.address.clone(), ..self.clone() }
    }

    pub fn get(&self, path: &str) -> Result<Answer, ureq::Error> {
        self.send("GET", path, "", b"")
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        self.send("POST", path, "application/json", body.to_string().as_bytes())
    }

    /// # Errors
    /// When there was no whole answer, so that nobody knows whether it was done.
    pub fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Answer, ureq::Error> {
        let started = Instant::now();
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = match kind {
            "" => self.agent.run(request.body(()).expect("a request"))?,
            kind => self.agent.run(request.header("Content-Type", kind).body(body).expect("a request"))?,
        };
        let (parts, mut body) = answer.into_parts();
        let bytes = body.with_config().limit(1 << 30).read_to_vec()?;
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, json, time: started.elapsed() };
        if matches!(answer.status, 503 | 507) {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
            let seconds = answer.header("retry-after").parse::<u64>();
            assert!(answer.status == 507 || seconds.is_ok_and(|seconds| seconds > 0), "{answer:?}");
        }
        assert_ne!(answer.status, 500, "{method} {path}: {answer:?}");
        Ok(answer)
    }
}
