//! The page of the chain, and that of where a row stands in it.

use super::{drawing, store, traced};
use crate::{
    insight::{
        Trace, TraceKind, TraceLink, canvas,
        markup::{self, Reader},
        orphans::{self, Orphan},
        pages::{gather, pictured},
        store as traces,
    },
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{Path, page::capitalised},
    },
    path_param,
};
use actix_web::{HttpResponse, get, web::ServiceConfig};
use maud::{Markup, html};

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_chain).service(show_trace);
}

path_param!(
    /// Its key, ref or id.
    TraceName, "id"
);

/// At most so many rows a column: as many as a sheet of A4 that lies has room for.
const ROWS: usize = 8;
/// How many rows a step away are drawn of one.
const BESIDE: usize = 9;

#[get("/products/{product}/chain")]
async fn show_chain(actor: Actor<View>) -> Result<HttpResponse, Failure> {
    let now = actor.now();
    let (reader, view, orphans) = gather(&actor, move |conn, product, reader| {
        let at = (now, reader.today);
        let view = store::read(conn, product, at, ROWS)?;
        let orphans = orphans::store::list(conn, product, at, &[])?;
        Ok((reader, view, orphans.items))
    })
    .await?;
    let body = html! {
        main {
            (reader.top())
            header.title {
                h1 { "What it is for" }
                p.month { (reader.product) }
                p.soft { "From the vision to what it was worth, and to whom, on " (markup::day(view.on)) }
            }
            figure { div.scroll { div.picture {
                (canvas::inline(&drawing(&view, &reader.product, &reader.key), "chain"))
            } } }
            p.own { a href={ "/api/v1/products/" (reader.key) "/trace.svg" } { "The picture by itself" } }
            (broken(&reader, &orphans))
        }
    };
    Ok(pictured("What it is for", &reader.product, &body))
}

fn broken(reader: &Reader, orphans: &[Orphan]) -> Markup {
    html! {
        section #orphans {
            h2 { "Where it is broken" }
            @if orphans.is_empty() { p { "Nowhere: everything hangs on something." } } @else {
                div.scroll { table.wide {
                    thead { tr { th { "What" } th { "Which" } th { "What is missing" } th { "What would mend it" } } }
                    tbody { @for one in orphans { tr {
                        td { (capitalised(&markup::words(one.code.as_text()))) }
                        td { a href=(markup::trace(&reader.key, &one.kind, &one.id)) { (one.title) } }
                        td { (one.detail) }
                        td { (one.action) }
                    } } }
                } }
            }
        }
    }
}

#[get("/products/{product}/trace/{kind}/{id}")]
async fn show_trace(actor: Actor<View>, kind: Path<TraceKind>, name: Path<TraceName>) -> Result<HttpResponse, Failure> {
    let now = actor.now();
    let (reader, trace) = gather(&actor, move |conn, product, reader| {
        let trace = traces::trace(conn, &product.product_id(), now, kind.0, &name.0)?;
        Ok((reader, trace))
    })
    .await?;
    let body = html! {
        main {
            (reader.top())
            header.title {
                h1 { (trace.title) }
                p.month { (reader.product) }
                p.soft { (capitalised(super::traced::word(&trace.kind))) " " (trace.id) }
            }
            figure { div.scroll { div.picture {
                (canvas::inline(&traced(&trace, BESIDE, &reader.key), "trace"))
            } } }
            (links(&reader, "Why it is there", "up", &trace.up))
            (links(&reader, "What it rests on", "down", &trace.down))
            (whole(&trace, &reader))
        }
    };
    Ok(pictured(&trace.title, &reader.product, &body))
}

fn links(reader: &Reader, title: &str, id: &str, links: &[TraceLink]) -> Markup {
    html! {
        section id=(id) {
            h2 { (title) }
            @if links.is_empty() { p { "Nothing says it." } } @else {
                div.scroll { table {
                    thead { tr { th { "What" } th { "Which" } th.n { "Steps" } } }
                    tbody { @for link in links { tr {
                        td.word { (super::traced::word(&link.kind)) }
                        td { @match &link.title {
                            Some(title) if !super::traced::has_page(&link.kind) => (title),
                            Some(title) => a href=(markup::trace(&reader.key, &link.kind, &link.id)) { (title) },
                            None => span.unknown { (link.id) ", which is not there any more" },
                        } }
                        td.n { (link.distance) }
                    } } }
                } }
            }
        }
    }
}

/// The same for programs.
fn whole(trace: &Trace, reader: &Reader) -> Markup {
    let place = format!("/api/v1{}", markup::trace(&reader.key, &trace.kind, &trace.id));
    html! { p.own.soft { a href=(place) { "The same as JSON" } " · " a href={ (place) ".svg" } { "the picture by itself" } } }
}
