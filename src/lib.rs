//! prodops lets a platform team run what it runs as a product, and proves every month what the
//! work did for the business.
//!
//! This is the table of contents. The order is the law: a module may use those declared above it,
//! never those below (`tests/suite/floors.rs`).

#![forbid(unsafe_code)]

/// Who may come in: users, members, sign-in.
pub mod access;
/// The command line.
pub mod cli;
/// The catalogue of what is run; recovery tests.
pub mod components;
/// What it costs: entries, exchange rates, the ledger.
pub mod costs;
/// Where the time went: weekly shares, activities.
pub mod effort;
/// What every chapter stands on; knows no chapter.
pub mod kernel;
/// The product itself, its team, its rates.
pub mod products;
/// The month told to everyone: facts, words, pages.
pub mod reports;
/// The application: routes, contract, fallback.
pub mod server;
