//! Files of other tools become rows of the chapters.
//!
//! A file is read and checked aside, tried against what is there, and only when nothing is wrong
//! merged in one short change. What it does not mention stays as it is; the same file twice
//! changes nothing; nothing that it names is ever fetched. `docs/IMPORTS.md` tells users.

pub mod api;
mod backstage;
mod effort;
mod focus;
mod format;
mod mappings;
mod openslo;
mod place;
mod sheet;
mod table;
mod week;
mod yaml;

pub use backstage::catalogue;
pub use focus::{DeliveredBill, Progress, Watch};
pub use format::{Format, Mode};
pub use week::sheet as week_sheet;
#[cfg(fuzzing)]
pub use yaml::documents as yaml_documents;

use crate::{
    costs::bills,
    kernel::{
        auth::{ProductId, Role},
        db::{Author, Conn, Db, Tx},
        failure::{Failure, Fault},
        http::hex,
        merge::{Counts, FAULTS, RowChange},
    },
    products::{self, Product},
};
use chrono::{DateTime, Utc};
use focus::{Delivered, Delivery};
use format::read;
use mappings::turn::{Origins, Turn};
use serde::{Deserialize, Serialize};
use sheet::Sheet;
use std::{io::Read, path::PathBuf, sync::Arc};
use utoipa::ToSchema;

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportView {
    pub dry_run: bool,
    /// Rows; of effort weeks, of Backstage entities, of OpenSLO SLOs and other objects. Of FOCUS lines: those of bills that
    /// are new are created, those of bills that replace another are changed.
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
    /// Lines of cost that name no component.
    pub unallocated: u64,
    /// What was left out or guessed.
    pub warnings: Vec<Warning>,
    /// Of a dry run: the first 200 rows that would be made or changed, and how. Measurements, and documents that are
    /// only kept, are counted.
    pub changes: Vec<RowChange>,
    /// Of FOCUS: the bills that are new, or other than they were, and what each of them replaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bills: Vec<DeliveredBill>,
}

/// Something to know that does not forbid the import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// The line of the file; the first is 1.
    pub line: u64,
    /// The column, or the field of a document.
    pub column: Option<String>,
    pub detail: String,
}

/// What came of merging a file.
#[derive(Debug, Default)]
pub struct Merged {
    counts: Counts,
    unallocated: u64,
    warnings: Vec<Warning>,
    changes: Vec<RowChange>,
    /// The bills that came into force.
    bills: Vec<DeliveredBill>,
}

impl From<Delivered> for Merged {
    fn from(Delivered { counts, unallocated, warnings, bills }: Delivered) -> Self {
        Self { counts, unallocated, warnings, bills, ..Self::default() }
    }
}

impl Merged {
    fn view(self, dry_run: bool) -> ImportView {
        let Counts { created, changed, unchanged } = self.counts;
        let (unallocated, warnings) = (self.unallocated, self.warnings);
        let changes = if dry_run { self.changes } else { Vec::new() };
        ImportView { dry_run, created, changed, unchanged, unallocated, warnings, changes, bills: self.bills }
    }
}

/// Where a file is merged: tried on a snapshot, or in a change.
pub enum Place<'p, 'c> {
    Trial(&'p mut Conn, DateTime<Utc>),
    Change(&'p mut Tx<'c>),
}

impl<'c> Place<'_, 'c> {
    fn conn(&mut self) -> &mut Conn {
        match self {
            Self::Trial(conn, _) => conn,
            Self::Change(tx) => tx,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        match self {
            Self::Trial(_, now) => *now,
            Self::Change(tx) => tx.at().utc(),
        }
    }

    /// The change to write with, unless this is a trial or there is nothing to write.
    fn change_unless(&mut self, counts: Counts) -> Option<&mut Tx<'c>> {
        match self {
            Self::Change(tx) if !counts.change_nothing() => Some(tx),
            _ => None,
        }
    }
}

/// A file that was read, and is right as far as it can be told without the product.
trait File: Send + Sync {
    /// Meets what is there, and writes when it stands in a change.
    ///
    /// # Errors
    /// 422 with everything that does not fit the product, by line.
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure>;

    /// Whether a fault may be no more than the want of rows that could not be read.
    fn may_follow(&self, fault: &Fault) -> bool;
}

/// What a file holds.
enum Content {
    Rows(Box<dyn File>),
    /// More than fits into memory, or into one short change.
    Bills(Box<Delivery>),
}

impl Content {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        match self {
            Self::Rows(file) => file.merge(place, product),
            Self::Bills(delivery) => delivery.merge(place, product).map(Into::into),
        }
    }

    fn may_follow(&self, fault: &Fault) -> bool {
        match self {
            Self::Rows(file) => file.may_follow(fault),
            Self::Bills(_) => false,
        }
    }
}

