//! One set of migrations for two engines: they run, they can be taken back, and they make what
//! `kernel/schema.rs` says, on either.

use crate::app::{TestApp, empty_postgres, empty_sqlite};
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query,
    sql_types::{Bool, Nullable, Text},
};
use prodops::kernel::db::{DatabaseUrl, migrate, revert_all, schema_version};
use std::{collections::BTreeMap, path::Path};

/// Of each table its columns, and of each column its type and whether it may be null.
type Tables = BTreeMap<String, BTreeMap<String, (String, bool)>>;

#[derive(QueryableByName)]
pub struct ColumnRow {
    #[diesel(sql_type = Text)]
    pub table: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
    #[diesel(sql_type = Nullable<Text>)]
    collation: Option<String>,
}

const SQLITE_COLUMNS: &str = r#"
    SELECT t.name AS "table", c.name AS name, lower(c.type) AS kind, c."notnull" = 0 AND c.pk = 0 AS nullable,
           NULL AS collation
    FROM sqlite_master t, pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE '\_\_%' ESCAPE '\' AND t.name NOT LIKE 'sqlite%'"#;

const POSTGRES_COLUMNS: &str = r#"
    SELECT table_name::text AS "table", column_name::text AS name, data_type::text AS kind,
           is_nullable = 'YES' AS nullable, collation_name::text AS collation
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE '\_\_%'"#;

#[allow(clippy::disallowed_methods)] // What is looked at is no database of ours yet.
pub fn columns(url: &DatabaseUrl) -> Vec<ColumnRow> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy()).expect("a connection");
            sql_query(SQLITE_COLUMNS).load(&mut conn).expect("columns")
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url).expect("a connection");
            sql_query(POSTGRES_COLUMNS).load(&mut conn).expect("columns")
        }
    }
}

fn tables(url: &DatabaseUrl) -> Tables {
    let mut tables = Tables::new();
    for row in columns(url) {
        let kind = match row.kind.as_str() {
            "timestamp without time zone" => "timestamp".to_owned(),
            other => other.to_owned(),
        };
        tables.entry(row.table).or_default().insert(row.name, (kind, row.nullable));
    }
    tables
}

/// What `kernel/schema.rs` says.
fn described() -> Tables {
    let text = std::fs::read_to_string(root().join("src/kernel/schema.rs")).expect("the schema");
    let mut tables = Tables::new();
    for entry in text.split("diesel::table! {").skip(1) {
        let mut lines = entry.lines().map(str::trim).filter(|line| !line.is_empty());
        let table = lines.next().and_then(|line| line.split(' ').next()).expect("a name").to_owned();
        let columns = lines
            .take_while(|line| *line != "}")
            .filter_map(|line| line.trim_end_matches(',').split_once(" -> "))
            .map(|(name, said)| {
                let inner = said.strip_prefix("Nullable<").map(|rest| rest.trim_end_matches('>'));
                let kind = match inner.unwrap_or(said) {
                    "BigInt" => "bigint",
                    "Bool" => "boolean",
                    "Text" => "text",
                    "Date" => "date",
                    "Timestamp" => "timestamp",
                    other => panic!("{table}.{name}: `{other}` is no type that both engines have"),
                };
                (name.to_owned(), (kind.to_owned(), inner.is_some()))
            })
            .collect();
        tables.insert(table, columns);
    }
    tables
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders under `migrations/`, in order.
fn scripts() -> Vec<String> {
    let folders = std::fs::read_dir(root().join("migrations")).expect("migrations").flatten();
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn there_and_back(url: &DatabaseUrl) {
    assert_eq!(migrate(url).expect("up"), scripts(), "every folder under migrations/ is listed and run, in order");
    assert_eq!(migrate(url).expect("up again"), [""; 0], "a second run does nothing");
    assert_eq!(schema_version(url).expect("a version"), (scripts().last().expect("a script").clone(), true));
    assert_eq!(tables(url), described(), "kernel/schema.rs is what the migrations make");
    revert_all(url).expect("down");
    assert_eq!(tables(url), Tables::new(), "nothing is left when all is taken back");
    migrate(url).expect("up once more");
    assert_eq!(tables(url), described());
}

#[test]
fn migrations_go_up_down_and_up_and_make_the_schema_on_sqlite() {
    let (url, _folder) = empty_sqlite();
    there_and_back(&url);
}

#[test]
fn migrations_go_up_down_and_up_and_make_the_schema_on_postgres() {
    if let Some(url) = empty_postgres() {
        there_and_back(&url);
    }
}

on_both_engines!(migrations_can_be_taken_back_with_data_in_the_tables);

fn migrations_can_be_taken_back_with_data_in_the_tables(app: &TestApp) {
    revert_all(&app.url).expect("down");
    migrate(&app.url).expect("up");
    assert_eq!(tables(&app.url), described());
}

#[test]
fn text_sorts_byte_by_byte_on_postgres_as_it_does_on_sqlite() {
    let Some(url) = empty_postgres() else { return };
    migrate(&url).expect("up");
    let all = columns(&url);
    let texts: Vec<_> = all.iter().filter(|column| column.kind == "text").collect();
    assert!(texts.len() > 50, "only {} columns of text", texts.len());
    let other = texts.iter().filter(|column| column.collation.as_deref() != Some("C"));
    let other: Vec<_> = other.map(|column| format!("{}.{}", column.table, column.name)).collect();
    assert_eq!(other, [""; 0], "columns of text without COLLATE \"C\"");
}

/// Two instances that start at once must not run a script twice.
#[test]
fn migrating_from_several_threads_at_once_runs_each_script_once() {
    let (sqlite, _folder) = empty_sqlite();
    for url in [Some(sqlite), empty_postgres()].into_iter().flatten() {
        let runs: Vec<Vec<String>> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| migrate(&url).expect("a migrated database"))).collect();
            runs.into_iter().map(|run| run.join().expect("no panic")).collect()
        });
        assert_eq!(runs.concat(), scripts(), "on {url}");
    }
}

#[test]
fn a_missing_file_is_never_made_by_opening_it() {
    let (url, folder) = empty_sqlite();
    let missing = DatabaseUrl::Sqlite(folder.path().join("missing.db"));
    let opened = prodops::kernel::db::Db::open(&missing, Default::default(), Default::default());
    assert!(opened.is_err() && !folder.path().join("missing.db").exists());
    assert!(url.require_existing().is_ok());
}
