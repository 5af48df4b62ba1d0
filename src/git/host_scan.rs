//! Asks a server for its host keys, all types of them.

use std::io;
use std::process::Command;
use std::time::Duration;

use super::public_key::{HostKeys, PublicKey};
use super::transport_error::clean;
use super::url::{GitUrl, Scheme};
use crate::error::Explain;
use crate::process::{self, Until};

/// How long a server may take to show its keys.
const LIMIT: Duration = Duration::from_secs(30);

/// Why no host key came.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The URL is none of SSH.
    #[error("{url} is not reached over SSH, so it has no host key")]
    NotSsh {
        /// The URL.
        url: GitUrl,
    },
    /// The program is missing or can't run.
    #[error("cannot run `ssh-keyscan` to read the host keys of {host}")]
    Program {
        /// The server.
        host: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The time limit ended first.
    #[error("{host} showed no host key within {} s", LIMIT.as_secs())]
    TimedOut {
        /// The server.
        host: String,
    },
    /// The server showed none.
    #[error("{host} showed no host key{}", if said.is_empty() { String::new() } else { format!(": {said}") })]
    None {
        /// The server.
        host: String,
        /// What the program said.
        said: String,
    },
}

impl Explain for ScanError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Program { .. } => {
                Some("install the OpenSSH client, which brings `ssh-keyscan`".into())
            }
            Self::TimedOut { .. } | Self::None { .. } => {
                Some("check host, port and network".into())
            }
            Self::NotSsh { .. } => None,
        }
    }
}

/// Reads the host keys of the server that `url` names, without logging in.
pub fn scan(url: &GitUrl) -> Result<HostKeys, ScanError> {
    if url.scheme() != Scheme::Ssh {
        return Err(ScanError::NotSsh { url: url.clone() });
    }
    let (host, port) = (url.host().to_owned(), url.port());
    let shown = url.authority();
    let mut command = Command::new("ssh-keyscan");
    command
        .args(["-T", "15", "-p", &port.to_string(), "--", &host])
        .env("LC_ALL", "C");
    let finished = process::run(&mut command, b"", LIMIT, Until::Silence).map_err(|source| {
        match source.kind() {
            io::ErrorKind::TimedOut => ScanError::TimedOut {
                host: shown.clone(),
            },
            _ => ScanError::Program {
                host: shown.clone(),
                source,
            },
        }
    })?;
    let keys = read(&String::from_utf8_lossy(&finished.stdout));
    if keys.is_empty() {
        let said = finished
            .stderr
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join(" ");
        return Err(ScanError::None {
            host: shown,
            said: clean(&said),
        });
    }
    Ok(HostKeys { host, port, keys })
}

/// Reads the program's lines: each has the name of the host, then the key.
fn read(text: &str) -> Vec<PublicKey> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut keys: Vec<PublicKey> = lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(_, key)| PublicKey::parse(key))
        .collect();
    keys.sort();
    keys.dedup();
    keys
}
