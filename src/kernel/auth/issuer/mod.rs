//! An outside issuer: its tokens at the API, and sign-in with it.
//!
//! A token is judged by the issuer's published keys, which are fetched at the configured address only and kept. It
//! says who somebody is, by their verified e-mail address; whether there is such a user, and what they may do, is read
//! from the database at each request, as for everybody.

mod claims;
mod fetch;
mod kept;
mod keys;
mod settings;
mod sign_in;

pub use claims::Vouched;
pub use settings::{CALLBACK, Groups, IssuerOptions, IssuerSettings};
pub use sign_in::{Answered, Question};

use super::super::{
    clock::Instant,
    failure::{Failure, Fault},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use claims::{Purpose, is_of_type, judge};
use fetch::Fetcher;
use jsonwebtoken::Algorithm;
use kept::Kept;
use keys::{Keys, Signature};
use serde_json::{Map, Value};
use sign_in::Endpoints;
use std::sync::Arc;

/// The issuer that is configured, and what is known of it.
#[derive(Clone)]
pub struct Issuer(Arc<Inner>);

struct Inner {
    settings: IssuerSettings,
    fetcher: Fetcher,
    keys: Arc<Kept<Keys>>,
    endpoints: Arc<Kept<Endpoints>>,
    /// Codes that are given for tokens at the same time: each has a thread waiting.
    exchanges: tokio::sync::Semaphore,
}

/// More than sign in within a moment, and less than a flood of made-up codes.
const EXCHANGES: usize = 16;

impl Issuer {
    /// Nothing is asked of it yet.
    #[must_use]
    pub fn new(settings: IssuerSettings) -> Self {
        Self(Arc::new(Inner {
            settings,
            fetcher: Fetcher::new(),
            keys: Kept::new("the issuer's keys"),
            endpoints: Kept::new("the issuer's configuration"),
            exchanges: tokio::sync::Semaphore::new(EXCHANGES),
        }))
    }

    pub fn settings(&self) -> &IssuerSettings {
        &self.0.settings
    }

    /// Whether a token says that this issuer made it. Nothing of it is verified.
    pub fn is_named_by(&self, token: &str) -> bool {
        let claims = token.split('.').nth(1).and_then(part);
        claims.is_some_and(|claims| claims.get("iss").and_then(Value::as_str) == Some(&self.settings().issuer))
    }

    /// Whom a token for the API speaks for.
    ///
    /// # Errors
    /// 401 for one that is not valid; 503 when that cannot be known, since the issuer's keys are not to be had.
    pub async fn verify(&self, token: &str, now: Instant) -> Result<Vouched, Failure> {
        self.judged(token, Purpose::Api, now).await?.map_err(|why| {
            tracing::info!(why, "a token of the issuer is refused");
            Failure::Unauthorized("the issuer's token is not valid here, or not any more")
        })
    }

    async fn judged(
        &self,
        token: &str,
        purpose: Purpose<'_>,
        now: Instant,
    ) -> Result<Result<Vouched, &'static str>, Failure> {
        let Some((algorithm, kid)) = read_header(token, purpose) else { return Ok(Err("it is no such token")) };
        let keys = self.0.keys.get(now, self.fetch_keys()).await.ok_or_else(away)?;
        let mut signature = keys.verify(token, kid.as_deref(), algorithm);
        if matches!(signature, Signature::UnknownKey) {
            // The issuer may have a new one. However many unknown names are sent, it is asked now and then only.
            let keys = self.0.keys.again(now, self.fetch_keys()).await.ok_or_else(away)?;
            signature = keys.verify(token, kid.as_deref(), algorithm);
        }
        Ok(match signature {
            Signature::Good(claims) => judge(&claims, self.settings(), purpose, now),
            Signature::Bad => Err("its signature is not good"),
            Signature::UnknownKey => Err("no key of the issuer's signed it"),
        })
    }

    fn fetch_keys(&self) -> impl FnOnce() -> Result<Keys, String> + Send + 'static {
        let this = self.clone();
        move || {
            let Inner { settings, fetcher, .. } = &*this.0;
            match &settings.jwks_url {
                Some(url) => Keys::read(&fetcher.get(url.as_str())?),
                None => {
                    let url = Endpoints::read(&fetcher.get(&settings.discovery())?, settings)?.keys;
                    Keys::read(&fetcher.get(&url)?)
                }
            }
        }
    }
}

/// Its algorithm and the name of its key, when it is signed at all, and may be a token of that kind.
fn read_header(token: &str, purpose: Purpose<'_>) -> Option<(Algorithm, Option<String>)> {
    let mut parts = token.split('.');
    let header = part(parts.next()?)?;
    if parts.count() != 2 || header.contains_key("crit") {
        return None; // What is marked as critical must be understood, and we understand nothing of it.
    }
    let text = |name: &str| match header.get(name) {
        None => Some(None),
        Some(Value::String(text)) => Some(Some(text.as_str())),
        Some(_) => None,
    };
    let (algorithm, kid) = (text("alg")??.parse().ok()?, text("kid")?);
    is_of_type(text("typ")?, purpose).then(|| (algorithm, kid.map(ToOwned::to_owned)))
}

/// A part of a token, whoever wrote it.
fn part(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// It is nobody's fault who asks.
fn away() -> Failure {
    Failure::NotReady(vec![Fault::named("issuer", "the issuer of that sign-in cannot be reached; try again shortly")])
}
