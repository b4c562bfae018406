//! OpenSLO files: SLOs in, and out again.
//!
//! Each objective of an `SLO` becomes an SLO, and what it names as its service a component, when
//! there is none yet. Every object is kept as it came in, so that fields we do not model survive;
//! given back, it has our present values in the fields we do.

mod indicator;
mod object;
mod present;
mod reading;
mod said;
mod shape;
mod window;

use super::{
    File, Merged, Mode, Place,
    yaml::{Content, Node},
};
use crate::{
    components,
    kernel::{
        auth::ProductId,
        db::Conn,
        failure::{Failure, Fault},
        merge::{Counts, FAULTS, Merge, SHOWN},
        text::Key,
    },
    products::{self, Product},
    slos::{self, NewSlo, Slo, openslo::OpensloObject},
};
use chrono::{DateTime, Utc};
use object::{Kind, Note, Object};
use present::There;
use reading::Reading;
use said::path_of;
use serde_json::Value;
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// An OpenSLO file.
pub struct OpenSlo {
    documents: Vec<Document>,
    mode: Mode,
}

struct Document {
    object: Object,
    node: Node,
    /// What its fields alone tell: faults among them are told already.
    notes: Vec<Note>,
}

impl Document {
    fn fault(&self, note: &Note) -> Fault {
        fault(&self.node, note)
    }

    /// A fault of the field at a path, when there is one.
    fn place(&self, fault: Fault, path: Vec<String>) -> Fault {
        if path.is_empty() {
            return fault;
        }
        let note = Note { path, code: None, detail: String::new() };
        Fault { line: Some(self.node.line_at(&note.path)), column: note.column(), ..fault }
    }
}

fn fault(node: &Node, note: &Note) -> Fault {
    Fault::line(node.line_at(&note.path), note.column().as_deref(), note.code.unwrap_or("invalid"), &note.detail)
}

/// The present SLOs of a product as OpenSLO.
pub fn openslo(conn: &mut Conn, product: &ProductId, now: DateTime<Utc>) -> Result<String, Failure> {
    let product = products::store::find(conn, product)?;
    let documents: Vec<Value> = There::of(conn, &product, now, Mode::Strict)?.present().into_values().collect();
    match documents.is_empty() {
        true => Ok(String::new()),
        false => serde_saphyr::to_string_multiple(&documents).map_err(Failure::internal),
    }
}

impl OpenSlo {
    /// The objects of a file, one a document or in lists, and what is wrong with their fields.
    pub fn read(documents: Vec<Node>, mode: Mode) -> (Self, Vec<Fault>) {
        let (mut read, mut faults, mut warnings) = (Vec::new(), Vec::new(), 0);
        let mut lines: HashMap<String, u64> = HashMap::new();
        let nodes = documents.into_iter().flat_map(|node| match node.content {
            Content::List(items) => items,
            content => vec![Node { content, ..node }],
        });
        for node in nodes {
            let (object, mut notes) = Object::read(&node);
            notes.retain(|note| note.code.is_some() || warnings < FAULTS);
            warnings += notes.iter().filter(|note| note.code.is_none()).count();
            faults.extend(notes.iter().filter(|note| note.code.is_some()).map(|note| fault(&node, note)));
            if let Some(object) = object {
                match lines.entry(object.id()) {
                    Entry::Vacant(free) => {
                        free.insert(node.line);
                        read.push(Document { object, node, notes });
                    }
                    Entry::Occupied(first) => {
                        let detail = format!("{} stands on line {} already", object.id(), first.get());
                        faults.push(fault(&node, &Note::fault(&["metadata", "name"], "repeated", detail)));
                    }
                }
            }
            if faults.len() >= FAULTS {
                break;
            }
        }
        (Self { documents: read, mode }, faults)
    }
}

