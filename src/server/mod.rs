//! The application: every chapter's routes, the contract they make together, and how it is served.

mod app;
mod connection;
mod cors;
mod fallback;
mod health;
mod limits;
mod metrics;
mod parts;
mod rates;
mod routes;
mod spec;
mod watch;

pub use app::{contract, serve, serve_on};
