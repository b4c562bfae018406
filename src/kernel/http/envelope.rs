//! What surrounds every request: its id, its headers, its line in the log, and one form for all
//! refusals, whoever made them.

use super::{
    Caller, Problem, Proxies, charge, network,
    origin::origin,
    page,
    rate::{is_charged, tell},
};
use crate::kernel::{
    auth::{API_KEY_HEADER, SESSION_COOKIE},
    failure::{Failure, Fault},
};
use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web::Data,
};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::{Mutex, OwnedMutexGuard};
use url::form_urlencoded;
use uuid::Uuid;

/// What is known of a request before anything of it is read.
#[derive(Debug)]
pub struct RequestContext {
    /// The `X-Request-Id`: the caller's when it is a plain word, else one of ours.
    pub id: String,
    pub method: String,
    pub path: String,
    /// From where, as far as proxies of ours say.
    pub address: String,
    pub idempotency_key: Option<String>,
    fingerprint: OnceLock<String>,
    /// Asks for HTML before anything else.
    wants_page: bool,
    /// Comes from a browser in which somebody signed in.
    in_session: bool,
    /// Comes with something that may say who asks.
    has_credential: bool,
    query: String,
    /// Whether HTTP Basic would have been taken, so that a refusal offers it.
    basic: AtomicBool,
    /// Whether the caller said who they are by a parameter of the query.
    key_taken: AtomicBool,
    gate: Arc<Mutex<()>>,
}

impl RequestContext {
    /// # Panics
    /// Never: the envelope surrounds every route.
    pub fn of(req: &HttpRequest) -> Arc<Self> {
        // Reading cookies borrows the extensions anew.
        let known = req.extensions().get::<Arc<Self>>().cloned();
        known.unwrap_or_else(|| Arc::new(Self::read(req)))
    }

    fn read(req: &HttpRequest) -> Self {
        let text = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok());
        let plain = |word: &&str| (1..=128).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic());
        let signed_in = req.cookie(SESSION_COOKIE).is_some();
        Self {
            id: text("x-request-id").filter(plain).map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned),
            method: req.method().to_string(),
            path: req.path().to_owned(),
            address: origin(req, req.app_data::<Data<Proxies>>().map(|proxies| &***proxies)),
            // Whatever it holds: a key that is not text is refused, not left out of account.
            idempotency_key: req
                .headers()
                .get("idempotency-key")
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            fingerprint: OnceLock::new(),
            wants_page: text("accept").is_some_and(|accept| accept.starts_with("text/html")),
            in_session: signed_in
                && !req.headers().contains_key(header::AUTHORIZATION)
                && !req.headers().contains_key(API_KEY_HEADER),
            has_credential: signed_in
                || req.query_string().contains(API_KEY_PARAMETER)
                || CREDENTIALS.iter().any(|name| req.headers().contains_key(*name)),
            query: req.query_string().to_owned(),
            basic: AtomicBool::new(false),
            key_taken: AtomicBool::new(false),
            gate: Arc::default(),
        }
    }

    /// Keeps what else is read from the request waiting, until it is known who asks.
    ///
    /// The framework polls all extractors of a handler at once, and answers the first refusal: without
    /// this, one who may not know of a product would be told what is wrong with the body sent to it.
    pub fn hold(&self) -> Option<OwnedMutexGuard<()>> {
        self.gate.clone().try_lock_owned().ok()
    }

    /// Returns once whoever [held](Self::hold) the request lets it go on, in the order of asking.
    pub async fn admitted(&self) {
        drop(self.gate.lock().await);
    }

    /// Whether an operation of the API is asked for, and not a page of ours.
    pub fn is_of_api(&self) -> bool {
        self.path.starts_with("/api/")
    }

    /// Notes that HTTP Basic is taken here.
    pub fn offer_basic(&self) {
        self.basic.store(true, Ordering::Relaxed);
    }

    pub(super) fn offers_basic(&self) -> bool {
        self.basic.load(Ordering::Relaxed)
    }

    /// Notes that `?api_key=` was taken as the credential that it is.
    pub fn took_key(&self) {
        self.key_taken.store(true, Ordering::Relaxed);
    }

    /// The query as the operation may read it: without the credential that was taken from it.
    pub(super) fn parameters(&self) -> String {
        if !self.key_taken.load(Ordering::Relaxed) {
            return self.query.clone();
        }
        let is_key = |part: &&str| form_urlencoded::parse(part.as_bytes()).any(|(name, _)| name == API_KEY_PARAMETER);
        self.query.split('&').filter(|part| !is_key(part)).collect::<Vec<_>>().join("&")
    }

    /// The path without the secret that is in it, for logs and answers.
    pub fn shown_path(&self) -> &str {
        loggable(&self.path)
    }

    /// Whether a person reads the answer: a page is asked for, or by somebody who signed in to read pages.
    fn is_read_by_a_person(&self) -> bool {
        self.wants_page && (self.in_session || !self.is_of_api())
    }

    /// Where to sign in, and to come back from there: with the reader whom a link names (`for`), and no other
    /// parameter, since an address may hold a secret.
    fn sign_in(&self) -> String {
        let reader = form_urlencoded::parse(self.query.as_bytes()).find(|(name, _)| name == "for");
        let plain = |who: &str| who.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match reader.filter(|(_, who)| plain(who)) {
            Some((_, who)) => format!("/login?next={}%3Ffor%3D{who}", self.path),
            None => format!("/login?next={}", self.path),
        }
    }

    /// In whose name it is counted, as long as nobody knows who asks.
    fn somebody(&self) -> Caller {
        if self.path.starts_with(PROBES) { Caller::Probe } else { Caller::Somebody(network(&self.address)) }
    }

    /// Notes the digest of the body.
    pub(super) fn fingerprint(&self, digest: String) {
        let _ = self.fingerprint.set(digest);
    }

    /// The digest of the body; empty where none was read.
    pub(super) fn body_fingerprint(&self) -> &str {
        self.fingerprint.get().map_or("", String::as_str)
    }
}

