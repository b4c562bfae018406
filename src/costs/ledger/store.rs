//! The reading of the ledger.

use super::{Allocation, Ledger, Line, LineSource, Rates, labour_lines};
use crate::{
    costs::{
        Category, Charge,
        allocation::{
            self, AllocationRule, in_parts, of_parts, split,
            store::{Choice, Chosen},
        },
        store::{counted, exchange_rates},
    },
    effort::{self, Nature},
    kernel::{
        auth::ProductId,
        db::Conn,
        failure::Failure,
        money::{Amounts, Currency, Money, from_columns},
        month::{Month, Week},
        schema::cost_entries,
    },
    products::{self, Product},
};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Text},
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Everything spent from one month up to, but not including, another. Read it in a snapshot.
pub fn ledger(conn: &mut Conn, product: &Product, from: Month, to: Month) -> Result<Ledger, Failure> {
    let id = product.product_id();
    let rates = Rates::new(&exchange_rates(conn, &id)?);
    let rules = allocation::store::all(conn, &id)?;
    let entries = lines(sums(conn, &id, &rules, from, to)?, &rules);
    let (team, labour_rates) = (products::store::team(conn, &id)?, products::store::rates(conn, &id)?);
    let weeks = (Week::of(from.first_day()), Week::of(to.first_day()).plus(1));
    let shares = effort::store::shares(conn, &id, weeks.0, weeks.1)?;
    let effort = from
        .up_to(to)
        .flat_map(|month| labour_lines(&effort::hours(&shares, &team, month), &labour_rates, month))
        .collect();
    Ok(Ledger::new(product.currency, rates, product.labour_from, entries, effort))
}

/// What is summed apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    month: Month,
    component: Option<String>,
    roadmap_item: Option<String>,
    category: Category,
    nature: Nature,
}

/// A sum of entries, in whole units and parts of its currency.
struct EntrySum {
    key: Key,
    currency: Currency,
    /// The place of the rule that takes them.
    rule: Option<usize>,
    units: i64,
    parts: i64,
    hours: i64,
    parts_of_hours: i64,
}

/// Sums made by the database: whole units and parts apart, so that no digit is lost, and by the rule that takes the
/// entries, so that no line of a bill leaves it.
fn sums(
    conn: &mut Conn,
    product: &ProductId,
    rules: &[AllocationRule],
    from: Month,
    to: Month,
) -> Result<Vec<EntrySum>, Failure> {
    use cost_entries as c;
    type Row = (Month, Option<String>, Option<String>, Category, Nature, Currency, Option<i64>, i64, i64, i64, i64);
    let choice = Choice::of(conn, rules, from, to);
    let rows: Vec<Row> = c::table
        .filter(c::product_id.eq(product.as_str()))
        .filter(c::month.ge(from))
        .filter(c::month.lt(to))
        .filter(counted())
        .group_by((c::month, c::component, c::roadmap_item, c::category, c::nature, c::currency, Chosen))
        .select((
            c::month,
            c::component,
            c::roadmap_item,
            c::category,
            c::nature,
            c::currency,
            choice,
            sql::<BigInt>("CAST(SUM(amount_units) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(amount_parts) AS BIGINT)"),
            sql::<BigInt>("CAST(COALESCE(SUM(hours / 1000000000000), 0) AS BIGINT)"),
            sql::<BigInt>("CAST(COALESCE(SUM(hours % 1000000000000), 0) AS BIGINT)"),
        ))
        .load(conn)?;
    let of = |(month, component, roadmap_item, category, nature, currency, rule, units, parts, hours, rest): Row| {
        let key = Key { month, component, roadmap_item, category, nature };
        let rule = rule.and_then(|place| usize::try_from(place).ok());
        EntrySum { key, currency, rule, units, parts, hours, parts_of_hours: rest }
    };
    Ok(rows.into_iter().map(of).collect())
}

