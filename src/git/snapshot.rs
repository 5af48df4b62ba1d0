//! The files of a commit, read from the object database by many threads, without a checkout.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use git2::{ObjectType, Oid, Repository};

use super::content::{ContentId, Leaf, is_safe};
use super::git_error::{GitError, object};
use super::tree::{EXECUTABLE, EntryKind};

/// More than any manifest has; a larger file would only fill the memory.
const MOST_BYTES: usize = 64 << 20;

/// The entries of a folder, sorted by name.
type Leaves = Arc<[Leaf]>;

/// The object database of a repository, and the folders that were read from it.
pub(super) struct Objects {
    folder: PathBuf,
    /// A handle is used by one thread at a time.
    idle: Mutex<Vec<Repository>>,
    folders: RwLock<HashMap<Oid, Leaves>>,
}

impl Objects {
    pub(super) fn of(repository: &Repository) -> Self {
        Self {
            folder: repository.path().to_owned(),
            idle: Mutex::default(),
            folders: RwLock::default(),
        }
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Repository) -> Result<T, GitError>,
    ) -> Result<T, GitError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let repository = match waiting {
            Some(repository) => repository,
            None => Repository::open(&self.folder).map_err(object("open the repository"))?,
        };
        let result = work(&repository);
        idle().push(repository);
        result
    }

    fn leaves(&self, tree: Oid) -> Result<Leaves, GitError> {
        let known = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaves) = known.get(&tree) {
            return Ok(Arc::clone(leaves));
        }
        drop(known);
        let leaves = self.with(|repository| {
            let tree = repository.find_tree(tree);
            let tree = tree.map_err(object("read a folder of the repository"))?;
            let mut leaves: Vec<Leaf> = tree.iter().filter_map(|entry| leaf(&entry)).collect();
            leaves.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(Leaves::from(leaves))
        })?;
        let mut known = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(tree, Arc::clone(&leaves));
        Ok(leaves)
    }

    fn blob(&self, id: Oid) -> Result<Vec<u8>, GitError> {
        self.with(|repository| {
            let read = object("read a file of the repository");
            let database = match repository.odb() {
                Ok(database) => database,
                Err(error) => return Err(read(error)),
            };
            let found = database
                .read_header(id)
                .and_then(|(size, kind)| match kind {
                    ObjectType::Blob if size <= MOST_BYTES => database.read(id),
                    _ => Err(git2::Error::from_str("it is no file, or too large")),
                });
            found.map(|found| found.data().to_vec()).map_err(read)
        })
    }
}

/// Takes an entry over; `None` for a name that no path can hold.
fn leaf(entry: &git2::TreeEntry<'_>) -> Option<Leaf> {
    let name = entry.name().ok().filter(|name| is_safe(name))?;
    Some(Leaf {
        name: name.to_owned(),
        kind: EntryKind::of_mode(entry.filemode()),
        is_executable: entry.filemode() == EXECUTABLE,
        id: ContentId(entry.id()),
    })
}

/// The files of one commit.
#[derive(Clone)]
pub struct Snapshot {
    objects: Arc<Objects>,
    root: Oid,
}

impl Snapshot {
    pub(super) const fn new(objects: Arc<Objects>, root: Oid) -> Self {
        Self { objects, root }
    }

    /// Returns the digest of the whole tree.
    pub const fn root(&self) -> ContentId {
        ContentId(self.root)
    }

    /// Returns the entries of a folder by its digest, sorted by name; names that no path can hold are left out.
    pub fn leaves(&self, folder: ContentId) -> Result<Arc<[Leaf]>, GitError> {
        self.objects.leaves(folder.0)
    }

    /// Returns the content of a file, or the target of a link, by its digest.
    pub fn content(&self, file: ContentId) -> Result<Vec<u8>, GitError> {
        self.objects.blob(file.0)
    }
}
