//! What the words of `ssh`, and of the server behind it, mean.

use super::transport_error::{TransportError, clean};

/// Texts of OpenSSH and of Git servers, the surest first, and what each of them means.
const SIGNS: &[(&str, Meaning)] = &[
    (
        "remote host identification has changed",
        Meaning::HostKeyChanged,
    ),
    ("host key verification failed", Meaning::HostKeyUnknown),
    ("no matching", Meaning::Algorithms),
    ("unprotected private key file", Meaning::OpenKeyFile),
    ("incorrect passphrase", Meaning::Passphrase),
    ("permission denied (", Meaning::Unauthorized),
    ("too many authentication failures", Meaning::Unauthorized),
    ("could not resolve hostname", Meaning::Unreachable),
    ("connection refused", Meaning::Unreachable),
    ("connection timed out", Meaning::Unreachable),
    ("operation timed out", Meaning::Unreachable),
    ("no route to host", Meaning::Unreachable),
    ("network is unreachable", Meaning::Unreachable),
    ("connection reset by", Meaning::Unreachable),
    ("kex_exchange_identification", Meaning::Unreachable),
    ("write access", Meaning::Forbidden),
    ("read only", Meaning::Forbidden),
    ("read-only", Meaning::Forbidden),
    ("not allowed to", Meaning::Forbidden),
    ("does not appear to be a git repository", Meaning::NotFound),
    ("could not be found", Meaning::NotFound),
    ("not found", Meaning::NotFound),
    ("does not exist", Meaning::NotFound),
    ("no such file or directory", Meaning::NotFound),
];

#[derive(Clone, Copy, Debug)]
enum Meaning {
    HostKeyChanged,
    HostKeyUnknown,
    Algorithms,
    OpenKeyFile,
    Passphrase,
    Unauthorized,
    Unreachable,
    Forbidden,
    NotFound,
}

/// Says why ssh ended with `status`, having said `text`.
pub(super) fn explain(
    host: &str,
    text: &str,
    status: Option<i32>,
    offered: bool,
) -> TransportError {
    let lower = text.to_ascii_lowercase();
    let host = host.to_owned();
    let said = last_words(text);
    let found = SIGNS.iter().find(|(sign, _)| lower.contains(sign));
    match found.map(|(_, meaning)| *meaning) {
        Some(Meaning::HostKeyChanged) => TransportError::HostKeyChanged { host },
        Some(Meaning::HostKeyUnknown) => TransportError::HostKeyUnknown { host },
        // A server may say this of something else; ssh's own failures end with 255.
        Some(Meaning::Algorithms) if status == Some(255) => {
            TransportError::Algorithms { host, said }
        }
        Some(Meaning::OpenKeyFile) => TransportError::OpenKeyFile,
        Some(Meaning::Passphrase) if offered => TransportError::Passphrase,
        Some(Meaning::Unauthorized) => TransportError::Unauthorized { host, offered },
        Some(Meaning::Unreachable) => TransportError::Unreachable {
            host,
            source: said.into(),
        },
        Some(Meaning::Forbidden) => TransportError::Forbidden { host, said },
        Some(Meaning::NotFound) => TransportError::NotFound { host, said },
        Some(Meaning::Algorithms | Meaning::Passphrase) | None => {
            TransportError::Ssh { host, said }
        }
    }
}

/// Returns the lines that say something: no rulers, no advice that follows every refusal.
fn last_words(text: &str) -> String {
    const EMPTY: &[&str] = &[
        "please make sure you have the correct access rights",
        "and the repository exists.",
        "fatal: could not read from remote repository.",
        "warning: permanently added",
    ];
    let says = |line: &&str| {
        let line = line.trim().to_ascii_lowercase();
        let ruler = line.chars().all(|character| "=-#@*|: ".contains(character));
        !ruler && line != "remote:" && !EMPTY.iter().any(|empty| line.starts_with(empty))
    };
    let lines: Vec<&str> = text.lines().filter(says).collect();
    clean(&lines[lines.len().saturating_sub(3)..].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_failures_apart() {
        let at = |text: &str| explain("h", text, Some(255), true);
        assert!(matches!(
            at(
                "@@@@\n@  WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!  @\nHost key verification failed.\r\n"
            ),
            TransportError::HostKeyChanged { .. }
        ));
        assert!(matches!(
            at(
                "No ED25519 host key is known for h and you have requested strict checking.\nHost key verification failed."
            ),
            TransportError::HostKeyUnknown { .. }
        ));
        assert!(matches!(
            at("git@h: Permission denied (publickey)."),
            TransportError::Unauthorized { .. }
        ));
        assert!(matches!(
            at("ssh: connect to host h port 22: Connection refused"),
            TransportError::Unreachable { .. }
        ));
        let forbidden = at(
            "ERROR: This deploy key does not have write access to this project.\nfatal: Could not read from remote repository.\n",
        );
        assert_eq!(
            forbidden.to_string(),
            "h forbids it: ERROR: This deploy key does not have write access to this project."
        );
        let missing = at(
            "remote:\nremote: ========\nremote:\nremote: ERROR: The project you were looking for could not be found.\n",
        );
        assert!(matches!(missing, TransportError::NotFound { .. }));
        assert!(matches!(at("strange"), TransportError::Ssh { .. }));
    }
}
