//! A repository on this machine, as its user works in it: its revisions, its remotes, where its branches part.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{BranchType, ErrorCode, ObjectType, Reference, Repository};

use super::commit_id::CommitId;
use super::git_error::{GitError, object};
use super::snapshot::{Objects, Snapshot};
use super::url::GitUrl;
use super::work_tree_index::WorkTreeIndex;

/// The branches that merge requests are made for where nothing says which one is.
const USUAL_BRANCHES: &[&str] = &["main", "master"];

/// A repository on this machine.
pub struct Checkout {
    repository: Repository,
    objects: Arc<Objects>,
}

impl Checkout {
    /// Opens the repository that a folder belongs to; `None` where it belongs to none.
    pub fn around(folder: &Path) -> Result<Option<Self>, GitError> {
        let repository = match Repository::discover(folder) {
            Ok(repository) => repository,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(source) => {
                return Err(GitError::Around {
                    folder: folder.to_owned(),
                    source,
                });
            }
        };
        let objects = Arc::new(Objects::of(&repository)?);
        Ok(Some(Self {
            repository,
            objects,
        }))
    }

    /// Returns the root of the working tree; `None` in a bare repository.
    pub fn root(&self) -> Option<PathBuf> {
        let root = self.repository.workdir()?;
        root.canonicalize().ok()
    }

    /// Finds the commit that a revision names.
    pub fn commit(&self, revision: &str) -> Result<CommitId, GitError> {
        let found = self
            .repository
            .revparse_single(revision)
            .and_then(|found| found.peel(ObjectType::Commit));
        found
            .map(|commit| CommitId(commit.id()))
            .map_err(|source| GitError::Revision {
                revision: revision.escape_debug().to_string(),
                source,
            })
    }

    /// Returns what Git noted of the files of the work tree; `None` where its notes say nothing about them.
    pub fn index(&self) -> Option<WorkTreeIndex> {
        WorkTreeIndex::of(&self.repository)
    }

    /// Returns the files of a commit.
    pub fn snapshot(&self, commit: CommitId) -> Result<Snapshot, GitError> {
        let tree = self
            .repository
            .find_commit(commit.0)
            .map_err(object("read a commit"))?
            .tree_id();
        Ok(Snapshot::new(Arc::clone(&self.objects), tree))
    }

    /// Returns the commit where two histories parted; `None` where they have nothing in common.
    pub fn merge_base(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>, GitError> {
        match self.repository.merge_base(one.0, other.0) {
            Ok(base) => Ok(Some(CommitId(base))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(source) => Err(object("look for the common base of two commits")(source)),
        }
    }

    /// Says whether the history was cut off when the repository was cloned.
    pub fn is_shallow(&self) -> bool {
        self.repository.is_shallow()
    }

    /// Returns the branch that the others are merged into: the one that the remote `origin` has checked out, or else
    /// one of the usual names there, or else one of them here.
    pub fn default_branch(&self) -> Option<String> {
        let exists = |name: &str| self.repository.find_reference(name).is_ok();
        let head = self.repository.find_reference("refs/remotes/origin/HEAD");
        let of_head = head
            .ok()
            .and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned))
            .filter(|target| exists(target));
        let at = |folder: &str| {
            let mut names = USUAL_BRANCHES.iter().map(|name| format!("{folder}{name}"));
            names.find(|name| exists(name))
        };
        of_head
            .or_else(|| at("refs/remotes/origin/"))
            .or_else(|| at("refs/heads/"))
    }

    /// Returns the branch that is checked out; `None` where it is a commit.
    pub fn branch(&self) -> Option<String> {
        let head = self.repository.head().ok().filter(Reference::is_branch)?;
        head.shorthand().ok().map(str::to_owned)
    }

    /// Says whether there is a branch of this name here.
    pub fn has_branch(&self, name: &str) -> bool {
        self.repository.find_branch(name, BranchType::Local).is_ok()
    }

    /// Returns the address of a remote; `None` where there is none, or it is no Git URL.
    pub fn remote(&self, name: &str) -> Option<GitUrl> {
        let remote = self.repository.find_remote(name).ok()?;
        remote.url().ok()?.parse().ok()
    }

    /// Returns the addresses of the remotes that are Git URLs.
    pub fn remotes(&self) -> Vec<GitUrl> {
        let names = self.repository.remotes();
        let names = names.iter().flat_map(|names| names.iter()).flatten();
        names
            .flatten()
            .filter_map(|name| self.remote(name))
            .collect()
    }
}
