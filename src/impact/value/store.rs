//! Loading the evidence of claims.

use super::{CitedEntry, ClaimValue, Frozen, Grounds, MonthValue, freeze, values};
use crate::{
    costs::{self, Category},
    impact::{EvidenceKind, ImpactClaim, ImpactMethod, claims, drivers},
    incidents,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Conn, Tx},
        failure::Failure,
        month::Month,
        schema::impact_acceptances,
        text::JsonText,
    },
    objectives::store::{check_ins, key_results},
    personas,
    products::{self, LabourFrom},
    risks, slos,
};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The evidence of some claims in some months, and in their baselines.
pub fn grounds(
    conn: &mut Conn,
    product: &ProductId,
    now: Instant,
    claims: &[ImpactClaim],
    from: Month,
    to: Month,
) -> Result<Grounds, Failure> {
    let product_row = products::store::find(conn, product)?;
    let zone = product_row.zone()?;
    let uses = |method| claims.iter().any(|claim| claim.method == Some(method));
    // Baselines are computed when a claim is saved; what is saved already needs them no more.
    let first = claims
        .iter()
        .filter(|claim| claim.frozen.is_none())
        .filter_map(|claim| claim.baseline.as_ref().map(|baseline| baseline.value().from))
        .fold(from, Month::min);
    let to = to.max(first);
    let costs = if uses(ImpactMethod::CostReduced) { (first, to) } else { (from, from) };
    let downtime = uses(ImpactMethod::DowntimeAvoided);
    let window = (first.bounds(zone).0, to.bounds(zone).0);
    let cited = |kind| cited(claims, kind);
    let incidents = cited(EvidenceKind::Incidents);
    let of_labour = product_row.labour_from == LabourFrom::CostEntries;
    let metrics = uses(ImpactMethod::MetricChanged);
    Ok(Grounds {
        now: now.utc(),
        zone,
        currency: product_row.currency,
        personas: personas::store::all(conn, product)?,
        journeys: personas::store::journeys::of_product(conn, product)?,
        populations: personas::store::populations::of_product(conn, product)?,
        incidents: if downtime { incidents::store::overlapping(conn, product, window)? } else { Vec::new() },
        slos: slos::store::all(conn, product)?,
        days: match downtime {
            true => slos::measurements::store::days_of_product(conn, product, first.first_day(), to.first_day())?,
            false => Default::default(),
        },
        ledger: costs::store::ledger(conn, &product_row, costs.0, costs.1)?,
        risks: risks::store::all(conn, product)?,
        assessments: risks::store::assessments(conn, product)?,
        drivers: drivers::store::all(conn, product)?,
        key_results: if metrics { key_results::of_product(conn, product)? } else { Vec::new() },
        check_ins: match metrics || !cited(EvidenceKind::CheckIns).is_empty() {
            true => check_ins::of_product(conn, product)?,
            false => Vec::new(),
        },
        cited_incidents: match incidents.is_empty() {
            true => Default::default(),
            false => {
                let all = incidents::store::all(conn, product)?.into_iter();
                all.filter(|one| incidents.contains(one.id.as_str())).map(|one| (one.id.clone(), one)).collect()
            }
        },
        cited_entries: costs::store::some(conn, product, cited(EvidenceKind::CostEntries))?
            .into_iter()
            .map(|entry| {
                let counts = entry.category != Category::Labour || of_labour;
                let (component, month, nature) = (entry.component, entry.month, entry.nature);
                (entry.id, CitedEntry { component, month, nature, counts })
            })
            .collect(),
        accepted: impact_acceptances::table
            .filter(impact_acceptances::product_id.eq(product.as_str()))
            .select(((impact_acceptances::impact_claim, impact_acceptances::month), impact_acceptances::digest))
            .load::<((String, Month), String)>(conn)?
            .into_iter()
            .collect(),
    })
}

/// The rows of a kind that claims name which are computed: what is only told takes nothing from anybody.
fn cited(claims: &[ImpactClaim], kind: EvidenceKind) -> BTreeSet<&str> {
    let computed = claims.iter().filter(|claim| claim.method.is_some());
    let evidence = computed.flat_map(|claim| claim.evidence.value()).filter(|one| one.kind == kind);
    evidence.map(|one| one.reference.as_str()).collect()
}

/// Computes the baseline of a claim that is to be saved, unless it stands already. One that was
/// unknown is tried again.
pub fn freeze_baseline(tx: &mut Tx<'_>, product: &ProductId, claim: &mut ImpactClaim) -> Result<(), Failure> {
    let now = tx.at();
    let tried = claim.frozen.as_ref().and_then(|frozen| serde_json::from_value(frozen.value().clone()).ok());
    if claim.method.is_some() && matches!(tried, None | Some(Frozen::Unknown { .. })) {
        claim.frozen = None;
        let grounds = grounds(tx, product, now, std::slice::from_ref(claim), claim.from, claim.from)?;
        let frozen = freeze(claim, &grounds).map(serde_json::to_value).transpose().map_err(Failure::internal)?;
        claim.frozen = frozen.map(JsonText::new);
    }
    Ok(())
}

/// The worth of every claim of a product in some months, by the claim's id.
pub fn of_product(
    conn: &mut Conn,
    product: &ProductId,
    now: Instant,
    claims: &[ImpactClaim],
    months: &[Month],
) -> Result<BTreeMap<String, Vec<MonthValue>>, Failure> {
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(BTreeMap::new()) };
    let grounds = grounds(conn, product, now, claims, *first, last.next())?;
    Ok(values(claims, &grounds, months))
}

/// The worth of a claim in each of its months.
pub fn value(conn: &mut Conn, product: &ProductId, now: Instant, claim: &ImpactClaim) -> Result<ClaimValue, Failure> {
    let months: Vec<Month> = claim.from.up_to(claim.to).collect();
    let all = claims::store::all(conn, product)?;
    let items = of_product(conn, product, now, &all, &months)?.remove(&claim.id).unwrap_or_default();
    Ok(ClaimValue { claim: claim.id.clone(), items, next_cursor: None })
}

/// The months of a claim that a stakeholder can accept now, each with the digest of what it is.
pub fn to_accept(tx: &mut Tx<'_>, product: &ProductId, claim: &ImpactClaim) -> Result<Vec<(Month, String)>, Failure> {
    let now = tx.at();
    Ok(value(tx, product, now, claim)?.items.iter().filter_map(MonthValue::to_accept).collect())
}
