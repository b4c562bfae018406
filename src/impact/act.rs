//! What a stakeholder does themselves: agree, accept, question. Nobody does it for them.

use super::{ImpactClaim, ValueDriver, claims, drivers};
use crate::{
    kernel::{auth::ProductScope, db::Tx, failure::Failure, http::IfMatch},
    stakeholders::{self, Stakeholder},
};
use chrono::NaiveDate;

/// The stakeholder of a claim or a driver, when it is they who ask.
///
/// # Errors
/// 403 for owners and editors, even when they are the stakeholder's user, and for anyone who is not;
/// 409 where no stakeholder is named.
pub fn acting_stakeholder(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    user: &str,
    stakeholder: Option<&str>,
) -> Result<Stakeholder, Failure> {
    if product.role.may_edit() {
        return Err(Failure::Forbidden(
            "whoever may edit does not judge: owners and editors cannot accept, question, agree or answer",
        ));
    }
    let Some(stakeholder) = stakeholder else {
        return Err(Failure::conflict("no_stakeholder", "no stakeholder is named who could do this"));
    };
    let mine = stakeholders::store::of_user(tx, &product.id, user)?;
    let Some(me) = mine.into_iter().find(|mine| mine.id == stakeholder) else {
        return Err(Failure::Forbidden("only the stakeholder who is named here does this, signed in as themselves"));
    };
    let today = tx.at().day_in(product.zone);
    match me.retired_on {
        Some(day) if day <= today => {
            Err(Failure::Forbidden("who has retired as a stakeholder judges nothing any more"))
        }
        _ => Ok(me),
    }
}

/// A user accepts a claim as far as it is computed by now.
///
/// # Errors
/// As [`acting_stakeholder`] and [`claims::store::accept`].
pub fn accept(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    user: &str,
    claim: &str,
    seen: IfMatch,
    text: String,
) -> Result<ImpactClaim, Failure> {
    let there = claims::store::find(tx, &product.id, claim)?;
    let stakeholder = acting_stakeholder(tx, product, user, there.stakeholder.as_deref())?;
    claims::store::accept(tx, &product.id, &there, seen, &stakeholder, text)
}

/// A user doubts a claim.
///
/// # Errors
/// As [`acting_stakeholder`] and [`claims::store::question`].
pub fn question(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    user: &str,
    claim: &str,
    seen: IfMatch,
    text: String,
) -> Result<ImpactClaim, Failure> {
    let there = claims::store::find(tx, &product.id, claim)?;
    acting_stakeholder(tx, product, user, there.stakeholder.as_deref())?;
    claims::store::question(tx, &there, seen, text)
}

/// A user agrees to an amount of a value driver: the latest, or that of a day.
///
/// # Errors
/// As [`acting_stakeholder`] and [`drivers::store::agree`].
pub fn agree(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    user: &str,
    driver: &str,
    seen: IfMatch,
    valid_from: Option<NaiveDate>,
) -> Result<ValueDriver, Failure> {
    let there = drivers::store::find(tx, &product.id, driver)?;
    let stakeholder = acting_stakeholder(tx, product, user, there.stakeholder.as_deref())?;
    drivers::store::agree(tx, &there, seen, &stakeholder, valid_from)
}
