//! The SQL of facts: a report's figures, with the rows behind them.

use super::{read, written};
use crate::{
    kernel::{
        db::{Conn, Tx},
        failure::Failure,
        money::{Currency, Money},
        schema::report_facts,
    },
    reports::{
        Report,
        facts::{Fact, FactValue, Facts, TEXT},
    },
};
use diesel::prelude::*;

#[derive(Queryable, Selectable)]
#[diesel(table_name = report_facts)]
struct FactColumns {
    name: String,
    value: Option<String>,
    currency: Option<Currency>,
    unknown: Option<String>,
    unit: String,
    formula: String,
    inputs: String,
    rows: String,
}

impl FactColumns {
    fn into_fact(self) -> Result<Fact, Failure> {
        let value = match (self.value, self.currency) {
            (None, _) => None,
            (Some(text), Some(currency)) => {
                Some(FactValue::Money(Money::new(text.parse().map_err(Failure::internal)?, currency)))
            }
            (Some(text), None) if self.unit == TEXT => Some(FactValue::Text(text)),
            (Some(text), None) => Some(FactValue::Number(text.parse().map_err(Failure::internal)?)),
        };
        Ok(Fact {
            name: self.name,
            value,
            unknown: self.unknown,
            unit: self.unit,
            formula: self.formula,
            inputs: read(&self.inputs)?,
            rows: Some(read(&self.rows)?),
        })
    }
}

/// Every fact of a report, in order, with its rows.
pub fn all(conn: &mut Conn, report: &Report) -> Result<Vec<Fact>, Failure> {
    let columns = report_facts::table
        .filter(report_facts::report_id.eq(&report.id))
        .order(report_facts::position)
        .select(FactColumns::as_select())
        .load(conn)?;
    columns.into_iter().map(FactColumns::into_fact).collect()
}

pub fn find(conn: &mut Conn, report: &Report, name: &str) -> Result<Fact, Failure> {
    report_facts::table
        .filter(report_facts::report_id.eq(&report.id))
        .filter(report_facts::name.eq(name))
        .select(FactColumns::as_select())
        .first(conn)?
        .into_fact()
}

pub fn write(tx: &mut Tx<'_>, report: &Report, facts: &Facts) -> Result<(), Failure> {
    for (position, fact) in (0_i64..).zip(facts.iter()) {
        let (value, currency) = match &fact.value {
            Some(FactValue::Money(money)) => (Some(money.amount.to_string()), Some(money.currency)),
            Some(FactValue::Number(number)) => (Some(number.to_string()), None),
            Some(FactValue::Text(text)) => (Some(text.clone()), None),
            None => (None, None),
        };
        diesel::insert_into(report_facts::table)
            .values((
                report_facts::report_id.eq(&report.id),
                report_facts::product_id.eq(&report.product_id),
                report_facts::position.eq(position),
                report_facts::name.eq(&fact.name),
                report_facts::value.eq(value),
                report_facts::currency.eq(currency),
                report_facts::unknown.eq(&fact.unknown),
                report_facts::unit.eq(&fact.unit),
                report_facts::formula.eq(&fact.formula),
                report_facts::inputs.eq(written(&fact.inputs)?),
                report_facts::rows.eq(written(&fact.rows)?),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

pub fn delete(tx: &mut Tx<'_>, report: &Report) -> Result<(), Failure> {
    diesel::delete(report_facts::table.filter(report_facts::report_id.eq(&report.id))).execute(&mut **tx)?;
    Ok(())
}
