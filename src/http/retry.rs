//! When a request is worth another try, and how long to wait before it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, StatusCode};

/// How patient requests are.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a request is sent at most.
    pub attempts: u32,
    /// How long the first pause is where the server names none; each later one is twice as long.
    pub first: Duration,
    /// The longest pause that a server may ask for.
    pub longest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 4,
            first: Duration::from_millis(500),
            longest: Duration::from_mins(1),
        }
    }
}

impl Patience {
    /// Returns the pause after the given attempt where the server names none.
    pub fn pause(&self, attempt: u32) -> Duration {
        let doubled = self
            .first
            .saturating_mul(1 << attempt.saturating_sub(1).min(16));
        doubled.min(self.longest)
    }
}

/// A wait before the next try, for whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The address that is asked, as it may be shown.
    pub url: String,
    /// Why: what the server said or what broke.
    pub reason: String,
    /// How long.
    pub wait: Duration,
}

impl fmt::Display for Pause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {}; trying again in {:?}",
            self.url, self.reason, self.wait
        )
    }
}

/// What is called before each wait.
pub type OnPause = Arc<dyn Fn(&Pause) + Send + Sync>;

/// What to do after an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is an answer, good or bad.
    Take,
    /// Ask again after the wait.
    Again(Duration),
    /// The server limits us for longer than we wait, or for longer than it said.
    Limited(Option<Duration>),
}

/// Judges an answer to a request that was sent for the `attempt`-th time (from 1).
pub(super) fn judge(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    attempt: u32,
    patience: &Patience,
) -> Verdict {
    let limited = is_limit(status, headers);
    let shaky = matches!(status.as_u16(), 502..=504);
    // A limit is a clear refusal, so a write may be repeated after it; an unclear one may not.
    let passing = limited || (shaky && is_read(method));
    if !passing {
        return Verdict::Take;
    }
    let asked = asked_wait(headers);
    if limited
        && (attempt >= patience.attempts || asked.is_some_and(|wait| wait > patience.longest))
    {
        return Verdict::Limited(asked);
    }
    if attempt >= patience.attempts {
        return Verdict::Take;
    }
    Verdict::Again(
        asked
            .unwrap_or_else(|| patience.pause(attempt))
            .min(patience.longest),
    )
}

/// Says whether the method only reads.
pub(super) fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Says whether the server refuses for the number of requests: 429, or 403 with its own word for when to return.
fn is_limit(status: StatusCode, headers: &HeaderMap) -> bool {
    let spent = headers
        .get("x-ratelimit-remaining")
        .is_some_and(|left| left == "0");
    status == StatusCode::TOO_MANY_REQUESTS
        || (status == StatusCode::FORBIDDEN && (spent || headers.contains_key(RETRY_AFTER)))
}

/// Returns how long the server asks us to wait, if it says so believably.
fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(after) = text(RETRY_AFTER.as_str()) {
        if let Ok(seconds) = after.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = jiff::fmt::rfc2822::parse(after).ok()?;
        return until(SystemTime::from(date.timestamp()));
    }
    let reset: u64 = text("ratelimit-reset")
        .or_else(|| text("x-ratelimit-reset"))?
        .parse()
        .ok()?;
    until(SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(reset))?)
}

/// Returns the time until then; `None` for what is past or, by a wrong clock, hours away.
fn until(then: SystemTime) -> Option<Duration> {
    let wait = then.duration_since(SystemTime::now()).ok()?;
    (wait <= Duration::from_hours(1)).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn verdict(
        method: &Method,
        status: u16,
        pairs: &[(&'static str, &str)],
        attempt: u32,
    ) -> Verdict {
        judge(
            method,
            StatusCode::from_u16(status).unwrap(),
            &headers(pairs),
            attempt,
            &Patience::default(),
        )
    }

    #[test]
    fn waits_as_long_as_asked_but_not_longer_than_bearable() {
        assert_eq!(
            verdict(&Method::GET, 429, &[("retry-after", "7")], 1),
            Verdict::Again(Duration::from_secs(7))
        );
        let hour = Some(Duration::from_hours(1));
        assert_eq!(
            verdict(&Method::GET, 429, &[("retry-after", "3600")], 1),
            Verdict::Limited(hour)
        );
        assert_eq!(
            verdict(&Method::GET, 429, &[], 2),
            Verdict::Again(Duration::from_secs(1))
        );
        assert_eq!(verdict(&Method::GET, 429, &[], 4), Verdict::Limited(None));
    }

    #[test]
    fn a_clock_that_is_wrong_does_not_count() {
        for reset in ["1", "99999999999", "18446744073709551615"] {
            let next = verdict(&Method::GET, 429, &[("ratelimit-reset", reset)], 1);
            assert_eq!(next, Verdict::Again(Duration::from_millis(500)), "{reset}");
        }
        let past = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(
            verdict(&Method::GET, 429, &[("retry-after", past)], 1),
            Verdict::Again(Duration::from_millis(500))
        );
    }

    #[test]
    fn a_write_is_repeated_after_a_refusal_only() {
        assert_eq!(
            verdict(&Method::POST, 429, &[("retry-after", "1")], 1),
            Verdict::Again(Duration::from_secs(1))
        );
        assert_eq!(verdict(&Method::POST, 502, &[], 1), Verdict::Take);
        assert_eq!(
            verdict(&Method::GET, 502, &[], 1),
            Verdict::Again(Duration::from_millis(500))
        );
        assert_eq!(verdict(&Method::GET, 502, &[], 4), Verdict::Take);
        assert_eq!(verdict(&Method::GET, 403, &[], 1), Verdict::Take);
        assert_eq!(
            verdict(&Method::GET, 403, &[("retry-after", "2")], 1),
            Verdict::Again(Duration::from_secs(2))
        );
    }
}
