//! One call of the engine: where files come from, what is allowed, and what was read already.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::ahead::Ahead;
use super::files::Files;
use super::helm::HelmOptions;
use super::remote::Remote;
use super::resources::{self, ReadError};
use crate::manifest::Node;

/// Which files a kustomization may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restriction {
    /// Those in or below its own directory.
    #[default]
    RootOnly,
    /// All.
    None,
}

/// What is shared by all the roots that are built in one call.
pub struct Session<'call> {
    /// The tree of files.
    pub files: &'call dyn Files,
    /// The way to remote files and repositories; without one they are refused.
    pub remote: Option<&'call dyn Remote>,
    /// How Helm charts are rendered; without it they are refused.
    pub helm: Option<HelmOptions<'call>>,
    /// Which files a kustomization may name.
    pub restriction: Restriction,
    /// Whether documents are kept for other roots; where they are not, a build may change them in place.
    keeps_documents: bool,
    /// How many threads may parse the files of a directory.
    threads: usize,
    contents: Shared<PathBuf, Arc<[u8]>>,
    documents: Shared<PathBuf, Arc<[Arc<Node>]>>,
    ahead: Ahead,
    places: Shared<PathBuf, Option<Found>>,
}

impl<'call> Session<'call> {
    /// Starts a call for many roots.
    pub fn new(
        files: &'call dyn Files,
        remote: Option<&'call dyn Remote>,
        restriction: Restriction,
    ) -> Self {
        Self {
            files,
            remote,
            helm: None,
            restriction,
            keeps_documents: true,
            threads: 1,
            contents: Shared::default(),
            documents: Shared::default(),
            ahead: Ahead::default(),
            places: Shared::default(),
        }
    }

    /// Lets it render Helm charts.
    #[must_use]
    pub fn with_helm(self, helm: Option<HelmOptions<'call>>) -> Self {
        Self { helm, ..self }
    }

    /// Makes it a call for one root, which hardly ever reads a file twice; so many threads parse its files.
    #[must_use]
    pub fn for_one_root(self, threads: usize) -> Self {
        Self {
            keeps_documents: false,
            threads,
            ..self
        }
    }

    /// Returns the content of a file of a tree; those of the call's own tree are read once.
    pub(super) fn content(&self, files: &dyn Files, path: &Path) -> io::Result<Arc<[u8]>> {
        let keep = files_are(files, self.files);
        self.contents
            .of(keep, path, || files.read(path).map(Arc::from))
    }

    /// Returns the documents of a file of resources; those of the call's own tree are parsed once for all its roots.
    pub(super) fn documents(
        &self,
        files: &dyn Files,
        path: &Path,
        content: &[u8],
    ) -> Result<Arc<[Arc<Node>]>, ReadError> {
        if let Some(parsed) = self.ahead.take(path) {
            return parsed;
        }
        let keep = self.keeps_documents && files_are(files, self.files);
        self.documents
            .of(keep, path, || resources::read(content).map(Arc::from))
    }

    /// Returns what parses files ahead; where many roots are built, their threads do enough.
    pub(super) fn ahead(&self) -> Option<(&Ahead, usize)> {
        (self.threads > 1).then_some((&self.ahead, self.threads))
    }

    /// Returns where a path leads; of the call's own tree it is found out once, that it leads nowhere too.
    pub(super) fn find(&self, files: &dyn Files, path: &Path) -> io::Result<Found> {
        let keep = files_are(files, self.files);
        let found = self
            .places
            .of(keep, path, || match self.look(files, path) {
                Ok(found) => Ok(Some(found)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            })?;
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn look(&self, files: &dyn Files, path: &Path) -> io::Result<Found> {
        let path = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if parent.has_root() => {
                let parent = self.find(files, parent)?.path;
                files.real_path_in(&parent, name)?
            }
            _ => files.real_path(path)?,
        };
        Ok(Found {
            is_directory: files.is_directory(&path),
            path,
        })
    }
}

/// Where a path leads.
#[derive(Clone)]
pub(super) struct Found {
    /// The absolute path, without symbolic links.
    pub path: PathBuf,
    /// Whether a directory is there.
    pub is_directory: bool,
}

/// Says whether two trees are one.
fn files_are(one: &dyn Files, other: &dyn Files) -> bool {
    std::ptr::addr_eq(one, other)
}

/// Values that several threads may want; each is made at most a few times.
struct Shared<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Hash + Eq, V: Clone> Shared<K, V> {
    fn of<Q, E>(&self, keep: bool, key: &Q, make: impl FnOnce() -> Result<V, E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if !keep {
            return make();
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = known.get(key) {
            return Ok(value.clone());
        }
        drop(known);
        let value = make()?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(key.to_owned(), value.clone());
        Ok(value)
    }
}
