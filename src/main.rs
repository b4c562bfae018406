//! The program: everything is in the library, so that tests can reach it.

#![forbid(unsafe_code)]

use clap::Parser;

fn main() -> std::process::ExitCode {
    prodops::cli::run(prodops::cli::Cli::parse())
}
