//! The SQL of cost entries and exchange rates.

pub use super::ledger::store::{charges, ledger};

use super::{Category, CostEntry, CostEntryPatch, ExchangeRate, ExchangeRatePatch, NewCostEntry, NewExchangeRate};
use crate::{
    components,
    kernel::{
        auth::{ProductId, ProductScope},
        dated,
        db::{Conn, Head, Tx, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page},
        merge::{FAULTS, Given, Merge, by_line},
        month::Month,
        schema::{cost_entries, exchange_rates},
    },
    products::{self, Product},
    roadmap,
};
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Bool};
use std::collections::{BTreeSet, HashMap};

/// Entries that count: those that were written down, and the lines of bills in force. Whoever reads entries asks for
/// these; the lines of a bill that is arriving, or was replaced, are nobody's.
pub fn counted() -> SqlLiteral<Bool> {
    sql("(bill_id IS NULL OR bill_id IN (SELECT id FROM bills WHERE state = 'in_force'))")
}

/// Those who may not edit see labour as hours and cost per component and month, in `…/costs`: a line
/// of its own may speak of a person, so to them such lines are not there.
pub fn page(conn: &mut Conn, product: &ProductScope, list: &List<CostEntry>) -> Result<Page<CostEntry>, Failure> {
    let mut wanted = cost_entries::table
        .filter(cost_entries::product_id.eq(product.id.as_str()))
        .filter(counted())
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(CostEntry::as_select())
        .into_boxed();
    if !product.role.may_edit() {
        wanted = wanted.filter(cost_entries::category.ne(Category::Labour));
    }
    list.page(wanted.load(conn)?)
}

/// As far as the caller may see it.
pub fn find_for(conn: &mut Conn, product: &ProductScope, id: &str) -> Result<CostEntry, Failure> {
    let entry = find(conn, &product.id, id)?;
    match entry.category {
        Category::Labour if !product.role.may_edit() => Err(Failure::NotFound),
        _ => Ok(entry),
    }
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<CostEntry, Failure> {
    Ok(cost_entries::table
        .filter(cost_entries::product_id.eq(product.as_str()))
        .filter(cost_entries::id.eq(id))
        .filter(counted())
        .select(CostEntry::as_select())
        .first(conn)?)
}

/// Those of some ids that are there.
pub fn some<'i>(
    conn: &mut Conn,
    product: &ProductId,
    ids: impl IntoIterator<Item = &'i str>,
) -> Result<Vec<CostEntry>, Failure> {
    // Fewer at a time than a statement takes parameters.
    const AT_ONCE: usize = 500;
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut found = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        found.extend(
            cost_entries::table
                .filter(cost_entries::product_id.eq(product.as_str()))
                .filter(cost_entries::id.eq_any(some))
                .filter(counted())
                .select(CostEntry::as_select())
                .load(conn)?,
        );
    }
    Ok(found)
}

/// Entries that name a roadmap item, and those that are asked for by their ids; without labour, which may speak of a person.
pub fn linked(conn: &mut Conn, product: &ProductId, ids: &BTreeSet<String>) -> Result<Vec<CostEntry>, Failure> {
    let mut found: Vec<CostEntry> = cost_entries::table
        .filter(cost_entries::product_id.eq(product.as_str()))
        .filter(counted())
        .filter(cost_entries::roadmap_item.is_not_null())
        .select(CostEntry::as_select())
        .load(conn)?;
    let there: BTreeSet<String> = found.iter().map(|entry| entry.id.clone()).collect();
    found.extend(some(conn, product, ids.difference(&there).map(String::as_str))?);
    found.retain(|entry| entry.category != Category::Labour);
    Ok(found)
}

