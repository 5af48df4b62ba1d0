//! Why a key that somebody named can't be used; never with anything of the key.

use std::path::PathBuf;

use crate::error::Explain;

/// Why a key that somebody named can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Its file can't be read.
    #[error("cannot read the decryption key {}", path.display())]
    Read {
        /// The path of the file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no key that is known here.
    #[error("{place} holds no decryption key: {problem}")]
    Unknown {
        /// Where it comes from.
        place: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Explain for KeyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Unknown { .. } => Some(
                "keys are age identities (`AGE-SECRET-KEY-1…`), SSH keys of the types ed25519 and RSA, and armored OpenPGP secret keys; the passphrase of one that has it is asked for at a terminal only".into(),
            ),
        }
    }
}
