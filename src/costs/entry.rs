//! A line of cost, as it is written down or billed.

use crate::{
    effort::Nature,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::Failure,
        http::{Column, Listed, Page, Patch, Patchable},
        money::{Currency, Money, Quantity},
        month::Month,
        schema::cost_entries,
        text::JsonText,
    },
    money_columns, row, text_enum,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::{
    ToSchema,
    openapi::{
        ObjectBuilder, RefOr, Schema,
        schema::{AdditionalProperties, SchemaType, Type},
    },
};

text_enum! {
    /// What the money was for.
    pub enum Category {
        Labour = "labour",
        Infrastructure = "infrastructure",
        Licence = "licence",
        Support = "support",
        Incident = "incident",
        Training = "training",
        Other = "other",
    }
}

money_columns!(EntryAmount, cost_entries, amount_units, amount_parts, currency);

/// What was invoiced, in the columns of the table: its currency is the amount's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = cost_entries, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct BilledAmount {
    billed_units: Option<i64>,
    billed_parts: Option<i64>,
    #[diesel(skip_insertion, skip_update)]
    currency: Currency,
}

impl BilledAmount {
    pub fn new(billed: Option<Money>, currency: Currency) -> Self {
        let columns = billed.map(Money::to_columns);
        Self { billed_units: columns.map(|(units, _)| units), billed_parts: columns.map(|(_, parts)| parts), currency }
    }

    pub fn money(self) -> Option<Money> {
        Some(Money::from_columns(self.billed_units?, self.billed_parts?, self.currency))
    }
}

impl Serialize for BilledAmount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.money().serialize(serializer)
    }
}

/// A line of cost.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = cost_entries, treat_none_as_null = true)]
pub struct CostEntry {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// A component's key; null is unallocated.
    pub component: Option<String>,
    /// A roadmap item's ref.
    pub roadmap_item: Option<String>,
    /// The UTC billing month.
    pub month: Month,
    pub category: Category,
    pub nature: Nature,
    #[diesel(embed)]
    #[schema(value_type = Money)]
    pub amount: EntryAmount,
    pub hours: Option<Quantity>,
    pub note: String,
    pub source: String,
    /// Unique within its source.
    pub external_id: Option<String>,
    /// What was invoiced for it, before what was paid at once is spread over the time that it is for.
    #[diesel(embed)]
    #[schema(value_type = Option<Money>)]
    pub billed_amount: BilledAmount,
    /// Who sells it.
    pub provider: Option<String>,
    pub billing_account: Option<String>,
    /// The month that the bill is of.
    pub billing_period: Option<Month>,
    pub service_name: Option<String>,
    pub sub_account: Option<String>,
    pub resource_id: Option<String>,
    /// Words that whoever runs the resource put on it, by their names.
    #[schema(schema_with = tags_or_null)]
    pub tags: Option<JsonText<Tags>>,
    /// What else its source says of it.
    #[schema(schema_with = extra_or_null)]
    pub extra: Option<JsonText<Extra>>,
    /// The id of the bill that brought it; null for what was written down.
    #[diesel(column_name = bill_id)]
    pub bill: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

/// Tags by their names.
pub type Tags = BTreeMap<String, String>;
/// Anything else, by its name.
pub type Extra = Map<String, Value>;

row!(CostEntry, "cost-entries", product: product_id);

impl CostEntry {
    /// That nobody's bill brought it, so that it can be changed by hand.
    ///
    /// # Errors
    /// 409 for a line of a bill, which is what a provider delivered.
    pub fn require_written(&self) -> Result<(), Failure> {
        match self.bill {
            None => Ok(()),
            Some(_) => Err(Failure::conflict(
                "billed",
                "a bill brought this line, and it stays as it was delivered: write an allocation rule, or an entry that \
                 corrects it, or bring the bill again",
            )),
        }
    }
}

/// A page of a list of them.
pub type CostEntryPage = Page<CostEntry>;
/// Some of its properties, to be changed.
pub type CostEntryPatch = Patch<NewCostEntry>;

impl Listed for CostEntry {
    const COLUMNS: &'static [Column] = &[
        Column::text("component", "component").or_null(),
        Column::text("roadmap_item", "roadmap_item").or_null(),
        Column::text("month", "month"),
        Column::choice("category", "category", Category::WORDS),
        Column::choice("nature", "nature", Nature::WORDS),
        Column::text("source", "source"),
        Column::text("external_id", "external_id").or_null(),
        Column::text("provider", "provider").or_null(),
        Column::text("billing_account", "billing_account").or_null(),
        Column::text("billing_period", "billing_period").or_null(),
        Column::text("service_name", "service_name").or_null(),
        Column::text("sub_account", "sub_account").or_null(),
        Column::text("resource_id", "resource_id").or_null(),
        Column::text("bill", "bill_id").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["note", "source", "service_name", "resource_id"];
}

/// A line of cost to be written down.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCostEntry {
    /// A component's key or id; null is unallocated.
    #[schema(min_length = 1, max_length = 63)]
    pub component: Option<String>,
    /// A roadmap item's ref or id.
    #[schema(min_length = 1, max_length = 63)]
    pub roadmap_item: Option<String>,
    /// The UTC billing month.
    pub month: Month,
    pub category: Category,
    #[serde(default = "nature")]
    pub nature: Nature,
    /// Negative for a credit.
    pub amount: Money,
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 10_000)]
    pub hours: Option<Quantity>,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: String,
    /// Where the line comes from, such as an invoice.
    #[serde(default)]
    #[schema(max_length = 120)]
    pub source: String,
    /// Unique within its source.
    #[schema(min_length = 1, max_length = 200)]
    pub external_id: Option<String>,
    /// What was invoiced for it, in the currency of `amount`.
    pub billed_amount: Option<Money>,
    /// Who sells it.
    #[schema(min_length = 1, max_length = 200)]
    pub provider: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    pub billing_account: Option<String>,
    /// The month that the bill is of.
    pub billing_period: Option<Month>,
    #[schema(min_length = 1, max_length = 200)]
    pub service_name: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    pub sub_account: Option<String>,
    #[schema(min_length = 1, max_length = 2000)]
    pub resource_id: Option<String>,
    /// Words that whoever runs the resource put on it, by their names.
    #[schema(schema_with = tags_or_null)]
    pub tags: Option<Tags>,
    /// What else its source says of it.
    #[schema(schema_with = extra_or_null)]
    pub extra: Option<Extra>,
}

