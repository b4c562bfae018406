//! Text and times as they come from a row, without an allocation for each: a million rows of
//! twenty columns would be twenty million of them.

use crate::kernel::clock::Instant;
use arrayvec::ArrayString;
use chrono::NaiveDateTime;
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    pg::Pg,
    sql_types::{Text, Timestamp},
    sqlite::Sqlite,
};

/// Text of a row.
#[derive(Debug, Clone, PartialEq, Eq, FromSqlRow)]
pub enum Word {
    Short(ArrayString<60>),
    Long(String),
}

impl Word {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Short(text) => text,
            Self::Long(text) => text,
        }
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        ArrayString::from(text).map_or_else(|_| Self::Long(text.to_owned()), Self::Short)
    }
}

impl FromSql<Text, Sqlite> for Word {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(value.read_text().into())
    }
}

impl FromSql<Text, Pg> for Word {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(std::str::from_utf8(value.as_bytes())?.into())
    }
}

/// A moment of a row, written as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow)]
pub struct Moment(ArrayString<32>);

impl Moment {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `2026-10-01 08:00:00.5`, as SQLite keeps it; it needs no parsing to become RFC 3339.
    fn from_kept(text: &str) -> Option<Self> {
        let (day, time) = text.split_once(' ')?;
        let plain = |part: &str, marks: &[u8]| part.bytes().all(|byte| byte.is_ascii_digit() || marks.contains(&byte));
        if day.len() != 10 || !(8..=15).contains(&time.len()) || !plain(day, b"-") || !plain(time, b":.") {
            return None;
        }
        let mut out = ArrayString::new();
        for part in [day, "T", time, "Z"] {
            out.push_str(part);
        }
        Some(Self(out))
    }
}

impl From<Instant> for Moment {
    fn from(at: Instant) -> Self {
        Self(ArrayString::from(&at.to_string()).unwrap_or_default())
    }
}

impl FromSql<Timestamp, Sqlite> for Moment {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        match Self::from_kept(value.read_text()) {
            Some(moment) => Ok(moment),
            None => Ok(Instant::from(<NaiveDateTime as FromSql<Timestamp, Sqlite>>::from_sql(value)?.and_utc()).into()),
        }
    }
}

impl FromSql<Timestamp, Pg> for Moment {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Instant::from(<NaiveDateTime as FromSql<Timestamp, Pg>>::from_sql(value)?.and_utc()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_kept_whole() {
        for length in [0, 60, 61, 5000] {
            let text = "ü".repeat(length / 2) + &"x".repeat(length % 2);
            assert_eq!(Word::from(text.as_str()).as_str(), text);
        }
    }

    #[test]
    fn a_kept_time_reads_as_the_kernel_writes_it() {
        for text in ["2026-10-01T08:00:00Z", "2026-10-01T08:00:00.500Z", "2026-10-01T08:00:00.000001Z"] {
            let at: Instant = text.parse().unwrap();
            let kept = at.utc().naive_utc().format("%F %T%.f").to_string();
            assert_eq!(Moment::from_kept(&kept).unwrap().as_str(), at.to_string(), "{kept}");
        }
        for other in ["2026-10-01", "2026-10-01T08:00:00", "2026-10-01 08:00:00+02:00", "2026-10-01 08:00"] {
            assert_eq!(Moment::from_kept(other), None, "{other}");
        }
    }
}
