//! GitHub: for now only what it knows of releases.

use std::time::Duration;

use http::StatusCode;
use http::header::LOCATION;
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use serde::Deserialize;
use url::Url;

use crate::error::Explain;
use crate::http::{HttpError, Options, Patience, client, excerpt, shown};

/// Where GitHub's API is.
const API: &str = "https://api.github.com";

/// How long a look-up may take, with all its tries.
const LIMIT: Duration = Duration::from_secs(15);

/// How many redirects are followed: a repository that was renamed has one.
const HOPS: usize = 3;

/// Why a release could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// No client could be made.
    #[error(transparent)]
    Client(#[from] HttpError),
    /// The address of the API is none.
    #[error("{0} is no address of an API")]
    Base(String),
    /// No answer came in time.
    #[error("no answer from {url} within {} s", LIMIT.as_secs())]
    TimedOut {
        /// The address.
        url: String,
    },
    /// No answer came.
    #[error("cannot ask {url}")]
    Unreachable {
        /// The address.
        url: String,
        /// What went wrong.
        #[source]
        source: Box<octocrab::Error>,
    },
    /// There is no release at all.
    #[error("{repository} has no release")]
    NoRelease {
        /// Owner and name.
        repository: String,
    },
    /// The number of requests is limited.
    #[error("{url} limits the number of requests")]
    Limited {
        /// The address.
        url: String,
    },
    /// Something else came back.
    #[error("{url} answered {status}: {excerpt}")]
    Unexpected {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// How the answer begins.
        excerpt: String,
    },
}

impl Explain for ReleaseError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => {
                Some("check the network and the proxy settings, or leave `--version` out to use the built-in manifests".into())
            }
            Self::Limited { .. } => Some("try again in an hour, or leave `--version` out".into()),
            _ => None,
        }
    }
}

/// Returns the tag of the latest release of a repository.
///
/// `base` is the API's address where it is not GitHub's own.
pub async fn latest_release(base: Option<&Url>, repository: &str) -> Result<String, ReleaseError> {
    let lookup = Lookup::new(base)?;
    let answer = lookup
        .ask(&format!("repos/{repository}/releases/latest"))
        .await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Err(ReleaseError::NoRelease {
            repository: repository.into(),
        });
    }
    let release: Result<Release, _> = serde_json::from_slice(&answer.body);
    match release {
        Ok(release) if answer.status.is_success() => Ok(release.tag_name),
        _ => Err(answer.unexpected()),
    }
}

/// Says whether a repository has a release of this tag.
pub async fn release_exists(
    base: Option<&Url>,
    repository: &str,
    tag: &str,
) -> Result<bool, ReleaseError> {
    let lookup = Lookup::new(base)?;
    let answer = lookup
        .ask(&format!("repos/{repository}/releases/tags/{tag}"))
        .await?;
    match answer.status {
        StatusCode::OK if serde_json::from_slice::<Release>(&answer.body).is_ok() => Ok(true),
        StatusCode::NOT_FOUND => Ok(false),
        _ => Err(answer.unexpected()),
    }
}

/// A release; nothing else of it is read.
#[derive(Deserialize)]
struct Release {
    tag_name: String,
}

struct Reply {
    url: String,
    status: StatusCode,
    location: Option<String>,
    body: Vec<u8>,
}

impl Reply {
    fn unexpected(&self) -> ReleaseError {
        let limited = self.status == StatusCode::FORBIDDEN
            && String::from_utf8_lossy(&self.body).contains("rate limit");
        if limited || self.status == StatusCode::TOO_MANY_REQUESTS {
            return ReleaseError::Limited {
                url: self.url.clone(),
            };
        }
        let status = self.status.as_u16();
        ReleaseError::Unexpected {
            url: self.url.clone(),
            status,
            excerpt: excerpt(&self.body, &[]),
        }
    }
}

struct Lookup {
    octocrab: Octocrab,
    base: Url,
    patience: Patience,
}

impl Lookup {
    fn new(base: Option<&Url>) -> Result<Self, ReleaseError> {
        let base = match base {
            Some(base) => base.clone(),
            None => Url::parse(API).map_err(|_| ReleaseError::Base(API.into()))?,
        };
        let client = client(&Options {
            limit: Some(LIMIT),
            ..Options::default()
        })?;
        // Octocrab's own layers would name it as the user agent; addresses here are whole, so none is needed.
        let builder = OctocrabBuilder::new_empty().with_service(ReqwestConnector::new(client));
        let Ok(octocrab) = builder.with_auth(AuthState::None).build();
        Ok(Self {
            octocrab,
            base,
            patience: Patience {
                attempts: 3,
                ..Patience::default()
            },
        })
    }

