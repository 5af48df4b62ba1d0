//! Where tests find data that is no part of the repository.

use std::path::{Path, PathBuf};

/// Returns a folder of the shared data; `None`, with a line that says so, where there is none.
#[expect(clippy::disallowed_methods, reason = "a variable of tests only")]
pub fn folder(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let told = std::env::var_os("GITOPS_SHARED").map(PathBuf::from);
    let places = told
        .into_iter()
        .chain([root.join("../shared"), root.join("../../shared")]);
    let found = places
        .map(|place| place.join(name))
        .find(|place| place.is_dir());
    if found.is_none() {
        println!("skipped: there is no shared folder `{name}`");
    }
    found
}
