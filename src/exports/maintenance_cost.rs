//! `maintenance_cost_monthly`: what it costs to keep each component, month by month.

use super::{
    AMOUNT, CURRENCY, DELETED_AT, Dataset, DatasetColumn as Column, IS_FINAL, PRODUCT, REPORTED_AMOUNT,
    REPORTED_CURRENCY, REVISION, Selection, Sheet, published,
};
use crate::{
    costs::{
        self, Category,
        ledger::{Ledger, Line},
    },
    effort::Nature,
    kernel::{
        db::Conn,
        failure::Failure,
        figure::Figure,
        money::Money,
        month::Month,
        schema::{cost_entries, effort_weeks},
    },
    products::Product,
};
use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

pub const DATASET: Dataset = Dataset {
    name: "maintenance_cost_monthly",
    title: "Maintenance cost by month",
    description: "What it costs to keep each component: a row for each month and component with cost of nature \
                  `run`, and one without a component for what is not allocated. Amounts are in the product's \
                  currency; a cell is empty where a rate is missing, because an unknown cost is not 0.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        Column::text("component", "What is kept; empty for what is not allocated.")
            .or_null()
            .naming("components", "key"),
        Column::month("month", "The month."),
        Column::number("labour_hours", "hours", "The hours of labour that count."),
        Column::number(
            "labour_amount",
            "currency",
            "The cost of labour: hours × labour rate, or entries of category `labour`, as the product's `labour_from` \
             says.",
        )
        .or_null(),
        Column::number("entries_amount", "currency", "The cost entries of the other categories.").or_null(),
        Column::number("allocated_amount", "currency", "Its share of common cost, by the allocation rules.").or_null(),
        AMOUNT.or_null().saying("Labour, entries and allocated cost together."),
        CURRENCY.saying("The product's currency (ISO 4217)."),
        REPORTED_AMOUNT.saying("The same as `amount`, which is in the product's currency already."),
        REPORTED_CURRENCY,
        IS_FINAL,
        REVISION,
    ],
    key: &["component", "month"],
    period: Some("month"),
    rows,
};

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.months();
    let wanted = |month: &Month| from.is_none_or(|from| *month >= from) && to.is_none_or(|to| *month < to);
    let published = published::revisions(conn, product)?;
    for month in months(conn, product)?.into_iter().filter(wanted) {
        let ledger = costs::store::ledger(conn, product, month, month.next())?;
        let (revision, told) = published::told(conn, published.get(&month), "cost.%.maintenance")?;
        for (component, lines) in by_component(&ledger) {
            let cost = Cost::of(&ledger, &lines);
            let fact = component.map_or_else(|| "cost.unallocated".to_owned(), |key| format!("cost.component.{key}"));
            let is_final = cost.amount.is_some() && told.get(&format!("{fact}.maintenance")) == cost.amount.as_ref();
            sheet.row().put(component).put(month.as_text()).put(cost.hours).put(cost.labour).put(cost.entries);
            sheet.put(cost.allocated).put(cost.amount).put(ledger.currency.as_text()).put(cost.amount);
            sheet.put(ledger.currency.as_text()).put(is_final).put(revision).end()?;
        }
    }
    Ok(())
}

/// The months that have a cost, in order; a stray one far away costs nothing for those between.
fn months(conn: &mut Conn, product: &Product) -> Result<BTreeSet<Month>, Failure> {
    let entries: Vec<Month> = cost_entries::table
        .filter(cost_entries::product_id.eq(&product.id))
        .filter(costs::store::counted())
        .select(cost_entries::month)
        .distinct()
        .load(conn)?;
    let mondays: Vec<NaiveDate> =
        effort_weeks::table.filter(effort_weeks::product_id.eq(&product.id)).select(effort_weeks::monday).load(conn)?;
    let of_week = |monday: &NaiveDate| [Month::of(*monday), Month::of(*monday + Days::new(4))];
    Ok(entries.into_iter().chain(mondays.iter().flat_map(of_week)).collect())
}

fn by_component(ledger: &Ledger) -> BTreeMap<Option<&str>, Vec<&Line>> {
    let mut lines: BTreeMap<Option<&str>, Vec<&Line>> = BTreeMap::new();
    for line in ledger.lines.iter().filter(|line| line.nature == Nature::Run) {
        lines.entry(line.component.as_deref()).or_default().push(line);
    }
    lines
}

/// What one component cost in one month; an amount that is not known is none.
struct Cost {
    hours: Decimal,
    labour: Option<Decimal>,
    entries: Option<Decimal>,
    allocated: Option<Decimal>,
    amount: Option<Decimal>,
}

impl Cost {
    fn of(ledger: &Ledger, lines: &[&Line]) -> Self {
        let known = |figure: Figure<Money>| figure.known().map(|money| money.amount);
        let (allocated, own): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.allocation.is_some());
        let (labour, entries): (Vec<&Line>, Vec<&Line>) =
            own.into_iter().partition(|line| line.category == Category::Labour);
        Self {
            hours: labour.iter().map(|line| line.hours).sum::<Decimal>().normalize(),
            labour: known(ledger.total(labour)),
            entries: known(ledger.total(entries)),
            allocated: known(ledger.total(allocated)),
            amount: known(ledger.total(lines.iter().copied())),
        }
    }
}
