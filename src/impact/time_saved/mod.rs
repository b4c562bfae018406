//! What the authors of templates and components say that one use saves. An estimate, never a measurement: claims may
//! point to it, and nothing is computed with it.

pub mod api;

use super::{EvidenceKind, ImpactClaim};
use crate::components::CatalogEntity;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// All estimates of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimeSavedList {
    pub items: Vec<TimeSaved>,
    /// Always null: it is one page.
    pub next_cursor: Option<String>,
}

/// What one use of something saves, by its authors' estimate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimeSaved {
    /// `template:default/new-service`, as evidence names it.
    pub entity: String,
    /// The id of the catalogue's entity.
    pub id: String,
    pub kind: String,
    pub title: String,
    pub owner: Option<String>,
    /// The key of its component, where it describes one.
    pub component: Option<String>,
    pub minutes_per_use: i64,
    /// The claims that point to it.
    pub claims: Vec<CitingClaim>,
}

/// A claim that points to an estimate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CitingClaim {
    pub id: String,
    pub title: String,
}

/// The estimates, with the claims that point to each.
pub fn time_saved(entities: Vec<CatalogEntity>, claims: &[ImpactClaim]) -> TimeSavedList {
    let mut citing: HashMap<&str, Vec<CitingClaim>> = HashMap::new();
    for claim in claims {
        let estimates = claim.evidence.value().iter().filter(|one| one.kind == EvidenceKind::CatalogEntities);
        for evidence in estimates {
            let known = citing.entry(evidence.reference.as_str()).or_default();
            if known.iter().all(|one| one.id != claim.id) {
                known.push(CitingClaim { id: claim.id.clone(), title: claim.title.clone() });
            }
        }
    }
    let items = entities.into_iter().filter_map(|one| {
        let minutes_per_use = one.time_saved_minutes?;
        let claims = citing.remove(one.entity.as_str()).unwrap_or_default();
        Some(TimeSaved {
            id: one.id,
            kind: one.kind,
            title: one.title.unwrap_or(one.name),
            owner: one.owner,
            component: one.component.map(|key| key.to_string()),
            minutes_per_use,
            claims,
            entity: one.entity,
        })
    });
    TimeSavedList { items: items.collect(), next_cursor: None }
}
