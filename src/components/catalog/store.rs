//! The SQL of catalogue entities.

use super::{CatalogDocument, CatalogEntity, NewCatalogDocument};
use crate::{
    components::Component,
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page},
        schema::catalog_entities,
    },
};
use diesel::prelude::*;
use serde_json::Value;

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<CatalogEntity>) -> Result<Page<CatalogEntity>, Failure> {
    let rows = catalog_entities::table
        .filter(catalog_entities::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(CatalogEntity::as_select())
        .load(conn)?;
    list.page(rows)
}

/// The entities of all files that came in, with their documents.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<CatalogDocument>, Failure> {
    let rows = catalog_entities::table
        .filter(catalog_entities::product_id.eq(product.as_str()))
        .order(catalog_entities::entity)
        .select((CatalogEntity::as_select(), catalog_entities::document))
        .load::<(CatalogEntity, String)>(conn)?;
    rows.into_iter().map(read).collect()
}

fn read((entity, document): (CatalogEntity, String)) -> Result<CatalogDocument, Failure> {
    let document: Value = serde_json::from_str(&document).map_err(Failure::internal)?;
    Ok(CatalogDocument { entity, document })
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<CatalogDocument, Failure> {
    let row = catalog_entities::table
        .filter(catalog_entities::product_id.eq(product.as_str()))
        .filter(catalog_entities::id.eq(id))
        .select((CatalogEntity::as_select(), catalog_entities::document))
        .first::<(CatalogEntity, String)>(conn)?;
    read(row)
}

/// Those whose authors say how much time one use saves, by their names.
pub fn that_save_time(conn: &mut Conn, product: &ProductId) -> Result<Vec<CatalogEntity>, Failure> {
    Ok(catalog_entities::table
        .filter(catalog_entities::product_id.eq(product.as_str()))
        .filter(catalog_entities::time_saved_minutes.is_not_null())
        .order(catalog_entities::entity)
        .select(CatalogEntity::as_select())
        .load(conn)?)
}

/// # Errors
/// 409 for one that describes a component: it goes with that.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    if let Some(key) = &before.entity.component {
        let detail = format!("it describes the component {key}: delete that, or set its lifecycle to retired");
        return Err(Failure::conflict("described", detail));
    }
    forget(tx, &before.entity)?;
    tx.deleted(&before)
}

/// What files said of a component goes with it.
pub fn delete_of(tx: &mut Tx<'_>, component: &Component) -> Result<(), Failure> {
    let entities = catalog_entities::table
        .filter(catalog_entities::product_id.eq(&component.product_id))
        .filter(catalog_entities::component.eq(&component.key))
        .select((CatalogEntity::as_select(), catalog_entities::document))
        .load::<(CatalogEntity, String)>(&mut **tx)?;
    for row in entities {
        let before = read(row)?;
        forget(tx, &before.entity)?;
        tx.deleted(&before)?;
    }
    Ok(())
}

fn forget(tx: &mut Tx<'_>, before: &CatalogEntity) -> Result<(), Failure> {
    let same = catalog_entities::table
        .filter(catalog_entities::id.eq(&before.id))
        .filter(catalog_entities::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)
}

/// Keeps an entity in place of what was kept of it; the import records the event.
pub fn keep(
    tx: &mut Tx<'_>,
    product: &ProductId,
    before: Option<&CatalogEntity>,
    new: NewCatalogDocument,
) -> Result<(), Failure> {
    let head = before.map_or_else(|| tx.new_head(), |before| tx.next_head(before));
    let CatalogDocument { entity, document } = new.into_row(product, head);
    let document = catalog_entities::document.eq(document.to_string());
    let Some(before) = before else {
        diesel::insert_into(catalog_entities::table).values((&entity, document)).execute(&mut **tx)?;
        return Ok(());
    };
    let same = catalog_entities::table
        .filter(catalog_entities::id.eq(&before.id))
        .filter(catalog_entities::version.eq(before.version));
    require_changed(diesel::update(same).set((&entity, document)).execute(&mut **tx)?)
}
