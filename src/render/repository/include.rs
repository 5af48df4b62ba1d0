//! What a Git source includes of others: their files, put into its own tree.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::tree::Tree;
use crate::git::{ContentId, EntryKind, Leaf};
use crate::kustomize::load::{Files, join};
use crate::manifest::Object;

/// One entry of `spec.include`, with its defaults as source-controller fills them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The source whose files are taken, as `Kind/namespace/name`.
    pub source: String,
    /// The folder of it that is taken.
    pub from: PathBuf,
    /// Where it goes to.
    pub to: PathBuf,
}

impl Include {
    /// Reads what a source includes.
    pub fn all_of(source: &Object) -> Vec<Self> {
        if source.kind() != "GitRepository" {
            return Vec::new();
        }
        let list = source.get("/spec/include").and_then(Value::as_array);
        let include = |entry: &Value| {
            let text = |at: &str| entry.pointer(at).and_then(Value::as_str);
            let name = text("/repository/name")?;
            let to = text("/toPath").filter(|to| !to.is_empty());
            Some(Self {
                source: format!("GitRepository/{}/{name}", source.namespace()),
                from: join(Path::new("/"), text("/fromPath").unwrap_or_default()),
                to: join(Path::new("/"), to.unwrap_or(name)),
            })
        };
        list.into_iter().flatten().filter_map(include).collect()
    }
}

/// A tree with folders of other trees in it.
pub struct Grafted {
    base: Arc<dyn Tree>,
    grafts: Vec<Graft>,
}

/// A folder of another tree, and its place in this one.
struct Graft {
    tree: Arc<dyn Tree>,
    from: PathBuf,
    to: PathBuf,
}

impl Grafted {
    /// Takes the tree that others are put into.
    pub fn new(base: Arc<dyn Tree>) -> Self {
        Self {
            base,
            grafts: Vec::new(),
        }
    }

    /// Puts a folder of another tree in.
    ///
    /// # Errors
    ///
    /// Says in one line why source-controller could not.
    pub fn put(&mut self, include: &Include, tree: Arc<dyn Tree>) -> Result<(), String> {
        let Include { from, to, .. } = include;
        if to == Path::new("/") || self.real_path(to).is_ok() {
            return Err(format!("`{}` is there already", to.display()));
        }
        if !tree.is_directory(from) {
            return Err(format!("it has no folder `{}`", from.display()));
        }
        self.grafts.push(Graft {
            tree,
            from: from.clone(),
            to: to.clone(),
        });
        Ok(())
    }

    /// Returns the graft that a path leads into, and the path there.
    fn graft(&self, path: &Path) -> Option<(&Graft, PathBuf)> {
        self.grafts.iter().find_map(|graft| {
            let below = path.strip_prefix(&graft.to).ok()?;
            Some((graft, graft.from.join(below)))
        })
    }

    /// Returns the names in a folder that lead to grafts; none where the folder is above none.
    fn ways(&self, folder: &Path) -> Vec<String> {
        let below = |graft: &Graft| {
            let below = graft.to.strip_prefix(folder).ok()?;
            let name = below.components().next()?;
            Some(name.as_os_str().to_string_lossy().into_owned())
        };
        self.grafts.iter().filter_map(below).collect()
    }
}

impl Files for Grafted {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let path = join(Path::new("/"), &path.to_string_lossy());
        match self.graft(&path) {
            Some((graft, path)) => graft.tree.read(&path),
            None => self.base.read(&path),
        }
    }

    fn is_directory(&self, path: &Path) -> bool {
        let path = join(Path::new("/"), &path.to_string_lossy());
        match self.graft(&path) {
            Some((graft, path)) => graft.tree.is_directory(&path),
            None => !self.ways(&path).is_empty() || self.base.is_directory(&path),
        }
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        let path = join(Path::new("/"), &path.to_string_lossy());
        match self.graft(&path) {
            Some((graft, path)) => {
                let real = graft.tree.real_path(&path)?;
                let below = real.strip_prefix(&graft.from);
                let below =
                    below.map_err(|_| io::Error::other("a link leads out of what is included"))?;
                Ok(graft.to.join(below))
            }
            None if !self.ways(&path).is_empty() => Ok(path),
            None => self.base.real_path(&path),
        }
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let leaves = Tree::leaves(self, directory)?;
        Ok(leaves.iter().map(|leaf| leaf.name.clone()).collect())
    }
}

impl Tree for Grafted {
    fn digest(&self, path: &Path) -> Option<ContentId> {
        let path = join(Path::new("/"), &path.to_string_lossy());
        if let Some((graft, path)) = self.graft(&path) {
            return graft.tree.digest(&path);
        }
        if self.ways(&path).is_empty() {
            return self.base.digest(&path);
        }
        let mut leaves = Tree::leaves(self, &path).ok()?.to_vec();
        for leaf in &mut leaves {
            let digest = self.digest(&path.join(&leaf.name));
            leaf.id = digest.unwrap_or_else(ContentId::nothing);
        }
        ContentId::of_folder(leaves).ok()
    }

    fn leaves(&self, folder: &Path) -> io::Result<Arc<[Leaf]>> {
        let folder = join(Path::new("/"), &folder.to_string_lossy());
        if let Some((graft, path)) = self.graft(&folder) {
            return graft.tree.leaves(&path);
        }
        let ways = self.ways(&folder);
        if ways.is_empty() {
            return self.base.leaves(&folder);
        }
        let own = if self.base.is_directory(&folder) {
            self.base.leaves(&folder)?.to_vec()
        } else {
            Vec::new()
        };
        let mut leaves: BTreeMap<String, Leaf> = own
            .into_iter()
            .map(|leaf| (leaf.name.clone(), leaf))
            .collect();
        for name in ways {
            if let Some(leaf) = Leaf::named(name.clone(), EntryKind::Folder) {
                leaves.entry(name).or_insert(leaf);
            }
        }
        Ok(leaves.into_values().collect())
    }

    fn target(&self, link: &Path) -> io::Result<String> {
        let link = join(Path::new("/"), &link.to_string_lossy());
        match self.graft(&link) {
            Some((graft, path)) => graft.tree.target(&path),
            None => self.base.target(&link),
        }
    }
}
