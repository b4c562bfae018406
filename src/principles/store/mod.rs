//! The SQL of principles.

pub mod adherence;

use super::{LAST_RANK, NewPrinciple, Principle, PrinciplePatch};
use crate::kernel::{
    auth::ProductId,
    db::{Conn, Tx, order_by, require_changed},
    failure::Failure,
    http::{IfMatch, List, Page},
    merge::{Given, Merge},
    schema::principles,
    text::nfc,
};
use diesel::{dsl::max, prelude::*};
use std::{cell::Cell, collections::HashMap};

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Principle>) -> Result<Page<Principle>, Failure> {
    let rows = principles::table
        .filter(principles::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Principle::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every principle, in the team's own order.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Principle>, Failure> {
    Ok(principles::table
        .filter(principles::product_id.eq(product.as_str()))
        .order((principles::rank, principles::id))
        .select(Principle::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Principle, Failure> {
    Ok(principles::table
        .filter(principles::product_id.eq(product.as_str()))
        .filter(principles::id.eq(id))
        .select(Principle::as_select())
        .first(conn)?)
}

/// The ids of all principles by what a file may call them: statement or id.
#[derive(Debug)]
pub struct PrincipleNames(HashMap<String, String>);

impl PrincipleNames {
    pub fn id_of(&self, name: &str) -> Option<&str> {
        self.0.get(name).or_else(|| self.0.get(&nfc(name))).map(String::as_str)
    }
}

pub fn names(conn: &mut Conn, product: &ProductId) -> Result<PrincipleNames, Failure> {
    let rows = principles::table
        .filter(principles::product_id.eq(product.as_str()))
        .select((principles::statement_nfc, principles::id))
        .load::<(String, String)>(conn)?;
    let mut names: HashMap<String, String> = rows.iter().cloned().collect();
    names.extend(rows.into_iter().map(|(_, id)| (id.clone(), id)));
    Ok(PrincipleNames(names))
}

/// Behind all others.
fn next_rank(conn: &mut Conn, product: &ProductId) -> Result<i64, Failure> {
    let last: Option<i64> = principles::table
        .filter(principles::product_id.eq(product.as_str()))
        .select(max(principles::rank))
        .first(conn)?;
    Ok(last.unwrap_or_default().saturating_add(1).min(LAST_RANK))
}

/// # Errors
/// 409 when there is a principle of that statement.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, new: NewPrinciple) -> Result<Principle, Failure> {
    tx.alone_in(product)?;
    let rank = next_rank(tx, product)?;
    let row = new.into_row(product, rank, tx.new_head());
    diesel::insert_into(principles::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &PrinciplePatch,
) -> Result<Principle, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(product, before.rank, tx.next_head(&before));
    write_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

fn write_over(tx: &mut Tx<'_>, before: &Principle, after: &Principle) -> Result<(), Failure> {
    let same = principles::table.filter(principles::id.eq(&before.id)).filter(principles::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

/// # Errors
/// 409 when something was found of it: retire it instead.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let same = principles::table.filter(principles::id.eq(id)).filter(principles::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => {
            Failure::conflict("referenced", "components were assessed by it: give it a retired_on instead")
        }
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

/// How given principles meet those that are there: named by statement.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewPrinciple>],
) -> Result<Merge<Principle, NewPrinciple>, Failure> {
    let there = all(conn, product)?;
    let ranks: HashMap<String, i64> = there.iter().map(|row| (row.id.clone(), row.rank)).collect();
    let next = Cell::new(next_rank(conn, product)?);
    Merge::plan(
        there,
        given,
        |row| row.statement_nfc.clone(),
        |new| nfc(&new.statement),
        |new, head| {
            let rank = ranks.get(&head.id).copied().unwrap_or_else(|| behind(&next, new.rank));
            Ok(new.into_row(product, rank, head))
        },
        |_| Ok(()),
    )
}

/// Where the next new principle of a file stands, and what comes after it.
fn behind(next: &Cell<i64>, given: Option<i64>) -> i64 {
    let rank = given.unwrap_or_else(|| next.get());
    next.set(next.get().max(rank.saturating_add(1)).min(LAST_RANK));
    rank
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Principle, NewPrinciple>) -> Result<(), Failure> {
    let next = Cell::new(next_rank(tx, product)?);
    for new in merge.created {
        let rank = behind(&next, new.rank);
        let row = new.into_row(product, rank, tx.new_head());
        diesel::insert_into(principles::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, before.rank, tx.next_head(&before));
        write_over(tx, &before, &row)?;
    }
    Ok(())
}
