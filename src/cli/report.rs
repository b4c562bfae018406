//! `prodops report`

use super::{block_on, open_database};
use crate::{
    kernel::{config::Config, db::Author, failure::Failure, month::Month},
    products,
    reports::{self, ReportState},
};
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The product's key.
    #[arg(long)]
    product: String,
    /// The month, such as 2026-10.
    #[arg(long)]
    month: Month,
    #[arg(long, default_value = "html")]
    format: ReportFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReportFormat {
    Json,
    Html,
}

/// Prints the report of a month: as it was published, or else a draft built from today's data.
///
/// # Errors
/// When there is no such product, or the storage fails.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let db = open_database(config)?;
    let text = block_on(async move {
        let Arguments { product, month, format } = arguments;
        let (product, latest) = db
            .read(move |conn| {
                let product = products::store::find_by_key(conn, &product)?;
                let latest = reports::store::latest(conn, &product.product_id(), month)?;
                Ok((product, latest))
            })
            .await?;
        let report = match latest.filter(|report| report.state == ReportState::Published) {
            Some(published) => published,
            None => reports::store::build(&db, Author::operator(), product, month).await?.report,
        };
        db.snapshot(move |conn| match format {
            ReportFormat::Html => reports::store::html(conn, &report),
            ReportFormat::Json => {
                serde_json::to_string(&reports::store::view(conn, report)?).map_err(Failure::internal)
            }
        })
        .await
    })?;
    println!("{text}");
    Ok(())
}
