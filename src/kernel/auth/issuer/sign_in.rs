//! Signing in with a browser: the authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0).

use super::{Issuer, IssuerSettings, Vouched, away, claims::Purpose, fetch::aside, settings::address};
use crate::kernel::{
    auth::{Signer, new_secret},
    clock::Instant,
    failure::Failure,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq;
use url::Url;

/// How long somebody may take at the issuer, in seconds.
const PATIENCE: i64 = 10 * 60;
/// How long a browser waits for its turn when many come back at once.
const QUEUE: Duration = Duration::from_secs(5);
/// Longer addresses are not come back to.
const NEXT: usize = 1000;

/// Where the issuer takes what.
#[derive(Debug)]
pub(super) struct Endpoints {
    authorize: Url,
    token: String,
    pub keys: String,
    /// Whether it wants our secret in the form, and not in the header.
    in_form: bool,
}

impl Endpoints {
    /// Reads the issuer's configuration (OpenID Connect Discovery 1.0). What we would ask ourselves is at the issuer's own
    /// origin, or where our own configuration says; the browser may be sent elsewhere.
    ///
    /// # Errors
    /// What is wrong with it, for the log.
    pub fn read(said: &Value, settings: &IssuerSettings) -> Result<Self, String> {
        if said["issuer"] != *settings.issuer {
            return Err("its configuration is of another issuer".to_owned());
        }
        let own = |name: &'static str, configured: &Option<Url>| match (configured, said[name].as_str()) {
            (Some(url), _) => Ok(url.to_string()),
            (None, Some(url)) if address(name, url)?.origin() == settings.at.origin() => Ok(url.to_owned()),
            (None, _) => Err(format!("its {name} is not at its own address: name it in the configuration")),
        };
        let browsers = settings.client.is_some();
        // Whoever has the API's tokens judged only asks for no more than keys.
        let authorize = if browsers { said["authorization_endpoint"].as_str() } else { Some(&*settings.issuer) };
        let ways = said["token_endpoint_auth_methods_supported"].as_array();
        let takes = |way: &str| ways.is_some_and(|ways| ways.iter().any(|known| known == way));
        Ok(Self {
            authorize: address("authorization_endpoint", authorize.unwrap_or_default())?,
            token: if browsers { own("token_endpoint", &settings.token_url)? } else { String::new() },
            keys: own("jwks_uri", &settings.jwks_url)?,
            in_form: takes("client_secret_post") && !takes("client_secret_basic"),
        })
    }
}

/// What a browser is sent to the issuer with. It keeps the [`ticket`](Question::ticket), which is no secret: what it is to
/// bring back, what the token must repeat and what the code is given for are derived from it with our own key, so
/// every instance knows them, and nobody else.
#[derive(Debug)]
pub struct Question {
    /// For the browser to keep.
    pub ticket: String,
    /// Where it goes.
    pub place: String,
}

/// What a browser brings back from the issuer.
#[derive(Debug)]
pub struct Answered {
    pub ticket: String,
    pub state: String,
    pub code: String,
    /// Who says so (RFC 9207).
    pub iss: Option<String>,
}

const STATE: &str = "oidc state";
const NONCE: &str = "oidc nonce";
const VERIFIER: &str = "oidc verifier";

impl Issuer {
    /// Sends somebody to sign in, and on to `next` after that.
    ///
    /// # Errors
    /// 404 when browsers do not sign in with the issuer; 503 when it cannot be reached.
    pub async fn ask(&self, signer: &Signer, next: &str, now: Instant) -> Result<Question, Failure> {
        let client = self.settings().client.as_ref().ok_or(Failure::NotFound)?;
        let endpoints = self.endpoints(now).await?;
        let next = if next.len() <= NEXT { next } else { "/" };
        let until = now.utc().timestamp() + PATIENCE;
        let ticket = format!("{}.{until}.{}", new_secret()?, BASE64_URL_SAFE_NO_PAD.encode(next));
        let challenge = Sha256::digest(signer.derived_secret(VERIFIER, &ticket));
        let mut place = endpoints.authorize.clone();
        place
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &client.callback)
            .append_pair("scope", &client.scope)
            .append_pair("state", &signer.derived_secret(STATE, &ticket))
            .append_pair("nonce", &signer.derived_secret(NONCE, &ticket))
            .append_pair("code_challenge", &BASE64_URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256");
        Ok(Question { ticket, place: place.into() })
    }

