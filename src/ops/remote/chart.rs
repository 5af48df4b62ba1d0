//! Fetches a chart of a repository that has an index, and unpacks it into the cache.

use std::fmt::Write as _;
use std::path::PathBuf;

use semver::Version;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::artifact::unpack;
use super::cache::Cache;
use super::error::FetchError;
use super::range::Range;
use super::sources::Network;
use crate::kustomize::load::RemoteError;
use crate::manifest::{Dialect, read_as};

/// A chart of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartUrl {
    /// The address of the repository.
    pub repository: String,
    /// The name of the chart.
    pub name: String,
    /// The range of versions; empty for the newest.
    pub version: String,
}

/// A version of a chart, as an index has it.
struct Listed {
    url: Url,
    /// The SHA-256 of the archive, in hexadecimal digits; empty where none is given.
    digest: String,
}

/// Returns the folder with the files of a chart: from the cache, else from its repository.
///
/// # Errors
///
/// Fails where it can't be had, or may not be fetched.
pub fn fetch(
    cache: &Cache,
    network: Network,
    url: &ChartUrl,
    get: impl Fn(&str) -> Result<Vec<u8>, RemoteError>,
) -> Result<PathBuf, FetchError> {
    let asked = format!("chart {} {}", url.name, url.version);
    let slot = |chart: &str| cache.artifact_slot(&url.repository, &format!("chart {chart}"));
    if network == Network::Refused {
        let known = cache.tag(&url.repository, &asked);
        return known
            .and_then(|chart| slot(&chart).tree())
            .ok_or(FetchError::Offline);
    }
    let base = Url::parse(&format!("{}/", url.repository.trim_end_matches('/')));
    let base = base.map_err(FetchError::NoAddress)?;
    let index = base.join("index.yaml").map_err(FetchError::NoAddress)?;
    let listed = listed(&get(index.as_str())?, &base, url)?;
    let chart = format!("{}#{}", listed.url, listed.digest);
    let slot = slot(&chart);
    // Without a digest, what is there may have been replaced.
    let kept = slot.tree().filter(|_| !listed.digest.is_empty());
    let tree = if let Some(tree) = kept {
        tree
    } else {
        let content = get(listed.url.as_str())?;
        if !listed.digest.is_empty() && hexadecimal(&content) != listed.digest {
            return Err(FetchError::Artifact("is another one than its digest says"));
        }
        slot.fill(|into| unpack(&content, into).map_err(FetchError::Unpack))?
    };
    if Version::parse(&url.version).is_ok() {
        cache.note_tag(&url.repository, &asked, &chart);
    }
    Ok(tree)
}

/// Finds a chart in an index: by the very text of its version, else the newest in the range.
fn listed(index: &[u8], base: &Url, url: &ChartUrl) -> Result<Listed, FetchError> {
    let text = String::from_utf8_lossy(index);
    let read = read_as(&text, Dialect::Loose).ok();
    let index = read.and_then(|documents| documents.into_iter().next());
    let index = index.ok_or(FetchError::Artifact("is in a repository without an index"))?;
    let entries = index
        .get("entries")
        .and_then(|entries| entries.get(&url.name));
    let entries = entries.and_then(Value::as_array).into_iter().flatten();
    let entries: Vec<(&str, &Value)> = entries
        .filter_map(|entry| Some((entry.get("version")?.as_str()?, entry)))
        .collect();
    let range = match url.version.as_str() {
        "" => "*",
        range => range,
    };
    let versions = || entries.iter().map(|(version, _)| *version);
    let version = match versions().find(|version| *version == range) {
        Some(version) => Some(version),
        None => Range::parse(range)?.newest(versions()),
    };
    let missing = || FetchError::NoVersion(range.to_owned());
    let version = version.ok_or_else(missing)?;
    let found = entries.iter().find(|(own, _)| *own == version);
    let (_, entry) = found.ok_or_else(missing)?;
    let address = entry.pointer("/urls/0").and_then(Value::as_str);
    let address = address.ok_or(FetchError::Artifact("has no address in the index"))?;
    let digest = entry
        .get("digest")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Ok(Listed {
        url: base.join(address).map_err(FetchError::NoAddress)?,
        digest: digest.trim_start_matches("sha256:").to_owned(),
    })
}

fn hexadecimal(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "entries:
  app:
  - {version: 1.2.0, urls: [charts/app-1.2.0.tgz], digest: sha256:ab}
  - {version: 1.10.0, urls: ['https://other.example.com/app.tgz']}
  - {version: 2.0.0-rc.1, urls: [app-2.tgz]}
  - {version: odd, urls: [odd.tgz]}
  bare:
  - {version: 1.0.0}
";

    #[test]
    fn a_chart_is_found_in_an_index() {
        let base = Url::parse("https://charts.example.com/stable/").unwrap();
        let find = |name: &str, version: &str| {
            let url = ChartUrl {
                repository: base.to_string(),
                name: name.into(),
                version: version.into(),
            };
            let found = listed(INDEX.as_bytes(), &base, &url);
            found
                .map(|found| found.url.to_string())
                .map_err(|error| error.to_string())
        };
        let stable = "https://charts.example.com/stable";
        assert_eq!(
            find("app", ""),
            Ok("https://other.example.com/app.tgz".into())
        );
        assert_eq!(
            find("app", "1.2.x"),
            Ok(format!("{stable}/charts/app-1.2.0.tgz"))
        );
        assert_eq!(find("app", "2.0.0-rc.1"), Ok(format!("{stable}/app-2.tgz")));
        assert_eq!(find("app", "odd"), Ok(format!("{stable}/odd.tgz")));
        for (name, version) in [("app", "3.x"), ("none", ""), ("bare", ""), ("app", "!!")] {
            assert!(find(name, version).is_err(), "{name} {version}");
        }
    }
}
