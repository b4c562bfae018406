//! The product itself, the team whose hours it takes, and what an hour costs.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        dated::Dated,
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page, Patch, Patchable},
        money::{Currency, Money, Quantity},
        month::Month,
        schema::{labour_rates, products, team_members},
        text::{Key, nobody},
    },
    money_columns, row, text_enum,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Which of the two is the labour cost; the other is shown and never added.
    pub enum LabourFrom {
        Effort = "effort",
        CostEntries = "cost_entries",
    }
}

/// What a team runs, as a product.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = products, treat_none_as_null = true)]
pub struct Product {
    pub id: String,
    pub key: Key,
    pub name: String,
    /// What is the product?
    pub definition: String,
    /// What the refs of its roadmap items begin with.
    pub ref_prefix: String,
    /// IANA name; months of activity are this zone's.
    pub timezone: String,
    pub currency: Currency,
    /// The month, 1 to 12, in which a fiscal year begins.
    pub fiscal_year_start: i64,
    pub labour_from: LabourFrom,
    pub full_time_week_hours: Quantity,
    /// The day of the month on which the report publishes itself; null: only by hand.
    pub publish_day: Option<i64>,
    /// Since when there is a `publish_day`: months whose day came before are published by hand.
    #[serde(skip)]
    pub publishes_since: Option<Instant>,
    /// The last month whose report is published.
    pub published_through: Option<Month>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

impl crate::kernel::db::Row for Product {
    const RESOURCE: &'static str = "products";

    fn id(&self) -> &str {
        &self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn created_at(&self) -> Instant {
        self.created_at
    }

    fn name(&self) -> &str {
        self.key.as_text()
    }

    fn product(&self) -> Option<&str> {
        Some(&self.id)
    }
}

impl Product {
    /// # Errors
    /// Never for a stored product: the zone was checked when it was given.
    pub fn zone(&self) -> Result<chrono_tz::Tz, Failure> {
        self.timezone.parse().map_err(|_| Failure::internal("a stored time zone is unknown"))
    }

    pub fn product_id(&self) -> ProductId {
        ProductId::known(self.id.clone())
    }
}

/// A product to be created.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// Left out, it is made from the name.
    pub key: Option<Key>,
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    /// What is the product?
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub definition: String,
    /// What the refs of its roadmap items begin with.
    #[serde(default = "ref_prefix")]
    #[schema(pattern = "^[A-Z][A-Z0-9]{0,9}$", default = "OPS")]
    pub ref_prefix: String,
    /// IANA name.
    #[serde(default = "timezone")]
    #[schema(max_length = 64, default = "UTC", example = "Europe/Berlin")]
    pub timezone: String,
    pub currency: Currency,
    /// The month in which a fiscal year begins.
    #[serde(default = "fiscal_year_start")]
    #[schema(minimum = 1, maximum = 12, default = 1)]
    pub fiscal_year_start: i64,
    #[serde(default = "labour_from")]
    pub labour_from: LabourFrom,
    #[serde(default = "full_time_week_hours")]
    #[schema(value_type = f64, minimum = 1, maximum = 168, default = 40)]
    pub full_time_week_hours: Quantity,
    /// The day of the month on which the report publishes itself; null: only by hand.
    #[schema(minimum = 1, maximum = 28)]
    pub publish_day: Option<i64>,
    /// The first owner: a user's id.
    #[schema(min_length = 1, max_length = 63)]
    pub owner: Option<String>,
}

fn ref_prefix() -> String {
    "OPS".to_owned()
}

fn timezone() -> String {
    "UTC".to_owned()
}

fn fiscal_year_start() -> i64 {
    1
}

fn labour_from() -> LabourFrom {
    LabourFrom::Effort
}

fn full_time_week_hours() -> Quantity {
    "40".parse().unwrap_or(Quantity::ONE)
}

/// Some of its properties, to be changed.
pub type ProductPatch = Patch<NewProduct>;

impl Patchable for NewProduct {
    const FIXED: &'static [&'static str] = &["key", "owner"];
}

