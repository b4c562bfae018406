//! Passwords: argon2id, a few at a time, on threads that may block.

use crate::kernel::failure::Failure;
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB and a core; more at once would starve everything else.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Compared with when there is no such user, so that it costs as long as a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

/// # Errors
/// When the machine has no randomness to give.
pub async fn hash_password(password: String) -> Result<String, Failure> {
    let _permit = AT_ONCE.acquire().await.map_err(Failure::internal)?;
    tokio::task::spawn_blocking(move || hash(&password)).await.map_err(Failure::internal)?
}

/// Whether the password is the one that was hashed. `None` is a user that does not exist.
pub async fn verify_password(password: String, hash: Option<String>) -> Result<bool, Failure> {
    let _permit = AT_ONCE.acquire().await.map_err(Failure::internal)?;
    tokio::task::spawn_blocking(move || {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let parsed = PasswordHash::new(&hash).map_err(Failure::internal)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && exists)
    })
    .await
    .map_err(Failure::internal)?
}

fn hash(password: &str) -> Result<String, Failure> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(Failure::internal)?;
    Ok(hash.to_string())
}
