//! A line of cost, as it is written down or billed.

use crate::{
    effort::Nature,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        money::{Money, Quantity},
        month::Month,
        schema::cost_entries,
    },
    money_columns, row, text_enum,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

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
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(CostEntry, "cost-entries", product: product_id);

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
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["note", "source"];
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
}

fn nature() -> Nature {
    Nature::Run
}

impl Patchable for NewCostEntry {}

impl NewCostEntry {
    pub fn into_row(self, product: &ProductId, component: Option<String>, head: Head) -> CostEntry {
        CostEntry {
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
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// Cost entries by component, so that none is looked for among all of them.
pub struct Bills<'a>(HashMap<Option<&'a str>, Vec<&'a CostEntry>>);

impl<'a> Bills<'a> {
    pub fn sorted(entries: &'a [CostEntry]) -> Self {
        let mut sorted: HashMap<Option<&str>, Vec<&CostEntry>> = HashMap::new();
        for entry in entries {
            sorted.entry(entry.component.as_deref()).or_default().push(entry);
        }
        Self(sorted)
    }

    /// Those of a component; without one, those that belong to none.
    pub fn of<'s>(&'s self, component: Option<&'s str>) -> &'s [&'a CostEntry] {
        self.0.get(&component).map(Vec::as_slice).unwrap_or_default()
    }
}
