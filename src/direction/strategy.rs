//! The strategy: what stands in the way of the vision, and how it is met.

use super::{COLUMNS, Document, DocumentKind, Edition};
use crate::{
    kernel::{
        clock::Instant,
        http::{Column, Listed, Page},
    },
    row,
};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type},
};

/// How the vision is to be reached, in the parts of Richard Rumelt's kernel of strategy (*Good Strategy/Bad Strategy*): a
/// diagnosis, a guiding policy and coherent actions; and what is left undone for them. A version that is published
/// never changes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Strategy {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// What is going on here: the one difficulty, of all that there are, that decides. Markdown.
    pub diagnosis: String,
    /// The approach that meets it, and by that rules out others. Markdown.
    pub guiding_policy: String,
    /// What is done, step by step, so that each step helps the others.
    #[schema(schema_with = steps)]
    pub coherent_actions: Vec<String>,
    /// What is not done, though it would be good, so that the rest can be.
    #[schema(schema_with = omissions)]
    pub not_doing: Vec<String>,
    /// Counts what was published, from 1; null for the draft.
    pub version_number: Option<i64>,
    /// Null for the draft.
    pub published_at: Option<Instant>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
}

row!(Strategy, "strategy", product: product_id);

/// A page of a list of them.
pub type StrategyPage = Page<Strategy>;

impl Listed for Strategy {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SEARCH: &'static [&'static str] = &["content"];
}

/// What a draft of the strategy says, as a whole: what is left out is empty. The parts are those of Richard Rumelt's kernel
/// of strategy, and what is left undone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStrategy {
    /// What is going on here: the one difficulty, of all that there are, that decides. Markdown. Needed before it is
    /// published.
    #[serde(default)]
    #[schema(max_length = 8000)]
    pub diagnosis: String,
    /// The approach that meets it, and by that rules out others. Markdown. Needed before it is published.
    #[serde(default)]
    #[schema(max_length = 8000)]
    pub guiding_policy: String,
    #[serde(default)]
    #[schema(schema_with = steps)]
    pub coherent_actions: Vec<String>,
    #[serde(default)]
    #[schema(schema_with = omissions)]
    pub not_doing: Vec<String>,
}

fn steps() -> Array {
    sentences("What is done, step by step, so that each step helps the others.")
}

fn omissions() -> Array {
    sentences("What is not done, though it would be good, so that the rest can be.")
}

fn sentences(description: &str) -> Array {
    let sentence = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(500));
    ArrayBuilder::new().items(sentence).max_items(Some(50)).description(Some(description)).build()
}

impl Document for Strategy {
    const KIND: DocumentKind = DocumentKind::Strategy;
    type New = NewStrategy;

    fn of(edition: Edition, said: NewStrategy) -> Self {
        Self {
            id: edition.id,
            product_id: edition.product_id,
            diagnosis: said.diagnosis,
            guiding_policy: said.guiding_policy,
            coherent_actions: said.coherent_actions,
            not_doing: said.not_doing,
            version_number: edition.version_number,
            published_at: edition.published_at,
            created_at: edition.created_at,
            updated_at: edition.updated_at,
            version: edition.version,
        }
    }

    fn lacks(&self) -> Vec<&'static str> {
        let said = [("diagnosis", &self.diagnosis), ("guiding_policy", &self.guiding_policy)];
        said.into_iter().filter(|(_, text)| text.trim().is_empty()).map(|(name, _)| name).collect()
    }
}
