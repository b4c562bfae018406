//! The SQL of expectations. Every change of a claim passes here.

use super::Expectation;
use crate::{
    impact::ImpactClaim,
    kernel::{
        auth::ProductId,
        db::{Conn, Tx},
        failure::Failure,
        schema::impact_expectations,
    },
    roadmap,
};
use diesel::prelude::*;

/// Everything that was ever expected of roadmap items, by claim.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Expectation>, Failure> {
    Ok(impact_expectations::table
        .filter(impact_expectations::product_id.eq(product.as_str()))
        .order((impact_expectations::given_at, impact_expectations::impact_claim))
        .select(Expectation::as_select())
        .load(conn)?)
}

/// Writes down what is expected of a claim that was saved, unless that belongs to a plan already.
pub fn keep(tx: &mut Tx<'_>, claim: &ImpactClaim) -> Result<(), Failure> {
    let there = of_claim(tx, claim)?;
    if is_planned(tx, there.as_ref())? {
        return Ok(());
    }
    let (Some(item), Some(expected)) = (&claim.roadmap_item, &claim.expected_monthly) else {
        return forget(tx, claim);
    };
    let since = there.as_ref().filter(|there| there.roadmap_item == *item).map(|there| there.given_at);
    let row = Expectation {
        product_id: claim.product_id.clone(),
        impact_claim: claim.id.clone(),
        roadmap_item: item.clone(),
        title: claim.title.clone(),
        benefit: claim.benefit,
        from: claim.from,
        to: claim.to,
        expected_monthly: expected.clone(),
        given_at: since.unwrap_or(tx.at()),
    };
    match there {
        Some(there) if there == row => {}
        Some(_) => {
            diesel::update(impact_expectations::table.find((&claim.product_id, &claim.id)))
                .set(&row)
                .execute(&mut **tx)?;
        }
        None => {
            diesel::insert_into(impact_expectations::table).values(&row).execute(&mut **tx)?;
        }
    }
    Ok(())
}

/// Lets go of what was expected of a claim that is deleted, unless that belongs to a plan.
pub fn drop_unplanned(tx: &mut Tx<'_>, claim: &ImpactClaim) -> Result<(), Failure> {
    let there = of_claim(tx, claim)?;
    match is_planned(tx, there.as_ref())? {
        true => Ok(()),
        false => forget(tx, claim),
    }
}

fn of_claim(conn: &mut Conn, claim: &ImpactClaim) -> Result<Option<Expectation>, Failure> {
    Ok(impact_expectations::table
        .find((&claim.product_id, &claim.id))
        .select(Expectation::as_select())
        .first(conn)
        .optional()?)
}

fn is_planned(conn: &mut Conn, there: Option<&Expectation>) -> Result<bool, Failure> {
    let Some(there) = there else { return Ok(false) };
    let product = ProductId::known(there.product_id.clone());
    Ok(roadmap::store::find(conn, &product, &there.roadmap_item)?.plan.planned_at.is_some())
}

fn forget(tx: &mut Tx<'_>, claim: &ImpactClaim) -> Result<(), Failure> {
    diesel::delete(impact_expectations::table.find((&claim.product_id, &claim.id))).execute(&mut **tx)?;
    Ok(())
}
