//! The keys at hand: where they come from, and which of them open a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::age_key::{self, AgeKey, AgeOutcome, SSH_PASSPHRASE, SshKey};
use super::agent;
use super::key_error::KeyError;
use super::key_secret;
use super::locked::{AskPassphrase, LockedKey, LockedKeys, ask_for};
use super::metadata::{Recipient, Sort};
use super::open_pgp::{self, OpenPgpKey};
use super::usual::usual_places;
use crate::env::{self, Variable};

/// Whether somebody has named a key, or it lies where keys usually lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag, a variable or a Secret names it.
    Named,
    /// It lies in the usual place.
    Usual,
}

/// A command line that prints keys of age.
struct KeyCommand {
    variable: &'static str,
    line: Zeroizing<String>,
    is_ssh: bool,
}

/// The keys at hand.
#[derive(Default)]
pub struct Keyring {
    age: Vec<AgeKey>,
    open_pgp: Vec<OpenPgpKey>,
    commands: Vec<KeyCommand>,
    asks_gpg: bool,
    is_named: bool,
    /// What lies in the usual places and can't be used.
    passed_over: Vec<String>,
    /// Asks for passphrases; without it, keys that have one can't be used.
    ask: Option<AskPassphrase>,
    /// Keys of age that have a passphrase.
    locked: LockedKeys,
    /// The passphrases of `OpenPGP` keys, by the name of the key; or why there is none.
    passphrases: Mutex<BTreeMap<String, Result<Zeroizing<String>, &'static str>>>,
    /// What the commands have printed for a recipient.
    printed: Mutex<BTreeMap<String, PrintedKeys>>,
}

/// The keys that commands have printed, or why they have not.
#[derive(Default)]
struct PrintedKeys {
    keys: Vec<AgeKey>,
    problems: Vec<String>,
}

/// What was tried on a file, and what came of it.
#[derive(Default)]
pub struct Tried(Vec<String>);

impl Tried {
    fn note(&mut self, text: String) {
        if !self.0.contains(&text) {
            self.0.push(text);
        }
    }

    /// Returns what was tried.
    pub fn told(self) -> Vec<String> {
        self.0
    }
}

impl Keyring {
    /// Starts without keys; the passphrases of those that have one are asked for where a file needs the key.
    pub fn asking(ask: AskPassphrase) -> Self {
        Self {
            ask: Some(ask),
            ..Self::default()
        }
    }

    /// Takes the keys that sops would take: those that its variables name, and those in the usual places.
    ///
    /// Passphrases are asked for where a file needs the key; keys that have one can't be used where `ask` is `None`.
    ///
    /// # Errors
    ///
    /// Fails on a key that a variable names and that can't be used; what lies in the usual places is passed over.
    pub fn of_environment(ask: Option<AskPassphrase>) -> Result<Self, KeyError> {
        let mut keyring = ask.map_or_else(Self::default, Self::asking);
        keyring.take_variables()?;
        for (path, is_ssh) in usual_places() {
            keyring.take_usual(&path, is_ssh);
        }
        Ok(keyring)
    }

    fn take_variables(&mut self) -> Result<(), KeyError> {
        if let Some(text) = env::SOPS_AGE_KEY.text().map(Zeroizing::new) {
            self.add(env::SOPS_AGE_KEY.name, text.as_bytes())?;
        }
        for variable in [env::SOPS_AGE_KEY_FILE, env::SOPS_AGE_SSH_PRIVATE_KEY_FILE] {
            if let Some(path) = variable.path() {
                self.add_file(Path::new(&path))?;
            }
        }
        for (variable, is_ssh) in [
            (env::SOPS_AGE_KEY_CMD, false),
            (env::SOPS_AGE_SSH_PRIVATE_KEY_CMD, true),
        ] {
            self.take_command(&variable, is_ssh);
        }
        // Who sets the program means it to be asked.
        if env::SOPS_GPG_EXEC.is_set() {
            self.ask_gpg();
        }
        Ok(())
    }

    fn take_command(&mut self, variable: &Variable, is_ssh: bool) {
        if let Some(line) = variable.text() {
            self.is_named = true;
            self.commands.push(KeyCommand {
                variable: variable.name,
                line: Zeroizing::new(line),
                is_ssh,
            });
        }
    }

