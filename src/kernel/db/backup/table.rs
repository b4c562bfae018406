//! Whole tables, row by row, whatever they hold: how rows go from one engine to the other, and how
//! to tell that they arrived.

use super::super::engine::{Conn, MultiBackend};
use crate::{kernel::failure::Failure, on_backend};
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use diesel::{
    QueryableByName, RunQueryDsl,
    connection::DefaultLoadingMode,
    deserialize::{self, FromSql},
    pg::{Pg, PgRowByRowLoadingMode},
    row::{Field, NamedRow, Row},
    sql_query,
    sql_types::{BigInt, Bool, Date, Nullable, Text, Timestamp},
    sqlite::{Sqlite, SqliteType},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The five types that a column can have on both engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Boolean,
    Date,
    Timestamp,
}

impl Kind {
    fn of(declared: &str) -> Result<Self, Failure> {
        Ok(match declared.to_ascii_uppercase().as_str() {
            "TEXT" => Self::Text,
            "BIGINT" => Self::Integer,
            "BOOLEAN" => Self::Boolean,
            "DATE" => Self::Date,
            "TIMESTAMP" => Self::Timestamp,
            other => return Err(Failure::internal(format!("`{other}` is no type that both engines have"))),
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Null,
    Text(String),
    Integer(i64),
    Boolean(bool),
    Date(NaiveDate),
    Timestamp(NaiveDateTime),
}

impl Value {
    /// SQLite keeps times as text and truth as a number; what they are is in the column's type.
    fn typed(self, kind: Kind) -> Result<Self, Failure> {
        let wrong = |what: &dyn std::fmt::Debug| Failure::internal(format!("a {kind:?} column holds {what:?}"));
        Ok(match (kind, self) {
            (Kind::Boolean, Self::Integer(number @ (0 | 1))) => Self::Boolean(number == 1),
            (Kind::Date, Self::Text(text)) => Self::Date(text.parse().map_err(|_| wrong(&text))?),
            (Kind::Timestamp, Self::Text(text)) => {
                let read = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f");
                Self::Timestamp(read.map_err(|_| wrong(&text))?)
            }
            (Kind::Text, value @ Self::Text(_))
            | (Kind::Integer, value @ Self::Integer(_))
            | (Kind::Boolean, value @ Self::Boolean(_))
            | (Kind::Date, value @ Self::Date(_))
            | (Kind::Timestamp, value @ Self::Timestamp(_))
            | (_, value @ Self::Null) => value,
            (_, other) => return Err(wrong(&other)),
        })
    }

    /// The same bytes for the same value, whichever engine it was read from.
    fn digest(&self, hash: &mut Sha256) {
        match self {
            Self::Null => hash.update([0]),
            Self::Text(text) => {
                hash.update([1]);
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text);
            }
            Self::Integer(number) => {
                hash.update([2]);
                hash.update(number.to_le_bytes());
            }
            Self::Boolean(truth) => hash.update([3, u8::from(*truth)]),
            Self::Date(day) => {
                hash.update([4]);
                hash.update(day.num_days_from_ce().to_le_bytes());
            }
            Self::Timestamp(at) => {
                hash.update([5]);
                hash.update(at.and_utc().timestamp_micros().to_le_bytes());
            }
        }
    }
}

/// The cells of a row, as the engine gave them.
struct Cells(Vec<Value>);

impl QueryableByName<Sqlite> for Cells {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let cell = |at: usize| -> deserialize::Result<Value> {
            let field = Row::get(row, at).ok_or("a row that is too short")?;
            let Some(value) = field.value() else { return Ok(Value::Null) };
            Ok(match value.value_type() {
                Some(SqliteType::Text) => Value::Text(FromSql::<Text, Sqlite>::from_sql(value)?),
                Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                    Value::Integer(FromSql::<BigInt, Sqlite>::from_sql(value)?)
                }
                other => return Err(format!("a cell of the type {other:?}").into()),
            })
        };
        (0..row.field_count()).map(cell).collect::<Result<_, _>>().map(Self)
    }
}

impl QueryableByName<Pg> for Cells {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let cell = |at: usize| -> deserialize::Result<Value> {
            let field = Row::get(row, at).ok_or("a row that is too short")?;
            let Some(value) = field.value() else { return Ok(Value::Null) };
            Ok(match value.get_oid().get() {
                16 => Value::Boolean(FromSql::<Bool, Pg>::from_sql(value)?),
                20 => Value::Integer(FromSql::<BigInt, Pg>::from_sql(value)?),
                25 => Value::Text(FromSql::<Text, Pg>::from_sql(value)?),
                1082 => Value::Date(FromSql::<Date, Pg>::from_sql(value)?),
                1114 => Value::Timestamp(FromSql::<Timestamp, Pg>::from_sql(value)?),
                other => return Err(format!("a cell of the type {other}").into()),
            })
        };
        (0..row.field_count()).map(cell).collect::<Result<_, _>>().map(Self)
    }
}

/// How many values one statement inserts at most; SQLite takes 32,766, PostgreSQL 65,535.
const BINDS: usize = 2000;

/// A table, and what its columns hold.
pub(super) struct Table {
    pub name: String,
    columns: Vec<(String, Kind)>,
}

/// How many rows there were, and a number that is the same for the same rows in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub table: String,
    pub rows: u64,
    digest: String,
}

