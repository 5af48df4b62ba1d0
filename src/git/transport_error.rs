//! What can go wrong between us and a Git server.

use std::time::Duration;

use super::auth::Credentials;
use crate::error::Explain;
use crate::http::HttpError;

/// Why an exchange with a Git server did not work.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The HTTP client could not be made.
    #[error("cannot speak HTTPS")]
    Client(#[source] HttpError),
    /// No connection came about.
    #[error("cannot reach {host}")]
    Unreachable {
        /// The host.
        host: String,
        /// What stopped it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer did not come in time.
    #[error("{host} did not answer within {} s", limit.as_secs())]
    TimedOut {
        /// The host.
        host: String,
        /// How long we waited.
        limit: Duration,
    },
    /// The connection broke in the middle of an answer.
    #[error("the connection to {host} broke")]
    Broken {
        /// The host.
        host: String,
        /// What broke it.
        #[source]
        source: std::io::Error,
    },
    /// HTTP 401, or ssh's "permission denied".
    #[error("{host} {}", if *offered { "refuses the credentials" } else { "asks for credentials" })]
    Unauthorized {
        /// The host.
        host: String,
        /// Whether we showed some.
        offered: bool,
    },
    /// HTTP 403, or a key without the right to write.
    #[error("{host} forbids it{}", remark(said))]
    Forbidden {
        /// The host.
        host: String,
        /// What the server said.
        said: String,
    },
    /// HTTP 404, or what SSH servers say in its place.
    #[error(
        "there is no such repository on {host}, or the credentials may not see it{}",
        remark(said)
    )]
    NotFound {
        /// The host.
        host: String,
        /// What the server said.
        said: String,
    },
    /// HTTP 429.
    #[error("{host} asks us to slow down")]
    TooMany {
        /// The host.
        host: String,
        /// How long to wait, where it says so.
        after: Option<Duration>,
    },
    /// HTTP 5xx: the server or something before it is broken.
    #[error("{host} answered with HTTP status {status}{}", remark(said))]
    Server {
        /// The host.
        host: String,
        /// The status.
        status: u16,
        /// What the server said.
        said: String,
    },
    /// Any other HTTP status.
    #[error("{host} answered with the unexpected HTTP status {status}")]
    Status {
        /// The host.
        host: String,
        /// The status.
        status: u16,
    },
    /// A redirect that could carry the credentials elsewhere.
    #[error("{host} sends us on to {target}, where the credentials must not go")]
    Redirect {
        /// The host.
        host: String,
        /// Where it points, without path or query.
        target: String,
    },
    /// A web page in place of Git.
    #[error("{host} answered with a web page, probably its login, and not with Git data")]
    WebPage {
        /// The host.
        host: String,
    },
    /// Neither Git nor a page.
    #[error("{host} does not speak Git's smart HTTP: its answer is `{found}`")]
    ContentType {
        /// The host.
        host: String,
        /// The content type.
        found: String,
    },
    /// The repository uses SHA-256 names.
    #[error("the repository uses SHA-256 object names, which are not supported")]
    Sha256,
    /// A token can't be used over SSH, nor a key over HTTPS.
    #[error("these credentials do not fit a URL with `{scheme}://`")]
    WrongCredentials {
        /// The scheme of the URL.
        scheme: &'static str,
    },
    /// A program of OpenSSH is missing or can't run.
    #[error("cannot run `{program}`")]
    Program {
        /// The program.
        program: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The helper for the passphrase could not be set up.
    #[error("cannot hand the passphrase to ssh")]
    Askpass(#[source] std::io::Error),
    /// The passphrase does not open the key.
    #[error("the passphrase does not open the private key")]
    Passphrase,
    /// The key is encrypted, and we know no passphrase.
    #[error("the private key is encrypted and no passphrase was given")]
    NoPassphrase,
    /// Others can read the key file, so ssh ignores it.
    #[error("ssh ignores the private key because others may read its file")]
    OpenKeyFile,
    /// The host shows another key than the known one.
    #[error("the host key of {host} is not the one that is known for it")]
    HostKeyChanged {
        /// The host.
        host: String,
    },
    /// The host's key is not known.
    #[error("the host key of {host} is not known")]
    HostKeyUnknown {
        /// The host.
        host: String,
    },
    /// No algorithm that both sides accept.
    #[error("{host} and ssh share no algorithm: {said}")]
    Algorithms {
        /// The host.
        host: String,
        /// ssh's words.
        said: String,
    },
    /// Anything else that ssh says.
    #[error("ssh failed on {host}{}", remark(said))]
    Ssh {
        /// The host.
        host: String,
        /// The last words of ssh or of the server.
        said: String,
    },
    /// What libgit2 says.
    #[error("the exchange of Git data failed")]
    Protocol(#[source] git2::Error),
}

fn remark(said: &str) -> String {
    if said.is_empty() {
        String::new()
    } else {
        format!(": {said}")
    }
}

impl TransportError {
    /// Says whether a second try may work: the network or the server failed, not the request.
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::TimedOut { .. }
                | Self::Broken { .. }
                | Self::TooMany { .. }
                | Self::Server { .. }
        )
    }
}

impl Explain for TransportError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unauthorized { offered: true, .. } => {
                "check the user, the token and when it expires"
            }
            Self::Unauthorized { offered: false, .. } => "give a token or password, or an SSH key",
            Self::Forbidden { .. } => "check that the token or key may write to this repository",
            Self::TooMany {
                after: Some(after), ..
            } => {
                return Some(format!("try again in {} s", after.as_secs()));
            }
            Self::WebPage { .. } => "check the URL: it must be the one that `git clone` takes",
            Self::Redirect { .. } => "use the URL that the server points to",
            Self::OpenKeyFile => "run `chmod 600` on the private key file",
            Self::HostKeyChanged { .. } => {
                "if the server really has a new key, remove the old one with `ssh-keygen -R`; else somebody listens"
            }
            Self::HostKeyUnknown { .. } => {
                "connect once with `ssh`, compare the fingerprint and accept it"
            }
            Self::Program { program: "ssh", .. } => {
                "install the OpenSSH client, or use an https URL"
            }
            _ => return None,
        };
        Some(hint.into())
    }
}

/// Makes a server's words fit for one line: no control characters, no more than a sentence or two.
pub(super) fn clean(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        if line.chars().count() + word.chars().count() > 300 {
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Says whether something is shown to the server that it can refuse.
pub(super) const fn are_offered(credentials: &Credentials) -> bool {
    !matches!(credentials, Credentials::Ambient | Credentials::Helped)
}
