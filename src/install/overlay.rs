//! Reads a folder by its kustomization, as far as that needs no build engine.

use std::collections::HashSet;
use std::io;

use serde_json::Value;

use super::document::{self, DocumentError};
use super::folder::Files;
use crate::error::Explain;
use crate::manifest::Object;

/// The names that a kustomization may have.
pub(super) const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The versions and kinds under which a kustomization is only that.
const VERSION: &str = "kustomize.config.k8s.io/v1beta1";

/// The annotation of objects that a build leaves out.
const LOCAL: &str = "config.kubernetes.io/local-config";

/// Why a folder can't be read without the build engine, or not at all.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It has no kustomization.
    #[error("there is no kustomization.yaml")]
    NoKustomization,
    /// It has several, so that none is meant.
    #[error("there are both {0} and {1}")]
    Several(&'static str, &'static str),
    /// The kustomization is no mapping, or its resources are no list of texts.
    #[error("`{field}` of {file} is not {wanted}")]
    Shape {
        /// The name of the kustomization.
        file: &'static str,
        /// The field.
        field: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A field asks for a change of the objects.
    #[error("{file} uses `{field}`, which needs a kustomize build")]
    Field {
        /// The name of the kustomization.
        file: &'static str,
        /// The field.
        field: String,
    },
    /// A resource is another folder, or lies elsewhere.
    #[error("{file} lists `{resource}`, which is {what} and needs a kustomize build")]
    Resource {
        /// The name of the kustomization.
        file: &'static str,
        /// The entry.
        resource: String,
        /// What it is.
        what: &'static str,
    },
    /// An object would not come out of a build as it went in.
    #[error("{resource} holds {what}, which needs a kustomize build")]
    Object {
        /// The file.
        resource: String,
        /// What it holds.
        what: String,
    },
    /// Two documents are the same object.
    #[error("{0} is listed twice")]
    Twice(String),
    /// A file can't be read.
    #[error("cannot read {file}")]
    Read {
        /// The file.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// A file is no stream of objects.
    #[error("cannot read {file}")]
    Document {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: DocumentError,
    },
}

impl Explain for Refusal {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Field { .. } | Self::Resource { .. } | Self::Object { .. } => {
                Some("build the folder with `kustomize build` and apply what it prints".into())
            }
            _ => None,
        }
    }
}

/// What a kustomization that needs no build engine says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    file: &'static str,
    /// The files that it lists, in order.
    pub resources: Vec<String>,
}

