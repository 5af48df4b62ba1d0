//! What an interrupted bootstrap had done, so that the next run can say where it goes on.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::plan::Action;

/// The steps that a run finished, kept in the cache folder until the bootstrap is complete.
///
/// It only informs: every step looks for itself whether there is something to do, so a lost or stale journal
/// does no harm. It never holds a credential.
#[derive(Debug)]
pub struct Journal {
    path: Option<PathBuf>,
    record: Record,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Record {
    target: String,
    done: Vec<Action>,
}

impl Journal {
    /// Opens the journal of `target`, a text that names repository, branch, path and cluster.
    pub fn open(target: &str) -> Self {
        let path = folder().map(|folder| folder.join(format!("{}.json", digest(target))));
        let read = path.as_ref().and_then(|path| fs::read(path).ok());
        let record = read
            .and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok())
            .filter(|record| record.target == target)
            .unwrap_or_else(|| Record {
                target: target.into(),
                done: Vec::new(),
            });
        Self { path, record }
    }

    /// Returns what an earlier run finished, in its order; empty where none was interrupted.
    pub fn done(&self) -> &[Action] {
        &self.record.done
    }

    /// Notes that a step is done.
    ///
    /// # Errors
    ///
    /// Fails where the cache folder can't be written; the bootstrap itself may go on.
    pub fn note(&mut self, action: Action) -> io::Result<()> {
        if self.record.done.contains(&action) {
            return Ok(());
        }
        self.record.done.push(action);
        let Some(path) = &self.path else {
            return Ok(());
        };
        write_whole(path, &serde_json::to_vec(&self.record)?)
    }

    /// Forgets it: the bootstrap is complete.
    pub fn close(self) {
        if let Some(path) = self.path {
            // A file that can't be removed is only a stale note.
            drop(fs::remove_file(path));
        }
    }
}

fn folder() -> Option<PathBuf> {
    let strategy = etcetera::base_strategy::Xdg::new().ok()?;
    Some(strategy.cache_dir().join("gitops/bootstrap"))
}

fn digest(target: &str) -> String {
    let digest = Sha256::digest(target.as_bytes());
    digest
        .iter()
        .take(12)
        .fold(String::new(), |mut text, byte| {
            // Writing into a text can't fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}

/// Writes a file so that a reader, or the next run, sees all of it or nothing.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_until_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/journal.json");
        let mut journal = Journal {
            path: Some(path.clone()),
            record: Record {
                target: "t".into(),
                done: Vec::new(),
            },
        };
        journal.note(Action::CreateRepository).unwrap();
        journal.note(Action::CreateRepository).unwrap();
        let record: Record = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(record.done, [Action::CreateRepository]);
        journal.close();
        assert!(!path.exists());
    }
}
