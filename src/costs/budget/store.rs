//! The SQL of budgets.

use super::{Budget, BudgetPatch, NewBudget};
use crate::{
    components,
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::Failure,
        fiscal::FiscalYear,
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        money::Currency,
        schema::budgets,
    },
    products::{self, Product},
};
use diesel::prelude::*;

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Budget>) -> Result<Page<Budget>, Failure> {
    let rows = budgets::table
        .filter(budgets::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Budget::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every budget of a product, by year; of each the whole product's first, then those of components by key.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Budget>, Failure> {
    let mut rows: Vec<Budget> =
        budgets::table.filter(budgets::product_id.eq(product.as_str())).select(Budget::as_select()).load(conn)?;
    // The engines do not agree on where null stands.
    rows.sort_by(|left, right| (left.fiscal_year, &left.component).cmp(&(right.fiscal_year, &right.component)));
    Ok(rows)
}

/// Those of a year, in the same order.
pub fn of_year(conn: &mut Conn, product: &ProductId, year: FiscalYear) -> Result<Vec<Budget>, Failure> {
    Ok(all(conn, product)?.into_iter().filter(|budget| budget.fiscal_year == year).collect())
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Budget, Failure> {
    Ok(budgets::table
        .filter(budgets::product_id.eq(product.as_str()))
        .filter(budgets::id.eq(id))
        .select(Budget::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for an unknown component or another currency, 409 when the component has a budget of that year already.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, new: NewBudget) -> Result<Budget, Failure> {
    let currency = currency(tx, product)?;
    let component = resolve(tx, product, &new)?;
    let row = new.into_row(product, currency, component, tx.new_head())?;
    diesel::insert_into(budgets::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &BudgetPatch,
) -> Result<Budget, Failure> {
    let currency = currency(tx, product)?;
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    let component = resolve(tx, product, &new)?;
    let after = new.into_row(product, currency, component, tx.next_head(&before))?;
    write(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let same = budgets::table.filter(budgets::id.eq(id)).filter(budgets::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

fn write(tx: &mut Tx<'_>, before: &Budget, after: &Budget) -> Result<(), Failure> {
    let same = budgets::table.filter(budgets::id.eq(&after.id)).filter(budgets::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

/// Read again in the change itself: until there is data, somebody may be choosing another.
fn currency(tx: &mut Tx<'_>, product: &ProductId) -> Result<Currency, Failure> {
    tx.alone_in(product)?;
    Ok(products::store::find(tx, product)?.currency)
}

fn resolve(tx: &mut Tx<'_>, product: &ProductId, new: &NewBudget) -> Result<Option<String>, Failure> {
    let name = new.component.as_deref();
    name.map(|name| components::store::resolve(tx, product, "/component", name)).transpose()
}

/// How given budgets meet those that are there: named by component and year.
pub fn plan(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<NewBudget>],
) -> Result<Merge<Budget, NewBudget>, Failure> {
    let id = product.product_id();
    let known = components::store::names(conn, &id)?;
    // A name that is no component's stays as it is, to be refused by its line.
    let component = |new: &NewBudget| {
        let name = new.component.as_ref()?;
        Some(known.get(name).unwrap_or(name).clone())
    };
    Merge::plan(
        all(conn, &id)?,
        given,
        |row| (row.component.clone(), row.fiscal_year),
        |new| (component(new), new.fiscal_year),
        |new, head| {
            let component = component(&new);
            new.into_row(&id, product.currency, component, head)
        },
        |row| components::store::require_known(&known, row.component.as_deref()),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &Product, merge: Merge<Budget, NewBudget>) -> Result<(), Failure> {
    let id = product.product_id();
    for new in merge.created {
        let component = resolve(tx, &id, &new)?;
        let row = new.into_row(&id, product.currency, component, tx.new_head())?;
        diesel::insert_into(budgets::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(&id, product.currency, before.component.clone(), tx.next_head(&before))?;
        write(tx, &before, &row)?;
    }
    Ok(())
}
