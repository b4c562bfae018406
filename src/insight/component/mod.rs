//! A component as a person wants to know it: what it is, what is promised of it, who uses it, what it costs.

pub mod markup;
pub mod store;

use super::markup::Reader;
use crate::{
    components::{Component, RecoveryTest, RecoveryView},
    incidents::Incident,
    kernel::{figure::Figure, money::Money, month::Month},
    personas::Journey,
    risks::{Risk, RiskAssessment},
    roadmap::RoadmapItem,
    slos::{Slo, Status},
};
use rust_decimal::Decimal;

/// Everything that the page of a component shows.
pub struct ComponentPage {
    pub reader: Reader,
    pub component: Component,
    pub needs: Vec<Neighbour>,
    pub needed_by: Vec<Neighbour>,
    pub promises: Vec<(Slo, Status)>,
    pub recovery: RecoveryView,
    /// The last ones first.
    pub tests: Vec<RecoveryTest>,
    pub users: Vec<User>,
    /// Of the last 90 days.
    pub incidents: Vec<Incident>,
    pub items: Vec<RoadmapItem>,
    /// The last twelve that are over.
    pub months: Vec<MonthOf>,
    /// Those of all these months.
    pub total: (Option<Decimal>, Figure<Money>),
    pub risks: Vec<(Risk, Option<RiskAssessment>)>,
}

/// Another component.
pub struct Neighbour {
    pub key: String,
    pub name: String,
    pub retired: bool,
}

/// A persona who does something with it, or for whom something is changed about it.
pub struct User {
    pub id: String,
    pub name: String,
    pub role: String,
    /// None is unknown.
    pub people: Option<i64>,
    /// What they do with it, as it was last observed.
    pub tasks: Vec<Journey>,
}

/// What went into it in a month.
pub struct MonthOf {
    pub month: Month,
    /// None when nobody's effort of the month is written down.
    pub hours: Option<Decimal>,
    pub cost: Figure<Money>,
}
