//! One bar, divided by what the money was for.

use super::{colour, px, shortened};
use crate::reports::{document::Chart, facts::percent, views::Numerals};
use maud::{Markup, html};
use rust_decimal::Decimal;

const WIDTH: i64 = 960;
const BAR: i64 = 34;
const HEIGHT: i64 = 92;

pub fn svg(chart: &Chart, id: &str, numerals: Numerals) -> Markup {
    let column = chart.columns.first();
    let amounts: Vec<_> =
        column.map_or_else(Vec::new, |column| column.points.iter().map(|point| point.amount).collect());
    let drawn: Option<Vec<Decimal>> = amounts.iter().map(|amount| amount.map(|it| it.max(Decimal::ZERO))).collect();
    let sum: Decimal = drawn.iter().flatten().sum();
    let mut parts = Vec::new();
    if let Some(drawn) = drawn.filter(|_| sum > Decimal::ZERO) {
        let mut from = Decimal::ZERO;
        for amount in drawn {
            let width = amount / sum * Decimal::from(WIDTH);
            parts.push((px(from), px(width)));
            from += width;
        }
    }
    let count = i64::try_from(chart.series.len()).unwrap_or(1).max(1);
    html! {
        svg role="img" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-labelledby={ (id) "-t " (id) "-d" } {
            title id={ (id) "-t" } { (chart.title) }
            desc id={ (id) "-d" } { (chart.description) }
            @if parts.is_empty() {
                rect .missing x="0" y="0" width=(WIDTH) height=(BAR) rx="3" {}
                text .soft x="12" y="22" { "not known" }
            }
            @for (at, (x, width)) in parts.iter().enumerate() {
                rect .part .(colour(at, parts.len())) x=(x) y="0" width=(width) height=(BAR) {}
            }
            @for (at, name) in chart.series.iter().enumerate() {
                @let x = i64::try_from(at).unwrap_or(0) * (WIDTH / count);
                rect .key .(colour(at, chart.series.len())) x=(x) y="54" width="12" height="12" rx="2" {}
                text .strong x=(x + 20) y="64.5" { (shortened(name, 32)) }
                text .soft x=(x + 20) y="84" {
                    (said(chart, at, sum, numerals))
                }
            }
        }
    }
}

/// The part of a series, and its share.
fn said(chart: &Chart, at: usize, sum: Decimal, numerals: Numerals) -> String {
    let point = chart.columns.first().and_then(|column| column.points.get(at));
    match point.and_then(|point| point.amount) {
        Some(amount) if sum > Decimal::ZERO => {
            let share = numerals.write(&percent(amount / sum));
            format!("{} {} · {share}", chart.currency, numerals.whole(amount))
        }
        Some(amount) => format!("{} {}", chart.currency, numerals.whole(amount)),
        None => "not known".to_owned(),
    }
}

/// What the colours mean, for where the picture is too narrow for words.
pub fn legend(chart: &Chart, numerals: Numerals) -> Markup {
    let points = chart.columns.first().map(|column| column.points.as_slice()).unwrap_or_default();
    let sum: Decimal = points.iter().filter_map(|point| point.amount).map(|it| it.max(Decimal::ZERO)).sum();
    html! {
        ul.legend {
            @for (at, name) in chart.series.iter().enumerate() {
                li { i .(colour(at, chart.series.len())) {} strong { (name) } " " (said(chart, at, sum, numerals)) }
            }
        }
    }
}
