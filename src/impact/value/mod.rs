//! What a claim was worth, month by month: its method on the evidence of the month.

pub mod api;
mod evidence;
mod standing;
pub mod store;

pub use evidence::Grounds;
pub use standing::Standing;

use super::{
    Benefit, DriverAmount, ImpactClaim, ImpactMethod,
    methods::{self, Cost, Downtime, Habit, Stake},
};
use crate::kernel::{
    figure::Figure,
    http::hex,
    money::{Currency, Money, settle},
    month::Month,
};
use chrono::Days;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
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

/// What was computed of a baseline when the claim was saved, and is never computed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Frozen {
    Downtime { hours: Decimal, of_hours: Decimal, rows: Vec<ValueRow> },
    Habit { uses_per_month: Decimal, minutes_per_use: Decimal, rows: Vec<ValueRow> },
    Cost { labour: Decimal, other: Decimal, rows: Vec<ValueRow> },
    AnnualLoss { amount: Decimal, rows: Vec<ValueRow> },
    Unknown { why: String },
}

impl Frozen {
    /// The rows that the baseline rests on.
    pub fn rows(&self) -> &[ValueRow] {
        match self {
            Self::Downtime { rows, .. } | Self::Habit { rows, .. } => rows,
            Self::Cost { rows, .. } | Self::AnnualLoss { rows, .. } => rows,
            Self::Unknown { .. } => &[],
        }
    }
}

/// What the method makes of a month, before attribution.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Measured {
    parts: Vec<(Benefit, Decimal)>,
    inputs: Vec<ValueInput>,
    rows: Vec<ValueRow>,
}

/// Computes the baseline of a claim, to be kept with it. None for claims without a method.
pub fn freeze(claim: &ImpactClaim, grounds: &Grounds) -> Option<Frozen> {
    let frozen = match claim.method? {
        ImpactMethod::DowntimeAvoided => baseline(claim).and_then(|(from, to)| {
            let (down, rows) = grounds.downtime(&claim.inputs, from, to)?;
            Ok(Frozen::Downtime { hours: down.hours, of_hours: down.of, rows })
        }),
        ImpactMethod::TimeSaved => baseline(claim).and_then(|(_, to)| {
            let journey = grounds.journey(&claim.inputs, None, to.first_day())?;
            let rows = vec![ValueRow::of("journeys", &journey.id)];
            let (uses_per_month, minutes_per_use) = (journey.uses_per_month.get(), journey.minutes_per_use.get());
            Ok(Frozen::Habit { uses_per_month, minutes_per_use, rows })
        }),
        ImpactMethod::CostReduced => baseline(claim).and_then(|(from, to)| {
            let months = Decimal::from(from.until(to));
            let mut sum = Cost::default();
            for month in from.up_to(to) {
                let cost = grounds.cost(&claim.inputs, month)?;
                sum = Cost { labour: sum.labour + cost.labour, other: sum.other + cost.other };
            }
            let rows = vec![ValueRow::of("costs", component(claim))];
            Ok(Frozen::Cost { labour: settle(sum.labour / months), other: settle(sum.other / months), rows })
        }),
        ImpactMethod::RiskReduced => {
            let before = claim.baseline.as_ref().map_or(claim.from, |baseline| baseline.value().to);
            grounds.annual_loss(&claim.inputs, None, before.first_day()).map(|(amount, id)| {
                let rows = vec![ValueRow::of("risk-assessments", id)];
                Frozen::AnnualLoss { amount, rows }
            })
        }
    };
    Some(frozen.unwrap_or_else(|why| Frozen::Unknown { why }))
}

fn baseline(claim: &ImpactClaim) -> Result<(Month, Month), String> {
    let baseline = claim.baseline.as_ref().map(|baseline| baseline.value());
    baseline.map(|baseline| (baseline.from, baseline.to)).ok_or_else(|| "the claim has no baseline".to_owned())
}

fn component(claim: &ImpactClaim) -> &str {
    claim.inputs.component.as_deref().unwrap_or_default()
}

