//! Is it alive, can it work, and with which keys does it sign?

use crate::kernel::{
    auth::Signer,
    db::Db,
    failure::{Failure, Fault},
};
use actix_web::{HttpResponse, get, http::header, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    status: &'static str,
    /// What does not work while the rest does, such as `storage_full`.
    problems: Vec<&'static str>,
}

impl Health {
    fn ok(problems: Vec<&'static str>) -> HttpResponse {
        HttpResponse::Ok().json(Self { status: "ok", problems })
    }
}

/// Does the process live?
#[utoipa::path(tag = "Health", responses((status = 200, body = Health)), security(()))]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    Health::ok(Vec::new())
}

/// Can it answer from its database? If not, `errors` says what is wrong
#[utoipa::path(tag = "Health", responses((status = 200, body = Health)), security(()))]
#[get("/health/ready")]
pub async fn ready(db: Data<Db>) -> Result<HttpResponse, Failure> {
    let not_ready = |code, detail| Err(Failure::NotReady(vec![Fault::named(code, detail)]));
    if db.is_another() {
        return not_ready("database_file", "the database file has been removed or replaced since it was opened");
    }
    match db.ping().await {
        // Reading goes on, so whoever spreads requests should go on too.
        Ok(()) => Ok(Health::ok(if db.is_full() { vec!["storage_full"] } else { Vec::new() })),
        Err(_) => not_ready("database", "the database does not answer"),
    }
}

/// The public keys that access tokens are signed with
#[utoipa::path(tag = "Access", responses((status = 200, body = Object)), security(()))]
#[get("/.well-known/jwks.json")]
pub async fn jwks(db: Data<Db>, signer: Data<Signer>) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(signer.jwks(db.clock().now())?))
}
