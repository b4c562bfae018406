//! Addresses by which a program that can send no credential reads one dataset, until they expire or are revoked.

pub mod api;
pub mod pages;
pub mod store;

use super::ExportQuery;
use crate::{
    kernel::{
        auth::Role,
        clock::Instant,
        db::{Head, Row},
        http::{Column, Listed, Page, SIGNED},
        schema::export_urls,
        text::JsonText,
    },
    row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address that opens an export. What opens it is told once, when it is made, and kept only as a hash.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = export_urls)]
pub struct SignedUrl {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    #[serde(skip)]
    pub member_id: String,
    pub dataset: String,
    #[schema(value_type = ExportQuery)]
    pub filters: JsonText<ExportQuery>,
    /// As what it is read: what its maker was when they made it.
    pub role: Role,
    #[serde(skip)]
    pub token_hash: String,
    pub expires_at: Instant,
    /// How many times it was opened.
    pub reads: i64,
    /// The id of the user who made it. It opens nothing once they are disabled, no member, or less than `role`.
    pub created_by: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(SignedUrl, "signed-urls", product: product_id);

/// A page of a list of them.
pub type SignedUrlPage = Page<SignedUrl>;

impl Listed for SignedUrl {
    const COLUMNS: &'static [Column] = &[
        Column::text("dataset", "dataset"),
        Column::choice("role", "role", Role::WORDS),
        Column::text("created_by", "created_by"),
        Column::time("expires_at", "expires_at"),
        Column::integer("reads", "reads"),
        Column::time("created_at", "created_at"),
    ];
    const SEARCH: &'static [&'static str] = &["dataset"];
}

/// An address to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSignedUrl {
    /// The name of a dataset.
    #[schema(max_length = 63, pattern = "^[a-z_]+$", example = "cost_entries")]
    pub dataset: String,
    /// What is wanted of it, as the parameters of the export say it.
    #[serde(default)]
    pub filters: ExportQuery,
    /// Seconds from now until it opens nothing any more: at most 366 days.
    #[schema(minimum = 1, maximum = 31_622_400, example = 7_776_000)]
    pub expires_in: i64,
}

/// An address that was just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OpenedSignedUrl {
    #[serde(flatten)]
    pub kept: SignedUrl,
    /// Told only now; on this server.
    #[schema(example = "/e/Zm9yIGV4YW1wbGUgb25seQ")]
    pub url: String,
}

impl OpenedSignedUrl {
    fn new(kept: SignedUrl, token: &str) -> Self {
        Self { kept, url: format!("{SIGNED}{token}") }
    }
}

impl Row for OpenedSignedUrl {
    const RESOURCE: &'static str = SignedUrl::RESOURCE;

    fn id(&self) -> &str {
        self.kept.id()
    }

    fn version(&self) -> i64 {
        self.kept.version()
    }

    fn created_at(&self) -> Instant {
        self.kept.created_at()
    }

    fn product(&self) -> Option<&str> {
        self.kept.product()
    }
}

/// Whose membership an address rests on.
#[derive(Debug)]
pub struct Maker {
    pub member_id: String,
    pub user: String,
    pub role: Role,
}

impl NewSignedUrl {
    fn into_row(self, product: &str, maker: Maker, token_hash: String, expires_at: Instant, head: Head) -> SignedUrl {
        SignedUrl {
            id: head.id,
            product_id: product.to_owned(),
            member_id: maker.member_id,
            dataset: self.dataset,
            filters: JsonText::new(self.filters),
            role: maker.role,
            token_hash,
            expires_at,
            reads: 0,
            created_by: maker.user,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
