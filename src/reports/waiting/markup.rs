//! The page in HTML: what waits first, then what may be looked at again.

use super::{
    Act, ActKind, AskedAmount, AskedClaim, AskedDecision, Asks, Reader, Remark, Waiting,
    pages::{Doing, Refusal},
};
use crate::{
    impact::{
        CommentKind, Confidence,
        value::{MonthValue, ValueInput},
    },
    kernel::{
        clock::Instant,
        failure::Failure,
        http::page::capitalised,
        money::{Money, grouped},
        month::Month,
    },
    reports::{
        document::counted,
        render,
        sections::{benefit_words, driver_name},
    },
};
use chrono::NaiveDate;
use maud::{Markup, html};
use rust_decimal::Decimal;

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
            (decisions(waiting, refusal))
            (claims(waiting, Asks::Judgement, "Is this what it was worth?", refusal))
            (amounts(waiting))
            (claims(waiting, Asks::Contentment, "What you have questioned", refusal))
            (claims(waiting, Asks::Patience, "Not known yet", refusal))
            @if waiting.may_act() {
                (claims(waiting, Asks::Nothing, "What you have accepted", refusal))
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

fn decisions(waiting: &Waiting, refusal: Option<&Refusal>) -> Markup {
    html! {
        @if !waiting.decisions.is_empty() {
            section #decisions {
                h2 { "What needs a decision" }
                @for one in &waiting.decisions { (decision(one, waiting, refusal)) }
            }
        }
    }
}

fn decision(asked: &AskedDecision, waiting: &Waiting, refusal: Option<&Refusal>) -> Markup {
    let decision = &asked.decision;
    let chosen = refusal.filter(|refusal| refusal.sent.row == decision.id).map(|refusal| refusal.sent.option.as_str());
    let options = decision.options.value();
    html! {
        article.ask id={ "row-" (decision.id) } {
            h3 { (decision.question) }
            (whose(asked.judge.as_deref(), waiting))
            p { (deadline(asked, waiting)) }
            @if waiting.may_act() {
                form method="post" action=(render::waiting(&waiting.product.key)) {
                    (hidden(&decision.id, decision.version))
                    @if !options.is_empty() {
                        fieldset {
                            legend { "Your answer" }
                            @for option in options {
                                label.choice {
                                    input type="radio" name="option" value=(option) checked[chosen == Some(option.as_str())];
                                    span { (option) }
                                }
                            }
                            label.choice {
                                input type="radio" name="option" value="" checked[chosen == Some("")];
                                span { "Something else, in my own words" }
                            }
                        }
                    }
                    (words(
                        if options.is_empty() { "Your answer" } else { "In your own words (beside what you choose, or in its place)" },
                        typed(refusal, &decision.id),
                    ))
                    button name="do" value="answer" { "Answer" }
                }
            } @else if !options.is_empty() {
                p { "To choose from: " @for (at, option) in options.iter().enumerate() { @if at > 0 { ", " } q.words { (option) } } "." }
            }
        }
    }
}

/// By when it is needed, and what waiting costs.
fn deadline(asked: &AskedDecision, waiting: &Waiting) -> Markup {
    let (decision, today) = (&asked.decision, waiting.today());
    let late = decision.days_late(today).filter(|days| !days.is_zero());
    html! {
        @match (decision.due_on, late) {
            (None, _) => { "Nobody said by when." }
            (Some(due), None) => { "Needed by " strong { (day(due)) } "." }
            (Some(due), Some(days)) => {
                "Needed by " (day(due)) ": "
                strong.bad { (days) @if days == Decimal::ONE { " day late" } @else { " days late" } } "."
            }
        }
        " "
        @match (decision.weekly(), late.and_then(|days| decision.waiting(days))) {
            (None, _) => { span.soft { "What a week of waiting costs nobody said." } }
            (Some(weekly), None) => { "A week of waiting after that costs " (money(weekly, waiting)) "." }
            (Some(weekly), Some(cost)) => {
                "A week of waiting costs " (money(weekly, waiting)) "; so far it has cost " strong { (money(cost, waiting)) } "."
            }
        }
    }
}

fn claims(waiting: &Waiting, asks: Asks, title: &str, refusal: Option<&Refusal>) -> Markup {
    let title = if waiting.may_act() || asks != Asks::Contentment { title } else { "What is questioned" };
    html! {
        @if waiting.asking(asks).next().is_some() {
            section {
                h2 { (title) }
                @if asks == Asks::Contentment && waiting.may_act() {
                    p.soft { "The team answers you. Until you accept it, none of it counts as accepted." }
                }
                @for one in waiting.asking(asks) { (claim(one, waiting, refusal)) }
            }
        }
    }
}

