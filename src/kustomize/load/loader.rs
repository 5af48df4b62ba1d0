//! One directory of a build: reads the files it names, and leads to the directories it names.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::error::LoadError;
use super::files::{self, Disk, Files};
use super::git_url::GitUrl;
use super::helm::HelmOptions;
use super::remote::{self, RemoteError};
use super::session::{Restriction, Session};
use crate::manifest::Node;

/// A clone that a directory belongs to.
struct Clone {
    url: GitUrl,
    directory: PathBuf,
}

/// A directory, and how it was reached.
struct Place<'call> {
    root: PathBuf,
    files: &'call dyn Files,
    clone: Option<Clone>,
    referrer: Option<Rc<Self>>,
}

impl Place<'_> {
    fn lineage(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |place| place.referrer.as_deref())
    }

    fn clone_around(&self) -> Option<&Clone> {
        self.lineage().find_map(|place| place.clone.as_ref())
    }
}

/// Reads what one directory of a build names.
#[derive(Clone)]
pub struct Loader<'call> {
    session: &'call Session<'call>,
    place: Rc<Place<'call>>,
    read: Rc<RefCell<BTreeSet<PathBuf>>>,
}

impl<'call> Loader<'call> {
    /// Starts at a root.
    ///
    /// # Errors
    ///
    /// Fails where the path is no directory.
    pub fn new(session: &'call Session<'call>, root: &str) -> Result<Self, LoadError> {
        if let Some(url) = GitUrl::parse(root) {
            let (files, directory, clone) = fetch(session, url)?;
            return Ok(Self::at(session, files, directory, Some(clone), None));
        }
        let root = directory(session, session.files, Path::new(root))?;
        Ok(Self::at(session, session.files, root, None, None))
    }

    fn at(
        session: &'call Session<'call>,
        files: &'call dyn Files,
        root: PathBuf,
        clone: Option<Clone>,
        referrer: Option<&Self>,
    ) -> Self {
        let place = Place {
            root,
            files,
            clone,
            referrer: referrer.map(|referrer| Rc::clone(&referrer.place)),
        };
        Self {
            session,
            place: Rc::new(place),
            read: referrer
                .map(|referrer| Rc::clone(&referrer.read))
                .unwrap_or_default(),
        }
    }

    /// Leads to a directory or repository that this one names.
    ///
    /// # Errors
    ///
    /// Fails where there is none, and where it leads back to a directory that is being built.
    pub fn enter(&self, path: &str) -> Result<Self, LoadError> {
        if path.is_empty() {
            return Err(LoadError::EmptyRoot);
        }
        if let Some(url) = GitUrl::parse(path) {
            self.refuse_repository_cycle(&url)?;
            let (files, directory, clone) = fetch(self.session, url)?;
            return Ok(Self::at(
                self.session,
                files,
                directory,
                Some(clone),
                Some(self),
            ));
        }
        if Path::new(path).is_absolute() {
            return Err(LoadError::AbsoluteRoot { path: path.into() });
        }
        let files = self.place.files;
        let root = directory(self.session, files, &files::join(&self.place.root, path))?;
        if let Some(clone) = self.place.clone_around()
            && !root.starts_with(&clone.directory)
        {
            return Err(LoadError::OutsideRepository {
                path: root.display().to_string(),
                repository: clone.directory.display().to_string(),
            });
        }
        self.refuse_cycle(&root)?;
        Ok(Self::at(self.session, files, root, None, Some(self)))
    }

    /// Refuses a directory that is, or contains, one on the way here.
    ///
    /// # Errors
    ///
    /// Fails where it does.
    pub fn refuse_cycle(&self, candidate: &Path) -> Result<(), LoadError> {
        match self
            .place
            .lineage()
            .find(|place| place.root.starts_with(candidate))
        {
            Some(visited) => Err(LoadError::Cycle {
                candidate: candidate.display().to_string(),
                visited: visited.root.display().to_string(),
            }),
            None => Ok(()),
        }
    }

