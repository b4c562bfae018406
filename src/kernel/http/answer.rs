//! What a handler answers. Each form knows how to be stored, so that a retry gets the same again.

use super::{RequestContext, params::once_admitted, problem::answer_response};
use crate::kernel::{
    db::Row,
    failure::{Failure, Fault, StoredAnswer},
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, dev::Payload, http::header};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::Value;

/// A successful answer that can be kept and given again.
pub trait Answer: Send + 'static {
    /// Whether it holds a secret, which is shown once and never stored.
    const SECRET: bool = false;

    /// # Errors
    /// When it cannot be written as JSON, which is a defect.
    fn stored(&self, context: &RequestContext) -> Result<StoredAnswer, Failure>;
}

fn body(value: &impl Serialize) -> Result<Option<Value>, Failure> {
    serde_json::to_value(value).map(Some).map_err(Failure::internal)
}

fn etag(row: &impl Row) -> Option<String> {
    Some(format!("\"{}\"", row.version()))
}

/// 200 with the row and its `ETag`; 304 to a `GET` that already has it.
#[derive(Debug)]
pub struct Versioned<T>(pub T);

impl<T: Row + Send + 'static> Answer for Versioned<T> {
    fn stored(&self, _: &RequestContext) -> Result<StoredAnswer, Failure> {
        Ok(StoredAnswer { status: 200, location: None, etag: etag(&self.0), body: body(&self.0)? })
    }
}

/// 201 with the new row, its `ETag` and where it is.
#[derive(Debug)]
pub struct Created<T>(pub T);

impl<T: Row + Send + 'static> Answer for Created<T> {
    fn stored(&self, context: &RequestContext) -> Result<StoredAnswer, Failure> {
        made(&self.0, context)
    }
}

fn made(row: &impl Row, context: &RequestContext) -> Result<StoredAnswer, Failure> {
    let location = Some(format!("{}/{}", context.path.trim_end_matches('/'), row.name()));
    Ok(StoredAnswer { status: 201, location, etag: etag(row), body: body(row)? })
}

/// 201 with a new row that holds a secret: shown this once, and stored nowhere on its way.
#[derive(Debug)]
pub struct Issued<T>(pub T);

impl<T: Row + Send + 'static> Answer for Issued<T> {
    const SECRET: bool = true;

    fn stored(&self, context: &RequestContext) -> Result<StoredAnswer, Failure> {
        made(&self.0, context)
    }
}

/// What a request made, or made again: 201 with its place, or 200.
#[derive(Debug)]
pub enum Saved<T> {
    New(T),
    Again(T),
}

impl<T> Saved<T> {
    pub fn into_inner(self) -> T {
        match self {
            Self::New(row) | Self::Again(row) => row,
        }
    }
}

impl<T: Row + Send + 'static> Answer for Saved<T> {
    fn stored(&self, context: &RequestContext) -> Result<StoredAnswer, Failure> {
        let (status, row) = match self {
            Self::New(row) => (201, row),
            Self::Again(row) => (200, row),
        };
        let location = Some(format!("{}/{}", context.path.trim_end_matches('/'), row.name()));
        Ok(StoredAnswer { status, location, etag: etag(row), body: body(row)? })
    }
}

/// 200 with something that has no version.
#[derive(Debug)]
pub struct Plain<T>(pub T);

impl<T: Serialize + Send + 'static> Answer for Plain<T> {
    fn stored(&self, _: &RequestContext) -> Result<StoredAnswer, Failure> {
        Ok(StoredAnswer { status: 200, location: None, etag: None, body: body(&self.0)? })
    }
}

/// 204.
#[derive(Debug)]
pub struct Deleted;

impl Answer for Deleted {
    fn stored(&self, _: &RequestContext) -> Result<StoredAnswer, Failure> {
        Ok(StoredAnswer { status: 204, location: None, etag: None, body: None })
    }
}

fn respond(answer: &impl Answer, req: &HttpRequest) -> HttpResponse {
    let context = RequestContext::of(req);
    match answer.stored(&context) {
        Ok(stored) if known(req, stored.etag.as_deref()) => {
            let mut response = HttpResponse::NotModified();
            response.insert_header((header::ETAG, stored.etag.unwrap_or_default())).finish()
        }
        Ok(stored) => without_trace(answer, answer_response(&stored)),
        Err(failure) => HttpResponse::from_error(failure),
    }
}

/// A secret is kept by no cache.
fn without_trace<A: Answer>(_: &A, mut response: HttpResponse) -> HttpResponse {
    if A::SECRET {
        response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    }
    response
}

/// Whether a `GET` says that it has this very version.
fn known(req: &HttpRequest, etag: Option<&str>) -> bool {
    let (Some(etag), true) = (etag, matches!(RequestContext::of(req).method.as_str(), "GET" | "HEAD")) else {
        return false;
    };
    let sent = req.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}

macro_rules! responder {
    ($($type:ident),+) => {$(
        impl<T> Responder for $type<T>
        where
            Self: Answer,
        {
            type Body = actix_web::body::BoxBody;

            fn respond_to(self, req: &HttpRequest) -> HttpResponse {
                respond(&self, req)
            }
        }
    )+};
}

responder!(Versioned, Created, Issued, Saved, Plain);

impl Responder for Deleted {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        respond(&self, req)
    }
}

/// The version that the caller has seen, from `If-Match`. Required: 428 without.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(i64);

impl IfMatch {
    /// For callers inside the program that have just read the row.
    pub fn version(version: i64) -> Self {
        Self(version)
    }

    /// # Errors
    /// [`Failure::Stale`] when the row has moved on.
    pub fn check(self, row: &impl Row) -> Result<(), Failure> {
        if row.version() == self.0 { Ok(()) } else { Err(Failure::Stale) }
    }

    fn read(req: &HttpRequest) -> Result<Option<Self>, Failure> {
        let Some(sent) = req.headers().get(header::IF_MATCH) else { return Ok(None) };
        let version = sent.to_str().ok().and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
        // A tag that we never gave, and the wildcard, match no version: that is 412, not 400.
        Ok(Some(Self(version.and_then(|version| version.parse().ok()).unwrap_or(-1))))
    }
}

impl FromRequest for IfMatch {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let missing = "send the ETag you last saw as If-Match";
        once_admitted(req, |req| Self::read(req)?.ok_or(Failure::PreconditionRequired(missing)))
    }
}

/// What a `PUT` that may create expects: nothing there yet (`If-None-Match: *`), or the version
/// it has seen (`If-Match`). One of the two is required.
#[derive(Debug, Clone, Copy)]
pub enum IfNoneMatch {
    Nothing,
    Seen(IfMatch),
}

impl IfNoneMatch {
    /// # Errors
    /// [`Failure::Stale`] when what is there is not what the caller expects.
    pub fn check(self, present: Option<&impl Row>) -> Result<(), Failure> {
        match (self, present) {
            (Self::Nothing, None) => Ok(()),
            (Self::Seen(seen), Some(row)) => seen.check(row),
            _ => Err(Failure::Stale),
        }
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        once_admitted(req, |req| {
            let nothing = req.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
            match (nothing, IfMatch::read(req)?) {
                (Some("*"), None) => Ok(Self::Nothing),
                (None, Some(seen)) => Ok(Self::Seen(seen)),
                (None, None) => {
                    Err(Failure::PreconditionRequired("send If-None-Match: * to create, or If-Match to replace"))
                }
                _ => Err(Failure::Unreadable(vec![Fault::parameter(
                    "If-None-Match",
                    "header",
                    "send either If-None-Match: * or If-Match",
                )])),
            }
        })
    }
}
