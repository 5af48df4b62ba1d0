//! JSON patches (RFC 6902) as the reference's library reads and applies them, on JSON values.
//!
//! It is milder than the standard: what stands before the first slash of a path is passed over, negative indexes
//! count from the end, a field can be replaced that is not there, and what is copied from nowhere is null.

use serde_json::{Map, Value};

use super::json_error::{ApplyError, JsonPatchError};
use super::pointer::Place;
use crate::manifest::{self, Dialect, Node, sort_of};

/// One step of a patch.
#[derive(Clone, Debug)]
pub struct Operation {
    op: String,
    path: Option<String>,
    from: Option<String>,
    value: Option<Value>,
}

/// Reads the operations of a patch: JSON if it begins with a bracket, else the first document of YAML.
///
/// # Errors
///
/// Fails where the text is neither, or holds something else.
pub fn read(text: &str) -> Result<Vec<Operation>, JsonPatchError> {
    let value = if text.starts_with('[') {
        serde_json::from_str(text)?
    } else {
        let documents = manifest::read_as(text, Dialect::Loose)?;
        documents.into_iter().next().unwrap_or(Value::Null)
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| operation(index + 1, item))
            .collect(),
        other => Err(JsonPatchError::NoList {
            found: go_sort(&other),
        }),
    }
}

/// Names the sort of a value as the reference does.
const fn go_sort(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Object(_) => "object",
        Value::Null | Value::Array(_) => "array",
    }
}

fn operation(number: usize, item: Value) -> Result<Operation, JsonPatchError> {
    let mut fields = match item {
        Value::Object(fields) => fields,
        Value::Null => Map::new(),
        other => {
            return Err(JsonPatchError::NoOperation {
                number,
                found: sort_of(&other),
            });
        }
    };
    let value = fields.remove("value");
    let mut text = |field| match fields.remove(field) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    Ok(Operation {
        op: text("op").unwrap_or_else(|| "unknown".into()),
        path: text("path"),
        from: text("from"),
        value,
    })
}

/// Applies a patch to a document, which goes through JSON on its way.
///
/// # Errors
///
/// Fails where the document cannot be written as JSON, or an operation cannot be applied.
pub fn apply(mut document: Node, operations: &[Operation]) -> Result<Node, ApplyError> {
    document.rewrite();
    let mut value = document.into_value(Dialect::Resources, 1)?;
    for operation in operations {
        operation.apply(&mut value)?;
    }
    if value.is_object() {
        Ok(Node::through_json(&value))
    } else {
        Err(ApplyError::NoMapping {
            found: sort_of(&value),
        })
    }
}

impl Operation {
    fn apply(&self, document: &mut Value) -> Result<(), ApplyError> {
        match self.op.as_str() {
            "add" => {
                let place = Place::find(document, "add", self.path("add")?)?;
                place.add(self.value())
            }
            "remove" => {
                let place = Place::find(document, "remove", self.path("remove")?)?;
                place.remove().map(drop)
            }
            "replace" => self.replace(document),
            "move" => {
                let from = self.from("move")?;
                let value = Place::find(document, "move", from)?.remove()?;
                Place::find(document, "move", self.path("move")?)?.add(value)
            }
            "copy" => {
                let place = Place::find(document, "copy", self.from("copy")?)?;
                let value = place.value()?.cloned().unwrap_or_default();
                Place::find(document, "copy", self.path("copy")?)?.add(value)
            }
            "test" => self.test(document),
            op => Err(ApplyError::Unknown { op: op.into() }),
        }
    }

    fn value(&self) -> Value {
        self.value.clone().unwrap_or_default()
    }

    fn path(&self, op: &'static str) -> Result<&str, ApplyError> {
        let field = "path";
        self.path.as_deref().ok_or(ApplyError::NoPath { op, field })
    }

    fn from(&self, op: &'static str) -> Result<&str, ApplyError> {
        let field = "from";
        self.from.as_deref().ok_or(ApplyError::NoPath { op, field })
    }

    fn replace(&self, document: &mut Value) -> Result<(), ApplyError> {
        let path = self.path("replace")?;
        if path.is_empty() {
            let value = self.value();
            if !value.is_object() && !value.is_array() {
                return Err(ApplyError::Root);
            }
            *document = value;
            return Ok(());
        }
        Place::find(document, "replace", path)?.set(self.value())
    }

    fn test(&self, document: &mut Value) -> Result<(), ApplyError> {
        let path = self.path("test")?;
        let wanted = self.value();
        let passed = if path.is_empty() {
            same(document, &wanted)
        } else {
            let place = Place::find(document, "test", path)?;
            same(place.value()?.unwrap_or(&Value::Null), &wanted)
        };
        if passed {
            Ok(())
        } else {
            Err(ApplyError::Test { path: path.into() })
        }
    }
}

