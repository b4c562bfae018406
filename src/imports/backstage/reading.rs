//! A file as it meets the present catalogue.

use super::{
    Backstage, Document,
    note::Note,
    present::{Present, Target, Targets, domains, new_document},
};
use crate::{
    components::{CatalogEntity, Component, NewComponent, catalog::NewCatalogDocument},
    imports::Warning,
    kernel::{
        failure::{Failure, Fault},
        http::{Patch, validate},
        merge::{FAULTS, Given, at_line},
        text::Key,
    },
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What each component needs by what the file says, and the line that first says so.
pub type Edges = BTreeMap<String, (u64, BTreeSet<String>)>;

/// Who needs whom.
#[derive(Default)]
pub struct Needs<'r> {
    pub edges: Edges,
    /// By document: what it names that nobody has told of.
    unresolved: Vec<Vec<String>>,
    /// Entities of other files that wait for less from now on.
    pub taken_up: Vec<(Option<&'r CatalogEntity>, NewCatalogDocument)>,
}

/// A file as it meets the present catalogue.
pub struct Reading<'r> {
    pub file: &'r Backstage,
    pub rows: &'r [Component],
    pub there: &'r BTreeMap<String, Present>,
    pub faults: Vec<Fault>,
    pub warnings: Vec<Warning>,
}

impl<'r> Reading<'r> {
    fn note(&mut self, document: &Document, note: Note) {
        match note.code {
            Some(_) => self.faults.push(document.fault(&note)),
            None => self.warn(document.node.line_at(&note.path), note.column(), note.detail),
        }
    }

    /// As many are told as there is room for.
    fn warn(&mut self, line: u64, column: String, detail: String) {
        if self.warnings.len() < FAULTS {
            self.warnings.push(Warning { line, column: Some(column), detail });
        }
    }

