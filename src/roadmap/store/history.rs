//! What became of items, row by row: written with every change of one, read by item, by time, and as of a moment.

use super::super::{
    ItemRef, RoadmapItem,
    history::{self, KeptChange, NewsPlace, RoadmapAction, RoadmapChangeView, RoadmapEvent, Said, WantedNews},
    rank::rank,
};
use crate::kernel::{
    auth::ProductId,
    clock::Instant,
    db::{AuthorKind, Conn, Tx, order_by},
    failure::Failure,
    http::{List, Page},
    schema::{roadmap_history, roadmap_items},
};
use diesel::{
    dsl::sql,
    expression::SqlLiteral,
    prelude::*,
    sql_types::{BigInt, Bool, Text, Timestamp},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// A row of the table, without what every query knows already.
#[derive(Queryable, Selectable)]
#[diesel(table_name = roadmap_history)]
pub struct HistoryRow {
    item_ref: ItemRef,
    sequence: i64,
    at: Instant,
    actor_kind: AuthorKind,
    person: Option<String>,
    action: RoadmapAction,
    version: i64,
    rank: String,
    before: Option<String>,
    after: Option<String>,
}

impl HistoryRow {
    /// # Errors
    /// When it was not written by us.
    pub fn kept(self) -> Result<KeptChange, Failure> {
        Ok(KeptChange {
            at: self.at,
            by: self.person,
            actor: self.actor_kind,
            action: self.action,
            reference: self.item_ref,
            sequence: self.sequence,
            version: self.version,
            before: self.before.as_deref().map(said).transpose()?,
            after: self.after.as_deref().map(said).transpose()?,
        })
    }
}

fn said(text: &str) -> Result<Said, Failure> {
    serde_json::from_str(text).map_err(Failure::internal)
}

/// What a row says, with what a move says beside it.
fn told(row: &impl Serialize) -> Result<Said, Failure> {
    match serde_json::to_value(row).map_err(Failure::internal)? {
        Value::Object(said) => Ok(said),
        _ => Err(Failure::internal("a row is an object")),
    }
}

/// An item before and after a change.
pub(super) struct Step<'a, S> {
    pub action: RoadmapAction,
    pub before: Option<&'a S>,
    pub after: Option<&'a S>,
}

/// Writes down what is done with an item; `item` is the item afterwards, or the one that is gone. The change must be alone
/// in the product.
pub(super) fn write<S: Serialize>(tx: &mut Tx<'_>, item: &RoadmapItem, step: Step<'_, S>) -> Result<(), Failure> {
    let mine = roadmap_history::table
        .filter(roadmap_history::product_id.eq(&item.product_id))
        .filter(roadmap_history::item_ref.eq(&item.reference));
    let last: Option<(i64, Instant)> = mine
        .order(roadmap_history::sequence.desc())
        .select((roadmap_history::sequence, roadmap_history::at))
        .first(&mut **tx)
        .optional()?;
    let (before, after) = (step.before.map(told).transpose()?, step.after.map(told).transpose()?);
    let before = match (before, &after) {
        // The first that is known says all there was, since nothing else does.
        (Some(before), Some(after)) if last.is_some() => Some(history::replaced(&before, after)),
        (before, _) => before,
    };
    let text =
        |said: Option<Said>| said.map(|said| serde_json::to_string(&said)).transpose().map_err(Failure::internal);
    // A change that began earlier may have waited for one that began later.
    let at = last.map_or(tx.at(), |(_, at)| at.max(tx.at()));
    let gone = i64::from(after.is_none());
    let row = (
        roadmap_history::product_id.eq(&item.product_id),
        roadmap_history::item_ref.eq(&item.reference),
        roadmap_history::sequence.eq(last.map_or(0, |(sequence, _)| sequence) + 1),
        roadmap_history::item_id.eq(&item.id),
        roadmap_history::at.eq(at),
        roadmap_history::actor_kind.eq(tx.author().kind),
        roadmap_history::person.eq(tx.author().person().map(ToOwned::to_owned)),
        roadmap_history::action.eq(step.action),
        roadmap_history::version.eq(item.version + gone),
        roadmap_history::rank.eq(&item.rank),
        roadmap_history::before.eq(text(before)?),
        roadmap_history::after.eq(text(after)?),
    );
    diesel::insert_into(roadmap_history::table).values(row).execute(&mut **tx)?;
    Ok(())
}