/// How a file is to be read.
#[derive(Debug, Clone)]
pub struct Reading {
    pub format: Format,
    pub mode: Mode,
    /// The name or id of the mapping that turns it into one of the format.
    pub mapping: Option<String>,
}

impl From<(Format, Mode)> for Reading {
    fn from((format, mode): (Format, Mode)) -> Self {
        Self { format, mode, mapping: None }
    }
}

impl Reading {
    /// The mapping at work, where there is one.
    ///
    /// # Errors
    /// 422 for a mapping that there is not, or that feeds another format.
    async fn turn(&self, db: &Db, product: &ProductId) -> Result<Option<Turn>, Failure> {
        let Some(name) = self.mapping.clone() else { return Ok(None) };
        let product = product.clone();
        let (mapping, product) = db
            .read(move |conn| {
                Ok((mappings::store::find(conn, &product, &name), products::store::find(conn, &product)?))
            })
            .await?;
        let wrong = |code, detail: String| Failure::Invalid(vec![Fault::parameter("mapping", code, detail)]);
        let mapping = match mapping {
            Err(Failure::NotFound) => {
                return Err(wrong("unknown_reference", "there is nothing of that name in this product".to_owned()));
            }
            other => other?,
        };
        if mapping.format != self.format {
            return Err(wrong("another_format", format!("this mapping feeds {}, not {}", mapping.format, self.format)));
        }
        let zone = match &mapping.timezone {
            None => product.zone()?,
            Some(zone) => zone.parse().map_err(|_| Failure::internal("a stored time zone is unknown"))?,
        };
        Ok(Some(Turn::new(mapping, zone, self.mode)))
    }
}

/// A file that was read and tried, ready to be merged.
pub struct Import {
    reading: Reading,
    digest: String,
    content: Content,
    trial: Merged,
    /// Of a file that came with a mapping: what it had to tell, and where our columns come from.
    warnings: Vec<Warning>,
    origins: Option<Origins>,
}

/// A failure of a file that came with a mapping, told by that file's own columns.
fn traced(failure: Failure, origins: Option<&Origins>) -> Failure {
    match (failure, origins) {
        (Failure::Invalid(faults), Some(origins)) => {
            Failure::Invalid(faults.into_iter().map(|fault| origins.traced(fault)).collect())
        }
        (other, _) => other,
    }
}

impl Import {
    /// Reads a file and tries it on a snapshot. `role` is what whoever brings it may do, `digest` the SHA-256 of its
    /// content.
    ///
    /// # Errors
    /// 422 with everything that is wrong with it, by line.
    pub async fn prepare(
        db: &Db,
        product: &ProductId,
        role: Role,
        reading: Reading,
        (path, digest): (PathBuf, String),
        watch: Watch,
    ) -> Result<Self, Failure> {
        let turn = reading.turn(db, product).await?;
        let origins = turn.as_ref().map(Turn::origins);
        let format = (reading.format, reading.mode);
        let open = move || {
            if let (Format::Focus, mode) = format {
                let delivery = Delivery::read(path, mode, watch)?;
                return Ok(((Content::Bills(Box::new(delivery)), Vec::new()), Vec::new()));
            }
            let mut sheet = Sheet::new(std::fs::File::open(path).map_err(Failure::internal)?, turn);
            let (file, faults) = read(format, role, &mut sheet)?;
            let opened = (Content::Rows(file), faults);
            Ok((opened, sheet.turned().map_or_else(Vec::new, Turn::warnings)))
        };
        let opened = tokio::task::spawn_blocking(open).await.map_err(Failure::internal)?;
        let ((content, mut faults), warnings) = opened.map_err(|failure| traced(failure, origins.as_ref()))?;
        let (product, now) = (product.clone(), db.clock().now().utc());
        db.snapshot(move |conn| {
            let product = products::store::find(conn, &product)?;
            let trial = match content.merge(&mut Place::Trial(conn, now), &product) {
                Ok(trial) if faults.is_empty() => {
                    return Ok(Self { reading, digest, content, trial, warnings, origins });
                }
                other => other,
            };
            let more = match trial {
                Err(Failure::Invalid(more)) => more,
                other => other.map(|_| Vec::new())?,
            };
            let certain = faults.is_empty();
            faults.extend(more.into_iter().filter(|fault| certain || !content.may_follow(fault)));
            faults.sort_by_key(|fault| fault.line);
            faults.truncate(FAULTS);
            Err(traced(Failure::Invalid(faults), origins.as_ref()))
        })
        .await
    }

    /// What merging it would do.
    pub fn tried(self) -> ImportView {
        told(self.trial, self.warnings).view(true)
    }

