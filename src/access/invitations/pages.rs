//! The page that an invitation's link opens. Looking at it does nothing: only sending its form lets somebody in.
// Whoever follows a link that cannot be one gets the page that says so, as for one that expired.
#![allow(clippy::disallowed_types)]

use super::store::{self, Guest, Offer};
use crate::{
    access::{
        NewUser, User,
        pages::open,
        sessions::{Login, api::authenticate},
    },
    kernel::{
        auth::{NotForeignByLink, Role, SESSION_COOKIE, hash_password},
        db::{Author, Db},
        failure::Failure,
        http::{
            Form, INVITED, RequestContext,
            page::{capitalised, document, page},
            validate,
        },
    },
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    post,
    web::{Data, Path, ServiceConfig},
};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_invitation).service(accept_invitation);
}

/// The form of the page. The address is the invitation's, so it is none of its fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

#[get("/invitations/{token}")]
async fn show_invitation(req: HttpRequest, db: Data<Db>, token: Path<String>) -> Result<HttpResponse, Failure> {
    let token = token.into_inner();
    Ok(match offer(&req, &db, &token).await? {
        Some(offer) => shown(200, &token, &offer, "", None),
        None => gone(),
    })
}

#[post("/invitations/{token}")]
async fn accept_invitation(
    req: HttpRequest,
    db: Data<Db>,
    _: NotForeignByLink,
    token: Path<String>,
    sent: Form<Sent>,
) -> Result<HttpResponse, Failure> {
    let (token, name) = (token.into_inner(), sent.0.name.clone());
    let Some(offer) = offer(&req, &db, &token).await? else { return Ok(gone()) };
    let (failure, offer) = match accept(&req, &db, &token, &offer, sent.0).await {
        Ok(user) => return welcome(&req, &db, &offer, user).await,
        Err(Failure::NotFound | Failure::Stale) => return Ok(gone()),
        // By now they may have an account or be a member, and the page says so.
        Err(failure @ Failure::Conflict { .. }) => match self::offer(&req, &db, &token).await? {
            Some(offer) => (failure, offer),
            None => return Ok(gone()),
        },
        Err(failure @ (Failure::Invalid(_) | Failure::Unauthorized(_) | Failure::TooManyRequests { .. })) => {
            (failure, offer)
        }
        Err(failure) => return Err(failure),
    };
    Ok(shown(failure.terms().status, &token, &offer, &name, Some(&failure)))
}

async fn offer(req: &HttpRequest, db: &Db, token: &str) -> Result<Option<Offer>, Failure> {
    let (now, token) = (db.clock().now(), token.to_owned());
    let session = req.cookie(SESSION_COOKIE).map(|cookie| cookie.value().to_owned());
    match db.snapshot(move |conn| store::offer(conn, &token, session.as_deref(), now)).await {
        Err(Failure::NotFound) => Ok(None),
        found => found.map(Some),
    }
}

async fn accept(req: &HttpRequest, db: &Db, token: &str, offer: &Offer, sent: Sent) -> Result<User, Failure> {
    let context = RequestContext::of(req);
    let (author, guest) = match &offer.account {
        None => {
            let new = json!({ "email": offer.invitation.email, "name": sent.name.trim(), "password": sent.password });
            let new: NewUser = validate(new).map_err(Failure::Invalid)?;
            let password_hash = hash_password(sent.password).await?;
            (Author::link(offer.invitation.id.clone()), Guest::New { name: new.name, password_hash })
        }
        Some(account) => {
            if !offer.is_to_visitor() {
                // Counted like any other login: a link is no way round the limits on guessing.
                let login = Login { email: account.email.clone(), password: sent.password };
                authenticate(db, &context.address, login).await?;
            }
            (Author::user(account.id.clone()), Guest::Known(account.id.clone()))
        }
    };
    let token = token.to_owned();
    db.change(author.in_request(&context.id, &context.address), move |tx| store::accept(tx, &token, guest)).await
}

/// They are in: signed in, and where the reports are.
async fn welcome(req: &HttpRequest, db: &Db, offer: &Offer, user: User) -> Result<HttpResponse, Failure> {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, "/"));
    if !offer.is_to_visitor() {
        response.cookie(open(req, db, user).await?);
    }
    Ok(unkept(response.finish()))
}

fn shown(status: u16, token: &str, offer: &Offer, name: &str, refusal: Option<&Failure>) -> HttpResponse {
    let invitation = &offer.invitation;
    let body = html! {
        main {
            h1 { "You are invited" }
            p.lead {
                @if let Some(inviter) = &offer.inviter { (inviter) " invites you " } @else { "You are invited " }
                @match (&offer.product, invitation.role) {
                    (Some(product), Some(role)) => { "to " strong { (product) } ", as " (described(role)) "." }
                    _ if invitation.admin => { "to prodops, to run it." }
                    _ => { "to prodops." }
                }
            }
            p.soft {
                "For " (invitation.email) ". The link is good once, until "
                (invitation.expires_at.utc().format("%-d %B %Y, %H:%M")) " UTC."
            }
            @if let Some(refusal) = refusal { p.bad role="alert" { (why(refusal)) } }
            (form(token, offer, name))
        }
    };
    unkept(page(status, document("Invitation · prodops", &body)))
}

fn form(token: &str, offer: &Offer, name: &str) -> Markup {
    html! {
        form method="post" action={ (INVITED) (token) } {
            @if offer.is_to_visitor() {
                button { "Accept" }
            } @else if offer.account.is_some() {
                p { "You have an account: sign in to accept." }
                (password("Password", "current-password"))
                button { "Sign in and accept" }
            } @else {
                label {
                    "Your name"
                    input type="text" name="name" value=(name) required maxlength="120" autocomplete="name";
                }
                (password("A password, of twelve characters or more", "new-password"))
                button { "Accept" }
            }
        }
    }
}

fn password(label: &str, purpose: &str) -> Markup {
    let least = (purpose == "new-password").then_some("12");
    html! {
        label {
            (label)
            input type="password" name="password" required minlength=[least] maxlength="200" autocomplete=(purpose);
        }
    }
}

/// What somebody becomes, in the words of who does not know ours.
fn described(role: Role) -> &'static str {
    match role {
        Role::Owner => "an owner: you decide who belongs to it",
        Role::Editor => "an editor: you keep it up to date",
        Role::Viewer => "a viewer: you read its reports",
        Role::Exporter => "an exporter: you read its data",
    }
}

/// A refusal in a sentence; of fields by what they are called on the page.
fn why(failure: &Failure) -> String {
    let Failure::Invalid(faults) = failure else { return format!("{}.", capitalised(&failure.detail())) };
    let about = |pointer: Option<&str>| match pointer {
        Some("/name") => "Your name has 1 to 120 characters.",
        Some("/password") => "The password has 12 to 200 characters.",
        _ => "This cannot be accepted as it is.",
    };
    faults.iter().map(|fault| about(fault.pointer.as_deref())).collect::<Vec<_>>().join(" ")
}

/// The same for a link that never was and for one that is not any more.
fn gone() -> HttpResponse {
    let body = html! {
        main {
            h1 { "This invitation opens nothing" }
            p { "It was used, has expired, was revoked, or was not copied whole. Ask whoever sent it for another." }
            p { "If it was you who just accepted it: " a href="/login" { "sign in" } "." }
        }
    };
    unkept(page(404, document("No invitation · prodops", &body)))
}

/// Kept by no cache and no search.
fn unkept(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    let none = header::HeaderValue::from_static("noindex, nofollow");
    headers.insert(header::HeaderName::from_static("x-robots-tag"), none);
    response
}
