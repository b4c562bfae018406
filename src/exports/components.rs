//! `components`: the catalogue.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{db::Conn, failure::Failure, schema::components},
    products::Product,
};
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "components",
    title: "Components",
    description: "What the team runs: a row a component, as it is now.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("key", "The name that never changes, by which other datasets name it."),
        Column::text("name", "What people call it."),
        Column::text("kind", "`service`, `tool`, `library`, `pipeline` or `infrastructure`."),
        Column::text("lifecycle", "`experimental`, `production`, `deprecated` or `retired`."),
        Column::integer("tier", "1 to 4; 1 is what the business stands still without.").or_null(),
        Column::text("owner", "Who answers for it.").or_null(),
        Column::text("description", "What it is for."),
        Column::text("system", "The system it is part of.").or_null(),
        Column::text("domain", "The part of the business it serves.").or_null(),
        Column::text("tags", "Its tags, separated by blanks."),
        Column::integer("rto_minutes", "How long it may be gone (recovery time objective).")
            .in_unit("minutes")
            .or_null(),
        Column::integer("rpo_minutes", "How much of the latest work may be lost (recovery point objective).")
            .in_unit("minutes")
            .or_null(),
        Column::text("availability", "`single`, `standby`, `redundant` or `multi_region`.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: None,
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = components)]
struct ComponentRow {
    id: Word,
    key: Word,
    name: Word,
    kind: Word,
    lifecycle: Word,
    tier: Option<i64>,
    owner: Option<Word>,
    description: Word,
    system: Option<Word>,
    domain: Option<Word>,
    tags: Word,
    rto_minutes: Option<i64>,
    rpo_minutes: Option<i64>,
    availability: Option<Word>,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let mine = components::table.filter(components::product_id.eq(&product.id)).order(components::key);
    each_row!(conn, mine.select(ComponentRow::as_select()), |row: ComponentRow| {
        sheet.row().put(&row.id).put(&row.key).put(&row.name).put(&row.kind).put(&row.lifecycle).put(row.tier);
        sheet.put(row.owner.as_ref()).put(&row.description).put(row.system.as_ref()).put(row.domain.as_ref());
        sheet.put(&row.tags).put(row.rto_minutes).put(row.rpo_minutes).put(row.availability.as_ref());
        sheet.put(row.created_at).put(row.updated_at).put(row.version).end()?;
    });
    Ok(())
}
