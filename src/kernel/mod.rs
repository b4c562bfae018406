//! What every chapter stands on; knows no chapter.

pub mod auth;
pub mod clock;
pub mod config;
pub mod csv;
pub mod dated;
pub mod db;
pub mod failure;
pub mod figure;
pub mod fiscal;
pub mod http;
pub mod mail;
pub mod merge;
pub mod money;
pub mod month;
pub mod outward;
pub mod quantity;
pub mod schema;
pub mod text;
