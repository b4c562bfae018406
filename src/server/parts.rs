//! Objects inside a patch, in the contract: any part of one will do, since it is merged into the one that is there.

use crate::kernel::http::nullable;
use std::collections::BTreeMap;
use utoipa::openapi::{
    Ref, RefOr, Schema,
    schema::{AnyOfBuilder, Object},
};

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Gives every object inside a `…Patch` a schema of its parts: `MoneyPart` for `Money`.
pub fn name_the_parts(schemas: &mut Schemas) {
    let whole = schemas.clone();
    let mut made = Schemas::new();
    for (name, schema) in schemas.iter_mut() {
        if let (true, RefOr::T(Schema::Object(patch))) = (name.ends_with("Patch"), schema) {
            patch.properties.values_mut().for_each(|inner| take_part(inner, &whole, &mut made));
        }
    }
    schemas.extend(made);
}

fn take_part(schema: &mut RefOr<Schema>, whole: &Schemas, made: &mut Schemas) {
    match schema {
        RefOr::Ref(reference) => {
            let Some(name) = reference.ref_location.rsplit('/').next() else { return };
            let Some(part) = whole.get(name).and_then(|schema| part_of(schema, whole, made)) else { return };
            let own = format!("{name}Part");
            reference.ref_location = Ref::from_schema_name(&own).ref_location;
            made.insert(own, part);
        }
        RefOr::T(Schema::OneOf(either)) => either.items.iter_mut().for_each(|inner| take_part(inner, whole, made)),
        RefOr::T(_) => {}
    }
}

/// What an object may be a part of; nothing for what is replaced whole.
fn part_of(schema: &RefOr<Schema>, whole: &Schemas, made: &mut Schemas) -> Option<RefOr<Schema>> {
    match schema {
        RefOr::T(Schema::Object(object)) if !object.properties.is_empty() => {
            Some(Schema::Object(part_of_object(object.clone(), whole, made)).into())
        }
        RefOr::T(Schema::OneOf(ways)) => {
            let parts: Option<Vec<_>> = ways.items.iter().map(|way| part_of(way, whole, made)).collect();
            // What is left of one way may be left of another as well.
            let any = parts?.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item);
            Some(any.description(ways.description.clone()).into())
        }
        _ => None,
    }
}

fn part_of_object(mut object: Object, whole: &Schemas, made: &mut Schemas) -> Object {
    let required = std::mem::take(&mut object.required);
    for (name, schema) in &mut object.properties {
        take_part(schema, whole, made);
        if !required.contains(name) {
            nullable(schema);
        }
    }
    object
}
