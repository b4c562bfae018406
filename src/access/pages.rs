//! The sign-in form, for people with a browser.

use super::{
    User,
    sessions::{
        self, BROWSER, Login,
        api::{authenticate, author},
        store,
    },
};
use crate::kernel::{
    auth::{Issuer, NotForeign, SESSION_COOKIE, SessionKind},
    clock::Instant,
    db::Db,
    failure::Failure,
    http::{
        Form, RequestContext,
        page::{document, page_with_forms},
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    get,
    http::header,
    post,
    web::{self, Data, ServiceConfig},
};
use maud::html;
use serde::Deserialize;

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_login).service(sign_in).service(sign_out);
    super::invitations::pages::routes(app);
    super::issuer::pages::routes(app);
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
    next: Option<String>,
}

#[get("/login")]
#[allow(clippy::disallowed_types)] // A person's link may carry more than we ask for.
async fn show_login(req: HttpRequest, next: web::Query<Next>) -> HttpResponse {
    form(&req, 200, next.0.next.as_deref(), None)
}

#[post("/login")]
async fn sign_in(
    req: HttpRequest,
    db: Data<Db>,
    _: NotForeign,
    sent: Form<Credentials>,
) -> Result<HttpResponse, Failure> {
    let context = RequestContext::of(&req);
    let Credentials { email, password, next } = sent.0;
    let user = match authenticate(&db, &context.address, Login { email, password }).await {
        Ok(user) => user,
        Err(failure @ (Failure::Unauthorized(_) | Failure::TooManyRequests { .. })) => {
            return Ok(form(&req, failure.terms().status, next.as_deref(), Some(&failure.detail())));
        }
        Err(failure) => return Err(failure),
    };
    let cookie = open(&req, &db, user).await?;
    let place = next.as_deref().filter(|place| is_local(place)).unwrap_or("/").to_owned();
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((header::LOCATION, place)).finish())
}

/// Signs a user in, in the browser that asks.
pub(super) async fn open(req: &HttpRequest, db: &Db, user: User) -> Result<Cookie<'static>, Failure> {
    let until = Instant::from(db.clock().now().utc() + BROWSER);
    let (_, token) = sessions::api::open(db, req, user, SessionKind::Browser, until).await?;
    Ok(session_cookie(token, BROWSER.num_seconds(), req.connection_info().scheme() == "https"))
}

/// Nobody else can sign one out.
#[post("/logout")]
async fn sign_out(req: HttpRequest, db: Data<Db>, _: NotForeign) -> Result<HttpResponse, Failure> {
    if let Some(cookie) = req.cookie(SESSION_COOKIE) {
        let token = cookie.value().to_owned();
        if let Some(session) = db.read(move |conn| store::find_by_cookie(conn, &token)).await? {
            db.change(author(&req, &session.user), move |tx| store::close(tx, &session)).await?;
        }
    }
    let gone = session_cookie(String::new(), 0, req.connection_info().scheme() == "https");
    Ok(HttpResponse::SeeOther().cookie(gone).insert_header((header::LOCATION, "/login")).finish())
}

/// A path of ours: after signing in nobody is sent elsewhere.
pub(super) fn is_local(place: &str) -> bool {
    // Browsers drop tabs and line feeds, so `/\t/elsewhere` would lead elsewhere.
    place.starts_with('/')
        && !place.starts_with("//")
        && place.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

fn session_cookie(token: String, seconds: i64, secure: bool) -> Cookie<'static> {
    Cookie::build(SESSION_COOKIE, token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(Duration::seconds(seconds))
        .finish()
}

/// The form, and the way to the outside issuer where there is one.
pub(super) fn form(req: &HttpRequest, status: u16, next: Option<&str>, refusal: Option<&str>) -> HttpResponse {
    let issuer = req.app_data::<Data<Issuer>>().map(|issuer| issuer.settings());
    let elsewhere = issuer.filter(|issuer| issuer.client.is_some());
    let body = html! {
        main {
            h1 { "Sign in" }
            @if let Some(refusal) = refusal { p.bad role="alert" { (refusal) } }
            form method="post" action="/login" {
                label { "E-mail" input type="email" name="email" required autocomplete="username" autofocus; }
                label { "Password" input type="password" name="password" required autocomplete="current-password"; }
                @if let Some(next) = next { input type="hidden" name="next" value=(next); }
                button { "Sign in" }
            }
            @if let Some(elsewhere) = elsewhere {
                p { a.button href=(super::issuer::pages::begin(next)) { "Sign in with " (elsewhere.name()) } }
            }
        }
    };
    page_with_forms(status, document("Sign in · prodops", &body))
}
