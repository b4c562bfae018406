//! How a component was found to keep to a principle on a day.

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        schema::principle_adherence,
    },
    row, text_enum,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// How far a component keeps to a principle: `follows` (whoever uses it may count on it), `partly` (in some of it, or
    /// for some users), `violates` (it does not), `not_assessed` (nobody knows; also how a finding that is out of date is
    /// taken back). What is not assessed is never counted as kept or broken.
    pub enum AdherenceLevel {
        Follows = "follows",
        Partly = "partly",
        Violates = "violates",
        NotAssessed = "not_assessed",
    }
}

impl AdherenceLevel {
    /// The better, the higher; none where nobody knows.
    pub fn height(self) -> Option<u8> {
        match self {
            Self::Follows => Some(2),
            Self::Partly => Some(1),
            Self::Violates => Some(0),
            Self::NotAssessed => None,
        }
    }
}

/// How a component was found to keep to a principle on a day. The latest finding by a day counts on it; earlier ones are
/// the history, and stay.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = principle_adherence)]
pub struct Adherence {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The principle's id.
    pub principle: String,
    /// A component's key.
    pub component: String,
    pub level: AdherenceLevel,
    /// What shows it, so that somebody else can look: what was tried, or where it can be read. Plain text.
    pub evidence: String,
    /// The day on which somebody looked.
    pub assessed_on: NaiveDate,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Adherence, "adherence", product: product_id);

/// A page of a list of them.
pub type AdherencePage = Page<Adherence>;
/// Some of its properties, to be changed.
pub type AdherencePatch = Patch<NewAdherence>;

impl Listed for Adherence {
    const COLUMNS: &'static [Column] = &[
        Column::text("component", "component"),
        Column::choice("level", "level", AdherenceLevel::WORDS),
        Column::date("assessed_on", "assessed_on"),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["component", "evidence"];
}

/// A finding to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAdherence {
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: String,
    pub level: AdherenceLevel,
    /// What shows it, so that somebody else can look: what was tried, or where it can be read. Plain text.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub evidence: String,
    /// The day on which somebody looked; one finding a day.
    pub assessed_on: NaiveDate,
}

impl Patchable for NewAdherence {}

impl NewAdherence {
    /// `component` is the key of the one it names.
    pub fn into_row(self, product: &ProductId, principle: &str, component: String, head: Head) -> Adherence {
        Adherence {
            id: head.id,
            product_id: product.as_str().to_owned(),
            principle: principle.to_owned(),
            component,
            level: self.level,
            evidence: self.evidence,
            assessed_on: self.assessed_on,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// A finding as a line of a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdherenceRow {
    /// A principle's statement or id.
    #[schema(min_length = 1, max_length = 200)]
    pub principle: String,
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: String,
    pub level: AdherenceLevel,
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub evidence: String,
    pub assessed_on: NaiveDate,
}

impl Patchable for AdherenceRow {}

impl AdherenceRow {
    /// `principle` is an id, `component` a key.
    pub fn into_row(self, product: &ProductId, principle: &str, component: String, head: Head) -> Adherence {
        let Self { level, evidence, assessed_on, .. } = self;
        let new = NewAdherence { component: String::new(), level, evidence, assessed_on };
        new.into_row(product, principle, component, head)
    }
}
