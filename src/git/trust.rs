//! Which host keys an SSH connection may meet.

use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use super::public_key::PublicKey;
use crate::env;

/// The name that pinned keys are listed under, whatever the user's configuration makes of the host.
const PINNED: &str = "gitops-pinned";

/// Which host keys to trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HostTrust {
    /// Those of the user's `known_hosts` files, or of the file that `SSH_KNOWN_HOSTS` names.
    #[default]
    User,
    /// These keys and no other.
    Keys(Vec<PublicKey>),
}

impl HostTrust {
    /// Returns the options for `ssh`, and the file that must live as long as the connection.
    pub(super) fn options(&self) -> std::io::Result<(Vec<String>, Option<NamedTempFile>)> {
        match self {
            Self::User => {
                let files = env::SSH_KNOWN_HOSTS.path();
                let files: Vec<_> = files.iter().flat_map(std::env::split_paths).collect();
                Ok((
                    if files.is_empty() {
                        Vec::new()
                    } else {
                        vec![user_file(&files)]
                    },
                    None,
                ))
            }
            Self::Keys(keys) => {
                let mut file = NamedTempFile::new()?;
                for key in keys {
                    writeln!(file, "{PINNED} {key}")?;
                }
                file.flush()?;
                let mut options = strict(user_file(&[file.path().to_owned()]));
                options.push(format!("HostKeyAlias={PINNED}"));
                Ok((options, Some(file)))
            }
        }
    }
}

fn strict(file: String) -> Vec<String> {
    let fixed = [
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "UpdateHostKeys=no",
        "VerifyHostKeyDNS=no",
    ];
    std::iter::once(file)
        .chain(fixed.map(String::from))
        .collect()
}

/// Writes a path as ssh's configuration reads it: quoted, and without a `%` that means something.
pub(super) fn quoted_file(path: &Path) -> String {
    let path = path
        .display()
        .to_string()
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%");
    format!("\"{path}\"")
}

fn user_file(paths: &[impl AsRef<Path>]) -> String {
    let quoted = paths.iter().map(|path| quoted_file(path.as_ref()));
    format!(
        "UserKnownHostsFile={}",
        quoted.collect::<Vec<_>>().join(" ")
    )
}
