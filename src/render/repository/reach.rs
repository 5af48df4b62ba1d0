//! What the build of a directory may read, found without building it: enough to tell that two builds come out alike.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::super::cache::Cache;
use super::key::Key;
use super::tree::Tree;
use crate::git::{ContentId, EntryKind, IGNORE_FILE};
use crate::kustomize::FILE_NAMES;
use crate::kustomize::load::join;

/// What a text holds that may become an object which leads on: one that is followed, or names where files come from.
const LEADING: &[&str] = &[
    "kustomize.toolkit.fluxcd.io/v",
    "source.toolkit.fluxcd.io/v",
];

/// What a build may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Files and folders with the digests of all that is in them; `None` for what is not there.
    pub contents: BTreeMap<PathBuf, Option<ContentId>>,
    /// Whether something of it speaks of Kustomizations or sources.
    pub leads_on: bool,
}

/// What a file or folder says about others.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Mentions {
    /// Paths outside of it.
    outside: BTreeSet<PathBuf>,
    leads_on: bool,
    /// Whether something in it could not be read.
    #[serde(skip)]
    is_partial: bool,
}

/// What one file or folder says; who comes second waits for it in place of reading too.
type Found = Arc<OnceLock<Arc<Mentions>>>;

/// What was found out so far, for any number of trees: equal contents at one path say the same.
pub struct Reaches {
    known: RwLock<HashMap<(PathBuf, ContentId), Found>>,
    /// What a text holds that leads on.
    leading: Vec<&'static str>,
}

impl Default for Reaches {
    fn default() -> Self {
        Self {
            known: RwLock::default(),
            leading: LEADING.to_vec(),
        }
    }
}

impl Reaches {
    /// Takes one more text for what leads on.
    pub fn also_led_by(&mut self, text: &'static str) {
        self.leading.push(text);
    }

    /// Finds what builds of some directories of a tree may read; they need not be there.
    pub fn of(
        &self,
        tree: &dyn Tree,
        directories: impl IntoIterator<Item = PathBuf>,
        kept: &Cache,
    ) -> Reach {
        let mut reach = Reach::default();
        let mut open: Vec<PathBuf> = directories.into_iter().collect();
        while let Some(path) = open.pop() {
            let is_known = |known: &Path| reach.contents.contains_key(known);
            if path.ancestors().any(is_known) {
                continue;
            }
            let digest = tree.digest(&path);
            reach.contents.insert(path.clone(), digest);
            for folder in path.ancestors().skip(1) {
                let rules = folder.join(IGNORE_FILE);
                if let Some(digest) = tree.digest(&rules) {
                    reach.contents.insert(rules, Some(digest));
                }
            }
            let Some(digest) = digest else { continue };
            // What a directory names is looked for from where it really stands.
            match tree.real_path(&path) {
                Ok(real) if real != path => {
                    open.push(real);
                    continue;
                }
                _ => {}
            }
            let mentions = self.kept_mentions(tree, &path, digest, kept);
            reach.leads_on |= mentions.leads_on;
            open.extend(mentions.outside.iter().cloned());
        }
        reach
    }

    /// Returns what is said at a path, from an earlier run where that knew it.
    fn kept_mentions(
        &self,
        tree: &dyn Tree,
        path: &Path,
        digest: ContentId,
        kept: &Cache,
    ) -> Arc<Mentions> {
        let found = self.found(path, digest);
        let mentions = found.get_or_init(|| {
            let (shown, digest) = (path.to_string_lossy(), digest.to_string());
            let texts = [&*shown, &digest].into_iter();
            let key = Key::of_texts("mentions", texts.chain(self.leading.iter().copied()));
            let earlier = kept
                .text(key)
                .and_then(|text| serde_json::from_str(text).ok());
            if let Some(mentions) = earlier {
                return Arc::new(mentions);
            }
            let mentions = self.read(tree, path);
            // A word that leads nowhere may be a piece of what nobody else may know.
            let leads_somewhere = |path: &PathBuf| tree.digest(path).is_some();
            if !mentions.is_partial
                && mentions.outside.iter().all(leads_somewhere)
                && let Ok(text) = serde_json::to_string(&mentions)
            {
                kept.note_text(key, text);
            }
            Arc::new(mentions)
        });
        Arc::clone(mentions)
    }

    fn mentions(&self, tree: &dyn Tree, path: &Path, digest: ContentId) -> Arc<Mentions> {
        let found = self.found(path, digest);
        let mentions = found.get_or_init(|| Arc::new(self.read(tree, path)));
        Arc::clone(mentions)
    }

    fn found(&self, path: &Path, digest: ContentId) -> Found {
        let place = (path.to_owned(), digest);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&place) {
            return Arc::clone(found);
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(place).or_default())
    }

    /// Reads what a file or folder says; what can't be read is found out again by the build, which says so.
    fn read(&self, tree: &dyn Tree, path: &Path) -> Mentions {
        let mentions = if tree.is_directory(path) {
            self.in_folder(tree, path)
        } else {
            self.in_file(tree, path)
        };
        mentions.unwrap_or_else(|_| Mentions {
            is_partial: true,
            ..Mentions::default()
        })
    }

    fn in_folder(&self, tree: &dyn Tree, folder: &Path) -> io::Result<Mentions> {
        let mut mentions = Mentions::default();
        for leaf in tree.leaves(folder)?.iter() {
            let path = folder.join(&leaf.name);
            match leaf.kind {
                EntryKind::Folder => {
                    let Some(digest) = tree.digest(&path) else {
                        continue;
                    };
                    let below = self.mentions(tree, &path, digest);
                    mentions.leads_on |= below.leads_on;
                    mentions.is_partial |= below.is_partial;
                    mentions.outside.extend(below.outside.iter().cloned());
                }
                EntryKind::Link => {
                    let target = tree.target(&path)?;
                    mentions.outside.insert(joined(folder, &target));
                }
                EntryKind::File => {
                    let in_file = self.in_file(tree, &path)?;
                    mentions.leads_on |= in_file.leads_on;
                    mentions.outside.extend(in_file.outside);
                }
                EntryKind::Submodule => {}
            }
        }
        mentions.outside.retain(|path| !path.starts_with(folder));
        Ok(mentions)
    }

    /// Reads what a file may name: every word with two dots is taken for a path, in a kustomization every absolute one
    /// too.
    fn in_file(&self, tree: &dyn Tree, file: &Path) -> io::Result<Mentions> {
        let content = tree.read(file)?;
        let Ok(text) = std::str::from_utf8(&content) else {
            return Ok(Mentions::default());
        };
        let folder = file.parent().unwrap_or(file);
        let name = file.file_name().and_then(|name| name.to_str());
        let is_kustomization = name.is_some_and(|name| FILE_NAMES.contains(&name));
        let mut mentions = Mentions {
            leads_on: self.leading.iter().any(|leading| text.contains(leading)),
            ..Mentions::default()
        };
        if text.contains("..") || is_kustomization {
            let words = text.split(|character: char| {
                character.is_whitespace() || "\"'`,=[]{}".contains(character)
            });
            let paths = words.filter(|word| {
                word.contains("..") || (is_kustomization && word.starts_with('/') && word.len() > 1)
            });
            mentions.outside = paths.map(|word| joined(folder, word)).collect();
            mentions
                .outside
                .retain(|path| path != folder && !folder.starts_with(path));
        }
        Ok(mentions)
    }
}

fn joined(folder: &Path, word: &str) -> PathBuf {
    if word.starts_with('/') {
        join(Path::new("/"), word)
    } else {
        join(folder, word)
    }
}
