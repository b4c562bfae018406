//! The SQL of templates of effort.

use super::{EffortTemplate, EffortTemplatePatch, EffortTemplateRow, NewEffortTemplate};
use crate::{
    components,
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::{effort_template_people, effort_templates},
        text::{Words, nfc},
    },
    products::{self, TeamMember},
    roadmap,
};
use diesel::prelude::*;
use std::collections::HashMap;

pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    list: &List<EffortTemplate>,
) -> Result<Page<EffortTemplate>, Failure> {
    let rows = effort_templates::table
        .filter(effort_templates::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(EffortTemplate::as_select())
        .load(conn)?;
    list.page(rows)
}

/// All of them, by name.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<EffortTemplate>, Failure> {
    Ok(effort_templates::table
        .filter(effort_templates::product_id.eq(product.as_str()))
        .order((effort_templates::name, effort_templates::id))
        .select(EffortTemplate::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<EffortTemplate, Failure> {
    Ok(effort_templates::table
        .filter(effort_templates::product_id.eq(product.as_str()))
        .filter(effort_templates::id.eq(id))
        .select(EffortTemplate::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for what it names that is not there, 409 for a name that is taken.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, new: NewEffortTemplate) -> Result<EffortTemplate, Failure> {
    let row = resolved(tx, product, new)?.into_row(product, tx.new_head())?;
    diesel::insert_into(effort_templates::table).values(&row).execute(&mut **tx)?;
    write_people(tx, &row)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &EffortTemplatePatch,
) -> Result<EffortTemplate, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let new = resolved(tx, product, patch.apply(&before)?)?;
    let after = new.into_row(product, tx.next_head(&before))?;
    write_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    clear_people(tx, &before)?;
    let same = effort_templates::table.filter(effort_templates::id.eq(id));
    let same = same.filter(effort_templates::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// The same with its component by key and its roadmap item by ref.
///
/// # Errors
/// 422 for everything that is not there.
fn resolved(tx: &mut Tx<'_>, product: &ProductId, new: NewEffortTemplate) -> Result<NewEffortTemplate, Failure> {
    let team = products::store::team(tx, product)?;
    let unknown = new.people.iter().enumerate().filter(|(_, id)| !team.iter().any(|member| member.id == *id));
    let mut faults: Vec<_> = unknown.map(|(at, _)| Fault::unknown_reference(format!("/people/{at}"))).collect();
    let mut kept = |found: Result<Option<String>, Failure>| match found {
        Err(Failure::Invalid(more)) => {
            faults.extend(more);
            Ok(None)
        }
        other => other,
    };
    let name = new.component.as_deref();
    let component = name.map(|name| components::store::resolve(tx, product, "/component", name)).transpose();
    let component = kept(component)?;
    let roadmap_item = kept(roadmap::store::resolve(tx, product, new.roadmap_item.as_deref()))?;
    Failure::unless_empty(faults)?;
    Ok(NewEffortTemplate { component, roadmap_item, ..new })
}

fn write_over(tx: &mut Tx<'_>, before: &EffortTemplate, after: &EffortTemplate) -> Result<(), Failure> {
    let same = effort_templates::table.filter(effort_templates::id.eq(&before.id));
    let same = same.filter(effort_templates::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)?;
    if before.people != after.people {
        clear_people(tx, before)?;
        write_people(tx, after)?;
    }
    Ok(())
}

fn write_people(tx: &mut Tx<'_>, template: &EffortTemplate) -> Result<(), Failure> {
    for (position, person) in (0_i64..).zip(template.people.iter()) {
        diesel::insert_into(effort_template_people::table)
            .values((
                effort_template_people::product_id.eq(&template.product_id),
                effort_template_people::template.eq(&template.id),
                effort_template_people::position.eq(position),
                effort_template_people::person.eq(person),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

fn clear_people(tx: &mut Tx<'_>, template: &EffortTemplate) -> Result<(), Failure> {
    let mine = effort_template_people::table
        .filter(effort_template_people::product_id.eq(&template.product_id))
        .filter(effort_template_people::template.eq(&template.id));
    diesel::delete(mine).execute(&mut **tx)?;
    Ok(())
}

/// The ids of a team by what a line can name them by: an id, or a name, which of several rows is that of the latest.
struct Called(HashMap<String, String>);

impl Called {
    fn of(mut team: Vec<TeamMember>) -> Self {
        team.sort_by_key(|member| member.valid_from);
        let by_name: Vec<_> = team.iter().map(|member| (nfc(&member.name), member.id.clone())).collect();
        Self(by_name.into_iter().chain(team.into_iter().map(|member| (member.id.clone(), member.id))).collect())
    }

    fn id(&self, name: &str) -> Option<&String> {
        self.0.get(&nfc(name))
    }

    /// A name that is nobody's stays as it is, to be refused by its line.
    fn ids(&self, names: &[String]) -> Words {
        names.iter().map(|name| self.id(name).unwrap_or(name).clone()).collect()
    }
}

/// How given templates meet those that are there: named by name.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<EffortTemplateRow>],
) -> Result<Merge<EffortTemplate, EffortTemplateRow>, Failure> {
    let team = Called::of(products::store::team(conn, product)?);
    let known = components::store::names(conn, product)?;
    let items = roadmap::store::names(conn, product)?;
    Merge::plan(
        all(conn, product)?,
        given,
        |row| row.name.clone(),
        |new| new.name.clone(),
        |new, head| {
            if let Some(name) = new.people.iter().find(|name| team.id(name).is_none()) {
                let detail = format!("nobody in the team is called {name}");
                return Err(Failure::invalid("/people", "unknown_reference", detail));
            }
            let people = team.ids(&new.people);
            new.of(people).into_row(product, head)
        },
        |row| {
            components::store::require_known(&known, row.component.as_deref())?;
            roadmap::store::require_known(&items, row.roadmap_item.as_deref())
        },
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<EffortTemplate, EffortTemplateRow>,
) -> Result<(), Failure> {
    let team = Called::of(products::store::team(tx, product)?);
    for new in merge.created {
        let people = team.ids(&new.people);
        let row = new.of(people).into_row(product, tx.new_head())?;
        diesel::insert_into(effort_templates::table).values(&row).execute(&mut **tx)?;
        write_people(tx, &row)?;
    }
    for (before, new) in merge.changed {
        let people = team.ids(&new.people);
        let row = new.of(people).into_row(product, tx.next_head(&before))?;
        write_over(tx, &before, &row)?;
    }
    Ok(())
}
