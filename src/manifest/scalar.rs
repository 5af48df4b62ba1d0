//! What a scalar without quotes means, by the rules of Go's YAML readers.

use super::timestamp;

/// Which of Go's two readers to follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// The newer one, which reads the resources of a kustomization: `yes` is text, dates become timestamps.
    #[default]
    Resources,
    /// The older one, which reads YAML 1.1 and with it everything else: `yes` is a boolean, dates are text.
    Configuration,
    /// The older one as Helm and the API's decoders use it: of a repeated key, the last value counts.
    Loose,
}

impl Dialect {
    /// Says whether this is the older of the two readers.
    pub const fn is_old(self) -> bool {
        !matches!(self, Self::Resources)
    }
}

/// What a scalar without quotes means.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// An integer beyond the signed ones.
    Natural(u64),
    /// Any other number; may be infinite or none at all.
    Float(f64),
    /// A point in time, in the form of RFC 3339.
    Timestamp(String),
    /// Text, as it stands.
    Text,
}

/// Says what a scalar without quotes means.
pub fn resolve(text: &str, dialect: Dialect) -> Scalar {
    // The first character says nearly always that it is text.
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O') => {
            word(text, dialect)
        }
        Some(b'.') => special_float(text)
            .or_else(|| fraction(text))
            .unwrap_or(Scalar::Text),
        Some(b'+' | b'-' | b'0'..=b'9') => numeric(text),
        Some(_) => Scalar::Text,
    }
}

/// Reads a number, with none of the timestamps that look like one.
pub fn number(text: &str) -> Option<Scalar> {
    let cleaned;
    let digits = if text.contains('_') {
        cleaned = text.replace('_', "");
        cleaned.as_str()
    } else {
        text
    };
    integer(digits)
        .or_else(|| float(digits).map(Scalar::Float))
        .or_else(|| signed_after_prefix(digits))
}

fn word(text: &str, dialect: Dialect) -> Scalar {
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Boolean(true),
        "false" | "False" | "FALSE" => Scalar::Boolean(false),
        _ if !dialect.is_old() => Scalar::Text,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Boolean(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Boolean(false),
        _ => Scalar::Text,
    }
}

fn special_float(text: &str) -> Option<Scalar> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(Scalar::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            Some(Scalar::Float(f64::INFINITY))
        }
        "-.inf" | "-.Inf" | "-.INF" => Some(Scalar::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

/// Reads a number that starts with its point; here Go wants digits on both sides of a `_`.
fn fraction(text: &str) -> Option<Scalar> {
    if !text.contains('_') {
        return float(text).map(Scalar::Float);
    }
    let mut parts = text.split('_').peekable();
    while let Some(part) = parts.next() {
        if parts
            .peek()
            .is_some_and(|next| !part.ends_with(is_digit) || !next.starts_with(is_digit))
        {
            return None;
        }
    }
    float(&text.replace('_', "")).map(Scalar::Float)
}

const fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

fn numeric(text: &str) -> Scalar {
    special_float(text)
        .or_else(|| timestamp::parse(text).map(Scalar::Timestamp))
        .or_else(|| number(text))
        .unwrap_or(Scalar::Text)
}

/// Reads an integer in any of Go's notations: `12`, `0x1f`, `0b11`, `0o17`, and `017`, which is octal.
fn integer(text: &str) -> Option<Scalar> {
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => (Some('-'), &text[1..]),
        [b'+', ..] => (Some('+'), &text[1..]),
        _ => (None, text),
    };
    let magnitude = magnitude(digits)?;
    match sign {
        Some('-') => 0_i64.checked_sub_unsigned(magnitude).map(Scalar::Integer),
        // With a sign, Go does not try the unsigned integers.
        Some(_) => i64::try_from(magnitude).ok().map(Scalar::Integer),
        None => Some(i64::try_from(magnitude).map_or(Scalar::Natural(magnitude), Scalar::Integer)),
    }
}

fn magnitude(digits: &str) -> Option<u64> {
    match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => unsigned(&digits[2..], 16),
        [b'0', b'b' | b'B', _, ..] => unsigned(&digits[2..], 2),
        [b'0', b'o' | b'O', _, ..] => unsigned(&digits[2..], 8),
        [b'0'] => Some(0),
        [b'0', ..] => unsigned(&digits[1..], 8),
        _ => unsigned(digits, 10),
    }
}

fn unsigned(digits: &str, radix: u32) -> Option<u64> {
    if digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// Reads `0b-11` and `0o-7`, which Go takes for numbers too.
fn signed_after_prefix(text: &str) -> Option<Scalar> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'b', b'-' | b'+', ..] => (&text[2..], 2),
        [b'0', b'o', b'-' | b'+', ..] => (&text[2..], 8),
        _ => return None,
    };
    i64::from_str_radix(digits, radix).ok().map(Scalar::Integer)
}

/// Reads a decimal number with a fraction or an exponent; one too large for Go stays text.
fn float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let mut rest = match bytes {
        [b'+' | b'-', rest @ ..] => rest,
        _ => bytes,
    };
    let whole = skip_digits(&mut rest);
    if let [b'.', after @ ..] = rest {
        rest = after;
        if skip_digits(&mut rest) == 0 && whole == 0 {
            return None;
        }
    } else if whole == 0 {
        return None;
    }
    if let [b'e' | b'E', after @ ..] = rest {
        rest = after;
        if let [b'+' | b'-', digits @ ..] = after {
            rest = digits;
        }
        if skip_digits(&mut rest) == 0 {
            return None;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Skips digits; returns how many.
fn skip_digits(rest: &mut &[u8]) -> usize {
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    *rest = &rest[count..];
    count
}
