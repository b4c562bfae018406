//! `prodops report`

use super::{block_on, open_database};
use crate::{
    kernel::{auth::ProductId, config::Config, db::Author, failure::Failure, month::Month},
    products,
    reports::{
        self,
        formats::Format,
        views::{self, Audience, store::Rendering},
    },
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
    /// For whom it is told: a group, such as finance, or a stakeholder's id.
    #[arg(long = "for", default_value = "", hide_default_value = true)]
    reader: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReportFormat {
    Json,
    Html,
    Md,
}

/// Prints the report of a month: as it was published, or else a draft built from today's data.
///
/// # Errors
/// When there is no such product, or the storage fails.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let db = open_database(config)?;
    let text = block_on(async move {
        let Arguments { product, month, format, reader } = arguments;
        let (product, latest) = db
            .read(move |conn| {
                let product = products::store::find_by_key(conn, &product)?;
                let latest = reports::store::latest(conn, &product.product_id(), month)?;
                Ok((product, latest))
            })
            .await?;
        let report = match latest.filter(|report| report.state.is_published()) {
            Some(published) => published,
            None => reports::store::build(&db, Author::operator(), product, month).await?.report,
        };
        let format = match format {
            ReportFormat::Json => Format::Json,
            ReportFormat::Html => Format::Html,
            ReportFormat::Md => Format::Markdown,
        };
        let find = move |conn: &mut _| {
            let product = ProductId::known(report.product_id.clone());
            Ok((report.clone(), Audience::find(conn, &product, &reader)?))
        };
        match views::store::rendering(&db, format, find).await?.1 {
            Rendering::Text(text) => Ok(text),
            Rendering::View(view) => serde_json::to_string(&view).map_err(Failure::internal),
        }
    })?;
    println!("{text}");
    Ok(())
}
