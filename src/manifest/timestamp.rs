//! Timestamps as Go's YAML readers take them, in the form that Go writes to JSON.

use std::fmt::Write as _;

/// Reads a timestamp and returns it in the form of RFC 3339; `None` where it is none.
///
/// A date alone, a date and a time after `T` or `t` with a zone, and a date and a time after a blank
/// without one are timestamps; months, days, hours, minutes and seconds may have one digit.
pub fn parse(text: &str) -> Option<String> {
    let mut rest = text.as_bytes();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits != 4 || rest.get(4) != Some(&b'-') {
        return None;
    }
    let year: u32 = text[..4].parse().ok()?;
    rest = &rest[5..];
    let month = number(&mut rest)?;
    expect(&mut rest, b'-')?;
    let day = number(&mut rest)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let mut written = format!("{year:04}-{month:02}-{day:02}T");
    match rest {
        [] => written.push_str("00:00:00Z"),
        [b'T' | b't', after @ ..] => {
            let after = time(after, &mut written)?;
            zone(after, &mut written)?;
        }
        [b' ', after @ ..] => {
            if !time(after, &mut written)?.is_empty() {
                return None;
            }
            written.push('Z');
        }
        _ => return None,
    }
    Some(written)
}

/// Reads a time of day and returns what follows it.
fn time<'text>(mut rest: &'text [u8], written: &mut String) -> Option<&'text [u8]> {
    let hour = number(&mut rest)?;
    expect(&mut rest, b':')?;
    let minute = number(&mut rest)?;
    expect(&mut rest, b':')?;
    let second = number(&mut rest)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    write!(written, "{hour:02}:{minute:02}:{second:02}").ok()?;
    let [b'.' | b',', fraction @ ..] = rest else {
        return Some(rest);
    };
    let count = fraction
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count == 0 {
        return None;
    }
    // What is smaller than a nanosecond is cut off.
    let digits = std::str::from_utf8(&fraction[..count.min(9)])
        .ok()?
        .trim_end_matches('0');
    if !digits.is_empty() {
        written.push('.');
        written.push_str(digits);
    }
    Some(&fraction[count..])
}

/// Reads `Z` or an offset such as `+02:00`, up to the end.
fn zone(rest: &[u8], written: &mut String) -> Option<()> {
    match rest {
        b"Z" => written.push('Z'),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = two_digits(*h1, *h2).filter(|hours| *hours < 24)?;
            let minutes = two_digits(*m1, *m2).filter(|minutes| *minutes < 60)?;
            if hours == 0 && minutes == 0 {
                written.push('Z');
            } else {
                write!(written, "{}{hours:02}:{minutes:02}", char::from(*sign)).ok()?;
            }
        }
        _ => return None,
    }
    Some(())
}

/// Reads one or two digits.
fn number(rest: &mut &[u8]) -> Option<u32> {
    let (value, count) = match **rest {
        [first, second, ..] if first.is_ascii_digit() && second.is_ascii_digit() => {
            (two_digits(first, second)?, 2)
        }
        [first, ..] if first.is_ascii_digit() => (u32::from(first - b'0'), 1),
        _ => return None,
    };
    *rest = &rest[count..];
    Some(value)
}

fn two_digits(first: u8, second: u8) -> Option<u32> {
    let both = first.is_ascii_digit() && second.is_ascii_digit();
    both.then(|| u32::from(first - b'0') * 10 + u32::from(second - b'0'))
}

fn expect(rest: &mut &[u8], byte: u8) -> Option<()> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    (*first == byte).then_some(())
}

const fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        for (text, expected) in [
            ("2024-01-01", "2024-01-01T00:00:00Z"),
            ("2020-1-2", "2020-01-02T00:00:00Z"),
            ("2020-01-02T03:04:05+02:00", "2020-01-02T03:04:05+02:00"),
            ("2020-01-02T03:04:05+00:00", "2020-01-02T03:04:05Z"),
            ("2020-01-02t3:4:5,50Z", "2020-01-02T03:04:05.5Z"),
            ("2020-01-02 03:04:05.120", "2020-01-02T03:04:05.12Z"),
            (
                "2020-01-02T3:4:5.1234567891Z",
                "2020-01-02T03:04:05.123456789Z",
            ),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for text in [
            "2023-02-29",
            "2020-13-01",
            "2020-01-02T03:04:05",
            "2020-01-02 24:00:00",
            "2020-01-02 03:04:05Z",
            "20-01-02",
            "2020-01",
            "2020-",
            "2020-01-02x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
