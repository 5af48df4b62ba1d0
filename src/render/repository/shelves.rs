//! The shelves that trees stand on: a commit, and a folder of this machine.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::tree::Shelf;
use crate::git::{ContentId, EntryKind, GitError, Leaf, Snapshot, WorkTreeIndex};

/// More than any manifest has; a larger file would only fill the memory.
const MOST_BYTES: u64 = 64 << 20;

impl Shelf for Snapshot {
    fn leaves(&self, _folder: &Path, id: Option<ContentId>) -> io::Result<Arc<[Leaf]>> {
        let id = id.ok_or(io::ErrorKind::NotFound)?;
        Self::leaves(self, id).map_err(io::Error::other)
    }

    fn content(&self, _file: &Path, leaf: &Leaf) -> io::Result<Vec<u8>> {
        Self::content(self, leaf.id).map_err(io::Error::other)
    }

    fn target(&self, link: &Path, leaf: &Leaf) -> io::Result<String> {
        let target = Shelf::content(self, link, leaf)?;
        String::from_utf8(target).map_err(io::Error::other)
    }

    fn digest(&self, _path: &Path, leaf: &Leaf) -> io::Result<ContentId> {
        Ok(leaf.id)
    }

    fn root(&self) -> Option<ContentId> {
        Some(Self::root(self))
    }
}

/// A folder of this machine; digests are made when they are asked for, as Git would make them.
pub struct Folder {
    root: PathBuf,
    /// What Git knows of the files without a look into them.
    index: Option<WorkTreeIndex>,
    folders: RwLock<HashMap<PathBuf, Arc<[Leaf]>>>,
    digests: RwLock<HashMap<PathBuf, (ContentId, bool)>>,
}

impl Folder {
    /// Takes a folder by its real path.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            index: None,
            folders: RwLock::default(),
            digests: RwLock::default(),
        }
    }

    /// Takes what Git noted of the files in it.
    #[must_use]
    pub fn with_index(mut self, index: Option<WorkTreeIndex>) -> Self {
        self.index = index;
        self
    }

    fn on_disk(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Returns a digest, made once.
    fn digest_of(&self, path: &Path, kind: EntryKind) -> io::Result<(ContentId, bool)> {
        let known = self.digests.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(path) {
            return Ok(*known);
        }
        drop(known);
        let made = match kind {
            EntryKind::File => {
                if let Some((id, is_executable)) = self.noted(path) {
                    (Ok(id), is_executable)
                } else {
                    let (content, is_executable) = read(&self.on_disk(path))?;
                    (ContentId::of_file(&content), is_executable)
                }
            }
            EntryKind::Link => (ContentId::of_file(self.link(path)?.as_bytes()), false),
            EntryKind::Submodule => (Ok(ContentId::nothing()), false),
            EntryKind::Folder => (self.digest_of_folder(path)?, false),
        };
        let made = (made.0.map_err(io::Error::other)?, made.1);
        let mut known = self.digests.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), made);
        Ok(made)
    }

    fn noted(&self, path: &Path) -> Option<(ContentId, bool)> {
        let index = self.index.as_ref()?;
        let about = fs::symlink_metadata(self.on_disk(path)).ok()?;
        index.find(path.strip_prefix("/").ok()?.to_str()?, &about)
    }

    fn digest_of_folder(&self, path: &Path) -> io::Result<Result<ContentId, GitError>> {
        let mut leaves = self.leaves(path, None)?.to_vec();
        for leaf in &mut leaves {
            let digest = self.digest_of(&path.join(&leaf.name), leaf.kind)?;
            (leaf.id, leaf.is_executable) = digest;
        }
        // Git knows no folders without a file in them.
        leaves.retain(|leaf| leaf.id != ContentId::nothing());
        Ok(match leaves.as_slice() {
            [] => Ok(ContentId::nothing()),
            _ => ContentId::of_folder(leaves),
        })
    }

    /// Lists a folder, sorted by name.
    fn list(&self, folder: &Path) -> io::Result<Vec<Leaf>> {
        let mut leaves = Vec::new();
        for entry in fs::read_dir(self.on_disk(folder))? {
            let entry = entry?;
            // A name that is no text leads to no file, which the build then says.
            let name = entry.file_name().to_string_lossy().into_owned();
            let found = entry.file_type()?;
            let kind = if found.is_symlink() {
                EntryKind::Link
            } else if found.is_dir() {
                EntryKind::Folder
            } else if found.is_file() {
                EntryKind::File
            } else {
                // What is no file could be read without an end.
                continue;
            };
            if let Some(leaf) = Leaf::named(name, kind) {
                leaves.push(leaf);
            }
        }
        leaves.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(leaves)
    }

    fn link(&self, path: &Path) -> io::Result<String> {
        let target = fs::read_link(self.on_disk(path))?;
        let target = target.into_os_string().into_string();
        target.map_err(|_| io::Error::other("its target is no text"))
    }
}

/// Reads a file; says too whether it may be run.
fn read(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    let mut file = fs::File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() || about.len() > MOST_BYTES {
        return Err(io::Error::other("it is no file, or too large"));
    }
    let mut content = Vec::with_capacity(usize::try_from(about.len()).unwrap_or_default());
    file.read_to_end(&mut content)?;
    Ok((content, is_executable(&about)))
}

#[cfg(unix)]
fn is_executable(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
const fn is_executable(_about: &fs::Metadata) -> bool {
    false
}

impl Shelf for Folder {
    fn leaves(&self, folder: &Path, _id: Option<ContentId>) -> io::Result<Arc<[Leaf]>> {
        let known = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaves) = known.get(folder) {
            return Ok(Arc::clone(leaves));
        }
        drop(known);
        let leaves: Arc<[Leaf]> = self.list(folder)?.into();
        let mut known = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(folder.to_owned(), Arc::clone(&leaves));
        Ok(leaves)
    }

    fn content(&self, file: &Path, _leaf: &Leaf) -> io::Result<Vec<u8>> {
        Ok(read(&self.on_disk(file))?.0)
    }

    fn target(&self, link: &Path, _leaf: &Leaf) -> io::Result<String> {
        self.link(link)
    }

    fn digest(&self, path: &Path, leaf: &Leaf) -> io::Result<ContentId> {
        Ok(self.digest_of(path, leaf.kind)?.0)
    }

    fn root(&self) -> Option<ContentId> {
        None
    }
}
