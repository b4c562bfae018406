//! What no route answers: 405 with `Allow` and `OPTIONS` from the contract's own table of paths,
//! 404 for the rest.

use crate::kernel::failure::Failure;
use actix_web::{HttpRequest, HttpResponse, http::Method, http::header, web::Data};

/// The methods of every path in the contract.
pub struct Paths(pub Vec<(String, Vec<&'static str>)>);

impl Paths {
    fn allowed(&self, path: &str) -> Option<String> {
        let fitting = self.0.iter().filter(|(pattern, _)| matches(pattern, path));
        // `{report}.{format}` says more of a path than `{report}` does.
        let (_, methods) = fitting.max_by_key(|(pattern, _)| pattern.matches("}.").count())?;
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

/// Whether a piece of a path may stand where `{name}`, `{name}.csv`, `{name}.{format}` or `name.{format}` does.
fn fits(part: &str, piece: &str) -> bool {
    let Some((start, name)) = part.split_once('{') else { return false };
    let Some(piece) = piece.strip_prefix(start) else { return false };
    match name.split_once('}') {
        None => false,
        Some((_, "")) => !piece.is_empty(),
        Some((_, ".{format}")) => piece.split_once('.').is_some_and(|(name, _)| !name.is_empty()),
        Some((_, ending)) => piece.strip_suffix(ending).is_some_and(|name| !name.is_empty()),
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
    use super::Paths;

    #[test]
    fn a_path_is_of_the_pattern_that_is_made_like_it() {
        let paths = Paths(vec![
            ("/reports/{report}".to_owned(), vec!["DELETE"]),
            ("/reports/{report}.{format}".to_owned(), vec!["POST"]),
            ("/reports/{report}/facts/{fact}".to_owned(), vec!["PUT"]),
            ("/exports/{dataset}.csv".to_owned(), vec!["PATCH"]),
        ]);
        for (path, allowed) in [
            ("/reports/one", Some("DELETE, OPTIONS")),
            ("/reports/one.pdf", Some("POST, OPTIONS")),
            ("/reports/one/facts/cost.total", Some("PUT, OPTIONS")),
            ("/exports/costs.csv", Some("PATCH, OPTIONS")),
            ("/exports/costs.xls", None),
            ("/exports/.csv", None),
            ("/reports/", None),
            ("/reports", None),
            ("/reports/one/two", None),
        ] {
            assert_eq!(paths.allowed(path).as_deref(), allowed, "{path}");
        }
    }
}
