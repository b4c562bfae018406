//! `prodops import`

use super::{OutputFormat, Place, block_on, remote::Remote};
use crate::{
    imports::{self, Format, ImportView, Mode, Reading},
    kernel::{config::Config, db::Author, failure::Failure, merge::RowChange},
    products,
};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use std::{
    io,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The product's key.
    #[arg(long)]
    product: String,
    /// What the file is.
    #[arg(value_parser = PossibleValuesParser::new(Format::WORDS).try_map(|word| word.parse::<Format>()))]
    kind: Format,
    /// The file; `-` reads it from standard input.
    file: PathBuf,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Refuse what is not quite its format, or read it as it is meant: strict, lenient.
    #[arg(long, default_value = "strict")]
    mode: Mode,
    /// The mapping that says how the CSV of another tool is read, by its name.
    #[arg(long)]
    mapping: Option<String>,
    /// How to answer.
    #[arg(long, default_value = "text")]
    format: OutputFormat,
}

/// # Errors
/// Everything that is wrong with the file, by line.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let place = Place::open(config)?;
    let spool = (arguments.file.as_os_str() == "-").then(spooled).transpose().map_err(Failure::internal)?;
    let file = spool.as_ref().map_or(arguments.file.as_path(), |spool| spool.path());
    let reading = Reading { format: arguments.kind, mode: arguments.mode, mapping: arguments.mapping };
    let (key, dry_run) = (arguments.product, arguments.dry_run);
    let view = match place {
        Place::There(remote) => sent(&remote, &key, &reading, file, dry_run)?,
        Place::Here(db) => block_on(async {
            let product = db.read(move |conn| products::store::find_by_key(conn, &key)).await?.product_id();
            imports::run(&db, Author::operator(), &product, reading, file.to_owned(), dry_run).await
        })?,
    };
    match arguments.format {
        OutputFormat::Json => println!("{}", serde_json::to_string(&view).map_err(Failure::internal)?),
        OutputFormat::Text => print(&view),
    }
    Ok(())
}

/// What comes on standard input, where it can be read more than once.
pub(super) fn spooled() -> io::Result<NamedTempFile> {
    let mut spool = NamedTempFile::new()?;
    io::copy(&mut io::stdin().lock(), &mut spool)?;
    Ok(spool)
}

pub(super) fn sent(
    remote: &Remote,
    product: &str,
    reading: &Reading,
    file: &Path,
    dry_run: bool,
) -> Result<ImportView, Failure> {
    let mut url = remote.at(&["products", product, "imports", reading.format.as_text()])?;
    url.query_pairs_mut()
        .append_pair("dry_run", if dry_run { "true" } else { "false" })
        .append_pair("mode", reading.mode.as_text())
        .extend_pairs(reading.mapping.iter().map(|name| ("mapping", name)));
    remote.upload(&url, reading.format.media_types()[0], file, reading.format.limit())
}

fn print(view: &ImportView) {
    let would = if view.dry_run { "would be " } else { "" };
    println!("{would}created {}, changed {}; unchanged {}", view.created, view.changed, view.unchanged);
    if view.unallocated > 0 {
        println!("{} without a component", view.unallocated);
    }
    for change in &view.changes {
        print_change(change);
    }
    let more = (view.created + view.changed).saturating_sub(view.changes.len() as u64);
    if view.dry_run && !view.changes.is_empty() && more > 0 {
        println!("and {more} more");
    }
    for warning in &view.warnings {
        eprintln!("line {}: {}", warning.line, warning.detail);
    }
}

/// `line 3, new` or `line 3, changed`, and each property on a line of its own.
fn print_change(change: &RowChange) {
    let shown = |value: &Option<serde_json::Value>| match value {
        None => "nothing".to_owned(),
        Some(serde_json::Value::String(text)) => text.replace('\n', " "),
        Some(other) => other.to_string(),
    };
    println!("line {}, {}", change.line, if change.id.is_some() { "changed" } else { "new" });
    for one in &change.properties {
        match (&change.id, &one.after) {
            (Some(_), _) => println!("  {}: {} -> {}", one.property, shown(&one.before), shown(&one.after)),
            (None, after) => println!("  {}: {}", one.property, shown(after)),
        }
    }
}