/// Reads the kustomization of a folder, if it only lists resources.
///
/// # Errors
///
/// Fails where there is not exactly one, and where it asks for more than a list of files can give.
pub fn read_kustomization(files: &impl Files) -> Result<Plain, Refusal> {
    let mut found: Option<(&'static str, String)> = None;
    for name in NAMES {
        match (files.read(name), &found) {
            (Ok(_), Some((other, _))) => return Err(Refusal::Several(other, name)),
            (Ok(text), None) => found = Some((name, text)),
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => {}
            (Err(source), _) => {
                return Err(Refusal::Read {
                    file: (*name).into(),
                    source,
                });
            }
        }
    }
    let Some((file, text)) = found else {
        return Err(Refusal::NoKustomization);
    };
    plain(file, &text)
}

/// Decides whether a kustomization only lists resources.
///
/// Its field names count in any case; a field without a value says nothing.
fn plain(file: &'static str, text: &str) -> Result<Plain, Refusal> {
    let documents = document::configuration(text).map_err(|source| Refusal::Document {
        file: file.into(),
        source,
    })?;
    let shape = |field: &str, wanted| Refusal::Shape {
        file,
        field: field.into(),
        wanted,
    };
    let [Value::Object(fields)] = documents.as_slice() else {
        return Err(shape("the content", "one mapping"));
    };
    let mut resources = Vec::new();
    for (field, value) in fields {
        match field.to_ascii_lowercase().as_str() {
            "apiversion" if is_absent(value) || value == VERSION => {}
            "kind" if is_absent(value) || value == "Kustomization" => {}
            "metadata" => {}
            "resources" if is_absent(value) => {}
            "resources" => {
                let entries = value.as_array().ok_or_else(|| shape(field, "a list"))?;
                for entry in entries {
                    let entry = entry
                        .as_str()
                        .ok_or_else(|| shape(field, "a list of texts"))?;
                    resources.push(resource(file, entry)?);
                }
            }
            _ if is_absent(value) => {}
            _ => {
                return Err(Refusal::Field {
                    file,
                    field: field.clone(),
                });
            }
        }
    }
    if resources.is_empty() {
        return Err(shape("resources", "a list with at least one file"));
    }
    Ok(Plain { file, resources })
}

/// Says whether a value is as good as none.
fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Takes an entry for a file below the folder, if it can be one.
fn resource(file: &'static str, entry: &str) -> Result<String, Refusal> {
    let refused = |what| Refusal::Resource {
        file,
        resource: entry.into(),
        what,
    };
    let address =
        entry.contains("://") || entry.contains('?') || entry.contains('@') || entry.contains("//");
    if address || entry.contains('\\') {
        return Err(refused("an address"));
    }
    if entry.is_empty() || entry.starts_with('/') || entry.split('/').any(|segment| segment == "..")
    {
        return Err(refused("outside of the folder"));
    }
    let segments = entry
        .split('/')
        .filter(|segment| !matches!(*segment, "" | "."));
    let path = segments.collect::<Vec<_>>().join("/");
    if path.is_empty() || entry.ends_with('/') {
        return Err(refused("a folder"));
    }
    Ok(path)
}

/// Reads the objects of a folder, in the order of its kustomization.
///
/// # Errors
///
/// Fails for what [`read_kustomization`] refuses, and where a resource would not come out as it went in.
pub fn read_folder(files: &impl Files) -> Result<Vec<Object>, Refusal> {
    let plain = read_kustomization(files)?;
    let mut objects = Vec::new();
    let mut known = HashSet::new();
    for path in &plain.resources {
        for object in file_objects(files, plain.file, path)? {
            let mut id = object.id();
            // For a build, no namespace and `default` are the same.
            if id.namespace == "default" {
                id.namespace.clear();
            }
            if !known.insert((id, object.version().to_owned())) {
                return Err(Refusal::Twice(object.id().to_string()));
            }
            objects.push(object);
        }
    }
    Ok(objects)
}

fn file_objects(
    files: &impl Files,
    file: &'static str,
    path: &str,
) -> Result<Vec<Object>, Refusal> {
    let text = files.read(path).map_err(|source| match source.kind() {
        io::ErrorKind::IsADirectory => Refusal::Resource {
            file,
            resource: path.into(),
            what: "a folder",
        },
        _ => Refusal::Read {
            file: path.into(),
            source,
        },
    })?;
    let values = document::values(&text).map_err(|source| Refusal::Document {
        file: path.into(),
        source,
    })?;
    for value in &values {
        if let Some(what) = rebuilt(value) {
            return Err(Refusal::Object {
                resource: path.into(),
                what,
            });
        }
    }
    document::checked(values).map_err(|source| Refusal::Document {
        file: path.into(),
        source,
    })
}

/// Names what a build would make something else of: lists are taken apart, local objects are left out.
fn rebuilt(value: &Value) -> Option<String> {
    let kind = value
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if kind.ends_with("List") && value.get("items").is_some() {
        return Some(format!("a {kind}"));
    }
    let annotations = value
        .pointer("/metadata/annotations")
        .and_then(Value::as_object)?;
    let local = |key: &str| {
        key == LOCAL || key.contains("config.kubernetes.io/") || key.starts_with("kustomize.config")
    };
    annotations
        .keys()
        .find(|key| local(key))
        .map(|key| format!("an object with the annotation `{key}`"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    struct Memory(HashMap<&'static str, &'static str>);

    impl Files for Memory {
        fn read(&self, path: &str) -> io::Result<String> {
            if self
                .0
                .keys()
                .any(|name| name.starts_with(&format!("{path}/")))
            {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            self.0
                .get(path)
                .map(|text| (*text).to_owned())
                .ok_or_else(|| io::ErrorKind::NotFound.into())
        }
    }

    const ONE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n";

    fn folder(kustomization: &'static str) -> Memory {
        Memory(HashMap::from([
            ("kustomization.yaml", kustomization),
            ("gotk-components.yaml", ONE),
            (
                "gotk-sync.yaml",
                "---\n# nothing\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: two\n",
            ),
            ("list.yaml", "apiVersion: v1\nkind: List\nitems: []\n"),
            ("base/kustomization.yaml", ""),
        ]))
    }

    #[test]
    fn a_list_of_files_is_read_in_its_order() {
        let folder = folder(
            "kind: Kustomization\nresources:\n- gotk-sync.yaml\n- ./gotk-components.yaml\npatches: []\n",
        );
        assert_eq!(read_kustomization(&folder).unwrap().resources.len(), 2);
        let names: Vec<_> = read_folder(&folder)
            .unwrap()
            .iter()
            .map(|object| object.name().to_owned())
            .collect();
        assert_eq!(names, ["two", "one"]);
    }

    #[test]
    fn says_what_needs_the_engine() {
        let refused = |text| read_folder(&folder(text)).unwrap_err().to_string();
        assert_eq!(
            refused("resources: [gotk-sync.yaml]\npatches:\n- path: x.yaml\n"),
            "kustomization.yaml uses `patches`, which needs a kustomize build"
        );
        assert_eq!(
            refused("resources: [base]\n"),
            "kustomization.yaml lists `base`, which is a folder and needs a kustomize build"
        );
        assert_eq!(
            refused("resources: ['https://example.com/x.yaml']\n"),
            "kustomization.yaml lists `https://example.com/x.yaml`, which is an address and needs a kustomize build"
        );
        assert_eq!(
            refused("resources: [../x.yaml]\n"),
            "kustomization.yaml lists `../x.yaml`, which is outside of the folder and needs a kustomize build"
        );
        assert_eq!(
            refused("resources: [list.yaml]\n"),
            "list.yaml holds a List, which needs a kustomize build"
        );
        assert_eq!(
            refused("kind: Component\n"),
            "kustomization.yaml uses `kind`, which needs a kustomize build"
        );
    }

    #[test]
    fn finds_what_is_wrong() {
        let refused = |text| read_folder(&folder(text)).unwrap_err();
        assert!(matches!(
            refused("resources: [gotk-sync.yaml, gotk-sync.yaml]\n"),
            Refusal::Twice(_)
        ));
        assert!(matches!(
            refused("resources: [missing.yaml]\n"),
            Refusal::Read { .. }
        ));
        assert!(matches!(refused("resources: 7\n"), Refusal::Shape { .. }));
        assert!(matches!(refused("resources: [1]\n"), Refusal::Shape { .. }));
        let mut two = folder("resources: [gotk-sync.yaml]\n");
        two.0.insert("Kustomization", "");
        assert!(matches!(
            read_folder(&two).unwrap_err(),
            Refusal::Several("kustomization.yaml", "Kustomization")
        ));
        assert!(matches!(
            read_folder(&Memory(HashMap::new())).unwrap_err(),
            Refusal::NoKustomization
        ));
    }
}