/// # Errors
/// 422 for an unknown component or roadmap item, 409 when the source has such a line already.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, mut new: NewCostEntry) -> Result<CostEntry, Failure> {
    let component = resolve(tx, product, &new)?;
    new.roadmap_item = roadmap::store::resolve(tx, product, new.roadmap_item.as_deref())?;
    let row = new.into_row(product, component, tx.new_head())?;
    diesel::insert_into(cost_entries::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &CostEntryPatch,
) -> Result<CostEntry, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    before.require_written()?;
    let mut new = patch.apply(&before)?;
    let component = resolve(tx, product, &new)?;
    new.roadmap_item = roadmap::store::resolve(tx, product, new.roadmap_item.as_deref())?;
    let after = new.into_row(product, component, tx.next_head(&before))?;
    let same = cost_entries::table.filter(cost_entries::id.eq(id)).filter(cost_entries::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    before.require_written()?;
    let same = cost_entries::table.filter(cost_entries::id.eq(id)).filter(cost_entries::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

fn resolve(tx: &mut Tx<'_>, product: &ProductId, new: &NewCostEntry) -> Result<Option<String>, Failure> {
    let name = new.component.as_deref();
    name.map(|name| components::store::resolve(tx, product, "/component", name)).transpose()
}

pub fn page_of_exchange_rates(
    conn: &mut Conn,
    product: &ProductId,
    list: &List<ExchangeRate>,
) -> Result<Page<ExchangeRate>, Failure> {
    let rows = exchange_rates::table
        .filter(exchange_rates::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(ExchangeRate::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every exchange rate of a product.
pub fn exchange_rates(conn: &mut Conn, product: &ProductId) -> Result<Vec<ExchangeRate>, Failure> {
    Ok(exchange_rates::table
        .filter(exchange_rates::product_id.eq(product.as_str()))
        .order((exchange_rates::month, exchange_rates::from_currency, exchange_rates::to_currency))
        .select(ExchangeRate::as_select())
        .load(conn)?)
}

pub fn find_exchange_rate(conn: &mut Conn, product: &ProductId, id: &str) -> Result<ExchangeRate, Failure> {
    Ok(exchange_rates::table
        .filter(exchange_rates::product_id.eq(product.as_str()))
        .filter(exchange_rates::id.eq(id))
        .select(ExchangeRate::as_select())
        .first(conn)?)
}

/// # Errors
/// 409 for a published month, or when there is a rate of that month already.
pub fn insert_exchange_rate(
    tx: &mut Tx<'_>,
    product: &ProductId,
    new: NewExchangeRate,
) -> Result<ExchangeRate, Failure> {
    let row = new.into_row(product, tx.new_head())?;
    require_open(tx, product, row.month)?;
    diesel::insert_into(exchange_rates::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update_exchange_rate(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &ExchangeRatePatch,
) -> Result<ExchangeRate, Failure> {
    let before = find_exchange_rate(tx, product, id)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(product, tx.next_head(&before))?;
    require_open(tx, product, before.month)?;
    require_open(tx, product, after.month)?;
    let same =
        exchange_rates::table.filter(exchange_rates::id.eq(id)).filter(exchange_rates::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete_exchange_rate(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find_exchange_rate(tx, product, id)?;
    seen.check(&before)?;
    require_open(tx, product, before.month)?;
    let same =
        exchange_rates::table.filter(exchange_rates::id.eq(id)).filter(exchange_rates::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// Read again in the change itself: a report may have been published since the request began.
fn require_open(tx: &mut Tx<'_>, product: &ProductId, month: Month) -> Result<(), Failure> {
    tx.alone_in(product)?;
    dated::require_open_month(month, products::store::find(tx, product)?.published_through)
}

/// How given cost entries meet those that are there. An entry with an `external_id` is named by it
/// and its source. Others are counted by all they say: two equal lines are two entries, and as
/// many as are there already are not written again.
pub fn plan_entries(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewCostEntry>],
) -> Result<Merge<CostEntry, NewCostEntry>, Failure> {
    let known = components::store::names(conn, product)?;
    let items = roadmap::store::names(conn, product)?;
    let sources: BTreeSet<&str> = given.iter().map(|one| one.new.source.as_str()).collect();
    let (named, nameless): (Vec<_>, Vec<_>) =
        entries_from(conn, product, &sources)?.into_iter().partition(|row| row.external_id.is_some());
    let row = |new: NewCostEntry, head| {
        let component = new.component.clone();
        new.into_row(product, component, head)
    };
    let allowed = |row: &CostEntry| {
        components::store::require_known(&known, row.component.as_deref())?;
        roadmap::store::require_known(&items, row.roadmap_item.as_deref())
    };
    let mut faults = Vec::new();
    let merge = Merge::plan(
        named,
        given.iter().filter(|one| one.new.external_id.is_some()),
        |row| (row.source.clone(), row.external_id.clone()),
        |new| (new.source.clone(), new.external_id.clone()),
        row,
        allowed,
    );
    let mut merge = match merge {
        Err(Failure::Invalid(found)) => {
            faults = found;
            Merge::default()
        }
        other => other?,
    };
    let mut there: HashMap<_, u64> = HashMap::new();
    for row in nameless {
        *there.entry(content(&row)?).or_default() += 1;
    }
    for one in given.iter().filter(|one| one.new.external_id.is_none()) {
        let entry = match row(one.new.clone(), Head::trial()) {
            Ok(entry) => entry,
            Err(failure) => {
                faults.extend(by_line(failure, one.line)?);
                continue;
            }
        };
        if let Err(failure) = allowed(&entry) {
            faults.extend(by_line(failure, one.line)?);
        }
        match there.get_mut(&content(&entry)?) {
            Some(left) if *left > 0 => {
                *left -= 1;
                merge.unchanged += 1;
            }
            _ => {
                merge.show(one.line, None, &entry)?;
                merge.created.push(one.new.clone());
            }
        }
    }
    faults.sort_by_key(|fault| fault.line);
    faults.truncate(FAULTS);
    Failure::unless_empty(faults).map(|()| merge)
}

/// All that an entry without an `external_id` says.
fn content(row: &CostEntry) -> Result<String, Failure> {
    let Head { id, created_at, updated_at, version, .. } = Head::trial();
    let row = CostEntry { id, created_at, updated_at, version, ..row.clone() };
    serde_json::to_string(&row).map_err(Failure::internal)
}

/// The entries of some sources that no bill brought.
fn entries_from(conn: &mut Conn, product: &ProductId, sources: &BTreeSet<&str>) -> Result<Vec<CostEntry>, Failure> {
    let sources: Vec<_> = sources.iter().copied().collect();
    let mut rows = Vec::new();
    // Fewer at a time than either engine takes parameters.
    for some in sources.chunks(500) {
        rows.extend(
            cost_entries::table
                .filter(cost_entries::product_id.eq(product.as_str()))
                .filter(cost_entries::source.eq_any(some))
                .filter(cost_entries::bill_id.is_null())
                .select(CostEntry::as_select())
                .load(conn)?,
        );
    }
    Ok(rows)
}

/// Writes what an import brings; the import records the event.
pub fn merge_entries(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<CostEntry, NewCostEntry>,
) -> Result<(), Failure> {
    for new in merge.created {
        let component = new.component.clone();
        let row = new.into_row(product, component, tx.new_head())?;
        diesel::insert_into(cost_entries::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let component = new.component.clone();
        let row = new.into_row(product, component, tx.next_head(&before))?;
        let same = cost_entries::table.filter(cost_entries::id.eq(&row.id));
        let same = same.filter(cost_entries::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}

/// How given exchange rates meet those that are there: named by both currencies and the month.
pub fn plan_exchange_rates(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<NewExchangeRate>],
) -> Result<Merge<ExchangeRate, NewExchangeRate>, Failure> {
    let id = product.product_id();
    Merge::plan(
        exchange_rates(conn, &id)?,
        given,
        |row| (row.from.as_text(), row.to.as_text(), row.month),
        |new| (new.from.as_text(), new.to.as_text(), new.month),
        |new, head| new.into_row(&id, head),
        |row| dated::require_open_month(row.month, product.published_through),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge_exchange_rates(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<ExchangeRate, NewExchangeRate>,
) -> Result<(), Failure> {
    for new in merge.created {
        let row = new.into_row(product, tx.new_head())?;
        diesel::insert_into(exchange_rates::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, tx.next_head(&before))?;
        let same = exchange_rates::table.filter(exchange_rates::id.eq(&row.id));
        let same = same.filter(exchange_rates::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}
