//! Lists as the contract writes them: filters, sorting, and pages that skip and repeat nothing
//! while others write.
//!
//! A chapter declares which columns can be filtered and sorted ([`Listed::COLUMNS`]); reading the
//! query, describing it in OpenAPI, and turning it into SQL is done here for all of them. What a
//! caller sends is always bound, never part of the SQL.

mod clause;
mod column;
mod describe;
mod page;
mod past;

pub use clause::Clause;
pub use column::{Column, Listed};
pub use page::Page;
pub use past::{Listing, Past};

use super::params::{once_admitted, pairs};
use crate::kernel::failure::{Failure, Fault};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use clause::Bound;
use column::{MAX_TEXT, sorted_by};
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::marker::PhantomData;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;
/// How many values one filter may name, and how many fields a sort.
const MAX_VALUES: usize = 100;
const MAX_SORT: usize = 4;

/// What a caller asked of a list of `T`.
#[derive(Debug, Clone)]
pub struct List<T> {
    filter: Clause,
    sort: Vec<(Column, bool)>,
    after: Option<Vec<Option<Bound>>>,
    limit: usize,
    /// Ties a cursor to the sort and filters it was made for.
    shape: String,
    of: PhantomData<fn() -> T>,
}

impl<T: Listed> List<T> {
    /// Reads a query.
    ///
    /// # Errors
    /// 400 for what cannot be read (a cursor that is not ours), 422 for what is not allowed; all
    /// faults at once.
    pub fn parse(query: &str) -> Result<Self, Failure> {
        let pairs = pairs(query)?;
        let mut list = Self {
            filter: Clause::default(),
            sort: Vec::new(),
            after: None,
            limit: DEFAULT_LIMIT,
            shape: String::new(),
            of: PhantomData,
        };
        let (mut faults, mut cursor) = (Vec::new(), None);
        for (name, value) in &pairs {
            let read = match name.as_str() {
                "cursor" => {
                    cursor = Some(value);
                    Ok(())
                }
                "limit" => list.read_limit(value),
                "sort" => list.read_sort(value),
                "q" => list.read_search(value),
                other => list.read_filter(other, value),
            };
            if let Err((code, detail)) = read {
                faults.push(Fault::parameter(name, code, detail));
            }
        }
        Failure::unless_empty(faults)?;
        list.sort.push((T::KEY, !T::NEWEST_FIRST));
        let mut shape: Vec<_> = pairs.iter().filter(|(name, _)| name != "cursor" && name != "limit").collect();
        shape.sort();
        let columns: Vec<_> = T::COLUMNS.iter().map(|column| column.name).collect();
        list.shape = super::body::hex(&Sha256::digest(json!([columns, shape]).to_string())[..6]);
        if let Some(cursor) = cursor {
            let unreadable = || Fault::parameter("cursor", "cursor", "not a cursor of this list with these filters");
            list.after = Some(list.read_cursor(cursor).ok_or_else(|| Failure::Unreadable(vec![unreadable()]))?);
        }
        Ok(list)
    }

    fn read_limit(&mut self, text: &str) -> Result<(), (&'static str, String)> {
        match text.parse() {
            Ok(limit @ 1..=MAX_LIMIT) => {
                self.limit = limit;
                Ok(())
            }
            _ => Err(("range", format!("a whole number from 1 to {MAX_LIMIT}"))),
        }
    }

    fn read_sort(&mut self, text: &str) -> Result<(), (&'static str, String)> {
        for field in text.split(',') {
            let name = field.strip_prefix('-').unwrap_or(field);
            let column = sorted_by::<T>().find(|column| column.name == name);
            let again = self.sort.iter().any(|(column, _)| column.name == name);
            match column {
                Some(column) if !again && self.sort.len() < MAX_SORT => self.sort.push((*column, name == field)),
                _ => {
                    let names: Vec<_> = sorted_by::<T>().map(|column| column.name).collect();
                    return Err(("sort", format!("up to {MAX_SORT} of {}, each once", names.join(", "))));
                }
            }
        }
        Ok(())
    }

    /// Every word somewhere, in whatever case.
    fn read_search(&mut self, text: &str) -> Result<(), (&'static str, String)> {
        if T::SEARCH.is_empty() || text.chars().count() > MAX_TEXT {
            return Err(("q", format!("at most {MAX_TEXT} characters, where a list can be searched")));
        }
        for word in text.to_lowercase().split_whitespace() {
            let like = format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            let mut any = Clause::default().sql("(");
            for (at, column) in T::SEARCH.iter().enumerate() {
                // Columns compare byte by byte (`"C"`), and in that collation PostgreSQL lowers ASCII only.
                let lowered = any.sql(if at == 0 { "lower(" } else { " OR lower(" }).sql(column);
                any = lowered.sql(" COLLATE \"default\") LIKE ");
                any = any.bind(Bound::Text(like.clone())).sql(" ESCAPE '\\'");
            }
            self.narrow(any.sql(")"));
        }
        Ok(())
    }

