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

impl Standing {
    /// How a claim stands: whether it is known what it was worth, whether that counts, and whether it
    /// is still what the stakeholder accepted.
    pub fn of(claim: &ImpactClaim, is_known: bool, counted: bool, as_accepted: bool) -> Self {
        match claim.state {
            _ if claim.method.is_none() => Self::Told,
            _ if !is_known => Self::Unknown,
            _ if !counted => Self::NotCounted,
            ClaimState::Questioned => Self::Questioned,
            ClaimState::Accepted if as_accepted => Self::Accepted,
            _ => Self::Realised,
        }
    }
}

impl MonthValue {
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
