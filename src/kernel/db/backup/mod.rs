//! The whole database as one file, and back.
//!
//! A backup is the same thing from either engine: an SQLite database made by our own migrations,
//! with one table more that says how many rows each table has and what they add up to. So a
//! damaged file is refused, and a backup of one engine can be restored into the other.

mod table;

use super::{
    engine::{self, Conn, DatabaseUrl},
    integrity_faults,
    migrate::{self, applied, run_up_to},
};
use crate::{
    kernel::{clock::Instant, failure::Failure},
    on_backend,
};
use diesel::{RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use table::{Table, Tally, names};
use tempfile::NamedTempFile;

/// The table that makes an SQLite database a backup.
const MANIFEST: &str = "prodops_backup";
/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What a backup says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Backup {
    pub made_at: Instant,
    /// The version of the program that made it.
    pub program: String,
    /// The newest migration that its database had run.
    pub schema: String,
    tables: Vec<Tally>,
}

impl Backup {
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|tally| tally.rows).sum()
    }
}

/// Copies the database, as it is at one moment, into a file that is not there yet. Others may go on writing.
///
/// # Errors
/// When the file exists or cannot be written, or when what was written is not what was read.
pub fn backup(url: &DatabaseUrl, file: &Path, now: Instant) -> Result<Backup, Failure> {
    url.require_existing()?;
    require_free(&[file.to_owned()])?;
    let part = partial(file)?;
    let mut source = migrate::connect(url)?;
    let read = match &mut source {
        Conn::Sqlite(conn) => {
            // The copy is consistent whatever is written meanwhile, and whole when this returns.
            sql_query("VACUUM INTO $1").bind::<Text, _>(text(part.path())?).execute(conn)?;
            None
        }
        Conn::Pg(_) => Some(engine::in_snapshot(&mut source, |source| draw(source, part.path()))?),
    };
    let made = seal(part.path(), read, now)?;
    put_in_place(part, file)?;
    Ok(made)
}

/// Fills a database that is not there yet from a backup: all of it, or nothing is there afterwards.
///
/// # Errors
/// When there is something in that place already, or the file is not a whole backup that this program can read.
pub fn restore(url: &DatabaseUrl, file: &Path) -> Result<Backup, Failure> {
    let part = match url {
        DatabaseUrl::Sqlite(path) => {
            require_free(&std::iter::once(path.clone()).chain(companions(path)).collect::<Vec<_>>())?;
            partial(path)?
        }
        DatabaseUrl::Postgres(_) => NamedTempFile::new().map_err(of_files)?,
    };
    let broken = |what: &str| Failure::conflict("broken_backup", format!("{} {what}", file.display()));
    let mut source = File::open(file).map_err(|error| broken(&format!("cannot be read: {error}")))?;
    io::copy(&mut source, &mut part.as_file()).map_err(of_files)?;
    let found = match verify(part.path()) {
        Err(Failure::Internal(what)) => return Err(broken(&format!("is damaged: {what}"))),
        // SQLite's word for a page that is not there.
        Err(Failure::Unavailable { .. }) => return Err(broken("is damaged: it is cut short")),
        Err(Failure::NotFound) => return Err(broken("is not a backup that `prodops backup` made")),
        other => other?,
    };
    let mut ready = engine::sqlite_file(part.path()).map_err(Failure::internal)?;
    ready.batch_execute(&format!("DROP TABLE {MANIFEST}"))?;
    run_up_to(&mut ready, migrate::newest())?;
    match url {
        DatabaseUrl::Sqlite(path) => {
            drop(ready);
            put_in_place(part, path)?;
        }
        DatabaseUrl::Postgres(_) => {
            migrate::with_lock(url, |to| engine::in_transaction(to, |to| fill(&mut ready, to)))?
        }
    }
    Ok(found)
}

/// Copies a database into another that is not there yet, whatever their engines.
///
/// # Errors
/// As [`backup`] and [`restore`].
pub fn copy(from: &DatabaseUrl, to: &DatabaseUrl, now: Instant) -> Result<Backup, Failure> {
    let folder = tempfile::tempdir().map_err(of_files)?;
    let file = folder.path().join("copy");
    backup(from, &file, now)?;
    restore(to, &file)
}

/// Makes an SQLite database of what is in a PostgreSQL one; tells what was read.
fn draw(source: &mut Conn, file: &Path) -> Result<Vec<Tally>, Failure> {
    let mut target = engine::sqlite_file(file).map_err(Failure::internal)?;
    run_up_to(&mut target, applied(source)?)?;
    // `seal` checks all references when everything is there.
    target.batch_execute("PRAGMA foreign_keys = OFF")?;
    let tables = Table::all(&mut target)?;
    engine::in_transaction(&mut target, |target| tables.iter().map(|table| table.copy(source, target)).collect())
}

