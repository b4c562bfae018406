//! JSON Merge Patch (RFC 7396), checked like a whole.
//!
//! A patch is merged into what the row says now, and the result must be what the *create* schema
//! allows: one set of rules for both ways. `null` takes a property back to its default.

use super::body::{below, read_json, validate};
use crate::kernel::failure::{Failure, Fault};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::marker::PhantomData;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// What can be created and then changed property by property.
pub trait Patchable: DeserializeOwned + ToSchema + 'static {
    /// Properties that are given once, at creation.
    const FIXED: &'static [&'static str] = &[];
}

/// Some of the properties of a `T`, to be changed.
#[derive(Debug, Clone)]
pub struct Patch<T>(Map<String, Value>, PhantomData<fn() -> T>);

impl<T: Patchable> Patch<T> {
    /// From properties that are in a program's hands already.
    pub fn of(changes: Map<String, Value>) -> Self {
        Self(changes, PhantomData)
    }

    /// From properties as they were sent.
    ///
    /// # Errors
    /// A fault for each that there is not, or that is given once, at creation.
    pub fn sent(changes: Map<String, Value>) -> Result<Self, Vec<Fault>> {
        let known = properties::<T>();
        let fixed = |name: &String| T::FIXED.contains(&name.as_str());
        let faults: Vec<Fault> = changes
            .keys()
            .filter(|name| fixed(name) || !known.contains(name))
            .map(|name| match fixed(name) {
                true => Fault::at(below("", name), "fixed", "this is given once, at creation"),
                false => Fault::at(below("", name), "unknown_property", "there is no such property"),
            })
            .collect();
        if faults.is_empty() { Ok(Self::of(changes)) } else { Err(faults) }
    }

    /// Whether it says anything of a property.
    pub fn names(&self, property: &str) -> bool {
        self.0.contains_key(property)
    }

    /// `row` with the changes, as a whole `T`.
    ///
    /// # Errors
    /// Everything that is wrong with the result.
    pub fn apply(&self, row: &impl Serialize) -> Result<T, Failure> {
        let Value::Object(now) = serde_json::to_value(row).map_err(Failure::internal)? else {
            return Err(Failure::internal("a row is an object"));
        };
        let known = properties::<T>();
        let mut merged: Map<String, Value> = now.into_iter().filter(|(name, _)| known.contains(name)).collect();
        for (name, value) in &self.0 {
            merge(merged.entry(name.clone()).or_insert(Value::Null), value);
        }
        merged.retain(|_, value| !value.is_null());
        validate(Value::Object(merged)).map_err(Failure::Invalid)
    }
}

/// RFC 7396, section 2; but what another `kind` had does not stay beside what the new one has, where it could only be
/// refused.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    let of_another_kind = matches!((target.get("kind"), changes.get("kind")), (Some(was), Some(is)) if was != is);
    if !target.is_object() || of_another_kind {
        *target = Value::Object(Map::new());
    }
    let Value::Object(object) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

fn properties<T: PartialSchema>() -> Vec<String> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

impl<T: Patchable> FromRequest for Patch<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let types = ["application/merge-patch+json", "application/json"];
            let value = read_json(&req, payload, &types).await?;
            let Value::Object(changes) = value else {
                return Err(Failure::invalid("", "type", "a patch is an object"));
            };
            Self::sent(changes).map_err(Failure::Invalid)
        })
    }
}

/// The schema of a patch is made from the schema of the whole: nothing required, what has a
/// default may be `null`, what is fixed is left out.
impl<T: Patchable> PartialSchema for Patch<T> {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut object)) = T::schema() else { return T::schema() };
        let required = std::mem::take(&mut object.required);
        object.properties.retain(|name, _| !T::FIXED.contains(&name.as_str()));
        for (name, schema) in &mut object.properties {
            if !required.contains(name) {
                nullable(schema);
            }
        }
        object.description = Some("A JSON Merge Patch: what is left out stays, `null` takes the default.".to_owned());
        RefOr::T(Schema::Object(object))
    }
}

/// Lets a property be `null`, for its default.
pub fn nullable(schema: &mut RefOr<Schema>) {
    use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaType, Type};
    match schema {
        RefOr::T(Schema::Object(object)) => {
            object.default = None;
            if let SchemaType::Type(one) = &object.schema_type {
                object.schema_type = SchemaType::Array(vec![one.clone(), Type::Null]);
            }
        }
        RefOr::T(Schema::Array(array)) => {
            array.default = None;
            array.schema_type = SchemaType::Array(vec![Type::Array, Type::Null]);
        }
        RefOr::T(Schema::OneOf(_)) => {}
        other => {
            let null = ObjectBuilder::new().schema_type(Type::Null);
            *other = OneOfBuilder::new().item(null).item(other.clone()).into();
        }
    }
}

impl<T: Patchable> ToSchema for Patch<T> {
    /// `NewComponent` is patched by a `ComponentPatch`.
    fn name() -> std::borrow::Cow<'static, str> {
        format!("{}Patch", T::name().trim_start_matches("New")).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}
