//! `value_drivers`: what the business agreed that a thing is worth.

use super::{
    AMOUNT, CREATED_AT, CURRENCY, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet,
    UPDATED_AT, VERSION, each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        schema::{value_driver_amounts, value_drivers},
    },
    products::Product,
};
use chrono::NaiveDate;
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "value_drivers",
    title: "Value drivers",
    description: "What the business agreed that a thing is worth: a row for each amount of a driver, from a day on until \
                  the next of the same driver. A driver without an amount is a row without one.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID.saying("The driver's id, which never changes; each of its amounts has it."),
        Column::text("name", "What it is called."),
        Column::text("kind", "`revenue_per_hour`, `hour_of_work` or `per_unit`."),
        Column::text("stakeholder", "The id of who agrees to it.").naming("stakeholders", "id").or_null(),
        Column::text("source", "Where the amounts come from."),
        Column::date("valid_from", "The first day on which the amount holds.").or_null(),
        AMOUNT.saying("What one hour or unit is worth, exact.").or_null(),
        CURRENCY.or_null(),
        Column::time("agreed_at", "When the stakeholder agreed to the amount; empty while they have not.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id", "valid_from"],
    period: None,
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = value_drivers)]
struct DriverRow {
    id: Word,
    name: Word,
    kind: Word,
    stakeholder: Option<Word>,
    source: Word,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = value_driver_amounts)]
struct AmountRow {
    valid_from: NaiveDate,
    amount_units: i64,
    amount_parts: i64,
    currency: Word,
    agreed_at: Option<Moment>,
}

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let of_driver = value_driver_amounts::value_driver.eq(value_drivers::id);
    let mine = value_drivers::table
        .left_join(value_driver_amounts::table.on(of_driver))
        .filter(value_drivers::product_id.eq(&product.id))
        .order((value_drivers::id, value_driver_amounts::valid_from));
    type Row = (DriverRow, Option<AmountRow>);
    each_row!(conn, mine.select((DriverRow::as_select(), Option::<AmountRow>::as_select())), |row: Row| {
        let (driver, amount) = row;
        sheet.row().put(&driver.id).put(&driver.name).put(&driver.kind).put(driver.stakeholder.as_ref());
        sheet.put(&driver.source);
        match &amount {
            Some(amount) => {
                sheet.put(amount.valid_from).amount(amount.amount_units, amount.amount_parts);
                sheet.put(&amount.currency).put(amount.agreed_at);
            }
            None => {
                sheet.null().null().null().null();
            }
        }
        sheet.put(driver.created_at).put(driver.updated_at).put(driver.version).end()?;
    });
    Ok(())
}
