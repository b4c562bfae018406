//! `prodops openapi`

use super::answer;
use crate::{kernel::failure::Failure, server};

/// # Errors
/// Never: the contract is always JSON.
pub fn run() -> Result<(), Failure> {
    answer(&server::contract().to_pretty_json().map_err(Failure::internal)?)
}
