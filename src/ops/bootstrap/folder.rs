//! The folder of the repository that bootstrap writes to: what is in it, and what is to be.

use std::io;

use crate::git::{Change, EntryKind, GitError, LocalClone};
use crate::install::{self, Files, KUSTOMIZATION_FILE};

/// The names that a kustomization may have.
const KUSTOMIZATION_NAMES: &[&str] = &[KUSTOMIZATION_FILE, "kustomization.yml", "Kustomization"];

/// How deep folders below are looked into for manifests.
const DEPTH: usize = 16;

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
        for name in KUSTOMIZATION_NAMES {
            if self.file(name)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
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

impl Files for Folder<'_> {
    fn read(&self, path: &str) -> io::Result<String> {
        if self.clone.list(&self.at(path)).ok().flatten().is_some() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let bytes = self
            .file(path)
            .map_err(io::Error::other)?
            .ok_or(io::ErrorKind::NotFound)?;
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}
