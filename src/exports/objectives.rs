//! `objectives`, `key_results` and `check_ins`: what is to be reached, how that is measured, and how far it is.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row, word::Moment,
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        schema::{check_ins, objectives},
    },
    objectives::{self as chapter, CheckIn, Objective, Progress, measured},
    products::Product,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

pub const DATASET: Dataset = Dataset {
    name: "objectives",
    title: "Objectives",
    description: "What is to be reached in a quarter: a row an objective, as it is now. How that is measured are rows of \
                  `key_results`.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("title", "What is to be reached."),
        Column::text("rationale", "Why this, and why now; Markdown."),
        Column::text("period", "The quarter of the fiscal year in which it is to be reached: `2026-Q4`."),
        Column::month("first_month", "The month in which that quarter begins."),
        Column::text("status", "`draft`, `active`, `achieved`, `missed` or `dropped`."),
        Column::integer("strategy_version", "The number of the published strategy that it was set under.").or_null(),
        Column::date("closed_on", "The day on which it was achieved, missed or dropped.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("first_month"),
    rows,
};

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.months();
    let mine = objectives::table.filter(objectives::product_id.eq(&product.id));
    let mine = mine.order((objectives::period, objectives::id));
    each_row!(conn, mine.select(Objective::as_select()), |row: Objective| {
        let first = row.period.months(product.fiscal_year_start).from;
        if from.is_none_or(|from| first >= from) && to.is_none_or(|to| first < to) {
            sheet.row().put(row.id.as_str()).put(row.title.as_str()).put(row.rationale.as_str());
            sheet.put(row.period.as_text()).put(first.as_text()).put(row.status.as_text());
            sheet.put(row.strategy_version).put(row.closed_on);
            sheet.put(Moment::from(row.created_at)).put(Moment::from(row.updated_at)).put(row.version).end()?;
        }
    });
    Ok(())
}

pub const KEY_RESULTS: Dataset = Dataset {
    name: "key_results",
    title: "Key results",
    description: "By which figures one sees that an objective is reached, and how far each is: a row a key result, as it \
                  is now; one of a closed objective as it was when that was closed.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("objective", "The objective's id.").naming("objectives", "id"),
        Column::text("title", "What is measured."),
        Column::text("unit", "What it is counted in."),
        Column::number("baseline", "unit", "Its value when it was set."),
        Column::number("target", "unit", "The value that is to be reached."),
        Column::text("direction", "Which way is better: `increase` or `decrease`."),
        Column::number(
            "current",
            "unit",
            "The value of the check-in of the latest day; empty where nothing was measured.",
        )
        .or_null(),
        Column::date("current_on", "The day of that value.").or_null(),
        Column::number(
            "progress",
            "share",
            "(current − baseline) ÷ (target − baseline): 1 is the target; above 1 and below 0 as it is; empty where \
             nothing was measured.",
        )
        .or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: None,
    rows: key_results,
};

fn key_results(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let id = product.product_id();
    let all: HashMap<String, Objective> =
        chapter::store::all(conn, &id)?.into_iter().map(|one| (one.id.clone(), one)).collect();
    let check_ins = chapter::store::check_ins::by_key_result(conn, &id)?;
    for row in chapter::store::key_results::of_product(conn, &id)? {
        let Some(objective) = all.get(&row.objective) else { continue };
        let there = check_ins.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        let end = objective.period.last_day(product.fiscal_year_start);
        let told = Progress::of(objective, &row, measured(objective, &row, there, end, NaiveDate::MAX));
        sheet.row().put(row.id.as_str()).put(row.objective.as_str()).put(row.title.as_str()).put(row.unit.as_str());
        sheet.put(row.baseline).put(row.target).put(row.direction.as_text());
        sheet.put(told.current.map(|current| current.value)).put(told.current.map(|current| current.on));
        sheet.put(told.progress.known().map(|share| share.shown()));
        sheet.put(Moment::from(row.created_at)).put(Moment::from(row.updated_at)).put(row.version).end()?;
    }
    Ok(())
}

pub const CHECK_INS: Dataset = Dataset {
    name: "check_ins",
    title: "Check-ins",
    description: "What was measured of a key result on a day. Those that were written down after the objective was \
                  closed change nothing of its progress.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("key_result", "The key result's id.").naming("key_results", "id"),
        Column::date("on", "The day of which the value is."),
        Column::number("value", "unit", "What was measured, in the key result's unit."),
        Column::text("note", "What is to be known of it; Markdown."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("on"),
    rows: check_ins,
};

fn check_ins(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.days();
    let wanted = check_ins::table
        .filter(check_ins::product_id.eq(&product.id))
        .filter(check_ins::checked_on.ge(from))
        .filter(check_ins::checked_on.lt(to))
        .order((check_ins::checked_on, check_ins::id));
    each_row!(conn, wanted.select(CheckIn::as_select()), |row: CheckIn| {
        sheet.row().put(row.id.as_str()).put(row.key_result.as_str()).put(row.on).put(row.value);
        sheet.put(row.note.as_str());
        sheet.put(Moment::from(row.created_at)).put(Moment::from(row.updated_at)).put(row.version).end()?;
    });
    Ok(())
}