fn claim(asked: &AskedClaim, waiting: &Waiting, refusal: Option<&Refusal>) -> Markup {
    let claim = &asked.claim;
    let about = claim.roadmap_item.as_deref().or(claim.component.as_deref());
    html! {
        article.ask id={ "row-" (claim.id) } {
            h3 { (claim.title) @if let Some(about) = about { " " span.soft { (about) } } }
            (whose(asked.judge.as_deref(), waiting))
            @match asked.last() {
                Some(value) if claim.method.is_some() => { p { (worth(asked, value, waiting)) } }
                _ => { p { "It is told in words only: there is no figure to accept." } (render::harmless(&claim.narrative)) }
            }
            p.soft { (standing(asked, waiting.may_act())) }
            @if let Some(told) = &asked.told {
                p.own {
                    a href=(told.href) {
                        "How the figure of " (told.month.shown()) " came about, down to its rows"
                    }
                }
            }
            details {
                summary { "What it rests on" }
                (grounds(asked, waiting))
            }
            (talk(asked, waiting))
            @if waiting.may_act() {
                @if asked.asks == Asks::Nothing {
                    details open[!typed(refusal, &claim.id).is_empty()] {
                        summary { "Question it after all" }
                        (form(asked, waiting, refusal))
                    }
                } @else { (form(asked, waiting, refusal)) }
            }
        }
    }
}

fn form(asked: &AskedClaim, waiting: &Waiting, refusal: Option<&Refusal>) -> Markup {
    let accepts = matches!(asked.asks, Asks::Judgement | Asks::Contentment);
    let label =
        if accepts { "In your words (a question needs them, an acceptance does not)" } else { "What you question" };
    html! {
        form method="post" action=(render::waiting(&waiting.product.key)) {
            (hidden(&asked.claim.id, asked.claim.version))
            input type="hidden" name="seen" value=(asked.fingerprint);
            (words(label, typed(refusal, &asked.claim.id)))
            p.acts {
                @if accepts { button name="do" value="accept" { "Accept" } " " }
                button.second name="do" value="question" { "Question it" }
            }
        }
    }
}

/// What it comes to in the month to look at.
fn worth(asked: &AskedClaim, value: &MonthValue, waiting: &Waiting) -> Markup {
    let parts = value.parts_of(&asked.claim, waiting.product.currency);
    html! {
        (value.month.shown()) ": "
        @match &value.unknown {
            Some(why) => { span.unknown { "not known" } " (" (why) ")" }
            None => {
                @for (at, part) in parts.iter().enumerate() {
                    @if at > 0 { ", " }
                    strong { (amount(part.amount, waiting)) } " " (benefit(part.benefit, part.amount))
                    @if part.unrealised && part.amount.amount > Decimal::ZERO {
                        "; nobody says what the freed time went into"
                    }
                }
            }
        }
        @if let Some(expected) = value.expected { "; expected were " (money(expected, waiting)) " a month" }
        "."
        @if !value.counted && value.unknown.is_none() {
            " Together with others it claims more than all of the same: it does not count until that is settled, even if \
             it is accepted."
        }
    }
}

fn benefit(benefit: crate::impact::Benefit, amount: Money) -> &'static str {
    let (gained, lost) = benefit_words(benefit);
    if amount.amount < Decimal::ZERO { lost } else { gained }
}

/// What accepting it now would add to what is accepted.
fn standing(asked: &AskedClaim, may_act: bool) -> String {
    let fresh: Vec<Month> = asked.fresh().iter().map(|value| value.month).collect();
    match (asked.asks, fresh.as_slice()) {
        (Asks::Patience, _) if may_act => "There is nothing to accept yet; you may ask about it.".to_owned(),
        (Asks::Patience, _) => "There is nothing to accept yet.".to_owned(),
        (Asks::Nothing, _) => "Accepted as far as it is computed.".to_owned(),
        (_, []) => "Nobody has judged it.".to_owned(),
        (_, [one]) => format!("To be accepted: {}.", one.shown()),
        (_, [first, .., last]) => {
            format!("To be accepted: {} months, from {} to {}.", fresh.len(), first.shown(), last.shown())
        }
    }
}

fn grounds(asked: &AskedClaim, waiting: &Waiting) -> Markup {
    let claim = &asked.claim;
    let attribution = claim.attribution.value();
    let numerals = |text: &str| waiting.numerals.write(text);
    html! {
        @if claim.method.is_some() && !claim.narrative.is_empty() { (render::harmless(&claim.narrative)) }
        p {
            strong { "Credited to this work: " (numerals(&(attribution.share.get() * Decimal::ONE_HUNDRED).normalize().to_string())) " %." }
            " " q.words { (attribution.why) }
        }
        @if !claim.counterfactual.is_empty() {
            p { strong { "Without it: " } q.words { (claim.counterfactual) } }
        }
        p {
            strong { "How sure the team is: " }
            (match claim.confidence {
                Confidence::High => "sure; weighted in full.",
                Confidence::Medium => "fairly; weighted by 0.8.",
                Confidence::Low => "not very; weighted by half.",
            })
        }
        @if let Some(driver) = &asked.driver { p { strong { "Computed with: " } (driver) "." } }
        @if let Some(value) = asked.last().filter(|value| !value.inputs.is_empty()) {
            div.scroll {
                table {
                    caption { "What went into " (value.month.shown()) }
                    tbody {
                        @for input in &value.inputs {
                            tr {
                                th scope="row" { (input.name.replace('_', " ")) }
                                td.n { (entered(input, waiting)) }
                            }
                        }
                    }
                }
            }
        }
        @if asked.months.len() > 1 { (months(asked, waiting)) }
        @if !asked.evidence.is_empty() || !claim.evidence.value().is_empty() {
            p { strong { "Evidence:" } }
            ul {
                @for one in &asked.evidence { li { (one) } }
                @for one in claim.evidence.value() {
                    @if one.kind == crate::impact::EvidenceKind::Document {
                        li { "document: " (one.reference) " (" (one.grade) ")" }
                    }
                }
            }
        }
    }
}

