//! The SQL of key results.

use super::{ObjectiveNames, find as find_objective, names as objective_names};
use crate::{
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::key_results,
    },
    objectives::{KeyResult, KeyResultPatch, KeyResultRow, NewKeyResult},
};
use diesel::prelude::*;
use std::collections::HashMap;

/// # Errors
/// 404 when there is no such objective.
pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    objective: &str,
    list: &List<KeyResult>,
) -> Result<Page<KeyResult>, Failure> {
    let objective = find_objective(conn, product, objective)?;
    let rows = key_results::table
        .filter(key_results::product_id.eq(product.as_str()))
        .filter(key_results::objective.eq(&objective.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(KeyResult::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every key result, in the order in which they were set.
pub fn of_product(conn: &mut Conn, product: &ProductId) -> Result<Vec<KeyResult>, Failure> {
    Ok(key_results::table
        .filter(key_results::product_id.eq(product.as_str()))
        .order(key_results::id)
        .select(KeyResult::as_select())
        .load(conn)?)
}

/// Those of an objective, in the order in which they were set.
pub fn of_objective(conn: &mut Conn, product: &ProductId, objective: &str) -> Result<Vec<KeyResult>, Failure> {
    Ok(key_results::table
        .filter(key_results::product_id.eq(product.as_str()))
        .filter(key_results::objective.eq(objective))
        .order(key_results::id)
        .select(KeyResult::as_select())
        .load(conn)?)
}

/// By its id alone.
pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<KeyResult, Failure> {
    Ok(key_results::table
        .filter(key_results::product_id.eq(product.as_str()))
        .filter(key_results::id.eq(id))
        .select(KeyResult::as_select())
        .first(conn)?)
}

/// One of an objective.
pub fn find_in(conn: &mut Conn, product: &ProductId, objective: &str, id: &str) -> Result<KeyResult, Failure> {
    let found = find(conn, product, id)?;
    if found.objective == objective { Ok(found) } else { Err(Failure::NotFound) }
}

/// # Errors
/// 422 for a target that is the baseline, or a direction that leads away from it.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, objective: &str, new: NewKeyResult) -> Result<KeyResult, Failure> {
    let objective = find_objective(tx, product, objective)?;
    let row = new.into_row(product, &objective.id, tx.new_head())?;
    diesel::insert_into(key_results::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

/// # Errors
/// 409 when the objective is closed and the key result would be another one.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    (objective, id): (&str, &str),
    seen: IfMatch,
    patch: &KeyResultPatch,
) -> Result<KeyResult, Failure> {
    tx.alone_in(product)?;
    let before = find_in(tx, product, objective, id)?;
    seen.check(&before)?;
    let mut new = patch.apply(&before)?;
    if new.direction == Some(before.direction) && !patch.names("direction") {
        new.direction = None;
    }
    let after = new.into_row(product, objective, tx.next_head(&before))?;
    let after = KeyResult { closing_value: before.closing_value, closing_on: before.closing_on, ..after };
    require_open(&before, &after)?;
    write(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// What a key result closed with is of what it measured then.
fn require_open(before: &KeyResult, after: &KeyResult) -> Result<(), Failure> {
    match before.closing().is_some() && !before.measures_as(after) {
        true => Err(closed()),
        false => Ok(()),
    }
}

fn closed() -> Failure {
    Failure::conflict("closed", "its objective is closed, and what it closed with is kept; open the objective first")
}

pub(super) fn write(tx: &mut Tx<'_>, before: &KeyResult, after: &KeyResult) -> Result<(), Failure> {
    let same = key_results::table.filter(key_results::id.eq(&after.id)).filter(key_results::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

/// # Errors
/// 409 while it has check-ins, or something else refers to it, or when its objective is closed.
pub fn delete(
    tx: &mut Tx<'_>,
    product: &ProductId,
    (objective, id): (&str, &str),
    seen: IfMatch,
) -> Result<(), Failure> {
    let before = find_in(tx, product, objective, id)?;
    seen.check(&before)?;
    if before.closing().is_some() {
        return Err(closed());
    }
    let same = key_results::table.filter(key_results::id.eq(id)).filter(key_results::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => Failure::conflict("referenced", "it has check-ins, or other rows refer to it"),
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

/// The ids of key results by what a file may call them: title or id, which comes first. Titles need not be unique.
pub struct KeyResultNames(HashMap<String, Vec<String>>);

impl KeyResultNames {
    /// # Errors
    /// 422 for a name that nothing has, or more than one.
    pub fn id(&self, name: &str) -> Result<&str, Failure> {
        match self.0.get(name).map(Vec::as_slice) {
            Some([id]) => Ok(id),
            Some(_) => {
                let detail = "several key results have that title: name it by its id";
                Err(Failure::invalid("/key_result", "ambiguous", detail))
            }
            None => Err(Failure::Invalid(vec![Fault::unknown_reference("/key_result")])),
        }
    }
}

pub fn names(conn: &mut Conn, product: &ProductId) -> Result<KeyResultNames, Failure> {
    let all = of_product(conn, product)?;
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    for one in &all {
        names.entry(one.title.clone()).or_default().push(one.id.clone());
    }
    names.extend(all.into_iter().map(|one| (one.id.clone(), vec![one.id])));
    Ok(KeyResultNames(names))
}

/// How given key results meet those that are there: named by objective and title.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<KeyResultRow>],
) -> Result<Merge<KeyResult, KeyResultRow>, Failure> {
    let (known, there) = (objective_names(conn, product)?, of_product(conn, product)?);
    let by_id: HashMap<String, KeyResult> = there.iter().map(|row| (row.id.clone(), row.clone())).collect();
    Merge::plan(
        there,
        given,
        |row| (row.objective.clone(), row.title.clone()),
        |new| (known.id_of(&new.objective).unwrap_or(&new.objective).to_owned(), new.title.clone()),
        |new, head| {
            let before = by_id.get(&head.id);
            into_row(product, &known, new, before, head)
        },
        |row| by_id.get(&row.id).map_or(Ok(()), |before| require_open(before, row)),
    )
}

fn into_row(
    product: &ProductId,
    known: &ObjectiveNames,
    new: KeyResultRow,
    before: Option<&KeyResult>,
    head: crate::kernel::db::Head,
) -> Result<KeyResult, Failure> {
    let objective = match before {
        Some(before) => before.objective.clone(),
        None => known.id(&new.objective, "/objective")?.to_owned(),
    };
    let row = new.into_row(product, &objective, head)?;
    let (closing_value, closing_on) = before.map_or((None, None), |before| (before.closing_value, before.closing_on));
    Ok(KeyResult { closing_value, closing_on, ..row })
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<KeyResult, KeyResultRow>) -> Result<(), Failure> {
    let known = objective_names(tx, product)?;
    for new in merge.created {
        let head = tx.new_head();
        let row = into_row(product, &known, new, None, head)?;
        diesel::insert_into(key_results::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let head = tx.next_head(&before);
        let row = into_row(product, &known, new, Some(&before), head)?;
        write(tx, &before, &row)?;
    }
    Ok(())
}
