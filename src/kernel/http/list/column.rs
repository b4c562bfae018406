//! What a list can be filtered and sorted by.

use super::clause::{Bound, Clause};
use crate::kernel::clock::parse_day;
use serde::Serialize;
use serde_json::Value;

/// How long a text that is compared with may be, in characters.
pub(super) const MAX_TEXT: usize = 200;

/// A property that a list can be filtered and sorted by.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub(super) sql: &'static str,
    pub(super) kind: ColumnKind,
    pub(super) nullable: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum ColumnKind {
    Text,
    Choice(&'static [&'static str]),
    Integer,
    Bool,
    Date,
    Time,
    /// Any of several: the SQL is a query of one column of text, and a value is looked for in it.
    AnyOf,
    /// The same of words that stand in the column itself, separated by blanks.
    Words,
    /// Only to sort by.
    Order,
}

impl Column {
    const fn new(name: &'static str, sql: &'static str, kind: ColumnKind) -> Self {
        Self { name, sql, kind, nullable: false }
    }

    pub const fn text(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, ColumnKind::Text)
    }

    pub const fn choice(name: &'static str, sql: &'static str, words: &'static [&'static str]) -> Self {
        Self::new(name, sql, ColumnKind::Choice(words))
    }

    pub const fn integer(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, ColumnKind::Integer)
    }

    pub const fn bool(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, ColumnKind::Bool)
    }

    pub const fn date(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, ColumnKind::Date)
    }

    pub const fn time(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, ColumnKind::Time)
    }

    /// A list of words that stand in a table of links, such as an incident's components: it can be
    /// filtered by any of them, and not sorted. `sql` selects the words of the row.
    pub const fn any_of(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, ColumnKind::AnyOf)
    }

    /// A list of words that stand in a column of the row, separated by blanks, such as tags: it can be filtered by
    /// any of them, and not sorted.
    pub const fn words(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, ColumnKind::Words)
    }

    /// What a list can only be sorted by: its values are ours alone, so the answer does not show them
    /// and nothing is compared with them. The cursor gets them from [`Listed::hidden`].
    pub const fn order(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, sql, ColumnKind::Order)
    }

    pub const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// Columns of which "from … to before …" can be asked.
    pub(super) fn is_ranged(self) -> bool {
        !matches!(self.kind, ColumnKind::Choice(_) | ColumnKind::Bool | ColumnKind::Order) && !self.is_any_of()
    }

    pub(super) fn is_any_of(self) -> bool {
        matches!(self.kind, ColumnKind::AnyOf | ColumnKind::Words)
    }

    /// The rows of which one of its words is `value`.
    pub(super) fn has(self, value: Bound, clause: Clause) -> Clause {
        match self.kind {
            // No word has a blank, and words side by side are not one.
            ColumnKind::Words if matches!(&value, Bound::Text(text) if text.contains(char::is_whitespace)) => {
                clause.sql("1 = 0")
            }
            // Not `LIKE`, which takes some signs for others and, on SQLite, small letters for large ones.
            ColumnKind::Words => {
                let clause = clause.sql("replace(' ' || ").sql(self.sql).sql(" || ' ', ' ' || ").bind(value);
                clause.sql(" || ' ', '') <> ' ' || ").sql(self.sql).sql(" || ' '")
            }
            _ => clause.bind(value).sql(" IN (").sql(self.sql).sql(")"),
        }
    }

    pub(super) fn is_filter(self) -> bool {
        !matches!(self.kind, ColumnKind::Order)
    }

    pub(super) fn value(self, text: &str) -> Result<Bound, String> {
        Ok(match self.kind {
            ColumnKind::Text | ColumnKind::AnyOf | ColumnKind::Words if text.chars().count() <= MAX_TEXT => {
                Bound::Text(text.to_owned())
            }
            ColumnKind::Text | ColumnKind::AnyOf | ColumnKind::Words => {
                return Err(format!("at most {MAX_TEXT} characters"));
            }
            ColumnKind::Choice(words) if words.contains(&text) => Bound::Text(text.to_owned()),
            ColumnKind::Choice(words) => return Err(format!("one of {}", words.join(", "))),
            ColumnKind::Integer => Bound::Integer(integer(text).ok_or("a whole number of at most 15 digits")?),
            ColumnKind::Bool => Bound::Bool(text.parse().map_err(|_| "true or false")?),
            ColumnKind::Date => Bound::Date(parse_day(text)?),
            ColumnKind::Time => Bound::Time(text.parse()?),
            ColumnKind::Order => return Err("only to sort by".to_owned()),
        })
    }

    /// The value of this column in a row as it was answered.
    pub(super) fn bound(self, value: &Value) -> Option<Bound> {
        match value {
            Value::Null => None,
            Value::String(text) => self.value_of_cursor(text),
            other => self.value_of_cursor(&other.to_string()),
        }
    }

    fn value_of_cursor(self, text: &str) -> Option<Bound> {
        match self.kind {
            ColumnKind::Text | ColumnKind::Choice(_) | ColumnKind::Order => Some(Bound::Text(text.to_owned())),
            ColumnKind::Integer => text.parse().ok().map(Bound::Integer),
            _ => self.value(text).ok(),
        }
    }
}

/// As many digits as a float carries unharmed, which is how most JSON tools read a number.
pub(super) const MAX_INTEGER: i64 = 999_999_999_999_999;

fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// What can be listed.
pub trait Listed: Serialize {
    const COLUMNS: &'static [Column];
    /// The SQL of what `q` searches.
    const SEARCH: &'static [&'static str];
    /// What tells its rows apart, by which every list is sorted last.
    const KEY: Column = Column::text("id", "id");
    /// Whether the greatest of the keys comes first.
    const NEWEST_FIRST: bool = false;

    /// The value of a column that the answer does not show (see [`Column::order`]).
    fn hidden(&self, _column: &str) -> Option<&str> {
        None
    }
}

/// The columns that a list can be sorted by.
pub(super) fn sorted_by<T: Listed>() -> impl Iterator<Item = &'static Column> {
    T::COLUMNS.iter().filter(|column| !column.is_any_of())
}
