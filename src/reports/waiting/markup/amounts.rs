//! What worth is computed with, as far as nobody has agreed to it.

use super::{day, hidden, money, whose};
use crate::reports::{
    render,
    sections::driver_name,
    waiting::{AskedAmount, Waiting},
};
use maud::{Markup, html};

pub fn section(waiting: &Waiting) -> Markup {
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
