//! Months and ISO weeks, half-open, in whatever zone they are meant.

use crate::kernel::failure::Fault;
use arrayvec::ArrayString;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use std::str::FromStr;

/// A calendar month, such as `2026-10`, in the years 1970 to 2999.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Month {
    year: i32,
    month: u32,
    text: ArrayString<7>,
}

impl Month {
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((1970..3000).contains(&year) && (1..=12).contains(&month)).then(|| Self::made(year, month))
    }

    fn made(year: i32, month: u32) -> Self {
        let text = ArrayString::from(&format!("{year:04}-{month:02}")).unwrap_or_default();
        Self { year, month, text }
    }

    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// The month a day is in.
    pub fn of(day: NaiveDate) -> Self {
        Self::made(day.year(), day.month())
    }

    /// The month that an instant falls into, for people in `zone`.
    pub fn at(instant: DateTime<Utc>, zone: Tz) -> Self {
        Self::of(instant.with_timezone(&zone).date_naive())
    }

    pub fn year(self) -> i32 {
        self.year
    }

    pub fn number(self) -> u32 {
        self.month
    }

    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or(NaiveDate::MIN)
    }

    /// This month moved by `months`, backwards when negative.
    pub fn plus(self, months: i32) -> Self {
        let count = self.count() + months;
        Self::made(count.div_euclid(12), count.rem_euclid(12).unsigned_abs() + 1)
    }

    pub fn next(self) -> Self {
        self.plus(1)
    }

    pub fn previous(self) -> Self {
        self.plus(-1)
    }

    /// How many months lie between this and a later one.
    pub fn until(self, later: Self) -> i32 {
        later.count() - self.count()
    }

    /// The months from this one up to, but not including, `end`.
    pub fn up_to(self, end: Self) -> impl Iterator<Item = Self> {
        (0..self.until(end).max(0)).map(move |step| self.plus(step))
    }

    /// The half-open interval of instants that is this month for people in `zone`.
    pub fn bounds(self, zone: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        (start_of(self.first_day(), zone), start_of(self.next().first_day(), zone))
    }

    /// As a person writes it: `October 2026`.
    pub fn shown(self) -> String {
        self.first_day().format("%B %Y").to_string()
    }

    /// As a person writes it where room is short: `Oct 26`.
    pub fn shown_short(self) -> String {
        self.first_day().format("%b %y").to_string()
    }

    fn count(self) -> i32 {
        self.year * 12 + self.month.cast_signed() - 1
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = |part: &str, len| (part.len() == len && part.bytes().all(|b| b.is_ascii_digit())).then_some(());
        text.split_once('-')
            .filter(|(year, month)| digits(year, 4).and(digits(month, 2)).is_some())
            .and_then(|(year, month)| Self::new(year.parse().ok()?, month.parse().ok()?))
            .ok_or_else(|| format!("'{text}' is not a month such as 2026-10"))
    }
}

crate::text_type!(Month, "Month", r"^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])$", "2026-10", "A calendar month.");

/// The first instant of a day in a zone. Where a clock change skips midnight, the first instant
/// after the gap; where it repeats midnight, the earlier one.
pub fn start_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let mut local = day.and_time(NaiveTime::MIN);
    loop {
        if let Some(instant) = zone.from_local_datetime(&local).earliest() {
            return instant.to_utc();
        }
        local += TimeDelta::minutes(15);
    }
}

/// An ISO 8601 week, such as `2026-W45`: Monday to Sunday.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Week {
    monday: NaiveDate,
    text: ArrayString<8>,
}

impl Week {
    /// The week a day is in.
    pub fn of(day: NaiveDate) -> Self {
        let monday = day.week(Weekday::Mon).first_day();
        let iso = monday.iso_week();
        let text = ArrayString::from(&format!("{:04}-W{:02}", iso.year(), iso.week())).unwrap_or_default();
        Self { monday, text }
    }

    pub fn as_text(&self) -> &str {
        &self.text
    }

    pub fn monday(self) -> NaiveDate {
        self.monday
    }

    pub fn plus(self, weeks: i64) -> Self {
        Self::of(self.monday + TimeDelta::weeks(weeks))
    }

    /// How many weeks lie between this and a later one; negative for an earlier one.
    pub fn until(self, later: Self) -> i64 {
        (later.monday - self.monday).num_weeks()
    }

    /// How many of its five working days, Monday to Friday, lie in `month`.
    pub fn working_days_in(self, month: Month) -> u32 {
        let is_in = |day: NaiveDate| (day.year(), day.month()) == (month.year, month.month);
        (0..5).filter(|&day| is_in(self.monday + Days::new(day))).map(|_| 1).sum()
    }

    /// The weeks with a working day in `month`, in order.
    pub fn in_month(month: Month) -> impl Iterator<Item = Self> {
        let first = Self::of(month.first_day());
        (0..6).map(move |step| first.plus(step)).filter(move |week| week.working_days_in(month) > 0)
    }
}

