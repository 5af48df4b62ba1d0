//! The values of a release: what its references hold, in their order, and what it says itself on top.

use serde_json::{Map, Value};

use super::set::{SetError, Typing, set};
use crate::error::Explain;
use crate::manifest::{Dialect, YamlError, number_of_float, read_as};

/// Why a text holds no values.
#[derive(Debug, thiserror::Error)]
pub enum ValuesError {
    /// It is no YAML.
    #[error("the text is no YAML")]
    Yaml(#[from] YamlError),
    /// It is YAML, but not a mapping.
    #[error("the document is no mapping of names to values")]
    NotAMapping,
    /// It can't be written to its path.
    #[error("it can't be written to `{path}`")]
    Path {
        /// The path.
        path: String,
        /// Why not.
        source: SetError,
    },
}

impl Explain for ValuesError {}

/// What one reference of `valuesFrom` brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuesPart<'a> {
    /// A whole document of values.
    Document(&'a str),
    /// One value for a path, with commas, lists and types as `--set` reads them; in quotes it is text.
    At(&'a str, &'a str),
    /// One value for a path, taken as the text that it is.
    Literal(&'a str, &'a str),
}

/// The values of a release while they are put together, as helm-controller does it.
///
/// Later references win over earlier ones, and the values of the release itself over all of them,
/// also at the path of a reference. Mappings are merged, everything else is replaced; a null stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    merged: Map<String, Value>,
    own: Map<String, Value>,
}

impl Values {
    /// Begins with the release's own values, which win in the end.
    ///
    /// # Errors
    ///
    /// Fails where they are something else than a mapping or nothing.
    pub fn new(own: Option<&Value>) -> Result<Self, ValuesError> {
        Ok(Self {
            merged: Map::new(),
            own: own.cloned().map_or(Ok(Map::new()), mapping)?,
        })
    }

    /// Adds what the next reference holds.
    ///
    /// # Errors
    ///
    /// Fails where the text is not what it should be.
    pub fn add(&mut self, part: ValuesPart<'_>) -> Result<(), ValuesError> {
        let (path, text, typing) = match part {
            ValuesPart::Document(text) => {
                merge(&mut self.merged, document(text)?);
                return Ok(());
            }
            ValuesPart::At(path, text) => match unquoted(text) {
                Some(inner) => (path, inner.to_owned(), Typing::Text),
                None => (path, text.to_owned(), Typing::Guessed),
            },
            ValuesPart::Literal(path, text) => (path, escaped(text), Typing::Text),
        };
        // A path may lead into what the release itself says.
        merge(&mut self.merged, self.own.clone());
        set(&mut self.merged, &format!("{path}={text}"), typing).map_err(|source| {
            ValuesError::Path {
                path: path.into(),
                source,
            }
        })
    }

    /// Returns the values as the chart gets them.
    pub fn finish(mut self) -> Map<String, Value> {
        merge(&mut self.merged, self.own);
        self.merged
    }
}

/// Lays a mapping over another one: mappings below the same key are merged, all else is replaced.
pub fn merge(below: &mut Map<String, Value>, above: Map<String, Value>) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => merge(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Reads the first document of a text.
fn document(text: &str) -> Result<Map<String, Value>, ValuesError> {
    let first = read_as(text, Dialect::Loose)?.into_iter().next();
    first.map_or(Ok(Map::new()), mapping)
}

fn mapping(value: Value) -> Result<Map<String, Value>, ValuesError> {
    match rounded(value) {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err(ValuesError::NotAMapping),
    }
}

/// Makes floats of all numbers, as the controller's reader does: integers beyond 2^53 lose digits.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().and_then(number_of_float);
            Value::Number(float.unwrap_or(number))
        }
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, field)| (key, rounded(field)))
            .collect(),
        other => other,
    }
}

/// Takes the quotes away that make a value text; `None` where there are none.
fn unquoted(text: &str) -> Option<&str> {
    let quoted = |quote: char| text.starts_with(quote) && text.ends_with(quote);
    (quoted('\'') || quoted('"')).then(|| text.trim_matches(['\'', '"']))
}

/// Takes the meaning from all that means something to `--set`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | ',' | '[' | ']' | '{' | '}') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(own: &Value, parts: &[ValuesPart<'_>]) -> Result<Value, ValuesError> {
        let mut values = Values::new(Some(own))?;
        for part in parts {
            values.add(*part)?;
        }
        Ok(Value::Object(values.finish()))
    }

    #[test]
    fn later_ones_win_and_the_own_values_win_over_all() {
        let parts = [
            ValuesPart::Document("a: {x: 1, w: 1}\nlist: [1, 2]\nkept: null\n"),
            ValuesPart::Document("a: {w: 2}\nlist: [3]\n"),
            ValuesPart::At("a.z", "42"),
            ValuesPart::At("a.x", "lost"),
        ];
        assert_eq!(
            values(&json!({"a": {"x": "own"}, "b": null}), &parts).unwrap(),
            json!({"a": {"x": "own", "w": 2, "z": 42}, "b": null, "kept": null, "list": [3]})
        );
    }

    #[test]
    fn a_value_for_a_path_is_read_as_its_form_asks() {
        for (part, result) in [
            (ValuesPart::At("a", "true"), json!({"a": true})),
            (ValuesPart::At("a", "'true'"), json!({"a": "true"})),
            (ValuesPart::At("a", "\"1\"2\""), json!({"a": "1\"2"})),
            (ValuesPart::At("a", "'"), json!({"a": ""})),
            (ValuesPart::At("a", "'x,b=1'"), json!({"a": "x", "b": "1"})),
            (ValuesPart::At("a", "{x,1}"), json!({"a": ["x", 1]})),
            (ValuesPart::At("a", ""), json!({"a": ""})),
            (
                ValuesPart::Literal("a", "{x,1}\\n[0]=y"),
                json!({"a": "{x,1}\\n[0]=y"}),
            ),
        ] {
            assert_eq!(values(&json!({}), &[part]).unwrap(), result, "{part:?}");
        }
        let error = values(&json!({}), &[ValuesPart::At("n.csv", "a,b")]).unwrap_err();
        assert_eq!(error.to_string(), "it can't be written to `n.csv`");
    }

    #[test]
    fn numbers_are_floats_and_the_first_document_counts() {
        let text = "big: 9007199254740993\nsame: 1.0\nhuge: 1e21\ndup: 1\ndup: 2\n---\nsecond: x\n";
        assert_eq!(
            values(
                &json!({"own": 9_007_199_254_740_993_u64}),
                &[ValuesPart::Document(text)]
            )
            .unwrap(),
            json!({"big": 9_007_199_254_740_992_u64, "same": 1, "huge": 1e21, "dup": 2, "own": 9_007_199_254_740_992_u64})
        );
        assert_eq!(
            values(&json!(null), &[ValuesPart::Document("")]).unwrap(),
            json!({})
        );
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        for text in ["just text", "- a", "42"] {
            let error = values(&json!({}), &[ValuesPart::Document(text)]).unwrap_err();
            assert!(matches!(error, ValuesError::NotAMapping), "{text}: {error}");
        }
        assert!(matches!(
            values(&json!({}), &[ValuesPart::Document("a: [b\n")]),
            Err(ValuesError::Yaml(_))
        ));
        assert!(values(&json!([1]), &[]).is_err());
    }
}
