//! Where the files of a folder come from: a disk, or a tree in Git.

use std::io;
use std::path::Path;

/// Reads files of one folder by their path in it.
///
/// A missing file is [`io::ErrorKind::NotFound`], a folder [`io::ErrorKind::IsADirectory`].
pub trait Files {
    /// Reads one file.
    fn read(&self, path: &str) -> io::Result<String>;
}

/// A folder on disk; nothing outside of it is read, not even through a link.
pub struct DiskFolder<'path>(pub &'path Path);

impl Files for DiskFolder<'_> {
    fn read(&self, path: &str) -> io::Result<String> {
        let root = self.0.canonicalize()?;
        let file = root.join(path).canonicalize()?;
        if !file.starts_with(&root) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the file lies outside of the folder",
            ));
        }
        if file.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        std::fs::read_to_string(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_does_not_lead_out_of_the_folder() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.yaml"), "secret").unwrap();
        let inside = tempfile::tempdir().unwrap();
        std::fs::write(inside.path().join("own.yaml"), "own").unwrap();
        std::os::unix::fs::symlink(
            outside.path().join("secret.yaml"),
            inside.path().join("link.yaml"),
        )
        .unwrap();
        let folder = DiskFolder(inside.path());
        assert!(folder.read("own.yaml").is_ok());
        assert_eq!(
            folder.read("link.yaml").unwrap_err().kind(),
            io::ErrorKind::PermissionDenied
        );
        assert_eq!(
            folder.read(".").unwrap_err().kind(),
            io::ErrorKind::IsADirectory
        );
        assert_eq!(
            folder.read("missing").unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
