//! What a catalogue file says beyond what we model.

use crate::kernel::text::Key;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An entity of a catalogue file as it came in, so that it can be given back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogEntity {
    /// `kind:namespace/name`, in lower case.
    #[serde(skip)]
    pub entity: String,
    /// The component that it describes, when it describes one.
    pub key: Option<Key>,
    pub document: Value,
}