/// The sums as lines, each that a rule takes as one line a target: the amounts of all currencies in one.
fn lines(sums: Vec<EntrySum>, rules: &[AllocationRule]) -> Vec<Line> {
    let mut lines: BTreeMap<(Key, Option<Allocation>), (Amounts, Decimal)> = BTreeMap::new();
    for EntrySum { key, currency, rule, units, parts, hours, parts_of_hours } in sums {
        let Some(rule) = rule.and_then(|place| rules.get(place)) else {
            let (amounts, sum) = lines.entry((key, None)).or_default();
            amounts.add(Money::from_columns(units, parts, currency));
            *sum += from_columns(hours, parts_of_hours);
            continue;
        };
        let shares: Vec<_> = rule.targets.iter().map(|target| target.share).collect();
        let (amounts, hours) =
            (split(in_parts(units, parts), &shares), split(in_parts(hours, parts_of_hours), &shares));
        for ((target, amount), hours) in rule.targets.iter().zip(amounts).zip(hours) {
            let allocation = Allocation { order: rule.order, rule: rule.id.clone() };
            let key = Key { component: Some(target.component.clone()), ..key.clone() };
            let (amounts, sum) = lines.entry((key, Some(allocation))).or_default();
            amounts.add(Money::new(of_parts(amount), currency));
            *sum += of_parts(hours);
        }
    }
    let line = |((key, allocation), (amounts, hours)): ((Key, Option<Allocation>), (Amounts, Decimal))| {
        let Key { month, component, roadmap_item, category, nature } = key;
        let from = LineSource::Entry;
        Line { month, component, roadmap_item, category, nature, from, allocation, hours, amounts, missing: None }
    };
    lines.into_iter().map(line).collect()
}

/// The entries of a month that say the same thing, summed: the largest sums of a currency first.
pub fn charges(conn: &mut Conn, product: &ProductId, month: Month) -> Result<Vec<Charge>, Failure> {
    use cost_entries as c;
    type Row = (Option<String>, Category, Nature, String, Option<String>, Currency, Option<i64>, i64, i64, i64, String);
    let rules = allocation::store::all(conn, product)?;
    let choice = Choice::of(conn, &rules, month, month.next());
    // What is said of them is a note, or a service.
    macro_rules! said_in {
        ($said:expr, $whose:expr) => {
            c::table
                .filter(c::product_id.eq(product.as_str()))
                .filter(c::month.eq(month))
                .filter($whose)
                .filter(counted())
                .group_by((c::component, c::category, c::nature, c::source, $said, c::currency, Chosen))
                .select((
                    c::component,
                    c::category,
                    c::nature,
                    c::source,
                    $said.nullable(),
                    c::currency,
                    choice.clone(),
                    sql::<BigInt>("CAST(SUM(amount_units) AS BIGINT)"),
                    sql::<BigInt>("CAST(SUM(amount_parts) AS BIGINT)"),
                    sql::<BigInt>("COUNT(*)"),
                    sql::<Text>("MIN(id)"),
                ))
                .load::<Row>(conn)?
        };
    }
    let charge = |row: Row, of_bill: bool| {
        let (component, category, nature, source, said, currency, rule, units, parts, entries, id) = row;
        let amount = Money::from_columns(units, parts, currency);
        let (note, service_name) = if of_bill { (String::new(), said) } else { (said.unwrap_or_default(), None) };
        let is_shared = rule.is_some();
        Charge { component, category, nature, source, note, service_name, amount, entries, id, is_shared }
    };
    let by_hand = said_in!(c::note, c::bill_id.is_null()).into_iter().map(|row| charge(row, false));
    let of_bills = said_in!(c::service_name, c::bill_id.is_not_null()).into_iter().map(|row| charge(row, true));
    let mut charges: Vec<_> = by_hand.chain(of_bills).collect();
    charges.sort_by(|a, b| {
        let (order, reversed) = (a.amount.currency.cmp(&b.amount.currency), b.amount.amount.cmp(&a.amount.amount));
        order.then(reversed).then_with(|| a.id.cmp(&b.id))
    });
    Ok(charges)
}
