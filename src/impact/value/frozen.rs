//! What a month is compared with: computed when the claim is saved, and kept.

use super::{Grounds, ValueRow, baseline, component};
use crate::{
    impact::{ImpactClaim, ImpactMethod, methods::Cost},
    kernel::money::settle,
    objectives::Direction,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What was computed of a baseline when the claim was saved, and is never computed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Frozen {
    Downtime {
        hours: Decimal,
        of_hours: Decimal,
        rows: Vec<ValueRow>,
    },
    Habit {
        uses_per_month: Decimal,
        minutes_per_use: Decimal,
        rows: Vec<ValueRow>,
    },
    Cost {
        labour: Decimal,
        other: Decimal,
        rows: Vec<ValueRow>,
    },
    AnnualLoss {
        amount: Decimal,
        rows: Vec<ValueRow>,
    },
    /// With the direction that was the better one then.
    Metric {
        value: Decimal,
        direction: Direction,
        rows: Vec<ValueRow>,
    },
    Unknown {
        why: String,
    },
}

impl Frozen {
    /// The rows that the baseline rests on.
    pub fn rows(&self) -> &[ValueRow] {
        match self {
            Self::Downtime { rows, .. } | Self::Habit { rows, .. } => rows,
            Self::Cost { rows, .. } | Self::AnnualLoss { rows, .. } | Self::Metric { rows, .. } => rows,
            Self::Unknown { .. } => &[],
        }
    }
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
        ImpactMethod::MetricChanged => grounds.metric(&claim.inputs, baseline(claim).ok()),
    };
    Some(frozen.unwrap_or_else(|why| Frozen::Unknown { why }))
}

/// What was computed of a claim's baseline.
pub fn frozen_of(claim: &ImpactClaim) -> Option<Frozen> {
    claim.method?;
    let frozen = claim.frozen.as_ref().and_then(|frozen| serde_json::from_value(frozen.value().clone()).ok());
    Some(frozen.unwrap_or_else(|| Frozen::Unknown { why: "it was never computed".to_owned() }))
}
