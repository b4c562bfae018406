//! The SQL of attempts.

use super::Attempt;
use crate::kernel::{
    clock::Instant,
    db::{Conn, alone_with},
    failure::Failure,
    schema::attempts,
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// The time over which attempts are counted.
pub const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// # Errors
/// [`Failure::TooManyRequests`], with the time until one more may be made, where there were too many.
pub fn require_patience(conn: &mut Conn, attempt: Attempt, subject: &str, now: Instant) -> Result<(), Failure> {
    // The one that has to be forgotten before there can be another.
    let blocking: Option<Instant> = attempts::table
        .filter(attempts::kind.eq(attempt))
        .filter(attempts::subject.eq(subject))
        .filter(attempts::at.gt(Instant::from(now.utc() - WINDOW)))
        .order((attempts::at.desc(), attempts::id.desc()))
        .offset(attempt.most() - 1)
        .select(attempts::at)
        .first(conn)
        .optional()?;
    let Some(at) = blocking else { return Ok(()) };
    let wait = at.utc() + WINDOW - now.utc();
    Err(Failure::TooManyRequests { retry_after: wait.num_milliseconds().unsigned_abs().div_ceil(1000) })
}

/// Notes an attempt, and forgets those too old to count.
pub fn note(conn: &mut Conn, id: &str, attempt: Attempt, subject: &str, now: Instant) -> Result<(), Failure> {
    let since = Instant::from(now.utc() - WINDOW);
    diesel::delete(attempts::table.filter(attempts::at.le(since))).execute(conn)?;
    diesel::insert_into(attempts::table)
        .values((attempts::id.eq(id), attempts::kind.eq(attempt), attempts::subject.eq(subject), attempts::at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Notes one more, unless there were too many.
pub fn spend(conn: &mut Conn, id: &str, attempt: Attempt, subject: &str, now: Instant) -> Result<(), Failure> {
    alone_with(conn, &format!("{}:{subject}", attempt.as_text()))?;
    require_patience(conn, attempt, subject, now)?;
    note(conn, id, attempt, subject, now)
}

/// Forgets all attempts of somebody.
pub fn forget(conn: &mut Conn, attempt: Attempt, subject: &str) -> Result<(), Failure> {
    let theirs = attempts::table.filter(attempts::kind.eq(attempt)).filter(attempts::subject.eq(subject));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}
