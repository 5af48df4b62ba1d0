//! The requests of Git's smart HTTP: whom they name, where they are sent on to, what an answer means.

use std::io::Read as _;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use git2::transport::Service;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT};
use url::Url;

use super::auth::{Credentials, Secret};
use super::credential_helper;
use super::transport::{Operation, is_sha256, lock, program};
use super::transport_error::{TransportError, are_offered, clean};
use super::url_text::encode_path;
use crate::http;

/// Some servers answer only a user agent of Git with Git data, so we say both.
const AGENT: &str = concat!("git/2.0 (gitops/", env!("CARGO_PKG_VERSION"), ")");

/// How often a server may send us on before we give up.
const MOST_REDIRECTS: usize = 5;

/// How often a server that stumbles is asked.
const MOST_ATTEMPTS: u32 = 3;

/// How long to wait before it is asked again; twice that before the next time.
const PAUSE: Duration = Duration::from_millis(400);

/// More than the list of branches of any real repository.
const MOST_ADVERTISED: u64 = 256 << 20;

/// What the requests of one operation share.
pub(super) struct Line {
    pub operation: Arc<Operation>,
    client: OnceLock<Client>,
    /// Where the repository really is, after redirects.
    base: Mutex<Option<Url>>,
    /// What the credential helpers know, once they are asked.
    helped: OnceLock<Option<(String, Secret)>>,
}

impl Line {
    /// Makes the line; nothing is sent yet.
    pub fn new(operation: Arc<Operation>) -> Self {
        Self {
            operation,
            client: OnceLock::new(),
            base: Mutex::new(None),
            helped: OnceLock::new(),
        }
    }

