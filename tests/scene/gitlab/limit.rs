//! The rate limit: requests in a window of time.

use std::time::Instant;

use jiff::Timestamp;

use super::answer::Answer;
use super::state::State;

/// What the limit says of a request.
pub struct Limits {
    /// The headers that tell of it.
    pub headers: Vec<(String, String)>,
    /// The refusal, where the limit is reached.
    pub refusal: Option<Answer>,
}

impl Limits {
    /// Counts a request against the limit of the window.
    pub fn count(state: &mut State) -> Self {
        let Some((limit, window)) = state.settings.rate_limit else {
            return Self {
                headers: Vec::new(),
                refusal: None,
            };
        };
        let now = Instant::now();
        let (begin, seen) = match state.window {
            Some((begin, seen)) if now - begin < window => (begin, seen + 1),
            _ => (now, 1),
        };
        state.window = Some((begin, seen));
        let left = (begin + window - now).as_secs() + 1;
        let reset = Timestamp::now().as_second() + i64::try_from(left).unwrap_or(60);
        let headers = Answer::empty(200)
            .with("RateLimit-Limit", limit)
            .with("RateLimit-Observed", seen)
            .with("RateLimit-Remaining", limit.saturating_sub(seen))
            .with("RateLimit-Reset", reset)
            .with("RateLimit-Name", "throttle_authenticated_api")
            .headers;
        let refusal =
            (seen > limit).then(|| Answer::text(429, "Retry later").with("Retry-After", left));
        Self { headers, refusal }
    }
}
