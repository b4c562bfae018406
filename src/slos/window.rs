//! The time over which a promise is judged.

use crate::{kernel::month::start_of, text_enum};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat,
        schema::{AdditionalProperties, OneOfBuilder, Type},
    },
};

text_enum! {
    /// A stretch of the calendar.
    pub enum CalendarUnit {
        /// Monday to Sunday.
        Week = "week",
        Month = "month",
        /// From January, April, July and October.
        Quarter = "quarter",
        Year = "year",
    }
}

/// The time over which a promise is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Window {
    /// The last so many times 24 hours.
    Rolling { days: i64 },
    /// The week, month, quarter or year of the product's own zone.
    Calendar { unit: CalendarUnit },
}

/// Written by hand, since what is derived does not say that there are no other properties.
impl PartialSchema for Window {
    fn schema() -> RefOr<Schema> {
        let way = |kind: &str, description: &str| {
            ObjectBuilder::new()
                .description(Some(description))
                .property("kind", ObjectBuilder::new().schema_type(Type::String).enum_values(Some([kind])))
                .required("kind")
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        };
        let days = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(1))
            .maximum(Some(366));
        let rolling = way("rolling", "The last so many times 24 hours.").property("days", days).required("days");
        let calendar = way("calendar", "The week, month, quarter or year of the product's own zone.")
            .property("unit", Ref::from_schema_name(CalendarUnit::name()))
            .required("unit");
        let description = "The time over which a promise is judged.";
        OneOfBuilder::new().item(rolling).item(calendar).description(Some(description)).into()
    }
}

impl ToSchema for Window {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((CalendarUnit::name().into_owned(), CalendarUnit::schema()));
    }
}

/// A half-open stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Span {
    pub fn seconds(self) -> i64 {
        (self.to - self.from).num_seconds()
    }

    /// How many buckets start in it; buckets start at whole multiples of their length.
    pub fn buckets(self, bucket_seconds: i64) -> i64 {
        let first_from = |at: DateTime<Utc>| {
            let seconds = at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0);
            seconds.div_euclid(bucket_seconds) + i64::from(seconds.rem_euclid(bucket_seconds) > 0)
        };
        (first_from(self.to) - first_from(self.from)).max(0)
    }

    /// The part of it before `at`.
    pub fn until(self, at: DateTime<Utc>) -> Self {
        Self { to: at.clamp(self.from, self.to), ..self }
    }
}

impl Window {
    pub fn is_rolling(self) -> bool {
        matches!(self, Self::Rolling { .. })
    }

    /// The window that ends at `at` when it rolls, or the one of the calendar that `at` is in.
    pub fn at(self, at: DateTime<Utc>, zone: Tz) -> Span {
        let unit = match self {
            Self::Rolling { days } => return Span { from: at - TimeDelta::days(days), to: at },
            Self::Calendar { unit } => unit,
        };
        let day = at.with_timezone(&zone).date_naive();
        let first = first_day(unit, day);
        let next = match unit {
            CalendarUnit::Week => first + Days::new(7),
            CalendarUnit::Month => first + Months::new(1),
            CalendarUnit::Quarter => first + Months::new(3),
            CalendarUnit::Year => first + Months::new(12),
        };
        Span { from: start_of(first, zone), to: start_of(next, zone) }
    }

    /// The day whose target a window is judged by: its first one on the calendar, its last one
    /// when it rolls.
    pub fn judged_on(self, span: Span, zone: Tz) -> NaiveDate {
        let at = if self.is_rolling() { span.to - TimeDelta::microseconds(1) } else { span.from };
        at.with_timezone(&zone).date_naive()
    }
}

fn first_day(unit: CalendarUnit, day: NaiveDate) -> NaiveDate {
    let first_of = |month| NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day);
    match unit {
        CalendarUnit::Week => day.week(chrono::Weekday::Mon).first_day(),
        CalendarUnit::Month => first_of(day.month()),
        CalendarUnit::Quarter => first_of(day.month0() / 3 * 3 + 1),
        CalendarUnit::Year => first_of(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::Instant;
    use chrono_tz::Europe::Berlin;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse::<Instant>().unwrap().utc()
    }

    fn of(unit: CalendarUnit, day: &str) -> (String, String) {
        let span = Window::Calendar { unit }.at(at(day), Berlin);
        (Instant::from(span.from).to_string(), Instant::from(span.to).to_string())
    }

    #[test]
    fn calendar_windows_are_the_products_own_days() {
        let first = |text: &str, to: &str| (text.to_owned(), to.to_owned());
        // The clocks go back on 25 October 2026.
        assert_eq!(
            of(CalendarUnit::Week, "2026-10-25T22:59:59Z"),
            first("2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z")
        );
        assert_eq!(
            of(CalendarUnit::Month, "2026-09-30T22:00:00Z"),
            first("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")
        );
        assert_eq!(
            of(CalendarUnit::Quarter, "2026-11-30T00:00:00Z"),
            first("2026-09-30T22:00:00Z", "2026-12-31T23:00:00Z")
        );
        assert_eq!(
            of(CalendarUnit::Year, "2026-11-30T00:00:00Z"),
            first("2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z")
        );
    }

    #[test]
    fn a_rolling_window_is_always_as_long_and_has_as_many_buckets() {
        let window = Window::Rolling { days: 28 };
        for now in ["2026-10-25T12:00:00Z", "2026-10-25T12:03:17.5Z", "2026-03-29T01:00:00Z"] {
            let span = window.at(at(now), Berlin);
            assert_eq!((span.seconds(), span.buckets(300), span.buckets(3600)), (28 * 86_400, 8064, 672), "{now}");
        }
    }

    #[test]
    fn the_target_is_that_of_the_first_day_or_of_the_last_when_rolling() {
        let end = at("2026-09-30T22:00:00Z"); // Midnight in Berlin: the first instant of October.
        let rolling = Window::Rolling { days: 30 };
        assert_eq!(rolling.judged_on(rolling.at(end, Berlin), Berlin).to_string(), "2026-09-30");
        let month = Window::Calendar { unit: CalendarUnit::Month };
        assert_eq!(month.judged_on(month.at(end, Berlin), Berlin).to_string(), "2026-10-01");
    }
}
