//! Pages for people: one frame, one stylesheet, no script, nothing fetched from elsewhere.

use super::RequestContext;
use crate::kernel::failure::Failure;
use actix_web::{HttpResponse, http::header};
use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const STYLE: &str = include_str!("page.css");

/// Only our own style, and forms only to ourselves.
pub static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// A whole page, self-contained.
pub fn document(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string()
}

/// Answers with a page.
pub fn page(status: u16, html: String) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.as_str()))
        .body(html)
}

/// Answers with a page that has forms: the browser says that it is we who send them, and to nobody else.
pub fn page_with_forms(status: u16, html: String) -> HttpResponse {
    let mut response = page(status, html);
    // With `no-referrer` a browser would not even tell ourselves.
    response.headers_mut().insert(header::REFERRER_POLICY, header::HeaderValue::from_static("same-origin"));
    response
}

/// A refusal as a person reads it, with the headers that it has for programs.
pub(super) fn refusal(problem: HttpResponse, failure: &Failure, context: &RequestContext) -> HttpResponse {
    let terms = failure.terms();
    let body = html! {
        main {
            h1 { (terms.title) }
            p { (capitalised(&failure.detail())) "." }
            p { a href="/" { "All reports" } }
            p.soft { "Answer " (terms.status) "; request " (context.id) }
        }
    };
    let shown = page(terms.status, document(&format!("{} · prodops", terms.title), &body));
    let mut response = problem;
    for (name, value) in shown.headers() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response.set_body(shown.into_body())
}

/// For the beginning of a sentence.
pub fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
