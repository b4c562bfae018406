//! What one currency was worth in another, month by month.

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::Failure,
        http::{Column, Listed, Page, Patch, Patchable},
        money::{Currency, Rate},
        month::Month,
        schema::exchange_rates,
    },
    row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An exchange rate of a month: an amount in `from`, multiplied, is an amount in `to`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = exchange_rates)]
pub struct ExchangeRate {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    #[diesel(column_name = from_currency)]
    pub from: Currency,
    #[diesel(column_name = to_currency)]
    pub to: Currency,
    pub month: Month,
    pub rate: Rate,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(ExchangeRate, "exchange-rates", product: product_id);

/// A page of a list of them.
pub type ExchangeRatePage = Page<ExchangeRate>;
/// Some of its properties, to be changed.
pub type ExchangeRatePatch = Patch<NewExchangeRate>;

impl Listed for ExchangeRate {
    const COLUMNS: &'static [Column] = &[
        Column::text("from", "from_currency"),
        Column::text("to", "to_currency"),
        Column::text("month", "month"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &[];
}

/// An exchange rate to be written down.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExchangeRate {
    pub from: Currency,
    pub to: Currency,
    /// A month that is not published yet.
    pub month: Month,
    pub rate: Rate,
}

impl Patchable for NewExchangeRate {}

impl NewExchangeRate {
    /// # Errors
    /// 422 for a currency in itself.
    pub fn into_row(self, product: &ProductId, head: Head) -> Result<ExchangeRate, Failure> {
        if self.from == self.to {
            return Err(Failure::invalid("/to", "same_currency", "a currency in itself is always worth 1"));
        }
        Ok(ExchangeRate {
            id: head.id,
            product_id: product.as_str().to_owned(),
            from: self.from,
            to: self.to,
            month: self.month,
            rate: self.rate,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}
