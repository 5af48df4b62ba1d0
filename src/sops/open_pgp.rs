//! `OpenPGP` keys from files.

use std::io::Read as _;

use pgp::composed::{DecryptionOptions, Message, PublicOrSecret, SignedSecretKey, TheRing};
use pgp::types::{KeyDetails as _, Password, SecretParams};
use zeroize::Zeroizing;

/// The most that a data key, or a share of it, has.
const LENGTH_LIMIT: u64 = 4096;

/// A secret key, and how it is named to people.
pub struct OpenPgpKey {
    key: SignedSecretKey,
    /// Its fingerprint, and where it comes from.
    pub name: String,
    /// Whether it is of no use without its passphrase.
    pub is_locked: bool,
}

/// Why a key can't be used where nobody is asked.
pub const PASSPHRASE: &str =
    "the OpenPGP key has a passphrase; import it into gpg, and let `--decryption-gpg` ask for it";

impl OpenPgpKey {
    /// Reads the secret keys of a ring, armored or not.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the ring, without any of it.
    pub fn read_all(ring: &[u8], place: &str) -> Result<Vec<Self>, &'static str> {
        let (keys, _) = PublicOrSecret::from_reader_many(ring)
            .map_err(|_| "it is no OpenPGP key, or is cut off")?;
        let mut found = Vec::new();
        for key in keys {
            let key = key.map_err(|_| "it is no OpenPGP key, or is cut off")?;
            let PublicOrSecret::Secret(key) = key else {
                continue;
            };
            let fingerprint = key.primary_key.fingerprint();
            found.push(Self {
                is_locked: is_locked(&key),
                key,
                name: format!("OpenPGP {fingerprint:X} ({place})"),
            });
        }
        if found.is_empty() {
            return Err("it holds public keys only");
        }
        Ok(found)
    }

    /// Says whether what is encrypted for a fingerprint is encrypted for it.
    pub fn is_for(&self, fingerprint: &str) -> bool {
        let fingerprint = fingerprint.replace(' ', "").to_uppercase();
        let subkeys = self.key.secret_subkeys.iter();
        let subkeys = subkeys.map(|subkey| subkey.key.fingerprint());
        let mut own = std::iter::once(self.key.primary_key.fingerprint()).chain(subkeys);
        // Some name just the end of it.
        !fingerprint.is_empty() && own.any(|own| format!("{own:X}").ends_with(&fingerprint))
    }
}

/// Says whether no part of a key is of use without its passphrase.
fn is_locked(key: &SignedSecretKey) -> bool {
    let subkeys = key.secret_subkeys.iter();
    key.primary_key.secret_params().is_encrypted()
        && subkeys
            .map(|subkey| subkey.key.secret_params())
            .all(SecretParams::is_encrypted)
}

/// Opens an armored message with any of some keys, and a passphrase for those that have one.
pub fn open<'keys>(
    armored: &str,
    keys: impl Iterator<Item = &'keys OpenPgpKey>,
    passphrase: &str,
) -> Option<Zeroizing<Vec<u8>>> {
    let passphrase = Password::from(passphrase);
    let (message, _) = Message::from_armor(armored.as_bytes()).ok()?;
    let ring = TheRing {
        secret_keys: keys.map(|key| &key.key).collect(),
        key_passwords: vec![&passphrase],
        // GnuPG writes its own sort of packets where a key says that it reads them.
        decrypt_options: DecryptionOptions::new().enable_gnupg_aead(),
        ..TheRing::default()
    };
    let (mut message, _) = message.decrypt_the_ring(ring, true).ok()?;
    if message.is_compressed() {
        message = message.decompress().ok()?;
    }
    let mut content = Zeroizing::new(Vec::new());
    message.take(LENGTH_LIMIT).read_to_end(&mut content).ok()?;
    Some(content)
}
