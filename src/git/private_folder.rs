//! Folders for what nobody else may see.

use std::io;

use tempfile::{Builder, TempDir};

/// Makes a temporary folder that its owner alone may enter.
pub(super) fn private_folder() -> io::Result<TempDir> {
    let mut builder = Builder::new();
    builder.prefix("gitops-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}
