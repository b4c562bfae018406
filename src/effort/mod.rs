//! Where the team's time went: shares of a week, since nobody logs hours, and the work worth
//! telling.

mod activity;
pub mod answers;
pub mod api;
pub mod mix;
pub mod store;
pub mod templates;
pub mod toil;
mod week;

pub use activity::{Activity, ActivityPage, ActivityPatch, NewActivity};
pub use week::{
    EffortEntry, EffortShare, EffortWeek, EffortWeekPage, Gap, Named, NewEffortWeek, NewShare, Worked, checked, gaps,
    hours, hours_in, hours_per_week, missing,
};

use crate::text_enum;

text_enum! {
    /// What a piece of work is for the business: keeping it running, improving it, or making it new.
    pub enum Nature {
        Run = "run",
        Grow = "grow",
        Transform = "transform",
    }
}

text_enum! {
    /// What kind of work it was.
    pub enum WorkKind {
        Patching = "patching",
        Upgrade = "upgrade",
        RecoveryTest = "recovery_test",
        OnCall = "on_call",
        IncidentResponse = "incident_response",
        Support = "support",
        Toil = "toil",
        Security = "security",
        Capacity = "capacity",
        Improvement = "improvement",
        NewCapability = "new_capability",
        Overhead = "overhead",
    }
}

impl WorkKind {
    pub fn nature(self) -> Nature {
        match self {
            Self::Improvement => Nature::Grow,
            Self::NewCapability => Nature::Transform,
            _ => Nature::Run,
        }
    }

    /// What counts into the toil share, of which Google's *Site Reliability Engineering* (ch. 5)
    /// wants less than half.
    pub fn is_toil(self) -> bool {
        matches!(self, Self::Toil | Self::OnCall | Self::IncidentResponse | Self::Support)
    }

    /// Whether somebody chose when to do it. What interrupts them was not planned; hours carry no flag of their own.
    pub fn is_planned(self) -> bool {
        !matches!(self, Self::OnCall | Self::IncidentResponse | Self::Support)
    }
}
