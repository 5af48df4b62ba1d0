//! What can go wrong with a service that hosts repositories, and what to try next.

use super::name::NameError;
use crate::error::{Blame, Explain};
use crate::http::{HttpError, PageError, TransportError};

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is unknown, or not for this service.
    Unknown,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

impl Refusal {
    const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "does not know the token",
            Self::Expired => "says that the token has expired",
            Self::Revoked => "says that the token was revoked",
        }
    }
}

/// What a token lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// A scope of this name.
    Scope(String),
    /// A role in the repository or its group.
    Role(String),
    /// What the service does not say.
    Unknown,
}

/// What can go wrong with a service that hosts repositories.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// It is not there, or the token may not know of it.
    #[error("{what} does not exist, or the token can't see it")]
    NotVisible {
        /// What was looked for.
        what: String,
        /// What to try.
        hint: Option<String>,
    },
    /// The token is good, but not for this.
    #[error("the token may not {action}{}", detail(message))]
    NotAllowed {
        /// What was tried on what.
        action: String,
        /// What it lacks.
        need: Need,
        /// What the service says.
        message: String,
        /// What to try.
        hint: Option<String>,
    },
    /// The token is not accepted.
    #[error("{host} {}", reason.words())]
    Unauthorized {
        /// The service.
        host: String,
        /// Why.
        reason: Refusal,
        /// What to try.
        hint: Option<String>,
    },
    /// The token is of a kind that can't do the work, or no token at all.
    #[error("the token can't be used: {reason}")]
    BadToken {
        /// Why.
        reason: &'static str,
        /// What to try.
        hint: Option<String>,
    },
    /// The name is in use.
    #[error("{what} can't be created, its name is taken{}", detail(message))]
    Taken {
        /// What was to be created.
        what: String,
        /// What the service says.
        message: String,
        /// What to try.
        hint: Option<String>,
    },
    /// The key is registered where the token does not reach.
    #[error(
        "the public key of deploy key \"{title}\" is already in use on {host}, where the token can't see it"
    )]
    KeyInUse {
        /// The title of the deploy key.
        title: String,
        /// The service.
        host: String,
    },
    /// A step that replaced something failed, and what was there before is lost.
    #[error("{what} was removed and could not be put back")]
    Lost {
        /// What is lost.
        what: String,
        /// Why its successor could not be made.
        #[source]
        source: Box<Self>,
    },
    /// The service does not want to, for a reason of its own.
    #[error("cannot {action}: {message} (status {status})")]
    Refused {
        /// What was tried on what.
        action: String,
        /// The status.
        status: u16,
        /// What the service says.
        message: String,
    },
    /// The service has a fault, or what answered is another.
    #[error("{call} answered {status}: {excerpt}")]
    Unexpected {
        /// Method and address.
        call: String,
        /// The status.
        status: u16,
        /// How the answer begins.
        excerpt: String,
    },
    /// The answer is not what the API gives.
    #[error("{call} answered {status} with something that is not the API's: {excerpt}")]
    Unreadable {
        /// Method and address.
        call: String,
        /// The status.
        status: u16,
        /// How the answer begins.
        excerpt: String,
    },
    /// A page for people, or another service, is where the API should be.
    #[error("there is no {service} API at {url}{}", detail(found))]
    WrongBase {
        /// The service.
        service: &'static str,
        /// The address.
        url: String,
        /// What is there instead.
        found: String,
    },
    /// The service has no such thing.
    #[error("{service} has no {what}")]
    Unsupported {
        /// The service.
        service: &'static str,
        /// What it lacks.
        what: &'static str,
    },
    /// A name that this service does not take.
    #[error(transparent)]
    Name(#[from] NameError),
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A list that does not end.
    #[error(transparent)]
    Pages(#[from] PageError),
    /// No client could be made.
    #[error(transparent)]
    Client(#[from] HttpError),
}

fn detail(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

impl HostError {
    /// Says whether what was asked for may have been done all the same.
    pub const fn is_unclear(&self) -> bool {
        match self {
            Self::Transport(error) => error.is_unclear(),
            Self::Unexpected { status, .. } => *status >= 500,
            Self::Unreadable { status, .. } => *status < 300,
            _ => false,
        }
    }

    /// Says whether the thing is not there, as far as the token can see.
    pub const fn is_not_visible(&self) -> bool {
        matches!(self, Self::NotVisible { .. })
    }
}

impl Explain for HostError {
    fn blame(&self) -> Blame {
        match self {
            Self::Name(_) | Self::BadToken { .. } | Self::Unsupported { .. } => Blame::Usage,
            _ => Blame::User,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotVisible { hint, .. }
            | Self::NotAllowed { hint, .. }
            | Self::Unauthorized { hint, .. }
            | Self::BadToken { hint, .. }
            | Self::Taken { hint, .. } => hint.clone(),
            Self::KeyInUse { .. } => Some("use a fresh key pair: without `--private-key-file` one is made".into()),
            Self::Lost { .. } => Some("run the same command again: it registers what is missing".into()),
            Self::Unexpected { status: 500.., .. } => Some("the service has trouble: try again later".into()),
            Self::WrongBase { .. } => {
                Some("check the host name; a port and a sub-path belong to it, as in `https://example.com:8443/git`".into())
            }
            Self::Transport(error) => error.hint(),
            _ => None,
        }
    }
}
