//! A blocking client that checks of every answer what is promised of every answer.

use serde_json::Value;
use ureq::{
    Agent,
    http::{HeaderMap, Method, Request},
};

/// Paths without a leading slash are below this one.
const PLATFORM: &str = "/api/v1/products/platform/";

/// Someone who sends requests.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    /// What a path that begins without a slash stands below.
    product: String,
    headers: Vec<(String, String)>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// Null when the body is not JSON.
    pub json: Value,
    asked: String,
}

impl Client {
    pub fn new(base: String) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .new_agent();
        Self { agent, base, product: PLATFORM.to_owned(), headers: Vec::new() }
    }

    /// The same client with a header on every request.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// The same client, asking elsewhere.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The same client, speaking of another product than the platform.
    pub fn of(&self, product: &str) -> Self {
        Self { product: format!("/api/v1/products/{product}/"), ..self.clone() }
    }

    /// Where it asks, as a browser names it.
    pub fn origin(&self) -> String {
        self.base.clone()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send_json("POST", path, body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send_json("PUT", path, body)
    }

    /// A patch of the version that `etag` names.
    pub fn patch(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.with("If-Match", etag).send_json("PATCH", path, body)
    }

    pub fn delete(&self, path: &str, etag: &str) -> Answer {
        self.with("If-Match", etag).send("DELETE", path, None)
    }

    pub fn send_json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.with("Content-Type", "application/json").send(method, path, Some(body.to_string().as_bytes()))
    }

    /// Sends bytes as they are.
    pub fn send(&self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        let place = if path.starts_with('/') { path.to_owned() } else { format!("{}{path}", self.product) };
        let asked = format!("{method} {place}");
        let mut request = Request::builder().method(method).uri(format!("{}{place}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).expect("a request")),
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let (parts, mut body) = answer.unwrap_or_else(|error| panic!("{asked}: {error}")).into_parts();
        let bytes = match request_has_no_answer_body(method) {
            true => Vec::new(),
            false => body.with_config().limit(1 << 30).read_to_vec().unwrap_or_else(|error| panic!("{asked}: {error}")),
        };
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, bytes, json, asked };
        answer.keeps_the_promises();
        answer
    }
}

fn request_has_no_answer_body(method: &str) -> bool {
    Method::HEAD.as_str() == method
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header of plain text"))
    }

    #[track_caller]
    pub fn etag(&self) -> &str {
        self.header("etag").unwrap_or_else(|| panic!("no ETag: {self}"))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    /// The answer, when it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// `place code` of each fault of a refusal, in order of place.
    pub fn faults(&self) -> Vec<String> {
        let text = |fault: &Value, name: &str| fault[name].as_str().map(ToOwned::to_owned);
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut faults: Vec<String> = errors
            .iter()
            .map(|fault| {
                let place = text(fault, "pointer").or_else(|| text(fault, "parameter")).unwrap_or_default();
                format!("{place} {}", text(fault, "code").unwrap_or_default())
            })
            .collect();
        faults.sort();
        faults
    }

    /// The property `name` of each item of a list.
    #[track_caller]
    pub fn column(&self, name: &str) -> Vec<String> {
        let items = self.json["items"].as_array().unwrap_or_else(|| panic!("not a list: {self}"));
        items.iter().map(|item| item[name].as_str().map_or_else(|| item[name].to_string(), ToOwned::to_owned)).collect()
    }

    /// What holds for every answer, whatever was asked.
    #[track_caller]
    fn keeps_the_promises(&self) {
        let id = self.header("x-request-id").unwrap_or_else(|| panic!("no X-Request-Id: {self}"));
        assert!(self.header("cache-control").is_some(), "no Cache-Control: {self}");
        assert_ne!(self.status, 500, "{self}");
        if self.status < 400 || self.asked.starts_with("HEAD ") {
            return;
        }
        let kind = self.header("content-type").unwrap_or_default();
        if kind.starts_with("text/html") {
            return; // The sign-in form says why in its own words.
        }
        assert_eq!(kind, "application/problem+json", "{self}");
        assert!(self.header("etag").is_none(), "an ETag on a refusal: {self}");
        for name in ["type", "title", "detail", "instance"] {
            assert!(self.json[name].as_str().is_some_and(|text| !text.is_empty()), "no `{name}`: {self}");
        }
        assert_eq!(self.json["status"], self.status, "{self}");
        assert_eq!(self.json["request_id"], id, "{self}");
        assert_eq!(self.status == 401, self.header("www-authenticate").is_some(), "WWW-Authenticate: {self}");
        if matches!(self.status, 429 | 503) {
            let seconds = self.header("retry-after").and_then(|text| text.parse::<u64>().ok());
            assert!(seconds.is_some_and(|seconds| seconds > 0), "Retry-After in whole seconds: {self}");
        }
        for secret in ["SELECT ", "diesel", "panicked", ".rs:", "sqlite", "postgres"] {
            assert!(!self.text().contains(secret), "something internal leaves the server: {self}");
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown: String = String::from_utf8_lossy(&self.bytes).chars().take(2000).collect();
        write!(out, "{} answered {} {shown}", self.asked, self.status)
    }
}
