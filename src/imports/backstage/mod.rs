//! Backstage catalogues: `catalog-info.yaml` in, and out again.
//!
//! A `Component` or `Resource` becomes a component. Every document is kept as it came in, so that
//! fields we do not model survive; given back, it has our present values in the fields we do.

mod duration;
mod entity;
mod note;
mod present;
mod reading;
mod reference;
mod said;

use super::{File, Merged, Place, yaml::Node};
use crate::{
    components::{self, CatalogEntity, catalog, catalog::NewCatalogDocument},
    kernel::{
        auth::ProductId,
        db::Conn,
        failure::{Failure, Fault},
        merge::{Counts, FAULTS},
    },
    products::Product,
};
use entity::Entity;
use note::Note;
use present::{Present, present};
use reading::Reading;
use said::path_of;
use serde_json::Value;
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// A catalogue file.
pub struct Backstage(Vec<Document>);

struct Document {
    entity: Entity,
    node: Node,
}

impl Document {
    fn fault(&self, note: &Note) -> Fault {
        let line = self.node.line_at(&note.path);
        Fault::line(line, Some(&note.column()), note.code.unwrap_or("invalid"), &note.detail)
    }

    fn line_of(&self, list: &str, nth: usize) -> u64 {
        self.node.line_at(&["spec", list, &nth.to_string()])
    }
}

/// The present catalogue of a product as YAML.
pub fn catalogue(conn: &mut Conn, product: &ProductId) -> Result<String, Failure> {
    let (rows, kept) = (components::store::all(conn, product)?, catalog::store::all(conn, product)?);
    let documents: Vec<Value> = present(&rows, kept).into_values().map(|present| present.entity.document).collect();
    match documents.is_empty() {
        true => Ok(String::new()),
        false => serde_saphyr::to_string_multiple(&documents).map_err(Failure::internal),
    }
}

impl Backstage {
    /// The entities of a file, and what is wrong with documents that are none, or one that was there.
    pub fn read(documents: Vec<Node>) -> (Self, Vec<Fault>) {
        let (mut read, mut faults) = (Vec::new(), Vec::new());
        let mut lines: HashMap<String, u64> = HashMap::new();
        for node in documents {
            match Entity::of(node.json()) {
                Err(note) => {
                    let line = node.line_at(&note.path);
                    faults.push(Fault::line(line, Some(&note.column()), note.code.unwrap_or("invalid"), note.detail));
                }
                Ok(entity) => match lines.entry(entity.id()) {
                    Entry::Vacant(free) => {
                        free.insert(node.line);
                        read.push(Document { entity, node });
                    }
                    Entry::Occupied(first) => {
                        let detail = format!("{} stands on line {} already", entity.id(), first.get());
                        faults.push(Fault::line(node.line, Some("metadata.name"), "repeated", detail));
                    }
                },
            }
            if faults.len() >= FAULTS {
                break;
            }
        }
        (Self(read), faults)
    }
}

impl File for Backstage {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        let id = product.product_id();
        let rows = components::store::all(place.conn(), &id)?;
        let there = present(&rows, catalog::store::all(place.conn(), &id)?);
        let mut reading = Reading { file: self, rows: &rows, there: &there, faults: Vec::new(), warnings: Vec::new() };
        let keys = reading.keys();
        let mut needs = reading.needs(&keys);
        let given = reading.components(&keys, std::mem::take(&mut needs.edges))?;
        let entities = reading.entities(&keys, &mut needs);
        let Reading { mut faults, mut warnings, .. } = reading;
        let plan = components::store::plan(place.conn(), &id, &given).map_err(|failure| self.located(failure));
        let plan = match plan {
            Err(Failure::Invalid(found)) => {
                faults.extend(found);
                None
            }
            other => Some(other?),
        };
        faults.sort_by_key(|fault| fault.line);
        faults.truncate(FAULTS);
        Failure::unless_empty(faults)?;
        let Some(plan) = plan else { return Err(Failure::internal("a plan without faults")) };
        let changes = plan.shown.clone();
        let created: HashSet<String> =
            plan.created.iter().filter_map(|new| new.key.as_ref()).map(ToString::to_string).collect();
        let mut changed: HashSet<String> = plan.changed.iter().map(|(row, _)| row.key.to_string()).collect();
        let (mut counts, mut keep) = (Counts::default(), Vec::new());
        for (document, new) in self.0.iter().zip(entities) {
            let name = new.component.as_ref().map(ToString::to_string);
            let before = there.get(&document.entity.id());
            let is_new = name.as_ref().map_or(before.is_none(), |key| created.contains(key));
            let differs = before.is_none_or(|before| differs(before, &new));
            if differs {
                keep.push((before.and_then(|before| before.kept.as_ref()), new));
            }
            let row_changed = name.is_some_and(|key| changed.remove(&key));
            match (is_new, differs || row_changed) {
                (true, _) => counts.created += 1,
                (false, true) => counts.changed += 1,
                (false, false) => counts.unchanged += 1,
            }
        }
        // What is left are components that the file only names as needing one of its own.
        counts.changed += changed.len() as u64;
        if let Some(tx) = place.change_unless(counts) {
            components::store::merge(tx, &id, plan)?;
            keep.extend(needs.taken_up);
            keep.into_iter().try_for_each(|(before, new)| catalog::store::keep(tx, &id, before, new))?;
        }
        warnings.sort_by_key(|warning| warning.line);
        warnings.truncate(FAULTS);
        Ok(Merged { counts, warnings, changes, ..Merged::default() })
    }

    fn may_follow(&self, fault: &Fault) -> bool {
        fault.code == "unknown_reference"
    }
}

impl Backstage {
    /// Faults of our properties as faults of the fields that they came from.
    fn located(&self, failure: Failure) -> Failure {
        let Failure::Invalid(faults) = failure else { return failure };
        let locate = |fault: Fault| {
            let document = self.0.iter().find(|document| Some(document.node.line) == fault.line);
            let path = path_of(fault.column.as_deref().unwrap_or_default());
            let Some(document) = document.filter(|_| !path.is_empty()) else { return fault };
            let note = Note { path, code: None, detail: String::new() };
            Fault { line: Some(document.node.line_at(&note.path)), column: Some(note.column()), ..fault }
        };
        Failure::Invalid(faults.into_iter().map(locate).collect())
    }
}

/// Whether an entity says something else than what is there.
fn differs(before: &Present, new: &NewCatalogDocument) -> bool {
    let kept = |kept: &CatalogEntity| *kept.unresolved.value() == new.unresolved && kept.component == new.component;
    before.entity.document != new.document || before.stale || before.kept.as_ref().is_some_and(|it| !kept(it))
}