impl File for OpenSlo {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        let (id, now) = (product.product_id(), place.now());
        let there = There::of(place.conn(), product, now, self.mode)?;
        let Reading { given, made, mut faults, mut warnings, places, .. } = Reading::of(self, &there);
        let keys: Vec<Key> = made.iter().filter_map(|one| one.new.key.clone()).collect();
        let located = |failure| self.located(failure, &places);
        let new_components = take_faults(components::store::plan(place.conn(), &id, &made), &mut faults)?;
        let zone = there.reading.zone;
        let plan = slos::store::plan(place.conn(), &id, zone, &keys, &given).map_err(located);
        let plan = take_faults(plan, &mut faults)?;
        faults.sort_by_key(|fault| fault.line);
        faults.truncate(FAULTS);
        Failure::unless_empty(faults)?;
        let (Some(new_components), Some(plan)) = (new_components, plan) else {
            return Err(Failure::internal("a plan without faults"));
        };
        let changes = new_components.shown.iter().chain(&plan.shown).take(SHOWN).cloned().collect();
        let Tally { counts, keep, forget } = self.tally(&there, &keys, &plan);
        if let Some(tx) = place.change_unless(counts) {
            components::store::merge(tx, &id, new_components)?;
            slos::store::merge(tx, &id, plan)?;
            forget.iter().try_for_each(|object| slos::openslo::store::forget(tx, &id, object))?;
            keep.iter().try_for_each(|kept| slos::openslo::store::keep(tx, &id, kept))?;
        }
        warnings.sort_by_key(|warning| warning.line);
        warnings.truncate(FAULTS);
        Ok(Merged { counts, warnings, changes, ..Merged::default() })
    }

    fn may_follow(&self, fault: &Fault) -> bool {
        fault.code == "unknown_reference"
    }
}

/// The plan, or what is wrong with it among the other faults.
fn take_faults<T>(plan: Result<T, Failure>, faults: &mut Vec<Fault>) -> Result<Option<T>, Failure> {
    match plan {
        Err(Failure::Invalid(found)) => {
            faults.extend(found);
            Ok(None)
        }
        other => other.map(Some),
    }
}

/// What comes of the objects of a file.
struct Tally {
    counts: Counts,
    keep: Vec<OpensloObject>,
    /// Objects of which others say now what they said.
    forget: Vec<String>,
}

impl OpenSlo {
    fn tally(&self, there: &There, made: &[Key], plan: &Merge<Slo, NewSlo>) -> Tally {
        let present = there.present();
        let kept: HashMap<&str, &Value> = there.kept.iter().map(|it| (it.object.as_str(), &it.document)).collect();
        let named: HashSet<String> = self.documents.iter().map(|document| document.object.id()).collect();
        let created: HashSet<&Key> = plan.created.iter().filter_map(|new| new.key.as_ref()).collect();
        let mut changed: HashSet<&Key> = plan.changed.iter().map(|(row, _)| &row.key).collect();
        let made: HashSet<&Key> = made.iter().collect();
        let mut tally = Tally { counts: Counts::default(), keep: Vec::new(), forget: Vec::new() };
        for Document { object, .. } in &self.documents {
            let (id, before) = (object.id(), tally.forget.len());
            let keys = if object.kind == Kind::Slo { object.keys() } else { Vec::new() };
            if keys.len() > 1 {
                let others = keys.iter().flatten().map(|key| object::id(Kind::Slo, key.as_text()));
                tally.forget.extend(others.filter(|id| kept.contains_key(id.as_str()) && !named.contains(id)));
            }
            // Neither as it came in nor as it was given back.
            let is = |document: Option<&Value>| document == Some(&object.document);
            let differs = !is(kept.get(id.as_str()).copied()) && !is(present.get(&id));
            if differs || tally.forget.len() > before {
                tally.keep.push(OpensloObject { object: id.clone(), document: object.document.clone() });
            }
            let differs = differs || tally.forget.len() > before;
            let mut count = |is_new: bool, row_changed: bool| match (is_new, row_changed || differs) {
                (true, _) => tally.counts.created += 1,
                (false, true) => tally.counts.changed += 1,
                (false, false) => tally.counts.unchanged += 1,
            };
            if object.kind == Kind::Slo {
                for key in keys.iter().flatten() {
                    count(created.contains(key), changed.remove(key));
                }
            } else {
                let component =
                    object.kind == Kind::Service && object.name.parse::<Key>().is_ok_and(|key| made.contains(&key));
                count(component || !kept.contains_key(id.as_str()), false);
            }
        }
        // What is left are SLOs of other files that refer to an SLI of this one.
        tally.counts.changed += changed.len() as u64;
        tally
    }

    /// Faults of our properties as faults of the fields that they came from.
    fn located(&self, failure: Failure, places: &HashMap<u64, (usize, usize)>) -> Failure {
        let Failure::Invalid(faults) = failure else { return failure };
        let locate = |fault: Fault| {
            let place = fault.line.and_then(|line| places.get(&line));
            let Some((document, objective)) = place else { return fault };
            let document = &self.documents[*document];
            let path = path_of(&document.object, fault.column.as_deref().unwrap_or_default(), *objective);
            document.place(fault, path)
        };
        Failure::Invalid(faults.into_iter().map(locate).collect())
    }
}
