//! The SQL of users and members.

use super::{AuditEvent, Member, NewMember, NewUser, User, attempts, fold, invitations, sessions, tokens};
use crate::kernel::{
    auth::{ProductId, Role},
    clock::Instant,
    db::{Conn, Kept, Row, Tx, order_by, require_changed},
    failure::{Failure, Fault},
    http::{IfMatch, List, Page, Patch},
    schema::{audit_events, members, users},
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

pub fn page_of_users(conn: &mut Conn, list: &List<User>) -> Result<Page<User>, Failure> {
    let rows = users::table
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(User::as_select())
        .load(conn)?;
    list.page(rows)
}

/// All there are, for an operator.
pub fn all_users(conn: &mut Conn) -> Result<Vec<User>, Failure> {
    Ok(users::table.order((users::email_folded, users::id)).select(User::as_select()).load(conn)?)
}

/// What some users are called, by id.
pub fn names_of_users<'u>(
    conn: &mut Conn,
    ids: impl Iterator<Item = &'u str>,
) -> Result<HashMap<String, String>, Failure> {
    let ids: HashSet<&str> = ids.collect();
    let rows = users::table.filter(users::id.eq_any(ids)).select((users::id, users::name));
    Ok(rows.load::<(String, String)>(conn)?.into_iter().collect())
}

pub fn find_user(conn: &mut Conn, id: &str) -> Result<User, Failure> {
    Ok(users::table.find(id).select(User::as_select()).first(conn)?)
}

pub fn find_user_by_email(conn: &mut Conn, email: &str) -> Result<Option<User>, Failure> {
    Ok(users::table.filter(users::email_folded.eq(fold(email))).select(User::as_select()).first(conn).optional()?)
}

/// What the password of the user with this e-mail address is compared with: none for nobody, and for a disabled user.
/// No more than that is read, so that it takes no longer when there is such a user.
pub fn find_password_hash(conn: &mut Conn, email: &str) -> Result<Option<String>, Failure> {
    let theirs = users::table.filter(users::email_folded.eq(fold(email))).filter(users::disabled.eq(false));
    Ok(theirs.select(users::password_hash).first(conn).optional()?.flatten())
}

/// # Errors
/// 409 when the e-mail address is taken.
pub fn insert_user(tx: &mut Tx<'_>, new: NewUser, password_hash: Option<String>) -> Result<User, Failure> {
    let user = new.into_row(password_hash, tx.new_head());
    diesel::insert_into(users::table).values(&user).execute(&mut **tx)?;
    tx.created(&user)?;
    Ok(user)
}

