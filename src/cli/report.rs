//! `prodops report`: prints the report of a month, or closes the month step by step.

use super::{Place, answer, block_on, remote::Remote};
use crate::{
    access,
    kernel::{
        auth::ProductId,
        config::Config,
        db::{Author, Conn, Db, Tx},
        failure::Failure,
        http::{IfMatch, IfNoneMatch, formats::Format, validate},
        month::Month,
    },
    products::{self, Product},
    reports::{
        self, Publication, Report,
        commentary::{self, Commentary, NewCommentary, Speaker},
        document::SectionKey,
        months::{self, Gap, MonthView},
        views::{self, Audience, store::Rendering},
    },
};
use clap::{Args, ValueEnum, error::ErrorKind};
use serde::Serialize;
use serde_json::json;
use std::io::Read;

/// Who says what was said on the command line, when nobody is named.
const OPERATOR: &str = "the operator";
/// How many figures of a gap a person is told.
const FIGURES: usize = 4;
/// What `--text` and `--by` do not go with: the parser asks for `--comment` only where nothing excludes it.
const NOT_COMMENT: [&str; 3] = ["missing", "build", "publish"];
/// And `--reason`.
const NOT_PUBLISH: [&str; 3] = ["missing", "build", "comment"];

#[derive(Debug, Args)]
pub struct Arguments {
    /// The product's key.
    #[arg(long)]
    product: String,
    /// The month, such as 2026-10.
    #[arg(long)]
    month: Month,
    /// Of the report: html, md or json. With --missing, --build, --comment or --publish: text or json.
    #[arg(long)]
    format: Option<ReportFormat>,
    /// For whom it is told: a group, such as finance, or a stakeholder's id.
    #[arg(long = "for", default_value = "", hide_default_value = true, conflicts_with = "Steps")]
    reader: String,
    #[command(flatten)]
    steps: Steps,
    /// The words of --comment, in Markdown; `-` reads them from standard input.
    #[arg(long, requires = "comment", conflicts_with_all = NOT_COMMENT, allow_hyphen_values = true)]
    text: Option<String>,
    /// Whose words they are: the e-mail of a member.
    #[arg(long, value_name = "EMAIL", requires = "comment", conflicts_with_all = NOT_COMMENT)]
    by: Option<String>,
    /// With --publish, why there is another revision.
    #[arg(long, requires = "publish", conflicts_with_all = NOT_PUBLISH)]
    reason: Option<String>,
}

/// What is done instead of printing the report.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Steps {
    /// List what the month still lacks, and which figures will change.
    #[arg(long)]
    missing: bool,
    /// Build the draft from today's data; after publishing, the next revision.
    #[arg(long)]
    build: bool,
    /// Say something about a section of the draft, in place of what was said.
    #[arg(long, value_name = "SECTION", requires = "text")]
    comment: Option<SectionKey>,
    /// Publish the draft: from then on it stays as it is.
    #[arg(long)]
    publish: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    Text,
    Json,
    Html,
    Md,
}

/// What is asked for, as far as it can be asked for.
enum Asked {
    Print(Format, String),
    Missing,
    Build,
    Comment { section: SectionKey, new: NewCommentary, by: Option<String> },
    Publish(Publication),
}

/// # Errors
/// When there is no such product, the state of its month forbids it, or the storage fails.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { product, month, format, reader, steps, text, by, reason } = arguments;
    let asked = match (steps, text) {
        (Steps { comment: Some(section), .. }, Some(text)) => {
            let new = validate(json!({ "text": words(text)? })).map_err(Failure::Invalid)?;
            Asked::Comment { section, new, by }
        }
        (Steps { publish: true, .. }, _) => {
            let said = json!({ "reason": reason.unwrap_or_default() });
            Asked::Publish(validate(said).map_err(Failure::Invalid)?)
        }
        (Steps { missing: true, .. }, _) => Asked::Missing,
        (Steps { build: true, .. }, _) => Asked::Build,
        _ => Asked::Print(printed(format), reader),
    };
    let as_json = match (&asked, format) {
        (Asked::Print(..), _) | (_, Some(ReportFormat::Json)) => true,
        (_, None | Some(ReportFormat::Text)) => false,
        _ => misunderstood("this answers as text or json: only a report can be had as html or md"),
    };
    let done = match Place::open(config)? {
        Place::Here(db) => block_on(async move {
            let product = db.read(move |conn| products::store::find_by_key(conn, &product)).await?;
            here(&db, product, month, asked).await
        })?,
        Place::There(remote) => there(&remote, &product, month, asked)?,
    };
    answer(&match done {
        Done::Printed(text) => text,
        Done::Looked(state) => told(as_json, &state, lines)?,
        Done::Changed(report) => told(as_json, &report, line)?,
        Done::Said(said) => {
            told(as_json, &said, |said| format!("{} {month} {}: {}", said.report, said.section, said.author_name))?
        }
    })
}

