//! The SQL of stakeholders.

use super::{CaresAbout, NewCaresAbout, NewStakeholder, Stakeholder, StakeholderPatch};
use crate::{
    access, components,
    kernel::{
        auth::{ProductId, ProductScope, Role},
        db::{Conn, Kept, Row, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::{stakeholder_components, stakeholder_objectives, stakeholders},
        text::nfc,
    },
    objectives::{self, store::ObjectiveNames},
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
    let cares_about = resolve_all(tx, &product.id, &new.cares_about)?;
    let row = new.into_row(&product.id, cares_about, tx.new_head());
    require_named_rightly(tx, product, None, &row)?;
    diesel::insert_into(stakeholders::table).values(&row).execute(&mut **tx)?;
    write_links(tx, &row)?;
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
    let cares_about = resolve_all(tx, &product.id, &new.cares_about)?;
    let after = new.into_row(&product.id, cares_about, tx.next_head(&before));
    require_named_rightly(tx, product, Some(&before), &after)?;
    let same = stakeholders::table.filter(stakeholders::id.eq(id)).filter(stakeholders::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    if before.cares_about != after.cares_about {
        write_links(tx, &after)?;
    }
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 when something refers to them: retire them instead.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    clear_links(tx, &before)?;
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

/// What can be cared about, each by what it may be called.
struct Known {
    components: HashMap<String, String>,
    objectives: ObjectiveNames,
}

impl Known {
    fn read(conn: &mut Conn, product: &ProductId) -> Result<Self, Failure> {
        let components = components::store::names(conn, product)?;
        Ok(Self { components, objectives: objectives::store::names(conn, product)? })
    }

    /// Keys and ids, each once and in order. What there is not stays as it is called.
    fn told(&self, wanted: &NewCaresAbout) -> CaresAbout {
        let component = |name| self.components.get(name).map_or(name, String::as_str);
        let objective = |name: &'_ String| self.objectives.id_of(name).unwrap_or(name).to_owned();
        CaresAbout {
            components: wanted.components.iter().map(component).collect::<BTreeSet<_>>().into_iter().collect(),
            objectives: wanted.objectives.iter().map(objective).collect::<BTreeSet<_>>().into_iter().collect(),
        }
    }
}

/// Keys and ids of what they care about.
///
/// # Errors
/// 422 for each that there is not.
fn resolve_all(tx: &mut Tx<'_>, product: &ProductId, wanted: &NewCaresAbout) -> Result<CaresAbout, Failure> {
    let known = Known::read(tx, product)?;
    let components = wanted.components.iter().map(|name| ("components", known.components.contains_key(name)));
    let objectives = wanted.objectives.iter().map(|name| ("objectives", known.objectives.id_of(name).is_some()));
    let fault = |(at, (list, is_known)): (usize, (&str, bool))| {
        (!is_known).then(|| Fault::unknown_reference(format!("/cares_about/{list}/{at}")))
    };
    let faults = components.enumerate().chain(objectives.enumerate()).filter_map(fault).collect();
    Failure::unless_empty(faults)?;
    Ok(known.told(wanted))
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

fn write_links(tx: &mut Tx<'_>, stakeholder: &Stakeholder) -> Result<(), Failure> {
    clear_links(tx, stakeholder)?;
    for component in stakeholder.cares_about.components.iter() {
        diesel::insert_into(stakeholder_components::table)
            .values((
                stakeholder_components::product_id.eq(&stakeholder.product_id),
                stakeholder_components::stakeholder.eq(&stakeholder.id),
                stakeholder_components::component.eq(component),
            ))
            .execute(&mut **tx)?;
    }
    for objective in stakeholder.cares_about.objectives.iter() {
        diesel::insert_into(stakeholder_objectives::table)
            .values((
                stakeholder_objectives::product_id.eq(&stakeholder.product_id),
                stakeholder_objectives::stakeholder.eq(&stakeholder.id),
                stakeholder_objectives::objective.eq(objective),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

fn clear_links(tx: &mut Tx<'_>, stakeholder: &Stakeholder) -> Result<(), Failure> {
    let mine = stakeholder_components::table
        .filter(stakeholder_components::product_id.eq(&stakeholder.product_id))
        .filter(stakeholder_components::stakeholder.eq(&stakeholder.id));
    diesel::delete(mine).execute(&mut **tx)?;
    let mine = stakeholder_objectives::table
        .filter(stakeholder_objectives::product_id.eq(&stakeholder.product_id))
        .filter(stakeholder_objectives::stakeholder.eq(&stakeholder.id));
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
    let (known, users) = (Known::read(conn, product)?, access::store::users_of(conn, product)?);
    let there = all(conn, product)?;
    let by_id: HashMap<String, Stakeholder> = there.iter().map(|row| (row.id.clone(), row.clone())).collect();
    Merge::plan(
        there,
        given,
        |row| row.name_nfc.clone(),
        |new| nfc(&new.name),
        |new, head| {
            let cares_about = known.told(&new.cares_about);
            Ok(new.into_row(product, cares_about, head))
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
            let unknown = row.cares_about.components.iter().filter(|name| !known.components.contains_key(*name));
            let fault = |name| {
                let detail = format!("there is no component {name}");
                Fault::at("/cares_about_components", "unknown_reference", detail)
            };
            faults.extend(unknown.map(fault));
            if row.cares_about.objectives.iter().any(|name| known.objectives.id_of(name) != Some(name)) {
                let detail = "one of them is no objective, or the title of several";
                faults.push(Fault::at("/cares_about_objectives", "unknown_reference", detail));
            }
            Failure::unless_empty(faults)
        },
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Stakeholder, NewStakeholder>) -> Result<(), Failure> {
    let known = Known::read(tx, product)?;
    for new in merge.created {
        let cares_about = known.told(&new.cares_about);
        let row = new.into_row(product, cares_about, tx.new_head());
        diesel::insert_into(stakeholders::table).values(&row).execute(&mut **tx)?;
        write_links(tx, &row)?;
    }
    for (before, new) in merge.changed {
        let cares_about = known.told(&new.cares_about);
        let row = new.into_row(product, cares_about, tx.next_head(&before));
        let same = stakeholders::table.filter(stakeholders::id.eq(&row.id));
        let same = same.filter(stakeholders::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
        write_links(tx, &row)?;
    }
    Ok(())
}
