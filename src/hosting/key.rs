//! Deploy keys: when two are the same, and what has to be done to have one registered.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::name::NameError;

/// The public half of an SSH key: type and base64 text; a comment does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: String,
    data: String,
}

impl PublicKey {
    /// Reads what a service shows; `None` where it is no key, so that it equals none of ours.
    pub fn shown(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.algorithm, self.data)
    }
}

impl FromStr for PublicKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut words = text.split_whitespace();
        let (Some(algorithm), Some(data)) = (words.next(), words.next()) else {
            return Err(NameError::new(
                "the public key",
                "…",
                "it should be `type base64`, on one line",
            ));
        };
        // What is encoded begins with the length of the type and the type itself.
        let blob = STANDARD.decode(data).unwrap_or_default();
        let length = blob
            .first_chunk::<4>()
            .map_or(usize::MAX, |size| u32::from_be_bytes(*size) as usize);
        if blob.get(4..).and_then(|rest| rest.get(..length)) != Some(algorithm.as_bytes()) {
            return Err(NameError::new(
                "the public key",
                algorithm,
                "what follows the type is not that key",
            ));
        }
        Ok(Self {
            algorithm: algorithm.into(),
            data: data.into(),
        })
    }
}

/// What a deploy key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAccess {
    /// Read.
    ReadOnly,
    /// Read and write.
    ReadWrite,
}

/// A deploy key as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployKey {
    /// What people see.
    pub title: String,
    /// The key.
    pub key: PublicKey,
    /// What it may do.
    pub access: KeyAccess,
}

/// A deploy key as a service has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredKey {
    /// The service's number for it.
    pub id: u64,
    /// What people see.
    pub title: String,
    /// The key; `None` where the service shows none.
    pub key: Option<PublicKey>,
    /// What it may do.
    pub access: KeyAccess,
}

impl RegisteredKey {
    /// Returns it as it would be registered again; `None` where its text is not known.
    pub fn as_wanted(&self) -> Option<DeployKey> {
        Some(DeployKey {
            title: self.title.clone(),
            key: self.key.clone()?,
            access: self.access,
        })
    }
}

/// Says whether the key is among those that are there, with the access that it should have.
pub fn is_registered(present: &[RegisteredKey], wanted: &DeployKey) -> bool {
    plan(present, wanted).step == KeyStep::Keep
}

/// What has to be done so that a deploy key is registered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyPlan {
    /// What becomes of the key itself.
    pub step: KeyStep,
    /// Other keys of the same title: what it replaces.
    pub stale: Vec<RegisteredKey>,
}

/// What becomes of the key itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KeyStep {
    /// It is there.
    Keep,
    /// It is there and may do less, or more, than it should.
    Change(RegisteredKey),
    /// It is not there.
    Add,
}

/// Decides what has to be done so that `wanted` is registered.
///
/// The same key under another title is somebody else's entry: it may gain write access but loses nothing.
pub(super) fn plan(present: &[RegisteredKey], wanted: &DeployKey) -> KeyPlan {
    let same = present
        .iter()
        .find(|other| other.key.as_ref() == Some(&wanted.key));
    let stale = present
        .iter()
        .filter(|other| other.title == wanted.title && other.key.as_ref() != Some(&wanted.key));
    let step = match same {
        None => KeyStep::Add,
        Some(same) if same.access == wanted.access => KeyStep::Keep,
        Some(same) if same.title != wanted.title && wanted.access == KeyAccess::ReadOnly => {
            KeyStep::Keep
        }
        Some(same) => KeyStep::Change(same.clone()),
    };
    KeyPlan {
        step,
        stale: stale.cloned().collect(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two keys that differ, each with a comment.
    pub(in super::super) const ONE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f flux";
    pub(in super::super) const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA two words";

    fn registered(id: u64, title: &str, key: &str, access: KeyAccess) -> RegisteredKey {
        RegisteredKey {
            id,
            title: title.into(),
            key: PublicKey::shown(key),
            access,
        }
    }

    fn wanted(access: KeyAccess) -> DeployKey {
        DeployKey {
            title: "flux".into(),
            key: ONE.parse().unwrap(),
            access,
        }
    }

    #[test]
    fn comments_and_newlines_do_not_count() {
        let key: PublicKey = format!("{ONE} and more\n").parse().unwrap();
        assert_eq!(key, ONE.parse().unwrap());
        assert_eq!(format!("{key} flux"), ONE);
        for bad in [
            "",
            "ssh-ed25519",
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAAB",
            "ssh-ed25519 !!!",
            "ssh-ed25519 AAAA",
        ] {
            assert!(bad.parse::<PublicKey>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_that_is_there_is_kept() {
        use KeyAccess::{ReadOnly, ReadWrite};
        let present = [registered(1, "flux", ONE, ReadOnly)];
        assert_eq!(
            plan(&present, &wanted(ReadOnly)),
            KeyPlan {
                step: KeyStep::Keep,
                stale: vec![]
            }
        );
        assert_eq!(
            plan(&present, &wanted(ReadWrite)).step,
            KeyStep::Change(present[0].clone())
        );
        assert_eq!(plan(&[], &wanted(ReadOnly)).step, KeyStep::Add);
    }

    #[test]
    fn an_old_key_of_the_title_is_replaced() {
        let present = [
            registered(1, "flux", TWO, KeyAccess::ReadOnly),
            registered(2, "other", TWO, KeyAccess::ReadOnly),
            registered(3, "flux", "no key", KeyAccess::ReadOnly),
        ];
        let plan = plan(&present, &wanted(KeyAccess::ReadOnly));
        assert_eq!(plan.step, KeyStep::Add);
        assert_eq!(
            plan.stale.iter().map(|key| key.id).collect::<Vec<_>>(),
            [1, 3]
        );
    }

    #[test]
    fn the_same_key_under_another_title_loses_nothing() {
        let present = [registered(1, "other", ONE, KeyAccess::ReadWrite)];
        assert_eq!(
            plan(&present, &wanted(KeyAccess::ReadOnly)).step,
            KeyStep::Keep
        );
        let present = [registered(1, "other", ONE, KeyAccess::ReadOnly)];
        assert_eq!(
            plan(&present, &wanted(KeyAccess::ReadWrite)).step,
            KeyStep::Change(present[0].clone())
        );
    }
}
