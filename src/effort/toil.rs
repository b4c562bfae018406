//! How much of the time went into toil, month by month, and where that leads.
//!
//! Toil share = (toil + on_call + incident_response + support) ÷ all hours, and the line is a half: Google's *Site
//! Reliability Engineering*, ch. 5, caps operational work at 50 % of a team's time, and counts interrupts, on-call
//! and releases into it. Exactly a half is not over the line.

use super::{
    EffortShare, WorkKind,
    answers::{Piece, missing_until, pieces, written},
};
use crate::{
    kernel::{
        failure::Failure,
        figure::Figure,
        money::Quantity,
        month::{Month, MonthSpan},
        quantity::Ratio,
    },
    products::TeamMember,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Of what a team may spend on toil.
pub const LINE: Decimal = Decimal::from_parts(5, 0, 0, false, 1);
/// From how many months on a trend is told: two always lie on a line.
const LEAST: usize = 3;

/// The months that an answer spans.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SpanQuery {
    /// The first month; twelve before `to` when left out.
    #[param(inline)]
    from: Option<Month>,
    /// The month after the last; the present one when left out.
    #[param(inline)]
    to: Option<Month>,
}

impl SpanQuery {
    /// # Errors
    /// 422 for an empty or endless span.
    pub fn checked(&self, today: NaiveDate) -> Result<MonthSpan, Failure> {
        let mut faults = Vec::new();
        let span = MonthSpan::asked(self.from, self.to, today, &mut faults);
        Failure::unless_empty(faults).map(|()| span)
    }
}

/// Toil, month by month.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToilView {
    #[schema(inline)]
    pub from: Month,
    #[schema(inline)]
    pub to: Month,
    /// The share that is not to be passed: 0.5.
    pub line: Ratio,
    /// Of the whole span.
    pub total: Toil,
    /// How many weeks of persons, of those that are over, nobody wrote down; a week in two months counts once.
    #[schema(value_type = u64)]
    pub weeks_missing: usize,
    pub trend: ToilTrend,
    pub items: Vec<ToilMonth>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// How much of some time was toil. All of it is null when no effort is written down for it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Toil {
    /// All hours, to six digits after the point.
    #[schema(value_type = Option<f64>)]
    pub hours: Option<Quantity>,
    /// The four kinds together.
    #[schema(value_type = Option<f64>)]
    pub toil_hours: Option<Quantity>,
    pub kinds: Option<ToilKinds>,
    /// `toil_hours` ÷ `hours`.
    pub share: Option<Ratio>,
    /// Whether the share is more than `line`.
    pub over_line: Option<bool>,
    /// What is missing, when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// The hours of the kinds that are toil.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ToilKinds {
    #[schema(value_type = f64)]
    pub toil: Quantity,
    #[schema(value_type = f64)]
    pub on_call: Quantity,
    #[schema(value_type = f64)]
    pub incident_response: Quantity,
    #[schema(value_type = f64)]
    pub support: Quantity,
}

/// A month's toil.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToilMonth {
    #[schema(inline)]
    pub month: Month,
    #[serde(flatten)]
    pub toil: Toil,
    /// In percentage points, against the last month before it whose share is known; null for the first.
    #[schema(value_type = Option<f64>)]
    pub change: Option<Quantity>,
    /// How many weeks of persons with a working day in the month, of those that are over, nobody wrote down.
    #[schema(value_type = u64)]
    pub weeks_missing: usize,
}

/// Where the share leads, over the months in which it is known.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct ToilTrend {
    /// How many months are known.
    #[schema(value_type = u64)]
    pub months: usize,
    /// The slope of the line of least squares through their shares, in percentage points a month: Σ(x − x̄)(y − ȳ) ÷
    /// Σ(x − x̄)², x counting calendar months. Null for fewer than three.
    #[schema(value_type = Option<f64>)]
    pub slope: Option<Quantity>,
    /// The last known month against the known one before it, in percentage points; null for fewer than two.
    #[schema(value_type = Option<f64>)]
    pub change: Option<Quantity>,
}

