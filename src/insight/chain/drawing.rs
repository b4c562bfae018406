//! The chain's page as a drawing.

use super::{ChainEdge, ChainEnd, ChainGroup, ChainGroupKey, ChainNode, ChainView};
use crate::insight::{
    canvas::{Card, Column, Drawing, Group, Slot, Tone},
    markup,
};

/// The groups of each column, and what it is called.
const COLUMNS: &[(&str, &[(ChainGroupKey, &str)])] = &[
    ("Where it is going", &[(ChainGroupKey::Vision, "Vision"), (ChainGroupKey::Strategy, "Strategy")]),
    ("What for", &[(ChainGroupKey::Objectives, "Objectives"), (ChainGroupKey::ForWhom, "For whom")]),
    ("What is done", &[(ChainGroupKey::RoadmapItems, "Roadmap items")]),
    ("What it did", &[(ChainGroupKey::ImpactClaims, "Impact claims")]),
    ("What it is worth", &[(ChainGroupKey::Benefits, "Benefits"), (ChainGroupKey::ValueDrivers, "Value drivers")]),
    ("To whom", &[(ChainGroupKey::Stakeholders, "Stakeholders")]),
];

/// `product` is its name; `key` leads from the cards to their own pages.
pub fn drawing(view: &ChainView, product: &str, key: &str) -> Drawing {
    let group = |key: ChainGroupKey| view.groups.iter().find(|group| group.key == key);
    let columns = COLUMNS.iter().map(|(heading, keys)| Column {
        heading: (*heading).to_owned(),
        groups: keys.iter().map(|(of, name)| drawn(*of, name, group(*of), key)).collect(),
    });
    // What is not shown is led to only from what leads to nothing that is, or nobody could follow a line.
    let is_needed = |edge: &&ChainEdge| {
        let beside = |other: &ChainEdge| {
            (other.from == edge.from
                && other.to.group == edge.to.group
                && other.to.id.is_some()
                && edge.to.id.is_none())
                || (other.to == edge.to
                    && other.from.group == edge.from.group
                    && other.from.id.is_some()
                    && edge.from.id.is_none())
        };
        !view.edges.iter().any(beside)
    };
    let edges =
        view.edges.iter().filter(is_needed).filter_map(|edge| Some((slot(view, &edge.from)?, slot(view, &edge.to)?)));
    Drawing {
        title: format!("{product}: from the vision to what it was worth, {}", markup::day(view.on)),
        description: description(view),
        columns: columns.collect(),
        edges: edges.collect(),
        foot: vec![
            "Shown first is what was accepted and what leads to it; the others are counted. Amounts are what stakeholders \
             have accepted so far, and are never added across kinds of benefit. A broken line leads from \
             what hangs only on something that is not shown."
                .to_owned(),
        ],
        legend: Vec::new(),
        gap: 30,
    }
}

fn drawn(of: ChainGroupKey, name: &str, group: Option<&ChainGroup>, key: &str) -> Group {
    let (items, more) = group.map_or((&[][..], 0), |group| (group.items.as_slice(), group.more));
    let cards: Vec<Card> = items.iter().map(|node| card(of, node, key)).collect();
    let rest = match (cards.len(), more) {
        (0, 0) => "none yet".to_owned(),
        (_, 0) => String::new(),
        (_, more) => format!("+ {more} more"),
    };
    Group { heading: name.to_owned(), cards, more: rest }
}

fn card(of: ChainGroupKey, node: &ChainNode, key: &str) -> Card {
    let lines = match of {
        ChainGroupKey::Vision | ChainGroupKey::Strategy => 9,
        ChainGroupKey::Stakeholders | ChainGroupKey::Benefits => 2,
        _ => 3,
    };
    let amounts = node.accepted.iter().map(|money| {
        let said = money.shown_whole();
        (if of == ChainGroupKey::ImpactClaims { format!("{said} accepted") } else { said }, false)
    });
    Card {
        over: node.standing.clone(),
        title: node.title.clone(),
        lines,
        under: amounts.take(3).collect(),
        href: (of != ChainGroupKey::Benefits).then(|| markup::trace(key, &node.kind, &node.id)),
        tone: if node.accepted.is_empty() { Tone::Plain } else { Tone::Strong },
        mark: None,
    }
}

fn slot(view: &ChainView, end: &ChainEnd) -> Option<Slot> {
    let column = COLUMNS.iter().position(|(_, keys)| keys.iter().any(|(key, _)| *key == end.group))?;
    let group = COLUMNS[column].1.iter().position(|(key, _)| *key == end.group)?;
    let shown = view.groups.iter().find(|group| group.key == end.group)?;
    let card = match (&end.kind, &end.id) {
        (Some(kind), Some(id)) => Some(shown.items.iter().position(|node| node.kind == *kind && node.id == *id)?),
        _ => None,
    };
    Some(Slot { column, group, card })
}

/// The same in words.
fn description(view: &ChainView) -> String {
    let count = |key: ChainGroupKey| {
        view.groups.iter().find(|group| group.key == key).map_or(0, |group| group.items.len() + group.more)
    };
    let accepted =
        view.groups.iter().filter(|group| group.key == ChainGroupKey::Benefits).flat_map(|group| &group.items);
    let sums: Vec<String> = accepted
        .filter(|node| !node.accepted.is_empty())
        .map(|node| {
            let amounts: Vec<String> = node.accepted.iter().map(|money| money.shown_whole()).collect();
            format!("{} {}", node.title, amounts.join(" and "))
        })
        .collect();
    format!(
        "{} and {} lead to {}, these to {}. Accepted so far: {}.",
        markup::counted(count(ChainGroupKey::Objectives), "objective", "objectives"),
        markup::counted(count(ChainGroupKey::ForWhom), "persona or feedback", "personas and feedback"),
        markup::counted(count(ChainGroupKey::RoadmapItems), "roadmap item", "roadmap items"),
        markup::counted(count(ChainGroupKey::ImpactClaims), "impact claim", "impact claims"),
        if sums.is_empty() { "nothing".to_owned() } else { sums.join("; ") },
    )
}
