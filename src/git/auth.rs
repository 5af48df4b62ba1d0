//! Who we say we are to a Git server: password, token, SSH key or agent.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// A text that is never shown, and wiped from memory when it is let go.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Returns the text itself, for the one place that must send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Says whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A file with an SSH private key, and what opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateKeyFile {
    /// Where the key is.
    pub path: PathBuf,
    /// What it is encrypted with, if it is.
    pub passphrase: Option<Secret>,
}

/// What a Git server is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// What the URL itself holds; over SSH the user's agent, keys and configuration.
    #[default]
    Ambient,
    /// The same; over HTTP also what the user's credential helpers know, once the server asks.
    Helped,
    /// A user and a password, or a token in the place of either.
    Basic {
        /// The user.
        username: String,
        /// The password or token.
        password: Secret,
    },
    /// A token for the `Authorization: Bearer` header.
    Bearer(Secret),
    /// This SSH key and no other.
    SshKey(PrivateKeyFile),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let all = [
            Credentials::Basic {
                username: "git".into(),
                password: "s3cret".into(),
            },
            Credentials::Bearer("s3cret".into()),
            Credentials::SshKey(PrivateKeyFile {
                path: "/k".into(),
                passphrase: Some("s3cret".into()),
            }),
        ];
        let shown = format!("{all:?}");
        assert!(
            shown.contains("***") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}
