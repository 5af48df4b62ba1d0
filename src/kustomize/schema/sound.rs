//! What the schema of a definition must look like so that Kubernetes' own reader of schemas takes it.

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Fields of a schema that are texts.
const TEXTS: [&str; 6] = [
    "$schema",
    "description",
    "discriminator",
    "format",
    "pattern",
    "title",
];

/// Fields of a schema that map names to schemas.
const MAPS: [&str; 3] = ["definitions", "patternProperties", "properties"];

/// Fields of a schema that are lists of schemas.
const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Finds the first part of a schema that is of the wrong sort, and what it should be.
///
/// A null is always fine: it is the same as nothing.
pub fn flaw(schema: &Value) -> Option<(String, &'static str)> {
    let Value::Object(fields) = schema else {
        return (!schema.is_null()).then_some((String::new(), "a mapping"));
    };
    fields
        .iter()
        .filter(|(_, value)| !value.is_null())
        .find_map(|(name, value)| {
            let (path, wanted) = flaw_of_field(name, value)?;
            let dot = if path.is_empty() { "" } else { "." };
            Some((format!("{name}{dot}{path}"), wanted))
        })
}

fn flaw_of_field(name: &str, value: &Value) -> Option<(String, &'static str)> {
    let here = |wanted| Some((String::new(), wanted));
    match (name, value) {
        (name, Value::String(_)) if TEXTS.contains(&name) => None,
        (name, _) if TEXTS.contains(&name) => here("a text"),
        (name, Value::Object(schemas)) if MAPS.contains(&name) => {
            schemas.iter().find_map(|(key, schema)| {
                let (path, wanted) = flaw(schema)?;
                let dot = if path.is_empty() { "" } else { "." };
                Some((format!("{key}{dot}{path}"), wanted))
            })
        }
        (name, _) if MAPS.contains(&name) => here("a mapping"),
        (name, Value::Array(schemas)) if LISTS.contains(&name) => schemas.iter().find_map(flaw),
        (name, _) if LISTS.contains(&name) => here("a list"),
        ("items", Value::Array(schemas)) => schemas.iter().find_map(flaw),
        ("additionalProperties" | "additionalItems", Value::Bool(_))
        | ("type", Value::String(_)) => None,
        ("items" | "not" | "additionalProperties" | "additionalItems", schema) => flaw(schema),
        ("required" | "type", Value::Array(names)) if names.iter().all(Value::is_string) => None,
        ("required", _) => here("a list of texts"),
        ("type", _) => here("a text or a list of texts"),
        _ => None,
    }
}

/// Any JSON in which no mapping has a key twice.
pub struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Unique, A::Error> {
        let mut keys: HashSet<String> = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(de::Error::custom(format!("the key `{key}` is there twice")));
            }
            keys.insert(key);
            entries.next_value::<Unique>()?;
        }
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_what_is_of_the_wrong_sort() {
        for (schema, wanted) in [
            (
                json!({"type": "object", "properties": {"a": {"type": ["string"]}}}),
                None,
            ),
            (
                json!({"properties": null, "items": [{}], "not": {"title": "x"}}),
                None,
            ),
            (json!("x"), Some((String::new(), "a mapping"))),
            (
                json!({"properties": ["a"]}),
                Some(("properties".into(), "a mapping")),
            ),
            (
                json!({"properties": {"a": {"type": 5}}}),
                Some(("properties.a.type".into(), "a text or a list of texts")),
            ),
            (
                json!({"additionalProperties": {"required": [1]}}),
                Some(("additionalProperties.required".into(), "a list of texts")),
            ),
        ] {
            assert_eq!(flaw(&schema), wanted, "{schema}");
        }
    }

    #[test]
    fn finds_repeated_keys_at_any_depth() {
        let problem = |text| serde_json::from_str::<Unique>(text).err();
        let found = problem("{\"a\": [{\"b\": {\n\"c\": 1, \"d\": -2.5, \"c\": 3}}]}").unwrap();
        assert_eq!(
            found.to_string(),
            "the key `c` is there twice at line 2 column 22"
        );
        assert!(problem("{\"a\": {\"b\": null}, \"c\": {\"b\": [true, \"x\"]}}").is_none());
    }
}
