//! Users, members and sign-in over HTTP.

use super::{
    AuditEvent, AuditEventPage, Login, Me, Member, MemberPage, MemberPatch, NewMember, NewUser, Tokens, User, UserPage,
    UserPatch, store,
};
use crate::{
    kernel::{
        auth::{
            ACCESS_TOKEN_SECONDS, Actor, Admin, Own, SignedIn, Signer, View, ViewPrivate, hash_password,
            verify_password,
        },
        db::Db,
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, RequestContext, Versioned},
    },
    path_param,
};
use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, patch, post, web::Data};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(login)
        .service(find_me)
        .service(list_users)
        .service(create_user)
        .service(find_user)
        .service(update_user)
        .service(list_members)
        .service(create_member)
        .service(find_member)
        .service(update_member)
        .service(delete_member)
        .service(list_audit_events);
}

path_param!(
    /// A user's id.
    UserName, "user"
);
path_param!(
    /// A membership's id.
    MemberName, "member"
);

/// Sign in and get an access token
#[utoipa::path(tag = "Access", responses((status = 200, body = Tokens)), security(()))]
#[post("/auth/login")]
async fn login(
    req: HttpRequest,
    db: Data<Db>,
    signer: Data<Signer>,
    sent: Json<Login>,
) -> Result<HttpResponse, Failure> {
    let user = authenticate(&db, &RequestContext::of(&req).address, sent.0).await?;
    let access_token = signer.access_token(&user.id, db.clock().now())?;
    let tokens = Tokens { access_token, token_type: "Bearer", expires_in: ACCESS_TOKEN_SECONDS };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(tokens))
}

/// The user with this e-mail address and password.
///
/// # Errors
/// 401 for a wrong password, an unknown and a disabled user alike; 429 after too many failures.
pub(super) async fn authenticate(db: &Db, address: &str, sent: Login) -> Result<User, Failure> {
    let (now, email, from) = (db.clock().now(), sent.email.clone(), address.to_owned());
    let found = db
        .read(move |conn| {
            store::require_patience(conn, &email, &from, now)?;
            store::find_user_by_email(conn, &email)
        })
        .await?;
    let user = found.filter(|user| !user.disabled);
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    if verify_password(sent.password, hash).await? {
        return user.ok_or_else(|| Failure::internal("a verified user is known"));
    }
    let (id, from) = (db.ids().next(), address.to_owned());
    db.note(move |conn| store::note_failure(conn, &id, &sent.email, &from, now)).await?;
    Err(Failure::Unauthorized("e-mail address or password is wrong"))
}

/// Who am I?
#[utoipa::path(tag = "Access", responses((status = 200, body = Me)))]
#[get("/me")]
async fn find_me(actor: Actor<SignedIn>) -> Plain<Me> {
    let user = actor.user;
    Plain(Me { id: user.id, email: user.email, name: user.name, admin: user.admin })
}

/// List users
#[utoipa::path(tag = "Access", params(List<User>), responses((status = 200, body = UserPage)))]
#[get("/users")]
async fn list_users(actor: Actor<Admin>, list: List<User>) -> Result<UserPage, Failure> {
    actor.read(move |conn, ()| store::page_of_users(conn, &list)).await
}

/// Create a user
#[utoipa::path(tag = "Access", responses((status = 201, body = User)))]
#[post("/users")]
async fn create_user(actor: Actor<Admin>, new: Json<NewUser>) -> Result<Created<User>, Failure> {
    let mut new = new.0;
    let hash = match new.password.take() {
        Some(password) => Some(hash_password(password).await?),
        None => None,
    };
    actor.change(move |tx, ()| store::insert_user(tx, new, hash).map(Created)).await
}

/// Find a user
#[utoipa::path(tag = "Access", responses((status = 200, body = User)))]
#[get("/users/{user}")]
async fn find_user(actor: Actor<Admin>, user: Path<UserName>) -> Result<Versioned<User>, Failure> {
    actor.read(move |conn, ()| store::find_user(conn, &user.0)).await.map(Versioned)
}

/// Change or disable a user
#[utoipa::path(tag = "Access", request_body = UserPatch, responses((status = 200, body = User)))]
#[patch("/users/{user}")]
async fn update_user(
    actor: Actor<Admin>,
    user: Path<UserName>,
    seen: IfMatch,
    patch: UserPatch,
) -> Result<Versioned<User>, Failure> {
    actor.change(move |tx, ()| store::update_user(tx, &user.0, seen, &patch).map(Versioned)).await
}

/// List the members of a product
#[utoipa::path(tag = "Access", params(List<Member>), responses((status = 200, body = MemberPage)))]
#[get("/products/{product}/members")]
async fn list_members(actor: Actor<View>, list: List<Member>) -> Result<MemberPage, Failure> {
    actor.read(move |conn, product| store::page_of_members(conn, &product.id, &list)).await
}

/// Make a user a member
#[utoipa::path(tag = "Access", responses((status = 201, body = Member)))]
#[post("/products/{product}/members")]
async fn create_member(actor: Actor<Own>, new: Json<NewMember>) -> Result<Created<Member>, Failure> {
    actor.change(move |tx, product| store::insert_member(tx, &product.id, new.0).map(Created)).await
}

/// Find a member
#[utoipa::path(tag = "Access", responses((status = 200, body = Member)))]
#[get("/products/{product}/members/{member}")]
async fn find_member(actor: Actor<View>, member: Path<MemberName>) -> Result<Versioned<Member>, Failure> {
    actor.read(move |conn, product| store::find_member(conn, &product.id, &member.0)).await.map(Versioned)
}

/// Change a member's role
#[utoipa::path(tag = "Access", request_body = MemberPatch, responses((status = 200, body = Member)))]
#[patch("/products/{product}/members/{member}")]
async fn update_member(
    actor: Actor<Own>,
    member: Path<MemberName>,
    seen: IfMatch,
    patch: MemberPatch,
) -> Result<Versioned<Member>, Failure> {
    actor.change(move |tx, product| store::update_member(tx, &product.id, &member.0, seen, &patch).map(Versioned)).await
}

/// Take a member out of a product
#[utoipa::path(tag = "Access", responses((status = 204)))]
#[delete("/products/{product}/members/{member}")]
async fn delete_member(actor: Actor<Own>, member: Path<MemberName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete_member(tx, &product.id, &member.0, seen).map(|()| Deleted)).await
}

/// Who changed what, and when?
#[utoipa::path(tag = "Access", params(List<AuditEvent>), responses((status = 200, body = AuditEventPage)))]
#[get("/products/{product}/audit-events")]
async fn list_audit_events(actor: Actor<ViewPrivate>, list: List<AuditEvent>) -> Result<AuditEventPage, Failure> {
    actor.read(move |conn, product| store::page_of_events(conn, &product.id, &list)).await
}
