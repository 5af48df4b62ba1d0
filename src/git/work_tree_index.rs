//! What Git noted of the files of a work tree when it looked at them last, so that they need not be read again.

use std::collections::HashMap;
use std::fs;

use etcetera::BaseStrategy as _;
use git2::{IndexEntry, IndexTime, Repository};

use super::content::ContentId;

/// The file that says how other files are changed on their way into a repository.
const ATTRIBUTES: &str = ".gitattributes";

/// The digests of the files of a work tree, each good as long as the file was not touched.
///
/// The rules are those of Git itself, which looks at a file again where its time, its size or its inode is another
/// one, or where it may have been written in the same moment as the index.
#[derive(Debug)]
pub struct WorkTreeIndex {
    entries: HashMap<String, Noted>,
    written: (i64, i64),
}

/// What was noted of one file.
#[derive(Debug, PartialEq, Eq)]
struct Noted {
    id: ContentId,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u32,
    size: u32,
    mode: u32,
}

impl Noted {
    fn of(entry: &IndexEntry) -> Self {
        let time = |time: IndexTime| (i64::from(time.seconds()), i64::from(time.nanoseconds()));
        Self {
            id: ContentId(entry.id),
            modified: time(entry.mtime),
            changed: time(entry.ctime),
            inode: entry.ino,
            size: entry.file_size,
            mode: entry.mode,
        }
    }
}

impl WorkTreeIndex {
    /// Takes the index of a repository; `None` where there is none, or where files in the repository may be others
    /// than those in the work tree.
    pub(super) fn of(repository: &Repository) -> Option<Self> {
        if changes_files(repository) {
            return None;
        }
        Self::read(repository)
    }

    pub(super) fn read(repository: &Repository) -> Option<Self> {
        let index = repository.index().ok()?;
        let (written, _) = times(&fs::metadata(index.path()?).ok()?);
        let mut entries = HashMap::with_capacity(index.len());
        for entry in index.iter() {
            // What is in conflict is there several times.
            let stage = (entry.flags >> 12) & 0x3;
            let Ok(path) = String::from_utf8(entry.path.clone()) else {
                continue;
            };
            if path.rsplit('/').next() == Some(ATTRIBUTES) {
                return None;
            }
            if stage == 0 {
                entries.insert(path, Noted::of(&entry));
            }
        }
        Some(Self { entries, written })
    }

    /// Returns the digest of a file, given from the root of the work tree, and whether it may be run; `None` where it
    /// has to be read.
    pub fn find(&self, path: &str, about: &fs::Metadata) -> Option<(ContentId, bool)> {
        let noted = self.entries.get(path)?;
        if noted.modified >= self.written {
            return None;
        }
        let now = stated(about, noted.id)?;
        (now == *noted).then_some((noted.id, noted.mode == 0o100_755))
    }
}

/// Says whether files are changed on their way into the repository, for all that can be told without looking at each.
fn changes_files(repository: &Repository) -> bool {
    let Ok(config) = repository.config() else {
        return true;
    };
    let converts = |text: String| !matches!(text.as_str(), "false" | "no" | "off" | "0" | "");
    let home = etcetera::base_strategy::Xdg::new();
    let usual = home.map(|home| home.config_dir().join("git/attributes"));
    config.get_string("core.autocrlf").is_ok_and(converts)
        || config.get_string("core.attributesfile").is_ok()
        || usual.is_ok_and(|usual| usual.exists())
        || repository.commondir().join("info/attributes").exists()
        || repository
            .workdir()
            .is_some_and(|folder| folder.join(ATTRIBUTES).exists())
}

/// When a file was modified and when anything of it was changed, in seconds and nanoseconds each.
type Times = ((i64, i64), (i64, i64));

#[cfg(unix)]
fn times(about: &fs::Metadata) -> Times {
    use std::os::unix::fs::MetadataExt as _;
    (
        (about.mtime(), about.mtime_nsec()),
        (about.ctime(), about.ctime_nsec()),
    )
}

/// Returns what Git would note of a file now; numbers are cut to 32 bits, as in the index.
#[cfg(unix)]
fn stated(about: &fs::Metadata, id: ContentId) -> Option<Noted> {
    use std::os::unix::fs::MetadataExt as _;
    const MASK: u64 = 0xffff_ffff;
    let (modified, changed) = times(about);
    let is_executable = about.mode() & 0o100 != 0;
    about.is_file().then_some(Noted {
        id,
        modified,
        changed,
        inode: u32::try_from(about.ino() & MASK).ok()?,
        size: u32::try_from(about.size() & MASK).ok()?,
        mode: if is_executable { 0o100_755 } else { 0o100_644 },
    })
}

/// Elsewhere nothing tells files apart well enough.
#[cfg(not(unix))]
const fn times(_about: &fs::Metadata) -> Times {
    ((0, 0), (0, 0))
}

#[cfg(not(unix))]
const fn stated(_about: &fs::Metadata, _id: ContentId) -> Option<Noted> {
    None
}
