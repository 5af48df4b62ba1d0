//! The kustomization of a directory, as Flux makes it where there is none, and completes it where there is one.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::recipe::Recipe;
use super::rules::Ignored;
use crate::error::Explain;
use crate::kustomize::FILE_NAMES;
use crate::kustomize::load::{self, Files, ReadError};
use crate::manifest::{self, Dialect, YamlError};

/// The namespace of a kustomization that lists nothing, so that it does not count as empty.
const PLACEHOLDER: &str = "_placeholder";

/// The note of a build that a kustomization without resources asks for, to the same end.
const NOTE: &str = "originAnnotations";

/// Why there is no kustomization to build.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A directory or file can't be read.
    #[error("failed to read {path}")]
    Read {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the directory holds something else than objects.
    #[error(
        "failed to generate kustomization.yaml: failed to decode Kubernetes YAML from {path}: {source}"
    )]
    NotObjects {
        /// Its path.
        path: String,
        /// What is wrong with it; told in the message.
        source: ReadError,
    },
    /// The kustomization is no YAML.
    #[error("failed to read {path}")]
    Malformed {
        /// Its path.
        path: String,
        /// What is wrong with it.
        source: Box<YamlError>,
    },
    /// The kustomization, or a list in it, has another form.
    #[error("`{field}` of {path} is not {wanted}")]
    Shape {
        /// Its path.
        path: String,
        /// The field.
        field: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A component is not in the same source.
    #[error("component path '{0}' must be local and relative")]
    Component(String),
}

impl Explain for GenerateError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotObjects { .. } => Some(
                "put a kustomization.yaml into the directory, or leave the file out with a `.sourceignore` or `--ignore-paths`".into(),
            ),
            _ => None,
        }
    }
}

/// A kustomization file that is to be built in the place of what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Makes or completes the kustomization of a directory, given by its real path, for a Flux Kustomization.
///
/// # Errors
///
/// Fails where a file can't be read, or is not what it has to be.
pub fn complete(
    files: &dyn Files,
    directory: &Path,
    recipe: &Recipe,
    ignored: &Ignored,
) -> Result<Completed, GenerateError> {
    let present = FILE_NAMES
        .iter()
        .map(|name| directory.join(name))
        .find(|path| is_file(files, path));
    let (path, fields) = match present {
        Some(path) => {
            let mut fields = present_fields(files, &path)?;
            if is_empty(fields.get("resources")) {
                fields.insert("buildMetadata".into(), json!([NOTE]));
            }
            (path, fields)
        }
        None => (
            directory.join(FILE_NAMES[0]),
            generated_fields(files, directory, ignored)?,
        ),
    };
    let mut file = File { path, fields };
    file.merge(recipe, files, directory)?;
    for list in ["resources", "components", "crds"] {
        file.take_out(list, |entry| ignored.takes_out(files, directory, entry));
    }
    Ok(Completed {
        path: file.path,
        text: manifest::emit(&Value::Object(file.fields)),
    })
}

fn is_file(files: &dyn Files, path: &Path) -> bool {
    !files.is_directory(path) && files.read(path).is_ok()
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(value) => value.as_array().is_some_and(Vec::is_empty),
    }
}

