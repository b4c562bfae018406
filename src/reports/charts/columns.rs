//! A column a month, stacked by component, each series named beside the last column. A month that
//! is not known has no column: part of a sum would look like a small sum.

use super::{colour, px, shortened};
use crate::reports::{
    document::{Chart, ChartColumn},
    views::Numerals,
};
use maud::{Markup, html};
use rust_decimal::{Decimal, prelude::ToPrimitive};

const WIDTH: i64 = 960;
const HEIGHT: i64 = 400;
const LEFT: i64 = 78;
/// Where the names of the series begin.
const NAMES: i64 = 756;
const RIGHT: i64 = 732;
const TOP: i64 = 26;
const BOTTOM: i64 = 362;
/// The least distance between two names.
const LINE: i64 = 21;

pub fn svg(chart: &Chart, id: &str, numerals: Numerals) -> Markup {
    let highest = chart.columns.iter().map(height).max().unwrap_or_default();
    let (step, top) = scale(highest);
    let y = |amount: Decimal| {
        let share = if top.is_zero() { Decimal::ZERO } else { amount / top };
        px(Decimal::from(BOTTOM) - share * Decimal::from(BOTTOM - TOP))
    };
    let pitch = Decimal::from(RIGHT - LEFT) / Decimal::from(chart.columns.len().max(1));
    let width = px(pitch * Decimal::new(7, 1));
    let x = |at: usize| px(Decimal::from(LEFT) + pitch * Decimal::from(at) + (pitch - width) / Decimal::TWO);
    let middle = |at: usize| px(x(at) + width / Decimal::TWO);
    let ticks: Vec<Decimal> = std::iter::successors(Some(step), |tick| Some(*tick + step))
        .take_while(|tick| *tick <= top && !step.is_zero())
        .collect();
    let last = chart.columns.len().saturating_sub(1);
    html! {
        svg role="img" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-labelledby={ (id) "-t " (id) "-d" } {
            title id={ (id) "-t" } { (chart.title) }
            desc id={ (id) "-d" } { (chart.description) }
            @for tick in &ticks {
                line .axis x1=(LEFT) y1=(y(*tick)) x2=(RIGHT) y2=(y(*tick)) {}
                text .soft .end x=(LEFT - 8) y=(y(*tick) + Decimal::from(4)) { (numerals.whole(*tick)) }
            }
            line .base x1=(LEFT) y1=(BOTTOM) x2=(RIGHT) y2=(BOTTOM) {}
            @for (at, column) in chart.columns.iter().enumerate() {
                @if column.total.fact.known {
                    @for (series, (from, to)) in stack(column).into_iter().enumerate() {
                        @if to > from {
                            rect .part .(colour(series, chart.series.len())) x=(x(at)) y=(y(to)) width=(width)
                                height=(px(y(from) - y(to))) {
                                title {
                                    (chart.series[series]) ", " (column.label) ": " (column.points[series].fact.shown)
                                }
                            }
                        }
                    }
                    text .small .mid .strong[at == last] x=(middle(at)) y=(y(height(column)) - Decimal::from(6)) {
                        (column.total.amount.map_or_else(String::new, |amount| numerals.whole(amount)))
                    }
                } @else {
                    rect .missing x=(x(at)) y=(BOTTOM - 40) width=(width) height="40" {
                        title { (column.label) ": not known" }
                    }
                    text .soft .mid x=(middle(at)) y=(BOTTOM - 14) { "?" }
                }
                text .small .mid .soft[at != last] .strong[at == last] x=(middle(at)) y=(BOTTOM + 20) { (column.label) }
            }
            @for (series, from, to) in names(chart, &y) {
                @if let Some(from) = from {
                    line .leader x1=(x(last) + width + Decimal::TWO) y1=(from) x2=(NAMES - 6) y2=(to) {}
                }
                rect .(colour(series, chart.series.len())) x=(NAMES) y=(to - 6) width="12" height="12" rx="2" {}
                text x=(NAMES + 20) y=(to + 5) { (shortened(&chart.series[series], 25)) }
            }
        }
    }
}

/// How high a column stands: what was earned back is not drawn below the line.
fn height(column: &ChartColumn) -> Decimal {
    stack(column).last().map_or(Decimal::ZERO, |(_, to)| *to)
}

/// From where to where each part reaches.
fn stack(column: &ChartColumn) -> Vec<(Decimal, Decimal)> {
    let mut reached = Decimal::ZERO;
    column
        .points
        .iter()
        .map(|point| {
            let from = reached;
            reached += point.amount.unwrap_or_default().max(Decimal::ZERO);
            (from, reached)
        })
        .collect()
}

/// A step of 1, 2 or 5 times a power of ten that makes three to six of them, and the last one.
fn scale(highest: Decimal) -> (Decimal, Decimal) {
    if highest <= Decimal::ZERO {
        return (Decimal::ZERO, Decimal::ZERO);
    }
    let mut step = Decimal::ONE;
    while highest / step > Decimal::from(60) {
        step *= Decimal::TEN;
    }
    let factor =
        [1, 2, 5, 10, 20].into_iter().find(|factor| highest / (step * Decimal::from(*factor)) <= Decimal::from(6));
    let step = step * Decimal::from(factor.unwrap_or(1));
    (step, (highest / step).ceil() * step)
}

/// Each series with the middle of its part in the last column, where there is one, and the line its
/// name stands on: as near as the others leave room for, from the top of the stack down.
fn names(chart: &Chart, y: &impl Fn(Decimal) -> Decimal) -> Vec<(usize, Option<i64>, i64)> {
    let last = chart.columns.last();
    let parts = last.filter(|column| column.total.fact.known).map(stack).unwrap_or_default();
    let middle = |series: usize| {
        let (from, to) = parts.get(series).copied().filter(|(from, to)| to > from)?;
        y((from + to) / Decimal::TWO).to_i64()
    };
    let mut lowest = TOP - LINE;
    let mut placed: Vec<_> = (0..chart.series.len())
        .rev()
        .map(|series| {
            let wanted = middle(series);
            lowest = wanted.unwrap_or(TOP).max(lowest + LINE);
            (series, wanted, lowest)
        })
        .collect();
    let mut room = BOTTOM - 4;
    for (_, _, at) in placed.iter_mut().rev() {
        *at = (*at).min(room);
        room = *at - LINE;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_has_round_steps() {
        let scaled = |highest: i64| {
            let (step, top) = scale(Decimal::from(highest));
            (step.to_string(), top.to_string())
        };
        assert_eq!(scaled(0), ("0".to_owned(), "0".to_owned()));
        assert_eq!(scaled(7), ("2".to_owned(), "8".to_owned()));
        assert_eq!(scaled(101_234), ("20000".to_owned(), "120000".to_owned()));
        assert_eq!(scaled(4_999_999), ("1000000".to_owned(), "5000000".to_owned()));
    }
}
