//! Migrations: one set of SQL for both engines, run under a lock.
//!
//! On PostgreSQL every `TEXT` column gets `COLLATE "C"`, so that text sorts byte by byte on both.

use super::engine::{Conn, DatabaseUrl};
use crate::kernel::failure::Failure;
use diesel::{
    backend::Backend,
    connection::{BoxableConnection, SimpleConnection},
    migration::{Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion},
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
/// When the database cannot be reached or a script fails; what a failed script did is undone.
pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, Failure> {
    with_lock(url, |conn| {
        match conn {
            Conn::Sqlite(c) => c.run_pending_migrations(Portable).map(names),
            Conn::Pg(c) => c.run_pending_migrations(Portable).map(names),
        }
        .map_err(Failure::internal)
    })
}

/// Takes every migration back, newest first. For tests of the scripts.
pub fn revert_all(url: &DatabaseUrl) -> Result<(), Failure> {
    with_lock(url, |conn| {
        match conn {
            Conn::Sqlite(c) => c.revert_all_migrations(Portable).map(|_| ()),
            Conn::Pg(c) => c.revert_all_migrations(Portable).map(|_| ()),
        }
        .map_err(Failure::internal)
    })
}

/// The newest migration of this program, and whether the database has run it.
pub fn schema_version(url: &DatabaseUrl) -> Result<(&'static str, bool), Failure> {
    url.require_existing()?;
    let mut conn = url.connect_to_write().map_err(unreachable)?;
    let pending = match &mut conn {
        Conn::Sqlite(c) => c.has_pending_migration(Portable),
        Conn::Pg(c) => c.has_pending_migration(Portable),
    }
    .map_err(Failure::internal)?;
    Ok((SCRIPTS.last().map_or("", |script| script.name), !pending))
}

fn with_lock<T>(url: &DatabaseUrl, work: impl FnOnce(&mut Conn) -> Result<T, Failure>) -> Result<T, Failure> {
    let mut conn = url.connect_to_write().map_err(unreachable)?;
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
    tracing::error!(%error, "no connection to the database");
    Failure::Unavailable { retry_after: 2 }
}

fn names(versions: Vec<MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

struct Portable;

impl<DB: Backend> MigrationSource<DB> for Portable
where
    Script: Migration<DB>,
{
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        Ok(SCRIPTS.iter().map(|script| Box::new(*script) as Box<dyn Migration<DB>>).collect())
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
