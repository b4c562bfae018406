//! Datasets for BI tools, as CSV: each declared once, read from one snapshot, streamed row by row.
//!
//! A dataset's columns keep their order for ever and grow only at the end (`schemas/`), because a
//! dashboard reads them by place as often as by name. `docs/EXPORTS.md` says in words what they mean.

mod activities;
mod allocation_rules;
pub mod api;
mod budgets;
mod components;
mod cost_entries;
mod decisions;
mod effort;
mod exchange_rates;
mod feedback;
mod impact_claims;
mod impact_monthly;
mod incidents;
mod journeys;
mod maintenance_cost;
mod objectives;
mod personas;
mod populations;
mod principles;
mod published;
mod report_facts;
mod risks;
mod roadmap_changes;
mod roadmap_items;
mod roadmap_links;
mod selection;
mod sheet;
pub mod signed;
mod slo_sums;
mod slos;
mod stakeholders;
mod stream;
mod survey_scores;
mod value_drivers;
mod word;

pub use selection::{ExportFor, ExportQuery, Selection};
pub use sheet::Sheet;

use crate::{
    kernel::{db::Conn, failure::Failure, http::Page},
    products::Product,
    text_enum,
};
use serde::Serialize;
use std::io::Write;
use utoipa::ToSchema;

/// Every dataset there is.
pub const DATASETS: &[Dataset] = &[
    activities::DATASET,
    allocation_rules::DATASET,
    budgets::DATASET,
    objectives::CHECK_INS,
    components::DATASET,
    cost_entries::DATASET,
    decisions::DATASET,
    effort::DATASET,
    exchange_rates::DATASET,
    feedback::DATASET,
    impact_claims::CLAIMS,
    impact_claims::EVIDENCE,
    impact_monthly::DATASET,
    incidents::COMPONENTS,
    incidents::DATASET,
    journeys::DATASET,
    objectives::KEY_RESULTS,
    maintenance_cost::DATASET,
    objectives::DATASET,
    personas::DATASET,
    populations::DATASET,
    principles::ADHERENCE,
    principles::DATASET,
    report_facts::DATASET,
    risks::ASSESSMENTS,
    risks::DATASET,
    roadmap_changes::DATASET,
    roadmap_items::DATASET,
    roadmap_links::DATASET,
    slo_sums::DAILY,
    slo_sums::MONTHLY,
    slos::SLOS,
    slos::TARGETS,
    stakeholders::DATASET,
    survey_scores::DATASET,
    value_drivers::DATASET,
];

/// A table for BI tools.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Dataset {
    /// What its address ends in, before `.csv`.
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// In the order of the file.
    #[schema(value_type = Vec<DatasetColumn>)]
    pub columns: &'static [DatasetColumn],
    /// The columns that together name a row.
    #[schema(value_type = Vec<String>)]
    pub key: &'static [&'static str],
    /// The column that `from` and `to` apply to; null where there is none.
    pub period: Option<&'static str>,
    #[serde(skip)]
    rows: Rows,
}

/// Puts the rows of a dataset on a sheet.
type Rows = fn(&mut Conn, &Product, &Selection, &mut Sheet<'_>) -> Result<(), Failure>;

/// A page of a list of them.
pub type DatasetPage = Page<Dataset>;

text_enum! {
    /// What the cells of a column are, in the words of the Table Schema standard.
    pub enum ColumnType {
        String = "string",
        Integer = "integer",
        Number = "number",
        Boolean = "boolean",
        Date = "date",
        Month = "yearmonth",
        Time = "datetime",
    }
}

/// A column of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DatasetColumn {
    pub name: &'static str,
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    pub kind: ColumnType,
    pub description: &'static str,
    /// What a number counts: a word, or the column that holds its currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// Whether a cell may be empty, which means null; empty text is `""`.
    pub nullable: bool,
    /// What it names in another dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<ColumnReference>,
}

/// A column of another dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ColumnReference {
    pub dataset: &'static str,
    pub column: &'static str,
}

impl DatasetColumn {
    const fn of(name: &'static str, kind: ColumnType, description: &'static str) -> Self {
        Self { name, kind, description, unit: None, nullable: false, references: None }
    }

