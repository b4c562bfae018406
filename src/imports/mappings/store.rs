//! The SQL of mappings.

use super::{Mapping, MappingPatch, NewMapping};
use crate::kernel::{
    auth::ProductId,
    db::{Conn, Tx, order_by, require_changed},
    failure::Failure,
    http::{IfMatch, List, Page},
    schema::mappings,
};
use diesel::prelude::*;

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Mapping>) -> Result<Page<Mapping>, Failure> {
    let rows = mappings::table
        .filter(mappings::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Mapping::as_select())
        .load(conn)?;
    list.page(rows)
}

/// By name or id.
pub fn find(conn: &mut Conn, product: &ProductId, name: &str) -> Result<Mapping, Failure> {
    Ok(mappings::table
        .filter(mappings::product_id.eq(product.as_str()))
        .filter(mappings::name.eq(name).or(mappings::id.eq(name)))
        .select(Mapping::as_select())
        .first(conn)?)
}

/// # Errors
/// 409 for a name that is taken, and as [`NewMapping::into_row`].
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, new: NewMapping) -> Result<Mapping, Failure> {
    let row = new.into_row(product, tx.new_head())?;
    diesel::insert_into(mappings::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

/// # Errors
/// As [`NewMapping::into_row`]; 412 when it has moved on.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    name: &str,
    seen: IfMatch,
    patch: &MappingPatch,
) -> Result<Mapping, Failure> {
    let before = find(tx, product, name)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(product, tx.next_head(&before))?;
    let same = mappings::table.filter(mappings::id.eq(&before.id)).filter(mappings::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 412 when it has moved on.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, name: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, name)?;
    seen.check(&before)?;
    let same = mappings::table.filter(mappings::id.eq(&before.id)).filter(mappings::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}
