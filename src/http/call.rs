//! A request as it is to be sent, and what comes back.

use bytes::Bytes;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use url::Url;

/// A request as it is to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its method; only GET and HEAD are ever repeated or redirected.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Its headers, credentials among them.
    pub headers: HeaderMap,
    /// Its body, with the media type.
    pub body: Option<(HeaderValue, Bytes)>,
}

impl Call {
    /// Makes a request without a body that asks for JSON.
    pub fn new(method: Method, url: Url) -> Self {
        let headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Self {
            method,
            url,
            headers,
            body: None,
        }
    }

    /// Adds a body of JSON.
    #[must_use]
    pub fn with_json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some((
            HeaderValue::from_static("application/json"),
            Bytes::from(body.to_string()),
        ));
        self
    }
}

/// What came back, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Where it came from, after redirects.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}
