//! What the engine is given to reach remote files and repositories.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use super::artifact::{self, ArtifactUrl};
use super::cache::Cache;
use super::chart::{self, ChartUrl};
use super::error::FetchError;
use super::{file, repository};
use crate::kustomize::load::{GitUrl, Remote, RemoteError};

/// Whether anything may be fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// It may.
    #[default]
    Allowed,
    /// It may not; only what never changes can come from the cache.
    Refused,
}

impl Network {
    /// Allows it, unless everything is to stay on this machine.
    pub const fn unless(offline: bool) -> Self {
        if offline {
            Self::Refused
        } else {
            Self::Allowed
        }
    }
}

/// Whether repositories of this machine count as remote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Folders {
    /// They do.
    #[default]
    Allowed,
    /// They don't, since who names them may not read them.
    Refused,
}

/// What was fetched, or why it could not be, for all who ask for it.
type Known<T> = Mutex<HashMap<String, Arc<Mutex<Option<Result<T, RemoteError>>>>>>;

/// Fetches remote resources for builds, each once; what Git repositories gave is kept in the cache.
#[derive(Debug, Default)]
pub struct RemoteSources {
    network: Network,
    folders: Folders,
    cache: OnceLock<Cache>,
    files: Known<Vec<u8>>,
    repositories: Known<PathBuf>,
    artifacts: Known<PathBuf>,
    charts: Known<PathBuf>,
    tags: Known<String>,
}

impl RemoteSources {
    /// Makes the way to remote resources; nothing is opened before one is asked for.
    pub fn new(network: Network) -> Self {
        Self {
            network,
            ..Self::default()
        }
    }

    /// Refuses the repositories of this machine.
    #[must_use]
    pub const fn without_folders(mut self) -> Self {
        self.folders = Folders::Refused;
        self
    }

    /// Returns the folder with the files of an artifact of a registry.
    ///
    /// # Errors
    ///
    /// Fails where it can't be had.
    pub fn artifact(&self, url: &ArtifactUrl) -> Result<PathBuf, RemoteError> {
        once(&self.artifacts, format!("{url:?}"), || {
            artifact::fetch(self.cache()?, self.network, url)
        })
    }

    /// Returns the folder with the files of a chart.
    ///
    /// # Errors
    ///
    /// Fails where it can't be had.
    pub fn chart(&self, url: &ChartUrl) -> Result<PathBuf, RemoteError> {
        once(&self.charts, format!("{url:?}"), || {
            chart::fetch(self.cache()?, self.network, url, |address| {
                self.file(address)
            })
        })
    }

    /// Returns the tag of a Git repository with the newest version in a range.
    ///
    /// # Errors
    ///
    /// Fails where the repository can't be asked, or has no such tag.
    pub fn newest_tag(&self, address: &str, range: &str) -> Result<String, RemoteError> {
        once(&self.tags, format!("{address}\n{range}"), || {
            if self.network == Network::Refused {
                return Err(FetchError::Offline);
            }
            repository::newest_tag(address, range)
        })
    }

    fn cache(&self) -> Result<&Cache, FetchError> {
        if let Some(cache) = self.cache.get() {
            return Ok(cache);
        }
        let cache = Cache::open()?;
        Ok(self.cache.get_or_init(|| cache))
    }
}

impl Remote for RemoteSources {
    fn file(&self, url: &str) -> Result<Vec<u8>, RemoteError> {
        once(&self.files, url.to_owned(), || {
            if self.network == Network::Refused {
                return Err(FetchError::Offline);
            }
            file::fetch(url)
        })
    }

    fn repository(&self, url: &GitUrl) -> Result<PathBuf, RemoteError> {
        let key = format!("{}\n{}\n{}", url.repository, url.revision, url.submodules);
        once(&self.repositories, key, || {
            if self.folders == Folders::Refused && url.repository.starts_with("file:") {
                return Err(FetchError::FolderRefused);
            }
            repository::fetch(self.cache()?, self.network, url)
        })
    }
}

/// Does something once for all who ask for it; who comes while it is done waits.
///
/// It is done in a thread of its own: blocking clients may not be used where a task runs.
fn once<T: Clone + Send>(
    known: &Known<T>,
    key: String,
    work: impl FnOnce() -> Result<T, FetchError> + Send,
) -> Result<T, RemoteError> {
    let slot = Arc::clone(lock(known).entry(key).or_default());
    let mut slot = lock(&slot);
    if let Some(known) = slot.as_ref() {
        return known.clone();
    }
    let done = thread::scope(|scope| scope.spawn(work).join());
    let done = done.unwrap_or_else(|panic| resume_unwind(panic));
    let done = done.map_err(RemoteError::from);
    *slot = Some(done.clone());
    done
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
