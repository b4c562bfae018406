//! `slo_daily` and `slo_monthly`: what was measured, and what it did to the budget.

use super::{
    DELETED_AT, Dataset, DatasetColumn as Column, IS_FINAL, PRODUCT, REVISION, Selection, Sheet, each_row, published,
    slos::SLO, word::Word,
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        month::Month,
        quantity::Ratio,
        schema::{slo_days, slos},
    },
    products::Product,
    slos::{self as promises, Judgement, Slo, SloTarget, Tally, Terms},
};
use chrono::NaiveDate;
use diesel::prelude::*;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const GOOD: Column = Column::integer("good", "Good events.").in_unit("events");
const TOTAL: Column = Column::integer("total", "All events.").in_unit("events");
const SLICES: Column = Column::integer("slices", "Slices of time with events.").in_unit("slices");
const GOOD_SLICES: Column =
    Column::integer("good_slices", "Those of them that reach the slice target.").in_unit("slices");
const SLI: Column =
    Column::number("sli", "share", "0 to 1: good of what the SLO's budgeting method counts; empty without data.")
        .or_null();

pub const DAILY: Dataset = Dataset {
    name: "slo_daily",
    title: "Measurements of SLOs by day",
    description: "What was measured: a row for each SLO and day of the product's time zone with measurements.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        SLO,
        Column::date("day", "The day, in the product's time zone."),
        Column::integer("buckets", "Buckets that were sent, also those in which nothing happened.").in_unit("buckets"),
        SLICES,
        GOOD_SLICES,
        GOOD,
        TOTAL,
        SLI,
    ],
    key: &["slo", "day"],
    period: Some("day"),
    rows: days,
};

type DayRow = (Word, promises::BudgetingMethod, i64, NaiveDate, (i64, i64, i64, i64, i64, i64));

fn days(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.days();
    let query = slo_days::table
        .inner_join(slos::table.on(slos::id.eq(slo_days::slo_id)))
        .filter(slos::product_id.eq(&product.id))
        .filter(slo_days::day.ge(from))
        .filter(slo_days::day.lt(to))
        .order((slos::key, slo_days::day))
        .select((
            slos::key,
            slos::budgeting_method,
            slos::bucket_seconds,
            slo_days::day,
            (
                slo_days::buckets,
                slo_days::slices,
                slo_days::good_slices,
                slo_days::ratios,
                slo_days::good,
                slo_days::total,
            ),
        ));
    each_row!(conn, query, |row: DayRow| {
        let (slo, method, bucket_seconds, day, (buckets, slices, good_slices, ratios, good, total)) = row;
        let terms = Terms { method, bucket_seconds, rolling: false };
        let sli = terms.sli(Tally { buckets, slices, good_slices, ratios, good, total });
        sheet.row().put(&slo).put(day).put(buckets).put(slices).put(good_slices).put(good).put(total);
        sheet.put(sli.map(shown)).end()?;
    });
    Ok(())
}

pub const MONTHLY: Dataset = Dataset {
    name: "slo_monthly",
    title: "SLOs by month",
    description: "How each SLO stood in each calendar month with measurements, in the month's own budget whatever \
                  the SLO's window: with the target in force at the month's start.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        SLO,
        Column::month("month", "The month, in the product's time zone."),
        Column::number("target", "share", "0 to 1: in force at the month's start."),
        SLICES,
        GOOD_SLICES,
        GOOD,
        TOTAL,
        SLI,
        Column::number("consumed", "share", "Of the month's error budget; more than 1 when overspent.").or_null(),
        Column::number("remaining", "share", "1 − consumed; negative when overspent.").or_null(),
        Column::number("remaining_minutes", "minutes", "What remains, as minutes of complete failure.").or_null(),
        Column::boolean(
            "met",
            "Whether the target was met; empty while the month runs, and when missing slices could change it.",
        )
        .or_null(),
        Column::number("coverage", "share", "Slices with data ÷ slices that have passed."),
        IS_FINAL,
        REVISION,
    ],
    key: &["slo", "month"],
    period: Some("month"),
    rows: months,
};

fn months(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let id = product.product_id();
    let (zone, now) = (product.zone()?, selection.now.utc());
    let (from, to) = selection.months();
    let year = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let (first, last) = (from.map_or(year(1), Month::first_day), to.map_or(year(9999), Month::first_day));
    let dated = promises::store::targets_of_product(conn, &id)?;
    let sums = promises::measurements::store::days_of_product(conn, &id, first, last)?;
    let revisions = published::revisions(conn, product)?;
    let mut told = BTreeMap::new();
    for (month, revision) in &revisions {
        told.insert(*month, published::told(conn, Some(revision), "slo.%.budget_consumed")?);
    }
    for slo in promises::store::all(conn, &id)? {
        let mut by_month: BTreeMap<Month, Tally> = BTreeMap::new();
        for (day, sum) in sums.get(&slo.id).into_iter().flatten() {
            let of_month = by_month.entry(Month::of(*day)).or_default();
            *of_month = *of_month + *sum;
        }
        let targets = dated.get(slo.key.as_text()).map(Vec::as_slice).unwrap_or_default();
        for (month, tally) in by_month {
            let judged = slo.judge_month(targets, tally, month, now, zone);
            let consumed = judged.map(|judged| Ratio(judged.consumed).kept());
            let (revision, facts) = told.get(&month).map_or((0, None), |(revision, facts)| (*revision, Some(facts)));
            let fact = facts.and_then(|facts| facts.get(&format!("slo.{}.budget_consumed", slo.key)));
            let is_final = consumed.is_some() && fact.copied() == consumed;
            put_month(&slo, targets, month, tally, judged, sheet);
            sheet.put(is_final).put(revision).end()?;
        }
    }
    Ok(())
}

fn put_month(
    slo: &Slo,
    targets: &[SloTarget],
    month: Month,
    tally: Tally,
    judged: Option<Judgement>,
    sheet: &mut Sheet<'_>,
) {
    let cell = |of: fn(&Judgement) -> Decimal| judged.as_ref().map(of).map(shown);
    sheet.row().put(slo.key.as_text()).put(month.as_text()).put(slo.target_on(targets, month.first_day()));
    sheet.put(tally.slices).put(tally.good_slices).put(tally.good).put(tally.total).put(cell(|judged| judged.sli));
    sheet.put(cell(|judged| judged.consumed)).put(cell(Judgement::remaining)).put(cell(Judgement::minutes));
    sheet.put(judged.and_then(|judged| judged.met)).put(cell(|judged| judged.coverage).unwrap_or_default());
}

fn shown(number: Decimal) -> Decimal {
    Ratio(number).shown()
}
