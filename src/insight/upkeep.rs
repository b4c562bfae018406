//! What it takes: hours and money, as far as they speak of no person.

use super::{Chain, Node, markup};
use crate::{
    components, costs,
    effort::{self, answers::pieces},
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Conn,
        failure::Failure,
        month::{Month, MonthSpan},
    },
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Adds what components cost, the entries of cost that name a roadmap item or are among `entries`, and the hours of the last
/// twelve months and the present one by roadmap item and by component.
pub fn link(
    conn: &mut Conn,
    product: &ProductId,
    now: Instant,
    entries: &BTreeSet<String>,
    chain: &mut Chain,
) -> Result<(), Failure> {
    for row in components::store::all(conn, product)? {
        let node = Node::new("costs", row.key.as_text());
        chain.link(&node, &Node::new("components", row.key.as_text()));
        chain.name(node, format!("What {} costs", row.name));
    }
    for row in costs::store::linked(conn, product, entries)? {
        let node = Node::new("cost-entries", &row.id);
        row.roadmap_item.iter().for_each(|item| chain.link(&Node::new("roadmap-items", item), &node));
        row.component.iter().for_each(|key| chain.link(&node, &Node::new("components", key)));
        let what = if row.note.is_empty() { markup::words(row.category.as_text()) } else { row.note };
        chain.name(node, format!("{what}, {}", row.month));
    }
    hours(conn, product, Month::of(now.utc().date_naive()), chain)
}

/// Hours have no rows that may be shown, since a share is a person's: they are called by what they went into.
fn hours(conn: &mut Conn, product: &ProductId, present: Month, chain: &mut Chain) -> Result<(), Failure> {
    let span = MonthSpan { from: present.plus(-12), to: present.next() };
    let (shares, team) = effort::store::worked(conn, product, span)?;
    let mut sums: BTreeMap<Node, Decimal> = BTreeMap::new();
    for piece in pieces(&shares, &team, span) {
        let component = piece.share.component.as_deref().map(|key| Node::new("components", key));
        if let Some(item) = &piece.share.roadmap_item {
            let node = Node::new("effort", item);
            chain.link(&Node::new("roadmap-items", item), &node);
            component.iter().for_each(|component| chain.link(&node, component));
            *sums.entry(node).or_default() += piece.hours;
        }
        if let Some(component) = component {
            let node = Node::new("effort", &component.id);
            chain.link(&node, &component);
            *sums.entry(node).or_default() += piece.hours;
        }
    }
    for (node, sum) in sums {
        chain.name(node, format!("{} since {}", markup::hours(sum), span.from.shown()));
    }
    Ok(())
}
