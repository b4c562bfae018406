//! The SQL of check-ins. They are written down also of an objective that is closed, and change nothing of it then.

use super::key_results;
use crate::{
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::{check_ins, key_results as key_results_table},
    },
    objectives::{CheckIn, CheckInPatch, CheckInRow, NewCheckIn},
};
use diesel::prelude::*;
use std::collections::HashMap;

/// # Errors
/// 404 when there is no such key result.
pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    key_result: &str,
    list: &List<CheckIn>,
) -> Result<Page<CheckIn>, Failure> {
    let key_result = key_results::find(conn, product, key_result)?;
    let rows = check_ins::table
        .filter(check_ins::product_id.eq(product.as_str()))
        .filter(check_ins::key_result.eq(&key_result.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(CheckIn::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every check-in of every key result, by day.
pub fn of_product(conn: &mut Conn, product: &ProductId) -> Result<Vec<CheckIn>, Failure> {
    Ok(check_ins::table
        .filter(check_ins::product_id.eq(product.as_str()))
        .order((check_ins::checked_on, check_ins::id))
        .select(CheckIn::as_select())
        .load(conn)?)
}

/// The same, sorted by key result.
pub fn by_key_result(conn: &mut Conn, product: &ProductId) -> Result<HashMap<String, Vec<CheckIn>>, Failure> {
    let mut sorted: HashMap<String, Vec<CheckIn>> = HashMap::new();
    for one in of_product(conn, product)? {
        sorted.entry(one.key_result.clone()).or_default().push(one);
    }
    Ok(sorted)
}

/// Those of all key results of an objective, by day.
pub fn of_objective(conn: &mut Conn, product: &ProductId, objective: &str) -> Result<Vec<CheckIn>, Failure> {
    let its = key_results_table::table
        .filter(key_results_table::product_id.eq(product.as_str()))
        .filter(key_results_table::objective.eq(objective))
        .select(key_results_table::id);
    Ok(check_ins::table
        .filter(check_ins::product_id.eq(product.as_str()))
        .filter(check_ins::key_result.eq_any(its))
        .order((check_ins::checked_on, check_ins::id))
        .select(CheckIn::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, key_result: &str, id: &str) -> Result<CheckIn, Failure> {
    Ok(check_ins::table
        .filter(check_ins::product_id.eq(product.as_str()))
        .filter(check_ins::key_result.eq(key_result))
        .filter(check_ins::id.eq(id))
        .select(CheckIn::as_select())
        .first(conn)?)
}

/// Alone in the product, as all that writes check-ins: an objective may be closed with what they say at this moment.
///
/// # Errors
/// 409 when there is one of that day already.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, key_result: &str, new: NewCheckIn) -> Result<CheckIn, Failure> {
    tx.alone_in(product)?;
    let key_result = key_results::find(tx, product, key_result)?;
    let row = new.into_row(product, &key_result.id, tx.new_head());
    diesel::insert_into(check_ins::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

/// # Errors
/// 409 when there is one of that day already.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    (key_result, id): (&str, &str),
    seen: IfMatch,
    patch: &CheckInPatch,
) -> Result<CheckIn, Failure> {
    tx.alone_in(product)?;
    let before = find(tx, product, key_result, id)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(product, &before.key_result, tx.next_head(&before));
    write(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

fn write(tx: &mut Tx<'_>, before: &CheckIn, after: &CheckIn) -> Result<(), Failure> {
    let same = check_ins::table.filter(check_ins::id.eq(&after.id)).filter(check_ins::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

pub fn delete(
    tx: &mut Tx<'_>,
    product: &ProductId,
    (key_result, id): (&str, &str),
    seen: IfMatch,
) -> Result<(), Failure> {
    tx.alone_in(product)?;
    let before = find(tx, product, key_result, id)?;
    seen.check(&before)?;
    let same = check_ins::table.filter(check_ins::id.eq(id)).filter(check_ins::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// How given check-ins meet those that are there: named by key result and day.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<CheckInRow>],
) -> Result<Merge<CheckIn, CheckInRow>, Failure> {
    let known = key_results::names(conn, product)?;
    Merge::plan(
        of_product(conn, product)?,
        given,
        |row| (row.key_result.clone(), row.on),
        |new| (known.id(&new.key_result).map_or_else(|_| new.key_result.clone(), ToOwned::to_owned), new.on),
        |new, head| {
            let key_result = known.id(&new.key_result)?.to_owned();
            Ok(new.into_row(product, &key_result, head))
        },
        |_| Ok(()),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<CheckIn, CheckInRow>) -> Result<(), Failure> {
    let known = key_results::names(tx, product)?;
    for new in merge.created {
        let key_result = known.id(&new.key_result)?.to_owned();
        let row = new.into_row(product, &key_result, tx.new_head());
        diesel::insert_into(check_ins::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, &before.key_result, tx.next_head(&before));
        write(tx, &before, &row)?;
    }
    Ok(())
}
