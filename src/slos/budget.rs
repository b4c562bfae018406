//! The arithmetic of error budgets, free of I/O: what was measured, judged against a target.
//!
//! The budget belongs to the whole window, so that it is spent and never shrinks by itself.
//! Sources: *Site Reliability Engineering* ch. 3 and *The Site Reliability Workbook* ch. 2 and 5
//! (Google); the methods are those of OpenSLO v1.

use super::window::Span;
use crate::text_enum;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::{iter::Sum, ops::Add};

text_enum! {
    /// How good and bad are counted.
    pub enum BudgetingMethod {
        /// Events.
        Occurrences = "occurrences",
        /// Slices of time, good when enough of their events are.
        Timeslices = "timeslices",
        /// Slices of time, each as good as its share of good events.
        RatioTimeslices = "ratio_timeslices",
    }
}

/// How many parts a slice's ratio is kept in: 10¹².
const PARTS: i128 = 1_000_000_000_000;

/// What the buckets of some stretch of time add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Buckets of which anything is known, also that nothing happened in them.
    pub buckets: i64,
    /// Buckets with events: a bucket is a slice.
    pub slices: i64,
    /// Slices whose ratio reaches the slice target.
    pub good_slices: i64,
    /// The ratios of all slices, each rounded to 10⁻¹², in such parts.
    pub ratios: i64,
    pub good: i64,
    pub total: i64,
}

impl Tally {
    /// One bucket. `slice_target` is in 10⁻¹² parts; without one every slice without a bad event is good.
    pub fn bucket(good: i64, total: i64, slice_target: Option<i64>) -> Self {
        if total == 0 {
            return Self { buckets: 1, ..Self::default() };
        }
        let (exact, of) = (i128::from(good) * PARTS, i128::from(total));
        let target = slice_target.map_or(PARTS, i128::from);
        // Half to even, as everything that is rounded here.
        let (whole, rest) = (exact / of, exact % of * 2);
        let up = rest > of || (rest == of && whole % 2 == 1);
        Self {
            buckets: 1,
            slices: 1,
            good_slices: i64::from(exact >= target * of),
            ratios: i64::try_from(whole).unwrap_or_default() + i64::from(up),
            good,
            total,
        }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            buckets: self.buckets + other.buckets,
            slices: self.slices + other.slices,
            good_slices: self.good_slices + other.good_slices,
            ratios: self.ratios + other.ratios,
            good: self.good + other.good,
            total: self.total + other.total,
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// How a promise is counted: what does not change once there is data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub method: BudgetingMethod,
    pub bucket_seconds: i64,
    pub rolling: bool,
}

impl Terms {
    /// The service level indicator, 0 to 1: Σ good ÷ Σ total, or good slices ÷ slices with data, or
    /// the mean of the slices' ratios. None without data.
    pub fn sli(self, tally: Tally) -> Option<Decimal> {
        let (good, of) = self.counted(tally);
        (!of.is_zero()).then(|| good / of)
    }

    /// What is good, and of how much: events, or slices.
    fn counted(self, tally: Tally) -> (Decimal, Decimal) {
        match self.method {
            BudgetingMethod::Occurrences => (tally.good.into(), tally.total.into()),
            BudgetingMethod::Timeslices => (tally.good_slices.into(), tally.slices.into()),
            BudgetingMethod::RatioTimeslices => (Decimal::new(tally.ratios, 12), tally.slices.into()),
        }
    }

    /// Burn rate: (1 − SLI) ÷ (1 − target). 1 spends exactly the budget over the window. None without data.
    pub fn burn_rate(self, tally: Tally, target: Decimal) -> Option<Decimal> {
        self.sli(tally).map(|sli| (Decimal::ONE - sli) / (Decimal::ONE - target))
    }

