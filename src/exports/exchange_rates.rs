//! `exchange_rates`: what one currency was worth in another, month by month.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{db::Conn, failure::Failure, schema::exchange_rates},
    products::Product,
};
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "exchange_rates",
    title: "Exchange rates",
    description: "What one currency was worth in another: a row for each pair of currencies and month. An amount in \
                  `from_currency`, multiplied, is an amount in `to_currency`.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("from_currency", "What is converted (ISO 4217)."),
        Column::text("to_currency", "What it is converted into (ISO 4217)."),
        Column::month("month", "The month whose amounts it converts."),
        Column::number("rate", "to_currency", "What one unit is worth, exact."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("month"),
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = exchange_rates)]
struct RateRow {
    id: Word,
    from_currency: Word,
    to_currency: Word,
    month: Word,
    rate: Word,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.months_as_text();
    let wanted = exchange_rates::table
        .filter(exchange_rates::product_id.eq(&product.id))
        .filter(exchange_rates::month.ge(&from))
        .filter(exchange_rates::month.lt(&to))
        .order((exchange_rates::month, exchange_rates::from_currency, exchange_rates::to_currency));
    each_row!(conn, wanted.select(RateRow::as_select()), |row: RateRow| {
        sheet.row().put(&row.id).put(&row.from_currency).put(&row.to_currency).put(&row.month).put(&row.rate);
        sheet.put(row.created_at).put(row.updated_at).put(row.version).end()?;
    });
    Ok(())
}
