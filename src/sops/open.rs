//! From an encrypted file to one in the clear.

use serde_json::{Map, Value as Json};
use zeroize::Zeroizing;

use super::cipher::{DataKey, KEY_LENGTH, Plain};
use super::error::SopsError;
use super::flat;
use super::format::Format;
use super::keyring::{Keyring, Tried};
use super::metadata::Metadata;
use super::tree::{Branch, Entry, Value};
use super::walk::Walk;
use super::{dotenv, ini, json, shamir, yaml, yaml_writer};

/// The key of the notes in a file.
const NOTES: &str = "sops";

/// Whether the checksum over the whole file has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// It has to.
    Checked,
    /// It can't: a build has sorted the file, and changed what is not encrypted. Each value is still protected.
    Unchecked,
}

/// A file in the clear.
pub struct Opened {
    /// Its bytes.
    pub content: Zeroizing<Vec<u8>>,
    /// The values in it that were encrypted, as texts.
    pub secrets: Vec<Zeroizing<String>>,
}

/// Opens an encrypted file, and writes it in a format, which nearly always is its own.
///
/// # Errors
///
/// Fails where the file is damaged, no key at hand fits, or the other format can't hold what is in it.
pub fn open(
    content: &[u8],
    (format, written): (Format, Format),
    keyring: &Keyring,
    integrity: Integrity,
) -> Result<Opened, SopsError> {
    let (mut branches, notes) = read(content, format)?;
    let metadata = Metadata::new(&notes)?;
    let key = data_key(&metadata, keyring)?;
    let mut walk = Walk::new(&key, &metadata);
    for branch in &mut branches {
        walk.branch(branch)?;
    }
    let walked = walk.finish();
    if integrity == Integrity::Checked {
        check(&metadata, &key, &walked.checksum)?;
    }
    Ok(Opened {
        content: write(&branches, written)?,
        secrets: walked.secrets,
    })
}

/// Compares the checksum with the one in the notes.
fn check(metadata: &Metadata, key: &DataKey, checksum: &str) -> Result<(), SopsError> {
    let noted = key.decrypt(&metadata.checksum, &metadata.modified);
    let Ok(Plain::Value(Value::Text(noted))) = noted else {
        return Err(SopsError::Checksum);
    };
    if noted.as_slice() == checksum.as_bytes() {
        Ok(())
    } else {
        Err(SopsError::Integrity)
    }
}

/// Finds the data key with the keys at hand.
fn data_key(metadata: &Metadata, keyring: &Keyring) -> Result<DataKey, SopsError> {
    let mut tried = Tried::default();
    let mut shares = Vec::new();
    for group in &metadata.groups {
        shares.extend(keyring.open_group(group, &mut tried));
    }
    let groups = metadata.groups.len();
    let bytes = if groups == 1 {
        shares.pop().ok_or_else(|| SopsError::NoKey {
            recipients: metadata.recipients(),
            tried: tried.told(),
        })?
    } else {
        // Without a number, all are needed.
        let needed = match metadata.threshold {
            0 => groups,
            threshold => threshold,
        };
        if shares.len() < needed {
            return Err(SopsError::TooFewGroups {
                needed,
                groups,
                opened: shares.len(),
                recipients: metadata.recipients(),
                tried: tried.told(),
            });
        }
        shamir::combine(&shares).ok_or(SopsError::Shares)?
    };
    let key = DataKey::new(&bytes).filter(|_| bytes.len() == KEY_LENGTH);
    key.ok_or(SopsError::Shares)
}

/// Reads the documents of a file, and takes the notes out of them.
fn read(content: &[u8], format: Format) -> Result<(Vec<Branch>, Map<String, Json>), SopsError> {
    let mut branches = match format {
        Format::Yaml => yaml::read(content)?,
        Format::Json | Format::Binary => vec![json::read(content)?],
        Format::Dotenv => vec![dotenv::read(content)?],
        Format::Ini => vec![ini::read(content)?],
    };
    let first = branches.first_mut().ok_or(SopsError::NotEncrypted)?;
    let notes = if format == Format::Dotenv {
        let flat = taken(first, |key| key.strip_prefix("sops_"));
        (!flat.is_empty()).then_some(flat)
    } else {
        let mut found = taken(first, |key| (key == NOTES).then_some(key));
        found.pop().and_then(|entry| match entry {
            Entry::Pair(_, Value::Mapping(notes)) => Some(notes),
            _ => None,
        })
    };
    let notes = notes.ok_or(SopsError::NotEncrypted)?;
    for branch in branches.iter_mut().skip(1) {
        taken(branch, |key| (key == NOTES).then_some(key));
    }
    let notes = flat::to_json(&notes);
    let notes = match format {
        Format::Dotenv => flat::unflattened(notes),
        Format::Ini => flat::unflattened(notes.into_iter().map(with_breaks).collect()),
        _ => Some(notes),
    };
    let damaged = || SopsError::Metadata("its keys contradict each other".into());
    Ok((branches, notes.ok_or_else(damaged)?))
}

/// Takes the entries out whose keys are meant, under their new names.
fn taken(branch: &mut Branch, name: impl Fn(&str) -> Option<&str>) -> Branch {
    let (mut kept, mut taken) = (Vec::new(), Vec::new());
    for entry in std::mem::take(branch) {
        match entry {
            Entry::Pair(key, value) => match name(&key) {
                Some(name) => taken.push(Entry::Pair(name.to_owned(), value)),
                None => kept.push(Entry::Pair(key, value)),
            },
            comment @ Entry::Comment(_) => kept.push(comment),
        }
    }
    *branch = kept;
    taken
}

/// Puts line breaks into a note where `\n` stands for them.
fn with_breaks((key, value): (String, Json)) -> (String, Json) {
    match value {
        Json::String(text) => (key, text.replace("\\n", "\n").into()),
        value => (key, value),
    }
}

fn write(branches: &[Branch], format: Format) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    let empty = Vec::new();
    let first = branches.first().unwrap_or(&empty);
    match format {
        Format::Yaml => Ok(yaml_writer::write(branches)),
        Format::Json => json::write(first),
        Format::Binary => json::whole(branches),
        Format::Dotenv => dotenv::write(first),
        Format::Ini => ini::write(first),
    }
}
