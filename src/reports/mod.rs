//! The month and its report.
//!
//! `gather` reads everything at one moment, `figures` makes facts of it, `sections` makes words of
//! the facts, `render` makes a page of the words. A published report is frozen: its document, its
//! facts with their rows, and the very bytes of its page.

pub mod api;
pub mod charts;
pub mod commentary;
pub mod document;
pub mod earlier;
pub mod facts;
pub mod figures;
pub mod gather;
pub mod mail;
pub mod months;
pub mod pages;
pub mod render;
pub mod schedule;
pub mod sections;
pub mod shares;
pub mod store;
pub mod views;
pub mod waiting;
pub mod worth;
#[cfg(test)]
mod tests;

use crate::{
    kernel::{
        clock::Instant,
        db::{Head, Row},
        http::{Column, Listed, Page},
        month::Month,
        schema::reports,
    },
    row, text_enum,
};
use diesel::prelude::*;
use document::{Correction, Document, Section};
use facts::{Fact, Facts};
use gather::Material;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Where a report stands.
    pub enum ReportState {
        /// Owners and editors see it, and it changes.
        Draft = "draft",
        /// Frozen, and read by everyone.
        Published = "published",
        /// The same, but by the clock, on the product's `publish_day`: nobody has reviewed it.
        Unreviewed = "unreviewed",
    }
}

impl ReportState {
    /// Whether it is frozen, whoever published it.
    pub fn is_published(self) -> bool {
        match self {
            Self::Draft => false,
            Self::Published | Self::Unreviewed => true,
        }
    }
}

/// The report of a month: one a product, month and revision.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = reports, treat_none_as_null = true)]
pub struct Report {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub month: Month,
    /// 1 is the first; each later one corrects the one before.
    pub revision: i64,
    pub state: ReportState,
    /// When its data was read.
    pub built_at: Instant,
    pub published_at: Option<Instant>,
    /// Why there is this revision; empty for the first.
    pub reason: String,
    /// SHA-256, in hex, of what was frozen; see `docs/API.md`.
    pub hash: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Report, "reports", product: product_id);

/// A page of a list of them.
pub type ReportPage = Page<Report>;

impl Listed for Report {
    const COLUMNS: &'static [Column] = &[
        Column::text("month", "month"),
        Column::integer("revision", "revision"),
        Column::choice("state", "state", ReportState::WORDS),
        Column::time("published_at", "published_at").or_null(),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &[];
}

/// A report to be built.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    pub month: Month,
}

/// What is said when a report is published.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Why there is this revision; required for every one but the first.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// A report with its words and figures.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReportView {
    #[serde(flatten)]
    pub report: Report,
    /// What the product was called then.
    pub product: document::ReportProduct,
    /// Months of activity are this zone's; months of cost are UTC.
    pub zone: String,
    pub currency: crate::kernel::money::Currency,
    pub sections: Vec<Section>,
    /// Without their rows, which stand at each fact's own path.
    pub facts: Vec<Fact>,
    /// What differs from the revision before.
    pub corrections: Vec<Correction>,
}

impl Row for ReportView {
    const RESOURCE: &'static str = Report::RESOURCE;

    fn id(&self) -> &str {
        self.report.id()
    }

    fn version(&self) -> i64 {
        self.report.version()
    }

    fn created_at(&self) -> Instant {
        self.report.created_at()
    }

    fn product(&self) -> Option<&str> {
        self.report.product()
    }
}

impl ReportView {
    pub fn new(report: Report, document: Document, facts: Vec<Fact>) -> Self {
        Self {
            report,
            product: document.product,
            zone: document.zone,
            currency: document.currency,
            sections: document.sections,
            corrections: document.corrections,
            facts: facts.into_iter().map(|fact| Fact { rows: None, ..fact }).collect(),
        }
    }
}

/// All facts of a report, in order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FactList {
    pub items: Vec<Fact>,
    /// Always null: a report's facts are answered at once.
    pub next_cursor: Option<String>,
}

/// A report before it is kept: what a month looks like in today's data.
pub struct Draft {
    pub document: Document,
    pub facts: Facts,
}

impl Draft {
    pub fn of(material: &Material) -> Self {
        let facts = figures::figures(material);
        Self { document: sections::written(material, &facts), facts }
    }
}

impl Report {
    /// A draft of a month; the revision after `published`, if there is one.
    fn draft(draft: &Draft, product: &str, revision: i64, head: Head) -> Self {
        Self {
            id: head.id,
            product_id: product.to_owned(),
            month: draft.document.month,
            revision,
            state: ReportState::Draft,
            built_at: draft.document.built_at,
            published_at: None,
            reason: String::new(),
            hash: None,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
