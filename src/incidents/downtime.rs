//! How long things were down: the time that incidents cover, each moment of it once.

use super::Incident;
use crate::kernel::clock::Instant;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// From the first instant up to, but not including, the second; a month's are
/// [`Month::bounds`](crate::kernel::month::Month::bounds).
pub type Window = (DateTime<Utc>, DateTime<Utc>);

impl Incident {
    /// The part of the incident that lies in a window, if one does. What is not resolved goes on
    /// until `until`.
    pub fn within(&self, window: Window, until: DateTime<Utc>) -> Option<Window> {
        let from = self.started_at.utc().max(window.0);
        let to = self.resolved_at.map_or(until, Instant::utc).min(window.1);
        (from < to).then_some((from, to))
    }
}

/// The seconds of a window in which at least one of the incidents lasted: where they overlap, time
/// counts once. What is not resolved goes on until `until`. Exact to the microsecond.
pub fn downtime_seconds<'i>(
    incidents: impl IntoIterator<Item = &'i Incident>,
    window: Window,
    until: DateTime<Utc>,
) -> Decimal {
    let mut parts: Vec<Window> = incidents.into_iter().filter_map(|incident| incident.within(window, until)).collect();
    parts.sort_unstable();
    let (mut microseconds, mut end) = (0, window.0);
    for (from, to) in parts {
        // Times are whole microseconds, and all of chrono's years are fewer of them than 2⁶³.
        microseconds += (to - from.max(end)).num_microseconds().unwrap_or(i64::MAX).max(0);
        end = end.max(to);
    }
    Decimal::new(microseconds, 6).normalize()
}

/// The minutes of a window that one incident lasted, as [`downtime_seconds`] counts them.
pub fn downtime_minutes(incident: &Incident, window: Window, until: DateTime<Utc>) -> Decimal {
    (downtime_seconds([incident], window, until) / Decimal::from(60)).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::month::Month;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn incident(started: DateTime<Utc>, resolved: Option<DateTime<Utc>>) -> Incident {
        Incident {
            id: "i".to_owned(),
            product_id: "p".to_owned(),
            title: "down".to_owned(),
            severity: 1,
            components: "db".parse().unwrap(),
            started_at: started.into(),
            detected_at: None,
            resolved_at: resolved.map(Into::into),
            customer_minutes: None,
            summary: String::new(),
            cause: String::new(),
            external_id: None,
            created_at: started.into(),
            updated_at: started.into(),
            version: 1,
            change_number: 1,
        }
    }

    fn lasting(from: &str, to: &str) -> Incident {
        incident(at(from), (!to.is_empty()).then(|| at(to)))
    }

    const UNTIL: &str = "2026-11-02T09:00:00Z";

    fn minutes(incident: &Incident, window: Window) -> String {
        downtime_minutes(incident, window, at(UNTIL)).to_string()
    }

    #[test]
    fn an_incident_counts_in_the_month_it_lasted_in() {
        let berlin = |month: &str| month.parse::<Month>().unwrap().bounds(chrono_tz::Europe::Berlin);
        // October ends at 23:00 UTC: an hour in October, a half in November.
        let across = lasting("2026-10-31T22:00:00Z", "2026-10-31T23:30:00Z");
        assert_eq!(minutes(&across, berlin("2026-09")), "0");
        assert_eq!(minutes(&across, berlin("2026-10")), "60");
        assert_eq!(minutes(&across, berlin("2026-11")), "30");
        let open = lasting("2026-10-31T22:00:00Z", "");
        assert_eq!(minutes(&open, berlin("2026-10")), "60");
        assert_eq!(minutes(&open, berlin("2026-11")), "2040", "34 hours, until now");
        assert_eq!(minutes(&open, berlin("2026-12")), "0");
        let all = (at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
        assert_eq!(minutes(&lasting("2026-11-03T00:00:00Z", ""), all), "0", "not begun yet");
        assert_eq!(minutes(&lasting("2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z"), all), "0");
        assert_eq!(minutes(&lasting("2026-10-01T00:00:00Z", "2026-10-01T00:00:01.5Z"), all), "0.025");
    }

    #[test]
    fn where_incidents_overlap_time_counts_once() {
        let window = (at("2026-10-01T00:00:00Z"), at("2026-11-01T00:00:00Z"));
        let all = [
            lasting("2026-10-05T10:00:00Z", "2026-10-05T11:00:00Z"),
            lasting("2026-10-05T10:15:00Z", "2026-10-05T10:30:00Z"),
            lasting("2026-10-05T10:59:59.999999Z", "2026-10-05T11:30:00.000001Z"),
            lasting("2026-10-05T11:30:00.000001Z", "2026-10-05T11:31:00.000001Z"),
            lasting("2026-09-30T23:00:00Z", "2026-10-01T00:00:10Z"),
            lasting("2026-10-31T23:59:00Z", ""),
        ];
        let seconds = |all: &[Incident]| downtime_seconds(all, window, at(UNTIL)).to_string();
        assert_eq!(seconds(&all), "5530.000001", "91 minutes and a microsecond, 10 seconds, a minute");
        assert_eq!(seconds(&[]), "0");
    }

    proptest! {
        /// Against a slower way to count: second by second.
        #[test]
        fn the_union_is_the_seconds_that_any_of_them_covers(
            spans in proptest::collection::vec((0..600_i64, proptest::option::of(0..200_i64)), 0..12),
            from in 0..300_i64, length in 0..400_i64, until in 0..700_i64,
        ) {
            let second = |n: i64| DateTime::from_timestamp(n, 0).unwrap();
            let all: Vec<_> =
                spans.iter().map(|(start, lasts)| incident(second(*start), lasts.map(|n| second(start + n)))).collect();
            let window = (second(from), second(from + length));
            let covered = (from..from + length).filter(|n| {
                spans.iter().any(|(start, lasts)| start <= n && *n < lasts.map_or(until, |lasts| start + lasts))
            });
            let expected = Decimal::from(covered.count());
            prop_assert_eq!(downtime_seconds(&all, window, second(until)), expected);
            let alone: Decimal = all.iter().map(|one| downtime_minutes(one, window, second(until))).sum();
            prop_assert!((alone * Decimal::from(60)).round_dp(12) >= expected);
        }
    }
}
