//! `report_facts`: every figure of every published report, as it was published.

use super::{DELETED_AT, Dataset, DatasetColumn as Column, PRODUCT, Selection, Sheet, each_row, word::Word};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        schema::{report_facts, reports},
    },
    products::Product,
};
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "report_facts",
    title: "Facts of reports",
    description: "Every figure of every published report, as it was published; drafts are not in it. A figure that \
                  was corrected stands once for each revision.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        Column::text("report", "The report's id."),
        Column::month("month", "The month that the report is about."),
        Column::integer("revision", "1 for the first report of its month; later ones correct it."),
        Column::text("name", "The figure's name, such as `cost.total`."),
        Column::text("value", "The figure, exact; empty when it is unknown.").or_null(),
        Column::text("currency", "The currency of an amount (ISO 4217).").or_null(),
        Column::text("unknown", "Why the figure is unknown.").or_null(),
        Column::text("unit", "What the figure counts."),
        Column::text("formula", "How it was computed."),
    ],
    key: &["report", "name"],
    period: Some("month"),
    rows,
};

/// Drafts are nobody's figures yet.
pub(super) const DRAFT: &str = "draft";

type FactRow = (Word, Word, i64, Word, Option<Word>, Option<Word>, Option<Word>, Word, Word);

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.months_as_text();
    let query = report_facts::table
        .inner_join(reports::table.on(reports::id.eq(report_facts::report_id)))
        .filter(reports::product_id.eq(&product.id))
        .filter(reports::state.ne(DRAFT))
        .filter(reports::month.ge(from))
        .filter(reports::month.lt(to))
        .order((reports::month, reports::revision, report_facts::position, report_facts::name))
        .select((
            reports::id,
            reports::month,
            reports::revision,
            report_facts::name,
            report_facts::value,
            report_facts::currency,
            report_facts::unknown,
            report_facts::unit,
            report_facts::formula,
        ));
    each_row!(conn, query, |row: FactRow| {
        let (report, month, revision, name, value, currency, unknown, unit, formula) = row;
        sheet.row().put(&report).put(&month).put(revision).put(&name).put(value.as_ref()).put(currency.as_ref());
        sheet.put(unknown.as_ref()).put(&unit).put(&formula).end()?;
    });
    Ok(())
}
