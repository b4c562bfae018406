//! The issuer's public keys, and what each may have signed.

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde_json::{Map, Value};

/// More than an issuer ever has at once.
const MOST: usize = 100;

#[derive(Debug)]
pub(super) struct Keys(Vec<Key>);

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    /// What it signs with: never more than its kind allows, and one where the set says which.
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// What became of a signature.
#[derive(Debug)]
pub(super) enum Signature {
    /// It is good: what was signed.
    Good(Map<String, Value>),
    Bad,
    /// No key that is known can have made it.
    UnknownKey,
}

impl Keys {
    /// Reads a JWK set (RFC 7517). Keys that sign nothing we can verify are left out, as the standard wants it.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(set: &Value) -> Result<Self, String> {
        let keys = set["keys"].as_array().ok_or("it is no JWK set")?;
        Ok(Self(keys.iter().take(MOST).filter_map(Key::read).collect()))
    }

    /// Verifies a token's signature with the key it names; one that names none with the only key that can have made it.
    pub fn verify(&self, token: &str, kid: Option<&str>, algorithm: Algorithm) -> Signature {
        let able = |key: &&Key| key.algorithms.contains(&algorithm);
        let key = match kid {
            Some(kid) => match self.0.iter().filter(|key| key.kid.as_deref() == Some(kid)).collect::<Vec<_>>()[..] {
                [] => return Signature::UnknownKey,
                ref named => named.iter().copied().find(able),
            },
            None => match self.0.iter().filter(able).collect::<Vec<_>>()[..] {
                [] => return Signature::UnknownKey,
                [only] => Some(only),
                _ => None,
            },
        };
        let Some(key) = key else { return Signature::Bad };
        let mut validation = Validation::new(algorithm);
        // All that is claimed is judged elsewhere, by our own clock.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        match jsonwebtoken::decode::<Map<String, Value>>(token, &key.key, &validation) {
            Ok(signed) => Signature::Good(signed.claims),
            Err(_) => Signature::Bad,
        }
    }
}

impl Key {
    fn read(value: &Value) -> Option<Self> {
        let mut whole = value.as_object()?.clone();
        // The library knows fewer algorithms than there are, and would refuse the key for a name.
        let named = whole.remove("alg");
        let jwk: Jwk = serde_json::from_value(whole.into()).ok()?;
        let common = &jwk.common;
        let signs = common.public_key_use.as_ref().is_none_or(|what| *what == PublicKeyUse::Signature)
            && common.key_operations.as_ref().is_none_or(|what| what.contains(&KeyOperations::Verify));
        let mut algorithms = if signs { of_kind(&jwk.algorithm) } else { &[][..] }.to_vec();
        if let Some(named) = named {
            algorithms.retain(|algorithm| is(&named, *algorithm));
        }
        let key = DecodingKey::from_jwk(&jwk).ok().filter(|_| !algorithms.is_empty())?;
        Some(Self { kid: jwk.common.key_id.clone(), algorithms, key })
    }
}

/// What a key of that kind can sign with. A shared secret has no place in a set that everybody may read.
fn of_kind(key: &AlgorithmParameters) -> &'static [Algorithm] {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match key {
        AlgorithmParameters::RSA(_) => &[RS256, RS384, RS512, PS256, PS384, PS512],
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => &[ES256],
            EllipticCurve::P384 => &[ES384],
            _ => &[],
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[EdDSA],
        _ => &[],
    }
}

/// Whether a set names that algorithm.
fn is(named: &Value, algorithm: Algorithm) -> bool {
    // RFC 9864 has `Ed25519` for what was `EdDSA`.
    *named == format!("{algorithm:?}") || (algorithm == Algorithm::EdDSA && named == "Ed25519")
}