    fn take_usual(&mut self, path: &Path, is_ssh: bool) {
        let place = path.display().to_string();
        let content = match fs::read(path) {
            Ok(content) => Zeroizing::new(content),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.passed_over.push(format!("{place} ({error})")),
        };
        let added = if is_ssh {
            self.take_ssh(&content, &place)
        } else {
            self.take(&place, &content)
        };
        if let Err(problem) = added {
            self.passed_over.push(format!("{place} ({problem})"));
        }
    }

    /// Adds the keys in a text, of whatever sort they are; `place` names it to people.
    ///
    /// # Errors
    ///
    /// Fails where it holds no key.
    pub fn add(&mut self, place: &str, content: &[u8]) -> Result<(), KeyError> {
        self.take(place, content)
            .map_err(|problem| KeyError::Unknown {
                place: place.into(),
                problem,
            })?;
        self.is_named = true;
        Ok(())
    }

    fn take(&mut self, place: &str, content: &[u8]) -> Result<(), &'static str> {
        let text = std::str::from_utf8(content).unwrap_or_default();
        let start = text.trim_start();
        if start.starts_with("-----BEGIN AGE") || content.starts_with(b"age-encryption.org/") {
            if self.ask.is_none() {
                return Err("the age key has a passphrase");
            }
            self.locked.add(LockedKey::identities(content, place)?);
        } else if start.starts_with("-----BEGIN PGP ") || text.is_empty() && !content.is_empty() {
            let keys = OpenPgpKey::read_all(content, place)?;
            if self.ask.is_none() && keys.iter().any(|key| key.is_locked) {
                return Err(open_pgp::PASSPHRASE);
            }
            self.open_pgp.extend(keys);
        } else if start.starts_with("-----BEGIN ") {
            self.take_ssh(start.as_bytes(), place)?;
        } else {
            self.age.extend(AgeKey::read_all(text, place)?);
        }
        Ok(())
    }

    fn take_ssh(&mut self, pem: &[u8], place: &str) -> Result<(), &'static str> {
        match AgeKey::read_ssh(pem, place)? {
            SshKey::Open(key) => self.age.push(key),
            SshKey::Locked(key) if self.ask.is_some() => self.locked.add(key),
            SshKey::Locked(_) => return Err(SSH_PASSPHRASE),
        }
        Ok(())
    }

    /// Adds the keys in a file, which may be the manifest of a Secret with keys.
    ///
    /// # Errors
    ///
    /// Fails where it can't be read, or holds no key.
    pub fn add_file(&mut self, path: &Path) -> Result<(), KeyError> {
        let content = fs::read(path).map_err(|source| KeyError::Read {
            path: path.into(),
            source,
        })?;
        let (content, place) = (Zeroizing::new(content), path.display().to_string());
        let text = std::str::from_utf8(&content).unwrap_or_default();
        let Some(entries) = key_secret::entries(text) else {
            return self.add(&place, &content);
        };
        let mut holds_keys = false;
        for entry in entries {
            holds_keys |= self.add_entry(&entry.secret, &entry.key, &entry.content)?;
        }
        if holds_keys {
            return Ok(());
        }
        let problem = "its Secrets have neither `*.agekey` nor `*.asc` entries";
        Err(KeyError::Unknown { place, problem })
    }

    /// Adds an entry of the Secret that a Kustomization names; says whether it is one that holds keys.
    ///
    /// As in kustomize-controller, `*.agekey` are identities of age, and `*.asc` are `OpenPGP` keys.
    ///
    /// # Errors
    ///
    /// Fails where it should hold a key and does not.
    pub fn add_entry(&mut self, secret: &str, key: &str, content: &[u8]) -> Result<bool, KeyError> {
        let extension = Path::new(key).extension();
        if !extension.is_some_and(|extension| extension == "agekey" || extension == "asc") {
            return Ok(false);
        }
        self.add(&format!("{secret}: {key}"), content)?;
        Ok(true)
    }

    /// Asks the user's `gpg`, and through it the agent, for what the other keys don't open.
    pub const fn ask_gpg(&mut self) {
        self.asks_gpg = true;
        self.is_named = true;
    }

    /// Says whether there is no key, and none that could be asked for.
    pub fn is_empty(&self) -> bool {
        self.age.is_empty()
            && self.open_pgp.is_empty()
            && self.locked.is_empty()
            && self.commands.is_empty()
            && !self.asks_gpg
    }

    /// Says whether somebody has named a key, or only the usual places were looked at.
    pub const fn origin(&self) -> Origin {
        if self.is_named {
            Origin::Named
        } else {
            Origin::Usual
        }
    }

    /// Opens the data key, or the share of it, that the keys of a group are for.
    pub(super) fn open_group(
        &self,
        group: &[Recipient],
        tried: &mut Tried,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut recipients: Vec<_> = group.iter().collect();
        recipients.sort_by_key(|recipient| recipient.sort);
        recipients
            .into_iter()
            .find_map(|recipient| match recipient.sort {
                Sort::Age => self.open_age(recipient, tried),
                Sort::OpenPgp => self.open_pgp(recipient, tried),
                Sort::Service(name) => {
                    tried.note(format!("nothing for {name}, which is not supported"));
                    None
                }
            })
    }

    fn open_age(&self, recipient: &Recipient, tried: &mut Tried) -> Option<Zeroizing<Vec<u8>>> {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = printed
            .entry(recipient.name.clone())
            .or_insert_with(|| self.ask_commands(&recipient.name));
        let keys = || self.age.iter().chain(&printed.keys);
        match age_key::open(&recipient.encrypted, keys()) {
            AgeOutcome::Opened(content) => return Some(content),
            AgeOutcome::Damaged => {
                tried.note(format!("{} (its data key is damaged)", recipient.shown()));
            }
            AgeOutcome::NotForThese => keys().for_each(|key| tried.note(key.name.clone())),
        }
        let problems = self.passed_over.iter().chain(&printed.problems);
        problems.for_each(|problem| tried.note(problem.clone()));
        let open = |keys: &[AgeKey]| match age_key::open(&recipient.encrypted, keys.iter()) {
            AgeOutcome::Opened(content) => Some(content),
            AgeOutcome::NotForThese | AgeOutcome::Damaged => None,
        };
        let problem = |problem| tried.note(problem);
        self.locked
            .find(&recipient.name, self.ask.as_ref(), open, problem)
    }

    fn ask_commands(&self, recipient: &str) -> PrintedKeys {
        let mut printed = PrintedKeys::default();
        for command in &self.commands {
            let variable = command.variable;
            let keys = agent::key_command(&command.line, recipient).and_then(|content| {
                let keys = if command.is_ssh {
                    let key = AgeKey::read_ssh(&content, variable);
                    key.and_then(SshKey::open).map(|key| vec![key])
                } else {
                    let text = std::str::from_utf8(&content).unwrap_or_default();
                    AgeKey::read_all(text, variable)
                };
                keys.map_err(|problem| format!("printed no key: {problem}"))
            });
            match keys {
                Ok(keys) => printed.keys.extend(keys),
                Err(problem) => printed
                    .problems
                    .push(format!("the command of {variable}, which {problem}")),
            }
        }
        printed
    }

    fn open_pgp(&self, recipient: &Recipient, tried: &mut Tried) -> Option<Zeroizing<Vec<u8>>> {
        let encrypted = &recipient.encrypted;
        let open = self.open_pgp.iter().filter(|key| !key.is_locked);
        if let Some(content) = open_pgp::open(encrypted, open.clone(), "") {
            return Some(content);
        }
        open.for_each(|key| tried.note(key.name.clone()));
        if let Some(content) = self.unlocked_pgp(recipient, tried) {
            return Some(content);
        }
        if !self.asks_gpg {
            return None;
        }
        match agent::gpg(&recipient.encrypted) {
            Ok(content) => Some(content),
            Err(problem) => {
                tried.note(problem);
                None
            }
        }
    }
}

impl Keyring {
    /// Opens something with an `OpenPGP` key that has a passphrase.
    fn unlocked_pgp(&self, recipient: &Recipient, tried: &mut Tried) -> Option<Zeroizing<Vec<u8>>> {
        let ask = self.ask.as_ref()?;
        let mut known = self
            .passphrases
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let locked = self.open_pgp.iter().filter(|key| key.is_locked);
        for key in locked.filter(|key| key.is_for(&recipient.name)) {
            let open = |passphrase: &str| {
                open_pgp::open(&recipient.encrypted, std::iter::once(key), passphrase)
            };
            let mut content = None;
            let passphrase = known.entry(key.name.clone()).or_insert_with(|| {
                let mut right = Zeroizing::new(String::new());
                ask_for(&key.name, ask, |passphrase| {
                    content = open(passphrase);
                    passphrase.clone_into(&mut right);
                    content.is_some()
                })?;
                Ok(right)
            });
            match passphrase {
                Ok(passphrase) => {
                    if let Some(content) = content.or_else(|| open(passphrase)) {
                        return Some(content);
                    }
                    tried.note(key.name.clone());
                }
                Err(why) => tried.note(format!("{} ({why})", key.name)),
            }
        }
        None
    }
}
