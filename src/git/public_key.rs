//! Public SSH keys as they identify a server or a person, and `known_hosts` lines of them.

use std::fmt;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

/// A public SSH key: its type and its base64 text, which is all that identifies it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    kind: String,
    text: String,
}

impl PublicKey {
    /// Reads `TYPE BASE64`, whatever comment follows; `None` where it is no key.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (kind, text) = (words.next()?, words.next()?);
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        // A key's bytes begin with the length of its type and the type again.
        let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
        let named = bytes.get(4..4 + length)?;
        (named == kind.as_bytes()).then(|| Self {
            kind: kind.into(),
            text: text.into(),
        })
    }

    /// Takes the bytes of a key, as SSH sends them.
    pub(super) fn from_bytes(kind: &str, bytes: &[u8]) -> Self {
        Self {
            kind: kind.into(),
            text: BASE64_STANDARD.encode(bytes),
        }
    }

    /// Returns the type, such as `ssh-ed25519`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the size of an RSA key; `None` for the other types, whose size is fixed.
    pub fn rsa_bits(&self) -> Option<usize> {
        let bytes = BASE64_STANDARD
            .decode(&self.text)
            .ok()
            .filter(|_| self.kind == "ssh-rsa")?;
        let mut rest = bytes.as_slice();
        let mut part: &[u8] = &[];
        // Type, exponent, modulus.
        for _ in 0..3 {
            let (length, tail) = rest.split_first_chunk::<4>()?;
            (part, rest) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        }
        let start = part.iter().position(|byte| *byte != 0)?;
        Some((part.len() - start) * 8 - part[start].leading_zeros() as usize)
    }

    /// Returns the fingerprint as `ssh-keygen -l` shows it: `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        let bytes = BASE64_STANDARD.decode(&self.text).unwrap_or_default();
        format!(
            "SHA256:{}",
            BASE64_STANDARD_NO_PAD.encode(Sha256::digest(bytes))
        )
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, self.text)
    }
}

/// The keys of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKeys {
    /// The host, an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The keys, sorted by type.
    pub keys: Vec<PublicKey>,
}

impl HostKeys {
    /// Returns the host as `known_hosts` names it: alone on port 22, else `[host]:port`.
    pub fn name(&self) -> String {
        match (self.port, self.host.contains(':')) {
            (22, false) => self.host.clone(),
            // Go's reader, which the controllers use, wants the brackets here too.
            (22, true) => format!("[{}]", self.host),
            (port, _) => format!("[{}]:{port}", self.host),
        }
    }

    /// Returns the lines for a `known_hosts` file, without a line end after the last.
    pub fn known_hosts(&self) -> String {
        let name = self.name();
        self.keys
            .iter()
            .map(|key| format!("{name} {key}"))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The well-known Ed25519 key of github.com.
    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    #[test]
    fn knows_key_and_fingerprint() {
        let key = PublicKey::parse(&format!("{KEY} somebody")).unwrap();
        assert_eq!(key.to_string(), KEY);
        assert_eq!(
            key.fingerprint(),
            "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
        );
        assert!(
            PublicKey::parse(
                "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
            )
            .is_none()
        );
    }

    #[test]
    fn names_the_host_with_its_port() {
        let name = |host: &str, port| {
            HostKeys {
                host: host.into(),
                port,
                keys: Vec::new(),
            }
            .name()
        };
        assert_eq!(name("h", 22), "h");
        assert_eq!(name("h", 2222), "[h]:2222");
        assert_eq!(name("::1", 22), "[::1]");
        assert_eq!(name("::1", 2222), "[::1]:2222");
    }
}
