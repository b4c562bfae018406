//! What everything costs to keep: entries, bills, exchange rates, budgets, the rules by which common cost is shared, and
//! the ledger that puts them together with the team's labour.

pub mod allocation;
pub mod answers;
pub mod api;
pub mod bills;
pub mod budget;
mod charge;
mod entry;
pub mod ledger;
pub mod movers;
mod rate;
pub mod store;
pub mod tie_out;
pub mod unit;

pub use budget::{Budget, BudgetPage, BudgetPatch, NewBudget};
pub use charge::{Charge, Charges};
pub use entry::{Category, CostEntry, CostEntryPage, CostEntryPatch, Extra, NewCostEntry, Tags};
pub use rate::{ExchangeRate, ExchangeRatePage, ExchangeRatePatch, NewExchangeRate};

use crate::kernel::{clock::Instant, month::Month};

/// The last month that is over at a moment: cost has months of UTC.
pub fn last_month_over(at: Instant) -> Month {
    Month::of(at.utc().date_naive()).previous()
}
