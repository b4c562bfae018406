//! The application: every chapter's routes, the contract they make together, and how it is served.

mod app;
mod fallback;
mod health;
mod routes;
mod spec;

pub use app::{contract, serve, serve_on};
