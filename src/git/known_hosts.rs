//! What the user's `known_hosts` files say about a server.

use std::path::{Path, PathBuf};

use super::host_pattern::matches;
use super::public_key::{HostKeys, PublicKey};
use crate::env;
use crate::error::Explain;

/// Why a server can't be trusted.
#[derive(Debug, thiserror::Error)]
pub enum HostKeyError {
    /// The server shows other keys than the ones that are known for it.
    #[error(
        "the host key of {host} has changed: known is {}, the server shows {}", known.join(", "), shown.join(", ")
    )]
    Changed {
        /// The server as `known_hosts` names it.
        host: String,
        /// The known fingerprints, each with its type.
        known: Vec<String>,
        /// The fingerprints that the server shows, each with its type.
        shown: Vec<String>,
    },
    /// A key of the server was withdrawn with `@revoked`.
    #[error("the host key {key} of {host} was revoked")]
    Revoked {
        /// The server as `known_hosts` names it.
        host: String,
        /// The fingerprint, with its type.
        key: String,
    },
}

impl Explain for HostKeyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Changed { host, .. } => Some(format!(
                "if the server really has a new key, run `ssh-keygen -R '{host}'`; else somebody listens to the connection"
            )),
            Self::Revoked { .. } => None,
        }
    }
}

/// Whether a server is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The files name it, with these of the keys that it shows.
    Known(HostKeys),
    /// No file names it: whoever trusts it does so on first use.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Plain,
    Revoked,
}

/// How the keys of a server stand to the entries of its name.
enum Agreement {
    /// No entry names it.
    Unnamed,
    /// These keys are known, and none is another than the known one of its type.
    Same(HostKeys),
    /// A key is another than the known one, or none is known.
    Other,
}

/// One line of a `known_hosts` file.
#[derive(Clone, Debug)]
struct Entry {
    mark: Mark,
    patterns: String,
    key: PublicKey,
}

/// The contents of `known_hosts` files.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    entries: Vec<Entry>,
}

impl KnownHosts {
    /// Reads the files that `SSH_KNOWN_HOSTS` names, else the user's own and the system's.
    pub fn of_user() -> Self {
        Self::read(&files())
    }

    /// Reads files; one that is not there says nothing.
    pub fn read(paths: &[impl AsRef<Path>]) -> Self {
        let texts = paths.iter().filter_map(|path| std::fs::read(path).ok());
        let entries = texts
            .flat_map(|text| parse(&String::from_utf8_lossy(&text)))
            .collect();
        Self { entries }
    }

    /// Reads the text of one file.
    #[cfg(test)]
    pub fn parse(text: &str) -> Self {
        Self {
            entries: parse(text),
        }
    }

    /// Compares the keys that a server shows with those that are known for it.
    ///
    /// Only the keys that are known come back: a stranger in the middle can show the real public
    /// key beside its own, so a key that nobody vouches for must not be pinned with one that is known.
    pub fn check(&self, shown: &HostKeys) -> Result<Verdict, HostKeyError> {
        let name = format!("[{}]:{}", shown.host, shown.port);
        let mut names = vec![name.as_str()];
        if shown.port == 22 {
            names.push(&shown.host);
        }
        match self.compare(shown, &names)? {
            Agreement::Same(keys) => return Ok(Verdict::Known(keys)),
            Agreement::Other => return Err(self.changed(shown, &names)),
            Agreement::Unnamed => {}
        }
        // OpenSSH lets an entry without a port vouch for other ports, but never accuse there.
        match self.compare(shown, &[&shown.host])? {
            Agreement::Same(keys) => Ok(Verdict::Known(keys)),
            Agreement::Other | Agreement::Unnamed => Ok(Verdict::Unknown),
        }
    }

    /// Compares the keys with the entries of these names.
    fn compare(&self, shown: &HostKeys, names: &[&str]) -> Result<Agreement, HostKeyError> {
        let entries: Vec<&Entry> = self.named(names).collect();
        let revoked = entries
            .iter()
            .find(|entry| entry.mark == Mark::Revoked && shown.keys.contains(&entry.key));
        if let Some(entry) = revoked {
            return Err(HostKeyError::Revoked {
                host: shown.name(),
                key: described(&entry.key),
            });
        }
        let known: Vec<&PublicKey> = entries
            .iter()
            .filter(|entry| entry.mark == Mark::Plain)
            .map(|entry| &entry.key)
            .collect();
        if known.is_empty() {
            return Ok(Agreement::Unnamed);
        }
        let of_known_type = |key: &&PublicKey| known.iter().any(|known| known.kind() == key.kind());
        let (right, wrong): (Vec<&PublicKey>, Vec<&PublicKey>) = shown
            .keys
            .iter()
            .filter(of_known_type)
            .partition(|key| known.contains(key));
        if right.is_empty() || !wrong.is_empty() {
            return Ok(Agreement::Other);
        }
        let keys = right.into_iter().cloned().collect();
        Ok(Agreement::Same(HostKeys {
            host: shown.host.clone(),
            port: shown.port,
            keys,
        }))
    }

