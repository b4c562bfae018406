//! The page in HTML.

use super::{WeekPage, Written};
use crate::{
    effort::NewShare,
    insight::markup::{bar, component, counted, day, hours, share as part_of, week, words},
    kernel::month::Week,
    roadmap::store::Step,
};
use chrono::{Days, NaiveDate};
use maud::{Markup, html};
use rust_decimal::Decimal;

pub fn page(page: &WeekPage) -> Markup {
    let (first, last) = (page.week.monday(), page.week.monday() + Days::new(6));
    html! {
        main {
            (page.reader.top())
            header.title {
                h1 { "Week " (page.week) }
                p.month { (page.reader.product) }
                p.soft { "Monday " (day(first)) " to Sunday " (day(last)) ", in " (page.reader.zone.name()) }
                nav.own {
                    @if is_there(page.week.plus(-1)) {
                        a href=(week(&page.reader.key, page.week.plus(-1))) rel="prev" { "The week before" } " "
                    }
                    @if is_there(page.week.plus(1)) {
                        a href=(week(&page.reader.key, page.week.plus(1))) rel="next" { "The week after" }
                    }
                }
            }
            (written(page))
            (people(page))
            (went(page))
            (happened(page))
            (roadmap(page))
            (how(page))
        }
    }
}

/// Whether a week has a page: the years that we know have an end.
fn is_there(week: Week) -> bool {
    week.as_text().parse::<Week>().is_ok()
}

/// Who is written down, who is missing.
fn written(page: &WeekPage) -> Markup {
    let missing = page.missing();
    let over = if page.is_over { "" } else { " so far; the week is not over" };
    html! {
        @if page.people.is_empty() && page.whole_team.is_none() {
            p.lead { "Nobody belongs to the team in this week." }
        } @else if missing.is_empty() {
            p.lead { "The week is written down" (over) "." }
        } @else if missing.len() == page.people.len() {
            p.lead { span.bad[page.is_over] { "Nothing of this week is written down" } (over) "." }
        } @else {
            p.lead {
                (counted(page.people.len() - missing.len(), "week", "weeks")) " of " (page.people.len())
                " written down" (over) ". Missing: " span.bad[page.is_over] { (missing.join(", ")) } "."
            }
        }
    }
}

fn people(page: &WeekPage) -> Markup {
    html! {
        section #people {
            h2 { "Whose week went where" }
            @if let Some(all) = &page.whole_team {
                h3 { "The whole team, " (hours(all.hours)) }
                (shares(page, &all.shares))
            }
            @for person in &page.people {
                @if let Some(Written { hours: all, shares: those }) = &person.written {
                    h3 { (person.name) ", " (hours(*all)) }
                    (shares(page, those))
                }
            }
            @let missing = page.missing();
            @if !missing.is_empty() { p.soft { "Not written down: " (missing.join(", ")) "." } }
        }
    }
}

fn shares(page: &WeekPage, shares: &[NewShare]) -> Markup {
    html! {
        ul { @for share in shares { li {
            (part_of(share.share.get(), 2)) " " (words(share.kind.as_text()))
            @if let Some(key) = &share.component { " on " a href=(component(&page.reader.key, key)) { (key) } }
            @if let Some(item) = &share.roadmap_item { " for " (item) }
        } } }
    }
}

fn went(page: &WeekPage) -> Markup {
    html! {
        section #hours {
            h2 { "Where the time went" }
            @match page.toil.share {
                None => p { "Not known: nothing is written down." },
                Some(share) => {
                    p {
                        (hours(page.hours())) " are written down. "
                        span.bad[page.toil.over_line == Some(true)] {
                            (part_of(share.0, 1)) " of them were toil: on-call, incidents, support and toil itself"
                        }
                        @if page.toil.over_line == Some(true) { ", which is over the line of a half." }
                        @else { "; the line is a half." }
                    }
                    (table("kind", page.hours(), page.kinds.iter().map(|(kind, hours)| {
                        (html! { (words(kind.as_text())) }, *hours)
                    })))
                    (table("component", page.hours(), page.components.iter().map(|(named, hours)| {
                        let name = html! {
                            @match named {
                                Some(one) => a href=(component(&page.reader.key, &one.key)) { (one.name) },
                                None => span.soft { "none of them" },
                            }
                        };
                        (name, *hours)
                    })))
                }
            }
        }
    }
}

