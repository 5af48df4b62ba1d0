//! All that the outcome of a build depends on, as one digest.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::reach::Reach;
use crate::kustomize::Unset;
use crate::manifest::Object;

/// Goes up with every change of the engine that changes what comes out.
const EDITION: &str = concat!("3 ", env!("CARGO_PKG_VERSION"));

/// A text that is no key.
#[derive(Debug)]
pub struct NoKey;

/// A digest of all that an outcome depends on: equal keys, equal outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl FromStr for Key {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(NoKey);
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() {
            return Err(NoKey);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let value = digit(pair[0])? << 4 | digit(pair[1])?;
            *byte = u8::try_from(value).map_err(|_| NoKey)?;
        }
        Ok(Self(bytes))
    }
}

impl Key {
    /// Makes the key of something from all texts that it depends on.
    pub fn of_texts<'a>(what: &'a str, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for text in [EDITION, what].into_iter().chain(texts) {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
        Self(hash.finalize().into())
    }
}

/// What goes into a key.
pub struct Ingredients<'a> {
    /// The Kustomization.
    pub object: &'a Object,
    /// What its directory leads to.
    pub reach: &'a Reach,
    /// The ignore rules of its source object.
    pub rules: &'a str,
    /// The variables of references.
    pub referred: &'a BTreeMap<String, String>,
    /// The references that lead nowhere.
    pub missing: &'a [String],
    /// What a variable without a value is.
    pub unset: Unset,
    /// Whether there are keys for what is encrypted.
    pub opens: bool,
}

impl Ingredients<'_> {
    /// Makes the key.
    pub fn key(&self) -> Key {
        let mut hash = Sha256::new();
        let mut add = |text: &[u8]| {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        };
        add(EDITION.as_bytes());
        let object = self.object;
        for text in [object.api_version(), object.namespace(), object.name()] {
            add(text.as_bytes());
        }
        let spec = object.get("/spec").map(serde_json::to_vec);
        add(&spec.and_then(Result::ok).unwrap_or_default());
        add(self.rules.as_bytes());
        add(&[u8::from(self.unset == Unset::Refused), u8::from(self.opens)]);
        for (path, digest) in &self.reach.contents {
            add(path.as_os_str().as_encoded_bytes());
            add(digest.as_ref().map_or(&[], |digest| digest.as_bytes()));
        }
        for (name, value) in self.referred {
            add(b"=");
            add(name.as_bytes());
            add(value.as_bytes());
        }
        for missing in self.missing {
            add(missing.as_bytes());
        }
        Key(hash.finalize().into())
    }
}
