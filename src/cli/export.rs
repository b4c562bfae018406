//! `prodops export`

use super::{Place, remote::Remote};
use crate::{
    exports::{self, DATASETS, Dataset, ExportFor, ExportQuery, Selection},
    kernel::{config::Config, failure::Failure},
    products,
};
use clap::{Args, builder::PossibleValuesParser};
use std::io::{self, Seek};
use url::Url;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The product's key.
    #[arg(long)]
    product: String,
    /// What to export.
    #[arg(value_parser = PossibleValuesParser::new(DATASETS.iter().map(|dataset| dataset.name)))]
    dataset: String,
    /// The first month or day, of the column that the dataset names as its period.
    #[arg(long, value_name = "MONTH|DAY")]
    from: Option<String>,
    /// The first month or day that is not wanted any more.
    #[arg(long, value_name = "MONTH|DAY")]
    to: Option<String>,
    /// The columns that are wanted, in the order that is wanted: `month,component,amount`.
    #[arg(long, value_name = "NAMES")]
    columns: Option<String>,
    /// For a program that needs the file another way: excel.
    #[arg(long = "for", value_name = "PROGRAM", value_parser = PossibleValuesParser::new(ExportFor::WORDS))]
    for_program: Option<String>,
}

/// Writes a dataset as CSV to standard output, once all of it is known to be there: a failure
/// leaves nothing that looks like an export.
///
/// # Errors
/// When there is no such product or column, or the storage fails.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { product, dataset, from, to, columns, for_program } = arguments;
    let dataset = Dataset::find(&dataset).ok_or(Failure::NotFound)?;
    let query = ExportQuery { from, to, columns, for_program };
    let mut file = tempfile::tempfile().map_err(Failure::internal)?;
    match Place::open(config)? {
        Place::There(remote) => remote.download(&address(&remote, &product, dataset, &query)?, &mut file)?,
        Place::Here(db) => {
            let selection = Selection::read(dataset, &query, true, db.clock().now())?;
            db.snapshot_here(|conn| {
                let product = products::store::find_by_key(conn, &product)?;
                exports::write(conn, &product, &selection, &mut file)
            })?;
        }
    }
    file.rewind().map_err(Failure::internal)?;
    match io::copy(&mut file, &mut io::stdout().lock()) {
        // A pipe whose reader has seen enough, such as `head`, is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::internal(error)),
        _ => Ok(()),
    }
}

fn address(remote: &Remote, product: &str, dataset: &Dataset, query: &ExportQuery) -> Result<Url, Failure> {
    let mut url = remote.at(&["products", product, "exports", &format!("{}.csv", dataset.name)])?;
    let query = serde_json::to_value(query).map_err(Failure::internal)?;
    let said = query.as_object().into_iter().flatten().filter_map(|(name, value)| Some((name, value.as_str()?)));
    said.for_each(|(name, value)| {
        url.query_pairs_mut().append_pair(name, value);
    });
    Ok(url)
}
