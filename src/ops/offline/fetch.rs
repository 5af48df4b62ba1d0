//! Fetches the sources that a repository names and does not hold.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::super::remote::{ArtifactUrl, ChartUrl, Layer, RemoteSources, Version};
use crate::git;
use crate::kustomize::load::{GitUrl, Remote as _, RemoteError};
use crate::manifest::Object;
use crate::render::repository::{Fetch, Folder, Tree, Walled};

/// The media type of the layer that is a chart.
const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// How long a Git repository may take, as long as Flux gives one that says nothing of it.
const LIMIT: Duration = Duration::from_mins(1);

/// Fetches sources through the cache, each once, with what the user's own tools would show the server.
pub struct FetchSources(pub Arc<RemoteSources>);

impl Fetch for FetchSources {
    fn fetch(&self, source: &Object) -> Result<Arc<dyn Tree>, String> {
        let folder = match source.kind() {
            "GitRepository" => self.git(source)?,
            "OCIRepository" => self.artifact(source)?,
            kind => {
                return Err(format!(
                    "`--fetch` knows no way to a {kind}, only to a GitRepository and an OCIRepository"
                ));
            }
        };
        tree(&folder)
    }

    fn chart(&self, source: &Object, name: &str, version: &str) -> Result<Arc<dyn Tree>, String> {
        let repository = source.text("/spec/url").trim_end_matches('/').to_owned();
        let fetched = if repository.starts_with("oci://") {
            self.0.artifact(&ArtifactUrl {
                address: format!("{repository}/{name}"),
                version: match (semver::Version::parse(version), version) {
                    // Tags have no `+`, which stands in versions.
                    (Ok(_), version) => Version::Tag(version.replace('+', "_")),
                    (Err(_), range) => Version::Newest {
                        range: if range.is_empty() { "*" } else { range }.to_owned(),
                        pattern: String::new(),
                    },
                },
                layer: Layer::Files(Some(CHART_LAYER.into())),
                is_plain: source.get("/spec/insecure") == Some(&true.into()),
            })
        } else {
            self.0.chart(&ChartUrl {
                repository,
                name: name.to_owned(),
                version: version.to_owned(),
            })
        };
        tree(&fetched.map_err(told)?)
    }
}

fn tree(folder: &Path) -> Result<Arc<dyn Tree>, String> {
    let real = folder.canonicalize().map_err(|error| error.to_string())?;
    Ok(Arc::new(Walled::new(Folder::new(real))))
}

impl FetchSources {
    fn git(&self, source: &Object) -> Result<PathBuf, String> {
        let address = source.text("/spec/url");
        // A folder of this machine is nothing that a branch may name.
        let read = address.parse::<git::GitUrl>();
        read.map_err(|error| error.to_string())?;
        let url = GitUrl {
            written: address.to_owned(),
            repository: address.to_owned(),
            directory: String::new(),
            revision: self.revision(source).map_err(told)?,
            submodules: source.get("/spec/recurseSubmodules") == Some(&true.into()),
            timeout: LIMIT,
        };
        self.0.repository(&url).map_err(told)
    }

    /// Returns the reference or commit that a source follows, by the order of source-controller.
    fn revision(&self, source: &Object) -> Result<String, RemoteError> {
        let field = |field: &str| match source.text(&format!("/spec/ref/{field}")) {
            "" => None,
            text => Some(text),
        };
        if let Some(commit) = field("commit") {
            return Ok(commit.to_owned());
        }
        if let Some(name) = field("name") {
            return Ok(name.to_owned());
        }
        let tag = match field("semver") {
            Some(range) => Some(self.0.newest_tag(source.text("/spec/url"), range)?),
            None => field("tag").map(ToOwned::to_owned),
        };
        Ok(match tag {
            Some(tag) => format!("refs/tags/{tag}"),
            None => format!("refs/heads/{}", field("branch").unwrap_or("master")),
        })
    }

    fn artifact(&self, source: &Object) -> Result<PathBuf, String> {
        self.0.artifact(&artifact_url(source)).map_err(told)
    }
}

/// Reads which artifact an `OCIRepository` follows, by the order of source-controller.
fn artifact_url(source: &Object) -> ArtifactUrl {
    let field = |path: &str| match source.text(&format!("/spec/{path}")) {
        "" => None,
        text => Some(text.to_owned()),
    };
    let version = match (field("ref/digest"), field("ref/semver"), field("ref/tag")) {
        (Some(digest), _, _) => Version::Digest(digest),
        (_, Some(range), _) => Version::Newest {
            range,
            pattern: field("ref/semverFilter").unwrap_or_default(),
        },
        (_, _, tag) => Version::Tag(tag.unwrap_or_else(|| "latest".into())),
    };
    let kind = field("layerSelector/mediaType");
    let layer = if source.text("/spec/layerSelector/operation") == "copy" {
        Layer::Itself(kind)
    } else {
        Layer::Files(kind)
    };
    ArtifactUrl {
        address: source.text("/spec/url").to_owned(),
        version,
        layer,
        is_plain: source.get("/spec/insecure") == Some(&true.into()),
    }
}

/// Returns what went wrong, and what may be tried, in one line.
fn told(error: RemoteError) -> String {
    match error {
        RemoteError::Status { status } => format!("the server answered {status}"),
        RemoteError::Other { message, hint } => match hint {
            Some(hint) => format!("{message} ({hint})"),
            None => message,
        },
    }
}