    fn named<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| names.iter().any(|name| matches(&entry.patterns, name)))
    }

    fn changed(&self, shown: &HostKeys, names: &[&str]) -> HostKeyError {
        let plain = self.named(names).filter(|entry| entry.mark == Mark::Plain);
        HostKeyError::Changed {
            host: shown.name(),
            known: plain.map(|entry| described(&entry.key)).collect(),
            shown: shown.keys.iter().map(described).collect(),
        }
    }
}

fn described(key: &PublicKey) -> String {
    format!("{} {}", key.kind(), key.fingerprint())
}

/// Returns the files to look into.
fn files() -> Vec<PathBuf> {
    if let Some(named) = env::SSH_KNOWN_HOSTS.path() {
        return std::env::split_paths(&named).collect();
    }
    let home = env::HOME
        .path()
        .map(PathBuf::from)
        .unwrap_or_default()
        .join(".ssh");
    vec![
        home.join("known_hosts"),
        home.join("known_hosts2"),
        "/etc/ssh/ssh_known_hosts".into(),
        "/etc/ssh/ssh_known_hosts2".into(),
    ]
}

/// Reads lines; what is no key is skipped, as OpenSSH does. Certificate authorities vouch for
/// certificates, which a scan for plain keys does not see, so they are left out.
fn parse(text: &str) -> Vec<Entry> {
    let entry = |line: &str| {
        let line = line.trim();
        let (mark, line) = match line.split_once([' ', '\t']) {
            Some(("@revoked", rest)) => (Mark::Revoked, rest.trim_start()),
            Some(("@cert-authority", _)) => return None,
            _ => (Mark::Plain, line),
        };
        let (patterns, key) = line.split_once([' ', '\t'])?;
        Some(Entry {
            mark,
            patterns: patterns.into(),
            key: PublicKey::parse(key)?,
        })
    };
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(entry)
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    const ONE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    const TWO: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB";

    fn shown(host: &str, port: u16, keys: &[&str]) -> HostKeys {
        HostKeys {
            host: host.into(),
            port,
            keys: keys
                .iter()
                .map(|key| PublicKey::parse(key).unwrap())
                .collect(),
        }
    }

    fn verdict(text: &str, shown: &HostKeys) -> &'static str {
        match KnownHosts::parse(text).check(shown) {
            Ok(Verdict::Known(_)) => "known",
            Ok(Verdict::Unknown) => "unknown",
            Err(HostKeyError::Changed { .. }) => "changed",
            Err(HostKeyError::Revoked { .. }) => "revoked",
        }
    }

    #[test]
    fn compares_with_the_files() {
        let here = shown("git.example.com", 22, &[ONE]);
        assert_eq!(verdict("", &here), "unknown");
        assert_eq!(
            verdict(
                &format!("# c\nother,git.example.com {ONE} comment\n"),
                &here
            ),
            "known"
        );
        assert_eq!(verdict(&format!("*.example.com {TWO}\n"), &here), "changed");
        assert_eq!(
            verdict(&format!("*.example.com,!git.* {TWO}\n"), &here),
            "unknown"
        );
        assert_eq!(
            verdict(&format!("@revoked * {ONE}\ngit.example.com {ONE}\n"), &here),
            "revoked"
        );
        assert_eq!(
            verdict(&format!("@cert-authority * {TWO}\n"), &here),
            "unknown"
        );
        assert_eq!(
            verdict(
                &format!("git.example.com {ONE}\ngit.example.com {TWO}\n"),
                &here
            ),
            "known"
        );
    }

    #[test]
    fn minds_the_port() {
        let here = shown("h", 2222, &[ONE]);
        assert_eq!(verdict(&format!("[h]:2222 {ONE}"), &here), "known");
        assert_eq!(
            verdict(&format!("[h]:2222 {TWO}\nh {ONE}"), &here),
            "changed"
        );
        assert_eq!(verdict(&format!("h {ONE}"), &here), "known");
        assert_eq!(verdict(&format!("h {TWO}"), &here), "unknown");
        assert_eq!(
            verdict(&format!("[h]:22 {TWO}"), &shown("h", 22, &[ONE])),
            "changed"
        );
    }

    #[test]
    fn reads_hashed_names() {
        // Made by `ssh-keygen -H` for the name `h`.
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"salt");
        let digest = BASE64_STANDARD.encode(hmac::sign(&key, b"[h]:2222"));
        let line = format!("|1|{}|{digest} {TWO}", BASE64_STANDARD.encode("salt"));
        assert_eq!(verdict(&line, &shown("h", 2222, &[ONE])), "changed");
        assert_eq!(verdict(&line, &shown("H", 2222, &[TWO])), "known");
        assert_eq!(verdict(&line, &shown("g", 2222, &[ONE])), "unknown");
    }

    #[test]
    fn pins_only_what_is_known() {
        let rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ8=";
        let Ok(Verdict::Known(keys)) =
            KnownHosts::parse(&format!("h {ONE}")).check(&shown("h", 22, &[ONE, rsa]))
        else {
            panic!("the host is known");
        };
        assert_eq!(keys.known_hosts(), format!("h {ONE}"));
        assert_eq!(
            verdict(&format!("h {rsa}"), &shown("h", 22, &[ONE])),
            "changed"
        );
    }
}
