//! `prodops migrate`

use super::answer;
use crate::kernel::{
    config::Config,
    db::{self, DatabaseUrl},
    failure::Failure,
};
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Make the SQLite file when there is none.
    #[arg(long)]
    init: bool,
}

/// # Errors
/// When there is no such file and `--init` was not given, or a script fails.
pub fn run(config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    if arguments.init {
        init(&config.database)?;
    }
    config.database.require_existing()?;
    let done = db::migrate(&config.database)?;
    match done.as_slice() {
        [] => answer(&format!("{} is up to date", config.database)),
        done => answer(&format!("{}: ran {}", config.database, done.join(", "))),
    }
}

/// Makes an empty SQLite file where there is none; a server's database is made on the server.
pub(super) fn init(database: &DatabaseUrl) -> Result<(), Failure> {
    let Some(path) = database.file().filter(|path| !path.exists()) else { return Ok(()) };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Failure::internal)?;
    }
    std::fs::File::create(path)
        .map(|_| ())
        .map_err(|error| Failure::conflict("no_database", format!("{} cannot be made: {error}", path.display())))
}
