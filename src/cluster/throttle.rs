//! How many requests a second the API server is asked: a bucket of tokens, as client-go keeps one.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Requests a second where none are named, from client-go's `rest.DefaultQPS`.
const DEFAULT_PER_SECOND: f32 = 5.0;

/// Requests at once where none are named, from client-go's `rest.DefaultBurst`.
const DEFAULT_AT_ONCE: i32 = 10;

/// How many requests may be sent, as the flags say it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Requests a second; zero for client-go's default, and any number for a negative one.
    pub per_second: f32,
    /// Requests at once, after a rest; zero for client-go's default.
    pub at_once: i32,
}

/// A bucket that is filled with tokens as time passes; each request takes one.
pub(super) struct Throttle {
    per_second: f32,
    at_once: f32,
    bucket: Mutex<Bucket>,
}

/// What is in the bucket.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// How many tokens; fewer than none where requests wait for theirs.
    tokens: f32,
    since: Instant,
}

impl Throttle {
    /// Makes a full bucket; none where requests are not counted.
    pub(super) fn new(rate: Rate) -> Option<Self> {
        let per_second = if rate.per_second == 0.0 {
            DEFAULT_PER_SECOND
        } else {
            rate.per_second
        };
        let at_once = match rate.at_once {
            0 => DEFAULT_AT_ONCE,
            // Fewer than one would let nothing through for ever.
            number => number.max(1),
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "nobody counts millions of requests at once"
        )]
        let at_once = at_once as f32;
        (per_second > 0.0).then(|| Self {
            per_second,
            at_once,
            bucket: Mutex::new(Bucket {
                tokens: at_once,
                since: Instant::now(),
            }),
        })
    }

    /// Waits until a request may be sent. Those that wait get their turn one after the other.
    pub(super) async fn turn(&self) {
        let wait = self.take(Instant::now());
        if !wait.is_zero() {
            sleep(wait).await;
        }
    }

    /// Takes a token, and returns how long it takes until that is there.
    fn take(&self, now: Instant) -> Duration {
        // A holder that panicked left whole numbers behind.
        let mut bucket = match self.bucket.lock() {
            Ok(bucket) => bucket,
            Err(poisoned) => poisoned.into_inner(),
        };
        let come = now.duration_since(bucket.since).as_secs_f32() * self.per_second;
        bucket.tokens = (bucket.tokens + come).min(self.at_once) - 1.0;
        bucket.since = now;
        if bucket.tokens >= 0.0 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f32(-bucket.tokens / self.per_second).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(per_second: f32, at_once: i32, requests: usize) -> Vec<u128> {
        let throttle = Throttle::new(Rate {
            per_second,
            at_once,
        });
        let throttle = throttle.unwrap();
        let now = Instant::now();
        let waits = (0..requests).map(|_| throttle.take(now).as_millis());
        waits.collect()
    }

    #[tokio::test]
    async fn requests_wait_for_their_turn_once_the_bucket_is_empty() {
        assert_eq!(waits(2.0, 3, 5), [0, 0, 0, 500, 1000]);
        assert_eq!(waits(50.0, 1, 2), [0, 20]);
    }

    #[tokio::test]
    async fn the_bucket_fills_again_but_does_not_run_over() {
        let throttle = Throttle::new(Rate {
            per_second: 10.0,
            at_once: 2,
        });
        let throttle = throttle.unwrap();
        let start = Instant::now();
        let after = |seconds| {
            throttle
                .take(start + Duration::from_secs(seconds))
                .as_millis()
        };
        let waits = [
            after(0),
            after(0),
            after(0),
            after(60),
            after(60),
            after(60),
        ];
        assert_eq!(waits, [0, 0, 100, 0, 0, 100]);
    }

    #[test]
    fn zero_means_the_defaults_and_less_no_limit() {
        let rate = |per_second, at_once| {
            let throttle = Throttle::new(Rate {
                per_second,
                at_once,
            });
            throttle.map(|throttle| (throttle.per_second, throttle.at_once))
        };
        let tokio = tokio::runtime::Builder::new_current_thread().build();
        let _entered = tokio.as_ref().map(tokio::runtime::Runtime::enter);
        assert_eq!(rate(0.0, 0), Some((5.0, 10.0)));
        assert_eq!(rate(50.0, 300), Some((50.0, 300.0)));
        assert_eq!(rate(-1.0, -1), None);
        assert_eq!(rate(1.0, -1), Some((1.0, 1.0)));
    }
}
