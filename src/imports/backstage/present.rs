//! The catalogue as it is now: what came in, with our present values written over what we model.
//! A field that says the present value already is left alone, however it says it.

use super::{
    entity::Entity,
    reference::{DEFAULT, Reference, dressed},
    said::{self, is_shown_link, shown_tag},
};
use crate::{
    components::{CatalogDocument, CatalogEntity, Component, ComponentKind, Lifecycle, catalog::NewCatalogDocument},
    kernel::text::Key,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// An entity of the present catalogue.
#[derive(Debug)]
pub struct Present {
    pub entity: Entity,
    pub key: Option<Key>,
    /// What is kept of it, where a file spoke of it.
    pub kept: Option<CatalogEntity>,
    /// As it came in, where something that it names is waited for.
    pub original: Option<Entity>,
    /// Whether less is kept of it than its document says.
    pub stale: bool,
}

impl Present {
    /// What it names that no file had told of when it came in.
    pub fn waits_for(&self) -> HashSet<&str> {
        self.kept.iter().flat_map(|kept| kept.unresolved.value()).map(String::as_str).collect()
    }
}

/// By entity: those that came in and still are, and one for each component that came by other ways.
pub fn present(rows: &[Component], kept: Vec<CatalogDocument>) -> BTreeMap<String, Present> {
    let by_key: HashMap<&str, &Component> = rows.iter().map(|row| (row.key.as_text(), row)).collect();
    let mut all = BTreeMap::new();
    let mut named = BTreeSet::new();
    for CatalogDocument { entity: kept, document } in kept {
        if let Ok(entity) = Entity::of(document) {
            named.extend(kept.component.as_ref().map(ToString::to_string));
            let stale = !says(&kept, &new_document(&entity, kept.component.clone()));
            let original = (!kept.unresolved.value().is_empty()).then(|| entity.clone());
            let key = kept.component.clone();
            all.insert(entity.id(), Present { entity, key, kept: Some(kept), original, stale });
        }
    }
    for row in rows.iter().filter(|row| !named.contains(row.key.as_text())) {
        let entity = made(row);
        let key = Some(row.key.clone());
        all.entry(entity.id()).or_insert(Present { entity, key, kept: None, original: None, stale: false });
    }
    let domains = domains(all.values().map(|present| &present.entity));
    for Present { entity, key, .. } in all.values_mut() {
        if let Some(row) = key.as_ref().and_then(|key| by_key.get(key.as_text())) {
            write_over(entity, row, &domains);
        }
    }
    write_dependencies(&mut all, &by_key);
    all
}

/// How an entity is kept.
pub fn new_document(entity: &Entity, component: Option<Key>) -> NewCatalogDocument {
    NewCatalogDocument {
        kind: entity.kind.clone(),
        namespace: entity.namespace.clone(),
        name: entity.name.clone(),
        title: entity.title().map(ToOwned::to_owned),
        owner: entity.named("owner", "group"),
        system: entity.named("system", "system"),
        domain: entity.domain(),
        component,
        time_saved_minutes: entity.time_saved().unwrap_or_default(),
        unresolved: Vec::new(),
        document: entity.document.clone(),
    }
}

fn says(kept: &CatalogEntity, new: &NewCatalogDocument) -> bool {
    (&kept.title, &kept.owner, &kept.system, &kept.domain) == (&new.title, &new.owner, &new.system, &new.domain)
        && kept.time_saved_minutes == new.time_saved_minutes
}

/// What each system says it is in.
pub fn domains<'e>(entities: impl Iterator<Item = &'e Entity>) -> HashMap<String, String> {
    entities.filter(|one| one.kind == "system").filter_map(|one| Some((one.id(), one.domain()?))).collect()
}

/// The least that says a component.
fn made(row: &Component) -> Entity {
    let infrastructure = row.kind == ComponentKind::Infrastructure;
    let kind = if infrastructure { "Resource" } else { "Component" };
    let document = json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": { "name": row.key },
        "spec": { "type": row.kind, "lifecycle": row.lifecycle },
    });
    let name = row.key.to_string();
    Entity { kind: kind.to_lowercase(), namespace: DEFAULT.to_owned(), name, document }
}