/// The headers that may say who asks.
const CREDENTIALS: [&str; 2] = ["authorization", API_KEY_HEADER];
/// What begins the addresses that ask how the process is.
const PROBES: &str = "/health/";

/// How long a precondition or an `Idempotency-Key` may be, in bytes.
pub const HEADER_LIMIT: usize = 255;

/// What an answer depends on, whatever is asked for.
const VARY: &str = "Accept, Authorization, Cookie, X-API-Key";

/// Answers for programs load nothing.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// The API's documentation page has scripts of its own, all served by us.
const DOCS_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    frame-ancestors 'none'";

/// The middleware around the whole application.
pub async fn envelope(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let context = Arc::new(RequestContext::read(req.request()));
    req.extensions_mut().insert(context.clone());
    let started = std::time::Instant::now();
    // Every GET answers HEAD: the codec remembers the method and sends no body.
    if req.method() == Method::HEAD {
        req.head_mut().method = Method::GET;
    }
    let (req, mut response) = match refused_unread(&req, &context) {
        Some(refusal) => (req.into_parts().0, HttpResponse::from_error(refusal)),
        None => next.call(req).await?.map_into_boxed_body().into_parts(),
    };
    // A credential that nobody had asked for, or that was not good, is counted by where it came from.
    if !is_charged(&req)
        && let Err(refusal) = charge(&req, &context.somebody())
    {
        response = HttpResponse::from_error(refusal);
    }
    let shared = of_other_origins(&response);
    let mut response = dressed(response, &context);
    for (name, value) in shared {
        response.headers_mut().append(name, value);
    }
    tell(&req, response.headers_mut());
    let headers = response.headers_mut();
    let mut default = |name: header::HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, header::HeaderValue::from_static(value));
        }
    };
    default(header::CACHE_CONTROL, "private, no-cache");
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::CONTENT_SECURITY_POLICY, if context.path.starts_with("/docs") { DOCS_POLICY } else { POLICY });
    if context.shown_path() != context.path {
        // Found by who has the link, not by who searches the web.
        default(header::HeaderName::from_static("x-robots-tag"), "noindex, nofollow");
    }
    let told = headers.get_all(header::VARY).filter_map(|value| value.to_str().ok());
    let vary = told.chain([VARY]).collect::<Vec<_>>().join(", ");
    if let Ok(vary) = header::HeaderValue::from_str(&vary) {
        headers.insert(header::VARY, vary);
    }
    if let Ok(id) = header::HeaderValue::from_str(&context.id) {
        headers.insert(header::HeaderName::from_static("x-request-id"), id);
    }
    tracing::info!(
        request_id = context.id,
        method = context.method,
        path = context.shown_path(),
        status = response.status().as_u16(),
        millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    Ok(ServiceResponse::new(req, response))
}

