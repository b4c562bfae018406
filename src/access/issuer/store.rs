//! The SQL of what the issuer says of people: who they are here, and what their groups are in products.

use super::super::{Member, NewMember, User, store};
use crate::kernel::{
    auth::{ProductId, Role, Vouched},
    db::{Conn, Row, Tx, require_changed},
    failure::Failure,
    schema::{members, products},
};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// The user whom the issuer vouches for, if there is one who may come in.
pub fn find(conn: &mut Conn, vouched: &Vouched) -> Result<Option<User>, Failure> {
    let user = store::find_user_by_email(conn, &vouched.email)?;
    Ok(user.filter(|user| !user.disabled && vouched.is_of(&user.email, user.disabled_at)))
}

/// Makes somebody what their groups are, in the products that groups are mapped to, and in no other.
///
/// In those the issuer decides: who is in no such group any more is no member. But a product keeps its last owner.
pub fn follow_groups(tx: &mut Tx<'_>, user: &str, standing: &BTreeMap<String, Option<Role>>) -> Result<(), Failure> {
    for (key, role) in standing {
        let Some(id) =
            products::table.filter(products::key.eq(key)).select(products::id).first(&mut **tx).optional()?
        else {
            tracing::warn!(product = key, "a group is mapped to a product that is not there");
            continue;
        };
        follow(tx, &ProductId::known(id), user, *role)?;
    }
    // Nobody's groups change with every sign-in.
    tx.nothing_changed();
    Ok(())
}

fn follow(tx: &mut Tx<'_>, product: &ProductId, user: &str, role: Option<Role>) -> Result<(), Failure> {
    tx.alone_in(product)?;
    let before = members::table
        .filter(members::product_id.eq(product.as_str()))
        .filter(members::user_id.eq(user))
        .select(Member::as_select())
        .first(&mut **tx)
        .optional()?;
    match (before, role) {
        (None, None) => Ok(()),
        (None, Some(role)) => store::insert_member(tx, product, NewMember { user: user.to_owned(), role }).map(drop),
        (Some(before), role) if Some(before.role) == role => Ok(()),
        (Some(before), _) if store::is_last_owner(tx, product, &before)? => {
            tracing::warn!(product = %product, "the issuer's groups would leave a product without an owner");
            Ok(())
        }
        (Some(before), Some(role)) => {
            let after = NewMember { user: user.to_owned(), role }.into_row(product.as_str(), tx.next_head(&before));
            let same = members::table.filter(members::id.eq(&before.id)).filter(members::version.eq(before.version));
            require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
            tx.updated(&before, &after)
        }
        (Some(before), None) => {
            let same = members::table.filter(members::id.eq(before.id())).filter(members::version.eq(before.version));
            require_changed(diesel::delete(same).execute(&mut **tx)?)?;
            tx.deleted(&before)
        }
    }
}
