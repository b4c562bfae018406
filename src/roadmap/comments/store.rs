//! The SQL of what is said about roadmap items.

use super::{NewRoadmapComment, RoadmapComment};
use crate::{
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by},
        failure::Failure,
        http::{List, Page},
        schema::roadmap_comments,
    },
    roadmap,
};
use diesel::prelude::*;

pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    item: &str,
    list: &List<RoadmapComment>,
) -> Result<Page<RoadmapComment>, Failure> {
    let item = roadmap::store::find(conn, product, item)?;
    let rows = roadmap_comments::table
        .filter(roadmap_comments::product_id.eq(product.as_str()))
        .filter(roadmap_comments::roadmap_item.eq(&item.reference))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(RoadmapComment::as_select())
        .load(conn)?;
    list.page(rows)
}

pub fn find(conn: &mut Conn, product: &ProductId, item: &str, id: &str) -> Result<RoadmapComment, Failure> {
    let item = roadmap::store::find(conn, product, item)?;
    Ok(roadmap_comments::table
        .filter(roadmap_comments::product_id.eq(product.as_str()))
        .filter(roadmap_comments::roadmap_item.eq(&item.reference))
        .filter(roadmap_comments::id.eq(id))
        .select(RoadmapComment::as_select())
        .first(conn)?)
}

/// Writes down what somebody says about an item: whoever makes the change. An item that was talked about is not deleted.
pub fn insert(
    tx: &mut Tx<'_>,
    product: &ProductId,
    item: &str,
    new: NewRoadmapComment,
) -> Result<RoadmapComment, Failure> {
    let item = roadmap::store::find(tx, product, item)?;
    let head = tx.new_head();
    let row = RoadmapComment {
        id: head.id,
        product_id: item.product_id,
        roadmap_item: item.reference,
        text: new.text,
        author: tx.author().person().map(ToOwned::to_owned),
        created_at: head.created_at,
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
    };
    diesel::insert_into(roadmap_comments::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}
