//! What a document says of its component.

use super::{entity::Entity, note::Note, reference::stripped};
use crate::components::{Availability, ComponentKind, Lifecycle};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Where a document says what we model beyond Backstage's own fields.
pub const TIER: &str = "prodops/tier";
pub const RTO: &str = "prodops/rto-minutes";
pub const RPO: &str = "prodops/rpo-minutes";
pub const AVAILABILITY: &str = "prodops/availability";
/// Backstage's own: what one use saves, by its authors' estimate.
pub const TIME_SAVED: &str = "backstage.io/time-saved";
/// Written only where Backstage's own fields cannot say it.
pub const KIND: &str = "prodops/kind";
pub const DOMAIN: &str = "prodops/domain";

/// Properties by our names, as JSON. A property that is not
/// there is one that it says nothing of.
pub struct Said {
    pub properties: Map<String, Value>,
    pub notes: Vec<Note>,
}

impl Entity {
    /// Everything that it says; `domain` is what its system is in.
    pub fn said(&self, domain: Option<String>) -> Said {
        let mut reader = Reader { document: &self.document, notes: Vec::new() };
        let mut said = Map::new();
        let name = reader.within(&["metadata", "title"], 120);
        let name = name.or(self.document["metadata"]["name"].as_str().map(Into::into));
        said.insert("name".to_owned(), json!(name));
        said.insert("kind".to_owned(), json!(reader.kind(&self.kind)));
        said.insert(
            "description".to_owned(),
            json!(reader.within(&["metadata", "description"], 4000).unwrap_or_default()),
        );
        let owner = reader.text(&["spec", "owner"]).map(|text| stripped("group", &text, &self.namespace));
        said.insert("owner".to_owned(), json!(owner));
        let system = reader.text(&["spec", "system"]).map(|text| stripped("system", &text, &self.namespace));
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

/// A tag that can be one of a component's.
pub fn shown_tag(tag: &Value) -> Option<String> {
    let text = match tag {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => tag.to_string(),
        _ => return None,
    };
    let plain = (1..=63).contains(&text.chars().count()) && !text.contains(char::is_whitespace);
    plain.then_some(text)
}

/// Whether a link can be one of a component's.
pub fn is_shown_link(link: &Value) -> bool {
    let web = |url: &&str| (url.starts_with("http://") || url.starts_with("https://")) && url.chars().count() <= 2000;
    link["url"].as_str().filter(web).is_some()
}

/// How many tags and links a component has at most.
const TAGS: usize = 100;
const LINKS: usize = 50;

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
            Value::Object(one) if one.len() == 1 && one.keys().all(|name| name.starts_with('$')) => {
                self.notes.push(Note::warning(path, "what this stands for is never fetched; it is kept as it is"));
                None
            }
            _ => {
                self.notes.push(Note::fault(path, "type", "this is a text"));
                None
            }
        }
    }

    /// As much of a text as there is room for.
    fn within(&mut self, path: &[&'static str], most: usize) -> Option<String> {
        let text = self.text(path)?;
        if text.chars().count() <= most {
            return Some(text);
        }
        let detail = format!("only its first {most} characters are the component's; it is kept whole");
        self.notes.push(Note::warning(path, detail));
        Some(text.chars().take(most).collect())
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
            "" => {
                self.notes.push(Note::warning(&["spec", "type"], "no type is said; the component is a service"));
                ComponentKind::Service
            }
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
        let said = self.list(&path);
        let mut tags: Vec<String> = said.iter().filter_map(shown_tag).collect();
        tags.retain(|tag| seen.insert(tag.clone()));
        if said.iter().any(|tag| shown_tag(tag).is_none()) || tags.len() > TAGS {
            let detail =
                format!("tags are words of at most 63 characters, {TAGS} of them; others are kept, but not shown");
            self.notes.push(Note::warning(&path, detail));
        }
        tags.truncate(TAGS);
        json!(tags)
    }

    fn links(&mut self) -> Value {
        let path = ["metadata", "links"];
        let said = self.list(&path);
        let mut links = Vec::new();
        for link in &said {
            let url = link["url"].as_str().unwrap_or_default();
            let title = link["title"].as_str().filter(|title| !title.is_empty()).unwrap_or(url);
            if is_shown_link(link) {
                links.push(json!({ "title": title.chars().take(200).collect::<String>(), "url": url }));
            } else {
                self.notes.push(Note::warning(&path, "a link that is not http or https is kept, but not shown"));
            }
        }
        if links.len() > LINKS {
            self.notes.push(Note::warning(&path, format!("the first {LINKS} links are shown; all are kept")));
            links.truncate(LINKS);
        }
        Value::Array(links)
    }
}
