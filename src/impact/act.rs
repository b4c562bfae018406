//! What a stakeholder does themselves: agree, accept, question. Nobody does it for them.

use crate::{
    kernel::{auth::ProductScope, db::Tx, failure::Failure},
    stakeholders::{self, Stakeholder},
};

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
    let today = tx.at().utc().with_timezone(&product.zone).date_naive();
    match me.retired_on {
        Some(day) if day <= today => {
            Err(Failure::Forbidden("who has retired as a stakeholder judges nothing any more"))
        }
        _ => Ok(me),
    }
}
