//! How a promise stands at a moment, and how its budget went.

use super::{Slo, SloTarget, Span, Tally, Window};
use crate::{
    kernel::{
        clock::Instant,
        month::{Month, start_of},
        quantity::Ratio,
    },
    text_enum,
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::Serialize;
use utoipa::ToSchema;

/// How a promise stands at a moment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Status {
    /// The SLO's key.
    pub slo: String,
    pub at: Instant,
    /// Whether nothing was measured in the window: then nothing else is known either.
    pub no_data: bool,
    /// 0 to 1.
    pub sli: Option<Ratio>,
    /// The target that the window is judged by.
    pub target: Ratio,
    /// Whether the promise was kept: null while a calendar window runs, without data, and when
    /// missing slices could change it.
    pub met: Option<bool>,
    pub window: WindowView,
    /// The part of the window that has passed, 0 to 1.
    pub elapsed: Ratio,
    /// Slices with data ÷ slices that have passed, 0 to 1.
    pub coverage: Ratio,
    pub budget: Option<BudgetView>,
    pub burn_rates: BurnRates,
    pub alerts: Vec<Alert>,
    /// When the budget is spent if it burns on as in the last day.
    pub exhausts_at: Option<Instant>,
    /// Whether nothing of the budget remains.
    pub exhausted: bool,
}

/// The half-open time that is judged.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct WindowView {
    pub from: Instant,
    pub to: Instant,
}

impl From<Span> for WindowView {
    fn from(span: Span) -> Self {
        Self { from: span.from.into(), to: span.to.into() }
    }
}

/// What is left of what may go wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BudgetView {
    /// 1 − target.
    pub share: Ratio,
    /// Bad ÷ allowed over the whole window.
    pub consumed: Ratio,
    /// (1 − SLI) ÷ (1 − target): of the window so far.
    pub consumed_to_date: Ratio,
    /// 1 − consumed; negative when overspent.
    pub remaining: Ratio,
    /// What remains, as minutes of complete failure.
    pub minutes: Ratio,
    /// What remains, in events, or in slices where slices are counted.
    pub events: Ratio,
    /// Whether the events that are still to come were estimated.
    pub projected: bool,
}

/// How fast the budget burns: 1 spends it exactly over the window. Null without data, also when the
/// time is shorter than a bucket.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct BurnRates {
    #[serde(rename = "5m")]
    pub five_minutes: Option<Ratio>,
    #[serde(rename = "30m")]
    pub half_hour: Option<Ratio>,
    #[serde(rename = "1h")]
    pub hour: Option<Ratio>,
    #[serde(rename = "2h")]
    pub two_hours: Option<Ratio>,
    #[serde(rename = "6h")]
    pub six_hours: Option<Ratio>,
    #[serde(rename = "1d")]
    pub day: Option<Ratio>,
    #[serde(rename = "3d")]
    pub three_days: Option<Ratio>,
}

text_enum! {
    /// What an alert asks for.
    pub enum AlertSeverity {
        /// Someone now.
        Page = "page",
        /// Someone in the next days.
        Ticket = "ticket",
    }
}

/// Whether the budget burns so fast that somebody should know.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Alert {
    pub severity: AlertSeverity,
    /// The long window, such as `1h`.
    pub long: &'static str,
    /// The short window that must burn as well, so that the alert ends soon after the trouble.
    pub short: &'static str,
    /// The burn rate that both must exceed: share of budget × period ÷ long window.
    pub threshold: Ratio,
    /// Null when one of them has no data.
    pub firing: Option<bool>,
    /// Whether even complete failure burns no faster.
    pub unreachable: bool,
}

/// Severity, share of the budget in hundredths, long window and short window, as indices of [`LOOK_BACK`].
///
/// Sources: *The Site Reliability Workbook* (Google), ch. 5, table 5-8, for the first two and the last;
/// the third is Sloth's.
const ALERTS: [(AlertSeverity, i64, usize, usize); 4] = [
    (AlertSeverity::Page, 2, 2, 0),
    (AlertSeverity::Page, 5, 4, 1),
    (AlertSeverity::Ticket, 10, 5, 3),
    (AlertSeverity::Ticket, 10, 6, 4),
];

/// The windows that burn rates are looked at over, in seconds.
pub const LOOK_BACK: [(&str, i64); 7] =
    [("5m", 300), ("30m", 1800), ("1h", 3600), ("2h", 7200), ("6h", 21_600), ("1d", 86_400), ("3d", 259_200)];

