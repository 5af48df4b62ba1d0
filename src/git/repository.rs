//! A remote repository, and the copy of one branch's newest commit that we work on.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use git2::{AutotagOption, Direction, FetchOptions, Reference, Repository, RepositoryInitOptions};

use super::auth::Credentials;
use super::commit_id::CommitId;
use super::git_error::{GitError, object};
use super::transport::{Session, Settings};
use super::transport_error::TransportError;
use super::tree::{self, Entry};
use super::url::GitUrl;

/// The depth that means no limit to libgit2.
const WHOLE_HISTORY: i32 = 0;

/// Where branches live in a repository.
pub(super) const HEADS: &str = "refs/heads/";

/// What a remote says it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// The branches and their newest commits.
    pub heads: BTreeMap<String, CommitId>,
    /// The branch that is checked out when none is named.
    pub default: Option<String>,
}

/// A repository on a server, and how to get in.
#[derive(Clone, Debug)]
pub struct Remote {
    pub(super) url: GitUrl,
    credentials: Credentials,
    settings: Settings,
}

impl Remote {
    /// Names a repository; nothing is contacted yet.
    pub fn new(url: GitUrl, credentials: Credentials, settings: Settings) -> Self {
        Self {
            url,
            credentials,
            settings,
        }
    }

    pub(super) fn session(&self) -> Result<Session, git2::Error> {
        Session::open(
            self.url.clone(),
            self.credentials.clone(),
            self.settings.clone(),
        )
    }

    /// Asks which branches there are.
    pub fn branches(&self) -> Result<Branches, GitError> {
        let failed = |source| GitError::List {
            url: self.url.clone().into(),
            source,
        };
        let session = self
            .session()
            .map_err(|error| failed(TransportError::Protocol(error)))?;
        let listed = git2::Remote::create_detached(session.address()).and_then(|mut remote| {
            let connection = remote.connect_auth(Direction::Fetch, None, None)?;
            Ok(branches_of(connection.list()?))
        });
        listed.map_err(|error| failed(session.failure(error)))
    }

    /// Fetches the newest commit of `branch` into a new bare repository in `folder`.
    ///
    /// A repository without any branch gives an empty copy, whose first commit makes the branch.
    pub fn fetch(&self, branch: &str, folder: &Path) -> Result<LocalClone, GitError> {
        if !Reference::is_valid_name(&format!("{HEADS}{branch}")) || branch.starts_with('-') {
            return Err(GitError::BranchName(branch.into()));
        }
        let mut options = RepositoryInitOptions::new();
        options
            .bare(true)
            .external_template(false)
            .initial_head(branch);
        let repository =
            Repository::init_opts(folder, &options).map_err(|source| GitError::Local {
                folder: folder.to_owned(),
                source: std::io::Error::other(source),
            })?;
        let mut clone = LocalClone {
            repository,
            remote: self.clone(),
            branch: branch.into(),
            base: None,
            head: None,
        };
        clone.fetch_again()?;
        Ok(clone)
    }
}

fn branches_of(heads: &[git2::RemoteHead<'_>]) -> Branches {
    let branch = |head: &git2::RemoteHead<'_>| {
        let name = head.name().strip_prefix(HEADS)?;
        Some((name.to_owned(), CommitId(head.oid())))
    };
    let default = heads
        .iter()
        .find(|head| head.name() == "HEAD")
        .and_then(git2::RemoteHead::symref_target);
    Branches {
        heads: heads.iter().filter_map(branch).collect(),
        default: default
            .and_then(|target| target.strip_prefix(HEADS))
            .map(str::to_owned),
    }
}

/// A bare copy of one branch's newest commit, and what was committed on top of it.
pub struct LocalClone {
    pub(super) repository: Repository,
    pub(super) remote: Remote,
    pub(super) branch: String,
    /// The commit that the remote's branch was at.
    pub(super) base: Option<CommitId>,
    pub(super) head: Option<CommitId>,
}

impl fmt::Debug for LocalClone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "LocalClone({} {}: {:?})",
            self.remote.url, self.branch, self.head
        )
    }
}

