//! Lists as the contract writes them: filters, sorting, and pages that skip and repeat nothing
//! while others write.
//!
//! A chapter declares which columns can be filtered and sorted ([`Listed::COLUMNS`]); reading the
//! query, describing it in OpenAPI, and turning it into SQL is done here for all of them. What a
//! caller sends is always bound, never part of the SQL.

use super::{
    RequestContext,
    params::{once_admitted, pairs},
};
use crate::kernel::{
    clock::Instant,
    db::MultiBackend,
    failure::{Failure, Fault},
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, dev::Payload, http::header};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::NaiveDate;
use diesel::{
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping},
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types,
};
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::marker::PhantomData;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, Ref, RefOr, Schema,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{ArrayBuilder, Type},
    },
};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;
/// How many values one filter may name, and how many fields a sort.
const MAX_VALUES: usize = 100;
const MAX_SORT: usize = 4;
const MAX_TEXT: usize = 200;

/// A property that a list can be filtered and sorted by.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    sql: &'static str,
    kind: ColumnKind,
    nullable: bool,
}

#[derive(Debug, Clone, Copy)]
enum ColumnKind {
    Text,
    Choice(&'static [&'static str]),
    Integer,
    Bool,
    Date,
    Time,
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

    pub const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// Columns of which "from … to before …" can be asked.
    fn is_ranged(self) -> bool {
        !matches!(self.kind, ColumnKind::Choice(_) | ColumnKind::Bool)
    }

    fn value(self, text: &str) -> Result<Bound, String> {
        Ok(match self.kind {
            ColumnKind::Text if text.chars().count() <= MAX_TEXT => Bound::Text(text.to_owned()),
            ColumnKind::Text => return Err(format!("at most {MAX_TEXT} characters")),
            ColumnKind::Choice(words) if words.contains(&text) => Bound::Text(text.to_owned()),
            ColumnKind::Choice(words) => return Err(format!("one of {}", words.join(", "))),
            ColumnKind::Integer => Bound::Integer(text.parse().map_err(|_| "a whole number")?),
            ColumnKind::Bool => Bound::Bool(text.parse().map_err(|_| "true or false")?),
            ColumnKind::Date => Bound::Date(text.parse().map_err(|_| "a date such as 2026-10-01")?),
            ColumnKind::Time => Bound::Time(text.parse()?),
        })
    }

    /// The value of this column in a row as it was answered.
    fn bound(self, value: &Value) -> Option<Bound> {
        match value {
            Value::Null => None,
            Value::String(text) => self.value_of_cursor(text),
            other => self.value_of_cursor(&other.to_string()),
        }
    }

    fn value_of_cursor(self, text: &str) -> Option<Bound> {
        match self.kind {
            ColumnKind::Text | ColumnKind::Choice(_) => Some(Bound::Text(text.to_owned())),
            _ => self.value(text).ok(),
        }
    }
}

/// What can be listed.
pub trait Listed: Serialize {
    const COLUMNS: &'static [Column];
    /// The SQL of what `q` searches.
    const SEARCH: &'static [&'static str];
}

#[derive(Debug, Clone, PartialEq)]
enum Bound {
    Text(String),
    Integer(i64),
    Bool(bool),
    Date(NaiveDate),
    Time(Instant),
}

