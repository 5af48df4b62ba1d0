//! The files of `crds`: old `OpenAPI` definitions whose marks say where names, labels and annotations stand.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::file::{FieldSpec, FieldSpecConflict, NameReference, TransformerConfiguration};
use super::sound::{self, Unique};
use crate::error::Explain;
use crate::manifest::{self, Dialect, YamlError};

const ANNOTATION: &str = "x-kubernetes-annotation";
const LABEL_SELECTOR: &str = "x-kubernetes-label-selector";
const IDENTITY: &str = "x-kubernetes-identity";
const REFERENCE_VERSION: &str = "x-kubernetes-object-ref-api-version";
const REFERENCE_KIND: &str = "x-kubernetes-object-ref-kind";
const REFERENCE_NAME: &str = "x-kubernetes-object-ref-name-key";

/// How deep definitions may lead into each other; deeper ones are taken for a circle.
const DEPTH_LIMIT: usize = 64;

/// Why a file of definitions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionsError {
    /// It is no JSON, though it begins as such.
    #[error("cannot read the definitions as JSON")]
    Json(#[from] serde_json::Error),
    /// It is no YAML.
    #[error("cannot read the definitions as YAML")]
    Yaml(#[from] YamlError),
    /// Something in it is no mapping.
    #[error("{what} is no mapping of a definition")]
    NotAMapping {
        /// What it is.
        what: String,
    },
    /// The schema of a definition is none.
    #[error("the schema of `{name}` cannot be read: {}", wrong(path, wanted))]
    Schema {
        /// The definition.
        name: String,
        /// The field of the schema; empty for the schema itself.
        path: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// The file holds nothing at all.
    #[error("the file of definitions is empty")]
    Empty,
    /// The definitions lead into each other without end.
    #[error("the definition `{name}` contains itself")]
    Circle {
        /// The definition.
        name: String,
    },
    /// Two marks disagree.
    #[error(transparent)]
    Conflict(#[from] FieldSpecConflict),
}

impl Explain for DefinitionsError {}

fn wrong(path: &str, wanted: &str) -> String {
    match path {
        "" => format!("it must be {wanted}"),
        path => format!("`{path}` must be {wanted}"),
    }
}

/// Reads a file of definitions, JSON or YAML, and returns the places that its marks name.
///
/// # Errors
///
/// Fails where it holds something else, or definitions without end.
pub fn places(text: &str) -> Result<TransformerConfiguration, DefinitionsError> {
    let value = read(text)?;
    let definitions = match value {
        Value::Object(definitions) => definitions,
        Value::Null => Map::new(),
        _ => {
            let what = "the file".to_owned();
            return Err(DefinitionsError::NotAMapping { what });
        }
    };
    let mut walk = Walk {
        definitions: &definitions,
        kind: "",
        places: TransformerConfiguration::default(),
    };
    for (name, definition) in &definitions {
        if !definition.is_object() && !definition.is_null() {
            let what = format!("`{name}`");
            return Err(DefinitionsError::NotAMapping { what });
        }
        if let Some((path, wanted)) = schema(definition).and_then(sound::flaw) {
            return Err(DefinitionsError::Schema {
                name: name.clone(),
                path,
                wanted,
            });
        }
    }
    for (name, definition) in &definitions {
        let fields = properties(definition);
        let is_object = ["apiVersion", "kind", "metadata"]
            .iter()
            .all(|field| fields.is_some_and(|fields| fields.contains_key(*field)));
        if is_object {
            walk.kind = name.rsplit('.').next().unwrap_or(name);
            walk.visit(name, &mut Vec::new())?;
        }
    }
    Ok(walk.places)
}

/// Reads the file as the reference does: in JSON a schema may have no field twice.
fn read(text: &str) -> Result<Value, DefinitionsError> {
    if text.is_empty() {
        return Err(DefinitionsError::Empty);
    }
    if !text.starts_with('{') {
        let documents = manifest::read_as(text, Dialect::Loose)?;
        return Ok(documents.into_iter().next().unwrap_or(Value::Null));
    }
    // A definition may be there twice: the last one counts.
    #[expect(
        clippy::zero_sized_map_values,
        reason = "only whether the values can be read is asked for"
    )]
    serde_json::from_str::<BTreeMap<String, Unique>>(text)?;
    Ok(serde_json::from_str(text)?)
}

fn schema(definition: &Value) -> Option<&Value> {
    definition
        .get("Schema")
        .or_else(|| definition.get("schema"))
}

fn properties(definition: &Value) -> Option<&Map<String, Value>> {
    schema(definition)?.get("properties")?.as_object()
}

/// The walk from a kind through the definitions that its fields refer to.
struct Walk<'a> {
    definitions: &'a Map<String, Value>,
    kind: &'a str,
    places: TransformerConfiguration,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, name: &str, path: &mut Vec<&'a str>) -> Result<(), DefinitionsError> {
        if path.len() > DEPTH_LIMIT {
            return Err(DefinitionsError::Circle { name: name.into() });
        }
        let definitions = self.definitions;
        let Some(fields) = definitions.get(name).and_then(properties) else {
            return Ok(());
        };
        for (field, schema) in fields {
            path.push(field);
            self.note(schema, path)?;
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                self.visit(reference, path)?;
            }
            path.pop();
        }
        Ok(())
    }

    /// Notes what the marks of a field say.
    fn note(&mut self, schema: &Value, path: &[&str]) -> Result<(), DefinitionsError> {
        let mark = |name| schema.get(name).and_then(Value::as_str);
        let spec = |path: String| FieldSpec {
            kind: self.kind.into(),
            path,
            ..FieldSpec::default()
        };
        let own = path.join("/");
        let mut found = TransformerConfiguration::default();
        if mark(ANNOTATION).is_some() {
            found.common_annotations.push(spec(own.clone()));
        }
        if mark(LABEL_SELECTOR).is_some() {
            found.common_labels.push(spec(own.clone()));
        }
        if mark(IDENTITY).is_some() {
            found.name_prefix.push(spec(own.clone()));
        }
        if let (Some(version), Some(kind)) = (mark(REFERENCE_VERSION), mark(REFERENCE_KIND)) {
            let name = mark(REFERENCE_NAME).unwrap_or("name");
            found.name_reference.push(NameReference {
                version: version.into(),
                kind: kind.into(),
                field_specs: vec![spec(format!("{own}/{name}"))],
                ..NameReference::default()
            });
        }
        Ok(self.places.merge(found)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_marks() {
        let places = places(
            "
x/v1.Bee:
  Schema:
    properties:
      apiVersion: {type: string}
      kind: {type: string}
      metadata: {$ref: ObjectMeta}
      spec: {$ref: x/v1.BeeSpec}
x/v1.BeeSpec:
  Schema:
    properties:
      notes: {x-kubernetes-annotation: ''}
      select: {x-kubernetes-label-selector: ''}
      title: {x-kubernetes-identity: ''}
      secret: {x-kubernetes-object-ref-api-version: v1, x-kubernetes-object-ref-kind: Secret}
      config:
        x-kubernetes-object-ref-api-version: v1
        x-kubernetes-object-ref-kind: ConfigMap
        x-kubernetes-object-ref-name-key: key
",
        )
        .unwrap();
        let only = |specs: &[FieldSpec]| {
            assert_eq!((specs.len(), specs[0].kind.as_str()), (1, "Bee"));
            specs[0].path.clone()
        };
        assert_eq!(only(&places.common_annotations), "spec/notes");
        assert_eq!(only(&places.common_labels), "spec/select");
        assert_eq!(only(&places.name_prefix), "spec/title");
        let references: Vec<_> = places
            .name_reference
            .iter()
            .map(|reference| (reference.kind.as_str(), only(&reference.field_specs)))
            .collect();
        assert!(references.contains(&("Secret", "spec/secret/name".into())));
        assert!(references.contains(&("ConfigMap", "spec/config/key".into())));
    }

    #[test]
    fn refuses_what_it_cannot_use() {
        let problem = |text: &str| places(text).unwrap_err().to_string();
        assert_eq!(
            problem("apiVersion: v1\nkind: CustomResourceDefinition\n"),
            "`apiVersion` is no mapping of a definition"
        );
        assert!(problem("[]").contains("the file is no mapping"));
        let circle =
            "{A: {Schema: {properties: {apiVersion: {}, kind: {}, metadata: {}, a: {$ref: A}}}}}";
        assert_eq!(
            problem(&format!(" {circle}")),
            "the definition `A` contains itself"
        );
    }
}
