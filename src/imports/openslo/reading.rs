//! What a file gives when it meets what is there.

use super::{
    OpenSlo, indicator,
    object::{Kind, Note, Object},
    present::There,
    said::{Indicators, Said, indicators, path_of, said},
};
use crate::{
    components::{ComponentKind, NewComponent},
    imports::Warning,
    kernel::{
        failure::{Failure, Fault},
        http::{Patch, validate},
        merge::{FAULTS, Given, at_line},
        text::Key,
    },
    slos::NewSlo,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A file as it meets what is there.
pub struct Reading<'r> {
    file: &'r OpenSlo,
    there: &'r There,
    pub given: Vec<Given<NewSlo>>,
    /// Components that are named and not there.
    pub made: Vec<Given<NewComponent>>,
    pub faults: Vec<Fault>,
    pub warnings: Vec<Warning>,
    /// Which object and objective a line gives.
    pub places: HashMap<u64, (usize, usize)>,
    /// The components named, and the document and place that first does.
    named: BTreeMap<Key, (usize, Vec<String>)>,
}

impl<'r> Reading<'r> {
    pub fn of(file: &'r OpenSlo, there: &'r There) -> Self {
        let mut reading = Self {
            file,
            there,
            given: Vec::new(),
            made: Vec::new(),
            faults: Vec::new(),
            warnings: Vec::new(),
            places: HashMap::new(),
            named: BTreeMap::new(),
        };
        reading.slos();
        reading.components();
        reading
    }

    /// A note, unless its place is told to be wrong already.
    fn note(&mut self, nth: usize, note: &Note) {
        let document = &self.file.documents[nth];
        match note.code {
            Some(_) if self.faults.len() >= FAULTS => {}
            None if self.warnings.len() >= FAULTS => {}
            Some(_) => {
                let told = |known: &Note| known.code.is_some() && known.path == note.path;
                if !document.notes.iter().any(told) {
                    self.faults.push(document.fault(note));
                }
            }
            None => {
                let line = document.node.line_at(&note.path);
                self.warnings.push(Warning { line, column: note.column(), detail: note.detail.clone() });
            }
        }
    }

    /// What the file gives: its own SLOs, and others that refer to an SLI of it.
    fn slos(&mut self) {
        let (file, there) = (self.file, self.there);
        let own: HashSet<String> = file.documents.iter().map(|document| document.object.id()).collect();
        let others = there.kept.iter().filter(|kept| !own.contains(&kept.object));
        let others: Vec<Object> = others.filter_map(|kept| Object::kept(kept.document.clone())).collect();
        let known = indicators(others.iter().chain(file.documents.iter().map(|document| &document.object)));
        for (nth, document) in file.documents.iter().enumerate() {
            document.notes.iter().filter(|note| note.code.is_none()).for_each(|note| self.note(nth, note));
            match document.object.kind {
                Kind::Slo => self.slo(nth, &known),
                Kind::Sli => {
                    let mut notes = Vec::new();
                    indicator::check(&document.object.document["spec"], &["spec"], &mut notes);
                    notes.iter().for_each(|note| self.note(nth, note));
                }
                Kind::Service => self.service(nth),
                kind => {
                    let detail = match kind {
                        Kind::DataSource => {
                            "data sources are kept and given back as they are, to everyone who may read here: \
                             keep passwords and keys out of them"
                        }
                        _ => "alerts here follow burn rates; this is kept as it is",
                    };
                    self.note(nth, &Note::warning(&["kind"], detail));
                }
            }
        }
        self.referring(&others, &known);
    }

    fn slo(&mut self, nth: usize, known: &Indicators<'_>) {
        let document = &self.file.documents[nth];
        let (all, notes) = said(&document.object, known, self.there.reading);
        notes.iter().for_each(|note| self.note(nth, note));
        let several = document.object.objectives().len() > 1;
        if several && document.object.name.parse::<Key>().is_ok_and(|key| self.there.rows.contains_key(&key)) {
            let detail = format!(
                "{} is an SLO of its own already, and stays: the objectives here become others",
                document.object.name
            );
            self.note(nth, &Note::warning(&["metadata", "name"], detail));
        }
        let wrong = notes.iter().chain(&document.notes).any(|note| note.code.is_some());
        for said in all {
            let line = match several {
                true => document.node.line_at(&["spec", "objectives", &said.objective.to_string()]),
                false => document.node.line,
            };
            self.places.entry(line).or_insert((nth, said.objective));
            if let Some(Ok(component)) = said.properties.get("component").and_then(Value::as_str).map(str::parse) {
                self.named.entry(component).or_insert((nth, path_of(&document.object, "component", 0)));
            }
            if wrong {
                continue;
            }
            match self.given(line, &said) {
                Ok(one) => self.given.push(one),
                Err(faults) => {
                    let faults = faults.into_iter().map(|fault| at_line(fault, line)).collect();
                    let located = self.file.located(Failure::Invalid(faults), &self.places);
                    self.faults.extend(located.faults().iter().cloned());
                }
            }
        }
    }

