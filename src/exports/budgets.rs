//! `budgets`: what may be spent in a fiscal year.

use super::{
    AMOUNT, CREATED_AT, CURRENCY, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, REPORTED_AMOUNT,
    REPORTED_CURRENCY, Selection, Sheet, UPDATED_AT, VERSION, each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{db::Conn, failure::Failure, fiscal::FiscalYear, schema::budgets},
    products::Product,
};
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "budgets",
    title: "Budgets",
    description: "What may be spent in a fiscal year: a row for each component that has a budget, and one without a \
                  component for the whole product, whose budget is not the sum of the others.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("component", "What it may be spent on; empty for the whole product.")
            .or_null()
            .naming("components", "key"),
        Column::text("fiscal_year", "The fiscal year, by the calendar year in which it begins: `FY2026`."),
        Column::month("first_month", "The month in which that year begins."),
        AMOUNT.saying("What may be spent in the whole year, exact."),
        CURRENCY.saying("The product's currency (ISO 4217): budgets are in no other."),
        REPORTED_AMOUNT.saying("The same as `amount`, which is in the product's currency already."),
        REPORTED_CURRENCY,
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("first_month"),
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = budgets)]
struct BudgetRow {
    id: Word,
    component: Option<Word>,
    fiscal_year: FiscalYear,
    amount_units: i64,
    amount_parts: i64,
    currency: Word,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.months();
    let mine = budgets::table.filter(budgets::product_id.eq(&product.id)).order(budgets::fiscal_year);
    each_row!(conn, mine.select(BudgetRow::as_select()), |row: BudgetRow| {
        let first = row.fiscal_year.months(product.fiscal_year_start).from;
        if from.is_none_or(|from| first >= from) && to.is_none_or(|to| first < to) {
            sheet.row().put(&row.id).put(row.component.as_ref()).put(row.fiscal_year.as_text()).put(first.as_text());
            sheet.amount(row.amount_units, row.amount_parts).put(&row.currency);
            sheet.amount(row.amount_units, row.amount_parts).put(product.currency.as_text());
            sheet.put(row.created_at).put(row.updated_at).put(row.version).end()?;
        }
    });
    Ok(())
}
