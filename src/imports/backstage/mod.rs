//! Backstage catalogues: `catalog-info.yaml` in, and out again.
//!
//! A `Component` or `Resource` becomes a component. Every document is kept as it came in, so that
//! fields we do not model survive; given back, it has our present values in the fields we do.

mod entity;
mod present;

use super::{File, Merged, Place, Warning, yaml::Node};
use crate::{
    components::{self, CatalogEntity, Component, NewComponent},
    kernel::{
        auth::ProductId,
        db::Conn,
        failure::{Failure, Fault},
        http::{Patch, validate},
        merge::{Counts, FAULTS, Given, at_line},
        text::Key,
    },
    products::Product,
};
use entity::{Entity, Note, path_of};
use present::{Present, Target, Targets, domains, present};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, hash_map::Entry};

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
    let (rows, kept) = (components::store::all(conn, product)?, components::store::catalog(conn, product)?);
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
        let there = present(&rows, components::store::catalog(place.conn(), &id)?);
        let mut reading = Reading { file: self, rows: &rows, there: &there, faults: Vec::new(), warnings: Vec::new() };
        let keys = reading.keys();
        let given = reading.components(&keys)?;
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
        for (document, key) in self.0.iter().zip(&keys) {
            let before = there.get(&document.entity.id());
            let differs = before.is_none_or(|before| before.entity.document != document.entity.document);
            if differs {
                let document = &document.entity;
                let (entity, document) = (document.id(), document.document.clone());
                keep.push(CatalogEntity { entity, key: key.clone(), document });
            }
            let name = key.as_ref().map(ToString::to_string);
            let is_new = name.as_ref().map_or(before.is_none(), |key| created.contains(key));
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
            keep.iter().try_for_each(|kept| components::store::keep_entity(tx, &id, kept))?;
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

/// A file as it meets the present catalogue.
struct Reading<'r> {
    file: &'r Backstage,
    rows: &'r [Component],
    there: &'r BTreeMap<String, Present>,
    faults: Vec<Fault>,
    warnings: Vec<Warning>,
}