/// Writes down that ranks of a horizon were written anew, so that items of a moment stand as they stood.
pub(super) fn write_ranks(tx: &mut Tx<'_>, ids: &[String]) -> Result<(), Failure> {
    for id in ids {
        let item = roadmap_items::table.find(id).select(RoadmapItem::as_select()).first(&mut **tx)?;
        write(tx, &item, Step { action: RoadmapAction::Spread, before: Some(&item), after: Some(&item) })?;
    }
    Ok(())
}

/// What was done with an item, also with one that is gone: by ref, or by id while it is there.
pub fn events(
    conn: &mut Conn,
    product: &ProductId,
    name: &str,
    list: &List<RoadmapEvent>,
) -> Result<Page<RoadmapEvent>, Failure> {
    let there: Option<ItemRef> = roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .filter(roadmap_items::item_ref.eq(name).or(roadmap_items::id.eq(name)))
        .select(roadmap_items::item_ref)
        .first(conn)
        .optional()?;
    let known = |conn: &mut Conn| -> Result<ItemRef, Failure> {
        Ok(roadmap_history::table
            .filter(roadmap_history::product_id.eq(product.as_str()))
            .filter(roadmap_history::item_ref.eq(name))
            .select(roadmap_history::item_ref)
            .first(conn)?)
    };
    let reference = there.map_or_else(|| known(conn), Ok)?;
    let rows: Vec<HistoryRow> = roadmap_history::table
        .filter(roadmap_history::product_id.eq(product.as_str()))
        .filter(roadmap_history::item_ref.eq(reference))
        .filter(roadmap_history::action.ne(RoadmapAction::Spread))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(HistoryRow::as_select())
        .load(conn)?;
    let events = rows.into_iter().map(|row| row.kept().map(RoadmapEvent::from)).collect::<Result<Vec<_>, _>>()?;
    list.page(events)
}

/// That something of a change may be news; of the others nothing is.
pub fn may_be_news() -> SqlLiteral<Bool> {
    // Names of properties, as no text inside one is written: its quotes are escaped.
    sql("(action <> 'spread' AND (after IS NULL OR before IS NULL OR action = 'move' OR before LIKE '%\"status\":%' \
         OR before LIKE '%\"horizon\":%' OR before LIKE '%\"target_on\":%'))")
}

/// How many changes are read at once.
const CHUNK: i64 = 500;

/// What of some time is news, oldest first.
pub fn news(conn: &mut Conn, product: &ProductId, wanted: &WantedNews) -> Result<Page<RoadmapChangeView>, Failure> {
    let mut items = Vec::new();
    let mut from = wanted.from.clone();
    loop {
        let rows = changed(conn, product, (wanted.since, wanted.until), from.as_ref())?;
        let whole = rows.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX);
        for row in rows {
            let change = row.kept()?;
            let place =
                |nth| NewsPlace { at: change.at, reference: change.reference.clone(), sequence: change.sequence, nth };
            let again = from.as_ref().filter(|from| **from == place(from.nth)).map_or(0, |from| from.nth);
            let news = change.news().into_iter().enumerate().skip(again);
            for (nth, one) in news.filter(|(_, one)| wanted.kinds.is_empty() || wanted.kinds.contains(&one.kind)) {
                if items.len() == wanted.limit {
                    return Ok(Page { items, next_cursor: Some(place(nth).cursor()?) });
                }
                items.push(one);
            }
            from = Some(NewsPlace { nth: usize::MAX, ..place(0) });
        }
        if whole {
            return Ok(Page { items, next_cursor: None });
        }
    }
}

