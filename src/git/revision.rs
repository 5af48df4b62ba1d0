//! One revision of a repository, only to be read: found by what names it, and fetched.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use git2::{
    AutotagOption, Direction, FetchOptions, Oid, RemoteCallbacks, Repository, RepositoryInitOptions,
};

use super::commit_id::CommitId;
use super::git_error::{GitError, object};
use super::repository::{HEADS, Remote};
use super::transport_error::TransportError;

/// How many hexadecimal digits name a commit.
const WHOLE_NAME: usize = 40;

/// The one reference of a fetched copy.
const FETCHED: &str = "refs/gitops/fetched";

/// Where git looks for a short name, the likeliest first, as `git fetch` does.
const RULES: [(&str, &str); 6] = [
    ("", ""),
    ("refs/", ""),
    ("refs/tags/", ""),
    (HEADS, ""),
    ("refs/remotes/", ""),
    ("refs/remotes/", "/HEAD"),
];

/// What a fetch may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many bytes of Git data may come.
    pub bytes: usize,
    /// How long all of it may take.
    pub time: Duration,
}

/// A revision that a repository has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The commit that it is.
    pub commit: CommitId,
    /// The reference that leads to it; `None` where the commit itself was named.
    pub reference: Option<String>,
}

impl Found {
    /// Takes a text for a commit, if it is its whole name.
    pub fn commit(revision: &str) -> Option<Self> {
        let is_whole =
            revision.len() == WHOLE_NAME && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        let commit = is_whole.then(|| Oid::from_str(revision).ok()).flatten()?;
        Some(Self {
            commit: CommitId(commit),
            reference: None,
        })
    }

    /// Says whether it is a tag or a commit, which nobody should move.
    pub fn is_fixed(&self) -> bool {
        let reference = self.reference.as_deref();
        reference.is_none_or(|reference| reference.starts_with("refs/tags/"))
    }
}

impl Remote {
    /// Asks what a revision is: a branch, tag or other reference, or the whole name of a commit; empty for the
    /// branch that is checked out there.
    ///
    /// # Errors
    ///
    /// Fails where the repository can't be asked, or has no such revision.
    pub fn find(&self, revision: &str) -> Result<Found, GitError> {
        let heads = self.references(revision)?;
        let wanted = if revision.is_empty() {
            "HEAD"
        } else {
            revision
        };
        named(&heads, wanted)
            .or_else(|| Found::commit(revision))
            .ok_or_else(|| GitError::NoRevision {
                url: self.url.clone().into(),
                revision: wanted.into(),
            })
    }

    /// Returns the names of all tags.
    ///
    /// # Errors
    ///
    /// Fails where the repository can't be asked.
    pub fn tags(&self) -> Result<Vec<String>, GitError> {
        let references = self.references("refs/tags/*")?;
        let names = references.iter().filter_map(|(name, _)| {
            let name = name.strip_prefix("refs/tags/")?;
            (!name.ends_with("^{}")).then(|| name.to_owned())
        });
        Ok(names.collect())
    }

    /// Asks for all references, to find a revision.
    fn references(&self, revision: &str) -> Result<Vec<(String, Oid)>, GitError> {
        let failed = |source| self.unfetched(revision, source);
        let session = self
            .session()
            .map_err(|error| failed(TransportError::Protocol(error)))?;
        let listed = git2::Remote::create_detached(session.address()).and_then(|mut remote| {
            let connection = remote.connect_auth(Direction::Fetch, None, None)?;
            let heads = connection.list()?.iter();
            Ok(heads
                .map(|head| (head.name().to_owned(), head.oid()))
                .collect::<Vec<_>>())
        });
        listed.map_err(|error| failed(session.failure(error)))
    }

    /// Fetches a revision into a new bare repository in `folder`, without its history where the server can cut it off.
    ///
    /// A branch may have moved on since it was found: then the copy has its newest commit.
    ///
    /// # Errors
    ///
    /// Fails where the revision can't be had, or costs more than it may.
    pub fn fetch_revision(
        &self,
        found: &Found,
        folder: &Path,
        bounds: Bounds,
    ) -> Result<Fetched, GitError> {
        let repository = bare(folder)?;
        let wanted = match &found.reference {
            Some(reference) => reference.clone(),
            None => found.commit.to_string(),
        };
        let failed = |source| self.unfetched(&wanted, source);
        let session = self
            .session()
            .map_err(|error| failed(TransportError::Protocol(error)))?;
        let fetch = Fetch {
            repository: &repository,
            address: &session.address(),
            bounds,
            started: Instant::now(),
            passed: Cell::new(None),
        };
        let one = format!("+{wanted}:{FETCHED}");
        let mut fetched = fetch.run(&[&one]);
        if fetched.is_err() && found.reference.is_none() && fetch.passed.get().is_none() {
            // Not every server gives a commit by its name; it may still be in what the branches and tags lead to.
            let everything = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
            fetched = fetch.at_depth(&everything, 0);
        }
        if let Err(error) = fetched {
            return Err(match fetch.passed.get() {
                Some(problem) => GitError::TooMuch {
                    url: self.url.clone().into(),
                    problem,
                },
                None => failed(session.failure(error)),
            });
        }
        let commit = commit_in(&repository, found).ok_or_else(|| GitError::NoRevision {
            url: self.url.clone().into(),
            revision: wanted.clone(),
        })?;
        Ok(Fetched { repository, commit })
    }

    fn unfetched(&self, revision: &str, source: TransportError) -> GitError {
        GitError::FetchRevision {
            url: self.url.clone().into(),
            revision: if revision.is_empty() {
                "HEAD"
            } else {
                revision
            }
            .into(),
            source,
        }
    }
}

