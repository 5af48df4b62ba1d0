//! The schema of a build: the built-in one, one that a kustomization brings along, or both.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::super::resource::{Gvk, Scope};
use super::custom::{self, Custom, SchemaError};
use super::part::Part;
use super::{scope, table};

/// The version of the built-in schema.
const BUILT_IN: &str = "v1.21.2";

/// What a build knows of kinds.
///
/// The first `openapi` that is met wins. A schema of one's own takes the place of the built-in one, unless that one
/// was already needed: then the reference has read it, and keeps it.
#[derive(Debug, Default)]
pub struct Schemas {
    built_in_read: AtomicBool,
    version: Option<String>,
    custom: Option<Custom>,
}

impl Schemas {
    /// Makes what the command line starts with: the built-in schema, read when it is needed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes what Flux starts with: the built-in schema, to which one's own adds.
    pub fn preloaded() -> Self {
        Self {
            built_in_read: AtomicBool::new(true),
            ..Self::default()
        }
    }

    /// Says whether an `openapi` was met.
    pub const fn is_set(&self) -> bool {
        self.version.is_some() || self.custom.is_some()
    }

    /// Takes an `openapi` over, unless one was met before: its `version`, and the text of the file in its `path`.
    ///
    /// # Errors
    ///
    /// Fails where both are given, the version is not built in or the text is no schema.
    pub fn set(&mut self, version: Option<&str>, text: Option<&str>) -> Result<(), SchemaError> {
        match (version, text) {
            _ if self.is_set() => {}
            (Some(_), Some(_)) => return Err(SchemaError::Both),
            (None, Some(text)) => self.custom = Some(Custom::read(text)?),
            (None | Some(""), None) => {}
            (Some(BUILT_IN), None) => self.version = version.map(Into::into),
            (Some(_), None) => return Err(SchemaError::UnknownVersion),
        }
        Ok(())
    }

    /// Says where a kind lives; in a namespace if it is not known.
    pub fn scope(&self, gvk: &Gvk) -> Scope {
        let api_version = gvk.api_version();
        if let Some(scope) = scope::of(&api_version, &gvk.kind) {
            return scope;
        }
        let Some(custom) = &self.custom else {
            self.built_in_read.store(true, Ordering::Relaxed);
            return Scope::default();
        };
        custom.scope(&api_version, &gvk.kind).unwrap_or_default()
    }

    /// Returns the shape of a kind, if it is known.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<Shape<'_>> {
        if let Some(custom) = &self.custom {
            if let Some(schema) = custom.kind(api_version, kind) {
                return Some(self.shape(Form::Custom(schema)));
            }
            if !self.built_in_read.load(Ordering::Relaxed) && kind != "Kustomization" {
                return None;
            }
        } else {
            self.built_in_read.store(true, Ordering::Relaxed);
        }
        let part = table::kind(api_version, kind)?;
        Some(self.shape(Form::Part(part)))
    }

    const fn shape<'s>(&'s self, form: Form<'s>) -> Shape<'s> {
        Shape {
            schemas: self,
            form,
        }
    }

    /// Returns the shape that a schema in a comment gives.
    pub fn described<'s>(&'s self, schema: &'s Value) -> Shape<'s> {
        self.built_in_read
            .fetch_or(self.custom.is_none(), Ordering::Relaxed);
        let shape = self.resolve(schema);
        shape.unwrap_or_else(|| self.shape(Form::Custom(schema)))
    }

    /// Follows the references of a schema that is not built in, into the built-in one if need be.
    fn resolve<'s>(&'s self, schema: &'s Value) -> Option<Shape<'s>> {
        let found = match (&self.custom, schema.get("$ref")) {
            (Some(custom), _) => custom.resolve(schema)?,
            (None, None) => Ok(schema),
            (None, Some(reference)) => Err(reference.as_str()?.strip_prefix("#/definitions/")?),
        };
        let form = match found {
            Ok(schema) => Form::Custom(schema),
            Err(name) if self.built_in_read.load(Ordering::Relaxed) => {
                Form::Part(table::definition(name)?)
            }
            Err(_) => return None,
        };
        Some(self.shape(form))
    }
}

/// What is known of one place in a document: its fields, its items, its merge keys.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'s> {
    schemas: &'s Schemas,
    form: Form<'s>,
}

