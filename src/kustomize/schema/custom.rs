//! A schema that a kustomization brings along in `openapi.path`, read as it stands.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::super::resource::Scope;
use super::sound::{self, Unique};
use crate::error::Explain;
use crate::manifest::{self, Dialect, YamlError};

const GROUP_VERSION_KIND: &str = "x-kubernetes-group-version-kind";
const PATCH_STRATEGY: &str = "x-kubernetes-patch-strategy";
const MERGE_KEY: &str = "x-kubernetes-patch-merge-key";
const LIST_KEYS: &str = "x-kubernetes-list-map-keys";

/// How many references may follow one upon another; more are taken for a circle.
const REFERENCE_LIMIT: usize = 64;

/// Why a schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Both a version and a file are named.
    #[error("builtin version and custom schema provided, cannot use both")]
    Both,
    /// The version is not the one that is known.
    #[error("the specified OpenAPI version is not built in")]
    UnknownVersion,
    /// The file is no YAML.
    #[error("invalid schema file")]
    Yaml(#[from] YamlError),
    /// The file is no JSON, though it begins as such.
    #[error("invalid schema file")]
    Json(#[from] serde_json::Error),
    /// The file holds something else.
    #[error("invalid schema file: `{field}` is no mapping")]
    NotAMapping {
        /// The field, or `(root)`.
        field: &'static str,
    },
    /// A definition is no schema.
    #[error(
        "invalid schema file: the definition `{name}` must have {wanted}{}",
        at(path)
    )]
    Definition {
        /// The definition.
        name: String,
        /// The field that is wrong; empty for all of it.
        path: String,
        /// What it should be.
        wanted: &'static str,
    },
}

fn at(path: &str) -> String {
    match path {
        "" => String::new(),
        path => format!(" at `{path}`"),
    }
}

impl Explain for SchemaError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownVersion => Some("the only built-in version is `v1.21.2`".into()),
            Self::Yaml(error) => error.hint(),
            _ => None,
        }
    }
}

/// An `apiVersion` and a kind.
type TypeName = (String, String);

/// The definitions of a schema, and what its paths say of scopes.
#[derive(Clone, Debug, Default)]
pub struct Custom {
    /// `{"definitions": …}`, for the pointers in it.
    root: Value,
    kinds: HashMap<TypeName, String>,
    scopes: HashMap<TypeName, Scope>,
}

impl Custom {
    /// Reads a schema in JSON or YAML.
    pub fn read(text: &str) -> Result<Self, SchemaError> {
        let mut value = if text.starts_with('{') {
            serde_json::from_str::<Unique>(text)?;
            serde_json::from_str(text)?
        } else {
            let documents = manifest::read_as(text, Dialect::Loose)?;
            documents.into_iter().next().unwrap_or(Value::Null)
        };
        let Value::Object(fields) = &mut value else {
            return Err(SchemaError::NotAMapping { field: "(root)" });
        };
        let definitions = take_mapping(fields, "definitions")?;
        let paths = take_mapping(fields, "paths")?;
        check(&definitions)?;
        Ok(Self {
            kinds: kinds(&definitions),
            scopes: scopes(&paths),
            root: Value::Object(Map::from_iter([(
                "definitions".into(),
                Value::Object(definitions),
            )])),
        })
    }

    /// Finds the definition of a kind.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<&Value> {
        let name = self.kinds.get(&(api_version.into(), kind.into()))?;
        self.definition(name)
    }

    /// Finds a definition by its name.
    pub fn definition(&self, name: &str) -> Option<&Value> {
        self.root.get("definitions")?.get(name)
    }

    /// Says where a kind lives, if a path says so.
    pub fn scope(&self, api_version: &str, kind: &str) -> Option<Scope> {
        let name = (api_version.into(), kind.into());
        self.scopes.get(&name).copied()
    }

    /// Follows references from a schema; an `Err` names a definition that is not here.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> Option<Result<&'a Value, &'a str>> {
        let mut schema = schema;
        for _ in 0..REFERENCE_LIMIT {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                return Some(Ok(schema));
            };
            let pointer = reference.strip_prefix('#')?;
            match self.root.pointer(pointer) {
                Some(target) => schema = target,
                None => return Some(Err(pointer.strip_prefix("/definitions/")?)),
            }
        }
        None
    }
}

