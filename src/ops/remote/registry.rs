//! Reads from registries by the protocol of the OCI: manifests, layers and tags, as whoever has logged in, or nobody.

use std::fmt::Write as _;
use std::io::Read as _;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::error::FetchError;
use super::file::{host, target};
use super::login::login_for;
use crate::http;

/// The sorts of manifests that are understood.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(27);

/// How many times an answer may point elsewhere.
const REDIRECTS: usize = 5;

/// More than any artifact of manifests has, packed.
const MOST_BYTES: usize = 128 << 20;

/// How many pages a list of tags may have.
const MOST_PAGES: usize = 100;

/// A repository of a registry.
pub struct Registry {
    client: Client,
    base: Url,
    /// What the registry wants to see with each request.
    pass: Option<HeaderValue>,
}

impl Registry {
    /// Reads an address as in `oci://HOST/REPOSITORY`; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// Fails where it is no such address.
    pub fn at(address: &str, scheme: &str) -> Result<Self, FetchError> {
        let failed = || FetchError::NoRegistry(address.to_owned());
        let rest = address.strip_prefix("oci://").ok_or_else(failed)?;
        let (host, repository) = rest
            .trim_end_matches('/')
            .split_once('/')
            .ok_or_else(failed)?;
        let is_fine =
            |character: char| character.is_ascii_alphanumeric() || "._-/".contains(character);
        if repository.is_empty() || !repository.chars().all(is_fine) || repository.contains("..") {
            return Err(failed());
        }
        // Docker Hub answers at another name, and keeps its own images under one.
        let (host, repository) = match (host, repository.contains('/')) {
            ("docker.io" | "index.docker.io", true) => {
                ("registry-1.docker.io", repository.to_owned())
            }
            ("docker.io" | "index.docker.io", false) => {
                ("registry-1.docker.io", format!("library/{repository}"))
            }
            (host, _) => (host, repository.to_owned()),
        };
        let base =
            Url::parse(&format!("{scheme}://{host}/v2/{repository}/")).map_err(|_| failed())?;
        let client = http::blocking(&http::Options {
            limit: Some(LIMIT),
            ..http::Options::default()
        })?;
        Ok(Self {
            client,
            base,
            pass: None,
        })
    }

    /// Returns a manifest by tag or digest, with its digest.
    ///
    /// # Errors
    ///
    /// Fails where it can't be had, or is another one than the digest says.
    pub fn manifest(&mut self, reference: &str) -> Result<(Value, String), FetchError> {
        let response = self.asked(&format!("manifests/{reference}"), MANIFESTS)?;
        let content = body(response)?;
        let digest = digest_of(&content);
        if reference.starts_with("sha256:") && reference != digest {
            return Err(FetchError::Artifact("is another one than its digest says"));
        }
        let manifest = serde_json::from_slice(&content);
        let manifest =
            manifest.map_err(|_| FetchError::Artifact("has no manifest that is JSON"))?;
        Ok((manifest, digest))
    }

