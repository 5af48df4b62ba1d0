//! Paths in the tree of a commit: looked up, and kept within it, links and all.

use std::collections::VecDeque;
use std::path::Path;

use git2::{ErrorCode, Repository, Tree, TreeEntry};

use super::git_error::{GitError, object};

/// More links than any path has that ends.
const MOST_LINKS: usize = 40;

pub(super) const LINK: i32 = 0o120_000;
const FOLDER: i32 = 0o040_000;
const SUBMODULE: i32 = 0o160_000;
pub(super) const EXECUTABLE: i32 = 0o100_755;

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

impl EntryKind {
    /// Returns what an entry with a file mode is.
    pub(super) const fn of_mode(mode: i32) -> Self {
        match mode {
            LINK => Self::Link,
            FOLDER => Self::Folder,
            SUBMODULE => Self::Submodule,
            _ => Self::File,
        }
    }
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

fn bad(path: &str, problem: &'static str) -> GitError {
    GitError::Path {
        path: path.escape_debug().to_string(),
        problem,
    }
}

/// Returns where `path` leads from the root: `..` stops at the root, and links are followed within it.
///
/// Parts that do not exist stay as they are, so that a file can be written there. Empty for the root.
pub(super) fn resolve(
    repository: &Repository,
    tree: Option<&Tree<'_>>,
    path: &str,
) -> Result<String, GitError> {
    let mut done: Vec<String> = Vec::new();
    let mut left: VecDeque<String> = path.split('/').map(String::from).collect();
    let mut links = 0;
    while let Some(part) = left.pop_front() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                done.pop();
                continue;
            }
            _ if part.eq_ignore_ascii_case(".git") => {
                return Err(bad(path, "`.git` belongs to Git"));
            }
            _ if part
                .chars()
                .any(|character| character.is_control() || character == '\\') =>
            {
                return Err(bad(path, "it holds a control character or a backslash"));
            }
            _ => done.push(part),
        }
        let Some(target) = link_target(repository, tree, &done.join("/"))? else {
            continue;
        };
        links += 1;
        if links > MOST_LINKS {
            return Err(bad(path, "its links go round in circles"));
        }
        done.pop();
        if target.starts_with('/') {
            return Err(bad(path, "a link on it leads out of the repository"));
        }
        for part in target.split('/').rev() {
            left.push_front(part.into());
        }
    }
    Ok(done.join("/"))
}

fn find(tree: Option<&Tree<'_>>, path: &str) -> Result<Option<TreeEntry<'static>>, GitError> {
    let Some(tree) = tree.filter(|_| !path.is_empty()) else {
        return Ok(None);
    };
    match tree.get_path(Path::new(path)) {
        Ok(entry) => Ok(Some(entry)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(object("look a path up")(error)),
    }
}

fn link_target(
    repository: &Repository,
    tree: Option<&Tree<'_>>,
    path: &str,
) -> Result<Option<String>, GitError> {
    let Some(entry) = find(tree, path)?.filter(|entry| entry.filemode() == LINK) else {
        return Ok(None);
    };
    let blob = repository
        .find_blob(entry.id())
        .map_err(object("read a link"))?;
    Ok(Some(String::from_utf8_lossy(blob.content()).into_owned()))
}

/// Returns the file mode of what stands at a resolved path.
pub(super) fn mode(tree: Option<&Tree<'_>>, path: &str) -> Result<Option<i32>, GitError> {
    Ok(find(tree, path)?.map(|entry| entry.filemode()))
}

/// Reads a file; `None` where there is none.
pub(super) fn read(
    repository: &Repository,
    tree: &Tree<'_>,
    path: &str,
) -> Result<Option<Vec<u8>>, GitError> {
    let path = resolve(repository, Some(tree), path)?;
    let Some(entry) = find(Some(tree), &path)? else {
        return Ok(None);
    };
    if entry.kind() != Some(git2::ObjectType::Blob) {
        return Ok(None);
    }
    let blob = repository
        .find_blob(entry.id())
        .map_err(object("read a file of the repository"))?;
    Ok(Some(blob.content().to_vec()))
}

/// Lists a folder; `None` where there is none.
pub(super) fn list(
    repository: &Repository,
    tree: &Tree<'_>,
    path: &str,
) -> Result<Option<Vec<Entry>>, GitError> {
    let path = resolve(repository, Some(tree), path)?;
    if path.is_empty() {
        return Ok(Some(entries(tree)));
    }
    let entry =
        find(Some(tree), &path)?.filter(|entry| entry.kind() == Some(git2::ObjectType::Tree));
    let Some(entry) = entry else { return Ok(None) };
    let folder = repository
        .find_tree(entry.id())
        .map_err(object("read a folder of the repository"))?;
    Ok(Some(entries(&folder)))
}

fn entries(tree: &Tree<'_>) -> Vec<Entry> {
    let entry = |entry: TreeEntry<'_>| Entry {
        name: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
        kind: EntryKind::of_mode(entry.filemode()),
    };
    let mut entries: Vec<Entry> = tree.iter().map(entry).collect();
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    entries
}
