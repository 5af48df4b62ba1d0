//! Trees that nothing leads out of: every path is looked up entry by entry, links and all, and every content has a
//! digest.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::git::{ContentId, EntryKind, Leaf};
use crate::kustomize::load::Files;

/// More links than any path has that ends.
const MOST_LINKS: usize = 40;

/// A tree of files whose contents have digests; its root is `/`.
pub trait Tree: Files + Send {
    /// Returns the digest of the file or folder that a path leads to; `None` where it leads nowhere.
    ///
    /// Two paths with the same digest hold the same, but for what links in a folder lead to.
    fn digest(&self, path: &Path) -> Option<ContentId>;

    /// Returns the digest of the whole tree, where it is known without a look.
    fn root(&self) -> Option<ContentId> {
        None
    }

    /// Returns the entries of a folder, sorted by name.
    fn leaves(&self, folder: &Path) -> io::Result<Arc<[Leaf]>>;

    /// Returns what a link says, which stands in a folder given by its real path.
    fn target(&self, link: &Path) -> io::Result<String>;
}

/// Where the entries of folders and the contents of files are had; all paths are real, and begin with `/`.
pub trait Shelf: Send + Sync {
    /// Returns the entries of a folder, sorted by name; `id` is its digest where the one above it knows it.
    fn leaves(&self, folder: &Path, id: Option<ContentId>) -> io::Result<Arc<[Leaf]>>;

    /// Returns the content of a file.
    fn content(&self, file: &Path, leaf: &Leaf) -> io::Result<Vec<u8>>;

    /// Returns what a link says.
    fn target(&self, link: &Path, leaf: &Leaf) -> io::Result<String>;

    /// Returns the digest of a file, a link or a folder.
    fn digest(&self, path: &Path, leaf: &Leaf) -> io::Result<ContentId>;

    /// Returns the digest of the root, where it is known without a look.
    fn root(&self) -> Option<ContentId>;
}

/// A shelf with a wall around it.
pub struct Walled<S> {
    shelf: S,
    folders: RwLock<HashMap<PathBuf, Arc<[Leaf]>>>,
}

/// What a path leads to, and where that stands.
struct Found {
    path: PathBuf,
    /// The folder that it is an entry of, and its place there; `None` for the root.
    entry: Option<(Arc<[Leaf]>, usize)>,
}

impl Found {
    fn root() -> Self {
        Self {
            path: PathBuf::from("/"),
            entry: None,
        }
    }

    fn leaf(&self) -> Option<&Leaf> {
        let (entries, place) = self.entry.as_ref()?;
        entries.get(*place)
    }

    fn is_folder(&self) -> bool {
        self.leaf()
            .is_none_or(|leaf| leaf.kind == EntryKind::Folder)
    }
}

/// Returns the place of a name among entries.
fn place_of(entries: &[Leaf], name: &str) -> io::Result<usize> {
    let place = entries.binary_search_by(|leaf| leaf.name.as_str().cmp(name));
    place.map_err(|_| io::ErrorKind::NotFound.into())
}

impl<S: Shelf> Walled<S> {
    /// Builds the wall.
    pub fn new(shelf: S) -> Self {
        Self {
            shelf,
            folders: RwLock::default(),
        }
    }

    fn entries(&self, folder: &Path, id: Option<ContentId>) -> io::Result<Arc<[Leaf]>> {
        let known = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = known.get(folder) {
            return Ok(Arc::clone(entries));
        }
        drop(known);
        let entries = self.shelf.leaves(folder, id)?;
        let mut known = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(folder.to_owned(), Arc::clone(&entries));
        Ok(entries)
    }

    /// Finds what stands in a folder that was looked into before; `None` where the way there is not known, or a link.
    fn find_near(&self, path: &Path) -> Option<io::Result<Found>> {
        let name = path.file_name()?.to_str()?;
        let known = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        let (folder, entries) = known.get_key_value(path.parent()?)?;
        let found = place_of(entries, name).map(|place| Found {
            path: folder.join(name),
            entry: Some((Arc::clone(entries), place)),
        });
        let is_link = |leaf: &Leaf| leaf.kind == EntryKind::Link;
        match &found {
            Ok(found) if found.leaf().is_some_and(is_link) => None,
            _ => Some(found),
        }
    }

