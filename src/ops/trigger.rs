//! Call the webhook of a Receiver, again where the answer may be better the next time.

use std::time::Duration;

use aws_lc_rs::{digest, hmac};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::api;
use crate::error::{Blame, Explain, Failure};
use crate::http;
use crate::report::Ui;

/// How much of an answer is shown.
const EXCERPT: usize = 500;

/// How a request proves that it may trigger a Receiver.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// By its address alone, which is made of the token.
    Address,
    /// By a signature of its body, made with the token.
    Signature,
    /// By a token of a CI system.
    Identity(String),
}

/// Which Receiver to trigger, and with what.
pub struct TriggerRequest {
    /// The address that the receivers are reached at.
    pub url: Url,
    /// Namespace of the Receiver.
    pub namespace: String,
    /// Name of the Receiver.
    pub name: String,
    /// The Receiver's token; empty where there is none.
    pub token: String,
    /// How the request proves that it may.
    pub proof: Proof,
    /// What is sent, as JSON.
    pub payload: String,
    /// How often to try again.
    pub retries: u32,
    /// How long to wait in between.
    pub delay: Duration,
}

/// Why a Receiver was not triggered.
#[derive(Debug, thiserror::Error)]
enum TriggerError {
    /// The answer is no.
    #[error("request to {url} failed with status {status}: {body}")]
    Refused {
        /// The address, as it may be shown.
        url: String,
        /// The status of HTTP.
        status: StatusCode,
        /// What the answer says.
        body: String,
    },
    /// There is no answer.
    #[error("request to {url} failed")]
    Unanswered {
        /// The address, as it may be shown.
        url: String,
        /// What the network says.
        #[source]
        source: reqwest::Error,
    },
    /// A token can't be written in a header.
    #[error("the {what} holds characters that no header may hold")]
    Header {
        /// What it is.
        what: &'static str,
    },
    /// The CI system gives something that is no token.
    #[error("the answer of {url} holds no token")]
    NoToken {
        /// The address, as it may be shown.
        url: String,
    },
}

impl TriggerError {
    /// Says whether the next try may have a better end.
    fn is_passing(&self) -> bool {
        match self {
            Self::Unanswered { .. } => true,
            Self::Refused { status, .. } => {
                matches!(status.as_u16(), 404 | 408 | 429 | 500 | 502 | 503 | 504)
            }
            Self::Header { .. } | Self::NoToken { .. } => false,
        }
    }
}

impl Explain for TriggerError {
    fn blame(&self) -> Blame {
        match self {
            Self::Unanswered { source, .. } if source.is_timeout() => Blame::Timeout,
            Self::Header { .. } => Blame::Usage,
            _ => Blame::User,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { status, .. } if *status == StatusCode::NOT_FOUND => {
                Some("are name, namespace and token those of the Receiver?".into())
            }
            Self::Unanswered { .. } => Some("check the address, the network and the proxy".into()),
            _ => None,
        }
    }
}

/// Sends the request, and sends it again after answers that may change.
///
/// # Errors
///
/// Fails where the answer is no, or where there is none after all tries.
pub async fn trigger(ui: &Ui, request: &TriggerRequest) -> Result<(), Failure> {
    let client = http::client(&http::Options::default())?;
    let url = webhook(request);
    let headers = headers(request)?;
    ui.action(format_args!(
        "triggering Receiver {}/{}",
        request.namespace, request.name
    ));
    let mut tries = 0;
    loop {
        let call = client.post(url.clone()).headers(headers.clone());
        let outcome = send(call.body(request.payload.clone()), &url).await;
        match outcome {
            Ok(_) => break,
            Err(error) if tries < request.retries && error.is_passing() => {
                tries += 1;
                ui.waiting(format_args!(
                    "{}; retrying in {} ({tries}/{})",
                    Failure::from(error).in_one_line(),
                    api::Duration::from(request.delay),
                    request.retries
                ));
                tokio::time::sleep(request.delay).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    ui.success(format_args!(
        "Receiver {}/{} triggered",
        request.namespace, request.name
    ));
    Ok(())
}

/// Asks a CI system for a token of the running job, for an audience.
///
/// `url` and `secret` are what the system tells its jobs, as GitHub and Forgejo Actions do.
pub async fn token_of_job(url: &Url, secret: &str, audience: &str) -> Result<String, Failure> {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("audience", audience);
    let client = http::client(&http::Options::default())?;
    let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer("job's request token", secret)?)]);
    let body = send(client.get(url.clone()).headers(headers), &url).await?;
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    match answer["value"].as_str() {
        Some(token) if !token.is_empty() => Ok(token.to_owned()),
        _ => Err(TriggerError::NoToken {
            url: http::shown(&url),
        }
        .into()),
    }
}

