//! What may be done only so often. It is counted in the database, so that it holds at all instances together; how many
//! requests a caller makes at one of them is `kernel::http::rate`'s to say.

pub mod store;

use super::fold;
use crate::{
    kernel::{db::Db, failure::Failure, http::network},
    text_enum,
};

text_enum! {
    /// What is counted.
    pub enum Attempt {
        /// A login that failed, by account.
        Account = "account",
        /// A login that failed, by address.
        Address = "address",
        /// An import, by user.
        Import = "import",
        /// An API token, a signed address or an invitation that was made, by user.
        Mint = "mint",
    }
}

impl Attempt {
    /// How many there may be within [`store::WINDOW`].
    const fn most(self) -> i64 {
        match self {
            Self::Account => 20,
            Self::Address | Self::Mint => 60,
            Self::Import => 300,
        }
    }
}

/// What a login that fails counts for.
pub(super) fn of_login(email: &str, address: &str) -> [(Attempt, String); 2] {
    [(Attempt::Account, fold(email)), (Attempt::Address, network(address))]
}

/// Counts what a user is about to do.
///
/// # Errors
/// [`Failure::TooManyRequests`] when they have done it too often; then it does not count.
pub async fn spend(db: &Db, attempt: Attempt, user: &str) -> Result<(), Failure> {
    let (id, now, user) = (db.ids().next(), db.clock().now(), user.to_owned());
    db.note(move |conn| store::spend(conn, &id, attempt, &user, now)).await
}
