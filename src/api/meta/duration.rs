//! A length of time as Go writes it: `1m0s`.

use std::borrow::Cow;
use std::fmt;
use std::time;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The pattern of a length of time.
const PATTERN: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$";

/// The pattern of a time limit, which may not be given in hours.
pub const TIMEOUT_PATTERN: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$";

/// A length of time, kept as the text that it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(pub String);

impl From<time::Duration> for Duration {
    fn from(length: time::Duration) -> Self {
        let seconds = length.as_secs();
        if seconds == 0 {
            return Self(below_a_second(length.subsec_nanos()));
        }
        let fraction = decimals(length.subsec_nanos(), 9);
        let text = match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
            (0, 0, rest) => format!("{rest}{fraction}s"),
            (0, minutes, rest) => format!("{minutes}m{rest}{fraction}s"),
            (hours, minutes, rest) => format!("{hours}h{minutes}m{rest}{fraction}s"),
        };
        Self(text)
    }
}

impl Duration {
    /// Returns the same length as Go writes it; what is no length stays as it is.
    pub fn canonical(&self) -> Self {
        nanoseconds(&self.0).map_or_else(
            || self.clone(),
            |length| Self::from(time::Duration::from_nanos(length)),
        )
    }

    /// Says whether Go reads a text as a length of time.
    pub fn is_one(text: &str) -> bool {
        let length = text.strip_prefix(['+', '-']).unwrap_or(text);
        length == "0" || nanoseconds(length).is_some()
    }
}

/// Reads a length such as `1h30m` or `1.5s`; `None` where it is none, or longer than Go can tell.
fn nanoseconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| character.is_ascii_alphabetic())?;
        let (number, behind) = rest.split_at(digits);
        let end = behind
            .find(|character: char| !character.is_ascii_alphabetic())
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let unit: u64 = match unit {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        total = total.checked_add(whole.parse::<u64>().ok()?.checked_mul(unit)?)?;
        let mut place = unit;
        for digit in fraction.chars() {
            place /= 10;
            total = total.checked_add(u64::from(digit.to_digit(10)?) * place)?;
        }
        rest = behind;
    }
    (!text.is_empty()).then_some(total)
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN })
    }
}

/// Writes less than a second in the largest unit that leaves a whole part.
fn below_a_second(nanoseconds: u32) -> String {
    match nanoseconds {
        0 => "0s".into(),
        1..1_000 => format!("{nanoseconds}ns"),
        1_000..1_000_000 => format!(
            "{}{}µs",
            nanoseconds / 1_000,
            decimals(nanoseconds % 1_000, 3)
        ),
        _ => format!(
            "{}{}ms",
            nanoseconds / 1_000_000,
            decimals(nanoseconds % 1_000_000, 6)
        ),
    }
}

/// Writes a fraction of so many places, without the zeros at its end.
fn decimals(fraction: u32, places: usize) -> String {
    if fraction == 0 {
        return String::new();
    }
    let digits = format!("{fraction:0places$}");
    format!(".{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_a_length_as_go_does() {
        for (text, canonical) in [
            ("5m", "5m0s"),
            ("90m", "1h30m0s"),
            ("1h30m", "1h30m0s"),
            ("1.5h", "1h30m0s"),
            ("0.5s", "500ms"),
            ("1500ms", "1.5s"),
            ("0s", "0s"),
            ("", ""),
            ("soon", "soon"),
            ("99999999999999h", "99999999999999h"),
        ] {
            assert_eq!(Duration(text.into()).canonical().0, canonical);
        }
    }

    #[test]
    fn writes_as_go_does() {
        for (length, text) in [
            (time::Duration::ZERO, "0s"),
            (time::Duration::from_mins(1), "1m0s"),
            (time::Duration::from_hours(10), "10h0m0s"),
            (time::Duration::from_millis(1_500), "1.5s"),
            (time::Duration::from_millis(61_250), "1m1.25s"),
            (time::Duration::from_micros(2_500), "2.5ms"),
            (time::Duration::from_nanos(1_020), "1.02µs"),
            (time::Duration::from_nanos(7), "7ns"),
        ] {
            assert_eq!(Duration::from(length).0, text);
        }
    }
}
