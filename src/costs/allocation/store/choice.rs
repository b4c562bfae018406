//! Which rule takes a cost entry, decided by the database, so that a million lines of a bill stay in it.

use crate::{
    costs::allocation::AllocationRule,
    kernel::{
        db::{Conn, MultiBackend},
        month::Month,
    },
};
use diesel::{
    expression::{
        AppearsOnTable, Expression, IsContainedInGroupBy, SelectableExpression, ValidGrouping,
        is_contained_in_group_by::No,
    },
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Nullable, Text},
};

/// The place, among the rules it was made of, of the first that takes a row of `cost_entries`; null where none does. Our
/// own SQL and bound values.
///
/// In a statement it is called `chosen_rule`, so that it can be grouped by.
#[derive(Debug, Clone, Default)]
pub struct Choice(Vec<Part>);

/// The name of a [`Choice`] that is selected, to group by.
#[derive(Debug, Clone, Copy)]
pub struct Chosen;

#[derive(Debug, Clone)]
enum Part {
    Sql(&'static str),
    /// A rule's place.
    Place(usize),
    Text(String),
}

impl Choice {
    /// Of rules that stand in the order in which they apply, for entries of some months.
    pub fn of(conn: &Conn, rules: &[AllocationRule], from: Month, to: Month) -> Self {
        let mut choice = Self::default();
        let wanted = |rule: &&AllocationRule| from.up_to(to).any(|month| rule.is_in_force(month));
        for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| wanted(rule)) {
            choice.sql(" WHEN ").rule(matches!(conn, Conn::Pg(_)), rule);
            choice.sql(" THEN ").0.push(Part::Place(place));
        }
        choice
    }

    fn sql(&mut self, sql: &'static str) -> &mut Self {
        self.0.push(Part::Sql(sql));
        self
    }

    fn text(&mut self, text: impl Into<String>) -> &mut Self {
        self.0.push(Part::Text(text.into()));
        self
    }

    /// What costs least is asked first: the tags of most lines need not be read.
    fn rule(&mut self, postgres: bool, rule: &AllocationRule) {
        self.sql("month >= ").text(Month::of(rule.valid_from).as_text());
        if let Some(end) = rule.valid_to {
            self.sql(" AND month < ").text(Month::of(end).as_text());
        }
        let asked = &rule.r#match;
        for (sql, value) in [
            (" AND service_name = ", &asked.service_name),
            (" AND sub_account = ", &asked.sub_account),
            (" AND resource_id = ", &asked.resource_id),
        ] {
            if let Some(value) = value {
                self.sql(sql).text(value);
            }
        }
        for (name, value) in &asked.tags.0 {
            match postgres {
                true => self.sql(" AND tags::json ->> ").text(name),
                false => self.sql(" AND tags ->> ").text(format!("$.{}", serde_json::Value::from(name.as_str()))),
            };
            self.sql(" = ").text(value);
        }
    }
}

impl Expression for Choice {
    type SqlType = Nullable<BigInt>;
}

impl<T> AppearsOnTable<T> for Choice {}
impl<T> SelectableExpression<T> for Choice {}
impl<G> ValidGrouping<G> for Choice {
    type IsAggregate = diesel::expression::is_aggregate::Never;
}

impl QueryId for Choice {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<MultiBackend> for Choice {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> diesel::QueryResult<()> {
        out.unsafe_to_cache_prepared();
        if self.0.is_empty() {
            out.push_sql("CAST(NULL AS BIGINT) AS chosen_rule");
            return Ok(());
        }
        out.push_sql("CAST(CASE WHEN component IS NOT NULL THEN NULL");
        for part in &self.0 {
            match part {
                Part::Sql(sql) => out.push_sql(sql),
                Part::Place(place) => out.push_sql(&place.to_string()),
                Part::Text(text) => out.push_bind_param::<Text, String>(text)?,
            }
        }
        out.push_sql(" END AS BIGINT) AS chosen_rule");
        Ok(())
    }
}

impl Expression for Chosen {
    type SqlType = Nullable<BigInt>;
}

impl<T> AppearsOnTable<T> for Chosen {}

impl<C> IsContainedInGroupBy<C> for Chosen {
    type Output = No;
}

impl QueryId for Chosen {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<MultiBackend> for Chosen {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> diesel::QueryResult<()> {
        out.push_sql("chosen_rule");
        Ok(())
    }
}
