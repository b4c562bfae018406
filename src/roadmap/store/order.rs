//! The order that people make by hand. Whoever changes it is alone in the product.

use super::super::{
    Horizon, ItemRef, RoadmapItem, Spot,
    rank::{LONGEST, between, fraction, rank},
};
use super::history::write_ranks;
use crate::kernel::{
    auth::ProductId,
    db::{Conn, Tx},
    failure::{Failure, Fault},
    schema::roadmap_items,
};
use diesel::{dsl::max, dsl::min, prelude::*};
use serde::Serialize;

/// What the audit trail keeps of a move: the item, and which one stood right above it.
#[derive(Serialize)]
pub struct Moved<'a> {
    #[serde(flatten)]
    pub item: &'a RoadmapItem,
    pub after: Option<ItemRef>,
}

/// The item right above another, in the same horizon.
pub fn above(conn: &mut Conn, item: &RoadmapItem) -> Result<Option<ItemRef>, Failure> {
    Ok(roadmap_items::table
        .filter(roadmap_items::product_id.eq(&item.product_id))
        .filter(roadmap_items::horizon.eq(item.horizon))
        .filter(roadmap_items::rank.lt(&item.rank))
        .order(roadmap_items::rank.desc())
        .select(roadmap_items::item_ref)
        .first(conn)
        .optional()?)
}

/// The horizon and a free rank at some spot, for an item that is new or `moved`.
///
/// # Errors
/// 422 for a neighbour that is not there, or that is the item itself.
pub fn place(
    tx: &mut Tx<'_>,
    product: &ProductId,
    spot: &Spot,
    moved: Option<&str>,
) -> Result<(Horizon, String), Failure> {
    let (mut horizon, mut made) = at(tx, product, spot, moved)?;
    if made.len() > LONGEST {
        spread(tx, product, horizon)?;
        (horizon, made) = at(tx, product, spot, moved)?;
    }
    Ok((horizon, rank(horizon, &made)))
}

fn at(conn: &mut Conn, product: &ProductId, spot: &Spot, moved: Option<&str>) -> Result<(Horizon, String), Failure> {
    let between = |above: Option<String>, below: Option<String>| {
        between(above.as_deref().map(fraction), below.as_deref().map(fraction))
    };
    Ok(match spot {
        Spot::FirstIn(horizon) => (*horizon, between(None, nearest_below(conn, product, *horizon, "", moved)?)),
        Spot::LastIn(horizon) => (*horizon, between(nearest_above(conn, product, *horizon, "~", moved)?, None)),
        Spot::Before(name) => {
            let (horizon, own) = neighbour(conn, product, "/before", name, moved)?;
            let above = nearest_above(conn, product, horizon, &own, moved)?;
            (horizon, between(above, Some(own)))
        }
        Spot::After(name) => {
            let (horizon, own) = neighbour(conn, product, "/after", name, moved)?;
            let below = nearest_below(conn, product, horizon, &own, moved)?;
            (horizon, between(Some(own), below))
        }
    })
}

fn neighbour(
    conn: &mut Conn,
    product: &ProductId,
    pointer: &str,
    name: &str,
    moved: Option<&str>,
) -> Result<(Horizon, String), Failure> {
    let found: Option<(String, Horizon, String)> = roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .filter(roadmap_items::item_ref.eq(name).or(roadmap_items::id.eq(name)))
        .select((roadmap_items::id, roadmap_items::horizon, roadmap_items::rank))
        .first(conn)
        .optional()?;
    match found {
        None => Err(Failure::Invalid(vec![Fault::unknown_reference(pointer)])),
        Some((id, ..)) if Some(id.as_str()) == moved => {
            Err(Failure::invalid(pointer, "itself", "an item stands neither before nor after itself"))
        }
        Some((_, horizon, rank)) => Ok((horizon, rank)),
    }
}

fn nearest_above(
    conn: &mut Conn,
    product: &ProductId,
    horizon: Horizon,
    rank: &str,
    moved: Option<&str>,
) -> Result<Option<String>, Failure> {
    Ok(roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .filter(roadmap_items::horizon.eq(horizon))
        .filter(roadmap_items::rank.lt(rank))
        .filter(roadmap_items::id.ne(moved.unwrap_or_default()))
        .select(max(roadmap_items::rank))
        .first(conn)?)
}

fn nearest_below(
    conn: &mut Conn,
    product: &ProductId,
    horizon: Horizon,
    rank: &str,
    moved: Option<&str>,
) -> Result<Option<String>, Failure> {
    Ok(roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .filter(roadmap_items::horizon.eq(horizon))
        .filter(roadmap_items::rank.gt(rank))
        .filter(roadmap_items::id.ne(moved.unwrap_or_default()))
        .select(min(roadmap_items::rank))
        .first(conn)?)
}

/// Writes a horizon's ranks anew, short again. Nobody's version moves: the items stand as before.
fn spread(tx: &mut Tx<'_>, product: &ProductId, horizon: Horizon) -> Result<(), Failure> {
    let ids: Vec<String> = roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .filter(roadmap_items::horizon.eq(horizon))
        .order(roadmap_items::rank)
        .select(roadmap_items::id)
        .load(&mut **tx)?;
    // Twice, because a new rank may be one that another item still has.
    for id in &ids {
        let aside = roadmap_items::rank.eq(format!("~{id}"));
        diesel::update(roadmap_items::table.filter(roadmap_items::id.eq(id))).set(aside).execute(&mut **tx)?;
    }
    let mut last: Option<String> = None;
    for id in &ids {
        let next = between(last.as_deref(), None);
        let new = roadmap_items::rank.eq(rank(horizon, &next));
        diesel::update(roadmap_items::table.filter(roadmap_items::id.eq(id))).set(new).execute(&mut **tx)?;
        last = Some(next);
    }
    write_ranks(tx, &ids)
}
