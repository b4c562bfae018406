//! To the issuer and back, with a browser.

use super::{
    super::{
        attempts::{self, Attempt},
        pages::{form, is_local, open},
    },
    store,
};
use crate::kernel::{
    auth::{Answered, CALLBACK, Issuer, Signer},
    db::{Author, Db},
    failure::Failure,
    http::{RequestContext, network},
};
use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    get,
    http::header,
    web::{self, Data, ServiceConfig},
};
use serde::Deserialize;
use url::form_urlencoded;

/// Where it begins. A link and no form: the browser would not let a form lead to another site.
const BEGIN: &str = "/login/oidc";
/// Keeps what a browser was sent away with.
const COOKIE: &str = "prodops_oidc";
const MINUTES: i64 = 10;

pub fn routes(app: &mut ServiceConfig) {
    app.service(leave).service(come_back);
}

/// The way to the issuer, and then to a page.
pub fn begin(next: Option<&str>) -> String {
    match next {
        None => BEGIN.to_owned(),
        Some(next) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            format!("{BEGIN}?{query}")
        }
    }
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

/// What the issuer sends a browser back with: a code, or why there is none.
#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    iss: Option<String>,
    error: Option<String>,
}

#[get("/login/oidc")]
#[allow(clippy::disallowed_types)] // A person's link may carry more than we ask for.
async fn leave(
    req: HttpRequest,
    db: Data<Db>,
    signer: Data<Signer>,
    next: web::Query<Next>,
) -> Result<HttpResponse, Failure> {
    let issuer = req.app_data::<Data<Issuer>>().ok_or(Failure::NotFound)?;
    let next = next.0.next.filter(|place| is_local(place)).unwrap_or_else(|| "/".to_owned());
    let question = match issuer.ask(&signer, &next, db.clock().now()).await {
        Err(failure @ Failure::NotReady(_)) => return Ok(refused(&req, &failure, Some(&next))),
        question => question?,
    };
    let cookie = kept(&req, question.ticket, Duration::minutes(MINUTES));
    Ok(HttpResponse::SeeOther()
        .cookie(cookie)
        .insert_header((header::LOCATION, question.place))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}

#[get("/login/oidc/callback")]
#[allow(clippy::disallowed_types)] // An issuer may send more than we ask for.
async fn come_back(
    req: HttpRequest,
    db: Data<Db>,
    signer: Data<Signer>,
    sent: web::Query<Sent>,
) -> Result<HttpResponse, Failure> {
    let issuer = req.app_data::<Data<Issuer>>().ok_or(Failure::NotFound)?;
    let (mut answer, place) = match sign_in(&req, issuer, &db, &signer, sent.0).await {
        Ok((cookie, place)) => (HttpResponse::SeeOther().cookie(cookie).finish(), Some(place)),
        Err(failure @ (Failure::Unauthorized(_) | Failure::NotReady(_) | Failure::TooManyRequests { .. })) => {
            (refused(&req, &failure, None), None)
        }
        Err(failure) => return Err(failure),
    };
    if let Some(place) = place.and_then(|place| header::HeaderValue::from_str(&place).ok()) {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    // What was answered is not answered again.
    answer.add_cookie(&kept(&req, String::new(), Duration::ZERO)).map_err(Failure::internal)?;
    Ok(answer)
}

async fn sign_in(
    req: &HttpRequest,
    issuer: &Issuer,
    db: &Db,
    signer: &Signer,
    sent: Sent,
) -> Result<(Cookie<'static>, String), Failure> {
    let ticket = req.cookie(COOKIE).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    if sent.error.is_some() {
        return Err(Failure::Unauthorized("the issuer did not sign you in"));
    }
    let (now, from) = (db.clock().now(), network(&RequestContext::of(req).address));
    let address = from.clone();
    db.read(move |conn| attempts::store::require_patience(conn, Attempt::Address, &address, now)).await?;
    let answered = Answered { ticket, state: sent.state, code: sent.code, iss: sent.iss };
    let (vouched, next) = match issuer.answered(signer, &answered, now).await {
        Err(failure @ Failure::Unauthorized(_)) => {
            // Who makes up codes has the issuer asked about each.
            let id = db.ids().next();
            db.note(move |conn| attempts::store::note(conn, &id, Attempt::Address, &from, now)).await?;
            return Err(failure);
        }
        answered => answered?,
    };
    let known = vouched.clone();
    let user = db.read(move |conn| store::find(conn, &known)).await?.ok_or(Failure::Unauthorized(
        "the issuer knows you, but nobody here has your e-mail address, or they may not come in: ask an admin",
    ))?;
    let groups = issuer.settings().groups.as_ref().zip(vouched.groups.as_deref());
    if let Some(standing) = groups.map(|(groups, theirs)| groups.standing(theirs)) {
        let context = RequestContext::of(req);
        let (author, id) = (Author::issuer().in_request(&context.id, &context.address), user.id.clone());
        db.change(author, move |tx| store::follow_groups(tx, &id, &standing)).await?;
    }
    let cookie = open(req, db, user).await?;
    Ok((cookie, if is_local(&next) { next } else { "/".to_owned() }))
}

/// The sign-in form, with why it is shown again.
fn refused(req: &HttpRequest, failure: &Failure, next: Option<&str>) -> HttpResponse {
    form(req, failure.terms().status, next, Some(&failure.detail()))
}

fn kept(req: &HttpRequest, ticket: String, time: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, ticket)
        .path(CALLBACK)
        .http_only(true)
        // The issuer's page sends the browser back by a link of its own.
        .same_site(SameSite::Lax)
        .secure(req.connection_info().scheme() == "https")
        .max_age(time)
        .finish()
}
