//! What a caller gives the engine to reach what is not in the tree of files.

use std::path::PathBuf;

use super::git_url::GitUrl;

/// Why a remote thing cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The server answered, but not with the file.
    #[error("HTTP Error: status code {status}")]
    Status {
        /// The status of its answer.
        status: u16,
    },
    /// Anything else.
    #[error("{message}")]
    Other {
        /// What went wrong.
        message: String,
    },
}

/// Fetches files and repositories for a build; whoever makes one decides on caches and limits.
pub trait Remote: Sync {
    /// Returns the content of a file by its `http` or `https` address.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be had.
    fn file(&self, url: &str) -> Result<Vec<u8>, RemoteError>;

    /// Returns a directory on disk that holds a revision of a repository.
    ///
    /// # Errors
    ///
    /// Fails where the repository or its revision cannot be had.
    fn repository(&self, url: &GitUrl) -> Result<PathBuf, RemoteError>;
}

/// Says whether a path is the address of a remote file.
pub fn is_address(path: &str) -> bool {
    path.split_once("://").is_some_and(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}
