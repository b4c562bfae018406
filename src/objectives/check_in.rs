//! What was measured of a key result on a day.

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        quantity::Quantity,
        schema::check_ins,
    },
    row,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was measured of a key result on a day.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = check_ins)]
pub struct CheckIn {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The key result's id.
    pub key_result: String,
    /// The day of which the value is.
    #[diesel(column_name = checked_on)]
    pub on: NaiveDate,
    /// In the key result's unit.
    pub value: Quantity,
    /// What is to be known of it. Markdown.
    pub note: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(CheckIn, "check-ins", product: product_id);

/// A page of a list of them.
pub type CheckInPage = Page<CheckIn>;
/// Some of its properties, to be changed.
pub type CheckInPatch = Patch<NewCheckIn>;

impl Listed for CheckIn {
    const COLUMNS: &'static [Column] = &[
        Column::date("on", "checked_on"),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["note"];
}

/// A check-in to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheckIn {
    /// The day of which the value is; one a day.
    pub on: NaiveDate,
    /// In the key result's unit, as it was measured: also beyond the target, or worse than the baseline.
    #[schema(value_type = f64, minimum = -8_999_999, maximum = 8_999_999)]
    pub value: Quantity,
    /// What is to be known of it. Markdown.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub note: String,
}

impl Patchable for NewCheckIn {}

impl NewCheckIn {
    pub fn into_row(self, product: &ProductId, key_result: &str, head: Head) -> CheckIn {
        CheckIn {
            id: head.id,
            product_id: product.as_str().to_owned(),
            key_result: key_result.to_owned(),
            on: self.on,
            value: self.value,
            note: self.note,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// A check-in as a line of a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInRow {
    /// A key result by title or id.
    #[schema(min_length = 1, max_length = 200)]
    pub key_result: String,
    pub on: NaiveDate,
    #[schema(value_type = f64, minimum = -8_999_999, maximum = 8_999_999)]
    pub value: Quantity,
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub note: String,
}

impl Patchable for CheckInRow {}

impl CheckInRow {
    pub fn into_row(self, product: &ProductId, key_result: &str, head: Head) -> CheckIn {
        let Self { on, value, note, .. } = self;
        NewCheckIn { on, value, note }.into_row(product, key_result, head)
    }
}
