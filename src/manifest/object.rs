//! One Kubernetes object: a JSON value that knows its identity.

use serde_json::{Map, Value};

use super::id::ObjectId;
use crate::error::Explain;

const API_VERSION: &[&str] = &["apiVersion"];
const KIND: &[&str] = &["kind"];
const NAME: &[&str] = &["metadata", "name"];
const NAMESPACE: &[&str] = &["metadata", "namespace"];

/// Why a document is no Kubernetes object.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The document is a list or a scalar.
    #[error("expected a mapping, found {found}")]
    NotAMapping {
        /// What stands there instead.
        found: &'static str,
    },
    /// A field that every object needs is not there, or is no text.
    #[error("the field `{field}` is missing")]
    Missing {
        /// The path of the field, such as `metadata.name`.
        field: &'static str,
    },
}

impl Explain for ObjectError {}

/// A Kubernetes object as a JSON value; it has at least `apiVersion`, `kind` and a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    value: Value,
}

impl Object {
    /// Takes a JSON value for an object.
    ///
    /// # Errors
    ///
    /// Fails where the value is no mapping or lacks `apiVersion`, `kind` or `metadata.name`.
    pub fn new(value: Value) -> Result<Self, ObjectError> {
        if !value.is_object() {
            return Err(ObjectError::NotAMapping {
                found: sort_of(&value),
            });
        }
        let object = Self { value };
        for (way, field) in [
            (API_VERSION, "apiVersion"),
            (KIND, "kind"),
            (NAME, "metadata.name"),
        ] {
            if object.field(way).is_empty() {
                return Err(ObjectError::Missing { field });
            }
        }
        Ok(object)
    }

    /// Returns the text of a field; empty where there is none. Unlike a pointer, a way costs nothing to read.
    fn field(&self, way: &[&str]) -> &str {
        let mut steps = way.iter();
        let end = steps.try_fold(&self.value, |value, step| value.get(step));
        end.and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns `apiVersion`, such as `apps/v1`.
    pub fn api_version(&self) -> &str {
        self.field(API_VERSION)
    }

    /// Returns the API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version()
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// Returns the API version without its group.
    pub fn version(&self) -> &str {
        self.api_version().rsplit('/').next().unwrap_or_default()
    }

    /// Returns the kind.
    pub fn kind(&self) -> &str {
        self.field(KIND)
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        self.field(NAME)
    }

    /// Returns the namespace; empty where none is set.
    pub fn namespace(&self) -> &str {
        self.field(NAMESPACE)
    }

    /// Returns the identity.
    pub fn id(&self) -> ObjectId {
        ObjectId {
            group: self.group().into(),
            kind: self.kind().into(),
            namespace: self.namespace().into(),
            name: self.name().into(),
        }
    }

    /// Returns the value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.get("/metadata/labels")?.get(key)?.as_str()
    }

    /// Returns the text at a JSON pointer; empty where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.get(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Returns the value at a JSON pointer.
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        // Nearly all pointers are names of fields, which need no copies.
        match pointer.strip_prefix('/') {
            Some(way) if !way.contains('~') => {
                way.split('/')
                    .try_fold(&self.value, |value, step| match value {
                        Value::Object(fields) => fields.get(step),
                        other => other.pointer(&format!("/{step}")),
                    })
            }
            _ => self.value.pointer(pointer),
        }
    }

    /// Returns `metadata`, made if it is not there.
    ///
    /// # Panics
    ///
    /// Never: it was just made a mapping.
    pub fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        let metadata = &mut self.value["metadata"];
        if !metadata.is_object() {
            *metadata = Value::Object(Map::new());
        }
        metadata
            .as_object_mut()
            .expect("it was just made a mapping")
    }

    /// Returns the whole value.
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// Returns the whole value, to change it; the identity must stay.
    pub const fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    /// Gives the whole value away.
    #[cfg(test)]
    pub fn into_value(self) -> Value {
        self.value
    }
}

/// Names the sort of a JSON value for a message.
pub const fn sort_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn knows_its_identity() {
        let object = Object::new(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        }))
        .unwrap();
        assert_eq!(object.id().to_string(), "Deployment/shop/web");
        assert_eq!((object.group(), object.version()), ("apps", "v1"));
        assert_eq!(object.label("app"), Some("web"));
    }

    #[test]
    fn refuses_what_is_no_object() {
        let missing = Object::new(json!({"kind": "Pod", "apiVersion": "v1"})).unwrap_err();
        assert_eq!(missing.to_string(), "the field `metadata.name` is missing");
        let list = Object::new(json!([])).unwrap_err();
        assert_eq!(list.to_string(), "expected a mapping, found a list");
    }
}
