//! The archive: what a person sees after signing in.

use super::{Report, ReportState, shares, store, store::Shelf};
use crate::kernel::{
    auth::{Actor, SignedIn},
    failure::Failure,
    http::page::{document, page},
};
use actix_web::{HttpResponse, get, web::ServiceConfig};
use maud::{Markup, html};

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_archive).configure(shares::pages::routes);
}

#[get("/")]
async fn show_archive(actor: Actor<SignedIn>) -> Result<HttpResponse, Failure> {
    let user = actor.user.id.clone();
    let shelves = actor.snapshot(move |conn, ()| store::archive(conn, &user)).await?;
    Ok(page(200, document("Reports · prodops", &archive(&actor.user.name, &shelves))))
}

fn archive(name: &str, shelves: &[Shelf]) -> Markup {
    html! {
        main {
            header.top {
                span.soft { "Signed in as " (name) }
                form method="post" action="/logout" { button { "Sign out" } }
            }
            h1 { "Reports" }
            @if shelves.is_empty() { p { "You are not a member of any product yet. Ask an owner to add you." } }
            @for shelf in shelves {
                section.shelf {
                    h2 { (shelf.product.name) }
                    @if !shelf.product.definition.is_empty() { p.soft { (shelf.product.definition) } }
                    @if shelf.reports.is_empty() { p { "No report is published yet." } }
                    @else { ul.reports { @for report in &shelf.reports { li { (entry(shelf, report)) } } } }
                }
            }
        }
    }
}

fn entry(shelf: &Shelf, report: &Report) -> Markup {
    let href = format!("/api/v1/products/{}/reports/{}.html", shelf.product.key, report.id);
    html! {
        a href=(href) { (report.month.shown()) }
        @if report.revision > 1 { span.soft { " revision " (report.revision) } }
        span.soft {
            @match (report.state, report.published_at) {
                (ReportState::Published, Some(at)) => { " published " (at.utc().format("%-d %B %Y")) }
                (ReportState::Unreviewed, Some(at)) => { " published unreviewed " (at.utc().format("%-d %B %Y")) }
                _ => " draft"
            }
        }
    }
}
