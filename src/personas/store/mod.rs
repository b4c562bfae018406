//! The SQL of personas.

pub mod journeys;
pub mod populations;

use super::{NewPersona, Persona, PersonaPatch, UsageView};
use crate::{
    components,
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::personas,
        text::nfc,
    },
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Persona>) -> Result<Page<Persona>, Failure> {
    let rows = personas::table
        .filter(personas::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Persona::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every persona, by name.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Persona>, Failure> {
    Ok(personas::table
        .filter(personas::product_id.eq(product.as_str()))
        .order(personas::name_nfc)
        .select(Persona::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Persona, Failure> {
    Ok(personas::table
        .filter(personas::product_id.eq(product.as_str()))
        .filter(personas::id.eq(id))
        .select(Persona::as_select())
        .first(conn)?)
}

/// The ids of all personas by what a file may call them.
#[derive(Debug)]
pub struct PersonaNames(HashMap<String, String>);

impl PersonaNames {
    /// The id of who is named by name or id.
    pub fn id_of(&self, name: &str) -> Option<&str> {
        self.0.get(name).or_else(|| self.0.get(&nfc(name))).map(String::as_str)
    }
}

pub fn names(conn: &mut Conn, product: &ProductId) -> Result<PersonaNames, Failure> {
    let rows = personas::table
        .filter(personas::product_id.eq(product.as_str()))
        .select((personas::name_nfc, personas::id))
        .load::<(String, String)>(conn)?;
    let mut names: HashMap<String, String> = rows.iter().cloned().collect();
    names.extend(rows.into_iter().map(|(_, id)| (id.clone(), id)));
    Ok(PersonaNames(names))
}

/// Who uses what on a day. Read it in a snapshot.
pub fn usage(conn: &mut Conn, product: &ProductId, on: NaiveDate) -> Result<UsageView, Failure> {
    let (components, personas) = (components::store::all(conn, product)?, all(conn, product)?);
    let (populations, journeys) = (populations::of_product(conn, product)?, journeys::of_product(conn, product)?);
    Ok(super::usage(on, &components, &personas, &populations, &journeys))
}

/// # Errors
/// 409 when the name is taken.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, new: NewPersona) -> Result<Persona, Failure> {
    let row = new.into_row(product, tx.new_head());
    diesel::insert_into(personas::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &PersonaPatch,
) -> Result<Persona, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(product, tx.next_head(&before));
    let same = personas::table.filter(personas::id.eq(id)).filter(personas::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 when something refers to it: retire it instead.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let same = personas::table.filter(personas::id.eq(id)).filter(personas::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => {
            Failure::conflict("referenced", "other rows refer to it: give it a retired_on instead")
        }
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

/// How given personas meet those that are there: named by name.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewPersona>],
) -> Result<Merge<Persona, NewPersona>, Failure> {
    Merge::plan(
        all(conn, product)?,
        given,
        |row| row.name_nfc.clone(),
        |new| nfc(&new.name),
        |new, head| Ok(new.into_row(product, head)),
        |_| Ok(()),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Persona, NewPersona>) -> Result<(), Failure> {
    for new in merge.created {
        let row = new.into_row(product, tx.new_head());
        diesel::insert_into(personas::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, tx.next_head(&before));
        let same = personas::table.filter(personas::id.eq(&row.id)).filter(personas::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}
