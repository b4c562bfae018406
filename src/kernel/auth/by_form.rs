//! The one way in which a browser's session changes something: by a form of one of our own pages.

use super::{Actor, Permission, SESSION_COOKIE, credential::Credential};
use crate::kernel::{failure::Failure, http::RequestContext};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{Method, header},
};
use futures_util::future::LocalBoxFuture;
use std::future::{Ready, ready};

/// Someone who may do `P`, is signed in with a browser, and sends a form from one of our own pages.
///
/// [`Actor`] takes a session for `GET` only, and this takes nothing but a session, for nothing but a `POST` outside
/// the API whose sender the browser names as ourselves. So a page of somebody else's can neither use the session of
/// who looks at it, nor is there an operation of the API that a session changes something with.
pub struct ByForm<P: Permission>(pub Actor<P>);

impl<P: Permission> FromRequest for ByForm<P> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (req, context) = (req.clone(), RequestContext::of(req));
        let held = context.hold();
        Box::pin(async move {
            let _held = held;
            if *req.method() != Method::POST || context.is_of_api() {
                return Err(Failure::internal("a session changes nothing but by a form of a page"));
            }
            if sender(&req) != Sender::Ourselves {
                return Err(FOREIGN);
            }
            let cookie = req.cookie(SESSION_COOKIE).ok_or(Failure::Unauthorized("sign in at /login"))?;
            Actor::admitted(&req, Credential::Session(cookie.value().to_owned())).await.map(ByForm)
        })
    }
}

/// That a form was sent by no page of somebody else's: for signing in and out, which programs do as well.
pub struct NotForeign;

impl FromRequest for NotForeign {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if sender(req) == Sender::SomebodyElse { Err(FOREIGN) } else { Ok(Self) })
    }
}

/// The same for a page whose address is a secret: it tells nobody where it is, so a browser may have no origin to name.
pub struct NotForeignByLink;

impl FromRequest for NotForeignByLink {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let said = |name: &str, value: &str| req.headers().get(name).is_some_and(|sent| sent == value);
        let unnamed = said(header::ORIGIN.as_str(), "null") && !req.headers().contains_key("sec-fetch-site");
        ready(if !unnamed && sender(req) == Sender::SomebodyElse { Err(FOREIGN) } else { Ok(Self) })
    }
}

const FOREIGN: Failure =
    Failure::Forbidden("this form came from no page of ours: open the page again, and send it from there");

/// Whose page sent a form.
#[derive(Debug, PartialEq, Eq)]
enum Sender {
    Ourselves,
    SomebodyElse,
    /// No browser of this decade.
    Unsaid,
}

/// What the browser says of who sends a form; a page cannot say it in its place.
///
/// `Sec-Fetch-Site` is sent where the connection is safe, `Origin` by every browser. Another host of the same
/// site is somebody else, and so is an address that a form was typed into.
fn sender(req: &HttpRequest) -> Sender {
    let said = |name: &str| req.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let own = match (said("sec-fetch-site"), said(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => is_own(origin, req),
        (None, None) => return Sender::Unsaid,
    };
    if own { Sender::Ourselves } else { Sender::SomebodyElse }
}

/// Whether an origin is the one that was asked. A page that came unprotected is not the same as one that did not.
fn is_own(origin: &str, req: &HttpRequest) -> bool {
    let asked = req.connection_info();
    match origin.split_once("://") {
        Some(("https", host)) => host.eq_ignore_ascii_case(asked.host()),
        Some(("http", host)) => asked.scheme() != "https" && host.eq_ignore_ascii_case(asked.host()),
        _ => false,
    }
}
