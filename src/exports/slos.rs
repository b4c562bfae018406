//! `slos` and `slo_targets`: what is promised.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        money::Quantity,
        schema::{slo_targets, slos},
    },
    products::Product,
    slos::{Slo, Window},
};
use chrono::NaiveDate;
use diesel::prelude::*;

pub(super) const SLO: Column = Column::text("slo", "The SLO's key.").naming("slos", "key");

pub const SLOS: Dataset = Dataset {
    name: "slos",
    title: "SLOs",
    description: "What is promised: a row a service level objective, as it is now.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("key", "The name that never changes, by which other datasets name it."),
        Column::text("name", "What people call it."),
        Column::text("component", "What the promise is about.").naming("components", "key"),
        Column::text("description", "What is promised."),
        Column::text("indicator_good", "What counts as good: a query, or words."),
        Column::text("indicator_total", "What is counted: a query, or words."),
        Column::number("target", "share", "0 to 1, from the beginning; later targets stand in `slo_targets`."),
        Column::text("window_kind", "`rolling` or `calendar`."),
        Column::integer("window_days", "The length of a rolling window.").in_unit("days").or_null(),
        Column::text("window_unit", "Of a calendar window: `week`, `month`, `quarter` or `year`.").or_null(),
        Column::text("budgeting_method", "`occurrences`, `timeslices` or `ratio_timeslices`."),
        Column::number("slice_target", "share", "The ratio at which a slice is good; of `timeslices` only.").or_null(),
        Column::integer("bucket_seconds", "The length of a bucket; a bucket is a slice.").in_unit("seconds"),
        Column::date("retired_on", "When the promise ended; empty while it holds.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: None,
    rows: slo_rows,
};

fn slo_rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let mine = slos::table.filter(slos::product_id.eq(&product.id)).order(slos::key);
    each_row!(conn, mine.select(Slo::as_select()), |slo: Slo| {
        let (kind, days, unit) = match *slo.window.value() {
            Window::Rolling { days } => ("rolling", Some(days), None),
            Window::Calendar { unit } => ("calendar", None, Some(unit.as_text())),
        };
        sheet.row().put(slo.id.as_str()).put(slo.key.as_text()).put(slo.name.as_str()).put(slo.component.as_str());
        sheet.put(slo.description.as_str()).put(slo.indicator.good.as_str()).put(slo.indicator.total.as_str());
        sheet.put(slo.target).put(kind).put(days).put(unit).put(slo.budgeting_method.as_text()).put(slo.slice_target);
        sheet.put(slo.bucket_seconds).put(slo.retired_on).put(Moment::from(slo.created_at));
        sheet.put(Moment::from(slo.updated_at)).put(slo.version);
        sheet.end()?;
    });
    Ok(())
}

pub const TARGETS: Dataset = Dataset {
    name: "slo_targets",
    title: "Targets of SLOs",
    description: "The targets that follow an SLO's first one, each from a day on.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        SLO,
        Column::date("valid_from", "The first day on which it holds."),
        Column::number("target", "share", "0 to 1."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("valid_from"),
    rows: target_rows,
};

type TargetRow = (Word, Word, NaiveDate, Quantity, Moment, Moment, i64);

fn target_rows(
    conn: &mut Conn,
    product: &Product,
    selection: &Selection,
    sheet: &mut Sheet<'_>,
) -> Result<(), Failure> {
    let (from, to) = selection.days();
    let mine = slo_targets::table
        .filter(slo_targets::product_id.eq(&product.id))
        .filter(slo_targets::valid_from.ge(from))
        .filter(slo_targets::valid_from.lt(to))
        .order((slo_targets::slo, slo_targets::valid_from))
        .select((
            slo_targets::id,
            slo_targets::slo,
            slo_targets::valid_from,
            slo_targets::target,
            slo_targets::created_at,
            slo_targets::updated_at,
            slo_targets::version,
        ));
    each_row!(conn, mine, |row: TargetRow| {
        let (id, slo, valid_from, target, created_at, updated_at, version) = row;
        sheet.row().put(&id).put(&slo).put(valid_from).put(target);
        sheet.put(created_at).put(updated_at).put(version).end()?;
    });
    Ok(())
}
