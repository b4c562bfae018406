//! The SQL of what is said about claims.

use super::{CommentKind, ImpactComment};
use crate::{
    impact::{ImpactClaim, claims},
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by},
        failure::Failure,
        http::{List, Page},
        schema::impact_comments,
    },
};
use diesel::prelude::*;

pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    claim: &str,
    list: &List<ImpactComment>,
) -> Result<Page<ImpactComment>, Failure> {
    let claim = claims::store::find(conn, product, claim)?;
    let rows = impact_comments::table
        .filter(impact_comments::product_id.eq(product.as_str()))
        .filter(impact_comments::impact_claim.eq(&claim.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(ImpactComment::as_select())
        .load(conn)?;
    list.page(rows)
}

/// All that was said about any claim, oldest first.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<ImpactComment>, Failure> {
    Ok(impact_comments::table
        .filter(impact_comments::product_id.eq(product.as_str()))
        .order((impact_comments::created_at, impact_comments::id))
        .select(ImpactComment::as_select())
        .load(conn)?)
}

/// What was questioned of any claim, oldest first.
pub fn questions(conn: &mut Conn, product: &ProductId) -> Result<Vec<ImpactComment>, Failure> {
    Ok(impact_comments::table
        .filter(impact_comments::product_id.eq(product.as_str()))
        .filter(impact_comments::kind.eq(CommentKind::Question))
        .order((impact_comments::created_at, impact_comments::id))
        .select(ImpactComment::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, claim: &str, id: &str) -> Result<ImpactComment, Failure> {
    Ok(impact_comments::table
        .filter(impact_comments::product_id.eq(product.as_str()))
        .filter(impact_comments::impact_claim.eq(claim))
        .filter(impact_comments::id.eq(id))
        .select(ImpactComment::as_select())
        .first(conn)?)
}

/// Writes down what somebody says about a claim: whoever makes the change.
pub fn insert(tx: &mut Tx<'_>, claim: &ImpactClaim, kind: CommentKind, text: String) -> Result<ImpactComment, Failure> {
    let author = tx.author().person().map(ToOwned::to_owned);
    let row = ImpactComment::new(claim, kind, text, author, tx.new_head());
    diesel::insert_into(impact_comments::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}
