//! The kustomization of a directory, as Flux makes it where there is none, and completes it where there is one.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::generate_error::GenerateError;
use super::merge::File;
use super::recipe::Recipe;
use super::rules::Ignored;
use crate::kustomize::FILE_NAMES;
use crate::kustomize::load::{self, Files};
use crate::manifest::{self, Dialect};

/// The namespace of a kustomization that lists nothing, so that it does not count as empty.
const PLACEHOLDER: &str = "_placeholder";

/// The note of a build that a kustomization without resources asks for, to the same end.
const NOTE: &str = "originAnnotations";

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
