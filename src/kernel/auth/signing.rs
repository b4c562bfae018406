//! Access tokens: JWTs signed with Ed25519, 15 minutes each; and the making of other secrets.

use super::{
    super::{clock::Instant, failure::Failure, http::hex},
    key_files::KeyPlace,
    keys::{Key, Keys},
};
use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation, jwk::JwkSet};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;
const ISSUER: &str = "prodops";
const AUDIENCE: &str = "prodops";
/// RFC 9068: an access token, not to be taken for any other JWT.
const TYPE: &str = "at+jwt";
/// How far two clocks may disagree, in seconds.
const LEEWAY: i64 = 5;

/// Signs and verifies access tokens.
#[derive(Clone)]
pub struct Signer(Arc<Keys>);

/// What a valid access token says: a session of a user, which may have ended since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub user: String,
    pub session: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    /// The session it was given for: when that ends, so does the token.
    sid: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

impl Signer {
    /// Opens the keys, making one with mode 0600 when there is none.
    ///
    /// # Errors
    /// When a file cannot be read or made, or is not an Ed25519 key in PKCS #8 PEM.
    pub fn open(place: KeyPlace) -> Result<Self, Failure> {
        Keys::open(place).map(Arc::new).map(Self)
    }

    /// A key that lives as long as the process, for tests.
    pub fn ephemeral() -> Result<Self, Failure> {
        Keys::ephemeral().map(Arc::new).map(Self)
    }

    /// # Errors
    /// When signing fails, which is a defect.
    pub fn access_token(&self, user: &str, session: &str, now: Instant) -> Result<String, Failure> {
        let now = now.utc().timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.to_owned(),
            sid: session.to_owned(),
            iat: now,
            nbf: now,
            exp: now + ACCESS_TOKEN_SECONDS,
            jti: new_secret()?,
        };
        let ring = self.0.latest();
        let key = &ring.current;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(Failure::internal)
    }

    /// What a valid token claims.
    pub fn verify(&self, token: &str, now: Instant) -> Option<Claimed> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let kid = header.kid?;
        let mut ring = self.0.recent();
        if ring.find(&kid).is_none() {
            // It may have been made a moment ago by another instance.
            ring = self.0.latest();
        }
        let key = ring.find(&kid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // Times are compared below, with the same clock that issues tokens.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation).ok()?.claims;
        let seconds = now.utc().timestamp();
        // The times are the sender's: they may be any number, but not one that overflows.
        let live = claims.nbf <= seconds + LEEWAY && seconds < claims.exp.saturating_add(LEEWAY);
        (live && key.verifies(now)).then_some(Claimed { user: claims.sub, session: claims.sid })
    }

    /// A secret that is the same each time it is asked for, and that nobody without the key can guess: for what must
    /// be sent again word for word, and is kept only as a hash.
    pub fn derived_secret(&self, purpose: &str, id: &str) -> String {
        derived(&self.0.latest().current, purpose, id)
    }

    /// The same, and what it was with each key before that is still there: it was derived before the rotation.
    pub fn derived_secrets(&self, purpose: &str, id: &str) -> Vec<String> {
        self.0.latest().keys().map(|key| derived(key, purpose, id)).collect()
    }

    /// The public keys, for others to verify our tokens with.
    ///
    /// # Errors
    /// Never for keys that could be opened.
    pub fn jwks(&self, now: Instant) -> Result<JwkSet, Failure> {
        let ring = self.0.latest();
        let public = |key: &Key| {
            serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid, "x": key.public,
            })
        };
        let keys: Vec<_> = ring.keys().filter(|key| key.verifies(now)).map(public).collect();
        serde_json::from_value(serde_json::json!({ "keys": keys })).map_err(Failure::internal)
    }
}

fn derived(key: &Key, purpose: &str, id: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key.deriving, format!("{purpose}\n{id}").as_bytes()))
}

