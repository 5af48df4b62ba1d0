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
}

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
            if is_locked(&key) {
                return Err(
                    "the OpenPGP key has a passphrase; import it into gpg, and let `--decryption-gpg` ask for it",
                );
            }
            let fingerprint = key.primary_key.fingerprint();
            found.push(Self {
                key,
                name: format!("OpenPGP {fingerprint:X} ({place})"),
            });
        }
        if found.is_empty() {
            return Err("it holds public keys only");
        }
        Ok(found)
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

/// Opens an armored message with any of some keys.
pub fn open(armored: &str, keys: &[OpenPgpKey]) -> Option<Zeroizing<Vec<u8>>> {
    let empty = Password::empty();
    let (message, _) = Message::from_armor(armored.as_bytes()).ok()?;
    let ring = TheRing {
        secret_keys: keys.iter().map(|key| &key.key).collect(),
        key_passwords: vec![&empty],
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