    /// Writes what is too much for one short change, where it does not count before the file is merged.
    ///
    /// # Errors
    /// When the storage fails, or the file is not what it was.
    async fn arrive(&mut self, db: &Db, product: &ProductId) -> Result<Arrived, Failure> {
        match &mut self.content {
            Content::Rows(_) => Ok(Arrived(None)),
            Content::Bills(delivery) => delivery.arrive(db, product).await.map(|bills| Arrived(Some(bills))),
        }
    }

    /// Merges it: every row or none, and one event for all of them.
    ///
    /// # Errors
    /// As in [`Import::prepare`], for what has changed since.
    pub fn merge(self, tx: &mut Tx<'_>, product: &ProductId) -> Result<ImportView, Failure> {
        tx.alone_in(product)?;
        let product = products::store::find(tx, product)?;
        let merged = self.content.merge(&mut Place::Change(tx), &product);
        let merged = merged.map_err(|failure| traced(failure, self.origins.as_ref()))?;
        let Counts { created, changed, unchanged } = merged.counts;
        if merged.counts.change_nothing() {
            tx.nothing_changed();
        } else {
            let (id, digest) = (tx.new_id(), self.digest);
            let Reading { format, mapping, .. } = self.reading;
            let bills = merged.bills.clone();
            let summary = Summary { format, mapping, created, changed, unchanged, digest, bills };
            tx.record("import", "imports", Some(&product.id), &id, None::<&Summary>, Some(&summary))?;
        }
        Ok(told(merged, self.warnings).view(false))
    }
}

/// What of a file was written before it is merged: the ids of its bills, where it holds such.
struct Arrived(Option<Vec<String>>);

impl Arrived {
    /// Removes what does not count once the file was merged, or was not: what it replaced, or what arrived.
    async fn clear<T>(self, db: &Db, product: &ProductId, merged: Result<T, Failure>) -> Result<T, Failure> {
        match (self.0, &merged) {
            (None, _) => {}
            (Some(_), Ok(_)) => bills::sweep(db, product).await,
            (Some(bills), Err(_)) => bills::give_up(db, product, bills).await,
        }
        merged
    }
}

/// What came of a file, with what its mapping had to tell before.
fn told(mut merged: Merged, mut warnings: Vec<Warning>) -> Merged {
    warnings.append(&mut merged.warnings);
    Merged { warnings, ..merged }
}

/// What the audit trail keeps of an import.
#[derive(Serialize)]
struct Summary {
    format: Format,
    /// As it was called; what it said then is in its own events.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<String>,
    created: u64,
    changed: u64,
    unchanged: u64,
    /// SHA-256 of the file.
    digest: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bills: Vec<DeliveredBill>,
}

/// Imports a file that lies on this machine, for the command line.
///
/// # Errors
/// 422 with everything that is wrong with it, by line; 413 when it is too large.
pub async fn run(
    db: &Db,
    author: Author,
    product: &ProductId,
    reading: impl Into<Reading>,
    path: PathBuf,
    dry_run: bool,
) -> Result<ImportView, Failure> {
    run_watched(db, author, product, reading.into(), path, dry_run, unwatched()).await
}

/// Where nobody looks on.
pub fn unwatched() -> Watch {
    Arc::new(|_| ())
}

/// [`run`], telling somebody how far it is.
///
/// # Errors
/// As [`run`].
pub async fn run_watched(
    db: &Db,
    author: Author,
    product: &ProductId,
    reading: Reading,
    path: PathBuf,
    dry_run: bool,
    watch: Watch,
) -> Result<ImportView, Failure> {
    let format = reading.format;
    let size = std::fs::metadata(&path).map_err(|error| unreadable(&error))?.len();
    if size > format.limit() {
        return Err(Failure::TooLarge { limit: format.limit() });
    }
    let digest = digest(path.clone()).await?;
    let mut import = Import::prepare(db, product, Role::Owner, reading, (path, digest), watch).await?;
    if dry_run {
        return Ok(import.tried());
    }
    let arrived = import.arrive(db, product).await?;
    let id = product.clone();
    let merged = db.change(author, move |tx| import.merge(tx, &id)).await;
    arrived.clear(db, product, merged).await
}

fn unreadable(error: &std::io::Error) -> Failure {
    Failure::conflict("file", format!("the file cannot be read: {error}"))
}

async fn digest(path: PathBuf) -> Result<String, Failure> {
    use sha2::{Digest, Sha256};
    let hash = move || {
        let (mut hash, mut file, mut some) = (Sha256::new(), std::fs::File::open(path)?, [0; 1 << 16]);
        loop {
            match file.read(&mut some)? {
                0 => break,
                read => hash.update(&some[..read]),
            }
        }
        Ok(hex(&hash.finalize()))
    };
    tokio::task::spawn_blocking(hash).await.map_err(Failure::internal)?.map_err(|error| unreadable(&error))
}
