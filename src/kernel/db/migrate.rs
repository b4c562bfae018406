//! Migrations: one set of SQL for both engines, run under a lock.
//!
//! On PostgreSQL every `TEXT` column gets `COLLATE "C"`, so that text sorts byte by byte on both.

use super::engine::{Conn, DatabaseUrl};
use crate::kernel::{
    failure::Failure,
    schema::{audit_events, change_numbers},
};
use diesel::{
    backend::Backend,
    connection::{BoxableConnection, SimpleConnection},
    dsl::{max, sql},
    migration::{Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion},
    prelude::*,
    sql_types::{BigInt, Text},
};
use diesel_migrations::MigrationHarness;

macro_rules! migrations {
    ($($name:literal,)+) => {
        &[$(Script {
            name: $name,
            up: include_str!(concat!("../../../migrations/", $name, "/up.sql")),
            down: include_str!(concat!("../../../migrations/", $name, "/down.sql")),
        },)+]
    };
}

/// In the order they run. `tests/suite/portability.rs` fails when a folder is not listed here.
const SCRIPTS: &[Script] = migrations![
    "0001_kernel",
    "0002_access",
    "0003_products",
    "0004_components",
    "0005_effort",
    "0006_costs",
    "0007_reports",
    "0008_personas",
    "0009_stakeholders",
    "0010_slos",
    "0011_incidents",
    "0012_roadmap",
    "0013_risks",
    "0014_impact",
    "0015_change_numbers",
    "0016_decisions",
    "0017_report_views",
    "0018_report_runs",
    "0019_report_deliveries",
    "0020_sessions",
    "0021_tokens",
    "0022_invitations",
    "0023_attempts",
    "0025_mappings",
    "0026_effort_templates",
    "0028_catalog_entities",
    "0029_bills",
    "0030_allocation_rules",
    "0031_budgets",
    "0032_documents",
    "0033_objectives",
    "0034_principles",
    "0035_feedback",
    "0036_surveys",
    "0037_roadmap_history",
    "0038_roadmap_risks",
    "0039_metric_changed",
    "0040_impact_expectations",
];

