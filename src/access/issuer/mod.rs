//! Signing in with the outside issuer, and what its groups are here.

pub mod pages;
pub mod store;
