//! `prodops backup`, `restore` and `copy`: a whole database as one file, and back.

use super::answer;
use crate::kernel::{
    clock::Clock,
    config::Config,
    db::{self, DatabaseUrl},
    failure::Failure,
};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The file to make; it must not be there yet.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// What `prodops backup` made, of either engine.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct CopyArguments {
    #[arg(long, value_name = "URL")]
    from: DatabaseUrl,
    /// A database that is not there yet: no file, or an empty PostgreSQL database.
    #[arg(long, value_name = "URL")]
    to: DatabaseUrl,
}

/// # Errors
/// When the file is there already, cannot be written, or does not hold what was read.
pub fn backup(config: &Config, arguments: &BackupArguments) -> Result<(), Failure> {
    let made = db::backup(&config.database, &arguments.file, Clock::System.now())?;
    answer(&format!("{}: {} rows, schema {}", arguments.file.display(), made.rows(), made.schema))
}

/// # Errors
/// When there is a database already, or the file is not a whole backup.
pub fn restore(config: &Config, arguments: &RestoreArguments) -> Result<(), Failure> {
    let found = db::restore(&config.database, &arguments.file)?;
    answer(&format!("{}: {} rows, as they were at {}", config.database, found.rows(), found.made_at))
}

/// # Errors
/// When there is a database at the destination already, or one of them cannot be reached.
pub fn copy(arguments: &CopyArguments) -> Result<(), Failure> {
    let copied = db::copy(&arguments.from, &arguments.to, Clock::System.now())?;
    answer(&format!("{}: {} rows of {}", arguments.to, copied.rows(), arguments.from))
}
