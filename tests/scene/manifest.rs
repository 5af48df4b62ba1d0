//! YAML documents as JSON values.

use serde_json::Value;

/// Reads all documents of a YAML text; empty ones are left out.
pub fn documents(yaml: &str) -> Vec<Value> {
    let options =
        serde_saphyr::options! { budget: None, strict_booleans: true, legacy_octal_numbers: true };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(yaml, options)
        .unwrap_or_else(|error| panic!("no YAML: {error}\n{yaml}"));
    documents.into_iter().filter(Value::is_object).collect()
}

/// Returns the text at a JSON pointer; empty where there is none.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Returns the status of a condition: `True`, `False`, `Unknown`, or empty where there is none.
pub fn condition<'a>(object: &'a Value, kind: &str) -> &'a str {
    let conditions = object
        .pointer("/status/conditions")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    conditions
        .iter()
        .find(|condition| condition["type"] == kind)
        .map_or("", |condition| text(condition, "/status"))
}

/// Says whether a Flux object's controller has seen its newest form and says that it is ready.
pub fn is_ready(object: &Value) -> bool {
    let seen = object
        .pointer("/status/observedGeneration")
        .and_then(Value::as_i64);
    condition(object, "Ready") == "True"
        && seen
            >= object
                .pointer("/metadata/generation")
                .and_then(Value::as_i64)
}
