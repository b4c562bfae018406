//! What everything costs to keep: entries, exchange rates, and the ledger that puts them together
//! with the team's labour.

pub mod answers;
pub mod api;
mod entry;
pub mod ledger;
mod rate;
pub mod store;

pub use entry::{Bills, Category, CostEntry, CostEntryPage, CostEntryPatch, NewCostEntry};
pub use rate::{ExchangeRate, ExchangeRatePage, ExchangeRatePatch, NewExchangeRate};
