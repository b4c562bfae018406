//! `feedback`: what people ask for, praise and complain about.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    word::Moment,
};
use crate::{
    feedback,
    kernel::{db::Conn, failure::Failure},
    products::Product,
};

pub const DATASET: Dataset = Dataset {
    name: "feedback",
    title: "Feedback",
    description: "What people who use the platform ask for, praise and complain about: a row for each time somebody \
                  said something, as it is now. Rows that are duplicates count with their original: leave them out of \
                  sums of votes.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("persona", "The kind of user that speaks.").naming("personas", "id").or_null(),
        Column::text("component", "What it is about.").naming("components", "key").or_null(),
        Column::text("kind", "`request`, `praise` or `complaint`."),
        Column::text("text", "In their own words."),
        Column::text("asked_by", "Who asked, by name, where it was not whoever wrote it down.").or_null(),
        Column::text("status", "`open`, `planned`, `done` or `declined`."),
        Column::text("duplicate_of", "What says the same and counts in its place.").naming("feedback", "id").or_null(),
        Column::integer("votes", "How many users want the same, those of its duplicates included, each once."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: None,
    rows,
};

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    for row in feedback::store::all(conn, &product.product_id())? {
        sheet.row().put(row.id.as_str()).put(row.persona.as_deref()).put(row.component.as_deref());
        sheet.put(row.kind.as_text()).put(row.text.as_str()).put(row.asked_by.as_deref()).put(row.status.as_text());
        sheet.put(row.duplicate_of.as_deref()).put(row.votes);
        sheet.put(Moment::from(row.created_at)).put(Moment::from(row.updated_at)).put(row.version).end()?;
    }
    Ok(())
}
