//! The archive: what a person sees after signing in.

use super::{Report, ReportState, document::counted, render, shares, store, store::Shelf, waiting};
use crate::{
    insight::markup::{catalogue, chain, present_week, roadmap},
    kernel::{
        auth::{Actor, SignedIn},
        failure::Failure,
        http::page::{document, page_with_forms},
    },
};
use actix_web::{HttpResponse, get, web::ServiceConfig};
use maud::{Markup, html};

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_archive).configure(waiting::pages::routes).configure(shares::pages::routes);
}

#[get("/")]
async fn show_archive(actor: Actor<SignedIn>) -> Result<HttpResponse, Failure> {
    let (user, at) = (actor.user.id.clone(), actor.now());
    let shelves = actor
        .snapshot(move |conn, ()| {
            let shelves = store::archive(conn, &user)?.into_iter();
            shelves
                .map(|shelf| {
                    let waits = match shelf.role.may_judge() {
                        true => Some(waiting::store::read(conn, &shelf.product, shelf.role, &user, at)?.count()),
                        false => None,
                    };
                    Ok((shelf, waits))
                })
                .collect::<Result<Vec<_>, Failure>>()
        })
        .await?;
    Ok(page_with_forms(200, document("Reports · prodops", &archive(&actor.user.name, &shelves))))
}

/// Each product with its reports, and how many things there wait for the reader, who may judge them.
fn archive(name: &str, shelves: &[(Shelf, Option<usize>)]) -> Markup {
    html! {
        main {
            header.top {
                span.soft { "Signed in as " (name) }
                form method="post" action="/logout" { button { "Sign out" } }
            }
            h1 { "Reports" }
            @if shelves.is_empty() { p { "You are not a member of any product yet. Ask an owner to add you." } }
            @for (shelf, waits) in shelves {
                section.shelf {
                    h2 { (shelf.product.name) }
                    @if !shelf.product.definition.is_empty() { p.soft { (shelf.product.definition) } }
                    (asked(shelf, *waits))
                    p {
                        a href=(catalogue(shelf.product.key.as_text())) { "What is run" }
                        " · " a href=(roadmap(shelf.product.key.as_text())) { "Roadmap" }
                        " · " a href=(chain(shelf.product.key.as_text())) { "What it is for" }
                        @if shelf.role.may_edit() {
                            " · " a href=(present_week(shelf.product.key.as_text())) { "This week" }
                        }
                    }
                    @if shelf.reports.is_empty() { p { "No report is published yet." } }
                    @else { ul.reports { @for report in &shelf.reports { li { (entry(shelf, report)) } } } }
                }
            }
        }
    }
}

fn asked(shelf: &Shelf, waits: Option<usize>) -> Markup {
    html! {
        p.waits {
            a href=(render::waiting(&shelf.product.key)) {
                @match waits {
                    Some(0) => { "Nothing waits for you" }
                    Some(count) => { strong { (counted(count, "thing waits", "things wait")) " for you" } }
                    None => { "What waits for stakeholders" }
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