impl Reading<'_> {
    fn note(&mut self, document: &Document, note: Note) {
        match note.code {
            Some(_) => self.faults.push(document.fault(&note)),
            None => {
                let line = document.node.line_at(&note.path);
                self.warnings.push(Warning { line, column: Some(note.column()), detail: note.detail });
            }
        }
    }

    /// The key of each document that describes a component: the one it has had, else the one its
    /// name makes, with the kind before it when another entity has that.
    fn keys(&mut self) -> Vec<Option<Key>> {
        const NAME: [&str; 2] = ["metadata", "name"];
        let mut taken: HashMap<String, String> = self
            .there
            .iter()
            .filter(|(_, present)| present.kept)
            .filter_map(|(id, present)| Some((present.key.as_ref()?.to_string(), id.clone())))
            .collect();
        let mut keys = Vec::new();
        for document in &self.file.0 {
            let (entity, id) = (&document.entity, document.entity.id());
            if !entity.is_known() {
                let detail = format!("documents of kind {} are kept as they are", entity.kind);
                self.note(document, Note::warning(&["kind"], detail));
            }
            let had = self.there.get(&id).and_then(|present| present.key.clone());
            let free = |key: &Key| taken.get(key.as_text()).is_none_or(|by| *by == id);
            let plain = entity.plain_key();
            let prefixed = || format!("{}-{}", entity.kind, plain.as_ref()?.as_text()).parse::<Key>().ok();
            let key = had.or_else(|| plain.clone().filter(free).or_else(|| prefixed().filter(free)));
            if !entity.is_component() {
                keys.push(None);
                continue;
            }
            match (&key, &plain) {
                (Some(key), Some(plain)) if key != plain => {
                    let detail = format!("{plain} is the key of another entity; this one's is {key}");
                    self.note(document, Note::warning(&NAME, detail));
                }
                (None, None) => {
                    let detail = "this makes no key: words of a-z and 0-9, at most 63 characters, no UUID";
                    self.note(document, Note::fault(&NAME, "format", detail));
                }
                (None, Some(plain)) => {
                    let detail = format!("{plain} and {}-{plain} are keys of other entities", entity.kind);
                    self.note(document, Note::fault(&NAME, "key_taken", detail));
                }
                _ => {}
            }
            taken.extend(key.as_ref().map(|key| (key.to_string(), id)));
            keys.push(key);
        }
        keys
    }

    /// What the file gives: each component of its own, and others that it says need one of them.
    fn components(&mut self, keys: &[Option<Key>]) -> Result<Vec<Given<NewComponent>>, Failure> {
        let file = self.file;
        let mut systems = domains(self.there.values().map(|present| &present.entity));
        for entity in file.0.iter().map(|document| &document.entity).filter(|entity| entity.kind == "system") {
            systems.remove(&entity.id());
        }
        systems.extend(domains(file.0.iter().map(|document| &document.entity)));
        let mut needs = self.needs(keys);
        let mut given = Vec::new();
        for (document, key) in file.0.iter().zip(keys) {
            let Some(key) = key else { continue };
            let system = document.entity.system();
            let said = document.entity.said(system.and_then(|system| systems.get(&system).cloned()));
            said.notes.into_iter().for_each(|note| self.note(document, note));
            let mut columns = said.properties;
            columns.insert("key".to_owned(), json!(key));
            let (_, needed) = needs.remove(key.as_text()).unwrap_or_default();
            columns.insert("depends_on".to_owned(), json!(needed));
            let present: Map<String, Value> =
                columns.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
            match validate(Value::Object(present)) {
                Ok(new) => given.push(Given::partly(document.node.line, new, columns)),
                Err(faults) => {
                    let faults = faults.into_iter().map(|fault| at_line(fault, document.node.line)).collect();
                    self.faults.extend(file.located(Failure::Invalid(faults)).faults().iter().cloned());
                }
            }
        }
        for (key, (line, mut needed)) in needs {
            let Some(row) = self.rows.iter().find(|row| row.key.as_text() == key) else { continue };
            needed.extend(row.depends_on.iter().map(ToOwned::to_owned));
            let columns = Map::from_iter([("depends_on".to_owned(), json!(needed))]);
            let new = Patch::<NewComponent>::of(columns.clone()).apply(row)?;
            given.push(Given::partly(line, new, columns));
        }
        Ok(given)
    }

    /// What each component needs by what the file says, and the line that first says so; by what
    /// other files said of the file's components, too.
    fn needs(&mut self, keys: &[Option<Key>]) -> BTreeMap<String, (u64, BTreeSet<String>)> {
        let file = self.file;
        let mut targets =
            Targets { entities: HashMap::new(), keys: self.rows.iter().map(|row| row.key.to_string()).collect() };
        for (id, present) in self.there {
            targets.entities.extend(present.key.as_ref().map(|key| (id.clone(), key.to_string())));
        }
        for (document, key) in file.0.iter().zip(keys) {
            targets.entities.extend(key.as_ref().map(|key| (document.entity.id(), key.to_string())));
        }
        let mut needs: BTreeMap<String, (u64, BTreeSet<String>)> = BTreeMap::new();
        for (document, key) in file.0.iter().zip(keys) {
            if let Some(key) = key {
                needs.entry(key.to_string()).or_insert((document.node.line, BTreeSet::new()));
            }
        }
        let own: HashSet<String> = needs.keys().cloned().collect();
        for (document, key) in file.0.iter().zip(keys) {
            let Some(key) = key else { continue };
            for list in ["dependsOn", "dependencyOf"] {
                if !matches!(document.entity.document["spec"][list], Value::Null | Value::Array(_)) {
                    self.faults.push(document.fault(&Note::fault(&["spec", list], "type", "this is a list")));
                }
                for (nth, text, reference) in document.entity.references(list) {
                    let line = document.line_of(list, nth);
                    let column = format!("spec.{list}");
                    let (from, to) = match targets.find(&reference) {
                        Target::Key(other) if list == "dependsOn" => (key.to_string(), other),
                        Target::Key(other) => (other, key.to_string()),
                        Target::Other => {
                            let detail = format!("{text} is nothing that is run; it is kept as it is");
                            self.warnings.push(Warning { line, column: Some(column), detail });
                            continue;
                        }
                        Target::Unknown => {
                            let detail = format!("{text} is neither in this file nor in the product");
                            self.faults.push(Fault::line(line, Some(&column), "unknown_reference", detail));
                            continue;
                        }
                    };
                    needs.entry(from).or_insert((line, BTreeSet::new())).1.insert(to);
                }
            }
        }
        let in_file: HashSet<String> = file.0.iter().map(|document| document.entity.id()).collect();
        for (_, present) in self.there.iter().filter(|(id, _)| !in_file.contains(*id)) {
            let Some(key) = &present.key else { continue };
            for (_, _, reference) in present.entity.references("dependencyOf") {
                match targets.find(&reference) {
                    Target::Key(from) if own.contains(&from) => {
                        needs.entry(from).or_default().1.insert(key.to_string());
                    }
                    _ => {}
                }
            }
        }
        needs
    }
}
