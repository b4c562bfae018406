//! What the pages of this chapter have in common.

use crate::kernel::{clock::Instant, money::grouped, month::Week};
use chrono::NaiveDate;
use chrono_tz::Tz;
use maud::{Markup, html};
use rust_decimal::{Decimal, RoundingStrategy};

/// Who looks at a page, and at which product's.
#[derive(Debug, Clone)]
pub struct Reader {
    pub name: String,
    /// Owners and editors see weeks, too.
    pub may_edit: bool,
    pub product: String,
    /// The product's key.
    pub key: String,
    pub zone: Tz,
    /// The day that it is there.
    pub today: NaiveDate,
}

impl Reader {
    /// The ways to the other pages, and out.
    pub fn top(&self) -> Markup {
        html! {
            header.top {
                nav.own {
                    a href="/" { "All reports" } " "
                    a href=(catalogue(&self.key)) { "What is run" } " "
                    a href=(people(&self.key)) { "Who uses it" } " "
                    a href=(roadmap(&self.key)) { "Roadmap" } " "
                    a href=(chain(&self.key)) { "What it is for" } " "
                    @if self.may_edit { a href=(present_week(&self.key)) { "This week" } }
                }
                span.soft { "Signed in as " (self.name) }
                form method="post" action="/logout" { button { "Sign out" } }
            }
        }
    }

    /// A moment as the product's people call it.
    pub fn moment(&self, at: Instant) -> String {
        at.utc().with_timezone(&self.zone).format("%-d %B %Y, %H:%M").to_string()
    }
}

/// The page of all components.
pub fn catalogue(product: &str) -> String {
    format!("/products/{product}/components")
}

/// The page of one, by its key.
pub fn component(product: &str, key: &str) -> String {
    format!("/products/{product}/components/{key}")
}

/// The page of all personas.
pub fn people(product: &str) -> String {
    format!("/products/{product}/personas")
}

/// The page of one, by its id.
pub fn persona(product: &str, id: &str) -> String {
    format!("/products/{product}/personas/{id}")
}

/// The page of the roadmap.
pub fn roadmap(product: &str) -> String {
    format!("/products/{product}/roadmap")
}

/// The page of the chain from the vision to what it was worth.
pub fn chain(product: &str) -> String {
    format!("/products/{product}/chain")
}

/// The page of where a row stands in the chain.
pub fn trace(product: &str, kind: &str, id: &str) -> String {
    format!("/products/{product}/trace/{kind}/{id}")
}

/// The page of a week.
pub fn week(product: &str, week: Week) -> String {
    format!("/products/{product}/weeks/{week}")
}

/// Leads to the page of the week that it is.
pub fn present_week(product: &str) -> String {
    format!("/products/{product}/weeks")
}

/// As a person writes it: `14 October 2026`.
pub fn day(on: NaiveDate) -> String {
    on.format("%-d %B %Y").to_string()
}

/// `on_call` as a person reads it.
pub fn words(word: &str) -> String {
    word.replace('_', " ")
}

/// With at most one digit after the point.
pub fn hours(hours: Decimal) -> String {
    let rounded = hours.round_dp_with_strategy(1, RoundingStrategy::MidpointNearestEven).normalize();
    format!("{} h", grouped(rounded, rounded.scale()))
}

/// A part of 1 as per cent, cut after so many digits: a promise that is missed never looks kept.
pub fn percent(share: Decimal, digits: u32) -> String {
    in_hundred(share, digits, RoundingStrategy::ToZero)
}

/// A part of the time as per cent, rounded to so many digits, half to even.
pub fn share(share: Decimal, digits: u32) -> String {
    in_hundred(share, digits, RoundingStrategy::MidpointNearestEven)
}

fn in_hundred(share: Decimal, digits: u32, strategy: RoundingStrategy) -> String {
    format!("{} %", (share * Decimal::ONE_HUNDRED).round_dp_with_strategy(digits, strategy).normalize())
}

pub fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        more => format!("{more} {many}"),
    }
}

/// How much a part is of the greatest, as a bar that needs no style of its own.
pub fn bar(part: Decimal, greatest: Decimal) -> Markup {
    let width = match greatest > Decimal::ZERO && part > Decimal::ZERO {
        true => (part / greatest * Decimal::from(240)).round_dp(1).normalize(),
        false => Decimal::ZERO,
    };
    html! {
        svg viewBox="0 0 240 10" aria-hidden="true" { rect .s2 x="0" y="1" width=(width) height="8" rx="1" {} }
    }
}
