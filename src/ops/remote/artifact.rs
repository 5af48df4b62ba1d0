//! Fetches an artifact of a registry, and unpacks it into the cache.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use regex::Regex;
use serde_json::Value;

use super::cache::Cache;
use super::error::FetchError;
use super::range::Range;
use super::registry::Registry;
use super::sources::Network;

/// More than any artifact of manifests has, unpacked.
const MOST_BYTES: u64 = 512 << 20;

/// How many files it may have.
const MOST_ENTRIES: usize = 250_000;

/// Which artifact of a repository is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// The one with this digest.
    Digest(String),
    /// The one with the newest version in a range, of those tags that a pattern fits.
    Newest {
        /// The range.
        range: String,
        /// The pattern; empty for all.
        pattern: String,
    },
    /// The one with this tag.
    Tag(String),
}

/// What is taken from an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// The files in the archive that a layer is: the first one, or the first of a media type.
    Files(Option<String>),
    /// The first layer of a media type itself.
    Itself(Option<String>),
}

/// An artifact of a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArtifactUrl {
    /// The address, as in `oci://HOST/REPOSITORY`.
    pub address: String,
    /// Which one.
    pub version: Version,
    /// What of it.
    pub layer: Layer,
    /// Whether the registry has no TLS.
    pub is_plain: bool,
}

/// The file that a layer itself becomes.
const FILE: &str = "layer.tgz";

/// Returns the folder with the files of an artifact: from the cache, else from its registry.
///
/// # Errors
///
/// Fails where it can't be had, or may not be fetched.
pub fn fetch(cache: &Cache, network: Network, url: &ArtifactUrl) -> Result<PathBuf, FetchError> {
    if let (Version::Digest(digest), _) | (Version::Tag(digest), Network::Refused) =
        (&url.version, network)
    {
        let known = cache.tag(&url.address, digest);
        let digest = known.as_deref().unwrap_or(digest);
        if let Some(tree) = cache.artifact_slot(&url.address, &name(url, digest)).tree() {
            return Ok(tree);
        }
    }
    if network == Network::Refused {
        return Err(FetchError::Offline);
    }
    let scheme = if url.is_plain { "http" } else { "https" };
    let mut registry = Registry::at(&url.address, scheme)?;
    let reference = reference(&mut registry, &url.version)?;
    let (manifest, digest) = registry.manifest(&reference)?;
    let slot = cache.artifact_slot(&url.address, &name(url, &digest));
    let tree = if let Some(tree) = slot.tree() {
        tree
    } else {
        let content = registry.layer(&layer(&manifest, &url.layer)?)?;
        slot.fill(|into| write(&url.layer, &content, into))?
    };
    if let Version::Tag(tag) = &url.version {
        cache.note_tag(&url.address, tag, &digest);
    }
    Ok(tree)
}

/// Names what is in a place of the cache.
fn name(url: &ArtifactUrl, digest: &str) -> String {
    format!("{digest} {:?}", url.layer)
}

fn reference(registry: &mut Registry, version: &Version) -> Result<String, FetchError> {
    match version {
        Version::Digest(text) | Version::Tag(text) => Ok(text.clone()),
        Version::Newest { range, pattern } => {
            let wanted = Range::parse(range)?;
            let pattern = Regex::new(pattern)
                .map_err(|_| FetchError::Artifact("is chosen by a pattern that is none"))?;
            let tags = registry.tags()?;
            let fitting = tags.iter().filter(|tag| pattern.is_match(tag));
            // Tags have no `+`, which stands in versions.
            let versions: Vec<String> = fitting.map(|tag| tag.replace('_', "+")).collect();
            let newest = wanted.newest(versions.iter().map(String::as_str));
            let newest = newest.ok_or_else(|| FetchError::NoVersion(range.clone()))?;
            Ok(newest.replace('+', "_"))
        }
    }
}

/// Returns the digest of the layer that is meant.
fn layer(manifest: &Value, layer: &Layer) -> Result<String, FetchError> {
    let (Layer::Files(wanted) | Layer::Itself(wanted)) = layer;
    let layers = manifest.get("layers").and_then(Value::as_array);
    let layers = layers.ok_or(FetchError::Artifact(
        "is a list of others, or of a kind that is not known",
    ))?;
    let is_meant = |layer: &&Value| {
        let kind = layer.get("mediaType").and_then(Value::as_str);
        wanted.is_none() || wanted.as_deref() == kind
    };
    let digest = layers
        .iter()
        .find(is_meant)
        .and_then(|layer| layer.get("digest")?.as_str());
    digest
        .map(ToOwned::to_owned)
        .ok_or(FetchError::Artifact("has no such layer"))
}

fn write(layer: &Layer, content: &[u8], into: &Path) -> Result<(), FetchError> {
    let written = match layer {
        Layer::Itself(_) => fs::write(into.join(FILE), content),
        Layer::Files(_) => unpack(content, into),
    };
    written.map_err(FetchError::Unpack)
}

/// Unpacks an archive into a new folder: files and folders below it, without links and whatever else there may be.
pub fn unpack(content: &[u8], into: &Path) -> io::Result<()> {
    let plain = GzDecoder::new(content).take(MOST_BYTES);
    let mut archive = tar::Archive::new(plain);
    for (place, entry) in archive.entries()?.enumerate() {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        let path = entry.path()?.into_owned();
        if place >= MOST_ENTRIES {
            return Err(io::Error::other("it has too many files"));
        }
        let is_below =
            |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if !path.components().all(is_below) {
            return Err(io::Error::other("it has a file outside of its folder"));
        }
        let place = into.join(&path);
        if kind.is_dir() {
            fs::create_dir_all(&place)?;
        } else if kind.is_file() {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            io::copy(&mut entry, &mut fs::File::create(&place)?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tempfile::TempDir;

    use super::*;

    fn archive(path: &str, link: Option<&str>) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = tar::Header::new_gnu();
        // The checked ways refuse such names.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_mode(0o644);
        let content: &[u8] = if let Some(target) = link {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_link_name(target).unwrap();
            b""
        } else {
            b"a\n"
        };
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content).unwrap();
        builder.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn nothing_is_unpacked_outside_of_the_folder() {
        let folder = TempDir::new().unwrap();
        let into = folder.path().join("tree");
        fs::create_dir(&into).unwrap();
        unpack(&archive("a/b.yaml", None), &into).unwrap();
        assert_eq!(fs::read_to_string(into.join("a/b.yaml")).unwrap(), "a\n");
        for path in ["../out.yaml", "/tmp/gitops-out.yaml", "a/../../out.yaml"] {
            assert!(unpack(&archive(path, None), &into).is_err(), "{path}");
        }
        unpack(&archive("link", Some("/etc/passwd")), &into).unwrap();
        assert!(!into.join("link").exists());
        assert!(!folder.path().join("out.yaml").exists());
        assert!(unpack(b"nothing packed", &into).is_err());
    }
}