/// Of [`LOOK_BACK`], the day.
const DAY: usize = 5;

impl Status {
    /// What the measurements say. `tally` tells what was measured in a stretch of time.
    ///
    /// # Errors
    /// Those of `tally`.
    pub fn at<E>(
        slo: &Slo,
        targets: &[SloTarget],
        at: DateTime<Utc>,
        zone: Tz,
        mut tally: impl FnMut(Span) -> Result<Tally, E>,
    ) -> Result<Self, E> {
        let window = slo.window.value().at(at, zone);
        let target = slo.target_on(targets, slo.window.value().judged_on(window, zone));
        let terms = slo.terms();
        let judged = terms.judge(tally(window.until(at))?, target, window, at);
        let mut burn: [Option<Decimal>; LOOK_BACK.len()] = [None; LOOK_BACK.len()];
        for (rate, (_, seconds)) in burn.iter_mut().zip(LOOK_BACK) {
            if seconds >= slo.bucket_seconds {
                let span = Span { from: at - TimeDelta::seconds(seconds), to: at };
                *rate = terms.burn_rate(tally(span)?, target);
            }
        }
        let exhausted = judged.is_some_and(|judged| judged.remaining() <= Decimal::ZERO);
        Ok(Self {
            slo: slo.key.to_string(),
            at: at.into(),
            no_data: judged.is_none(),
            sli: judged.map(|judged| Ratio(judged.sli)),
            target: Ratio(target),
            met: judged.and_then(|judged| judged.met),
            window: window.into(),
            elapsed: Ratio(Decimal::from(window.until(at).seconds()) / Decimal::from(window.seconds())),
            coverage: Ratio(judged.map_or(Decimal::ZERO, |judged| judged.coverage)),
            budget: judged.map(|judged| BudgetView {
                share: Ratio(judged.share),
                consumed: Ratio(judged.consumed),
                consumed_to_date: Ratio(judged.consumed_to_date),
                remaining: Ratio(judged.remaining()),
                minutes: Ratio(judged.minutes()),
                events: Ratio(judged.events()),
                projected: judged.projected,
            }),
            burn_rates: BurnRates {
                five_minutes: burn[0].map(Ratio),
                half_hour: burn[1].map(Ratio),
                hour: burn[2].map(Ratio),
                two_hours: burn[3].map(Ratio),
                six_hours: burn[4].map(Ratio),
                day: burn[5].map(Ratio),
                three_days: burn[6].map(Ratio),
            },
            alerts: alerts(window, target, &burn),
            exhausts_at: judged
                .and_then(|judged| judged.lasts(burn[DAY]?))
                .and_then(|seconds| exhausts(*slo.window.value(), window, at, seconds, burn[DAY]?)),
            exhausted,
        })
    }
}

fn alerts(window: Span, target: Decimal, burn: &[Option<Decimal>]) -> Vec<Alert> {
    let alert = |(severity, share, long, short): (AlertSeverity, i64, usize, usize)| {
        let threshold = Decimal::new(share, 2) * Decimal::from(window.seconds()) / Decimal::from(LOOK_BACK[long].1);
        let exceeds = |rate: Option<Decimal>| rate.map(|rate| rate > threshold);
        Alert {
            severity,
            long: LOOK_BACK[long].0,
            short: LOOK_BACK[short].0,
            threshold: Ratio(threshold),
            firing: exceeds(burn[long]).zip(exceeds(burn[short])).map(|(long, short)| long && short),
            unreachable: threshold * (Decimal::ONE - target) >= Decimal::ONE,
        }
    };
    ALERTS.into_iter().map(alert).collect()
}

/// None past a calendar window's end, because a new budget begins there, and for a rolling window
/// that gets back at least as much as it burns.
fn exhausts(kind: Window, window: Span, at: DateTime<Utc>, seconds: Decimal, burn: Decimal) -> Option<Instant> {
    let then = at.checked_add_signed(TimeDelta::try_seconds(seconds.round().to_i64()?)?)?;
    let lasts = if kind.is_rolling() { burn <= Decimal::ONE } else { then >= window.to };
    (!lasts).then(|| then.into())
}

/// Which budget a burn-down is asked of: a day, or a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BurndownWindow {
    Day(NaiveDate),
    Month(Month),
}

