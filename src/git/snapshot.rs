//! The files of a commit, read from the object database by many threads, without a checkout.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use git2::{Oid, Repository};
use gix_hash::{Kind as HashKind, oid};
use gix_object::tree::{EntryKind as Mode, EntryRef};
use gix_object::{Data, Kind, TreeRefIter};
use gix_odb::store::init::Options;
use gix_odb::{HandleArc, Store};
use gix_pack::cache::lru::MemoryCappedHashmap;

use super::content::{ContentId, Leaf, is_safe};
use super::git_error::GitError;
use super::tree::EntryKind;

/// More than any manifest has; a larger file would only fill the memory.
const MOST_BYTES: usize = 64 << 20;

/// How many bytes of objects are kept at hand that others are stored as changes of.
const BASE_BYTES: usize = 4 << 20;

/// The entries of a folder, sorted by name.
type Leaves = Arc<[Leaf]>;

/// The object database of a repository, and the folders that were read from it.
///
/// Read through gitoxide, whose readers share what is mapped and wait for nobody; libgit2 opens everything anew for
/// each thread.
pub(super) struct Objects {
    store: Arc<Store>,
    /// A reader is used by one thread at a time.
    idle: Mutex<Vec<Reader>>,
    folders: RwLock<HashMap<Oid, Leaves>>,
}

/// What one thread reads objects with.
struct Reader {
    database: HandleArc,
    buffer: Vec<u8>,
}

impl Objects {
    pub(super) fn of(repository: &Repository) -> Result<Self, GitError> {
        let folder = repository.commondir().join("objects");
        let options = Options {
            alloc_limit_bytes: Some(MOST_BYTES),
            ..Options::default()
        };
        let store = Store::at_opts(folder, HashKind::Sha1, &mut std::iter::empty(), options);
        let store = store.map_err(failed("open the objects of the repository"))?;
        Ok(Self {
            store: Arc::new(store),
            idle: Mutex::default(),
            folders: RwLock::default(),
        })
    }

    fn reader(&self) -> Reader {
        let mut database = self.store.to_cache_arc();
        database.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(BASE_BYTES)));
        Reader {
            database,
            buffer: Vec::new(),
        }
    }

    /// Reads an object of a kind.
    fn read<T>(
        &self,
        id: Oid,
        kind: Kind,
        take: impl FnOnce(Data<'_>) -> io::Result<T>,
    ) -> io::Result<T> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let mut reader = waiting.unwrap_or_else(|| self.reader());
        let id = oid::try_from_bytes(id.as_bytes()).map_err(io::Error::other)?;
        let found = gix_object::Find::try_find(&reader.database, id, &mut reader.buffer);
        let result = match found {
            Ok(Some(data)) if data.kind == kind => take(data),
            Ok(Some(data)) => Err(io::Error::other(format!("{id} is a {}", data.kind))),
            Ok(None) => Err(io::Error::other(format!("{id} is not in the repository"))),
            Err(error) => Err(io::Error::other(error)),
        };
        idle().push(reader);
        result
    }

    fn leaves(&self, tree: Oid) -> Result<Leaves, GitError> {
        let known = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaves) = known.get(&tree) {
            return Ok(Arc::clone(leaves));
        }
        drop(known);
        let leaves = self.read(tree, Kind::Tree, |data| {
            let entries = TreeRefIter::from_bytes(data.data, HashKind::Sha1);
            let leaves = entries.filter_map(|entry| entry.map(leaf).transpose());
            let mut leaves: Vec<Leaf> =
                leaves.collect::<Result<_, _>>().map_err(io::Error::other)?;
            leaves.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(Leaves::from(leaves))
        });
        let leaves = leaves.map_err(failed("read a folder of the repository"))?;
        let mut known = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(tree, Arc::clone(&leaves));
        Ok(leaves)
    }

    fn blob(&self, id: Oid) -> Result<Vec<u8>, GitError> {
        let content = self.read(id, Kind::Blob, |data| Ok(data.data.to_vec()));
        content.map_err(failed("read a file of the repository"))
    }
}

/// Says what was tried when an object could not be read.
fn failed(action: &'static str) -> impl FnOnce(io::Error) -> GitError {
    move |source| GitError::Read { action, source }
}

/// Takes an entry over; `None` for a name that no path can hold.
fn leaf(entry: EntryRef<'_>) -> Option<Leaf> {
    // A name that is no text is still that of a file, which must not be hidden.
    let name = String::from_utf8_lossy(entry.filename);
    if !is_safe(&name) {
        return None;
    }
    let mode = entry.mode.kind();
    Some(Leaf {
        name: name.into_owned(),
        kind: match mode {
            Mode::Tree => EntryKind::Folder,
            Mode::Link => EntryKind::Link,
            Mode::Commit => EntryKind::Submodule,
            Mode::Blob | Mode::BlobExecutable => EntryKind::File,
        },
        is_executable: mode == Mode::BlobExecutable,
        id: ContentId(Oid::from_bytes(entry.oid.as_bytes()).ok()?),
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
