//! Targets that follow the first one, each from a day on.

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        dated::Dated,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        money::Quantity,
        schema::slo_targets,
    },
    row,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A target that holds from a day on.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = slo_targets)]
pub struct SloTarget {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The SLO's key.
    pub slo: String,
    pub valid_from: NaiveDate,
    pub target: Quantity,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(SloTarget, "slo-targets", product: product_id);

impl Dated for SloTarget {
    fn valid_from(&self) -> NaiveDate {
        self.valid_from
    }
}

/// A page of a list of them.
pub type SloTargetPage = Page<SloTarget>;
/// Some of its properties, to be changed.
pub type SloTargetPatch = Patch<NewSloTarget>;

impl Listed for SloTarget {
    const COLUMNS: &'static [Column] = &[Column::date("valid_from", "valid_from")];
    const SEARCH: &'static [&'static str] = &[];
}

/// A target to be dated.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSloTarget {
    /// The first of a month that is not published yet.
    pub valid_from: NaiveDate,
    #[schema(value_type = f64, exclusive_minimum = 0, exclusive_maximum = 1, example = 0.999)]
    pub target: Quantity,
}

impl Patchable for NewSloTarget {}

impl NewSloTarget {
    pub fn into_row(self, product: &ProductId, slo: &str, head: Head) -> SloTarget {
        SloTarget {
            id: head.id,
            product_id: product.as_str().to_owned(),
            slo: slo.to_owned(),
            valid_from: self.valid_from,
            target: self.target,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// A target to be dated, as a line of a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SloTargetRow {
    /// The SLO's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub slo: String,
    pub valid_from: NaiveDate,
    #[schema(value_type = f64, exclusive_minimum = 0, exclusive_maximum = 1)]
    pub target: Quantity,
}

impl Patchable for SloTargetRow {}

impl SloTargetRow {
    /// `slo` is the SLO's key.
    pub fn into_row(self, product: &ProductId, slo: &str, head: Head) -> SloTarget {
        NewSloTarget { valid_from: self.valid_from, target: self.target }.into_row(product, slo, head)
    }
}