/// Finds the reference that a name means.
fn named(heads: &[(String, Oid)], wanted: &str) -> Option<Found> {
    let at = |name: &str| {
        heads
            .iter()
            .find(|(head, _)| head == name)
            .map(|(_, id)| *id)
    };
    RULES.iter().find_map(|(before, after)| {
        let name = format!("{before}{wanted}{after}");
        let commit = at(&name)?;
        // A tag of its own is followed by the commit that it is for.
        let commit = at(&format!("{name}^{{}}")).unwrap_or(commit);
        Some(Found {
            commit: CommitId(commit),
            reference: Some(name),
        })
    })
}

fn bare(folder: &Path) -> Result<Repository, GitError> {
    let mut options = RepositoryInitOptions::new();
    options.bare(true).external_template(false);
    Repository::init_opts(folder, &options).map_err(|source| GitError::Local {
        folder: folder.to_owned(),
        source: std::io::Error::other(source),
    })
}

/// Returns the commit that was fetched.
fn commit_in(repository: &Repository, found: &Found) -> Option<CommitId> {
    if found.reference.is_none() {
        let commit = repository.find_commit(found.commit.0).ok()?;
        return Some(CommitId(commit.id()));
    }
    let fetched = repository.find_reference(FETCHED).ok()?;
    Some(CommitId(fetched.peel_to_commit().ok()?.id()))
}

/// One fetch, and what it may cost.
struct Fetch<'a> {
    repository: &'a Repository,
    address: &'a str,
    bounds: Bounds,
    started: Instant,
    /// Which bound was passed.
    passed: Cell<Option<&'static str>>,
}

impl Fetch<'_> {
    /// Fetches without history, or with all of it from a server that can't cut it off.
    fn run(&self, references: &[&str]) -> Result<(), git2::Error> {
        self.at_depth(references, 1).or_else(|error| {
            if self.passed.get().is_some() || !error.message().contains("shallow") {
                return Err(error);
            }
            self.at_depth(references, 0)
        })
    }

    fn at_depth(&self, references: &[&str], depth: i32) -> Result<(), git2::Error> {
        let mut callbacks = RemoteCallbacks::new();
        callbacks.transfer_progress(|progress| {
            let passed = if progress.received_bytes() > self.bounds.bytes {
                Some("it has more data than a kustomization may fetch")
            } else if self.started.elapsed() > self.bounds.time {
                Some("it took longer than it may; `timeout=` in its address gives it more time")
            } else {
                None
            };
            self.passed.set(passed.or(self.passed.get()));
            passed.is_none()
        });
        let mut options = FetchOptions::new();
        options
            .depth(depth)
            .download_tags(AutotagOption::None)
            .update_fetchhead(false)
            .remote_callbacks(callbacks);
        let mut remote = self.repository.remote_anonymous(self.address)?;
        remote.fetch(references, Some(&mut options), None)
    }
}

/// A local copy of one commit.
pub struct Fetched {
    pub(super) repository: Repository,
    commit: CommitId,
}

impl Fetched {
    /// Opens a repository of this machine at a revision, which may be anything that Git understands; empty for
    /// the branch that is checked out.
    ///
    /// # Errors
    ///
    /// Fails where there is no repository, or it has no such revision.
    pub fn of_folder(folder: &Path, revision: &str) -> Result<Self, GitError> {
        let repository = Repository::open(folder).map_err(|source| GitError::Open {
            folder: folder.to_owned(),
            source,
        })?;
        let wanted = if revision.is_empty() {
            "HEAD"
        } else {
            revision
        };
        let commit = RULES
            .iter()
            .find_map(|(before, after)| {
                let name = format!("{before}{wanted}{after}");
                let reference = repository.find_reference(&name).ok()?;
                Some(reference.peel_to_commit().ok()?.id())
            })
            .or_else(|| {
                let found = Found::commit(wanted)?;
                Some(repository.find_commit(found.commit.0).ok()?.id())
            });
        let commit = commit.ok_or_else(|| GitError::NoLocalRevision {
            folder: folder.to_owned(),
            revision: wanted.into(),
        })?;
        Ok(Self {
            commit: CommitId(commit),
            repository,
        })
    }

    /// Returns the commit.
    pub const fn commit(&self) -> CommitId {
        self.commit
    }

    /// Returns all files of the commit.
    pub(super) fn tree(&self) -> Result<git2::Tree<'_>, GitError> {
        let commit = self.repository.find_commit(self.commit.0);
        commit
            .and_then(|commit| commit.tree())
            .map_err(object("read the fetched commit"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_name_means() {
        let id = |digit: char| Oid::from_str(&digit.to_string().repeat(WHOLE_NAME)).unwrap();
        let heads = [
            ("HEAD", '1'),
            ("refs/heads/main", '1'),
            ("refs/heads/v1", '2'),
            ("refs/tags/v1", '3'),
            ("refs/tags/v1^{}", '4'),
            ("refs/pull/7/head", '5'),
        ]
        .map(|(name, digit)| (name.to_owned(), id(digit)));
        let found = |name| {
            let found = named(&heads, name)?;
            Some((found.commit.to_string().remove(0), found.is_fixed()))
        };
        assert_eq!(found("HEAD"), Some(('1', false)));
        assert_eq!(found("main"), Some(('1', false)));
        assert_eq!(
            found("v1"),
            Some(('4', true)),
            "a tag comes before a branch"
        );
        assert_eq!(found("heads/v1"), Some(('2', false)));
        assert_eq!(found("refs/pull/7/head"), Some(('5', false)));
        assert_eq!(found("v2"), None);
        assert!(Found::commit(&"a".repeat(WHOLE_NAME)).is_some_and(|found| found.is_fixed()));
        assert!(Found::commit("abcdef1").is_none());
        assert!(Found::commit(&"x".repeat(WHOLE_NAME)).is_none());
    }
}
