//! One block after the other.

use super::{Links, commentary};
use crate::reports::{
    charts,
    document::{Block, BurndownChart, Chart, ChartKind, Inline, Progress, SectionKey, Shown, Table, Timeline},
};
use chrono::NaiveDate;
use maud::{Markup, html};

pub fn block(block: &Block, links: &Links, section: SectionKey, at: usize) -> Markup {
    html! {
        @match block {
            Block::Paragraph { parts } => { p .lead[section == SectionKey::Headline] { (inline(parts, links)) } }
            Block::Heading { text } => { h3 { (text) } }
            Block::Note { parts } => { p.note { (inline(parts, links)) } }
            Block::List { items } => { ul { @for item in items { li { (inline(item, links)) } } } }
            Block::Table(table) => { (self::table(table, links)) }
            Block::Burndown(chart) => { (burndown(chart, links, &format!("{section}-{at}"))) }
            Block::Timeline(chart) => { (timeline(chart, &format!("{section}-{at}"))) }
            Block::Commentary(said) => { (commentary::html(said)) }
            Block::Chart(chart) => { (self::chart(chart, links, &format!("{section}-{at}"))) }
        }
    }
}

fn inline(parts: &[Inline], links: &Links) -> Markup {
    html! {
        @for part in parts {
            @match part {
                Inline::Text(text) => { (text) }
                Inline::Name(text) => { strong { (text) } }
                Inline::Words(text) => { q.words { (text) } }
                Inline::Fact(shown) => { (fact(shown, links)) }
            }
        }
    }
}

fn fact(shown: &Shown, links: &Links) -> Markup {
    html! { a.fact .unknown[!shown.known] href=(links.fact(&shown.name)) { (shown.shown) } }
}

fn table(table: &Table, links: &Links) -> Markup {
    let row = |cells: &[Vec<Inline>], head: bool| {
        html! {
            @for (column, cell) in table.columns.iter().zip(cells) {
                @if head && !column.numeric { th scope="row" { (inline(cell, links)) } }
                @else { td .n[column.numeric] { (inline(cell, links)) } }
            }
        }
    };
    html! {
        div.scroll {
            table .wide[table.columns.len() > 4] {
                caption { span { (table.caption) } }
                thead { tr { @for column in &table.columns { th .n[column.numeric] scope="col" { (column.title) } } } }
                tbody { @for cells in &table.rows { tr { (row(cells, false)) } } }
                @if let Some(sums) = &table.sums { tfoot { tr.sum { (row(sums, true)) } } }
            }
        }
    }
}

fn chart(chart: &Chart, links: &Links, id: &str) -> Markup {
    html! {
        figure {
            @if chart.chart == ChartKind::StackedBar {
                div.chart.fits.bar { (charts::svg(chart, id, links.numerals)) }
                (charts::legend(chart, links.numerals))
            } @else {
                div.scroll { div.chart { (charts::svg(chart, id, links.numerals)) } }
            }
            figcaption { (chart.title) ", in " (chart.currency) "." }
            details {
                summary { "The figures behind it" }
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Month" }
                                @for name in &chart.series { th.n scope="col" { (name) } }
                                th.n scope="col" { "All" }
                            }
                        }
                        tbody {
                            @for column in &chart.columns {
                                tr {
                                    th scope="row" { (column.label) }
                                    @for point in &column.points { td.n { (fact(&point.fact, links)) } }
                                    td.n { (fact(&column.total.fact, links)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn burndown(chart: &BurndownChart, links: &Links, id: &str) -> Markup {
    html! {
        figure {
            div.chart.fits { (charts::burndown(chart, id)) }
            figcaption {
                (chart.title) "."
                @for (at, mark) in chart.marks.iter().enumerate() { " " strong { (at + 1) } " " (mark.label) "." }
            }
            details {
                summary { "The figures behind it" }
                div.scroll {
                    table {
                        thead { tr { th scope="col" { "Day" } th.n scope="col" { "Left at its end" } } }
                        tbody {
                            @for point in &chart.points {
                                tr { th scope="row" { (point.label) } td.n { (fact(&point.fact, links)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn timeline(chart: &Timeline, id: &str) -> Markup {
    let day = |on: NaiveDate| on.format("%-d %B %Y").to_string();
    let said = |progress: Progress| match progress {
        Progress::Begun => "begun",
        Progress::Planned => "planned",
        Progress::Overdue => "overdue",
    };
    html! {
        figure {
            div.scroll { div.chart { (charts::timeline(chart, id)) } }
            figcaption { (chart.title) "." }
            details {
                summary { "The dates behind it" }
                div.scroll {
                    table {
                        thead {
                            tr { @for name in ["Item", "Begun", "Due", "State"] { th scope="col" { (name) } } }
                        }
                        tbody {
                            @for item in &chart.items {
                                tr {
                                    th scope="row" { (item.label) }
                                    td { @match item.from { Some(from) => { (day(from)) } None => "–" } }
                                    td { (day(item.to)) }
                                    td { (said(item.progress)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
