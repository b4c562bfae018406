//! The SQL of invitations.

use super::{Invitation, InvitationPage, IssuedInvitation, NewInvitation, Place};
use crate::{
    access::{self, NewMember, NewUser, User, fold},
    kernel::{
        auth::{Identity, ProductId, Role, SessionKind, secret_hash},
        clock::Instant,
        db::{Conn, Kept, Row, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List},
        schema::{invitations, members, products, sessions, users},
    },
};
use diesel::{prelude::*, sql_types::Bool};
use serde_json::Value;

/// The products that a user owns.
fn owned(conn: &mut Conn, user: &str) -> Result<Vec<String>, Failure> {
    let owner = members::user_id.eq(user).and(members::role.eq(Role::Owner));
    Ok(members::table.filter(owner).select(members::product_id).load(conn)?)
}

/// Those to the products that a user owns, and to an admin those to the instance.
pub fn page(conn: &mut Conn, by: &Identity, list: &List<Invitation>) -> Result<InvitationPage, Failure> {
    let owned = owned(conn, &by.id)?;
    let theirs = invitations::product_id.is_null().and(by.admin.into_sql::<Bool>());
    let rows = invitations::table
        .filter(theirs.or(invitations::product_id.eq_any(owned).assume_not_null()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Invitation::as_select())
        .load(conn)?;
    list.page(rows)
}

pub fn find(conn: &mut Conn, by: &Identity, id: &str) -> Result<Invitation, Failure> {
    let found = invitations::table.find(id).select(Invitation::as_select()).first::<Invitation>(conn)?;
    let theirs = match &found.product_id {
        Some(product) => owned(conn, &by.id)?.contains(product),
        None => by.admin,
    };
    if theirs { Ok(found) } else { Err(Failure::NotFound) }
}

/// Invites somebody; an earlier invitation of the same address to the same place ends. `by` is nobody for the
/// machine's own operator.
///
/// # Errors
/// 403 for a product one does not own, and to the instance for all but admins; 409 for who is there already.
pub fn insert(
    tx: &mut Tx<'_>,
    by: Option<&Identity>,
    new: NewInvitation,
    token: &str,
) -> Result<IssuedInvitation, Failure> {
    let place = match new.place()? {
        Some((product, role)) => Some(place(tx, by, product, role)?),
        None if by.is_none_or(|by| by.admin) => None,
        None => return Err(Failure::Forbidden("only an admin invites to the instance; say to which product")),
    };
    let product = place.as_ref().map(|place| ProductId::known(place.product_id.clone()));
    if let Some(product) = &product {
        tx.alone_in(product)?;
    }
    require_newcomer(tx, &new.email, product.as_ref())?;
    let invited_by = by.map(|by| by.id.clone());
    let row = new.into_row(place, invited_by, secret_hash(token), tx.new_head())?;
    for before in open_ones(tx, &row.email_folded)? {
        if before.product_id == row.product_id {
            remove(tx, &before)?;
        }
    }
    diesel::insert_into(invitations::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(IssuedInvitation::new(row, token))
}

/// The product that somebody invites to, which they own.
fn place(tx: &mut Tx<'_>, by: Option<&Identity>, product: &str, role: Role) -> Result<Place, Failure> {
    let found = products::table
        .filter(products::key.eq(product).or(products::id.eq(product)))
        .select((products::id, products::key))
        .first::<(String, String)>(&mut **tx)
        .optional()?;
    let unknown = || Failure::Invalid(vec![Fault::at("/product", "unknown_reference", "you own no such product")]);
    let (product_id, product) = found.ok_or_else(unknown)?;
    if let Some(by) = by {
        let id = ProductId::known(product_id.clone());
        let own = access::store::role_of(tx, &id, &by.id)?.ok_or_else(unknown)?;
        if !own.is_owner() {
            return Err(Failure::Forbidden("only an owner invites to a product"));
        }
    }
    Ok(Place { product_id, product, role })
}

/// # Errors
/// 409 for a member of the product; where it is for the instance, for a user.
fn require_newcomer(tx: &mut Tx<'_>, email: &str, product: Option<&ProductId>) -> Result<(), Failure> {
    let Some(user) = access::store::find_user_by_email(tx, email)? else { return Ok(()) };
    match product {
        Some(product) if access::store::users_of(tx, product)?.contains(&user.id) => {
            Err(Failure::conflict("already_member", "this address belongs to a member of the product"))
        }
        Some(_) => Ok(()),
        None => Err(Failure::conflict("already_user", "this address belongs to a user")),
    }
}

/// Revokes an invitation: it opens nothing from then on.
///
/// # Errors
/// 409 for one that was accepted.
pub fn delete(tx: &mut Tx<'_>, by: &Identity, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, by, id)?;
    seen.check(&before)?;
    if before.accepted_at.is_some() {
        return Err(Failure::conflict("accepted", "it was accepted: take the member out, or disable the user"));
    }
    remove(tx, &before)
}

fn remove(tx: &mut Tx<'_>, before: &Invitation) -> Result<(), Failure> {
    let same =
        invitations::table.filter(invitations::id.eq(&before.id)).filter(invitations::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(before)
}

/// Those of an address that nobody accepted.
fn open_ones(conn: &mut Conn, email_folded: &str) -> Result<Vec<Invitation>, Failure> {
    Ok(invitations::table
        .filter(invitations::email_folded.eq(email_folded))
        .filter(invitations::accepted_at.is_null())
        .select(Invitation::as_select())
        .load(conn)?)
}

/// What an invitation offers, as its page shows it.
#[derive(Debug, Clone)]
pub struct Offer {
    pub invitation: Invitation,
    /// What the product is called.
    pub product: Option<String>,
    /// What they are called who invite.
    pub inviter: Option<String>,
    /// Who has the address already.
    pub account: Option<User>,
    /// Who is signed in where it is looked at.
    pub visitor: Option<String>,
}

impl Offer {
    /// Whether whom it is for is signed in.
    pub fn is_to_visitor(&self) -> bool {
        self.account.as_ref().is_some_and(|account| self.visitor.as_ref() == Some(&account.id))
    }
}

/// What a secret opens now; `session` is that of the browser that asks.
///
/// # Errors
/// [`Failure::NotFound`] for one that is unknown, accepted, revoked or expired, or whose inviter may not invite any more.
pub fn offer(conn: &mut Conn, token: &str, session: Option<&str>, now: Instant) -> Result<Offer, Failure> {
    let invitation = opened(conn, token, now)?;
    let product = match &invitation.product_id {
        Some(id) => Some(products::table.find(id).select(products::name).first(conn)?),
        None => None,
    };
    let inviter = match &invitation.invited_by {
        Some(id) => Some(access::store::find_user(conn, id)?.name),
        None => None,
    };
    let account = access::store::find_user_by_email(conn, &invitation.email)?;
    let visitor = match session {
        Some(session) => visitor(conn, session, now)?,
        None => None,
    };
    Ok(Offer { invitation, product, inviter, account, visitor })
}

/// The user whose browser's session it is.
fn visitor(conn: &mut Conn, session: &str, now: Instant) -> Result<Option<String>, Failure> {
    Ok(sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::token_hash.eq(secret_hash(session)))
        .filter(sessions::kind.eq(SessionKind::Browser))
        .filter(sessions::expires_at.gt(now))
        .filter(users::disabled.eq(false))
        .select(users::id)
        .first(conn)
        .optional()?)
}

fn opened(conn: &mut Conn, token: &str, now: Instant) -> Result<Invitation, Failure> {
    let invitation = invitations::table
        .filter(invitations::token_hash.eq(secret_hash(token)))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .select(Invitation::as_select())
        .first(conn)?;
    if still_invites(conn, &invitation)? { Ok(invitation) } else { Err(Failure::NotFound) }
}

/// Whether who invites may still do so: an owner of the product since before they invited, or an admin.
fn still_invites(conn: &mut Conn, invitation: &Invitation) -> Result<bool, Failure> {
    let Some(by) = &invitation.invited_by else { return Ok(true) };
    if !access::store::may_come_in(conn, by, invitation.created_at)? {
        return Ok(false);
    }
    let Some(product) = &invitation.product_id else { return Ok(access::store::find_user(conn, by)?.admin) };
    let owner = members::table
        .filter(members::product_id.eq(product))
        .filter(members::user_id.eq(by))
        .filter(members::role.eq(Role::Owner))
        .filter(members::created_at.le(invitation.created_at));
    Ok(owner.count().get_result::<i64>(conn)? > 0)
}

/// Who accepts an invitation.
#[derive(Debug, Clone)]
pub enum Guest {
    /// Somebody without an account, which they get.
    New { name: String, password_hash: String },
    /// The user of that id, who has shown that they are.
    Known(String),
}

/// Lets in whom an invitation is for: the user, where there is none, and their membership, in one transaction.
///
/// # Errors
/// [`Failure::NotFound`] when it opens nothing any more, [`Failure::Stale`] when it was accepted or revoked this moment;
/// 409 when they are there already.
pub fn accept(tx: &mut Tx<'_>, token: &str, guest: Guest) -> Result<User, Failure> {
    let at = tx.at();
    let before = opened(tx, token, at)?;
    let head = tx.next_head(&before);
    let mut after = Invitation {
        accepted_at: Some(at),
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before.clone()
    };
    // Taken first: whoever accepts it at the same time waits here, and finds it gone.
    let same =
        invitations::table.filter(invitations::id.eq(&before.id)).filter(invitations::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    let user = match guest {
        Guest::New { name, password_hash } => {
            let new =
                NewUser { email: before.email.clone(), name, password: None, admin: before.admin, disabled: false };
            access::store::insert_user(tx, new, Some(password_hash)).map_err(|failure| match failure {
                Failure::Conflict { .. } => {
                    Failure::conflict("already_user", "this address has an account by now: sign in with its password")
                }
                other => other,
            })?
        }
        Guest::Known(id) => require_invited(access::store::find_user(tx, &id)?, &before)?,
    };
    if let (Some(product), Some(role)) = (&before.product_id, before.role) {
        let new = NewMember { user: user.id.clone(), role };
        access::store::insert_member(tx, &ProductId::known(product.clone()), new).map_err(|failure| match failure {
            Failure::Conflict { .. } => Failure::conflict("already_member", "you are a member already"),
            other => other,
        })?;
    }
    after.accepted_by = Some(user.id.clone());
    diesel::update(invitations::table.find(&after.id)).set(&after).execute(&mut **tx)?;
    tx.record("accept", Invitation::RESOURCE, before.product(), &before.id, Some(&before), Some(&after))?;
    Ok(user)
}

/// That a user is whom an invitation is for, and that it gives them something.
fn require_invited(user: User, invitation: &Invitation) -> Result<User, Failure> {
    if user.email_folded != invitation.email_folded || user.disabled {
        return Err(Failure::NotFound);
    }
    match invitation.product_id {
        Some(_) => Ok(user),
        None => Err(Failure::conflict("already_user", "you have an account already: there is nothing to accept")),
    }
}

/// Empties what was offered to somebody of who they are; what they did not accept ends.
pub fn erase(tx: &mut Tx<'_>, user: &User) -> Result<(), Failure> {
    for open in open_ones(tx, &user.email_folded)? {
        remove(tx, &open)?;
    }
    let email = user.email_folded.clone();
    let of_them = invitations::email_folded.eq(&email).or(invitations::accepted_by.eq(&user.id).assume_not_null());
    let ids: Vec<String> = invitations::table.filter(of_them).select(invitations::id).load(&mut **tx)?;
    let neutral = format!("{}@erased.invalid", user.id);
    let (at, next) = (tx.at(), tx.new_head().change_number);
    diesel::update(invitations::table.filter(invitations::id.eq_any(&ids)))
        .set((
            invitations::email.eq(&neutral),
            invitations::email_folded.eq(fold(&neutral)),
            invitations::version.eq(invitations::version + 1),
            invitations::updated_at.eq(at),
            invitations::change_number.eq(next),
        ))
        .execute(&mut **tx)?;
    let text = |kept: &Kept, name: &str| kept.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    tx.forget(Invitation::RESOURCE, &user.email, |kept| fold(&text(kept, "email")) == email, &["email"])?;
    // Those that they accepted with an address that they had then.
    for id in ids {
        tx.forget(Invitation::RESOURCE, &id, |kept| text(kept, "id") == id, &["email"])?;
    }
    Ok(())
}
