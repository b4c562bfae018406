//! What might go wrong: the open risks, by what they are thought to cost in a year.

use super::Story;
use crate::{
    reports::{
        document::{Block, Inline, Section, SectionKey, Table, figures, note, paragraph, words},
        facts::Form,
        figures::{loss_fact, open_risks, total_losses},
    },
    risks::Risk,
};
use rust_decimal::Decimal;

/// How many risks are told one by one.
const TOLD: usize = 20;

pub fn section(story: &Story<'_>) -> Section {
    let risks = open_risks(story.material);
    let mut blocks = vec![introduction(story)];
    if !risks.is_empty() {
        let rows = risks.iter().take(TOLD).map(|risk| row(story, risk));
        blocks.push(Block::Table(Table {
            caption:
                "The costliest first. What it may cost a year is what it costs when it happens × how many times a \
                      year it is thought to happen (annualised loss expectancy, ALE): a figure to compare risks by, \
                      not a bill."
                    .to_owned(),
            columns: vec![
                words("Risk"),
                words("Where"),
                words("Status"),
                figures("May cost a year"),
                words(format!("Since the end of {}", story.month_before())),
            ],
            rows: rows.collect(),
            sums: None,
        }));
    }
    if risks.len() > TOLD {
        blocks.push(note(["The others are behind ".into(), story.fact("risk.open_count"), ".".into()]));
    }
    Section::new(SectionKey::Risks, blocks)
}

fn introduction(story: &Story<'_>) -> Block {
    let risks = if story.is_one("risk.open_count") { " risk is open" } else { " risks are open" };
    let mut parts = vec![story.fact("risk.open_count"), risks.into()];
    if story.is_none("risk.open_count") {
        let known = if story.material.risks.is_empty() { ": nobody wrote any down." } else { "." };
        parts.push(known.into());
        return paragraph(parts);
    }
    let totals = total_losses(story.material);
    for (at, total) in totals.iter().enumerate() {
        let known = story.facts.money(total).known().is_some();
        parts.push(match (at, known) {
            (0, true) => "; together they may cost ".into(),
            (0, false) => "; what they may cost is ".into(),
            _ => " and ".into(),
        });
        parts.push(story.fact(total));
    }
    let known = totals.iter().any(|total| story.facts.money(total).known().is_some());
    parts.extend(known.then(|| " a year".into()));
    if !story.is_none("risk.unassessed_count") {
        let was = if story.is_one("risk.unassessed_count") { " was" } else { " were" };
        let never = format!("{was} never assessed, and may cost anything").into();
        parts.extend(["; ".into(), story.fact("risk.unassessed_count"), never]);
    }
    parts.push(".".into());
    paragraph(parts)
}

fn row(story: &Story<'_>, risk: &Risk) -> Vec<Vec<Inline>> {
    let fact = loss_fact(risk);
    vec![
        vec![risk.title.as_str().into()],
        vec![story.name_of(&risk.component).into()],
        vec![risk.status.as_text().into()],
        vec![story.fact(&fact)],
        moved(story, &fact),
    ]
}

/// How it moved since the end of the month before.
fn moved(story: &Story<'_>, fact: &str) -> Vec<Inline> {
    let previous = format!("{fact}.previous");
    match (story.facts.money(fact).known(), story.facts.money(&previous).known()) {
        (None, _) => vec!["never assessed".into()],
        (Some(_), None) => vec!["assessed for the first time".into()],
        (Some(now), Some(before)) if now == before => vec!["as it was".into()],
        (Some(now), Some(before)) => {
            let comparable = now.currency == before.currency;
            let way = match now.amount - before.amount > Decimal::ZERO {
                _ if !comparable => "it was ",
                true => "more: it was ",
                false => "less: it was ",
            };
            vec![way.into(), story.write.fact_as(&previous, Form::Plain)]
        }
    }
}
