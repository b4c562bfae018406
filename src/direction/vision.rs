//! The vision: why there is a platform at all, and for whom.

use super::{COLUMNS, Document, DocumentKind, Edition};
use crate::{
    kernel::{
        clock::Instant,
        http::{Column, Listed, Page},
    },
    row,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why the platform exists and what is to become of it, in the parts of Roman Pichler's product vision board: the vision
/// itself, whom it serves, what they need, what the product is and what the business has of it. A version that is
/// published never changes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Vision {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The change in the world that the product is to bring about, in a sentence or two that everybody can repeat.
    pub statement: String,
    /// Whom it is for: the people who use it, and those who pay. Markdown.
    pub target_group: String,
    /// Which problem it takes off them, or which good it does them. Markdown.
    pub needs: String,
    /// What it is and what makes it stand out: why they should use it and nothing else. Markdown.
    pub value_proposition: String,
    /// What the company has of it: what it earns, saves, or is spared. Markdown.
    pub business_goals: String,
    /// The day by which it is to have come true; null where nobody says.
    pub horizon_on: Option<NaiveDate>,
    /// Counts what was published, from 1; null for the draft.
    pub version_number: Option<i64>,
    /// Null for the draft.
    pub published_at: Option<Instant>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
}

row!(Vision, "vision", product: product_id);

/// A page of a list of them.
pub type VisionPage = Page<Vision>;

impl Listed for Vision {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SEARCH: &'static [&'static str] = &["content"];
}

/// What a draft of the vision says, as a whole: what is left out is empty. The parts are those of Roman Pichler's product
/// vision board.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVision {
    /// The change in the world that the product is to bring about, in a sentence or two that everybody can repeat.
    /// Needed before it is published.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub statement: String,
    /// Whom it is for: the people who use it, and those who pay. Markdown.
    #[serde(default)]
    #[schema(max_length = 8000)]
    pub target_group: String,
    /// Which problem it takes off them, or which good it does them. Markdown.
    #[serde(default)]
    #[schema(max_length = 8000)]
    pub needs: String,
    /// What it is and what makes it stand out: why they should use it and nothing else. Markdown.
    #[serde(default)]
    #[schema(max_length = 8000)]
    pub value_proposition: String,
    /// What the company has of it: what it earns, saves, or is spared. Markdown.
    #[serde(default)]
    #[schema(max_length = 8000)]
    pub business_goals: String,
    /// The day by which it is to have come true.
    pub horizon_on: Option<NaiveDate>,
}

impl Document for Vision {
    const KIND: DocumentKind = DocumentKind::Vision;
    type New = NewVision;

    fn of(edition: Edition, said: NewVision) -> Self {
        Self {
            id: edition.id,
            product_id: edition.product_id,
            statement: said.statement,
            target_group: said.target_group,
            needs: said.needs,
            value_proposition: said.value_proposition,
            business_goals: said.business_goals,
            horizon_on: said.horizon_on,
            version_number: edition.version_number,
            published_at: edition.published_at,
            created_at: edition.created_at,
            updated_at: edition.updated_at,
            version: edition.version,
        }
    }

    fn lacks(&self) -> Vec<&'static str> {
        if self.statement.trim().is_empty() { vec!["statement"] } else { Vec::new() }
    }
}
