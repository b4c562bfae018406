//! How the items of a file meet those that are there.

use super::{
    super::{
        ItemRef, NewRoadmapItem, Returned, RoadmapItem, RoadmapPlan, Spot, history::RoadmapAction,
        returned::require_seen,
    },
    all,
    history::{self, Step},
    links::{self, Known},
    number,
    order::place,
    today, write_over,
};
use crate::{
    components::cycle,
    direction::{self, DocumentKind},
    kernel::{
        auth::ProductId,
        db::{Conn, Head, Tx},
        failure::{Failure, Fault},
        merge::{FAULTS, Given, Merge},
        schema::roadmap_items,
    },
    products::Product,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// How many items of a cycle a fault names: a file may hold a very long one.
const NAMED: usize = 50;

/// What the lines of a file are about: by ref, else by title.
struct Targets {
    /// The refs of each title: of what is there, and of lines that give both.
    titles: HashMap<String, HashSet<String>>,
}

impl Targets {
    fn new(there: &[RoadmapItem], given: &[Given<NewRoadmapItem>]) -> Self {
        let mut titles: HashMap<String, HashSet<String>> = HashMap::new();
        let of_file = given.iter().filter_map(|one| Some((&one.new.title, one.new.reference.as_ref()?)));
        for (title, reference) in there.iter().map(|row| (&row.title, &row.reference)).chain(of_file) {
            titles.entry(title.clone()).or_default().insert(reference.to_string());
        }
        Self { titles }
    }

    /// The ref of what a line is about, or the title of what it makes.
    fn of(&self, new: &NewRoadmapItem) -> (Option<String>, Option<String>) {
        let named = new.reference.as_ref().map(ToString::to_string);
        match named.or_else(|| self.titles.get(&new.title)?.iter().min().cloned()) {
            Some(reference) => (Some(reference), None),
            None => (None, Some(new.title.clone())),
        }
    }

    fn is_doubtful(&self, new: &NewRoadmapItem) -> bool {
        new.reference.is_none() && self.titles.get(&new.title).is_some_and(|refs| refs.len() > 1)
    }
}

/// How given items meet those that are there: named by ref where the file gives one, else by title. What a file says of
/// a status is how things are, not a step.
///
/// # Errors
/// 422 by line, also for dependencies that are unknown or close a cycle.
pub fn plan(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<NewRoadmapItem>],
) -> Result<Merge<RoadmapItem, NewRoadmapItem>, Failure> {
    plan_returned(conn, product, given, &Returned::default())
}

/// The same for a file that may be an export which comes back: `returned` is what it says beside.
///
/// # Errors
/// As [`plan`]; also for a row that changed since it was exported, and is to change again.
pub fn plan_returned(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<NewRoadmapItem>],
    returned: &Returned,
) -> Result<Merge<RoadmapItem, NewRoadmapItem>, Failure> {
    let id = product.product_id();
    let there = all(conn, &id)?;
    let (given, contradictions) = returned.meet(product, &there, given);
    let given = given.as_slice();
    let known = known_with(conn, &id, given.iter().map(|one| &one.new))?;
    let targets = Targets::new(&there, given);
    let versions = returned.versions(given, |new| targets.of(new).0);
    let detail = "several items have this title; give the ref";
    let doubtful = given.iter().filter(|one| targets.is_doubtful(&one.new));
    let mut faults: Vec<_> =
        doubtful.map(|one| Fault::line(one.line, Some("title"), "doubtful", detail)).take(FAULTS).collect();
    faults.extend(contradictions);
    let deleted = number::deleted(conn, &id)?;
    let strategy = direction::store::latest(conn, &id, DocumentKind::Strategy)?;
    let before: HashMap<String, RoadmapItem> = there.iter().map(|row| (row.id.clone(), row.clone())).collect();
    let planned = Merge::plan(
        there,
        given,
        |row| (Some(row.reference.to_string()), None),
        |new| targets.of(new),
        |mut new, head| {
            let before = before.get(&head.id);
            new = returned.plain(new, before);
            // Which day it is makes no row another one: what ships by this file changes anyway.
            new = new.settled(before, NaiveDate::default())?;
            known.settle(&mut new)?;
            let reference = match before {
                Some(before) => before.reference.clone(),
                None => new.reference.clone().unwrap_or_else(|| ItemRef::numbered(&product.ref_prefix, 0)),
            };
            let plan = before.map_or_else(|| RoadmapPlan::under(strategy), |before| before.plan.clone());
            Ok(new.into_row(&id, reference, String::new(), plan, head))
        },
        |row| match known_before(&before, row) {
            true => require_seen(row, &versions),
            false if row.reference.number(&product.ref_prefix) == Some(0) => Ok(()),
            false => number::require_free(product, &row.reference, &deleted),
        },
    );
    if let Err(Failure::Invalid(found)) = &planned {
        faults.extend(found.iter().cloned());
        faults.sort_by_key(|fault| fault.line);
        faults.truncate(FAULTS);
    }
    Failure::unless_empty(faults)?;
    let mut merge = planned?;
    for (before, new) in &mut merge.changed {
        *new = returned.plain(new.clone(), Some(before));
    }
    for new in &mut merge.created {
        *new = returned.plain(new.clone(), None);
    }
    // The ref, the day and the moment that an item is given when it is written.
    merge.untold("ref", ItemRef::numbered(&product.ref_prefix, 0).as_text());
    merge.untold("shipped_on", &NaiveDate::default().to_string());
    merge.untold("planned_at", &Head::trial().updated_at.to_string());
    let mut needs = links::needs(conn, &id)?;
    let changed = merge.changed.iter().map(|(before, new)| (Some(&before.reference), new));
    for (reference, new) in merge.created.iter().map(|new| (new.reference.as_ref(), new)).chain(changed) {
        let mut new = new.clone();
        known.settle(&mut new)?;
        if let Some(reference) = reference {
            needs.insert(reference.to_string(), new.depends_on.iter().map(ToOwned::to_owned).collect());
        }
    }
    let Some(refs) = cycle(&needs) else { return Ok(merge) };
    let on_cycle = |one: &&Given<NewRoadmapItem>| targets.of(&one.new).0.is_some_and(|name| refs.contains(&name));
    let line = given.iter().find(on_cycle).map_or(1, |one| one.line);
    let mut named = refs.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(" → ");
    if refs.len() > NAMED {
        named += &format!(" → … ({} in all)", refs.len() - 1);
    }
    let detail = format!("this would close a cycle: {named}");
    Err(Failure::Invalid(vec![Fault::line(line, Some("depends_on"), "cycle", detail)]))
}

