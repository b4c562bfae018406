//! The SQL of roadmap items.

mod batch;
mod changes;
mod history;
mod graph;
mod links;
mod merge;
mod number;
mod order;

pub use batch::batch;
pub use changes::{RoadmapChange, Step, changes};
pub use graph::dependencies;
pub use history::{HistoryRow, as_of, events, may_be_news, news};
pub use links::{names, require_known, resolve};
pub use merge::{merge, plan, plan_returned};

use super::{ItemStatus, NewRoadmapItem, RoadmapItem, RoadmapItemPatch, RoadmapPlan, Spot, history::RoadmapAction};
use crate::{
    direction::{self, DocumentKind},
    kernel::{
        auth::ProductId,
        db::{Conn, Row, Tx, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page},
        schema::roadmap_items,
    },
    products::{self, Product},
};
use chrono::NaiveDate;
use diesel::prelude::*;
use links::Known;
use order::{Moved, above, place};

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<RoadmapItem>) -> Result<Page<RoadmapItem>, Failure> {
    let rows = roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(RoadmapItem::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every item, as they stand.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<RoadmapItem>, Failure> {
    Ok(roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .order(roadmap_items::rank)
        .select(RoadmapItem::as_select())
        .load(conn)?)
}

/// The items of some status, as they stand.
pub fn of_status(conn: &mut Conn, product: &ProductId, wanted: &[ItemStatus]) -> Result<Vec<RoadmapItem>, Failure> {
    Ok(roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .filter(roadmap_items::status.eq_any(wanted))
        .order(roadmap_items::rank)
        .select(RoadmapItem::as_select())
        .load(conn)?)
}

/// By ref or id.
pub fn find(conn: &mut Conn, product: &ProductId, name: &str) -> Result<RoadmapItem, Failure> {
    Ok(roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .filter(roadmap_items::item_ref.eq(name).or(roadmap_items::id.eq(name)))
        .select(RoadmapItem::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for what it names that is not there, 409 for a ref that is taken or a cycle.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, mut new: NewRoadmapItem) -> Result<RoadmapItem, Failure> {
    tx.alone_in(product)?;
    let whole = products::store::find(tx, product)?;
    let reference = number::take(tx, &whole, new.reference.as_ref())?;
    new = new.settled(None, today(tx, &whole)?)?;
    Known::for_items(tx, product, &[&new])?.settle(&mut new)?;
    links::require_no_cycle(tx, product, &reference, &new)?;
    let rank = place(tx, product, &Spot::LastIn(new.horizon), None)?.1;
    let strategy = direction::store::latest(tx, product, DocumentKind::Strategy)?;
    let row = new.into_row(product, reference, rank, RoadmapPlan::under(strategy), tx.new_head());
    diesel::insert_into(roadmap_items::table).values(&row).execute(&mut **tx)?;
    links::write(tx, &row)?;
    history::write(tx, &row, history::Step { action: RoadmapAction::Create, before: None, after: Some(&row) })?;
    tx.created(&row)?;
    Ok(row)
}

/// # Errors
/// 422 for what it names that is not there, 409 for a step its status does not take, or a cycle.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    name: &str,
    seen: IfMatch,
    patch: &RoadmapItemPatch,
) -> Result<RoadmapItem, Failure> {
    // Before the row is read: its rank may be written anew by whoever moves another one.
    tx.alone_in(product)?;
    let whole = products::store::find(tx, product)?;
    let before = find(tx, product, name)?;
    seen.check(&before)?;
    let mut new = patch.apply(&before)?.settled(Some(&before), today(tx, &whole)?)?;
    before.status.require_step(new.status)?;
    Known::for_items(tx, product, &[&new])?.settle(&mut new)?;
    links::require_no_cycle(tx, product, &before.reference, &new)?;
    let after = write_over(tx, product, &before, new)?;
    let step = history::Step { action: RoadmapAction::Update, before: Some(&before), after: Some(&after) };
    history::write(tx, &after, step)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// Puts what is new in place of what is there; in another horizon it comes last.
fn write_over(
    tx: &mut Tx<'_>,
    product: &ProductId,
    before: &RoadmapItem,
    new: NewRoadmapItem,
) -> Result<RoadmapItem, Failure> {
    let after = write_row_over(tx, product, before, new)?;
    if links::differ(before, &after) {
        links::write(tx, &after)?;
    }
    Ok(after)
}

/// The same without its links.
fn write_row_over(
    tx: &mut Tx<'_>,
    product: &ProductId,
    before: &RoadmapItem,
    new: NewRoadmapItem,
) -> Result<RoadmapItem, Failure> {
    let rank = match new.horizon == before.horizon {
        true => before.rank.clone(),
        false => place(tx, product, &Spot::LastIn(new.horizon), Some(&before.id))?.1,
    };
    let after = new.into_row(product, before.reference.clone(), rank, before.plan.clone(), tx.next_head(before));
    let same =
        roadmap_items::table.filter(roadmap_items::id.eq(&before.id)).filter(roadmap_items::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    Ok(after)
}

/// Lets an item stand somewhere else. The others stay where they are.
///
/// # Errors
/// 422 for a neighbour that is not there, or that is the item itself.
pub fn move_to(
    tx: &mut Tx<'_>,
    product: &ProductId,
    name: &str,
    seen: IfMatch,
    spot: &Spot,
) -> Result<RoadmapItem, Failure> {
    tx.alone_in(product)?;
    let before = find(tx, product, name)?;
    seen.check(&before)?;
    let stood_after = above(tx, &before)?;
    let (horizon, rank) = place(tx, product, spot, Some(&before.id))?;
    let head = tx.next_head(&before);
    let after = RoadmapItem {
        horizon,
        rank,
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before.clone()
    };
    let same =
        roadmap_items::table.filter(roadmap_items::id.eq(&before.id)).filter(roadmap_items::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    let stands_after = above(tx, &after)?;
    let (was, is) = (Moved { item: &before, after: stood_after }, Moved { item: &after, after: stands_after });
    history::write(tx, &after, history::Step { action: RoadmapAction::Move, before: Some(&was), after: Some(&is) })?;
    tx.record("move", RoadmapItem::RESOURCE, Some(product.as_str()), &after.id, Some(&was), Some(&is))?;
    Ok(after)
}

/// # Errors
/// 409 when something refers to it: drop it instead.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, name: &str, seen: IfMatch) -> Result<(), Failure> {
    tx.alone_in(product)?;
    let before = find(tx, product, name)?;
    seen.check(&before)?;
    links::clear(tx, &before)?;
    let same =
        roadmap_items::table.filter(roadmap_items::id.eq(&before.id)).filter(roadmap_items::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => {
            Failure::conflict("referenced", "other rows refer to it: set its status to dropped instead")
        }
        other => other,
    })?;
    require_changed(deleted)?;
    history::write(tx, &before, history::Step { action: RoadmapAction::Delete, before: Some(&before), after: None })?;
    tx.deleted(&before)
}

/// The present day of the product.
fn today(tx: &Tx<'_>, product: &Product) -> Result<NaiveDate, Failure> {
    Ok(tx.at().utc().with_timezone(&product.zone()?).date_naive())
}
