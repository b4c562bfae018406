//! Reading what was asked and what was done about it.

use super::{AnsweredItem, AnsweredList, answered};
use crate::{
    access, feedback,
    kernel::{auth::ProductId, db::Conn, failure::Failure, month::MonthSpan},
    roadmap::{self, ItemStatus},
};

/// What shipped in some months and answers feedback.
pub fn items(conn: &mut Conn, product: &ProductId, span: MonthSpan) -> Result<Vec<AnsweredItem>, Failure> {
    let shipped = roadmap::store::of_status(conn, product, &[ItemStatus::Shipped])?;
    let said = feedback::store::all(conn, product)?;
    let users = access::store::names_of_users(conn, said.iter().filter_map(|one| one.created_by.as_deref()))?;
    Ok(answered(&shipped, &said, &users, span))
}

pub fn list(conn: &mut Conn, product: &ProductId, span: MonthSpan) -> Result<AnsweredList, Failure> {
    Ok(AnsweredList { from: span.from, to: span.to, items: items(conn, product, span)?, next_cursor: None })
}