/// 256 random bits as text.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn new_secret() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(Failure::internal)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// How a random secret is kept: its SHA-256. (Passwords, which people choose, are argon2id.)
pub fn secret_hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::EncodingKey;
    use serde_json::{Value, json};

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_token_is_good_for_fifteen_minutes_and_for_its_own_key() {
        let signer = Signer::ephemeral().unwrap();
        let token = signer.access_token("u1", "s1", at("2026-11-01T08:00:00Z")).unwrap();
        let claimed = Claimed { user: "u1".to_owned(), session: "s1".to_owned() };
        assert_eq!(signer.verify(&token, at("2026-11-01T08:14:59Z")), Some(claimed));
        assert_eq!(signer.verify(&token, at("2026-11-01T08:15:06Z")), None);
        assert_eq!(signer.verify(&token, at("2026-11-01T07:59:00Z")), None);
        assert_eq!(Signer::ephemeral().unwrap().verify(&token, at("2026-11-01T08:00:00Z")), None);
    }

    #[test]
    fn a_derived_secret_is_the_same_again_for_its_key_purpose_and_id_alone() {
        let signer = Signer::ephemeral().unwrap();
        let secret = signer.derived_secret("link", "1");
        assert_eq!((signer.derived_secret("link", "1"), secret.len()), (secret.clone(), 43));
        let others = [
            signer.derived_secret("link", "2"),
            signer.derived_secret("other", "1"),
            Signer::ephemeral().unwrap().derived_secret("link", "1"),
        ];
        assert!(!others.contains(&secret));
    }

    /// A token with whatever header and claims, signed with the right key.
    fn forged(signer: &Signer, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let key = &signer.0.recent().current.encoding;
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }

    fn with(value: &Value, name: &str, other: Value) -> Value {
        let mut changed = value.clone();
        changed[name] = other;
        changed
    }

    fn without(value: &Value, name: &str) -> Value {
        let mut changed = value.clone();
        changed.as_object_mut().unwrap().remove(name);
        changed
    }

    #[test]
    fn what_is_not_quite_our_token_is_none() {
        let (signer, now) = (Signer::ephemeral().unwrap(), at("2026-11-01T08:00:00Z"));
        let (kid, seconds) = (signer.0.recent().current.kid.clone(), now.utc().timestamp());
        let header = json!({ "alg": "EdDSA", "typ": TYPE, "kid": kid });
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "sid": "s1", "iat": seconds, "nbf": seconds,
            "exp": seconds + 60, "jti": "x",
        });
        let taken = |header: &Value, claims: &Value| signer.verify(&forged(&signer, header, claims), now).is_some();
        assert!(taken(&header, &claims));
        for (name, bad) in [
            ("typ", json!("JWT")),
            ("typ", json!("AT+JWT")),
            ("typ", json!(1)),
            ("typ", Value::Null),
            ("kid", json!("other")),
            ("kid", json!("../signing-key.pem")),
            ("kid", json!(1)),
            ("alg", json!("none")),
            ("alg", json!("ES256")),
            ("alg", json!("HS256")),
            ("alg", json!("eddsa")),
            ("alg", Value::Null),
        ] {
            assert!(!taken(&with(&header, name, bad.clone()), &claims), "{name} {bad}");
            assert!(!taken(&without(&header, name), &claims), "without {name}");
        }
        let times =
            [json!("soon"), json!(seconds.to_string()), json!(1.5e300), json!([seconds]), json!({}), json!(true)];
        for name in ["exp", "nbf", "iat"] {
            for bad in times.iter().chain([&Value::Null]) {
                assert!(!taken(&header, &with(&claims, name, bad.clone())), "{name} {bad}");
            }
        }
        for name in ["iss", "aud", "sub", "sid"] {
            for bad in [json!(7), json!([]), json!({}), Value::Null] {
                assert!(!taken(&header, &with(&claims, name, bad.clone())), "{name} {bad}");
            }
        }
        for (name, bad) in [
            ("iss", json!("https://issuer.example")),
            ("iss", json!([ISSUER])),
            ("aud", json!("others")),
            ("aud", json!(["others", AUDIENCE])),
            ("exp", json!(seconds - LEEWAY)),
            ("exp", json!(i64::MIN)),
            ("nbf", json!(seconds + LEEWAY + 1)),
            ("nbf", json!(i64::MAX)),
        ] {
            assert!(!taken(&header, &with(&claims, name, bad.clone())), "{name} {bad}");
        }
        assert!(taken(&header, &with(&claims, "exp", json!(i64::MAX))), "no overflow");
        for name in ["exp", "nbf", "iat", "iss", "aud", "sub", "sid", "jti"] {
            assert!(!taken(&header, &without(&claims, name)), "without {name}");
        }
    }

    #[test]
    fn what_somebody_else_signed_is_none() {
        let (signer, stranger) = (Signer::ephemeral().unwrap(), Signer::ephemeral().unwrap());
        let now = at("2026-11-01T08:00:00Z");
        let token = signer.access_token("u1", "s1", now).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let (kid, public) = {
            let ring = signer.0.recent();
            (ring.current.kid.clone(), ring.current.public.clone())
        };
        let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        let theirs = stranger.jwks(now).unwrap().keys.remove(0);
        let header = json!({ "alg": "EdDSA", "typ": TYPE, "kid": kid, "jwk": theirs, "jku": "http://127.0.0.1/keys" });
        assert_eq!(signer.verify(&forged(&stranger, &header, &claims), now), None, "a key that came with it");
        let none = BASE64_URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "typ": TYPE, "kid": kid }).to_string());
        for unsigned in [format!("{none}.{}.", parts[1]), format!("{none}.{}.{}", parts[1], parts[2])] {
            assert_eq!(signer.verify(&unsigned, now), None, "no signature");
        }
        assert_eq!(signer.verify(&format!("{}.{}.", parts[0], parts[1]), now), None);
        let raw = BASE64_URL_SAFE_NO_PAD.decode(&public).unwrap();
        let jwks = signer.jwks(now).unwrap();
        for secret in [public.as_bytes(), &raw, serde_json::to_string(&jwks).unwrap().as_bytes(), b""] {
            let mut header = Header::new(Algorithm::HS256);
            header.typ = Some(TYPE.to_owned());
            header.kid = Some(kid.clone());
            let confused = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(signer.verify(&confused, now), None, "the public key as a shared secret");
        }
        let changed = BASE64_URL_SAFE_NO_PAD.encode(with(&claims, "sub", json!("u2")).to_string());
        assert_eq!(signer.verify(&format!("{}.{changed}.{}", parts[0], parts[2]), now), None);
        assert_eq!(signer.verify(&format!("{token}."), now), None);
        assert!(signer.verify(&token, now).is_some());
    }

    #[test]
    fn a_rotation_ends_no_token_and_every_instance_takes_part() {
        let (folder, now) = (tempfile::tempdir().unwrap(), at("2026-11-01T08:00:00Z"));
        let place = KeyPlace::Folder(folder.path().to_owned());
        let (one, two) = (Signer::open(place.clone()).unwrap(), Signer::open(place.clone()).unwrap());
        let before = one.access_token("u1", "s1", now).unwrap();
        let kept = one.derived_secret("link", "1");
        place.rotate(now, false).unwrap();
        let after = one.access_token("u1", "s1", now).unwrap();
        let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid;
        assert_ne!(kid(&before), kid(&after), "the new key signs at once");
        for instance in [&one, &two] {
            assert!(instance.verify(&after, now).is_some() && instance.verify(&before, now).is_some());
            assert_eq!(instance.jwks(now).unwrap().keys.len(), 2);
            assert_ne!(instance.derived_secret("link", "1"), kept);
            assert!(instance.derived_secrets("link", "1").contains(&kept));
        }
        let later = at("2026-11-01T09:00:00Z");
        assert_eq!(one.jwks(later).unwrap().keys.len(), 1);
        place.rotate(now, true).unwrap();
        two.jwks(now).unwrap();
        assert_eq!((two.verify(&before, now), two.verify(&after, now)), (None, None), "all are dropped");
    }
}
