//! Files of other tools become rows of the chapters.
//!
//! A file is read and checked aside, tried against what is there, and only when nothing is wrong
//! merged in one short change. What it does not mention stays as it is; the same file twice
//! changes nothing; nothing that it names is ever fetched. `docs/IMPORTS.md` tells users.

pub mod api;
mod backstage;
mod effort;
mod openslo;
mod table;
mod yaml;

use crate::{
    components::{self, NewComponent},
    costs::{self, NewCostEntry},
    impact::{claims::store as claims, drivers::store as drivers},
    incidents,
    kernel::{
        auth::{ProductId, Role},
        db::{Author, Conn, Db, Row, Tx},
        failure::{Failure, Fault},
        http::{Patchable, hex},
        merge::{Counts, FAULTS, Given, Merge},
        text::Key,
    },
    personas::store as personas,
    products::{self, Product},
    risks, roadmap,
    slos::{
        self, NewSlo,
        measurements::{MeasurementCounts, MeasurementFormat, Sample},
    },
    stakeholders, text_enum,
};
use backstage::Backstage;
use chrono::{DateTime, Utc};
use effort::Effort;
use openslo::OpenSlo;
use serde::Serialize;
use std::{io::Read, path::PathBuf};
use table::Table;
use utoipa::ToSchema;

text_enum! {
    /// What a file holds.
    pub enum Format {
        Backstage = "backstage",
        Activities = "activities",
        Components = "components",
        Costs = "costs",
        Effort = "effort",
        ExchangeRates = "exchange-rates",
        ImpactClaims = "impact-claims",
        Incidents = "incidents",
        Journeys = "journeys",
        LabourRates = "labour-rates",
        Measurements = "measurements",
        Openslo = "openslo",
        Personas = "personas",
        Populations = "populations",
        RecoveryTests = "recovery-tests",
        RiskAssessments = "risk-assessments",
        Risks = "risks",
        SloTargets = "slo-targets",
        Slos = "slos",
        Stakeholders = "stakeholders",
        Roadmap = "roadmap",
        Team = "team",
        ValueDrivers = "value-drivers",
    }
}

text_enum! {
    /// How a file is read that is not quite what its format wants.
    pub enum Mode {
        /// It is refused.
        Strict = "strict",
        /// As it is meant, with a warning.
        Lenient = "lenient",
    }
}

impl Format {
    /// The media types it comes as; the first is the one to send.
    pub fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Backstage | Self::Openslo => &["application/yaml", "application/x-yaml", "text/yaml"],
            _ => &["text/csv"],
        }
    }

    /// The largest file, in bytes.
    pub fn limit(self) -> u64 {
        match self {
            Self::Backstage | Self::Openslo => 10 << 20,
            _ => 2 << 30,
        }
    }
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportView {
    pub dry_run: bool,
    /// Rows; of effort weeks, of Backstage entities, of OpenSLO SLOs and other objects.
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
    /// Lines of cost that name no component.
    pub unallocated: u64,
    /// What was left out or guessed.
    pub warnings: Vec<Warning>,
}

/// Something to know that does not forbid the import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
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
}

