//! What a share link opens: one report and its figures, and nothing else.
// Whoever follows a link that cannot be one gets the page that says so, as for one that expired.
#![allow(clippy::disallowed_types)]

use super::store;
use crate::{
    kernel::{
        auth::ProductId,
        db::{Conn, Db},
        failure::Failure,
        http::{
            Query, SHARED,
            formats::Format,
            page::{document, page},
        },
    },
    reports::{
        api::as_text,
        render,
        views::{self, Audience, ForWhom, store::Rendering},
    },
};
use actix_web::{
    HttpResponse, get,
    http::header,
    web::{Data, Path, ServiceConfig},
};
use maud::html;

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_shared_as).service(show_shared).service(show_shared_fact);
}

#[get("/r/{token}.{format}")]
async fn show_shared_as(
    db: Data<Db>,
    path: Path<(String, String)>,
    whom: Query<ForWhom>,
) -> Result<HttpResponse, Failure> {
    let (token, suffix) = path.into_inner();
    match Format::of_suffix(&suffix, &[Format::Html, Format::Markdown]) {
        Some(format) => shared(&db, token, format, whom.0).await,
        None => Ok(gone()),
    }
}

#[get("/r/{token}")]
async fn show_shared(db: Data<Db>, token: Path<String>, whom: Query<ForWhom>) -> Result<HttpResponse, Failure> {
    shared(&db, token.into_inner(), Format::Html, whom.0).await
}

async fn shared(db: &Db, token: String, format: Format, whom: ForWhom) -> Result<HttpResponse, Failure> {
    let (now, of) = (db.clock().now(), token.clone());
    let find = move |conn: &mut Conn| {
        let (link, report) = store::opened(conn, &of, now)?;
        let product = ProductId::known(link.product_id);
        let audience =
            if whom.is_named() { whom.find(conn, &product) } else { Audience::find(conn, &product, &link.audience) };
        Ok((report, audience?))
    };
    let text = match views::store::rendering(db, format, find).await {
        Ok((_, Rendering::Text(text))) => text,
        Ok((_, Rendering::View(_))) | Err(Failure::NotFound) => return Ok(gone()),
        Err(failure) => return Err(failure),
    };
    let of = token.clone();
    let opened = db
        .note(move |conn| {
            let (link, report) = store::opened(conn, &of, now)?;
            store::count(conn, &link.id)?;
            crate::reports::store::place(conn, &report)
        })
        .await;
    let place = match opened {
        Ok(place) => place,
        // It was revoked a moment ago.
        Err(Failure::NotFound) => return Ok(gone()),
        Err(failure) => return Err(failure),
    };
    Ok(unlisted(as_text(format, render::moved(&text, &place, &format!("{SHARED}{token}")))))
}

#[get("/r/{token}/facts/{fact}")]
async fn show_shared_fact(db: Data<Db>, path: Path<(String, String)>) -> Result<HttpResponse, Failure> {
    let (token, fact) = path.into_inner();
    let (now, of) = (db.clock().now(), token.clone());
    let found = db
        .snapshot(move |conn| {
            let (_, report) = store::opened(conn, &of, now)?;
            let fact = crate::reports::store::fact(conn, &report, &fact)?;
            let html = crate::reports::store::fact_page(conn, &report, &fact)?;
            Ok((html, crate::reports::store::place(conn, &report)?))
        })
        .await;
    match found {
        Ok((html, place)) => Ok(unlisted(page(200, render::moved(&html, &place, &format!("{SHARED}{token}"))))),
        Err(Failure::NotFound) => Ok(gone()),
        Err(failure) => Err(failure),
    }
}

/// Found by who has the link, not by who searches the web.
fn unlisted(mut response: HttpResponse) -> HttpResponse {
    let none = header::HeaderValue::from_static("noindex, nofollow");
    response.headers_mut().insert(header::HeaderName::from_static("x-robots-tag"), none);
    response
}

/// The same for a link that never was and for one that is not any more.
fn gone() -> HttpResponse {
    let body = html! {
        main {
            h1 { "This link opens nothing" }
            p { "It has expired, was revoked, or was not copied whole. Ask whoever sent it for another." }
        }
    };
    unlisted(page(404, document("No report · prodops", &body)))
}
