//! Gathering what hangs in the air from the chapters' own stores.

use super::{Orphan, OrphanCode, OrphanList, objective, strategy_without_work, work_without_strategy};
use crate::{
    components,
    impact::{
        ImpactClaim, drivers,
        value::{Frozen, MonthValue},
    },
    insight::{markup, stewardship, stewardship::StewardshipFlag, store::worth},
    kernel::{
        clock::Instant,
        db::Conn,
        failure::Failure,
        month::{Month, MonthSpan},
    },
    objectives::{self, Objective, ObjectiveStatus},
    personas,
    products::Product,
    roadmap::{self, ItemStatus, RoadmapItem},
    slos,
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What hangs in the air on a day. Read it in a snapshot.
pub fn list(
    conn: &mut Conn,
    product: &Product,
    (now, today): (Instant, NaiveDate),
    only: &[OrphanCode],
) -> Result<OrphanList, Failure> {
    let id = product.product_id();
    let wanted = |code: OrphanCode| only.is_empty() || only.contains(&code);
    let items = roadmap::store::all(conn, &id)?;
    let objectives = objectives::store::all(conn, &id)?;
    let mut found = work_without_strategy(&items, &objectives);
    found.extend(strategy_without_work(&items, &objectives));
    if wanted(OrphanCode::ObjectiveWithoutKeyResults) {
        found.extend(without_key_results(conn, product, &objectives)?);
    }
    if wanted(OrphanCode::ClaimWithoutEvidence) || wanted(OrphanCode::DriverWithoutClaims) {
        let (claims, values) = worth(conn, &id, now)?;
        let month = Month::of(today);
        let bare = claims.iter().filter(|claim| rests_on_nothing(claim, values.get(&claim.id), month));
        found.extend(bare.map(without_evidence));
        found.extend(without_claims(conn, product, &claims)?);
    }
    if wanted(OrphanCode::CostWithoutOwner) {
        found.extend(without_owner(conn, product, today)?);
    }
    if wanted(OrphanCode::SloWithoutPersona) {
        found.extend(without_persona(conn, product, &items, today)?);
    }
    found.retain(|one| wanted(one.code));
    found.sort();
    Ok(OrphanList { on: today, items: found, next_cursor: None })
}

fn without_key_results(conn: &mut Conn, product: &Product, all: &[Objective]) -> Result<Vec<Orphan>, Failure> {
    let key_results = objectives::store::key_results::of_product(conn, &product.product_id())?;
    let measured: BTreeSet<String> = key_results.into_iter().map(|one| one.objective).collect();
    let active = all.iter().filter(|one| one.status == ObjectiveStatus::Active && !measured.contains(&one.id));
    let told = active.map(|one| {
        let why = "It has no key result, so nobody will see whether it was reached.";
        let action = "Write down by which figure one sees that it is reached.";
        objective(OrphanCode::ObjectiveWithoutKeyResults, one, why, action)
    });
    Ok(told.collect())
}

/// Whether nothing is named and nothing was found. A method that has had no month to look at yet may still find something.
fn rests_on_nothing(claim: &ImpactClaim, values: Option<&Vec<MonthValue>>, present: Month) -> bool {
    let before = claim.frozen.as_ref().and_then(|kept| serde_json::from_value::<Frozen>(kept.value().clone()).ok());
    let is_early = claim.method.is_some() && claim.from >= present;
    claim.evidence.value().is_empty()
        && !is_early
        && before.is_none_or(|frozen| frozen.rows().is_empty())
        && values.into_iter().flatten().all(|month| month.rows.is_empty())
}

fn without_evidence(claim: &ImpactClaim) -> Orphan {
    let (detail, action) = match claim.method {
        None => (
            "It is only told: no method computes it, and it names no evidence.",
            "Name what shows it: a row, or a document.",
        ),
        Some(_) => (
            "It names no evidence, and its method found nothing to compute it from.",
            "Write down what its method needs, or name what shows it.",
        ),
    };
    Orphan {
        code: OrphanCode::ClaimWithoutEvidence,
        title: claim.title.clone(),
        kind: "impact-claims".to_owned(),
        id: claim.id.clone(),
        detail: detail.to_owned(),
        action: action.to_owned(),
    }
}

fn without_claims(conn: &mut Conn, product: &Product, claims: &[ImpactClaim]) -> Result<Vec<Orphan>, Failure> {
    let used: BTreeSet<&str> = claims.iter().filter_map(|claim| claim.value_driver.as_deref()).collect();
    let drivers = drivers::store::all(conn, &product.product_id())?;
    let unused = drivers.into_iter().filter(|driver| !used.contains(driver.id.as_str()));
    let told = unused.map(|driver| Orphan {
        code: OrphanCode::DriverWithoutClaims,
        title: driver.name,
        kind: "value-drivers".to_owned(),
        id: driver.id,
        detail: "No claim is computed with it.".to_owned(),
        action: "Claim what was worth so much, or delete it.".to_owned(),
    });
    Ok(told.collect())
}

/// Of the twelve months before the present one and of the present one.
fn without_owner(conn: &mut Conn, product: &Product, today: NaiveDate) -> Result<Vec<Orphan>, Failure> {
    let to = Month::of(today).next();
    let span = MonthSpan { from: to.plus(-13), to };
    let view = stewardship::store::stewardship(conn, product, span, &[StewardshipFlag::NoOwner], today)?;
    let costly = view.items.into_iter().filter(|one| one.spent.is_something());
    let told = costly.map(|one| {
        let hours =
            one.spent.hours.map_or_else(|| "hours nobody wrote down".to_owned(), |sum| markup::hours(sum.get()));
        let cost = one.spent.cost.map_or_else(|| "a cost that is not known".to_owned(), |cost| cost.shown_whole());
        Orphan {
            code: OrphanCode::CostWithoutOwner,
            title: one.name,
            kind: "components".to_owned(),
            id: one.component,
            detail: format!(
                "It took {hours} and {cost} since {}, and nobody is named as its owner.",
                span.from.shown()
            ),
            action: "Name its owner, or retire it.".to_owned(),
        }
    });
    Ok(told.collect())
}

fn without_persona(
    conn: &mut Conn,
    product: &Product,
    items: &[RoadmapItem],
    today: NaiveDate,
) -> Result<Vec<Orphan>, Failure> {
    let id = product.product_id();
    let users = stewardship::store::users(conn, product, items, today)?;
    let there: BTreeSet<String> = personas::store::all(conn, &id)?
        .into_iter()
        .filter(|persona| persona.retired_on.is_none_or(|day| day > today))
        .map(|persona| persona.id)
        .collect();
    let is_for_somebody = |item: &&RoadmapItem| {
        item.status != ItemStatus::Dropped && item.personas.iter().any(|persona| there.contains(persona))
    };
    let wanted: BTreeSet<&str> = items.iter().filter(is_for_somebody).flat_map(|item| item.slos.iter()).collect();
    let mut needed_by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for component in components::store::all(conn, &id)? {
        for key in component.depends_on.iter() {
            needed_by.entry(key.to_string()).or_default().push(component.name.clone());
        }
    }
    let mut found = Vec::new();
    for slo in slos::store::all(conn, &id)? {
        let is_over = slo.retired_on.is_some_and(|day| day <= today);
        if is_over || users.contains_key(&slo.component) || wanted.contains(slo.key.as_text()) {
            continue;
        }
        let needs = match needed_by.get(&slo.component) {
            Some(those) => format!(" It is needed by {}.", those.join(", ")),
            None => String::new(),
        };
        found.push(Orphan {
            code: OrphanCode::SloWithoutPersona,
            title: slo.name,
            kind: "slos".to_owned(),
            id: slo.key.to_string(),
            detail: format!(
                "No persona does a task with {}, and nothing on the roadmap touches it for one.{needs}",
                slo.component
            ),
            action: "Write down who uses it and for what, or promise it to nobody.".to_owned(),
        });
    }
    Ok(found)
}
