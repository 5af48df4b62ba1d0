//! Fetches one file over HTTP: bounded in size and time, and never from a safe address to one without TLS.

use std::io::Read as _;
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use reqwest::header::LOCATION;
use url::Url;

use super::error::FetchError;
use crate::http;

/// How many times an answer may point elsewhere.
const REDIRECTS: usize = 5;

/// More than any manifest has.
const MOST_BYTES: usize = 64 << 20;

/// How long a file may take, as long as a repository.
const LIMIT: Duration = Duration::from_secs(27);

/// Fetches a file.
///
/// # Errors
///
/// Fails where the server cannot be asked, or answers with something else.
pub fn fetch(address: &str) -> Result<Vec<u8>, FetchError> {
    let mut url = Url::parse(address).map_err(FetchError::NoAddress)?;
    let client = http::blocking(&http::Options {
        limit: Some(LIMIT),
        ..http::Options::default()
    })?;
    for _ in 0..=REDIRECTS {
        let response = asked(&client, &url)?;
        if response.status().is_redirection() {
            url =
                target(&url, &response).ok_or_else(|| FetchError::Redirect { host: host(&url) })?;
            continue;
        }
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        return body(response, &url);
    }
    Err(FetchError::Redirect { host: host(&url) })
}

pub fn asked(client: &Client, url: &Url) -> Result<Response, FetchError> {
    let sent = client.get(url.clone()).send();
    sent.map_err(|error| FetchError::Exchange {
        host: host(url),
        source: error.without_url(),
    })
}

/// Returns where an answer points to, unless that is less safe than where it comes from; a password stays behind.
pub fn target(url: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = url.join(location).ok()?;
    let is_safe =
        target.scheme() == "https" || (target.scheme() == "http" && url.scheme() == "http");
    is_safe.then_some(target)
}

fn body(response: Response, url: &Url) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let read = response.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|source| FetchError::Broken {
        host: host(url),
        source,
    })?;
    if bytes.len() > MOST_BYTES {
        return Err(FetchError::TooLarge { limit: MOST_BYTES });
    }
    Ok(bytes)
}

pub fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}
