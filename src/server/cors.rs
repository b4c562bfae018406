//! Whose pages in a browser may call the API: nobody's, unless they are named (`--cors-origins`).

use crate::kernel::http::{RATE_LIMIT, RATE_LIMIT_POLICY};
use actix_cors::Cors;
use actix_web::http::header;

/// How long a browser keeps what it was told, in seconds.
const KEPT: usize = 600;

/// Lets pages of these origins call with a token. The session's cookie is never sent along, so that no page of another
/// origin acts for who is signed in here.
pub fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([header::ACCEPT, header::AUTHORIZATION, header::CONTENT_TYPE])
        .allowed_headers([header::IF_MATCH, header::IF_NONE_MATCH])
        .allowed_headers(["Idempotency-Key", "X-API-Key", "X-Request-Id"])
        .expose_headers([
            header::CONTENT_DISPOSITION,
            header::ETAG,
            header::LINK,
            header::LOCATION,
            header::RETRY_AFTER,
        ])
        .expose_headers([RATE_LIMIT, RATE_LIMIT_POLICY, "X-Request-Id"])
        .max_age(KEPT);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
