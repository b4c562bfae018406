//! `populations`: how many people a persona stands for, and since when.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        schema::{persona_populations, personas},
    },
    products::Product,
};
use chrono::NaiveDate;
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "populations",
    title: "Populations",
    description: "How many people a persona stands for: a row for each day from which on the number is another.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("persona", "Whose number it is.").naming("personas", "id"),
        Column::text("persona_name", "What the team calls them."),
        Column::date("valid_from", "The first day on which it holds; a month counts with the one at its start."),
        Column::integer("people", "How many they are.").in_unit("people"),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("valid_from"),
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = persona_populations)]
struct PopulationCells {
    id: Word,
    persona: Word,
    valid_from: NaiveDate,
    people: i64,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.days();
    let wanted = persona_populations::table
        .inner_join(personas::table.on(personas::id.eq(persona_populations::persona)))
        .filter(persona_populations::product_id.eq(&product.id))
        .filter(persona_populations::valid_from.ge(from))
        .filter(persona_populations::valid_from.lt(to))
        .order((personas::name_nfc, persona_populations::valid_from));
    each_row!(conn, wanted.select((PopulationCells::as_select(), personas::name)), |found: (PopulationCells, Word)| {
        let (row, name) = found;
        sheet.row().put(&row.id).put(&row.persona).put(&name).put(row.valid_from).put(row.people);
        sheet.put(row.created_at).put(row.updated_at).put(row.version).end()?;
    });
    Ok(())
}
