//! What is said about a claim: comments, and what its stakeholder did.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page},
        schema::impact_comments,
    },
    row, text_enum,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// What somebody did when they said it.
    pub enum CommentKind {
        Comment = "comment",
        /// The stakeholder accepted the claim.
        Accept = "accept",
        /// The stakeholder questioned it.
        Question = "question",
    }
}

/// Something said about a claim. It is never changed or taken back.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = impact_comments)]
pub struct ImpactComment {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The claim's id.
    pub impact_claim: String,
    pub kind: CommentKind,
    /// May be empty where somebody accepts.
    pub text: String,
    /// The id of the user who said it; null for the machine's own operator.
    pub author: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(ImpactComment, "impact-comments", product: product_id);

/// A page of a list of them.
pub type ImpactCommentPage = Page<ImpactComment>;

impl Listed for ImpactComment {
    const COLUMNS: &'static [Column] = &[
        Column::choice("kind", "kind", CommentKind::WORDS),
        Column::text("author", "author").or_null(),
        Column::time("created_at", "created_at"),
    ];
    const SEARCH: &'static [&'static str] = &["text"];
}

/// A comment to be made, or a question to be asked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewImpactComment {
    #[schema(min_length = 1, max_length = 4000)]
    pub text: String,
}

/// What somebody says who accepts a claim.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub text: String,
}

impl ImpactComment {
    pub fn new(
        claim: &super::ImpactClaim,
        kind: CommentKind,
        text: String,
        author: Option<String>,
        head: Head,
    ) -> Self {
        Self {
            id: head.id,
            product_id: claim.product_id.clone(),
            impact_claim: claim.id.clone(),
            kind,
            text,
            author,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
