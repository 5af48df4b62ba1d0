//! JSON as SOPS reads and writes it: the order of keys stays, and levels are indented by tabs.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::error::SopsError;
use super::format::Format;
use super::go_number;
use super::tree::{Branch, Element, Entry, Value};
use crate::manifest::quote_json;

/// The key of a file that was encrypted as a whole.
const WHOLE: &str = "data";

/// Reads a document, which has to be a mapping.
///
/// # Errors
///
/// Fails where it is no JSON, or no mapping.
pub fn read(content: &[u8]) -> Result<Branch, SopsError> {
    let value: Value = serde_json::from_slice(content).map_err(|error| {
        let problem = match error.classify() {
            serde_json::error::Category::Eof => "it ends too early",
            _ => "the syntax is wrong",
        };
        let (line, column) = (error.line(), error.column());
        SopsError::malformed(
            Format::Json,
            format!("{problem} (line {line}, column {column})"),
        )
    })?;
    match value {
        Value::Mapping(branch) => Ok(branch),
        _ => Err(SopsError::malformed(Format::Json, "it is not a mapping")),
    }
}

/// Writes a document, without its comments.
///
/// # Errors
///
/// Fails on numbers that JSON does not have.
pub fn write(branch: &Branch) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    let mut out = Zeroizing::new(String::new());
    mapping(branch, 0, &mut out)?;
    out.push('\n');
    Ok(Zeroizing::new(out.as_bytes().to_vec()))
}

/// Returns the bytes of a file that was encrypted as a whole.
///
/// # Errors
///
/// Fails where the document is of another form.
pub fn whole(branches: &[Branch]) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    let unwritable = |problem: &str| SopsError::Unwritable {
        format: Format::Binary,
        problem: problem.into(),
    };
    let [branch] = branches else {
        return Err(unwritable("it has more than one document"));
    };
    let found = branch.iter().find_map(|entry| match entry {
        Entry::Pair(key, value) if key == WHOLE => Some(value),
        _ => None,
    });
    match found {
        Some(Value::Text(bytes)) => Ok(bytes.clone()),
        Some(_) => Err(unwritable("its `data` is no text")),
        None => Err(unwritable(
            "it was not encrypted as a whole; the name of the key or file says the format",
        )),
    }
}

fn value(value: &Value, level: usize, out: &mut String) -> Result<(), SopsError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Integer(value) => out.push_str(&value.to_string()),
        Value::Float(value) => {
            let number = go_number::for_json(*value).ok_or_else(|| SopsError::Unwritable {
                format: Format::Json,
                problem: "JSON has no infinite numbers".into(),
            })?;
            out.push_str(&number);
        }
        Value::Time(time) => quote_json(time, out),
        Value::Text(bytes) => quote_json(&String::from_utf8_lossy(bytes), out),
        Value::Mapping(branch) => mapping(branch, level, out)?,
        Value::List(elements) => list(elements, level, out)?,
    }
    Ok(())
}

fn mapping(branch: &Branch, level: usize, out: &mut String) -> Result<(), SopsError> {
    let mut pairs = branch.iter().filter_map(|entry| match entry {
        Entry::Pair(key, value) => Some((key, value)),
        Entry::Comment(_) => None,
    });
    let Some(first) = pairs.next() else {
        out.push_str("{}");
        return Ok(());
    };
    let mut sign = '{';
    for (key, of_key) in std::iter::once(first).chain(pairs) {
        out.push(sign);
        new_line(level + 1, out);
        quote_json(key, out);
        out.push_str(": ");
        value(of_key, level + 1, out)?;
        sign = ',';
    }
    new_line(level, out);
    out.push('}');
    Ok(())
}

fn list(elements: &[Element], level: usize, out: &mut String) -> Result<(), SopsError> {
    let mut items = elements.iter().filter_map(|element| match element {
        Element::Item(item) => Some(item),
        Element::Comment(_) => None,
    });
    let Some(first) = items.next() else {
        out.push_str("[]");
        return Ok(());
    };
    let mut sign = '[';
    for item in std::iter::once(first).chain(items) {
        out.push(sign);
        new_line(level + 1, out);
        value(item, level + 1, out)?;
        sign = ',';
    }
    new_line(level, out);
    out.push(']');
    Ok(())
}

fn new_line(level: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..level {
        out.push('\t');
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Takes whatever JSON brings, in its order.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "Go takes integers beyond the signed ones for floats"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Integer))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(item) = items.next_element()? {
            elements.push(Element::Item(item));
        }
        Ok(Value::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Value, A::Error> {
        let mut branch = Vec::new();
        while let Some((key, value)) = pairs.next_entry()? {
            branch.push(Entry::Pair(key, value));
        }
        Ok(Value::Mapping(branch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_and_the_types() {
        let text = "{\n\t\"b\": [\n\t\t1,\n\t\t1.5,\n\t\t{}\n\t],\n\t\"a\": {\n\t\t\"x\": null,\n\t\t\"y\": \"\\u003c\\n\"\n\t},\n\t\"e\": []\n}\n";
        let written = write(&read(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(String::from_utf8_lossy(&written), text);
    }

    #[test]
    fn errors_say_where_and_not_what() {
        for text in [
            "{\"password\": \"hunter2",
            "[\"hunter2\"]",
            "{\"a\": hunter2}",
        ] {
            let error = read(text.as_bytes()).map(|_| ()).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