fn tags_or_null() -> RefOr<Schema> {
    let tag = ObjectBuilder::new().schema_type(Type::String).max_length(Some(2000));
    named("Texts by their names, at most 200.", AdditionalProperties::RefOr(tag.into()))
}

fn extra_or_null() -> RefOr<Schema> {
    named("Anything by its name, at most 200.", AdditionalProperties::FreeForm(true))
}

fn named(description: &str, of: AdditionalProperties<Schema>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::Object, Type::Null]))
        .additional_properties(Some(of))
        .max_properties(Some(MOST_NAMED))
        .description(Some(description))
        .into()
}

/// How many tags, or other properties, an entry that is written down may have.
const MOST_NAMED: usize = 200;

fn nature() -> Nature {
    Nature::Run
}

impl Patchable for NewCostEntry {}

impl NewCostEntry {
    /// # Errors
    /// 422 for an amount that was billed in another currency.
    pub fn into_row(self, product: &ProductId, component: Option<String>, head: Head) -> Result<CostEntry, Failure> {
        let currency = self.amount.currency;
        if self.billed_amount.is_some_and(|billed| billed.currency != currency) {
            let detail = format!("what was billed is in the currency of the amount, {currency}");
            return Err(Failure::invalid("/billed_amount/currency", "another_currency", detail));
        }
        Ok(CostEntry {
            id: head.id,
            product_id: product.as_str().to_owned(),
            component,
            roadmap_item: self.roadmap_item,
            month: self.month,
            category: self.category,
            nature: self.nature,
            amount: self.amount.into(),
            hours: self.hours,
            note: self.note,
            source: self.source,
            external_id: self.external_id,
            billed_amount: BilledAmount::new(self.billed_amount, currency),
            provider: self.provider,
            billing_account: self.billing_account,
            billing_period: self.billing_period,
            service_name: self.service_name,
            sub_account: self.sub_account,
            resource_id: self.resource_id,
            tags: self.tags.map(JsonText::new),
            extra: self.extra.map(JsonText::new),
            bill: None,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}
