//! Who asks, and what they may do.
//!
//! [`Actor`] is the only way from a request to data: as an extractor it finds out who is asking,
//! reads their membership (at each request, never from a token), refuses what the permission does
//! not allow, and only then lends the database, together with the one product the path names.

mod actor;
mod by_form;
mod credential;
mod issuer;
mod key_files;
mod keys;
mod password;
mod refusal;
mod role;
mod signing;
mod standing;

pub use actor::{
    Actor, Admin, Edit, Export, Identity, Judge, Known, Own, Permission, ProductScope, SignExports, SignedIn, View,
    ViewPrivate,
};
pub use by_form::{ByForm, NotForeign, NotForeignByLink};
pub use credential::{API_KEY_HEADER, API_TOKEN_PREFIX, SESSION_COOKIE, new_api_token};
pub use issuer::{Answered, CALLBACK, Groups, Issuer, IssuerOptions, IssuerSettings, Question, Vouched};
pub use key_files::{KeyPlace, KeyState};
pub use password::{hash_password, verify_password};
pub use role::{Role, SessionKind};
pub use signing::{ACCESS_TOKEN_SECONDS, Claimed, Signer, new_secret, secret_hash};

use std::fmt;

/// The id of a product: what every query of a product's rows is asked with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductId(String);

impl ProductId {
    /// For an id that was read from the database.
    pub fn known(id: String) -> Self {
        Self(id)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProductId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
