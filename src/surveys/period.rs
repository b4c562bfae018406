//! Of when a survey is: a month or a calendar quarter.

use crate::kernel::month::{Month, MonthSpan};
use arrayvec::ArrayString;
use std::str::FromStr;

/// A month such as `2026-10`, or a calendar quarter such as `2026-Q4`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct SurveyPeriod {
    from: Month,
    months: i32,
    text: ArrayString<7>,
}

impl SurveyPeriod {
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// The months that it is of.
    pub fn span(&self) -> MonthSpan {
        MonthSpan { from: self.from, to: self.from.plus(self.months) }
    }

    /// As a person writes it: `October 2026`, `the fourth quarter of 2026`.
    pub fn shown(&self) -> String {
        const QUARTERS: [&str; 4] = ["first", "second", "third", "fourth"];
        match self.months {
            1 => self.from.shown(),
            _ => {
                let quarter = QUARTERS[usize::try_from((self.from.number() - 1) / 3).unwrap_or(0).min(3)];
                format!("the {quarter} quarter of {}", self.from.year())
            }
        }
    }
}

impl PartialOrd for SurveyPeriod {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By when they end, and then the shorter one last.
impl Ord for SurveyPeriod {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.span().to, self.from).cmp(&(other.span().to, other.from))
    }
}

impl FromStr for SurveyPeriod {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is neither a month such as 2026-10 nor a quarter such as 2026-Q4");
        let kept = ArrayString::from(text).map_err(|_| wrong())?;
        if let Some((year, quarter)) = text.split_once("-Q") {
            let digit = matches!(quarter, "1" | "2" | "3" | "4").then(|| quarter.parse::<u32>().ok()).flatten();
            let plain = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
            let first = plain.then(|| Month::new(year.parse().ok()?, (digit? - 1) * 3 + 1)).flatten();
            return first.map(|from| Self { from, months: 3, text: kept }).ok_or_else(wrong);
        }
        text.parse().map(|from| Self { from, months: 1, text: kept }).map_err(|_| wrong())
    }
}

crate::text_type!(
    SurveyPeriod,
    "SurveyPeriod",
    r"^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2]|Q[1-4])$",
    "2026-Q4",
    "A month, or a calendar quarter."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_month_or_a_quarter() {
        let span = |text: &str| {
            let span = text.parse::<SurveyPeriod>().unwrap().span();
            format!("{}..{}", span.from, span.to)
        };
        assert_eq!(span("2026-Q1"), "2026-01..2026-04");
        assert_eq!(span("2026-Q4"), "2026-10..2027-01");
        assert_eq!(span("2026-12"), "2026-12..2027-01");
        for wrong in ["2026", "2026-Q0", "2026-Q5", "2026-q1", "26-Q1", "2026-13", "2026-Q1 ", "+026-Q1", "1969-Q4"] {
            assert!(wrong.parse::<SurveyPeriod>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn periods_stand_in_the_order_in_which_they_end() {
        let mut all: Vec<SurveyPeriod> =
            ["2026-Q4", "2026-11", "2026-Q3", "2026-12", "2026-09"].map(|text| text.parse().unwrap()).to_vec();
        all.sort();
        let told: Vec<_> = all.iter().map(SurveyPeriod::as_text).collect();
        assert_eq!(told, ["2026-Q3", "2026-09", "2026-11", "2026-Q4", "2026-12"]);
    }
}
