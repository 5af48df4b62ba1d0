//! Other releases of Flux: which may be asked for, and how their manifests are fetched.

use std::fmt::Write as _;

use semver::Version;
use sha2::{Digest as _, Sha256};

use super::archive::{self, ArchiveError};
use super::base::{Base, BaseError};
use super::component::RELEASE;
use super::components::Components;
use super::download::{self, DownloadError};
use crate::env;
use crate::error::{Blame, Explain};
use crate::http::{self, HttpError};

/// Where releases are published, unless the environment names another place.
const ADDRESS: &str = "https://github.com/fluxcd/flux2/releases/download";

/// The file of a release that holds its manifests.
const ARCHIVE: &str = "manifests.tar.gz";

/// How large the archive may be; those of today have a tenth of a megabyte.
const ARCHIVE_LIMIT: usize = 8 << 20;

/// How large the list of checksums may be.
const CHECKSUMS_LIMIT: usize = 1 << 20;

/// What `--version` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The release that this program describes; nothing is fetched.
    Own,
    /// The newest one, whose tag the caller finds out and reads again.
    Latest,
    /// Another release, which is compatible; whether it exists, the caller finds out.
    Release(Release),
}

/// A release of Flux that is compatible with the one that this program describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    tag: String,
}

/// Why another release can't be had.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The version is not written as a tag is.
    #[error("version `{0}` is not of the form v1.2.3")]
    Form(String),
    /// It has other interfaces than this program knows.
    #[error("version {0} is not compatible with this version, which installs Flux {RELEASE}")]
    Incompatible(String),
    /// There is no client to fetch with.
    #[error("cannot fetch the release")]
    Client(#[source] HttpError),
    /// A file can't be had.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The list of checksums does not have the archive.
    #[error("the checksums of {0} do not name {ARCHIVE}")]
    NoChecksum(String),
    /// The archive is not the one that was published.
    #[error("{ARCHIVE} of {tag} has the checksum {found}, but {wanted} was published")]
    Checksum {
        /// The release.
        tag: String,
        /// What the archive has.
        found: String,
        /// What it should have.
        wanted: String,
    },
    /// The archive is not fit to be unpacked.
    #[error("cannot unpack {ARCHIVE} of {tag}")]
    Archive {
        /// The release.
        tag: String,
        /// What is wrong with it.
        source: ArchiveError,
    },
    /// The files in it are no release.
    #[error("cannot read the manifests of {tag}")]
    Base {
        /// The release.
        tag: String,
        /// What is wrong with them.
        source: Box<BaseError>,
    },
}

impl Explain for ReleaseError {
    fn blame(&self) -> Blame {
        match self {
            Self::Form(_) | Self::Incompatible(_) => Blame::Usage,
            _ => Blame::User,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Form(_) => Some(format!(
                "write the version as a release tag, such as `{RELEASE}`, or `latest`"
            )),
            Self::Incompatible(_) => {
                let minor = RELEASE.rsplit_once('.').map_or(RELEASE, |(minor, _)| minor);
                Some(format!(
                    "choose a {minor} release, or use the gitops of the release that you want"
                ))
            }
            Self::Checksum { .. } => {
                Some("try again; if it stays, do not trust what is served there".into())
            }
            Self::Archive { source, .. } => source.hint(),
            Self::Base { source, .. } => source.hint(),
            _ => None,
        }
    }
}

impl Wanted {
    /// Reads a version as the command line gives it, or the tag that was found for `latest`.
    ///
    /// # Errors
    ///
    /// Fails where the version is neither empty, `latest` nor a tag, and where it is not compatible.
    pub fn parse(text: &str) -> Result<Self, ReleaseError> {
        match text {
            "" | RELEASE => return Ok(Self::Own),
            "latest" => return Ok(Self::Latest),
            _ => {}
        }
        let version = version(text).ok_or_else(|| ReleaseError::Form(text.into()))?;
        let own = version_of_own();
        if !own.is_some_and(|own| is_compatible(&own, &version)) {
            return Err(ReleaseError::Incompatible(text.into()));
        }
        Ok(Self::Release(Release { tag: text.into() }))
    }
}