impl NewProduct {
    /// # Errors
    /// 422 for a time zone that nobody knows.
    pub fn into_row(self, key: Key, published_through: Option<Month>, head: Head) -> Result<Product, Failure> {
        let mut faults = Vec::new();
        if self.timezone.parse::<chrono_tz::Tz>().is_err() {
            faults.push(Fault::at("/timezone", "unknown_timezone", "not a name of the IANA time zone database"));
        }
        Failure::unless_empty(faults)?;
        Ok(Product {
            id: head.id,
            key,
            name: self.name,
            definition: self.definition,
            ref_prefix: self.ref_prefix,
            timezone: self.timezone,
            currency: self.currency,
            fiscal_year_start: self.fiscal_year_start,
            labour_from: self.labour_from,
            full_time_week_hours: self.full_time_week_hours,
            publish_day: self.publish_day,
            publishes_since: self.publish_day.map(|_| head.updated_at),
            published_through,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// A page of a list of them.
pub type ProductPage = Page<Product>;

impl Listed for Product {
    const COLUMNS: &'static [Column] = &[Column::text("key", "key"), Column::text("name", "name")];
    const SEARCH: &'static [&'static str] = &["key", "name", "definition"];
}

/// Someone whose hours the product takes.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = team_members, treat_none_as_null = true)]
pub struct TeamMember {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub name: String,
    pub hours_per_week: Quantity,
    pub valid_from: NaiveDate,
    /// The first day on which it holds no more; null: still.
    pub valid_to: Option<NaiveDate>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(TeamMember, "team", product: product_id);

impl TeamMember {
    /// The same row without the person: their hours stay where they were.
    pub fn without_person(&self, head: Head) -> Self {
        Self {
            name: nobody("Erased member", &self.id),
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
            ..self.clone()
        }
    }

    /// Whether they belong to the team on any day from Monday to Sunday of that week.
    pub fn is_there_in(&self, week: crate::kernel::month::Week) -> bool {
        self.valid_from < week.plus(1).monday() && self.valid_to.is_none_or(|end| end > week.monday())
    }
}

/// A member of the team to be added.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeamMember {
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 168)]
    pub hours_per_week: Quantity,
    pub valid_from: NaiveDate,
    /// The first day on which it holds no more; null: still.
    pub valid_to: Option<NaiveDate>,
}

/// Some of its properties, to be changed.
pub type TeamMemberPatch = Patch<NewTeamMember>;

impl Patchable for NewTeamMember {}

impl NewTeamMember {
    /// # Errors
    /// 422 when it ends before it begins.
    pub fn into_row(self, product: &ProductId, head: Head) -> Result<TeamMember, Failure> {
        if self.valid_to.is_some_and(|end| end <= self.valid_from) {
            return Err(Failure::invalid("/valid_to", "before_start", "ends after it begins"));
        }
        Ok(TeamMember {
            id: head.id,
            product_id: product.as_str().to_owned(),
            name: self.name,
            hours_per_week: self.hours_per_week,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// A page of a list of them.
pub type TeamMemberPage = Page<TeamMember>;

impl Listed for TeamMember {
    const COLUMNS: &'static [Column] = &[
        Column::text("name", "name"),
        Column::date("valid_from", "valid_from"),
        Column::date("valid_to", "valid_to").or_null(),
    ];
    const SEARCH: &'static [&'static str] = &["name"];
}

money_columns!(LabourAmount, labour_rates, amount_units, amount_parts, currency);

/// What an hour of the team costs from a day on.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = labour_rates)]
pub struct LabourRate {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub valid_from: NaiveDate,
    /// Per hour.
    #[diesel(embed)]
    #[schema(value_type = Money)]
    pub amount: LabourAmount,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(LabourRate, "labour-rates", product: product_id);

impl Dated for LabourRate {
    fn valid_from(&self) -> NaiveDate {
        self.valid_from
    }
}

/// A labour rate to be dated.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLabourRate {
    /// The first of a month that is not published yet.
    pub valid_from: NaiveDate,
    /// Per hour; not negative, in the product's currency.
    pub amount: Money,
}

/// Some of its properties, to be changed.
pub type LabourRatePatch = Patch<NewLabourRate>;

impl Patchable for NewLabourRate {}

impl NewLabourRate {
    /// # Errors
    /// 422 for a negative amount or another currency than the product's.
    pub fn into_row(self, product: &ProductId, currency: Currency, head: Head) -> Result<LabourRate, Failure> {
        let mut faults = Vec::new();
        if self.amount.amount.is_sign_negative() && !self.amount.amount.is_zero() {
            faults.push(Fault::at("/amount/amount", "too_small", "not negative"));
        }
        if self.amount.currency != currency {
            faults.push(Fault::at("/amount/currency", "other_currency", format!("the product counts in {currency}")));
        }
        Failure::unless_empty(faults)?;
        Ok(LabourRate {
            id: head.id,
            product_id: product.as_str().to_owned(),
            valid_from: self.valid_from,
            amount: self.amount.into(),
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// A page of a list of them.
pub type LabourRatePage = Page<LabourRate>;

impl Listed for LabourRate {
    const COLUMNS: &'static [Column] = &[Column::date("valid_from", "valid_from")];
    const SEARCH: &'static [&'static str] = &[];
}
