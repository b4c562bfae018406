//! One entity of a catalogue file.

use super::{
    duration::minutes,
    note::Note,
    reference::{DEFAULT, Reference, stripped},
    said::{TIME_SAVED, annotation},
};
use crate::kernel::{http::hex, text::Key};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// How many letters of an entity's digest tell its key from another's.
const MARK: usize = 8;

/// A document that names an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// In lower case, as all references compare.
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub document: Value,
}

impl Entity {
    /// # Errors
    /// What keeps a document from being an entity.
    pub fn of(document: Value) -> Result<Self, Note> {
        let text = |path: &[&'static str]| {
            let value = path.iter().fold(&document, |value, name| &value[*name]).as_str();
            value.filter(|text| !text.is_empty() && text.len() <= 200).map(str::to_lowercase)
        };
        let required = |path: &[&'static str]| {
            text(path).ok_or_else(|| Note::fault(path, "required", "a text of at most 200 characters is required"))
        };
        let kind = required(&["kind"])?;
        let name = required(&["metadata", "name"])?;
        let namespace = text(&["metadata", "namespace"]).unwrap_or_else(|| DEFAULT.to_owned());
        Ok(Self { kind, namespace, name, document })
    }

    pub fn id(&self) -> String {
        format!("{}:{}/{}", self.kind, self.namespace, self.name)
    }

    /// Whether it describes something that is run.
    pub fn is_component(&self) -> bool {
        matches!(self.kind.as_str(), "component" | "resource")
    }

    /// Whether it is of a kind that we know of.
    pub fn is_known(&self) -> bool {
        self.is_component() || matches!(self.kind.as_str(), "api" | "system" | "domain" | "group" | "user" | "template")
    }

    /// The key that its name makes: outside the default namespace with that before it.
    pub fn plain_key(&self) -> Option<Key> {
        self.words().parse().ok()
    }

    /// What it may be called where that is taken or is no key: with its kind before it, else with an end that
    /// only this entity has.
    pub fn other_keys(&self) -> [Option<Key>; 2] {
        let words = self.words();
        let kept: String = words.chars().take(63 - 1 - MARK).collect();
        let mark: String = hex(&Sha256::digest(self.id())).chars().take(MARK).collect();
        let marked = format!("{}-{mark}", kept.trim_end_matches('-'));
        [format!("{}-{words}", self.kind).parse().ok(), marked.parse().ok()]
    }

    /// Its name as words of a key.
    fn words(&self) -> String {
        let name = match self.namespace.as_str() {
            DEFAULT => self.name.clone(),
            namespace => format!("{namespace}-{}", self.name),
        };
        let words: Vec<_> = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
        words.join("-")
    }

    /// What people call it.
    pub fn title(&self) -> Option<&str> {
        let said = [&self.document["metadata"]["title"], &self.document["spec"]["profile"]["displayName"]];
        said.into_iter().filter_map(Value::as_str).map(str::trim).find(|title| !title.is_empty())
    }

    /// Another entity that a field of its `spec` names, as people write it: without its kind and the default
    /// namespace.
    pub fn named(&self, field: &str, kind: &str) -> Option<String> {
        let text = self.document["spec"][field].as_str().filter(|text| !text.is_empty())?;
        Some(stripped(kind, text, &self.namespace))
    }

    /// The domain that it is in: a domain may be part of another.
    pub fn domain(&self) -> Option<String> {
        self.named(if self.kind == "domain" { "subdomainOf" } else { "domain" }, "domain")
    }

    /// How many minutes one use of it saves, by its authors' estimate.
    ///
    /// # Errors
    /// An estimate that is none.
    pub fn time_saved(&self) -> Result<Option<i64>, Note> {
        match &self.document["metadata"]["annotations"][TIME_SAVED] {
            Value::Null => Ok(None),
            said => said.as_str().and_then(minutes).map(Some).ok_or_else(|| {
                let detail =
                    "this is no duration of whole minutes such as PT4H or P1DT30M; it is kept, and counts for none";
                Note::warning(&annotation(TIME_SAVED), detail)
            }),
        }
    }

    /// The references in a list of its `spec`, each with its place in the list.
    pub fn references(&self, list: &str) -> impl Iterator<Item = (usize, &str, Reference)> {
        let items = self.document["spec"][list].as_array().into_iter().flatten().enumerate();
        items.filter_map(|(nth, item)| {
            let text = item.as_str()?;
            Some((nth, text, Reference::parse(text, &self.namespace)))
        })
    }

    /// The system it belongs to, as an entity's id.
    pub fn system(&self) -> Option<String> {
        let text = self.document["spec"]["system"].as_str().filter(|text| !text.is_empty())?;
        Some(Reference::parse(text, &self.namespace).id("system"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_make_no_key_of_their_own_have_one() {
        let entity = |namespace: &str, name: &str| {
            Entity::of(json!({ "kind": "Component", "metadata": { "namespace": namespace, "name": name } })).unwrap()
        };
        let long = entity(&"n".repeat(63), &"m".repeat(63));
        assert_eq!(long.plain_key(), None);
        let [with_kind, marked] = long.other_keys();
        assert_eq!((with_kind, marked.map(|key| key.as_text().len())), (None, Some(63)));
        let uuid = entity(DEFAULT, "0190a3b2-0000-7000-8000-000000000000");
        assert_eq!(uuid.plain_key(), None);
        assert!(uuid.other_keys()[0].is_some());
        assert_ne!(entity(DEFAULT, "a.b").other_keys(), entity(DEFAULT, "a_b").other_keys());
        assert_eq!(entity(DEFAULT, "ä").other_keys(), [None, None]);
    }
}
