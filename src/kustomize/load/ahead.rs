//! Parses the files of a directory before they are asked for, on several threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::resources::{self, ReadError};
use crate::manifest::Node;
use crate::threads;

/// Below this many bytes in all, threads cost more than they save.
const WORTH_IT: usize = 64 << 10;

/// What a file holds, or why it holds no resources.
type Parsed = Result<Arc<[Arc<Node>]>, ReadError>;

/// Files that were parsed ahead; each is handed out once.
#[derive(Debug, Default)]
pub struct Ahead(Mutex<HashMap<PathBuf, Parsed>>);

impl Ahead {
    /// Parses files on so many threads, if they are large enough for that.
    pub fn parse(&self, files: &[(PathBuf, Arc<[u8]>)], threads: usize) {
        let bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
        if bytes < WORTH_IT || threads.min(files.len()) < 2 {
            return;
        }
        let parsed = threads::each(files, threads, |(path, content)| {
            (path.clone(), resources::read(content).map(Arc::from))
        });
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(parsed);
    }

    /// Hands out what a file holds, if it was parsed.
    pub fn take(&self, path: &Path) -> Option<Parsed> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_out_each_file_once() {
        let document = "{kind: A, metadata: {name: a}}\n---\n".repeat(WORTH_IT / 20);
        let files: Vec<(PathBuf, Arc<[u8]>)> = ["a", "b", "c"]
            .map(|name| (PathBuf::from(name), Arc::from(document.as_bytes())))
            .into();
        let ahead = Ahead::default();
        ahead.parse(&files, 2);
        let parsed = ahead.take(Path::new("b")).unwrap().unwrap();
        assert_eq!(parsed.len(), WORTH_IT / 20);
        assert!(ahead.take(Path::new("b")).is_none());
    }
}