/// Fills an empty PostgreSQL database from an SQLite one, and reads back what it wrote.
fn fill(from: &mut Conn, to: &mut Conn) -> Result<(), Failure> {
    let there = names(
        to,
        "SELECT CAST(c.relname AS TEXT) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
           AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') LIMIT 1",
    )?;
    if let Some(name) = there.first() {
        return Err(Failure::conflict("exists", format!("that database is not empty: it has `{name}`")));
    }
    run_up_to(to, migrate::newest())?;
    for table in Table::all(from)? {
        let read = table.copy(from, to)?;
        if table.tally(to)? != read {
            return Err(Failure::internal(format!("`{}` did not arrive as it was sent", table.name)));
        }
    }
    migrate::settle_change_numbers(to)
}

/// Checks what was written, and adds what makes it a backup.
fn seal(file: &Path, read: Option<Vec<Tally>>, now: Instant) -> Result<Backup, Failure> {
    let mut conn = engine::sqlite_file(file).map_err(Failure::internal)?;
    let (schema, tables) = examine(&mut conn)?;
    if read.is_some_and(|read| read != tables) {
        return Err(Failure::internal("what was written is not what was read"));
    }
    let made = Backup { made_at: now, program: env!("CARGO_PKG_VERSION").to_owned(), schema, tables };
    let manifest = serde_json::to_string(&made).map_err(Failure::internal)?;
    conn.batch_execute(&format!("CREATE TABLE {MANIFEST} (manifest TEXT NOT NULL)"))?;
    let insert = sql_query(format!("INSERT INTO {MANIFEST} VALUES ($1)"));
    on_backend!(&mut conn, |c| insert.bind::<Text, _>(manifest).execute(c)?);
    Ok(made)
}

/// Whether a file is a backup, whole and unchanged since it was made.
fn verify(file: &Path) -> Result<Backup, Failure> {
    let mut start = [0; MAGIC.len()];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut start));
    if read.is_err() || start != *MAGIC {
        return Err(Failure::NotFound);
    }
    let mut conn = engine::sqlite_file(file).map_err(Failure::internal)?;
    let known = format!("SELECT name FROM sqlite_master WHERE type = 'table' AND name = '{MANIFEST}'");
    if names(&mut conn, &known)?.is_empty() {
        return Err(Failure::NotFound);
    }
    let manifest = names(&mut conn, &format!("SELECT manifest AS name FROM {MANIFEST}"))?;
    let said: Backup = serde_json::from_str(&manifest.concat()).map_err(Failure::internal)?;
    let (schema, tables) = examine(&mut conn)?;
    if schema != said.schema || tables != said.tables {
        return Err(Failure::internal("its rows are not those that were backed up"));
    }
    Ok(said)
}

/// The schema and the rows of an SQLite database in which nothing is wrong.
fn examine(conn: &mut Conn) -> Result<(String, Vec<Tally>), Failure> {
    let scripts = applied(conn)?;
    let mut faults = integrity_faults(conn)?;
    faults.extend(names(conn, "SELECT \"table\" AS name FROM pragma_foreign_key_check")?);
    if !faults.is_empty() {
        return Err(Failure::internal(faults.join("; ")));
    }
    let tables = Table::all(conn)?;
    let tallies = tables.iter().map(|table| table.tally(conn)).collect::<Result<_, _>>()?;
    Ok((migrate::name_of(scripts), tallies))
}

/// A file that is for its owner's eyes, beside the one it will become, under a name that says it is not whole.
fn partial(file: &Path) -> Result<NamedTempFile, Failure> {
    let file = std::path::absolute(file).map_err(of_files)?;
    let folder = file.parent().ok_or_else(|| Failure::conflict("file", "a folder is no file"))?;
    tempfile::Builder::new().prefix(".prodops-").suffix(".partial").tempfile_in(folder).map_err(of_files)
}

/// Gives a file its name, once all of it is on disk; never over another.
fn put_in_place(part: NamedTempFile, file: &Path) -> Result<(), Failure> {
    part.as_file().sync_all().map_err(of_files)?;
    part.persist_noclobber(file).map_err(|error| of_files(error.error))?;
    let folder = std::path::absolute(file).map_err(of_files)?;
    let folder = File::open(folder.parent().unwrap_or(&folder)).map_err(of_files)?;
    folder.sync_all().map_err(of_files)
}

/// What SQLite keeps beside a database: of another one, it would be taken for this one's.
fn companions(path: &Path) -> impl Iterator<Item = PathBuf> {
    ["-wal", "-shm", "-journal"]
        .map(|ending| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        })
        .into_iter()
}

fn require_free(paths: &[PathBuf]) -> Result<(), Failure> {
    match paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => Err(Failure::conflict("exists", format!("{} is there already", path.display()))),
        None => Ok(()),
    }
}

fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| Failure::conflict("file", format!("{} is no name in UTF-8", path.display())))
}

fn of_files(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Failure::StorageFull,
        _ => Failure::conflict("file", error.to_string()),
    }
}
