//! By which figure one sees that an objective is reached.

use super::Measured;
use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page, Patch, Patchable},
        quantity::Quantity,
        schema::key_results,
    },
    row, text_enum,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Which way is better.
    pub enum Direction {
        Increase = "increase",
        Decrease = "decrease",
    }
}

impl Direction {
    /// What a change is multiplied by, so that the better is positive: 1, or −1 where less is better.
    pub fn sign(self) -> i64 {
        match self {
            Self::Increase => 1,
            Self::Decrease => -1,
        }
    }

    /// The way from one value to another; none where they are the same.
    fn between(baseline: Quantity, target: Quantity) -> Option<Self> {
        match baseline.cmp(&target) {
            std::cmp::Ordering::Less => Some(Self::Increase),
            std::cmp::Ordering::Greater => Some(Self::Decrease),
            std::cmp::Ordering::Equal => None,
        }
    }
}

/// A figure that says whether an objective is reached: from where it starts, and where it is to come.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = key_results, treat_none_as_null = true)]
pub struct KeyResult {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The objective's id.
    pub objective: String,
    /// What is measured.
    pub title: String,
    /// What it is counted in: `minutes`, `%`, `requests a month`.
    pub unit: String,
    /// Its value when the objective was set.
    pub baseline: Quantity,
    /// The value that is to be reached.
    pub target: Quantity,
    /// Which way is better: from the baseline to the target.
    pub direction: Direction,
    /// The value that was measured last when the objective was closed, which stands from then on; null while it is open,
    /// and where nothing had been measured.
    pub closing_value: Option<Quantity>,
    /// The day of that value.
    pub closing_on: Option<NaiveDate>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(KeyResult, "key-results", product: product_id);

impl KeyResult {
    /// What it closed with.
    pub fn closing(&self) -> Option<Measured> {
        Some(Measured { on: self.closing_on?, value: self.closing_value? })
    }

    /// The same, closed with a value or open again.
    pub fn closed_with(self, closing: Option<Measured>, head: Head) -> Self {
        Self {
            closing_value: closing.map(|closing| closing.value),
            closing_on: closing.map(|closing| closing.on),
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
            ..self
        }
    }

    /// Whether another says the same of what is measured, from where and to where.
    pub fn measures_as(&self, other: &Self) -> bool {
        (&self.unit, self.baseline, self.target) == (&other.unit, other.baseline, other.target)
    }
}

/// A page of a list of them.
pub type KeyResultPage = Page<KeyResult>;
/// Some of its properties, to be changed.
pub type KeyResultPatch = Patch<NewKeyResult>;

impl Listed for KeyResult {
    const COLUMNS: &'static [Column] = &[
        Column::text("title", "title"),
        Column::text("unit", "unit"),
        Column::choice("direction", "direction", Direction::WORDS),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["title", "unit"];
}

/// A key result to be set.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyResult {
    /// What is measured.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// What it is counted in: `minutes`, `%`, `requests a month`. Values have at most seven digits before the point; larger
    /// ones are told in thousands.
    #[serde(default)]
    #[schema(max_length = 60)]
    pub unit: String,
    /// Its value now, before anything is done.
    #[schema(value_type = f64, minimum = -8_999_999, maximum = 8_999_999)]
    pub baseline: Quantity,
    /// The value that is to be reached; another than the baseline.
    #[schema(value_type = f64, minimum = -8_999_999, maximum = 8_999_999)]
    pub target: Quantity,
    /// Which way is better. It follows from baseline and target; one that is given must agree with them.
    pub direction: Option<Direction>,
}

/// When a baseline or target is patched, the direction follows unless the patch gives it.
impl Patchable for NewKeyResult {}

impl NewKeyResult {
    /// # Errors
    /// 422 for a target that is the baseline, and for a direction that leads away from the target.
    pub fn into_row(self, product: &ProductId, objective: &str, head: Head) -> Result<KeyResult, Failure> {
        let Some(direction) = Direction::between(self.baseline, self.target) else {
            let detail = "a target is another value than the baseline";
            return Err(Failure::invalid("/target", "same_as_baseline", detail));
        };
        if let Some(given) = self.direction.filter(|given| *given != direction) {
            let (baseline, target) = (self.baseline, self.target);
            let detail = format!("from {baseline} to {target} is no {given}");
            return Err(Failure::Invalid(vec![Fault::at("/direction", "contradicts_target", detail)]));
        }
        Ok(KeyResult {
            id: head.id,
            product_id: product.as_str().to_owned(),
            objective: objective.to_owned(),
            title: self.title,
            unit: self.unit,
            baseline: self.baseline,
            target: self.target,
            direction,
            closing_value: None,
            closing_on: None,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// A key result as a line of a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyResultRow {
    /// An objective by title or id.
    #[schema(min_length = 1, max_length = 200)]
    pub objective: String,
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    #[serde(default)]
    #[schema(max_length = 60)]
    pub unit: String,
    #[schema(value_type = f64, minimum = -8_999_999, maximum = 8_999_999)]
    pub baseline: Quantity,
    #[schema(value_type = f64, minimum = -8_999_999, maximum = 8_999_999)]
    pub target: Quantity,
    pub direction: Option<Direction>,
}

impl Patchable for KeyResultRow {}

impl KeyResultRow {
    /// # Errors
    /// As [`NewKeyResult::into_row`].
    pub fn into_row(self, product: &ProductId, objective: &str, head: Head) -> Result<KeyResult, Failure> {
        let Self { title, unit, baseline, target, direction, .. } = self;
        NewKeyResult { title, unit, baseline, target, direction }.into_row(product, objective, head)
    }
}