/// What came of it.
enum Done {
    Printed(String),
    Looked(MonthView),
    Changed(Report),
    Said(Commentary),
}

async fn here(db: &Db, product: Product, month: Month, asked: Asked) -> Result<Done, Failure> {
    match asked {
        Asked::Print(format, reader) => print(db, product, month, format, reader).await.map(Done::Printed),
        Asked::Missing => missing(db, &product, month).await.map(Done::Looked),
        Asked::Build => {
            let built = reports::store::build(db, Author::operator(), product, month).await?;
            Ok(Done::Changed(built.report))
        }
        Asked::Comment { section, new, by } => {
            let said = move |tx: &mut Tx<'_>, id: &ProductId| comment(tx, id, month, section, new, by.as_deref());
            change(db, &product, said).await.map(Done::Said)
        }
        Asked::Publish(publication) => {
            change(db, &product, move |tx, id| publish(tx, id, month, publication)).await.map(Done::Changed)
        }
    }
}

fn there(remote: &Remote, product: &str, month: Month, asked: Asked) -> Result<Done, Failure> {
    let reports = ["products", product, "reports"];
    let build = || remote.post::<Report>(&remote.at(&reports)?, &json!({ "month": month }));
    let latest = || {
        let mut url = remote.at(&reports)?;
        url.query_pairs_mut().append_pair("month", &month.to_string()).append_pair("sort", "-revision");
        Ok::<_, Failure>(remote.list::<Report>(&url)?.into_iter().next())
    };
    Ok(match asked {
        Asked::Print(format, reader) => {
            let report = latest()?.filter(|report| report.state.is_published()).map_or_else(build, Ok)?;
            let mut url = remote.at(&[&reports[..], &[&format!("{}.{}", report.id, format.suffix())]].concat())?;
            url.query_pairs_mut().append_pair("for", &reader);
            Done::Printed(remote.text(&url)?)
        }
        Asked::Missing => {
            Done::Looked(remote.get(&remote.at(&["products", product, "months", &month.to_string()])?)?)
        }
        Asked::Build => Done::Changed(build()?),
        Asked::Comment { by: Some(_), .. } => {
            let what = "through a server the words are of whom the token stands for: leave out --by";
            return Err(Failure::conflict("server", what));
        }
        Asked::Comment { section, new, by: None } => {
            let draft = drafted(latest()?, month)?;
            let said = [&reports[..], &[&draft.id, "commentary", section.as_text()]].concat();
            Done::Said(remote.put(&remote.at(&said)?, &json!({ "text": new.text }))?)
        }
        Asked::Publish(said) => {
            let draft = drafted(latest()?, month)?;
            let said = json!({ "reason": said.reason });
            Done::Changed(remote.act(&[&reports[..], &[&draft.id]].concat(), "publish", &said)?)
        }
    })
}

/// Ends as the parser of the command line does.
fn misunderstood(what: &str) -> ! {
    clap::Error::raw(ErrorKind::ArgumentConflict, format!("{what}\n")).exit()
}

fn printed(format: Option<ReportFormat>) -> Format {
    match format {
        Some(ReportFormat::Json) => Format::Json,
        Some(ReportFormat::Html) | None => Format::Html,
        Some(ReportFormat::Md) => Format::Markdown,
        Some(ReportFormat::Text) => misunderstood("a report is had as html, md or json"),
    }
}

fn words(text: String) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|_| Failure::conflict("input", "the words are no UTF-8"))?;
    Ok(text.trim_end().to_owned())
}

/// The report as it was published, or else a draft built from today's data.
async fn print(db: &Db, product: Product, month: Month, format: Format, reader: String) -> Result<String, Failure> {
    let id = product.product_id();
    let latest = db.read(move |conn| reports::store::latest(conn, &id, month)).await?;
    let report = match latest.filter(|report| report.state.is_published()) {
        Some(published) => published,
        None => reports::store::build(db, Author::operator(), product, month).await?.report,
    };
    let find = move |conn: &mut Conn| {
        let product = ProductId::known(report.product_id.clone());
        Ok((report.clone(), Audience::find(conn, &product, &reader)?))
    };
    match views::store::rendering(db, format, find).await?.1 {
        Rendering::Text(text) => Ok(text),
        Rendering::View(view) => serde_json::to_string(&view).map_err(Failure::internal),
    }
}

