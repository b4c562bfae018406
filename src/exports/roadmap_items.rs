//! `roadmap_items`: what is to change.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{db::Conn, failure::Failure, money::settle, schema::roadmap_items},
    products::Product,
    roadmap::{Rice, Wsjf},
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::de::DeserializeOwned;

pub const DATASET: Dataset = Dataset {
    name: "roadmap_items",
    title: "Roadmap items",
    description: "What is to change about what is run: a row an item, as it is now and as they stand.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("ref", "The name that never changes, such as `OPS-42`, by which other datasets name it."),
        Column::text("title", "What people call it."),
        Column::text("problem", "What is wrong as it is."),
        Column::text("outcome", "What will be better, and for whom."),
        Column::text("description", "More of it, in Markdown."),
        Column::text("kind", "`feature`, `reliability`, `maintenance`, `risk`, `debt`, `security` or `cost`."),
        Column::text("horizon", "`now`, `next` or `later`."),
        Column::integer("position", "Where it stands in its horizon, from 1."),
        Column::text("status", "`idea`, `planned`, `in_progress`, `shipped` or `dropped`."),
        Column::text("owner", "Who answers for it.").or_null(),
        Column::date("start_on", "When it is to begin.").or_null(),
        Column::date("target_on", "When it is to be done.").or_null(),
        Column::date("shipped_on", "When it shipped; empty unless it has.").or_null(),
        Column::number("rice_reach", "count", "How many people, or how many times, in a period.").or_null(),
        Column::number("rice_impact", "impact", "How much for each of them.").or_null(),
        Column::number("rice_confidence", "share", "How sure that is, 0 to 1.").or_null(),
        Column::number("rice_effort", "effort", "What it takes, such as person-months.").or_null(),
        Column::number("rice", "score", "Reach × impact × confidence ÷ effort, to 12 digits after the point.")
            .or_null(),
        Column::number("wsjf_user_value", "points", "What it is worth to users.").or_null(),
        Column::number("wsjf_time_criticality", "points", "What is lost by waiting.").or_null(),
        Column::number("wsjf_risk_reduction", "points", "What it makes safer, or possible.").or_null(),
        Column::number("wsjf_job_size", "points", "How much work it is.").or_null(),
        Column::number(
            "wsjf",
            "score",
            "(User value + time criticality + risk reduction) ÷ job size, to 12 digits after the point.",
        )
        .or_null(),
        Column::text("tags", "Its tags, separated by blanks."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
        Column::integer("strategy_version", "The number of the published strategy that it was made under.").or_null(),
        Column::time("planned_at", "When it became something else than an idea for the first time.").or_null(),
        Column::date("promised_on", "The first day by which it was to be done; it stays when `target_on` moves.")
            .or_null(),
        Column::text("dropped_because", "Why it was dropped.").or_null(),
    ],
    key: &["id"],
    period: None,
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = roadmap_items)]
struct ItemRow {
    id: Word,
    item_ref: Word,
    title: Word,
    problem: Word,
    outcome: Word,
    description: Word,
    kind: Word,
    horizon: Word,
    status: Word,
    owner: Option<Word>,
    start_on: Option<NaiveDate>,
    target_on: Option<NaiveDate>,
    shipped_on: Option<NaiveDate>,
    rice: Option<Word>,
    wsjf: Option<Word>,
    tags: Word,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
    strategy_version: Option<i64>,
    planned_at: Option<Moment>,
    promised_on: Option<NaiveDate>,
    dropped_because: Option<Word>,
}

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let mine = roadmap_items::table.filter(roadmap_items::product_id.eq(&product.id)).order(roadmap_items::rank);
    let (mut horizon, mut position) = (Word::from(""), 0_i64);
    each_row!(conn, mine.select(ItemRow::as_select()), |row: ItemRow| {
        position = if row.horizon == horizon { position + 1 } else { 1 };
        let (rice, wsjf) = (inputs::<Rice>(row.rice.as_ref())?, inputs::<Wsjf>(row.wsjf.as_ref())?);
        sheet.row().put(&row.id).put(&row.item_ref).put(&row.title).put(&row.problem).put(&row.outcome);
        sheet.put(&row.description).put(&row.kind).put(&row.horizon).put(position).put(&row.status);
        sheet.put(row.owner.as_ref()).put(row.start_on).put(row.target_on).put(row.shipped_on);
        sheet.put(rice.map(|rice| rice.reach)).put(rice.map(|rice| rice.impact));
        sheet.put(rice.map(|rice| rice.confidence)).put(rice.map(|rice| rice.effort));
        sheet.put(rice.and_then(|rice| rice.score()).map(settle));
        sheet.put(wsjf.map(|wsjf| wsjf.user_value)).put(wsjf.map(|wsjf| wsjf.time_criticality));
        sheet.put(wsjf.map(|wsjf| wsjf.risk_reduction)).put(wsjf.map(|wsjf| wsjf.job_size));
        sheet.put(wsjf.and_then(|wsjf| wsjf.score()).map(settle));
        sheet
            .put(&row.tags)
            .put(row.created_at)
            .put(row.updated_at)
            .put(row.version)
            .put(row.strategy_version)
            .put(row.planned_at)
            .put(row.promised_on)
            .put(row.dropped_because.as_ref())
            .end()?;
        horizon = row.horizon;
    });
    Ok(())
}

/// The figures of a score, as they are kept.
fn inputs<T: DeserializeOwned>(kept: Option<&Word>) -> Result<Option<T>, Failure> {
    kept.map(|text| serde_json::from_str(text.as_str()).map_err(Failure::internal)).transpose()
}
