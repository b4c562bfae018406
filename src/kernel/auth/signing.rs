//! Access tokens: JWTs signed with Ed25519, 15 minutes each; and the making of other secrets.

use super::super::{clock::Instant, failure::Failure, http::hex};
use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::JwkSet};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc};

pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;
const ISSUER: &str = "prodops";
const AUDIENCE: &str = "prodops";
/// RFC 9068: an access token, not to be taken for any other JWT.
const TYPE: &str = "at+jwt";
/// Sets the key that secrets are derived with apart from the one that signs.
const DERIVING: &[u8] = b"prodops derived secrets\n";
/// How far two clocks may disagree, in seconds.
const LEEWAY: i64 = 5;

/// Signs and verifies access tokens.
#[derive(Clone)]
pub struct Signer(Arc<Keys>);

struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    kid: String,
    public: String,
    deriving: hmac::Key,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

impl Signer {
    /// Opens the key in `folder`, making one with mode 0600 when there is none.
    ///
    /// # Errors
    /// When the file cannot be read or made, or is not an Ed25519 key in PKCS #8 PEM.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("signing-key.pem");
        let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match made {
            Ok(mut file) => {
                file.write_all(new_key_pem()?.as_bytes()).and_then(|()| file.sync_all()).map_err(Failure::internal)?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::internal(format!("the signing key cannot be made: {error}"))),
        }
        Self::from_pem(&fs::read_to_string(&path).map_err(Failure::internal)?)
    }

    /// A key that lives as long as the process, for tests.
    pub fn ephemeral() -> Result<Self, Failure> {
        Self::from_pem(&new_key_pem()?)
    }

    fn from_pem(pem: &str) -> Result<Self, Failure> {
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = BASE64_STANDARD.decode(body.trim()).map_err(Failure::internal)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(Failure::internal)?;
        let public = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        // RFC 7638: the thumbprint of the public key names it.
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#));
        Ok(Self(Arc::new(Keys {
            encoding: EncodingKey::from_ed_pem(pem.as_bytes()).map_err(Failure::internal)?,
            decoding: DecodingKey::from_ed_components(&public).map_err(Failure::internal)?,
            kid: BASE64_URL_SAFE_NO_PAD.encode(thumbprint),
            public,
            deriving: hmac::Key::new(hmac::HMAC_SHA256, &Sha256::digest([DERIVING, &der].concat())),
        })))
    }

    /// # Errors
    /// When signing fails, which is a defect.
    pub fn access_token(&self, user: &str, now: Instant) -> Result<String, Failure> {
        let now = now.utc().timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.to_owned(),
            iat: now,
            nbf: now,
            exp: now + ACCESS_TOKEN_SECONDS,
            jti: new_secret()?,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.0.kid.clone());
        jsonwebtoken::encode(&header, &claims, &self.0.encoding).map_err(Failure::internal)
    }

    /// The user whom a valid token names.
    pub fn verify(&self, token: &str, now: Instant) -> Option<String> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let ours = header.typ.as_deref() == Some(TYPE) && header.kid.as_deref() == Some(&self.0.kid);
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // Times are compared below, with the same clock that issues tokens.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.0.decoding, &validation).ok()?.claims;
        let now = now.utc().timestamp();
        let live = claims.nbf <= now + LEEWAY && now < claims.exp + LEEWAY;
        (ours && live).then_some(claims.sub)
    }

    /// A secret that is the same each time it is asked for, and that nobody without the key can guess: for what must
    /// be sent again word for word, and is kept only as a hash.
    pub fn derived_secret(&self, purpose: &str, id: &str) -> String {
        let tag = hmac::sign(&self.0.deriving, format!("{purpose}\n{id}").as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(tag)
    }

    /// The public keys, for others to verify our tokens with.
    ///
    /// # Errors
    /// Never for a key that could be opened.
    pub fn jwks(&self) -> Result<JwkSet, Failure> {
        serde_json::from_value(serde_json::json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.0.kid, "x": self.0.public,
        }] }))
        .map_err(Failure::internal)
    }
}

fn new_key_pem() -> Result<String, Failure> {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let der = Ed25519KeyPair::generate_pkcs8(&random).map_err(Failure::internal)?;
    let body = BASE64_STANDARD.encode(der.as_ref());
    let lines: Vec<_> = body.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
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

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_token_is_good_for_fifteen_minutes_and_for_its_own_key() {
        let signer = Signer::ephemeral().unwrap();
        let token = signer.access_token("u1", at("2026-11-01T08:00:00Z")).unwrap();
        assert_eq!(signer.verify(&token, at("2026-11-01T08:14:59Z")).as_deref(), Some("u1"));
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

    #[test]
    fn what_is_not_quite_our_token_is_none() {
        let signer = Signer::ephemeral().unwrap();
        let now = at("2026-11-01T08:00:00Z");
        let seconds = now.utc().timestamp();
        let forged = |typ: Option<&str>, kid: &str, claims: serde_json::Value| {
            let mut header = Header::new(Algorithm::EdDSA);
            header.typ = typ.map(ToOwned::to_owned);
            header.kid = Some(kid.to_owned());
            let token = jsonwebtoken::encode(&header, &claims, &signer.0.encoding).unwrap();
            signer.verify(&token, now)
        };
        let good = serde_json::json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "iat": seconds, "nbf": seconds, "exp": seconds + 60, "jti": "x",
        });
        assert_eq!(forged(Some(TYPE), &signer.0.kid, good.clone()).as_deref(), Some("u1"));
        assert_eq!(forged(Some("JWT"), &signer.0.kid, good.clone()), None);
        assert_eq!(forged(None, &signer.0.kid, good.clone()), None);
        assert_eq!(forged(Some(TYPE), "other", good.clone()), None);
        for (name, value) in [("exp", "soon".into()), ("aud", "others".into()), ("iss", "others".into())] {
            let mut bad = good.clone();
            bad[name] = value;
            assert_eq!(forged(Some(TYPE), &signer.0.kid, bad), None, "{name}");
        }
        for name in ["exp", "nbf", "iss", "aud", "sub"] {
            let mut bad = good.clone();
            bad.as_object_mut().unwrap().remove(name);
            assert_eq!(forged(Some(TYPE), &signer.0.kid, bad), None, "without {name}");
        }
        let secret = EncodingKey::from_secret(signer.0.public.as_bytes());
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(signer.0.kid.clone());
        let confused = jsonwebtoken::encode(&header, &good, &secret).unwrap();
        assert_eq!(signer.verify(&confused, now), None, "another algorithm");
    }
}
