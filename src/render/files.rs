//! Trees of files for the engine: a revision in Git, and files that are put over another tree.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroize as _;

use crate::git::{GitError, LocalClone};
use crate::kustomize::load::Files;

/// The newest commit of a clone; its root is `/`.
pub struct Revision(Mutex<LocalClone>);

impl Revision {
    /// Opens the newest commit of a clone.
    ///
    /// # Errors
    ///
    /// Fails where the clone can't be opened once more.
    pub fn new(clone: &LocalClone) -> Result<Self, GitError> {
        Ok(Self(Mutex::new(clone.reopened()?)))
    }

    fn clone(&self) -> MutexGuard<'_, LocalClone> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the path of a file from the root of its repository.
fn in_repository(path: &Path) -> String {
    path.to_string_lossy().trim_start_matches('/').to_owned()
}

impl Files for Revision {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.is_directory(path) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let content = self.clone().read(&in_repository(path));
        content
            .map_err(io::Error::other)?
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_directory(&self, path: &Path) -> bool {
        let path = in_repository(path);
        path.is_empty() || matches!(self.clone().list(&path), Ok(Some(_)))
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        if !self.is_directory(path) {
            self.read(path)?;
        }
        Ok(Path::new("/").join(in_repository(path)))
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let entries = self.clone().list(&in_repository(directory));
        let entries = entries
            .map_err(io::Error::other)?
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(entries.into_iter().map(|entry| entry.name).collect())
    }
}

/// Files in memory over another tree; what is there stays as it is.
pub struct Layer<'below> {
    below: &'below dyn Files,
    put: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

impl<'below> Layer<'below> {
    /// Starts with nothing over a tree.
    pub fn new(below: &'below dyn Files) -> Self {
        Self {
            below,
            put: BTreeMap::new(),
        }
    }

    /// Puts a file there, by its absolute path without links; `None` takes one away.
    pub fn put(&mut self, path: PathBuf, content: Option<Vec<u8>>) {
        self.put.insert(path, content);
    }

    /// Returns the paths of the files that were put below a directory, without it.
    fn put_below<'own>(&'own self, directory: &'own Path) -> impl Iterator<Item = &'own Path> {
        let there = self.put.iter().filter(|(_, content)| content.is_some());
        there
            .filter_map(move |(path, _)| path.strip_prefix(directory).ok())
            .filter(|path| !path.as_os_str().is_empty())
    }
}

impl Drop for Layer<'_> {
    /// Wipes what was put there, which may have been decrypted.
    fn drop(&mut self) {
        for content in self.put.values_mut().flatten() {
            content.zeroize();
        }
    }
}

impl Files for Layer<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.put.get(path) {
            Some(content) => content
                .clone()
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
            None => self.below.read(path),
        }
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.put_below(path).next().is_some() || self.below.is_directory(path)
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        match self.put.get(path) {
            Some(Some(_)) => Ok(path.to_owned()),
            Some(None) => Err(io::ErrorKind::NotFound.into()),
            None if self.put_below(path).next().is_some() => {
                Ok(self.below.real_path(path).unwrap_or_else(|_| path.into()))
            }
            None => self.below.real_path(path),
        }
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let own: BTreeSet<String> = self
            .put_below(directory)
            .filter_map(|path| path.components().next())
            .map(|name| name.as_os_str().to_string_lossy().into_owned())
            .collect();
        let below = match self.below.names(directory) {
            Err(_) if !own.is_empty() => Vec::new(),
            below => below?,
        };
        let kept = below
            .into_iter()
            .filter(|name| !matches!(self.put.get(&directory.join(name)), Some(None)));
        let all: BTreeSet<String> = kept.chain(own.iter().cloned()).collect();
        Ok(all.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kustomize::load::Disk;

    #[test]
    fn a_layer_shows_its_own_files_first() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::write(root.join("a.yaml"), "below").unwrap();
        std::fs::write(root.join("b.yaml"), "below").unwrap();
        let mut layer = Layer::new(&Disk);
        layer.put(root.join("a.yaml"), Some("own".into()));
        layer.put(root.join("b.yaml"), None);
        layer.put(root.join("new/c.yaml"), Some("own".into()));
        assert_eq!(layer.read(&root.join("a.yaml")).unwrap(), b"own");
        assert!(layer.read(&root.join("b.yaml")).is_err());
        assert!(layer.is_directory(&root.join("new")));
        assert_eq!(layer.names(&root).unwrap(), ["a.yaml", "new"]);
        assert_eq!(
            layer.real_path(&root.join("new")).unwrap(),
            root.join("new")
        );
        assert_eq!(std::fs::read(root.join("a.yaml")).unwrap(), b"below");
    }
}
