//! Where the engine's files come from: the disk, or whatever else looks like a tree of files.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A tree of files.
pub trait Files: Sync {
    /// Returns the content of a file.
    ///
    /// # Errors
    ///
    /// Fails where there is no such file, or it cannot be read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Says whether a path leads to a directory.
    fn is_directory(&self, path: &Path) -> bool;

    /// Returns the absolute path without symbolic links.
    ///
    /// # Errors
    ///
    /// Fails where the path leads nowhere, or in circles.
    fn real_path(&self, path: &Path) -> io::Result<PathBuf>;

    /// Returns the absolute path of an entry, without symbolic links, of a directory whose own path has none.
    ///
    /// # Errors
    ///
    /// Fails where there is no such entry, or it leads nowhere or in circles.
    fn real_path_in(&self, directory: &Path, name: &OsStr) -> io::Result<PathBuf> {
        self.real_path(&directory.join(name))
    }

    /// Returns the names of what a directory holds, sorted.
    ///
    /// # Errors
    ///
    /// Fails where it is no directory, or cannot be read.
    fn names(&self, directory: &Path) -> io::Result<Vec<String>>;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        // A pipe keeps the one who opens it waiting, and a device may have no end.
        let found = fs::metadata(path)?;
        if !found.is_file() && !found.is_dir() {
            return Err(io::Error::other("it is a pipe or a device, not a file"));
        }
        fs::read(path)
    }

    fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    fn real_path_in(&self, directory: &Path, name: &OsStr) -> io::Result<PathBuf> {
        // One look instead of one for every directory above it.
        let path = directory.join(name);
        if fs::symlink_metadata(&path)?.is_symlink() {
            return path.canonicalize();
        }
        Ok(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut names = fs::read_dir(directory)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    }
}

/// Joins a path to a directory and takes `.` and `..` out of it, without a look at any file.
pub fn join(directory: &Path, path: &str) -> PathBuf {
    use std::path::Component;

    let mut joined = PathBuf::new();
    for component in directory.components().chain(Path::new(path).components()) {
        match component {
            Component::CurDir => {}
            Component::ParentDir if joined.file_name().is_some() => {
                joined.pop();
            }
            // Nothing is above the root, and a path that looks absolute stays below.
            Component::ParentDir | Component::RootDir if joined.has_root() => {}
            other => joined.push(other),
        }
    }
    joined
}

/// Says in the words of Unix what went wrong with a file.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".into(),
        io::ErrorKind::IsADirectory => "is a directory".into(),
        io::ErrorKind::NotADirectory => "not a directory".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_leads_where_its_path_leads() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/file"), "").unwrap();
        for (target, link) in [("b", "a/link"), ("round", "a/round"), ("gone", "a/lost")] {
            std::os::unix::fs::symlink(target, root.join(link)).unwrap();
        }
        for name in ["b", "file", "link", "round", "lost", "none"] {
            let entry = Disk.real_path_in(&root.join("a"), OsStr::new(name));
            let path = Disk.real_path(&root.join("a").join(name));
            let reason = |error| reason(&error);
            assert_eq!(entry.map_err(reason), path.map_err(reason), "{name}");
        }
    }

    #[test]
    fn joins_without_a_look() {
        let joined = |path| join(Path::new("/a/b"), path).to_string_lossy().into_owned();
        assert_eq!(joined("../c/./d"), "/a/c/d");
        assert_eq!(joined("../../../c"), "/c");
        assert_eq!(joined("c//d/"), "/a/b/c/d");
        assert_eq!(joined("/c"), "/a/b/c");
        assert_eq!(join(Path::new(""), "../x"), Path::new("../x"));
    }
}
