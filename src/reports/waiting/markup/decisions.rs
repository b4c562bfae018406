//! What needs a decision: what there is to choose from, by when, and what waiting costs.

use super::{day, hidden, money, typed, whose, words};
use crate::reports::{
    render,
    waiting::{AskedDecision, Waiting, pages::Refusal},
};
use maud::{Markup, html};
use rust_decimal::Decimal;

pub fn section(waiting: &Waiting, refusal: Option<&Refusal>) -> Markup {
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
