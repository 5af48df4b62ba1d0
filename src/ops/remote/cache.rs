//! The files of commits that were fetched, kept for later builds.
//!
//! `gitops/remote` in the cache folder has a folder for each repository, with one for each commit in it. Each is made
//! beside its place and then moved there, so that builds at the same time never see half of it, and each has a seal
//! that tells when something of it was deleted later. All of it can be deleted at any time.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::error::FetchError;
use crate::git::CommitId;

/// The files of a commit.
const TREE: &str = "tree";

/// How much there is of them.
const SEAL: &str = "seal";

/// Where commits are kept.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    /// Where no cache folder can be found, everything is forgotten at the end.
    _passing: Option<TempDir>,
}

/// A commit in the cache, there or not.
#[derive(Debug)]
pub struct Slot {
    repository: PathBuf,
    name: String,
}

impl Cache {
    /// Opens the cache of the user; nothing is written yet.
    ///
    /// # Errors
    ///
    /// Fails where there is no place for it.
    pub fn open() -> Result<Self, FetchError> {
        if let Ok(strategy) = etcetera::base_strategy::Xdg::new() {
            return Ok(Self::at(&strategy.cache_dir()));
        }
        let folder = std::env::temp_dir();
        let passing =
            private_folder(&folder).map_err(|source| FetchError::Cache { folder, source })?;
        Ok(Self {
            folder: passing.path().to_owned(),
            _passing: Some(passing),
        })
    }

    /// Opens the cache in a folder of caches.
    fn at(folder: &Path) -> Self {
        Self {
            folder: folder.join("gitops/remote"),
            _passing: None,
        }
    }

    /// Names the place of the files of an artifact, by what says which files of it are wanted.
    pub fn artifact_slot(&self, repository: &str, artifact: &str) -> Slot {
        Slot {
            repository: self.folder.join(digest(repository)),
            name: format!("artifact-{}", digest(artifact)),
        }
    }

    /// Names the place of a commit; with its submodules it is another one.
    pub fn slot(&self, repository: &str, commit: CommitId, submodules: Submodules) -> Slot {
        let more = match submodules {
            Submodules::Fetched => "-submodules",
            Submodules::LeftOut => "",
        };
        Slot {
            repository: self.folder.join(digest(repository)),
            name: format!("{commit}{more}"),
        }
    }

    /// Returns the commit or the digest that a tag was when it was fetched.
    pub fn tag(&self, repository: &str, tag: &str) -> Option<String> {
        let commit = fs::read_to_string(self.tag_file(repository, tag)).ok()?;
        Some(commit.trim().to_owned())
    }

    /// Notes which commit or digest a tag is; a note that can't be written is only missed without a network.
    pub fn note_tag(&self, repository: &str, tag: &str, target: &str) {
        let file = self.tag_file(repository, tag);
        let Some(folder) = file.parent() else { return };
        let written = make_private(folder).and_then(|()| {
            let mut new = tempfile::NamedTempFile::new_in(folder)?;
            io::Write::write_all(&mut new, target.as_bytes())?;
            new.persist(&file).map_err(io::Error::from)
        });
        if let Err(error) = written {
            tracing::debug!(%error, "cannot note a tag in the cache");
        }
    }

    fn tag_file(&self, repository: &str, tag: &str) -> PathBuf {
        let folder = self.folder.join(digest(repository));
        folder.join(format!("tag-{}", digest(tag)))
    }
}

/// Whether submodules are there too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submodules {
    /// They are.
    Fetched,
    /// They are not.
    LeftOut,
}

impl Slot {
    fn folder(&self) -> PathBuf {
        self.repository.join(&self.name)
    }

    /// Returns the folder with the files, if they are all there.
    pub fn tree(&self) -> Option<PathBuf> {
        let tree = self.folder().join(TREE);
        let seal = fs::read_to_string(self.folder().join(SEAL)).ok()?;
        (seal_of(&tree).ok()? == seal).then_some(tree)
    }

    /// Makes a folder beside the place, to fetch into.
    ///
    /// # Errors
    ///
    /// Fails where the cache can't be written.
    pub fn workshop(&self) -> Result<TempDir, FetchError> {
        make_private(&self.repository)
            .and_then(|()| private_folder(&self.repository))
            .map_err(|source| self.failed(source))
    }

    /// Puts files there; those that another build has put there meanwhile are as good.
    ///
    /// # Errors
    ///
    /// Fails where they can't be written.
    pub fn fill(
        &self,
        write: impl FnOnce(&Path) -> Result<(), FetchError>,
    ) -> Result<PathBuf, FetchError> {
        let new = self.workshop()?;
        let tree = new.path().join(TREE);
        make_private(&tree).map_err(|source| self.failed(source))?;
        write(&tree)?;
        let sealed = seal_of(&tree).and_then(|seal| fs::write(new.path().join(SEAL), seal));
        sealed.map_err(|source| self.failed(source))?;
        self.put(&new).map_err(|source| self.failed(source))?;
        Ok(self.folder().join(TREE))
    }

    /// Moves a folder to the place.
    fn put(&self, new: &TempDir) -> io::Result<()> {
        let place = self.folder();
        if fs::rename(new.path(), &place).is_ok() || self.tree().is_some() {
            return Ok(());
        }
        // What is there has lost something, or never was whole.
        fs::remove_dir_all(&place).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        let moved = fs::rename(new.path(), &place);
        moved.or_else(|error| self.tree().map(drop).ok_or(error))
    }

    fn failed(&self, source: io::Error) -> FetchError {
        FetchError::Cache {
            folder: self.repository.clone(),
            source,
        }
    }
}

/// Makes a folder, and those above it, that their owner alone may enter.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a temporary folder that its owner alone may enter.
fn private_folder(within: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("new-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(within)
}

/// Says how many entries a folder has, and how many bytes its files.
fn seal_of(folder: &Path) -> io::Result<String> {
    let (mut entries, mut bytes) = (0_u64, 0_u64);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let found = entry.metadata()?;
            entries += 1;
            if found.is_dir() {
                folders.push(entry.path());
            } else if found.is_file() {
                bytes += found.len();
            }
        }
    }
    Ok(format!("{entries} entries, {bytes} bytes\n"))
}

/// Returns a text of 32 digits that stands for another.
fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut text = String::with_capacity(32);
    for byte in &digest[..16] {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
