//! The SQL of sessions.

use super::{AT_MOST, GRACE, IDLE, LONGEST, Origin, Session};
use crate::{
    access::User,
    kernel::{
        auth::{SessionKind, Signer, secret_hash},
        clock::Instant,
        db::{Conn, Row, Tx, order_by},
        failure::Failure,
        http::{IfMatch, List, Page},
        schema::{sessions, users},
    },
};
use diesel::prelude::*;

/// Sets secrets of sessions apart from others that are derived.
const PURPOSE: &str = "refresh token";

pub fn page(conn: &mut Conn, user: &str, list: &List<Session>) -> Result<Page<Session>, Failure> {
    let rows = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Session::as_select())
        .load(conn)?;
    list.page(rows)
}

/// The session that a refresh token names, whether or not it is good.
///
/// A token is the session's id, a dot, and a secret; the whole of it is hashed.
pub fn named_by(conn: &mut Conn, token: &str) -> Result<Option<Session>, Failure> {
    let Some((id, _)) = token.split_once('.').filter(|(id, _)| is_id(id)) else { return Ok(None) };
    Ok(sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::id.eq(id))
        .filter(sessions::kind.eq(SessionKind::Api))
        .filter(users::disabled.eq(false))
        .select(Session::as_select())
        .first(conn)
        .optional()?)
}

/// Whether it can be an id at all: PostgreSQL refuses to even compare with U+0000.
fn is_id(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Signs a user in: opens a session that ends at `until`, forgets those that are over, and answers its id and secret.
///
/// # Errors
/// 401 when the user was disabled or has another password since they were looked up.
pub fn open(
    tx: &mut Tx<'_>,
    user: &User,
    kind: SessionKind,
    secret: &str,
    origin: &Origin,
    until: Instant,
) -> Result<(String, String), Failure> {
    let at = tx.at();
    // Holds the user's row: whoever disables them or changes the password meanwhile comes before this, or sees it.
    let same = users::table.filter(users::id.eq(&user.id)).filter(users::disabled.eq(false));
    let there = diesel::update(same).set(users::version.eq(users::version)).execute(&mut **tx)? == 1;
    let password = users::table.find(&user.id).select(users::password_hash).first::<Option<String>>(&mut **tx)?;
    if !there || password != user.password_hash {
        return Err(Failure::Unauthorized("e-mail address or password is wrong"));
    }
    diesel::delete(sessions::table.filter(sessions::expires_at.le(at))).execute(&mut **tx)?;
    make_room(tx, &user.id)?;
    let id = tx.new_id();
    let token = match kind {
        SessionKind::Api => format!("{id}.{secret}"),
        SessionKind::Browser => secret.to_owned(),
    };
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(&id),
            sessions::user_id.eq(&user.id),
            sessions::kind.eq(kind),
            sessions::token_hash.eq(secret_hash(&token)),
            sessions::address.eq(&origin.address),
            sessions::client.eq(&origin.client),
            sessions::created_at.eq(at),
            sessions::last_seen_at.eq(at),
            sessions::expires_at.eq(until),
            sessions::version.eq(1),
        ))
        .execute(&mut **tx)?;
    tx.record("sign_in", User::RESOURCE, None, &user.id, None::<&()>, None::<&()>)?;
    Ok((id, token))
}

/// Ends the session that was not seen for longest, where somebody has too many.
fn make_room(tx: &mut Tx<'_>, user: &str) -> Result<(), Failure> {
    let surplus: Vec<String> = sessions::table
        .filter(sessions::user_id.eq(user))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .offset(AT_MOST - 1)
        .limit(AT_MOST)
        .select(sessions::id)
        .load(&mut **tx)?;
    if !surplus.is_empty() {
        diesel::delete(sessions::table.filter(sessions::id.eq_any(surplus))).execute(&mut **tx)?;
    }
    Ok(())
}

