//! Links by which somebody without an account reads one published report, until they expire or are revoked.

pub mod api;
pub mod pages;
pub mod store;

use crate::{
    kernel::{
        clock::Instant,
        db::{Head, Row},
        http::{Column, Listed, Page},
        schema::share_links,
    },
    row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A link to a report. What opens it is told once, when it is made, and kept only as a hash.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = share_links, treat_none_as_null = true)]
pub struct ShareLink {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The report's id.
    #[diesel(column_name = report_id)]
    pub report: String,
    /// As whom it is read first: a group, or a stakeholder's id; empty for everyone.
    #[serde(rename = "for")]
    pub audience: String,
    #[serde(skip)]
    pub token_hash: String,
    pub expires_at: Instant,
    /// How many times the report was opened with it.
    pub reads: i64,
    /// The id of the user who made it; null for the machine's own operator.
    pub created_by: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(ShareLink, "share-links", product: product_id);

/// A page of a list of them.
pub type ShareLinkPage = Page<ShareLink>;

impl Listed for ShareLink {
    const COLUMNS: &'static [Column] = &[
        Column::time("expires_at", "expires_at"),
        Column::integer("reads", "reads"),
        Column::time("created_at", "created_at"),
    ];
    const SEARCH: &'static [&'static str] = &[];
}

/// A link to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShareLink {
    /// From then on it opens nothing; at most 366 days from now.
    #[schema(example = "2099-12-31T00:00:00Z")]
    pub expires_at: Instant,
    /// As whom the report is read first: a group, or a stakeholder's id; for everyone when left out.
    #[serde(default, rename = "for")]
    #[schema(max_length = 63, pattern = "^[A-Za-z0-9-]*$", example = "finance")]
    pub audience: String,
}

/// A link that was just made, with the address that opens it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OpenedShareLink {
    #[serde(flatten)]
    pub link: ShareLink,
    /// Told only now.
    #[schema(example = "/r/Zm9yIGV4YW1wbGUgb25seQ")]
    pub url: String,
}

impl Row for OpenedShareLink {
    const RESOURCE: &'static str = ShareLink::RESOURCE;

    fn id(&self) -> &str {
        self.link.id()
    }

    fn version(&self) -> i64 {
        self.link.version()
    }

    fn created_at(&self) -> Instant {
        self.link.created_at()
    }

    fn product(&self) -> Option<&str> {
        self.link.product()
    }
}

impl NewShareLink {
    fn into_row(self, product: &str, report: &str, token_hash: String, by: Option<String>, head: Head) -> ShareLink {
        ShareLink {
            id: head.id,
            product_id: product.to_owned(),
            report: report.to_owned(),
            audience: self.audience,
            token_hash,
            expires_at: self.expires_at,
            reads: 0,
            created_by: by,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