fn version_of_own() -> Option<Version> {
    version(RELEASE)
}

fn version(tag: &str) -> Option<Version> {
    Version::parse(tag.strip_prefix('v')?).ok()
}

/// Releases of one minor version have the same interfaces; a pre-release is made to be tried with any.
fn is_compatible(own: &Version, other: &Version) -> bool {
    !own.pre.is_empty() || (own.major, own.minor) == (other.major, other.minor)
}

impl Release {
    /// Returns the tag, such as `v2.9.3`.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Fetches what this release publishes of the components.
    ///
    /// The archive is held to the checksum that the release lists. Both come from one place, so this finds
    /// damaged and mixed-up files; who controls the place can publish what they like, under TLS.
    ///
    /// # Errors
    ///
    /// Fails where the files can't be fetched, do not match, or are not built as a release is.
    pub async fn fetch(&self, components: &Components) -> Result<Base, ReleaseError> {
        let address = env::GITOPS_RELEASE_URL
            .text()
            .unwrap_or_else(|| ADDRESS.into());
        self.fetch_from(&address, components).await
    }

    async fn fetch_from(
        &self,
        address: &str,
        components: &Components,
    ) -> Result<Base, ReleaseError> {
        let client = http::client(&http::Options::default()).map_err(ReleaseError::Client)?;
        let folder = format!("{}/{}", address.trim_end_matches('/'), self.tag);
        let list = format!(
            "{folder}/flux_{}_checksums.txt",
            self.tag.trim_start_matches('v')
        );
        let list = download::file(&client, &list, CHECKSUMS_LIMIT).await?;
        let archive =
            download::file(&client, &format!("{folder}/{ARCHIVE}"), ARCHIVE_LIMIT).await?;
        self.check(&archive, &String::from_utf8_lossy(&list))?;
        let files = archive::unpack(&archive).map_err(|source| ReleaseError::Archive {
            tag: self.tag.clone(),
            source,
        })?;
        Base::from_files(&files, components).map_err(|source| ReleaseError::Base {
            tag: self.tag.clone(),
            source: Box::new(source),
        })
    }