impl Table {
    /// Every table that migrations made in an SQLite file, those that others refer to first.
    pub fn all(conn: &mut Conn) -> Result<Vec<Self>, Failure> {
        let names = names(
            conn,
            r"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\_\_%' ESCAPE '\'
                 AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name",
        )?;
        let mut waiting = Vec::with_capacity(names.len());
        for name in names.into_iter().filter(|name| name != super::MANIFEST) {
            let refers = format!("SELECT \"table\" AS name FROM pragma_foreign_key_list('{name}')");
            waiting.push((self::names(conn, &refers)?, Self::read(conn, name)?));
        }
        let mut ordered: Vec<Self> = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let there = |other: &String| ordered.iter().any(|table| table.name == *other);
            let ready = |(refers, table): &(Vec<String>, Self)| refers.iter().all(|o| *o == table.name || there(o));
            let Some(next) = waiting.iter().position(ready) else {
                return Err(Failure::internal("tables that refer to each other in a circle"));
            };
            ordered.push(waiting.remove(next).1);
        }
        Ok(ordered)
    }

    fn read(conn: &mut Conn, name: String) -> Result<Self, Failure> {
        let list = |what| format!("SELECT {what} AS name FROM pragma_table_info('{name}') ORDER BY cid");
        let (columns, kinds) = (names(conn, &list("name"))?, names(conn, &list("type"))?);
        let kinds = kinds.iter().map(|declared| Kind::of(declared)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { name, columns: columns.into_iter().zip(kinds).collect() })
    }

    fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    }

    /// Counts the rows, on either engine.
    pub fn tally(&self, conn: &mut Conn) -> Result<Tally, Failure> {
        self.each_row(conn, |_| Ok(()))
    }

    /// Copies the rows into a table of the same name; tells what was read.
    pub fn copy(&self, from: &mut Conn, to: &mut Conn) -> Result<Tally, Failure> {
        let together = (BINDS / self.columns.len().max(1)).max(1);
        let mut waiting = Vec::with_capacity(together);
        let tally = self.each_row(from, |row| {
            waiting.push(row);
            match waiting.len() < together {
                true => Ok(()),
                false => self.insert(to, std::mem::take(&mut waiting)),
            }
        })?;
        self.insert(to, waiting)?;
        Ok(tally)
    }

    fn each_row(
        &self,
        conn: &mut Conn,
        mut work: impl FnMut(Vec<Value>) -> Result<(), Failure>,
    ) -> Result<Tally, Failure> {
        let (mut rows, mut sum) = (0, [0; 32]);
        let mut each = |cells: Cells| {
            let typed = cells.0.into_iter().zip(&self.columns).map(|(value, (_, kind))| value.typed(*kind));
            let row = typed.collect::<Result<Vec<_>, _>>()?;
            let mut hash = Sha256::new();
            row.iter().for_each(|value| value.digest(&mut hash));
            rows += 1;
            sum.iter_mut().zip(hash.finalize()).for_each(|(sum, byte)| *sum ^= byte);
            work(row)
        };
        let query = format!("SELECT {} FROM \"{}\"", self.column_list(), self.name);
        match conn {
            Conn::Sqlite(c) => {
                for row in sql_query(query).load_iter::<Cells, DefaultLoadingMode>(c)? {
                    each(row?)?;
                }
            }
            Conn::Pg(c) => {
                for row in sql_query(query).load_iter::<Cells, PgRowByRowLoadingMode>(c)? {
                    each(row?)?;
                }
            }
        }
        Ok(Tally { table: self.name.clone(), rows, digest: crate::kernel::http::hex(&sum) })
    }

    fn insert(&self, conn: &mut Conn, rows: Vec<Vec<Value>>) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let width = self.columns.len();
        let group = |row| (1..=width).map(|at| format!("${}", row * width + at)).collect::<Vec<_>>().join(", ");
        let groups = (0..rows.len()).map(|row| format!("({})", group(row))).collect::<Vec<_>>().join(", ");
        let query = format!("INSERT INTO \"{}\" ({}) VALUES {groups}", self.name, self.column_list());
        let kinds = self.columns.iter().map(|(_, kind)| *kind).cycle();
        on_backend!(conn, |c| {
            let mut query = sql_query(query).into_boxed();
            for (value, kind) in rows.into_iter().flatten().zip(kinds) {
                query = match (value, kind) {
                    (Value::Text(text), _) => query.bind::<Text, _>(text),
                    (Value::Integer(number), _) => query.bind::<BigInt, _>(number),
                    (Value::Boolean(truth), _) => query.bind::<Bool, _>(truth),
                    (Value::Date(day), _) => query.bind::<Date, _>(day),
                    (Value::Timestamp(at), _) => query.bind::<Timestamp, _>(at),
                    (Value::Null, Kind::Text) => query.bind::<Nullable<Text>, _>(None::<String>),
                    (Value::Null, Kind::Integer) => query.bind::<Nullable<BigInt>, _>(None::<i64>),
                    (Value::Null, Kind::Boolean) => query.bind::<Nullable<Bool>, _>(None::<bool>),
                    (Value::Null, Kind::Date) => query.bind::<Nullable<Date>, _>(None::<NaiveDate>),
                    (Value::Null, Kind::Timestamp) => query.bind::<Nullable<Timestamp>, _>(None::<NaiveDateTime>),
                };
            }
            query.execute(c)?;
        });
        Ok(())
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(MultiBackend))]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The column `name` of a query.
pub(super) fn names(conn: &mut Conn, query: &str) -> Result<Vec<String>, Failure> {
    let rows: Vec<Name> = on_backend!(conn, |c| sql_query(query).load(c)?);
    Ok(rows.into_iter().map(|row| row.name).collect())
}
