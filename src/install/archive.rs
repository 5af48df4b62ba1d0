//! Unpacks a downloaded archive in memory; nothing in it reaches the disk.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use crate::error::Explain;

/// How much an archive may unpack to; that of a release has less than one megabyte.
const LIMIT: u64 = 64 << 20;

/// How many entries an archive may have; that of a release has about ten.
const ENTRIES: usize = 1000;

/// Why an archive is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is damaged, or no archive.
    #[error("it is no readable tar.gz archive")]
    Damaged(#[source] io::Error),
    /// It unpacks to too much.
    #[error("it unpacks to more than {} MiB or {ENTRIES} entries", LIMIT >> 20)]
    TooLarge,
    /// The name of an entry leads somewhere else.
    #[error("its entry `{0}` leads out of the archive")]
    Outside(String),
    /// An entry is neither a file nor a folder.
    #[error("its entry `{0}` is a link or a device")]
    Special(String),
    /// Two entries have one name.
    #[error("it has two entries `{0}`")]
    Twice(String),
}

impl Explain for ArchiveError {
    fn hint(&self) -> Option<String> {
        Some(
            "the archive is not what a release publishes: check where it was downloaded from"
                .into(),
        )
    }
}

/// Unpacks the files of an archive, by their paths in it.
///
/// # Errors
///
/// Fails on a damaged archive, on one that is too large, and on entries that no release has:
/// paths that lead out, links, devices, names that repeat.
pub(super) fn unpack(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
    let mut archive = Archive::new(MultiGzDecoder::new(bytes).take(LIMIT));
    let mut files = BTreeMap::new();
    let mut room = LIMIT;
    for (index, entry) in archive
        .entries()
        .map_err(ArchiveError::Damaged)?
        .enumerate()
    {
        let mut entry = entry.map_err(ArchiveError::Damaged)?;
        room = room
            .checked_sub(entry.size())
            .ok_or(ArchiveError::TooLarge)?;
        if index >= ENTRIES {
            return Err(ArchiveError::TooLarge);
        }
        let Some(name) = file_name(&entry)? else {
            continue;
        };
        let mut content = Vec::new();
        entry
            .read_to_end(&mut content)
            .map_err(ArchiveError::Damaged)?;
        if files.insert(name.clone(), content).is_some() {
            return Err(ArchiveError::Twice(name));
        }
    }
    Ok(files)
}

/// Returns the path of an entry that is a file; `None` for folders and for headers without content.
fn file_name(entry: &Entry<'_, impl Read>) -> Result<Option<String>, ArchiveError> {
    let path = entry.path().map_err(ArchiveError::Damaged)?;
    let shown = path.to_string_lossy().escape_debug().to_string();
    let name = inner_path(&path).ok_or_else(|| ArchiveError::Outside(shown.clone()))?;
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous => Ok(Some(name)),
        EntryType::Directory | EntryType::XGlobalHeader => Ok(None),
        _ => Err(ArchiveError::Special(shown)),
    }
}

/// Cleans a path of dots; `None` where it leads out or is no text.
fn inner_path(path: &Path) -> Option<String> {
    let mut segments = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(segment) => segments.push(segment.to_str()?),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(segments.join("/"))
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// Packs entries as given: names are written raw, so that bad ones can be tried.
    pub(in crate::install) fn packed(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn unpacks_files_by_their_paths() {
        let archive = packed(&[
            ("./", EntryType::Directory, b""),
            ("./rbac.yaml", EntryType::Regular, b"a"),
            ("sub/x.yaml", EntryType::Regular, b"b"),
        ]);
        let files = unpack(&archive).unwrap();
        assert_eq!(
            files.keys().collect::<Vec<_>>(),
            ["rbac.yaml", "sub/x.yaml"]
        );
        assert_eq!(files["rbac.yaml"], b"a");
    }

    #[test]
    fn refuses_what_no_release_has() {
        let refused = |name, kind| unpack(&packed(&[(name, kind, b"")])).unwrap_err();
        assert!(matches!(
            refused("../x", EntryType::Regular),
            ArchiveError::Outside(_)
        ));
        assert!(matches!(
            refused("/etc/x", EntryType::Regular),
            ArchiveError::Outside(_)
        ));
        assert!(matches!(
            refused("x", EntryType::Symlink),
            ArchiveError::Special(_)
        ));
        assert!(matches!(
            refused("x", EntryType::Link),
            ArchiveError::Special(_)
        ));
        assert!(matches!(
            refused("x", EntryType::Char),
            ArchiveError::Special(_)
        ));
        let twice = packed(&[
            ("x", EntryType::Regular, b""),
            ("./x", EntryType::Regular, b""),
        ]);
        assert!(matches!(
            unpack(&twice).unwrap_err(),
            ArchiveError::Twice(_)
        ));
        assert!(matches!(
            unpack(b"no archive").unwrap_err(),
            ArchiveError::Damaged(_)
        ));
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let mut header = tar::Header::new_gnu();
        header.set_path("bomb").unwrap();
        header.set_size(LIMIT + 1);
        header.set_cksum();
        encoder.write_all(header.as_bytes()).unwrap();
        let archive = encoder.finish().unwrap();
        assert!(matches!(
            unpack(&archive).unwrap_err(),
            ArchiveError::TooLarge
        ));
    }
}
