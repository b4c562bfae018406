//! The page in HTML: what waits first, then what may be looked at again.

mod amounts;
mod claims;
mod decisions;

use super::{
    Act, ActKind, Asks, Reader, Waiting,
    pages::{Doing, Refusal},
};
use crate::{
    kernel::{clock::Instant, failure::Failure, http::page::capitalised, money::Money},
    reports::document::counted,
};
use chrono::NaiveDate;
use maud::{Markup, html};

pub fn page(name: &str, waiting: &Waiting, refusal: Option<&Refusal>) -> Markup {
    html! {
        main {
            header.top {
                nav { a href="/" { "All reports" } }
                span.soft { "Signed in as " (name) }
                form method="post" action="/logout" { button { "Sign out" } }
            }
            header.title {
                h1 { @if waiting.may_act() { "What waits for you" } @else { "What waits for others" } }
                p.month { (waiting.product.name) }
            }
            (news(waiting))
            @if let Some(refusal) = refusal { (refused(refusal, waiting)) }
            (introduction(waiting))
            (decisions::section(waiting, refusal))
            (claims::section(waiting, Asks::Judgement, "Is this what it was worth?", refusal))
            (amounts::section(waiting))
            (claims::section(waiting, Asks::Contentment, "What you have questioned", refusal))
            (claims::section(waiting, Asks::Patience, "Not known yet", refusal))
            @if waiting.may_act() {
                (claims::section(waiting, Asks::Nothing, "What you have accepted", refusal))
                (acts(waiting))
            }
        }
    }
}

fn introduction(waiting: &Waiting) -> Markup {
    let count = waiting.count();
    html! {
        @match &waiting.reader {
            Reader::Stakeholders(mine) => {
                p.lead {
                    @if count == 0 { "Nothing waits for your word." }
                    @else { (counted(count, "thing waits", "things wait")) " for your word." }
                }
                p.soft {
                    "You judge as "
                    @for (at, one) in mine.iter().enumerate() { @if at > 0 { " and " } strong { (one.name) } }
                    ". Nobody else can do it for you, and the team that reports cannot either. Whatever you say is \
                     kept with your name and the time."
                }
            }
            Reader::Team => {
                p.lead { (counted(count, "thing waits", "things wait")) " for the word of those who judge." }
                p.note {
                    "You may change what stands here, so you do not judge it: owners and editors cannot accept, \
                     question, agree or answer. You see what waits, and for whom."
                }
            }
            Reader::Retired => {
                p.lead { "You have retired as a stakeholder here, and judge nothing any more." }
            }
            Reader::Nobody => {
                p.lead { "Nothing can wait for you here." }
                p {
                    "You read this product's reports, but no stakeholder is said to be you. An owner can say so; \
                     from then on you find here what you are asked."
                }
            }
        }
    }
}

/// What the reader did just now, as the rows say it.
fn news(waiting: &Waiting) -> Markup {
    html! {
        @if let Some(act) = waiting.news() { section.told role="status" { (told(act, waiting)) } }
    }
}

fn acts(waiting: &Waiting) -> Markup {
    html! {
        @if !waiting.acts.is_empty() {
            section #said {
                h2 { "What you have said" }
                @for act in &waiting.acts { (told(act, waiting)) }
            }
        }
    }
}

fn told(act: &Act, waiting: &Waiting) -> Markup {
    html! {
        p {
            (match act.kind {
                ActKind::Accepted => "You accepted ",
                ActKind::Questioned => "You questioned ",
                ActKind::Agreed => "You agreed to ",
                ActKind::Answered => "You answered ",
            })
            strong { (waiting.numerals.write(&act.what)) }
            @if !act.words.is_empty() { " " q.words { (act.words) } }
            span.soft { " " (moment(act.at, waiting)) }
        }
    }
}

fn refused(refusal: &Refusal, waiting: &Waiting) -> Markup {
    let row = refusal.sent.row.as_str();
    let card = waiting.claims.iter().any(|one| one.claim.id == row)
        || waiting.decisions.iter().any(|one| one.decision.id == row);
    let amount = waiting.amounts.iter().any(|one| one.driver.id == row);
    let place = if card { Some(format!("#row-{row}")) } else { amount.then(|| "#amounts".to_owned()) };
    html! {
        section.draft role="alert" {
            p {
                strong { "Nothing was noted" }
                @if let Some(title) = &refusal.title {
                    " of "
                    @match &place { Some(place) => { a href=(place) { (title) } } None => { strong { (title) } } }
                }
                ". " (refusal.why)
            }
            @if place.is_none() && !refusal.sent.text.is_empty() { p { "You wrote: " q.words { (refusal.sent.text) } } }
        }
    }
}

/// Why nothing came of a form, in a person's words.
pub fn why(failure: &Failure, doing: Doing, changes: &[String]) -> String {
    match failure {
        Failure::Stale if changes.is_empty() => {
            "The figures behind it have changed since you looked. It stands below as \
            it is now: look again, and say it once more."
                .to_owned()
        }
        Failure::Stale => {
            let what = changes.join(", ");
            format!(
                "It has changed since you looked ({what}). It stands below as it is now: look again, and say it once more."
            )
        }
        Failure::Invalid(faults) if faults.iter().any(|fault| fault.code == "too_long") => {
            "That is too long: at most 4,000 characters.".to_owned()
        }
        Failure::Invalid(faults) if faults.iter().any(|fault| fault.code == "too_short") => match doing {
            Doing::Question => "Write what you question: the team answers your words.".to_owned(),
            _ => "Choose an answer, or write one.".to_owned(),
        },
        other => format!("{}.", capitalised(&other.detail())),
    }
}

/// What was typed into the form of a row that was refused.
fn typed<'r>(refusal: Option<&'r Refusal>, row: &str) -> &'r str {
    refusal.filter(|refusal| refusal.sent.row == row).map_or("", |refusal| refusal.sent.text.as_str())
}

/// For whom it waits, where that is not the reader.
fn whose(judge: Option<&str>, waiting: &Waiting) -> Markup {
    html! {
        @match (&waiting.reader, judge) {
            (Reader::Team, Some(name)) => { p.soft { "Waits for " strong { (name) } } }
            (Reader::Team, None) => { p.bad { "Nobody is named who could judge it." } }
            // Several who share a login are told apart.
            (Reader::Stakeholders(mine), Some(name)) if mine.len() > 1 => { p.soft { "As " (name) } }
            _ => {}
        }
    }
}

fn hidden(row: &str, version: i64) -> Markup {
    html! {
        input type="hidden" name="row" value=(row);
        input type="hidden" name="version" value=(version);
    }
}

fn words(label: &str, typed: &str) -> Markup {
    html! { label { (label) textarea name="text" rows="3" maxlength="4000" { (typed) } } }
}

fn money(money: Money, waiting: &Waiting) -> String {
    waiting.numerals.write(&money.shown())
}

fn day(on: NaiveDate) -> String {
    on.format("%-d\u{a0}%B\u{a0}%Y").to_string()
}

fn moment(at: Instant, waiting: &Waiting) -> String {
    at.utc().with_timezone(&waiting.zone).format("%-d %B %Y, %H:%M").to_string()
}
