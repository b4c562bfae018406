//! The report as Markdown (CommonMark, with the tables of GitHub's): for mail, wikis and chats.
//!
//! Figures stand as they do on the page, without links: the page has those.

use super::{moment, stamp};
use crate::{
    kernel::money::Currency,
    reports::{
        Report,
        document::{
            Block, BurndownChart, Chart, Document, Inline, Shown, Table, TableColumn, Timeline, figures, words,
        },
        facts::FactValue,
        views::Audience,
    },
};
use std::fmt::Write;

/// The report as one text.
pub fn markdown(report: &Report, document: &Document, audience: &Audience) -> String {
    let mut text = String::new();
    line(&mut text, &format!("# {}, {}", escaped(&document.product.name), document.month.shown()));
    let readers = audience.title().map_or_else(String::new, |title| format!(", {title}"));
    line(&mut text, &escaped(&format!("{}{readers}", stamp(report))));
    if !report.state.is_published() {
        line(&mut text, "**This is a draft: its figures may still change.**");
    }
    if report.revision > 1 {
        corrections(&mut text, report, document, audience);
    }
    for section in &document.sections {
        line(&mut text, &format!("## {}", escaped(&section.title)));
        section.blocks.iter().for_each(|one| block(&mut text, one));
    }
    line(&mut text, "---");
    line(&mut text, &format!("Built {}. Every figure opens on the report's page.", moment(document.built_at)));
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// A line by itself, and the empty one after it.
fn line(text: &mut String, words: &str) {
    text.push_str(words);
    text.push_str("\n\n");
}

fn block(text: &mut String, block: &Block) {
    match block {
        Block::Paragraph { parts } | Block::Note { parts } => line(text, &inline(parts)),
        Block::Heading { text: heading } => line(text, &format!("### {}", escaped(heading))),
        Block::List { items } => {
            let items: Vec<_> = items.iter().map(|item| format!("- {}", inline(item))).collect();
            line(text, &items.join("\n"));
        }
        Block::Table(one) => table(text, one),
        Block::Chart(one) => chart(text, one),
        Block::Burndown(one) => burndown(text, one),
        Block::Timeline(one) => timeline(text, one),
        Block::Commentary(one) => {
            let said = one.text.lines().map(|line| format!("> {line}").trim_end().to_owned());
            line(text, &said.collect::<Vec<_>>().join("\n"));
            line(text, &format!("> \u{2014} {}, {}", escaped(&one.author), moment(one.at)));
        }
    }
}

fn inline(parts: &[Inline]) -> String {
    let one = |part: &Inline| match part {
        Inline::Text(text) => escaped(text),
        Inline::Name(text) => format!("**{}**", escaped(text)),
        Inline::Words(text) => format!("“{}”", escaped(text)),
        Inline::Fact(shown) => figure(shown),
    };
    let line: String = parts.iter().map(one).collect();
    // What makes a heading, a list or a rule at the beginning of a line.
    if line.starts_with(['#', '+', '-', '=']) { format!("\\{line}") } else { line }
}

fn figure(shown: &Shown) -> String {
    escaped(&shown.shown)
}

fn table(text: &mut String, table: &Table) {
    let mut rows: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(|cell| inline(cell)).collect()).collect();
    if let Some(sums) = &table.sums {
        rows.push(sums.iter().map(|cell| format!("**{}**", inline(cell))).collect());
    }
    line(text, &format!("*{}*", escaped(&table.caption)));
    grid(text, &table.columns, &rows);
}

fn grid(text: &mut String, columns: &[TableColumn], rows: &[Vec<String>]) {
    let row = |cells: &mut dyn Iterator<Item = String>| format!("| {} |", cells.collect::<Vec<_>>().join(" | "));
    let rule = |column: &TableColumn| if column.numeric { "--:" } else { ":--" }.to_owned();
    let mut lines =
        vec![row(&mut columns.iter().map(|column| escaped(&column.title))), row(&mut columns.iter().map(rule))];
    lines.extend(rows.iter().map(|cells| row(&mut cells.iter().cloned())));
    line(text, &lines.join("\n"));
}

/// What a picture shows, in words and as a table.
fn picture(text: &mut String, title: &str, currency: Option<Currency>, description: &str) {
    let unit = currency.map_or_else(String::new, |currency| format!(", in {currency}"));
    line(text, &format!("*{}{unit}.* {}", escaped(title), escaped(description)));
}

fn chart(text: &mut String, chart: &Chart) {
    picture(text, &chart.title, Some(chart.currency), &chart.description);
    let columns = [words("")].into_iter().chain(chart.series.iter().map(figures)).chain([figures("All")]);
    let rows = chart.columns.iter().map(|column| {
        let points = column.points.iter().chain([&column.total]).map(|point| figure(&point.fact));
        [escaped(&column.label)].into_iter().chain(points).collect()
    });
    grid(text, &columns.collect::<Vec<_>>(), &rows.collect::<Vec<_>>());
}

fn burndown(text: &mut String, chart: &BurndownChart) {
    picture(text, &chart.title, None, &chart.description);
    let rows: Vec<_> = chart.points.iter().map(|point| vec![escaped(&point.label), figure(&point.fact)]).collect();
    grid(text, &[words("Day"), figures("Left at its end")], &rows);
}

fn timeline(text: &mut String, chart: &Timeline) {
    picture(text, &chart.title, None, &chart.description);
}

fn corrections(text: &mut String, report: &Report, document: &Document, audience: &Audience) {
    let numerals = audience.numerals();
    let said = |value: &Option<FactValue>| {
        escaped(&value.as_ref().map_or("not known".to_owned(), |value| numerals.value(value)))
    };
    line(text, "## What this revision corrects");
    if !report.reason.is_empty() {
        line(text, &format!("“{}”", escaped(&report.reason)));
    }
    if document.corrections.is_empty() {
        return line(text, "No figure differs from the revision before.");
    }
    let rows = document
        .corrections
        .iter()
        .map(|one| vec![escaped(&one.name), said(&one.was), said(&one.now), escaped(&one.why)]);
    grid(text, &[words("Figure"), figures("Was"), figures("Is"), words("Because")], &rows.collect::<Vec<_>>());
}

/// What stands here as plain words, whatever signs it has in it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' => {
                let _ = write!(out, "\\{character}");
            }
            '&' => out.push_str("&amp;"),
            '\r' => {}
            '\n' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
