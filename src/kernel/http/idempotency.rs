//! `Idempotency-Key`: a retried `POST` happens once. Key, fingerprint and answer are stored in the
//! transaction of the effect, so that they are true together or not at all.

use super::{Answer, RequestContext};
use crate::kernel::{
    clock::Instant,
    db::{Conn, Tx},
    failure::{Failure, Fault, StoredAnswer},
    schema::idempotency_keys::dsl as k,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

/// How long an answer can be had again.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// Does `work`, or finds that it was done before.
///
/// # Errors
/// [`Failure::Replayed`] with the first answer when this is a retry; 422 when the key was used for
/// another body; 409 while the first request still runs.
pub fn once<A: Answer>(
    tx: &mut Tx<'_>,
    context: &RequestContext,
    caller: &str,
    work: impl FnOnce(&mut Tx<'_>) -> Result<A, Failure>,
) -> Result<A, Failure> {
    let Some(key) = context.idempotency_key.as_deref().filter(|_| context.method == "POST") else {
        return work(tx);
    };
    claim(tx, &format!("{caller} {} {key}", context.path))?;
    let mine = || k::caller.eq(caller).and(k::method.eq("POST")).and(k::path.eq(&context.path)).and(k::key.eq(key));
    let found = k::idempotency_keys
        .filter(mine())
        .select((k::fingerprint, k::answer, k::created_at))
        .first::<(String, Option<String>, Instant)>(&mut **tx)
        .optional()?;
    if let Some((fingerprint, answer, created_at)) = found {
        if tx.at().utc() - created_at.utc() < KEPT_FOR {
            return Err(replay(&fingerprint, answer, context));
        }
        diesel::delete(k::idempotency_keys.filter(mine())).execute(&mut **tx)?;
    }
    let value = work(tx)?;
    let answer = (!A::SECRET).then(|| value.stored(context)).transpose()?;
    let answer = answer.map(|answer| serde_json::to_string(&answer)).transpose().map_err(Failure::internal)?;
    let at = tx.at();
    diesel::insert_into(k::idempotency_keys)
        .values((
            k::caller.eq(caller),
            k::method.eq("POST"),
            k::path.eq(&context.path),
            k::key.eq(key),
            k::fingerprint.eq(context.body_fingerprint()),
            k::answer.eq(answer),
            k::created_at.eq(at),
        ))
        .execute(&mut **tx)?;
    Ok(value)
}

/// Drops the answers that are too old to be given again.
pub fn forget_old_answers(conn: &mut Conn, now: Instant) -> Result<usize, Failure> {
    let since = Instant::from(now.utc() - KEPT_FOR);
    Ok(diesel::delete(k::idempotency_keys.filter(k::created_at.le(since))).execute(conn)?)
}

fn replay(fingerprint: &str, answer: Option<String>, context: &RequestContext) -> Failure {
    if fingerprint != context.body_fingerprint() {
        let detail = "this key was used for another body";
        return Failure::Invalid(vec![Fault::parameter("Idempotency-Key", "reused", detail)]);
    }
    match answer.as_deref().map(serde_json::from_str::<StoredAnswer>) {
        Some(Ok(answer)) => Failure::Replayed(Box::new(answer)),
        Some(Err(error)) => Failure::internal(error),
        None => Failure::conflict("answered", "this was done; its answer held a secret and is not given again"),
    }
}

/// On PostgreSQL a second request with the same key is told so instead of waiting; on SQLite
/// changes follow each other and it simply finds the answer.
fn claim(tx: &mut Tx<'_>, name: &str) -> Result<(), Failure> {
    let lock = lock_of(name);
    if let Conn::Pg(conn) = &mut **tx {
        let free = diesel::select(
            diesel::dsl::sql::<diesel::sql_types::Bool>("pg_try_advisory_xact_lock(")
                .bind::<diesel::sql_types::BigInt, _>(lock)
                .sql(")"),
        )
        .first::<bool>(conn)?;
        if !free {
            return Err(Failure::conflict("in_flight", "a request with this Idempotency-Key is still running"));
        }
    }
    Ok(())
}

/// A number that stands for the name; two that run at once must hardly ever have the same.
fn lock_of(name: &str) -> i64 {
    Sha256::digest(name).iter().take(8).fold(0, |lock, byte| lock << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_have_other_locks() {
        let locks: std::collections::HashSet<i64> =
            (0..10_000).map(|n| lock_of(&format!("caller /path {n}"))).collect();
        assert_eq!(locks.len(), 10_000);
        assert!(locks.iter().any(|lock| *lock < 0), "all bits count");
    }
}