fn table(what: &str, all: Decimal, rows: impl Iterator<Item = (Markup, Decimal)>) -> Markup {
    html! {
        h3 { "By " (what) }
        div.scroll { table {
            thead { tr { th { "What" } th.n { "Hours" } th.n { "Share" } th { } } }
            tbody { @for (name, part) in rows { tr {
                td { (name) }
                td.n { (hours(part)) }
                td.n { @if all.is_zero() { "?" } @else { (part_of(part / all, 1)) } }
                td { (bar(part, all)) }
            } } }
        } }
    }
}

fn happened(page: &WeekPage) -> Markup {
    html! {
        section #happened {
            h2 { "What went wrong" }
            @if page.incidents.is_empty() { p { "No incident is recorded." } } @else {
                ul { @for one in &page.incidents { li {
                    strong { (one.title) } " (severity " (one.severity) "), began " (page.reader.moment(one.started_at))
                    @match one.resolved_at {
                        Some(at) => { ", resolved " (page.reader.moment(at)) }
                        None => { ", " span.bad { "goes on" } }
                    }
                    @for key in one.components.iter() { " · " a href=(component(&page.reader.key, key)) { (key) } }
                } } }
            }
            h2 { "What was done" }
            @if page.activities.is_empty() { p { "No activity is recorded." } } @else {
                ul { @for one in &page.activities { li {
                    (one.summary) " "
                    span.soft {
                        (weekday(one.on)) ", " (words(one.kind.as_text()))
                        @if one.planned { ", planned" } @else { ", not planned" }
                    }
                    @if let Some(key) = &one.component { " · " a href=(component(&page.reader.key, key)) { (key) } }
                } } }
            }
        }
    }
}

fn weekday(on: NaiveDate) -> String {
    on.format("%A").to_string()
}

fn roadmap(page: &WeekPage) -> Markup {
    let or_none = |day: &Option<String>| day.clone().unwrap_or_else(|| "no day".to_owned());
    html! {
        section #roadmap {
            h2 { "What changed on the roadmap" }
            @if page.changes.is_empty() && page.shipped.is_empty() { p { "Nothing did." } } @else {
                ul {
                    @for item in &page.shipped {
                        li { strong { (item.reference) " " (item.title) } " shipped" @if let Some(on) = item.shipped_on { " on " (weekday(on)) } }
                    }
                    @for change in &page.changes { li {
                        (change.item) " " (change.title) ": "
                        @match &change.step {
                            Step::Added(status) => { "added as " (words(status)) }
                            Step::Status(was, is) => { (words(was)) " → " (words(is)) }
                            Step::Horizon(was, is) => { "moved from " (words(was)) " to " (words(is)) }
                            Step::Target(was, is) => { "wanted by " (or_none(is)) ", was " (or_none(was)) }
                            Step::Deleted => "deleted",
                        }
                        span.soft { " (" (page.reader.moment(change.at)) ")" }
                    } }
                }
            }
        }
    }
}

/// The command line that writes it.
fn how(page: &WeekPage) -> Markup {
    html! {
        section #write {
            h2 { "To write it" }
            p { "As one sheet in your editor, shown as a difference before anything is sent:" }
            div.scroll { pre { code { "prodops week --product " (page.reader.key) " --week " (page.week) " --edit" } } }
            p.soft {
                "Or " code { "PUT /api/v1/products/" (page.reader.key) "/effort/" (page.week) } ", and "
                code { "POST …/repeat" } " for a week like the last one."
            }
        }
    }
}
