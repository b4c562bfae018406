//! The one test binary: a file per chapter, and one per rule that holds for all of them.

#[macro_use]
mod app;
mod cli;
mod client;
mod cluster;
mod postbox;
mod programs;
mod samples;

mod access;
mod backups;
mod components;
mod contract;
mod costs;
mod decisions;
mod effort;
mod exports;
mod floors;
mod impact;
mod health;
mod imports;
mod incidents;
mod kernel;
mod limits;
mod lists;
mod months;
mod openslo;
mod logs;
mod mail;
mod model;
mod permissions;
mod personas;
mod portability;
mod products;
mod reports;
mod risks;
mod roadmap;
mod roadmap_files;
mod roadmap_order;
mod shares;
mod slos;
mod stakeholders;
mod story;
mod views;
mod walk;
mod worth;
