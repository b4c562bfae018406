//! Fiscal years, twelve months from the one in which a product's year begins, and their quarters.

use super::month::{Month, MonthSpan};
use arrayvec::ArrayString;
use chrono::{Days, NaiveDate};
use std::str::FromStr;

/// A fiscal year, such as `FY2026`: the one that begins in 2026, in whatever month the product's begin. From 1970 to
/// 2899, so that all of its months can be told.
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
pub struct FiscalYear {
    january: Month,
    text: ArrayString<6>,
}

impl FiscalYear {
    /// The one that begins in the calendar year of a month.
    fn beginning_in(month: Month) -> Self {
        let text = ArrayString::from(&format!("FY{:04}", month.year())).unwrap_or_default();
        Self { january: month.plus(1 - month.number().cast_signed()), text }
    }

    /// The year that a month is in. `start` is the month, 1 to 12, in which years begin.
    pub fn of(month: Month, start: i64) -> Self {
        Self::beginning_in(month.plus(-after_january(start)))
    }

    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// The year that some months are, when they are one. `start` is the month, 1 to 12, in which years begin.
    pub fn whole(span: MonthSpan, start: i64) -> Option<Self> {
        Some(Self::of(span.from, start)).filter(|year| year.months(start) == span)
    }

    /// Its twelve months. `start` is the month, 1 to 12, in which years begin.
    pub fn months(self, start: i64) -> MonthSpan {
        let from = self.january.plus(after_january(start));
        MonthSpan { from, to: from.plus(12) }
    }

    /// This year moved by `years`, backwards when negative.
    pub fn plus(self, years: i32) -> Self {
        Self::beginning_in(self.january.plus(12 * years))
    }
}

/// How many months after January the month `start` comes.
fn after_january(start: i64) -> i32 {
    i32::try_from(start).unwrap_or(1) - 1
}

impl FromStr for FiscalYear {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_prefix("FY")
            .filter(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| Month::new(digits.parse().ok()?, 1))
            .filter(|january| january.year() < 2900)
            .map(Self::beginning_in)
            .ok_or_else(|| format!("'{text}' is not a fiscal year such as FY2026"))
    }
}

crate::text_type!(
    FiscalYear,
    "FiscalYear",
    r"^FY(19[7-9][0-9]|2[0-8][0-9]{2})$",
    "FY2026",
    "A fiscal year, by the calendar year in which it begins."
);

/// A quarter of a fiscal year, such as `2026-Q4`: the last three months of `FY2026`.
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
pub struct Quarter {
    year: FiscalYear,
    number: i32,
    text: ArrayString<7>,
}

impl Quarter {
    /// The quarter that a month is in. `start` is the month, 1 to 12, in which years begin.
    pub fn of(month: Month, start: i64) -> Self {
        let year = FiscalYear::of(month, start);
        let number = year.months(start).from.until(month) / 3 + 1;
        let name = format!("{}-Q{number}", year.as_text().trim_start_matches("FY"));
        Self { year, number, text: ArrayString::from(&name).unwrap_or_default() }
    }

    /// This quarter moved by `quarters`, backwards when negative.
    pub fn plus(self, quarters: i32) -> Self {
        Self::of(self.months(1).from.plus(3 * quarters), 1)
    }

    /// How many quarters come between this one and another; negative for an earlier one.
    pub fn until(self, later: Self) -> i32 {
        self.months(1).from.until(later.months(1).from) / 3
    }

    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// Its three months. `start` is the month, 1 to 12, in which years begin.
    pub fn months(self, start: i64) -> MonthSpan {
        let from = self.year.months(start).from.plus(3 * (self.number - 1));
        MonthSpan { from, to: from.plus(3) }
    }

    /// Its last day. `start` is the month, 1 to 12, in which years begin.
    pub fn last_day(self, start: i64) -> NaiveDate {
        self.months(start).to.first_day() - Days::new(1)
    }
}

impl FromStr for Quarter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once("-Q").and_then(|(year, number)| {
            let year = format!("FY{year}").parse::<FiscalYear>().ok()?;
            let number = ["1", "2", "3", "4"].iter().position(|known| *known == number)?;
            Some((year, i32::try_from(number).ok()? + 1, ArrayString::from(text).ok()?))
        });
        let (year, number, text) = parts.ok_or_else(|| format!("'{text}' is not a quarter such as 2026-Q4"))?;
        Ok(Self { year, number, text })
    }
}

