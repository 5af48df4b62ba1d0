//! Numbers as Go writes them to JSON and then to YAML.

use serde_json::Number;

/// Returns the JSON number of a float: an integer where Go's JSON writes one that fits 64 bits.
///
/// `None` for infinities and for what is no number.
pub fn of_float(value: f64) -> Option<Number> {
    whole(value).or_else(|| Number::from_f64(value))
}

/// Appends a number as Go's YAML writer does after a way through JSON.
pub fn write(number: &Number, out: &mut String) {
    match number.as_f64() {
        Some(value) if number.is_f64() => match whole(value) {
            Some(integer) => out.push_str(&integer.to_string()),
            None => out.push_str(&general(value)),
        },
        _ => out.push_str(&number.to_string()),
    }
}

/// Returns a whole float as an integer, by its shortest digits, as it looks in Go's JSON.
fn whole(value: f64) -> Option<Number> {
    if value.fract() != 0.0 || value.abs() >= 1e21 {
        return None;
    }
    let (mantissa, exponent) = shortest(value);
    let digits = mantissa.replace('.', "");
    let places = digits.trim_start_matches('-').len();
    let zeros = usize::try_from(exponent).ok()?.checked_sub(places - 1)?;
    let text = digits + &"0".repeat(zeros);
    text.parse::<i64>()
        .map(Number::from)
        .or_else(|_| text.parse::<u64>().map(Number::from))
        .ok()
}

/// Writes a float with an exponent below 1e-4 and from 1e6 on.
pub fn general(value: f64) -> String {
    let (mantissa, exponent) = shortest(value);
    if (-4..6).contains(&exponent) {
        // This short, no two candidates are as near as each other.
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// Returns the fewest digits that tell a float from all others, and its decimal exponent.
///
/// Where two candidates are as near as each other, Go takes the even one.
fn shortest(value: f64) -> (String, i32) {
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return (scientific, 0);
    };
    let exponent = exponent.parse().unwrap_or_default();
    let below = match mantissa.as_bytes() {
        [.., last] if last % 2 == 1 => char::from(last - 1),
        _ => return (mantissa.into(), exponent),
    };
    let even = format!("{}{below}", &mantissa[..mantissa.len() - 1]);
    let places = mantissa
        .split_once('.')
        .map_or(0, |(_, places)| places.len());
    // The float lies exactly between both if a five and nothing else follows the even one.
    let exact = format!("{value:.*e}", places + 40);
    let between = exact
        .strip_prefix(&even)
        .and_then(|rest| rest.strip_prefix('5'));
    match between.and_then(|rest| rest.split_once('e')) {
        Some((rest, _)) if rest.bytes().all(|byte| byte == b'0') && !even.ends_with('.') => {
            (even, exponent)
        }
        _ => (mantissa.into(), exponent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: f64) -> String {
        let mut out = String::new();
        write(&Number::from_f64(value).unwrap(), &mut out);
        out
    }

    #[test]
    fn writes_floats_as_go_does() {
        for (value, expected) in [
            (1.0, "1"),
            (-0.0, "0"),
            (1e3, "1000"),
            (0.5, "0.5"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e-7, "1e-07"),
            (123_456.5, "123456.5"),
            (1_234_567.5, "1.2345675e+06"),
            (123_456_789.5, "1.234567895e+08"),
            (1e19, "10000000000000000000"),
            (-1e19, "-1e+19"),
            (18_446_744_073_709_551_616.0, "1.8446744073709552e+19"),
            (18_446_744_073_709_549_568.0, "18446744073709550000"),
            (5_614_269_677_560_442.0 / 8.0, "7.017837096950552e+14"),
            (-5_321_604_873_945_933.0 / 4.0, "-1.3304012184864832e+15"),
            (1e20, "1e+20"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
        ] {
            assert_eq!(written(value), expected);
        }
    }
}
