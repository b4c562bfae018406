//! Signed export addresses over HTTP: made by whoever may export, listed by owners and editors.

use super::{NewSignedUrl, OpenedSignedUrl, SignedUrl, SignedUrlPage, store};
use crate::{
    access::attempts::{self, Attempt},
    kernel::{
        auth::{Actor, SignExports, ViewPrivate, new_secret},
        failure::Failure,
        http::{Deleted, IfMatch, Issued, Json, List, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_signed_urls).service(create_signed_url).service(find_signed_url).service(delete_signed_url);
}

path_param!(
    /// A signed address's id.
    SignedUrlName, "signed_url"
);

/// List the addresses that open exports, without what opens them
#[utoipa::path(tag = "Exports", params(List<SignedUrl>), responses((status = 200, body = SignedUrlPage)))]
#[get("/products/{product}/exports/signed-urls")]
async fn list_signed_urls(actor: Actor<ViewPrivate>, list: List<SignedUrl>) -> Result<SignedUrlPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Make an address that opens one dataset, as you may read it; it is told this once
#[utoipa::path(tag = "Exports", responses((status = 201, body = OpenedSignedUrl)))]
#[post("/products/{product}/exports/signed-urls")]
async fn create_signed_url(
    actor: Actor<SignExports>,
    new: Json<NewSignedUrl>,
) -> Result<Issued<OpenedSignedUrl>, Failure> {
    attempts::spend(actor.db(), Attempt::Mint, &actor.user.id).await?;
    let (user, token) = (actor.user.id.clone(), new_secret()?);
    actor.change(move |tx, product| store::insert(tx, product, user, new.0, &token).map(Issued)).await
}

/// Find an address, without what opens it
#[utoipa::path(tag = "Exports", responses((status = 200, body = SignedUrl)))]
#[get("/products/{product}/exports/signed-urls/{signed_url}")]
async fn find_signed_url(actor: Actor<ViewPrivate>, url: Path<SignedUrlName>) -> Result<Versioned<SignedUrl>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &url.0)).await.map(Versioned)
}

/// Revoke an address, at once
#[utoipa::path(tag = "Exports", responses((status = 204)))]
#[delete("/products/{product}/exports/signed-urls/{signed_url}")]
async fn delete_signed_url(
    actor: Actor<SignExports>,
    url: Path<SignedUrlName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    let user = actor.user.id.clone();
    actor.change(move |tx, product| store::delete(tx, product, &user, &url.0, seen).map(|()| Deleted)).await
}
