//! Claims: what each comes to, what it rests on, and what was said about it.

use super::{hidden, moment, money, typed, whose, words};
use crate::{
    impact::{
        Benefit, CommentKind, Confidence, EvidenceKind,
        value::{MonthValue, ValueInput},
    },
    kernel::{
        money::{Money, grouped},
        month::Month,
    },
    reports::{
        render,
        sections::benefit_words,
        waiting::{AskedClaim, Asks, Remark, Waiting, pages::Refusal},
    },
};
use maud::{Markup, html};
use rust_decimal::Decimal;

pub fn section(waiting: &Waiting, asks: Asks, title: &str, refusal: Option<&Refusal>) -> Markup {
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

fn benefit(benefit: Benefit, amount: Money) -> &'static str {
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
                    @if one.kind == EvidenceKind::Document {
                        li { "document: " (one.reference) " (" (one.grade) ")" }
                    }
                    @if one.kind == EvidenceKind::CatalogEntities {
                        li { "its authors' estimate: " (one.reference) " (" (one.grade) ")" }
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

/// An amount of worth: a loss is called one.
fn amount(money: Money, waiting: &Waiting) -> String {
    let size = Money::new(money.amount.abs(), money.currency).shown_whole();
    let loss = if money.amount < Decimal::ZERO { "a loss of " } else { "" };
    format!("{loss}{}", waiting.numerals.write(&size))
}
