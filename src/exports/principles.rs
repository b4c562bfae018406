//! `principles` and `adherence`: what users may count on, and what was found of it, component by component.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        schema::{principle_adherence, principles},
    },
    products::Product,
};
use chrono::NaiveDate;
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "principles",
    title: "Principles",
    description: "What users may count on across every tool of the platform: a row a principle, as it is now. Which \
                  component keeps to it, and when that was found, are rows of `adherence`.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("statement", "The promise, in one sentence."),
        Column::text("rationale", "Why the team holds to it (Markdown)."),
        Column::text("implications", "What follows for whoever builds or buys a component (Markdown)."),
        Column::integer("rank", "Where it stands in the team's own order, 1 first."),
        Column::date("retired_on", "The day from which on it holds no more.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: None,
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = principles)]
struct PrincipleCells {
    id: Word,
    statement: Word,
    rationale: Word,
    implications: Word,
    rank: i64,
    retired_on: Option<NaiveDate>,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let mine = principles::table.filter(principles::product_id.eq(&product.id)).order(principles::id);
    each_row!(conn, mine.select(PrincipleCells::as_select()), |row: PrincipleCells| {
        sheet.row().put(&row.id).put(&row.statement).put(&row.rationale).put(&row.implications).put(row.rank);
        sheet.put(row.retired_on).put(row.created_at).put(row.updated_at).put(row.version).end()?;
    });
    Ok(())
}

pub const ADHERENCE: Dataset = Dataset {
    name: "adherence",
    title: "Adherence to principles",
    description: "How a component was found to keep to a principle: a row a finding. The latest by a day counts on it; \
                  of a component and principle without one, nobody knows. The share followed is follows ÷ (follows + \
                  partly + violates).",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("principle", "Which principle.").naming("principles", "id"),
        Column::text("statement", "What it says."),
        Column::text("component", "What was looked at.").naming("components", "key"),
        Column::text("level", "`follows`, `partly`, `violates` or `not_assessed`."),
        Column::text("evidence", "What shows it."),
        Column::date("assessed_on", "The day on which somebody looked."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("assessed_on"),
    rows: findings,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = principle_adherence)]
struct AdherenceCells {
    id: Word,
    principle: Word,
    component: Word,
    level: Word,
    evidence: Word,
    assessed_on: NaiveDate,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn findings(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.days();
    let wanted = principle_adherence::table
        .inner_join(principles::table.on(principles::id.eq(principle_adherence::principle)))
        .filter(principle_adherence::product_id.eq(&product.id))
        .filter(principle_adherence::assessed_on.ge(from))
        .filter(principle_adherence::assessed_on.lt(to))
        .order((principle_adherence::assessed_on, principle_adherence::id));
    each_row!(conn, wanted.select((AdherenceCells::as_select(), principles::statement)), |found: (
        AdherenceCells,
        Word
    )| {
        let (row, statement) = found;
        sheet.row().put(&row.id).put(&row.principle).put(&statement).put(&row.component).put(&row.level);
        sheet.put(&row.evidence).put(row.assessed_on).put(row.created_at).put(row.updated_at).put(row.version).end()?;
    });
    Ok(())
}
