//! Where an item is to stand.

use super::Horizon;
use crate::kernel::failure::Failure;
use serde::Deserialize;
use utoipa::ToSchema;

/// Where an item is to stand: exactly one of these.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, max_properties = 1)]
pub struct RoadmapMove {
    /// The ref or id of the item that is to follow it.
    #[schema(value_type = String, required = false, min_length = 1, max_length = 63)]
    before: Option<String>,
    /// The ref or id of the item that it is to follow.
    #[schema(value_type = String, required = false, min_length = 1, max_length = 63)]
    after: Option<String>,
    #[schema(value_type = Horizon, required = false)]
    first_in: Option<Horizon>,
    #[schema(value_type = Horizon, required = false)]
    last_in: Option<Horizon>,
}

/// A [`RoadmapMove`], understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    Before(String),
    After(String),
    FirstIn(Horizon),
    LastIn(Horizon),
}

impl RoadmapMove {
    /// # Errors
    /// 422 unless exactly one is given, which the schema says too.
    pub fn spot(self) -> Result<Spot, Failure> {
        let given = [
            self.before.map(Spot::Before),
            self.after.map(Spot::After),
            self.first_in.map(Spot::FirstIn),
            self.last_in.map(Spot::LastIn),
        ];
        match given.into_iter().flatten().collect::<Vec<_>>().as_slice() {
            [one] => Ok(one.clone()),
            _ => Err(Failure::invalid("", "one_of", "exactly one of before, after, first_in and last_in")),
        }
    }
}