impl LocalClone {
    /// Returns the newest commit, ours or the remote's; `None` where there is none at all.
    pub const fn head(&self) -> Option<CommitId> {
        self.head
    }

    /// Opens the clone once more, at the same commit, for another thread to read.
    pub fn reopened(&self) -> Result<Self, GitError> {
        let repository = Repository::open(self.repository.path());
        Ok(Self {
            repository: repository.map_err(object("open the clone once more"))?,
            remote: self.remote.clone(),
            branch: self.branch.clone(),
            base: self.base,
            head: self.head,
        })
    }

    /// Returns the folder of the bare repository.
    #[cfg(test)]
    pub fn folder(&self) -> &Path {
        self.repository.path()
    }

    /// Fetches the branch once more; what was committed here and not pushed is left behind.
    pub fn fetch_again(&mut self) -> Result<(), GitError> {
        let remote = &self.remote;
        let failed = |source| GitError::Fetch {
            url: remote.url.clone().into(),
            branch: self.branch.clone(),
            source,
        };
        let session = remote
            .session()
            .map_err(|error| failed(TransportError::Protocol(error)))?;
        let address = session.address();
        let fetched = fetch_head(&self.repository, &address, &self.branch, 1).or_else(|error| {
            // A server that can't cut the history off gives all of it.
            if !error.message().contains("shallow") {
                return Err(error);
            }
            fetch_head(&self.repository, &address, &self.branch, WHOLE_HISTORY)
        });
        let head = match fetched {
            Ok(Fetched::Head(head)) => Some(head),
            Ok(Fetched::Empty) => None,
            Ok(Fetched::Missing(branches)) => {
                return Err(GitError::NoBranch {
                    url: remote.url.clone().into(),
                    branch: self.branch.clone(),
                    branches,
                });
            }
            Err(error) => return Err(failed(session.failure(error))),
        };
        self.base = head;
        self.head = head;
        Ok(())
    }

    pub(super) fn tree(&self) -> Result<Option<git2::Tree<'_>>, GitError> {
        let Some(head) = self.head else {
            return Ok(None);
        };
        let tree = self
            .repository
            .find_commit(head.0)
            .and_then(|commit| commit.tree());
        tree.map(Some).map_err(object("read the newest commit"))
    }

    /// Reads a file of the newest commit; `None` where there is no such file.
    ///
    /// Links are followed within the repository; no path leads out of it.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let Some(tree) = self.tree()? else {
            return Ok(None);
        };
        tree::read(&self.repository, &tree, path)
    }

    /// Lists a folder of the newest commit, sorted by name; `None` where there is no such folder.
    pub fn list(&self, path: &str) -> Result<Option<Vec<Entry>>, GitError> {
        let Some(tree) = self.tree()? else {
            return Ok(None);
        };
        tree::list(&self.repository, &tree, path)
    }
}

enum Fetched {
    Head(CommitId),
    Empty,
    Missing(Vec<String>),
}

fn fetch_head(
    repository: &Repository,
    address: &str,
    branch: &str,
    depth: i32,
) -> Result<Fetched, git2::Error> {
    let mut remote = repository.remote_anonymous(address)?;
    let mut connection = remote.connect_auth(Direction::Fetch, None, None)?;
    let branches = branches_of(connection.list()?);
    if branches.heads.is_empty() {
        return Ok(Fetched::Empty);
    }
    let Some(head) = branches.heads.get(branch).copied() else {
        return Ok(Fetched::Missing(branches.heads.into_keys().collect()));
    };
    let mut options = FetchOptions::new();
    options
        .depth(depth)
        .download_tags(AutotagOption::None)
        .update_fetchhead(false);
    let tracking = format!("+{HEADS}{branch}:refs/remotes/origin/{branch}");
    connection
        .remote()
        .fetch(&[tracking.as_str()], Some(&mut options), None)?;
    // The branch may have moved between the list and the fetch; what was fetched counts.
    let fetched = repository
        .refname_to_id(&format!("refs/remotes/origin/{branch}"))
        .unwrap_or(head.0);
    Ok(Fetched::Head(CommitId(fetched)))
}
