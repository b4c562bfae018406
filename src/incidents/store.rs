//! The SQL of incidents.

use super::{Incident, IncidentPatch, NewIncident, Window};
use crate::{
    components,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Conn, Head, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::{incident_components, incidents},
        text::Words,
    },
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Incident>) -> Result<Page<Incident>, Failure> {
    let rows = incidents::table
        .filter(incidents::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Incident::as_select())
        .load(conn)?;
    list.page(rows)
}

/// The incidents that lasted in a window, or happened in it in no time at all; in order of their start.
pub fn overlapping(conn: &mut Conn, product: &ProductId, window: Window) -> Result<Vec<Incident>, Failure> {
    let (from, to) = (Instant::from(window.0), Instant::from(window.1));
    let ended_later = incidents::resolved_at.is_null().or(incidents::resolved_at.gt(from));
    Ok(incidents::table
        .filter(incidents::product_id.eq(product.as_str()))
        .filter(incidents::started_at.lt(to))
        .filter(ended_later.or(incidents::started_at.ge(from)))
        .order((incidents::started_at, incidents::id))
        .select(Incident::as_select())
        .load(conn)?)
}

/// Every incident, in order of their start.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Incident>, Failure> {
    Ok(incidents::table
        .filter(incidents::product_id.eq(product.as_str()))
        .order((incidents::started_at, incidents::id))
        .select(Incident::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Incident, Failure> {
    Ok(incidents::table
        .filter(incidents::product_id.eq(product.as_str()))
        .filter(incidents::id.eq(id))
        .select(Incident::as_select())
        .first(conn)?)
}

/// The ids of all incidents by what they may be called: id or `external_id`. An id comes first.
pub fn names(conn: &mut Conn, product: &ProductId) -> Result<HashMap<String, String>, Failure> {
    let rows = incidents::table
        .filter(incidents::product_id.eq(product.as_str()))
        .select((incidents::id, incidents::external_id))
        .load::<(String, Option<String>)>(conn)?;
    let external = rows.iter().filter_map(|(id, external)| Some((external.clone()?, id.clone())));
    let own = rows.iter().map(|(id, _)| (id.clone(), id.clone()));
    Ok(external.chain(own).collect())
}

/// The id of the incident that a request names by id or `external_id`.
///
/// # Errors
/// 422 at `pointer` when there is none.
pub fn resolve(conn: &mut Conn, product: &ProductId, pointer: &str, name: &str) -> Result<String, Failure> {
    let named: Vec<String> = incidents::table
        .filter(incidents::product_id.eq(product.as_str()))
        .filter(incidents::id.eq(name).or(incidents::external_id.eq(name)))
        .select(incidents::id)
        .load(conn)?;
    let own = named.iter().find(|id| *id == name);
    own.or(named.first()).cloned().ok_or_else(|| Failure::Invalid(vec![Fault::unknown_reference(pointer)]))
}

/// # Errors
/// 422 for an unknown component or times out of order, 409 for an `external_id` that is taken.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, new: NewIncident) -> Result<Incident, Failure> {
    let struck = keys(&components::store::names(tx, product)?, &new.components)?;
    let row = new.into_row(product, struck, tx.new_head())?;
    diesel::insert_into(incidents::table).values(&row).execute(&mut **tx)?;
    write_links(tx, &row)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &IncidentPatch,
) -> Result<Incident, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    let struck = keys(&components::store::names(tx, product)?, &new.components)?;
    let after = new.into_row(product, struck, tx.next_head(&before))?;
    write_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 when an activity or a roadmap item refers to it.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    clear_links(tx, &before)?;
    let same = incidents::table.filter(incidents::id.eq(id)).filter(incidents::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => {
            Failure::conflict("referenced", "other rows refer to it: they tell what was done about it")
        }
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

/// The keys of components that are named by key or id, each once, in order.
///
/// # Errors
/// 422 for each that is unknown.
fn keys(known: &HashMap<String, String>, named: &Words) -> Result<Words, Failure> {
    let (mut keys, mut faults) = (BTreeSet::new(), Vec::new());
    for (at, name) in named.iter().enumerate() {
        match known.get(name) {
            Some(key) => {
                keys.insert(key);
            }
            None => faults.push(Fault::unknown_reference(format!("/components/{at}"))),
        }
    }
    Failure::unless_empty(faults)?;
    Ok(keys.into_iter().collect())
}

fn write_over(tx: &mut Tx<'_>, before: &Incident, after: &Incident) -> Result<(), Failure> {
    let same = incidents::table.filter(incidents::id.eq(&before.id)).filter(incidents::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)?;
    if before.components != after.components {
        clear_links(tx, before)?;
        write_links(tx, after)?;
    }
    Ok(())
}

fn write_links(tx: &mut Tx<'_>, incident: &Incident) -> Result<(), Failure> {
    for component in incident.components.iter() {
        diesel::insert_into(incident_components::table)
            .values((
                incident_components::product_id.eq(&incident.product_id),
                incident_components::incident.eq(&incident.id),
                incident_components::component.eq(component),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

fn clear_links(tx: &mut Tx<'_>, incident: &Incident) -> Result<(), Failure> {
    let mine = incident_components::table
        .filter(incident_components::product_id.eq(&incident.product_id))
        .filter(incident_components::incident.eq(&incident.id));
    diesel::delete(mine).execute(&mut **tx)?;
    Ok(())
}

/// What names a line of a file: a row that is there, else what the line says.
#[derive(PartialEq, Eq, Hash)]
enum Name {
    There(String),
    External(String),
    Told(DateTime<Utc>, String),
}

/// How given incidents meet those that are there: named by `external_id`, and without one by start
/// and title. A row that another line names by its `external_id` is not taken for one without.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewIncident>],
) -> Result<Merge<Incident, NewIncident>, Failure> {
    let known = components::store::names(conn, product)?;
    let there = incidents::table
        .filter(incidents::product_id.eq(product.as_str()))
        .order(incidents::id)
        .select(Incident::as_select())
        .load(conn)?;
    let told = |at: Instant, title: &str| (at.utc(), title.to_owned());
    let named: HashSet<&str> = given.iter().filter_map(|one| one.new.external_id.as_deref()).collect();
    let (mut by_external, mut by_story) = (HashMap::new(), HashMap::new());
    for row in &there {
        let external = row.external_id.as_deref();
        by_external.extend(external.map(|external| (external.to_owned(), row.id.clone())));
        if external.is_none_or(|external| !named.contains(external)) {
            let free = by_story.entry(told(row.started_at, &row.title)).or_insert_with(|| row.id.clone());
            if external.is_none() {
                free.clone_from(&row.id);
            }
        }
    }
    let name = |new: &NewIncident| match &new.external_id {
        Some(external) => {
            by_external.get(external).map_or_else(|| Name::External(external.clone()), |id| Name::There(id.clone()))
        }
        None => {
            let (at, title) = told(new.started_at, &new.title);
            match by_story.get(&(at, title.clone())) {
                Some(id) => Name::There(id.clone()),
                None => Name::Told(at, title),
            }
        }
    };
    Merge::plan(
        there,
        given,
        |row| Name::There(row.id.clone()),
        name,
        |new, head| row_of(new, product, head),
        |row| {
            let missing = row.components.iter().filter(|key| known.get(*key).is_none_or(|known| known != key));
            let fault = |key| Fault::at("/components", "unknown_reference", format!("there is no component {key}"));
            Failure::unless_empty(missing.map(fault).collect())
        },
    )
}

fn row_of(new: NewIncident, product: &ProductId, head: Head) -> Result<Incident, Failure> {
    let struck = new.components.iter().collect::<BTreeSet<_>>().into_iter().collect();
    new.into_row(product, struck, head)
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Incident, NewIncident>) -> Result<(), Failure> {
    for new in merge.created {
        let row = row_of(new, product, tx.new_head())?;
        diesel::insert_into(incidents::table).values(&row).execute(&mut **tx)?;
        write_links(tx, &row)?;
    }
    for (before, new) in merge.changed {
        let row = row_of(new, product, tx.next_head(&before))?;
        write_over(tx, &before, &row)?;
    }
    Ok(())
}
