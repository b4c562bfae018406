//! What the platform promises: service level objectives, what was measured, and what is left of
//! the error budget.

pub mod api;
pub mod budget;
pub mod measurements;
pub mod openslo;
mod status;
pub mod store;
mod target;
mod window;

pub use budget::{BudgetingMethod, Judgement, Tally, Terms};
pub use status::{Burndown, BurndownPoint, BurndownWindow, Status};
pub use target::{NewSloTarget, SloTarget, SloTargetPage, SloTargetPatch, SloTargetRow};
pub use window::{CalendarUnit, Span, Window};

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        dated::in_force,
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page, Patch, Patchable},
        money::Quantity,
        month::Month,
        schema::slos,
        text::{JsonText, Key},
    },
    row,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is counted: as queries, or in words.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema,
)]
#[diesel(table_name = slos)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// The good events.
    #[diesel(column_name = indicator_good)]
    #[schema(max_length = 4000)]
    pub good: String,
    /// All events.
    #[diesel(column_name = indicator_total)]
    #[schema(max_length = 4000)]
    pub total: String,
}

/// A promise about a component.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = slos, treat_none_as_null = true)]
pub struct Slo {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub key: Key,
    pub name: String,
    /// A component's key.
    pub component: String,
    pub description: String,
    #[diesel(embed)]
    pub indicator: Indicator,
    /// From the beginning; later ones stand under `targets`.
    pub target: Quantity,
    #[diesel(column_name = slo_window)]
    #[schema(value_type = Window)]
    pub window: JsonText<Window>,
    pub budgeting_method: BudgetingMethod,
    /// The ratio at which a slice is good; for `timeslices`.
    #[schema(value_type = Option<f64>)]
    pub slice_target: Option<Quantity>,
    /// The length of a bucket of measurements; a bucket is a slice.
    pub bucket_seconds: i64,
    pub retired_on: Option<NaiveDate>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Slo, "slos", product: product_id, name: key);

/// A page of a list of them.
pub type SloPage = Page<Slo>;
/// Some of its properties, to be changed.
pub type SloPatch = Patch<NewSlo>;

impl Listed for Slo {
    const COLUMNS: &'static [Column] = &[
        Column::text("key", "key"),
        Column::text("name", "name"),
        Column::text("component", "component"),
        Column::choice("budgeting_method", "budgeting_method", BudgetingMethod::WORDS),
        Column::date("retired_on", "retired_on").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["key", "name", "description"];
}

impl Slo {
    pub fn terms(&self) -> Terms {
        Terms {
            method: self.budgeting_method,
            bucket_seconds: self.bucket_seconds,
            rolling: self.window.value().is_rolling(),
        }
    }

    /// The target in force on a day: the latest that is dated by then, or the first.
    pub fn target_on(&self, targets: &[SloTarget], day: NaiveDate) -> Decimal {
        in_force(targets, day).map_or(self.target, |dated| dated.target).get()
    }

    /// The slice target in 10⁻¹² parts.
    pub fn slice_parts(&self) -> Option<i64> {
        self.slice_target.map(Quantity::parts)
    }

    /// Judges a window that ended, or runs at `at`, with the target that it is judged by.
    pub fn judge(
        &self,
        targets: &[SloTarget],
        tally: Tally,
        window: Span,
        at: DateTime<Utc>,
        zone: Tz,
    ) -> Option<Judgement> {
        let day = self.window.value().judged_on(window, zone);
        self.terms().judge(tally, self.target_on(targets, day), window, at)
    }

    /// Judges a calendar month in the month's own budget, whatever the window: with the target in
    /// force at its start, all of it when `at` is past its end.
    pub fn judge_month(
        &self,
        targets: &[SloTarget],
        tally: Tally,
        month: Month,
        at: DateTime<Utc>,
        zone: Tz,
    ) -> Option<Judgement> {
        let (from, to) = month.bounds(zone);
        let terms = Terms { rolling: false, ..self.terms() };
        terms.judge(tally, self.target_on(targets, month.first_day()), Span { from, to }, at)
    }
}

/// A promise to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSlo {
    /// Left out, it is made from the name; on a collision the component is put before it.
    pub key: Option<Key>,
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub description: String,
    pub indicator: Indicator,
    /// Holds from the beginning. Changed only until there are measurements; after that, date a new one.
    #[schema(value_type = f64, exclusive_minimum = 0, exclusive_maximum = 1, example = 0.999)]
    pub target: Quantity,
    /// Fixed once there are measurements.
    pub window: Window,
    /// Fixed once there are measurements.
    #[serde(default = "occurrences")]
    pub budgeting_method: BudgetingMethod,
    /// The ratio at which a slice is good; for `timeslices`, and only there. Fixed once there are measurements.
    #[schema(value_type = Option<f64>, exclusive_minimum = 0, maximum = 1)]
    pub slice_target: Option<Quantity>,
    /// Divides 3600. Fixed once there are measurements.
    #[serde(default = "five_minutes")]
    #[schema(minimum = 60, maximum = 3600)]
    pub bucket_seconds: i64,
    pub retired_on: Option<NaiveDate>,
}

fn occurrences() -> BudgetingMethod {
    BudgetingMethod::Occurrences
}

fn five_minutes() -> i64 {
    300
}

impl Patchable for NewSlo {
    const FIXED: &'static [&'static str] = &["key"];
}

impl NewSlo {
    /// # Errors
    /// 422 for a bucket that no hour is made of, and for a slice target that is missing or has no slices.
    pub fn into_row(self, product: &ProductId, key: Key, component: String, head: Head) -> Result<Slo, Failure> {
        let mut faults = Vec::new();
        if 3600 % self.bucket_seconds != 0 {
            faults.push(Fault::at("/bucket_seconds", "not_a_divisor", "an hour is made of whole buckets"));
        }
        match (self.budgeting_method, self.slice_target) {
            (BudgetingMethod::Timeslices, None) => {
                faults.push(Fault::at("/slice_target", "required", "timeslices need to know when a slice is good"));
            }
            (BudgetingMethod::Occurrences | BudgetingMethod::RatioTimeslices, Some(_)) => {
                faults.push(Fault::at("/slice_target", "not_allowed", "only timeslices have a slice target"));
            }
            _ => {}
        }
        Failure::unless_empty(faults)?;
        Ok(Slo {
            id: head.id,
            product_id: product.as_str().to_owned(),
            key,
            name: self.name,
            component,
            description: self.description,
            indicator: self.indicator,
            target: self.target,
            window: JsonText::new(self.window),
            budgeting_method: self.budgeting_method,
            slice_target: self.slice_target,
            bucket_seconds: self.bucket_seconds,
            retired_on: self.retired_on,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// A bucket may not be part of two days, because a day's sum must be exact.
///
/// # Errors
/// 422 at `pointer` when midnight in `zone` falls inside the bucket that starts at `bucket`.
pub fn require_within_a_day(bucket: i64, bucket_seconds: i64, zone: Tz) -> Result<(), &'static str> {
    let day = |seconds: i64| DateTime::from_timestamp(seconds, 0).map(|at| at.with_timezone(&zone).date_naive());
    match day(bucket) == day(bucket + bucket_seconds - 1) {
        true => Ok(()),
        false => Err("midnight in the product's time zone falls inside the bucket; use shorter ones"),
    }
}
