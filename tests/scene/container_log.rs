//! The controllers' logs in the form that a container runtime writes, for `kubectl logs` and its like.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// One file that kwok serves as the log of every controller, fed from their own files.
pub struct ContainerLog {
    target: PathBuf,
    /// How far each file has been copied.
    sources: Mutex<BTreeMap<PathBuf, u64>>,
}

impl ContainerLog {
    /// Makes the empty file.
    pub fn create(folder: &Path) -> Self {
        let target = folder.join("manager.log");
        fs::write(&target, "").expect("the folder of the run can be written");
        Self {
            target,
            sources: Mutex::default(),
        }
    }

    /// Returns the file that kwok serves.
    pub fn path(&self) -> &Path {
        &self.target
    }

    /// Adds a file to copy from; one that is known already goes on where it stands.
    pub fn follow(&self, source: &Path) {
        self.sources
            .lock()
            .expect("no holder panics")
            .entry(source.to_owned())
            .or_insert(0);
    }

    /// Copies the lines that have come since the last time.
    pub fn copy(&self) {
        let mut sources = self.sources.lock().expect("no holder panics");
        let Ok(mut target) = OpenOptions::new().append(true).open(&self.target) else {
            return;
        };
        for (source, position) in &mut *sources {
            let text = new_lines(source, *position);
            *position += u64::try_from(text.len()).expect("a log fits into 64 bits");
            let now = jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%S.%NZ")
                .to_string();
            for line in text.lines() {
                // A log that can't be written shows in the test that reads it.
                drop(writeln!(target, "{now} stderr F {line}"));
            }
        }
    }
}

/// Returns the complete lines of a file from a position on.
fn new_lines(file: &Path, position: u64) -> String {
    let mut text = Vec::new();
    let read = File::open(file).and_then(|mut file| {
        file.seek(SeekFrom::Start(position))?;
        file.read_to_end(&mut text)
    });
    let end = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |last| last + 1);
    text.truncate(if read.is_ok() { end } else { 0 });
    // The logs are JSON, which is UTF-8; should one not be, its length must stay as it is.
    String::from_utf8(text).unwrap_or_default()
}
