//! One object of an OpenSLO file, and what there is to say about its places.

use super::shape;
use crate::{
    imports::yaml::{Content, Node},
    kernel::text::Key,
    text_enum,
};
use serde_json::Value;
use std::collections::HashSet;

/// The version that is read.
pub const VERSION: &str = "openslo/v1";
/// How long a name may be.
const NAME: usize = 255;

text_enum! {
    /// What an object is.
    pub enum Kind {
        AlertCondition = "AlertCondition",
        AlertNotificationTarget = "AlertNotificationTarget",
        AlertPolicy = "AlertPolicy",
        DataSource = "DataSource",
        Service = "Service",
        Sli = "SLI",
        Slo = "SLO",
    }
}

/// Something to say about a place in an object: a fault when it has a code, else a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub path: Vec<String>,
    pub code: Option<&'static str>,
    pub detail: String,
}

impl Note {
    pub fn fault<S: AsRef<str>>(path: &[S], code: &'static str, detail: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::warning(path, detail) }
    }

    pub fn warning<S: AsRef<str>>(path: &[S], detail: impl Into<String>) -> Self {
        let path = path.iter().map(|part| part.as_ref().to_owned()).collect();
        Self { path, code: None, detail: detail.into() }
    }

    /// The place as users write it: `spec.objectives[1].target`, or the name of an annotation.
    pub fn column(&self) -> Option<String> {
        if let [metadata, annotations, name] = self.path.as_slice()
            && metadata == "metadata"
            && annotations == "annotations"
        {
            return Some(name.clone());
        }
        let mut column = String::new();
        for part in &self.path {
            match part.parse::<usize>() {
                Ok(_) => column += &format!("[{part}]"),
                Err(_) if column.is_empty() => column.push_str(part),
                Err(_) => column += &format!(".{part}"),
            }
        }
        Some(column).filter(|column| !column.is_empty())
    }
}

/// An object that names itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    pub kind: Kind,
    pub name: String,
    pub document: Value,
}

impl Object {
    /// An object as far as it can be told, and everything that is wrong with its fields.
    pub fn read(node: &Node) -> (Option<Self>, Vec<Note>) {
        let document = node.json();
        let fault = |path: &[&str], code, detail: String| (None, vec![Note::fault(path, code, detail)]);
        if !matches!(node.content, Content::Map(_)) {
            return fault(&[], "type", "this is no object: a map with apiVersion, kind, metadata and spec".to_owned());
        }
        match &document["apiVersion"] {
            Value::String(version) if version == VERSION => {}
            Value::Null => return fault(&["apiVersion"], "required", format!("this is required: {VERSION}")),
            other => {
                let said = other.as_str().map_or_else(|| other.to_string(), ToOwned::to_owned);
                let detail = format!("prodops reads {VERSION}, and this is '{said}': write the file in that version");
                return fault(&["apiVersion"], "unsupported_version", detail);
            }
        }
        let kind = match &document["kind"] {
            Value::Null => {
                return fault(&["kind"], "required", format!("this is required: {}", Kind::WORDS.join(", ")));
            }
            word => match word.as_str().unwrap_or_default().parse::<Kind>() {
                Ok(kind) => kind,
                Err(_) => {
                    let detail = format!("OpenSLO has the kinds {}", Kind::WORDS.join(", "));
                    return fault(&["kind"], "unknown_kind", detail);
                }
            },
        };
        let mut notes = shape::check(node, kind);
        let name = document["metadata"]["name"].as_str().filter(|name| !name.is_empty() && name.len() <= NAME);
        let Some(name) = name.map(ToOwned::to_owned) else {
            if !notes.iter().any(|note| note.code.is_some() && note.path.first().is_some_and(|top| top == "metadata")) {
                let detail = format!("a text of at most {NAME} characters is required");
                notes.push(Note::fault(&["metadata", "name"], "required", detail));
            }
            return (None, notes);
        };
        (Some(Self { kind, name, document }), notes)
    }

    /// One that was kept.
    pub fn kept(document: Value) -> Option<Self> {
        let kind = document["kind"].as_str()?.parse().ok()?;
        let name = document["metadata"]["name"].as_str()?.to_owned();
        Some(Self { kind, name, document })
    }

    pub fn id(&self) -> String {
        id(self.kind, &self.name)
    }

    /// What it asks for: each becomes an SLO of its own.
    pub fn objectives(&self) -> &[Value] {
        self.document["spec"]["objectives"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The key of each objective's SLO: the name itself when there is one objective; else with the
    /// objective's display name behind it, or its number where that makes no key or was there already.
    pub fn keys(&self) -> Vec<Option<Key>> {
        let objectives = self.objectives();
        if objectives.len() == 1 {
            return vec![self.name.parse().ok()];
        }
        let mut taken = HashSet::new();
        let mut key = |(nth, objective): (usize, &Value)| {
            let plain: Key = self.name.parse().ok()?;
            let with = |suffix: &str| format!("{plain}-{suffix}").parse::<Key>().ok();
            let slug = objective["displayName"].as_str().and_then(Key::slug).and_then(|slug| with(slug.as_text()));
            let key = slug.filter(|key| !taken.contains(key)).or_else(|| with(&(nth + 1).to_string()));
            key.filter(|key| taken.insert(key.clone()))
        };
        objectives.iter().enumerate().map(&mut key).collect()
    }

    /// The text at a place, when there is one.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        path.iter().fold(&self.document, |value, name| &value[*name]).as_str()
    }
}

pub fn id(kind: Kind, name: &str) -> String {
    format!("{kind}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(name: &str, objectives: &[Value]) -> Vec<Option<String>> {
        let document = json!({ "kind": "SLO", "metadata": { "name": name }, "spec": { "objectives": objectives } });
        Object::kept(document).unwrap().keys().into_iter().map(|key| key.map(|key| key.to_string())).collect()
    }

    #[test]
    fn each_objective_has_a_key_of_its_own() {
        let key = |text: &str| Some(text.to_owned());
        assert_eq!(keys("a", &[json!({ "displayName": "Good" })]), [key("a")]);
        let good = json!({ "displayName": "Sehr gut!" });
        let expected = [key("a-sehr-gut"), key("a-2"), key("a-3")];
        assert_eq!(keys("a", &[good.clone(), good, json!({})]), expected);
        assert_eq!(keys("a", &[json!({ "displayName": "2" }), json!({})]), [key("a-2"), None]);
        let long = "x".repeat(60);
        let found = keys(&long, &[json!({ "displayName": "Good" }), json!({ "displayName": "Better" })]);
        assert_eq!(found, [key(&format!("{long}-1")), key(&format!("{long}-2"))]);
        assert_eq!(keys("A b", &[json!({}), json!({})]), [None, None]);
    }
}
