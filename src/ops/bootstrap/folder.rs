//! The folder of the repository that bootstrap writes to: what is in it, and what is to be.

use std::path::Path;

use super::super::remote::RemoteSources;
use crate::error::Explain;
use crate::git::{Change, EntryKind, GitError, LocalClone};
use crate::install::{self, KUSTOMIZATION_FILE};
use crate::kustomize::{BuildError, FILE_NAMES};
use crate::manifest::Object;
use crate::render::{Layer, Revision, build_overlay};

/// How deep folders below are looked into for manifests.
const DEPTH: usize = 16;

/// Why there are no objects of a folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The repository can't be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The kustomization in it can't be built.
    #[error("cannot build the kustomization in {folder}")]
    Build {
        /// The folder in the repository.
        folder: String,
        /// Why.
        source: Box<BuildError>,
    },
}

impl Explain for FolderError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Git(error) => error.hint(),
            Self::Build { source, .. } => source.hint(),
        }
    }
}

/// A folder at the newest commit of a clone, with what is about to be committed on top.
pub struct Folder<'a> {
    clone: &'a LocalClone,
    path: String,
    changes: &'a [Change],
}

impl<'a> Folder<'a> {
    /// Looks at a folder, given by its path from the root.
    pub const fn new(clone: &'a LocalClone, path: String, changes: &'a [Change]) -> Self {
        Self {
            clone,
            path,
            changes,
        }
    }

    fn at(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.path)
        }
    }

    /// Reads a file of the folder.
    pub fn file(&self, name: &str) -> Result<Option<Vec<u8>>, GitError> {
        let path = self.at(name);
        match self.changes.iter().find(|change| change.path == path) {
            Some(change) => Ok(change.content.clone()),
            None => self.clone.read(&path),
        }
    }

    /// Says whether somebody has put a kustomization there, under any of its names.
    pub fn has_kustomization(&self) -> Result<bool, GitError> {
        for name in FILE_NAMES {
            if self.file(name)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Builds what is in the folder, by its kustomization.
    pub fn objects(&self) -> Result<Vec<Object>, FolderError> {
        let root = Path::new("/");
        let revision = Revision::new(self.clone)?;
        let mut files = Layer::new(&revision);
        for change in self.changes {
            files.put(root.join(&change.path), change.content.clone());
        }
        let remote = RemoteSources::default();
        let built = build_overlay(&files, &root.join(&self.path), Some(&remote))
            .and_then(|built| built.objects());
        built.map_err(|source| FolderError::Build {
            folder: self.path.clone(),
            source: Box::new(source),
        })
    }

    /// Makes the kustomization that lists every manifest in the folder; `None` where there is one.
    pub fn missing_kustomization(&self) -> Result<Option<Change>, GitError> {
        if self.has_kustomization()? {
            return Ok(None);
        }
        let mut texts = Vec::new();
        self.collect("", DEPTH, &mut texts)?;
        let files: Vec<_> = texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let text =
            install::render_kustomization(install::listed(&files).iter().map(String::as_str));
        Ok(Some(Change::write(self.at(KUSTOMIZATION_FILE), text)))
    }

    /// Collects the YAML files below, at any depth, and those that are about to be written.
    fn collect(
        &self,
        below: &str,
        depth: usize,
        texts: &mut Vec<(String, String)>,
    ) -> Result<(), GitError> {
        let folder = self.at(below);
        for entry in self
            .clone
            .list(folder.trim_end_matches('/'))?
            .unwrap_or_default()
        {
            let path = format!("{below}{}", entry.name);
            match entry.kind {
                EntryKind::Folder if depth > 0 => {
                    self.collect(&format!("{path}/"), depth - 1, texts)?;
                }
                EntryKind::File => self.take(path, texts)?,
                _ => {}
            }
        }
        if below.is_empty() {
            let prefix = self.at("");
            for change in self.changes {
                let path = change
                    .path
                    .strip_prefix(&prefix)
                    .unwrap_or(&change.path)
                    .to_owned();
                if texts.iter().all(|(known, _)| *known != path) {
                    self.take(path, texts)?;
                }
            }
        }
        Ok(())
    }

    fn take(&self, path: String, texts: &mut Vec<(String, String)>) -> Result<(), GitError> {
        if let Some(text) = self
            .file(&path)?
            .and_then(|bytes| String::from_utf8(bytes).ok())
        {
            texts.push((path, text));
        }
        Ok(())
    }
}
