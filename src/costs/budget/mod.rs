//! What may be spent in a fiscal year, and how that goes.

pub mod api;
pub mod status;
pub mod store;

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::{Failure, Fault},
        fiscal::FiscalYear,
        http::{Column, Listed, Page, Patch, Patchable},
        money::{Currency, Money},
        schema::budgets,
    },
    money_columns, row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

money_columns!(BudgetAmount, budgets, amount_units, amount_parts, currency);

/// What may be spent in a fiscal year, in the product's currency: on a component or on everything.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = budgets, treat_none_as_null = true)]
pub struct Budget {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// A component's key; null is the whole product.
    pub component: Option<String>,
    pub fiscal_year: FiscalYear,
    #[diesel(embed)]
    #[schema(value_type = Money)]
    pub amount: BudgetAmount,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Budget, "budgets", product: product_id);

/// A page of a list of them.
pub type BudgetPage = Page<Budget>;
/// Some of its properties, to be changed.
pub type BudgetPatch = Patch<NewBudget>;

impl Listed for Budget {
    const COLUMNS: &'static [Column] = &[
        Column::text("fiscal_year", "fiscal_year"),
        Column::text("component", "component").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["component", "fiscal_year"];
}

/// A budget to be written down.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBudget {
    /// A component's key or id; null is the whole product.
    #[schema(min_length = 1, max_length = 63)]
    pub component: Option<String>,
    /// By the calendar year in which it begins.
    pub fiscal_year: FiscalYear,
    /// Not negative, in the product's currency.
    pub amount: Money,
}

impl Patchable for NewBudget {}

impl NewBudget {
    /// `component` is the key of the one it names.
    ///
    /// # Errors
    /// 422 for a negative amount or another currency than the product's: a budget is not converted, for nobody knows
    /// the rates of the months to come.
    pub fn into_row(
        self,
        product: &ProductId,
        currency: Currency,
        component: Option<String>,
        head: Head,
    ) -> Result<Budget, Failure> {
        let mut faults = Vec::new();
        if self.amount.amount.is_sign_negative() && !self.amount.amount.is_zero() {
            faults.push(Fault::at("/amount/amount", "too_small", "not negative"));
        }
        if self.amount.currency != currency {
            faults.push(Fault::at("/amount/currency", "other_currency", format!("the product counts in {currency}")));
        }
        Failure::unless_empty(faults)?;
        Ok(Budget {
            id: head.id,
            product_id: product.as_str().to_owned(),
            component,
            fiscal_year: self.fiscal_year,
            amount: self.amount.into(),
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

impl Budget {
    /// What may be spent.
    pub fn money(&self) -> Money {
        self.amount.into()
    }
}