#[derive(Clone, Copy)]
struct Script {
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

/// A number for the advisory lock that keeps two instances from migrating at once: "prodops".
const LOCK: i64 = 0x70_72_6f_64_6f_70_73;

/// Brings the database up to this program's schema; returns the names of what was run.
///
/// # Errors
/// When the database cannot be reached, is newer than this program, or a script fails; what a failed
/// script did is undone.
pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, Failure> {
    with_lock(url, |conn| {
        let ran = run_up_to(conn, newest())?;
        super::engine::in_transaction(conn, settle_change_numbers)?;
        Ok(ran)
    })
}

/// Takes every migration back, newest first. For tests of the scripts.
pub fn revert_all(url: &DatabaseUrl) -> Result<(), Failure> {
    let all = Portable(newest());
    with_lock(url, |conn| {
        match conn {
            Conn::Sqlite(c) => c.revert_all_migrations(all).map(|_| ()),
            Conn::Pg(c) => c.revert_all_migrations(all).map(|_| ()),
        }
        .map_err(Failure::internal)
    })
}

/// The newest migration of this program, and whether the database has run it.
///
/// # Errors
/// When the database cannot be reached, or is newer than this program.
pub fn schema_version(url: &DatabaseUrl) -> Result<(String, bool), Failure> {
    url.require_existing()?;
    Ok((latest_schema(), applied(&mut connect(url)?)? == newest()))
}

/// The newest migration of this program.
pub fn latest_schema() -> String {
    name_of(newest())
}

/// Runs the first so many migrations, as far as they have not been.
pub(super) fn run_up_to(conn: &mut Conn, count: usize) -> Result<Vec<String>, Failure> {
    applied(conn)?;
    let some = Portable(count);
    match conn {
        Conn::Sqlite(c) => c.run_pending_migrations(some).map(names),
        Conn::Pg(c) => c.run_pending_migrations(some).map(names),
    }
    .map_err(Failure::internal)
}

/// How many migrations there are.
pub(super) fn newest() -> usize {
    SCRIPTS.len()
}

/// The name of the last of the first so many migrations.
pub(super) fn name_of(count: usize) -> String {
    SCRIPTS.iter().take(count).next_back().map_or_else(String::new, |script| script.name.to_owned())
}

/// How many migrations a database has run: the first so many, in order.
///
/// # Errors
/// When it has run others, which only a newer program knows.
pub(super) fn applied(conn: &mut Conn) -> Result<usize, Failure> {
    const LEDGER: &str = "__diesel_schema_migrations";
    let known = match conn {
        Conn::Sqlite(_) => sql::<BigInt>("(SELECT COUNT(*) FROM sqlite_master WHERE name = ").bind::<Text, _>(LEDGER),
        Conn::Pg(_) => sql::<BigInt>("(SELECT COUNT(*) FROM pg_tables WHERE tablename = ").bind::<Text, _>(LEDGER),
    };
    if diesel::select(known.sql(")")).first::<i64>(conn)? == 0 {
        return Ok(0);
    }
    let ran = sql::<Text>("CAST(version AS TEXT) FROM __diesel_schema_migrations ORDER BY version");
    let ran: Vec<String> = diesel::select(ran).load(conn)?;
    match ran.iter().zip(SCRIPTS).find(|(ran, script)| *ran != script.name) {
        None if ran.len() <= SCRIPTS.len() => Ok(ran.len()),
        _ => Err(Failure::conflict(
            "newer_schema",
            format!("it was made by a newer prodops: it has run {}", ran.last().map_or("", String::as_str)),
        )),
    }
}

/// Sees that the next change's number is above all that are there.
///
/// On PostgreSQL they are ids of transactions, which begin anew in a new cluster; on SQLite the next is one more than
/// the last.
pub(super) fn settle_change_numbers(conn: &mut Conn) -> Result<(), Failure> {
    if let Conn::Sqlite(_) = conn {
        return Ok(());
    }
    let last = audit_events::table.select(max(audit_events::change_number)).first::<Option<i64>>(conn)?.unwrap_or(0);
    let next = super::tx::next_change_number(conn)?;
    if next <= last {
        let ahead = change_numbers::table.select(change_numbers::ahead).first::<i64>(conn).optional()?;
        let ahead = ahead.unwrap_or(0) + last + 1 - next;
        diesel::delete(change_numbers::table).execute(conn)?;
        diesel::insert_into(change_numbers::table)
            .values((change_numbers::id.eq(1), change_numbers::ahead.eq(ahead)))
            .execute(conn)?;
    }
    Ok(())
}

pub(super) fn connect(url: &DatabaseUrl) -> Result<Conn, Failure> {
    url.connect_to_write().map_err(unreachable)
}

/// Does `work` while no other instance migrates, or restores.
pub(super) fn with_lock<T>(
    url: &DatabaseUrl,
    work: impl FnOnce(&mut Conn) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut conn = connect(url)?;
    match url {
        DatabaseUrl::Postgres(_) => {
            conn.batch_execute(&format!("SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK})"))?;
            let result = work(&mut conn);
            conn.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})"))?;
            result
        }
        DatabaseUrl::Sqlite(path) => {
            let file = std::fs::File::create(path.with_extension("migrating")).map_err(Failure::internal)?;
            file.lock().map_err(Failure::internal)?;
            work(&mut conn)
        }
    }
}

fn unreachable(error: diesel::ConnectionError) -> Failure {
    tracing::error!(reason = super::engine::reason(&error), "no connection to the database");
    Failure::Unavailable { retry_after: 2 }
}

fn names(versions: Vec<MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

/// The first so many migrations.
struct Portable(usize);

impl<DB: Backend> MigrationSource<DB> for Portable
where
    Script: Migration<DB>,
{
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        Ok(SCRIPTS.iter().take(self.0).map(|script| Box::new(*script) as Box<dyn Migration<DB>>).collect())
    }
}

/// What one engine needs said differently.
trait Dialect: Backend {
    fn adapt(sql: &str) -> String;
}

impl Dialect for diesel::sqlite::Sqlite {
    fn adapt(sql: &str) -> String {
        sql.to_owned()
    }
}

impl Dialect for diesel::pg::Pg {
    fn adapt(sql: &str) -> String {
        sql.replace(" TEXT", " TEXT COLLATE \"C\"")
    }
}

impl<DB: Dialect> Migration<DB> for Script {
    fn run(&self, conn: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        Ok(conn.batch_execute(&DB::adapt(self.up))?)
    }

    fn revert(&self, conn: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        Ok(conn.batch_execute(self.down)?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

impl MigrationMetadata for Script {
    fn run_in_transaction(&self) -> bool {
        true
    }
}

impl MigrationName for Script {
    fn version(&self) -> MigrationVersion<'_> {
        self.name.into()
    }
}

impl std::fmt::Display for Script {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name)
    }
}
