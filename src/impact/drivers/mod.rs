//! The register of assumptions: what the business agreed that a thing is worth.

pub mod api;
mod line;
pub mod store;

pub use line::{DriverLine, ValueDriverRow};

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        dated::{Dated, require_open},
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page, Patch, Patchable},
        money::Money,
        month::Month,
        schema::value_driver_amounts,
        text::{Words, nfc},
    },
    money_columns, row, text_enum,
};
use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

text_enum! {
    /// What a driver's amount is worth of.
    pub enum DriverKind {
        /// What the business takes in an hour.
        RevenuePerHour = "revenue_per_hour",
        /// What an hour of somebody's work is worth.
        HourOfWork = "hour_of_work",
        /// What one unit of a measure is worth.
        PerUnit = "per_unit",
    }
}

/// What the business agreed that a thing is worth.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ValueDriver {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub name: String,
    #[serde(skip)]
    pub name_nfc: String,
    pub kind: DriverKind,
    /// Keys of the components that it speaks of.
    pub components: Words,
    /// Keys of the SLOs that it speaks of.
    pub slos: Words,
    /// From the earliest.
    pub amounts: Vec<DriverAmount>,
    /// The id of who agrees to it.
    pub stakeholder: Option<String>,
    /// Where the amounts come from.
    pub source: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(ValueDriver, "value-drivers", product: product_id);

money_columns!(DriverMoney, value_driver_amounts, amount_units, amount_parts, currency);

/// What it is worth from a day on, until a later amount takes over.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = value_driver_amounts)]
pub struct DriverAmount {
    #[serde(skip)]
    pub product_id: String,
    #[serde(skip)]
    pub value_driver: String,
    pub valid_from: NaiveDate,
    #[diesel(embed)]
    #[schema(value_type = Money)]
    pub amount: DriverMoney,
    /// When the stakeholder agreed to it; null while they have not.
    pub agreed_at: Option<Instant>,
    /// The id of the stakeholder who did.
    #[serde(skip)]
    pub agreed_by: Option<String>,
}

impl DriverAmount {
    pub fn money(&self) -> Money {
        self.amount.into()
    }
}

impl Dated for DriverAmount {
    fn valid_from(&self) -> NaiveDate {
        self.valid_from
    }
}

/// A page of a list of them.
pub type ValueDriverPage = Page<ValueDriver>;
/// Some of its properties, to be changed.
pub type ValueDriverPatch = Patch<NewValueDriver>;

impl Listed for ValueDriver {
    const COLUMNS: &'static [Column] = &[
        Column::text("name", "name"),
        Column::choice("kind", "kind", DriverKind::WORDS),
        Column::any_of(
            "components",
            "SELECT l.component FROM value_driver_components l \
             WHERE l.product_id = value_drivers.product_id AND l.value_driver = value_drivers.id",
        ),
        Column::any_of(
            "slos",
            "SELECT l.slo FROM value_driver_slos l \
             WHERE l.product_id = value_drivers.product_id AND l.value_driver = value_drivers.id",
        ),
        Column::text("stakeholder", "stakeholder").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["name", "source"];
}

/// A value driver to be written down. Nobody has agreed to it yet.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewValueDriver {
    /// Unique in the product.
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    /// Given once: what was computed with it would mean something else.
    pub kind: DriverKind,
    /// Keys or ids of the components that it speaks of.
    #[serde(default)]
    pub components: Words,
    /// Keys or ids of the SLOs that it speaks of.
    #[serde(default)]
    pub slos: Words,
    /// One a day, and none that begins in a published month.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub amounts: Vec<NewDriverAmount>,
    /// By name or id: who agrees to it.
    #[schema(min_length = 1, max_length = 120)]
    pub stakeholder: Option<String>,
    /// Where the amounts come from.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub source: String,
}

/// An amount to be dated. Who agrees to it does so by an act of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDriverAmount {
    /// The first of a month that is not published yet.
    pub valid_from: NaiveDate,
    /// Not negative.
    pub amount: Money,
}