impl std::str::FromStr for BurndownWindow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = |text: &str| text.parse().ok().filter(|day: &NaiveDate| day.to_string() == text).map(Self::Day);
        text.parse()
            .map(Self::Month)
            .ok()
            .or_else(|| day(text))
            .ok_or_else(|| format!("'{text}' is neither a day such as 2026-10-31 nor a month such as 2026-10"))
    }
}

impl BurndownWindow {
    /// Its last day.
    fn day(self) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::Month(month) => month.next().first_day() - Days::new(1),
        }
    }
}

/// How a budget went, day by day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Burndown {
    /// The SLO's key.
    pub slo: String,
    pub target: Ratio,
    pub window: WindowView,
    pub points: Vec<BurndownPoint>,
}

/// What remained at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct BurndownPoint {
    pub at: Instant,
    /// 1 − consumed; negative when overspent. Null without data.
    pub remaining: Option<Ratio>,
}

impl Burndown {
    /// A calendar window is measured against the budget that it has in the end, or is expected to
    /// have, so that its line only falls. A rolling one has a window of its own for each point.
    ///
    /// `days` tells what was measured on each day of a stretch; the last may not be over yet.
    ///
    /// # Errors
    /// Those of `days`.
    pub fn of<E>(
        slo: &Slo,
        targets: &[SloTarget],
        wanted: Option<BurndownWindow>,
        now: DateTime<Utc>,
        zone: Tz,
        mut days: impl FnMut(Span) -> Result<Vec<(DateTime<Utc>, Tally)>, E>,
    ) -> Result<Self, E> {
        let kind = *slo.window.value();
        let end = wanted.map_or(now, |wanted| start_of(wanted.day() + Days::new(1), zone));
        let window = match (kind, wanted) {
            (Window::Rolling { .. }, Some(BurndownWindow::Month(month))) => {
                let (from, to) = month.bounds(zone);
                Span { from, to }
            }
            (Window::Rolling { .. }, _) => kind.at(end.min(now), zone),
            (Window::Calendar { .. }, None) => kind.at(now, zone),
            (Window::Calendar { .. }, Some(_)) => kind.at(end - TimeDelta::microseconds(1), zone),
        };
        let shown = window.until(now);
        let target = slo.target_on(targets, kind.judged_on(window, zone));
        let points = match kind {
            Window::Calendar { .. } => calendar(slo, target, window, now, days(shown)?),
            Window::Rolling { days: length } => {
                let measured = days(Span { from: shown.from - TimeDelta::days(length), to: shown.to })?;
                rolling(slo, targets, length, shown, zone, &measured)
            }
        };
        Ok(Self { slo: slo.key.to_string(), target: Ratio(target), window: window.into(), points })
    }
}

fn calendar(
    slo: &Slo,
    target: Decimal,
    window: Span,
    now: DateTime<Utc>,
    days: Vec<(DateTime<Utc>, Tally)>,
) -> Vec<BurndownPoint> {
    let terms = slo.terms();
    let whole = days.iter().map(|(_, tally)| *tally).sum();
    let Some(judged) = terms.judge(whole, target, window, now.min(window.to)) else { return Vec::new() };
    let mut so_far = Tally::default();
    let mut points = vec![BurndownPoint { at: window.from.into(), remaining: Some(Ratio(Decimal::ONE)) }];
    for (end, tally) in days {
        so_far = so_far + tally;
        let bad = terms.judge(so_far, target, window, end).map_or(Decimal::ZERO, |judged| judged.bad);
        let remaining = Decimal::ONE - bad / judged.allowed;
        points.push(BurndownPoint { at: end.into(), remaining: Some(Ratio(remaining)) });
    }
    points
}

/// Whole days stand for the window of each point, so that the series needs no more than the daily sums.
fn rolling(
    slo: &Slo,
    targets: &[SloTarget],
    length: i64,
    shown: Span,
    zone: Tz,
    days: &[(DateTime<Utc>, Tally)],
) -> Vec<BurndownPoint> {
    let remaining = |end: DateTime<Utc>| {
        let window = Span { from: end - TimeDelta::days(length), to: end };
        let inside = days.iter().filter(|(day, _)| *day > window.from && *day <= window.to);
        slo.judge(targets, inside.map(|(_, tally)| *tally).sum(), window, end, zone)
    };
    days.iter()
        .filter(|(end, _)| *end > shown.from)
        .map(|(end, _)| BurndownPoint {
            at: (*end).into(),
            remaining: remaining(*end).map(|judged| Ratio(judged.remaining())),
        })
        .collect()
}
