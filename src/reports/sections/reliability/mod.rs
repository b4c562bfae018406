//! What was promised, what of it was kept, and what went wrong.

mod incidents;
mod missed;

use super::{Story, day};
use crate::{
    kernel::{clock::Instant, month::start_of},
    reports::{
        document::{
            Block, BurndownChart, BurndownDay, Inline, Mark, Section, SectionKey, Table, figures, note, paragraph,
            words,
        },
        earlier::Earlier,
        facts::{Fact, FactValue, Form},
        figures::{KEPT, MISSED, burndown_days, of_component, promised, remaining_fact, slo_fact, tightest},
    },
    slos::Slo,
};
use chrono::Days;
use rust_decimal::Decimal;
use std::cmp::Reverse;

pub fn section(story: &Story<'_>) -> Section {
    let mut blocks = vec![introduction(story)];
    let promises = worst_first(story);
    if !promises.is_empty() {
        blocks.push(paragraph([
            "Each is a service level objective (SLO): the share of requests, messages or hours of a month that is to \
             go well. What may go wrong within it is its error budget; when more than all of that is used, the promise \
             is missed."
                .into(),
        ]));
        blocks.push(table(story, &promises));
        blocks.extend(promises.iter().filter_map(|slo| why_unknown(story, slo)));
        for slo in promises.iter().filter(|slo| outcome(story, slo) == Outcome::Missed) {
            blocks.extend(missed::blocks(story, slo));
        }
        blocks.extend(burndown(story));
    }
    blocks.extend(incidents::blocks(story));
    Section::new(SectionKey::Reliability, blocks)
}

/// How a promise came out, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Missed,
    Unknown,
    Kept,
}

fn outcome(story: &Story<'_>, slo: &Slo) -> Outcome {
    let said = story.facts.get(&slo_fact(slo, "met")).and_then(|fact| fact.value.as_ref());
    match said {
        Some(FactValue::Text(text)) if text == MISSED => Outcome::Missed,
        Some(FactValue::Text(text)) if text == KEPT => Outcome::Kept,
        _ => Outcome::Unknown,
    }
}

/// Those that were missed, then those of which it is not known, then those that were kept; each by
/// how much of the budget was used.
fn worst_first<'a>(story: &Story<'a>) -> Vec<&'a Slo> {
    let mut all: Vec<&Slo> = promised(story.material).collect();
    let used = |slo: &Slo| story.facts.number(&slo_fact(slo, "budget_consumed")).known();
    all.sort_by_key(|slo| (outcome(story, slo), Reverse(used(slo))));
    all
}

fn introduction(story: &Story<'_>) -> Block {
    let month = story.material.month.shown();
    if story.is_none("slo.count") {
        return paragraph([
            format!("In {month} ").into(),
            story.fact("slo.count"),
            " promises were made that could be measured, so none could be kept or missed.".into(),
        ]);
    }
    let promises = if story.is_one("slo.count") { " promise to users" } else { " promises to users" };
    if story.material.is_under_way() {
        return paragraph([
            format!("{month} was not over when this was written. Whether its ").into(),
            story.fact("slo.count"),
            format!("{promises} are kept is known when it is; this is how they stood.").into(),
        ]);
    }
    let were = if story.is_one("slo.met_count") { "was" } else { "were" };
    let mut parts = vec![
        story.fact("slo.met_count"),
        " of ".into(),
        story.fact("slo.count"),
        format!("{promises} {were} kept in {month}").into(),
    ];
    parts.extend(story.beside("slo.met_count"));
    if !story.is_none("slo.missed_count") {
        let were = if story.is_one("slo.missed_count") { " was missed: " } else { " were missed: " };
        parts.extend(["; ".into(), story.fact("slo.missed_count"), were.into()]);
        parts.extend(names(story, Outcome::Missed));
    }
    if !story.is_none("slo.unknown_count") {
        parts.extend(["; of ".into(), story.fact("slo.unknown_count"), " it is not known: ".into()]);
        parts.extend(names(story, Outcome::Unknown));
    }
    parts.push(".".into());
    paragraph(parts)
}

/// The names of the promises that came out so.
fn names(story: &Story<'_>, wanted: Outcome) -> Vec<Inline> {
    let all = worst_first(story).into_iter().filter(|slo| outcome(story, slo) == wanted);
    let mut parts = Vec::new();
    for slo in all {
        parts.extend((!parts.is_empty()).then(|| ", ".into()));
        parts.push(Inline::Words(slo.name.clone()));
    }
    parts
}

