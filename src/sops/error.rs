//! Why an encrypted file can't be opened; never with anything of its content.

use super::format::Format;
use crate::error::Explain;

/// Why an encrypted file can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum SopsError {
    /// The file does not have its format.
    #[error("this is no {} that SOPS has written: {problem}", format.name())]
    Malformed {
        /// The format that it should have.
        format: Format,
        /// What is wrong, and where.
        problem: String,
    },
    /// Nothing of SOPS stands in the file.
    #[error("SOPS has not encrypted this: its metadata is missing")]
    NotEncrypted,
    /// What SOPS has noted about the file is not complete.
    #[error("the metadata of SOPS is damaged: {0}")]
    Metadata(String),
    /// No key at hand fits.
    #[error(
        "no key at hand opens it; it is encrypted for {}; tried: {}",
        listed(recipients),
        listed(tried)
    )]
    NoKey {
        /// Who the file is encrypted for.
        recipients: Vec<String>,
        /// What was tried, and what came of it.
        tried: Vec<String>,
    },
    /// Too few groups of keys are at hand.
    #[error("{needed} of its {groups} key groups are needed, and {} at hand; it is encrypted for {}; tried: {}", are(*opened), listed(recipients), listed(tried))]
    TooFewGroups {
        /// How many groups are needed.
        needed: usize,
        /// How many there are.
        groups: usize,
        /// How many could be opened.
        opened: usize,
        /// Who the file is encrypted for.
        recipients: Vec<String>,
        /// What was tried, and what came of it.
        tried: Vec<String>,
    },
    /// The parts of the data key don't fit together.
    #[error("the parts of its data key don't fit together")]
    Shares,
    /// A value was changed, or is of another file.
    #[error("the value at `{path}` can't be decrypted: {problem}")]
    Value {
        /// Where the value stands.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The values are good, but some were taken away, moved, or changed where they are not encrypted.
    #[error("the file was changed after SOPS had encrypted it: its checksum (MAC) does not fit")]
    Integrity,
    /// The checksum itself can't be read.
    #[error("the file was changed after SOPS had encrypted it: its checksum (MAC) can't be read")]
    Checksum,
    /// The content can't be written in the wanted format.
    #[error("it can't be written as {}: {problem}", format.name())]
    Unwritable {
        /// The wanted format.
        format: Format,
        /// Why.
        problem: String,
    },
}

impl SopsError {
    /// Says whether nothing is wrong but that the keys for it are missing.
    pub const fn is_missing_key(&self) -> bool {
        matches!(self, Self::NoKey { .. } | Self::TooFewGroups { .. })
    }

    /// Makes the error of a file that does not have its format.
    pub(super) fn malformed(format: Format, problem: impl Into<String>) -> Self {
        Self::Malformed {
            format,
            problem: problem.into(),
        }
    }
}

impl Explain for SopsError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoKey { .. } | Self::TooFewGroups { .. } => {
                "name a key with `--decryption-key FILE`, or as sops does with `SOPS_AGE_KEY_FILE` and the like"
            }
            Self::Integrity | Self::Checksum | Self::Value { .. } => {
                "take the last good version from Git, and change the file with `sops edit` only"
            }
            Self::Malformed { .. } | Self::Metadata(_) | Self::Shares => {
                "the file may be cut off, or half merged: take the last good version from Git"
            }
            Self::NotEncrypted | Self::Unwritable { .. } => return None,
        };
        Some(hint.into())
    }
}

fn are(count: usize) -> String {
    match count {
        0 => "none are".into(),
        1 => "1 is".into(),
        count => format!("{count} are"),
    }
}

/// Lists texts on one line.
fn listed(texts: &[String]) -> String {
    if texts.is_empty() {
        return "nothing".into();
    }
    texts.join(", ")
}
