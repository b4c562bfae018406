//! Share links over HTTP: made, listed and revoked by owners and editors.

use super::{NewShareLink, OpenedShareLink, ShareLink, ShareLinkPage, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, ViewPrivate, new_secret},
        failure::Failure,
        http::{Deleted, IfMatch, Issued, Json, List, Path, Versioned},
    },
    path_param,
    reports::api::ReportName,
};
use actix_web::{delete, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_share_links).service(create_share_link).service(find_share_link).service(delete_share_link);
}

path_param!(
    /// A share link's id.
    ShareLinkName, "share_link"
);

/// List the links to a report that were made and not revoked, without what opens them
#[utoipa::path(tag = "Reports", params(List<ShareLink>), responses((status = 200, body = ShareLinkPage)))]
#[get("/products/{product}/reports/{report}/share-links")]
async fn list_share_links(
    actor: Actor<ViewPrivate>,
    report: Path<ReportName>,
    list: List<ShareLink>,
) -> Result<ShareLinkPage, Failure> {
    actor.read(move |conn, product| store::page(conn, product, &report.0, &list)).await
}

/// Make a link to a published report; what opens it is told this once
#[utoipa::path(tag = "Reports", responses((status = 201, body = OpenedShareLink)))]
#[post("/products/{product}/reports/{report}/share-links")]
async fn create_share_link(
    actor: Actor<Edit>,
    report: Path<ReportName>,
    new: Json<NewShareLink>,
) -> Result<Issued<OpenedShareLink>, Failure> {
    let token = new_secret()?;
    actor.change(move |tx, product| store::insert(tx, product, &report.0, new.0, &token).map(Issued)).await
}

/// Find a link, without what opens it
#[utoipa::path(tag = "Reports", responses((status = 200, body = ShareLink)))]
#[get("/products/{product}/reports/{report}/share-links/{share_link}")]
async fn find_share_link(
    actor: Actor<ViewPrivate>,
    report: Path<ReportName>,
    link: Path<ShareLinkName>,
) -> Result<Versioned<ShareLink>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &report.0, &link.0)).await.map(Versioned)
}

/// Revoke a link
#[utoipa::path(tag = "Reports", responses((status = 204)))]
#[delete("/products/{product}/reports/{report}/share-links/{share_link}")]
async fn delete_share_link(
    actor: Actor<Edit>,
    report: Path<ReportName>,
    link: Path<ShareLinkName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &report.0, &link.0, seen).map(|()| Deleted)).await
}
