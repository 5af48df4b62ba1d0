//! What can go wrong with a repository.

use std::io;
use std::path::PathBuf;

use super::commit_id::CommitId;
use super::sign::SignError;
use super::transport_error::TransportError;
use super::url::GitUrl;
use crate::error::{Blame, Explain};

/// Why the work on a repository did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The branches can't be listed.
    #[error("cannot list the branches of {url}")]
    List {
        /// The repository.
        url: Box<GitUrl>,
        /// Why.
        #[source]
        source: TransportError,
    },
    /// The branch can't be fetched.
    #[error("cannot fetch the branch `{branch}` of {url}")]
    Fetch {
        /// The repository.
        url: Box<GitUrl>,
        /// The branch.
        branch: String,
        /// Why.
        #[source]
        source: TransportError,
    },
    /// The repository has branches, but not this one.
    #[error("the branch `{branch}` does not exist in {url}{}", listed(branches))]
    NoBranch {
        /// The repository.
        url: Box<GitUrl>,
        /// The branch.
        branch: String,
        /// The branches that exist.
        branches: Vec<String>,
    },
    /// A revision can't be fetched.
    #[error("cannot fetch `{revision}` of {url}")]
    FetchRevision {
        /// The repository.
        url: Box<GitUrl>,
        /// Branch, tag or commit.
        revision: String,
        /// Why.
        #[source]
        source: TransportError,
    },
    /// The repository has no such revision.
    #[error("{url} has no branch, tag or commit `{revision}`")]
    NoRevision {
        /// The repository.
        url: Box<GitUrl>,
        /// Branch, tag or commit.
        revision: String,
    },
    /// The repository costs more than it may.
    #[error("cannot fetch {url}: {problem}")]
    TooMuch {
        /// The repository.
        url: Box<GitUrl>,
        /// What there is too much of.
        problem: &'static str,
    },
    /// A commit holds more than can be meant.
    #[error("the commit {commit} has more files, or larger ones, than a kustomization may fetch")]
    TooLarge {
        /// The commit.
        commit: CommitId,
    },
    /// A folder of this machine is no repository that can be opened.
    #[error("cannot open the repository {}", folder.display())]
    Open {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: git2::Error,
    },
    /// A repository of this machine has no such revision.
    #[error("{} has no branch, tag or commit `{revision}`", folder.display())]
    NoLocalRevision {
        /// The folder.
        folder: PathBuf,
        /// Branch, tag or commit.
        revision: String,
    },
    /// Git knows no such names of branches.
    #[error("`{0}` is no name for a branch")]
    BranchName(String),
    /// The push failed, and the commit is not there.
    #[error("cannot push the branch `{branch}` to {url}")]
    Push {
        /// The repository.
        url: Box<GitUrl>,
        /// The branch.
        branch: String,
        /// Why.
        #[source]
        source: TransportError,
    },
    /// The push failed, and nobody can say whether the commit is there.
    #[error(
        "the push of the branch `{branch}` to {url} broke, and it can't be said whether {commit} arrived"
    )]
    PushUnclear {
        /// The repository.
        url: Box<GitUrl>,
        /// The branch.
        branch: String,
        /// The commit.
        commit: CommitId,
        /// What broke the push.
        #[source]
        source: TransportError,
    },
    /// The path leads nowhere that a repository may hold a file.
    #[error("`{path}` is no path in a repository: {problem}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The commit could not be signed.
    #[error("cannot sign the commit")]
    Sign(#[source] SignError),
    /// The local copy could not be made.
    #[error("cannot make a local repository in {}", folder.display())]
    Local {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The repository that a folder belongs to can't be opened.
    #[error("cannot open the repository of {}", folder.display())]
    Around {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: git2::Error,
    },
    /// The folder holds something else than the clone that was expected there.
    #[error("{} can't be used as the local clone: {problem}", folder.display())]
    OtherFolder {
        /// The folder.
        folder: PathBuf,
        /// What is in the way.
        problem: String,
    },
    /// The revision names no commit that is here.
    #[error("`{revision}` names no commit of the repository")]
    Revision {
        /// The revision.
        revision: String,
        /// Why.
        #[source]
        source: git2::Error,
    },
    /// An object of the repository can't be read.
    #[error("cannot {action}")]
    Read {
        /// What was tried.
        action: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// libgit2 could not read or write an object.
    #[error("cannot {action}")]
    Object {
        /// What was tried.
        action: &'static str,
        /// Why.
        #[source]
        source: git2::Error,
    },
}

/// Names some branches, as a reader can take them in.
fn listed(branches: &[String]) -> String {
    let some: Vec<&str> = branches.iter().take(8).map(String::as_str).collect();
    let more = if branches.len() > some.len() {
        ", …"
    } else {
        ""
    };
    format!("; it has {}{more}", some.join(", "))
}

impl Explain for GitError {
    fn blame(&self) -> Blame {
        match self {
            Self::BranchName(_) => Blame::Usage,
            _ => Blame::User,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::List { source, .. }
            | Self::Fetch { source, .. }
            | Self::FetchRevision { source, .. }
            | Self::Push { source, .. } => source.hint(),
            Self::NoBranch { branch, .. } => {
                Some(format!("create it with `git push origin HEAD:{branch}`"))
            }
            Self::PushUnclear { .. } => {
                Some("run the same command again: what arrived is not repeated".into())
            }
            Self::OtherFolder { .. } => {
                Some("name another folder, or one that is not there yet, with `--clone-dir`".into())
            }
            Self::Sign(source) => source.hint(),
            Self::Revision { .. } => {
                Some("a shallow clone holds few commits: fetch the one that is meant first".into())
            }
            Self::Around { source, .. } if source.code() == git2::ErrorCode::Owner => Some(
                "if you trust whoever owns it: `git config --global --add safe.directory FOLDER`"
                    .into(),
            ),
            _ => None,
        }
    }
}

/// Says what was tried when libgit2 failed.
pub(super) fn object(action: &'static str) -> impl FnOnce(git2::Error) -> GitError {
    move |source| GitError::Object { action, source }
}
