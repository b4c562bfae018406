//! The SQL of populations.

use super::names;
use crate::{
    kernel::{
        auth::ProductId,
        dated,
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::persona_populations,
    },
    personas::{NewPopulation, Population, PopulationPatch, PopulationRow},
    products::{self, Product},
};
use diesel::prelude::*;

/// # Errors
/// 404 when there is no such persona.
pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    persona: &str,
    list: &List<Population>,
) -> Result<Page<Population>, Failure> {
    let persona = super::find(conn, product, persona)?;
    let rows = persona_populations::table
        .filter(persona_populations::product_id.eq(product.as_str()))
        .filter(persona_populations::persona.eq(&persona.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Population::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every population of every persona, by persona and first day.
pub fn of_product(conn: &mut Conn, product: &ProductId) -> Result<Vec<Population>, Failure> {
    Ok(persona_populations::table
        .filter(persona_populations::product_id.eq(product.as_str()))
        .order((persona_populations::persona, persona_populations::valid_from))
        .select(Population::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, persona: &str, id: &str) -> Result<Population, Failure> {
    Ok(persona_populations::table
        .filter(persona_populations::product_id.eq(product.as_str()))
        .filter(persona_populations::persona.eq(persona))
        .filter(persona_populations::id.eq(id))
        .select(Population::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for another day than the first of a month; 409 for a month that is published, or has a population already.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, persona: &str, new: NewPopulation) -> Result<Population, Failure> {
    let persona = super::find(tx, product, persona)?;
    let row = new.into_row(product, &persona.id, tx.new_head());
    products::store::require_open(tx, product, row.valid_from)?;
    diesel::insert_into(persona_populations::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

/// # Errors
/// 409 also when what is there counts in a month that is published.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    persona: &str,
    id: &str,
    seen: IfMatch,
    patch: &PopulationPatch,
) -> Result<Population, Failure> {
    let before = find(tx, product, persona, id)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(product, &before.persona, tx.next_head(&before));
    products::store::require_open(tx, product, before.valid_from)?;
    products::store::require_open(tx, product, after.valid_from)?;
    let same = persona_populations::table
        .filter(persona_populations::id.eq(id))
        .filter(persona_populations::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 when it counts in a month that is published.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, persona: &str, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, persona, id)?;
    seen.check(&before)?;
    products::store::require_open(tx, product, before.valid_from)?;
    let same = persona_populations::table
        .filter(persona_populations::id.eq(id))
        .filter(persona_populations::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// How given populations meet those that are there: named by persona and first day.
pub fn plan(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<PopulationRow>],
) -> Result<Merge<Population, PopulationRow>, Failure> {
    let id = product.product_id();
    let names = names(conn, &id)?;
    // A name that is nobody's stays as it is, to be refused by its line.
    let persona = |new: &PopulationRow| names.id_of(&new.persona).unwrap_or(&new.persona).to_owned();
    Merge::plan(
        of_product(conn, &id)?,
        given,
        |row| (row.persona.clone(), row.valid_from),
        |new| (persona(new), new.valid_from),
        |new, head| {
            let persona = persona(&new);
            Ok(new.into_row(&id, &persona, head))
        },
        |row| {
            if names.id_of(&row.persona).is_none() {
                return Err(Failure::Invalid(vec![Fault::unknown_reference("/persona")]));
            }
            dated::require_open(row.valid_from, product.published_through)
        },
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Population, PopulationRow>) -> Result<(), Failure> {
    let names = names(tx, product)?;
    for new in merge.created {
        let persona = names.id_of(&new.persona).ok_or(Failure::Stale)?;
        let row = new.into_row(product, persona, tx.new_head());
        diesel::insert_into(persona_populations::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, &before.persona, tx.next_head(&before));
        let same = persona_populations::table.filter(persona_populations::id.eq(&row.id));
        let same = same.filter(persona_populations::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}
