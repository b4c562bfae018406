//! The SQL of what OpenSLO files say beyond what we model.

use super::OpensloObject;
use crate::kernel::{
    auth::ProductId,
    db::{Conn, Tx},
    failure::Failure,
    schema::openslo_objects,
};
use diesel::prelude::*;

/// The objects of all OpenSLO files that came in.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<OpensloObject>, Failure> {
    let rows = openslo_objects::table
        .filter(openslo_objects::product_id.eq(product.as_str()))
        .order(openslo_objects::object)
        .select((openslo_objects::object, openslo_objects::document))
        .load::<(String, String)>(conn)?;
    let read = |(object, document): (String, String)| {
        Ok(OpensloObject { object, document: serde_json::from_str(&document).map_err(Failure::internal)? })
    };
    rows.into_iter().map(read).collect()
}

/// Keeps an object in place of what was kept of it.
pub fn keep(tx: &mut Tx<'_>, product: &ProductId, kept: &OpensloObject) -> Result<(), Failure> {
    forget(tx, product, &kept.object)?;
    diesel::insert_into(openslo_objects::table)
        .values((
            openslo_objects::product_id.eq(product.as_str()),
            openslo_objects::object.eq(&kept.object),
            openslo_objects::document.eq(kept.document.to_string()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Keeps an object no more.
pub fn forget(tx: &mut Tx<'_>, product: &ProductId, object: &str) -> Result<(), Failure> {
    let old = openslo_objects::table
        .filter(openslo_objects::product_id.eq(product.as_str()))
        .filter(openslo_objects::object.eq(object));
    diesel::delete(old).execute(&mut **tx)?;
    Ok(())
}
