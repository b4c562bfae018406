//! `personas`: who uses the platform.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    word::Moment,
};
use crate::{
    kernel::{db::Conn, failure::Failure},
    personas,
    products::Product,
};

pub const DATASET: Dataset = Dataset {
    name: "personas",
    title: "Personas",
    description: "Who uses the platform: a row a persona, as it is now.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("name", "What the team calls them."),
        Column::text("role", "What they do in the company."),
        Column::text("context", "The circumstances they work in."),
        Column::text("goals", "What they want, one a line of the cell."),
        Column::text("pains", "What stands in their way, one a line of the cell."),
        Column::text("skill_level", "`novice`, `practitioner` or `expert`.").or_null(),
        Column::text("quote", "Something one of them really said."),
        Column::date("retired_on", "The day from which on there is no such user any more.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: None,
    rows,
};

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    for row in personas::store::all(conn, &product.product_id())? {
        let (goals, pains) = (row.goals.value().join("\n"), row.pains.value().join("\n"));
        sheet.row().put(row.id.as_str()).put(row.name.as_str()).put(row.role.as_str()).put(row.context.as_str());
        sheet.put(goals.as_str()).put(pains.as_str()).put(row.skill_level.map(personas::SkillLevel::as_text));
        sheet.put(row.quote.as_str()).put(row.retired_on);
        sheet.put(Moment::from(row.created_at)).put(Moment::from(row.updated_at)).put(row.version).end()?;
    }
    Ok(())
}
