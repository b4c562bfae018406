//! How a claim stands in a month, for whoever tells of it or adds claims up.

use super::{MonthValue, ValuePart};
use crate::{
    impact::{ClaimState, ImpactClaim},
    kernel::money::{Currency, Money},
    text_enum,
};
use rust_decimal::Decimal;

text_enum! {
    /// How a claim stands in a month. Only what is accepted or realised is ever added up.
    pub enum Standing {
        /// Computed, and accepted by its stakeholder as it is now.
        Accepted = "accepted",
        /// Computed; nobody has accepted it as it is now.
        Realised = "realised",
        /// Computed; its stakeholder doubts it.
        Questioned = "questioned",
        /// Computed on evidence of which several claims together claim more than all.
        NotCounted = "not_counted",
        Unknown = "unknown",
        /// Without a method.
        Told = "told",
    }
}

impl MonthValue {
    pub fn standing(&self, claim: &ImpactClaim) -> Standing {
        match claim.state {
            _ if claim.method.is_none() => Standing::Told,
            _ if self.unknown.is_some() => Standing::Unknown,
            _ if !self.counted => Standing::NotCounted,
            ClaimState::Questioned => Standing::Questioned,
            ClaimState::Accepted if self.accepted => Standing::Accepted,
            _ => Standing::Realised,
        }
    }

    /// Its parts; where the method found that nothing changed, that nothing, as a part of the claim's own kind.
    pub fn parts_of(&self, claim: &ImpactClaim, currency: Currency) -> Vec<ValuePart> {
        let is_computed = claim.method.is_some() && self.unknown.is_none();
        if !self.parts.is_empty() || !is_computed {
            return self.parts.clone();
        }
        let nothing = Money::new(Decimal::ZERO, currency);
        vec![ValuePart { benefit: claim.benefit, amount: nothing, weighted: nothing, unrealised: false }]
    }
}