    /// Returns a layer by its digest.
    ///
    /// # Errors
    ///
    /// Fails where it can't be had, or is another one than the digest says.
    pub fn layer(&mut self, digest: &str) -> Result<Vec<u8>, FetchError> {
        let hexadecimal = digest.strip_prefix("sha256:").unwrap_or_default();
        if hexadecimal.len() != 64 || !hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(FetchError::Artifact(
                "has a layer without a digest of SHA-256",
            ));
        }
        let content = body(self.asked(&format!("blobs/{digest}"), "*/*")?)?;
        if digest_of(&content) != digest {
            return Err(FetchError::Artifact(
                "has a layer that is another one than its digest says",
            ));
        }
        Ok(content)
    }

    /// Returns all tags.
    ///
    /// # Errors
    ///
    /// Fails where they can't be had.
    pub fn tags(&mut self) -> Result<Vec<String>, FetchError> {
        let mut tags = Vec::new();
        let mut path = "tags/list".to_owned();
        for _ in 0..MOST_PAGES {
            let response = self.asked(&path, "application/json")?;
            let next = http::link_to_next(response.headers(), response.url());
            let page: Value = serde_json::from_slice(&body(response)?).unwrap_or_default();
            let names = page
                .get("tags")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            tags.extend(names.filter_map(Value::as_str).map(str::to_owned));
            let Some(next) = next else { break };
            path = next.to_string();
        }
        Ok(tags)
    }

    /// Asks for something below the repository; shows a pass where one is wanted.
    fn asked(&mut self, path: &str, accept: &'static str) -> Result<Response, FetchError> {
        let url = self.base.join(path).map_err(FetchError::NoAddress)?;
        if url.origin() != self.base.origin() {
            return Err(FetchError::Redirect {
                host: host(&self.base),
            });
        }
        let mut response = self.sent(&url, accept)?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.pass = Some(self.pass_for(&response)?);
            response = self.sent(&url, accept)?;
        }
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.private()),
            status => Err(FetchError::Status(status.as_u16())),
        }
    }

    /// Sends a request, and follows where the answer points; the pass stays behind.
    fn sent(&self, url: &Url, accept: &'static str) -> Result<Response, FetchError> {
        let mut url = url.clone();
        for hop in 0..=REDIRECTS {
            let mut request = self.client.get(url.clone()).header(ACCEPT, accept);
            if let (0, Some(pass)) = (hop, &self.pass) {
                request = request.header(AUTHORIZATION, pass.clone());
            }
            let response = request.send().map_err(|error| unanswered(&url, error))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            url =
                target(&url, &response).ok_or_else(|| FetchError::Redirect { host: host(&url) })?;
        }
        Err(FetchError::Redirect { host: host(&url) })
    }

    /// Gets the pass that an answer asks for.
    fn pass_for(&self, response: &Response) -> Result<HeaderValue, FetchError> {
        let asked = response.headers().get(WWW_AUTHENTICATE);
        let asked = asked
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let authority = match (self.base.host_str(), self.base.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let login = login_for(&authority);
        let (scheme, rest) = asked.split_once(' ').unwrap_or((asked, ""));
        let mut request = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => self.client.get(self.realm(rest)?),
            // A request that is never sent: only its header is wanted.
            "basic" if login.is_some() => self.client.get(self.base.clone()),
            _ => return Err(self.private()),
        };
        if let Some(login) = &login {
            request = request.basic_auth(&login.user, Some(login.password.as_str()));
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let request = request
                .build()
                .map_err(|error| unanswered(&self.base, error))?;
            return request
                .headers()
                .get(AUTHORIZATION)
                .cloned()
                .ok_or_else(|| self.private());
        }
        let answer = request
            .send()
            .map_err(|error| unanswered(&self.base, error))?;
        if !answer.status().is_success() {
            return Err(self.private());
        }
        let answer: Value = serde_json::from_slice(&body(answer)?).unwrap_or_default();
        let token = ["token", "access_token"]
            .iter()
            .find_map(|key| answer.get(key)?.as_str());
        let pass = token.map(|token| HeaderValue::try_from(format!("Bearer {token}")));
        let mut pass = pass.and_then(Result::ok).ok_or_else(|| self.private())?;
        pass.set_sensitive(true);
        Ok(pass)
    }

    /// Returns where passes are given out, with what is wanted; never without TLS where the registry has it.
    fn realm(&self, parameters: &str) -> Result<Url, FetchError> {
        let value = |wanted: &str| {
            let mut pairs = parameters
                .split("\",")
                .filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(key, _)| key.trim() == wanted)?;
            Some(value.trim_matches('"').to_owned())
        };
        let realm = value("realm").and_then(|realm| Url::parse(&realm).ok());
        let realm = realm.filter(|realm| {
            realm.scheme() == "https" || (realm.scheme() == "http" && self.base.scheme() == "http")
        });
        let mut realm = realm.ok_or_else(|| self.private())?;
        for key in ["service", "scope"] {
            if let Some(value) = value(key) {
                realm.query_pairs_mut().append_pair(key, &value);
            }
        }
        Ok(realm)
    }

    fn private(&self) -> FetchError {
        FetchError::Private {
            host: host(&self.base),
        }
    }
}

fn unanswered(url: &Url, error: reqwest::Error) -> FetchError {
    FetchError::Exchange {
        host: host(url),
        source: error.without_url(),
    }
}

fn body(response: Response) -> Result<Vec<u8>, FetchError> {
    let host = host(response.url());
    let mut bytes = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let read = response.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|source| FetchError::Broken { host, source })?;
    if bytes.len() > MOST_BYTES {
        return Err(FetchError::TooLarge { limit: MOST_BYTES });
    }
    Ok(bytes)
}

/// Returns the digest of a content, as registries write it.
fn digest_of(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
