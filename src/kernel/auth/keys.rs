//! The keys that access tokens are signed with: one that signs, and others that only verify.
//!
//! All instances share the files, and each looks whether they have changed.

use super::{
    super::{clock::Instant, failure::Failure},
    key_files::{KeyPlace, Stamp},
};
use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use chrono::TimeDelta;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest, Sha256};
use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How long a retired key verifies: the life of an access token, and time for others' caches of the key set.
pub(super) const RETIREMENT: TimeDelta = TimeDelta::hours(1);
/// How long an instance may not know of another's rotation, as long as nothing unknown makes it look.
const BLINK: Duration = Duration::from_secs(5);
/// Sets the key that secrets are derived with apart from the one that signs.
const DERIVING: &[u8] = b"prodops derived secrets\n";

/// An Ed25519 key and what follows from it.
pub(super) struct Key {
    pub encoding: EncodingKey,
    pub decoding: DecodingKey,
    /// RFC 7638: the thumbprint of the public key names it.
    pub kid: String,
    pub public: String,
    pub deriving: hmac::Key,
    /// When another took its place.
    pub retired_at: Option<Instant>,
}

impl Key {
    pub fn from_pem(pem: &str, retired_at: Option<Instant>) -> Result<Self, Failure> {
        let pem = pem.trim();
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
        let der = BASE64_STANDARD.decode(body).map_err(Failure::internal)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(Failure::internal)?;
        let public = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#));
        Ok(Self {
            encoding: EncodingKey::from_ed_der(&der),
            decoding: DecodingKey::from_ed_components(&public).map_err(Failure::internal)?,
            kid: BASE64_URL_SAFE_NO_PAD.encode(thumbprint),
            public,
            deriving: hmac::Key::new(hmac::HMAC_SHA256, &Sha256::digest([DERIVING, &der].concat())),
            retired_at,
        })
    }

    /// Whether tokens of it may still be alive.
    pub fn verifies(&self, now: Instant) -> bool {
        self.retired_at.is_none_or(|at| now.utc() < at.utc() + RETIREMENT)
    }
}

/// All keys at one moment.
pub(super) struct Ring {
    /// Signs.
    pub current: Key,
    /// Newest first.
    pub others: Vec<Key>,
}

impl Ring {
    /// The one that signs, and those before it.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.others)
    }

    pub fn find(&self, kid: &str) -> Option<&Key> {
        self.keys().find(|key| key.kid == kid)
    }
}

/// The ring, as up to date as it has to be.
pub(super) struct Keys {
    /// None for a key that lives as long as the process.
    place: Option<KeyPlace>,
    /// With what its files looked like just before they were read.
    ring: RwLock<(Option<Stamp>, Arc<Ring>)>,
    started: std::time::Instant,
    /// When the files were last looked at, in milliseconds since `started`.
    looked: AtomicU64,
}

impl Keys {
    /// Opens the keys, making one with mode 0600 when there is none.
    pub fn open(place: KeyPlace) -> Result<Self, Failure> {
        place.make()?;
        let (stamp, ring) = (place.stamp(), place.read()?);
        Ok(Self::of(Some(place), Some(stamp), ring))
    }

    pub fn ephemeral() -> Result<Self, Failure> {
        let current = Key::from_pem(&new_key_pem()?, None)?;
        Ok(Self::of(None, None, Ring { current, others: Vec::new() }))
    }

    fn of(place: Option<KeyPlace>, stamp: Option<Stamp>, ring: Ring) -> Self {
        let (started, looked) = (std::time::Instant::now(), AtomicU64::new(0));
        Self { place, ring: RwLock::new((stamp, Arc::new(ring))), started, looked }
    }

    /// The keys as they were a moment ago: looks at the files now and then.
    pub fn recent(&self) -> Arc<Ring> {
        let since = self.elapsed().saturating_sub(self.looked.load(Ordering::Relaxed));
        if u128::from(since) < BLINK.as_millis() { self.known().1 } else { self.latest() }
    }

    /// The keys as they are: looks at the files.
    ///
    /// Files that cannot be read leave the keys as they were: tokens of ours are still ours.
    pub fn latest(&self) -> Arc<Ring> {
        let (seen, known) = self.known();
        let Some(place) = &self.place else { return known };
        self.looked.store(self.elapsed(), Ordering::Relaxed);
        // Before the files: what changes while they are read is noticed the next time.
        let stamp = Some(place.stamp());
        if seen == stamp {
            return known;
        }
        match place.read() {
            Ok(ring) => {
                let ring = Arc::new(ring);
                *self.ring.write().unwrap_or_else(PoisonError::into_inner) = (stamp, ring.clone());
                tracing::info!(kid = ring.current.kid, "the signing keys were read again");
                ring
            }
            Err(failure) => {
                tracing::error!(?failure, "the signing keys cannot be read; those known before are used");
                known
            }
        }
    }

    fn known(&self) -> (Option<Stamp>, Arc<Ring>) {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A new key, in PKCS #8 PEM.
pub(super) fn new_key_pem() -> Result<String, Failure> {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let der = Ed25519KeyPair::generate_pkcs8(&random).map_err(Failure::internal)?;
    let body = BASE64_STANDARD.encode(der.as_ref());
    let lines: Vec<_> = body.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
}
