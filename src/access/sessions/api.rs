//! Signing in, staying so, and out, over HTTP.

use super::{
    IDLE, Login, NewPassword, Origin, RefreshToken, Session, SessionPage, Tokens,
    store::{self, named_by},
};
use crate::{
    access::{self, User, attempts},
    kernel::{
        auth::{
            ACCESS_TOKEN_SECONDS, Actor, SessionKind, SignedIn, Signer, hash_password, new_secret, verify_password,
        },
        clock::Instant,
        db::{Author, Conn, Db},
        failure::{Failure, Fault},
        http::{Deleted, IfMatch, Json, List, Path, RequestContext},
    },
    path_param,
};
use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, post, web::Data};
use std::time::Duration;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(login)
        .service(refresh)
        .service(logout)
        .service(list_sessions)
        .service(delete_session)
        .service(change_password);
}

path_param!(
    /// A session's id.
    SessionName, "session"
);

/// Longer names of programs are cut.
const NAME: usize = 200;

/// Sign in, and get an access token and what to refresh it with
#[utoipa::path(tag = "Access", responses((status = 200, body = Tokens)), security(()))]
#[post("/auth/login")]
async fn login(
    req: HttpRequest,
    db: Data<Db>,
    signer: Data<Signer>,
    sent: Json<Login>,
) -> Result<HttpResponse, Failure> {
    let user = authenticate(&db, &RequestContext::of(&req).address, sent.0).await?;
    let id = user.id.clone();
    let until = Instant::from(db.clock().now().utc() + IDLE);
    let (session, token) = open(&db, &req, user, SessionKind::Api, until).await?;
    answer(&db, &signer, &id, &session, token)
}

/// Get the next access token, and the next refresh token: the one that is sent is good once
///
/// Sent again within 30 seconds it is answered the same refresh token; after that it ends the session, since somebody else
/// may have it.
#[utoipa::path(tag = "Access", responses((status = 200, body = Tokens)), security(()))]
#[post("/auth/refresh")]
async fn refresh(
    req: HttpRequest,
    db: Data<Db>,
    signer: Data<Signer>,
    sent: Json<RefreshToken>,
) -> Result<HttpResponse, Failure> {
    let (token, bad) = (sent.0.refresh_token, "the refresh token is not valid, or not any more: sign in again");
    let author = holder(&db, &req, &token).await?.ok_or(Failure::Unauthorized(bad))?;
    let theirs = signer.get_ref().clone();
    let rotated = db.change(author, move |tx| store::rotate(tx, &theirs, &token)).await?;
    let (session, next) = rotated.ok_or(Failure::Unauthorized(bad))?;
    answer(&db, &signer, &session.user, &session.id, next)
}

/// Sign out: ends the session of a refresh token, and with it its access tokens
#[utoipa::path(tag = "Access", responses((status = 204)), security(()))]
#[post("/auth/logout")]
async fn logout(req: HttpRequest, db: Data<Db>, sent: Json<RefreshToken>) -> Result<Deleted, Failure> {
    let token = sent.0.refresh_token;
    // Who is not signed in is signed out; the answer tells nobody which of the two it was.
    if let Some(author) = holder(&db, &req, &token).await? {
        db.change(author, move |tx| store::close_by_token(tx, &token)).await?;
    }
    Ok(Deleted)
}

/// List where one is signed in
#[utoipa::path(tag = "Access", params(List<Session>), responses((status = 200, body = SessionPage)))]
#[get("/auth/sessions")]
async fn list_sessions(actor: Actor<SignedIn>, list: List<Session>) -> Result<SessionPage, Failure> {
    let (user, current) = (actor.user.id.clone(), actor.user.session.clone());
    let mut page = actor.read(move |conn, ()| store::page(conn, &user, &list)).await?;
    for session in &mut page.items {
        session.current = Some(&session.id) == current.as_ref();
    }
    Ok(page)
}

/// End one of one's sessions, at its next request
#[utoipa::path(tag = "Access", responses((status = 204)))]
#[delete("/auth/sessions/{session}")]
async fn delete_session(actor: Actor<SignedIn>, session: Path<SessionName>, seen: IfMatch) -> Result<Deleted, Failure> {
    let user = actor.user.id.clone();
    actor.change(move |tx, ()| store::delete(tx, &user, &session.0, seen).map(|()| Deleted)).await
}

