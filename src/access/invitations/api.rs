//! Invitations over HTTP: made, listed and revoked by owners and admins.

use super::{Invitation, InvitationPage, IssuedInvitation, NewInvitation, store};
use crate::{
    access::attempts::{self, Attempt},
    kernel::{
        auth::{Actor, SignedIn, new_secret},
        failure::Failure,
        http::{Deleted, IfMatch, Issued, Json, List, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_invitations).service(create_invitation).service(find_invitation).service(delete_invitation);
}

path_param!(
    /// An invitation's id.
    InvitationName, "invitation"
);

/// List the invitations to the products that you own; for an admin also those to the instance
#[utoipa::path(tag = "Access", params(List<Invitation>), responses((status = 200, body = InvitationPage)))]
#[get("/invitations")]
async fn list_invitations(actor: Actor<SignedIn>, list: List<Invitation>) -> Result<InvitationPage, Failure> {
    let by = actor.user.clone();
    actor.read(move |conn, ()| store::page(conn, &by, &list)).await
}

/// Invite somebody to a product that you own or, as an admin, to the instance; the link is told this once
///
/// Nothing is mailed: pass the link on to whom it is for. An earlier invitation of the same address to the same place ends.
#[utoipa::path(tag = "Access", responses((status = 201, body = IssuedInvitation)))]
#[post("/invitations")]
async fn create_invitation(
    actor: Actor<SignedIn>,
    new: Json<NewInvitation>,
) -> Result<Issued<IssuedInvitation>, Failure> {
    attempts::spend(actor.db(), Attempt::Mint, &actor.user.id).await?;
    let (by, token) = (actor.user.clone(), new_secret()?);
    actor.change(move |tx, ()| store::insert(tx, Some(&by), new.0, &token).map(Issued)).await
}

/// Find an invitation, without what opens it
#[utoipa::path(tag = "Access", responses((status = 200, body = Invitation)))]
#[get("/invitations/{invitation}")]
async fn find_invitation(
    actor: Actor<SignedIn>,
    invitation: Path<InvitationName>,
) -> Result<Versioned<Invitation>, Failure> {
    let by = actor.user.clone();
    actor.read(move |conn, ()| store::find(conn, &by, &invitation.0)).await.map(Versioned)
}

/// Revoke an invitation
#[utoipa::path(tag = "Access", responses((status = 204)))]
#[delete("/invitations/{invitation}")]
async fn delete_invitation(
    actor: Actor<SignedIn>,
    invitation: Path<InvitationName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    let by = actor.user.clone();
    actor.change(move |tx, ()| store::delete(tx, &by, &invitation.0, seen).map(|()| Deleted)).await
}
