//! The scorecard as CSV (RFC 4180): a line a cell, which is how tools pivot it.

use super::{ScorecardCell, ScorecardView};
use std::collections::HashMap;

const HEADER: &str = "on,component,component_name,principle,statement,rank,level,evidence,assessed_on,compared_with,\
                      level_before,movement";

/// Every cell: null is an empty cell, empty text is `""`.
pub fn csv(card: &ScorecardView) -> String {
    let names: HashMap<&str, &str> =
        card.components.iter().map(|one| (one.component.as_str(), one.name.as_str())).collect();
    let principles: HashMap<&str, (&str, i64)> =
        card.principles.iter().map(|one| (one.principle.as_str(), (one.statement.as_str(), one.rank))).collect();
    let mut out = format!("{HEADER}\r\n");
    for cell in &card.cells {
        let (statement, rank) = principles.get(cell.principle.as_str()).copied().unwrap_or_default();
        let name = names.get(cell.component.as_str()).copied().unwrap_or_default();
        out.push_str(&line(card, cell, name, statement, rank));
        out.push_str("\r\n");
    }
    out
}

fn line(card: &ScorecardView, cell: &ScorecardCell, name: &str, statement: &str, rank: i64) -> String {
    let plain = |value: Option<String>| value.unwrap_or_default();
    [
        card.on.to_string(),
        text(&cell.component),
        text(name),
        text(&cell.principle),
        text(statement),
        rank.to_string(),
        text(cell.level.as_text()),
        plain(cell.evidence.as_deref().map(text)),
        plain(cell.assessed_on.map(|on| on.to_string())),
        card.compared_with.to_string(),
        text(cell.level_before.as_text()),
        plain(cell.movement.map(|movement| movement.as_text().to_owned())),
    ]
    .join(",")
}

fn text(text: &str) -> String {
    match !text.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        true => text.to_owned(),
        false => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}