/// Returns where the Receiver listens: notification-controller makes the path of token, name and namespace.
fn webhook(request: &TriggerRequest) -> Url {
    let token = format!("{}{}{}", request.token, request.name, request.namespace);
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let mut url = request.url.clone();
    let path = format!(
        "{}/hook/{}",
        url.path().trim_end_matches('/'),
        hex(digest.as_ref())
    );
    url.set_path(&path);
    url
}

fn headers(request: &TriggerRequest) -> Result<HeaderMap, TriggerError> {
    let mut headers =
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    match &request.proof {
        Proof::Address => {}
        Proof::Signature => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, request.token.as_bytes());
            let signature = hmac::sign(&key, request.payload.as_bytes());
            let value = format!("sha256={}", hex(signature.as_ref()));
            let value = HeaderValue::from_str(&value).expect("digits may stand in a header");
            headers.insert("X-Signature", value);
        }
        Proof::Identity(token) => {
            headers.insert(AUTHORIZATION, bearer("OIDC token", token)?);
        }
    }
    Ok(headers)
}

fn bearer(what: &'static str, token: &str) -> Result<HeaderValue, TriggerError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| TriggerError::Header { what })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sends a request once and returns the body of a good answer.
async fn send(request: reqwest::RequestBuilder, url: &Url) -> Result<String, TriggerError> {
    let url = http::shown(url);
    let unanswered = |source: reqwest::Error| TriggerError::Unanswered {
        url: url.clone(),
        source: source.without_url(),
    };
    let response = request.send().await.map_err(unanswered)?;
    let status = response.status();
    let body = response.text().await.map_err(unanswered)?;
    if status.is_success() {
        return Ok(body);
    }
    Err(TriggerError::Refused {
        url,
        status,
        body: body.trim().chars().take(EXCERPT).collect(),
    })
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, proof: Proof) -> TriggerRequest {
        TriggerRequest {
            url: Url::parse(url).unwrap(),
            namespace: "flux-system".into(),
            name: "x1".into(),
            token: "t".into(),
            proof,
            payload: "{\"a\":1}".into(),
            retries: 0,
            delay: Duration::ZERO,
        }
    }

    #[test]
    fn the_path_is_made_of_token_name_and_namespace() {
        const PATH: &str = "hook/8f2e584e33a351f6d391b24eb403f498d48b666872170a064314a2743c93075a";
        for base in ["http://h", "http://h/", "http://h/base/", "http://h/base"] {
            let url = webhook(&request(base, Proof::Address)).to_string();
            let base = base.trim_end_matches('/');
            assert_eq!(url, format!("{base}/{PATH}"));
        }
    }

    #[test]
    fn a_request_proves_that_it_may() {
        let of = |proof| headers(&request("http://h", proof)).unwrap();
        assert_eq!(
            of(Proof::Signature)["x-signature"],
            "sha256=dc7085d847289c463ad71151dcc92b3b4a79a4670c0d0d82f28a23644065adf0"
        );
        assert_eq!(
            of(Proof::Identity("jwt".into()))["authorization"],
            "Bearer jwt"
        );
        assert_eq!(of(Proof::Address).len(), 1);
        let broken = headers(&request("http://h", Proof::Identity("a\nb".into()))).unwrap_err();
        assert!(!broken.to_string().contains("a\nb"));
    }
}
