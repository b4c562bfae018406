//! What might go wrong, what it would cost, and how often.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        dated::Dated,
        db::Head,
        failure::Failure,
        http::{Column, Listed, Page, Patch, Patchable},
        money::{Money, Quantity, settle},
        schema::{risk_assessments, risks},
    },
    money_columns, row, text_enum,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// What was decided about a risk.
    pub enum RiskStatus {
        Open = "open",
        Mitigated = "mitigated",
        Accepted = "accepted",
        Closed = "closed",
    }
}

/// Something that might go wrong with a component.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = risks, treat_none_as_null = true)]
pub struct Risk {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// A component's key.
    pub component: String,
    pub title: String,
    pub description: String,
    pub owner: Option<String>,
    pub status: RiskStatus,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Risk, "risks", product: product_id);

/// A page of a list of them.
pub type RiskPage = Page<Risk>;
/// Some of its properties, to be changed.
pub type RiskPatch = Patch<NewRisk>;

impl Listed for Risk {
    const COLUMNS: &'static [Column] = &[
        Column::text("component", "component"),
        Column::text("title", "title"),
        Column::text("owner", "owner").or_null(),
        Column::choice("status", "status", RiskStatus::WORDS),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["title", "description"];
}

/// A risk to be written down.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRisk {
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: String,
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub description: String,
    #[schema(min_length = 1, max_length = 120)]
    pub owner: Option<String>,
    #[serde(default = "status")]
    pub status: RiskStatus,
}

fn status() -> RiskStatus {
    RiskStatus::Open
}

impl Patchable for NewRisk {}

impl NewRisk {
    pub fn into_row(self, product: &ProductId, component: String, head: Head) -> Risk {
        Risk {
            id: head.id,
            product_id: product.as_str().to_owned(),
            component,
            title: self.title,
            description: self.description,
            owner: self.owner,
            status: self.status,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

money_columns!(SingleLoss, risk_assessments, loss_units, loss_parts, loss_currency);

/// What a risk was thought to cost from a day on.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = risk_assessments)]
pub struct RiskAssessment {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The risk's id.
    pub risk: String,
    #[diesel(column_name = assessed_on)]
    pub on: NaiveDate,
    /// What it costs when it happens once.
    #[diesel(embed)]
    #[schema(value_type = Money)]
    pub single_loss: SingleLoss,
    /// How many times a year it happens: 0.25 is once in four years.
    pub annual_rate: Quantity,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(RiskAssessment, "risk-assessments", product: product_id);

impl RiskAssessment {
    /// The annual loss expectancy: single loss × annual rate, exact to 12 digits after the point.
    ///
    /// The largest loss times the largest rate that may be given still has all its digits.
    pub fn annual_loss(&self) -> Money {
        let loss = Money::from(self.single_loss);
        Money::new(settle(loss.amount * self.annual_rate.get()), loss.currency)
    }
}

/// The assessment in force on a day is the latest by then: see [`in_force`](crate::kernel::dated::in_force).
impl Dated for RiskAssessment {
    fn valid_from(&self) -> NaiveDate {
        self.on
    }
}

/// A page of a list of them.
pub type RiskAssessmentPage = Page<RiskAssessment>;
/// Some of its properties, to be changed.
pub type RiskAssessmentPatch = Patch<NewRiskAssessment>;

impl Listed for RiskAssessment {
    const COLUMNS: &'static [Column] = &[Column::date("on", "assessed_on"), Column::time("updated_at", "updated_at")];
    const SEARCH: &'static [&'static str] = &[];
}

/// An assessment to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRiskAssessment {
    /// One a day.
    pub on: NaiveDate,
    /// What it costs when it happens once; not negative.
    pub single_loss: Money,
    /// How many times a year it happens: 0.25 is once in four years.
    #[schema(value_type = f64, minimum = 0, maximum = 10_000)]
    pub annual_rate: Quantity,
}

impl Patchable for NewRiskAssessment {}

impl NewRiskAssessment {
    /// # Errors
    /// 422 for a negative loss.
    pub fn into_row(self, product: &ProductId, risk: String, head: Head) -> Result<RiskAssessment, Failure> {
        if self.single_loss.amount.is_sign_negative() && !self.single_loss.amount.is_zero() {
            return Err(Failure::invalid("/single_loss/amount", "too_small", "not negative"));
        }
        Ok(RiskAssessment {
            id: head.id,
            product_id: product.as_str().to_owned(),
            risk,
            on: self.on,
            single_loss: self.single_loss.into(),
            annual_rate: self.annual_rate,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// An assessment, as a line of a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskAssessmentRow {
    /// By title or id.
    #[schema(min_length = 1, max_length = 200)]
    pub risk: String,
    pub on: NaiveDate,
    pub single_loss: Money,
    #[schema(value_type = f64, minimum = 0, maximum = 10_000)]
    pub annual_rate: Quantity,
}

impl Patchable for RiskAssessmentRow {}

impl RiskAssessmentRow {
    /// `risk` is an id.
    ///
    /// # Errors
    /// 422 for a negative loss.
    pub fn into_row(self, product: &ProductId, risk: String, head: Head) -> Result<RiskAssessment, Failure> {
        let Self { on, single_loss, annual_rate, .. } = self;
        NewRiskAssessment { on, single_loss, annual_rate }.into_row(product, risk, head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::dated::in_force;

    fn assessed(on: &str, loss: &str, rate: &str) -> RiskAssessment {
        let new = NewRiskAssessment {
            on: on.parse().unwrap(),
            single_loss: serde_json::from_value(serde_json::json!({ "amount": loss, "currency": "EUR" })).unwrap(),
            annual_rate: rate.parse().unwrap(),
        };
        let product = ProductId::known("p".to_owned());
        new.into_row(&product, "r".to_owned(), Head::trial()).unwrap()
    }

    #[test]
    fn the_annual_loss_is_exact() {
        for (loss, rate, expected) in [
            ("100000", "0.25", "25000"),
            ("100000", "0", "0"),
            ("0.1", "0.2", "0.02"),
            ("1000000.01", "0.000001", "1.00000001"),
            ("999999999999.999999999999", "10000", "9999999999999999.99999999"),
            ("999999999999.999999999999", "9999.99999999999", "9999999999999989.99999999"),
            // Half a part goes to the even one.
            ("0.000000000001", "0.5", "0"),
            ("0.000000000003", "0.5", "0.000000000002"),
        ] {
            let annual = assessed("2026-10-01", loss, rate).annual_loss();
            assert_eq!(
                (annual.amount.to_string().as_str(), annual.currency.as_text()),
                (expected, "EUR"),
                "{loss} × {rate}"
            );
        }
    }

    #[test]
    fn the_latest_assessment_by_a_day_is_in_force_on_it() {
        let all =
            [assessed("2026-04-15", "2", "1"), assessed("2026-10-01", "3", "1"), assessed("2025-01-01", "1", "1")];
        let on = |day: &str| in_force(&all, day.parse().unwrap()).map(|one| one.annual_loss().amount.to_string());
        assert_eq!(on("2024-12-31"), None);
        assert_eq!(on("2026-04-14").as_deref(), Some("1"));
        assert_eq!(on("2026-04-15").as_deref(), Some("2"));
        assert_eq!(on("2026-12-31").as_deref(), Some("3"));
    }
}
