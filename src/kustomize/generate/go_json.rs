//! Writes JSON as Go does: sorted keys, no blanks, and escapes that are safe in HTML.

use serde_json::Value;

use crate::manifest::quote_json;

/// Writes a value.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    append(value, &mut out);
    out
}

fn append(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&self::number(number)),
        Value::String(text) => quote_json(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                append(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote_json(key, out);
                out.push(':');
                append(item, out);
            }
            out.push('}');
        }
    }
}

/// Writes a number as a 64-bit float, which is what Go's decoder made of it.
fn number(number: &serde_json::Number) -> String {
    let Some(float) = number.as_f64() else {
        return number.to_string();
    };
    let magnitude = float.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{float:e}");
        // Go writes a sign before the exponent, and no zero before a single digit in JSON.
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            _ => text,
        };
    }
    format!("{float}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn escapes_for_html() {
        assert_eq!(
            write(&json!({"b": "<a&b>\u{2028}\u{1}\"", "a": [1, 1.5, null, true, 1e21, 1e-7]})),
            r#"{"a":[1,1.5,null,true,1e+21,1e-7],"b":"\u003ca\u0026b\u003e\u2028\u0001\""}"#
        );
    }
}
