//! Where the properties of a resource stand in a row of a file, by its published schema.

use crate::kernel::{
    merge::heading,
    month::{Month, Week},
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use utoipa::{PartialSchema, ToSchema};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    /// Separated by a blank.
    Words,
    /// One a line of the cell: what may hold a blank itself.
    Lines,
    /// Addresses separated by a blank, each its own title.
    Links,
    /// Objects one a line, each the values of those properties with colons between them.
    Objects(Vec<(String, Self)>),
    /// An object of whatever names, as JSON.
    Json,
}

/// What a cell's text must look like, as far as a mapping has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    Plain,
    /// An exact number.
    Decimal,
    Day,
    Time,
    Month,
    Week,
    /// One of these words.
    Choice(Vec<String>),
}

/// One property's place in a row. An object has one for each of its own properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub property: String,
    pub part: Option<String>,
    pub kind: Kind,
    /// What its text must look like, beyond its kind.
    pub form: Form,
    /// Whether a file that has any column of the property must have this one.
    pub needed: bool,
}

impl Place {
    pub fn heading(&self) -> String {
        heading(&self.property, self.part.as_deref())
    }
}

/// Places by their headings, in the order of the schema, and the properties that are required.
pub type Columns = (Vec<(String, Place)>, Vec<String>);

/// The columns that a resource can have.
pub fn places<N: ToSchema>() -> Columns {
    let mut named = Vec::new();
    N::schemas(&mut named);
    let named: HashMap<String, Value> = named.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
    let schema = json!(N::schema());
    let required = schema["required"].as_array().into_iter().flatten();
    let required = required.filter_map(|name| name.as_str().map(ToOwned::to_owned)).collect();
    let mut places = Vec::new();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let shapes = objects(schema, &named);
        if shapes.is_empty() {
            let schema = resolved(schema, &named);
            let (kind, form) = (kind_of(schema, &named), form_of(schema));
            places.push(Place { property: name.clone(), part: None, kind, form, needed: true });
        }
        for part in shapes.iter().flat_map(|shape| shape["properties"].as_object()).flat_map(Map::keys) {
            if places.iter().any(|place| place.property == *name && place.part.as_ref() == Some(part)) {
                continue;
            }
            let of = |shape: &&Value| shape["required"].as_array().is_some_and(|names| names.iter().any(|n| n == part));
            let schema = shapes.iter().map(|shape| &shape["properties"][part]).find(|schema| schema.is_object());
            let schema = schema.map(|schema| resolved(schema, &named));
            let kind = schema.map_or(Kind::Text, |schema| kind_of(schema, &named));
            // What an object's `kind` may be depends on the others of its ways.
            let form = schema.map_or(Form::Plain, form_of);
            let form = if matches!(form, Form::Choice(_)) && shapes.len() > 1 { Form::Plain } else { form };
            let needed = shapes.iter().all(of);
            places.push(Place { property: name.clone(), part: Some(part.clone()), kind, form, needed });
        }
    }
    (places.into_iter().map(|place| (place.heading(), place)).collect(), required)
}

fn kind_of(schema: &Value, named: &HashMap<String, Value>) -> Kind {
    let is = |word: &str| match &schema["type"] {
        Value::Array(types) => types.iter().any(|kind| kind == word),
        kind => kind == word,
    };
    match () {
        () if is("integer") => Kind::Integer,
        () if is("number") => Kind::Number,
        () if is("boolean") => Kind::Boolean,
        () if is("array") && resolved(&schema["items"], named)["type"] == "object" => {
            objects_of(resolved(&schema["items"], named), named)
        }
        () if is("array") && resolved(&schema["items"], named)["pattern"].is_null() => Kind::Lines,
        () if is("array") => Kind::Words,
        () if is("object") => Kind::Json,
        () => Kind::Text,
    }
}

fn form_of(schema: &Value) -> Form {
    let (pattern, format) = (schema["pattern"].as_str().unwrap_or_default(), schema["format"].as_str());
    let is = |other: Value| !pattern.is_empty() && other["pattern"] == pattern;
    let number = |kind: &Value| kind == "number" || kind == "integer";
    let number = number(&schema["type"]) || schema["type"].as_array().is_some_and(|all| all.iter().any(number));
    match (format, schema["enum"].as_array()) {
        (Some("date"), _) => Form::Day,
        (Some("date-time"), _) => Form::Time,
        (_, Some(words)) => Form::Choice(words.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()),
        _ if is(json!(Month::schema())) => Form::Month,
        _ if is(json!(Week::schema())) => Form::Week,
        _ if number || pattern.contains(r"(\.[0-9]") => Form::Decimal,
        _ => Form::Plain,
    }
}

/// The headings that a file must have and has not: what is required, and the rest of an object it has a part of.
pub fn missing<'k>(known: &'k [(String, Place)], required: &[String], has: impl Fn(&Place) -> bool) -> Vec<&'k str> {
    let touched = |property: &str| known.iter().any(|(_, place)| place.property == property && has(place));
    let wanted = |place: &Place| place.needed && (required.contains(&place.property) || touched(&place.property));
    known.iter().filter(|(_, place)| wanted(place) && !has(place)).map(|(name, _)| name.as_str()).collect()
}

/// Links, or objects by their required properties, which the schema has in order.
fn objects_of(item: &Value, named: &HashMap<String, Value>) -> Kind {
    let required = item["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let kind = |name: &str| kind_of(resolved(&item["properties"][name], named), named);
    let of: Vec<_> = required.map(|name| (name.to_owned(), kind(name))).collect();
    match of.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()[..] {
        ["title", "url"] => Kind::Links,
        _ => Kind::Objects(of),
    }
}

/// The shapes that a property with columns of its own can have; none when it is no object.
fn objects<'s>(schema: &'s Value, named: &'s HashMap<String, Value>) -> Vec<&'s Value> {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return named.get(name).map_or_else(Vec::new, |schema| objects(schema, named));
    }
    match schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        Some(choices) => choices.iter().flat_map(|choice| objects(choice, named)).collect(),
        None if schema["properties"].is_object() => vec![schema],
        None => Vec::new(),
    }
}

/// What a schema refers to, and of "null or this" the latter.
fn resolved<'s>(schema: &'s Value, named: &'s HashMap<String, Value>) -> &'s Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return named.get(name).map_or(schema, |schema| resolved(schema, named));
    }
    let choices = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    match choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null")) {
        Some(choice) => resolved(choice, named),
        None => schema,
    }
}