/// Change one's password; all other sessions end
#[utoipa::path(tag = "Access", responses((status = 204)))]
#[post("/me/password")]
async fn change_password(
    req: HttpRequest,
    actor: Actor<SignedIn>,
    sent: Json<NewPassword>,
) -> Result<Deleted, Failure> {
    let NewPassword { current_password, new_password } = sent.0;
    let known = Login { email: actor.user.email.clone(), password: current_password };
    let user = match authenticate(actor.db(), &RequestContext::of(&req).address, known).await {
        Err(Failure::Unauthorized(_)) => {
            let wrong = "this is not the password";
            return Err(Failure::Invalid(vec![Fault::at("/current_password", "wrong_password", wrong)]));
        }
        user => user?,
    };
    let (hash, current) = (hash_password(new_password).await?, actor.user.session.clone());
    actor
        .change(move |tx, ()| access::store::change_password(tx, &user, hash, current.as_deref()).map(|()| Deleted))
        .await
}

/// What everybody is told who is not let in, whatever the reason.
const WRONG: &str = "e-mail address or password is wrong";
/// They are told at a multiple of this after they asked, so that what takes a little longer than something else does not
/// show.
const BEAT: Duration = Duration::from_millis(25);

/// The user with this e-mail address and password.
///
/// # Errors
/// 401 for a wrong password, an unknown and a disabled user alike; 429 after too many failures.
pub(in crate::access) async fn authenticate(db: &Db, address: &str, sent: Login) -> Result<User, Failure> {
    let asked = tokio::time::Instant::now();
    let (now, email, from) = (db.clock().now(), sent.email.clone(), address.to_owned());
    let hash = db
        .read(move |conn| {
            require_patience(conn, &email, &from, now)?;
            access::store::find_password_hash(conn, &email)
        })
        .await?;
    let right = verify_password(sent.password, hash.clone()).await?;
    let (email, from) = (sent.email, address.to_owned());
    if right {
        let user = db.read(move |conn| {
            // Who guesses many at once is not told the right one when the others have failed meanwhile.
            require_patience(conn, &email, &from, now)?;
            access::store::find_user_by_email(conn, &email)
        });
        let same = |user: &User| !user.disabled && user.password_hash == hash;
        return user.await?.filter(same).ok_or(Failure::Unauthorized(WRONG));
    }
    let ids = [db.ids().next(), db.ids().next()];
    db.note(move |conn| {
        let mut counted = attempts::of_login(&email, &from).into_iter().zip(&ids);
        counted.try_for_each(|((attempt, subject), id)| attempts::store::note(conn, id, attempt, &subject, now))
    })
    .await?;
    let beats = asked.elapsed().as_millis().div_euclid(BEAT.as_millis()) + 1;
    tokio::time::sleep_until(asked + BEAT * u32::try_from(beats).map_err(Failure::internal)?).await;
    Err(Failure::Unauthorized(WRONG))
}

fn require_patience(conn: &mut Conn, email: &str, address: &str, now: Instant) -> Result<(), Failure> {
    let mut counted = attempts::of_login(email, address).into_iter();
    counted.try_for_each(|(attempt, subject)| attempts::store::require_patience(conn, attempt, &subject, now))
}

/// Opens a session for somebody who has just said who they are: its id and its secret.
pub(in crate::access) async fn open(
    db: &Db,
    req: &HttpRequest,
    user: User,
    kind: SessionKind,
    until: Instant,
) -> Result<(String, String), Failure> {
    let said = req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = said.chars().take(NAME).collect();
    let (secret, origin) = (new_secret()?, Origin { address: RequestContext::of(req).address.clone(), client });
    let author = author(req, &user.id);
    db.change(author, move |tx| store::open(tx, &user, kind, &secret, &origin, until)).await
}

/// As whom something is changed by a request that says in its own way who sends it.
pub(in crate::access) fn author(req: &HttpRequest, user: &str) -> Author {
    let context = RequestContext::of(req);
    Author::user(user.to_owned()).in_request(&context.id, &context.address)
}

/// The user whose session a refresh token names.
async fn holder(db: &Db, req: &HttpRequest, token: &str) -> Result<Option<Author>, Failure> {
    let token = token.to_owned();
    let session = db.read(move |conn| named_by(conn, &token)).await?;
    Ok(session.map(|session| author(req, &session.user)))
}

fn answer(db: &Db, signer: &Signer, user: &str, session: &str, next: String) -> Result<HttpResponse, Failure> {
    let tokens = Tokens {
        access_token: signer.access_token(user, session, db.clock().now())?,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_SECONDS,
        refresh_token: next,
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(tokens))
}