    /// The key of each document that describes a component: the one it has had, else the one its
    /// name makes, with the kind before it when another entity has that.
    pub fn keys(&mut self) -> Vec<Option<Key>> {
        const NAME: [&str; 2] = ["metadata", "name"];
        let mut taken: HashMap<String, String> = self
            .there
            .iter()
            .filter(|(_, present)| present.kept.is_some())
            .filter_map(|(id, present)| Some((present.key.as_ref()?.to_string(), id.clone())))
            .collect();
        let mut keys = Vec::new();
        for document in &self.file.0 {
            let (entity, id) = (&document.entity, document.entity.id());
            if !entity.is_known() {
                let mut detail = format!("documents of kind {} are kept as they are", entity.kind);
                if entity.kind == "location" {
                    detail += "; nothing that it names is fetched";
                }
                self.note(document, Note::warning(&["kind"], detail));
            }
            let had = self.there.get(&id).and_then(|present| present.key.clone());
            let free = |key: &Key| taken.get(key.as_text()).is_none_or(|by| *by == id);
            let plain = entity.plain_key();
            let mut names = std::iter::once(plain.clone()).chain(entity.other_keys()).flatten();
            let key = had.or_else(|| names.find(free));
            if !entity.is_component() {
                keys.push(None);
                continue;
            }
            match (&key, &plain) {
                (Some(key), Some(plain)) if key != plain => {
                    let detail = format!("{plain} is the key of another entity; this one's is {key}");
                    self.note(document, Note::warning(&NAME, detail));
                }
                (Some(key), None) => {
                    let detail = format!("this makes no key of at most 63 characters, or a UUID; its key is {key}");
                    self.note(document, Note::warning(&NAME, detail));
                }
                (None, None) => {
                    let detail = "this makes no key: words of a-z and 0-9, at most 63 characters, no UUID";
                    self.note(document, Note::fault(&NAME, "format", detail));
                }
                (None, Some(plain)) => {
                    let detail = format!("{plain} and all that could be made of it are keys of other entities");
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
    pub fn components(&mut self, keys: &[Option<Key>], mut needs: Edges) -> Result<Vec<Given<NewComponent>>, Failure> {
        let file = self.file;
        let before = domains(self.there.values().map(|present| &present.entity));
        let mut systems = before.clone();
        for entity in file.0.iter().map(|document| &document.entity).filter(|entity| entity.kind == "system") {
            systems.remove(&entity.id());
        }
        systems.extend(domains(file.0.iter().map(|document| &document.entity)));
        let rows: HashMap<&str, &Component> = self.rows.iter().map(|row| (row.key.as_text(), row)).collect();
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
        let own: HashSet<&str> = keys.iter().flatten().map(Key::as_text).collect();
        let mut moved = self.moved(&own, &before, &systems);
        for (key, (line, mut needed)) in needs {
            let Some(row) = rows.get(key.as_str()) else { continue };
            needed.extend(row.depends_on.iter().map(ToOwned::to_owned));
            let (_, columns) = moved.entry(key).or_insert((line, Map::new()));
            columns.insert("depends_on".to_owned(), json!(needed));
        }
        for (key, (line, columns)) in moved {
            let Some(row) = rows.get(key.as_str()) else { continue };
            let new = Patch::<NewComponent>::of(columns.clone()).apply(*row)?;
            given.push(Given::partly(line, new, columns));
        }
        Ok(given)
    }

    /// Components of other files whose domain follows their system's, where the file says another of that.
    fn moved(
        &self,
        own: &HashSet<&str>,
        before: &HashMap<String, String>,
        systems: &HashMap<String, String>,
    ) -> BTreeMap<String, (u64, Map<String, Value>)> {
        let mut lines: HashMap<String, u64> = HashMap::new();
        for document in &self.file.0 {
            lines.insert(document.entity.id(), document.node.line_at(&["spec", "domain"]));
        }
        let mut moved = BTreeMap::new();
        for present in self.there.values().filter(|present| present.kept.is_some()) {
            let (Some(key), Some(system)) = (&present.key, present.entity.system()) else { continue };
            let (Some(line), now) = (lines.get(&system), systems.get(&system)) else { continue };
            // What it says of itself, or what somebody changed, stands in it now.
            let own_word = present.entity.document.pointer("/metadata/annotations/prodops~1domain").is_some();
            if !own.contains(key.as_text()) && !own_word && before.get(&system) != now {
                moved.insert(key.to_string(), (*line, Map::from_iter([("domain".to_owned(), json!(now))])));
            }
        }
        moved
    }

    /// How each document is kept.
    pub fn entities(&mut self, keys: &[Option<Key>], needs: &mut Needs<'_>) -> Vec<NewCatalogDocument> {
        let file = self.file;
        let unresolved = std::mem::take(&mut needs.unresolved);
        let mut entities = Vec::new();
        for ((document, key), unresolved) in file.0.iter().zip(keys).zip(unresolved) {
            if let Err(note) = document.entity.time_saved() {
                self.note(document, note);
            }
            entities.push(NewCatalogDocument { unresolved, ..new_document(&document.entity, key.clone()) });
        }
        entities
    }

    /// Who needs whom by what the file says, and by what other files said of its components.
    pub fn needs(&mut self, keys: &[Option<Key>]) -> Needs<'r> {
        let file = self.file;
        let mut targets =
            Targets { entities: HashMap::new(), keys: self.rows.iter().map(|row| row.key.to_string()).collect() };
        for (id, present) in self.there {
            targets.entities.extend(present.key.as_ref().map(|key| (id.clone(), key.to_string())));
        }
        let mut lines = HashMap::new();
        let mut needs = Needs::default();
        for (document, key) in file.0.iter().zip(keys) {
            let Some(key) = key else { continue };
            targets.entities.insert(document.entity.id(), key.to_string());
            lines.insert(key.to_string(), document.node.line);
            needs.edges.entry(key.to_string()).or_insert((document.node.line, BTreeSet::new()));
        }
        for (document, key) in file.0.iter().zip(keys) {
            let unresolved = key.as_ref().map_or_else(Vec::new, |key| self.read(document, key, &targets, &mut needs));
            needs.unresolved.push(unresolved);
        }
        let in_file: HashSet<String> = file.0.iter().map(|document| document.entity.id()).collect();
        for (_, present) in self.there.iter().filter(|(id, _)| !in_file.contains(*id)) {
            let Some(key) = &present.key else { continue };
            let (mut found, waits_for) = (BTreeSet::new(), present.waits_for());
            for list in LISTS {
                for (_, text, reference) in present.entity.references(list) {
                    let Target::Key(other) = targets.find(&reference) else { continue };
                    let waited = waits_for.contains(text);
                    if waited {
                        found.insert(text);
                    }
                    let line = lines.get(&other).copied().unwrap_or(1);
                    let (from, to) = edge(list, key, other);
                    if waited || (list == "dependencyOf" && lines.contains_key(&from)) {
                        needs.edges.entry(from).or_insert((line, BTreeSet::new())).1.insert(to);
                    }
                }
            }
            if let (false, Some(before), Some(original)) = (found.is_empty(), &present.kept, &present.original) {
                let waits = before.unresolved.value().iter().filter(|one| !found.contains(one.as_str())).cloned();
                let new = new_document(original, Some(key.clone()));
                needs.taken_up.push((Some(before), NewCatalogDocument { unresolved: waits.collect(), ..new }));
            }
        }
        needs
    }

    /// What a document says that its component needs or is needed by; and what of it nobody has told of.
    fn read(&mut self, document: &Document, key: &Key, targets: &Targets, needs: &mut Needs<'_>) -> Vec<String> {
        let (mut unresolved, mut seen) = (Vec::new(), HashSet::new());
        for list in LISTS {
            let wrong = |code, detail: String| document.fault(&Note::fault(&["spec", list], code, detail));
            match &document.entity.document["spec"][list] {
                Value::Array(items) if items.len() > MOST => {
                    self.faults.push(wrong("too_many", format!("at most {MOST} references")));
                    continue;
                }
                Value::Null | Value::Array(_) => {}
                _ => self.faults.push(wrong("type", "this is a list".to_owned())),
            }
            for (nth, text, reference) in document.entity.references(list) {
                let line = document.line_of(list, nth);
                let detail = match targets.find(&reference) {
                    Target::Key(other) => {
                        let (from, to) = edge(list, key, other);
                        needs.edges.entry(from).or_insert((line, BTreeSet::new())).1.insert(to);
                        continue;
                    }
                    Target::Other => format!("{text} is nothing that is run; it is kept as it is"),
                    Target::Unknown => {
                        unresolved.extend(seen.insert(text).then(|| text.to_owned()));
                        format!("{text} is neither in this file nor in the product; it counts once its own file comes")
                    }
                };
                self.warn(line, format!("spec.{list}"), detail);
            }
        }
        unresolved
    }
}

/// Where a document says who needs whom.
const LISTS: [&str; 2] = ["dependsOn", "dependencyOf"];

/// How many references one of them has at most.
const MOST: usize = 1000;

/// Who needs whom, when `key` names the other in a list.
fn edge(list: &str, key: &Key, other: String) -> (String, String) {
    if list == "dependsOn" { (key.to_string(), other) } else { (other, key.to_string()) }
}
