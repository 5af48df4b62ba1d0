//! A way to remote bases that notes whether anybody took it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::kustomize::load::{GitUrl, Remote, RemoteError};

/// A way to remote bases, and whether it was taken.
pub struct Watched<'a> {
    remote: &'a dyn Remote,
    used: AtomicBool,
}

impl<'a> Watched<'a> {
    /// Watches a way.
    pub const fn new(remote: &'a dyn Remote) -> Self {
        Self {
            remote,
            used: AtomicBool::new(false),
        }
    }

    /// Says whether anybody took it.
    pub fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }
}

impl Remote for Watched<'_> {
    fn file(&self, url: &str) -> Result<Vec<u8>, RemoteError> {
        self.used.store(true, Ordering::Relaxed);
        self.remote.file(url)
    }

    fn repository(&self, url: &GitUrl) -> Result<PathBuf, RemoteError> {
        self.used.store(true, Ordering::Relaxed);
        self.remote.repository(url)
    }
}
