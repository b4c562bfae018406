//! Many items created and changed in one transaction. Everything is judged before anything is written, and all that is
//! wrong is told at once.

use super::{
    super::{
        ItemRef, NewRoadmapItem, RoadmapItem, Spot,
        batch::{Operation, within},
    },
    find,
    links::{self, Known},
    number,
    order::place,
    today, write_row_over,
};
use crate::{
    components::cycle,
    direction::{self, DocumentKind},
    kernel::{
        auth::ProductId,
        db::{Row, Tx},
        failure::{Failure, Fault},
        schema::roadmap_items,
    },
    products::{self, Product},
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// How grave a finding is: what is wrong whatever there is comes before what is only wrong by now.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Invalid,
    Stale,
    Conflict,
}

/// All that is wrong, in the order of the operations.
#[derive(Default)]
struct Findings(Vec<(Kind, Fault)>);

impl Findings {
    fn put(&mut self, kind: Kind, faults: impl IntoIterator<Item = Fault>) {
        self.0.extend(faults.into_iter().map(|fault| (kind, fault)));
    }

    /// Takes up what a rule of single items says of what stands at a pointer.
    ///
    /// # Errors
    /// What is no finding, such as a storage that fails.
    fn take<T>(&mut self, pointer: &str, result: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match result {
            Ok(value) => return Ok(Some(value)),
            Err(Failure::Invalid(faults)) => self.put(Kind::Invalid, within(pointer, faults)),
            Err(Failure::Conflict { code, detail }) => self.put(Kind::Conflict, [Fault::at(pointer, code, detail)]),
            Err(other) => return Err(other),
        }
        Ok(None)
    }

    /// # Errors
    /// 422, 412 or 409, whichever is the first that something calls for; with everything that was found.
    fn require_none(self) -> Result<(), Failure> {
        let gravest = self.0.iter().map(|(kind, _)| *kind).min();
        let faults = self.0.into_iter().map(|(_, fault)| fault).collect();
        match gravest {
            None => Ok(()),
            Some(Kind::Invalid) => Err(Failure::Invalid(faults)),
            Some(Kind::Stale) => Err(Failure::StaleRows(faults)),
            Some(Kind::Conflict) => Err(Failure::Conflicts(faults)),
        }
    }
}

/// An operation whose item is as it is to be, and where it was told so.
struct Planned {
    /// `/operations/3/patch`.
    pointer: String,
    /// The row that changes; none for one that is created.
    before: Option<RoadmapItem>,
    new: NewRoadmapItem,
}

impl Planned {
    /// Where it has one already.
    fn reference(&self) -> Option<&ItemRef> {
        self.before.as_ref().map(|before| &before.reference).or(self.new.reference.as_ref())
    }
}

/// Creates and changes items, all of them or none; they are answered in the order of the operations.
///
/// # Errors
/// Everything that is wrong, each with its pointer: 422 while anything is not allowed, else 412 while anything is stale,
/// else 409 for steps that a status does not take, refs that are taken, and a cycle.
pub fn batch(
    tx: &mut Tx<'_>,
    product: &ProductId,
    operations: Vec<Result<Operation, Vec<Fault>>>,
) -> Result<Vec<RoadmapItem>, Failure> {
    // Before any row is read: ranks may be written anew by whoever moves another one.
    tx.alone_in(product)?;
    let whole = products::store::find(tx, product)?;
    let day = today(tx, &whole)?;
    let mut findings = Findings::default();
    let mut planned = plan(tx, &whole, day, operations, &mut findings)?;
    judge_refs(tx, &whole, &planned, &mut findings)?;
    let mut known = Known::for_items(tx, product, &planned.iter().map(|one| &one.new).collect::<Vec<_>>())?;
    let given = planned.iter().filter_map(|one| one.new.reference.as_ref()).map(ToString::to_string);
    known.items.extend(given.map(|reference| (reference.clone(), reference)));
    for one in &mut planned {
        findings.take(&one.pointer, known.settle(&mut one.new))?;
    }
    if findings.0.is_empty() {
        judge_cycles(tx, product, &planned, &mut findings)?;
    }
    findings.require_none()?;
    write(tx, &whole, planned)
}

/// What each operation makes, judged by itself.
fn plan(
    tx: &mut Tx<'_>,
    product: &Product,
    today: NaiveDate,
    operations: Vec<Result<Operation, Vec<Fault>>>,
    findings: &mut Findings,
) -> Result<Vec<Planned>, Failure> {
    let (mut planned, mut seen) = (Vec::new(), HashMap::new());
    for (at, operation) in operations.into_iter().enumerate() {
        let place = format!("/operations/{at}");
        let one = match operation {
            Err(faults) => {
                findings.put(Kind::Invalid, faults);
                continue;
            }
            Ok(Operation::Create(new)) => Planned { pointer: format!("{place}/create"), before: None, new: *new },
            Ok(Operation::Change { id, version, patch }) => {
                let before = match find(tx, &product.product_id(), &id) {
                    Err(Failure::NotFound) => {
                        findings.put(Kind::Invalid, [Fault::unknown_reference(format!("{place}/id"))]);
                        continue;
                    }
                    found => found?,
                };
                if let Some(first) = seen.insert(before.id.clone(), at) {
                    let detail = format!("operation {first} changes it already: an item is changed once in a batch");
                    findings.put(Kind::Invalid, [Fault::at(format!("{place}/id"), "repeated", detail)]);
                    continue;
                }
                if before.version() != version {
                    let detail = format!("{} has changed since you read it: read it again", before.reference);
                    findings.put(Kind::Stale, [Fault::at(format!("{place}/version"), "stale", detail)]);
                }
                let pointer = format!("{place}/patch");
                let Some(new) = findings.take(&pointer, patch.apply(&before))? else { continue };
                findings.take(&format!("{pointer}/status"), before.status.require_step(new.status))?;
                Planned { pointer, before: Some(before), new }
            }
        };
        let settled = findings.take(&one.pointer, one.new.clone().settled(one.before.as_ref(), today))?;
        // What contradicts itself is still asked about its links, so that all is told at once.
        planned.push(Planned { new: settled.unwrap_or_else(|| one.new.clone()), ..one });
    }
    Ok(planned)
}

