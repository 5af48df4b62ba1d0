//! Why a file or directory of a build cannot be used.

use super::remote::RemoteError;
use super::resources::ReadError;
use crate::error::Explain;

/// Why a file or directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("open {path}: {reason}")]
    Open {
        /// Path of the file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A path leads nowhere.
    #[error("evalsymlink failure on '{path}' : {reason}")]
    Nowhere {
        /// The path.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A directory stands where a file is wanted.
    #[error("'{path}' must resolve to a file")]
    NotAFile {
        /// The path.
        path: String,
    },
    /// A file lies outside of the directory of its kustomization.
    #[error("security; file '{path}' is not in or below '{root}'")]
    Outside {
        /// The file.
        path: String,
        /// The directory.
        root: String,
    },
    /// What should be a directory is none.
    #[error("must build at directory: {problem}")]
    NotADirectory {
        /// What is wrong with it.
        problem: String,
    },
    /// An empty path.
    #[error("new root cannot be empty")]
    EmptyRoot,
    /// A directory is given by an absolute path.
    #[error("new root '{path}' cannot be absolute")]
    AbsoluteRoot {
        /// The path.
        path: String,
    },
    /// A directory leads to itself or to one above it.
    #[error("cycle detected: candidate root '{candidate}' contains visited root '{visited}'")]
    Cycle {
        /// The directory that is named.
        candidate: String,
        /// The directory that is being built.
        visited: String,
    },
    /// A repository leads to itself.
    #[error("cycle detected: URI '{candidate}' referenced by previous URI '{visited}'")]
    RepositoryCycle {
        /// The address that is named.
        candidate: String,
        /// The address that is being built.
        visited: String,
    },
    /// A directory in a cloned repository leads out of it.
    #[error(
        "security; bases in kustomizations found in cloned git repos must be within the repo, but base '{path}' is outside '{repository}'"
    )]
    OutsideRepository {
        /// The directory.
        path: String,
        /// The clone.
        repository: String,
    },
    /// A remote file or repository is named, and there is no way to it.
    #[error("{url} is remote, and remote resources are not allowed here")]
    NoRemote {
        /// Its address.
        url: String,
    },
    /// A remote file or repository cannot be had.
    #[error("cannot fetch {url}")]
    Remote {
        /// Its address.
        url: String,
        /// Why.
        source: RemoteError,
    },
    /// A file holds no resources.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Explain for LoadError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Remote {
                source: RemoteError::Other { hint, .. },
                ..
            } => hint.clone(),
            _ => None,
        }
    }
}

impl LoadError {
    /// Says whether a file is no YAML.
    pub const fn is_malformed(&self) -> bool {
        matches!(self, Self::Read(error) if error.is_malformed())
    }

    /// Returns the address of what is remote and cannot be had.
    pub fn remote_address(&self) -> Option<&str> {
        match self {
            Self::NoRemote { url } | Self::Remote { url, .. } => Some(url),
            _ => None,
        }
    }

    /// Says whether a server refused the file, so that no directory can be meant.
    pub const fn is_refused_by_server(&self) -> bool {
        matches!(
            self,
            Self::Remote {
                source: RemoteError::Status { .. },
                ..
            }
        )
    }
}
