//! Numbers as Go writes them, in the forms that SOPS uses.

/// Writes a float without an exponent, as it counts for the checksum.
pub fn digits(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    value.to_string()
}

/// Writes a float for YAML: with an exponent where it is very small or has more than six places before its point.
pub fn for_yaml(value: f64) -> String {
    if value.is_nan() {
        return ".nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    general(value, 'e')
}

/// Writes a float for lines of text: never so that it looks like a whole number.
pub fn for_lines(value: f64) -> String {
    let text = general(value, 'E');
    if text.contains(['.', 'E']) || !value.is_finite() {
        return text;
    }
    format!("{value:.1}")
}

/// Writes a float for JSON; `None` for infinities and for what is no number.
pub fn for_json(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let size = value.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return Some(value.to_string());
    }
    let (mantissa, exponent) = scientific(value);
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs()).replace("e-0", "e-"))
}

fn general(value: f64, mark: char) -> String {
    if !value.is_finite() {
        return digits(value);
    }
    let (mantissa, exponent) = scientific(value);
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{mark}{sign}{:02}", exponent.unsigned_abs())
}

/// Returns the digits of a float with one place before the point, and its exponent.
fn scientific(value: f64) -> (String, i32) {
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa.into(), exponent.parse().unwrap_or_default()),
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_as_go_does() {
        for (value, yaml, lines, json) in [
            (1.5, "1.5", "1.5", "1.5"),
            (1.0, "1", "1.0", "1"),
            (1_234_567.5, "1.2345675e+06", "1.2345675E+06", "1234567.5"),
            (0.000_012, "1.2e-05", "1.2E-05", "0.000012"),
            (1e-7, "1e-07", "1E-07", "1e-7"),
            (1e21, "1e+21", "1E+21", "1e+21"),
            (-0.25, "-0.25", "-0.25", "-0.25"),
        ] {
            assert_eq!(for_yaml(value), yaml);
            assert_eq!(for_lines(value), lines);
            assert_eq!(for_json(value).as_deref(), Some(json));
        }
        assert_eq!(digits(1e21), "1000000000000000000000");
        assert_eq!(for_yaml(f64::INFINITY), ".inf");
        assert_eq!(for_json(f64::NAN), None);
    }
}
