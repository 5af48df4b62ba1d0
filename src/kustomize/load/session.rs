//! One call of the engine: where files come from, what is allowed, and what was read already.

use std::collections::HashMap;
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
    contents: Shared<PathBuf, Arc<[u8]>>,
    documents: Shared<PathBuf, Arc<[Arc<Node>]>>,
    ahead: Ahead,
    real_paths: Shared<PathBuf, PathBuf>,
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
            contents: Shared::default(),
            documents: Shared::default(),
            ahead: Ahead::default(),
            real_paths: Shared::default(),
        }
    }

    /// Lets it render Helm charts.
    #[must_use]
    pub fn with_helm(self, helm: Option<HelmOptions<'call>>) -> Self {
        Self { helm, ..self }
    }

    /// Makes it a call for one root, which hardly ever reads a file twice.
    #[must_use]
    pub fn for_one_root(self) -> Self {
        Self {
            keeps_documents: false,
            ..self
        }
    }

    /// Returns the content of a file of a tree; those of the call's own tree are read once.
    pub(super) fn content(&self, files: &dyn Files, path: &Path) -> io::Result<Arc<[u8]>> {
        let key = path.to_owned();
        self.contents.of(files_are(files, self.files), key, || {
            files.read(path).map(Arc::from)
        })
    }

    /// Returns the documents of a file of resources; those of the call's own tree are parsed once for all its roots.
    pub(super) fn documents(
        &self,
        files: &dyn Files,
        path: &Path,
        content: &[u8],
    ) -> Result<Arc<[Arc<Node>]>, ReadError> {
        let key = path.to_owned();
        if let Some(parsed) = self.ahead.take(path) {
            return parsed;
        }
        let keep = self.keeps_documents && files_are(files, self.files);
        self.documents
            .of(keep, key, || resources::read(content).map(Arc::from))
    }

    /// Returns what parses files ahead; where many roots are built, their threads do enough.
    pub(super) fn ahead(&self) -> Option<&Ahead> {
        (!self.keeps_documents).then_some(&self.ahead)
    }

    /// Returns a path without symbolic links.
    pub(super) fn real_path(&self, files: &dyn Files, path: &Path) -> io::Result<PathBuf> {
        let key = path.to_owned();
        self.real_paths
            .of(files_are(files, self.files), key, || files.real_path(path))
    }
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

impl<K: std::hash::Hash + Eq, V: Clone> Shared<K, V> {
    fn of<E>(&self, keep: bool, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        if !keep {
            return make();
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = known.get(&key) {
            return Ok(value.clone());
        }
        drop(known);
        let value = make()?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, value.clone());
        Ok(value)
    }
}
