//! `prodops key`

use super::answer;
use crate::kernel::{clock::Clock, config::Config, failure::Failure};
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// List them, the one that signs first.
    List,
    /// Sign with a new key from now on. Running instances notice; nobody has to sign in again.
    Rotate {
        /// Take no token of the keys before, instead of for another hour: for a key that somebody else has seen.
        #[arg(long)]
        drop_old: bool,
    },
}

/// # Errors
/// When there is no key yet, or the data folder cannot be read or written.
pub fn run(config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    let (keys, now) = (config.keys(), Clock::System.now());
    match arguments.command {
        KeyCommand::List => {
            let lines: Vec<String> = keys.list(now)?.iter().map(ToString::to_string).collect();
            answer(&lines.join("\n"))
        }
        KeyCommand::Rotate { drop_old } => answer(&keys.rotate(now, drop_old)?.to_string()),
    }
}
