//! The hash of a config map or secret that ends its name, so that a change of content is a change of name.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::super::resource::Resource;
use super::go_json;
use crate::error::Explain;
use crate::manifest::{Dialect, Node, YamlError};

/// How many digits the hash has.
const DIGITS: usize = 10;

/// Why a resource has no hash.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Only config maps and secrets have one.
    #[error("cannot hash the content of a {kind}: only config maps and secrets get a hash")]
    Kind {
        /// The kind.
        kind: String,
    },
    /// A field is not what JSON can say.
    #[error("cannot hash `{field}` of {name}")]
    Field {
        /// The field.
        field: &'static str,
        /// Name of the resource.
        name: String,
        /// What is wrong with it.
        source: Box<YamlError>,
    },
}

impl Explain for HashError {}

/// Returns the hash of a resource's content.
///
/// The name does not count: it is empty in the text that is hashed.
///
/// # Errors
///
/// Fails where the kind has no hash, or a field is not what JSON can say.
pub fn of(resource: &Resource) -> Result<String, HashError> {
    let (always, optional): (&[&'static str], _) = match resource.kind() {
        "ConfigMap" => (&["data"], "binaryData"),
        "Secret" => (&["data", "type"], "stringData"),
        kind => return Err(HashError::Kind { kind: kind.into() }),
    };
    let mut hashed = Map::new();
    hashed.insert("kind".into(), resource.kind().into());
    hashed.insert("name".into(), "".into());
    for field in always {
        let value = value(resource, field)?;
        hashed.insert((*field).into(), value.unwrap_or_else(|| "".into()));
    }
    if let Some(value @ Value::Object(_)) = value(resource, optional)? {
        hashed.insert(optional.into(), value);
    }
    Ok(encode(&go_json::write(&Value::Object(hashed))))
}

/// Returns the value of a field; a scalar as its text, a list as null.
fn value(resource: &Resource, field: &'static str) -> Result<Option<Value>, HashError> {
    let Some(node) = resource.root().get(field) else {
        return Ok(None);
    };
    if let Some(text) = node.as_text() {
        return Ok(Some(text.into()));
    }
    let value = Node::clone(node).into_value(Dialect::Resources, 1);
    let value = value.map_err(|source| HashError::Field {
        field,
        name: resource.name().into(),
        source: Box::new(source),
    })?;
    Ok(Some(if value.is_object() {
        value
    } else {
        Value::Null
    }))
}

/// Hashes a text; vowels and what looks like them are replaced, so that no words come out.
fn encode(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut hexadecimal = String::with_capacity(DIGITS);
    for byte in &digest[..DIGITS / 2] {
        write!(hexadecimal, "{byte:02x}").expect("a string takes all");
    }
    let replaced = hexadecimal.chars().map(|digit| match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::resource::Scope;
    use super::*;

    #[test]
    fn hashes_as_the_reference_does() {
        let hash = |text: &str| {
            let root = Node::documents(text).unwrap().remove(0);
            of(&Resource::new(Arc::new(root), |_| Scope::Namespaced))
                .map_err(|error| error.to_string())
        };
        // Published in the reference's tests of its hasher.
        assert_eq!(
            hash("apiVersion: v1\nkind: ConfigMap").unwrap(),
            "6ct58987ht"
        );
        assert_eq!(
            hash("apiVersion: v1\nkind: ConfigMap\ndata:\n  one: \"\"").unwrap(),
            "9g67k2htb6"
        );
        assert_eq!(
            hash("apiVersion: v1\nkind: Secret\ntype: my-type").unwrap(),
            "5gmgkf8578"
        );
        assert!(hash("apiVersion: v1\nkind: Pod").is_err());
    }
}
