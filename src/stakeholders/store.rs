//! The SQL of stakeholders.

use super::{NewStakeholder, Stakeholder, StakeholderPatch};
use crate::{
    access, components,
    kernel::{
        auth::{ProductId, ProductScope, Role},
        db::{Conn, Kept, Row, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::{stakeholder_components, stakeholders},
        text::{Words, nfc},
    },
};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Stakeholder>) -> Result<Page<Stakeholder>, Failure> {
    let rows = stakeholders::table
        .filter(stakeholders::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Stakeholder::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every stakeholder, by name.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Stakeholder>, Failure> {
    Ok(stakeholders::table
        .filter(stakeholders::product_id.eq(product.as_str()))
        .order(stakeholders::name_nfc)
        .select(Stakeholder::as_select())
        .load(conn)?)
}

/// Who a user is as a stakeholder: nobody, somebody, or several who share a login.
pub fn of_user(conn: &mut Conn, product: &ProductId, user: &str) -> Result<Vec<Stakeholder>, Failure> {
    Ok(stakeholders::table
        .filter(stakeholders::product_id.eq(product.as_str()))
        .filter(stakeholders::user_id.eq(user))
        .order(stakeholders::name_nfc)
        .select(Stakeholder::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Stakeholder, Failure> {
    Ok(stakeholders::table
        .filter(stakeholders::product_id.eq(product.as_str()))
        .filter(stakeholders::id.eq(id))
        .select(Stakeholder::as_select())
        .first(conn)?)
}

/// # Errors
/// 403 when somebody else than an owner says who they are; 422 for unknown components and users; 409 when the name is
/// taken.
pub fn insert(tx: &mut Tx<'_>, product: &ProductScope, new: NewStakeholder) -> Result<Stakeholder, Failure> {
    let components = resolve_all(tx, &product.id, &new.cares_about.components)?;
    let row = new.into_row(&product.id, components, tx.new_head());
    require_named_rightly(tx, product, None, &row)?;
    diesel::insert_into(stakeholders::table).values(&row).execute(&mut **tx)?;
    write_components(tx, &row)?;
    tx.created(&row)?;
    Ok(row)
}

/// # Errors
/// As [`insert`]; what an editor leaves as it is stays.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    id: &str,
    seen: IfMatch,
    patch: &StakeholderPatch,
) -> Result<Stakeholder, Failure> {
    let before = find(tx, &product.id, id)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    let components = resolve_all(tx, &product.id, &new.cares_about.components)?;
    let after = new.into_row(&product.id, components, tx.next_head(&before));
    require_named_rightly(tx, product, Some(&before), &after)?;
    let same = stakeholders::table.filter(stakeholders::id.eq(id)).filter(stakeholders::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    if before.cares_about != after.cares_about {
        write_components(tx, &after)?;
    }
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 when something refers to them: retire them instead.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    clear_components(tx, &before)?;
    let same = stakeholders::table.filter(stakeholders::id.eq(id)).filter(stakeholders::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => {
            Failure::conflict("referenced", "other rows refer to them: give them a retired_on instead")
        }
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

/// Empties a stakeholder's row, and what the trail keeps of it, of who they were.
///
/// # Errors
/// When somebody else was faster.
pub fn erase(tx: &mut Tx<'_>, product: &ProductScope, id: &str, seen: IfMatch) -> Result<Stakeholder, Failure> {
    let before = find(tx, &product.id, id)?;
    seen.check(&before)?;
    let today = tx.at().day_in(product.zone);
    let after = before.without_person(today, tx.next_head(&before));
    let same = stakeholders::table.filter(stakeholders::id.eq(id)).filter(stakeholders::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    let theirs = |kept: &Kept| kept.get("id").is_some_and(|known| known == id);
    tx.forget(Stakeholder::RESOURCE, id, theirs, &["name", "email", "user", "locale"])?;
    tx.record("erase", Stakeholder::RESOURCE, after.product(), id, None::<&Stakeholder>, Some(&after))?;
    Ok(after)
}

/// The keys of the components they care about.
fn resolve_all(tx: &mut Tx<'_>, product: &ProductId, wanted: &Words) -> Result<Words, Failure> {
    let known = components::store::names(tx, product)?;
    let unknown = wanted.iter().enumerate().filter(|(_, name)| !known.contains_key(*name));
    let fault = |(at, _)| Fault::unknown_reference(format!("/cares_about/components/{at}"));
    Failure::unless_empty(unknown.map(fault).collect())?;
    Ok(keys(&known, wanted))
}

/// Each key once, in order. What is no component stays as it is.
fn keys(known: &HashMap<String, String>, wanted: &Words) -> Words {
    let key = |name| known.get(name).map_or(name, String::as_str);
    wanted.iter().map(key).collect::<BTreeSet<_>>().into_iter().collect()
}

/// That who they are is said by an owner, and that the user is a member.
fn require_named_rightly(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    before: Option<&Stakeholder>,
    after: &Stakeholder,
) -> Result<(), Failure> {
    let changed = after.named_anew(before);
    if !changed.is_empty() && !product.role.is_owner() {
        return Err(Failure::Forbidden("only an owner sets a stakeholder's email and user"));
    }
    match &after.user {
        Some(user) if changed.contains(&"user") && !access::store::users_of(tx, &product.id)?.contains(user) => {
            Err(Failure::Invalid(vec![Fault::unknown_reference("/user")]))
        }
        _ => Ok(()),
    }
}

fn write_components(tx: &mut Tx<'_>, stakeholder: &Stakeholder) -> Result<(), Failure> {
    clear_components(tx, stakeholder)?;
    for component in stakeholder.cares_about.components.iter() {
        diesel::insert_into(stakeholder_components::table)
            .values((
                stakeholder_components::product_id.eq(&stakeholder.product_id),
                stakeholder_components::stakeholder.eq(&stakeholder.id),
                stakeholder_components::component.eq(component),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

fn clear_components(tx: &mut Tx<'_>, stakeholder: &Stakeholder) -> Result<(), Failure> {
    let mine = stakeholder_components::table
        .filter(stakeholder_components::product_id.eq(&stakeholder.product_id))
        .filter(stakeholder_components::stakeholder.eq(&stakeholder.id));
    diesel::delete(mine).execute(&mut **tx)?;
    Ok(())
}

/// How given stakeholders meet those that are there: named by name. `role` is what whoever brings them may do.
///
/// # Errors
/// 422 by line, also where somebody else than an owner says who a stakeholder is.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    role: Role,
    given: &[Given<NewStakeholder>],
) -> Result<Merge<Stakeholder, NewStakeholder>, Failure> {
    let (known, users) = (components::store::names(conn, product)?, access::store::users_of(conn, product)?);
    let there = all(conn, product)?;
    let by_id: HashMap<String, Stakeholder> = there.iter().map(|row| (row.id.clone(), row.clone())).collect();
    Merge::plan(
        there,
        given,
        |row| row.name_nfc.clone(),
        |new| nfc(&new.name),
        |new, head| {
            let components = keys(&known, &new.cares_about.components);
            Ok(new.into_row(product, components, head))
        },
        |row| {
            let mut faults = Vec::new();
            let changed = row.named_anew(by_id.get(&row.id));
            if !role.is_owner() {
                let fault = |name: &&str| Fault::at(format!("/{name}"), "owners_only", "only an owner sets this");
                faults.extend(changed.iter().map(fault));
            } else if changed.contains(&"user") && row.user.as_ref().is_some_and(|user| !users.contains(user)) {
                faults.push(Fault::unknown_reference("/user"));
            }
            let unknown = row.cares_about.components.iter().filter(|name| !known.contains_key(*name));
            let fault = |name| {
                let detail = format!("there is no component {name}");
                Fault::at("/cares_about_components", "unknown_reference", detail)
            };
            faults.extend(unknown.map(fault));
            Failure::unless_empty(faults)
        },
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Stakeholder, NewStakeholder>) -> Result<(), Failure> {
    let known = components::store::names(tx, product)?;
    for new in merge.created {
        let components = keys(&known, &new.cares_about.components);
        let row = new.into_row(product, components, tx.new_head());
        diesel::insert_into(stakeholders::table).values(&row).execute(&mut **tx)?;
        write_components(tx, &row)?;
    }
    for (before, new) in merge.changed {
        let components = keys(&known, &new.cares_about.components);
        let row = new.into_row(product, components, tx.next_head(&before));
        let same = stakeholders::table.filter(stakeholders::id.eq(&row.id));
        let same = same.filter(stakeholders::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
        write_components(tx, &row)?;
    }
    Ok(())
}
