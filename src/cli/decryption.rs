//! The keys that open encrypted files, and whether what they open is shown: the flags of commands that build.

use std::io::{IsTerminal as _, stderr, stdin, stdout};
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::flag::Csv;
use crate::error::Failure;
use crate::manifest::Object;
use crate::ops::ClusterKeys;
use crate::render::{Decryptor, Secrets};
use crate::report::{Question, Ui};
use crate::sops::{AskPassphrase, Keyring};

/// Whether anybody may be asked for the passphrase of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// The person at the terminal is, if there is one.
    Allowed,
    /// Nobody is.
    Refused,
}

impl Asking {
    /// Asks nobody where `--yes` has answered everything.
    pub const fn unless(yes: bool) -> Self {
        if yes { Self::Refused } else { Self::Allowed }
    }

    /// Returns the way to ask; `None` where nobody is there.
    fn passphrase(self) -> Option<AskPassphrase> {
        if self == Self::Refused || !stdin().is_terminal() || !stderr().is_terminal() {
            return None;
        }
        let ask = |words: &str| {
            let question = Question {
                words,
                answered_by: "a key without a passphrase",
            };
            question.secret().ok()
        };
        Some(Arc::new(ask))
    }
}

/// The keys on this machine that open encrypted files.
#[derive(Args)]
#[command(next_help_heading = "Decryption")]
pub struct LocalKeyArgs {
    /// Files with keys for SOPS: age identities, SSH keys, armored PGP keys, Secrets with such; besides those that sops
    /// would take
    #[arg(long, value_name = "FILES")]
    decryption_key: Vec<Csv>,

    /// Ask your gpg, and its agent, for PGP keys
    #[arg(long)]
    decryption_gpg: bool,

    /// Decrypt nothing, whatever keys are at hand
    #[arg(long)]
    no_decryption: bool,
}

impl LocalKeyArgs {
    /// Gathers the keys at hand; passphrases are asked for where a file needs the key.
    ///
    /// # Errors
    ///
    /// Fails on flags that contradict each other, and on a key that was named and can't be used.
    pub fn decryptor(&self, asking: Asking) -> Result<Decryptor, Failure> {
        let files = Csv::join(&self.decryption_key);
        if self.no_decryption {
            return if self.decryption_gpg || !files.is_empty() {
                Err(Failure::usage("--no-decryption takes no keys"))
            } else {
                Ok(Decryptor::default())
            };
        }
        let mut keyring = Keyring::of_environment(asking.passphrase())?;
        for file in &files {
            keyring.add_file(Path::new(file))?;
        }
        if self.decryption_gpg {
            keyring.ask_gpg();
        }
        Ok(Decryptor::new(keyring))
    }

    /// Tells once what is masked for want of a key, and what is odd about what was opened.
    pub fn tell(&self, ui: &Ui, decryptor: &Decryptor) {
        let left: Vec<_> = decryptor.left().collect();
        if !left.is_empty() && !self.no_decryption {
            ui.warning(format_args!(
                "no key at hand opens {}; what is encrypted there is masked",
                left.join(", ")
            ));
        }
        for warning in decryptor.warnings() {
            ui.warning(warning);
        }
    }
}

/// The keys that open encrypted files.
#[derive(Args)]
#[command(next_help_heading = "Decryption")]
pub struct KeyArgs {
    #[command(flatten)]
    local: LocalKeyArgs,

    /// Take the keys from the Secret in the cluster that the Kustomization names
    #[arg(long)]
    decryption_secret: bool,
}

impl KeyArgs {
    /// Gathers the keys at hand; without a cluster where `is_local` says so.
    ///
    /// # Errors
    ///
    /// Fails on flags that contradict each other, and on a key that was named and can't be used.
    pub fn decryptor(&self, is_local: bool, asking: Asking) -> Result<Decryptor, Failure> {
        if self.decryption_secret && self.local.no_decryption {
            return Err(Failure::usage("--no-decryption takes no keys"));
        }
        if self.decryption_secret && is_local {
            return Err(Failure::usage(
                "--decryption-secret reads from the cluster, and --dry-run does without one",
            ));
        }
        self.local.decryptor(asking)
    }

    /// Says whether the keys in the cluster are asked for.
    pub const fn cluster_keys(&self) -> ClusterKeys {
        if self.decryption_secret {
            ClusterKeys::Read
        } else {
            ClusterKeys::Unread
        }
    }

    /// Tells once what is masked for want of a key, and what is odd about what was opened.
    pub fn tell(&self, ui: &Ui, decryptor: &Decryptor) {
        self.local.tell(ui, decryptor);
    }
}

/// Whether what is secret is shown.
#[derive(Args)]
#[command(next_help_heading = "Decryption")]
pub struct ShowArgs {
    /// Show secret values in place of their digests
    #[arg(long)]
    show_secrets: bool,

    /// Show secret values even where the output is no terminal
    #[arg(short, long)]
    yes: bool,
}

impl ShowArgs {
    /// Says whether secrets are to be shown.
    ///
    /// # Errors
    ///
    /// Fails where they would be shown to nobody who asked for them.
    pub fn shows(&self) -> Result<bool, Failure> {
        if self.show_secrets && !self.yes && !stdout().is_terminal() {
            return Err(
                Failure::usage("--show-secrets writes secrets into a file or pipe")
                    .with_hint("add `--yes` if you mean it"),
            );
        }
        Ok(self.show_secrets)
    }

    /// Says whether anybody may be asked for a passphrase.
    pub const fn asking(&self) -> Asking {
        Asking::unless(self.yes)
    }
}

/// The keys that open encrypted files, and whether what they open is shown.
#[derive(Args)]
#[command(next_help_heading = "Decryption")]
pub struct DecryptionArgs {
    #[command(flatten)]
    pub keys: KeyArgs,

    #[command(flatten)]
    show: ShowArgs,
}

impl DecryptionArgs {
    /// Gathers the keys at hand, as [`KeyArgs::decryptor`] does.
    ///
    /// # Errors
    ///
    /// Fails as that does, and where secrets would be shown to nobody who asked for them.
    pub fn decryptor(&self, is_local: bool) -> Result<Decryptor, Failure> {
        self.show.shows()?;
        self.keys.decryptor(is_local, self.show.asking())
    }

    /// Takes what is secret out of built objects, unless it was asked for or nothing was decrypted; tells once what
    /// is masked for want of a key.
    pub fn hide(&self, ui: &Ui, decryptor: &Decryptor, objects: &mut [Object]) {
        self.keys.tell(ui, decryptor);
        if let Some(secrets) = self.hidden(decryptor) {
            for object in objects {
                secrets.redact_object(object);
            }
        }
    }

    /// Returns what must not be shown; `None` where nothing was decrypted, or secrets were asked for.
    pub const fn hidden<'build>(&self, decryptor: &'build Decryptor) -> Option<&'build Secrets> {
        if decryptor.has_opened() && !self.show.show_secrets {
            Some(&decryptor.secrets)
        } else {
            None
        }
    }
}