async fn missing(db: &Db, product: &Product, month: Month) -> Result<MonthView, Failure> {
    let (id, at) = (product.product_id(), db.clock().now());
    db.snapshot(move |conn| months::state(conn, &id, month, at)).await
}

async fn change<T: Send + 'static>(
    db: &Db,
    product: &Product,
    work: impl FnOnce(&mut Tx<'_>, &ProductId) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let id = product.product_id();
    db.change(Author::operator(), move |tx| work(tx, &id)).await
}

/// The draft of the month.
fn draft(tx: &mut Tx<'_>, product: &ProductId, month: Month) -> Result<Report, Failure> {
    drafted(reports::store::latest(tx, product, month)?, month)
}

/// The latest report of a month, if it is a draft.
fn drafted(latest: Option<Report>, month: Month) -> Result<Report, Failure> {
    match latest {
        Some(report) if !report.state.is_published() => Ok(report),
        Some(_) => Err(Failure::conflict("published", format!("{month} is published; --build makes another revision"))),
        None => Err(Failure::conflict("no_draft", format!("there is no draft of {month}; --build makes one"))),
    }
}

fn comment(
    tx: &mut Tx<'_>,
    product: &ProductId,
    month: Month,
    section: SectionKey,
    new: NewCommentary,
    by: Option<&str>,
) -> Result<Commentary, Failure> {
    let by = by.map_or_else(|| Ok(Speaker { id: None, name: OPERATOR.to_owned() }), |by| speaker(tx, product, by))?;
    tx.alone_in(product)?;
    let report = draft(tx, product, month)?;
    let said = commentary::store::all(tx, &report)?.into_iter().find(|one| one.section == section);
    let expected = said.map_or(IfNoneMatch::Nothing, |one| IfNoneMatch::Seen(IfMatch::version(one.version)));
    commentary::store::put(tx, product, &report.id, section, expected, new, by)
}

fn speaker(tx: &mut Tx<'_>, product: &ProductId, email: &str) -> Result<Speaker, Failure> {
    let members = access::store::users_of(tx, product)?;
    let user = access::store::find_user_by_email(tx, email)?.filter(|user| members.contains(&user.id));
    let unknown = || Failure::invalid("/by", "unknown_reference", format!("no member of the product is {email}"));
    user.map(|user| Speaker { id: Some(user.id), name: user.name }).ok_or_else(unknown)
}

fn publish(tx: &mut Tx<'_>, product: &ProductId, month: Month, said: Publication) -> Result<Report, Failure> {
    tx.alone_in(product)?;
    let draft = draft(tx, product, month)?;
    let seen = IfMatch::version(draft.version);
    Ok(reports::store::publish(tx, product, &draft.id, seen, said)?.report)
}

fn told<T: Serialize>(as_json: bool, what: &T, text: impl FnOnce(&T) -> String) -> Result<String, Failure> {
    if as_json { serde_json::to_string(what).map_err(Failure::internal) } else { Ok(text(what)) }
}

fn line(report: &Report) -> String {
    format!("{} {} revision {} {}", report.id, report.month, report.revision, report.state)
}

/// How the month stands, and a line and what it changes for each gap.
fn lines(state: &MonthView) -> String {
    let report = state.report.as_ref().map_or_else(
        || "no report yet".to_owned(),
        |report| format!("{}, revision {}, built {}", report.state, report.revision, report.built_at),
    );
    let comes = |what: &str, at: Option<_>| at.map_or_else(String::new, |at| format!("; {what} by itself {at}"));
    let drafted = comes("drafted", state.drafts_at.map(|at| at.to_string()));
    let published = comes("published", state.publishes_at.map(|at| at.to_string()));
    let wide = state.gaps.iter().map(|gap| gap.kind.as_text().len()).max().unwrap_or_default();
    let count = match state.gaps.len() {
        0 => "nothing is missing".to_owned(),
        count => format!("{} missing", reports::document::counted(count, "thing is", "things are")),
    };
    let gaps = state.gaps.iter().flat_map(|gap| {
        let changes = Some(changed(gap)).filter(|names| !names.is_empty());
        let changes = changes.map(|names| format!("{:wide$}  changes {names}", ""));
        [Some(format!("{:wide$}  {}", gap.kind.as_text(), gap.detail)), changes].into_iter().flatten()
    });
    let head = [format!("{}: {report}{drafted}{published}", state.month), count];
    head.into_iter().chain(gaps).collect::<Vec<_>>().join("\n")
}

fn changed(gap: &Gap) -> String {
    let shown = gap.figures.iter().take(FIGURES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match gap.figures.len().saturating_sub(FIGURES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
