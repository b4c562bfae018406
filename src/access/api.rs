//! Users and members over HTTP.

use super::{
    AuditEvent, AuditEventPage, Me, Member, MemberPage, MemberPatch, NewMember, NewUser, User, UserPage, UserPatch,
    store,
};
use crate::{
    kernel::{
        auth::{Actor, Admin, Known, Own, View, ViewPrivate, hash_password},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(find_me)
        .service(list_users)
        .service(create_user)
        .service(find_user)
        .service(update_user)
        .service(list_members)
        .service(create_member)
        .service(find_member)
        .service(update_member)
        .service(delete_member)
        .service(list_audit_events)
        .service(list_instance_audit_events);
    super::tokens::api::routes(app);
    super::invitations::api::routes(app);
}

path_param!(
    /// A user's id.
    UserName, "user"
);
path_param!(
    /// A membership's id.
    MemberName, "member"
);

/// Who am I?
#[utoipa::path(tag = "Access", responses((status = 200, body = Me)))]
#[get("/me")]
async fn find_me(actor: Actor<Known>) -> Plain<Me> {
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

/// Who changed what of the instance, its users and invitations, and when?
#[utoipa::path(tag = "Access", params(List<AuditEvent>), responses((status = 200, body = AuditEventPage)))]
#[get("/audit-events")]
async fn list_instance_audit_events(actor: Actor<Admin>, list: List<AuditEvent>) -> Result<AuditEventPage, Failure> {
    actor.read(move |conn, ()| store::page_of_instance_events(conn, &list)).await
}
