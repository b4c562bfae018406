//! What each method makes of a month.

use super::{Frozen, Grounds, ValueInput, ValueRow, baseline};
use crate::{
    impact::{
        Benefit, ImpactClaim,
        methods::{self, Cost, Downtime, Habit},
    },
    kernel::month::Month,
};
use rust_decimal::Decimal;

/// What the method makes of a month, before attribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Measured {
    pub parts: Vec<(Benefit, Decimal)>,
    pub inputs: Vec<ValueInput>,
    pub rows: Vec<ValueRow>,
}

/// What the method makes of a month, or what is missing for it.
pub(super) fn measure(
    claim: &ImpactClaim,
    frozen: &Frozen,
    grounds: &Grounds,
    month: Month,
) -> Result<Measured, String> {
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
                parts: vec![(claim.benefit, told(methods::downtime_avoided(baseline, actual, worth))?)],
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
                parts: vec![(claim.benefit, told(methods::time_saved(people, old, new, worth))?)],
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
                parts: vec![(claim.benefit, told(Some(methods::risk_reduced(*amount, after)))?)],
                inputs: vec![
                    ValueInput::number("annual_loss_before", *amount, currency),
                    ValueInput::number("annual_loss_after", after, currency),
                ],
                rows: rows.iter().cloned().chain([ValueRow::of("risk-assessments", assessment)]).collect(),
            })
        }
        Frozen::Metric { value, direction, rows } => {
            let (now, unit) = grounds.check_in(&claim.inputs, (month, month.next()))?;
            let worth = grounds.driver(claim, month)?;
            let changed = told(methods::metric_changed(*value, now.value.get(), *direction, worth))?;
            Ok(Measured {
                parts: vec![(claim.benefit, changed)],
                inputs: vec![
                    ValueInput::number("baseline_value", *value, unit),
                    ValueInput::number("value", now.value.get(), unit),
                    ValueInput::of("direction", direction.sign(), "sign"),
                    ValueInput::number("amount_per_unit", worth, currency),
                ],
                rows: rows.iter().cloned().chain([ValueRow::of("check-ins", &now.id)]).collect(),
            })
        }
    }
}

/// An amount that money can be: up to twelve digits before the point.
fn told(amount: Option<Decimal>) -> Result<Decimal, String> {
    let limit = Decimal::from(1_000_000_000_000_i64);
    amount.filter(|amount| amount.abs() < limit).ok_or_else(|| "it comes to more than can be told".to_owned())
}
