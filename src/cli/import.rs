//! `prodops import`

use super::{OutputFormat, Place, answer, aside, block_on, plain, remote::Remote};
use crate::{
    costs::bills::BillTotal,
    imports::{self, DeliveredBill, Format, ImportView, Mode, Progress, Reading, Watch},
    kernel::{config::Config, db::Author, failure::Failure, merge::RowChange},
    products,
};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
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
            let (author, file) = (Author::operator(), file.to_owned());
            imports::run_watched(&db, author, &product, reading, file, dry_run, shown()).await
        })?,
    };
    match arguments.format {
        OutputFormat::Json => answer(&serde_json::to_string(&view).map_err(Failure::internal)?),
        OutputFormat::Text => tell(&view, arguments.kind),
    }
}

/// How far it is, on a terminal; nothing where there is none.
fn shown() -> Watch {
    let bar = ProgressBar::new(0).with_finish(ProgressFinish::AndClear);
    let style = |template| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let (checked, written) = (style("{spinner} {pos} lines checked"), style("{bar:24} {pos} of {len} lines, {eta}"));
    Arc::new(move |progress| match progress {
        Progress::Checked(lines) => {
            bar.set_style(checked.clone());
            bar.set_position(lines);
        }
        Progress::Written(lines, all) => {
            bar.set_style(written.clone());
            bar.set_length(all);
            bar.set_position(lines);
            if lines == all {
                bar.finish_and_clear();
            }
        }
    })
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

fn tell(view: &ImportView, kind: Format) -> Result<(), Failure> {
    let would = if view.dry_run { "would be " } else { "" };
    let mut lines =
        vec![format!("{would}created {}, changed {}; unchanged {}", view.created, view.changed, view.unchanged)];
    if view.unallocated > 0 {
        lines.push(format!("{} without a component", view.unallocated));
    }
    lines.extend(view.bills.iter().map(told_bill));
    for change in &view.changes {
        tell_change(change, &mut lines);
    }
    let more = unshown(view, kind);
    if view.dry_run && more > 0 {
        lines.push(format!("and {more} more"));
    }
    answer(&lines.join("\n"))?;
    for warning in &view.warnings {
        aside(&format!("line {}: {}", warning.line, plain(&warning.detail)));
    }
    Ok(())
}

/// `focus:AWS 1234 2026-10: 9 lines, EUR 14.97; before: 8 lines, EUR 13.01`
fn told_bill(bill: &DeliveredBill) -> String {
    let said = |lines: u64, totals: &[BillTotal]| {
        let sums = totals.iter().map(|total| format!(", {} {}", total.amount.currency.as_text(), total.amount.amount));
        format!("{lines} lines{}", sums.collect::<String>())
    };
    let before = bill.replaces.as_ref();
    let before = before.map(|before| format!("; before: {}", said(before.lines.unsigned_abs(), &before.totals)));
    let name = format!("{} {} {}", bill.source, bill.billing_account, bill.billing_period);
    plain(&format!("{name}: {}{}", said(bill.lines, &bill.totals), before.unwrap_or_default()))
}

/// How many of the rows that change are not among those that are shown, where any are. The persons of a sheet are
/// shown one by one, and are one week.
pub(super) fn unshown(view: &ImportView, kind: Format) -> u64 {
    let is_person = |change: &&RowChange| kind == Format::Week && change.resource == "effort";
    let persons = view.changes.iter().filter(is_person).count();
    let shown = view.changes.len() - persons + persons.min(1);
    if shown == 0 { 0 } else { (view.created + view.changed).saturating_sub(shown as u64) }
}

/// `line 3, new` or `line 3, changed`, and each property on a line of its own.
fn tell_change(change: &RowChange, lines: &mut Vec<String>) {
    let shown = |value: &Option<serde_json::Value>| match value {
        None => "nothing".to_owned(),
        Some(serde_json::Value::String(text)) => plain(text),
        Some(other) => plain(&other.to_string()),
    };
    lines.push(format!("line {}, {}", change.line, if change.id.is_some() { "changed" } else { "new" }));
    for one in &change.properties {
        let (name, after) = (plain(&one.property), shown(&one.after));
        lines.push(match &change.id {
            Some(_) => format!("  {name}: {} -> {after}", shown(&one.before)),
            None => format!("  {name}: {after}"),
        });
    }
}
