//! What those whom an item is linked to may be called in a request: texts with blanks, so they are lists of texts and not
//! words.

use utoipa::openapi::{
    ObjectBuilder,
    schema::{Array, ArrayBuilder, Type},
};

/// A list of names of at most so many characters each.
fn named(longest: usize, words: &str) -> Array {
    let name = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(longest));
    ArrayBuilder::new().items(name).max_items(Some(100)).description(Some(words)).build()
}

pub fn objectives() -> Array {
    named(200, "Ids or titles of the objectives that it serves.")
}

pub fn personas() -> Array {
    named(120, "Names or ids of those it is for.")
}

pub fn feedback() -> Array {
    named(2000, "Ids of the feedback that it answers, or its texts: what people asked for, and get by this.")
}

pub fn risks() -> Array {
    named(200, "Ids or titles of the risks that it makes smaller.")
}
