//! One entity of a catalogue file, and what it says of a component.

use crate::{
    components::{Availability, ComponentKind, Lifecycle},
    kernel::text::Key,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Where a document says what we model beyond Backstage's own fields.
pub const TIER: &str = "prodops/tier";
pub const RTO: &str = "prodops/rto-minutes";
pub const RPO: &str = "prodops/rpo-minutes";
pub const AVAILABILITY: &str = "prodops/availability";
/// Written only where Backstage's own fields cannot say it.
pub const KIND: &str = "prodops/kind";
pub const DOMAIN: &str = "prodops/domain";

/// A document that names an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// In lower case, as all references compare.
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub document: Value,
}

/// Something to say about a place in a document: a fault when it has a code, else a warning.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    pub path: Vec<&'static str>,
    pub code: Option<&'static str>,
    pub detail: String,
}

impl Note {
    pub fn fault(path: &[&'static str], code: &'static str, detail: impl Into<String>) -> Self {
        Self { path: path.to_vec(), code: Some(code), detail: detail.into() }
    }

    pub fn warning(path: &[&'static str], detail: impl Into<String>) -> Self {
        Self { path: path.to_vec(), code: None, detail: detail.into() }
    }

    /// The place as users write it.
    pub fn column(&self) -> String {
        match self.path.as_slice() {
            ["metadata", "annotations", name] => (*name).to_owned(),
            path => path.join("."),
        }
    }
}

/// What a document says of its component: properties by our names, as JSON. A property that is not
/// there is one that it says nothing of.
pub struct Said {
    pub properties: Map<String, Value>,
    pub notes: Vec<Note>,
}

/// A reference to an entity, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub kind: Option<String>,
    pub namespace: String,
    pub name: String,
}

impl Reference {
    /// `[kind:][namespace/]name`; what is left out is the namespace of the entity it stands in.
    pub fn parse(text: &str, namespace: &str) -> Self {
        let text = text.trim().to_lowercase();
        let (kind, rest) = text.split_once(':').map_or((None, text.as_str()), |(kind, rest)| (Some(kind), rest));
        let (namespace, name) = rest.split_once('/').unwrap_or((namespace, rest));
        Self { kind: kind.map(ToOwned::to_owned), namespace: namespace.to_owned(), name: name.to_owned() }
    }

    pub fn id(&self, kind: &str) -> String {
        format!("{kind}:{}/{}", self.namespace, self.name)
    }
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
        let namespace = text(&["metadata", "namespace"]).unwrap_or_else(|| "default".to_owned());
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
        self.is_component() || matches!(self.kind.as_str(), "api" | "system" | "domain" | "group" | "user")
    }

    /// The key that its name makes: outside the default namespace with that before it.
    pub fn plain_key(&self) -> Option<Key> {
        let name = match self.namespace.as_str() {
            "default" => self.name.clone(),
            namespace => format!("{namespace}-{}", self.name),
        };
        let words: Vec<_> = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
        words.join("-").parse().ok()
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

    /// The domain that a system says it is in.
    pub fn domain(&self) -> Option<String> {
        let text = self.document["spec"]["domain"].as_str().filter(|text| !text.is_empty())?;
        Some(stripped("domain", text))
    }

    /// Everything that it says; `domain` is what its system is in.
    pub fn said(&self, domain: Option<String>) -> Said {
        let mut reader = Reader { document: &self.document, notes: Vec::new() };
        let mut said = Map::new();
        let name = reader.text(&["metadata", "title"]).or(self.document["metadata"]["name"].as_str().map(Into::into));
        said.insert("name".to_owned(), json!(name));
        said.insert("kind".to_owned(), json!(reader.kind(&self.kind)));
        said.insert("description".to_owned(), json!(reader.text(&["metadata", "description"]).unwrap_or_default()));
        let owner = reader.text(&["spec", "owner"]).map(|text| stripped("group", &text));
        said.insert("owner".to_owned(), json!(owner));
        let system = reader.text(&["spec", "system"]).map(|text| stripped("system", &text));
        said.insert("system".to_owned(), json!(system));
        said.insert("tags".to_owned(), reader.tags());
        said.insert("links".to_owned(), reader.links());
        if let Some(lifecycle) = reader.lifecycle() {
            said.insert("lifecycle".to_owned(), json!(lifecycle));
        }
        let domain = reader.annotation(DOMAIN).or(domain);
        let numbers = [("tier", TIER), ("rto_minutes", RTO), ("rpo_minutes", RPO)];
        for (property, name) in numbers {
            if let Some(number) = reader.number(name) {
                said.insert(property.to_owned(), number);
            }
        }
        if let Some(word) = reader.annotation(AVAILABILITY) {
            match word.parse::<Availability>() {
                Ok(known) => _ = said.insert("availability".to_owned(), json!(known)),
                Err(_) if word.is_empty() => _ = said.insert("availability".to_owned(), Value::Null),
                Err(why) => reader.notes.push(Note::fault(&annotation(AVAILABILITY), "not_one_of", why)),
            }
        }
        if let Some(domain) = domain {
            said.insert("domain".to_owned(), json!(Some(domain).filter(|domain| !domain.is_empty())));
        }
        Said { properties: said, notes: reader.notes }
    }
}

/// Where an annotation stands.
pub fn annotation(name: &'static str) -> [&'static str; 3] {
    ["metadata", "annotations", name]
}

/// Where a document says a property of ours.
pub fn path_of(property: &str) -> Vec<&'static str> {
    match property {
        "key" => vec!["metadata", "name"],
        "name" => vec!["metadata", "title"],
        "description" => vec!["metadata", "description"],
        "tags" => vec!["metadata", "tags"],
        "links" => vec!["metadata", "links"],
        "kind" => vec!["spec", "type"],
        "lifecycle" => vec!["spec", "lifecycle"],
        "owner" => vec!["spec", "owner"],
        "system" | "domain" => vec!["spec", "system"],
        "depends_on" => vec!["spec", "dependsOn"],
        "tier" => annotation(TIER).to_vec(),
        "rto_minutes" => annotation(RTO).to_vec(),
        "rpo_minutes" => annotation(RPO).to_vec(),
        "availability" => annotation(AVAILABILITY).to_vec(),
        _ => Vec::new(),
    }
}

