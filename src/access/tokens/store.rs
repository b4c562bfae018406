//! The SQL of API tokens.

use super::{ApiToken, ApiTokenPage, IssuedApiToken, NewApiToken, Standing};
use crate::kernel::{
    auth::{Role, secret_hash},
    db::{Conn, Kept, Row, Tx, order_by, require_changed},
    failure::{Failure, Fault},
    http::{IfMatch, List},
    schema::{api_tokens, members, products, users},
};
use diesel::prelude::*;

/// The products whose tokens a user sees: where they are owner or editor.
fn kept_products(conn: &mut Conn, user: &str) -> Result<Vec<String>, Failure> {
    Ok(members::table
        .filter(members::user_id.eq(user))
        .filter(members::role.eq(Role::Owner).or(members::role.eq(Role::Editor)))
        .select(members::product_id)
        .load(conn)?)
}

/// # Errors
/// 403 for one who is owner or editor nowhere.
fn require_keeper(conn: &mut Conn, user: &str) -> Result<Vec<String>, Failure> {
    let kept = kept_products(conn, user)?;
    if kept.is_empty() { Err(Failure::Forbidden("owners and editors only")) } else { Ok(kept) }
}

/// One's own tokens, and those of the products where one is owner or editor.
pub fn page(conn: &mut Conn, user: &str, list: &List<ApiToken>) -> Result<ApiTokenPage, Failure> {
    let kept = require_keeper(conn, user)?;
    let rows = api_tokens::table
        .filter(api_tokens::user_id.eq(user).or(api_tokens::product_id.eq_any(kept)))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(ApiToken::as_select())
        .load(conn)?;
    list.page(rows)
}

pub fn find(conn: &mut Conn, user: &str, id: &str) -> Result<ApiToken, Failure> {
    let kept = require_keeper(conn, user)?;
    visible(conn, user, kept, id)
}

fn visible(conn: &mut Conn, user: &str, kept: Vec<String>, id: &str) -> Result<ApiToken, Failure> {
    Ok(api_tokens::table
        .filter(api_tokens::id.eq(id))
        .filter(api_tokens::user_id.eq(user).or(api_tokens::product_id.eq_any(kept)))
        .select(ApiToken::as_select())
        .first(conn)?)
}

/// All there are, for an operator.
pub fn all(conn: &mut Conn) -> Result<Vec<ApiToken>, Failure> {
    Ok(api_tokens::table.order(api_tokens::id).select(ApiToken::as_select()).load(conn)?)
}

/// Makes a token of a secret, for a user.
///
/// # Errors
/// 422 for a product they are no member of, also when they are disabled, and for a time that is over; 403 for a role
/// above theirs.
pub fn insert(tx: &mut Tx<'_>, user: &str, new: NewApiToken, token: String) -> Result<IssuedApiToken, Failure> {
    let member = members::table
        .inner_join(products::table.on(products::id.eq(members::product_id)))
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(users::id.eq(user))
        .filter(users::disabled.eq(false))
        .filter(products::key.eq(&new.product).or(products::id.eq(&new.product)))
        .select((members::id, products::id, products::key, members::role))
        .first::<(String, String, String, Role)>(&mut **tx)
        .optional()?
        .map(|(member_id, product_id, product, role)| Standing { member_id, product_id, product, role });
    let unknown = "no such product in which the user is a member, and not disabled";
    let of = member.ok_or_else(|| Failure::Invalid(vec![Fault::at("/product", "unknown_reference", unknown)]))?;
    if new.expires_at <= tx.at() {
        return Err(Failure::invalid("/expires_at", "out_of_range", "a time to come"));
    }
    if !of.role.covers(new.role) {
        return Err(Failure::Forbidden("a token's role is not above its user's"));
    }
    let kept = new.into_row(user, of, secret_hash(&token), tx.new_head());
    diesel::insert_into(api_tokens::table).values(&kept).execute(&mut **tx)?;
    tx.created(&kept)?;
    Ok(IssuedApiToken { kept, token })
}

/// Revokes a token: it opens nothing from then on. Anyone may revoke their own.
pub fn delete(tx: &mut Tx<'_>, user: &str, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let kept = kept_products(tx, user)?;
    let before = visible(tx, user, kept, id)?;
    seen.check(&before)?;
    remove(tx, &before)
}

/// The same by an operator, who names it by its id alone.
pub fn revoke(tx: &mut Tx<'_>, id: &str) -> Result<(), Failure> {
    let before = api_tokens::table.find(id).select(ApiToken::as_select()).first(&mut **tx)?;
    remove(tx, &before)
}

fn remove(tx: &mut Tx<'_>, before: &ApiToken) -> Result<(), Failure> {
    let same = api_tokens::table.filter(api_tokens::id.eq(&before.id));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(before)
}

/// Revokes all of a user's tokens, and empties the trail of what they called them.
pub fn erase(tx: &mut Tx<'_>, user: &str) -> Result<(), Failure> {
    let theirs = api_tokens::table.filter(api_tokens::user_id.eq(user));
    for token in theirs.select(ApiToken::as_select()).load(&mut **tx)? {
        remove(tx, &token)?;
    }
    let theirs = |kept: &Kept| kept.get("user").is_some_and(|known| known == user);
    tx.forget(ApiToken::RESOURCE, user, theirs, &["name"])
}