fn known_before(before: &HashMap<String, RoadmapItem>, row: &RoadmapItem) -> bool {
    before.contains_key(&row.id)
}

/// What can be linked to, with the items that the file itself brings by their refs.
fn known_with<'g>(
    conn: &mut Conn,
    product: &ProductId,
    given: impl Iterator<Item = &'g NewRoadmapItem>,
) -> Result<Known, Failure> {
    let mut known = Known::all(conn, product)?;
    for reference in given.filter_map(|new| new.reference.as_ref()) {
        known.items.entry(reference.to_string()).or_insert_with(|| reference.to_string());
    }
    Ok(known)
}

/// Writes what an import brings; the import records the event. What is new stands in the order of
/// the file, after what is there.
pub fn merge(tx: &mut Tx<'_>, product: &Product, merge: Merge<RoadmapItem, NewRoadmapItem>) -> Result<(), Failure> {
    let (id, today) = (product.product_id(), today(tx, product)?);
    let known = known_with(tx, &id, merge.created.iter())?;
    // First of all, so that no line is counted up to a ref that another line gives.
    let given = merge.created.iter().filter_map(|new| new.reference.as_ref()?.number(&product.ref_prefix)).max();
    number::give_up_to(tx, &id, given.unwrap_or(0))?;
    let strategy = direction::store::latest(tx, &id, DocumentKind::Strategy)?;
    let mut written = Vec::new();
    for new in merge.created {
        let mut new = new.settled(None, today)?;
        known.settle(&mut new)?;
        let reference = match &new.reference {
            Some(given) => given.clone(),
            None => number::take(tx, product, None)?,
        };
        let rank = place(tx, &id, &Spot::LastIn(new.horizon), None)?.1;
        let row = new.into_row(&id, reference, rank, RoadmapPlan::under(strategy), tx.new_head());
        diesel::insert_into(roadmap_items::table).values(&row).execute(&mut **tx)?;
        written.push(row);
    }
    // Only now: an item may need one that stands further down in the file.
    written.iter().try_for_each(|row| links::write(tx, row))?;
    for row in &written {
        history::write(tx, row, Step { action: RoadmapAction::Import, before: None, after: Some(row) })?;
    }
    for (before, new) in merge.changed {
        let mut new = new.settled(Some(&before), today)?;
        known.settle(&mut new)?;
        // The rank of when this was planned may be gone since: others of this file may have needed room.
        let before = super::find(tx, &id, &before.id)?;
        let after = write_over(tx, &id, &before, new)?;
        history::write(tx, &after, Step { action: RoadmapAction::Import, before: Some(&before), after: Some(&after) })?;
    }
    Ok(())
}