/// What the method makes of a month, or what is missing for it.
fn measure(claim: &ImpactClaim, frozen: &Frozen, grounds: &Grounds, month: Month) -> Result<Measured, String> {
    if month.bounds(grounds.zone).1 > grounds.now {
        return Err(format!("{month} is not over"));
    }
    let currency = grounds.currency;
    match frozen {
        Frozen::Unknown { why } => Err(format!("the baseline is unknown: {why}")),
        Frozen::Downtime { hours, of_hours, rows } => {
            let (actual, more) = grounds.downtime(&claim.inputs, month, month.next())?;
            let worth = grounds.driver(claim, month)?;
            let baseline = Downtime { hours: *hours, of: *of_hours };
            Ok(Measured {
                parts: vec![(claim.benefit, methods::downtime_avoided(baseline, actual, worth))],
                inputs: vec![
                    ValueInput::number("baseline_downtime", *hours, "hours"),
                    ValueInput::number("baseline_hours", *of_hours, "hours"),
                    ValueInput::number("downtime", actual.hours, "hours"),
                    ValueInput::number("month_hours", actual.of, "hours"),
                    ValueInput::number("revenue_per_hour", worth, currency),
                ],
                rows: rows.iter().cloned().chain(more).collect(),
            })
        }
        Frozen::Habit { uses_per_month, minutes_per_use, rows } => {
            let since = baseline(claim)?.1.first_day();
            let journey = grounds.journey(&claim.inputs, Some(since), month.next().first_day())?;
            let (people, population) = grounds.people(&claim.inputs, month)?;
            let worth = grounds.driver(claim, month)?;
            let old = Habit { uses_per_month: *uses_per_month, minutes_per_use: *minutes_per_use };
            let new =
                Habit { uses_per_month: journey.uses_per_month.get(), minutes_per_use: journey.minutes_per_use.get() };
            let more = [ValueRow::of("journeys", &journey.id), ValueRow::of("populations", population)];
            Ok(Measured {
                parts: vec![(claim.benefit, methods::time_saved(people, old, new, worth))],
                inputs: vec![
                    ValueInput::of("people", people, "people"),
                    ValueInput::number("baseline_uses_per_month", old.uses_per_month, "uses"),
                    ValueInput::number("uses_per_month", new.uses_per_month, "uses"),
                    ValueInput::number("baseline_minutes_per_use", old.minutes_per_use, "minutes"),
                    ValueInput::number("minutes_per_use", new.minutes_per_use, "minutes"),
                    ValueInput::number("hours_saved", methods::hours_saved(people, old, new), "hours"),
                    ValueInput::number("hour_of_work", worth, currency),
                ],
                rows: rows.iter().cloned().chain(more).collect(),
            })
        }
        Frozen::Cost { labour, other, rows } => {
            let actual = grounds.cost(&claim.inputs, month)?;
            let saved = methods::cost_reduced(Cost { labour: *labour, other: *other }, actual);
            let parts = [(Benefit::CashReleased, saved.other), (Benefit::CapacityFreed, saved.labour)];
            Ok(Measured {
                parts: parts.into_iter().filter(|(_, amount)| !amount.is_zero()).collect(),
                inputs: vec![
                    ValueInput::number("baseline_labour", *labour, currency),
                    ValueInput::number("baseline_other", *other, currency),
                    ValueInput::number("labour", actual.labour, currency),
                    ValueInput::number("other", actual.other, currency),
                ],
                rows: rows.clone(),
            })
        }
        Frozen::AnnualLoss { amount, rows } => {
            let until = month.next().first_day();
            let (after, assessment) = grounds.annual_loss(&claim.inputs, Some(claim.from.first_day()), until)?;
            Ok(Measured {
                parts: vec![(claim.benefit, methods::risk_reduced(*amount, after))],
                inputs: vec![
                    ValueInput::number("annual_loss_before", *amount, currency),
                    ValueInput::number("annual_loss_after", after, currency),
                ],
                rows: rows.iter().cloned().chain([ValueRow::of("risk-assessments", assessment)]).collect(),
            })
        }
    }
}

/// What evidence a claim rests on in a month, for telling whether others rest on it too: the rows,
/// and of what has no rows of its own, such as hours without an incident, what it is about.
fn rests_on(claim: &ImpactClaim, frozen: &Frozen, measured: Option<&Measured>) -> BTreeSet<String> {
    let inputs = &claim.inputs;
    let about = match claim.method {
        None => return BTreeSet::new(),
        Some(ImpactMethod::DowntimeAvoided) => {
            let measured_by = match &inputs.slo {
                Some(slo) => format!("slo {slo}"),
                None => format!("downtime {}", component(claim)),
            };
            // However it is measured: an hour in which a component was down is worth its amount once.
            let driver = claim.value_driver.as_deref().unwrap_or_default();
            vec![measured_by, format!("downtime {} at {driver}", component(claim))]
        }
        Some(ImpactMethod::TimeSaved) => {
            let name = |name: &Option<String>| name.clone().unwrap_or_default();
            vec![format!("journey {} {} {}", name(&inputs.persona), component(claim), name(&inputs.task))]
        }
        Some(ImpactMethod::CostReduced) => vec![format!("costs {}", component(claim))],
        Some(ImpactMethod::RiskReduced) => vec![format!("risk {}", inputs.risk.as_deref().unwrap_or_default())],
    };
    let of_month = measured.map(|measured| measured.rows.as_slice()).unwrap_or_default();
    // Everybody's population is nobody's evidence: it says how many there are, not what they gained.
    let rows = frozen.rows().iter().chain(of_month).filter(|row| row.kind != "populations");
    rows.map(|row| format!("{} {}", row.kind, row.id)).chain(about).collect()
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
                let rests_on = rests_on(claim, frozen.as_ref()?, known);
                Some(Stake { claim: &claim.id, share: claim.attribution.value().share.get(), rests_on })
            })
            .collect();
        let over = methods::over_attributed(&stakes);
        for (claim, _, measured) in &speaking {
            let shared_with: Vec<String> =
                over.get(claim.id.as_str()).into_iter().flatten().map(|id| (*id).to_owned()).collect();
            let value = value(claim, measured.as_ref(), month, shared_with, grounds);
            values.entry(claim.id.clone()).or_default().push(value);
        }
    }
    values
}

/// What was computed of a claim's baseline.
pub fn frozen_of(claim: &ImpactClaim) -> Option<Frozen> {
    claim.method?;
    let frozen = claim.frozen.as_ref().and_then(|frozen| serde_json::from_value(frozen.value().clone()).ok());
    Some(frozen.unwrap_or_else(|| Frozen::Unknown { why: "it was never computed".to_owned() }))
}

fn value(
    claim: &ImpactClaim,
    measured: Option<&Result<Measured, String>>,
    month: Month,
    shared_with: Vec<String>,
    grounds: &Grounds,
) -> MonthValue {
    let known = measured.and_then(|measured| measured.as_ref().ok());
    let parts: Vec<_> =
        known.iter().flat_map(|known| &known.parts).map(|part| part_of(claim, *part, grounds)).collect();
    let inputs = known.map(|known| known.inputs.clone()).unwrap_or_default();
    let as_accepted = grounds.accepted.get(&(claim.id.clone(), month)) == Some(&digest(&parts, &inputs));
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