/// Whether the refs that new items give themselves can be had.
fn judge_refs(tx: &mut Tx<'_>, product: &Product, planned: &[Planned], findings: &mut Findings) -> Result<(), Failure> {
    if planned.iter().all(|one| one.new.reference.is_none() || one.before.is_some()) {
        return Ok(());
    }
    let id = product.product_id();
    let (deleted, there) = (number::deleted(tx, &id)?, links::names(tx, &id)?);
    let mut given = HashSet::new();
    for one in planned.iter().filter(|one| one.before.is_none()) {
        let Some(reference) = &one.new.reference else { continue };
        let pointer = format!("{}/ref", one.pointer);
        match number::require_free(product, reference, &deleted) {
            Err(Failure::Conflict { code, detail }) => {
                findings.put(Kind::Conflict, [Fault::at(pointer, code, detail)]);
            }
            other => {
                // Its own pointer says `/ref` already.
                findings.take(&one.pointer, other)?;
                if there.contains_key(reference.as_text()) {
                    let detail = "there is one of that name already";
                    findings.put(Kind::Conflict, [Fault::at(pointer, "exists", detail)]);
                } else if !given.insert(reference) {
                    let detail = "another operation gives the same ref";
                    findings.put(Kind::Invalid, [Fault::at(pointer, "repeated", detail)]);
                }
            }
        }
    }
    Ok(())
}

/// Whether the items, as all of them are to be, wait for each other.
fn judge_cycles(
    tx: &mut Tx<'_>,
    product: &ProductId,
    planned: &[Planned],
    findings: &mut Findings,
) -> Result<(), Failure> {
    if planned.iter().all(|one| one.new.depends_on.iter().next().is_none()) {
        return Ok(());
    }
    let mut needs = links::needs(tx, product)?;
    for one in planned {
        // Nothing depends on what has no ref yet, so it is on no cycle.
        if let Some(reference) = one.reference() {
            needs.insert(reference.to_string(), one.new.depends_on.iter().map(ToOwned::to_owned).collect());
        }
    }
    if let Some(refs) = cycle(&needs) {
        let on_it = |one: &&Planned| one.reference().is_some_and(|name| refs.contains(&name.to_string()));
        let pointer = planned.iter().find(on_it).map_or("/operations", |one| &one.pointer);
        let detail = format!("this would close a cycle: {}", refs.join(" → "));
        findings.put(Kind::Conflict, [Fault::at(format!("{pointer}/depends_on"), "cycle", detail)]);
    }
    Ok(())
}

fn write(tx: &mut Tx<'_>, product: &Product, planned: Vec<Planned>) -> Result<Vec<RoadmapItem>, Failure> {
    let id = product.product_id();
    // First of all, so that nothing is counted up to a ref that another operation gives.
    let given = planned.iter().filter(|one| one.before.is_none()).filter_map(|one| one.new.reference.as_ref());
    if let Some(last) = given.filter_map(|reference| reference.number(&product.ref_prefix)).max() {
        number::give_up_to(tx, &id, last)?;
    }
    let strategy = direction::store::latest(tx, &id, DocumentKind::Strategy)?;
    let mut written = Vec::new();
    for Planned { before, new, .. } in planned {
        let (before, after) = match before {
            None => {
                let reference = match &new.reference {
                    Some(given) => given.clone(),
                    None => number::take(tx, product, None)?,
                };
                let rank = place(tx, &id, &Spot::LastIn(new.horizon), None)?.1;
                let row = new.into_row(&id, reference, rank, strategy, tx.new_head());
                diesel::insert_into(roadmap_items::table).values(&row).execute(&mut **tx)?;
                (None, row)
            }
            Some(before) => {
                // The rank of when this was planned may be gone since: others of the batch may have needed room.
                let before = find(tx, &id, &before.id)?;
                let after = write_row_over(tx, &id, &before, new)?;
                (Some(before), after)
            }
        };
        written.push((before, after));
    }
    // Only now: an item may need one that is created further down.
    for (before, after) in &written {
        if before.as_ref().is_none_or(|before| links::differ(before, after)) {
            links::write(tx, after)?;
        }
    }
    for (before, after) in &written {
        match before {
            None => tx.created(after)?,
            Some(before) => tx.updated(before, after)?,
        }
    }
    Ok(written.into_iter().map(|(_, after)| after).collect())
}