    /// Judges what was measured in a window up to `at`. None when nothing was.
    pub fn judge(self, tally: Tally, target: Decimal, window: Span, at: DateTime<Utc>) -> Option<Judgement> {
        let sli = self.sli(tally)?;
        let (good, of) = self.counted(tally);
        let share = Decimal::ONE - target;
        let bad = of - good;
        let running = !self.rolling && at < window.to;
        let slices = window.buckets(self.bucket_seconds);
        let expected = match self.method {
            BudgetingMethod::Occurrences if running => of * (Decimal::ONE + self.to_come(tally, window, at)),
            BudgetingMethod::Occurrences => of,
            _ => slices.into(),
        };
        let allowed = share * expected;
        let elapsed = window.until(at).buckets(self.bucket_seconds);
        Some(Judgement {
            sli,
            share,
            bad,
            allowed,
            consumed: bad / allowed,
            consumed_to_date: (Decimal::ONE - sli) / share,
            met: if running { None } else { self.met(tally, bad, allowed, share, slices) },
            coverage: if elapsed == 0 { Decimal::ZERO } else { Decimal::from(tally.slices) / Decimal::from(elapsed) },
            projected: running && self.method == BudgetingMethod::Occurrences,
            window_seconds: window.seconds(),
        })
    }

    /// The time that is still to come in the window ÷ the time of which there is data.
    fn to_come(self, tally: Tally, window: Span, at: DateTime<Utc>) -> Decimal {
        let to_come = Decimal::from((window.to - at).num_seconds());
        to_come / Decimal::from(tally.slices * self.bucket_seconds)
    }

    /// Whether the promise was kept; none when slices are missing that, had they been bad, would
    /// change it. Of missing events it is assumed that there were as many as in the other slices.
    fn met(self, tally: Tally, bad: Decimal, allowed: Decimal, share: Decimal, slices: i64) -> Option<bool> {
        if bad > allowed {
            return Some(false);
        }
        let worst = match self.method {
            BudgetingMethod::Occurrences => {
                let missing = Decimal::from((slices - tally.buckets).max(0));
                let events = missing * Decimal::from(tally.total) / Decimal::from(tally.slices);
                bad + events > share * (Decimal::from(tally.total) + events)
            }
            _ => bad + Decimal::from((slices - tally.slices).max(0)) > allowed,
        };
        (!worst).then_some(true)
    }
}

/// A promise as it was kept over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// 0 to 1.
    pub sli: Decimal,
    /// 1 − target: the share that may be bad.
    pub share: Decimal,
    /// Bad events, or slices.
    pub bad: Decimal,
    /// How many of them the whole window allows.
    pub allowed: Decimal,
    /// Bad ÷ allowed; more than 1 when overspent.
    pub consumed: Decimal,
    /// (1 − SLI) ÷ (1 − target): consumed, were the window only as long as what was measured.
    pub consumed_to_date: Decimal,
    /// Remaining ≥ 0; none while a calendar window runs, and when missing slices could change it.
    pub met: Option<bool>,
    /// Slices with data ÷ slices that have passed.
    pub coverage: Decimal,
    /// Whether `allowed` rests on events that are still expected.
    pub projected: bool,
    window_seconds: i64,
}

impl Judgement {
    /// 1 − consumed; negative when overspent, never clamped.
    pub fn remaining(&self) -> Decimal {
        Decimal::ONE - self.consumed
    }

    /// What remains, as minutes of complete failure: (1 − target) × window × remaining.
    pub fn minutes(&self) -> Decimal {
        self.share * Decimal::from(self.window_seconds) / Decimal::from(60) * self.remaining()
    }

    /// What remains, in events or slices.
    pub fn events(&self) -> Decimal {
        self.allowed - self.bad
    }

    /// How long the remaining budget lasts at a burn rate, in seconds: remaining × window ÷ burn.
    pub fn lasts(&self, burn: Decimal) -> Option<Decimal> {
        let lasts = !burn.is_zero() && self.remaining() > Decimal::ZERO;
        lasts.then(|| self.remaining() * Decimal::from(self.window_seconds) / burn)
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
