//! How components stand with being recovered.

use super::{Component, Lifecycle, RecoveryResult, RecoveryTest};
use chrono::{Months, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

/// How a component stands with being recovered, on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecoveryView {
    /// Its key.
    pub component: String,
    pub name: String,
    pub tier: Option<i64>,
    pub owner: Option<String>,
    pub last_test: Option<LastTest>,
    /// The day from which it is overdue, unless it is tested before; null for what need not be tested, and for what
    /// never was.
    pub due_on: Option<NaiveDate>,
    /// Tier 1 is tested at least every 12 months, until it is retired.
    pub overdue: bool,
    /// Whether the last test passed and kept both objectives; null without a test, without an objective, or when what
    /// was achieved was not written down.
    pub objective_met: Option<bool>,
}

/// How all components stand that are to be tested, or were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecoveryList {
    pub on: NaiveDate,
    /// What is overdue for the longest time first, beginning with what was never tested.
    pub items: Vec<RecoveryView>,
    /// Always null: it is one page.
    pub next_cursor: Option<String>,
}

/// The test that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LastTest {
    pub id: String,
    pub on: NaiveDate,
    pub result: RecoveryResult,
}

/// How long a test of a tier 1 component counts.
const TEST_COUNTS_FOR: Months = Months::new(12);

/// Judges a component by its last test on or before a day.
pub fn recovery(component: &Component, last: Option<&RecoveryTest>, on: NaiveDate) -> RecoveryView {
    let watched = component.tier == Some(1) && component.lifecycle != Lifecycle::Retired;
    let due_on = last.filter(|_| watched).map(|test| test.on + TEST_COUNTS_FOR);
    RecoveryView {
        component: component.key.to_string(),
        name: component.name.clone(),
        tier: component.tier,
        owner: component.owner.clone(),
        last_test: last.map(|test| LastTest { id: test.id.clone(), on: test.on, result: test.result }),
        due_on,
        overdue: watched && due_on.is_none_or(|due| due <= on),
        objective_met: last.and_then(|test| objective_met(component, test)),
    }
}

fn objective_met(component: &Component, test: &RecoveryTest) -> Option<bool> {
    let objectives =
        [(component.rto_minutes, test.achieved_rto_minutes), (component.rpo_minutes, test.achieved_rpo_minutes)];
    let mut said = objectives.into_iter().filter_map(|(limit, achieved)| Some((limit?, achieved))).peekable();
    said.peek()?;
    if test.result != RecoveryResult::Passed {
        return Some(false);
    }
    let kept: Vec<Option<bool>> = said.map(|(limit, achieved)| achieved.map(|got| got <= limit)).collect();
    if kept.contains(&Some(false)) { Some(false) } else { kept.into_iter().collect::<Option<Vec<_>>>().map(|_| true) }
}

impl RecoveryList {
    pub fn new(on: NaiveDate, mut items: Vec<RecoveryView>) -> Self {
        let urgent = |one: &RecoveryView| (!one.overdue, one.due_on.is_none() && !one.overdue, one.due_on);
        items.sort_by(|a, b| (urgent(a), &a.component).cmp(&(urgent(b), &b.component)));
        Self { on, items, next_cursor: None }
    }
}
