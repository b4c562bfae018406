//! What was fetched, and how long it is good for.

use crate::kernel::clock::Instant;
use chrono::TimeDelta;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long it is taken for what is there now.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// How long it is still good when it cannot be fetched again.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// How often it is fetched at most, whoever asks for it.
const PAUSE: TimeDelta = TimeDelta::seconds(30);
/// How often that is tried when it fails.
const RETRY: TimeDelta = TimeDelta::seconds(5);

/// Something that is fetched when it is needed, by one at a time, and kept.
#[derive(Debug)]
pub(super) struct Kept<T> {
    what: &'static str,
    state: Mutex<State<T>>,
    /// Held by the one that fetches.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State<T> {
    value: Option<(Arc<T>, Instant)>,
    tried_at: Option<Instant>,
    failed: bool,
}

impl<T: Send + Sync + 'static> Kept<T> {
    /// Nothing yet; `what` names it in the log.
    pub fn new(what: &'static str) -> Arc<Self> {
        let state = Mutex::new(State { value: None, tried_at: None, failed: false });
        Arc::new(Self { what, state, turn: tokio::sync::Mutex::default() })
    }

    /// What is there. Whoever asks for something old gets it, and it is fetched anew meanwhile; only where there is nothing
    /// somebody waits.
    pub async fn get(
        self: &Arc<Self>,
        now: Instant,
        fetch: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Option<Arc<T>> {
        let seen = self.state().value.clone();
        match seen.filter(|(_, at)| age(*at, now) < LONGEST) {
            Some((value, at)) => {
                if age(at, now) >= FRESH && self.may_try(now) && self.turn.try_lock().is_ok() {
                    drop(self.start(now, fetch));
                }
                Some(value)
            }
            None => self.again(now, fetch).await,
        }
    }

    /// The same, fetched again before, unless that was tried a moment ago.
    pub async fn again(
        self: &Arc<Self>,
        now: Instant,
        fetch: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Option<Arc<T>> {
        if self.may_try(now) || self.turn.try_lock().is_err() {
            // A task of its own: whoever asked may go away, and would take the turn with them.
            if let Err(error) = self.start(now, fetch).await {
                tracing::warn!(%error, "a task ended");
            }
        }
        self.state().value.clone().filter(|(_, at)| age(*at, now) < LONGEST).map(|(value, _)| value)
    }

    fn start(
        self: &Arc<Self>,
        now: Instant,
        fetch: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        let this = self.clone();
        tokio::spawn(async move {
            let _turn = this.turn.lock().await;
            if !this.may_try(now) {
                return; // Somebody else did it meanwhile.
            }
            this.state().tried_at = Some(now);
            let fetched = super::fetch::aside(fetch).await.unwrap_or_else(|failure| Err(failure.detail()));
            let mut state = this.state();
            state.failed = fetched.is_err();
            match fetched {
                Ok(value) => state.value = Some((Arc::new(value), now)),
                Err(why) => tracing::warn!(why, "{} cannot be had", this.what),
            }
        })
    }

    fn may_try(&self, now: Instant) -> bool {
        let state = self.state();
        let pause = if state.failed { RETRY } else { PAUSE };
        state.tried_at.is_none_or(|at| age(at, now) >= pause)
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long ago that was. A clock that was set back knows nothing of it: then it is long ago.
fn age(at: Instant, now: Instant) -> TimeDelta {
    let age = now.utc() - at.utc();
    // Requests are under way at the same time, each with the moment it came in.
    if age < -PAUSE { TimeDelta::MAX } else { age }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn at(seconds: i64) -> Instant {
        (chrono::DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)).into()
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn it_is_fetched_seldom_by_one_and_kept_for_a_day() {
        run(async {
            let (kept, count) = (Kept::new("it"), Arc::new(AtomicU32::new(0)));
            let fetch = |good: bool| {
                let count = count.clone();
                move || {
                    let nth = count.fetch_add(1, Ordering::SeqCst) + 1;
                    if good { Ok(nth) } else { Err("away".to_owned()) }
                }
            };
            let value = |value: Option<Arc<u32>>| value.map(|value| *value);
            assert_eq!(value(kept.get(at(0), fetch(false)).await), None);
            assert_eq!(value(kept.get(at(1), fetch(true)).await), None, "it failed a moment ago");
            let together: Vec<_> = (0..16).map(|_| kept.get(at(5), fetch(true))).collect();
            for one in futures_util::future::join_all(together).await {
                assert_eq!(value(one), Some(2), "one fetches for all");
            }
            for second in 6..35 {
                assert_eq!(value(kept.again(at(second), fetch(true)).await), Some(2), "as often as it likes");
            }
            assert_eq!(value(kept.again(at(35), fetch(true)).await), Some(3));
            assert_eq!(value(kept.get(at(600), fetch(false)).await), Some(3));
            assert_eq!(value(kept.get(at(700), fetch(false)).await), Some(3), "what is old is answered at once");
            while kept.turn.try_lock().is_err() || !kept.state().failed {
                tokio::task::yield_now().await;
            }
            assert_eq!(count.load(Ordering::SeqCst), 4, "and asked for anew beside it");
            assert_eq!(value(kept.get(at(35 + 86_399), fetch(false)).await), Some(3), "a day without the issuer");
            tokio::task::yield_now().await;
            assert_eq!(value(kept.get(at(35 + 86_400), fetch(false)).await), None, "and no longer");
            assert!(value(kept.get(at(35 + 86_410), fetch(true)).await).is_some());
        });
    }
}