crate::text_type!(
    Quarter,
    "Quarter",
    r"^(19[7-9][0-9]|2[0-8][0-9]{2})-Q[1-4]$",
    "2026-Q4",
    "A quarter of a fiscal year, which is called by the calendar year in which it begins."
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_quarter_begins_by_the_months_of_the_year() {
        for (day, start, began) in [
            ("2026-11-23", 1, "2026-10-01"),
            ("2026-10-01", 1, "2026-10-01"),
            ("2026-09-30", 1, "2026-07-01"),
            ("2026-01-31", 2, "2025-11-01"),
            ("2026-11-23", 12, "2026-09-01"),
            ("2026-02-28", 12, "2025-12-01"),
            ("2026-06-30", 4, "2026-04-01"),
            ("1970-01-01", 2, "1969-11-01"),
        ] {
            assert_eq!(
                Quarter::of(Month::of(day.parse().unwrap()), start).months(start).from.first_day().to_string(),
                began,
                "{day}, {start}"
            );
        }
    }

    #[test]
    fn a_span_is_a_year_or_it_is_not() {
        let whole = |from: &str, to: &str, start| {
            let span = MonthSpan { from: from.parse().unwrap(), to: to.parse().unwrap() };
            FiscalYear::whole(span, start).map(|year| year.to_string())
        };
        assert_eq!(whole("2026-01", "2027-01", 1).as_deref(), Some("FY2026"));
        assert_eq!(whole("2026-04", "2027-04", 4).as_deref(), Some("FY2026"));
        assert_eq!(whole("2026-01", "2026-12", 1), None);
        assert_eq!(whole("2026-02", "2027-02", 1), None);
        assert_eq!(whole("2026-01", "2028-01", 1), None);
    }

    #[test]
    fn a_year_is_called_by_the_calendar_year_in_which_it_begins() {
        let of = |month: &str, start| FiscalYear::of(month.parse().unwrap(), start).to_string();
        assert_eq!([of("2026-01", 1), of("2026-12", 1)], ["FY2026", "FY2026"]);
        assert_eq!([of("2026-03", 4), of("2026-04", 4), of("2027-03", 4)], ["FY2025", "FY2026", "FY2026"]);
        let months = "FY2026".parse::<FiscalYear>().unwrap().months(10);
        assert_eq!((months.from.to_string(), months.to.to_string()), ("2026-10".to_owned(), "2027-10".to_owned()));
        for wrong in ["2026", "FY26", "FY1969", "FY2900", "fy2026", "FY+026", "FY2026 "] {
            assert!(wrong.parse::<FiscalYear>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_quarter_is_three_months_of_its_fiscal_year() {
        let months = |quarter: &str, start| {
            let quarter: Quarter = quarter.parse().unwrap();
            let span = quarter.months(start);
            (span.from.to_string(), span.to.to_string(), quarter.last_day(start).to_string())
        };
        let told = |from: &str, to: &str, last: &str| (from.to_owned(), to.to_owned(), last.to_owned());
        assert_eq!(months("2026-Q4", 1), told("2026-10", "2027-01", "2026-12-31"));
        assert_eq!(months("2026-Q4", 4), told("2027-01", "2027-04", "2027-03-31"));
        assert_eq!(months("2026-Q1", 12), told("2026-12", "2027-03", "2027-02-28"));
        for wrong in ["2026", "2026-Q0", "2026-Q5", "2026-q4", "2026-Q", "26-Q1", "2900-Q1", "1969-Q4", "2026-Q04", ""]
        {
            assert!(wrong.parse::<Quarter>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_month_is_in_its_quarter(step in 0..10_000_i32, start in 1..=12_i64, quarters in -40..40_i32) {
            let month = "1990-01".parse::<Month>().unwrap().plus(step);
            let quarter = Quarter::of(month, start);
            prop_assert!(quarter.months(start).holds(month));
            prop_assert_eq!(quarter.as_text().parse::<Quarter>().unwrap(), quarter);
            prop_assert_eq!(quarter.months(start).to, quarter.plus(1).months(start).from);
            prop_assert_eq!(quarter.until(quarter.plus(quarters)), quarters);
        }

        #[test]
        fn every_month_is_in_the_year_that_it_is_of(step in 0..12_000_i32, start in 1..=12_i64) {
            let month = "1971-01".parse::<Month>().unwrap().plus(step);
            let year = FiscalYear::of(month, start);
            prop_assert!(year.months(start).holds(month));
            prop_assert_eq!(year.months(start).months().count(), 12);
            prop_assert_eq!(year.months(start).to, year.plus(1).months(start).from);
        }
    }
}