impl Merged {
    fn view(self, dry_run: bool) -> ImportView {
        let Counts { created, changed, unchanged } = self.counts;
        ImportView { dry_run, created, changed, unchanged, unallocated: self.unallocated, warnings: self.warnings }
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

/// A chapter's own matching of rows.
type Plan<R, N> = Box<dyn Fn(&mut Conn, &Product, &[Given<N>]) -> Result<Merge<R, N>, Failure> + Send + Sync>;
/// A chapter's own writing of them.
type Write<R, N> = fn(&mut Tx<'_>, &Product, Merge<R, N>) -> Result<(), Failure>;

/// The rows of one resource, and how its chapter merges them.
struct Rows<R, N> {
    given: Vec<Given<N>>,
    unallocated: u64,
    plan: Plan<R, N>,
    write: Write<R, N>,
}

impl<R: Row, N: Patchable + Clone + Send + Sync> File for Rows<R, N> {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        let plan = (self.plan)(place.conn(), product, &self.given)?;
        let counts = plan.counts();
        if let Some(tx) = place.change_unless(counts) {
            (self.write)(tx, product, plan)?;
        }
        Ok(Merged { counts, unallocated: self.unallocated, warnings: Vec::new() })
    }

    fn may_follow(&self, fault: &Fault) -> bool {
        fault.column.as_deref() == Some("depends_on")
    }
}

/// What a file gives, and what is wrong with it before it meets the product.
type Opened = (Box<dyn File>, Vec<Fault>);

fn rows<R: Row + 'static, N: Patchable + Clone + Send + Sync>(
    table: Table<N>,
    plan: impl Fn(&mut Conn, &Product, &[Given<N>]) -> Result<Merge<R, N>, Failure> + Send + Sync + 'static,
    write: Write<R, N>,
) -> Opened {
    (Box::new(Rows { given: table.rows, unallocated: 0, plan: Box::new(plan), write }), table.faults)
}

/// Reads a file of some format. `role` is what whoever brings it may do.
fn read((format, mode): (Format, Mode), role: Role, file: std::fs::File) -> Result<Opened, Failure> {
    Ok(match format {
        Format::Backstage => {
            let (file, faults) = Backstage::read(yaml::documents(file)?);
            (Box::new(file), faults)
        }
        Format::Openslo => {
            let (file, faults) = OpenSlo::read(yaml::documents(file)?, mode);
            (Box::new(file), faults)
        }
        Format::Activities => rows(
            table::read(file)?,
            |conn, product, given| crate::effort::store::plan_activities(conn, &product.product_id(), given),
            |tx, product, merge| crate::effort::store::merge_activities(tx, &product.product_id(), merge),
        ),
        Format::Components => rows(
            with_keys(table::read::<NewComponent>(file)?, |new| (&mut new.key, &new.name)),
            |conn, product, given| components::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| components::store::merge(tx, &product.product_id(), merge),
        ),
        Format::Costs => {
            let Table { rows: given, faults } = table::read::<NewCostEntry>(file)?;
            let file = Rows {
                unallocated: given.iter().filter(|one| one.new.component.is_none()).count() as u64,
                given,
                plan: Box::new(|conn, product, given| costs::store::plan_entries(conn, &product.product_id(), given)),
                write: |tx, product, merge| costs::store::merge_entries(tx, &product.product_id(), merge),
            };
            (Box::new(file), faults)
        }
        Format::Effort => {
            let table = table::read(file)?;
            (Box::new(Effort(table.rows)), table.faults)
        }
        Format::ExchangeRates => rows(table::read(file)?, costs::store::plan_exchange_rates, |tx, product, merge| {
            costs::store::merge_exchange_rates(tx, &product.product_id(), merge)
        }),
        Format::ImpactClaims => rows(table::read(file)?, claims::plan, claims::merge),
        Format::Journeys => rows(
            table::read(file)?,
            |conn, product, given| personas::journeys::plan(conn, &product.product_id(), given),
            |tx, product, merge| personas::journeys::merge(tx, &product.product_id(), merge),
        ),
        Format::Incidents => rows(
            table::read(file)?,
            |conn, product, given| incidents::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| incidents::store::merge(tx, &product.product_id(), merge),
        ),
        Format::LabourRates => rows(table::read(file)?, products::store::plan_rates, products::store::merge_rates),
        Format::Measurements => {
            let read = slos::measurements::read(MeasurementFormat::Csv, true, file);
            (Box::new(Measurements(read?)), Vec::new())
        }
        Format::Personas => rows(
            table::read(file)?,
            |conn, product, given| personas::plan(conn, &product.product_id(), given),
            |tx, product, merge| personas::merge(tx, &product.product_id(), merge),
        ),
        Format::Populations => rows(table::read(file)?, personas::populations::plan, |tx, product, merge| {
            personas::populations::merge(tx, &product.product_id(), merge)
        }),
        Format::RecoveryTests => rows(
            table::read(file)?,
            |conn, product, given| components::store::plan_tests(conn, &product.product_id(), given),
            |tx, product, merge| components::store::merge_tests(tx, &product.product_id(), merge),
        ),
        Format::SloTargets => rows(
            table::read(file)?,
            |conn, product, given| {
                slos::store::plan_targets(conn, &product.product_id(), product.published_through, given)
            },
            |tx, product, merge| slos::store::merge_targets(tx, &product.product_id(), merge),
        ),
        Format::Slos => rows(
            with_keys(table::read::<NewSlo>(file)?, |new| (&mut new.key, &new.name)),
            |conn, product, given| slos::store::plan(conn, &product.product_id(), product.zone()?, &[], given),
            |tx, product, merge| slos::store::merge(tx, &product.product_id(), merge),
        ),
        Format::Stakeholders => rows(
            table::read(file)?,
            move |conn, product, given| stakeholders::store::plan(conn, &product.product_id(), role, given),
            |tx, product, merge| stakeholders::store::merge(tx, &product.product_id(), merge),
        ),
        Format::RiskAssessments => rows(
            table::read(file)?,
            |conn, product, given| risks::store::plan_assessments(conn, &product.product_id(), given),
            |tx, product, merge| risks::store::merge_assessments(tx, &product.product_id(), merge),
        ),
        Format::Risks => rows(
            table::read(file)?,
            |conn, product, given| risks::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| risks::store::merge(tx, &product.product_id(), merge),
        ),
        Format::Roadmap => rows(table::read(file)?, roadmap::store::plan, roadmap::store::merge),
        Format::Team => rows(
            table::read(file)?,
            |conn, product, given| products::store::plan_team(conn, &product.product_id(), given),
            |tx, product, merge| products::store::merge_team(tx, &product.product_id(), merge),
        ),
        Format::ValueDrivers => rows(table::read(file)?, drivers::plan, drivers::merge),
    })
}

/// A row without a key is named by the key that its name makes.
fn with_keys<N>(mut table: Table<N>, of: fn(&mut N) -> (&mut Option<Key>, &str)) -> Table<N> {
    table.rows.retain_mut(|one| {
        let (key, name) = of(&mut one.new);
        *key = key.take().or_else(|| Key::slug(name));
        let named = key.is_some();
        if !named {
            let detail = "the name makes no key; give one";
            table.faults.push(Fault::line(one.line, Some("key"), "required", detail));
        }
        named
    });
    table
}

/// A file of measurements.
struct Measurements(Vec<Sample>);

impl File for Measurements {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        let (id, zone) = (product.product_id(), product.zone()?);
        let fault = |sample: &Sample, column, code, detail: &str| Fault::line(sample.place, Some(column), code, detail);
        let plan = slos::measurements::store::plan(place.conn(), &id, zone, None, &self.0, fault)?;
        let MeasurementCounts { created, changed, unchanged } = plan.counts;
        let counts = Counts { created, changed, unchanged };
        if let Some(tx) = place.change_unless(counts) {
            slos::measurements::store::write(tx, &plan)?;
        }
        Ok(Merged { counts, ..Merged::default() })
    }

