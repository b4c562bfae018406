//! What needs several chapters at once: the chain from what was done to whom it was worth something, what nobody owns,
//! and the pages of a component, of a persona and of a week.

pub mod answered;
pub mod api;
mod canvas;
mod chain;
mod component;
pub mod health;
pub mod markup;
mod orphans;
pub mod pages;
pub mod persona;
mod plan;
mod purpose;
pub mod stewardship;
pub mod store;
mod upkeep;
mod week;

use crate::text_enum;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use utoipa::ToSchema;

text_enum! {
    /// Of what a chain can be asked: the path's word of its kind.
    pub enum TraceKind {
        Activity = "activities",
        CatalogEntity = "catalog-entities",
        CheckIn = "check-ins",
        Component = "components",
        CostEntry = "cost-entries",
        /// What a component costs, by its key.
        Costs = "costs",
        Decision = "decisions",
        /// Hours, by the ref of the roadmap item or the key of the component that they went into.
        Effort = "effort",
        Feedback = "feedback",
        Claim = "impact-claims",
        Incident = "incidents",
        Journey = "journeys",
        KeyResult = "key-results",
        Objective = "objectives",
        Persona = "personas",
        Population = "populations",
        Principle = "principles",
        RecoveryTest = "recovery-tests",
        Assessment = "risk-assessments",
        Risk = "risks",
        Item = "roadmap-items",
        Slo = "slos",
        Stakeholder = "stakeholders",
        /// By the number of a published version, or `current`.
        Strategy = "strategy",
        Survey = "surveys",
        Driver = "value-drivers",
        /// By the number of a published version, or `current`.
        Vision = "vision",
    }
}

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The path's word: `roadmap-items`, `impact-claims`, …
    pub kind: &'static str,
    /// Its key, ref or id.
    pub id: String,
}

impl Node {
    pub fn new(kind: &'static str, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

/// Where a row stands in the chain.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Trace {
    pub kind: String,
    pub id: String,
    pub title: String,
    /// For whom and why: roadmap items, objectives, the strategy, the vision; feedback, personas; value drivers,
    /// stakeholders. The nearest first.
    pub up: Vec<TraceLink>,
    /// On what it rests: claims, evidence, hours, cost, components. The nearest first.
    pub down: Vec<TraceLink>,
}

/// Something on the chain, and what it hangs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TraceLink {
    pub kind: String,
    pub id: String,
    /// Null when the row is gone.
    pub title: Option<String>,
    /// How many steps away.
    pub distance: u32,
    /// What it hangs on: its neighbour towards the row that was asked about.
    pub via: TraceVia,
}

/// A neighbour on the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TraceVia {
    pub kind: String,
    pub id: String,
}

/// Everything that hangs together, and how.
#[derive(Debug, Default)]
pub struct Chain {
    titles: BTreeMap<Node, String>,
    up: BTreeMap<Node, BTreeSet<Node>>,
    down: BTreeMap<Node, BTreeSet<Node>>,
}

impl Chain {
    pub fn name(&mut self, node: Node, title: impl Into<String>) {
        self.titles.insert(node, title.into());
    }

    /// `lower` is what `upper` rests on.
    pub fn link(&mut self, upper: &Node, lower: &Node) {
        self.up.entry(lower.clone()).or_default().insert(upper.clone());
        self.down.entry(upper.clone()).or_default().insert(lower.clone());
    }

    /// The row of a kind that is called so.
    pub fn find(&self, kind: TraceKind, id: &str) -> Option<&Node> {
        self.titles.get_key_value(&Node::new(kind.as_text(), id)).map(|(node, _)| node)
    }

    /// The latest of what is called by the numbers of its versions.
    pub fn latest(&self, kind: TraceKind) -> Option<i64> {
        self.titles.keys().filter(|node| node.kind == kind.as_text()).filter_map(|node| node.id.parse().ok()).max()
    }

    /// The ids of a kind that something hangs on.
    pub fn named_of(&self, kind: TraceKind) -> BTreeSet<String> {
        self.up.keys().filter(|node| node.kind == kind.as_text()).map(|node| node.id.clone()).collect()
    }

    /// The chain both ways from a row.
    pub fn trace(&self, from: &Node) -> Trace {
        Trace {
            kind: from.kind.to_owned(),
            id: from.id.clone(),
            title: self.titles.get(from).cloned().unwrap_or_default(),
            up: self.walk(from, &self.up),
            down: self.walk(from, &self.down),
        }
    }

    /// Everything that can be reached one way, each once by its shortest way.
    fn walk(&self, from: &Node, ways: &BTreeMap<Node, BTreeSet<Node>>) -> Vec<TraceLink> {
        let (mut seen, mut found) = (BTreeSet::from([from]), Vec::new());
        let mut next = VecDeque::from([(from, 0)]);
        while let Some((via, steps)) = next.pop_front() {
            for node in ways.get(via).into_iter().flatten() {
                if seen.insert(node) {
                    found.push(TraceLink {
                        kind: node.kind.to_owned(),
                        id: node.id.clone(),
                        title: self.titles.get(node).cloned(),
                        distance: steps + 1,
                        via: TraceVia { kind: via.kind.to_owned(), id: via.id.clone() },
                    });
                    next.push_back((node, steps + 1));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_goes_both_ways_each_link_once_by_the_shortest_way() {
        let mut chain = Chain::default();
        let node = |id: &str| Node::new("things", id);
        for id in ["persona", "item", "claim", "incident", "component"] {
            chain.name(node(id), id.to_uppercase());
        }
        for (upper, lower) in [
            ("persona", "item"),
            ("persona", "claim"),
            ("item", "claim"),
            ("claim", "incident"),
            ("incident", "component"),
            ("component", "claim"), // A circle ends.
        ] {
            chain.link(&node(upper), &node(lower));
        }
        let trace = chain.trace(&node("claim"));
        let told = |links: &[TraceLink]| -> Vec<(String, u32, String)> {
            links.iter().map(|link| (link.id.clone(), link.distance, link.via.id.clone())).collect()
        };
        let link = |id: &str, distance, via: &str| (id.to_owned(), distance, via.to_owned());
        assert_eq!(told(&trace.down), [link("incident", 1, "claim"), link("component", 2, "incident")]);
        let up = told(&trace.up);
        assert!(up.contains(&link("persona", 1, "claim")) && up.contains(&link("item", 1, "claim")));
        assert_eq!(up.iter().filter(|(id, ..)| id == "persona").count(), 1);
        assert_eq!(trace.title, "CLAIM");
    }
}
