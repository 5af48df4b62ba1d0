//! Texts with `$(NAME)` in them.

use super::variable::Value;
use crate::manifest::Tag;

/// A text in which variables were replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// Its type: a text that is nothing but one variable takes the variable's.
    pub tag: Tag,
}

/// Replaces the variables that `value` knows; others stay, `$$` becomes `$`.
pub fn expand<'value>(
    input: &str,
    mut value: impl FnMut(&str) -> Option<&'value Value>,
) -> Expanded {
    let mut text = String::with_capacity(input.len());
    let mut rest = input;
    while let Some(start) = rest.find('$') {
        text.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            text.push('$');
            rest = after;
            continue;
        }
        let Some((name, after)) = rest
            .strip_prefix('(')
            .and_then(|named| named.split_once(')'))
        else {
            text.push('$');
            continue;
        };
        match value(name) {
            Some(value) if text.is_empty() && input.len() == name.len() + 3 => {
                return whole(value);
            }
            Some(value) => text.push_str(&part(value)),
            None => {
                text.push_str("$(");
                text.push_str(name);
                text.push(')');
            }
        }
        rest = after;
    }
    text.push_str(rest);
    Expanded {
        text,
        tag: Tag::Text,
    }
}

/// Returns a value that stands alone, with its type.
fn whole(value: &Value) -> Expanded {
    let (text, tag) = match value {
        Value::Text(text) => (text.clone(), Tag::Text),
        Value::Integer(number) => (number.to_string(), Tag::Integer),
        Value::Float(number) => (number.to_string(), Tag::Float),
        Value::Boolean(truth) => (truth.to_string(), Tag::Boolean),
        Value::Other => (String::new(), Tag::Text),
    };
    Expanded { text, tag }
}

/// Returns a value within a text; floats as Go prints them by default.
fn part(value: &Value) -> String {
    match value {
        Value::Float(number) => general(*number),
        other => whole(other).text,
    }
}

/// Writes a float with an exponent below 1e-4 and from 1e21 on.
fn general(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-4..1e21).contains(&magnitude) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |exponent| ('-', exponent));
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_what_is_known() {
        let (five, text) = (Value::Integer(5), Value::Text("x".into()));
        let known = |name: &str| match name {
            "N" => Some(&five),
            "T" => Some(&text),
            _ => None,
        };
        for (input, output) in [
            ("a $(T) b", "a x b"),
            ("$$(T)", "$(T)"),
            ("$(U) $(T)", "$(U) x"),
            ("$(T", "$(T"),
            ("$T $", "$T $"),
            ("$(T)$(N)", "x5"),
            ("$$$(T)", "$x"),
        ] {
            let expanded = expand(input, known);
            assert_eq!(
                (expanded.text.as_str(), expanded.tag),
                (output, Tag::Text),
                "{input}"
            );
        }
        assert_eq!(expand("$(N)", known).tag, Tag::Integer);
        assert_eq!(expand("$(N) ", known).tag, Tag::Text);
    }

    #[test]
    fn prints_floats_as_go_does() {
        assert_eq!(general(1.5), "1.5");
        assert_eq!(general(1e21), "1e+21");
        assert_eq!(general(1.5e-7), "1.5e-07");
    }
}