/// Changes of which something may be news, from a place on that is told itself.
fn changed(
    conn: &mut Conn,
    product: &ProductId,
    (since, until): (Option<Instant>, Option<Instant>),
    from: Option<&NewsPlace>,
) -> Result<Vec<HistoryRow>, Failure> {
    let mut rows = roadmap_history::table
        .filter(roadmap_history::product_id.eq(product.as_str()))
        .filter(may_be_news())
        .order((roadmap_history::at, roadmap_history::item_ref, roadmap_history::sequence))
        .limit(CHUNK)
        .select(HistoryRow::as_select())
        .into_boxed();
    if let Some(since) = since {
        rows = rows.filter(roadmap_history::at.ge(since));
    }
    if let Some(until) = until {
        rows = rows.filter(roadmap_history::at.lt(until));
    }
    if let Some(from) = from {
        rows = rows.filter(
            sql::<Bool>("(at, item_ref, sequence) >= (")
                .bind::<Timestamp, _>(from.at)
                .sql(", ")
                .bind::<Text, _>(from.reference.as_text().to_owned())
                .sql(", ")
                .bind::<BigInt, _>(from.sequence + i64::from(from.nth == usize::MAX))
                .sql(")"),
        );
    }
    Ok(rows.load(conn)?)
}

/// Every change from one moment up to, but not including, another; in order.
pub(super) fn between(
    conn: &mut Conn,
    product: &ProductId,
    from: Instant,
    to: Instant,
) -> Result<Vec<KeptChange>, Failure> {
    let rows: Vec<HistoryRow> = roadmap_history::table
        .filter(roadmap_history::product_id.eq(product.as_str()))
        .filter(roadmap_history::at.ge(from))
        .filter(roadmap_history::at.lt(to))
        .filter(roadmap_history::action.ne(RoadmapAction::Spread))
        .order((roadmap_history::at, roadmap_history::item_ref, roadmap_history::sequence))
        .select(HistoryRow::as_select())
        .load(conn)?;
    rows.into_iter().map(HistoryRow::kept).collect()
}

/// The refs of all items of a product that are there or were deleted, for a query between parentheses.
const REFS: &str = "SELECT product_id, item_ref FROM roadmap_items WHERE product_id = ";
const DELETED: &str =
    " UNION SELECT product_id, item_ref FROM roadmap_history WHERE action = 'delete' AND product_id = ";

/// The items as they stood at a moment, those too that are gone since; in no order. What the history does not know of an
/// item's beginning is told by the first that it knows, back to when the item was made.
pub fn as_of(conn: &mut Conn, product: &ProductId, at: Instant) -> Result<Vec<RoadmapItem>, Failure> {
    let id = product.as_str();
    let of_product = || roadmap_history::table.filter(roadmap_history::product_id.eq(id));
    // Each item's own rows are found by an index, one item after the other: one may have a million.
    let last = sql::<Bool>(
        "(item_ref, sequence) IN (SELECT r.item_ref, (SELECT l.sequence FROM roadmap_history l \
         WHERE l.product_id = r.product_id AND l.item_ref = r.item_ref AND l.at <= ",
    )
    .bind::<Timestamp, _>(at)
    .sql(" ORDER BY l.at DESC, l.sequence DESC LIMIT 1) FROM (")
    .sql(REFS)
    .bind::<Text, _>(id)
    .sql(DELETED)
    .bind::<Text, _>(id)
    .sql(") r)");
    let last: Vec<HistoryRow> = of_product().filter(last).select(HistoryRow::as_select()).load(conn)?;
    let mut seen: BTreeSet<ItemRef> = last.iter().map(|row| row.item_ref.clone()).collect();
    let mut items = Vec::new();
    for row in last {
        if let Some(after) = row.after {
            items.push(history::item(said(&after)?, id, row.rank)?);
        }
    }
    let first = sql::<Bool>("(item_ref, sequence) IN (SELECT r.item_ref, 1 FROM (")
        .sql(REFS)
        .bind::<Text, _>(id)
        .sql(DELETED)
        .bind::<Text, _>(id)
        .sql(") r)");
    let first: Vec<HistoryRow> = of_product().filter(first).select(HistoryRow::as_select()).load(conn)?;
    for row in first {
        let is_later = seen.insert(row.item_ref.clone());
        if let Some(before) = row.before.filter(|_| is_later) {
            let (before, after) = (said(&before)?, row.after.as_deref().map(said).transpose()?);
            let stayed = after.as_ref().is_none_or(|after| after.get("horizon") == before.get("horizon"));
            let mut item = history::item(before, id, row.rank)?;
            if !stayed {
                // Where it stood before is not known: last.
                item.rank = rank(item.horizon, "~");
            }
            items.push(item);
        }
    }
    items.extend(super::all(conn, product)?.into_iter().filter(|item| !seen.contains(&item.reference)));
    items.retain(|item| item.created_at <= at);
    Ok(items)
}