/// Takes a refresh token for its successor.
///
/// The one update that finds the token current makes it the previous one, so of however many that present it at once, at
/// whatever instance, one rotates it; the others, for [`GRACE`], are given the same successor, which is derived from the
/// token and stored nowhere. Whatever else is presented in a session's name has been used before, by its owner or by a
/// thief: that ends the session.
///
/// Nothing when the token signs nobody in.
pub fn rotate(tx: &mut Tx<'_>, signer: &Signer, token: &str) -> Result<Option<(Session, String)>, Failure> {
    let (now, hash) = (tx.at(), secret_hash(token));
    let Some(mut session) = named_by(tx, token)? else { return nothing(tx) };
    if session.expires_at <= now {
        return nothing(tx);
    }
    let successor = |secret: String| format!("{}.{secret}", session.id);
    if session.token_hash == hash {
        let next = successor(signer.derived_secret(PURPOSE, token));
        let until = (now.utc() + IDLE).min(session.created_at.utc() + LONGEST);
        let current = sessions::table.filter(sessions::id.eq(&session.id)).filter(sessions::token_hash.eq(&hash));
        let rotated = diesel::update(current)
            .set((
                sessions::token_hash.eq(secret_hash(&next)),
                sessions::previous_hash.eq(&hash),
                sessions::rotated_at.eq(now),
                sessions::last_seen_at.eq(now),
                sessions::expires_at.eq(Instant::from(until)),
            ))
            .execute(&mut **tx)?;
        if rotated == 1 {
            tx.nothing_changed();
            return Ok(Some((session, next)));
        }
        // Somebody else was faster, and is done by now.
        match named_by(tx, token)? {
            Some(after) => session = after,
            None => return nothing(tx),
        }
    }
    let in_grace = session.rotated_at.is_some_and(|at| now.utc() < at.utc() + GRACE);
    if in_grace && session.previous_hash.as_deref() == Some(&hash) {
        // The key may have been rotated since.
        let derived =
            signer.derived_secrets(PURPOSE, token).into_iter().map(|secret| format!("{}.{secret}", session.id));
        let next = derived.into_iter().find(|next| secret_hash(next) == session.token_hash);
        tx.nothing_changed();
        return Ok(next.map(|next| (session, next)));
    }
    end(tx, &session, "reuse")?;
    Ok(None)
}

fn nothing<T>(tx: &mut Tx<'_>) -> Result<Option<T>, Failure> {
    tx.nothing_changed();
    Ok(None)
}

/// Ends a session and says in the audit trail why.
fn end(tx: &mut Tx<'_>, session: &Session, why: &str) -> Result<(), Failure> {
    let same = sessions::table.filter(sessions::id.eq(&session.id));
    if diesel::delete(same).execute(&mut **tx)? == 1 {
        tx.record(why, Session::RESOURCE, None, &session.id, Some(session), None::<&()>)
    } else {
        tx.nothing_changed();
        Ok(())
    }
}

/// Signs out whoever holds a refresh token: the one that is good, or the one before it. Any other ends nothing.
pub fn close_by_token(tx: &mut Tx<'_>, token: &str) -> Result<(), Failure> {
    let hash = secret_hash(token);
    match named_by(tx, token)? {
        Some(session) if session.token_hash == hash || session.previous_hash.as_ref() == Some(&hash) => {
            end(tx, &session, "sign_out")
        }
        _ => {
            tx.nothing_changed();
            Ok(())
        }
    }
}

/// The browser's session with this cookie.
pub fn find_by_cookie(conn: &mut Conn, cookie: &str) -> Result<Option<Session>, Failure> {
    Ok(sessions::table
        .filter(sessions::token_hash.eq(secret_hash(cookie)))
        .filter(sessions::kind.eq(SessionKind::Browser))
        .select(Session::as_select())
        .first(conn)
        .optional()?)
}

pub fn close(tx: &mut Tx<'_>, session: &Session) -> Result<(), Failure> {
    end(tx, session, "sign_out")
}

/// Ends a session of a user's.
pub fn delete(tx: &mut Tx<'_>, user: &str, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let session = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::id.eq(id))
        .select(Session::as_select())
        .first(&mut **tx)?;
    seen.check(&session)?;
    end(tx, &session, "delete")
}

/// Ends all sessions of a user's but one.
pub fn end_others(tx: &mut Tx<'_>, user: &str, current: Option<&str>) -> Result<(), Failure> {
    let others =
        sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::id.ne(current.unwrap_or_default()));
    diesel::delete(others).execute(&mut **tx)?;
    Ok(())
}