impl Patchable for NewValueDriver {
    const FIXED: &'static [&'static str] = &["kind"];
}

impl From<&ValueDriver> for NewValueDriver {
    /// What can be changed of it.
    fn from(driver: &ValueDriver) -> Self {
        Self {
            name: driver.name.clone(),
            kind: driver.kind,
            components: driver.components.clone(),
            slos: driver.slos.clone(),
            amounts: driver
                .amounts
                .iter()
                .map(|amount| NewDriverAmount { valid_from: amount.valid_from, amount: amount.money() })
                .collect(),
            stakeholder: driver.stakeholder.clone(),
            source: driver.source.clone(),
        }
    }
}

impl NewValueDriver {
    /// `self` names components and SLOs by key and the stakeholder by id; `before` is what it follows.
    ///
    /// What was agreed stays agreed while the amount, what the driver speaks of and its stakeholder stay.
    ///
    /// # Errors
    /// 422 for an amount that is negative, not on the first of a month or twice on a day.
    pub fn into_row(
        mut self,
        product: &ProductId,
        before: Option<&ValueDriver>,
        head: Head,
    ) -> Result<ValueDriver, Failure> {
        self.check_amounts()?;
        self.amounts.sort_by_key(|amount| amount.valid_from);
        let same = before.filter(|before| {
            before.stakeholder == self.stakeholder && before.components == self.components && before.slos == self.slos
        });
        let agreed = |new: &NewDriverAmount| {
            let mut there = same.into_iter().flat_map(|before| &before.amounts);
            there.find(|one| one.valid_from == new.valid_from && one.money() == new.amount)
        };
        let amounts = self.amounts.iter().map(|new| DriverAmount {
            product_id: product.as_str().to_owned(),
            value_driver: head.id.clone(),
            valid_from: new.valid_from,
            amount: new.amount.into(),
            agreed_at: agreed(new).and_then(|there| there.agreed_at),
            agreed_by: agreed(new).and_then(|there| there.agreed_by.clone()),
        });
        Ok(ValueDriver {
            amounts: amounts.collect(),
            id: head.id,
            product_id: product.as_str().to_owned(),
            name_nfc: nfc(&self.name),
            name: self.name,
            kind: self.kind,
            components: self.components,
            slos: self.slos,
            stakeholder: self.stakeholder,
            source: self.source,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }

    fn check_amounts(&self) -> Result<(), Failure> {
        let (mut faults, mut days) = (Vec::new(), HashSet::new());
        for (at, NewDriverAmount { valid_from, amount }) in self.amounts.iter().enumerate() {
            if valid_from.day() != 1 {
                let detail = "dated values start on the first of a month";
                faults.push(Fault::at(format!("/amounts/{at}/valid_from"), "not_first_of_month", detail));
            }
            if !days.insert(valid_from) {
                faults.push(Fault::at(format!("/amounts/{at}/valid_from"), "repeated", "one amount a day"));
            }
            if amount.amount.is_sign_negative() && !amount.amount.is_zero() {
                faults.push(Fault::at(format!("/amounts/{at}/amount/amount"), "too_small", "not negative"));
            }
        }
        Failure::unless_empty(faults)
    }
}

impl ValueDriver {
    /// That no amount differs that begins in a published month.
    ///
    /// # Errors
    /// 409 for one that came, changed or went.
    pub fn require_past_kept(&self, before: Option<&Self>, published: Option<Month>) -> Result<(), Failure> {
        let there = before.map_or(&[][..], |before| &before.amounts);
        let said = |amount: &DriverAmount| (amount.valid_from, amount.money());
        let came = self.amounts.iter().filter(|one| !there.iter().any(|other| said(one) == said(other)));
        let went = there.iter().filter(|one| !self.amounts.iter().any(|other| said(one) == said(other)));
        came.chain(went).try_for_each(|amount| require_open(amount.valid_from, published))
    }
}

/// Which amount somebody agrees to.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Left out, it is the latest.
    pub valid_from: Option<NaiveDate>,
}