    fn refuse_repository_cycle(&self, candidate: &GitUrl) -> Result<(), LoadError> {
        let clones = self
            .place
            .lineage()
            .filter_map(|place| place.clone.as_ref());
        let mut visited = clones.filter(|clone| clone.url.written.starts_with(&candidate.written));
        match visited.next() {
            Some(visited) => Err(LoadError::RepositoryCycle {
                candidate: remote::shown(&candidate.written).into_owned(),
                visited: remote::shown(&visited.url.written).into_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Returns the directory.
    pub fn root(&self) -> &Path {
        &self.place.root
    }

    /// Returns how Helm charts are rendered; `None` where they are refused.
    pub fn helm(&self) -> Option<HelmOptions<'call>> {
        self.session.helm
    }

    /// Says whether there is a directory, wherever it is.
    pub fn has_directory(&self, path: &Path) -> bool {
        self.place.files.is_directory(path)
    }

    /// Says whether it lies in the call's own tree, not in a clone.
    pub fn is_local(&self) -> bool {
        self.place.clone_around().is_none()
    }

    /// Returns the files that were read so far, by this directory and those it led to.
    pub fn files_read(&self) -> BTreeSet<PathBuf> {
        self.read.borrow().clone()
    }

    /// Takes files for read that were read before, for something that is used again.
    pub fn note_read(&self, files: &BTreeSet<PathBuf>) {
        self.read.borrow_mut().extend(files.iter().cloned());
    }

    /// Returns a loader at the same place that keeps its own list of files.
    #[must_use]
    pub fn with_own_list(&self) -> Self {
        Self {
            read: Rc::default(),
            ..self.clone()
        }
    }

    /// Returns the content of a file or address that the directory names.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be had, or is not allowed.
    pub fn read(&self, path: &str) -> Result<Arc<[u8]>, LoadError> {
        if remote::is_address(path) {
            return self.download(path);
        }
        let path = self.locate(path)?;
        let content = self.session.content(self.place.files, &path);
        let content = content.map_err(|error| LoadError::Open {
            path: path.display().to_string(),
            reason: files::reason(&error),
        })?;
        self.read.borrow_mut().insert(path);
        Ok(content)
    }

    /// Returns the resources of a file or address that the directory names.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be had, is not allowed, or holds something else.
    pub fn resources(&self, path: &str) -> Result<Arc<[Arc<Node>]>, LoadError> {
        let content = self.read(path)?;
        if remote::is_address(path) {
            return Ok(super::resources::read(&content).map(Arc::from)?);
        }
        let path = self.locate(path)?;
        Ok(self.session.documents(self.place.files, &path, &content)?)
    }

    /// Parses files that are about to be asked for; what is wrong with one is said when it is.
    pub fn read_ahead<'path>(&self, paths: impl Iterator<Item = &'path String>) {
        let Some((ahead, threads)) = self.session.ahead() else {
            return;
        };
        // Directories hardly ever have an extension.
        let is_file = |path: &&String| {
            !remote::is_address(path) && Path::new(path.as_str()).extension().is_some()
        };
        let file = |path: &String| Some((self.locate(path).ok()?, self.read(path).ok()?));
        let files: Vec<_> = paths.filter(is_file).filter_map(file).collect();
        ahead.parse(&files, threads);
    }

    fn download(&self, url: &str) -> Result<Arc<[u8]>, LoadError> {
        let Some(remote) = self.session.remote else {
            let url = remote::shown(url).into_owned();
            return Err(LoadError::NoRemote { url });
        };
        remote.file(url).map(Arc::from).map_err(|source| {
            // A repository's own page may well be refused.
            let source = match source {
                RemoteError::Status { .. } if GitUrl::parse(url).is_some() => RemoteError::Other {
                    message: source.to_string(),
                    hint: None,
                },
                source => source,
            };
            LoadError::Remote {
                url: remote::shown(url).into_owned(),
                source,
            }
        })
    }

    /// Returns the path of a file, if the directory may name it.
    fn locate(&self, path: &str) -> Result<PathBuf, LoadError> {
        let path = if Path::new(path).is_absolute() {
            PathBuf::from(path)
        } else {
            files::join(&self.place.root, path)
        };
        let free = self.session.restriction == Restriction::None && self.is_local();
        if free {
            return Ok(path);
        }
        let shown = || path.display().to_string();
        let files = self.place.files;
        let found = self
            .session
            .find(files, &path)
            .map_err(|error| LoadError::Nowhere {
                path: shown(),
                reason: format!("lstat {}: {}", shown(), files::reason(&error)),
            })?;
        if found.is_directory {
            return Err(LoadError::NotAFile { path: shown() });
        }
        if !found.path.starts_with(&self.place.root) {
            return Err(LoadError::Outside {
                path: shown(),
                root: self.place.root.display().to_string(),
            });
        }
        Ok(found.path)
    }
}

/// Returns the real path of a directory.
fn directory(session: &Session<'_>, files: &dyn Files, path: &Path) -> Result<PathBuf, LoadError> {
    let failed = |problem: String| LoadError::NotADirectory { problem };
    let found = session.find(files, path).map_err(|error| {
        let path = path.display();
        let reason = files::reason(&error);
        failed(format!(
            "'{path}' doesn't exist: evalsymlink failure on '{path}' : lstat {path}: {reason}"
        ))
    })?;
    if !found.is_directory {
        return Err(failed(format!(
            "file is not directory: '{}'",
            path.display()
        )));
    }
    Ok(found.path)
}

/// Fetches a repository; returns the directory in it that is meant.
fn fetch<'call>(
    session: &'call Session<'call>,
    url: GitUrl,
) -> Result<(&'call dyn Files, PathBuf, Clone), LoadError> {
    let Some(remote) = session.remote else {
        let url = remote::shown(&url.written).into_owned();
        return Err(LoadError::NoRemote { url });
    };
    let clone = remote
        .repository(&url)
        .map_err(|source| LoadError::Remote {
            url: remote::shown(&url.written).into_owned(),
            source,
        })?;
    let files: &'static dyn Files = &Disk;
    let clone = directory(session, files, &clone)?;
    let root = directory(session, files, &files::join(&clone, &url.directory))?;
    if !root.starts_with(&clone) {
        return Err(LoadError::OutsideRepository {
            path: root.display().to_string(),
            repository: clone.display().to_string(),
        });
    }
    let clone = Clone {
        url,
        directory: clone,
    };
    Ok((files, root, clone))
}
