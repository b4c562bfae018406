//! What is to be reached in a quarter, how that is measured, and how far it is: objectives and key results (OKR), after
//! Andrew Grove (*High Output Management*) and John Doerr (*Measure What Matters*).

pub mod api;
mod check_in;
mod key_result;
mod progress;
pub mod store;

pub use check_in::{CheckIn, CheckInPage, CheckInPatch, CheckInRow, NewCheckIn};
pub use key_result::{Direction, KeyResult, KeyResultPage, KeyResultPatch, KeyResultRow, NewKeyResult};
pub use progress::{Measured, Progress, ProgressQuery, ProgressRow, ProgressView, measured, progress};

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        fiscal::Quarter,
        http::{Column, Listed, Page, Patch, Patchable},
        schema::objectives,
    },
    row, text_enum,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// What became of an objective.
    pub enum ObjectiveStatus {
        /// It is thought of.
        Draft = "draft",
        /// It is worked on.
        Active = "active",
        /// It was reached, in the eyes of those who set it.
        Achieved = "achieved",
        /// Its time is over and it was not.
        Missed = "missed",
        /// It was given up.
        Dropped = "dropped",
    }
}

impl ObjectiveStatus {
    /// Whether it is judged, so that its figures stand still.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Achieved | Self::Missed | Self::Dropped)
    }
}

/// Something worth reaching within a quarter, in words that make people want to; by its key results one sees whether it was
/// (OKR: Andrew Grove, *High Output Management*; John Doerr, *Measure What Matters*).
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = objectives, treat_none_as_null = true)]
pub struct Objective {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// What is to be reached, without a figure: figures are the key results'.
    pub title: String,
    /// Why this, and why now. Markdown.
    pub rationale: String,
    /// The quarter of the product's fiscal year in which it is to be reached.
    #[schema(value_type = String)]
    pub period: Quarter,
    pub status: ObjectiveStatus,
    /// The number of the published strategy that it was set under; null where there was none.
    pub strategy_version: Option<i64>,
    /// The day on which it was achieved, missed or dropped; null while it is neither. From then on its key results
    /// keep the values that they had.
    pub closed_on: Option<NaiveDate>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Objective, "objectives", product: product_id);

/// A page of a list of them.
pub type ObjectivePage = Page<Objective>;
/// Some of its properties, to be changed.
pub type ObjectivePatch = Patch<NewObjective>;

impl Listed for Objective {
    const COLUMNS: &'static [Column] = &[
        Column::text("title", "title"),
        Column::text("period", "period"),
        Column::choice("status", "status", ObjectiveStatus::WORDS),
        Column::integer("strategy_version", "strategy_version").or_null(),
        Column::date("closed_on", "closed_on").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["title", "rationale"];
}

/// An objective to be set.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewObjective {
    /// What is to be reached, without a figure: figures are the key results'.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Why this, and why now. Markdown.
    #[serde(default)]
    #[schema(max_length = 8000)]
    pub rationale: String,
    /// The quarter of the product's fiscal year in which it is to be reached.
    pub period: Quarter,
    /// `achieved`, `missed` and `dropped` close it: its key results keep the values that they have then.
    #[serde(default = "status")]
    pub status: ObjectiveStatus,
    /// The number of the published strategy that it is set under; the latest when left out.
    #[schema(minimum = 1, maximum = 999_999_999)]
    pub strategy_version: Option<i64>,
}

fn status() -> ObjectiveStatus {
    ObjectiveStatus::Draft
}

impl Patchable for NewObjective {}

impl NewObjective {
    /// `today` is the product's. A day on which it was closed stays until it is opened again.
    pub fn into_row(self, product: &ProductId, before: Option<&Objective>, today: NaiveDate, head: Head) -> Objective {
        let known = before.and_then(|before| before.closed_on);
        Objective {
            id: head.id,
            product_id: product.as_str().to_owned(),
            title: self.title,
            rationale: self.rationale,
            period: self.period,
            status: self.status,
            strategy_version: self.strategy_version,
            closed_on: self.status.is_closed().then(|| known.unwrap_or(today)),
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
