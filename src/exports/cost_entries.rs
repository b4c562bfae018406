//! `cost_entries`: every line of cost.

use super::{
    AMOUNT, CREATED_AT, CURRENCY, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, REPORTED_AMOUNT,
    REPORTED_CURRENCY, Selection, Sheet, UPDATED_AT, VERSION, each_row,
    word::{Moment, Word},
};
use crate::{
    costs::{self, Category, ledger::Rates},
    kernel::{
        db::Conn,
        failure::Failure,
        figure::Figure,
        money::{Money, Quantity},
        schema::cost_entries,
    },
    products::Product,
};
use diesel::prelude::*;
use rust_decimal::Decimal;

pub const DATASET: Dataset = Dataset {
    name: "cost_entries",
    title: "Cost entries",
    description: "Every line of cost, as it was written down or billed: a row a line, by month.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("component", "What it was spent on; empty when it is not allocated.")
            .or_null()
            .naming("components", "key"),
        Column::month("month", "The billing month, in UTC."),
        Column::text(
            "category",
            "`labour`, `infrastructure`, `licence`, `support`, `incident`, `training` or `other`.",
        ),
        Column::text("nature", "What it is for the business: `run`, `grow` or `transform`."),
        AMOUNT,
        CURRENCY,
        REPORTED_AMOUNT,
        REPORTED_CURRENCY,
        Column::number("hours", "hours", "The hours that were paid for.").or_null(),
        Column::text("note", "What it was for. Empty for labour, when whoever exports may not know who did the work.")
            .or_null(),
        Column::text("source", "Where the line comes from, such as an invoice."),
        Column::text("external_id", "What the source calls it. Empty for labour in the same case as the note.")
            .or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
        Column::text("roadmap_item", "The change that it was for.").or_null().naming("roadmap_items", "ref"),
        Column::number("billed_amount", "currency", "What was invoiced for it, exact; empty when that is not told.")
            .or_null(),
        Column::text("provider", "Who sells it, where a bill says so.").or_null(),
        Column::text("billing_account", "The account that was billed.").or_null(),
        Column::month("billing_period", "The month that the bill is of.").or_null(),
        Column::text("service_name", "The provider's service.").or_null(),
        Column::text("sub_account", "The part of the account.").or_null(),
        Column::text("resource_id", "What the provider calls the resource.").or_null(),
        Column::text("tags", "Tags of the resource, a JSON object of texts.").or_null(),
        Column::text("extra", "What else the source says of the line, a JSON object.").or_null(),
    ],
    key: &["id"],
    period: Some("month"),
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = cost_entries)]
struct EntryRow {
    id: Word,
    component: Option<Word>,
    month: Word,
    category: Word,
    nature: Word,
    amount_units: i64,
    amount_parts: i64,
    currency: Word,
    hours: Option<Quantity>,
    note: Word,
    source: Word,
    external_id: Option<Word>,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
    roadmap_item: Option<Word>,
    billed_units: Option<i64>,
    billed_parts: Option<i64>,
    provider: Option<Word>,
    billing_account: Option<Word>,
    billing_period: Option<Word>,
    service_name: Option<Word>,
    sub_account: Option<Word>,
    resource_id: Option<Word>,
    tags: Option<Word>,
    extra: Option<Word>,
}

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let rates = Rates::new(&costs::store::exchange_rates(conn, &product.product_id())?);
    let (from, to) = selection.months_as_text();
    // By month only, as the index has it: a million rows are not sorted first.
    let hidden = if selection.persons { "" } else { Category::Labour.as_text() };
    let wanted = cost_entries::table
        .filter(cost_entries::product_id.eq(&product.id))
        .filter(costs::store::counted())
        .filter(cost_entries::category.ne(hidden))
        .filter(cost_entries::month.ge(&from))
        .filter(cost_entries::month.lt(&to))
        .order(cost_entries::month);
    each_row!(conn, wanted.select(EntryRow::as_select()), |row: EntryRow| {
        sheet.row().put(&row.id).put(row.component.as_ref()).put(&row.month).put(&row.category).put(&row.nature);
        sheet.amount(row.amount_units, row.amount_parts).put(&row.currency);
        if row.currency.as_str() == product.currency.as_text() {
            sheet.amount(row.amount_units, row.amount_parts);
        } else {
            sheet.put(reported(&row, product, &rates)?);
        }
        sheet.put(product.currency.as_text()).put(row.hours).put(&row.note).put(&row.source);
        sheet.put(row.external_id.as_ref());
        sheet.put(row.created_at).put(row.updated_at).put(row.version).put(row.roadmap_item.as_ref());
        match row.billed_units.zip(row.billed_parts) {
            Some((units, parts)) => sheet.amount(units, parts),
            None => sheet.null(),
        };
        sheet.put(row.provider.as_ref()).put(row.billing_account.as_ref()).put(row.billing_period.as_ref());
        sheet.put(row.service_name.as_ref()).put(row.sub_account.as_ref()).put(row.resource_id.as_ref());
        sheet.put(row.tags.as_ref()).put(row.extra.as_ref()).end()?;
    });
    Ok(())
}

/// The amount in the product's currency, unrounded; none when the month has no rate.
fn reported(row: &EntryRow, product: &Product, rates: &Rates) -> Result<Option<Decimal>, Failure> {
    let currency = row.currency.as_str().parse().map_err(Failure::internal)?;
    let month = row.month.as_str().parse().map_err(Failure::internal)?;
    let money = Money::from_columns(row.amount_units, row.amount_parts, currency);
    Ok(match rates.convert(money, product.currency, month) {
        Figure::Known(money) => Some(money.amount),
        Figure::Unknown(_) => None,
    })
}
