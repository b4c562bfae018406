//! Where one row stands in the chain, as a drawing: why it is there on its left, what it rests on to its right.

use crate::insight::{
    Trace, TraceLink,
    canvas::{Card, Column, Drawing, Group, Slot, Tone},
    markup,
};
use std::collections::BTreeMap;

/// How many steps are drawn each way.
const STEPS: u32 = 3;

/// At most `limit` rows a column. `key` is the product's, and leads from the cards to their own pages.
pub fn drawing(trace: &Trace, limit: usize, key: &str) -> Drawing {
    let steps = |links: &[TraceLink]| links.iter().map(|link| link.distance).max().unwrap_or(0).min(STEPS);
    let (up, down) = (steps(&trace.up), steps(&trace.down));
    let centre = usize::try_from(up).unwrap_or(0);
    let mut columns: Vec<Column> =
        (1..=up).rev().map(|distance| column(&trace.up, distance, ("why", limit), key)).collect();
    let asked = Card { tone: Tone::Strong, lines: 9, ..card(&trace.kind, &trace.id, Some(&trace.title), key) };
    let group = Group { cards: vec![asked], ..Group::default() };
    columns.push(Column { heading: "Asked about".to_owned(), groups: vec![group] });
    columns.extend((1..=down).map(|distance| column(&trace.down, distance, ("on what", limit), key)));
    // Where each row stands, by its kind and id; what is not shown stands where the others of its step are counted.
    let mut slots: BTreeMap<(&str, &str), Slot> = BTreeMap::new();
    for (links, is_up) in [(&trace.up, true), (&trace.down, false)] {
        let mut counted: BTreeMap<u32, usize> = BTreeMap::new();
        for link in links.iter().filter(|link| link.distance <= STEPS) {
            let at = counted.entry(link.distance).or_default();
            let away = usize::try_from(link.distance).unwrap_or(0);
            let column = if is_up { centre.saturating_sub(away) } else { centre + away };
            let slot = Slot { column, group: 0, card: (*at < limit).then_some(*at) };
            slots.entry((&link.kind, &link.id)).or_insert(slot);
            *at += 1;
        }
    }
    slots.insert((&trace.kind, &trace.id), Slot { column: centre, group: 0, card: Some(0) });
    let edges = edges(trace, &slots);
    let far = trace.up.iter().chain(&trace.down).filter(|link| link.distance > STEPS).count();
    let foot = match far {
        0 => Vec::new(),
        far => vec![format!(
            "{} further away than {STEPS} steps: the same address as JSON has all.",
            markup::counted(far, "row is", "rows are")
        )],
    };
    Drawing {
        title: format!("{}: {}", capital(word(&trace.kind)), trace.title),
        description: format!(
            "{} say why it is there, and it rests on {}.",
            markup::counted(trace.up.len(), "row", "rows"),
            markup::counted(trace.down.len(), "row", "rows")
        ),
        columns,
        edges,
        foot,
        legend: Vec::new(),
        gap: 30,
    }
}

/// The rows so many steps away.
fn column(links: &[TraceLink], distance: u32, (way, limit): (&str, usize), key: &str) -> Column {
    let those: Vec<&TraceLink> = links.iter().filter(|link| link.distance == distance).collect();
    let cards = those.iter().take(limit).map(|link| card(&link.kind, &link.id, link.title.as_deref(), key)).collect();
    let more = match those.len().saturating_sub(limit) {
        0 => String::new(),
        more => format!("+ {more} more"),
    };
    Column { heading: heading(distance, way), groups: vec![Group { heading: String::new(), cards, more }] }
}

/// From each row to the one that it was found by; lines go from left to right.
fn edges(trace: &Trace, slots: &BTreeMap<(&str, &str), Slot>) -> Vec<(Slot, Slot)> {
    let mut found: Vec<(Slot, Slot)> = Vec::new();
    for (links, is_up) in [(&trace.up, true), (&trace.down, false)] {
        for link in links {
            let ends = slots.get(&(link.kind.as_str(), link.id.as_str()));
            let via = slots.get(&(link.via.kind.as_str(), link.via.id.as_str()));
            if let (Some(end), Some(via)) = (ends, via) {
                found.push(if is_up { (*end, *via) } else { (*via, *end) });
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn heading(distance: u32, way: &str) -> String {
    match distance {
        1 => format!("1 step {way}"),
        more => format!("{more} steps {way}"),
    }
}

fn card(kind: &str, id: &str, title: Option<&str>, key: &str) -> Card {
    let named = matches!(kind, "components" | "roadmap-items" | "slos" | "vision" | "strategy");
    Card {
        over: if named { format!("{}, {id}", word(kind)) } else { word(kind).to_owned() },
        title: title.unwrap_or("is not there any more").to_owned(),
        lines: 3,
        href: (title.is_some() && has_page(kind)).then(|| markup::trace(key, kind, id)),
        tone: if title.is_none() { Tone::Faint } else { Tone::Plain },
        ..Card::default()
    }
}

/// Whether it can be asked about by the name that it has here: what a catalogue calls an entity has signs that stand in
/// no address.
pub fn has_page(kind: &str) -> bool {
    kind != "catalog-entities"
}

fn capital(word: &str) -> String {
    crate::kernel::http::page::capitalised(word)
}

/// One of a kind, in words.
pub fn word(kind: &str) -> &str {
    match kind {
        "activities" => "activity",
        "catalog-entities" => "catalogue entity",
        "check-ins" => "check-in",
        "components" => "component",
        "cost-entries" => "cost entry",
        "costs" => "cost",
        "decisions" => "decision",
        "effort" => "hours",
        "impact-claims" => "impact claim",
        "incidents" => "incident",
        "journeys" => "journey",
        "key-results" => "key result",
        "objectives" => "objective",
        "personas" => "persona",
        "populations" => "population",
        "principles" => "principle",
        "recovery-tests" => "recovery test",
        "risk-assessments" => "risk assessment",
        "risks" => "risk",
        "roadmap-items" => "roadmap item",
        "slos" => "SLO",
        "stakeholders" => "stakeholder",
        "surveys" => "survey",
        "value-drivers" => "value driver",
        other => other,
    }
}
