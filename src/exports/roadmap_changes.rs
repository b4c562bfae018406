//! `roadmap_changes`: what became of roadmap items.

use super::{DELETED_AT, Dataset, DatasetColumn as Column, PRODUCT, Selection, Sheet, each_row, word::Moment};
use crate::{
    kernel::{db::Conn, failure::Failure, schema::roadmap_history},
    products::Product,
    roadmap::store::{HistoryRow, may_be_news},
};
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "roadmap_changes",
    title: "Changes of the roadmap",
    description: "What became of roadmap items, by whatever way: a row for each that was added, moved, slipped, dropped, \
                  shipped, reopened or deleted, oldest first.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        Column::text("roadmap_item", "The item's ref; a deleted one is not in `roadmap_items` any more."),
        Column::integer("version", "The item's version since; of a deleted one, one more than its last."),
        Column::text("kind", "`added`, `moved`, `slipped`, `dropped`, `shipped`, `reopened` or `deleted`."),
        Column::time("at", "When."),
        Column::text("title", "What the item was called then."),
        Column::text("from", "Of what moved the horizon, of what slipped the day, of others the status; before.")
            .or_null(),
        Column::text("to", "The same afterwards.").or_null(),
        Column::integer("days", "By how many days it slipped; empty where no day is said any more.")
            .or_null()
            .in_unit("days"),
        Column::integer("total_days", "How many days after the first promised day it is wanted since, or did ship.")
            .or_null()
            .in_unit("days"),
        Column::text("reason", "Why it was dropped.").or_null(),
        Column::text("by", "The id of the user who did it, or whose token did.").or_null(),
        Column::text("actor", "What kind of someone it was: `user`, `token`, `operator` or others."),
    ],
    key: &["roadmap_item", "version", "kind"],
    period: Some("at"),
    rows,
};

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.instants();
    let mine = roadmap_history::table
        .filter(roadmap_history::product_id.eq(&product.id))
        .filter(roadmap_history::at.ge(from))
        .filter(roadmap_history::at.lt(to))
        .filter(may_be_news())
        .order((roadmap_history::at, roadmap_history::item_ref, roadmap_history::sequence));
    each_row!(conn, mine.select(HistoryRow::as_select()), |row: HistoryRow| {
        for one in row.kept()?.news() {
            sheet.row().put(one.reference.as_text()).put(one.version).put(one.kind.as_text()).put(Moment::from(one.at));
            sheet.put(one.title.as_str()).put(one.from.as_deref()).put(one.to.as_deref()).put(one.days);
            sheet
                .put(one.total_days)
                .put(one.reason.as_deref())
                .put(one.by.as_deref())
                .put(one.actor.as_text())
                .end()?;
        }
    });
    Ok(())
}
