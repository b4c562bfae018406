//! Who somebody is, and what they are in the product that is asked for: read at each request, from what they hold.

use super::{Claimed, Identity, ProductId, ProductScope, Role, SessionKind, Vouched};
use crate::kernel::{
    clock::Instant,
    db::{Conn, Db},
    failure::Failure,
    money::Currency,
    month::Month,
    schema::{api_tokens, members, products, sessions, users},
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long a token's last use may be out of date: a read is not to become a durable write.
const COARSE: TimeDelta = TimeDelta::hours(1);

/// What a caller is found by.
pub(super) enum Way {
    Claimed(Claimed),
    /// What the outside issuer says.
    Vouched(Vouched),
    /// The hash of an API token.
    Token(String),
    /// The hash of a browser's secret.
    Cookie(String),
}

pub(super) struct Standing {
    pub user: Identity,
    pub product: Option<ProductScope>,
    /// The token by which they came, when its last use is to be noted.
    pub used: Option<String>,
}

/// The one place where a caller's standing is read.
///
/// A session that has ended, a token that was revoked, and a user who is disabled are out at their next request,
/// whatever was told to them before.
pub(super) fn standing(conn: &mut Conn, way: &Way, now: Instant, product: Option<&str>) -> Result<Standing, Failure> {
    let live = sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::expires_at.gt(now))
        .filter(users::disabled.eq(false))
        .select((users::id, sessions::id, users::name, users::email, users::admin));
    let found = match way {
        Way::Token(hash) => return by_token(conn, hash, now, product),
        Way::Vouched(vouched) => return by_issuer(conn, vouched, product),
        Way::Claimed(claimed) => live
            .filter(sessions::id.eq(&claimed.session))
            .filter(sessions::user_id.eq(&claimed.user))
            .first::<(String, String, String, String, bool)>(conn)
            .optional()?,
        Way::Cookie(hash) => live
            .filter(sessions::token_hash.eq(hash))
            .filter(sessions::kind.eq(SessionKind::Browser))
            .first(conn)
            .optional()?,
    };
    let Some((id, session, name, email, admin)) = found else {
        return Err(Failure::Unauthorized("sign in again"));
    };
    let product = named(conn, &id, product)?;
    let user = Identity { id, session: Some(session), token: None, name, email, admin };
    Ok(Standing { user, product, used: None })
}

/// The product that is asked for, where they are a member.
fn named(conn: &mut Conn, user: &str, product: Option<&str>) -> Result<Option<ProductScope>, Failure> {
    match product.filter(|name| is_name(name)) {
        Some(product) => membership(conn, user, product),
        None => Ok(None),
    }
}

/// Whom the issuer vouches for is who has that e-mail address here, if they may come in. What it said before they were
/// last disabled counts no more.
fn by_issuer(conn: &mut Conn, vouched: &Vouched, product: Option<&str>) -> Result<Standing, Failure> {
    let (id, name, email, admin, _) = users::table
        .filter(users::email_folded.eq(vouched.email.to_lowercase()))
        .filter(users::disabled.eq(false))
        .select((users::id, users::name, users::email, users::admin, users::disabled_at))
        .first::<(String, String, String, bool, Option<Instant>)>(conn)
        .optional()?
        .filter(|(.., email, _, disabled_at)| vouched.is_of(email, *disabled_at))
        .ok_or(Failure::Unauthorized(
            "the issuer's token is good, but its e-mail address is nobody's here who may come in",
        ))?;
    let product = named(conn, &id, product)?;
    Ok(Standing { user: Identity { id, session: None, token: None, name, email, admin }, product, used: None })
}

/// An API token as it is kept, and its user.
#[derive(Queryable)]
struct Found {
    id: String,
    product: String,
    role: Role,
    created_at: Instant,
    last_used_at: Option<Instant>,
    user: String,
    name: String,
    email: String,
    admin: bool,
    disabled_at: Option<Instant>,
}

/// A token stands for its user in its product, as long as they are a member there, and never for more than they are.
fn by_token(conn: &mut Conn, hash: &str, now: Instant, product: Option<&str>) -> Result<Standing, Failure> {
    let gone = || Failure::Unauthorized("the API token is unknown, expired or revoked, or its user is gone");
    let token = api_tokens::table
        .inner_join(users::table.on(users::id.eq(api_tokens::user_id)))
        .filter(api_tokens::token_hash.eq(hash))
        .filter(api_tokens::expires_at.gt(now))
        .filter(users::disabled.eq(false))
        .select((
            api_tokens::id,
            api_tokens::product_id,
            api_tokens::role,
            api_tokens::created_at,
            api_tokens::last_used_at,
            users::id,
            users::name,
            users::email,
            users::admin,
            users::disabled_at,
        ))
        .first::<Found>(conn)
        .optional()?
        .filter(|token| token.disabled_at.is_none_or(|disabled_at| token.created_at > disabled_at))
        .ok_or_else(gone)?;
    let mut scope = membership(conn, &token.user, &token.product)?.ok_or_else(gone)?;
    scope.role = scope.member.lower(token.role);
    let asked = product.is_none_or(|name| name == scope.key || name == scope.id.as_str());
    let stale = token.last_used_at.is_none_or(|last| last.utc() + COARSE <= now.utc());
    let Found { id, user, name, email, admin, .. } = token;
    Ok(Standing {
        user: Identity { id: user, session: None, token: Some(id.clone()), name, email, admin },
        product: asked.then_some(scope),
        used: stale.then_some(id),
    })
}

/// Notes that a token was used, when that is worth it. Nobody waits for it, and nobody is refused when it fails.
pub(super) fn note_use(db: Db, token: String, now: Instant) {
    let since = Instant::from(now.utc() - COARSE);
    actix_web::rt::spawn(async move {
        let noted = db.note(move |conn| {
            let stale = api_tokens::last_used_at.is_null().or(api_tokens::last_used_at.le(since));
            let token = api_tokens::table.filter(api_tokens::id.eq(&token)).filter(stale);
            Ok(diesel::update(token).set(api_tokens::last_used_at.eq(Some(now))).execute(conn)?)
        });
        if let Err(failure) = noted.await {
            tracing::debug!(%failure, "the use of a token is not noted");
        }
    });
}

/// Whether it can be a key or an id at all; PostgreSQL refuses to even compare with U+0000.
fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn membership(conn: &mut Conn, user: &str, product: &str) -> Result<Option<ProductScope>, Failure> {
    let row = members::table
        .inner_join(products::table.on(products::id.eq(members::product_id)))
        .filter(members::user_id.eq(user))
        .filter(products::key.eq(product).or(products::id.eq(product)))
        .select((
            products::id,
            products::key,
            products::timezone,
            products::currency,
            products::published_through,
            members::role,
        ))
        .first::<(String, String, String, Currency, Option<Month>, Role)>(conn)
        .optional()?;
    row.map(|(id, key, zone, currency, published_through, role)| {
        let zone = zone.parse().map_err(|_| Failure::internal("a stored time zone is unknown"))?;
        Ok(ProductScope { id: ProductId(id), key, zone, currency, published_through, role, member: role })
    })
    .transpose()
}
