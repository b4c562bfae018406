//! `prodops export`

use super::open_database;
use crate::{
    exports::{self, DATASETS, Dataset, Selection},
    kernel::{config::Config, failure::Failure},
    products,
};
use clap::{Args, builder::PossibleValuesParser};
use std::io::{self, Seek};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The product's key.
    #[arg(long)]
    product: String,
    /// What to export.
    #[arg(value_parser = PossibleValuesParser::new(DATASETS.iter().map(|dataset| dataset.name)))]
    dataset: String,
}

/// Writes a dataset as CSV to standard output, once all of it is known to be there: a failure
/// leaves nothing that looks like an export.
///
/// # Errors
/// When there is no such product, or the storage fails.
pub fn run(config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    let dataset = Dataset::find(&arguments.dataset).ok_or(Failure::NotFound)?;
    let mut file = tempfile::tempfile().map_err(Failure::internal)?;
    let db = open_database(config)?;
    let selection = Selection::everything(dataset, db.clock().now());
    db.snapshot_here(|conn| {
        let product = products::store::find_by_key(conn, &arguments.product)?;
        exports::write(conn, &product, &selection, &mut file)
    })?;
    file.rewind().map_err(Failure::internal)?;
    match io::copy(&mut file, &mut io::stdout().lock()) {
        // A pipe whose reader has seen enough, such as `head`, is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::internal(error)),
        _ => Ok(()),
    }
}
