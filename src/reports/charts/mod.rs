//! Charts of our own, as SVG that needs no script: each with a title, a description and, beside
//! it, the table it was drawn from. Coordinates are decimals like everything else.

mod bar;
mod burndown;
mod columns;
mod timeline;

pub use bar::legend;
pub use burndown::svg as burndown;
pub use timeline::svg as timeline;

use super::{
    document::{Chart, ChartKind},
    views::Numerals,
};
use maud::Markup;
use rust_decimal::{Decimal, RoundingStrategy};

/// Draws a chart. `id` is unique in the page.
pub fn svg(chart: &Chart, id: &str, numerals: Numerals) -> Markup {
    match chart.chart {
        ChartKind::StackedColumns => columns::svg(chart, id, numerals),
        ChartKind::StackedBar => bar::svg(chart, id, numerals),
    }
}

/// The class that colours a series: from dark to light, so that grey tells them apart too. A few
/// are spread out; the last of many is the rest.
fn colour(series: usize, of: usize) -> String {
    match of {
        ..=3 => format!("s{}", series * 2),
        _ if series + 1 == of => "rest".to_owned(),
        _ => format!("s{series}"),
    }
}

/// As a coordinate: a tenth of a pixel is fine enough.
fn px(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(1, RoundingStrategy::MidpointNearestEven).normalize()
}

/// At most so many characters, the last one an ellipsis.
fn shortened(text: &str, to: usize) -> String {
    if text.chars().count() <= to {
        return text.to_owned();
    }
    let kept: String = text.chars().take(to - 1).collect();
    format!("{}…", kept.trim_end())
}
