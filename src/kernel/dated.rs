//! What changes over time is dated, and never rewrites the past.

use super::{failure::Failure, month::Month};
use chrono::{Datelike, NaiveDate};

/// A value that holds from a day on, until a later one takes over.
pub trait Dated {
    fn valid_from(&self) -> NaiveDate;
}

/// The code of what would rewrite a month that a report tells of already.
pub const PUBLISHED: &str = "published";

/// The value in force on a day: the latest that began by then. A month is computed with what was
/// in force at its start.
pub fn in_force<'v, T: Dated + 'v>(values: impl IntoIterator<Item = &'v T>, on: NaiveDate) -> Option<&'v T> {
    values.into_iter().filter(|value| value.valid_from() <= on).max_by_key(|value| value.valid_from())
}

/// A dated value starts on the first of a month that is not published yet.
///
/// # Errors
/// 422 for another day than the first, 409 for a month that is published.
pub fn require_open(valid_from: NaiveDate, published_through: Option<Month>) -> Result<(), Failure> {
    if valid_from.day() != 1 {
        return Err(Failure::invalid(
            "/valid_from",
            "not_first_of_month",
            "dated values start on the first of a month",
        ));
    }
    require_open_month(Month::of(valid_from), published_through)
}

/// # Errors
/// 409 for a month that is published.
pub fn require_open_month(month: Month, published_through: Option<Month>) -> Result<(), Failure> {
    match published_through {
        Some(published) if month <= published => Err(Failure::conflict(
            PUBLISHED,
            format!("reports are published through {published}; this would rewrite them"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct From(&'static str);

    impl Dated for From {
        fn valid_from(&self) -> NaiveDate {
            self.0.parse().unwrap()
        }
    }

    #[test]
    fn the_latest_that_began_by_then_is_in_force() {
        let values = [From("2026-04-01"), From("2025-08-01")];
        let on = |day: &str| in_force(&values, day.parse().unwrap()).map(|value| value.0);
        assert_eq!(on("2025-07-31"), None);
        assert_eq!(on("2026-03-31"), Some("2025-08-01"));
        assert_eq!(on("2026-04-01"), Some("2026-04-01"));
    }

    #[test]
    fn nothing_dated_starts_in_a_published_month() {
        let published = Some("2026-09".parse().unwrap());
        let try_on =
            |day: &str| require_open(day.parse().unwrap(), published).map_err(|failure| failure.terms().status);
        assert_eq!(try_on("2026-10-01"), Ok(()));
        assert_eq!(try_on("2026-09-01"), Err(409));
        assert_eq!(try_on("2026-10-02"), Err(422));
    }
}
