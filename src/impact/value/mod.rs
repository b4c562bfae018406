//! What a claim was worth, month by month: its method on the evidence of the month.

pub mod api;
mod evidence;
mod frozen;
mod measure;
mod shares;
mod standing;
pub mod store;

pub use evidence::{CitedEntry, Grounds};
pub use frozen::{Frozen, freeze, frozen_of};
pub use shares::SharedEvidence;
pub use standing::Standing;

use super::{
    Benefit, DriverAmount, ImpactClaim,
    methods::{self, Stake},
};
use crate::kernel::{
    figure::Figure,
    http::hex,
    money::{Currency, Money, settle},
    month::Month,
};
use chrono::Days;
use measure::{Measured, measure};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shares::{rests_on, shares_of};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The worth of a claim in the months that it speaks of.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClaimValue {
    /// The claim's id.
    pub claim: String,
    pub items: Vec<MonthValue>,
    /// Always null: the months of a claim are one page.
    pub next_cursor: Option<String>,
}

/// The worth of a claim in a month.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MonthValue {
    pub month: Month,
    /// What was expected of it, when it was first saved.
    pub expected: Option<Money>,
    /// By benefit; empty when it is unknown, or only told.
    pub parts: Vec<ValuePart>,
    /// What is missing, when the worth is unknown.
    pub unknown: Option<String>,
    /// Whether it may be added up: it is known, and its evidence is not claimed by more than all of it.
    pub counted: bool,
    /// The claims with which it shares evidence of which together they claim more than all.
    pub shared_with: Vec<String>,
    /// What it rests on that another claim rests on too, whether or not together they claim more than all of it.
    pub shares: Vec<SharedEvidence>,
    /// How it stands; only what is accepted or realised is added up.
    pub standing: Standing,
    /// Whether the stakeholder has accepted it as it is now, and it counts.
    pub accepted: bool,
    /// What was put into the method.
    pub inputs: Vec<ValueInput>,
    /// What that rests on.
    pub rows: Vec<ValueRow>,
}

/// A worth of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValuePart {
    pub benefit: Benefit,
    /// Method × attribution; negative for a loss.
    pub amount: Money,
    /// Amount × confidence; a loss in full.
    pub weighted: Money,
    /// Whether it is freed capacity of which nobody says where it went.
    pub unrealised: bool,
}

/// Something that was put into the method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValueInput {
    pub name: String,
    /// Exact.
    pub value: String,
    /// `hours`, `minutes`, `people`, a currency, …
    pub unit: String,
}

impl ValueInput {
    fn of(name: &str, value: impl ToString, unit: impl ToString) -> Self {
        Self { name: name.to_owned(), value: value.to_string(), unit: unit.to_string() }
    }

    fn number(name: &str, value: Decimal, unit: impl ToString) -> Self {
        Self::of(name, settle(value), unit)
    }
}

/// A row that a worth rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct ValueRow {
    /// The path's word: `incidents`, `journeys`, `costs`, …
    pub kind: String,
    /// Its id, or the key by which the path names it.
    pub id: String,
}

impl ValueRow {
    fn of(kind: &str, id: impl ToString) -> Self {
        Self { kind: kind.to_owned(), id: id.to_string() }
    }
}

fn baseline(claim: &ImpactClaim) -> Result<(Month, Month), String> {
    let baseline = claim.baseline.as_ref().map(|baseline| baseline.value());
    baseline.map(|baseline| (baseline.from, baseline.to)).ok_or_else(|| "the claim has no baseline".to_owned())
}

fn component(claim: &ImpactClaim) -> &str {
    claim.inputs.component.as_deref().unwrap_or_default()
}

