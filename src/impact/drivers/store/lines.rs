//! Value drivers that come by file, a line an amount.

use super::{Known, all, write_new, write_over};
use crate::{
    impact::drivers::{DriverLine, NewDriverAmount, NewValueDriver, ValueDriver, ValueDriverRow},
    kernel::{
        auth::ProductId,
        dated::require_open,
        db::{Conn, Head, Tx},
        failure::{Failure, Fault},
        merge::{Given, Merge},
        text::nfc,
    },
    products::Product,
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How given lines meet what is there: named by the driver's name and the day. A line that gives a
/// driver which is there a further amount changes that driver.
///
/// # Errors
/// 422 by line, also for lines of one driver that differ in what they say of it.
pub fn plan(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<ValueDriverRow>],
) -> Result<Merge<DriverLine, ValueDriverRow>, Failure> {
    Failure::unless_empty(differing(given))?;
    let (id, published) = (&product.product_id(), product.published_through);
    let known = Known::read(conn, id)?;
    let there: HashMap<String, ValueDriver> =
        all(conn, id)?.into_iter().map(|driver| (driver.name_nfc.clone(), driver)).collect();
    Merge::plan(
        lines(&there, given),
        given,
        |row| (row.name_nfc.clone(), row.valid_from),
        |new| (nfc(&new.name), new.valid_from),
        |new, head| row_of(new, id, &known, head),
        |row| {
            let before = there.get(&row.name_nfc);
            if before.is_some_and(|before| before.kind != row.kind) {
                return Err(Failure::invalid("/kind", "fixed", "this is given once, at creation"));
            }
            match (row.valid_from, before) {
                (Some(day), Some(before)) if DriverLine::of(before, Some(day)).amount == row.amount => Ok(()),
                (Some(day), _) => require_open(day, published),
                (None, _) => Ok(()),
            }
        },
    )
}

/// A driver's lines: one an amount, and one more for each line of the file that has none to meet.
fn lines(there: &HashMap<String, ValueDriver>, given: &[Given<ValueDriverRow>]) -> Vec<DriverLine> {
    let mut days: HashMap<&str, HashSet<Option<NaiveDate>>> = HashMap::new();
    for (name, driver) in there {
        days.entry(name).or_default().extend(driver.amounts.iter().map(|amount| Some(amount.valid_from)));
    }
    for Given { new, .. } in given {
        if let Some((name, _)) = there.get_key_value(&nfc(&new.name)) {
            days.entry(name).or_default().insert(new.valid_from);
        }
    }
    let of = |(name, days): (&str, HashSet<Option<NaiveDate>>)| {
        let lines = days.into_iter().filter_map(|day| Some(DriverLine::of(there.get(name)?, day)));
        lines.collect::<Vec<_>>()
    };
    days.into_iter().flat_map(of).collect()
}

/// The lines that do not say of their driver what the first line of it says.
fn differing(given: &[Given<ValueDriverRow>]) -> Vec<Fault> {
    let mut first: HashMap<String, &Given<ValueDriverRow>> = HashMap::new();
    let mut faults = Vec::new();
    for one in given {
        let (line, new) = (first.entry(nfc(&one.new.name)).or_insert(one).line, &one.new);
        let said = &first[&nfc(&new.name)].new;
        let differs = [
            ("kind", said.kind != new.kind),
            ("components", said.components != new.components),
            ("slos", said.slos != new.slos),
            ("stakeholder", said.stakeholder != new.stakeholder),
            ("source", said.source != new.source),
        ];
        for (column, _) in differs.iter().filter(|(_, differs)| *differs) {
            let detail = format!("line {line} says something else of the same driver");
            faults.push(Fault::line(one.line, Some(column), "differs", detail));
        }
    }
    faults
}

fn row_of(new: ValueDriverRow, product: &ProductId, known: &Known, head: Head) -> Result<DriverLine, Failure> {
    match (new.valid_from, new.amount) {
        (Some(_), None) => return Err(Failure::invalid("/amount", "required", "an amount has a day and a sum")),
        (None, Some(_)) => return Err(Failure::invalid("/valid_from", "required", "an amount has a day and a sum")),
        (Some(_), Some(money)) if money.amount.is_sign_negative() && !money.amount.is_zero() => {
            return Err(Failure::invalid("/amount/amount", "too_small", "not negative"));
        }
        _ => {}
    }
    let (valid_from, amount) = (new.valid_from, new.amount);
    let mut driver = NewValueDriver { amounts: Vec::new(), ..new.driver() };
    known.settle(&mut driver)?;
    let driver = driver.into_row(product, None, head)?;
    Ok(DriverLine { valid_from, amount, ..DriverLine::of(&driver, None) })
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &Product, merge: Merge<DriverLine, ValueDriverRow>) -> Result<(), Failure> {
    let product = &product.product_id();
    let known = Known::read(tx, product)?;
    let mut there: HashMap<String, ValueDriver> =
        all(tx, product)?.into_iter().map(|driver| (driver.name_nfc.clone(), driver)).collect();
    let rows = merge.created.into_iter().chain(merge.changed.into_iter().map(|(_, new)| new));
    let mut by_driver: BTreeMap<String, Vec<ValueDriverRow>> = BTreeMap::new();
    for row in rows {
        by_driver.entry(nfc(&row.name)).or_default().push(row);
    }
    for (name, rows) in by_driver {
        let before = there.remove(&name);
        let Some(mut new) = rows.first().map(ValueDriverRow::driver) else { continue };
        new.amounts = before.as_ref().map_or_else(Vec::new, |before| NewValueDriver::from(before).amounts);
        for amount in rows.iter().filter_map(ValueDriverRow::new_amount) {
            put(&mut new.amounts, amount);
        }
        known.settle(&mut new)?;
        match before {
            Some(before) => {
                let after = new.into_row(product, Some(&before), tx.next_head(&before))?;
                write_over(tx, product, &before, &after)?;
            }
            None => write_new(tx, product, &new.into_row(product, None, tx.new_head())?)?,
        }
    }
    Ok(())
}

/// Puts an amount in place of the one of its day.
fn put(amounts: &mut Vec<NewDriverAmount>, amount: NewDriverAmount) {
    match amounts.iter_mut().find(|there| there.valid_from == amount.valid_from) {
        Some(there) => *there = amount,
        None => amounts.push(amount),
    }
}
