//! Which files of a source a build leaves out.

use std::path::Path;

use crate::git::{IGNORE_FILE, IgnoreRules, SOURCE_DEFAULTS};
use crate::kustomize::load::{Files, join};

/// The rules of one directory that is built.
///
/// Flux applies its own list to a kustomization that is there in any case, and to one that it generates only
/// together with rules of the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignored {
    rules: Option<IgnoreRules>,
    has_own: bool,
}

impl Ignored {
    #[cfg(test)]
    /// Leaves nothing out, as the controllers do: what they build was filtered before.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Reads the rules of a directory: the list of Flux, every `.sourceignore` below, and the patterns of the caller.
    pub fn at(files: &dyn Files, directory: &Path, patterns: &[String]) -> Self {
        let mut own = IgnoreRules::default();
        let mut rules = IgnoreRules::default();
        rules.add(SOURCE_DEFAULTS, "");
        collect(files, directory, "", &mut |text, folder| {
            own.add(text, folder);
            rules.add(text, folder);
        });
        let patterns = patterns.join("\n");
        own.add(&patterns, "");
        rules.add(&patterns, "");
        Self {
            rules: Some(rules),
            has_own: !own.is_empty(),
        }
    }

    /// Says whether a kustomization that is generated leaves out a path of its directory.
    pub fn leaves_out(&self, path: &Path, is_directory: bool) -> bool {
        let rules = self.rules.as_ref().filter(|_| self.has_own);
        rules.is_some_and(|rules| rules.ignores(&path.to_string_lossy(), is_directory))
    }

    /// Says whether an entry of the kustomization in a directory is taken out; what lies outside never is.
    pub fn takes_out(&self, files: &dyn Files, directory: &Path, entry: &str) -> bool {
        let path = join(directory, entry);
        let (Some(rules), Ok(below)) = (&self.rules, path.strip_prefix(directory)) else {
            return false;
        };
        rules.ignores(&below.to_string_lossy(), files.is_directory(&path))
    }
}

/// Hands out the texts of all files with rules below a directory, with their folders.
fn collect(files: &dyn Files, directory: &Path, below: &str, take: &mut dyn FnMut(&str, &str)) {
    if let Ok(content) = files.read(&directory.join(IGNORE_FILE)) {
        take(&String::from_utf8_lossy(&content), below);
    }
    for name in files.names(directory).unwrap_or_default() {
        let path = directory.join(&name);
        let is_link = files.real_path(&path).is_ok_and(|real| real != path);
        if name != ".git" && !is_link && files.is_directory(&path) {
            collect(files, &path, &format!("{below}{name}/"), take);
        }
    }
}
