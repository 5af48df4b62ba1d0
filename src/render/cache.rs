//! Renders that are kept from one run to the next, by the digest of all that they were made from.
//!
//! One file a repository, a line for each, which only the user may read. It never holds what came from a Secret or out
//! of a decryption. A run that finds it changed or gone does its work anew.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::repository::{Key, Outcome};
use crate::manifest::Object;

/// What a file holds at most; beyond that, renders that the last run did not need are dropped.
const MOST_BYTES: usize = 64 << 20;

/// Renders of earlier runs and of this one.
#[derive(Default)]
pub struct Cache {
    path: Option<PathBuf>,
    text: String,
    lines: HashMap<Key, Range<usize>>,
    used: Mutex<HashSet<Key>>,
    made: Mutex<BTreeMap<Key, String>>,
}

/// A render as it is kept.
#[derive(Serialize, Deserialize)]
struct Record {
    files: BTreeSet<String>,
    objects: Vec<Value>,
}

impl Cache {
    /// Opens the cache of a repository, given by its folder; where there is no cache folder, nothing is kept.
    pub fn of(repository: &Path) -> Self {
        let strategy = etcetera::base_strategy::Xdg::new();
        let folder = strategy.map(|strategy| strategy.cache_dir().join("gitops/render"));
        let digest = Sha256::digest(repository.as_os_str().as_encoded_bytes());
        let name = digest
            .iter()
            .take(12)
            .fold(String::new(), |mut text, byte| {
                // Writing into a text can't fail.
                let _infallible = write!(text, "{byte:02x}");
                text
            });
        match folder {
            Ok(folder) => Self::at(folder.join(name)),
            Err(_) => Self::default(),
        }
    }

    /// Opens a cache by the path of its file.
    fn at(path: PathBuf) -> Self {
        let text = fs::read(&path)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.unwrap_or_default();
        let mut lines = HashMap::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            // A line that was cut off is not there.
            if line.ends_with('\n')
                && let Some((key, _)) = line.split_once(' ')
                && let Ok(found) = key.parse()
            {
                lines.insert(found, start + key.len() + 1..end);
            }
            start = end;
        }
        Self {
            path: Some(path),
            text,
            lines,
            ..Self::default()
        }
    }

    /// Returns the text that is kept under a key, on one line of JSON.
    pub fn text(&self, key: Key) -> Option<&str> {
        let line = self.lines.get(&key)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(key);
        Some(&self.text[line.clone()])
    }

    /// Notes a text without line ends; the caller sees to it that it is nobody's secret.
    pub fn note_text(&self, key: Key, text: String) {
        if self.path.is_some() {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.insert(key, text);
        }
    }

    /// Returns the render that is kept under a key.
    pub fn find(&self, key: Key) -> Option<Outcome> {
        let record: Record = serde_json::from_str(self.text(key)?).ok()?;
        let objects = record.objects.into_iter().map(Object::new);
        let outcome = Outcome {
            objects: objects.collect::<Result<_, _>>().ok()?,
            files: record.files,
            ..Outcome::default()
        };
        Some(outcome)
    }

    /// Notes a render, if it may be kept: not where something is wrong with it, or secret in it.
    pub fn note(&self, key: Key, outcome: &Outcome) {
        let has_secret = || {
            outcome
                .objects
                .iter()
                .any(|object| object.kind() == "Secret")
        };
        if outcome.is_passing || !outcome.findings.is_empty() || has_secret() {
            return;
        }
        let values: Vec<&Value> = outcome.objects.iter().map(Object::value).collect();
        let record = serde_json::json!({"files": outcome.files, "objects": values});
        self.note_text(key, record.to_string());
    }

    /// Writes what this run made beside what it found.
    ///
    /// # Errors
    ///
    /// Fails where the cache folder can't be written; the next run then does its work anew.
    pub fn save(&self) -> io::Result<()> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(path), false) = (&self.path, made.is_empty()) else {
            return Ok(());
        };
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_kept = |key: &&Key| !made.contains_key(*key);
        let all: usize = self.text.len() + made.values().map(String::len).sum::<usize>();
        let drops = all > MOST_BYTES;
        let folder = path.parent().unwrap_or(Path::new("."));
        private_folder(folder)?;
        // Such a file is readable by its owner alone.
        let mut file = io::BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
        for key in self.lines.keys().filter(is_kept) {
            if !drops || used.contains(key) {
                let line = &self.text[self.lines[key].clone()];
                write!(file, "{key} {line}")?;
            }
        }
        for (key, line) in &*made {
            writeln!(file, "{key} {line}")?;
        }
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Makes a folder that its owner alone may enter.
fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
