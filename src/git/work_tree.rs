//! A clone that stays: an ordinary repository that a person looks into and pushes from.

use std::io;
use std::path::Path;

use git2::build::CheckoutBuilder;
use git2::{ErrorCode, Repository, RepositoryInitOptions, StatusOptions};

use super::commit::Change;
use super::commit_id::CommitId;
use super::git_error::{GitError, object};
use super::repository::{HEADS, LocalClone, Remote};
use super::url::GitUrl;

/// The name of the remote, as `git clone` gives it.
const ORIGIN: &str = "origin";

impl Remote {
    /// Clones the newest commit of `branch` into a new repository in `folder`, with a work tree.
    ///
    /// An empty repository gives an empty clone. Fails where something is in the folder already.
    pub fn clone_into(&self, branch: &str, folder: &Path) -> Result<LocalClone, GitError> {
        let mut options = RepositoryInitOptions::new();
        options
            .bare(false)
            .no_reinit(true)
            .mkpath(true)
            .external_template(false)
            .initial_head(branch);
        let failed = |source: git2::Error| GitError::Local {
            folder: folder.to_owned(),
            source: io::Error::other(source),
        };
        let repository = Repository::init_opts(folder, &options).map_err(failed)?;
        let address = self.url.to_remember().to_string();
        repository
            .remote(ORIGIN, &address)
            .and_then(|_| repository.config())
            .and_then(|mut config| {
                config.set_str(&format!("branch.{branch}.remote"), ORIGIN)?;
                config.set_str(
                    &format!("branch.{branch}.merge"),
                    &format!("{HEADS}{branch}"),
                )
            })
            .map_err(failed)?;
        let mut clone = LocalClone {
            repository,
            remote: self.clone(),
            branch: branch.into(),
            base: None,
            head: None,
        };
        clone.fetch_again()?;
        if let Some(head) = clone.head {
            clone
                .repository
                .reference(&format!("{HEADS}{branch}"), head.0, false, "clone")
                .and_then(|_| {
                    let mut all = CheckoutBuilder::new();
                    clone.repository.checkout_head(Some(all.force()))
                })
                .map_err(failed)?;
        }
        Ok(clone)
    }

    /// Opens a clone of this repository that an earlier run, or a person, left in `folder`; `None` where the folder is
    /// not there or empty.
    ///
    /// What was committed there counts, pushed or not; nothing is fetched. Fails where the folder holds something
    /// else, another branch is checked out, or files below `path` are changed and not committed.
    pub fn open(
        &self,
        branch: &str,
        folder: &Path,
        path: &str,
    ) -> Result<Option<LocalClone>, GitError> {
        let other = |problem: String| GitError::OtherFolder {
            folder: folder.to_owned(),
            problem,
        };
        match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(other(error.to_string())),
            Ok(mut entries) => {
                if entries.next().is_none() {
                    return Ok(None);
                }
            }
        }
        let repository = Repository::open(folder).map_err(|error| {
            other(format!(
                "it is not empty and no Git repository ({})",
                error.message()
            ))
        })?;
        self.check_origin(&repository).map_err(other)?;
        let name = format!("{HEADS}{branch}");
        if repository
            .find_reference("HEAD")
            .ok()
            .and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned))
            .as_deref()
            != Some(&name)
        {
            return Err(other(format!(
                "the branch {branch} is not checked out in it"
            )));
        }
        if let Some(changed) =
            uncommitted(&repository, path).map_err(object("look at the work tree"))?
        {
            return Err(other(format!(
                "{changed} in it is changed and not committed"
            )));
        }
        let at = |name: &str| repository.refname_to_id(name).ok().map(CommitId);
        let (head, base) = (at(&name), at(&format!("refs/remotes/{ORIGIN}/{branch}")));
        Ok(Some(LocalClone {
            repository,
            remote: self.clone(),
            branch: branch.into(),
            base,
            head,
        }))
    }

    /// Says what is wrong with the remote of a repository that should be a clone of ours.
    fn check_origin(&self, repository: &Repository) -> Result<(), String> {
        let origin = repository
            .find_remote(ORIGIN)
            .ok()
            .and_then(|remote| remote.url().ok().map(str::to_owned));
        let url = origin.and_then(|text| text.parse::<GitUrl>().ok());
        match url {
            Some(url) if url.is_same_repository(&self.url) => Ok(()),
            Some(url) => Err(format!("it is a clone of {url}")),
            None => Err("it is no clone of a repository on a server".into()),
        }
    }
}

impl LocalClone {
    /// Says whether there are commits that the server did not have when it was asked last.
    pub fn has_unpushed(&self) -> bool {
        self.head != self.base
    }

    /// Brings files of the newest commit into the work tree; does nothing in a repository that has none.
    pub fn check_out(&self, changes: &[Change]) -> Result<(), GitError> {
        if self.repository.is_bare() {
            return Ok(());
        }
        let mut some = CheckoutBuilder::new();
        some.force().disable_pathspec_match(true);
        for change in changes {
            some.path(change.path.as_str());
        }
        self.repository
            .checkout_head(Some(&mut some))
            .map_err(object("bring the files into the work tree"))
    }
}

/// Returns a file below `path` that differs from what is committed.
fn uncommitted(repository: &Repository, path: &str) -> Result<Option<String>, git2::Error> {
    if repository.is_bare() {
        return Ok(None);
    }
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true);
    if !path.is_empty() {
        options.pathspec(path).disable_pathspec_match(true);
    }
    let statuses = match repository.statuses(Some(&mut options)) {
        Err(error) if error.code() == ErrorCode::UnbornBranch => return Ok(None),
        statuses => statuses?,
    };
    let changed = statuses.iter().next();
    Ok(changed.map(|entry| String::from_utf8_lossy(entry.path_bytes()).into_owned()))
}
