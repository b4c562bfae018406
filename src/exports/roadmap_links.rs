//! `roadmap_links`: what roadmap items are linked to.

use super::{DELETED_AT, Dataset, DatasetColumn as Column, PRODUCT, Selection, Sheet, each_row, word::Word};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        schema::{
            roadmap_components, roadmap_dependencies, roadmap_feedback, roadmap_incidents, roadmap_objectives,
            roadmap_personas, roadmap_risks, roadmap_slos,
        },
    },
    products::Product,
};
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "roadmap_links",
    title: "Links of roadmap items",
    description: "Whom and what roadmap items are about, and which of them come first: a row a link.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        Column::text("roadmap_item", "The item that is linked.").naming("roadmap_items", "ref"),
        Column::text(
            "kind",
            "`objective`, `persona`, `component`, `slo`, `incident`, `feedback`, `risk` or `depends_on`.",
        ),
        Column::text(
            "target",
            "The objective's, persona's, incident's, feedback's or risk's id, the component's or SLO's key, or the other \
             item's ref.",
        ),
    ],
    key: &["roadmap_item", "kind", "target"],
    period: None,
    rows,
};

macro_rules! put_links {
    ($conn:expr, $product:expr, $sheet:expr, $($kind:literal: $table:ident.$target:ident),+ $(,)?) => {$(
        let links = $table::table
            .filter($table::product_id.eq(&$product.id))
            .order(($table::roadmap_item, $table::$target))
            .select(($table::roadmap_item, $table::$target));
        each_row!($conn, links, |link: (Word, Word)| {
            $sheet.row().put(&link.0).put($kind).put(&link.1).end()?;
        });
    )+};
}

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    put_links!(
        conn, product, sheet,
        "objective": roadmap_objectives.objective,
        "persona": roadmap_personas.persona,
        "component": roadmap_components.component,
        "slo": roadmap_slos.slo,
        "incident": roadmap_incidents.incident,
        "feedback": roadmap_feedback.feedback,
        "risk": roadmap_risks.risk,
        "depends_on": roadmap_dependencies.depends_on,
    );
    Ok(())
}
