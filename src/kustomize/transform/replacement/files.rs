//! Replacements from their entries: written there, or in files that the entries name.

use std::sync::Arc;

use crate::error::Explain;
use crate::kustomize::file::{
    DecodeError, Replacement, ReplacementField, Rules, Scalars, Unknown, decode,
};
use crate::kustomize::load::LoadError;
use crate::manifest::{Content, Dialect, Node, YamlError};

/// An entry of `replacements` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReplacementFileError {
    /// It names a file and says something itself.
    #[error("cannot specify both path and inline replacement")]
    Both,
    /// Its file cannot be read.
    #[error("cannot read the replacements in `{path}`")]
    Read {
        /// Path of the file.
        path: String,
        /// Why not.
        source: Box<LoadError>,
    },
    /// Its file is no YAML.
    #[error("cannot read the replacements in `{path}`")]
    Yaml {
        /// Path of the file.
        path: String,
        /// What is wrong with it.
        source: YamlError,
    },
    /// Its file holds something else.
    #[error("cannot read the replacements in `{path}`")]
    Decode {
        /// Path of the file.
        path: String,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// Its file holds neither a replacement nor a list of them.
    #[error(
        "unsupported replacement type encountered within replacement path: {found} in `{path}`"
    )]
    Sort {
        /// Path of the file.
        path: String,
        /// What it holds.
        found: &'static str,
    },
}

impl Explain for ReplacementFileError {}

/// How the files are read: by YAML 1.1, and kindly.
const RULES: Rules = Rules {
    dialect: Dialect::Loose,
    scalars: Scalars::AsText,
    unknown: Unknown::Ignored,
};

/// Collects the replacements of all entries, reading the files that they name.
///
/// # Errors
///
/// Fails where a file cannot be read, or holds something else.
pub fn collect_replacements(
    entries: &[ReplacementField],
    read: impl Fn(&str) -> Result<Arc<[u8]>, LoadError>,
) -> Result<Vec<Replacement>, ReplacementFileError> {
    let mut replacements = Vec::new();
    for entry in entries {
        if entry.path.is_empty() {
            replacements.push(Replacement {
                source: entry.source.clone(),
                source_value: entry.source_value.clone(),
                targets: entry.targets.clone(),
            });
            continue;
        }
        if entry.source.is_some() || entry.targets.iter().flatten().next().is_some() {
            return Err(ReplacementFileError::Both);
        }
        let path = entry.path.clone();
        let content = read(&path).map_err(|source| ReplacementFileError::Read {
            path: path.clone(),
            source: Box::new(source),
        })?;
        replacements.extend(in_file(&String::from_utf8_lossy(&content), path)?);
    }
    Ok(replacements)
}

fn in_file(content: &str, path: String) -> Result<Vec<Replacement>, ReplacementFileError> {
    let documents = match Node::documents(content) {
        Ok(documents) => documents,
        Err(source) => return Err(ReplacementFileError::Yaml { path, source }),
    };
    let node = documents.into_iter().next();
    let node = node.unwrap_or_else(|| Node::plain("null"));
    let decoded = match &node.content {
        Content::Sequence(_) => decode(&node, RULES),
        Content::Mapping(_) => decode(&node, RULES).map(|replacement| vec![replacement]),
        Content::Scalar(_) => {
            let found = if node.is_null() { "nothing" } else { "a text" };
            return Err(ReplacementFileError::Sort { path, found });
        }
    };
    decoded.map_err(|source| ReplacementFileError::Decode { path, source })
}
