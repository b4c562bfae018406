//! Time and identity, in one place so that tests can hold both still.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use uuid::Uuid;

/// Where "now" comes from. Always whole microseconds: PostgreSQL keeps no more, and a time must
/// read back as it was written on either engine.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    /// For tests: stands still until it is set.
    Fixed(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self::Fixed(Arc::new(Mutex::new(at)))
    }

    #[allow(clippy::disallowed_methods)] // The one place that reads the machine's clock.
    pub fn now(&self) -> Instant {
        match self {
            Self::System => Utc::now(),
            Self::Fixed(at) => *at.lock().unwrap_or_else(|poisoned| poisoned.into_inner()),
        }
        .into()
    }

    /// Moves a fixed clock; a system clock cannot be moved.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Self::Fixed(at) = self {
            *at.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = to;
        }
    }
}

/// Makes row ids: UUIDv7, so that they sort by the time they were made.
#[derive(Clone, Debug, Default)]
pub enum Ids {
    #[default]
    Random,
    /// As if they were made at that moment.
    Of(Instant),
    /// For tests: the same ids in every run.
    Counted(Arc<AtomicU64>),
}

impl Ids {
    pub fn counted() -> Self {
        Self::Counted(Arc::default())
    }

    pub fn next(&self) -> String {
        match self {
            Self::Random => Uuid::now_v7(),
            Self::Of(at) => {
                let seconds = at.utc().timestamp().unsigned_abs();
                Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0))
            }
            Self::Counted(count) => {
                let n = count.fetch_add(1, Ordering::Relaxed);
                Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(n))
            }
        }
        .to_string()
    }
}

/// A moment, in UTC and whole microseconds: RFC 3339 with `Z` outside, `TIMESTAMP` inside.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Timestamp)]
pub struct Instant(NaiveDateTime);

impl Instant {
    pub fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }

    /// The day that it is in a zone.
    pub fn day_in(self, zone: Tz) -> NaiveDate {
        self.utc().with_timezone(&zone).date_naive()
    }
}

impl From<DateTime<Utc>> for Instant {
    /// A leap second is the second after it, as PostgreSQL has it.
    fn from(at: DateTime<Utc>) -> Self {
        Self(DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at).naive_utc())
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl std::str::FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|at| at.to_utc())
            .filter(|at| is_plain(text) && YEARS.contains(&at.year()))
            .map(Into::into)
            .ok_or_else(|| format!("'{text}' is not a time such as 2026-10-01T08:00:00Z"))
    }
}

/// The years that can be spoken of: they have four digits, and so have those of every zone around them.
pub const YEARS: std::ops::Range<i32> = 1970..3000;
/// What of RFC 3339 is understood.
const FORM: &str = "^(19[7-9][0-9]|2[0-9]{3})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?\
    (Z|[+-][0-9]{2}:[0-9]{2})$";

/// Whether a time that can be read is of the [`FORM`]: the library also takes `t`, `z`, a blank between day and time,
/// another minus sign and a fraction without end.
fn is_plain(text: &str) -> bool {
    let fraction = text.get(19..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
    let year = text.get(..4).and_then(|year| year.parse().ok()).is_some_and(|year| YEARS.contains(&year));
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    year && text.is_ascii() && text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z') && digits <= 9
}

/// A day such as `2026-10-01`, and nothing else that a library would take for one.
///
/// # Errors
/// A sentence that says what a day looks like.
pub fn parse_day(text: &str) -> Result<NaiveDate, String> {
    let digits = |at: usize, byte: u8| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    let plain = text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| digits(at, byte));
    let day = text.parse().ok().filter(|day: &NaiveDate| plain && YEARS.contains(&day.year()));
    day.ok_or_else(|| format!("'{text}' is not a day such as 2026-10-01"))
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<DB> diesel::serialize::ToSql<diesel::sql_types::Timestamp, DB> for Instant
where
    DB: diesel::backend::Backend,
    NaiveDateTime: diesel::serialize::ToSql<diesel::sql_types::Timestamp, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB> diesel::deserialize::FromSql<diesel::sql_types::Timestamp, DB> for Instant
where
    DB: diesel::backend::Backend,
    NaiveDateTime: diesel::deserialize::FromSql<diesel::sql_types::Timestamp, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
        NaiveDateTime::from_sql(bytes).map(Self)
    }
}

impl utoipa::PartialSchema for Instant {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{KnownFormat, ObjectBuilder, SchemaFormat, schema::Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .pattern(Some(FORM))
            .examples([serde_json::json!("2026-10-01T08:00:00Z")])
            .into()
    }
}

impl utoipa::ToSchema for Instant {
    fn name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_times_are_understood() {
        for (text, means) in [
            ("2026-10-01T08:00:00Z", "2026-10-01T08:00:00Z"),
            ("2026-10-01T08:00:00.123456789+02:00", "2026-10-01T06:00:00.123456Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2999-12-31T23:59:59.999999999Z", "2999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(text.parse::<Instant>().unwrap().to_string(), means);
        }
        for text in [
            "2026-10-01 08:00:00Z",
            "2026-10-01t08:00:00Z",
            "2026-10-01T08:00:00z",
            "2026-10-01T08:00:00",
            "2026-10-01T08:00Z",
            "2026-10-01T08:00:00.1234567890Z",
            "2026-10-01T08:00:00\u{2212}02:00",
            "1970-01-01T00:00:00+00:01",
            "2999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00Z",
            "+10000-01-01T00:00:00Z",
            "",
        ] {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_plain_days_are_understood() {
        assert_eq!(parse_day("2024-02-29").map(|day| day.to_string()), Ok("2024-02-29".to_owned()));
        for text in
            ["2026-1-1", "2026-02-29", "+2026-01-01", "12026-01-01", "1969-12-31", "3000-01-01", "2026_01_01", ""]
        {
            assert!(parse_day(text).is_err(), "{text}");
        }
    }
}
