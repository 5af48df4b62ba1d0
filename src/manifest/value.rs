//! From a document as it was written to a JSON value, by Go's rules.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::map::Entry as MapEntry;
use serde_json::{Map, Number, Value};

use super::emit;
use super::node::{Content, Entry, Node, Style, Tag};
use super::number;
use super::problem::{Place, Problem, YamlError};
use super::scalar::{self, Dialect, Scalar};
use super::timestamp;

impl Node {
    /// Turns the document into a JSON value; `document` is its number, for errors.
    ///
    /// # Errors
    ///
    /// Fails on repeated keys, on keys and numbers that JSON does not have, and on wrong tags.
    pub fn into_value(self, dialect: Dialect, document: usize) -> Result<Value, YamlError> {
        Typing { dialect, document }.value(self, Level::Top)
    }

    /// Finds a key that repeats in this mapping; returns its first and its second entry.
    ///
    /// Keys are the same if their texts are, quoted or not.
    pub fn repeated_key(&self) -> Option<(&Entry, &Entry)> {
        repeated(self.entries()?)
    }
}

impl From<&Value> for Node {
    /// Writes a JSON value down as JSON would be read: texts stand between double quotes.
    ///
    /// The nodes count as read, so that their types are those of their looks.
    fn from(value: &Value) -> Self {
        let quoted = |text: &str| Self {
            style: Style::DoubleQuoted,
            line: 1,
            column: 1,
            ..Self::plain(text)
        };
        let node = match value {
            Value::Null => Self::plain("null"),
            Value::Bool(value) => Self::plain(value.to_string()),
            Value::Number(value) => {
                Self::plain(emit::emit(&Value::Number(value.clone())).trim_end())
            }
            Value::String(text) => quoted(text),
            Value::Array(items) => Self::sequence(items.iter().map(Self::from).collect()),
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| Entry {
                    key: quoted(key),
                    value: Self::from(value),
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

/// Whether a mapping is the document itself; Go is kinder to its keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Top,
    Nested,
}

/// How to type a document.
struct Typing {
    dialect: Dialect,
    document: usize,
}

impl Typing {
    // The parser bounds the depth of a node, so that this needs little stack.
    fn value(&self, node: Node, level: Level) -> Result<Value, YamlError> {
        let place = node.place(self.document);
        match node.content {
            Content::Scalar(text) if node.tag == Tag::None && node.style == Style::Plain => {
                self.plain(text, place)
            }
            Content::Scalar(text) => self.tagged(text, &node.tag, place),
            Content::Sequence(items) => items
                .into_iter()
                .map(|item| self.value(item, Level::Nested))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Content::Mapping(entries) => self.mapping(entries, level),
        }
    }

    fn mapping(&self, entries: Vec<Entry>, level: Level) -> Result<Value, YamlError> {
        let strict = self.dialect != Dialect::Loose;
        if let Some((first, second)) = repeated(&entries).filter(|_| strict) {
            let key = second.key.as_text().unwrap_or_default().to_owned();
            let problem = Problem::DuplicateKey {
                key,
                first: first.key.line,
            };
            return Err(YamlError::new(second.key.place(self.document), problem));
        }
        let mut map = Map::new();
        for Entry { key, value } in entries {
            let place = key.place(self.document);
            let slot = match map.entry(self.key(key, level)?) {
                MapEntry::Vacant(slot) => slot,
                MapEntry::Occupied(mut slot) if !strict => {
                    slot.insert(self.value(value, Level::Nested)?);
                    continue;
                }
                MapEntry::Occupied(slot) => {
                    return Err(YamlError::new(
                        place,
                        Problem::SameKey {
                            key: slot.key().clone(),
                        },
                    ));
                }
            };
            slot.insert(self.value(value, Level::Nested)?);
        }
        Ok(Value::Object(map))
    }

    fn key(&self, key: Node, level: Level) -> Result<String, YamlError> {
        let place = key.place(self.document);
        let written = key.is_plain();
        let sort = key.sort();
        let Content::Scalar(text) = key.content else {
            return Err(YamlError::new(place, Problem::ComplexKey { sort }));
        };
        if !written {
            return match self.tagged(text.clone(), &key.tag, place)? {
                Value::String(text) => Ok(text),
                other => self.other_key(&other, text, place),
            };
        }
        match (
            scalar::resolve(&text, self.dialect),
            self.dialect.is_old(),
            level,
        ) {
            (Scalar::Text, ..) | (Scalar::Timestamp(_), true, _) => Ok(text),
            // The reference writes a key that is left away as a text before it reads it again.
            (Scalar::Null, false, _) if text.is_empty() => Ok(text),
            (Scalar::Null, ..) | (_, false, Level::Nested) => {
                Err(YamlError::new(place, Problem::NonTextKey { key: text }))
            }
            (_, false, Level::Top) => Ok(text),
            (_, true, _) => {
                let value = self.plain(text.clone(), place)?;
                self.other_key(&value, text, place)
            }
        }
    }

    /// Writes a key that is no text as text, where the dialect allows it.
    fn other_key(&self, value: &Value, text: String, place: Place) -> Result<String, YamlError> {
        match (value, self.dialect.is_old()) {
            (Value::Bool(_) | Value::Number(_), true) => {
                Ok(emit::emit(value).trim_end().to_owned())
            }
            _ => Err(YamlError::new(place, Problem::NonTextKey { key: text })),
        }
    }

    /// Types a scalar by its looks.
    fn plain(&self, text: String, place: Place) -> Result<Value, YamlError> {
        Ok(match scalar::resolve(&text, self.dialect) {
            Scalar::Text => Value::String(text),
            Scalar::Timestamp(_) if self.dialect.is_old() => Value::String(text),
            other => return json(other, &text, place),
        })
    }

    /// Types a scalar that has quotes, a block or a tag.
    fn tagged(&self, text: String, tag: &Tag, place: Place) -> Result<Value, YamlError> {
        let wrong = |text: String, name: &str| {
            Err(YamlError::new(
                place,
                Problem::WrongTag {
                    text,
                    tag: format!("!!{name}"),
                },
            ))
        };
        let typed = match tag {
            Tag::Integer | Tag::Float => {
                scalar::number(&text).or_else(|| Some(scalar::resolve(&text, self.dialect)))
            }
            Tag::Boolean | Tag::Null => Some(scalar::resolve(&text, self.dialect)),
            Tag::Timestamp if !self.dialect.is_old() => {
                timestamp::parse(&text).map(Scalar::Timestamp)
            }
            _ => None,
        };
        match (tag, typed) {
            (Tag::Integer, Some(number @ (Scalar::Integer(_) | Scalar::Natural(_))))
            | (Tag::Float, Some(number @ (Scalar::Integer(_) | Scalar::Float(_))))
            | (Tag::Boolean, Some(number @ Scalar::Boolean(_)))
            | (Tag::Null, Some(number @ Scalar::Null))
            | (Tag::Timestamp, Some(number @ Scalar::Timestamp(_))) => json(number, &text, place),
            (Tag::Integer, _) => wrong(text, "int"),
            (Tag::Float, _) => wrong(text, "float"),
            (Tag::Boolean, _) => wrong(text, "bool"),
            (Tag::Null, _) => wrong(text, "null"),
            (Tag::Timestamp, _) if !self.dialect.is_old() => wrong(text, "timestamp"),
            (Tag::Binary, _) => match STANDARD.decode(text.replace(['\n', '\r'], "")) {
                Ok(bytes) => Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned())),
                Err(_) => wrong(text, "binary"),
            },
            _ => Ok(Value::String(text)),
        }
    }
}

/// Turns a typed scalar into JSON.
fn json(scalar: Scalar, text: &str, place: Place) -> Result<Value, YamlError> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(value),
        Scalar::Integer(value) => Value::Number(value.into()),
        Scalar::Natural(value) => Value::Number(Number::from(value)),
        Scalar::Float(value) => match number::of_float(value) {
            Some(number) => Value::Number(number),
            None => {
                return Err(YamlError::new(
                    place,
                    Problem::NotFinite { text: text.into() },
                ));
            }
        },
        Scalar::Timestamp(value) => Value::String(value),
        Scalar::Text => Value::String(text.into()),
    })
}