fn table(story: &Story<'_>, promises: &[&Slo]) -> Block {
    let told: Vec<Earlier> = story.material.compared().collect();
    let row = |slo: &&Slo| {
        let cell = |what: &str, form: Form| vec![story.write.fact_as(&slo_fact(slo, what), form)];
        let mut cells = vec![
            vec![format!("{} ({})", slo.name, story.name(&slo.component)).into()],
            cell("met", Form::Plain),
            cell("budget_consumed", Form::Plain),
        ];
        let there = |what: &str| story.facts.get(&slo_fact(slo, what)).is_some();
        let before = told.iter().map(|earlier| earlier.fact("budget_consumed"));
        cells.extend(before.map(|what| if there(&what) { cell(&what, Form::Plain) } else { Vec::new() }));
        cells.extend([cell("sli", Form::Fine), cell("target", Form::Fine)]);
        cells
    };
    let mut columns = vec![words("Promise"), words("Outcome"), figures("Budget used")];
    columns
        .extend(told.iter().map(|earlier| figures(format!("in {}", earlier.of(story.material.month).shown_short()))));
    columns.extend([figures("Held"), figures("Promised")]);
    Block::Table(Table {
        caption: "The worst first. Held is the share that went well (the service level indicator, SLI); of the error \
                  budget, all that may be used in a month is 100\u{a0}%."
            .to_owned(),
        columns,
        rows: promises.iter().map(row).collect(),
        sums: None,
    })
}

/// Why it is not known of a promise whether it was kept; for a running month that is said once.
fn why_unknown(story: &Story<'_>, slo: &Slo) -> Option<Block> {
    if outcome(story, slo) != Outcome::Unknown || story.material.is_under_way() {
        return None;
    }
    let name = slo_fact(slo, "met");
    Some(note([
        "Whether ".into(),
        Inline::Words(slo.name.clone()),
        " was kept is ".into(),
        story.fact(&name),
        format!(": {}.", story.why(&name)).into(),
    ]))
}

/// How the budget of the worst promise went, with what happened meanwhile.
fn burndown(story: &Story<'_>) -> Option<Block> {
    let material = story.material;
    let slo = tightest(material, story.facts)?;
    let (from, to) = material.bounds();
    let points: Vec<BurndownDay> = burndown_days(material)
        .map(|day| {
            let fact = remaining_fact(slo, day);
            BurndownDay {
                label: day_label(day),
                at: Instant::from(start_of(day + Days::new(1), material.zone()).min(to)),
                left: story.facts.number(&fact).known(),
                fact: story.write.shown(&fact, Form::Plain),
            }
        })
        .collect();
    let until = material.at.utc();
    let marks: Vec<Mark> = of_component(material, &slo.component)
        .filter_map(|incident| {
            let (from, to) = incident.within((from, to), until)?;
            let label = format!("{} ({})", incident.title, day(material.day(from.into())));
            Some(Mark { label, from: from.into(), to: to.into() })
        })
        .collect();
    let last = points.last()?;
    let below = points.iter().find(|point| point.left.is_some_and(|left| left < Decimal::ZERO));
    let overspent = match below {
        Some(point) => format!(", and all of it was used by {}", point.label),
        None => String::new(),
    };
    let happened = match marks.is_empty() {
        true => String::new(),
        false => {
            let labels: Vec<_> = marks.iter().map(|mark| mark.label.as_str()).collect();
            format!(" Meanwhile: {}.", labels.join("; "))
        }
    };
    Some(Block::Burndown(BurndownChart {
        title: format!("What was left of the error budget of “{}”, day by day", slo.name),
        description: format!("From all of it down to {} on {}{overspent}.{happened}", last.fact.shown, last.label),
        from: from.into(),
        to: to.into(),
        points,
        marks,
    }))
}

fn day_label(on: chrono::NaiveDate) -> String {
    on.format("%-d\u{a0}%b").to_string()
}

/// The day that a fact's only row is of.
fn day_of(fact: &Fact) -> Option<chrono::NaiveDate> {
    fact.rows.as_deref()?.first()?.get("day")?.as_str()?.parse().ok()
}
