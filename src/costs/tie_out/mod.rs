//! Whether the costs tie out to the bills: what was billed, what of it the entries say, and who bears that.

pub mod store;

use crate::kernel::{
    money::{Currency, Money, Sum},
    month::Month,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What was billed beside what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TieOutView {
    #[schema(inline)]
    pub from: Month,
    #[schema(inline)]
    pub to: Month,
    pub items: Vec<TieOutRow>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// The cost entries of a month, provider, billing account and currency, summed; nothing is converted or rounded. Those that
/// do not say what was billed have a row of their own.
#[derive(Debug, Serialize, ToSchema)]
pub struct TieOutRow {
    /// The UTC billing month.
    #[schema(value_type = String)]
    pub month: Month,
    /// Null in the row of what names none, as what was written down by hand.
    pub provider: Option<String>,
    pub billing_account: Option<String>,
    pub currency: Currency,
    /// How many entries there are.
    pub lines: i64,
    /// What the invoice says (`BilledCost`); null in a row of entries that do not say it.
    #[schema(value_type = Option<Sum>)]
    pub billed: Option<Money>,
    /// What the entries say: discounts and prepayments spread over what uses them (`EffectiveCost`).
    #[schema(value_type = Sum)]
    pub amortised: Money,
    /// Billed, less amortised; null where it is not said what was billed.
    #[schema(value_type = Option<Sum>)]
    pub difference: Option<Money>,
    /// The part of `amortised` that a component bears.
    #[schema(value_type = Sum)]
    pub allocated: Money,
    /// The part of `allocated` that allocation rules brought; the rest names its component itself.
    #[schema(value_type = Sum)]
    pub allocated_by_rules: Money,
    /// The rest of `amortised`, which no component bears.
    #[schema(value_type = Sum)]
    pub unallocated: Money,
}