/// A reference to an entity of one kind in the default namespace by its name alone; others as they are.
pub fn stripped(kind: &str, text: &str) -> String {
    let prefixes = [format!("{kind}:default/"), format!("{kind}:"), "default/".to_owned()];
    let rest = |prefix: &String| {
        let (head, rest) = text.split_at_checked(prefix.len())?;
        (head.eq_ignore_ascii_case(prefix) && !rest.is_empty()).then(|| rest.to_owned())
    };
    prefixes.iter().find_map(rest).unwrap_or_else(|| text.to_owned())
}

/// The reverse of [`stripped`].
pub fn dressed(kind: &str, text: &str) -> String {
    if stripped(kind, text) == text { text.to_owned() } else { format!("{kind}:default/{text}") }
}

/// Reads one document and notes what is strange.
struct Reader<'d> {
    document: &'d Value,
    notes: Vec<Note>,
}

impl Reader<'_> {
    fn at(&self, path: &[&str]) -> &Value {
        path.iter().fold(self.document, |value, name| &value[*name])
    }

    /// A text that says something.
    fn text(&mut self, path: &[&'static str]) -> Option<String> {
        match self.at(path) {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::String(_) => None,
            _ => {
                self.notes.push(Note::fault(path, "type", "this is a text"));
                None
            }
        }
    }

    /// An annotation that is there, even when it is empty.
    fn annotation(&mut self, name: &'static str) -> Option<String> {
        match self.at(&annotation(name)) {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Null => None,
            _ => self.text(&annotation(name)),
        }
    }

    fn number(&mut self, name: &'static str) -> Option<Value> {
        let text = self.annotation(name)?;
        match text.parse::<i64>() {
            Ok(number) => Some(number.into()),
            Err(_) if text.is_empty() => Some(Value::Null),
            Err(_) => {
                self.notes.push(Note::fault(&annotation(name), "type", "this is a whole number"));
                None
            }
        }
    }

    fn kind(&mut self, of_entity: &str) -> ComponentKind {
        if let Some(word) = self.annotation(KIND) {
            match word.parse() {
                Ok(kind) => return kind,
                Err(why) => self.notes.push(Note::fault(&annotation(KIND), "not_one_of", why)),
            }
        }
        if of_entity == "resource" {
            return ComponentKind::Infrastructure;
        }
        let word = self.text(&["spec", "type"]).unwrap_or_default().to_lowercase();
        match word.as_str() {
            "website" | "api" => ComponentKind::Service,
            word => word.parse().unwrap_or_else(|_| {
                let detail = format!("'{word}' is none of our kinds; it is kept, and the component is a service");
                self.notes.push(Note::warning(&["spec", "type"], detail));
                ComponentKind::Service
            }),
        }
    }

    fn lifecycle(&mut self) -> Option<Lifecycle> {
        let word = self.text(&["spec", "lifecycle"])?.to_lowercase();
        Some(word.parse().unwrap_or_else(|_| {
            let detail = format!("'{word}' is no lifecycle of ours; it is kept, and the component is in production");
            self.notes.push(Note::warning(&["spec", "lifecycle"], detail));
            Lifecycle::Production
        }))
    }

    fn list(&mut self, path: &[&'static str]) -> Vec<Value> {
        match self.at(path) {
            Value::Array(items) => items.clone(),
            Value::Null => Vec::new(),
            _ => {
                self.notes.push(Note::fault(path, "type", "this is a list"));
                Vec::new()
            }
        }
    }

    fn tags(&mut self) -> Value {
        let (path, mut seen) = (["metadata", "tags"], BTreeSet::new());
        let mut tags = self.list(&path);
        tags.retain(|tag| seen.insert(tag.to_string()));
        Value::Array(tags)
    }

    fn links(&mut self) -> Value {
        let path = ["metadata", "links"];
        let mut links = Vec::new();
        for link in self.list(&path) {
            let url = link["url"].as_str().unwrap_or_default();
            let title = link["title"].as_str().filter(|title| !title.is_empty()).unwrap_or(url);
            if url.starts_with("http://") || url.starts_with("https://") {
                links.push(json!({ "title": title.chars().take(200).collect::<String>(), "url": url }));
            } else {
                self.notes.push(Note::warning(&path, "a link that is not http or https is kept, but not shown"));
            }
        }
        Value::Array(links)
    }
}
