//! Fetches one file over HTTP, bounded, and without leading a request somewhere unsafe.

use reqwest::{Client, Response, StatusCode, header};
use url::Url;

use crate::error::Explain;

/// How many times an answer may point elsewhere.
const REDIRECTS: usize = 5;

/// Why a file can't be had.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The address of releases is no address.
    #[error("the address of the releases is not valid")]
    Address(#[source] url::ParseError),
    /// The server did not answer.
    #[error("cannot fetch {url}")]
    Fetch {
        /// What was asked for.
        url: String,
        /// What went wrong on the way.
        source: reqwest::Error,
    },
    /// The server answered with something else.
    #[error("cannot fetch {url}: the server answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The answer.
        status: StatusCode,
    },
    /// The server points from place to place, or to one that is not safe.
    #[error("cannot fetch {0}: the server points somewhere else too often or not safely")]
    Redirect(String),
    /// The file has more bytes than any release.
    #[error("{url} is larger than {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// What is allowed.
        limit: usize,
    },
}

impl Explain for DownloadError {}

/// Fetches a file of at most `limit` bytes; releases are kept where their address points to.
pub(super) async fn file(
    client: &Client,
    address: &str,
    limit: usize,
) -> Result<Vec<u8>, DownloadError> {
    let start = Url::parse(address).map_err(DownloadError::Address)?;
    let mut url = start.clone();
    for _ in 0..=REDIRECTS {
        let response = client
            .get(url.clone())
            .send()
            .await
            .map_err(|error| failed(&url, error))?;
        if response.status().is_redirection() {
            url = target(&url, &response).ok_or_else(|| DownloadError::Redirect(shown(&start)))?;
            continue;
        }
        if response.status() != StatusCode::OK {
            return Err(DownloadError::Status {
                url: shown(&url),
                status: response.status(),
            });
        }
        return body(response, &url, limit).await;
    }
    Err(DownloadError::Redirect(shown(&start)))
}

/// Returns where an answer points to, unless that is less safe than where it comes from.
fn target(url: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let target = url.join(location).ok()?;
    (target.scheme() == "https" || target.scheme() == url.scheme()).then_some(target)
}

async fn body(mut response: Response, url: &Url, limit: usize) -> Result<Vec<u8>, DownloadError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(url, error))? {
        if bytes.len() + chunk.len() > limit {
            return Err(DownloadError::TooLarge {
                url: shown(url),
                limit,
            });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn failed(url: &Url, error: reqwest::Error) -> DownloadError {
    DownloadError::Fetch {
        url: shown(url),
        source: error.without_url(),
    }
}

/// Shows an address without what may be secret in it: user, password, signed query.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // An address that has no place for them has none of them either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let url = Url::parse("https://me:secret@example.com/x?signature=secret").unwrap();
        assert_eq!(shown(&url), "https://example.com/x");
    }
}
