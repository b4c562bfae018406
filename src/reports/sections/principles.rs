//! What users may count on across every tool, and which component keeps to it.

use super::{Story, day};
use crate::{
    principles::{
        AdherenceLevel,
        scorecard::{ScorecardCell, ScorecardPrinciple, ScorecardView},
    },
    reports::{
        document::{Block, Inline, Table, figures, heading, note, paragraph, words},
        figures::{FOLLOWED, NOT_ASSESSED, VIOLATED, cell_fact, principle_fact, scorecard},
    },
};

/// How many components, and how many broken principles, are told one by one.
const TOLD: usize = 40;

/// Nothing where no principle is written down.
pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    if story.material.principles.is_empty() {
        return Vec::new();
    }
    let card = scorecard(story.material);
    if card.principles.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![heading("What users may count on"), introduction(story, &card), by_principle(story, &card)];
    blocks.extend(by_component(story, &card));
    blocks.extend(broken(story, &card));
    blocks.push(note([
        "The share is follows \u{f7} (follows + partly + violates): what nobody assessed counts neither for nor against. \
         What it is compared with is the end of the quarter before, with the same components and principles."
            .into(),
    ]));
    blocks
}

fn introduction(story: &Story<'_>, card: &ScorecardView) -> Block {
    let mut parts: Vec<Inline> = match story.facts.number(FOLLOWED).known() {
        Some(_) => vec!["Of what was assessed, ".into(), story.fact(FOLLOWED), " keeps to our principles".into()],
        None => vec![
            "What keeps to our principles is ".into(),
            story.fact(FOLLOWED),
            format!(": {}", story.why(FOLLOWED)).into(),
        ],
    };
    if let Some(before) = previous(story, FOLLOWED) {
        parts.extend([format!(" (on {} ", day(card.compared_with)).into(), before, ")".into()]);
    }
    if !story.is_none(VIOLATED) {
        let once = if story.is_one(VIOLATED) { " time one is broken" } else { " times one is broken" };
        parts.extend(["; ".into(), story.fact(VIOLATED), once.into()]);
    }
    if !story.is_none(NOT_ASSESSED) {
        parts.extend(["; ".into(), story.fact(NOT_ASSESSED), " times nobody knows".into()]);
    }
    parts.push(".".into());
    paragraph(parts)
}

/// What a share was before, where that is known.
fn previous(story: &Story<'_>, fact: &str) -> Option<Inline> {
    let fact = format!("{fact}.previous");
    story.facts.number(&fact).known().map(|_| story.fact(&fact))
}

fn by_principle(story: &Story<'_>, card: &ScorecardView) -> Block {
    let row = |(at, one): (usize, &ScorecardPrinciple)| {
        let cell = |what: &str| vec![story.fact(&principle_fact(&one.principle, what))];
        let before = previous(story, &principle_fact(&one.principle, "followed"));
        vec![
            vec![format!("{}. {}", at + 1, one.statement).into()],
            cell("follows"),
            cell("partly"),
            cell("violates"),
            cell("not_assessed"),
            cell("followed"),
            vec![before.unwrap_or_else(|| "not known".into())],
        ]
    };
    Block::Table(Table {
        caption: "Our principles in their order, and how many components keep to each.".to_owned(),
        columns: vec![
            words("Principle"),
            figures("Follow"),
            figures("Partly"),
            figures("Do not"),
            figures("Not assessed"),
            figures("Share"),
            figures(format!("On {}", day(card.compared_with))),
        ],
        rows: card.principles.iter().enumerate().map(row).collect(),
        sums: None,
    })
}

/// The components of which anything was found.
fn by_component(story: &Story<'_>, card: &ScorecardView) -> Vec<Block> {
    let width = card.principles.len().max(1);
    let rows: Vec<_> = card.cells.chunks(width).filter(|cells| cells.iter().any(is_assessed)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let cell = |cell: &ScorecardCell| match is_assessed(cell) {
        true => vec![story.fact(&cell_fact(cell))],
        false => vec!["\u{2013}".into()],
    };
    let row = |cells: &&[ScorecardCell]| {
        let name = cells.first().map(|first| story.name_of(&first.component)).unwrap_or_default();
        std::iter::once(vec![name.into()]).chain(cells.iter().map(cell)).collect()
    };
    let numbered = (1..=card.principles.len()).map(|number| words(format!("{number}.")));
    let left = rows.len().saturating_sub(TOLD);
    let mut blocks = vec![Block::Table(Table {
        caption: "Which component keeps to which principle, by the numbers above; \u{2013} is what nobody assessed."
            .to_owned(),
        columns: std::iter::once(words("Component")).chain(numbered).collect(),
        rows: rows.iter().take(TOLD).map(row).collect(),
        sums: None,
    })];
    if left > 0 {
        blocks.push(note([format!("{left} more are behind ").into(), story.fact(FOLLOWED), ".".into()]));
    }
    blocks
}

fn is_assessed(cell: &ScorecardCell) -> bool {
    cell.level.height().is_some()
}

/// Where a principle is broken, and what shows it.
fn broken(story: &Story<'_>, card: &ScorecardView) -> Vec<Block> {
    let those = card.cells.iter().filter(|cell| cell.level == AdherenceLevel::Violates);
    let item = |cell: &ScorecardCell| {
        let number = card.principles.iter().position(|one| one.principle == cell.principle).unwrap_or_default() + 1;
        let mut parts =
            vec![Inline::Name(story.name_of(&cell.component)), format!(" breaks principle {number}").into()];
        match cell.evidence.as_deref().filter(|evidence| !evidence.trim().is_empty()) {
            Some(evidence) => parts.extend([": ".into(), Inline::Words(evidence.to_owned())]),
            None => parts.push("; what shows it is not written down.".into()),
        }
        parts
    };
    let items: Vec<_> = those.take(TOLD).map(item).collect();
    if items.is_empty() { Vec::new() } else { vec![Block::List { items }] }
}
