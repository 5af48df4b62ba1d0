//! Why a request has no answer.

use std::time::Duration;

use crate::error::Explain;

/// How long an answer may be.
pub(super) const LONGEST_ANSWER: usize = 16 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// No connection could be made.
    #[error("cannot reach {url}")]
    Unreachable {
        /// The address.
        url: String,
        /// What the system says.
        #[source]
        source: reqwest::Error,
    },
    /// The TLS handshake did not succeed.
    #[error("cannot make a secure connection to {url}")]
    Tls {
        /// The address.
        url: String,
        /// What is wrong with it.
        #[source]
        source: reqwest::Error,
    },
    /// The connection broke after the request was on its way.
    #[error("the connection to {url} broke before the answer was complete")]
    Broken {
        /// The address.
        url: String,
        /// What the system says.
        #[source]
        source: reqwest::Error,
    },
    /// The answer did not come in time.
    #[error("no complete answer from {url} within {} s", limit.as_secs())]
    TimedOut {
        /// The address.
        url: String,
        /// The limit of one request.
        limit: Duration,
    },
    /// The answer is longer than any answer should be.
    #[error("the answer of {url} is longer than {} MiB", LONGEST_ANSWER >> 20)]
    TooLong {
        /// The address.
        url: String,
    },
    /// The answer points where the request must not follow.
    #[error("{url} points to {target}, and {reason}")]
    Moved {
        /// The address.
        url: String,
        /// Where it points.
        target: String,
        /// Why it was not followed.
        reason: &'static str,
    },
    /// The server limits the number of requests.
    #[error("{url} limits the number of requests{}", after.map_or_else(String::new, |wait| format!(" for another {} s", wait.as_secs())))]
    Limited {
        /// The address.
        url: String,
        /// How long it asks us to wait, if it says so.
        after: Option<Duration>,
    },
}

impl TransportError {
    /// Says whether the request may have taken effect all the same.
    pub const fn is_unclear(&self) -> bool {
        matches!(
            self,
            Self::Broken { .. } | Self::TimedOut { .. } | Self::TooLong { .. }
        )
    }
}

impl Explain for TransportError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => {
                Some("check the host name, the network and the proxy settings".into())
            }
            Self::Tls { .. } => Some(
                "if the server has a certificate of your own authority, name it with `--ca-file`"
                    .into(),
            ),
            Self::Limited {
                after: Some(wait), ..
            } => Some(format!("try again in {} s", wait.as_secs())),
            Self::Limited { after: None, .. } => Some("try again in some minutes".into()),
            Self::Moved { target, .. } => Some(format!(
                "if that is the right place, use {target} from the start"
            )),
            Self::Broken { .. } | Self::TimedOut { .. } | Self::TooLong { .. } => None,
        }
    }
}
