//! `prodops week`: the ops lead's five minutes. A sheet out, a file back, the difference before anything is sent.

mod desk;
mod edit;
mod told;

use super::{OutputFormat, answer, import::spooled};
use crate::{
    imports::ImportView,
    kernel::{clock::Clock, config::Config, failure::Failure, month::Week},
};
use chrono::Days;
use chrono_tz::Tz;
use clap::Args;
use desk::Desk;
use edit::Editor;
use serde_json::json;
use std::path::PathBuf;

/// How many days a week is still the one to be written after it began, and after it ended.
const LAG: Days = Days::new(3);

/// One week of a product: where its time went, what went wrong, how the roadmap stands.
///
/// Without FILE it prints the sheet of the week, made from what is known. With FILE it shows what that would change, or
/// everything that is wrong with it by line, and changes nothing; --send sends it. --edit does all of it in your editor.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The product's key.
    #[arg(long)]
    product: String,
    /// The week, such as 2026-W47. Left out, it is that of the day three days ago where the product is: the present one
    /// from Thursday on, before that the last one.
    #[arg(long, conflicts_with = "file")]
    week: Option<Week>,
    /// A sheet that is filled in; `-` reads it from standard input.
    file: Option<PathBuf>,
    /// Send it, and say what was written.
    #[arg(long, requires = "file")]
    send: bool,
    /// Open the sheet, or FILE, in $VISUAL or $EDITOR, show what it would change, and ask before it is sent.
    #[arg(long, conflicts_with_all = ["send", "format"])]
    edit: bool,
    /// How to answer.
    #[arg(long, default_value = "text")]
    format: OutputFormat,
    /// The editor of --edit.
    #[arg(long, env = "VISUAL", hide = true)]
    visual: Option<String>,
    /// The editor of --edit where there is no $VISUAL.
    #[arg(long, env = "EDITOR", hide = true)]
    editor: Option<String>,
}

/// # Errors
/// Everything that is wrong with the file, by line.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { product, week, file, send, edit, format, visual, editor } = arguments;
    let editor = match edit {
        true => Some(Editor::of([visual, editor])?),
        false => None,
    };
    let desk = Desk::open(config, &product)?;
    let present = || Ok::<_, Failure>(present_week(desk.zone()?));
    match (editor, file) {
        (Some(editor), None) => {
            let week = week.map_or_else(present, Ok)?;
            edit::new(&desk, &editor, week)
        }
        (Some(editor), Some(file)) => edit::again(&desk, &editor, file),
        (None, None) => {
            let week = week.map_or_else(present, Ok)?;
            let sheet = desk.sheet(week)?;
            match format {
                OutputFormat::Text => answer(sheet.trim_end()),
                OutputFormat::Json => answer(&json!({ "week": week, "sheet": sheet }).to_string()),
            }
        }
        (None, Some(file)) => {
            let spool = (file.as_os_str() == "-").then(spooled).transpose().map_err(Failure::internal)?;
            let path = spool.as_ref().map_or(file.as_path(), |spool| spool.path());
            let bring = |dry_run| desk.bring(path, dry_run).map_err(told::by_line);
            let tried = bring(true)?;
            let sent = if send { Some(bring(false)?) } else { None };
            tell(&tried, sent.as_ref(), format)
        }
    }
}

fn tell(tried: &ImportView, sent: Option<&ImportView>, format: OutputFormat) -> Result<(), Failure> {
    match format {
        OutputFormat::Json => answer(&serde_json::to_string(sent.unwrap_or(tried)).map_err(Failure::internal)?),
        OutputFormat::Text => {
            told::warnings(tried);
            answer(&told::difference(tried, sent))
        }
    }
}

/// The week that is to be written now.
fn present_week(zone: Tz) -> Week {
    Week::of(Clock::System.now().day_in(zone) - LAG)
}