    /// Asks within the limit, and again after a passing fault.
    async fn ask(&self, endpoint: &str) -> Result<Reply, ReleaseError> {
        let address = format!("{}/{endpoint}", self.base.as_str().trim_end_matches('/'));
        let url = Url::parse(&address).map_err(|_| ReleaseError::Base(shown(&self.base)))?;
        let tries = async {
            let mut attempt = 1;
            loop {
                let reply = self.follow(&url).await?;
                if !matches!(reply.status.as_u16(), 502..=504) || attempt >= self.patience.attempts
                {
                    return Ok(reply);
                }
                tokio::time::sleep(self.patience.pause(attempt)).await;
                attempt += 1;
            }
        };
        let late = || ReleaseError::TimedOut { url: shown(&url) };
        tokio::time::timeout(LIMIT, tries)
            .await
            .map_err(|_| late())?
    }

    async fn follow(&self, first: &Url) -> Result<Reply, ReleaseError> {
        let mut url = first.clone();
        let mut hops = 0;
        loop {
            let reply = self.exchange(&url).await?;
            let target = reply
                .location
                .as_ref()
                .and_then(|target| url.join(target).ok());
            match target {
                Some(target) if hops < HOPS && target.origin() == url.origin() => url = target,
                _ => return Ok(reply),
            }
            hops += 1;
        }
    }

    async fn exchange(&self, url: &Url) -> Result<Reply, ReleaseError> {
        let unreachable = |error| ReleaseError::Unreachable {
            url: shown(url),
            source: Box::new(error),
        };
        let response = self
            .octocrab
            ._get(url.as_str())
            .await
            .map_err(unreachable)?;
        let (status, location) = (response.status(), response.headers().get(LOCATION).cloned());
        let body = self
            .octocrab
            .body_to_string(response)
            .await
            .map_err(unreachable)?;
        Ok(Reply {
            url: shown(url),
            status,
            location: location
                .filter(|_| status.is_redirection())
                .and_then(|value| value.to_str().ok().map(Into::into)),
            body: body.into_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::{Reply, Script, USER_AGENT};

    const LATEST: &str = "GET /api/v3/repos/fluxcd/flux2/releases/latest";

    async fn latest(server: &Script) -> Result<String, ReleaseError> {
        latest_release(Some(&server.url("/api/v3")), "fluxcd/flux2").await
    }

    #[tokio::test]
    async fn the_latest_release_is_found() {
        let server = Script::start().await;
        let moved = Reply::new(301).header("location", "/api/v3/repositories/1/releases/latest");
        server.on(LATEST, Reply::html(502)).on(LATEST, moved);
        server.ok(
            "GET /api/v3/repositories/1/releases/latest",
            &json!({"tag_name": "v2.9.4", "name": null}),
        );
        assert_eq!(latest(&server).await.unwrap(), "v2.9.4");
        assert!(
            server
                .asked()
                .iter()
                .all(|asked| asked.headers["user-agent"] == USER_AGENT)
        );
    }

    #[tokio::test]
    async fn a_release_is_there_or_not() {
        let server = Script::start().await;
        let tag = |tag| format!("GET /repos/fluxcd/flux2/releases/tags/{tag}");
        server.ok(&tag("v2.9.4"), &json!({"tag_name": "v2.9.4"}));
        server.on(
            &tag("v9.9.9"),
            Reply::json(404, &json!({"message": "Not Found"})),
        );
        let limited = json!({"message": "API rate limit exceeded for 192.0.2.1."});
        server.on(&tag("v1.0.0"), Reply::json(403, &limited));
        let base = server.url("");
        assert!(
            release_exists(Some(&base), "fluxcd/flux2", "v2.9.4")
                .await
                .unwrap()
        );
        assert!(
            !release_exists(Some(&base), "fluxcd/flux2", "v9.9.9")
                .await
                .unwrap()
        );
        let error = release_exists(Some(&base), "fluxcd/flux2", "v1.0.0")
            .await
            .unwrap_err();
        assert!(matches!(error, ReleaseError::Limited { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn what_is_no_release_is_told() {
        let server = Script::start().await;
        server
            .on(LATEST, Reply::html(200))
            .on(LATEST, Reply::json(404, &json!({"message": "Not Found"})));
        let error = latest(&server).await.unwrap_err().to_string();
        assert!(error.contains("answered 200: <!DOCTYPE html>"), "{error}");
        assert_eq!(
            latest(&server).await.unwrap_err().to_string(),
            "fluxcd/flux2 has no release"
        );
        drop(server);
        let closed = Url::parse("http://127.0.0.1:9").unwrap();
        let error = latest_release(Some(&closed), "fluxcd/flux2")
            .await
            .unwrap_err();
        assert!(
            matches!(error, ReleaseError::Unreachable { .. }),
            "{error:?}"
        );
    }
}
