//! What a form says about its limits, said in so many words.
//!
//! A text of a pattern, a day and a time have a greatest length, and a list in a body has no more items than
//! the body has room for. Generators of clients and linters look for the number, so it is written down here, once,
//! from what is enforced elsewhere.

use crate::kernel::http::BODY_LIMIT;
use regex_syntax::{
    Parser,
    hir::{Hir, HirKind},
};
use utoipa::openapi::{
    KnownFormat, RefOr, Schema, SchemaFormat,
    schema::{AdditionalProperties, ArrayItems, Object, SchemaType, Type},
};

/// The years of [`crate::kernel::clock::YEARS`].
const DAY: &str = "^(19[7-9][0-9]|2[0-9]{3})-";
const DAY_LENGTH: usize = 10;
/// The largest file that is taken in, in bytes.
const FILE_LIMIT: usize = 2 << 30;

/// Writes down the limits of a schema and of everything in it.
pub fn write_down(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            of_text(object);
            object.properties.values_mut().for_each(write_down);
            if let Some(AdditionalProperties::RefOr(other)) = object.additional_properties.as_deref_mut() {
                write_down(other);
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                write_down(items);
            }
        }
        Schema::OneOf(one) => one.items.iter_mut().for_each(write_down),
        Schema::AnyOf(any) => any.items.iter_mut().for_each(write_down),
        Schema::AllOf(all) => all.items.iter_mut().for_each(write_down),
        _ => {}
    }
}

/// The same of a body: a list has room for half as many items as the body has bytes, a file for its limit.
pub fn write_down_for_body(schema: &mut RefOr<Schema>) {
    write_down(schema);
    match schema {
        RefOr::T(Schema::Array(array)) if array.max_items.is_none() => {
            array.max_items = usize::try_from(BODY_LIMIT / 2).ok();
        }
        RefOr::T(Schema::Object(object)) if is_text(object) && object.max_length.is_none() => {
            object.format = Some(SchemaFormat::KnownFormat(KnownFormat::Binary));
            object.max_length = Some(FILE_LIMIT);
        }
        _ => {}
    }
}

fn is_text(object: &Object) -> bool {
    match &object.schema_type {
        SchemaType::Type(one) => *one == Type::String,
        SchemaType::Array(several) => several.contains(&Type::String),
        SchemaType::AnyValue => false,
    }
}

fn of_text(object: &mut Object) {
    if !is_text(object) || object.enum_values.is_some() {
        return;
    }
    if object.format == Some(SchemaFormat::KnownFormat(KnownFormat::Date)) {
        object.pattern.get_or_insert_with(|| DAY.to_owned());
        object.max_length = Some(DAY_LENGTH);
    }
    if object.max_length.is_none() {
        object.max_length = object.pattern.as_deref().and_then(longest);
    }
}

/// The most characters that can match, where there is an end to them.
fn longest(pattern: &str) -> Option<usize> {
    let whole = pattern.starts_with('^') && pattern.ends_with('$');
    if whole { characters(&Parser::new().parse(pattern).ok()?) } else { None }
}

fn characters(form: &Hir) -> Option<usize> {
    match form.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(0),
        HirKind::Literal(text) => std::str::from_utf8(&text.0).ok().map(|text| text.chars().count()),
        HirKind::Class(_) => Some(1),
        HirKind::Repetition(again) => characters(&again.sub)?.checked_mul(usize::try_from(again.max?).ok()?),
        HirKind::Capture(part) => characters(&part.sub),
        HirKind::Concat(parts) => parts.iter().map(characters).sum(),
        HirKind::Alternation(ways) => ways.iter().map(characters).try_fold(0, |most, way| Some(way?.max(most))),
    }
}

#[cfg(test)]
mod tests {
    use super::longest;

    #[test]
    fn a_pattern_says_how_long_a_text_may_be() {
        assert_eq!(longest(r"^-?[0-9]{1,12}(\.[0-9]{1,12})?$"), Some(26));
        assert_eq!(longest("^(one|three)(,(one|three)){0,2}$"), Some(17));
        assert_eq!(longest("^[^,]{0,20}(,[^,]{0,20}){0,9}$"), Some(209), "characters, not bytes");
        assert_eq!(longest("^(a|b+)$"), None);
        assert_eq!(longest("^https?://"), None);
        assert_eq!(longest("^[a-z]+$"), None);
    }
}