#[derive(Clone, Copy, Debug)]
enum Form<'s> {
    /// A mapping of a built-in kind.
    Part(&'static Part),
    /// A list that merges in a built-in kind.
    List(&'static [&'static str], &'static Part),
    /// A place in a schema of one's own.
    Custom(&'s Value),
}

impl<'s> Shape<'s> {
    /// Returns the shape of a field.
    pub fn field(self, name: &str) -> Option<Self> {
        match self.form {
            Form::List(..) => None,
            Form::Part(part) => {
                let field = part.fields.iter().find(|field| field.name == name)?;
                let form = match field.keys {
                    Some(keys) => Form::List(keys, field.inside),
                    None => Form::Part(field.inside),
                };
                Some(self.schemas.shape(form))
            }
            Form::Custom(schema) => self.schemas.resolve(custom::field(schema, name)?),
        }
    }

    /// Returns the shape of the items of a list.
    pub fn items(self) -> Option<Self> {
        match self.form {
            Form::Part(_) => None,
            Form::List(_, inside) => Some(self.schemas.shape(Form::Part(inside))),
            Form::Custom(schema) => self.schemas.resolve(custom::items(schema)?),
        }
    }

    /// Returns the keys that tell items apart, if this is a list that merges; none for scalars.
    pub fn merge_keys(self) -> Option<Vec<&'s str>> {
        match self.form {
            Form::Part(_) => None,
            Form::List(keys, _) => Some(keys.to_vec()),
            Form::Custom(schema) => custom::merge_keys(schema),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "
definitions:
  v1.Car:
    x-kubernetes-group-version-kind: [{group: example.com, version: v1, kind: Car}]
    properties:
      spec: {$ref: '#/definitions/v1.Spec'}
      pod: {$ref: '#/definitions/io.k8s.api.core.v1.PodSpec'}
      loop: {$ref: '#/definitions/v1.Loop'}
      any: {additionalProperties: {$ref: '#/definitions/v1.Spec'}}
  v1.Loop: {$ref: '#/definitions/v1.Loop'}
  v1.Spec:
    properties:
      wheels:
        type: array
        x-kubernetes-patch-strategy: retainKeys,merge
        x-kubernetes-patch-merge-key: position
        items: {$ref: '#/definitions/v1.Wheel'}
  v1.Wheel: {properties: {nuts: {type: array, x-kubernetes-patch-strategy: merge}}}
paths:
  /apis/example.com/v1/cars/{name}:
    get: {x-kubernetes-group-version-kind: {group: example.com, version: v1, kind: Car}}
  /apis/example.com/v1/namespaces/{namespace}/roads/{name}:
    get: {x-kubernetes-group-version-kind: {group: example.com, version: v1, kind: Road}}
";

    fn keys(schemas: &Schemas, path: &[&str]) -> Option<Vec<String>> {
        let mut shape = schemas.kind(path[0], path[1]);
        for part in &path[2..] {
            shape = match *part {
                "[]" => shape?.items(),
                name => shape?.field(name),
            };
        }
        let keys = shape?.merge_keys()?;
        Some(keys.into_iter().map(Into::into).collect())
    }

    fn custom() -> Schemas {
        let mut schemas = Schemas::new();
        schemas.set(None, Some(SCHEMA)).unwrap();
        schemas
    }

    #[test]
    fn knows_the_lists_of_built_in_kinds() {
        let schemas = Schemas::new();
        let pod = ["apps/v1", "Deployment", "spec", "template", "spec"];
        let ports = [&pod[..], &["containers", "[]", "ports"]].concat();
        assert_eq!(
            keys(&schemas, &ports).unwrap(),
            ["containerPort", "protocol"]
        );
        let tolerations = [&pod[..], &["tolerations"]].concat();
        assert_eq!(keys(&schemas, &tolerations), None);
        let finalizers = ["v1", "Secret", "metadata", "finalizers"];
        assert_eq!(keys(&schemas, &finalizers).unwrap(), [""; 0]);
    }

    #[test]
    fn reads_a_schema_of_ones_own() {
        let schemas = custom();
        let wheels = ["example.com/v1", "Car", "spec", "wheels"];
        assert_eq!(keys(&schemas, &wheels).unwrap(), ["position"]);
        let nuts = ["example.com/v1", "Car", "any", "x", "wheels", "[]", "nuts"];
        assert_eq!(keys(&schemas, &nuts).unwrap(), [""; 0]);
        assert_eq!(keys(&schemas, &["example.com/v1", "Car", "loop"]), None);
        let gvk = |kind| Gvk::of("example.com/v1", kind);
        assert_eq!(schemas.scope(&gvk("Car")), Scope::Cluster);
        assert_eq!(schemas.scope(&gvk("Road")), Scope::Namespaced);
        assert_eq!(schemas.scope(&gvk("Sea")), Scope::Namespaced);
    }

    #[test]
    fn replaces_the_built_in_schema_unless_it_was_read() {
        let secrets = ["v1", "ServiceAccount", "secrets"];
        assert_eq!(keys(&custom(), &secrets), None);
        let pods = ["example.com/v1", "Car", "pod", "volumes"];
        assert_eq!(keys(&custom(), &pods), None);
        let asked = Schemas::new();
        asked.scope(&Gvk::of("example.com/v1", "Car"));
        for mut schemas in [asked, Schemas::preloaded()] {
            schemas.set(None, Some(SCHEMA)).unwrap();
            assert_eq!(keys(&schemas, &secrets).unwrap(), ["name"]);
            assert_eq!(keys(&schemas, &pods).unwrap(), ["name"]);
        }
    }

    #[test]
    fn takes_the_first_only() {
        let mut schemas = Schemas::new();
        schemas.set(Some("v1.21.2"), None).unwrap();
        schemas.set(None, Some(SCHEMA)).unwrap();
        assert!(schemas.kind("example.com/v1", "Car").is_none());
        let fresh = |version, text| Schemas::new().set(version, text).unwrap_err().to_string();
        assert!(fresh(Some("v1.20"), None).ends_with("is not built in"));
        assert!(fresh(Some("v1.21.2"), Some("{}")).ends_with("cannot use both"));
        assert!(fresh(None, Some("[]")).contains("`(root)` is no mapping"));
    }
}
