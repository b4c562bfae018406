//! The report as a page: the document's blocks as HTML, and nothing that is not in the document.

mod blocks;
mod commentary;
mod fact;
mod letter;
mod markdown;

pub use commentary::harmless;
pub use fact::fact;
pub use letter::{Door, letter};
pub use markdown::markdown;

use super::{
    Report,
    document::{Document, SectionKey},
    facts::FactValue,
    views::{Audience, Numerals},
};
use crate::{
    kernel::{clock::Instant, http::page::document as frame, text::Key},
    stakeholders::StakeholderGroup,
};
use maud::{Markup, html};

/// The report as one self-contained page.
pub fn html(report: &Report, document: &Document, audience: &Audience) -> String {
    let query = if audience.name().is_empty() { String::new() } else { format!("?for={}", audience.name()) };
    let links = Links { query, numerals: audience.numerals(), ..Links::of(report, document) };
    let title = format!("{}, {}", document.product.name, document.month.shown());
    let body = html! {
        main {
            (top(&document.product.key))
            header.title {
                h1 { (document.product.name) }
                p.month { (document.month.shown()) }
                p.soft { (stamp(report)) }
            }
            (readers(audience, &links))
            @if !report.state.is_published() {
                p.draft { "This is a draft: its figures may still change, and only owners and editors see it." }
            }
            (corrections(report, document, &links))
            @for section in &document.sections {
                section id=(section.key) {
                    h2 { (section.title) }
                    @for (at, block) in section.blocks.iter().enumerate() {
                        (blocks::block(block, &links, section.key, at))
                    }
                    (acting(section.key, &document.product.key))
                }
            }
            footer.soft {
                p {
                    "Every figure leads to its formula and the rows behind it. The same as "
                    a href={ (links.report) ".json" (links.query) } { "JSON" } " and "
                    a href={ (links.report) ".md" (links.query) } { "Markdown" } ". Built " (moment(document.built_at)) "."
                }
                @if !document.product.definition.is_empty() { p { (document.product.definition) } }
            }
        }
    };
    frame(&title, &body)
}

/// Where the report's figures are.
pub struct Links {
    report: String,
    /// Who reads, for addresses of the same report.
    query: String,
    numerals: Numerals,
}

impl Links {
    fn of(report: &Report, document: &Document) -> Self {
        Self { report: place(&document.product.key, &report.id), query: String::new(), numerals: Numerals::default() }
    }

    fn fact(&self, name: &str) -> String {
        format!("{}/facts/{name}", self.report)
    }
}

/// For whom this is, and for whom else it is told.
fn readers(audience: &Audience, links: &Links) -> Markup {
    html! {
        nav.readers {
            "Told "
            @match audience.title() {
                Some(title) => { strong { (title) } ". Also" a href={ (links.report) ".html" } { "for everyone" } }
                None => { strong { "for everyone" } ". Also" }
            }
            @for group in StakeholderGroup::ALL {
                @if audience.name() != group.as_text() {
                    a href={ (links.report) ".html?for=" (group) } { "for " (group.readers()) }
                }
            }
        }
    }
}

/// The report's own address.
pub fn place(product: &Key, report: &str) -> String {
    format!("/api/v1/products/{product}/reports/{report}")
}

/// A page or text with the report's own addresses below another, and without what only those find who sign in: a
/// report that is read by a link leads only to what that link opens.
pub fn moved(text: &str, from: &str, to: &str) -> String {
    let text = if text.starts_with("<!DOCTYPE html>") { for_anybody(text) } else { text.to_owned() };
    text.replace(&format!("\"{from}."), &format!("\"{to}.")).replace(&format!("\"{from}/"), &format!("\"{to}/"))
}

/// A page without the ways that only those can go who sign in.
fn for_anybody(page: &str) -> String {
    let page = without(page, "<nav class=\"own\">", "</nav>");
    let page = without(&page, "<p class=\"own\">", "</p>");
    // Pages that were published when there was but this one.
    page.replace("<a href=\"/\">All reports</a>", "")
}

/// A page without its pieces that begin and end so; nobody's words can hold a tag of ours.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, piece)) = rest.split_once(start) {
        out.push_str(before);
        rest = piece.split_once(end).map_or("", |(_, after)| after);
    }
    out + rest
}

/// Where those who sign in find the other reports, and what is asked of them.
fn top(product: &Key) -> Markup {
    html! {
        header.top {
            nav.own {
                a href="/" { "All reports" } " "
                a href=(waiting(product)) { "What waits for you" }
            }
            span.soft { "prodops" }
        }
    }
}

/// Where a stakeholder accepts, questions, agrees and answers.
pub fn waiting(product: impl std::fmt::Display) -> String {
    format!("/products/{product}/waiting")
}

/// What the way to [`waiting`] is called.
const ACTING: &str = "Answer, accept or question it";

/// Where the reader of a section can act on it.
fn acting(section: SectionKey, product: &Key) -> Markup {
    html! {
        @if matches!(section, SectionKey::ForYou | SectionKey::Decisions) {
            p.own { a href=(waiting(product)) { (ACTING) } }
        }
    }
}

fn stamp(report: &Report) -> String {
    let revision = if report.revision > 1 { format!(", revision {}", report.revision) } else { String::new() };
    match report.published_at {
        Some(at) => format!("Published {}{revision}", moment(at)),
        None => format!("Draft{revision}"),
    }
}

fn moment(at: Instant) -> String {
    at.utc().format("%-d %B %Y, %H:%M UTC").to_string()
}

/// What a later revision says differently, and why.
fn corrections(report: &Report, document: &Document, links: &Links) -> Markup {
    let said = |value: &Option<FactValue>| {
        value.as_ref().map_or_else(|| "not known".to_owned(), |value| links.numerals.value(value))
    };
    html! {
        @if report.revision > 1 {
            section #corrections {
                h2 { "What this revision corrects" }
                @if !report.reason.is_empty() { p { q.words { (report.reason) } } }
                @if document.corrections.is_empty() { p { "No figure differs from the revision before." } }
                @else {
                    details {
                        summary { (document.corrections.len()) " figures differ from the revision before" }
                        div.scroll {
                            table {
                                thead { tr { th { "Figure" } th.n { "Was" } th.n { "Is" } th { "Because" } } }
                                tbody {
                                    @for one in &document.corrections {
                                        tr {
                                            td { a.fact href=(links.fact(&one.name)) { (one.name) } }
                                            td.n { (said(&one.was)) }
                                            td.n { (said(&one.now)) }
                                            td { (one.why) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
