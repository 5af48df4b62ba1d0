//! Why a remote resource cannot be had.

use std::io;
use std::path::PathBuf;

use crate::error::{Explain, Failure};
use crate::git::{GitError, GitUrlError};
use crate::http::HttpError;
use crate::kustomize::load::RemoteError;

/// Why a remote resource cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Nothing may be fetched, and it is not in the cache.
    #[error("it is not in the cache, and `--offline` allows no fetch")]
    Offline,
    /// The address is none of a repository.
    #[error(transparent)]
    Address(#[from] GitUrlError),
    /// A folder is named without the path from the root.
    #[error("`file://` needs the whole path of a repository, as in `file:///srv/git/apps`")]
    RelativeFolder,
    /// A folder of this machine is named where that is not allowed.
    #[error("a repository may not name folders of this machine")]
    FolderRefused,
    /// The address is none of a file.
    #[error("it is no address of a file")]
    NoAddress(#[source] url::ParseError),
    /// The client could not be made.
    #[error(transparent)]
    Client(#[from] HttpError),
    /// The server did not answer.
    #[error("{host} did not answer")]
    Exchange {
        /// The host.
        host: String,
        /// What went wrong on the way.
        #[source]
        source: reqwest::Error,
    },
    /// The answer broke off.
    #[error("the answer of {host} broke off")]
    Broken {
        /// The host.
        host: String,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// The server answered with something else.
    #[error("the server answered {0}")]
    Status(u16),
    /// The server points elsewhere too often, or to a place that is less safe.
    #[error("{host} points elsewhere too often, or to an address without TLS")]
    Redirect {
        /// The host.
        host: String,
    },
    /// The file is larger than any manifest.
    #[error("it has more than {} MiB", limit >> 20)]
    TooLarge {
        /// What is allowed, in bytes.
        limit: usize,
    },
    /// The repository or its revision cannot be had.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A submodule cannot be had.
    #[error("cannot fetch the submodule `{path}`")]
    Submodule {
        /// Where it belongs.
        path: String,
        /// Why.
        source: Box<Self>,
    },
    /// A submodule has no address.
    #[error("`.gitmodules` does not say where it is")]
    NoSubmodule,
    /// A submodule belongs outside of its repository, or is in one that is in one, and so on.
    #[error("it does not lie in its repository, or too deep in others")]
    SubmodulePlace,
    /// A file can't be had.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// A range of versions is none.
    #[error("`{0}` is no range of versions")]
    Range(String),
    /// No version is in a range.
    #[error("no tag is a version in the range `{0}`")]
    NoVersion(String),
    /// The address is none of a registry.
    #[error("`{0}` is no address as in `oci://HOST/REPOSITORY`")]
    NoRegistry(String),
    /// The registry asks who is there.
    #[error("{host} does not show it to everybody")]
    Private {
        /// The host.
        host: String,
    },
    /// An artifact is not as it must be.
    #[error("the artifact {0}")]
    Artifact(&'static str),
    /// The content of an artifact can't be unpacked.
    #[error("cannot unpack the artifact")]
    Unpack(#[source] io::Error),
    /// The cache cannot be written.
    #[error("cannot write the cache in {}", folder.display())]
    Cache {
        /// Its folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Explain for FetchError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Offline => Some("build once without `--offline`; commits and tags that are in the cache can then be used".into()),
            Self::Address(error) => error.hint(),
            Self::Git(error) => error.hint(),
            Self::Private { .. } => Some(
                "`docker login` or `helm registry login` gives credentials that are used here".into(),
            ),
            Self::Submodule { .. } => {
                Some("`submodules=false` in the address leaves submodules out".into())
            }
            _ => None,
        }
    }
}

impl From<FetchError> for RemoteError {
    fn from(error: FetchError) -> Self {
        let error = match error {
            FetchError::Status(status) => return Self::Status { status },
            FetchError::Remote(error) => return error,
            error => error,
        };
        let hint = error.hint();
        Self::Other {
            message: Failure::from(error).in_one_line(),
            hint,
        }
    }
}
