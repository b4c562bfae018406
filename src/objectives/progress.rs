//! How far a key result is: free of I/O.

use super::{CheckIn, Direction, KeyResult, Objective, ObjectiveStatus};
use crate::kernel::{
    figure::Figure,
    quantity::{Quantity, Ratio},
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A value, and the day that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    pub on: NaiveDate,
    pub value: Quantity,
}

/// (current − baseline) ÷ (target − baseline): 0 at the baseline, 1 at the target, whichever way is better. It is above
/// 1 beyond the target and below 0 where it got worse; nothing is cut off. None where target and baseline are the same,
/// which no key result can be.
pub fn progress(baseline: Quantity, target: Quantity, current: Quantity) -> Option<Decimal> {
    (current.get() - baseline.get()).checked_div(target.get() - baseline.get())
}

/// What counts for a key result on a day.
///
/// That is the check-in of the latest day by then. Once the objective is closed it is what was known when it was closed,
/// whatever is written down later; where nothing was known then, it may still be learnt from a day of its period
/// (`period_end` is the last), and from no later one. None where nothing was measured: that is not zero.
pub fn measured(
    objective: &Objective,
    key_result: &KeyResult,
    check_ins: &[CheckIn],
    period_end: NaiveDate,
    on: NaiveDate,
) -> Option<Measured> {
    let closed = objective.closed_on.is_some_and(|closed| closed <= on);
    if let (true, Some(closing)) = (closed, key_result.closing()) {
        return Some(closing);
    }
    let until = if closed { on.min(period_end) } else { on };
    let there = check_ins.iter().filter(|one| one.key_result == key_result.id && one.on <= until);
    there.max_by_key(|one| one.on).map(|one| Measured { on: one.on, value: one.value })
}

/// As of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProgressQuery {
    /// Check-ins of later days do not count; all count when left out.
    pub on: Option<NaiveDate>,
}

/// How far an objective is, key result by key result. No mean is made of them: they are not worth the same.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProgressView {
    /// The objective's id.
    pub objective: String,
    pub status: ObjectiveStatus,
    /// The day on which it was closed, from which on its values stand still; null while it is open.
    pub closed_on: Option<NaiveDate>,
    /// A row a key result, in the order in which they were set.
    pub items: Vec<ProgressRow>,
    /// Always null: they are answered at once.
    pub next_cursor: Option<String>,
}

/// How far a key result is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProgressRow {
    /// The key result's id.
    pub key_result: String,
    pub title: String,
    pub unit: String,
    pub direction: Direction,
    pub baseline: Quantity,
    pub target: Quantity,
    /// The value of the check-in of the latest day, or the one that it closed with; null where nothing was measured.
    #[schema(value_type = Option<f64>)]
    pub current: Option<Quantity>,
    /// The day of that value.
    pub current_on: Option<NaiveDate>,
    /// (current − baseline) ÷ (target − baseline): 0 is where it began, 1 the target; above 1 is more than was wanted,
    /// below 0 is worse than before. Null where nothing was measured, which is not 0.
    pub progress: Option<Ratio>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// How far a key result is, and by which value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub current: Option<Measured>,
    pub progress: Figure<Ratio>,
}

impl Progress {
    pub fn of(objective: &Objective, key_result: &KeyResult, current: Option<Measured>) -> Self {
        let share = |now: Measured| progress(key_result.baseline, key_result.target, now.value).map(Ratio);
        let why = || match objective.closed_on {
            Some(closed) => format!("nothing had been measured when the objective was closed on {closed}"),
            None => "nobody has measured it yet".to_owned(),
        };
        let progress = current.and_then(share).map_or_else(|| Figure::Unknown(why()), Figure::Known);
        Self { current, progress }
    }
}

