//! The clients that requests go out with: user agent, time limits, certificate authorities.

use std::time::Duration;

use reqwest::{Certificate, redirect};

use crate::error::Explain;

/// What every request of ours says it comes from.
pub const USER_AGENT: &str = concat!("gitops/", env!("CARGO_PKG_VERSION"));

/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How a client is set up.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// PEM certificates to trust beside the system's.
    pub authorities: Option<Vec<u8>>,
    /// How long one request may take, from first byte sent to last byte read; `None` for 60 s.
    pub limit: Option<Duration>,
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The given certificates can't be read.
    #[error("the CA certificates are no PEM certificates")]
    Authorities(#[source] reqwest::Error),
    /// The TLS set-up of this machine is broken.
    #[error("cannot set up an HTTP client")]
    Setup(#[source] reqwest::Error),
}

impl Explain for HttpError {}

/// Makes the client for requests that a task waits for. Redirects are never followed by it:
/// who calls decides whether a credential may go where the answer points.
pub fn client(options: &Options) -> Result<reqwest::Client, HttpError> {
    install_crypto();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_LIMIT)
        .timeout(options.limit.unwrap_or(Duration::from_mins(1)))
        .redirect(redirect::Policy::none());
    for certificate in certificates(options)? {
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(HttpError::Setup)
}

/// Makes the client for requests that a thread waits for: Git's smart HTTP, whose bodies may take long.
pub fn blocking(options: &Options) -> Result<reqwest::blocking::Client, HttpError> {
    install_crypto();
    let mut builder = reqwest::blocking::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_LIMIT)
        .timeout(options.limit)
        .redirect(redirect::Policy::none());
    for certificate in certificates(options)? {
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(HttpError::Setup)
}

fn certificates(options: &Options) -> Result<Vec<Certificate>, HttpError> {
    let Some(pem) = &options.authorities else {
        return Ok(Vec::new());
    };
    Certificate::from_pem_bundle(pem).map_err(HttpError::Authorities)
}

/// Chooses the one crypto provider of the program; a second call changes nothing.
pub fn install_crypto() {
    // An error means that it was installed before, which is what we want.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}
