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
            (Some(part), Some(piece)) if fits(part, piece) => {}
            _ => return false,
        }
    }
}

/// Whether a piece of a path may stand where `{name}`, `{name}.csv` or `{name}.{format}` does. No name has a dot.
fn fits(part: &str, piece: &str) -> bool {
    let Some((_, ending)) = part.split_once('}') else { return false };
    match piece.split_once('.') {
        None => ending.is_empty() && !piece.is_empty(),
        Some((name, _)) => !name.is_empty() && (ending == ".{format}" || ending == &piece[name.len()..]),
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

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_path_is_of_the_pattern_that_is_made_like_it() {
        for (path, pattern) in [
            ("/reports/one", "/reports/{report}"),
            ("/reports/one.pdf", "/reports/{report}.{format}"),
            ("/exports/costs.csv", "/exports/{dataset}.csv"),
        ] {
            for other in ["/reports/{report}", "/reports/{report}.{format}", "/exports/{dataset}.csv"] {
                assert_eq!(matches(other, path), other == pattern, "{path} as {other}");
            }
        }
        for path in ["/reports/", "/reports", "/reports/.pdf", "/reports/one/two", "/exports/costs.xls"] {
            assert!(!matches("/reports/{report}", path) && !matches("/exports/{dataset}.csv", path), "{path}");
        }
    }
}