    fn read_filter(&mut self, name: &str, text: &str) -> Result<(), (&'static str, String)> {
        let (property, operator) = name.rsplit_once('.').unwrap_or((name, ""));
        let column = T::COLUMNS.iter().find(|column| column.name == property);
        let Some(column) = column.filter(|column| column.is_filter() && (operator.is_empty() || column.is_ranged()))
        else {
            return Err(("unknown_parameter", "this list has no such parameter".to_owned()));
        };
        let value = |text: &str| column.value(text).map_err(|detail| ("value", detail));
        match operator {
            "gte" => self.narrow(Clause::default().sql(column.sql).sql(" >= ").bind(value(text)?)),
            "lt" => self.narrow(Clause::default().sql(column.sql).sql(" < ").bind(value(text)?)),
            "" => {
                let mut any = Clause::default().sql("(");
                for (at, text) in text.split(',').enumerate() {
                    if at >= MAX_VALUES {
                        return Err(("value", format!("at most {MAX_VALUES} values")));
                    }
                    any = if at == 0 { any } else { any.sql(" OR ") };
                    any = match text {
                        text if column.is_any_of() => column.has(value(text)?, any),
                        "null" if column.nullable => any.sql(column.sql).sql(" IS NULL"),
                        text => any.sql(column.sql).sql(" = ").bind(value(text)?),
                    };
                }
                self.narrow(any.sql(")"));
            }
            _ => return Err(("unknown_parameter", "only .gte and .lt".to_owned())),
        }
        Ok(())
    }

    fn narrow(&mut self, clause: Clause) {
        self.filter = std::mem::take(&mut self.filter).and(clause);
    }

    fn read_cursor(&self, text: &str) -> Option<Vec<Option<Bound>>> {
        let cursor: Cursor = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        (cursor.shape == self.shape && cursor.values.len() == self.sort.len()).then_some(())?;
        self.sort
            .iter()
            .zip(&cursor.values)
            .map(|((column, _), value)| match value {
                Value::Null => Some(None),
                value => column.bound(value).map(Some),
            })
            .collect()
    }

    /// The rows a page may show: the filters, and what comes after the cursor.
    pub fn clause(&self) -> Clause {
        let Some(after) = &self.after else { return self.filter.clone().or_true() };
        // (a after x) OR (a = x AND b after y) OR …, nulls last in either direction.
        let mut later = Clause::default().sql("(");
        for at in 0..self.sort.len() {
            later = later.sql(if at == 0 { "(" } else { " OR (" });
            for (column, value) in self.sort.iter().zip(after).take(at) {
                later = later.sql(column.0.sql);
                later = match value {
                    Some(value) => later.sql(" = ").bind(value.clone()),
                    None => later.sql(" IS NULL"),
                }
                .sql(" AND ");
            }
            let (column, ascending) = self.sort[at];
            later = match &after[at] {
                None => later.sql("1 = 0"),
                Some(value) => {
                    let compared = later.sql("(").sql(column.sql).sql(if ascending { " > " } else { " < " });
                    let compared = compared.bind(value.clone());
                    if column.nullable {
                        compared.sql(" OR ").sql(column.sql).sql(" IS NULL)")
                    } else {
                        compared.sql(")")
                    }
                }
            }
            .sql(")");
        }
        self.filter.clone().and(later.sql(")"))
    }

    /// The order of the list, as SQL.
    pub fn order(&self) -> String {
        let field = |(column, ascending): &(Column, bool)| {
            let direction = if *ascending { "ASC" } else { "DESC" };
            match column.nullable {
                true => format!("({0}) IS NULL, {0} {direction}", column.sql),
                false => format!("{} {direction}", column.sql),
            }
        };
        self.sort.iter().map(field).collect::<Vec<_>>().join(", ")
    }

    /// One row more than a page, to know whether there is another.
    pub fn fetch(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX) + 1
    }

    /// The page that was asked for, of the rows that [`List::fetch`] brought.
    ///
    /// # Errors
    /// When a row cannot be written as JSON, which is a defect.
    pub fn page(&self, mut rows: Vec<T>) -> Result<Page<T>, Failure> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next_cursor = match rows.last().filter(|_| more) {
            Some(last) => Some(self.cursor_after(last)?),
            None => None,
        };
        Ok(Page { items: rows, next_cursor })
    }

    fn cursor_after(&self, row: &T) -> Result<String, Failure> {
        let shown = serde_json::to_value(row).map_err(Failure::internal)?;
        let value = |column: &Column| row.hidden(column.name).map_or_else(|| shown[column.name].clone(), Value::from);
        let values = self.sort.iter().map(|(column, _)| value(column)).collect();
        let cursor = serde_json::to_vec(&Cursor { shape: self.shape.clone(), values }).map_err(Failure::internal)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(cursor))
    }
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    #[serde(rename = "s")]
    shape: String,
    #[serde(rename = "v")]
    values: Vec<Value>,
}

impl<T: Listed + 'static> FromRequest for List<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        once_admitted(req, |req| Self::parse(req.query_string()))
    }
}
