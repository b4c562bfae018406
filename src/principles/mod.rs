//! What a user may count on across every tool of the platform, and which component keeps to it.

mod adherence;
pub mod api;
pub mod scorecard;
pub mod store;

pub use adherence::{Adherence, AdherenceLevel, AdherencePage, AdherencePatch, AdherenceRow, NewAdherence};

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        schema::principles,
        text::nfc,
    },
    row,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The last place there is.
pub const LAST_RANK: i64 = 1_000_000;

/// What a user may count on across every tool of the platform.
///
/// A product principle (Marty Cagan, *Inspired*) says what the team holds to when two good things are in each other's
/// way, so that it is decided once and not in every tool anew. It is kept or broken by components: see their adherence.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = principles, treat_none_as_null = true)]
pub struct Principle {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The promise in one sentence, as its users would say it: `Every tool lets you in with the account you have`.
    pub statement: String,
    #[serde(skip)]
    pub statement_nfc: String,
    /// Why the team holds to it, and what it gives up for it. Markdown.
    pub rationale: String,
    /// What follows for whoever builds or buys a component: what it has to do, and what it may not. Markdown.
    pub implications: String,
    /// Where it stands in the team's own order: 1 is what wins when two principles are in each other's way. Where two
    /// have the same, the one that was written down first stands first.
    pub rank: i64,
    /// The day from which on it holds no more. What was found until then is kept.
    pub retired_on: Option<NaiveDate>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Principle, "principles", product: product_id);

impl Principle {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.retired_on.is_none_or(|retired| retired > day)
    }
}

/// A page of a list of them.
pub type PrinciplePage = Page<Principle>;
/// Some of its properties, to be changed.
pub type PrinciplePatch = Patch<NewPrinciple>;

impl Listed for Principle {
    const COLUMNS: &'static [Column] = &[
        Column::integer("rank", "rank"),
        Column::text("statement", "statement"),
        Column::date("retired_on", "retired_on").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["statement", "rationale", "implications"];
}

/// A principle to be written down.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrinciple {
    /// The promise in one sentence, as its users would say it: `Every tool lets you in with the account you have`. Unique
    /// in the product.
    #[schema(min_length = 1, max_length = 200)]
    pub statement: String,
    /// Why the team holds to it, and what it gives up for it. Markdown.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub rationale: String,
    /// What follows for whoever builds or buys a component: what it has to do, and what it may not. Markdown.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub implications: String,
    /// Where it stands in the team's own order, 1 first. Left out, a new one stands behind all others, and one that is
    /// there stays where it is.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub rank: Option<i64>,
    /// The day from which on it holds no more. What was found until then is kept.
    pub retired_on: Option<NaiveDate>,
}

impl Patchable for NewPrinciple {}

impl NewPrinciple {
    /// `rank` is where it stands when it does not say.
    pub fn into_row(self, product: &ProductId, rank: i64, head: Head) -> Principle {
        Principle {
            id: head.id,
            product_id: product.as_str().to_owned(),
            statement_nfc: nfc(&self.statement),
            statement: self.statement,
            rationale: self.rationale,
            implications: self.implications,
            rank: self.rank.unwrap_or(rank),
            retired_on: self.retired_on,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
