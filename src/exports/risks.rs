//! `risks` and `risk_assessments`: what might go wrong, and what it was thought to cost.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        money::Money,
        schema::{risk_assessments, risks},
    },
    products::Product,
    risks::RiskAssessment,
};
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "risks",
    title: "Risks",
    description: "What might go wrong: a row a risk, as it is now. What it was thought to cost, and when, are rows of \
                  `risk_assessments`.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("component", "What it threatens.").naming("components", "key"),
        Column::text("title", "What might happen."),
        Column::text("description", "More about it."),
        Column::text("owner", "Who answers for it.").or_null(),
        Column::text("status", "`open`, `mitigated`, `accepted` or `closed`."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: None,
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = risks)]
struct RiskRow {
    id: Word,
    component: Word,
    title: Word,
    description: Word,
    owner: Option<Word>,
    status: Word,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let mine = risks::table.filter(risks::product_id.eq(&product.id)).order(risks::id);
    each_row!(conn, mine.select(RiskRow::as_select()), |row: RiskRow| {
        sheet.row().put(&row.id).put(&row.component).put(&row.title).put(&row.description).put(row.owner.as_ref());
        sheet.put(&row.status).put(row.created_at).put(row.updated_at).put(row.version).end()?;
    });
    Ok(())
}

pub const ASSESSMENTS: Dataset = Dataset {
    name: "risk_assessments",
    title: "Assessments of risks",
    description: "What a risk was thought to cost from a day on, until the next assessment of the same risk.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("risk", "The risk's id.").naming("risks", "id"),
        Column::date("on", "The day of the assessment, from which it is in force."),
        Column::number("single_loss_amount", "currency", "What it costs when it happens once, exact."),
        Column::number("annual_rate", "times a year", "How often it happens: 0.25 is once in four years."),
        Column::number("annual_loss_amount", "currency", "Single loss × annual rate (ALE), exact."),
        Column::text("currency", "The currency of both amounts (ISO 4217)."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("on"),
    rows: assessments,
};

fn assessments(
    conn: &mut Conn,
    product: &Product,
    selection: &Selection,
    sheet: &mut Sheet<'_>,
) -> Result<(), Failure> {
    let (from, to) = selection.days();
    let wanted = risk_assessments::table
        .filter(risk_assessments::product_id.eq(&product.id))
        .filter(risk_assessments::assessed_on.ge(from))
        .filter(risk_assessments::assessed_on.lt(to))
        .order((risk_assessments::assessed_on, risk_assessments::id));
    each_row!(conn, wanted.select(RiskAssessment::as_select()), |row: RiskAssessment| {
        let (loss, annual) = (Money::from(row.single_loss), row.annual_loss());
        sheet.row().put(row.id.as_str()).put(row.risk.as_str()).put(row.on);
        sheet.put(loss.amount).put(row.annual_rate).put(annual.amount).put(annual.currency.as_text());
        sheet.put(Moment::from(row.created_at)).put(Moment::from(row.updated_at)).put(row.version).end()?;
    });
    Ok(())
}
