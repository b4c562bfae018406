//! What waits for what: the graph of items that come first, walked both ways.

use super::{ItemRef, ItemStatus};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use utoipa::ToSchema;

/// Which names each name leads to.
pub type Ways = BTreeMap<String, BTreeSet<String>>;

/// What is told of an item in such a graph.
#[derive(Debug, Clone)]
pub struct Standing {
    pub title: String,
    pub status: ItemStatus,
    pub target_on: Option<NaiveDate>,
}

/// What an item waits for, and what waits for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoadmapDependenciesView {
    #[serde(rename = "ref")]
    pub reference: ItemRef,
    /// Whether it is open, and an item that it depends on itself (at distance 1) is open, too.
    pub blocked: bool,
    /// What comes before it, step by step; the nearest first.
    pub depends_on: Vec<RoadmapDependencyRow>,
    /// What comes after it, step by step; the nearest first.
    pub blocks: Vec<RoadmapDependencyRow>,
}

/// An item before or after another.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoadmapDependencyRow {
    #[serde(rename = "ref")]
    pub reference: String,
    pub title: String,
    pub status: ItemStatus,
    pub target_on: Option<NaiveDate>,
    /// How many steps away, by the shortest way.
    pub distance: u64,
    /// The ref of its neighbour towards the item that was asked about.
    pub via: String,
}

impl RoadmapDependenciesView {
    pub fn new(reference: ItemRef, needs: &Ways, items: &HashMap<String, Standing>) -> Self {
        let rows = |ways: &Ways| -> Vec<RoadmapDependencyRow> {
            let row = |found: Reached| {
                let Standing { title, status, target_on } = items.get(&found.name)?.clone();
                let Reached { name, distance, via } = found;
                Some(RoadmapDependencyRow { reference: name, title, status, target_on, distance, via })
            };
            reached(reference.as_text(), ways).into_iter().filter_map(row).collect()
        };
        let (depends_on, blocks) = (rows(needs), rows(&reversed(needs)));
        let is_open = |status: ItemStatus| ItemStatus::OPEN.contains(&status);
        let waits = depends_on.iter().any(|row| row.distance == 1 && is_open(row.status));
        let blocked = waits && items.get(reference.as_text()).is_some_and(|item| is_open(item.status));
        Self { reference, blocked, depends_on, blocks }
    }
}

/// Something that was reached, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    pub name: String,
    pub distance: u64,
    pub via: String,
}

/// Everything that can be reached from a name, each once by a shortest way; the nearest first.
pub fn reached(from: &str, ways: &Ways) -> Vec<Reached> {
    let (mut seen, mut found) = (BTreeSet::from([from]), Vec::new());
    let mut next = VecDeque::from([(from, 0)]);
    while let Some((via, steps)) = next.pop_front() {
        for name in ways.get(via).into_iter().flatten() {
            if seen.insert(name) {
                found.push(Reached { name: name.clone(), distance: steps + 1, via: via.to_owned() });
                next.push_back((name, steps + 1));
            }
        }
    }
    found
}

/// The same ways, walked backwards.
pub fn reversed(ways: &Ways) -> Ways {
    let mut back = Ways::new();
    for (from, all) in ways {
        for to in all {
            back.entry(to.clone()).or_default().insert(from.clone());
        }
    }
    back
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::cycle;
    use proptest::prelude::*;

    fn graph(edges: impl IntoIterator<Item = (usize, usize)>) -> Ways {
        let mut ways = Ways::new();
        for (from, to) in edges {
            ways.entry(format!("OPS-{from}")).or_default().insert(format!("OPS-{to}"));
        }
        ways
    }

    /// What is left when whatever leads nowhere is taken away again and again: something, if and only if there is a cycle.
    fn has_cycle(ways: &Ways) -> bool {
        let mut left = ways.clone();
        loop {
            let before = left.len();
            let there: BTreeSet<String> = left.keys().cloned().collect();
            left.retain(|_, to| to.iter().any(|name| there.contains(name)));
            if left.len() == before {
                return before > 0;
            }
        }
    }

    /// The lengths of shortest ways, by relaxing every edge until nothing gets shorter.
    fn distances(from: &str, ways: &Ways) -> BTreeMap<String, u64> {
        let mut known = BTreeMap::from([(from.to_owned(), 0)]);
        loop {
            let mut shorter = Vec::new();
            for (near, all) in ways {
                let Some(distance) = known.get(near) else { continue };
                for far in all {
                    if known.get(far).is_none_or(|known| *known > distance + 1) {
                        shorter.push((far.clone(), distance + 1));
                    }
                }
            }
            if shorter.is_empty() {
                known.remove(from);
                return known;
            }
            known.extend(shorter);
        }
    }

    fn edges(nodes: usize) -> impl Strategy<Value = Vec<(usize, usize)>> {
        prop::collection::vec((0..nodes, 0..nodes), 0..nodes * 2)
    }

    proptest! {
        #[test]
        fn what_blocks_is_what_is_needed_seen_from_the_other_side(edges in edges(14)) {
            // Each edge leads down, so there is no cycle.
            let needs = graph(edges.into_iter().filter(|(from, to)| from > to));
            let blocks = reversed(&needs);
            for node in 0..14 {
                let node = format!("OPS-{node}");
                let found: BTreeMap<_, _> =
                    reached(&node, &needs).into_iter().map(|one| (one.name, one.distance)).collect();
                prop_assert_eq!(&found, &distances(&node, &needs));
                for (needed, distance) in found {
                    let back = reached(&needed, &blocks);
                    let one = back.iter().find(|one| one.name == node);
                    prop_assert_eq!(one.map(|one| one.distance), Some(distance));
                }
                for one in reached(&node, &needs) {
                    prop_assert!(needs[&one.via].contains(&one.name), "it is reached over a way that there is");
                }
            }
            prop_assert_eq!(reversed(&blocks), needs);
        }

        #[test]
        fn a_cycle_is_found_if_and_only_if_there_is_one(edges in edges(9)) {
            let needs = graph(edges);
            let found = cycle(&needs);
            prop_assert_eq!(found.is_some(), has_cycle(&needs));
            if let Some(names) = found {
                prop_assert!(names.len() >= 2 && names.first() == names.last());
                let distinct: BTreeSet<_> = names[1..].iter().collect();
                prop_assert_eq!(distinct.len(), names.len() - 1, "each name once");
                for pair in names.windows(2) {
                    prop_assert!(needs[&pair[0]].contains(&pair[1]), "each step is one that there is");
                }
            }
        }
    }

    #[test]
    fn what_is_open_before_an_open_item_blocks_it() {
        let needs = graph([(3, 2), (2, 1)]);
        let items = |statuses: [ItemStatus; 3]| -> HashMap<String, Standing> {
            let standing =
                |(at, status)| (format!("OPS-{}", at + 1), Standing { title: String::new(), status, target_on: None });
            statuses.into_iter().enumerate().map(standing).collect()
        };
        use ItemStatus::{Dropped, Idea, InProgress, Planned, Shipped};
        let blocked =
            |statuses| RoadmapDependenciesView::new("OPS-3".parse().unwrap(), &needs, &items(statuses)).blocked;
        assert!(blocked([Shipped, InProgress, Planned]));
        assert!(blocked([Idea, Idea, Idea]));
        assert!(!blocked([Shipped, Shipped, Planned]));
        assert!(!blocked([Planned, Shipped, Planned]), "what it needed is there");
        assert!(!blocked([Planned, Dropped, Planned]), "nobody waits for what is not to come");
        assert!(!blocked([Planned, InProgress, Shipped]), "what is done waits for nothing");
    }
}