impl ProgressRow {
    pub fn new(key_result: KeyResult, told: Progress) -> Self {
        Self {
            key_result: key_result.id,
            title: key_result.title,
            unit: key_result.unit,
            direction: key_result.direction,
            baseline: key_result.baseline,
            target: key_result.target,
            current: told.current.map(|current| current.value),
            current_on: told.current.map(|current| current.on),
            unknown: told.progress.why().map(ToOwned::to_owned),
            progress: told.progress.known(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{auth::ProductId, db::Head},
        objectives::{NewCheckIn, NewKeyResult, NewObjective},
    };
    use proptest::prelude::*;

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn progress_by_hand() {
        for (baseline, target, current, expected) in [
            ("0", "100", "40", "0.4"),
            ("40", "10", "25", "0.5"),
            ("40", "10", "10", "1"),
            ("40", "10", "4", "1.2"),
            ("40", "10", "46", "-0.2"),
            ("-10", "10", "0", "0.5"),
            ("99.5", "99.9", "99.8", "0.75"),
            ("-0.1", "-0.3", "-0.15", "0.25"),
            ("-8999999", "8999999", "8999999", "1"),
        ] {
            let share = progress(quantity(baseline), quantity(target), quantity(current)).unwrap();
            assert_eq!(share.normalize().to_string(), expected, "{baseline} → {target} at {current}");
        }
        assert_eq!(progress(quantity("1"), quantity("1"), quantity("1")), None);
    }

    struct Case {
        objective: Objective,
        key_result: KeyResult,
        check_ins: Vec<CheckIn>,
    }

    impl Case {
        fn on(&self, on: &str) -> Option<String> {
            let end = self.objective.period.last_day(1);
            measured(&self.objective, &self.key_result, &self.check_ins, end, day(on)).map(|one| one.value.to_string())
        }
    }

    fn case(values: &[(&str, &str)], closed_on: Option<&str>) -> Case {
        let product = ProductId::known("p".to_owned());
        let objective = NewObjective {
            title: "x".to_owned(),
            rationale: String::new(),
            period: "2026-Q3".parse().unwrap(),
            status: if closed_on.is_some() { ObjectiveStatus::Missed } else { ObjectiveStatus::Active },
            strategy_version: None,
        };
        let objective = objective.into_row(&product, None, day(closed_on.unwrap_or("2026-01-01")), Head::trial());
        let new = NewKeyResult {
            title: "x".to_owned(),
            unit: String::new(),
            baseline: Quantity::ZERO,
            target: Quantity::ONE,
            direction: None,
        };
        let key_result = new.into_row(&product, "o", Head::trial()).unwrap();
        let row = |(on, value): &(&str, &str)| {
            let new = NewCheckIn { on: day(on), value: quantity(value), note: String::new() };
            new.into_row(&product, &key_result.id, Head::trial())
        };
        let check_ins = values.iter().map(row).collect();
        Case { objective, key_result, check_ins }
    }

    #[test]
    fn the_latest_day_counts_and_nothing_is_made_up() {
        let open = case(&[("2026-08-03", "2"), ("2026-07-06", "1"), ("2026-10-05", "3")], None);
        let told = ["2026-07-05", "2026-07-06", "2026-08-02", "2026-08-03", "2026-12-31"].map(|on| open.on(on));
        assert_eq!(told, [None, Some("1".into()), Some("1".into()), Some("2".into()), Some("3".into())]);
    }

    #[test]
    fn what_was_known_at_the_closing_stands() {
        let mut closed = case(&[("2026-08-03", "2"), ("2026-10-05", "3")], Some("2026-10-01"));
        let kept = Measured { on: day("2026-08-03"), value: quantity("7") };
        closed.key_result = closed.key_result.closed_with(Some(kept), Head::trial());
        assert_eq!(closed.on("2026-12-31").as_deref(), Some("7"));
        assert_eq!(closed.on("2026-09-30").as_deref(), Some("2"), "what was told of a day before it was closed");
        closed.key_result = closed.key_result.closed_with(None, Head::trial());
        assert_eq!(closed.on("2026-12-31").as_deref(), Some("2"), "learnt later, of a day in the period");
    }

    fn any_quantity() -> impl proptest::strategy::Strategy<Value = Quantity> {
        (-8_999_999_i64..=8_999_999, 0_i64..1_000_000)
            .prop_map(|(whole, part)| format!("{whole}.{part:06}").parse().unwrap_or(Quantity::ONE))
    }

    proptest! {
        /// From its share one comes back to the value, wherever that is: nothing is cut off.
        #[test]
        fn progress_is_the_share_of_the_way(
            baseline in any_quantity(), target in any_quantity(), current in any_quantity()
        ) {
            prop_assume!(baseline != target);
            let share = progress(baseline, target, current).unwrap();
            let back = baseline.get() + share * (target.get() - baseline.get());
            prop_assert_eq!(back.round_dp(6), current.get().round_dp(6));
            prop_assert_eq!(progress(baseline, target, baseline).unwrap(), Decimal::ZERO);
            prop_assert_eq!(progress(baseline, target, target).unwrap(), Decimal::ONE);
        }

        /// Better is more, in either direction; beyond the target is above 1, worse than the baseline below 0.
        #[test]
        fn better_is_more(baseline in any_quantity(), target in any_quantity(), one in any_quantity(), two in any_quantity()) {
            prop_assume!(baseline != target && one != two);
            let up = baseline < target;
            let share = |value| progress(baseline, target, value).unwrap();
            prop_assert_eq!(share(one) < share(two), (one < two) == up);
            prop_assert_eq!(share(one) > Decimal::ONE, if up { one > target } else { one < target });
            prop_assert_eq!(share(one) < Decimal::ZERO, if up { one < baseline } else { one > baseline });
        }

        /// Measured with a sign the other way round, it is as far.
        #[test]
        fn a_decrease_is_an_increase_of_the_opposite(
            baseline in any_quantity(), target in any_quantity(), current in any_quantity()
        ) {
            prop_assume!(baseline != target);
            let opposite = |value: Quantity| Quantity::from_parts(-value.parts());
            prop_assert_eq!(
                progress(baseline, target, current),
                progress(opposite(baseline), opposite(target), opposite(current))
            );
        }
    }
}
