//! The SQL of components and recovery tests.

use super::{
    Component, ComponentPatch, NewComponent, NewRecoveryTest, RecoveryList, RecoveryTest, RecoveryTestPatch,
    RecoveryView, catalog, cycle, recovery,
};
use crate::kernel::{
    auth::ProductId,
    db::{Conn, Head, Tx, order_by, require_changed},
    failure::{Failure, Fault},
    http::{IfMatch, List, Page},
    merge::{Given, Merge},
    schema::{component_dependencies, components, recovery_tests},
    text::{Key, Words},
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Component>) -> Result<Page<Component>, Failure> {
    let rows = components::table
        .filter(components::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Component::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every component, by key.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Component>, Failure> {
    Ok(components::table
        .filter(components::product_id.eq(product.as_str()))
        .order(components::key)
        .select(Component::as_select())
        .load(conn)?)
}

/// By key or id.
pub fn find(conn: &mut Conn, product: &ProductId, name: &str) -> Result<Component, Failure> {
    Ok(components::table
        .filter(components::product_id.eq(product.as_str()))
        .filter(components::key.eq(name).or(components::id.eq(name)))
        .select(Component::as_select())
        .first(conn)?)
}

/// The keys of all components by what they may be called: key or id.
pub fn names(conn: &mut Conn, product: &ProductId) -> Result<HashMap<String, String>, Failure> {
    let rows = components::table
        .filter(components::product_id.eq(product.as_str()))
        .select((components::id, components::key))
        .load::<(String, String)>(conn)?;
    Ok(rows.into_iter().flat_map(|(id, key)| [(id, key.clone()), (key.clone(), key)]).collect())
}

/// What people call each component, by key.
pub fn titles(conn: &mut Conn, product: &ProductId) -> Result<HashMap<String, String>, Failure> {
    let mine = components::table.filter(components::product_id.eq(product.as_str()));
    Ok(mine.select((components::key, components::name)).load::<(String, String)>(conn)?.into_iter().collect())
}

/// The key of the component that a request names by key or id.
///
/// # Errors
/// 422 at `pointer` when there is none.
pub fn resolve(conn: &mut Conn, product: &ProductId, pointer: &str, name: &str) -> Result<String, Failure> {
    components::table
        .filter(components::product_id.eq(product.as_str()))
        .filter(components::key.eq(name).or(components::id.eq(name)))
        .select(components::key)
        .first(conn)
        .optional()?
        .ok_or_else(|| Failure::Invalid(vec![Fault::unknown_reference(pointer)]))
}

/// # Errors
/// 422 for a component that is not among [`names`]; none at all is fine.
pub fn require_known(names: &HashMap<String, String>, component: Option<&str>) -> Result<(), Failure> {
    match component {
        Some(key) if names.get(key).is_none_or(|known| known != key) => {
            Err(Failure::Invalid(vec![Fault::unknown_reference("/component")]))
        }
        _ => Ok(()),
    }
}

/// # Errors
/// 422 for unknown dependencies, 409 for a key that is taken or a cycle.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, mut new: NewComponent) -> Result<Component, Failure> {
    let key = free_key(tx, product, &new)?;
    new.depends_on = resolve_all(tx, product, &key, &new.depends_on)?;
    let component = new.into_row(product, key, tx.new_head());
    diesel::insert_into(components::table).values(&component).execute(&mut **tx)?;
    write_dependencies(tx, &component)?;
    tx.created(&component)?;
    Ok(component)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    name: &str,
    seen: IfMatch,
    patch: &ComponentPatch,
) -> Result<Component, Failure> {
    let before = find(tx, product, name)?;
    seen.check(&before)?;
    let mut new = patch.apply(&before)?;
    new.depends_on = resolve_all(tx, product, &before.key, &new.depends_on)?;
    let after = new.into_row(product, before.key.clone(), tx.next_head(&before));
    let same = components::table.filter(components::id.eq(&before.id)).filter(components::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    if before.depends_on != after.depends_on {
        write_dependencies(tx, &after)?;
    }
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 when something refers to it: retire it instead.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, name: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, name)?;
    seen.check(&before)?;
    clear_dependencies(tx, &before)?;
    catalog::store::delete_of(tx, &before)?;
    let same = components::table.filter(components::id.eq(&before.id)).filter(components::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => {
            Failure::conflict("referenced", "other rows refer to it: set its lifecycle to retired instead")
        }
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

/// The key given, or one made from the name; on a collision the kind is put before it.
fn free_key(tx: &mut Tx<'_>, product: &ProductId, new: &NewComponent) -> Result<Key, Failure> {
    if let Some(key) = &new.key {
        return Ok(key.clone());
    }
    let no_key = || Failure::invalid("/key", "required", "the name makes no key; give one");
    let key = Key::slug(&new.name).ok_or_else(no_key)?;
    match resolve(tx, product, "/key", key.as_text()) {
        Ok(_) => Key::slug(&format!("{} {}", new.kind, new.name)).ok_or_else(no_key),
        Err(_) => Ok(key),
    }
}

/// The keys of what is depended on.
///
/// # Errors
/// 422 for each that is unknown; 409 when a cycle would close.
fn resolve_all(tx: &mut Tx<'_>, product: &ProductId, key: &Key, wanted: &Words) -> Result<Words, Failure> {
    if wanted.iter().next().is_none() {
        return Ok(Words::default());
    }
    tx.alone_in(product)?;
    let known = names(tx, product)?;
    let (mut keys, mut faults) = (BTreeSet::new(), Vec::new());
    for (at, name) in wanted.iter().enumerate() {
        match known.get(name) {
            Some(key) => {
                keys.insert(key.clone());
            }
            None => faults.push(Fault::unknown_reference(format!("/depends_on/{at}"))),
        }
    }
    Failure::unless_empty(faults)?;
    let mut needs = dependencies(tx, product)?;
    needs.insert(key.to_string(), keys.clone());
    match cycle(&needs) {
        Some(keys) => Err(Failure::conflict("cycle", format!("this would close a cycle: {}", keys.join(" → ")))),
        None => Ok(keys.into_iter().collect()),
    }
}

/// Who needs whom.
pub fn dependencies(conn: &mut Conn, product: &ProductId) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let edges = component_dependencies::table
        .filter(component_dependencies::product_id.eq(product.as_str()))
        .select((component_dependencies::component, component_dependencies::depends_on))
        .load::<(String, String)>(conn)?;
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (component, needed) in edges {
        needs.entry(component).or_default().insert(needed);
    }
    Ok(needs)
}

fn write_dependencies(tx: &mut Tx<'_>, component: &Component) -> Result<(), Failure> {
    clear_dependencies(tx, component)?;
    for needed in component.depends_on.iter() {
        diesel::insert_into(component_dependencies::table)
            .values((
                component_dependencies::product_id.eq(&component.product_id),
                component_dependencies::component.eq(&component.key),
                component_dependencies::depends_on.eq(needed),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

fn clear_dependencies(tx: &mut Tx<'_>, component: &Component) -> Result<(), Failure> {
    let mine = component_dependencies::table
        .filter(component_dependencies::product_id.eq(&component.product_id))
        .filter(component_dependencies::component.eq(&component.key));
    diesel::delete(mine).execute(&mut **tx)?;
    Ok(())
}

/// How a component stands with being recovered, on a day.
pub fn find_recovery(conn: &mut Conn, product: &ProductId, name: &str, on: NaiveDate) -> Result<RecoveryView, Failure> {
    let component = find(conn, product, name)?;
    let last = recovery_tests::table
        .filter(recovery_tests::product_id.eq(product.as_str()))
        .filter(recovery_tests::component.eq(&component.key))
        .filter(recovery_tests::tested_on.le(on))
        .order((recovery_tests::tested_on.desc(), recovery_tests::id.desc()))
        .select(RecoveryTest::as_select())
        .first(conn)
        .optional()?;
    Ok(recovery(&component, last.as_ref(), on))
}

/// How components stand on a day that are to be tested, or were.
pub fn recoveries(conn: &mut Conn, product: &ProductId, on: NaiveDate) -> Result<RecoveryList, Failure> {
    let tests = tests_until(conn, product, on)?;
    // The last of each: they come oldest first.
    let last: HashMap<&str, &RecoveryTest> = tests.iter().map(|test| (test.component.as_str(), test)).collect();
    let standing = |component: &Component| recovery(component, last.get(component.key.as_text()).copied(), on);
    let rows: Vec<_> = all(conn, product)?.iter().map(standing).collect();
    let told = rows.into_iter().filter(|one| one.overdue || one.last_test.is_some()).collect();
    Ok(RecoveryList::new(on, told))
}

pub fn page_of_tests(
    conn: &mut Conn,
    product: &ProductId,
    list: &List<RecoveryTest>,
) -> Result<Page<RecoveryTest>, Failure> {
    let rows = recovery_tests::table
        .filter(recovery_tests::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(RecoveryTest::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every recovery test up to and including a day, oldest first.
pub fn tests_until(conn: &mut Conn, product: &ProductId, day: NaiveDate) -> Result<Vec<RecoveryTest>, Failure> {
    Ok(recovery_tests::table
        .filter(recovery_tests::product_id.eq(product.as_str()))
        .filter(recovery_tests::tested_on.le(day))
        .order((recovery_tests::tested_on, recovery_tests::id))
        .select(RecoveryTest::as_select())
        .load(conn)?)
}

pub fn find_test(conn: &mut Conn, product: &ProductId, id: &str) -> Result<RecoveryTest, Failure> {
    Ok(recovery_tests::table
        .filter(recovery_tests::product_id.eq(product.as_str()))
        .filter(recovery_tests::id.eq(id))
        .select(RecoveryTest::as_select())
        .first(conn)?)
}

pub fn insert_test(tx: &mut Tx<'_>, product: &ProductId, new: NewRecoveryTest) -> Result<RecoveryTest, Failure> {
    let component = resolve(tx, product, "/component", &new.component)?;
    let row = new.into_row(product, component, tx.new_head());
    diesel::insert_into(recovery_tests::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update_test(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &RecoveryTestPatch,
) -> Result<RecoveryTest, Failure> {
    let before = find_test(tx, product, id)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    let component = resolve(tx, product, "/component", &new.component)?;
    let after = new.into_row(product, component, tx.next_head(&before));
    let same =
        recovery_tests::table.filter(recovery_tests::id.eq(id)).filter(recovery_tests::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete_test(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find_test(tx, product, id)?;
    seen.check(&before)?;
    let same =
        recovery_tests::table.filter(recovery_tests::id.eq(id)).filter(recovery_tests::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// How given components meet those that are there: named by key, which each of them has.
///
/// # Errors
/// 422 by line, also for dependencies that are unknown or close a cycle.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewComponent>],
) -> Result<Merge<Component, NewComponent>, Failure> {
    let mut needs = dependencies(conn, product)?;
    let there = all(conn, product)?;
    let key_of = |new: &NewComponent| new.key.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut known: HashSet<String> = there.iter().map(|row| row.key.to_string()).collect();
    known.extend(given.iter().map(|one| key_of(&one.new)));
    let merge = Merge::plan(
        there,
        given,
        |row| row.key.to_string(),
        key_of,
        |new, head| row_of(new, product, head),
        |row| {
            let missing = row.depends_on.iter().filter(|needed| !known.contains(*needed));
            let fault =
                |needed| Fault::at("/depends_on", "unknown_reference", format!("there is no component {needed}"));
            Failure::unless_empty(missing.map(fault).collect())
        },
    )?;
    for new in merge.created.iter().chain(merge.changed.iter().map(|(_, new)| new)) {
        needs.insert(key_of(new), new.depends_on.iter().map(ToOwned::to_owned).collect());
    }
    let Some(keys) = cycle(&needs) else { return Ok(merge) };
    let on_cycle: HashSet<&String> = keys.iter().collect();
    let line = given.iter().find(|one| on_cycle.contains(&key_of(&one.new))).map_or(1, |one| one.line);
    let mut named = keys.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(" → ");
    if keys.len() > NAMED {
        named += &format!(" → … ({} in all)", keys.len() - 1);
    }
    let detail = format!("this would close a cycle: {named}");
    Err(Failure::Invalid(vec![Fault::line(line, Some("depends_on"), "cycle", detail)]))
}

/// How many components of a cycle a fault names: a file may hold a very long one.
const NAMED: usize = 50;

fn row_of(mut new: NewComponent, product: &ProductId, head: Head) -> Result<Component, Failure> {
    let key = new.key.clone().ok_or_else(|| Failure::invalid("/key", "required", "this is required"))?;
    new.depends_on = new.depends_on.iter().collect::<BTreeSet<_>>().into_iter().collect();
    Ok(new.into_row(product, key, head))
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Component, NewComponent>) -> Result<(), Failure> {
    let mut written = Vec::new();
    for new in merge.created {
        let row = row_of(new, product, tx.new_head())?;
        diesel::insert_into(components::table).values(&row).execute(&mut **tx)?;
        written.push(row);
    }
    for (before, new) in merge.changed {
        let row = row_of(new, product, tx.next_head(&before))?;
        let same = components::table.filter(components::id.eq(&row.id));
        let same = same.filter(components::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
        if row.depends_on != before.depends_on {
            written.push(row);
        }
    }
    // Only now: a component may need one that stands further down in the file.
    written.iter().try_for_each(|row| write_dependencies(tx, row))
}

/// How given recovery tests meet those that are there: named by component, day and scenario.
pub fn plan_tests(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewRecoveryTest>],
) -> Result<Merge<RecoveryTest, NewRecoveryTest>, Failure> {
    let known = names(conn, product)?;
    let there = recovery_tests::table
        .filter(recovery_tests::product_id.eq(product.as_str()))
        .select(RecoveryTest::as_select())
        .load(conn)?;
    Merge::plan(
        there,
        given,
        |row| (row.component.clone(), row.on, row.scenario.clone()),
        |new| (new.component.clone(), new.on, new.scenario.clone()),
        |new, head| {
            let component = new.component.clone();
            Ok(new.into_row(product, component, head))
        },
        |row| require_known(&known, Some(&row.component)),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge_tests(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<RecoveryTest, NewRecoveryTest>,
) -> Result<(), Failure> {
    for new in merge.created {
        let component = new.component.clone();
        let row = new.into_row(product, component, tx.new_head());
        diesel::insert_into(recovery_tests::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let component = new.component.clone();
        let row = new.into_row(product, component, tx.next_head(&before));
        let same = recovery_tests::table.filter(recovery_tests::id.eq(&row.id));
        let same = same.filter(recovery_tests::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}
