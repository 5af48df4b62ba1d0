//! Keys that a passphrase locks: asked for once, and only where a file needs the key.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};

use age::secrecy::SecretString;
use zeroize::Zeroizing;

use super::age_key::{self, AgeKey};

/// How often a passphrase may be wrong.
const ATTEMPTS: usize = 3;

/// The most that a file with identities has, in bytes.
const LENGTH_LIMIT: u64 = 1 << 20;

/// Asks the person at the terminal for a passphrase, in these words; `None` where nobody answers.
pub type AskPassphrase = Arc<dyn Fn(&str) -> Option<Zeroizing<String>> + Send + Sync>;

/// A key of age that a passphrase locks.
pub struct LockedKey {
    lock: Lock,
    /// What it is and where it comes from.
    pub name: String,
    place: String,
}

/// What is locked.
enum Lock {
    /// A key of SSH, with the line of its public half where that can be read.
    Ssh(Box<age::ssh::EncryptedKey>, Option<String>),
    /// A file with identities.
    Identities(Zeroizing<Vec<u8>>),
}

impl LockedKey {
    /// Takes a private key of SSH that was found to be locked; `pem` is its file.
    pub fn ssh(key: age::ssh::EncryptedKey, pem: &[u8], place: &str) -> Self {
        let public = ssh_key::PrivateKey::from_openssh(pem).ok();
        let public = public.and_then(|key| key.public_key().to_openssh().ok());
        Self {
            lock: Lock::Ssh(Box::new(key), public),
            name: format!("SSH key ({place})"),
            place: place.to_owned(),
        }
    }

    /// Takes a file with identities that is encrypted itself, armored or not.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, without any of it.
    pub fn identities(content: &[u8], place: &str) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(content).unwrap_or_default();
        let bytes = match age_key::without_armor(text) {
            Some(bytes) => bytes,
            None => content.to_vec(),
        };
        let decryptor = age::Decryptor::new_buffered(bytes.as_slice());
        match decryptor {
            Err(_) => Err("it is an age file that is damaged"),
            Ok(decryptor) if !decryptor.is_scrypt() => {
                Err("it is encrypted for another key, not with a passphrase")
            }
            Ok(_) => Ok(Self {
                lock: Lock::Identities(Zeroizing::new(bytes)),
                name: format!("age key ({place})"),
                place: place.to_owned(),
            }),
        }
    }

    /// Says whether what is encrypted for a recipient may open with it.
    fn may_open(&self, recipient: &str) -> bool {
        let is_ssh = recipient.starts_with("ssh-");
        match &self.lock {
            Lock::Identities(_) => !is_ssh,
            Lock::Ssh(_, None) => is_ssh,
            Lock::Ssh(_, Some(public)) => {
                // The third word is a comment.
                let words = |line: &str| line.split_whitespace().take(2).collect::<String>();
                words(public) == words(recipient)
            }
        }
    }

    /// Opens it; `None` where the passphrase is another one.
    fn opened(&self, passphrase: &str) -> Option<Result<Vec<AgeKey>, &'static str>> {
        let passphrase = SecretString::from(passphrase);
        match &self.lock {
            Lock::Ssh(key, _) => {
                let key = key.decrypt(passphrase).ok()?;
                Some(Ok(vec![AgeKey::of_ssh(key.into(), &self.place)]))
            }
            Lock::Identities(bytes) => {
                let decryptor = age::Decryptor::new_buffered(bytes.as_slice()).ok()?;
                let identity = age::scrypt::Identity::new(passphrase);
                let identity: &dyn age::Identity = &identity;
                let reader = decryptor.decrypt(std::iter::once(identity)).ok()?;
                let mut text = Zeroizing::new(String::new());
                let read = reader.take(LENGTH_LIMIT).read_to_string(&mut text);
                Some(match read {
                    Ok(_) => AgeKey::read_all(&text, &self.place),
                    Err(_) => Err("what is encrypted in it is no text"),
                })
            }
        }
    }
}

/// The keys that are locked, and what became of those that were needed.
#[derive(Default)]
pub struct LockedKeys {
    keys: Vec<LockedKey>,
    /// What the keys came to, by their place among them.
    opened: Mutex<BTreeMap<usize, Result<Vec<AgeKey>, String>>>,
}

impl LockedKeys {
    /// Adds a key.
    pub fn add(&mut self, key: LockedKey) {
        self.keys.push(key);
    }

    /// Says whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Unlocks the keys that may open what is encrypted for a recipient, one after the other, until `open` has it.
    ///
    /// `problem` is told why a key stays locked.
    pub fn find<T>(
        &self,
        recipient: &str,
        ask: Option<&AskPassphrase>,
        mut open: impl FnMut(&[AgeKey]) -> Option<T>,
        mut problem: impl FnMut(String),
    ) -> Option<T> {
        let mut known = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = self.keys.iter().enumerate();
        for (place, key) in keys.filter(|(_, key)| key.may_open(recipient)) {
            let keys = known.entry(place).or_insert_with(|| unlock(key, ask));
            match keys {
                Ok(keys) => {
                    if let Some(found) = open(keys) {
                        return Some(found);
                    }
                }
                Err(why) => problem(format!("{} ({why})", key.name)),
            }
        }
        None
    }
}

/// Asks for the passphrase of a key, until it is the right one or nobody answers any more.
fn unlock(key: &LockedKey, ask: Option<&AskPassphrase>) -> Result<Vec<AgeKey>, String> {
    let ask = ask.ok_or("it has a passphrase")?;
    let mut opened = None;
    ask_for(&key.name, ask, |passphrase| {
        opened = key.opened(passphrase);
        opened.is_some()
    })?;
    let keys = opened.unwrap_or(Err("its passphrase was not given"));
    keys.map_err(ToOwned::to_owned)
}

/// Asks for the passphrase of what is named until `fits` takes one.
///
/// # Errors
///
/// Says that none was given, or that none fitted.
pub fn ask_for(
    name: &str,
    ask: &AskPassphrase,
    mut fits: impl FnMut(&str) -> bool,
) -> Result<(), &'static str> {
    for attempt in 0..ATTEMPTS {
        let words = match attempt {
            0 => format!("Passphrase of the {name}"),
            _ => format!("That was wrong. Passphrase of the {name}"),
        };
        let passphrase = ask(&words).ok_or("its passphrase was not given")?;
        if fits(&passphrase) {
            return Ok(());
        }
    }
    Err("its passphrase was wrong")
}
