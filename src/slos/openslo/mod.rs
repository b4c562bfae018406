//! What OpenSLO files say beyond what we model.

pub mod store;

use serde_json::Value;

/// An object of an OpenSLO file as it came in, so that it can be given back.
#[derive(Debug, Clone, PartialEq)]
pub struct OpensloObject {
    /// `kind/name`, as they are written.
    pub object: String,
    pub document: Value,
}