/// A condition made of our own SQL and bound values; usable in any diesel query.
#[derive(Debug, Clone, Default)]
pub struct Clause(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Sql(&'static str),
    Bound(Bound),
}

impl Clause {
    fn sql(mut self, sql: &'static str) -> Self {
        self.0.push(Part::Sql(sql));
        self
    }

    fn bind(mut self, value: Bound) -> Self {
        self.0.push(Part::Bound(value));
        self
    }

    fn and(mut self, other: Self) -> Self {
        if self.0.is_empty() {
            return other;
        }
        self.0.push(Part::Sql(" AND "));
        self.0.extend(other.0);
        self
    }

    fn or_true(self) -> Self {
        if self.0.is_empty() { self.sql("1 = 1") } else { self }
    }
}

impl Expression for Clause {
    type SqlType = sql_types::Bool;
}

impl<T> AppearsOnTable<T> for Clause {}
impl<T> SelectableExpression<T> for Clause {}
impl<G> ValidGrouping<G> for Clause {
    type IsAggregate = diesel::expression::is_aggregate::Never;
}

impl QueryId for Clause {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<MultiBackend> for Clause {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> diesel::QueryResult<()> {
        out.unsafe_to_cache_prepared();
        for part in &self.0 {
            match part {
                Part::Sql(sql) => out.push_sql(sql),
                Part::Bound(Bound::Text(value)) => out.push_bind_param::<sql_types::Text, String>(value)?,
                Part::Bound(Bound::Integer(value)) => out.push_bind_param::<sql_types::BigInt, i64>(value)?,
                Part::Bound(Bound::Bool(value)) => out.push_bind_param::<sql_types::Bool, bool>(value)?,
                Part::Bound(Bound::Date(value)) => out.push_bind_param::<sql_types::Date, NaiveDate>(value)?,
                Part::Bound(Bound::Time(value)) => out.push_bind_param::<sql_types::Timestamp, Instant>(value)?,
            }
        }
        Ok(())
    }
}

const ID: Column = Column::text("id", "id");

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
        list.sort.push((ID, true));
        let mut shape: Vec<_> = pairs.iter().filter(|(name, _)| name != "cursor" && name != "limit").collect();
        shape.sort();
        list.shape = super::body::hex(&Sha256::digest(json!(shape).to_string())[..6]);
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
            let column = T::COLUMNS.iter().find(|column| column.name == name);
            let again = self.sort.iter().any(|(column, _)| column.name == name);
            match column {
                Some(column) if !again && self.sort.len() < MAX_SORT => self.sort.push((*column, name == field)),
                _ => {
                    let names: Vec<_> = T::COLUMNS.iter().map(|column| column.name).collect();
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
        let Some(column) = column.filter(|column| operator.is_empty() || column.is_ranged()) else {
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
                    any = if at == 0 { any } else { any.sql(" OR ") }.sql(column.sql);
                    any = match text {
                        "null" if column.nullable => any.sql(" IS NULL"),
                        text => any.sql(" = ").bind(value(text)?),
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
        let row = serde_json::to_value(row).map_err(Failure::internal)?;
        let values = self.sort.iter().map(|(column, _)| row[column.name].clone()).collect();
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

impl<T: Listed> IntoParams for List<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, description: &str, schema: ObjectBuilder| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .description(Some(description))
                .schema(Some(schema))
                .build()
        };
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(MAX_LIMIT as i64))
            .default(Some(json!(DEFAULT_LIMIT)));
        let names: Vec<_> = T::COLUMNS.iter().map(|column| column.name).collect();
        let sort = text().pattern(Some(format!("^-?({0})(,-?({0})){{0,3}}$", names.join("|"))));
        let mut all = vec![
            parameter("limit", "How many items a page holds.", limit),
            parameter("cursor", "The `next_cursor` of the page before.", text().max_length(Some(4096))),
            parameter("sort", "Fields to sort by, `-` for descending. `id` is always last, nulls too.", sort),
        ];
        if !T::SEARCH.is_empty() {
            let description = "Every word must be found somewhere, in whatever case.";
            all.push(parameter("q", description, text().max_length(Some(MAX_TEXT))));
        }
        for column in T::COLUMNS {
            let or_null = if column.nullable { ", or `null`" } else { "" };
            let any = format!("Any of these, separated by commas{or_null}.");
            let schema = match column.kind {
                ColumnKind::Choice(words) => {
                    let null = if column.nullable { "|null" } else { "" };
                    text().pattern(Some(format!("^({0}{null})(,({0}{null}))*$", words.join("|"))))
                }
                ColumnKind::Integer => text().pattern(Some(r"^(-?[0-9]{1,18}|null)(,(-?[0-9]{1,18}|null))*$")),
                ColumnKind::Bool => text().pattern(Some("^(true|false)(,(true|false))*$")),
                _ => text().max_length(Some(MAX_TEXT)),
            };
            all.push(parameter(column.name, &any, schema));
            if column.is_ranged() {
                let single = || match column.kind {
                    ColumnKind::Date => text()
                        .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Date))),
                    ColumnKind::Time => text().format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                        utoipa::openapi::KnownFormat::DateTime,
                    ))),
                    ColumnKind::Integer => ObjectBuilder::new().schema_type(Type::Integer),
                    _ => text().max_length(Some(MAX_TEXT)),
                };
                all.push(parameter(&format!("{}.gte", column.name), "This or later, this or more.", single()));
                all.push(parameter(&format!("{}.lt", column.name), "Before this, less than this.", single()));
            }
        }
        all
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
}

impl<T: Serialize> Responder for Page<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Some(cursor) = &self.next_cursor {
            let others = req.query_string().split('&').filter(|part| !part.is_empty() && !part.starts_with("cursor="));
            let query: Vec<_> = others.map(ToOwned::to_owned).chain([format!("cursor={cursor}")]).collect();
            let path = &RequestContext::of(req).path;
            response.insert_header((header::LINK, format!("<{path}?{}>; rel=\"next\"", query.join("&"))));
        }
        response.json(self)
    }
}

/// The schema of a page: `ComponentPage` of `Component`.
pub fn page_schema(item: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .property("items", ArrayBuilder::new().items(Ref::from_schema_name(item)).max_items(Some(MAX_LIMIT)))
        .property(
            "next_cursor",
            ObjectBuilder::new()
                .schema_type(utoipa::openapi::schema::SchemaType::Array(vec![Type::String, Type::Null]))
                .description(Some("Where the next page begins; null on the last.")),
        )
        .required("items")
        .required("next_cursor")
        .into()
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        page_schema(&T::name())
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}