/// Reads the kustomization file that is there, with the names of its fields as they are meant.
fn present_fields(files: &dyn Files, path: &Path) -> Result<Map<String, Value>, GenerateError> {
    let shown = || path.display().to_string();
    let read = |source| GenerateError::Read {
        path: shown(),
        source,
    };
    let text = String::from_utf8(files.read(path).map_err(read)?)
        .map_err(|error| read(std::io::Error::new(std::io::ErrorKind::InvalidData, error)))?;
    let documents =
        manifest::read_as(&text, Dialect::Loose).map_err(|source| GenerateError::Malformed {
            path: shown(),
            source: Box::new(source),
        })?;
    let mut fields = Map::new();
    match documents.into_iter().next() {
        None => {}
        Some(Value::Object(written)) => {
            for (name, value) in written {
                let meant = MERGED
                    .iter()
                    .find(|meant| meant.eq_ignore_ascii_case(&name));
                fields.insert(meant.map_or(name, |meant| (*meant).to_owned()), value);
            }
        }
        Some(_) => {
            return Err(GenerateError::Shape {
                path: shown(),
                field: "the content".into(),
                wanted: "a mapping",
            });
        }
    }
    for (field, value) in type_fields() {
        if fields
            .get(field)
            .is_none_or(|value| value == "" || value.is_null())
        {
            fields.insert(field.into(), value);
        }
    }
    Ok(fields)
}

/// The fields that are looked at or changed here; in the file they may have any case.
const MERGED: &[&str] = &[
    "apiVersion",
    "kind",
    "resources",
    "components",
    "crds",
    "namespace",
    "namePrefix",
    "nameSuffix",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "images",
    "buildMetadata",
];

fn type_fields() -> [(&'static str, Value); 2] {
    [
        ("apiVersion", "kustomize.config.k8s.io/v1beta1".into()),
        ("kind", "Kustomization".into()),
    ]
}

/// Makes a kustomization that lists every file of objects below a directory.
fn generated_fields(
    files: &dyn Files,
    directory: &Path,
    ignored: &Ignored,
) -> Result<Map<String, Value>, GenerateError> {
    let mut resources = Vec::new();
    walk(files, directory, Path::new(""), ignored, &mut resources)?;
    let fields = type_fields().map(|(field, value)| (field.to_owned(), value));
    let mut fields = Map::from_iter(fields);
    if resources.is_empty() {
        fields.insert("namespace".into(), PLACEHOLDER.into());
    } else {
        fields.insert("resources".into(), resources.into());
    }
    Ok(fields)
}

/// Collects the files of objects below a directory by name; one with its own kustomization stands for its content.
fn walk(
    files: &dyn Files,
    root: &Path,
    below: &Path,
    ignored: &Ignored,
    resources: &mut Vec<String>,
) -> Result<(), GenerateError> {
    let directory = root.join(below);
    let names = files
        .names(&directory)
        .map_err(|source| GenerateError::Read {
            path: directory.display().to_string(),
            source,
        })?;
    for name in names {
        let (path, entry) = (directory.join(&name), below.join(&name));
        let is_directory = files.is_directory(&path);
        let is_link = files.real_path(&path).is_ok_and(|real| real != path);
        if is_directory && is_link {
            continue;
        }
        let is_ignored = ignored.leaves_out(&entry, is_directory);
        if is_directory {
            if !is_ignored
                && FILE_NAMES
                    .iter()
                    .any(|name| is_file(files, &path.join(name)))
            {
                resources.push(format!("./{}", entry.display()));
            } else {
                // A rule further down may take something in again.
                walk(files, root, &entry, ignored, resources)?;
            }
        } else if !is_ignored && is_yaml(&name) {
            check_objects(files, &path)?;
            resources.push(format!("./{}", entry.display()));
        }
    }
    Ok(())
}

fn is_yaml(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "yaml" | "yml")
}

/// Refuses a file that holds something else than objects.
fn check_objects(files: &dyn Files, path: &Path) -> Result<(), GenerateError> {
    let shown = || path.display().to_string();
    let content = files.read(path).map_err(|source| GenerateError::Read {
        path: shown(),
        source,
    })?;
    match load::read(&content) {
        Ok(_) => Ok(()),
        Err(source) => Err(GenerateError::NotObjects {
            path: shown(),
            source,
        }),
    }
}

/// A kustomization file on its way to what is built.
struct File {
    path: PathBuf,
    fields: Map<String, Value>,
}

