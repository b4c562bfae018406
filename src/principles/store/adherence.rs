//! The SQL of what was found of components.

use super::names;
use crate::{
    components,
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::principle_adherence,
    },
    principles::{Adherence, AdherencePatch, AdherenceRow, NewAdherence},
};
use chrono::NaiveDate;
use diesel::prelude::*;

/// # Errors
/// 404 when there is no such principle.
pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    principle: &str,
    list: &List<Adherence>,
) -> Result<Page<Adherence>, Failure> {
    let principle = super::find(conn, product, principle)?;
    let rows = principle_adherence::table
        .filter(principle_adherence::product_id.eq(product.as_str()))
        .filter(principle_adherence::principle.eq(&principle.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Adherence::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Everything that was found by a day, oldest first.
pub fn until(conn: &mut Conn, product: &ProductId, on: NaiveDate) -> Result<Vec<Adherence>, Failure> {
    Ok(principle_adherence::table
        .filter(principle_adherence::product_id.eq(product.as_str()))
        .filter(principle_adherence::assessed_on.le(on))
        .order((principle_adherence::assessed_on, principle_adherence::id))
        .select(Adherence::as_select())
        .load(conn)?)
}

/// Everything that was ever found, oldest first.
fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Adherence>, Failure> {
    Ok(principle_adherence::table
        .filter(principle_adherence::product_id.eq(product.as_str()))
        .order((principle_adherence::assessed_on, principle_adherence::id))
        .select(Adherence::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, principle: &str, id: &str) -> Result<Adherence, Failure> {
    Ok(principle_adherence::table
        .filter(principle_adherence::product_id.eq(product.as_str()))
        .filter(principle_adherence::principle.eq(principle))
        .filter(principle_adherence::id.eq(id))
        .select(Adherence::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for an unknown component, 409 when it was assessed by this principle on that day already.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, principle: &str, new: NewAdherence) -> Result<Adherence, Failure> {
    let principle = super::find(tx, product, principle)?;
    let component = components::store::resolve(tx, product, "/component", &new.component)?;
    let row = new.into_row(product, &principle.id, component, tx.new_head());
    diesel::insert_into(principle_adherence::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    principle: &str,
    id: &str,
    seen: IfMatch,
    patch: &AdherencePatch,
) -> Result<Adherence, Failure> {
    let before = find(tx, product, principle, id)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    let component = components::store::resolve(tx, product, "/component", &new.component)?;
    let after = new.into_row(product, &before.principle, component, tx.next_head(&before));
    write_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

fn write_over(tx: &mut Tx<'_>, before: &Adherence, after: &Adherence) -> Result<(), Failure> {
    let same = principle_adherence::table.filter(principle_adherence::id.eq(&before.id));
    let same = same.filter(principle_adherence::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

pub fn delete(tx: &mut Tx<'_>, product: &ProductId, principle: &str, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, principle, id)?;
    seen.check(&before)?;
    let same = principle_adherence::table.filter(principle_adherence::id.eq(id));
    let same = same.filter(principle_adherence::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// How given findings meet those that are there: named by principle, component and day.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<AdherenceRow>],
) -> Result<Merge<Adherence, AdherenceRow>, Failure> {
    let (names, known) = (names(conn, product)?, components::store::names(conn, product)?);
    // A name that is nothing's stays as it is, to be refused by its line.
    let principle = |new: &AdherenceRow| names.id_of(&new.principle).unwrap_or(&new.principle).to_owned();
    let component = |new: &AdherenceRow| known.get(&new.component).unwrap_or(&new.component).clone();
    Merge::plan(
        all(conn, product)?,
        given,
        |row| (row.principle.clone(), row.component.clone(), row.assessed_on),
        |new| (principle(new), component(new), new.assessed_on),
        |new, head| {
            let (principle, component) = (principle(&new), component(&new));
            Ok(new.into_row(product, &principle, component, head))
        },
        |row| {
            let unknown = [
                ("/principle", names.id_of(&row.principle).is_none()),
                ("/component", !known.contains_key(&row.component)),
            ];
            let faults = unknown.into_iter().filter(|(_, unknown)| *unknown);
            Failure::unless_empty(faults.map(|(pointer, _)| Fault::unknown_reference(pointer)).collect())
        },
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Adherence, AdherenceRow>) -> Result<(), Failure> {
    let (names, known) = (names(tx, product)?, components::store::names(tx, product)?);
    for new in merge.created {
        let principle = names.id_of(&new.principle).ok_or(Failure::Stale)?.to_owned();
        let component = known.get(&new.component).cloned().ok_or(Failure::Stale)?;
        let row = new.into_row(product, &principle, component, tx.new_head());
        diesel::insert_into(principle_adherence::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, &before.principle, before.component.clone(), tx.next_head(&before));
        write_over(tx, &before, &row)?;
    }
    Ok(())
}
