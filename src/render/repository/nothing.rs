//! A tree without any file, to put files in memory over.

use std::io;
use std::path::{Path, PathBuf};

use crate::kustomize::load::Files;

/// A tree without any file.
pub struct Nothing;

impl Files for Nothing {
    fn read(&self, _path: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn is_directory(&self, _path: &Path) -> bool {
        false
    }

    fn real_path(&self, _path: &Path) -> io::Result<PathBuf> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn names(&self, _directory: &Path) -> io::Result<Vec<String>> {
        Err(io::ErrorKind::NotFound.into())
    }
}
