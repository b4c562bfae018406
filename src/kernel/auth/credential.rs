//! What somebody sends to say who they are, and where it may be sent.
//!
//! An access token as `Authorization: Bearer`; an API token in the same place or as `X-API-Key`; for reading exports
//! also as the password of HTTP Basic or as `?api_key=`, since many tools can send nothing else; a browser's session
//! as a cookie, for reading only. Of several the one in the place named first here counts, good or not.

use super::signing::{new_secret, secret_hash};
use crate::kernel::{
    failure::{Failure, Fault},
    http::{API_KEY_PARAMETER, RequestContext},
};
use actix_web::{
    HttpRequest,
    http::{Method, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use url::form_urlencoded;

/// Holds a browser's session; opens `GET`, and by [`ByForm`](super::ByForm) the forms of our pages.
pub const SESSION_COOKIE: &str = "prodops_session";
/// Holds an API token.
pub const API_KEY_HEADER: &str = "x-api-key";

/// What an API token begins with, so that people and scanners of leaked secrets know one when they see it.
pub const API_TOKEN_PREFIX: &str = "pdo_";
/// The characters of the random part, and of the checksum after it.
const SECRET: usize = 43;
const CHECKSUM: usize = 8;

const NOBODY: Failure = Failure::Unauthorized(
    "send an access token as Authorization: Bearer, an API token there or as X-API-Key, or sign in at /login",
);
const NO_TOKEN: Failure = Failure::Unauthorized("that is no API token: one begins with pdo_ and is copied whole");

/// What was sent, as far as it can be judged without asking the database.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// A signed access token, not verified yet.
    Access(String),
    /// The hash of an API token whose checksum is right.
    Token(String),
    /// A browser's session.
    Session(String),
}

impl Credential {
    /// What a request holds. `of_tools` says whether it may come in the ways of tools that only read exports.
    ///
    /// # Errors
    /// 401 for none, or one that cannot be one; 400 for several in the same place.
    pub(super) fn of(req: &HttpRequest, of_tools: bool) -> Result<Self, Failure> {
        let reads = matches!(*req.method(), Method::GET | Method::HEAD);
        let basic = of_tools && reads;
        if basic {
            RequestContext::of(req).offer_basic();
        }
        let text = |value: &header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let mut keys = Vec::new();
        if basic {
            let pairs = form_urlencoded::parse(req.query_string().as_bytes());
            keys.extend(pairs.filter(|(name, _)| name == API_KEY_PARAMETER).map(|(_, key)| Self::token(&key)));
        }
        if !keys.is_empty() {
            RequestContext::of(req).took_key();
        }
        let places = [
            req.headers().get_all(header::AUTHORIZATION).map(|sent| by_scheme(&text(sent), basic)).collect(),
            req.headers().get_all(API_KEY_HEADER).map(|sent| Self::token(text(sent).trim())).collect(),
            keys,
        ];
        // The first place that holds anything counts, good or not.
        match places.into_iter().find(|sent: &Vec<_>| !sent.is_empty()).map(<[_; 1]>::try_from) {
            Some(Ok([only])) => only,
            Some(Err(_)) => {
                let detail = "send one credential";
                Err(Failure::Unreadable(vec![Fault::parameter("Authorization", "several_credentials", detail)]))
            }
            None => req
                .cookie(SESSION_COOKIE)
                .filter(|_| reads)
                .map_or(Err(NOBODY), |it| Ok(Self::Session(it.value().into()))),
        }
    }

    fn token(text: &str) -> Result<Self, Failure> {
        if is_api_token(text) { Ok(Self::Token(secret_hash(text))) } else { Err(NO_TOKEN) }
    }
}

fn by_scheme(sent: &str, basic: bool) -> Result<Credential, Failure> {
    let (scheme, value) = sent.split_once(' ').ok_or(NOBODY)?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return if value.starts_with(API_TOKEN_PREFIX) {
            Credential::token(value)
        } else {
            Ok(Credential::Access(value.to_owned()))
        };
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(NOBODY);
    }
    if !basic {
        return Err(Failure::Unauthorized("HTTP Basic is for reading exports; send Authorization: Bearer"));
    }
    let pair = BASE64_STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(NO_TOKEN)?;
    // Who is named before the colon does not matter: the token says who it is.
    Credential::token(pair.split_once(':').ok_or(NO_TOKEN)?.1)
}

