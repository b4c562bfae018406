//! Which rows stand on the page, and in which order.
//!
//! Chosen from the money backwards: of claims what was accepted, of everything before and behind them what leads to most of
//! what is shown. Then each column is ordered by where the rows before it stand, so that fewer lines cross.

use super::{ChainEdge, ChainEnd, ChainGroup, ChainGroupKey, ChainNode};
use std::collections::{BTreeMap, BTreeSet};

/// A row, before it is chosen.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub group: ChainGroupKey,
    pub node: ChainNode,
    /// Where it stands among its like when nothing else decides: the least first.
    pub order: String,
}

impl Candidate {
    fn end(&self) -> End {
        (self.group, self.node.kind.clone(), self.node.id.clone())
    }
}

/// A row by its group, kind and id.
pub type End = (ChainGroupKey, String, String);

/// The order in which groups are chosen.
const FROM_THE_MONEY: [ChainGroupKey; 9] = [
    ChainGroupKey::ImpactClaims,
    ChainGroupKey::Benefits,
    ChainGroupKey::ValueDrivers,
    ChainGroupKey::Stakeholders,
    ChainGroupKey::RoadmapItems,
    ChainGroupKey::Objectives,
    ChainGroupKey::ForWhom,
    ChainGroupKey::Strategy,
    ChainGroupKey::Vision,
];

/// At most `limit` rows a column, two groups that share one having half of it each, or what the other leaves.
pub fn select(all: &[Candidate], links: &BTreeSet<(End, End)>, limit: usize) -> (Vec<ChainGroup>, Vec<ChainEdge>) {
    let mut neighbours: BTreeMap<&End, Vec<&End>> = BTreeMap::new();
    for (from, to) in links {
        neighbours.entry(from).or_default().push(to);
        neighbours.entry(to).or_default().push(from);
    }
    let mut chosen: BTreeMap<End, usize> = BTreeMap::new();
    let mut groups: BTreeMap<ChainGroupKey, ChainGroup> = BTreeMap::new();
    for key in FROM_THE_MONEY {
        let mut those: Vec<(&Candidate, End)> =
            all.iter().filter(|one| one.group == key).map(|one| (one, one.end())).collect();
        let led_to =
            |end: &End| neighbours.get(end).into_iter().flatten().filter(|other| chosen.contains_key(**other)).count();
        those.sort_by_cached_key(|(one, end)| {
            let links = if key == ChainGroupKey::ImpactClaims { 0 } else { led_to(end) };
            (std::cmp::Reverse(links), one.order.clone(), end.2.clone())
        });
        let room = room(key, all, limit);
        let more = those.len().saturating_sub(room);
        those.truncate(room);
        chosen.extend(those.iter().enumerate().map(|(at, (_, end))| (end.clone(), at)));
        let items = those.into_iter().map(|(one, _)| one.node.clone()).collect();
        groups.insert(key, ChainGroup { key, items, more });
    }
    arrange(&mut groups, &neighbours);
    let shown: BTreeSet<End> = chosen.into_keys().collect();
    (groups.into_values().collect(), edges(links, &shown))
}

/// The other group of a column.
fn beside(key: ChainGroupKey) -> Option<ChainGroupKey> {
    match key {
        ChainGroupKey::Objectives => Some(ChainGroupKey::ForWhom),
        ChainGroupKey::ForWhom => Some(ChainGroupKey::Objectives),
        ChainGroupKey::Benefits => Some(ChainGroupKey::ValueDrivers),
        ChainGroupKey::ValueDrivers => Some(ChainGroupKey::Benefits),
        _ => None,
    }
}

fn room(key: ChainGroupKey, all: &[Candidate], limit: usize) -> usize {
    let count = |key: ChainGroupKey| all.iter().filter(|one| one.group == key).count();
    match beside(key) {
        None => limit,
        Some(other) => limit.saturating_sub(count(other).min(limit / 2)).max(1),
    }
}

