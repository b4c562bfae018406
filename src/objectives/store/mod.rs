//! The SQL of objectives.

pub mod check_ins;
pub mod key_results;

use super::{NewObjective, Objective, ObjectivePatch, Progress, ProgressRow, ProgressView, measured};
use crate::{
    direction::{self, DocumentKind},
    kernel::{
        auth::{ProductId, ProductScope},
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::objectives,
    },
    products::{self, Product},
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Objective>) -> Result<Page<Objective>, Failure> {
    let rows = objectives::table
        .filter(objectives::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Objective::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every objective, by quarter and in the order they were set.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Objective>, Failure> {
    Ok(objectives::table
        .filter(objectives::product_id.eq(product.as_str()))
        .order((objectives::period, objectives::id))
        .select(Objective::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Objective, Failure> {
    Ok(objectives::table
        .filter(objectives::product_id.eq(product.as_str()))
        .filter(objectives::id.eq(id))
        .select(Objective::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for a version of the strategy that was not published.
pub fn insert(tx: &mut Tx<'_>, product: &ProductScope, mut new: NewObjective) -> Result<Objective, Failure> {
    settle_strategy(tx, &product.id, &mut new)?;
    let row = new.into_row(&product.id, None, tx.at().day_in(product.zone), tx.new_head());
    diesel::insert_into(objectives::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

/// Puts the latest version of the strategy where none is named.
fn settle_strategy(conn: &mut Conn, product: &ProductId, new: &mut NewObjective) -> Result<(), Failure> {
    direction::store::require_strategy(conn, product, new.strategy_version)?;
    if new.strategy_version.is_none() {
        new.strategy_version = direction::store::latest(conn, product, DocumentKind::Strategy)?;
    }
    Ok(())
}

/// Whoever closes it keeps the values of its key results as they are; whoever opens it again lets them go.
///
/// # Errors
/// 422 for a version of the strategy that was not published.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    id: &str,
    seen: IfMatch,
    patch: &ObjectivePatch,
) -> Result<Objective, Failure> {
    // Before anything is read: somebody may be checking in.
    tx.alone_in(&product.id)?;
    let before = find(tx, &product.id, id)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    direction::store::require_strategy(tx, &product.id, new.strategy_version)?;
    let today = tx.at().day_in(product.zone);
    let after = new.into_row(&product.id, Some(&before), today, tx.next_head(&before));
    write(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    keep_values(tx, &product.id, &before, &after, true)?;
    Ok(after)
}

fn write(tx: &mut Tx<'_>, before: &Objective, after: &Objective) -> Result<(), Failure> {
    let same = objectives::table.filter(objectives::id.eq(&after.id)).filter(objectives::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

/// Keeps what every key result has when its objective is closed, or lets it go when that is opened again. `audited` is
/// whether each of them leaves an event of its own.
fn keep_values(
    tx: &mut Tx<'_>,
    product: &ProductId,
    before: &Objective,
    after: &Objective,
    audited: bool,
) -> Result<(), Failure> {
    let (was, is) = (before.status.is_closed(), after.status.is_closed());
    if was == is {
        return Ok(());
    }
    let end = products::store::find(tx, product).map(|whole| before.period.last_day(whole.fiscal_year_start))?;
    let there = check_ins::of_objective(tx, product, &after.id)?;
    for key_result in key_results::of_objective(tx, product, &after.id)? {
        let closing =
            is.then(|| measured(before, &key_result, &there, end, after.closed_on.unwrap_or(NaiveDate::MAX))).flatten();
        if key_result.closing() != closing {
            let head = tx.next_head(&key_result);
            let kept = key_result.clone().closed_with(closing, head);
            key_results::write(tx, &key_result, &kept)?;
            if audited {
                tx.updated(&key_result, &kept)?;
            }
        }
    }
    Ok(())
}

/// # Errors
/// 409 while it has key results, or something else refers to it: drop it instead.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let same = objectives::table.filter(objectives::id.eq(id)).filter(objectives::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => Failure::conflict(
            "referenced",
            "it has key results, or other rows refer to it: set its status to dropped instead",
        ),
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

/// How far an objective is on a day; as far as is known when none is given.
pub fn progress(
    conn: &mut Conn,
    product: &ProductId,
    id: &str,
    on: Option<NaiveDate>,
) -> Result<ProgressView, Failure> {
    let objective = find(conn, product, id)?;
    let end = objective.period.last_day(products::store::find(conn, product)?.fiscal_year_start);
    let there = check_ins::of_objective(conn, product, id)?;
    let mut items = Vec::new();
    for key_result in key_results::of_objective(conn, product, id)? {
        let current = measured(&objective, &key_result, &there, end, on.unwrap_or(NaiveDate::MAX));
        let told = Progress::of(&objective, &key_result, current);
        items.push(ProgressRow::new(key_result, told));
    }
    let Objective { id, status, closed_on, .. } = objective;
    Ok(ProgressView { objective: id, status, closed_on, items, next_cursor: None })
}

/// The ids of objectives by what a request or a file may call them: id, or title. Titles need not be unique.
#[derive(Debug, Default)]
pub struct ObjectiveNames(HashMap<String, Vec<String>>);

impl ObjectiveNames {
    /// Of what is named by id or by a title that no other has.
    pub fn id_of(&self, name: &str) -> Option<&str> {
        self.id(name, "").ok()
    }

    /// # Errors
    /// 422 for a name that nothing has, or more than one.
    pub fn id(&self, name: &str, pointer: &str) -> Result<&str, Failure> {
        match self.0.get(name).map(Vec::as_slice) {
            Some([id]) => Ok(id),
            Some(_) => {
                let detail = "several objectives have that title: name it by its id";
                Err(Failure::invalid(pointer, "ambiguous", detail))
            }
            None => Err(Failure::Invalid(vec![Fault::unknown_reference(pointer)])),
        }
    }
}

pub fn names(conn: &mut Conn, product: &ProductId) -> Result<ObjectiveNames, Failure> {
    let rows = objectives::table
        .filter(objectives::product_id.eq(product.as_str()))
        .select((objectives::id, objectives::title))
        .load::<(String, String)>(conn)?;
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    for (id, title) in &rows {
        names.entry(title.clone()).or_default().push(id.clone());
    }
    names.extend(rows.into_iter().map(|(id, _)| (id.clone(), vec![id])));
    Ok(ObjectiveNames(names))
}

/// How given objectives meet those that are there: named by quarter and title.
pub fn plan(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<NewObjective>],
) -> Result<Merge<Objective, NewObjective>, Failure> {
    let id = product.product_id();
    let there = all(conn, &id)?;
    let by_id: HashMap<String, Objective> = there.iter().map(|row| (row.id.clone(), row.clone())).collect();
    let last = direction::store::latest(conn, &id, DocumentKind::Strategy)?;
    let mut merge = Merge::plan(
        there,
        given,
        |row| (row.period, row.title.clone()),
        |new| (new.period, new.title.clone()),
        |mut new, head| {
            let before = by_id.get(&head.id);
            new.strategy_version = new.strategy_version.or(before.map_or(last, |before| before.strategy_version));
            Ok(new.into_row(&id, before, NaiveDate::default(), head))
        },
        |row| match row.strategy_version {
            Some(number) if !(1..=last.unwrap_or(0)).contains(&number) => {
                let detail = "there is no such published version of the strategy";
                Err(Failure::invalid("/strategy_version", "unknown_reference", detail))
            }
            _ => Ok(()),
        },
    )?;
    // The day on which it is closed is told by closing it.
    merge.untold("closed_on", &NaiveDate::default().to_string());
    Ok(merge)
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &Product, merge: Merge<Objective, NewObjective>) -> Result<(), Failure> {
    let (id, today) = (product.product_id(), tx.at().day_in(product.zone()?));
    for mut new in merge.created {
        settle_strategy(tx, &id, &mut new)?;
        let row = new.into_row(&id, None, today, tx.new_head());
        diesel::insert_into(objectives::table).values(&row).execute(&mut **tx)?;
    }
    for (before, mut new) in merge.changed {
        new.strategy_version = new.strategy_version.or(before.strategy_version);
        let row = new.into_row(&id, Some(&before), today, tx.next_head(&before));
        write(tx, &before, &row)?;
        keep_values(tx, &id, &before, &row, false)?;
    }
    Ok(())
}
