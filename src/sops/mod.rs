//! Files that SOPS has encrypted: their formats, their keys, and their values in the clear.

mod age_key;
mod agent;
mod cipher;
mod dotenv;
mod error;
mod flat;
mod format;
mod go_number;
mod ini;
mod json;
mod key_error;
mod key_secret;
mod keyring;
mod locked;
mod metadata;
mod open;
mod open_pgp;
mod rules;
mod shamir;
mod shell_words;
#[cfg(test)]
mod tests;
mod tree;
mod usual;
mod walk;
mod yaml;
mod yaml_writer;

pub use error::SopsError;
pub use format::Format;
pub use go_number::for_yaml as float_text;
pub use key_error::KeyError;
pub use keyring::{Keyring, Origin};
pub use locked::AskPassphrase;
pub use open::{Integrity, open};
