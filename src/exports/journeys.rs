//! `journeys`: how personas were seen to do their tasks.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        money::Quantity,
        schema::{persona_journeys, personas},
    },
    products::Product,
};
use chrono::NaiveDate;
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "journeys",
    title: "Journeys",
    description: "How a persona does a task with a component: a row an observation. The latest by a day holds on it.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("persona", "Who does it.").naming("personas", "id"),
        Column::text("persona_name", "What the team calls them."),
        Column::text("component", "What it is done with.").naming("components", "key"),
        Column::text("task", "What they want done."),
        Column::date("on", "The day of the observation."),
        Column::number("uses_per_month", "uses", "How often one person does it in a month."),
        Column::number("minutes_per_use", "minutes", "How long it takes each time."),
        Column::number("satisfaction", "score", "From 1, bad, to 5, good; the mean of the sample.").or_null(),
        Column::text("source", "How it is known."),
        Column::integer("sample_size", "How many were asked or looked at.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("on"),
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = persona_journeys)]
struct JourneyCells {
    id: Word,
    persona: Word,
    component: Word,
    task: Word,
    observed_on: NaiveDate,
    uses_per_month: Quantity,
    minutes_per_use: Quantity,
    satisfaction: Option<Quantity>,
    source: Word,
    sample_size: Option<i64>,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.days();
    let wanted = persona_journeys::table
        .inner_join(personas::table.on(personas::id.eq(persona_journeys::persona)))
        .filter(persona_journeys::product_id.eq(&product.id))
        .filter(persona_journeys::observed_on.ge(from))
        .filter(persona_journeys::observed_on.lt(to))
        .order((personas::name_nfc, persona_journeys::component, persona_journeys::task_nfc))
        .then_order_by(persona_journeys::observed_on);
    each_row!(conn, wanted.select((JourneyCells::as_select(), personas::name)), |found: (JourneyCells, Word)| {
        let (row, name) = found;
        sheet.row().put(&row.id).put(&row.persona).put(&name).put(&row.component).put(&row.task);
        sheet.put(row.observed_on).put(row.uses_per_month).put(row.minutes_per_use).put(row.satisfaction);
        sheet.put(&row.source).put(row.sample_size);
        sheet.put(row.created_at).put(row.updated_at).put(row.version).end()?;
    });
    Ok(())
}
