//! The SQL of SLOs and their targets.

use super::{
    Burndown, BurndownWindow, NewSlo, NewSloTarget, Slo, SloPatch, SloTarget, SloTargetPatch, SloTargetRow, Status,
    measurements, require_within_a_day,
};
use crate::{
    components,
    kernel::{
        auth::ProductId,
        dated::require_open,
        db::{Conn, Head, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{FAULTS, Given, Merge},
        month::{Month, start_of},
        schema::{slo_targets, slos},
        text::Key,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use std::collections::HashMap;

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Slo>) -> Result<Page<Slo>, Failure> {
    let rows = slos::table
        .filter(slos::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Slo::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every SLO, by key.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Slo>, Failure> {
    Ok(slos::table
        .filter(slos::product_id.eq(product.as_str()))
        .order(slos::key)
        .select(Slo::as_select())
        .load(conn)?)
}

/// By key or id.
pub fn find(conn: &mut Conn, product: &ProductId, name: &str) -> Result<Slo, Failure> {
    Ok(slos::table
        .filter(slos::product_id.eq(product.as_str()))
        .filter(slos::key.eq(name).or(slos::id.eq(name)))
        .select(Slo::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for an unknown component or a bucket that midnight falls into, 409 for a key that is taken.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, zone: Tz, new: NewSlo) -> Result<Slo, Failure> {
    let component = components::store::resolve(tx, product, "/component", &new.component)?;
    let key = free_key(tx, product, &new, &component)?;
    let slo = new.into_row(product, key, component, tx.new_head())?;
    require_days(&slo, zone)?;
    diesel::insert_into(slos::table).values(&slo).execute(&mut **tx)?;
    tx.created(&slo)?;
    Ok(slo)
}

/// # Errors
/// 409 when measurements were counted by what is to change.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    zone: Tz,
    name: &str,
    seen: IfMatch,
    patch: &SloPatch,
) -> Result<Slo, Failure> {
    tx.alone_in(product)?; // A measurement may be on its way in.
    let before = find(tx, product, name)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    let component = components::store::resolve(tx, product, "/component", &new.component)?;
    let after = new.into_row(product, before.key.clone(), component, tx.next_head(&before))?;
    require_days(&after, zone)?;
    require_unfixed(tx, &before, &after)?;
    write(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

fn write(conn: &mut Conn, before: &Slo, after: &Slo) -> Result<(), Failure> {
    let same = slos::table.filter(slos::id.eq(&before.id)).filter(slos::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(conn)?)
}

/// The key given, or one made from the name; on a collision the component is put before it.
fn free_key(tx: &mut Tx<'_>, product: &ProductId, new: &NewSlo, component: &str) -> Result<Key, Failure> {
    if let Some(key) = &new.key {
        return Ok(key.clone());
    }
    let no_key = || Failure::invalid("/key", "required", "the name makes no key; give one");
    let key = Key::slug(&new.name).ok_or_else(no_key)?;
    match find(tx, product, key.as_text()) {
        Err(Failure::NotFound) => Ok(key),
        other => other.and_then(|_| Key::slug(&format!("{component} {}", new.name)).ok_or_else(no_key)),
    }
}

/// A day is made of whole buckets. Asked of a day of these times: long ago, zones had odd seconds.
fn require_days(slo: &Slo, zone: Tz) -> Result<(), Failure> {
    let midnight = start_of(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default(), zone).timestamp();
    let bucket = midnight - midnight.rem_euclid(slo.bucket_seconds);
    require_within_a_day(bucket, slo.bucket_seconds, zone)
        .map_err(|detail| Failure::invalid("/bucket_seconds", "midnight", detail))
}

/// What measurements were counted by is fixed once there are any.
fn require_unfixed(conn: &mut Conn, before: &Slo, after: &Slo) -> Result<(), Failure> {
    match fixed(conn, before, after)?.as_slice() {
        [] => Ok(()),
        names => Err(Failure::conflict("fixed", fixed_detail(&names.join(", "), names.contains(&"target")))),
    }
}

fn fixed_detail(names: &str, target: bool) -> String {
    let then = if target { "; a new target is dated under targets" } else { "" };
    format!("{names} is fixed once there are measurements{then}")
}

/// What would change although measurements were counted by it.
fn fixed(conn: &mut Conn, before: &Slo, after: &Slo) -> Result<Vec<&'static str>, Failure> {
    let changed = [
        ("window", before.window != after.window),
        ("budgeting_method", before.budgeting_method != after.budgeting_method),
        ("slice_target", before.slice_target != after.slice_target),
        ("bucket_seconds", before.bucket_seconds != after.bucket_seconds),
        ("target", before.target != after.target),
    ];
    let names: Vec<_> = changed.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name).collect();
    if names.is_empty() || !measurements::store::any(conn, before)? {
        return Ok(Vec::new());
    }
    Ok(names)
}

/// # Errors
/// 409 when something refers to it, measurements too: retire it instead.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, name: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, name)?;
    seen.check(&before)?;
    let same = slos::table.filter(slos::id.eq(&before.id)).filter(slos::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => {
            Failure::conflict("referenced", "it has measurements, or other rows refer to it: set retired_on instead")
        }
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

pub fn page_of_targets(
    conn: &mut Conn,
    product: &ProductId,
    slo: &str,
    list: &List<SloTarget>,
) -> Result<Page<SloTarget>, Failure> {
    let slo = find(conn, product, slo)?;
    let rows = slo_targets::table
        .filter(slo_targets::product_id.eq(product.as_str()))
        .filter(slo_targets::slo.eq(slo.key.as_text()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(SloTarget::as_select())
        .load(conn)?;
    list.page(rows)
}

/// The dated targets of an SLO, from the earliest.
pub fn targets(conn: &mut Conn, slo: &Slo) -> Result<Vec<SloTarget>, Failure> {
    Ok(slo_targets::table
        .filter(slo_targets::product_id.eq(&slo.product_id))
        .filter(slo_targets::slo.eq(slo.key.as_text()))
        .order(slo_targets::valid_from)
        .select(SloTarget::as_select())
        .load(conn)?)
}

/// The dated targets of all of a product's SLOs, by key, each from the earliest.
pub fn targets_of_product(conn: &mut Conn, product: &ProductId) -> Result<HashMap<String, Vec<SloTarget>>, Failure> {
    let rows = slo_targets::table
        .filter(slo_targets::product_id.eq(product.as_str()))
        .order(slo_targets::valid_from)
        .select(SloTarget::as_select())
        .load(conn)?;
    let mut by_slo: HashMap<String, Vec<SloTarget>> = HashMap::new();
    for row in rows {
        by_slo.entry(row.slo.clone()).or_default().push(row);
    }
    Ok(by_slo)
}

pub fn find_target(conn: &mut Conn, product: &ProductId, slo: &str, id: &str) -> Result<SloTarget, Failure> {
    let slo = find(conn, product, slo)?;
    Ok(slo_targets::table
        .filter(slo_targets::product_id.eq(product.as_str()))
        .filter(slo_targets::slo.eq(slo.key.as_text()))
        .filter(slo_targets::id.eq(id))
        .select(SloTarget::as_select())
        .first(conn)?)
}

/// # Errors
/// 409 in a month that is published, and when the day has a target already.
pub fn insert_target(
    tx: &mut Tx<'_>,
    product: &ProductId,
    published: Option<Month>,
    slo: &str,
    new: NewSloTarget,
) -> Result<SloTarget, Failure> {
    let slo = find(tx, product, slo)?;
    require_open(new.valid_from, published)?;
    let row = new.into_row(product, slo.key.as_text(), tx.new_head());
    diesel::insert_into(slo_targets::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

/// # Errors
/// 409 when it holds in a published month, or would.
pub fn update_target(
    tx: &mut Tx<'_>,
    product: &ProductId,
    published: Option<Month>,
    (slo, id): (&str, &str),
    seen: IfMatch,
    patch: &SloTargetPatch,
) -> Result<SloTarget, Failure> {
    let before = find_target(tx, product, slo, id)?;
    seen.check(&before)?;
    require_open(before.valid_from, published)?;
    let after = patch.apply(&before)?.into_row(product, &before.slo, tx.next_head(&before));
    require_open(after.valid_from, published)?;
    let same = slo_targets::table.filter(slo_targets::id.eq(id)).filter(slo_targets::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 when it holds in a published month.
pub fn delete_target(
    tx: &mut Tx<'_>,
    product: &ProductId,
    published: Option<Month>,
    (slo, id): (&str, &str),
    seen: IfMatch,
) -> Result<(), Failure> {
    let before = find_target(tx, product, slo, id)?;
    seen.check(&before)?;
    require_open(before.valid_from, published)?;
    let same = slo_targets::table.filter(slo_targets::id.eq(id)).filter(slo_targets::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// How a promise stands at a moment.
pub fn status(
    conn: &mut Conn,
    product: &ProductId,
    zone: Tz,
    name: &str,
    at: DateTime<Utc>,
) -> Result<Status, Failure> {
    let slo = find(conn, product, name)?;
    let targets = targets(conn, &slo)?;
    Status::at(&slo, &targets, at, zone, |span| measurements::store::tally(conn, &slo, zone, span))
}

/// How its budget went, day by day.
pub fn burndown(
    conn: &mut Conn,
    product: &ProductId,
    zone: Tz,
    name: &str,
    wanted: Option<BurndownWindow>,
    now: DateTime<Utc>,
) -> Result<Burndown, Failure> {
    let slo = find(conn, product, name)?;
    let targets = targets(conn, &slo)?;
    Burndown::of(&slo, &targets, wanted, now, zone, |span| measurements::store::days(conn, &slo, zone, span))
}

/// How given SLOs meet those that are there: named by key, which each of them has. `made` are the
/// keys of components that the same change makes first.
///
/// # Errors
/// 422 by line, also for what is fixed because there are measurements.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    zone: Tz,
    made: &[Key],
    given: &[Given<NewSlo>],
) -> Result<Merge<Slo, NewSlo>, Failure> {
    let there = all(conn, product)?;
    let mut known = components::store::names(conn, product)?;
    known.extend(made.iter().map(|key| (key.to_string(), key.to_string())));
    let by_key: HashMap<String, Slo> = there.iter().map(|slo| (slo.key.to_string(), slo.clone())).collect();
    let merge = Merge::plan(
        there,
        given,
        |row| row.key.to_string(),
        |new| new.key.as_ref().map(ToString::to_string).unwrap_or_default(),
        |new, head| row_of(new, product, &known, head),
        |row| require_days(row, zone),
    )?;
    let mut faults: Vec<Fault> = Vec::new();
    for (before, new) in &merge.changed {
        let after = row_of(new.clone(), product, &known, Head::of(before))?;
        let Some(before) = by_key.get(after.key.as_text()) else { continue };
        for name in fixed(conn, before, &after)? {
            let line = given.iter().find(|one| one.new.key.as_ref() == Some(&after.key)).map_or(0, |one| one.line);
            faults.push(Fault::line(line, Some(name), "fixed", fixed_detail(name, name == "target")));
        }
    }
    faults.truncate(FAULTS);
    Failure::unless_empty(faults).map(|()| merge)
}

fn row_of(new: NewSlo, product: &ProductId, known: &HashMap<String, String>, head: Head) -> Result<Slo, Failure> {
    let key = new.key.clone().ok_or_else(|| Failure::invalid("/key", "required", "this is required"))?;
    let component = known
        .get(&new.component)
        .cloned()
        .ok_or_else(|| Failure::Invalid(vec![Fault::unknown_reference("/component")]))?;
    new.into_row(product, key, component, head)
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Slo, NewSlo>) -> Result<(), Failure> {
    let known = components::store::names(tx, product)?;
    for new in merge.created {
        let row = row_of(new, product, &known, tx.new_head())?;
        diesel::insert_into(slos::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let after = row_of(new, product, &known, tx.next_head(&before))?;
        write(tx, &before, &after)?;
    }
    Ok(())
}

/// How given targets meet those that are there: named by SLO and day.
///
/// # Errors
/// 422 by line, also for a month that is published.
pub fn plan_targets(
    conn: &mut Conn,
    product: &ProductId,
    published: Option<Month>,
    given: &[Given<SloTargetRow>],
) -> Result<Merge<SloTarget, SloTargetRow>, Failure> {
    let keys: HashMap<String, String> = all(conn, product)?
        .into_iter()
        .flat_map(|slo| [(slo.id, slo.key.to_string()), (slo.key.to_string(), slo.key.to_string())])
        .collect();
    let there = slo_targets::table
        .filter(slo_targets::product_id.eq(product.as_str()))
        .select(SloTarget::as_select())
        .load(conn)?;
    let key = |name: &str| keys.get(name).cloned().unwrap_or_else(|| name.to_owned());
    Merge::plan(
        there,
        given,
        |row| (row.slo.clone(), row.valid_from),
        |new: &SloTargetRow| (key(&new.slo), new.valid_from),
        |new, head| Ok(new.clone().into_row(product, &key(&new.slo), head)),
        |row| {
            if !keys.contains_key(&row.slo) {
                return Err(Failure::Invalid(vec![Fault::unknown_reference("/slo")]));
            }
            require_open(row.valid_from, published)
        },
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge_targets(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<SloTarget, SloTargetRow>,
) -> Result<(), Failure> {
    for new in merge.created {
        let slo = find(tx, product, &new.slo)?;
        let row = new.into_row(product, slo.key.as_text(), tx.new_head());
        diesel::insert_into(slo_targets::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, &before.slo, tx.next_head(&before));
        let same = slo_targets::table.filter(slo_targets::id.eq(&row.id));
        let same = same.filter(slo_targets::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}
