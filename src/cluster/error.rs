//! What goes wrong between us and the API server.

use std::error::Error;

use super::call::Deed;
use crate::error::{Blame, Explain};

/// Why a request to the cluster brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Nobody listens at the address.
    #[error("the cluster at {server} refuses connections")]
    Refused {
        /// The address of the API server, or of the proxy before it.
        server: String,
    },
    /// The connection can't be made, or broke.
    #[error("cannot talk to the cluster at {server}")]
    Unreachable {
        /// The address of the API server.
        server: String,
        /// What the network said.
        #[source]
        source: Reason,
    },
    /// The certificate of the server is not to be trusted, or ours is not accepted.
    #[error("no secure connection to the cluster at {server}")]
    Tls {
        /// The address of the API server.
        server: String,
        /// What is wrong with the certificate.
        #[source]
        source: Reason,
    },
    /// Credentials can't be had any more, for instance from a plugin.
    #[error("no credentials for the cluster at {server}")]
    Credentials {
        /// The address of the API server.
        server: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server does not know who we are.
    #[error("the cluster at {server} does not accept the credentials")]
    Unauthorized {
        /// The address of the API server.
        server: String,
    },
    /// We are known, but may not.
    #[error("not allowed to {deed}")]
    Forbidden {
        /// What was tried.
        deed: Box<Deed>,
        /// What the server said.
        #[source]
        source: Reason,
    },
    /// The object, the namespace or the whole kind is not there.
    #[error("cannot {deed}: not found")]
    NotFound {
        /// What was tried.
        deed: Box<Deed>,
        /// What the server said.
        #[source]
        source: Reason,
    },
    /// The API server does not serve the kind.
    #[error("the cluster does not know the kind {kind} of {api_version}")]
    UnknownKind {
        /// The kind.
        kind: String,
        /// The API version that was looked for.
        api_version: String,
    },
    /// The server turned the request down.
    #[error("cannot {deed}")]
    Rejected {
        /// What was tried.
        deed: Box<Deed>,
        /// The status of HTTP.
        code: u16,
        /// What the server said.
        #[source]
        source: Reason,
    },
    /// The answer did not come in time.
    #[error("timed out: {deed}")]
    TimedOut {
        /// What was tried.
        deed: Box<Deed>,
    },
    /// The answer is not what was expected.
    #[error("cannot understand the answer to: {deed}")]
    Answer {
        /// What was tried.
        deed: Box<Deed>,
        /// Where reading stopped; never what stands there.
        #[source]
        source: Reason,
    },
    /// The request can't be made, for instance because a name is impossible.
    #[error("cannot ask the cluster to {deed}")]
    Request {
        /// What was tried.
        deed: Box<Deed>,
        /// Why.
        #[source]
        source: http::Error,
    },
}

impl ClusterError {
    /// Says whether what was asked for is not there.
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. } | Self::UnknownKind { .. })
    }

    /// Says whether the cluster as a whole is out of reach, or does not let us in.
    pub const fn is_of_cluster(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Unreachable { .. }
                | Self::Tls { .. }
                | Self::Credentials { .. }
                | Self::Unauthorized { .. }
        )
    }

    /// Says whether the time was up before the answer came.
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::TimedOut { .. })
    }

    /// Says whether we are known, but may not.
    pub const fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden { .. })
    }

    /// Says whether we are known, but may not do what a verb of access rules means.
    pub fn is_forbidden_to(&self, verb: &str) -> bool {
        matches!(self, Self::Forbidden { deed, .. } if deed.verb == verb)
    }

    /// Says whether somebody else changed the object in between, or made it first.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Rejected { code: 409, .. })
    }

    /// Says whether the server refuses to change a field that is fixed for ever.
    pub fn is_immutable(&self) -> bool {
        let Self::Rejected {
            code: 422, source, ..
        } = self
        else {
            return false;
        };
        ["immutable", "may not be changed", "updates to"]
            .iter()
            .any(|words| source.0.contains(words))
    }

    /// Says whether trying again later may help: the network, or a server that starts or is busy.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Rejected { code, .. } => matches!(code, 410 | 429 | 500..=599),
            _ => false,
        }
    }
}

impl Explain for ClusterError {
    fn blame(&self) -> Blame {
        match self {
            Self::TimedOut { .. } => Blame::Timeout,
            _ => Blame::User,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Refused { .. } => "is the cluster running, and is `--context` the right one?",
            Self::Unreachable { .. } => {
                "check the address of the cluster, the proxy variables and the network"
            }
            Self::Tls { .. } => {
                "name the CA with `--certificate-authority`, or the server with `--tls-server-name`"
            }
            Self::Unauthorized { .. } => {
                "log in again, or choose another user with `--user` or `--token`"
            }
            Self::Forbidden { deed, .. } => {
                return Some(format!("ask for the right to {}", rule(deed)));
            }
            Self::UnknownKind { .. } => {
                "are the CRDs installed? `gitops check` lists them, `gitops install` brings them"
            }
            Self::TimedOut { .. } => "give it more time with `--timeout`",
            // Nothing else of a list is made from what somebody has typed.
            Self::Rejected {
                code: 400, deed, ..
            } if deed.verb == "list" => {
                "look at `--label-selector` (`-l`) and `--field-selector`: the API server cannot read them"
            }
            _ => return None,
        };
        Some(hint.into())
    }
}

/// Returns the access rule that allows a deed.
fn rule(deed: &Deed) -> String {
    match &deed.resource {
        Some(resource) => format!("`{}` on `{resource}`", deed.verb),
        None => format!("`{}` on `{}`", deed.verb, deed.name),
    }
}

/// A cause without secrets: text of the network or of the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Reason(pub String);
