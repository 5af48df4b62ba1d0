//! What a document is after a way through Go's JSON: it comes back as its YAML writer would write it.

use serde_json::Value;

use super::form::{Form, Look};
use super::node::{Entry, Node, Style};
use super::number;

impl Node {
    /// Writes a JSON value down as Go does after it has read it: every number is a float, texts have no quotes
    /// unless they need them.
    ///
    /// The nodes count as read, so that their types are those of their looks. Integers beyond 2^53 lose their last
    /// digits; `1000000` is written `1e+06`, which reads as the same number.
    pub fn through_json(value: &Value) -> Self {
        let node = match value {
            Value::Null => typed("null".into()),
            Value::Bool(value) => typed(value.to_string()),
            Value::Number(value) => {
                let text = value.as_f64().map(number::general);
                typed(text.unwrap_or_else(|| value.to_string()))
            }
            Value::String(text) => written(text),
            Value::Array(items) => Self::sequence(items.iter().map(Self::through_json).collect()),
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| Entry {
                    key: written(key),
                    value: Self::through_json(value),
                };
                Self::mapping(map.iter().map(entry).collect())
            }
        };
        Self {
            line: 1,
            column: 1,
            ..node
        }
    }
}

/// Makes a scalar of the type that it looks like; as it was read, another text does not change it.
fn typed(text: String) -> Node {
    let mut node = Node::plain(text);
    node.tag = node.settled_tag().unwrap_or_default();
    node
}

fn written(text: &str) -> Node {
    let style = match Look::of(text).form(text) {
        Form::Plain => Style::Plain,
        Form::Single => Style::SingleQuoted,
        Form::Double => Style::DoubleQuoted,
        Form::Literal => Style::Literal,
    };
    Node {
        style,
        line: 1,
        column: 1,
        ..Node::plain(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_numbers_as_floats_and_texts_as_they_need() {
        for (value, text, style) in [
            (json!(8080), "8080", Style::Plain),
            (json!(1_000_000), "1e+06", Style::Plain),
            (
                json!(9_007_199_254_740_993_u64),
                "9.007199254740992e+15",
                Style::Plain,
            ),
            (json!(0.5), "0.5", Style::Plain),
            (json!("web"), "web", Style::Plain),
            (json!("yes"), "yes", Style::DoubleQuoted),
            (json!("8080"), "8080", Style::DoubleQuoted),
            (json!("a: b"), "a: b", Style::SingleQuoted),
            (json!("a\nb"), "a\nb", Style::Literal),
            (json!(null), "null", Style::Plain),
        ] {
            let node = Node::through_json(&value);
            assert_eq!((node.as_text(), node.style), (Some(text), style), "{value}");
        }
    }
}