impl Toil {
    /// Of the pieces of some time.
    pub fn of(pieces: &[Piece<'_>], when: &str) -> Self {
        let of = |kind: WorkKind| -> Decimal {
            pieces.iter().filter(|piece| piece.share.kind == kind).map(|piece| piece.hours).sum()
        };
        let all = written(pieces, |_| true, when);
        let toil = written(pieces, |piece| piece.share.kind.is_toil(), when);
        let share = match (&all, &toil) {
            (Figure::Known(all), Figure::Known(toil)) if !all.is_zero() => Figure::Known(*toil / *all),
            (Figure::Known(_), _) => Figure::Unknown("no hours were worked".to_owned()),
            (Figure::Unknown(why), _) => Figure::Unknown(why.clone()),
        };
        let unknown = share.why().map(ToOwned::to_owned);
        let share = share.known();
        Self {
            kinds: all.as_ref().known().map(|_| ToilKinds {
                toil: Quantity::rounded(of(WorkKind::Toil)),
                on_call: Quantity::rounded(of(WorkKind::OnCall)),
                incident_response: Quantity::rounded(of(WorkKind::IncidentResponse)),
                support: Quantity::rounded(of(WorkKind::Support)),
            }),
            hours: all.known().map(Quantity::rounded),
            toil_hours: toil.known().map(Quantity::rounded),
            share: share.map(Ratio),
            over_line: share.map(|share| share > LINE),
            unknown,
        }
    }
}

impl ToilView {
    pub fn new(shares: &[EffortShare], team: &[TeamMember], span: MonthSpan, today: NaiveDate) -> Self {
        let MonthSpan { from, to } = span;
        let mut by_month: Vec<(Month, Vec<Piece<'_>>)> = span.months().map(|month| (month, Vec::new())).collect();
        let all = pieces(shares, team, span);
        let total = Toil::of(&all, &format!("the months from {from} to before {to}"));
        for piece in all {
            let at = usize::try_from(from.until(piece.month)).unwrap_or_default();
            if let Some((_, mine)) = by_month.get_mut(at) {
                mine.push(piece);
            }
        }
        let gaps = missing_until(shares, team, span.weeks(), today);
        let mut items: Vec<ToilMonth> = Vec::with_capacity(by_month.len());
        for (month, mine) in by_month {
            let toil = Toil::of(&mine, month.as_text());
            let before = items.iter().rev().find_map(|one| one.toil.share);
            let change = toil.share.zip(before).map(|(now, before)| points(now.0 - before.0));
            let weeks_missing = gaps.iter().filter(|gap| gap.week.working_days_in(month) > 0).count();
            items.push(ToilMonth { month, toil, change, weeks_missing });
        }
        let trend = ToilTrend::of(&items);
        Self { from, to, line: Ratio(LINE), total, weeks_missing: gaps.len(), trend, items, next_cursor: None }
    }
}

impl ToilTrend {
    fn of(items: &[ToilMonth]) -> Self {
        let known: Vec<(Decimal, Decimal)> = (0_i64..)
            .zip(items)
            .filter_map(|(at, one)| one.toil.share.map(|share| (Decimal::from(at), share.0)))
            .collect();
        let change = items.iter().rev().find(|one| one.toil.share.is_some()).and_then(|one| one.change);
        Self { months: known.len(), slope: slope(&known).map(points), change }
    }
}

/// Of the line of least squares.
fn slope(known: &[(Decimal, Decimal)]) -> Option<Decimal> {
    if known.len() < LEAST {
        return None;
    }
    let count = Decimal::from(known.len());
    let mean = |of: fn(&(Decimal, Decimal)) -> Decimal| known.iter().map(of).sum::<Decimal>() / count;
    let (x, y) = (mean(|one| one.0), mean(|one| one.1));
    let together: Decimal = known.iter().map(|one| (one.0 - x) * (one.1 - y)).sum();
    let apart: Decimal = known.iter().map(|one| (one.0 - x) * (one.0 - x)).sum();
    Some(together / apart)
}

/// A share as percentage points, to six digits after the point.
fn points(share: Decimal) -> Quantity {
    Quantity::rounded(share * Decimal::ONE_HUNDRED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_is_the_line_of_least_squares_and_needs_three_months() {
        let known = |list: &[(i64, i64)]| -> Vec<(Decimal, Decimal)> {
            list.iter().map(|(x, y)| (Decimal::from(*x), Decimal::new(*y, 2))).collect()
        };
        assert_eq!(slope(&known(&[(0, 50), (1, 40)])), None);
        assert_eq!(slope(&known(&[(0, 50), (1, 40), (2, 30)])), Some(Decimal::new(-10, 2)));
        // A month of which nothing is known leaves its place free: (0, 0.2), (1, 0.3), (3, 0.5).
        assert_eq!(slope(&known(&[(0, 20), (1, 30), (3, 50)])).map(points), Some("10".parse().unwrap()));
        // x̄ = 1.5, ȳ = 0.25: (−1.5 × −0.05 − 0.5 × 0.15 + 0.5 × −0.15 + 1.5 × 0.05) ÷ 5 = 0.
        assert_eq!(slope(&known(&[(0, 20), (1, 40), (2, 10), (3, 30)])), Some(Decimal::ZERO));
    }
}