/// What is refused before anything is done for it.
fn refused_unread(req: &ServiceRequest, context: &RequestContext) -> Option<Failure> {
    let counted = if context.has_credential { Ok(()) } else { charge(req.request(), &context.somebody()) };
    counted.err().or_else(|| unreadable_header(req, context))
}

/// The headers that requests are told apart by have a limit and a form, whatever is asked for.
fn unreadable_header(req: &ServiceRequest, context: &RequestContext) -> Option<Failure> {
    for name in ["If-Match", "If-None-Match"] {
        if req.headers().get(name).is_some_and(|value| value.len() > HEADER_LIMIT) {
            let detail = format!("at most {HEADER_LIMIT} characters");
            return Some(Failure::Unreadable(vec![Fault::parameter(name, "too_long", detail)]));
        }
    }
    let key = context.idempotency_key.as_deref().filter(|_| context.method == "POST")?;
    let plain = (1..=HEADER_LIMIT).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let detail = format!("1 to {HEADER_LIMIT} visible ASCII characters");
    (!plain).then(|| Failure::Invalid(vec![Fault::parameter("Idempotency-Key", "format", detail)]))
}

/// The parameter of a query that may hold an API token, where exports are read.
pub const API_KEY_PARAMETER: &str = "api_key";

/// What begins the addresses that open a report to whoever knows them.
pub const SHARED: &str = "/r/";
/// The same of those that open an export.
pub const SIGNED: &str = "/e/";
/// The same of those that let somebody in who has no account yet.
pub const INVITED: &str = "/invitations/";
/// The same of those by which somebody answers a survey.
pub const ANSWERED: &str = "/s/";

/// A path as the log may have it: without the secret that is in it.
fn loggable(path: &str) -> &str {
    match path {
        path if path.starts_with(SHARED) => "/r/…",
        path if path.starts_with(SIGNED) => "/e/…",
        path if path.starts_with(INVITED) => "/invitations/…",
        path if path.starts_with(ANSWERED) => "/s/…",
        path => path,
    }
}

/// Turns an error response, ours or the framework's, into a problem document.
fn dressed(response: HttpResponse, context: &RequestContext) -> HttpResponse {
    let foreign;
    let failure = match response.error().map(|error| (error, error.as_error::<Failure>())) {
        Some((_, Some(failure))) => failure,
        Some((error, None)) => {
            foreign = of_framework(error.as_response_error().status_code());
            &foreign
        }
        None => return response,
    };
    if let Failure::Internal(what) = failure {
        tracing::error!(request_id = context.id, what, "internal failure");
    }
    let reads = matches!(context.method.as_str(), "GET" | "HEAD");
    match failure {
        // A person who follows a link and is not signed in gets the form, not a problem document; one who was signed
        // out since they opened a page comes back to it.
        Failure::Unauthorized(_) if context.wants_page && (reads || !context.is_of_api()) => {
            HttpResponse::SeeOther().insert_header((header::LOCATION, context.sign_in())).finish()
        }
        failure if context.is_read_by_a_person() => {
            page::refusal(Problem::response(failure, context), failure, context)
        }
        failure => Problem::response(failure, context),
    }
}

/// What a refusal says to pages of other origins (`server::cors`), which is to stand on its problem document too.
fn of_other_origins(response: &HttpResponse) -> Vec<(header::HeaderName, header::HeaderValue)> {
    let own = |name: &header::HeaderName| name.as_str().starts_with("access-control-") || name == header::VARY;
    let said = response.headers().iter().filter(|(name, _)| response.error().is_some() && own(name));
    said.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn of_framework(status: StatusCode) -> Failure {
    let fault = |detail: &str| vec![Fault { pointer: None, ..Fault::at("", "request", detail) }];
    match status {
        StatusCode::NOT_FOUND => Failure::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge { limit: super::BODY_LIMIT },
        status if status.is_client_error() => Failure::Unreadable(fault("the request cannot be read")),
        status => Failure::Internal(format!("the framework answered {status}")),
    }
}