/// Compares as the reference does, which gives up on nulls in lists.
fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found
                    .iter()
                    .zip(wanted)
                    .all(|(found, wanted)| !found.is_null() && same(found, wanted))
        }
        (Value::Object(found), Value::Object(wanted)) => {
            found.len() == wanted.len()
                && found
                    .iter()
                    .all(|(key, found)| wanted.get(key).is_some_and(|wanted| same(found, wanted)))
        }
        _ => found == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(document: &Value, patch: &str) -> Result<Value, String> {
        let mut document = document.clone();
        for operation in read(patch).map_err(|error| error.to_string())? {
            operation
                .apply(&mut document)
                .map_err(|error| error.to_string())?;
        }
        Ok(document)
    }

    #[test]
    fn applies_each_operation() {
        let document = json!({"a": [1, 2], "b": {"c~/d": 1}});
        for (patch, wanted) in [
            (
                "- {op: add, path: /a/1, value: x}",
                json!({"a": [1, "x", 2], "b": {"c~/d": 1}}),
            ),
            (
                "- {op: add, path: /a/-1, value: x}",
                json!({"a": [1, 2, "x"], "b": {"c~/d": 1}}),
            ),
            (
                "- {op: remove, path: /a/-1}",
                json!({"a": [1], "b": {"c~/d": 1}}),
            ),
            (
                "- {op: replace, path: x/b, value: yes}",
                json!({"a": [1, 2], "b": true}),
            ),
            (
                "- {op: replace, path: /z}",
                json!({"a": [1, 2], "b": {"c~/d": 1}, "z": null}),
            ),
            (
                "- {op: move, from: /b/c~0~1d, path: /a/-}",
                json!({"a": [1, 2, 1], "b": {}}),
            ),
            (
                "- {op: copy, from: /none, path: /z}",
                json!({"a": [1, 2], "b": {"c~/d": 1}, "z": null}),
            ),
            ("- {op: replace, path: '', value: {z: 1}}", json!({"z": 1})),
            ("- {op: test, path: /a, value: [1, 2]}", document.clone()),
            ("- {op: test, path: /z, value: null}", document.clone()),
            ("# nothing", document.clone()),
            ("[]", document.clone()),
        ] {
            assert_eq!(patched(&document, patch).unwrap(), wanted, "{patch}");
        }
    }

    #[test]
    fn says_what_does_not_apply() {
        let document = json!({"a": [1, null], "b": null});
        for (patch, wanted) in [
            (
                "- {op: add, path: a, value: 1}",
                "add operation does not apply: doc is missing path: \"a\"",
            ),
            (
                "- {op: add, path: /b/c, value: 1}",
                "doc is missing path: \"/b/c\"",
            ),
            (
                "- {op: add, path: /a/3, value: 1}",
                "Unable to access invalid index: 3",
            ),
            (
                "- {op: remove, path: /a/-3}",
                "Unable to access invalid index: -3",
            ),
            (
                "- {op: remove, path: /a/-}",
                "value was not a proper array index: '-'",
            ),
            (
                "- {op: remove, path: /c}",
                "Unable to remove nonexistent key: c",
            ),
            (
                "- {op: test, path: /a/0, value: '1'}",
                "testing value /a/0 failed",
            ),
            (
                "- {op: test, path: /a, value: [1, null]}",
                "testing value /a failed",
            ),
            (
                "[{\"op\": \"test\", \"path\": \"/a/0\", \"value\": 1.0}]",
                "testing value /a/0 failed",
            ),
            ("- {op: merge, path: /a}", "Unexpected kind: merge"),
            ("- {op: add}", "add operation failed to decode path"),
            (
                "- add",
                "operation 1 of a JSON patch is a text instead of a mapping",
            ),
            (
                "a: 1",
                "cannot unmarshal object into Go value of type jsonpatch.Patch",
            ),
            ("[{op: add}]", "cannot read the patch as JSON"),
        ] {
            let error = patched(&document, patch).unwrap_err();
            assert!(error.contains(wanted), "{patch}: {error}");
        }
    }

    #[test]
    fn sends_the_document_through_json() {
        let document = Node::documents("{a: 9007199254740993, b: 'yes', c: 1.50}")
            .unwrap()
            .remove(0);
        let node = apply(
            document,
            &read("- {op: add, path: /d, value: yes}").unwrap(),
        )
        .unwrap();
        let value = node.into_value(Dialect::Resources, 1).unwrap();
        assert_eq!(
            value,
            json!({"a": 9_007_199_254_740_992_u64, "b": "yes", "c": 1.5, "d": true})
        );
    }
}
