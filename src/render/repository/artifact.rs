//! What a source hands to its Kustomizations: a tree without the files that Flux leaves out of every artifact.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::tree::Tree;
use crate::git::{ContentId, EntryKind, IGNORE_FILE, IgnoreRules, Leaf, SOURCE_DEFAULTS};
use crate::kustomize::load::{Files, join};

/// Why what a symbolic link leads to is not there.
pub const LINK: &str = "a symbolic link is on its path, which Flux leaves out of every source";

/// A tree, seen through the ignore rules of its source, and without links.
pub struct Artifact {
    tree: Arc<dyn Tree>,
    /// The rules in the source object, which count over those of files.
    own: String,
    rules: RwLock<HashMap<PathBuf, Rules>>,
}

/// The rules that count for the entries of a folder.
#[derive(Clone)]
struct Rules {
    /// Those of the files in the folders above it, and in itself.
    of_files: Arc<IgnoreRules>,
    /// The same, and those of the source object behind them.
    all: Arc<IgnoreRules>,
}

impl Artifact {
    /// Takes a tree, and the `spec.ignore` of its source object.
    pub fn new(tree: Arc<dyn Tree>, own: &str) -> Self {
        Self {
            tree,
            own: own.to_owned(),
            rules: RwLock::default(),
        }
    }

    /// Returns the rules of the source object.
    pub fn own_rules(&self) -> &str {
        &self.own
    }

    /// Returns the rules that decide about the entries of a folder.
    fn rules_in(&self, folder: &Path) -> Rules {
        let known = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = known.get(folder) {
            return rules.clone();
        }
        drop(known);
        let above = folder.parent().map(|parent| self.rules_in(parent));
        let written = self.tree.read(&folder.join(IGNORE_FILE)).ok();
        let rules = match (above, written) {
            (Some(above), None) => above,
            (above, written) => {
                let above = above.map(|above| above.of_files);
                let mut rules = above.map_or_else(Self::usual, Arc::unwrap_or_clone);
                let text = written.unwrap_or_default();
                rules.add(&String::from_utf8_lossy(&text), &folder.to_string_lossy());
                self.with_own(rules)
            }
        };
        let mut known = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(folder.to_owned(), rules.clone());
        rules
    }

    fn with_own(&self, of_files: IgnoreRules) -> Rules {
        let of_files = Arc::new(of_files);
        let all = if self.own.is_empty() {
            Arc::clone(&of_files)
        } else {
            let mut all = (*of_files).clone();
            all.add(&self.own, "");
            Arc::new(all)
        };
        Rules { of_files, all }
    }

    /// Says whether a path leads somewhere by way of a symbolic link, which no artifact has.
    pub fn is_linked(&self, path: &Path) -> bool {
        let real = self.tree.real_path(path);
        real.is_ok_and(|real| real != join(Path::new("/"), &path.to_string_lossy()))
    }

    fn usual() -> IgnoreRules {
        let mut rules = IgnoreRules::default();
        rules.add(SOURCE_DEFAULTS, "");
        rules
    }

    /// Says whether the source leaves a path out.
    fn hides(&self, path: &Path, is_folder: bool) -> bool {
        let Some(folder) = path.parent() else {
            return false;
        };
        let rules = self.rules_in(folder);
        rules.all.ignores(&path.to_string_lossy(), is_folder)
    }
}

impl Files for Artifact {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.hides(path, false) && self.tree.real_path(path).is_ok() {
            return Err(io::Error::other(
                "it is left out of the source by its ignore rules",
            ));
        }
        if self.is_linked(path) {
            return Err(io::Error::other(LINK));
        }
        self.tree.read(path)
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.tree.is_directory(path) && !self.is_linked(path)
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        if self.is_linked(path) {
            return Err(io::Error::other(LINK));
        }
        self.tree.real_path(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let leaves = self.tree.leaves(directory)?;
        let names = leaves.iter().filter(|leaf| {
            let path = directory.join(&leaf.name);
            // One that leads nowhere stays, so that whoever needs it is told why.
            let is_link = leaf.kind == EntryKind::Link && self.is_linked(&path);
            !is_link && !self.hides(&path, self.tree.is_directory(&path))
        });
        Ok(names.map(|leaf| leaf.name.clone()).collect())
    }
}

impl Tree for Artifact {
    fn digest(&self, path: &Path) -> Option<ContentId> {
        self.tree.digest(path)
    }

    fn leaves(&self, folder: &Path) -> io::Result<Arc<[Leaf]>> {
        self.tree.leaves(folder)
    }

    fn target(&self, link: &Path) -> io::Result<String> {
        self.tree.target(link)
    }
}
