//! How people say which cluster they mean, and why there is no connection to it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::credential::CredentialError;
use super::error::Reason;
use super::kubeconfig::Choice;
use super::kubeconfig_error::ConfigError;
use super::throttle::Rate;
use crate::error::{Blame, Explain};

/// A bearer token, which never shows itself.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Shows the token itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self(Zeroizing::new(token))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Somebody else to act as.
#[derive(Clone, Debug, Default)]
pub struct Impersonation {
    /// The user.
    pub user: Option<String>,
    /// The user's unique id.
    pub uid: Option<String>,
    /// The groups.
    pub groups: Vec<String>,
    /// Anything more that the authorizer looks at.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// How to know the server, and how it knows us.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// A file with the CA certificates to trust.
    pub certificate_authority: Option<PathBuf>,
    /// A file with our certificate.
    pub client_certificate: Option<PathBuf>,
    /// A file with its key.
    pub client_key: Option<PathBuf>,
    /// The name that the certificate of the server must be for.
    pub server_name: Option<String>,
    /// Trust any certificate.
    pub insecure_skip_verify: bool,
}

/// How to reach a cluster; what is not set comes from the kubeconfig.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// The parts of the kubeconfig to use.
    pub choice: Choice,
    /// The address of the API server.
    pub server: Option<String>,
    /// The bearer token.
    pub token: Option<Token>,
    /// Who to act as.
    pub impersonate: Impersonation,
    /// Certificates.
    pub tls: TlsOptions,
    /// Ask for answers that are not compressed.
    pub disable_compression: bool,
    /// How many requests may be sent; any number where nobody says.
    pub rate: Option<Rate>,
    /// The time limit of all that is done with the connection, from now on.
    pub timeout: Option<Duration>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The kubeconfig gives none.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The credential plugin gives nothing.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The credential plugin takes longer than there is time.
    #[error("the credential plugin did not answer in time")]
    CredentialTimeout,
    /// The kubeconfig names no server.
    #[error("the cluster of the kubeconfig has no server")]
    NoServer,
    /// The address of the server is none.
    #[error("`{server}` is not the address of a cluster")]
    Server {
        /// What stands there.
        server: String,
    },
    /// The proxy is no address. It is not shown: it may hold a password.
    #[error("the proxy for the cluster at {server} is no address")]
    Proxy {
        /// The address of the API server.
        server: String,
    },
    /// The CA certificates can't be read.
    #[error("cannot read the CA certificates of the cluster ({origin})")]
    Authority {
        /// The file or field that they come from.
        origin: String,
        /// Why.
        #[source]
        source: Reason,
    },
    /// Groups, uid or more without a user.
    #[error("`--as-group`, `--as-uid` and `--as-user-extra` need `--as`")]
    Impersonation,
    /// The credentials of the kubeconfig can't be used.
    #[error("cannot set up the connection to {server}")]
    Setup {
        /// The address of the API server.
        server: String,
        /// Why.
        #[source]
        source: Reason,
    },
}

impl Explain for ConnectError {
    fn blame(&self) -> Blame {
        match self {
            Self::Impersonation => Blame::Usage,
            Self::CredentialTimeout => Blame::Timeout,
            _ => Blame::User,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.hint(),
            Self::Credential(error) => error.hint(),
            Self::Server { .. } => Some("write it as `https://host:port`".into()),
            _ => None,
        }
    }
}