/// Returns the schema of a field.
pub fn field<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let own = schema.get("properties").and_then(|all| all.get(name));
    own.or_else(|| {
        schema
            .get("additionalProperties")
            .filter(|all| all.is_object())
    })
}

/// Returns the schema of the items, if this is the schema of a list.
pub fn items(schema: &Value) -> Option<&Value> {
    let sort = match schema.get("type")? {
        Value::Array(sorts) if sorts.len() == 1 => &sorts[0],
        sort => sort,
    };
    let items = schema.get("items").filter(|items| items.is_object());
    items.filter(|_| sort == "array")
}

/// Returns the merge keys, if this is the schema of a list that merges.
pub fn merge_keys(schema: &Value) -> Option<Vec<&str>> {
    let strategies = schema.get(PATCH_STRATEGY)?.as_str()?;
    if !strategies.split(',').any(|strategy| strategy == "merge") {
        return None;
    }
    if let Some(keys) = schema.get(LIST_KEYS).and_then(Value::as_array) {
        return Some(keys.iter().filter_map(Value::as_str).collect());
    }
    Some(
        schema
            .get(MERGE_KEY)
            .and_then(Value::as_str)
            .into_iter()
            .collect(),
    )
}

fn take_mapping(
    fields: &mut Map<String, Value>,
    field: &'static str,
) -> Result<Map<String, Value>, SchemaError> {
    match fields.remove(field) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(mapping)) => Ok(mapping),
        Some(_) => Err(SchemaError::NotAMapping { field }),
    }
}

/// Refuses definitions that the reference cannot read.
fn check(definitions: &Map<String, Value>) -> Result<(), SchemaError> {
    for (name, definition) in definitions {
        if let Some((path, wanted)) = sound::flaw(definition) {
            return Err(SchemaError::Definition {
                name: name.clone(),
                path,
                wanted,
            });
        }
        let kinds = definition.get(GROUP_VERSION_KIND).and_then(Value::as_array);
        let is_nameless = |kind: &Value| kind.is_object() && type_name(kind).is_none();
        if kinds.into_iter().flatten().any(is_nameless) {
            return Err(SchemaError::Definition {
                name: name.clone(),
                path: GROUP_VERSION_KIND.into(),
                wanted: "a list of kinds with `kind` and `version`",
            });
        }
    }
    Ok(())
}

fn kinds(definitions: &Map<String, Value>) -> HashMap<TypeName, String> {
    let named = |(name, definition): (&String, &Value)| {
        let types = definition
            .get(GROUP_VERSION_KIND)
            .and_then(Value::as_array)
            .cloned();
        let types = types.unwrap_or_default();
        let name = name.clone();
        types
            .into_iter()
            .filter_map(move |each| Some((type_name(&each)?, name.clone())))
    };
    definitions.iter().flat_map(named).collect()
}

fn scopes(paths: &Map<String, Value>) -> HashMap<TypeName, Scope> {
    let mut scopes = HashMap::new();
    for (path, operations) in paths {
        let read = operations
            .get("get")
            .and_then(|get| get.get(GROUP_VERSION_KIND));
        let Some(name) = read.and_then(type_name) else {
            continue;
        };
        if path.contains("namespaces/{namespace}") {
            scopes.insert(name, Scope::Namespaced);
        } else {
            scopes.entry(name).or_insert(Scope::Cluster);
        }
    }
    scopes
}

fn type_name(value: &Value) -> Option<TypeName> {
    let text = |field| value.get(field).and_then(Value::as_str);
    let (version, kind) = (text("version")?, text("kind")?);
    let api_version = match text("group") {
        None | Some("") => version.to_owned(),
        Some(group) => format!("{group}/{version}"),
    };
    Some((api_version, kind.to_owned()))
}