fn write_over(entity: &mut Entity, row: &Component, domains: &HashMap<String, String>) {
    let domain_of = |entity: &Entity| entity.system().and_then(|system| domains.get(&system).cloned());
    let said = entity.said(domain_of(entity)).properties;
    let now = serde_json::to_value(row).unwrap_or_default();
    let differs = |property: &str| match said.get(property) {
        Some(said) => *said != now[property],
        None => !now[property].is_null() && (property, row.lifecycle) != ("lifecycle", Lifecycle::Production),
    };
    let namespace = entity.namespace.clone();
    let document = &mut entity.document;
    if differs("name") {
        put(document, &["metadata", "title"], json!(row.name));
    }
    if differs("description") {
        put(document, &["metadata", "description"], json!(row.description));
    }
    if differs("lifecycle") {
        put(document, &["spec", "lifecycle"], json!(row.lifecycle));
    }
    if differs("kind") {
        take(document, &said::annotation(said::KIND));
        match (entity.kind.as_str(), row.kind) {
            ("resource", ComponentKind::Infrastructure) => {}
            ("resource", kind) => put(document, &said::annotation(said::KIND), json!(kind)),
            (_, kind) => put(document, &["spec", "type"], json!(kind)),
        }
    }
    if differs("owner") {
        put(document, &["spec", "owner"], json!(row.owner.as_deref().map(|owner| dressed("group", owner, &namespace))));
    }
    if differs("system") {
        put(
            document,
            &["spec", "system"],
            json!(row.system.as_deref().map(|system| dressed("system", system, &namespace))),
        );
    }
    // A domain is said by the system, which others are in too.
    let domain = domain_of(entity);
    if *entity.said(domain.clone()).properties.get("domain").unwrap_or(&Value::Null) != json!(row.domain) {
        take(&mut entity.document, &said::annotation(said::DOMAIN));
        if domain != row.domain {
            let domain = json!(row.domain.as_deref().unwrap_or_default());
            put(&mut entity.document, &said::annotation(said::DOMAIN), domain);
        }
    }
    let document = &mut entity.document;
    if differs("tags") {
        let before = document["metadata"]["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
        let hidden = before.iter().filter(|tag| shown_tag(tag).is_none()).cloned();
        let tags = row.tags.iter().map(|tag| json!(tag)).chain(hidden).collect();
        put(document, &["metadata", "tags"], tags);
    }
    if differs("links") {
        let links = links(&document["metadata"]["links"], row);
        put(document, &["metadata", "links"], links);
    }
    let minutes = |number: Option<i64>| number.map(|number| number.to_string());
    let annotations = [
        ("tier", said::TIER, minutes(row.tier)),
        ("rto_minutes", said::RTO, minutes(row.rto_minutes)),
        ("rpo_minutes", said::RPO, minutes(row.rpo_minutes)),
        ("availability", said::AVAILABILITY, row.availability.map(|word| word.to_string())),
    ];
    for (property, name, value) in annotations {
        if differs(property) {
            match value {
                Some(value) => put(document, &said::annotation(name), json!(value)),
                None => take(document, &said::annotation(name)),
            }
        }
    }
}

/// The present links, with what else came in with those of the same address.
fn links(before: &Value, row: &Component) -> Value {
    let before = before.as_array().map(Vec::as_slice).unwrap_or_default();
    let now = row.links.value().iter().map(|link| {
        let mut written = before.iter().find(|old| old["url"] == *link.url).cloned().unwrap_or_else(|| json!({}));
        put(&mut written, &["url"], json!(link.url));
        put(&mut written, &["title"], json!(link.title));
        written
    });
    now.chain(before.iter().filter(|old| !is_shown_link(old)).cloned()).collect()
}

/// What a reference to something that is run means.
pub enum Target {
    Key(String),
    /// Nothing that is run: an API, a system.
    Other,
    Unknown,
}

/// Finds components by reference: entities first, then keys.
pub struct Targets {
    pub entities: HashMap<String, String>,
    pub keys: BTreeSet<String>,
}

impl Targets {
    pub fn find(&self, reference: &Reference) -> Target {
        let kinds: &[&str] = match reference.kind.as_deref() {
            None => &["component", "resource"],
            Some("component") => &["component"],
            Some("resource") => &["resource"],
            Some(_) => return Target::Other,
        };
        let entity = kinds.iter().find_map(|kind| self.entities.get(&reference.id(kind)));
        let by_key = || (reference.namespace == DEFAULT).then(|| self.keys.get(&reference.name)).flatten();
        entity.or_else(by_key).map_or(Target::Unknown, |key| Target::Key(key.clone()))
    }
}

/// Takes out what is needed no more, and adds what is, in `dependsOn` and `dependencyOf`.
fn write_dependencies(all: &mut BTreeMap<String, Present>, rows: &HashMap<&str, &Component>) {
    let key_of = |present: &Present| present.key.as_ref().map(ToString::to_string);
    let entities: HashMap<String, String> =
        all.iter().filter_map(|(id, present)| Some((id.clone(), key_of(present)?))).collect();
    let ids: HashMap<String, (String, String)> = all
        .values()
        .filter_map(|present| {
            let Entity { kind, namespace, name, .. } = &present.entity;
            let place = if namespace == DEFAULT { String::new() } else { format!("{namespace}/") };
            Some((key_of(present)?, (namespace.clone(), format!("{kind}:{place}{name}"))))
        })
        .collect();
    let targets = Targets { entities, keys: rows.keys().map(|key| (*key).to_owned()).collect() };
    let needed: HashSet<(&str, &str)> =
        rows.iter().flat_map(|(key, row)| row.depends_on.iter().map(|other| (*key, other))).collect();
    let needs = |from: &str, to: &str| needed.contains(&(from, to));
    let mut said = BTreeSet::new();
    for present in all.values_mut() {
        let Some(key) = key_of(present) else { continue };
        for list in ["dependsOn", "dependencyOf"] {
            let edge = |other: String| match list {
                "dependsOn" => (key.clone(), other),
                _ => (other, key.clone()),
            };
            let (mut gone, waits_for) = (BTreeSet::new(), present.waits_for());
            for (nth, text, reference) in present.entity.references(list) {
                let waits = waits_for.contains(text);
                let found = match targets.find(&reference) {
                    Target::Other => continue,
                    Target::Unknown => None,
                    Target::Key(other) => Some(edge(other)).filter(|(from, to)| needs(from, to)),
                };
                match found {
                    Some(found) => _ = said.insert(found),
                    // Nobody took it away: no file has told of it yet.
                    None if waits => {}
                    None => _ = gone.insert(nth),
                }
            }
            let items = present.entity.document.pointer_mut(&format!("/spec/{list}"));
            if let (false, Some(Value::Array(items))) = (gone.is_empty(), items) {
                let mut nth = 0..;
                items.retain(|_| nth.next().is_none_or(|nth| !gone.contains(&nth)));
            }
        }
    }
    for present in all.values_mut() {
        let Some(row) = present.key.as_ref().and_then(|key| rows.get(key.as_text())) else { continue };
        let missing = row.depends_on.iter().filter(|other| !said.contains(&(row.key.to_string(), (*other).to_owned())));
        let missing: Vec<Value> = missing
            .map(|other| match ids.get(other) {
                // From another namespace the default one has to be named.
                Some((there, id)) if there == DEFAULT && present.entity.namespace != DEFAULT => {
                    json!(id.replacen(':', ":default/", 1))
                }
                Some((_, id)) => json!(id),
                None => json!(format!("component:default/{other}")),
            })
            .collect();
        if !missing.is_empty() {
            let before = present.entity.document["spec"]["dependsOn"].as_array().cloned().unwrap_or_default();
            put(&mut present.entity.document, &["spec", "dependsOn"], before.into_iter().chain(missing).collect());
        }
    }
}

/// Writes a value at a path, making the way to it.
fn put(document: &mut Value, path: &[&str], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *document = value;
        return;
    };
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    put(&mut document[*name], rest, value);
}

/// Takes away what stands at a path.
fn take(document: &mut Value, path: &[&str]) {
    match (document, path) {
        (Value::Object(object), [name]) => _ = object.shift_remove(*name),
        (Value::Object(object), [name, rest @ ..]) => {
            if let Some(inner) = object.get_mut(*name) {
                take(inner, rest);
            }
        }
        _ => {}
    }
}
