//! What claims rest on, for telling which of them rest on the same.

use super::{Frozen, Grounds, component, measure::Measured};
use crate::{
    effort::Nature,
    impact::{
        EvidenceKind, ImpactClaim, ImpactMethod,
        methods::{Basis, Shared},
    },
    kernel::{month::Month, quantity::Ratio},
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A piece of evidence that several claims rest on in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SharedEvidence {
    /// The path's word of a row (`incidents`, `slos`, `journeys`, `cost-entries`, …), or what has no row of its own:
    /// `costs` of a component, `downtime` of a component, a persona's `tasks`.
    pub kind: String,
    /// The row's id, or the key by which the path names it; of costs and downtime the component's key; of a task the
    /// persona's id, the component's key and the task.
    pub id: String,
    /// Of downtime that is told by an SLO here and by another, or by incidents, there: the driver by which both price
    /// it, an hour of which is worth its amount once.
    pub value_driver: Option<String>,
    /// The other claims that rest on it.
    pub claims: Vec<String>,
    /// How much of it all of them together claim, this one included. Above 1 none of them counts.
    #[schema(value_type = f64)]
    pub share: Ratio,
}

impl SharedEvidence {
    pub fn is_over(&self) -> bool {
        self.share.0 > Decimal::ONE
    }
}

/// How evidence is told that a claim shares: rows first, and what has no row of its own only where no row says that the
/// same claims share.
pub(super) fn shares_of(shared: Vec<Shared<'_>>) -> Vec<SharedEvidence> {
    let (rows, others): (Vec<_>, Vec<_>) = shared.into_iter().partition(|one| !NO_ROWS.contains(&one.on.kind.as_str()));
    let mut told: Vec<SharedEvidence> = Vec::new();
    for Shared { on, others, share } in rows.into_iter().chain(others) {
        let claims: Vec<String> = others.into_iter().map(ToOwned::to_owned).collect();
        if NO_ROWS.contains(&on.kind.as_str()) && told.iter().any(|one| one.claims == claims) {
            continue;
        }
        let Basis { kind, id, value_driver } = on;
        told.push(SharedEvidence { kind, id, value_driver, claims, share: Ratio(share) });
    }
    told
}

/// Kinds of evidence that have no rows of their own.
const NO_ROWS: &[&str] = &["downtime", "tasks"];

/// What evidence a claim rests on in a month: the rows that its method finds, and of what has no rows of its own, such
/// as hours without an incident, what it is about; and the rows that it names as evidence, as far as they are of the
/// month or of its baseline.
pub(super) fn rests_on(
    claim: &ImpactClaim,
    frozen: &Frozen,
    measured: Option<&Measured>,
    grounds: &Grounds,
    month: Month,
) -> BTreeSet<Basis> {
    let of_month = measured.map(|measured| measured.rows.as_slice()).unwrap_or_default();
    // Everybody's population is nobody's evidence: it says how many there are, not what they gained.
    let rows = frozen.rows().iter().chain(of_month).filter(|row| row.kind != "populations");
    rows.map(|row| Basis::of(&row.kind, &row.id))
        .chain(about(claim))
        .chain(named(claim, grounds, month))
        .chain(lines(claim, grounds, month))
        .collect()
}

/// What its method looks at.
fn about(claim: &ImpactClaim) -> Vec<Basis> {
    let inputs = &claim.inputs;
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    match claim.method {
        None => Vec::new(),
        Some(ImpactMethod::DowntimeAvoided) => {
            let measured_by = match &inputs.slo {
                Some(slo) => Basis::of("slos", slo),
                None => Basis::of("downtime", component(claim)),
            };
            // However it is measured: an hour in which a component was down is worth its amount once.
            let priced = Basis { value_driver: claim.value_driver.clone(), ..Basis::of("downtime", component(claim)) };
            vec![measured_by, priced]
        }
        Some(ImpactMethod::TimeSaved) => {
            let task = format!("{} {} {}", name(&inputs.persona), component(claim), name(&inputs.task));
            vec![Basis::of("tasks", &task)]
        }
        Some(ImpactMethod::CostReduced) => vec![Basis::of("costs", component(claim))],
        Some(ImpactMethod::RiskReduced) => vec![Basis::of("risks", &name(&inputs.risk))],
        Some(ImpactMethod::MetricChanged) => vec![Basis::of("key-results", &name(&inputs.key_result))],
    }
}

/// The rows that a claim names as evidence. What happened at a time counts in the months in which it did, and in all of
/// a claim's months when it happened in its baseline; documents and accounts of work done are nobody's figures.
fn named(claim: &ImpactClaim, grounds: &Grounds, month: Month) -> Vec<Basis> {
    let of_time = |from: Month, to: Month, kind: EvidenceKind, id: &str| {
        let window = (from.bounds(grounds.zone).0, to.bounds(grounds.zone).0);
        match kind {
            EvidenceKind::Incidents => {
                grounds.cited_incidents.get(id).is_some_and(|one| one.within(window, grounds.now).is_some())
            }
            EvidenceKind::CostEntries => {
                grounds.cited_entries.get(id).is_some_and(|one| (from..to).contains(&one.month))
            }
            EvidenceKind::CheckIns => {
                let check_in = grounds.check_ins.iter().find(|one| one.id == id);
                check_in.is_some_and(|one| (from.first_day()..to.first_day()).contains(&one.on))
            }
            _ => false,
        }
    };
    let counts = |kind: EvidenceKind, id: &str| match kind {
        EvidenceKind::Slos | EvidenceKind::Journeys | EvidenceKind::Risks | EvidenceKind::KeyResults => true,
        _ => {
            let before = claim.baseline.as_ref().map(|baseline| *baseline.value());
            of_time(month, month.next(), kind, id)
                || before.is_some_and(|before| of_time(before.from, before.to, kind, id))
        }
    };
    let evidence = claim.evidence.value().iter().filter(|one| counts(one.kind, &one.reference));
    evidence.map(|one| Basis::of(one.kind.as_text(), &one.reference)).collect()
}

/// The cost entries that others name and that are among what a component cost, where a claim says that this is less.
fn lines(claim: &ImpactClaim, grounds: &Grounds, month: Month) -> Vec<Basis> {
    if claim.method != Some(ImpactMethod::CostReduced) {
        return Vec::new();
    }
    let before = claim.baseline.as_ref().map(|baseline| *baseline.value());
    let months = |at: Month| at == month || before.is_some_and(|before| (before.from..before.to).contains(&at));
    let mine = grounds.cited_entries.iter().filter(|(_, entry)| {
        let kept = entry.counts && entry.nature == Nature::Run && entry.component == claim.inputs.component;
        kept && months(entry.month)
    });
    mine.map(|(id, _)| Basis::of(EvidenceKind::CostEntries.as_text(), id)).collect()
}
