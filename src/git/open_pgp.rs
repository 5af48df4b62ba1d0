//! `OpenPGP` signatures with a key of a key ring file.

use std::path::Path;

use pgp::composed::{
    ArmorOptions, DetachedSignature, PublicOrSecret, SignedSecretKey, SignedSecretSubKey,
};
use pgp::packet::{Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{KeyDetails, KeyVersion, Password, SigningKey, Timestamp};

use super::auth::Secret;
use super::sign::SignError;

/// A key of a ring, with what opens it.
#[derive(Clone, Debug)]
pub(super) struct OpenPgpKey {
    key: SignedSecretKey,
    /// The subkey that signs; `None` where the primary key does.
    subkey: Option<usize>,
    passphrase: Secret,
}

impl OpenPgpKey {
    /// Reads a ring, armored or binary, and opens the key that `id` names, or else its first.
    pub fn read(ring: &Path, passphrase: &Secret, id: &str) -> Result<Self, SignError> {
        let wanted = key_id(id)?;
        let bytes = std::fs::read(ring).map_err(|source| SignError::Read {
            path: ring.to_owned(),
            source,
        })?;
        let unreadable = |source: pgp::errors::Error| SignError::Ring {
            path: ring.to_owned(),
            source: source.into(),
        };
        let (keys, _) = PublicOrSecret::from_reader_many(bytes.as_slice()).map_err(unreadable)?;
        let keys = keys.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        let found = match &wanted {
            Some(id) => keys.into_iter().find(|key| ids(key).contains(id)),
            None => keys.into_iter().next(),
        };
        let key = match found {
            Some(PublicOrSecret::Secret(key)) => key,
            Some(PublicOrSecret::Public(key)) => {
                return Err(SignError::NoSecret {
                    path: ring.to_owned(),
                    id: hex(&key.primary_key),
                });
            }
            None => {
                return Err(SignError::NoKey {
                    path: ring.to_owned(),
                    id: wanted,
                });
            }
        };
        let subkey = signing_subkey(&key, wanted.as_deref());
        let opened = Self {
            key,
            subkey,
            passphrase: passphrase.clone(),
        };
        opened.open(ring)?;
        Ok(opened)
    }

    /// Tries the passphrase, so that a wrong one is found before anything was done.
    fn open(&self, ring: &Path) -> Result<(), SignError> {
        let password = Password::from(self.passphrase.reveal());
        let unlocked = match self.subkey() {
            Some(subkey) => subkey.key.unlock(&password, |_, _| Ok(())),
            None => self.key.primary_key.unlock(&password, |_, _| Ok(())),
        };
        match unlocked {
            Ok(Ok(())) => Ok(()),
            _ if self.passphrase.is_empty() => Err(SignError::NoPassphrase {
                path: ring.to_owned(),
            }),
            _ => Err(SignError::Passphrase {
                path: ring.to_owned(),
            }),
        }
    }

    fn subkey(&self) -> Option<&SignedSecretSubKey> {
        self.key.secret_subkeys.get(self.subkey?)
    }

    /// Signs bytes; the signature comes armored.
    pub fn sign(&self, bytes: &[u8]) -> Result<String, SignError> {
        let password = Password::from(self.passphrase.reveal());
        let signed = match self.subkey() {
            Some(subkey) => signature(&subkey.key, &password, bytes),
            None => signature(&self.key.primary_key, &password, bytes),
        };
        let armored = signed.and_then(|signature| {
            let mut armored = Vec::new();
            DetachedSignature::new(signature)
                .to_armored_writer(&mut armored, ArmorOptions::default())?;
            Ok(String::from_utf8_lossy(&armored).into_owned())
        });
        armored.map_err(|source| SignError::OpenPgp(source.into()))
    }
}

fn signature(
    key: &impl SigningKey,
    password: &Password,
    bytes: &[u8],
) -> Result<Signature, pgp::errors::Error> {
    let mut config = SignatureConfig::v4(SignatureType::Binary, key.algorithm(), key.hash_alg());
    config.hashed_subpackets = vec![
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
        Subpacket::regular(SubpacketData::SignatureCreationTime(Timestamp::now()))?,
    ];
    if key.version() == KeyVersion::V4 {
        config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(
            key.legacy_key_id(),
        ))?];
    }
    config.sign(key, password, bytes)
}

/// Reads a key id: 16 hexadecimal digits, with or without `0x`; empty means none.
fn key_id(text: &str) -> Result<Option<String>, SignError> {
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() != 16 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(SignError::KeyId { id: text.into() });
    }
    Ok(Some(digits.to_ascii_uppercase()))
}

fn hex(key: &impl KeyDetails) -> String {
    let bytes = key.legacy_key_id();
    let bytes: &[u8] = bytes.as_ref();
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02X}"))
}

/// Returns the ids of a key and of its subkeys.
fn ids(key: &PublicOrSecret) -> Vec<String> {
    match key {
        PublicOrSecret::Public(key) => std::iter::once(hex(&key.primary_key))
            .chain(key.public_subkeys.iter().map(|subkey| hex(&subkey.key)))
            .collect(),
        PublicOrSecret::Secret(key) => {
            let secret = key.secret_subkeys.iter().map(|subkey| hex(&subkey.key));
            let public = key.public_subkeys.iter().map(|subkey| hex(&subkey.key));
            std::iter::once(hex(&key.primary_key))
                .chain(secret)
                .chain(public)
                .collect()
        }
    }
}

/// Chooses the subkey that was asked for, else the newest that may sign and is good now.
fn signing_subkey(key: &SignedSecretKey, wanted: Option<&str>) -> Option<usize> {
    let subkeys = || key.secret_subkeys.iter().enumerate();
    if let Some((index, _)) =
        subkeys().find(|(_, subkey)| Some(hex(&subkey.key).as_str()) == wanted)
    {
        return Some(index);
    }
    let good = subkeys().filter(|(_, subkey)| may_sign(subkey));
    good.max_by_key(|(_, subkey)| subkey.key.created_at().as_secs())
        .map(|(index, _)| index)
}

fn may_sign(subkey: &SignedSecretSubKey) -> bool {
    if subkey
        .signatures
        .iter()
        .any(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation))
    {
        return false;
    }
    let Some(binding) = subkey
        .signatures
        .iter()
        .max_by_key(|signature| signature.created().map(Timestamp::as_secs))
    else {
        return false;
    };
    let created = u64::from(subkey.key.created_at().as_secs());
    let lives = binding
        .key_expiration_time()
        .map(|life| u64::from(life.as_secs()))
        .filter(|life| *life > 0);
    let now = u64::from(Timestamp::now().as_secs());
    binding.key_flags().sign() && lives.is_none_or(|life| created + life > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_key_ids() {
        assert_eq!(key_id("").unwrap(), None);
        assert_eq!(
            key_id("0x0123456789abcdef").unwrap().as_deref(),
            Some("0123456789ABCDEF")
        );
        for bad in ["0x", "0123", "0x0123456789abcdeg", "00123456789abcdef"] {
            assert!(matches!(key_id(bad), Err(SignError::KeyId { .. })), "{bad}");
        }
    }
}
