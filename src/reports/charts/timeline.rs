//! A bar an item, from when it was begun to when it is due; what is only planned is a point at its day.

use super::{px, shortened};
use crate::{
    kernel::month::Month,
    reports::document::{Progress, Timeline, TimelineItem},
};
use chrono::{Days, NaiveDate};
use maud::{Markup, html};
use rust_decimal::Decimal;

const WIDTH: i64 = 960;
/// Where the names end and time begins.
const LEFT: i64 = 372;
const RIGHT: i64 = 944;
const TOP: i64 = 40;
const ROW: i64 = 26;

pub fn svg(chart: &Timeline, id: &str) -> Markup {
    let rows = i64::try_from(chart.items.len()).unwrap_or_default();
    let bottom = TOP + rows * ROW;
    let end = chart.to + Days::new(1);
    let whole = Decimal::from((end - chart.from).num_days().max(1));
    let x = |on: NaiveDate| {
        let passed = Decimal::from((on.clamp(chart.from, end) - chart.from).num_days());
        px(Decimal::from(LEFT) + passed / whole * Decimal::from(RIGHT - LEFT))
    };
    let y = |at: usize| TOP + i64::try_from(at).unwrap_or_default() * ROW;
    html! {
        svg role="img" viewBox={ "0 0 " (WIDTH) " " (bottom + 34) } aria-labelledby={ (id) "-t " (id) "-d" } {
            title id={ (id) "-t" } { (chart.title) }
            desc id={ (id) "-d" } { (chart.description) }
            @for month in Month::of(chart.from).up_to(Month::of(end)) {
                line .axis x1=(x(month.first_day())) y1=(TOP - 6) x2=(x(month.first_day())) y2=(bottom) {}
                text .small .soft x=(x(month.first_day()) + Decimal::from(4)) y=(TOP - 12) { (month.shown_short()) }
            }
            line .limit x1=(x(chart.judged_on)) y1=(TOP - 6) x2=(x(chart.judged_on)) y2=(bottom) {}
            @for (at, item) in chart.items.iter().enumerate() {
                text .end x=(LEFT - 10) y=(y(at) + 17) { (shortened(&item.label, 50)) }
                (bar(item, y(at), &x))
            }
            (legend(bottom + 18, chart.judged_on))
        }
    }
}

fn class(progress: Progress) -> &'static str {
    match progress {
        Progress::Begun => "s1",
        Progress::Planned => "s3",
        Progress::Overdue => "bad",
    }
}

fn bar(item: &TimelineItem, y: i64, x: &impl Fn(NaiveDate) -> Decimal) -> Markup {
    let to = x(item.to);
    html! {
        @if let Some(from) = item.from {
            rect .(class(item.progress)) x=(x(from)) y=(y + 7) width=((to - x(from)).max(Decimal::from(4))) height="12"
                rx="3" { title { (item.label) ": " (from) " – " (item.to) } }
        } @else {
            circle .(class(item.progress)) cx=(to) cy=(y + 13) r="6" { title { (item.label) ": " (item.to) } }
        }
    }
}

fn legend(y: i64, judged_on: NaiveDate) -> Markup {
    html! {
        rect .s1 x=(LEFT) y=(y) width="26" height="12" rx="3" {}
        text .small x=(LEFT + 34) y=(y + 10) { "begun" }
        circle .s3 cx=(LEFT + 106) cy=(y + 6) r="6" {}
        text .small x=(LEFT + 118) y=(y + 10) { "planned, due then" }
        rect .bad x=(LEFT + 246) y=(y) width="26" height="12" rx="3" {}
        text .small x=(LEFT + 280) y=(y + 10) { "overdue" }
        line .limit x1=(LEFT + 356) y1=(y) x2=(LEFT + 356) y2=(y + 12) {}
        text .small x=(LEFT + 364) y=(y + 10) { (judged_on.format("%-d %B %Y")) }
    }
}
