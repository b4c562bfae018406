//! Rows of which not everyone may see everything.

use crate::kernel::{clock::Instant, db::Row};
use serde::{Serialize, Serializer, ser::Error};
use serde_json::Value;

/// A row as its reader may see it: properties that are not for them are left out, not empty.
#[derive(Debug)]
pub struct Redacted<T> {
    row: T,
    hidden: &'static [&'static str],
}

impl<T> Redacted<T> {
    pub fn without(row: T, hidden: &'static [&'static str]) -> Self {
        Self { row, hidden }
    }
}

impl<T: Serialize> Serialize for Redacted<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut said = serde_json::to_value(&self.row).map_err(S::Error::custom)?;
        if let Value::Object(properties) = &mut said {
            properties.retain(|name, _| !self.hidden.contains(&name.as_str()));
        }
        said.serialize(serializer)
    }
}

impl<T: Row> Row for Redacted<T> {
    const RESOURCE: &'static str = T::RESOURCE;

    fn id(&self) -> &str {
        self.row.id()
    }

    fn version(&self) -> i64 {
        self.row.version()
    }

    fn created_at(&self) -> Instant {
        self.row.created_at()
    }

    fn name(&self) -> &str {
        self.row.name()
    }

    fn product(&self) -> Option<&str> {
        self.row.product()
    }
}