    /// Whom the issuer signed in, and where they wanted to go.
    ///
    /// # Errors
    /// 401 with what to do about it; 503 when the issuer cannot be reached.
    pub async fn answered(&self, signer: &Signer, sent: &Answered, now: Instant) -> Result<(Vouched, String), Failure> {
        let client = self.settings().client.as_ref().ok_or(Failure::NotFound)?;
        let lost = "this sign-in was not begun in this browser, or too long ago: begin again";
        // The key may have been rotated since.
        let states = signer.derived_secrets(STATE, &sent.ticket);
        let nth = states.iter().position(|state| bool::from(state.as_bytes().ct_eq(sent.state.as_bytes())));
        let next = read_ticket(&sent.ticket, now);
        let (Some(nth), Some(next)) = (nth, next) else { return Err(Failure::Unauthorized(lost)) };
        if sent.iss.as_ref().is_some_and(|iss| *iss != self.settings().issuer) {
            return Err(Failure::Unauthorized("another issuer answered: begin again"));
        }
        let nth_of = |purpose: &str| signer.derived_secrets(purpose, &sent.ticket).into_iter().nth(nth);
        let (Some(nonce), Some(verifier)) = (nth_of(NONCE), nth_of(VERIFIER)) else {
            return Err(Failure::Unauthorized(lost));
        };
        let refused = Failure::Unauthorized("the issuer does not stand by this sign-in: begin again");
        let Some(token) = self.exchange(&sent.code, verifier, now).await? else { return Err(refused) };
        let purpose = Purpose::SignIn { client: &client.id, nonce: &nonce };
        match self.judged(&token, purpose, now).await? {
            Ok(vouched) => Ok((vouched, next)),
            Err(why @ ("the e-mail address is not verified" | "no e-mail address")) => {
                tracing::info!(why, "a sign-in is refused");
                Err(Failure::Unauthorized("the issuer has not verified your e-mail address, or does not tell it"))
            }
            Err(why) => {
                tracing::warn!(why, "a sign-in is refused");
                Err(refused)
            }
        }
    }

    /// Gives the code for an ID token; nothing when the issuer gives none.
    async fn exchange(&self, code: &str, verifier: String, now: Instant) -> Result<Option<String>, Failure> {
        let endpoints = self.endpoints(now).await?;
        let turn = tokio::time::timeout(QUEUE, self.0.exchanges.acquire()).await;
        let _turn = turn.map_err(|_| away())?.map_err(Failure::internal)?;
        let (this, code) = (self.clone(), code.to_owned());
        let answered = aside(move || {
            let client = this.settings().client.as_ref().ok_or("there is no client")?;
            let secret = client.secret.as_ref().map(|secret| secret.text());
            let mut form = vec![
                ("grant_type", "authorization_code"),
                ("code", &*code),
                ("redirect_uri", &*client.callback),
                ("code_verifier", &*verifier),
            ];
            let basic = secret.filter(|_| !endpoints.in_form).map(|secret| (&*client.id, secret));
            if basic.is_none() {
                form.push(("client_id", &client.id));
                form.extend(secret.map(|secret| ("client_secret", secret)));
            }
            this.0.fetcher.post(&endpoints.token, &form, basic)
        });
        match answered.await? {
            Ok(said) => Ok(said["id_token"].as_str().map(ToOwned::to_owned)),
            Err(why) => {
                tracing::warn!(why, "the issuer gives nothing for a code");
                if why.starts_with("answered 4") { Ok(None) } else { Err(away()) }
            }
        }
    }

    async fn endpoints(&self, now: Instant) -> Result<std::sync::Arc<Endpoints>, Failure> {
        let this = self.clone();
        let fetch = move || Endpoints::read(&this.0.fetcher.get(&this.settings().discovery())?, this.settings());
        self.0.endpoints.get(now, fetch).await.ok_or_else(away)
    }
}

/// Where somebody wanted to go, if it is not too late.
fn read_ticket(ticket: &str, now: Instant) -> Option<String> {
    let mut parts = ticket.split('.').skip(1);
    let until: i64 = parts.next()?.parse().ok()?;
    let next = BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    String::from_utf8(next).ok().filter(|_| now.utc().timestamp() < until && parts.next().is_none())
}