impl FromStr for Week {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = |part: &str, len| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
        text.split_once("-W")
            .filter(|(year, week)| digits(year, 4) && digits(week, 2))
            .and_then(|(year, week)| {
                let year = year.parse().ok().filter(|year| (1970..3000).contains(year))?;
                NaiveDate::from_isoywd_opt(year, week.parse().ok()?, Weekday::Mon)
            })
            .map(Self::of)
            .ok_or_else(|| format!("'{text}' is not an ISO week such as 2026-W45"))
    }
}

/// The months that an answer spans, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthSpan {
    pub from: Month,
    /// The month after the last.
    pub to: Month,
}

impl MonthSpan {
    /// How many months one answer spans at most.
    const MOST: i32 = 120;

    /// What was asked, or the twelve months before the present one; an empty or endless span is a fault.
    pub fn asked(from: Option<Month>, to: Option<Month>, today: NaiveDate, faults: &mut Vec<Fault>) -> Self {
        let to = to.unwrap_or_else(|| Month::of(today));
        let from = from.unwrap_or_else(|| to.plus(-12));
        if !(1..=Self::MOST).contains(&from.until(to)) {
            faults.push(Fault::parameter("from", "range", format!("1 to {} months before `to`", Self::MOST)));
        }
        Self { from, to }
    }

    pub fn months(self) -> impl Iterator<Item = Month> {
        self.from.up_to(self.to)
    }

    pub fn holds(self, month: Month) -> bool {
        (self.from..self.to).contains(&month)
    }

    /// The weeks with a working day in it, in order.
    pub fn weeks(self) -> impl Iterator<Item = Week> {
        let first = Week::of(self.from.first_day());
        let (start, end) = (self.from.first_day(), self.to.first_day());
        (0..).map(move |step| first.plus(step)).take_while(move |week| week.monday() < end).filter(move |week| {
            let friday = week.monday() + Days::new(4);
            friday >= start
        })
    }
}

crate::text_type!(
    Week,
    "Week",
    r"^(19[7-9][0-9]|2[0-9]{3})-W(0[1-9]|[1-4][0-9]|5[0-3])$",
    "2026-W45",
    "An ISO 8601 week."
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::Instant;
    use proptest::prelude::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn bounds_follow_the_zone_across_clock_changes_and_odd_offsets() {
        let bounds = |text, zone: Tz| {
            let (from, to) = month(text).bounds(zone);
            (Instant::from(from).to_string(), Instant::from(to).to_string(), (to - from).num_hours())
        };
        let berlin = bounds("2026-03", chrono_tz::Europe::Berlin);
        assert_eq!(berlin, ("2026-02-28T23:00:00Z".into(), "2026-03-31T22:00:00Z".into(), 31 * 24 - 1));
        assert_eq!(bounds("2026-10", chrono_tz::Europe::Berlin).2, 31 * 24 + 1);
        let nepal = bounds("2100-02", chrono_tz::Asia::Kathmandu);
        assert_eq!(nepal, ("2100-01-31T18:15:00Z".into(), "2100-02-28T18:15:00Z".into(), 28 * 24));
        assert_eq!(bounds("2028-02", chrono_tz::UTC).2, 29 * 24);
    }

    #[test]
    fn a_midnight_that_a_clock_change_skips_starts_after_the_gap() {
        let day = NaiveDate::from_ymd_opt(2024, 4, 26).unwrap(); // Cairo, 00:00 → 01:00
        assert_eq!(Instant::from(start_of(day, chrono_tz::Africa::Cairo)).to_string(), "2024-04-25T22:00:00Z");
    }

    #[test]
    fn weeks_are_iso_and_split_between_months_by_working_days() {
        let week: Week = "2026-W40".parse().unwrap(); // Monday 28 September 2026
        assert_eq!((week.working_days_in(month("2026-09")), week.working_days_in(month("2026-10"))), (3, 2));
        assert!("2026-W54".parse::<Week>().is_err());
        assert!("2025-W53".parse::<Week>().is_err(), "2025 has 52 weeks");
        assert_eq!(Week::of(NaiveDate::from_ymd_opt(2027, 1, 1).unwrap()).to_string(), "2026-W53");
    }

    proptest! {
        #[test]
        fn months_count_and_print(step in -600..9_000_i32) {
            let start = month("2026-10");
            let moved = start.plus(step);
            prop_assert_eq!(start.until(moved), step);
            prop_assert_eq!(moved.to_string().parse::<Month>().unwrap(), moved);
            prop_assert_eq!(moved.next().previous(), moved);
            prop_assert_eq!(moved.first_day() < moved.next().first_day(), true);
        }

        #[test]
        fn every_week_has_five_working_days_in_one_or_two_months(days in 0..40_000_u64) {
            let week = Week::of(NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + Days::new(days));
            let first = Month::of(week.monday());
            prop_assert_eq!(week.working_days_in(first) + week.working_days_in(first.next()), 5);
            prop_assert_eq!(week.to_string().parse::<Week>().unwrap(), week);
        }
    }
}