/// Orders each group by the mean of where its neighbours in the groups before it stand; what has none keeps its place.
fn arrange(groups: &mut BTreeMap<ChainGroupKey, ChainGroup>, neighbours: &BTreeMap<&End, Vec<&End>>) {
    let mut height: BTreeMap<End, i64> = BTreeMap::new();
    for (key, group) in groups.iter_mut() {
        let above = if beside(*key).is_some_and(|other| other < *key) { 1000 } else { 0 };
        let mut placed: Vec<(i64, usize, ChainNode)> = Vec::new();
        for (at, node) in group.items.drain(..).enumerate() {
            let end = (*key, node.kind.clone(), node.id.clone());
            let known: Vec<i64> =
                neighbours.get(&end).into_iter().flatten().filter_map(|other| height.get(*other).copied()).collect();
            let own = i64::try_from(at).unwrap_or(0) * 100;
            let mean = match i64::try_from(known.len()) {
                Ok(count) if count > 0 => known.iter().sum::<i64>() / count,
                _ => own,
            };
            placed.push((mean, at, node));
        }
        placed.sort_by_key(|(mean, at, _)| (*mean, *at));
        for (at, (_, _, node)) in placed.into_iter().enumerate() {
            let stands = above + i64::try_from(at).unwrap_or(0) * 100;
            height.insert((*key, node.kind.clone(), node.id.clone()), stands);
            group.items.push(node);
        }
    }
}

/// Between two rows that are shown, or one that is and those of a group that are not.
fn edges(links: &BTreeSet<(End, End)>, shown: &BTreeSet<End>) -> Vec<ChainEdge> {
    let told = |end: &End| {
        let is_shown = shown.contains(end);
        ChainEnd { group: end.0, kind: is_shown.then(|| end.1.clone()), id: is_shown.then(|| end.2.clone()) }
    };
    let found: BTreeSet<ChainEdge> = links
        .iter()
        .filter(|(from, to)| shown.contains(from) || shown.contains(to))
        .map(|(from, to)| ChainEdge { from: told(from), to: told(to) })
        .collect();
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(group: ChainGroupKey, id: &str, order: &str) -> Candidate {
        let node = ChainNode {
            kind: "things".to_owned(),
            id: id.to_owned(),
            title: id.to_uppercase(),
            standing: String::new(),
            accepted: Vec::new(),
        };
        Candidate { group, node, order: order.to_owned() }
    }

    fn end(group: ChainGroupKey, id: &str) -> End {
        (group, "things".to_owned(), id.to_owned())
    }

    #[test]
    fn what_leads_to_the_money_stands_on_the_page_and_the_rest_is_counted() {
        use ChainGroupKey::{ImpactClaims, Objectives, RoadmapItems};
        let all = [
            one(RoadmapItems, "idle", "0"),
            one(RoadmapItems, "paid", "1"),
            one(RoadmapItems, "idle-too", "2"),
            one(ImpactClaims, "accepted", "0"),
            one(Objectives, "far", "0"),
            one(Objectives, "near", "1"),
        ];
        let links = BTreeSet::from([
            (end(RoadmapItems, "paid"), end(ImpactClaims, "accepted")),
            (end(Objectives, "near"), end(RoadmapItems, "paid")),
            (end(Objectives, "far"), end(RoadmapItems, "idle")),
            (end(Objectives, "near"), end(RoadmapItems, "idle")),
        ]);
        let (groups, edges) = select(&all, &links, 1);
        let told = |key| {
            let group = groups.iter().find(|group| group.key == key).unwrap();
            (group.items.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(), group.more)
        };
        assert_eq!(told(RoadmapItems), (vec!["paid"], 2));
        assert_eq!(told(Objectives), (vec!["near"], 1));
        assert_eq!(told(ImpactClaims), (vec!["accepted"], 0));
        let drawn: Vec<_> = edges.iter().map(|edge| (edge.from.id.as_deref(), edge.to.id.as_deref())).collect();
        let expected = [(Some("near"), None), (Some("near"), Some("paid")), (Some("paid"), Some("accepted"))];
        assert_eq!(drawn, expected, "what leads to rows that are not shown leads to those");
    }

    #[test]
    fn two_groups_of_a_column_share_it() {
        use ChainGroupKey::{ForWhom, Objectives};
        let many = |group, count: usize| (0..count).map(move |at| one(group, &format!("{at:02}"), ""));
        let shown = |first: usize, second: usize| {
            let all: Vec<_> = many(Objectives, first).chain(many(ForWhom, second)).collect();
            let (groups, _) = select(&all, &BTreeSet::new(), 8);
            let count = |key| groups.iter().find(|group| group.key == key).map_or(0, |group| group.items.len());
            (count(Objectives), count(ForWhom))
        };
        assert_eq!(shown(20, 20), (4, 4));
        assert_eq!(shown(20, 2), (6, 2));
        assert_eq!(shown(1, 20), (1, 7));
        assert_eq!(shown(3, 3), (3, 3));
    }
}
