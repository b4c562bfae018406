//! Value drivers as the lines of a file: a line an amount.

use super::{DriverKind, NewDriverAmount, NewValueDriver, ValueDriver};
use crate::{
    kernel::{clock::Instant, http::Patchable, money::Money, text::Words},
    row,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount of a value driver, with all that is said of the driver, as a line of a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueDriverRow {
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    pub kind: DriverKind,
    #[serde(default)]
    pub components: Words,
    #[serde(default)]
    pub slos: Words,
    /// By name or id.
    #[schema(min_length = 1, max_length = 120)]
    pub stakeholder: Option<String>,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub source: String,
    /// The first of a month that is not published yet; empty for a driver without an amount.
    pub valid_from: Option<NaiveDate>,
    pub amount: Option<Money>,
}

impl Patchable for ValueDriverRow {}

impl ValueDriverRow {
    /// What it says of the driver.
    pub fn driver(&self) -> NewValueDriver {
        NewValueDriver {
            name: self.name.clone(),
            kind: self.kind,
            components: self.components.clone(),
            slos: self.slos.clone(),
            amounts: self.new_amount().into_iter().collect(),
            stakeholder: self.stakeholder.clone(),
            source: self.source.clone(),
        }
    }

    pub fn new_amount(&self) -> Option<NewDriverAmount> {
        Some(NewDriverAmount { valid_from: self.valid_from?, amount: self.amount? })
    }
}

/// What is there, as the lines that a file would have of it.
#[derive(Debug, Clone, Serialize)]
pub struct DriverLine {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub name: String,
    #[serde(skip)]
    pub name_nfc: String,
    pub kind: DriverKind,
    pub components: Words,
    pub slos: Words,
    pub stakeholder: Option<String>,
    pub source: String,
    pub valid_from: Option<NaiveDate>,
    pub amount: Option<Money>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
}

row!(DriverLine, "value-drivers", product: product_id);

impl DriverLine {
    /// A line of a driver, with an amount or without.
    pub fn of(driver: &ValueDriver, valid_from: Option<NaiveDate>) -> Self {
        let amount = driver.amounts.iter().find(|amount| Some(amount.valid_from) == valid_from);
        Self {
            id: driver.id.clone(),
            product_id: driver.product_id.clone(),
            name: driver.name.clone(),
            name_nfc: driver.name_nfc.clone(),
            kind: driver.kind,
            components: driver.components.clone(),
            slos: driver.slos.clone(),
            stakeholder: driver.stakeholder.clone(),
            source: driver.source.clone(),
            valid_from,
            amount: amount.map(super::DriverAmount::money),
            created_at: driver.created_at,
            updated_at: driver.updated_at,
            version: driver.version,
        }
    }
}
