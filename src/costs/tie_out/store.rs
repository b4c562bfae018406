//! The sums by which costs tie out to bills.

use super::{TieOutRow, TieOutView};
use crate::{
    costs::{
        Category,
        allocation::{
            self, AllocationRule, in_parts, of_parts,
            store::{Choice, Chosen},
        },
        store::counted,
    },
    kernel::{
        db::Conn,
        failure::Failure,
        money::{Currency, Money},
        month::{Month, MonthSpan},
        schema::cost_entries,
    },
    products::{LabourFrom, Product},
};
use diesel::{dsl::sql, prelude::*, sql_types::BigInt};
use std::collections::BTreeMap;

/// What a row is of. What does not say what was billed comes last in its month.
type Key = (Month, bool, Option<String>, Option<String>, Currency);

/// In parts of the currency.
#[derive(Default)]
struct Sums {
    lines: i64,
    billed: i128,
    direct: i128,
    by_rules: i128,
    unallocated: i128,
}

/// Every entry that counts as a cost is in one of its rows. Read it in a snapshot.
pub fn read(conn: &mut Conn, product: &Product, span: MonthSpan) -> Result<TieOutView, Failure> {
    let mut sums: BTreeMap<Key, Sums> = BTreeMap::new();
    let rules = allocation::store::all(conn, &product.product_id())?;
    for unbilled in [false, true] {
        add(conn, product, &rules, (span, unbilled), &mut sums)?;
    }
    let items = sums.into_iter().map(row).collect();
    Ok(TieOutView { from: span.from, to: span.to, items, next_cursor: None })
}

fn add(
    conn: &mut Conn,
    product: &Product,
    rules: &[AllocationRule],
    (MonthSpan { from, to }, unbilled): (MonthSpan, bool),
    sums: &mut BTreeMap<Key, Sums>,
) -> Result<(), Failure> {
    use cost_entries as c;
    type Row = (Month, Option<String>, Option<String>, Currency, Option<String>, Option<i64>, i64, i64, i64, i64, i64);
    let choice = Choice::of(conn, rules, from, to);
    let mut wanted = c::table
        .filter(c::product_id.eq(&product.id))
        .filter(c::month.ge(from))
        .filter(c::month.lt(to))
        .filter(counted())
        .group_by((c::month, c::provider, c::billing_account, c::currency, c::component, Chosen))
        .select((
            c::month,
            c::provider,
            c::billing_account,
            c::currency,
            c::component,
            choice,
            sql::<BigInt>("COUNT(*)"),
            sql::<BigInt>("CAST(SUM(amount_units) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(amount_parts) AS BIGINT)"),
            sql::<BigInt>("CAST(COALESCE(SUM(billed_units), 0) AS BIGINT)"),
            sql::<BigInt>("CAST(COALESCE(SUM(billed_parts), 0) AS BIGINT)"),
        ))
        .into_boxed();
    wanted = match unbilled {
        true => wanted.filter(c::billed_units.is_null()),
        false => wanted.filter(c::billed_units.is_not_null()),
    };
    if product.labour_from == LabourFrom::Effort {
        wanted = wanted.filter(c::category.ne(Category::Labour));
    }
    let rows: Vec<Row> = wanted.load(conn)?;
    for (month, provider, account, currency, component, rule, lines, units, parts, billed, billed_parts) in rows {
        let sum = sums.entry((month, unbilled, provider, account, currency)).or_default();
        sum.lines += lines;
        sum.billed += in_parts(billed, billed_parts);
        let amount = in_parts(units, parts);
        match (component, rule) {
            (Some(_), _) => sum.direct += amount,
            (None, Some(_)) => sum.by_rules += amount,
            (None, None) => sum.unallocated += amount,
        }
    }
    Ok(())
}

fn row(((month, unbilled, provider, billing_account, currency), sums): (Key, Sums)) -> TieOutRow {
    let Sums { lines, billed, direct, by_rules, unallocated } = sums;
    let money = |parts: i128| Money::new(of_parts(parts), currency);
    let amortised = direct + by_rules + unallocated;
    TieOutRow {
        month,
        provider,
        billing_account,
        currency,
        lines,
        billed: (!unbilled).then(|| money(billed)),
        amortised: money(amortised),
        difference: (!unbilled).then(|| money(billed - amortised)),
        allocated: money(direct + by_rules),
        allocated_by_rules: money(by_rules),
        unallocated: money(unallocated),
    }
}
