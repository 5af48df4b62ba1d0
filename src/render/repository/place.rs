//! Finds the file and line that a finding is about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::kustomize::FILE_NAMES;
use crate::kustomize::load::Files;
use crate::manifest::Node;

/// A file from the root of the repository, and a line in it; zero for none in particular.
pub type Place = (String, u32);

/// Where the objects stand that files hold, by kind and name.
#[derive(Default)]
pub struct Definitions(BTreeMap<(String, String), (String, Node)>);

impl Definitions {
    /// Reads the objects of files; what is no YAML is passed over.
    pub fn read(files: &dyn Files, paths: &BTreeSet<String>) -> Self {
        let mut found = BTreeMap::new();
        for path in paths {
            let Ok(content) = files.read(&Path::new("/").join(path)) else {
                continue;
            };
            let documents = Node::documents(&String::from_utf8_lossy(&content));
            for document in documents.unwrap_or_default() {
                let text = |node: Option<&Node>| node.and_then(Node::as_text).map(str::to_owned);
                let name = document.get("metadata").and_then(|node| node.get("name"));
                if let (Some(kind), Some(name)) = (text(document.get("kind")), text(name)) {
                    found
                        .entry((kind, name))
                        .or_insert_with(|| (path.clone(), document));
                }
            }
        }
        Self(found)
    }

    /// Returns where a field of an object stands, or the object where it has no such field.
    pub fn field(&self, kind: &str, name: &str, way: &[&str]) -> Option<Place> {
        let (path, document) = self.0.get(&(kind.to_owned(), name.to_owned()))?;
        let mut line = document.line;
        let mut node = document;
        for key in way {
            let entries = node.entries().unwrap_or_default();
            let mut entries = entries.iter();
            let Some(entry) = entries.find(|entry| entry.key.as_text() == Some(key)) else {
                break;
            };
            line = entry.key.line;
            node = &entry.value;
        }
        Some((path.clone(), line))
    }
}

/// Finds the place that the message of a failed build is about: the last file that it names, or else the
/// kustomization that names what is missing, or else the one of the directory.
pub fn of_message(files: &dyn Files, directory: &Path, message: &str) -> Option<Place> {
    let words = message
        .split(|character: char| character.is_whitespace() || "'\"`:,;()[]".contains(character));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let absolute = |word: &str| {
        let path = PathBuf::from(word);
        if word.starts_with('/') {
            path
        } else {
            directory.join(path)
        }
    };
    let is_file = |path: &PathBuf| !files.is_directory(path) && files.read(path).is_ok();
    let is_path = |word: &&&str| word.contains('/') || word.contains('.');
    let named = words.iter().filter(is_path).map(|word| absolute(word));
    if let Some(file) = named.clone().filter(is_file).last() {
        return Some((shown(&file), line_of(&words)));
    }
    let kustomizations = |folder: PathBuf| FILE_NAMES.iter().map(move |name| folder.join(name));
    let missing = named.filter(|path| files.real_path(path).is_err()).last();
    if let Some(name) = missing.as_deref().and_then(Path::file_name) {
        let folders = words.iter().filter(|word| word.starts_with('/'));
        let folders = folders.map(|word| absolute(word));
        for file in folders
            .chain([directory.to_owned()])
            .flat_map(kustomizations)
        {
            if let Some(line) = line_with(files, &file, &name.to_string_lossy()) {
                return Some((shown(&file), line));
            }
        }
    }
    let mut own = kustomizations(directory.to_owned());
    own.find(is_file).map(|file| (shown(&file), 0))
}

/// Finds the first of some files that holds a text.
pub fn of_text(files: &dyn Files, paths: &BTreeSet<String>, text: &str) -> Option<Place> {
    let mut found = paths.iter().filter_map(|path| {
        let line = line_with(files, &Path::new("/").join(path), text)?;
        Some((path.clone(), line))
    });
    found.next()
}

/// Returns the path of a file from the root of the repository.
pub fn shown(path: &Path) -> String {
    let path = path.strip_prefix("/").unwrap_or(path);
    path.to_string_lossy().into_owned()
}

/// Returns the number after the word `line`.
fn line_of(words: &[&str]) -> u32 {
    let numbers = words.windows(2).filter(|pair| pair[0] == "line");
    let mut numbers = numbers.filter_map(|pair| pair[1].parse().ok());
    numbers.next_back().unwrap_or_default()
}

fn line_with(files: &dyn Files, file: &Path, text: &str) -> Option<u32> {
    let content = files.read(file).ok()?;
    let content = String::from_utf8_lossy(&content);
    let place = content.lines().position(|line| line.contains(text))?;
    u32::try_from(place + 1).ok()
}
