//! The files of `configurations` and `crds`, which say where transformers write.

use super::super::file::{self, Rules, TransformerConfiguration};
use super::super::load::Loader;
use super::super::schema;
use super::directory::Directory;
use super::problem::{BuildError, StepError};
use crate::manifest::{Dialect, Node};

/// Reads and merges the files of `configurations`.
///
/// # Errors
///
/// Fails where one cannot be read, has unknown fields, or disagrees with another.
pub fn read(loader: &Loader<'_>, paths: &[String]) -> Result<TransformerConfiguration, BuildError> {
    let mut merged = TransformerConfiguration::default();
    for path in paths {
        let content = loader.read(path)?;
        let text = String::from_utf8_lossy(&content);
        let failed =
            |source: StepError| BuildError::step(format!("reading configuration '{path}'"), source);
        let documents = Node::documents(&text).map_err(|error| failed(error.into()))?;
        if let Some(document) = documents.first() {
            // The reference reads these files strictly: no key twice.
            let strict = document.clone().into_value(Dialect::Configuration, 1);
            strict.map_err(|error| failed(error.into()))?;
            let own = file::decode(document, Rules::CONFIGURATION)
                .map_err(|error| failed(error.into()))?;
            merged.merge(own)?;
        }
    }
    Ok(merged)
}

/// Reads the files of `crds`.
///
/// # Errors
///
/// Fails where one cannot be read.
pub fn of_definitions(
    directory: &Directory<'_>,
) -> Result<Option<TransformerConfiguration>, BuildError> {
    let paths = directory.kustomization.crds.as_deref().unwrap_or_default();
    if paths.is_empty() {
        return Ok(None);
    }
    let mut merged = TransformerConfiguration::default();
    for path in paths {
        let content = directory.loader.read(path)?;
        let own =
            schema::places_of_definitions(&String::from_utf8_lossy(&content)).map_err(|error| {
                BuildError::step(
                    format!("unable to parse open API definition from '{path}'"),
                    error,
                )
            })?;
        merged.merge(own)?;
    }
    Ok(Some(merged))
}
