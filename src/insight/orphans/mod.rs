//! Where the chain is broken: work that serves nothing, goals that nobody works for, claims that rest on nothing, cost that
//! nobody answers for, promises to nobody.

pub mod store;

use super::markup;
use crate::{
    kernel::failure::{Failure, Fault},
    objectives::{Objective, ObjectiveStatus},
    roadmap::{ItemStatus, RoadmapItem},
    text_enum,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

text_enum! {
    /// What the chain lacks.
    pub enum OrphanCode {
        /// An open roadmap item serves no objective that is still to be reached.
        WorkWithoutStrategy = "work_without_strategy",
        /// An active objective is served by no roadmap item that is open or shipped.
        StrategyWithoutWork = "strategy_without_work",
        /// An active objective has no key result, so nobody will see whether it was reached.
        ObjectiveWithoutKeyResults = "objective_without_key_results",
        /// A claim names no evidence, and its method found no row to rest on.
        ClaimWithoutEvidence = "claim_without_evidence",
        /// A component takes money or hours, and nobody is named as its owner.
        CostWithoutOwner = "cost_without_owner",
        /// No persona does a task with the SLO's component, and no roadmap item for a persona touches either.
        SloWithoutPersona = "slo_without_persona",
        /// No claim is computed with a value driver.
        DriverWithoutClaims = "driver_without_claims",
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrphansQuery {
    /// Findings of these codes, separated by commas; all of them when left out.
    #[param(min_length = 1, max_length = 400)]
    code: Option<String>,
}

impl OrphansQuery {
    /// # Errors
    /// 422 for a code that there is not.
    pub fn codes(&self) -> Result<Vec<OrphanCode>, Failure> {
        let words = self.code.as_deref().into_iter().flat_map(|words| words.split(','));
        let read = words.map(str::parse).collect::<Result<Vec<_>, _>>();
        read.map_err(|why| Failure::Invalid(vec![Fault::parameter("code", "value", why)]))
    }
}

/// Everything that hangs in the air, by code, and within it by title.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrphanList {
    /// The day in the product's zone that it is told of.
    pub on: NaiveDate,
    pub items: Vec<Orphan>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// Something that the chain is broken at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Orphan {
    pub code: OrphanCode,
    pub title: String,
    /// The path's word of its kind, as in `trace/{kind}/{id}`.
    pub kind: String,
    /// Its key, ref or id.
    pub id: String,
    /// What is missing, in words.
    pub detail: String,
    /// What would mend it, in words.
    pub action: String,
}

/// Open items whose objectives are none, or all closed.
fn work_without_strategy(items: &[RoadmapItem], objectives: &[Objective]) -> Vec<Orphan> {
    let status: BTreeMap<&str, ObjectiveStatus> = objectives.iter().map(|one| (one.id.as_str(), one.status)).collect();
    let open = items.iter().filter(|item| ItemStatus::OPEN.contains(&item.status));
    open.filter_map(|item| {
        let served: Vec<ObjectiveStatus> = item.objectives.iter().filter_map(|id| status.get(id).copied()).collect();
        if served.iter().any(|status| !status.is_closed()) {
            return None;
        }
        let detail = match served.as_slice() {
            [] => "It serves no objective.".to_owned(),
            [one] => format!("The objective that it serves is {one}."),
            more => format!("All {} objectives that it serves are closed.", more.len()),
        };
        Some(Orphan {
            code: OrphanCode::WorkWithoutStrategy,
            title: item.title.clone(),
            kind: "roadmap-items".to_owned(),
            id: item.reference.to_string(),
            detail: format!("{detail} Its status: {}.", markup::words(item.status.as_text())),
            action: "Name the objective that it serves, or drop it.".to_owned(),
        })
    })
    .collect()
}

/// Active objectives that nothing open or shipped serves.
fn strategy_without_work(items: &[RoadmapItem], objectives: &[Objective]) -> Vec<Orphan> {
    let active = objectives.iter().filter(|one| one.status == ObjectiveStatus::Active);
    active
        .filter_map(|one| {
            let serving = items.iter().filter(|item| item.objectives.iter().any(|id| *id == one.id));
            let (dropped, others): (Vec<_>, Vec<_>) = serving.partition(|item| item.status == ItemStatus::Dropped);
            others.is_empty().then(|| {
                let why = match dropped.len() {
                    0 => "No roadmap item serves it.".to_owned(),
                    count => {
                        format!("Nothing serves it but {}.", markup::counted(count, "dropped item", "dropped items"))
                    }
                };
                objective(OrphanCode::StrategyWithoutWork, one, &why, "Plan what is to reach it, or drop it.")
            })
        })
        .collect()
}

fn objective(code: OrphanCode, one: &Objective, why: &str, action: &str) -> Orphan {
    Orphan {
        code,
        title: one.title.clone(),
        kind: "objectives".to_owned(),
        id: one.id.clone(),
        detail: format!("{why} It is to be reached in {}.", one.period),
        action: action.to_owned(),
    }
}