/// What was put into the method, with as many digits as people write.
fn entered(input: &ValueInput, waiting: &Waiting) -> String {
    let shown = match (input.value.parse::<Decimal>(), input.unit.parse()) {
        (Ok(value), Ok(currency)) => Money::new(value, currency).shown(),
        (Ok(value), Err(_)) => {
            let digits = value.normalize().scale().min(2);
            format!("{} {}", grouped(value, digits), input.unit)
        }
        (Err(_), _) => format!("{} {}", input.value, input.unit),
    };
    waiting.numerals.write(&shown)
}

fn months(asked: &AskedClaim, waiting: &Waiting) -> Markup {
    html! {
        div.scroll {
            table {
                caption { "Month by month" }
                thead { tr { th scope="col" { "Month" } th.n scope="col" { "Worth" } th scope="col" { "Your word" } } }
                tbody {
                    @for value in asked.months.iter().rev() {
                        tr {
                            th scope="row" { (value.month.shown()) }
                            td.n {
                                @if let Some(why) = &value.unknown { span.unknown title=(why) { "not known" } }
                                @else {
                                    @for (at, part) in value.parts_of(&asked.claim, waiting.product.currency).iter().enumerate() {
                                        @if at > 0 { br; }
                                        (amount(part.amount, waiting))
                                    }
                                }
                            }
                            td { @if value.accepted { "accepted" } @else { "–" } }
                        }
                    }
                }
            }
        }
    }
}

fn talk(asked: &AskedClaim, waiting: &Waiting) -> Markup {
    let said = |remark: &Remark| match (&remark.who, remark.kind) {
        (None, CommentKind::Accept) => "You accepted it".to_owned(),
        (None, CommentKind::Question) => "You asked".to_owned(),
        (None, CommentKind::Comment) => "You said".to_owned(),
        (Some(name), CommentKind::Accept) => format!("{name} accepted it"),
        (Some(name), CommentKind::Question) => format!("{name} asked"),
        (Some(name), CommentKind::Comment) => format!("{name} said"),
    };
    html! {
        @if !asked.talk.is_empty() {
            ul.talk {
                @for remark in &asked.talk {
                    li {
                        (said(remark)) @if !remark.text.is_empty() { ": " q.words { (remark.text) } }
                        " " span.soft { (moment(remark.at, waiting)) }
                    }
                }
            }
        }
    }
}

fn amounts(waiting: &Waiting) -> Markup {
    html! {
        @if !waiting.amounts.is_empty() {
            section #amounts {
                h2 { "Do you agree to this?" }
                p.soft { "What worth is computed with. Nothing counts as agreed before you say so; if it is wrong, leave it and tell the team." }
                @for one in &waiting.amounts { (amount_asked(one, waiting)) }
            }
        }
    }
}

fn amount_asked(asked: &AskedAmount, waiting: &Waiting) -> Markup {
    let driver = &asked.driver;
    html! {
        article.ask {
            h3 { (driver.name) }
            (whose(asked.judge.as_deref(), waiting))
            p {
                strong { (money(asked.amount.money(), waiting)) } " for " (driver_name(driver.kind))
                ", from " (day(asked.amount.valid_from)) " on."
            }
            @if !driver.source.is_empty() { p { "Where it comes from: " q.words { (driver.source) } } }
            p.soft {
                @if asked.claims.is_empty() { "No claim is computed with it yet." }
                @else { "Computed with it: " (asked.claims.join("; ")) "." }
            }
            @if waiting.may_act() {
                form method="post" action=(render::waiting(&waiting.product.key)) {
                    (hidden(&driver.id, driver.version))
                    input type="hidden" name="valid_from" value=(asked.amount.valid_from);
                    button name="do" value="agree" { "Agree" }
                }
            }
        }
    }
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

/// An amount of worth: a loss is called one.
fn amount(money: Money, waiting: &Waiting) -> String {
    let size = Money::new(money.amount.abs(), money.currency).shown_whole();
    let loss = if money.amount < Decimal::ZERO { "a loss of " } else { "" };
    format!("{loss}{}", waiting.numerals.write(&size))
}

fn day(on: NaiveDate) -> String {
    on.format("%-d\u{a0}%B\u{a0}%Y").to_string()
}

fn moment(at: Instant, waiting: &Waiting) -> String {
    at.utc().with_timezone(&waiting.zone).format("%-d %B %Y, %H:%M").to_string()
}
