//! API tokens over HTTP. No token opens these: a token makes no token.

use super::{ApiToken, ApiTokenPage, IssuedApiToken, NewApiToken, store};
use crate::{
    access::attempts::{self, Attempt},
    kernel::{
        auth::{Actor, SignedIn, new_api_token},
        failure::Failure,
        http::{Deleted, IfMatch, Issued, Json, List, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_tokens).service(create_token).service(find_token).service(delete_token);
}

path_param!(
    /// An API token's id.
    ApiTokenName, "credential"
);

/// List your API tokens and those of the products where you are owner or editor, without what is sent
#[utoipa::path(tag = "Access", params(List<ApiToken>), responses((status = 200, body = ApiTokenPage)))]
#[get("/tokens")]
async fn list_tokens(actor: Actor<SignedIn>, list: List<ApiToken>) -> Result<ApiTokenPage, Failure> {
    let user = actor.user.id.clone();
    actor.read(move |conn, ()| store::page(conn, &user, &list)).await
}

/// Make an API token that speaks for you; what is to be sent is told this once
#[utoipa::path(tag = "Access", responses((status = 201, body = IssuedApiToken)))]
#[post("/tokens")]
async fn create_token(actor: Actor<SignedIn>, new: Json<NewApiToken>) -> Result<Issued<IssuedApiToken>, Failure> {
    attempts::spend(actor.db(), Attempt::Mint, &actor.user.id).await?;
    let (user, token) = (actor.user.id.clone(), new_api_token()?);
    actor.change(move |tx, ()| store::insert(tx, &user, new.0, token).map(Issued)).await
}

/// Find an API token, without what is sent
#[utoipa::path(tag = "Access", responses((status = 200, body = ApiToken)))]
#[get("/tokens/{credential}")]
async fn find_token(actor: Actor<SignedIn>, token: Path<ApiTokenName>) -> Result<Versioned<ApiToken>, Failure> {
    let user = actor.user.id.clone();
    actor.read(move |conn, ()| store::find(conn, &user, &token.0)).await.map(Versioned)
}

/// Revoke an API token, at once
#[utoipa::path(tag = "Access", responses((status = 204)))]
#[delete("/tokens/{credential}")]
async fn delete_token(actor: Actor<SignedIn>, token: Path<ApiTokenName>, seen: IfMatch) -> Result<Deleted, Failure> {
    let user = actor.user.id.clone();
    actor.change(move |tx, ()| store::delete(tx, &user, &token.0, seen).map(|()| Deleted)).await
}