    /// Holds the archive to the list of checksums: lines of a digest and a file name.
    fn check(&self, archive: &[u8], list: &str) -> Result<(), ReleaseError> {
        let mut lines = list
            .lines()
            .filter_map(|line| line.split_once(char::is_whitespace));
        let wanted =
            lines.find(|(_, name)| name.trim_start().trim_start_matches('*').trim_end() == ARCHIVE);
        let Some((wanted, _)) = wanted else {
            return Err(ReleaseError::NoChecksum(self.tag.clone()));
        };
        let found = hexadecimal(&Sha256::digest(archive));
        if !found.eq_ignore_ascii_case(wanted) {
            let wanted = wanted.escape_debug().to_string();
            return Err(ReleaseError::Checksum {
                tag: self.tag.clone(),
                found,
                wanted,
            });
        }
        Ok(())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode as Answer;
    use axum::response::Redirect;
    use axum::routing::get as on_get;
    use tar::EntryType;

    use super::super::archive::tests::packed;
    use super::super::generate::{Options, generate};
    use super::*;
    use crate::manifest;

    fn release() -> Release {
        Release {
            tag: "v2.9.3".into(),
        }
    }

    #[test]
    fn knows_which_releases_may_be_asked_for() {
        assert_eq!(Wanted::parse("").unwrap(), Wanted::Own);
        assert_eq!(Wanted::parse(RELEASE).unwrap(), Wanted::Own);
        assert_eq!(Wanted::parse("latest").unwrap(), Wanted::Latest);
        assert_eq!(Wanted::parse("v2.9.3").unwrap(), Wanted::Release(release()));
        assert!(matches!(Wanted::parse("2.9.3"), Err(ReleaseError::Form(_))));
        assert!(matches!(
            Wanted::parse("v2.9.3/../x"),
            Err(ReleaseError::Form(_))
        ));
        assert!(matches!(
            Wanted::parse("v2.8.0"),
            Err(ReleaseError::Incompatible(_))
        ));
        let of = |tag| version(tag).unwrap();
        assert!(
            is_compatible(&of("v2.9.0-rc.1"), &of("v2.7.1")),
            "a pre-release may be tried with any"
        );
    }

    /// Packs our own base the way a release is packed.
    fn archive(components: &Components) -> Vec<u8> {
        let base = Base::own(components);
        let stream = |values: &[serde_json::Value]| {
            values
                .iter()
                .map(manifest::emit)
                .collect::<Vec<_>>()
                .join("---\n")
                .into_bytes()
        };
        let mut files = vec![
            ("./policies.yaml".to_owned(), stream(&base.policies)),
            ("./rbac.yaml".to_owned(), stream(&base.rights)),
        ];
        files.extend(
            base.components.iter().map(|(component, objects)| {
                (format!("./{}.yaml", component.name), stream(objects))
            }),
        );
        let entries: Vec<_> = files
            .iter()
            .map(|(name, content)| (name.as_str(), EntryType::Regular, content.as_slice()))
            .collect();
        packed(&entries)
    }

    async fn serve(archive: Vec<u8>, checksums: String) -> String {
        let router = Router::new()
            .route(
                "/dl/v2.9.3/flux_2.9.3_checksums.txt",
                on_get(|| async { checksums }),
            )
            .route(
                "/dl/v2.9.3/manifests.tar.gz",
                on_get(|| async { Redirect::temporary("/assets/1") }),
            )
            .route("/assets/1", on_get(|| async { archive }))
            .route(
                "/loop/v2.9.3/flux_2.9.3_checksums.txt",
                on_get(|| async { Redirect::temporary("/loop/v2.9.3/flux_2.9.3_checksums.txt") }),
            )
            .fallback(|| async { Answer::NOT_FOUND });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn a_fetched_release_is_tailored_like_our_own() {
        let components = Components::default();
        let archive = archive(&components);
        let checksums = format!(
            "{}  install.yaml\n{}  manifests.tar.gz\n",
            "0".repeat(64),
            hexadecimal(&Sha256::digest(&archive))
        );
        let server = serve(archive, checksums).await;
        let options = Options {
            namespace: "other".into(),
            version: "v2.9.3".into(),
            ..Options::default()
        };
        let fetched = release()
            .fetch_from(&format!("{server}/dl/"), &components)
            .await
            .unwrap();
        let fetched = generate(fetched, &options).unwrap();
        assert!(
            fetched == generate(Base::own(&components), &options).unwrap(),
            "the objects differ"
        );
    }

    #[tokio::test]
    async fn says_why_a_release_cannot_be_had() {
        let components = Components::default();
        let server = serve(
            archive(&components),
            format!("{}  manifests.tar.gz\n", "0".repeat(64)),
        )
        .await;
        let error = |path: &str| {
            let address = format!("{server}/{path}");
            async move {
                release()
                    .fetch_from(&address, &Components::default())
                    .await
                    .unwrap_err()
            }
        };
        assert!(matches!(error("dl").await, ReleaseError::Checksum { .. }));
        assert!(matches!(
            error("none").await,
            ReleaseError::Download(DownloadError::Status {
                status: Answer::NOT_FOUND,
                ..
            })
        ));
        assert!(matches!(
            error("loop").await,
            ReleaseError::Download(DownloadError::Redirect(_))
        ));
        assert!(matches!(
            release().check(b"", "x  other\n"),
            Err(ReleaseError::NoChecksum(_))
        ));
    }
}
