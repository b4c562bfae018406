//! A line from day to day: what was left of an error budget. Below the thick line it is overspent.
//! What happened meanwhile is a numbered band, named below the picture. On a narrow page the picture
//! shrinks and its text does not, so that all of the month is in sight.

use super::px;
use crate::{
    kernel::clock::Instant,
    reports::{document::BurndownChart, facts::percent},
};
use maud::{Markup, html};
use rust_decimal::Decimal;

const WIDTH: i64 = 960;
const HEIGHT: i64 = 320;
const LEFT: i64 = 88;
const RIGHT: i64 = 856;
const TOP: i64 = 40;
const BOTTOM: i64 = 282;
/// The days that are named below the line.
const EACH: usize = 7;

pub fn svg(chart: &BurndownChart, id: &str) -> Markup {
    let lowest = chart.points.iter().filter_map(|point| point.left).min().unwrap_or_default();
    let (step, bottom) = scale(lowest);
    let y = |left: Decimal| {
        let share = (Decimal::ONE - left) / (Decimal::ONE - bottom);
        px(Decimal::from(TOP) + share * Decimal::from(BOTTOM - TOP))
    };
    let seconds = |from: Instant, to: Instant| Decimal::from((to.utc() - from.utc()).num_seconds());
    let whole = seconds(chart.from, chart.to).max(Decimal::ONE);
    let x = |at: Instant| {
        let at = at.clamp(chart.from, chart.to);
        px(Decimal::from(LEFT) + seconds(chart.from, at) / whole * Decimal::from(RIGHT - LEFT))
    };
    let down = std::iter::successors(Some(Decimal::ZERO), |tick| Some(*tick - step));
    let up = std::iter::successors(Some(step.min(Decimal::ONE)), |tick| Some(*tick + step));
    let ticks: Vec<Decimal> =
        up.take_while(|tick| *tick <= Decimal::ONE).chain(down.take_while(|tick| *tick >= bottom)).collect();
    let starts = std::iter::once(chart.from).chain(chart.points.iter().map(|point| point.at));
    let days: Vec<_> = starts.zip(&chart.points).step_by(EACH).collect();
    let known = chart.points.iter().filter_map(|point| Some((point.at, point.left?)));
    let line: Vec<String> = std::iter::once((chart.from, Decimal::ONE))
        .chain(known)
        .map(|(at, left)| format!("{},{}", x(at), y(left)))
        .collect();
    html! {
        svg role="img" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-labelledby={ (id) "-t " (id) "-d" } {
            title id={ (id) "-t" } { (chart.title) }
            desc id={ (id) "-d" } { (chart.description) }
            @for tick in &ticks {
                line .axis[!tick.is_zero()] .limit[tick.is_zero()] x1=(LEFT) y1=(y(*tick)) x2=(RIGHT) y2=(y(*tick)) {}
                text .soft .end x=(LEFT - 8) y=(y(*tick) + Decimal::from(4)) { (percent(*tick)) }
            }
            @for (at, mark) in chart.marks.iter().enumerate() {
                @let (from, to) = (x(mark.from), x(mark.to));
                rect .band x=(from) y=(TOP) width=((to - from).max(Decimal::from(3))) height=(BOTTOM - TOP) {
                    title { (mark.label) }
                }
                text .small .mid .strong .bad x=((from + to) / Decimal::TWO) y=(TOP - 8 - i64::from(is_crowded(chart, at, &x)) * 14) {
                    (at + 1)
                }
            }
            @for (from, point) in &days {
                line .axis x1=(x(*from)) y1=(BOTTOM) x2=(x(*from)) y2=(BOTTOM + 5) {}
                text .small .soft x=(x(*from)) y=(BOTTOM + 20) { (point.label) }
            }
            polyline .burn points=(line.join(" ")) {}
            @if let Some((point, left)) = chart.points.iter().rev().find_map(|point| Some((point, point.left?))) {
                circle .end-point cx=(x(point.at)) cy=(y(left)) r="4" {}
                text .strong x=(x(point.at) + Decimal::from(9)) y=(y(left) + Decimal::from(5)) { (percent(left)) }
            }
        }
    }
}

/// Whether the number of a mark would stand on that of the one before.
fn is_crowded(chart: &BurndownChart, at: usize, x: &impl Fn(Instant) -> Decimal) -> bool {
    let place = |at: usize| chart.marks.get(at).map(|mark| x(mark.from));
    let before = at.checked_sub(1).and_then(place);
    at % 2 == 1 && place(at).zip(before).is_some_and(|(here, before)| here - before < Decimal::from(16))
}

/// How far apart the lines are, and the lowest of them: a whole number of steps below nothing left.
fn scale(lowest: Decimal) -> (Decimal, Decimal) {
    let depth = -lowest.min(Decimal::ZERO);
    let mut step = Decimal::new(25, 2);
    while (depth + Decimal::ONE) / step > Decimal::from(8) {
        step *= Decimal::TWO;
    }
    (step, -(depth / step).ceil() * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_reaches_as_low_as_the_line() {
        let scaled = |lowest: &str| {
            let (step, bottom) = scale(lowest.parse().unwrap());
            (step.normalize().to_string(), bottom.normalize().to_string())
        };
        assert_eq!(scaled("0.6"), ("0.25".to_owned(), "0".to_owned()));
        assert_eq!(scaled("-0.19"), ("0.25".to_owned(), "-0.25".to_owned()));
        assert_eq!(scaled("-4"), ("1".to_owned(), "-4".to_owned()));
        assert_eq!(scaled("-40"), ("8".to_owned(), "-40".to_owned()));
    }
}
