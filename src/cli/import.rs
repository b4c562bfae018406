//! `prodops import`

use super::{OutputFormat, block_on, open_database};
use crate::{
    imports::{self, Format, ImportView, Mode},
    kernel::{config::Config, db::Author, failure::Failure},
    products,
};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The product's key.
    #[arg(long)]
    product: String,
    /// What the file is.
    #[arg(value_parser = PossibleValuesParser::new(Format::WORDS).try_map(|word| word.parse::<Format>()))]
    kind: Format,
    file: PathBuf,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Refuse what is not quite its format, or read it as it is meant: strict, lenient.
    #[arg(long, default_value = "strict")]
    mode: Mode,
    /// How to answer.
    #[arg(long, default_value = "text")]
    format: OutputFormat,
}

/// # Errors
/// Everything that is wrong with the file, by line.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let db = open_database(config)?;
    let view = block_on(async move {
        let key = arguments.product;
        let product = db.read(move |conn| products::store::find_by_key(conn, &key)).await?.product_id();
        let format = (arguments.kind, arguments.mode);
        imports::run(&db, Author::operator(), &product, format, arguments.file, arguments.dry_run).await
    })?;
    match arguments.format {
        OutputFormat::Json => println!("{}", serde_json::to_string(&view).map_err(Failure::internal)?),
        OutputFormat::Text => print(&view),
    }
    Ok(())
}

fn print(view: &ImportView) {
    let would = if view.dry_run { "would be " } else { "" };
    println!("{would}created {}, changed {}; unchanged {}", view.created, view.changed, view.unchanged);
    if view.unallocated > 0 {
        println!("{} without a component", view.unallocated);
    }
    for warning in &view.warnings {
        eprintln!("line {}: {}", warning.line, warning.detail);
    }
}