/// How many keys are compared each with each; more are sorted first.
const FEW_KEYS: usize = 16;

fn repeated(entries: &[Entry]) -> Option<(&Entry, &Entry)> {
    if entries.len() <= FEW_KEYS {
        return entries.iter().enumerate().find_map(|(index, first)| {
            let text = first.key.as_text()?;
            let second = entries[index + 1..]
                .iter()
                .find(|entry| entry.key.as_text() == Some(text))?;
            Some((first, second))
        });
    }
    let mut sorted: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.key.as_text().is_some())
        .collect();
    sorted.sort_by_key(|entry| entry.key.as_text());
    let pair = sorted
        .windows(2)
        .find(|pair| pair[0].key.as_text() == pair[1].key.as_text())?;
    Some((pair[0], pair[1]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn typed(text: &str, dialect: Dialect) -> Result<Value, String> {
        let document = Node::documents(text).unwrap().remove(0);
        document
            .into_value(dialect, 1)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn types_scalars_as_go_does() {
        for (text, new, old) in [
            ("yes", json!("yes"), json!(true)),
            ("on", json!("on"), json!(true)),
            ("Off", json!("Off"), json!(false)),
            ("y", json!("y"), json!(true)),
            ("TRUE", json!(true), json!(true)),
            ("tRUE", json!("tRUE"), json!("tRUE")),
            ("~", json!(null), json!(null)),
            ("0644", json!(420), json!(420)),
            ("0o17", json!(15), json!(15)),
            ("08", json!(8), json!(8)),
            ("0x_1F", json!(31), json!(31)),
            ("0b-101", json!(-5), json!(-5)),
            ("1_000", json!(1000), json!(1000)),
            ("1_0.5", json!(10.5), json!(10.5)),
            (".5_0", json!(0.5), json!(0.5)),
            ("._5", json!("._5"), json!("._5")),
            ("1e3", json!(1000), json!(1000)),
            ("1.0", json!(1), json!(1)),
            ("-0.0", json!(0), json!(0)),
            ("1234e5678", json!("1234e5678"), json!("1234e5678")),
            (
                "18446744073709551615",
                json!(18_446_744_073_709_551_615_u64),
                json!(18_446_744_073_709_551_615_u64),
            ),
            (
                "18446744073709551616",
                json!(18_446_744_073_709_551_616_f64),
                json!(18_446_744_073_709_551_616_f64),
            ),
            ("1:30", json!("1:30"), json!("1:30")),
            (
                "2024-01-01",
                json!("2024-01-01T00:00:00Z"),
                json!("2024-01-01"),
            ),
            ("'12'", json!("12"), json!("12")),
            ("!!int '3'", json!(3), json!(3)),
            ("!!float 3", json!(3), json!(3)),
            ("!!str 12", json!("12"), json!("12")),
            ("!!str", json!(""), json!("")),
            ("!foo 12", json!("12"), json!("12")),
            ("!!binary aGVsbG8=", json!("hello"), json!("hello")),
            (
                "!!timestamp '2020-1-2'",
                json!("2020-01-02T00:00:00Z"),
                json!("2020-1-2"),
            ),
        ] {
            assert_eq!(typed(text, Dialect::Resources).unwrap(), new, "{text}");
            assert_eq!(typed(text, Dialect::Configuration).unwrap(), old, "{text}");
        }
    }

    #[test]
    fn refuses_what_json_cannot_say() {
        for (text, expected) in [
            (
                "a: .inf",
                "line 1, column 4: `.inf` is no number that JSON can say",
            ),
            ("a: -.NaN", ""),
            ("a: !!int 3.5", "line 1, column 4: `3.5` is no `!!int`"),
            ("a: !!null x", "line 1, column 4: `x` is no `!!null`"),
            ("a: !!binary '*'", "line 1, column 4: `*` is no `!!binary`"),
            ("a: {{ x }}", "line 1, column 5: a mapping can't be a key"),
            (
                "a:\n  b: 1\n  b: 2",
                "line 3, column 3: the key `b` is already set in line 2",
            ),
            ("a: {1: x}", "line 1, column 5: the key `1` is no text"),
        ] {
            match typed(text, Dialect::Resources) {
                Ok(value) => assert!(expected.is_empty(), "{text}: {value}"),
                Err(error) => assert_eq!(error, expected, "{text}"),
            }
        }
    }

    #[test]
    fn finds_a_repeated_key_among_many() {
        let lines: Vec<String> = (0..40).map(|index| format!("k{index}: 1")).collect();
        let text = format!("{}\n\"k7\": 2\n", lines.join("\n"));
        let error = typed(&text, Dialect::Resources).unwrap_err();
        assert_eq!(
            error,
            "line 41, column 1: the key `k7` is already set in line 8"
        );
        assert_eq!(typed(&text, Dialect::Loose).unwrap()["k7"], 2);
    }

    #[test]
    fn takes_other_keys_where_go_does() {
        assert_eq!(
            typed("1: a\n0x10: b", Dialect::Resources).unwrap(),
            json!({"1": "a", "0x10": "b"})
        );
        let old = typed(
            "a: {1: x, 0x10: q, yes: z, 1.50: w}",
            Dialect::Configuration,
        )
        .unwrap();
        assert_eq!(
            old,
            json!({"a": {"1": "x", "16": "q", "true": "z", "1.5": "w"}})
        );
        assert!(
            typed("1: a\n0x1: b", Dialect::Configuration)
                .unwrap_err()
                .contains("written in another way")
        );
        assert_eq!(
            typed("1: a\n0x1: b", Dialect::Loose).unwrap(),
            json!({"1": "b"})
        );
    }
}
