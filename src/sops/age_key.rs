//! Keys of age: its own, and those of SSH.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::locked::LockedKey;

/// What the lines of an armored file stand between.
const ARMOR: (&str, &str) = (
    "-----BEGIN AGE ENCRYPTED FILE-----",
    "-----END AGE ENCRYPTED FILE-----",
);

/// The most that a data key, or a share of it, has.
const LENGTH_LIMIT: u64 = 4096;

/// Why a key of SSH can't be used where nobody is asked.
pub const SSH_PASSPHRASE: &str = "the SSH key has a passphrase";

/// A private key.
enum Identity {
    Native(age::x25519::Identity),
    Ssh(age::ssh::Identity),
}

impl Identity {
    fn as_age(&self) -> &dyn age::Identity {
        match self {
            Self::Native(identity) => identity,
            Self::Ssh(identity) => identity,
        }
    }
}

/// A private key, and how it is named to people.
pub struct AgeKey {
    identity: Identity,
    /// Its public half where it is short, and where it comes from.
    pub name: String,
}

/// What became of an attempt to open something with keys of age.
pub enum AgeOutcome {
    /// It is open.
    Opened(Zeroizing<Vec<u8>>),
    /// It is not for any of these keys.
    NotForThese,
    /// It is damaged.
    Damaged,
}

impl AgeKey {
    /// Reads the identities of a text, one a line, or one a word.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the text, without any of it.
    pub fn read_all(text: &str, place: &str) -> Result<Vec<Self>, &'static str> {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Result<Vec<_>, _> = lines
            .flat_map(str::split_whitespace)
            .map(|word| Self::read(word, place))
            .collect();
        keys.and_then(|keys| {
            if keys.is_empty() {
                Err("it is empty")
            } else {
                Ok(keys)
            }
        })
    }

    fn read(word: &str, place: &str) -> Result<Self, &'static str> {
        if word.starts_with("AGE-PLUGIN-") {
            return Err("keys of age plugins are not supported");
        }
        if word.starts_with("AGE-SECRET-KEY-PQ-") {
            return Err("post-quantum keys of age are not supported");
        }
        let identity: age::x25519::Identity = word
            .parse()
            .map_err(|_| "a line in it is no age identity")?;
        let public = identity.to_public();
        Ok(Self {
            identity: Identity::Native(identity),
            name: format!("{public} ({place})"),
        })
    }

    /// Reads a private key of SSH.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the key, without any of it.
    pub fn read_ssh(pem: &[u8], place: &str) -> Result<SshKey, &'static str> {
        let identity = age::ssh::Identity::from_buffer(pem, None)
            .map_err(|_| "it is no SSH key, or is cut off")?;
        match identity {
            age::ssh::Identity::Unencrypted(_) => Ok(SshKey::Open(Self::of_ssh(identity, place))),
            age::ssh::Identity::Encrypted(key) => {
                Ok(SshKey::Locked(LockedKey::ssh(key, pem, place)))
            }
            age::ssh::Identity::Unsupported(_) => {
                Err("age takes SSH keys of the types ed25519 and RSA only")
            }
        }
    }

    /// Takes a private key of SSH that no passphrase locks.
    pub fn of_ssh(identity: age::ssh::Identity, place: &str) -> Self {
        Self {
            identity: Identity::Ssh(identity),
            name: format!("SSH key ({place})"),
        }
    }
}

/// A private key of SSH.
pub enum SshKey {
    /// It can be used.
    Open(AgeKey),
    /// It has a passphrase.
    Locked(LockedKey),
}

impl SshKey {
    /// Returns the key where no passphrase locks it.
    ///
    /// # Errors
    ///
    /// Says that one does.
    pub fn open(self) -> Result<AgeKey, &'static str> {
        match self {
            Self::Open(key) => Ok(key),
            Self::Locked(_) => Err(SSH_PASSPHRASE),
        }
    }
}

/// Opens an armored file with any of some keys.
pub fn open<'keys>(armored: &str, keys: impl Iterator<Item = &'keys AgeKey>) -> AgeOutcome {
    let Some(bytes) = without_armor(armored) else {
        return AgeOutcome::Damaged;
    };
    let Ok(decryptor) = age::Decryptor::new_buffered(bytes.as_slice()) else {
        return AgeOutcome::Damaged;
    };
    let reader = match decryptor.decrypt(keys.map(|key| key.identity.as_age())) {
        Ok(reader) => reader,
        Err(age::DecryptError::NoMatchingKeys) => return AgeOutcome::NotForThese,
        Err(_) => return AgeOutcome::Damaged,
    };
    let mut content = Zeroizing::new(Vec::new());
    match reader.take(LENGTH_LIMIT).read_to_end(&mut content) {
        Ok(_) => AgeOutcome::Opened(content),
        Err(_) => AgeOutcome::Damaged,
    }
}

/// Returns the bytes in an armored text; `None` where it is none.
pub fn without_armor(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().strip_prefix(ARMOR.0)?.strip_suffix(ARMOR.1)?;
    let text: String = text.split_whitespace().collect();
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_a_key() {
        let problem = |text: &str| AgeKey::read_all(text, "x").map(|_| ()).unwrap_err();
        assert_eq!(problem("# nothing\n"), "it is empty");
        assert_eq!(problem("hunter2"), "a line in it is no age identity");
        assert!(problem("AGE-PLUGIN-YUBIKEY-1X").contains("plugins"));
        assert!(AgeKey::read_ssh(b"hunter2", "x").is_err());
    }
}
