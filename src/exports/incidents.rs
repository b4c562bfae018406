//! `incidents` and `incident_components`: what went wrong, and with what.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        schema::{incident_components, incidents},
    },
    products::Product,
};
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "incidents",
    title: "Incidents",
    description: "What went wrong: a row an incident, by its start. The components that it struck are rows of \
                  `incident_components`.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("title", "What it is called."),
        Column::integer("severity", "1 to 4; 1 is the worst."),
        Column::time("started_at", "When it began."),
        Column::time("detected_at", "When it was noticed; empty when that is not known.").or_null(),
        Column::time("resolved_at", "When it was over; empty while it goes on.").or_null(),
        Column::integer(
            "customer_minutes",
            "Customers struck × minutes each; empty when nobody knows, which is not none.",
        )
        .in_unit("minutes")
        .or_null(),
        Column::text("summary", "What happened, in plain words."),
        Column::text("cause", "What caused it."),
        Column::text("external_id", "What another tool calls it.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: Some("started_at"),
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = incidents)]
struct IncidentRow {
    id: Word,
    title: Word,
    severity: i64,
    started_at: Moment,
    detected_at: Option<Moment>,
    resolved_at: Option<Moment>,
    customer_minutes: Option<i64>,
    summary: Word,
    cause: Word,
    external_id: Option<Word>,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let (from, to) = selection.instants();
    let wanted = incidents::table
        .filter(incidents::product_id.eq(&product.id))
        .filter(incidents::started_at.ge(from))
        .filter(incidents::started_at.lt(to))
        .order((incidents::started_at, incidents::id));
    each_row!(conn, wanted.select(IncidentRow::as_select()), |row: IncidentRow| {
        sheet.row().put(&row.id).put(&row.title).put(row.severity).put(row.started_at).put(row.detected_at);
        sheet.put(row.resolved_at).put(row.customer_minutes).put(&row.summary).put(&row.cause);
        sheet.put(row.external_id.as_ref());
        sheet.put(row.created_at).put(row.updated_at).put(row.version).end()?;
    });
    Ok(())
}

pub const COMPONENTS: Dataset = Dataset {
    name: "incident_components",
    title: "Components of incidents",
    description: "Which components an incident struck: a row for each incident and component.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        Column::text("incident", "The incident's id.").naming("incidents", "id"),
        Column::text("component", "The component's key.").naming("components", "key"),
    ],
    key: &["incident", "component"],
    period: None,
    rows: links,
};

fn links(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let mine = incident_components::table
        .filter(incident_components::product_id.eq(&product.id))
        .order((incident_components::incident, incident_components::component))
        .select((incident_components::incident, incident_components::component));
    each_row!(conn, mine, |row: (Word, Word)| {
        sheet.row().put(&row.0).put(&row.1).end()?;
    });
    Ok(())
}
