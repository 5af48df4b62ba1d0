//! What Git calls files, folders and links by: the digest of their content.

use std::fmt;
use std::path::is_separator;

use git2::{ObjectType, Oid};

use super::git_error::{GitError, object};
use super::tree::EntryKind;

/// The digest of a file, a link or a whole folder, as Git makes it: equal contents have equal digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId(pub(super) Oid);

impl fmt::Display for ContentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One entry of a folder, with the digest of what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Whether it is a file that may be run.
    pub is_executable: bool,
    /// The digest of its content; of a submodule, its commit.
    pub id: ContentId,
}

impl ContentId {
    /// Returns the digest as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Returns the digest of a file, or of the target of a link.
    pub fn of_file(content: &[u8]) -> Result<Self, GitError> {
        let id = Oid::hash_object(ObjectType::Blob, content);
        id.map(Self).map_err(object("make the digest of a file"))
    }

    /// Returns the digest of a folder.
    pub fn of_folder(mut leaves: Vec<Leaf>) -> Result<Self, GitError> {
        // Git sorts folders as if their names ended with a slash.
        leaves.sort_by_cached_key(|leaf| {
            let mut key = leaf.name.clone().into_bytes();
            if leaf.kind == EntryKind::Folder {
                key.push(b'/');
            }
            key
        });
        let mut text = Vec::new();
        for leaf in &leaves {
            let mode: &[u8] = match leaf.kind {
                EntryKind::File if leaf.is_executable => b"100755",
                EntryKind::File => b"100644",
                EntryKind::Folder => b"40000",
                EntryKind::Link => b"120000",
                EntryKind::Submodule => b"160000",
            };
            text.extend_from_slice(mode);
            text.push(b' ');
            text.extend_from_slice(leaf.name.as_bytes());
            text.push(0);
            text.extend_from_slice(leaf.id.as_bytes());
        }
        let id = Oid::hash_object(ObjectType::Tree, &text);
        id.map(Self).map_err(object("make the digest of a folder"))
    }
}

impl Leaf {
    /// Makes an entry of a folder on disk, whose digest is not known yet; `None` for a name that no path can hold, or
    /// that Git keeps to itself.
    pub fn named(name: String, kind: EntryKind) -> Option<Self> {
        is_safe(&name).then(|| Self {
            name,
            kind,
            is_executable: false,
            id: ContentId::nothing(),
        })
    }
}

impl ContentId {
    /// Returns the digest that stands for nothing at all, such as a folder without files.
    pub const fn nothing() -> Self {
        Self(Oid::ZERO_SHA1)
    }
}

/// Says whether a file of a name can be checked out; anything else in a tree is nobody's file.
pub(super) fn is_safe(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && !name.eq_ignore_ascii_case(".git")
        && !name.contains(is_separator)
        && !name.contains('\0')
}
