//! A week as the ops lead looks at it: who is written down, where the time went, what happened, what is missing.

pub mod markup;
pub mod store;

use super::markup::Reader;
use crate::{
    effort::{Activity, NewShare, WorkKind, toil::Toil},
    incidents::Incident,
    kernel::month::Week,
    roadmap::{RoadmapItem, store::RoadmapChange},
};
use rust_decimal::Decimal;

/// Everything that the page of a week shows.
pub struct WeekPage {
    pub reader: Reader,
    pub week: Week,
    /// Whether its Sunday is over.
    pub is_over: bool,
    /// What was written for the whole team, which covers everyone.
    pub whole_team: Option<Written>,
    /// Those who belong to the team in the week.
    pub people: Vec<Person>,
    pub kinds: Vec<(WorkKind, Decimal)>,
    /// By name; none is work on no component.
    pub components: Vec<(Option<Named>, Decimal)>,
    pub toil: Toil,
    pub incidents: Vec<Incident>,
    pub activities: Vec<Activity>,
    pub changes: Vec<RoadmapChange>,
    /// Shipped on a day of the week, whenever that was written down.
    pub shipped: Vec<RoadmapItem>,
}

/// A component as a link to it.
pub struct Named {
    pub key: String,
    pub name: String,
}

/// Someone of the team, and their week when it is written down.
pub struct Person {
    pub name: String,
    pub written: Option<Written>,
}

/// Where somebody's week went.
pub struct Written {
    pub hours: Decimal,
    pub shares: Vec<NewShare>,
}

impl WeekPage {
    /// Whose week nobody wrote down.
    pub fn missing(&self) -> Vec<&str> {
        let missing = |person: &&Person| person.written.is_none() && self.whole_team.is_none();
        self.people.iter().filter(missing).map(|person| person.name.as_str()).collect()
    }

    /// All hours that are written down.
    pub fn hours(&self) -> Decimal {
        self.kinds.iter().map(|(_, hours)| *hours).sum()
    }
}
