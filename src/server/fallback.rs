//! What no route answers: 405 with `Allow` and `OPTIONS` from the contract's own table of paths,
//! 404 for the rest.

use crate::kernel::failure::Failure;
use actix_web::{HttpRequest, HttpResponse, http::Method, http::header, web::Data};

/// The methods of every path in the contract.
pub struct Paths(pub Vec<(String, Vec<&'static str>)>);

impl Paths {
    fn allowed(&self, path: &str) -> Option<String> {
        let (_, methods) = self.0.iter().find(|(pattern, _)| matches(pattern, path))?;
        let mut allowed = methods.clone();
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        allowed.push("OPTIONS");
        Some(allowed.join(", "))
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut parts, mut pieces) = (pattern.split('/'), path.split('/'));
    loop {
        match (parts.next(), pieces.next()) {
            (None, None) => return true,
            (Some(part), Some(piece)) if part == piece => {}
            (Some(part), Some(piece)) if part.contains('{') && !piece.is_empty() => {
                let suffix = part.rsplit('}').next().unwrap_or_default();
                if !piece.ends_with(suffix) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

pub async fn fallback(req: HttpRequest, paths: Data<Paths>) -> Result<HttpResponse, Failure> {
    match paths.allowed(req.path()) {
        Some(allow) if req.method() == Method::OPTIONS => {
            Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish())
        }
        Some(allow) => Err(Failure::MethodNotAllowed { allow }),
        None => Err(Failure::NotFound),
    }
}
