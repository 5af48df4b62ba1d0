//! The newest release of Flux, as its publisher tells.

use std::time::Duration;

use semver::Version;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use url::Url;

use crate::env;
use crate::error::Failure;
use crate::hosting;
use crate::install::RELEASE;

/// Where Flux is published, on GitHub.
pub const FLUX_REPOSITORY: &str = "fluxcd/flux2";

/// Returns the tag of the newest release; a server of our own answers in the place of GitHub.
pub async fn latest_release() -> Result<String, Failure> {
    let base = env::GITOPS_RELEASE_URL
        .text()
        .map(|address| {
            Url::parse(&address).map_err(|error| {
                Failure::new(format!(
                    "{} is no address: {error}",
                    env::GITOPS_RELEASE_URL.name
                ))
            })
        })
        .transpose()?;
    Ok(hosting::latest_release(base.as_ref(), FLUX_REPOSITORY).await?)
}

/// Our release, and one that is newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newer {
    /// The version of ours.
    pub own: Version,
    /// The version of the newer one.
    pub other: Version,
}

impl Newer {
    /// Compares a tag with our own release; who runs a pre-release knows that there are others.
    fn than_ours(tag: &str) -> Option<Self> {
        let version = |tag: &str| Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok();
        let (own, other) = (version(RELEASE)?, version(tag)?);
        (own.pre.is_empty() && other > own).then_some(Self { own, other })
    }
}

/// The question for a newer release, asked beside other work that never waits long for the answer.
pub struct News(Option<JoinHandle<Result<String, Failure>>>);

impl News {
    /// Asks.
    pub fn ask() -> Self {
        Self(Some(tokio::spawn(latest_release())))
    }

    /// Returns a newer release, once, where the answer comes within the limit; whoever can't ask hears of none.
    pub async fn heard(&mut self, limit: Duration) -> Option<Newer> {
        let answer = timeout(limit, self.0.as_mut()?).await.ok()?;
        self.0 = None;
        Newer::than_ours(&answer.ok()?.ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_newer_is_told() {
        assert_eq!(Newer::than_ours(RELEASE), None);
        assert_eq!(Newer::than_ours("v2.9.0"), None);
        assert_eq!(Newer::than_ours("nightly"), None);
        let Newer { own, other } = Newer::than_ours("v99.0.0").unwrap();
        assert_eq!(format!("v{own}"), RELEASE);
        assert_eq!(other.to_string(), "99.0.0");
    }
}
