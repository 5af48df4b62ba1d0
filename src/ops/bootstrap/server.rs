//! The SSH servers of a bootstrap: which keys they show, and whether the user knows them by others.

use super::blocking::blocking;
use crate::error::Failure;
use crate::git::{GitUrl, HostKeys, KnownHosts, Verdict, scan};
use crate::report::Ui;

/// The host keys of an SSH server, and whether the user's `known_hosts` vouches for them.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// The keys that may be pinned.
    pub keys: HostKeys,
    /// Whether they were known before.
    pub known: bool,
}

/// Reads the host keys of an SSH server and compares them with what the user knows of it.
pub async fn trust(url: &GitUrl, ui: &Ui) -> Result<Trusted, Failure> {
    let server = url.clone();
    let shown = blocking(move || scan(&server)).await??;
    vouch(shown, ui)
}

/// Compares the keys that a server shows with what the user knows of it.
pub fn vouch(shown: HostKeys, ui: &Ui) -> Result<Trusted, Failure> {
    let trusted = match KnownHosts::of_user().check(&shown)? {
        Verdict::Known(keys) => Trusted { keys, known: true },
        Verdict::Unknown => Trusted {
            keys: shown,
            known: false,
        },
    };
    let how = if trusted.known {
        "known"
    } else {
        "trusted on first use"
    };
    for key in &trusted.keys.keys {
        ui.action(format_args!(
            "host key of {} ({how}): {} {}",
            trusted.keys.name(),
            key.kind(),
            key.fingerprint()
        ));
    }
    Ok(trusted)
}

impl Trusted {
    /// Says whether these are the keys of the server in the address.
    pub fn is_of(&self, url: &GitUrl) -> bool {
        self.keys.host == url.host() && self.keys.port == url.port()
    }
}
