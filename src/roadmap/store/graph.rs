//! Which items wait for which.

use super::{
    super::{
        ItemStatus,
        dependency::{RoadmapDependenciesView, Standing},
    },
    links,
};
use crate::kernel::{auth::ProductId, db::Conn, failure::Failure, schema::roadmap_items};
use chrono::NaiveDate;
use diesel::prelude::*;

/// What an item waits for and what waits for it, by ref or id. Read it in a snapshot.
///
/// # Errors
/// 404 when there is no such item.
pub fn dependencies(conn: &mut Conn, product: &ProductId, name: &str) -> Result<RoadmapDependenciesView, Failure> {
    let item = super::find(conn, product, name)?;
    let needs = links::needs(conn, product)?;
    let rows: Vec<(String, String, ItemStatus, Option<NaiveDate>)> = roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .select((roadmap_items::item_ref, roadmap_items::title, roadmap_items::status, roadmap_items::target_on))
        .load(conn)?;
    let standing = |(name, title, status, target_on)| (name, Standing { title, status, target_on });
    let items = rows.into_iter().map(standing).collect();
    Ok(RoadmapDependenciesView::new(item.reference, &needs, &items))
}
