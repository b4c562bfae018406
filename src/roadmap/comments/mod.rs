//! What is said about roadmap items.

pub mod api;
pub mod store;

use super::ItemRef;
use crate::{
    kernel::{
        clock::Instant,
        http::{Column, Listed, Page},
        schema::roadmap_comments,
    },
    row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something said about a roadmap item. It is never changed or taken back.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = roadmap_comments)]
pub struct RoadmapComment {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The item's ref.
    pub roadmap_item: ItemRef,
    /// Markdown.
    pub text: String,
    /// The id of the user who said it; null for the machine's own operator.
    pub author: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(RoadmapComment, "roadmap-comments", product: product_id);

/// A page of a list of them.
pub type RoadmapCommentPage = Page<RoadmapComment>;

impl Listed for RoadmapComment {
    const COLUMNS: &'static [Column] =
        &[Column::text("author", "author").or_null(), Column::time("created_at", "created_at")];
    const SEARCH: &'static [&'static str] = &["text"];
}

/// A comment to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoadmapComment {
    /// Markdown.
    #[schema(min_length = 1, max_length = 20_000)]
    pub text: String,
}
