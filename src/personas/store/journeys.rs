//! The SQL of journeys.

use super::names;
use crate::{
    components,
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::persona_journeys,
        text::nfc,
    },
    personas::{Journey, JourneyPatch, JourneyRow, NewJourney},
};
use diesel::prelude::*;

/// # Errors
/// 404 when there is no such persona.
pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    persona: &str,
    list: &List<Journey>,
) -> Result<Page<Journey>, Failure> {
    let persona = super::find(conn, product, persona)?;
    let rows = persona_journeys::table
        .filter(persona_journeys::product_id.eq(product.as_str()))
        .filter(persona_journeys::persona.eq(&persona.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Journey::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every observation of every persona, by persona, component and task, oldest first.
pub fn of_product(conn: &mut Conn, product: &ProductId) -> Result<Vec<Journey>, Failure> {
    Ok(persona_journeys::table
        .filter(persona_journeys::product_id.eq(product.as_str()))
        .order((
            persona_journeys::persona,
            persona_journeys::component,
            persona_journeys::task_nfc,
            persona_journeys::observed_on,
        ))
        .select(Journey::as_select())
        .load(conn)?)
}

/// Every observation of one persona, by its id.
pub fn of_persona(conn: &mut Conn, product: &ProductId, persona: &str) -> Result<Vec<Journey>, Failure> {
    Ok(persona_journeys::table
        .filter(persona_journeys::product_id.eq(product.as_str()))
        .filter(persona_journeys::persona.eq(persona))
        .order((persona_journeys::component, persona_journeys::task_nfc, persona_journeys::observed_on))
        .select(Journey::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, persona: &str, id: &str) -> Result<Journey, Failure> {
    Ok(persona_journeys::table
        .filter(persona_journeys::product_id.eq(product.as_str()))
        .filter(persona_journeys::persona.eq(persona))
        .filter(persona_journeys::id.eq(id))
        .select(Journey::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for an unknown component, 409 when the task was observed on that day already.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, persona: &str, new: NewJourney) -> Result<Journey, Failure> {
    let persona = super::find(tx, product, persona)?;
    let component = components::store::resolve(tx, product, "/component", &new.component)?;
    let row = new.into_row(product, &persona.id, component, tx.new_head());
    diesel::insert_into(persona_journeys::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    persona: &str,
    id: &str,
    seen: IfMatch,
    patch: &JourneyPatch,
) -> Result<Journey, Failure> {
    let before = find(tx, product, persona, id)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    let component = components::store::resolve(tx, product, "/component", &new.component)?;
    let after = new.into_row(product, &before.persona, component, tx.next_head(&before));
    let same = persona_journeys::table
        .filter(persona_journeys::id.eq(id))
        .filter(persona_journeys::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete(tx: &mut Tx<'_>, product: &ProductId, persona: &str, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, persona, id)?;
    seen.check(&before)?;
    let same = persona_journeys::table
        .filter(persona_journeys::id.eq(id))
        .filter(persona_journeys::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// How given observations meet those that are there: named by persona, component, task and day.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<JourneyRow>],
) -> Result<Merge<Journey, JourneyRow>, Failure> {
    let (names, known) = (names(conn, product)?, components::store::names(conn, product)?);
    // A name that is nobody's stays as it is, to be refused by its line.
    let persona = |new: &JourneyRow| names.id_of(&new.persona).unwrap_or(&new.persona).to_owned();
    let component = |new: &JourneyRow| known.get(&new.component).unwrap_or(&new.component).clone();
    Merge::plan(
        of_product(conn, product)?,
        given,
        |row| (row.persona.clone(), row.component.clone(), row.task_nfc.clone(), row.on),
        |new| (persona(new), component(new), nfc(&new.task), new.on),
        |new, head| {
            let (persona, component) = (persona(&new), component(&new));
            Ok(new.into_row(product, &persona, component, head))
        },
        |row| {
            let unknown = [
                ("/persona", names.id_of(&row.persona).is_none()),
                ("/component", !known.contains_key(&row.component)),
            ];
            let faults = unknown.into_iter().filter(|(_, unknown)| *unknown);
            Failure::unless_empty(faults.map(|(pointer, _)| Fault::unknown_reference(pointer)).collect())
        },
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Journey, JourneyRow>) -> Result<(), Failure> {
    let (names, known) = (names(tx, product)?, components::store::names(tx, product)?);
    for new in merge.created {
        let persona = names.id_of(&new.persona).ok_or(Failure::Stale)?;
        let component = known.get(&new.component).cloned().ok_or(Failure::Stale)?;
        let row = new.into_row(product, persona, component, tx.new_head());
        diesel::insert_into(persona_journeys::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, &before.persona, before.component.clone(), tx.next_head(&before));
        let same = persona_journeys::table.filter(persona_journeys::id.eq(&row.id));
        let same = same.filter(persona_journeys::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}