    fn client(&self) -> Result<&Client, TransportError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let settings = &self.operation.settings;
        let options = http::Options {
            authorities: settings.authorities.clone(),
            limit: Some(settings.limit),
        };
        let client = http::blocking(&options).map_err(TransportError::Client)?;
        Ok(self.client.get_or_init(|| client))
    }

    fn host(&self) -> String {
        self.operation.url.authority()
    }

    /// Returns the address of the repository, without anybody named in it.
    fn repository(&self) -> Result<Url, TransportError> {
        if let Some(base) = lock(&self.base).clone() {
            return Ok(base);
        }
        let url = &self.operation.url;
        let path = encode_path(url.path().trim_end_matches('/'));
        let text = format!("{}://{}{path}", url.scheme().name(), url.authority());
        Url::parse(&text).map_err(|source| TransportError::Unreachable {
            host: self.host(),
            source: source.into(),
        })
    }

    /// Shows the credentials at once: a first request without them would only cost a round trip.
    fn authorized(&self, request: RequestBuilder) -> Result<RequestBuilder, TransportError> {
        let url = &self.operation.url;
        let request = request.header(USER_AGENT, AGENT);
        match &self.operation.credentials {
            Credentials::Basic { username, password } => {
                Ok(request.basic_auth(username, Some(password.reveal())))
            }
            Credentials::Helped if let Some(Some((user, password))) = self.helped.get() => {
                Ok(request.basic_auth(user, Some(password.reveal())))
            }
            Credentials::Bearer(token) => Ok(request.bearer_auth(token.reveal())),
            Credentials::Ambient | Credentials::Helped
                if url.user.is_some() || url.password.is_some() =>
            {
                let password = url
                    .password
                    .as_ref()
                    .map(|password| password.reveal().to_owned());
                Ok(request.basic_auth(url.user().unwrap_or_default(), password))
            }
            Credentials::Ambient | Credentials::Helped => Ok(request),
            Credentials::SshKey(_) => Err(TransportError::WrongCredentials {
                scheme: url.scheme().name(),
            }),
        }
    }

    /// Asks which branches there are, and remembers where a redirect led.
    pub fn advertisement(&self, service: Service) -> Result<Vec<u8>, TransportError> {
        let suffix = format!("/info/refs?service={}", program(service));
        let mut address = self.repository()?;
        for _ in 0..=MOST_REDIRECTS {
            let target = joined(&address, &suffix, || self.host())?;
            let response = self.asked(&target)?;
            if response.status().is_redirection() {
                address = self.followed(&target, &suffix, &response)?;
                continue;
            }
            let response = self.accepted(
                response,
                &format!("application/x-{}-advertisement", program(service)),
            )?;
            *lock(&self.base) = Some(address);
            return self.read(response);
        }
        Err(TransportError::Status {
            host: self.host(),
            status: 302,
        })
    }

    /// Asks again where the server stumbles, or where the user's credential helpers know what it wants: nothing is
    /// changed by a question.
    fn asked(&self, target: &Url) -> Result<Response, TransportError> {
        let mut attempt = 1;
        loop {
            let request = self.authorized(self.client()?.get(target.clone()))?;
            let response = request.send().map_err(|error| self.failed(error))?;
            if response.status().as_u16() == 401 && self.finds_help() {
                continue;
            }
            let stumbles = matches!(response.status().as_u16(), 500 | 502..=504);
            if !stumbles || attempt == MOST_ATTEMPTS {
                return Ok(response);
            }
            thread::sleep(PAUSE * attempt);
            attempt += 1;
        }
    }

    /// Asks the credential helpers, once and where that is wanted; says whether they know anything.
    fn finds_help(&self) -> bool {
        let operation = &self.operation;
        if operation.credentials != Credentials::Helped
            || operation.url.password.is_some()
            || self.helped.get().is_some()
        {
            return false;
        }
        let helped = self
            .helped
            .get_or_init(|| credential_helper::ask(&operation.url));
        helped.is_some()
    }

    fn read(&self, response: Response) -> Result<Vec<u8>, TransportError> {
        let mut body = Vec::new();
        let read = response.take(MOST_ADVERTISED).read_to_end(&mut body);
        read.map_err(|source| TransportError::Broken {
            host: self.host(),
            source,
        })?;
        if is_sha256(&body) {
            Err(TransportError::Sha256)
        } else {
            Ok(body)
        }
    }

    /// Returns the repository's new address: on the same host, and never without TLS where there was TLS.
    fn followed(
        &self,
        from: &Url,
        suffix: &str,
        response: &Response,
    ) -> Result<Url, TransportError> {
        let status = response.status().as_u16();
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let target = location.and_then(|location| from.join(location).ok());
        let target = target.ok_or_else(|| TransportError::Status {
            host: self.host(),
            status,
        })?;
        let same_place = target.origin() == from.origin();
        let to_https = target.scheme() == "https"
            && from.scheme() == "http"
            && target.host_str() == from.host_str();
        if !same_place && !to_https {
            let place = target.origin().ascii_serialization();
            return Err(TransportError::Redirect {
                host: self.host(),
                target: clean(&place),
            });
        }
        // A redirect away from `info/refs` leads to a page for people.
        let Some(base) = target.as_str().strip_suffix(suffix) else {
            return Err(TransportError::WebPage { host: self.host() });
        };
        Url::parse(base).map_err(|_| TransportError::Status {
            host: self.host(),
            status,
        })
    }

    /// Sends the one request of an exchange.
    pub fn post(&self, service: Service, body: Vec<u8>) -> Result<Response, TransportError> {
        let name = program(service);
        let target = joined(&self.repository()?, &format!("/{name}"), || self.host())?;
        let request = self.authorized(self.client()?.post(target))?;
        let request = request
            .header(CONTENT_TYPE, format!("application/x-{name}-request"))
            .header(ACCEPT, format!("application/x-{name}-result"))
            .body(body);
        let response = request.send().map_err(|error| self.failed(error))?;
        self.accepted(response, &format!("application/x-{name}-result"))
    }

    /// Lets an answer pass that has the right status and the right content type.
    fn accepted(&self, response: Response, wanted: &str) -> Result<Response, TransportError> {
        if !response.status().is_success() {
            return Err(self.refused(response));
        }
        let header = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let found = header
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match found.as_str() {
            found if found == wanted => Ok(response),
            "text/html" | "application/xhtml+xml" => {
                Err(TransportError::WebPage { host: self.host() })
            }
            found => Err(TransportError::ContentType {
                host: self.host(),
                found: clean(found),
            }),
        }
    }

    /// Turns a status that is none of success into what it means.
    fn refused(&self, response: Response) -> TransportError {
        let host = self.host();
        let status = response.status().as_u16();
        let url = &self.operation.url;
        let offered = are_offered(&self.operation.credentials)
            || url.user.is_some()
            || url.password.is_some()
            || matches!(self.helped.get(), Some(Some(_)));
        match status {
            401 => TransportError::Unauthorized { host, offered },
            403 => TransportError::Forbidden {
                host,
                said: words(response),
            },
            404 | 410 => TransportError::NotFound {
                host,
                said: words(response),
            },
            429 => TransportError::TooMany {
                host,
                after: wait(&response),
            },
            500..=599 => TransportError::Server {
                host,
                status,
                said: words(response),
            },
            _ => TransportError::Status { host, status },
        }
    }

    fn failed(&self, error: reqwest::Error) -> TransportError {
        let host = self.host();
        if error.is_timeout() && !error.is_connect() {
            return TransportError::TimedOut {
                host,
                limit: self.operation.settings.limit,
            };
        }
        TransportError::Unreachable {
            host,
            source: error.without_url().into(),
        }
    }
}

fn joined(base: &Url, suffix: &str, host: impl Fn() -> String) -> Result<Url, TransportError> {
    let text = format!("{}{suffix}", base.as_str().trim_end_matches('/'));
    Url::parse(&text).map_err(|source| TransportError::Unreachable {
        host: host(),
        source: source.into(),
    })
}

/// Returns what a plain answer says; pages are for people with a browser.
fn words(response: Response) -> String {
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !kind.starts_with("text/plain") {
        return String::new();
    }
    let mut bytes = Vec::new();
    match response.take(4096).read_to_end(&mut bytes) {
        Ok(_) => clean(&String::from_utf8_lossy(&bytes)),
        Err(_) => String::new(),
    }
}

fn wait(response: &Response) -> Option<Duration> {
    let seconds = response
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}