/// A new API token: 256 random bits between its prefix and a checksum.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn new_api_token() -> Result<String, Failure> {
    let secret = new_secret()?;
    Ok(format!("{API_TOKEN_PREFIX}{secret}{}", checksum(&secret)))
}

/// Whether a text is as an API token is made, so that one mistyped or cut off costs no question to the database.
fn is_api_token(text: &str) -> bool {
    let Some(rest) =
        text.strip_prefix(API_TOKEN_PREFIX).filter(|rest| rest.is_ascii() && rest.len() == SECRET + CHECKSUM)
    else {
        return false;
    };
    let (secret, sum) = rest.split_at(SECRET);
    checksum(secret) == sum
}

fn checksum(secret: &str) -> String {
    secret_hash(&format!("checksum\n{secret}")).chars().take(CHECKSUM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn read(uri: &str, headers: &[(&str, &str)], of_tools: bool) -> Result<Credential, u16> {
        let req = headers.iter().fold(TestRequest::get().uri(uri), |req, header| req.append_header(*header));
        Credential::of(&req.to_http_request(), of_tools).map_err(|failure| failure.terms().status)
    }

    #[test]
    fn a_token_is_known_by_its_form_before_the_database_is_asked() {
        let token = new_api_token().unwrap();
        assert_eq!((token.len(), is_api_token(&token)), (55, true));
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'a' { b'b' } else { b'a' };
            assert!(!is_api_token(&String::from_utf8(other).unwrap()), "the character {at} is another");
        }
        for wrong in ["", "pdo_", &token[..54], &format!("{token}0"), &format!("pdo_{}", "é".repeat(26))] {
            assert!(!is_api_token(wrong), "{wrong}");
            assert_eq!(read("/", &[("X-API-Key", wrong)], true), Err(401));
        }
    }

    #[test]
    fn each_way_in_is_open_where_it_is_meant_to_be() {
        let token = new_api_token().unwrap();
        let known = Ok(Credential::Token(secret_hash(&token)));
        let bearer = format!("bearer {token}");
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("any:{token}")));
        let address = format!("/?from=2026-01&api%5Fkey={token}");
        for of_tools in [true, false] {
            assert_eq!(read("/", &[("Authorization", &bearer)], of_tools), known);
            assert_eq!(read("/", &[("X-API-Key", &token)], of_tools), known);
        }
        assert_eq!(read("/", &[("Authorization", &basic)], true), known);
        assert_eq!(read(&address, &[], true), known);
        assert_eq!(read("/", &[("Authorization", &basic)], false), Err(401));
        assert_eq!(read(&address, &[], false), Err(401));
        assert_eq!(read("/", &[("Authorization", "Bearer a.b.c")], false), Ok(Credential::Access("a.b.c".into())));
        assert_eq!(read("/", &[("Cookie", "prodops_session=x")], false), Ok(Credential::Session("x".into())));
        for wrong in ["Basic", "Basic x", "Basic YTpi", "Basic YWI=", "Digest x", "x", ""] {
            assert_eq!(read("/", &[("Authorization", wrong)], true), Err(401), "{wrong}");
        }
    }

    #[test]
    fn of_several_places_the_first_counts_and_in_one_place_there_is_one() {
        let (token, other) = (new_api_token().unwrap(), new_api_token().unwrap());
        let (key, address) = (("X-API-Key", token.as_str()), format!("/?api_key={other}"));
        let (bearer, known) = (("Authorization", "Bearer a.b.c"), Ok(Credential::Token(secret_hash(&token))));
        assert_eq!(read("/", &[key, bearer], false), Ok(Credential::Access("a.b.c".into())));
        assert_eq!(read(&address, &[key], true), known);
        assert_eq!(
            read("/", &[("Authorization", "Bearer pdo_wrong"), key], false),
            Err(401),
            "nothing makes up for it"
        );
        assert_eq!(read("/", &[("Cookie", "prodops_session=x"), key], false), known);
        assert_eq!(read("/", &[bearer, bearer], false), Err(400));
        assert_eq!(read("/", &[key, key], false), Err(400));
        assert_eq!(read(&format!("{address}&api_key={token}"), &[], true), Err(400));
    }
}
