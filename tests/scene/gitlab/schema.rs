//! The schemas of an `OpenAPI` 3.0 contract, made fit for a JSON Schema validator.

use serde_json::{Map, Value, json};

/// Where null is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Where the contract says so: for requests.
    AsSaid,
    /// Everywhere: answers hold many that no contract speaks of.
    Everywhere,
}

/// Rewrites a schema: `nullable` becomes a type list, and what no validator knows is dropped.
pub fn rewrite(schema: &Value, nulls: Nulls) -> Value {
    let Some(fields) = schema.as_object() else {
        return schema.clone();
    };
    let is_nullable = nulls == Nulls::Everywhere || fields.get("nullable") == Some(&json!(true));
    if let Some(reference) = fields.get("$ref") {
        let reference = json!({ "$ref": reference });
        // Where null is taken everywhere, what is referred to takes it.
        let needs_null = is_nullable && nulls == Nulls::AsSaid;
        return if needs_null {
            or_null(&reference)
        } else {
            reference
        };
    }
    let mut rewritten = Map::new();
    for (key, value) in fields {
        let value = match key.as_str() {
            "nullable" | "example" | "discriminator" | "format" | "description" => continue,
            "properties" => each_value(value, nulls),
            "items" | "not" | "additionalProperties" => rewrite(value, nulls),
            "anyOf" | "oneOf" | "allOf" => each_item(value, nulls),
            _ => value.clone(),
        };
        rewritten.insert(key.clone(), value);
    }
    if !is_nullable {
        return Value::Object(rewritten);
    }
    if ["anyOf", "oneOf", "allOf"]
        .iter()
        .any(|key| rewritten.contains_key(*key))
    {
        return or_null(&Value::Object(rewritten));
    }
    if let Some(Value::String(kind)) = rewritten.get("type").cloned() {
        rewritten.insert("type".into(), json!([kind, "null"]));
    }
    if let Some(Value::Array(values)) = rewritten.get_mut("enum") {
        values.push(Value::Null);
    }
    Value::Object(rewritten)
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn each_value(map: &Value, nulls: Nulls) -> Value {
    let entries = map.as_object().into_iter().flatten();
    entries
        .map(|(key, value)| (key.clone(), rewrite(value, nulls)))
        .collect()
}

fn each_item(list: &Value, nulls: Nulls) -> Value {
    let items = list.as_array().into_iter().flatten();
    items.map(|item| rewrite(item, nulls)).collect()
}

/// Follows a reference into the document.
pub fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|text| text.strip_prefix('#'));
    pointer
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(schema)
}

/// Returns the fields of a value that its schema does not name: JSON Schema lets them pass, a service does not.
pub fn unknown_fields(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect_unknown(document, schema, (value, ""), &mut found);
    found
}

fn collect_unknown(
    document: &Value,
    schema: &Value,
    (value, path): (&Value, &str),
    found: &mut Vec<String>,
) {
    let schema = resolve(document, schema);
    match value {
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else {
                return;
            };
            for (index, item) in items.iter().enumerate() {
                collect_unknown(document, schema, (item, &format!("{path}/{index}")), found);
            }
        }
        Value::Object(fields) => {
            let Some(properties) = schema.get("properties") else {
                return;
            };
            for (name, value) in fields {
                let path = format!("{path}/{name}");
                match properties.get(name) {
                    Some(schema) => collect_unknown(document, schema, (value, &path), found),
                    None => found.push(path),
                }
            }
        }
        _ => {}
    }
}

/// Reads a text of a query, a path or a form as its schema means it.
pub fn typed(document: &Value, schema: &Value, text: &str) -> Value {
    let schema = resolve(document, schema);
    let kind = schema.get("type").and_then(Value::as_str);
    let number = || text.parse::<i64>().ok().map(Value::from);
    let read = match kind {
        Some("integer") => number(),
        Some("number") => text.parse::<f64>().ok().map(Value::from),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        Some("array") => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let items = text.split(',').map(|item| typed(document, items, item));
            Some(items.collect())
        }
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}
