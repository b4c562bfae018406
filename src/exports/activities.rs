//! `activities`: the work worth telling.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    effort::WorkKind,
    kernel::{db::Conn, failure::Failure, schema::activities},
    products::Product,
};
use chrono::NaiveDate;
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "activities",
    title: "Activities",
    description: "Ops work worth telling: a row a piece of work, by the day it was done.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::date("on", "The day it was done, in the product's zone."),
        Column::time("started_at", "When it began, where that was noted.").or_null(),
        Column::time("ended_at", "When it ended, where that was noted.").or_null(),
        Column::text("component", "What was worked on; empty for work on no component.")
            .or_null()
            .naming("components", "key"),
        Column::text(
            "kind",
            "`patching`, `upgrade`, `recovery_test`, `on_call`, `incident_response`, `support`, `toil`, `security`, \
             `capacity`, `improvement`, `new_capability` or `overhead`.",
        ),
        Column::text("nature", "What the kind is for the business: `run`, `grow` or `transform`."),
        Column::boolean("planned", "Whether it was planned."),
        Column::text("incident", "The incident that it answered.").or_null().naming("incidents", "id"),
        Column::text("roadmap_item", "The roadmap item that it was for.").or_null().naming("roadmap_items", "ref"),
        Column::text("summary", "What was done, in plain words."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("on"),
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = activities)]
struct ActivityRow {
    id: Word,
    done_on: NaiveDate,
    started_at: Option<Moment>,
    ended_at: Option<Moment>,
    component: Option<Word>,
    kind: WorkKind,
    planned: bool,
    incident: Option<Word>,
    roadmap_item: Option<Word>,
    summary: Word,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.days();
    let wanted = activities::table
        .filter(activities::product_id.eq(&product.id))
        .filter(activities::done_on.ge(from))
        .filter(activities::done_on.lt(to))
        .order((activities::done_on, activities::id));
    each_row!(conn, wanted.select(ActivityRow::as_select()), |row: ActivityRow| {
        sheet.row().put(&row.id).put(row.done_on).put(row.started_at).put(row.ended_at).put(row.component.as_ref());
        sheet.put(row.kind.as_text()).put(row.kind.nature().as_text()).put(row.planned).put(row.incident.as_ref());
        sheet.put(row.roadmap_item.as_ref()).put(&row.summary);
        sheet.put(row.created_at).put(row.updated_at).put(row.version).end()?;
    });
    Ok(())
}