    /// A row as an object gives it.
    fn given(&self, line: u64, said: &Said) -> Result<Given<NewSlo>, Vec<Fault>> {
        let mut columns = said.properties.clone();
        columns.insert("key".to_owned(), json!(said.key));
        // A later target is dated: the object says the one in force, the row the first one.
        if let (Some(row), Some(in_force)) = (self.there.rows.get(&said.key), self.there.in_force.get(&said.key))
            && columns.get("target") == Some(&json!(in_force))
        {
            columns.insert("target".to_owned(), json!(row.target));
        }
        let whole: Map<String, Value> =
            columns.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
        // In place of a window of the other kind.
        if let Some(Value::Object(window)) = columns.get_mut("window") {
            for part in ["days", "unit"] {
                window.entry(part).or_insert(Value::Null);
            }
        }
        Ok(Given::partly(line, validate(Value::Object(whole))?, columns))
    }

    /// SLOs of other files whose SLI is another now.
    fn referring(&mut self, others: &[Object], known: &Indicators<'_>) {
        let kept: HashMap<&str, &Value> = self.there.kept.iter().map(|it| (it.object.as_str(), &it.document)).collect();
        let new_slis: HashMap<&str, u64> = self
            .file
            .documents
            .iter()
            .filter(|document| document.object.kind == Kind::Sli)
            .filter(|document| kept.get(document.object.id().as_str()) != Some(&&document.object.document))
            .map(|document| (document.object.name.as_str(), document.node.line))
            .collect();
        let mut spoken: HashSet<Key> = self.given.iter().filter_map(|one| one.new.key.clone()).collect();
        for object in others.iter().filter(|object| object.kind == Kind::Slo) {
            let name = object.text(&["spec", "indicatorRef"]).unwrap_or_default();
            let Some(line) = new_slis.get(name) else { continue };
            for said in said(object, known, self.there.reading).0 {
                let (Some(row), Some(words)) = (self.there.rows.get(&said.key), said.properties.get("indicator"))
                else {
                    continue;
                };
                let columns = Map::from_iter([("indicator".to_owned(), words.clone())]);
                if let Ok(new) = Patch::<NewSlo>::of(columns.clone()).apply(row)
                    && spoken.insert(said.key.clone())
                {
                    self.given.push(Given::partly(*line, new, columns));
                }
            }
        }
    }

    fn service(&mut self, nth: usize) {
        let name = &self.file.documents[nth].object.name;
        let path = ["metadata", "name"];
        match name.parse::<Key>() {
            Ok(key) => _ = self.named.insert(key, (nth, path.map(ToOwned::to_owned).to_vec())),
            Err(_) => {
                let detail = format!("'{name}' is no component's key: the service is kept, and no component is made");
                self.note(nth, &Note::warning(&path, detail));
            }
        }
    }

    /// The components that are named and not there.
    fn components(&mut self) {
        for (key, (nth, path)) in std::mem::take(&mut self.named) {
            if self.there.components.contains_key(&key) {
                continue;
            }
            let document = &self.file.documents[nth];
            let object = &document.object;
            let own = object.kind == Kind::Service;
            let text = |path: &[&str]| object.text(path).filter(|text| own && !text.is_empty());
            let new = validate(json!({
                "key": key,
                "name": text(&["metadata", "displayName"]).unwrap_or(key.as_text()),
                "kind": ComponentKind::Service,
                "description": text(&["spec", "description"]).unwrap_or_default(),
            }));
            let detail = format!("there was no component {key}: it is made, as a service");
            self.note(nth, &Note::warning(&path, detail));
            match new {
                Ok(new) => self.made.push(Given::whole(document.node.line_at(&path), new)),
                Err(faults) => {
                    for fault in faults {
                        let fault = at_line(fault, document.node.line);
                        let path = path_of(object, fault.column.as_deref().unwrap_or_default(), 0);
                        self.faults.push(document.place(fault, path));
                    }
                }
            }
        }
    }
}
