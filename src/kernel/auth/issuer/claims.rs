//! What a token of the issuer says, once its signature is good: each claim that counts is there, and of its type.

use super::IssuerSettings;
use crate::kernel::clock::Instant;
use serde_json::{Map, Value};

/// How far the issuer's clock and ours may disagree, in seconds.
const LEEWAY: i64 = 30;
/// How old a sign-in may be when the browser brings it.
const SIGN_IN: i64 = 10 * 60;
/// The longest address there is.
const EMAIL: usize = 254;

/// Whom the issuer vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The address that it has verified.
    pub email: String,
    /// When it said so.
    pub issued_at: Option<Instant>,
    /// The groups that they are in; nothing when the token does not say.
    pub groups: Option<Vec<String>>,
}

impl Vouched {
    /// Whether it is a user of that address, who was last disabled then.
    pub fn is_of(&self, email: &str, disabled_at: Option<Instant>) -> bool {
        // Folding takes the Kelvin sign for a k; a mail server may not.
        let plain = |text: &str| text.chars().all(|c| c.is_ascii() || !c.to_lowercase().all(|c| c.is_ascii()));
        let same = self.email.to_lowercase() == email.to_lowercase() && plain(&self.email) && plain(email);
        same && disabled_at.is_none_or(|disabled| self.issued_at.is_some_and(|issued| issued > disabled))
    }
}

/// What a token is shown for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// Asking the API something.
    Api,
    /// Signing in with a browser, in answer to a question of ours.
    SignIn { client: &'a str, nonce: &'a str },
}

type Claims = Map<String, Value>;

/// What a token's `typ` may be: an access token (RFC 9068), or nothing in particular. Others, such as what an issuer
/// tells of sign-outs, are signed by the same keys.
pub(super) fn is_of_type(typ: Option<&str>, purpose: Purpose<'_>) -> bool {
    let Some(typ) = typ else { return true };
    let access = ["at+jwt", "application/at+jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known));
    typ.eq_ignore_ascii_case("JWT") || (access && matches!(purpose, Purpose::Api))
}

/// Judges what was signed.
///
/// # Errors
/// What is wrong with it, for the log.
pub(super) fn judge(
    claims: &Claims,
    settings: &IssuerSettings,
    purpose: Purpose<'_>,
    now: Instant,
) -> Result<Vouched, &'static str> {
    let seconds = now.utc().timestamp();
    if text(claims, "iss") != Some(&settings.issuer) {
        return Err("another issuer");
    }
    let audience = match purpose {
        Purpose::Api => settings.audience.as_deref().ok_or("no audience is configured")?,
        Purpose::SignIn { client, .. } => client,
    };
    let meant = audiences(claims).ok_or("no audience")?;
    if !meant.contains(&audience) {
        return Err("another audience");
    }
    if text(claims, "sub").is_none_or(str::is_empty) {
        return Err("no subject");
    }
    let exp = claims.get("exp").and_then(Value::as_i64).ok_or("no end")?;
    if seconds >= exp.saturating_add(LEEWAY) {
        return Err("it is over");
    }
    let begun = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(at) => match at.as_i64() {
            Some(at) if at <= seconds + LEEWAY => Ok(Some(at)),
            Some(_) => Err("it has not begun"),
            None => Err("a time that is none"),
        },
    };
    begun("nbf")?;
    let issued_at = begun("iat")?;
    if let Purpose::SignIn { client, nonce } = purpose {
        if text(claims, "nonce") != Some(nonce) {
            return Err("an answer to another question");
        }
        let party = claims.get("azp");
        if party.is_some_and(|party| party != client) || (party.is_none() && meant.len() > 1) {
            return Err("made for another client");
        }
        if issued_at.ok_or("no beginning")? < seconds - SIGN_IN {
            return Err("it is old");
        }
    }
    if claims.get(&settings.verified_claim) != Some(&Value::Bool(true)) {
        return Err("the e-mail address is not verified");
    }
    let email = text(claims, "email").filter(|email| email.len() <= EMAIL && !email.contains(char::is_control));
    Ok(Vouched {
        email: email.ok_or("no e-mail address")?.to_owned(),
        issued_at: issued_at.and_then(|at| chrono::DateTime::from_timestamp(at, 0)).map(Into::into),
        groups: settings.groups.as_ref().and_then(|groups| listed(claims.get(&groups.claim)?)),
    })
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// For whom a token is: one, or several (RFC 7519, 4.1.3).
fn audiences(claims: &Claims) -> Option<Vec<&str>> {
    match claims.get("aud")? {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => several.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// A list of words, or one word.
fn listed(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(several) => several.iter().map(|word| word.as_str().map(ToOwned::to_owned)).collect(),
        _ => None,
    }
}
