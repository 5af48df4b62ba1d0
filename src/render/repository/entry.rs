//! Finds the clusters of a repository: the folders that a Kustomization beside its own source builds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::recipe::Recipe;
use super::place::shown;
use super::tree::Tree;
use crate::git::EntryKind;
use crate::kustomize::load::join;
use crate::manifest::{Dialect, Object, read_as};
use crate::threads;

/// What a file holds that a cluster may begin with.
const SIGNS: [&str; 2] = [
    "kustomize.toolkit.fluxcd.io/v",
    "source.toolkit.fluxcd.io/v",
];

/// How many folders are worth a thread.
const LEAST_SHARE: usize = 64;

/// The file that a bootstrap puts both into.
const SYNC_FILE: &str = "gotk-sync.yaml";

/// Returns the entry paths of all clusters, sorted: a file holds a Kustomization, its source, and stands below the
/// path that the Kustomization builds.
///
/// Where a bootstrap left its files, no others are read.
pub fn entries(tree: &dyn Tree) -> Vec<String> {
    let files = files(tree);
    let is_sync = |file: &&PathBuf| file.file_name().is_some_and(|name| name == SYNC_FILE);
    let of_bootstrap = files
        .iter()
        .filter(is_sync)
        .filter_map(|file| entry(tree, file));
    let mut found: BTreeSet<String> = of_bootstrap.collect();
    if found.is_empty() {
        found = files.iter().filter_map(|file| entry(tree, file)).collect();
    }
    found.into_iter().collect()
}

/// Returns the YAML files of a tree, level by level, all threads on one level.
fn files(tree: &dyn Tree) -> Vec<PathBuf> {
    let threads = threads::count();
    let mut files = Vec::new();
    let mut level = vec![PathBuf::from("/")];
    while !level.is_empty() {
        let share = level.len().div_ceil(threads).max(LEAST_SHARE);
        let shares: Vec<&[PathBuf]> = level.chunks(share).collect();
        let found = threads::each(&shares, threads, |share| look_into(tree, share));
        level.clear();
        for share in found {
            files.extend(share.files);
            level.extend(share.folders);
        }
    }
    files
}

/// What is in some folders.
#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

fn look_into(tree: &dyn Tree, folders: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for folder in folders {
        let Ok(leaves) = tree.leaves(folder) else {
            continue;
        };
        for leaf in leaves.iter() {
            match leaf.kind {
                EntryKind::Folder => found.folders.push(folder.join(&leaf.name)),
                EntryKind::File if is_yaml(&leaf.name) => found.files.push(folder.join(&leaf.name)),
                _ => {}
            }
        }
    }
    found
}

fn is_yaml(name: &str) -> bool {
    let extension = Path::new(name)
        .extension()
        .and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml"))
}

/// Returns the paths that the files of a bootstrap in a tree write, from the root of whatever repository it is of.
pub fn written_paths(tree: &dyn Tree) -> Vec<String> {
    let files = files(tree);
    let objects = files.iter().flat_map(|file| objects(tree, file));
    let recipes = objects.filter(Recipe::is_for);
    let paths = recipes.filter_map(|object| {
        let recipe = Recipe::new(&object).ok()?;
        Some(shown(&join(Path::new("/"), &recipe.spec.path)))
    });
    paths.filter(|path| !path.is_empty()).collect()
}

/// Reads the objects of a file, if it may hold a Kustomization and its source.
fn objects(tree: &dyn Tree, file: &Path) -> Vec<Object> {
    let content = tree.read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&content);
    if !SIGNS.iter().all(|sign| text.contains(sign)) {
        return Vec::new();
    }
    let values = read_as(&text, Dialect::Loose).unwrap_or_default();
    let objects = values.into_iter().map(Object::new);
    objects.filter_map(Result::ok).collect()
}

/// Returns the entry path that a file speaks of.
fn entry(tree: &dyn Tree, file: &Path) -> Option<String> {
    let objects = objects(tree, file);
    let has_source = |recipe: &Recipe| {
        let source = recipe.source();
        objects.iter().any(|object| {
            let id = format!("{}/{}/{}", object.kind(), object.namespace(), object.name());
            object.group() == "source.toolkit.fluxcd.io" && id == source
        })
    };
    let path = |object: &Object| -> Option<PathBuf> {
        let recipe = Recipe::new(object).ok()?;
        let path = join(Path::new("/"), &recipe.spec.path);
        let is_here = file.starts_with(&path) && tree.is_directory(&path);
        (is_here && has_source(&recipe)).then_some(path)
    };
    let kustomizations = objects.iter().filter(|object| Recipe::is_for(object));
    let mut paths = kustomizations.filter_map(path);
    Some(shown(&paths.next()?))
}
