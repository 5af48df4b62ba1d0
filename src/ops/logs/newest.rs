//! How far a followed log was read.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;

use crate::cluster::LogOptions;

/// How far a log was read: its newest time, and the lines of that time.
///
/// A log that is opened again begins with lines that were told before; their own times tell them
/// apart, since the API counts in whole seconds.
#[derive(Default)]
pub struct Newest {
    time: Option<Timestamp>,
    lines: HashSet<String>,
    /// Whether lines up to that time are to be passed over.
    catching_up: bool,
}

impl Newest {
    /// Takes note of a line; says whether it was not there before.
    pub fn is_news(&mut self, line: &str) -> bool {
        #[derive(Deserialize)]
        struct Times {
            ts: Timestamp,
        }
        let Ok(Times { ts }) = serde_json::from_str(line) else {
            return !self.catching_up;
        };
        if self.catching_up {
            if self.time.is_some_and(|newest| ts < newest) {
                return false;
            }
            if self.time == Some(ts) && self.lines.contains(line) {
                return false;
            }
        }
        if self.time.is_none_or(|newest| ts > newest) {
            self.time = Some(ts);
            self.lines.clear();
            self.catching_up = false;
        }
        if self.time == Some(ts) {
            self.lines.insert(line.into());
        }
        true
    }

    /// Expects lines that were told before, from now on.
    pub fn resume(&mut self) {
        self.catching_up = self.time.is_some();
    }

    /// Returns the options that go on after what was read.
    pub fn continued(&self, options: &LogOptions) -> LogOptions {
        let Some(time) = self.time else {
            return options.clone();
        };
        LogOptions {
            since_time: Some(time),
            since: None,
            tail: None,
            ..options.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_log_that_is_opened_again_tells_nothing_twice() {
        let line = |time: &str, message: &str| {
            json!({"ts": format!("2030-01-01T00:00:0{time}Z"), "msg": message}).to_string()
        };
        let mut newest = Newest::default();
        for text in [line("1", "a"), line("2", "b"), line("2", "c")] {
            assert!(newest.is_news(&text));
        }
        let options = newest.continued(&LogOptions {
            tail: Some(3),
            follow: true,
            ..LogOptions::default()
        });
        assert_eq!(
            (
                options.tail,
                options.since_time.map(|time| time.to_string())
            ),
            (None, Some("2030-01-01T00:00:02Z".into()))
        );
        newest.resume();
        let again = [
            line("1", "a"),
            "plain text".to_owned(),
            line("2", "b"),
            line("2", "c"),
            line("2", "late"),
            line("3", "d"),
            line("2", "out of order, but new"),
        ];
        let news: Vec<bool> = again.iter().map(|line| newest.is_news(line)).collect();
        assert_eq!(news, [false, false, false, false, true, true, true]);
    }
}
