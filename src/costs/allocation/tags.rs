//! The tags that a cost entry has to have for a rule to take it.

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{AdditionalProperties, ObjectBuilder, Type},
    },
};

/// How many tags a rule may ask for.
const MOST: usize = 20;

/// Tags and their values, all of which a cost entry has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchTags(pub BTreeMap<String, String>);

impl MatchTags {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialSchema for MatchTags {
    fn schema() -> RefOr<Schema> {
        let text = |longest| ObjectBuilder::new().schema_type(Type::String).max_length(Some(longest));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .property_names(Some(text(2000).min_length(Some(1)).build()))
            .additional_properties(Some(AdditionalProperties::from(RefOr::<Schema>::from(text(2000)))))
            .min_properties(Some(1))
            .max_properties(Some(MOST))
            .description(Some("Tags and the values that they have, in a file as JSON: `{\"team\": \"payments\"}`."))
            .into()
    }
}

impl ToSchema for MatchTags {
    fn name() -> Cow<'static, str> {
        "MatchTags".into()
    }
}
