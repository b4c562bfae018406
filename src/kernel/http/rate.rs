//! How much a caller may ask for in a minute: a bucket each, in this process.
//!
//! A read must not become a write, so these are not in the database; what has to hold across instances (failed logins,
//! imports, minting of tokens) is counted there, by `access::limits`.

use crate::kernel::failure::Failure;
use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{HeaderMap, HeaderName, HeaderValue},
    web::Data,
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::HashMapStateStore,
};
use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

/// The time in which a bucket fills up again, in seconds.
const WINDOW: u32 = 60;
/// The names of the two header fields (draft-ietf-httpapi-ratelimit-headers).
pub const RATE_LIMIT: &str = "RateLimit";
pub const RATE_LIMIT_POLICY: &str = "RateLimit-Policy";

/// The buckets of all callers; none when there is no limit.
pub struct RateLimit(Option<Buckets>);

struct Buckets {
    most: NonZeroU32,
    of: RateLimiter<Caller, HashMapStateStore<Caller>, DefaultClock, StateInformationMiddleware>,
}

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A credential that was found good: a user, or a token of theirs.
    Known(String),
    /// Whoever has shown none, by [`network`].
    Somebody(String),
    /// Who asks whether the process lives is told so, whatever else comes from the same address.
    Probe,
}

/// What is left in a bucket.
#[derive(Debug, Clone, Copy)]
struct Left {
    most: u32,
    remaining: u32,
    /// Seconds until it is full.
    full_in: u32,
}

impl RateLimit {
    /// So many requests a minute and caller, which may all come at once.
    pub fn of(per_minute: Option<NonZeroU32>) -> Self {
        Self(
            per_minute
                .map(|most| Buckets { most, of: RateLimiter::hashmap(Quota::per_minute(most)).with_middleware() }),
        )
    }

    /// Forgets buckets that are full again.
    pub fn forget_idle(&self) {
        if let Some(buckets) = &self.0 {
            buckets.of.retain_recent();
            buckets.of.shrink_to_fit();
        }
    }
}

impl Buckets {
    fn take(&self, caller: &Caller) -> (Left, Result<(), Failure>) {
        let most = self.most.get();
        let (remaining, outcome) = match self.of.check_key(caller) {
            Ok(state) => (state.remaining_burst_capacity(), Ok(())),
            Err(_) if *caller == Caller::Probe => (0, Ok(())),
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                (0, Err(Failure::TooManyRequests { retry_after: whole_seconds(wait) }))
            }
        };
        let full_in = (u64::from(most - remaining) * u64::from(WINDOW)).div_ceil(u64::from(most));
        (Left { most, remaining, full_in: u32::try_from(full_in).unwrap_or(WINDOW) }, outcome)
    }
}

/// Rounded up: whoever comes back then is let in.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Takes one request from a caller's bucket, and notes what is left for the answer's header.
///
/// # Errors
/// [`Failure::TooManyRequests`] when it is empty.
pub fn charge(req: &HttpRequest, caller: &Caller) -> Result<(), Failure> {
    let Some(buckets) = req.app_data::<Data<RateLimit>>().and_then(|limit| limit.0.as_ref()) else { return Ok(()) };
    let (left, outcome) = buckets.take(caller);
    req.extensions_mut().insert(left);
    outcome
}

/// Whether the request was taken from somebody's bucket.
pub(super) fn is_charged(req: &HttpRequest) -> bool {
    req.extensions().get::<Left>().is_some()
}

/// Says in an answer what is left.
pub(super) fn tell(req: &HttpRequest, headers: &mut HeaderMap) {
    let Some(Left { most, remaining, full_in }) = req.extensions().get::<Left>().copied() else { return };
    let fields = [
        (HeaderName::from_static("ratelimit-policy"), format!("\"caller\";q={most};w={WINDOW}")),
        (HeaderName::from_static("ratelimit"), format!("\"caller\";r={remaining};t={full_in}")),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// What an address is counted as: with IPv6 whoever has one has the 2^64 addresses beside it.
pub fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(ip)) => format!("{}/64", Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Buckets, Caller, RateLimit, network};
    use crate::kernel::failure::Failure;
    use std::num::NonZeroU32;

    fn buckets(most: u32) -> Buckets {
        RateLimit::of(NonZeroU32::new(most)).0.expect("a limit")
    }

    #[test]
    fn each_caller_has_a_bucket_of_their_own() {
        let buckets = buckets(3);
        let (one, other) = (Caller::Known("a".to_owned()), Caller::Somebody("a".to_owned()));
        let left: Vec<_> = (0..3).map(|_| buckets.take(&one).0.remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let (left, refused) = buckets.take(&one);
        assert_eq!((left.most, left.remaining, left.full_in), (3, 0, 60));
        assert!(matches!(refused, Err(Failure::TooManyRequests { retry_after: 1..=20 })));
        assert!(buckets.take(&other).1.is_ok());
    }

    #[test]
    fn a_probe_is_never_refused() {
        let buckets = buckets(1);
        assert!((0..5).all(|_| buckets.take(&Caller::Probe).1.is_ok()));
    }

    #[test]
    fn neighbours_in_ipv6_are_one_caller() {
        assert_eq!(network("2001:db8:1:2:aaaa::1"), network("2001:db8:1:2:bbbb::2"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("unknown"), "unknown");
    }
}
