//! `decisions`: what others are asked to decide, and what they answered.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row, word::Moment,
};
use crate::{
    decisions::{AnsweredBy, Decision},
    kernel::{db::Conn, failure::Failure, schema::decisions},
    products::Product,
};
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "decisions",
    title: "Decisions",
    description: "What others are asked to decide, and what they answered: a row a decision, as it is now.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("question", "What is asked."),
        Column::text("options", "What there is to choose from, one a line of the cell."),
        Column::date("due_on", "The day by which the answer is needed.").or_null(),
        Column::number(
            "cost_of_delay_amount",
            "cost_of_delay_currency",
            "What a week of waiting costs from that day on, exact; empty when nobody said, which is not nothing.",
        )
        .or_null(),
        Column::text("cost_of_delay_currency", "The currency of that amount (ISO 4217).").or_null(),
        Column::text("stakeholder", "The id of who is asked.").naming("stakeholders", "id").or_null(),
        Column::text("answer", "What was decided; empty while it is open.").or_null(),
        Column::time("answered_at", "When it was decided.").or_null(),
        Column::text(
            "answered_by",
            "`stakeholder`, who gave the answer themselves, or `team`, who wrote it down; empty while it is open.",
        )
        .or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: None,
    rows,
};

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let mine = decisions::table.filter(decisions::product_id.eq(&product.id)).order(decisions::id);
    each_row!(conn, mine.select(Decision::as_select()), |row: Decision| {
        let (options, cost) = (row.options.value().join("\n"), row.weekly());
        sheet.row().put(row.id.as_str()).put(row.question.as_str()).put(options.as_str()).put(row.due_on);
        sheet.put(cost.map(|cost| cost.amount)).put(cost.map(|cost| cost.currency.as_text()));
        sheet.put(row.stakeholder.as_deref()).put(row.answer.as_deref()).put(row.answered_at.map(Moment::from));
        sheet.put(row.answered_by.map(AnsweredBy::as_text));
        sheet.put(Moment::from(row.created_at)).put(Moment::from(row.updated_at)).put(row.version).end()?;
    });
    Ok(())
}
