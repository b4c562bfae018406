//! From what was gathered to named figures. Pure: the same material makes the same facts.

mod budget;
mod cost;
mod coverage;
mod decisions;
mod direction;
mod effort;
mod impact;
mod incidents;
mod journeys;
mod people;
mod principles;
mod promises;
mod risks;
mod roadmap;
mod since;
mod voice;
mod work;

pub use budget::{YEAR_ELAPSED, budget_fact, course as budget_course};
pub use cost::{ALL_OTHERS, UNALLOCATED, component_fact, top_components};
pub use decisions::{answered_decisions, answered_on, decision_fact, open_decisions};
pub use direction::{
    STRATEGY_VERSION, VISION_VERSION, current_fact, has_direction, key_results_of, progress_fact, told_objectives,
};
pub use impact::{claim_fact, driver_fact, expected_fact, used_drivers};
pub use incidents::{incident_fact, of_component};
pub use journeys::{task_fact, tasks_of};
pub use people::{people_fact, personas};
pub use principles::{FOLLOWED, NOT_ASSESSED, VIOLATED, cell_fact, principle_fact, scorecard};
pub use promises::{KEPT, MISSED, burndown_days, promised, remaining_fact, slo_fact, tightest};
pub use risks::{loss_fact, open_risks, total_losses};
pub use roadmap::{is_overdue, judged_on, open, shipped};
pub use since::{Outcome, Promised, Told, added, promised_items};
pub use voice::{Asked, Voice, asked, survey_fact};

use super::{
    facts::{FactRow, Facts},
    gather::Material,
};
use serde_json::Value;

/// Every fact of a report. Later groups build on earlier ones.
pub fn figures(material: &Material) -> Facts {
    let mut facts = Facts::default();
    cost::add(&mut facts, material);
    budget::add(&mut facts, material);
    effort::add(&mut facts, material);
    work::add(&mut facts, material);
    promises::add(&mut facts, material);
    incidents::add(&mut facts, material);
    people::add(&mut facts, material);
    direction::add(&mut facts, material);
    journeys::add(&mut facts, material);
    principles::add(&mut facts, material);
    voice::add(&mut facts, material);
    roadmap::add(&mut facts, material);
    since::add(&mut facts, material);
    impact::add(&mut facts, material);
    risks::add(&mut facts, material);
    decisions::add(&mut facts, material);
    coverage::add(&mut facts, material);
    facts
}

/// A row of these properties, in this order.
fn row<const N: usize>(properties: [(&str, Value); N]) -> FactRow {
    properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
