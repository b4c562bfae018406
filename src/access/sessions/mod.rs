//! Who is signed in, with what, and for how long.
//!
//! A session is what signing in makes: a browser's cookie, or a program's family of refresh tokens, of which one is good
//! at a time. Access tokens name their session, so whatever ends it ends them.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        auth::SessionKind,
        clock::Instant,
        http::{Column, Listed, Page},
        schema::sessions,
    },
    row,
};
use chrono::TimeDelta;
use diesel::{dsl::AsExprOf, prelude::*, sql_types::Bool};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a browser stays signed in.
pub const BROWSER: TimeDelta = TimeDelta::hours(12);
/// How long a program may leave its session unused.
pub const IDLE: TimeDelta = TimeDelta::days(30);
/// How long it stays signed in at most.
pub const LONGEST: TimeDelta = TimeDelta::days(90);
/// How long a refresh token that was used is answered again, with the same successor: for answers that were lost, and
/// for processes that share one.
pub const GRACE: TimeDelta = TimeDelta::seconds(30);
/// How many sessions somebody has at most; the one that was not seen for longest makes room.
pub const AT_MOST: i64 = 100;

/// Somebody who is signed in somewhere.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = sessions)]
pub struct Session {
    pub id: String,
    /// A user's id.
    #[diesel(column_name = user_id)]
    pub user: String,
    pub kind: SessionKind,
    #[serde(skip)]
    pub token_hash: String,
    #[serde(skip)]
    pub previous_hash: Option<String>,
    #[serde(skip)]
    pub rotated_at: Option<Instant>,
    /// From where they signed in.
    pub address: String,
    /// With what program, as it named itself (`User-Agent`).
    pub client: String,
    pub created_at: Instant,
    /// When the session was last refreshed, or signed in with.
    pub last_seen_at: Instant,
    /// When it ends, unless it is refreshed before.
    pub expires_at: Instant,
    /// Whether it is the one that asks.
    #[diesel(select_expression = false.into_sql::<Bool>(), select_expression_type = AsExprOf<bool, Bool>)]
    pub current: bool,
    /// Always 1: a session is ended, never changed, and using it keeps nobody from ending it.
    pub version: i64,
}

row!(Session, "sessions");

/// A page of a list of them.
pub type SessionPage = Page<Session>;

impl Listed for Session {
    const COLUMNS: &'static [Column] = &[
        Column::choice("kind", "kind", SessionKind::WORDS),
        Column::text("address", "address"),
        Column::text("client", "client"),
        Column::time("created_at", "created_at"),
        Column::time("last_seen_at", "last_seen_at"),
        Column::time("expires_at", "expires_at"),
    ];
    const SEARCH: &'static [&'static str] = &["address", "client"];
}

/// From where somebody signs in, and with what.
#[derive(Debug, Clone)]
pub struct Origin {
    pub address: String,
    pub client: String,
}

/// An e-mail address and a password.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    #[schema(max_length = 254)]
    pub email: String,
    #[schema(max_length = 200, write_only)]
    pub password: String,
}

/// The refresh token that was answered last.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshToken {
    #[schema(max_length = 200, write_only)]
    pub refresh_token: String,
}

/// A new password, and the one before.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    #[schema(max_length = 200, write_only)]
    pub current_password: String,
    #[schema(min_length = 12, max_length = 200, write_only)]
    pub new_password: String,
}

/// An access token, for `Authorization: Bearer`, and what to get the next one with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// Good once, for `POST /auth/refresh`. It ends when it was not used for 30 days, or 90 days after signing in.
    pub refresh_token: String,
}
