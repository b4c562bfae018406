//! Is it alive, can it work, and with which keys does it sign?

use crate::kernel::{auth::Signer, db::Db, failure::Failure};
use actix_web::{HttpResponse, get, http::header, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    status: &'static str,
}

/// Does the process live?
#[utoipa::path(tag = "Health", responses((status = 200, body = Health)), security(()))]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Can it answer from its database?
#[utoipa::path(tag = "Health", responses((status = 200, body = Health)), security(()))]
#[get("/health/ready")]
pub async fn ready(db: Data<Db>) -> Result<HttpResponse, Failure> {
    db.ping().await?;
    Ok(HttpResponse::Ok().json(Health { status: "ok" }))
}

/// The public keys that access tokens are signed with
#[utoipa::path(tag = "Access", responses((status = 200, body = Object)), security(()))]
#[get("/.well-known/jwks.json")]
pub async fn jwks(signer: Data<Signer>) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(signer.jwks()?))
}
