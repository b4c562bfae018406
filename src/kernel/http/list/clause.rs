//! Conditions of our own SQL and bound values, for any diesel query.

use crate::kernel::{clock::Instant, db::MultiBackend};
use chrono::NaiveDate;
use diesel::{
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping},
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types,
};

/// A value that a caller sent, on its way into a statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bound {
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
    pub(super) fn sql(mut self, sql: &'static str) -> Self {
        self.0.push(Part::Sql(sql));
        self
    }

    pub(super) fn bind(mut self, value: Bound) -> Self {
        self.0.push(Part::Bound(value));
        self
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        if self.0.is_empty() {
            return other;
        }
        self.0.push(Part::Sql(" AND "));
        self.0.extend(other.0);
        self
    }

    pub(super) fn or_true(self) -> Self {
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
