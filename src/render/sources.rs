//! The files that kustomizations read, as far as Flux decrypts them before a build.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::kustomize::FILE_NAMES;
use crate::kustomize::load::{Files, join};
use crate::manifest::{self, Dialect};
use crate::sops::Format;

/// A file that may be encrypted.
#[derive(PartialEq, Eq)]
pub(super) struct Source {
    /// Its path.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
}

/// What kustomizations read.
#[derive(Default)]
pub(super) struct Found {
    /// The files of generators and patches.
    pub sources: BTreeSet<Source>,
    /// The files of objects.
    pub resources: BTreeSet<PathBuf>,
}

/// Finds what the kustomization of a directory, and those that it leads to, read.
pub(super) fn find(files: &dyn Files, directory: &Path, content: &[u8]) -> Found {
    let mut walk = Walk {
        files,
        directories: BTreeSet::new(),
        found: Found::default(),
    };
    walk.kustomization(directory, content);
    walk.found
}

impl PartialOrd for Source {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Source {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |source: &Self| (source.path.clone(), source.format.name());
        key(self).cmp(&key(other))
    }
}

/// A way through kustomizations, to the files that their generators and patches read.
struct Walk<'call> {
    files: &'call dyn Files,
    directories: BTreeSet<PathBuf>,
    found: Found,
}

impl Walk<'_> {
    fn directory(&mut self, path: &Path) {
        let Ok(directory) = self.files.real_path(path) else {
            return;
        };
        if !self.files.is_directory(&directory) {
            self.found.resources.insert(directory);
            return;
        }
        if self.directories.contains(&directory) {
            return;
        }
        let found = FILE_NAMES.iter().find_map(|name| {
            let path = directory.join(name);
            (!self.files.is_directory(&path))
                .then(|| self.files.read(&path).ok())
                .flatten()
        });
        if let Some(content) = found {
            self.kustomization(&directory, &content);
        }
    }

    fn kustomization(&mut self, directory: &Path, content: &[u8]) {
        if !self.directories.insert(directory.to_owned()) {
            return;
        }
        let Some(fields) = fields(content) else {
            return;
        };
        for generator in list(&fields, "secretGenerator") {
            for entry in texts(generator, "files") {
                let (key, path) = entry.split_once('=').unwrap_or((entry, entry));
                self.source(directory, path, Format::of(key));
            }
            for path in texts(generator, "envs") {
                let format = match Format::of(path) {
                    Format::Binary => Format::Dotenv,
                    format => format,
                };
                self.source(directory, path, format);
            }
        }
        for patch in list(&fields, "patches") {
            let path = patch.get("path").and_then(Value::as_str);
            if let Some(path) = path.filter(|path| !path.is_empty() && !path.contains("://")) {
                self.source(directory, path, Format::of(path));
            }
        }
        for list in ["resources", "components"] {
            for entry in fields
                .get(list)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                if let Some(path) = entry.as_str().filter(|path| !path.contains("://")) {
                    self.directory(&join(directory, path));
                }
            }
        }
    }

    fn source(&mut self, directory: &Path, path: &str, format: Format) {
        self.found.sources.insert(Source {
            path: join(directory, path),
            format,
        });
    }
}

/// Reads the fields of a kustomization; the build tells what is wrong with one.
fn fields(content: &[u8]) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(content).ok()?;
    let values = manifest::read_as(text, Dialect::Loose).ok()?;
    match values.into_iter().next()? {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

fn list<'fields>(
    fields: &'fields Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'fields Map<String, Value>> {
    let items = fields.get(name).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_object)
}

fn texts<'fields>(
    fields: &'fields Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'fields str> {
    let items = fields.get(name).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str)
}
