//! prodops lets a platform team run what it runs as a product, and proves every month what the
//! work did for the business.
//!
//! This is the table of contents. The order is the law: a module may use those declared above it,
//! never those below (`tests/suite/floors.rs`).

#![forbid(unsafe_code)]

/// What every chapter stands on; knows no chapter.
pub mod kernel;
/// Who may come in: users, members, sign-in, API tokens.
pub mod access;
/// The product itself, its team, its rates.
pub mod products;
/// The catalogue of what is run; recovery tests.
pub mod components;
/// Where it is going: the vision and the strategy, draft by draft and version by version.
pub mod direction;
/// What is to be reached in a quarter, and how far it is: objectives, key results, check-ins.
pub mod objectives;
/// What users may count on: principles, who keeps to them, the scorecard.
pub mod principles;
/// Who uses it: personas, how many they are, how their tasks go.
pub mod personas;
/// For whom it is done: who reads, accepts and asks.
pub mod stakeholders;
/// What people ask for, praise and complain about, and who wants the same.
pub mod feedback;
/// How content people are: questions, answers without a login, and how sure the figures are.
pub mod surveys;
/// What is promised: SLOs, measurements, error budgets.
pub mod slos;
/// What went wrong, for whom, and for how long.
pub mod incidents;
/// What might go wrong, and what it would cost.
pub mod risks;
/// What is to change: roadmap items, their order, their scores.
pub mod roadmap;
/// Where the time went: weekly shares, activities.
pub mod effort;
/// What it costs: entries, exchange rates, the ledger.
pub mod costs;
/// What it was worth: value drivers, impact claims, what is said to them.
pub mod impact;
/// What others are asked to decide, what they answered, and when.
pub mod decisions;
/// What needs several chapters at once: the chain both ways, what nobody owns, a component, a week.
pub mod insight;
/// The month told to everyone: facts, words, pages.
pub mod reports;
/// Datasets for BI tools.
pub mod exports;
/// Files of other tools, as rows of the chapters.
pub mod imports;
/// A person asks that nothing be kept of who they were.
pub mod erasure;
/// The application: routes, contract, fallback.
pub mod server;
/// The command line.
pub mod cli;
