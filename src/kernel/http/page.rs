//! Pages for people: one frame, one stylesheet, no script, nothing fetched from elsewhere.

use super::RequestContext;
use crate::kernel::failure::Failure;
use actix_web::{HttpResponse, http::header};
use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");

/// Only the page's own style, and forms only to ourselves. A page that was kept has the style of its day: it is the first
/// in the page, where nothing that somebody wrote can come before it.
fn policy(html: &str) -> String {
    let style = html.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    let digest = BASE64_STANDARD.encode(Sha256::digest(style.map_or(STYLE, |(style, _)| style)));
    format!(
        "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The colours of pages by day and by night, for pictures that stand by themselves.
pub fn colours() -> &'static str {
    STYLE.split_once("\n*{").map_or("", |(colours, _)| colours)
}

/// A whole page, self-contained.
pub fn document(title: &str, body: &Markup) -> String {
    styled_document(title, "", body)
}

/// A whole page, self-contained, with rules of its own after those of all pages.
pub fn styled_document(title: &str, more: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(more)) }
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
        .insert_header((header::CONTENT_SECURITY_POLICY, policy(&html)))
        .body(html)
}

/// Answers with a picture. It is looked at by itself, so it carries its own style, and may do as little as a page.
pub fn picture(svg: String) -> HttpResponse {
    let mut response = page(200, svg);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("image/svg+xml"));
    response
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_another_day_keeps_the_style_it_has() {
        let told = |html: &str| {
            let page = page(200, html.to_owned());
            page.headers().get(header::CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap().to_owned()
        };
        let now = document("A < B </title><style>evil{}</style>", &html! { p { "x" } });
        let digest = |style: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(style)));
        assert!(told(&now).contains(&digest(STYLE)));
        let then = now.replace(STYLE, "p { color: green }");
        assert!(told(&then).contains(&digest("p { color: green }")));
    }
}
