//! Refusals that the audit trail keeps: of what is somebody else's to do, and of what would rewrite a published month.

use super::ProductId;
use crate::kernel::{
    dated::PUBLISHED,
    db::{Author, Db},
    failure::Failure,
};
use actix_web::HttpRequest;
use serde::Serialize;

/// What a request asks for, as far as the trail says it: never its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The method and the contract's path.
    operation: String,
    /// The path's word of the row, or of what a row was to be added to.
    resource: String,
    /// What the path calls the row; empty where it names none.
    row: String,
    product: Option<ProductId>,
}

impl Asked {
    pub(super) fn of(req: &HttpRequest, product: Option<ProductId>) -> Self {
        let pattern = req.match_pattern().unwrap_or_default();
        let (resource, name) = place(&pattern);
        let row = name.and_then(|name| req.match_info().get(name)).unwrap_or_default();
        Self {
            operation: format!("{} {pattern}", req.method()),
            resource: resource.to_owned(),
            row: row.chars().filter(|one| !one.is_control()).take(LONGEST_NAME).collect(),
            product,
        }
    }
}

/// How much of what a path calls a row is kept, in characters.
const LONGEST_NAME: usize = 200;

/// The word of the last row that a path names in its product, and the parameter that does; of one that names none, its
/// last word.
fn place(pattern: &str) -> (&str, Option<&str>) {
    let within = pattern.split_once("{product}/").map_or(pattern, |(_, within)| within);
    let parts: Vec<&str> = within.split('/').filter(|part| !part.is_empty()).collect();
    let parameter = |part: &&str| part.starts_with('{');
    match parts.iter().rposition(parameter) {
        Some(at) => {
            let word = parts.iter().take(at).rfind(|part| !parameter(part)).copied();
            let name = parts.get(at).and_then(|part| part.strip_prefix('{')).and_then(|part| part.split('}').next());
            (word.unwrap_or_default(), name)
        }
        None => (parts.last().copied().unwrap_or_default(), None),
    }
}

/// What the trail says of a refusal.
#[derive(Debug, Serialize)]
struct Refused {
    operation: String,
    status: u16,
    code: String,
    detail: String,
}

/// Whether a change was refused because a report says already how a month was.
pub(super) fn is_of_a_published_month(failure: &Failure) -> bool {
    match failure {
        Failure::Conflict { code, .. } => *code == PUBLISHED,
        failure => failure.faults().iter().any(|fault| fault.code == PUBLISHED),
    }
}

/// Writes down that something was refused, in a transaction of its own. When that fails, the refusal stands all the
/// same, and the log says so.
pub(super) async fn keep(db: &Db, author: Author, asked: &Asked, failure: &Failure) {
    let code = match failure {
        Failure::Conflict { code, .. } => code,
        failure if is_of_a_published_month(failure) => PUBLISHED,
        failure => failure.terms().name,
    };
    let Asked { operation, resource, row, product } = asked.clone();
    let (status, code, detail) = (failure.terms().status, code.to_owned(), failure.detail());
    let refused = Refused { operation, status, code, detail };
    let kept = db.change(author, move |tx| {
        let product = product.as_ref().map(ProductId::as_str);
        tx.record("refuse", &resource, product, &row, None::<&Refused>, Some(&refused))
    });
    if let Err(why) = kept.await {
        tracing::warn!(why = why.detail(), "a refusal could not be written into the audit trail");
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_path_says_what_was_asked_for() {
        for (pattern, expected) in [
            ("/api/v1/products/{product}/impact-claims/{claim}/accept", ("impact-claims", Some("claim"))),
            ("/api/v1/products/{product}/slos/{slo}/targets/{target}", ("targets", Some("target"))),
            ("/api/v1/products/{product}/slos/{slo}/targets", ("slos", Some("slo"))),
            ("/api/v1/products/{product}/labour-rates", ("labour-rates", None)),
            ("/products/{product}/waiting", ("waiting", None)),
            ("/api/v1/products/{product}", ("products", Some("product"))),
            ("/api/v1/tokens", ("tokens", None)),
            ("", ("", None)),
        ] {
            assert_eq!(place(pattern), expected, "{pattern}");
        }
    }
}
