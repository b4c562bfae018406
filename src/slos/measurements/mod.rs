//! What was measured: good events and all events, bucket by bucket.

mod file;
pub mod store;

pub use file::{Sample, read};

use crate::{
    kernel::{clock::Instant, http::Page},
    text_enum,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most events that one bucket can have: sums over years stay exact.
pub const MOST_EVENTS: i64 = 1_000_000_000_000;
/// The most buckets that one request can bring.
pub const MOST_BUCKETS: usize = 1_000_000;
/// The largest file of measurements, in bytes.
pub const FILE_LIMIT: u64 = 2 << 30;

/// What was measured in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Measurement {
    /// The start of the bucket.
    pub at: Instant,
    pub good: i64,
    /// 0: it is known that nothing happened.
    pub total: i64,
}

/// A page of a list of them.
pub type MeasurementPage = Page<Measurement>;

/// What was measured in a bucket; one that is there already is replaced.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMeasurement {
    /// The start of the bucket: a whole multiple of the SLO's `bucket_seconds` since 1970.
    pub at: Instant,
    /// At most `total`.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub good: i64,
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub total: i64,
}

/// What was measured in a bucket of some SLO; one that is there already is replaced.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSloMeasurement {
    /// The SLO's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub slo: String,
    /// The start of the bucket: a whole multiple of the SLO's `bucket_seconds` since 1970.
    pub at: Instant,
    /// At most `total`.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub good: i64,
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub total: i64,
}

/// What became of buckets that were sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MeasurementCounts {
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
}

text_enum! {
    /// How buckets can be sent.
    pub enum MeasurementFormat {
        Json = "application/json",
        NdJson = "application/x-ndjson",
        Csv = "text/csv",
    }
}