    /// Finds what a path leads to.
    fn find(&self, path: &Path) -> io::Result<Found> {
        let near = self.find_near(path);
        near.unwrap_or_else(|| self.follow(path))
    }

    /// Follows a path from the root to what it leads to.
    fn follow(&self, path: &Path) -> io::Result<Found> {
        let text = path.to_str().ok_or(io::ErrorKind::NotFound)?;
        let mut left: VecDeque<String> = text.split('/').map(str::to_owned).collect();
        let mut way: Vec<Found> = Vec::new();
        let mut links = 0;
        while let Some(name) = left.pop_front() {
            match name.as_str() {
                "" | "." => continue,
                ".." => {
                    if way.pop().is_none() && links > 0 {
                        return Err(leads_out());
                    }
                    continue;
                }
                _ => {}
            }
            let (folder, id) = match way.last() {
                None => (Path::new("/"), self.shelf.root()),
                Some(found) if found.is_folder() => {
                    (found.path.as_path(), found.leaf().map(|leaf| leaf.id))
                }
                Some(_) => return Err(io::ErrorKind::NotADirectory.into()),
            };
            let entries = self.entries(folder, id)?;
            let place = place_of(&entries, &name)?;
            let path = folder.join(&name);
            let leaf = &entries[place];
            if leaf.kind != EntryKind::Link {
                way.push(Found {
                    path,
                    entry: Some((Arc::clone(&entries), place)),
                });
                continue;
            }
            links += 1;
            let target = self.shelf.target(&path, leaf)?;
            if links > MOST_LINKS {
                return Err(io::Error::other("its links go round in circles"));
            }
            if target.starts_with('/') {
                return Err(leads_out());
            }
            for part in target.split('/').rev() {
                left.push_front(part.to_owned());
            }
        }
        Ok(way.pop().unwrap_or_else(Found::root))
    }
}

fn leads_out() -> io::Error {
    io::Error::other("a link on it leads out of the repository")
}

impl<S: Shelf> Files for Walled<S> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let found = self.find(path)?;
        match found.leaf() {
            Some(leaf) if leaf.kind == EntryKind::File => self.shelf.content(&found.path, leaf),
            Some(leaf) if leaf.kind == EntryKind::Submodule => {
                Err(io::Error::other("it is in a submodule, which is not read"))
            }
            _ => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.find(path).is_ok_and(|found| found.is_folder())
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.find(path)?.path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let leaves = Tree::leaves(self, directory)?;
        Ok(leaves.iter().map(|leaf| leaf.name.clone()).collect())
    }
}

impl<S: Shelf> Tree for Walled<S> {
    fn digest(&self, path: &Path) -> Option<ContentId> {
        let found = self.find(path).ok()?;
        match found.leaf() {
            Some(leaf) => self.shelf.digest(&found.path, leaf).ok(),
            None => self.root().or_else(|| {
                let root = Leaf::named("root".into(), EntryKind::Folder)?;
                self.shelf.digest(&found.path, &root).ok()
            }),
        }
    }

    fn root(&self) -> Option<ContentId> {
        self.shelf.root()
    }

    fn leaves(&self, folder: &Path) -> io::Result<Arc<[Leaf]>> {
        let found = self.find(folder)?;
        if !found.is_folder() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let id = match found.leaf() {
            Some(leaf) => Some(leaf.id),
            None => self.root(),
        };
        self.entries(&found.path, id)
    }

    fn target(&self, link: &Path) -> io::Result<String> {
        let missing = io::ErrorKind::NotFound;
        let folder = link.parent().ok_or(missing)?;
        let leaves = Tree::leaves(self, folder)?;
        let name = link.file_name().and_then(|name| name.to_str());
        let leaf = leaves
            .iter()
            .find(|leaf| Some(leaf.name.as_str()) == name)
            .filter(|leaf| leaf.kind == EntryKind::Link);
        self.shelf.target(link, leaf.ok_or(missing)?)
    }
}