    const fn text(name: &'static str, description: &'static str) -> Self {
        Self::of(name, ColumnType::String, description)
    }

    const fn integer(name: &'static str, description: &'static str) -> Self {
        Self::of(name, ColumnType::Integer, description)
    }

    const fn number(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self { unit: Some(unit), ..Self::of(name, ColumnType::Number, description) }
    }

    const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::of(name, ColumnType::Boolean, description)
    }

    const fn date(name: &'static str, description: &'static str) -> Self {
        Self::of(name, ColumnType::Date, description)
    }

    const fn month(name: &'static str, description: &'static str) -> Self {
        Self::of(name, ColumnType::Month, description)
    }

    const fn time(name: &'static str, description: &'static str) -> Self {
        Self::of(name, ColumnType::Time, description)
    }

    const fn in_unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }

    const fn saying(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    const fn naming(self, dataset: &'static str, column: &'static str) -> Self {
        Self { references: Some(ColumnReference { dataset, column }), ..self }
    }
}

/// The first column of every dataset.
const PRODUCT: DatasetColumn = DatasetColumn::text("product", "The product's key.");
/// The second column of every dataset.
const DELETED_AT: DatasetColumn =
    DatasetColumn::time("deleted_at", "When the row was deleted; empty for rows that are there.").or_null();
const ID: DatasetColumn = DatasetColumn::text("id", "The row's id, which never changes.");
const CREATED_AT: DatasetColumn = DatasetColumn::time("created_at", "When it was recorded.");
const UPDATED_AT: DatasetColumn = DatasetColumn::time("updated_at", "When it last changed.");
const VERSION: DatasetColumn = DatasetColumn::integer("version", "Counts the row's changes, from 1.");

const AMOUNT: DatasetColumn = DatasetColumn::number("amount", "currency", "The amount, exact; negative for a credit.");
const CURRENCY: DatasetColumn = DatasetColumn::text("currency", "The currency of `amount` (ISO 4217).");
const REPORTED_AMOUNT: DatasetColumn = DatasetColumn::number(
    "reported_amount",
    "reported_currency",
    "The amount at the month's exchange rate, exact; empty when there is no rate.",
)
.or_null();
const REPORTED_CURRENCY: DatasetColumn = DatasetColumn::text("reported_currency", "The product's currency (ISO 4217).");

const IS_FINAL: DatasetColumn =
    DatasetColumn::boolean("is_final", "Whether this is the figure of the month's latest published report.");
const REVISION: DatasetColumn =
    DatasetColumn::integer("revision", "Of the month's latest published report; 0 when there is none.");

impl Dataset {
    pub fn find(name: &str) -> Option<&'static Self> {
        DATASETS.iter().find(|dataset| dataset.name == name)
    }

    fn period_column(&self) -> Option<&'static DatasetColumn> {
        let name = self.period?;
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Writes what was selected of a product's dataset as CSV: the header, then a line a row.
///
/// What is written is complete only when this returns `Ok`.
///
/// # Errors
/// When the storage fails, or `out` does.
pub fn write(conn: &mut Conn, product: &Product, selection: &Selection, out: &mut dyn Write) -> Result<(), Failure> {
    let mut sheet = Sheet::begin(product.key.as_text(), selection, out)?;
    (selection.dataset.rows)(conn, product, selection, &mut sheet)?;
    sheet.finish()
}

/// Runs a query and does something with each row as it comes, never holding more than one: what
/// diesel calls its loading mode differs between the engines. The query is written into the call, so
/// that each engine has its own.
macro_rules! each_row {
    ($conn:expr, $query:expr, |$row:ident: $type:ty| $body:expr) => {
        match $conn {
            $crate::kernel::db::Conn::Sqlite(c) => {
                for row in diesel::RunQueryDsl::load_iter::<$type, diesel::connection::DefaultLoadingMode>($query, c)? {
                    let $row = row?;
                    $body
                }
            }
            $crate::kernel::db::Conn::Pg(c) => {
                for row in diesel::RunQueryDsl::load_iter::<$type, diesel::pg::PgRowByRowLoadingMode>($query, c)? {
                    let $row = row?;
                    $body
                }
            }
        }
    };
}
use each_row;

#[cfg(test)]
mod tests;