pub fn update_user(tx: &mut Tx<'_>, id: &str, seen: IfMatch, patch: &Patch<NewUser>) -> Result<User, Failure> {
    let before = find_user(tx, id)?;
    seen.check(&before)?;
    require_not_erased(&before)?;
    let mut after = patch.apply(&before)?.into_row(before.password_hash.clone(), tx.next_head(&before));
    if before.disabled || !after.disabled {
        after.disabled_at = before.disabled_at;
    }
    let same = users::table.filter(users::id.eq(id)).filter(users::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    if after.disabled {
        sessions::store::end_others(tx, id, None)?;
    }
    tx.updated(&before, &after)?;
    Ok(after)
}

/// Empties a user's row of the person: nobody signs in as them again, and the trail forgets who they were. What
/// other rows say of them is for other chapters to erase.
///
/// # Errors
/// 409 for oneself, and for one who is erased already.
pub fn erase_user(tx: &mut Tx<'_>, id: &str, seen: IfMatch) -> Result<User, Failure> {
    let before = find_user(tx, id)?;
    seen.check(&before)?;
    require_not_erased(&before)?;
    if tx.author().id.as_deref() == Some(id) {
        return Err(Failure::conflict("yourself", "another admin erases you"));
    }
    let after = before.without_person(tx.at(), tx.next_head(&before));
    let same = users::table.filter(users::id.eq(id)).filter(users::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    sessions::store::end_others(tx, id, None)?;
    tokens::store::erase(tx, id)?;
    attempts::store::forget(tx, attempts::Attempt::Account, &before.email_folded)?;
    invitations::store::erase(tx, &before)?;
    tx.forget(User::RESOURCE, id, |kept| kept.get("id").is_some_and(|known| known == id), &["email", "name"])?;
    let theirs = |kept: &Kept| kept.get("user").is_some_and(|known| known == id);
    tx.forget(sessions::Session::RESOURCE, id, theirs, &["address", "client"])?;
    tx.forget_whereabouts(id)?;
    tx.record("erase", User::RESOURCE, None, id, None::<&User>, Some(&after))?;
    Ok(after)
}

fn require_not_erased(user: &User) -> Result<(), Failure> {
    match user.erased_at {
        None => Ok(()),
        Some(_) => Err(Failure::conflict("erased", "this user was erased, for good")),
    }
}

/// Whether what a user made at a time still works: they may come in, and could ever since.
pub fn may_come_in(conn: &mut Conn, user: &str, since: Instant) -> Result<bool, Failure> {
    let there = users::table
        .filter(users::id.eq(user))
        .filter(users::disabled.eq(false))
        .filter(users::disabled_at.is_null().or(users::disabled_at.lt(since)));
    Ok(there.count().get_result::<i64>(conn)? > 0)
}

pub fn page_of_members(conn: &mut Conn, product: &ProductId, list: &List<Member>) -> Result<Page<Member>, Failure> {
    let rows = members::table
        .filter(members::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Member::as_select())
        .load(conn)?;
    list.page(rows)
}

/// The users who are members.
pub fn users_of(conn: &mut Conn, product: &ProductId) -> Result<HashSet<String>, Failure> {
    let users = members::table.filter(members::product_id.eq(product.as_str())).select(members::user_id);
    Ok(users.load::<String>(conn)?.into_iter().collect())
}

/// What a user may do in a product; nothing for one who is no member, or must not come in any more.
pub fn role_of(conn: &mut Conn, product: &ProductId, user: &str) -> Result<Option<Role>, Failure> {
    Ok(members::table
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::product_id.eq(product.as_str()))
        .filter(members::user_id.eq(user))
        .filter(users::disabled.eq(false))
        .select(members::role)
        .first(conn)
        .optional()?)
}

pub fn find_member(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Member, Failure> {
    Ok(members::table
        .filter(members::product_id.eq(product.as_str()))
        .filter(members::id.eq(id))
        .select(Member::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 when there is no such user, 409 when they are a member already.
pub fn insert_member(tx: &mut Tx<'_>, product: &ProductId, new: NewMember) -> Result<Member, Failure> {
    let known: i64 = users::table.filter(users::id.eq(&new.user)).count().get_result(&mut **tx)?;
    if known == 0 {
        return Err(Failure::Invalid(vec![Fault::at("/user", "unknown_reference", "there is no such user")]));
    }
    let member = new.into_row(product.as_str(), tx.new_head());
    diesel::insert_into(members::table).values(&member).execute(&mut **tx)?;
    tx.created(&member)?;
    Ok(member)
}

pub fn update_member(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &Patch<NewMember>,
) -> Result<Member, Failure> {
    tx.alone_in(product)?;
    let before = find_member(tx, product, id)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(product.as_str(), tx.next_head(&before));
    if !after.role.is_owner() {
        require_another_owner(tx, product, &before)?;
    }
    let same = members::table.filter(members::id.eq(id)).filter(members::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete_member(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    tx.alone_in(product)?;
    let before = find_member(tx, product, id)?;
    seen.check(&before)?;
    require_another_owner(tx, product, &before)?;
    let same = members::table.filter(members::id.eq(id)).filter(members::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// A product without an owner could never be changed again.
fn require_another_owner(tx: &mut Tx<'_>, product: &ProductId, leaving: &Member) -> Result<(), Failure> {
    match is_last_owner(tx, product, leaving)? {
        false => Ok(()),
        true => Err(Failure::conflict("last_owner", "a product keeps at least one owner")),
    }
}

/// Whether a product would be without an owner if it was not for that member.
pub(super) fn is_last_owner(tx: &mut Tx<'_>, product: &ProductId, leaving: &Member) -> Result<bool, Failure> {
    let others: i64 = members::table
        .filter(members::product_id.eq(product.as_str()))
        .filter(members::role.eq(Role::Owner))
        .filter(members::id.ne(&leaving.id))
        .count()
        .get_result(&mut **tx)?;
    Ok(others == 0)
}

/// Gives a user another password than the one that was verified, and ends their sessions but the one they do it in.
///
/// # Errors
/// [`Failure::Stale`] when it was changed meanwhile.
pub fn change_password(tx: &mut Tx<'_>, user: &User, hash: String, session: Option<&str>) -> Result<(), Failure> {
    let same =
        users::table.filter(users::id.eq(&user.id)).filter(users::password_hash.eq(user.password_hash.as_deref()));
    let head = tx.next_head(user);
    let changed = diesel::update(same)
        .set((
            users::password_hash.eq(hash),
            users::updated_at.eq(head.updated_at),
            users::version.eq(users::version + 1),
            users::change_number.eq(head.change_number),
        ))
        .execute(&mut **tx)?;
    require_changed(changed)?;
    sessions::store::end_others(tx, &user.id, session)?;
    tx.record("change_password", User::RESOURCE, None, &user.id, None::<&()>, None::<&()>)
}

/// What was changed in a product.
pub fn page_of_events(
    conn: &mut Conn,
    product: &ProductId,
    list: &List<AuditEvent>,
) -> Result<Page<AuditEvent>, Failure> {
    let rows = audit_events::table
        .filter(audit_events::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(AuditEvent::as_select())
        .load(conn)?;
    list.page(rows)
}

/// What was changed of what belongs to no product.
pub fn page_of_instance_events(conn: &mut Conn, list: &List<AuditEvent>) -> Result<Page<AuditEvent>, Failure> {
    let rows = audit_events::table
        .filter(audit_events::product_id.is_null())
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(AuditEvent::as_select())
        .load(conn)?;
    list.page(rows)
}
