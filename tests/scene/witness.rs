//! What others on the machine can see of a run while it lasts: arguments and environment of what it starts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::system::descendants;

/// How often it looks; processes that live for less are not seen.
const PAUSE: Duration = Duration::from_millis(2);

/// Looks at a process and all that it starts, until it is asked what it saw.
pub struct Witness {
    over: Arc<AtomicBool>,
    looking: JoinHandle<BTreeSet<Vec<u8>>>,
}

impl Witness {
    /// Looks at a process: at the arguments of it and of its children, and at the environment of its children.
    pub fn of(pid: i32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let looking = thread::spawn({
            let over = Arc::clone(&over);
            move || {
                let mut seen = BTreeSet::new();
                while !over.load(Ordering::Relaxed) {
                    let own = read(pid, "cmdline");
                    for child in descendants(pid) {
                        let line = read(child, "cmdline");
                        // Until it has become another program it shares our memory, and so our environment.
                        if line != own {
                            seen.extend(line);
                            seen.extend(read(child, "environ"));
                        }
                    }
                    seen.extend(own);
                    thread::sleep(PAUSE);
                }
                seen
            }
        });
        Self { over, looking }
    }

    /// Ends the look and returns every line of arguments and every environment that was seen.
    pub fn testimony(self) -> Vec<Vec<u8>> {
        self.over.store(true, Ordering::Relaxed);
        let seen = self.looking.join().expect("it only reads");
        seen.into_iter().collect()
    }
}

/// Reads what the kernel tells of a process; nothing where it is gone or not ours.
fn read(pid: i32, what: &str) -> Option<Vec<u8>> {
    fs::read(format!("/proc/{pid}/{what}")).ok()
}

/// Returns the contents of all files below a folder; links are not followed.
pub fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .flatten()
    {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            texts.extend(contents(&entry.path()));
        } else if kind.is_file() {
            texts.push(fs::read(entry.path()).unwrap_or_default());
        }
    }
    texts
}

/// Says whether a secret is in one of the texts, whole or, where it has lines, any of its longer ones.
pub fn is_among(secret: &str, texts: &[Vec<u8>]) -> bool {
    let lines: Vec<&str> = secret
        .lines()
        .filter(|line| line.len() >= 16 && !line.starts_with("-----"))
        .collect();
    assert!(!lines.is_empty(), "that is no secret to look for");
    lines.iter().any(|line| {
        let is_in = |text: &Vec<u8>| text.windows(line.len()).any(|part| part == line.as_bytes());
        texts.iter().any(is_in)
    })
}