/// The worth of every claim in some months, by claim's id: those that share evidence know of each other.
pub fn values(claims: &[ImpactClaim], grounds: &Grounds, months: &[Month]) -> BTreeMap<String, Vec<MonthValue>> {
    let mut values: BTreeMap<String, Vec<MonthValue>> = BTreeMap::new();
    for &month in months {
        let speaking: Vec<_> = claims
            .iter()
            .filter(|claim| claim.from <= month && month < claim.to)
            .map(|claim| {
                let frozen = frozen_of(claim);
                let measured = frozen.as_ref().map(|frozen| measure(claim, frozen, grounds, month));
                (claim, frozen, measured)
            })
            .collect();
        let stakes: Vec<Stake<'_>> = speaking
            .iter()
            .filter_map(|(claim, frozen, measured)| {
                let known = measured.as_ref().and_then(|measured| measured.as_ref().ok());
                let rests_on = rests_on(claim, frozen.as_ref()?, known, grounds, month);
                Some(Stake { claim: &claim.id, share: claim.attribution.value().share.get(), rests_on })
            })
            .collect();
        let mut shared = methods::shared(&stakes);
        for (claim, _, measured) in &speaking {
            let shares = shares_of(shared.remove(claim.id.as_str()).unwrap_or_default());
            let value = value(claim, measured.as_ref(), month, shares, grounds);
            values.entry(claim.id.clone()).or_default().push(value);
        }
    }
    values
}

fn value(
    claim: &ImpactClaim,
    measured: Option<&Result<Measured, String>>,
    month: Month,
    shares: Vec<SharedEvidence>,
    grounds: &Grounds,
) -> MonthValue {
    let known = measured.and_then(|measured| measured.as_ref().ok());
    let parts: Vec<_> =
        known.iter().flat_map(|known| &known.parts).map(|part| part_of(claim, *part, grounds)).collect();
    let inputs = known.map(|known| known.inputs.clone()).unwrap_or_default();
    let as_accepted = grounds.accepted.get(&(claim.id.clone(), month)) == Some(&digest(&parts, &inputs));
    let over = shares.iter().filter(|share| share.is_over()).flat_map(|share| &share.claims);
    let shared_with: Vec<String> = over.cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let counted = known.is_some() && shared_with.is_empty();
    let standing = Standing::of(claim, known.is_some(), counted, as_accepted);
    MonthValue {
        month,
        expected: claim.expected_monthly.as_ref().map(|money| *money.value()),
        counted,
        unknown: measured.and_then(|measured| measured.as_ref().err().cloned()),
        standing,
        accepted: standing == Standing::Accepted,
        rows: known.map(|known| known.rows.clone()).unwrap_or_default(),
        parts,
        shared_with,
        shares,
        inputs,
    }
}

fn part_of(claim: &ImpactClaim, (benefit, gained): (Benefit, Decimal), grounds: &Grounds) -> ValuePart {
    let amount = settle(gained * claim.attribution.value().share.get());
    let money = |amount| Money::new(amount, grounds.currency);
    ValuePart {
        benefit,
        amount: money(amount),
        weighted: money(settle(methods::weighted(amount, claim.confidence.factor()))),
        unrealised: benefit == Benefit::CapacityFreed && claim.reinvested_in.value().is_empty(),
    }
}

/// What a stakeholder accepts: the parts and what was put into them. When either changes, a month is
/// no longer accepted.
fn digest(parts: &[ValuePart], inputs: &[ValueInput]) -> String {
    hex(&Sha256::digest(serde_json::json!([parts, inputs]).to_string()))
}

/// Names what is computed of several months: for a stakeholder who accepts what they saw.
pub fn fingerprint(months: &[(Month, String)]) -> String {
    let said: Vec<_> = months.iter().map(|(month, digest)| format!("{month} {digest}")).collect();
    hex(&Sha256::digest(said.join("\n")))
}

impl MonthValue {
    /// What a stakeholder accepts of it; none when it is unknown, or only told.
    pub fn to_accept(&self) -> Option<(Month, String)> {
        (self.unknown.is_none() && !self.inputs.is_empty()).then(|| (self.month, digest(&self.parts, &self.inputs)))
    }
}

/// The amount of a driver in force at the start of a month, in a currency.
fn amount_in_force(amounts: &[DriverAmount], name: &str, month: Month) -> Result<Money, String> {
    crate::kernel::dated::in_force(amounts, month.first_day())
        .map(DriverAmount::money)
        .ok_or_else(|| format!("no amount of \"{name}\" is in force in {month}"))
}

/// A figure as a result whose error is what is missing.
fn known<T>(figure: Figure<T>) -> Result<T, String> {
    match figure {
        Figure::Known(value) => Ok(value),
        Figure::Unknown(why) => Err(why),
    }
}

/// The day before another.
fn eve(day: chrono::NaiveDate) -> chrono::NaiveDate {
    day.checked_sub_days(Days::new(1)).unwrap_or(day)
}

#[cfg(test)]
mod tests;