    fn may_follow(&self, _: &Fault) -> bool {
        false
    }
}

/// A file that was read and tried, ready to be merged.
pub struct Import {
    format: Format,
    digest: String,
    file: Box<dyn File>,
    trial: Merged,
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
        (format, mode): (Format, Mode),
        path: PathBuf,
        digest: String,
    ) -> Result<Self, Failure> {
        let open = move || read((format, mode), role, std::fs::File::open(path).map_err(Failure::internal)?);
        let (file, mut faults) = tokio::task::spawn_blocking(open).await.map_err(Failure::internal)??;
        let (product, now) = (product.clone(), db.clock().now().utc());
        db.snapshot(move |conn| {
            let product = products::store::find(conn, &product)?;
            let trial = match file.merge(&mut Place::Trial(conn, now), &product) {
                Ok(trial) if faults.is_empty() => return Ok(Self { format, digest, file, trial }),
                other => other,
            };
            let more = match trial {
                Err(Failure::Invalid(more)) => more,
                other => other.map(|_| Vec::new())?,
            };
            let certain = faults.is_empty();
            faults.extend(more.into_iter().filter(|fault| certain || !file.may_follow(fault)));
            faults.sort_by_key(|fault| fault.line);
            faults.truncate(FAULTS);
            Err(Failure::Invalid(faults))
        })
        .await
    }

    /// What merging it would do.
    pub fn tried(self) -> ImportView {
        self.trial.view(true)
    }

    /// Merges it: every row or none, and one event for all of them.
    ///
    /// # Errors
    /// As in [`Import::prepare`], for what has changed since.
    pub fn merge(self, tx: &mut Tx<'_>, product: &ProductId) -> Result<ImportView, Failure> {
        tx.alone_in(product)?;
        let product = products::store::find(tx, product)?;
        let merged = self.file.merge(&mut Place::Change(tx), &product)?;
        let Counts { created, changed, unchanged } = merged.counts;
        if merged.counts.change_nothing() {
            tx.nothing_changed();
        } else {
            let (id, digest) = (tx.new_id(), self.digest);
            let summary = Summary { format: self.format, created, changed, unchanged, digest };
            tx.record("import", "imports", Some(&product.id), &id, None::<&Summary>, Some(&summary))?;
        }
        Ok(merged.view(false))
    }
}

/// What the audit trail keeps of an import.
#[derive(Serialize)]
struct Summary {
    format: Format,
    created: u64,
    changed: u64,
    unchanged: u64,
    /// SHA-256 of the file.
    digest: String,
}

/// Imports a file that lies on this machine, for the command line.
///
/// # Errors
/// 422 with everything that is wrong with it, by line; 413 when it is too large.
pub async fn run(
    db: &Db,
    author: Author,
    product: &ProductId,
    (format, mode): (Format, Mode),
    path: PathBuf,
    dry_run: bool,
) -> Result<ImportView, Failure> {
    let size = std::fs::metadata(&path).map_err(|error| unreadable(&error))?.len();
    if size > format.limit() {
        return Err(Failure::TooLarge { limit: format.limit() });
    }
    let digest = digest(path.clone()).await?;
    let import = Import::prepare(db, product, Role::Owner, (format, mode), path, digest).await?;
    if dry_run {
        return Ok(import.tried());
    }
    let product = product.clone();
    db.change(author, move |tx| import.merge(tx, &product)).await
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