impl File {
    /// Merges what the Flux Kustomization says.
    fn merge(
        &mut self,
        recipe: &Recipe,
        files: &dyn Files,
        directory: &Path,
    ) -> Result<(), GenerateError> {
        let spec = &recipe.spec;
        for (field, text) in [
            ("namespace", &spec.target_namespace),
            ("namePrefix", &spec.name_prefix),
            ("nameSuffix", &spec.name_suffix),
        ] {
            if !text.is_empty() {
                self.fields.insert(field.into(), text.as_str().into());
            }
        }
        self.append("patches", spec.patches.clone())?;
        let mut components = Vec::new();
        for component in &spec.components {
            if !is_local(component) {
                return Err(GenerateError::Component(component.clone()));
            }
            let is_there = || files.is_directory(&load::join(directory, component));
            if !spec.ignore_missing_components || is_there() {
                components.push(Value::from(component.as_str()));
            }
        }
        self.append("components", components)?;
        let text = |value: &Value| match value {
            Value::String(text) => Value::from(text.as_str()),
            value => Value::from(value.to_string()),
        };
        let merges = spec.patches_strategic_merge.iter().map(text).collect();
        self.append("patchesStrategicMerge", merges)?;
        let in_text = |patch: &Value| {
            let mut patch = patch.clone();
            if let Some(operations) = patch.get_mut("patch") {
                *operations = text(operations);
            }
            patch
        };
        let patches = spec.patches_json6902.iter().map(in_text).collect();
        self.append("patchesJson6902", patches)?;
        self.merge_images(recipe)?;
        if !spec.build_metadata.is_empty() {
            let notes = spec.build_metadata.as_slice().into();
            self.fields.insert("buildMetadata".into(), notes);
        }
        Ok(())
    }

    /// Returns a list of the file, made if it is not there.
    fn list(&mut self, field: &str) -> Result<&mut Vec<Value>, GenerateError> {
        let list = self.fields.entry(field).or_insert_with(|| json!([]));
        if list.is_null() {
            *list = json!([]);
        }
        list.as_array_mut().ok_or_else(|| GenerateError::Shape {
            path: self.path.display().to_string(),
            field: field.into(),
            wanted: "a list",
        })
    }

    fn append(&mut self, field: &str, entries: Vec<Value>) -> Result<(), GenerateError> {
        if !entries.is_empty() {
            self.list(field)?.extend(entries);
        }
        Ok(())
    }

    /// Merges images by name: a new name alone keeps the tag, tag and digest replace each other.
    fn merge_images(&mut self, recipe: &Recipe) -> Result<(), GenerateError> {
        for image in &recipe.spec.images {
            let list = self.list("images")?;
            let place = list
                .iter()
                .position(|present| present.get("name").is_some_and(|name| *name == image.name));
            let place = place.unwrap_or_else(|| {
                list.push(json!({"name": image.name}));
                list.len() - 1
            });
            let Some(present) = list.get_mut(place).and_then(Value::as_object_mut) else {
                continue;
            };
            let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
            if let Some(name) = given(&image.new_name) {
                present.insert("newName".into(), name.into());
            }
            let (tag, digest) = (given(&image.new_tag), given(&image.digest));
            if tag.is_some() || digest.is_some() {
                for (field, text) in [("newTag", tag), ("digest", digest)] {
                    match text {
                        Some(text) => present.insert(field.into(), text.into()),
                        None => present.remove(field),
                    };
                }
            }
        }
        Ok(())
    }

    /// Takes entries out of a list.
    fn take_out(&mut self, field: &str, is_ignored: impl Fn(&str) -> bool) {
        if let Some(list) = self.fields.get_mut(field).and_then(Value::as_array_mut) {
            list.retain(|entry| !entry.as_str().is_some_and(&is_ignored));
        }
    }
}

/// Says whether a path is one in the same source.
fn is_local(path: &str) -> bool {
    !path.is_empty() && !path.starts_with('/') && !path.contains("://") && !path.contains('@')
}
