//! What the reader takes, the writer writes so that it reads the same.

#![no_main]

use gitops::manifest;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Says whether a key is `<<`: Go writes it without quotes, so that it is no key when read again.
fn has_merge_key(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_merge_key),
        Value::Object(fields) => fields.contains_key("<<") || fields.values().any(has_merge_key),
        _ => false,
    }
}

fuzz_target!(|text: &str| {
    let mut values = manifest::read(text).unwrap_or_default();
    values.retain(|value| !has_merge_key(value));
    for value in values {
        let written = manifest::emit(&value);
        assert_eq!(manifest::read(&written).ok(), Some(vec![value]));
    }
});
