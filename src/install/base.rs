//! What a release publishes of itself: the objects that an installation's options are put into.

use std::collections::BTreeMap;

use serde_json::Value;

use super::component::Component;
use super::components::Components;
use super::controller;
use super::document::{self, DocumentError};
use super::shared;
use crate::api;
use crate::error::Explain;

/// The published objects of one release, for the selected components.
#[derive(Clone, Debug)]
pub struct Base {
    pub(super) policies: Vec<Value>,
    pub(super) rights: Vec<Value>,
    pub(super) components: Vec<(&'static Component, Vec<Value>)>,
}

/// Why the files of a release are no base.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// The release has no such file.
    #[error("the release has no file {0}")]
    Missing(String),
    /// A file is not text.
    #[error("the file {0} of the release is not UTF-8")]
    Encoding(String),
    /// A file is no stream of Kubernetes objects.
    #[error("cannot read the file {file} of the release")]
    Document {
        /// The name of the file.
        file: String,
        /// What is wrong with it.
        source: DocumentError,
    },
}

impl Explain for BaseError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(_) => Some(
                "the release may lack this component: leave it out, or choose another release"
                    .into(),
            ),
            Self::Encoding(_) | Self::Document { .. } => None,
        }
    }
}

impl Base {
    /// Makes the base of the release that this program describes, from its tables and types.
    pub fn own(components: &Components) -> Self {
        let of = |component: &'static Component| {
            (
                component,
                controller::objects(component, api::crds_of(component.name)),
            )
        };
        Self {
            policies: shared::policies(),
            rights: shared::rights(),
            components: components.iter().map(of).collect(),
        }
    }

    /// Reads the base of another release from its files.
    ///
    /// # Errors
    ///
    /// Fails where a file that the components need is missing or is no stream of objects.
    pub fn from_files(
        files: &BTreeMap<String, Vec<u8>>,
        components: &Components,
    ) -> Result<Self, BaseError> {
        let read = |component: &'static Component| {
            Ok((
                component,
                objects(files, &format!("{}.yaml", component.name))?,
            ))
        };
        Ok(Self {
            policies: objects(files, "policies.yaml")?,
            rights: objects(files, "rbac.yaml")?,
            components: components
                .iter()
                .map(read)
                .collect::<Result<_, BaseError>>()?,
        })
    }
}

fn objects(files: &BTreeMap<String, Vec<u8>>, file: &str) -> Result<Vec<Value>, BaseError> {
    let bytes = files
        .get(file)
        .ok_or_else(|| BaseError::Missing(file.into()))?;
    let text = std::str::from_utf8(bytes).map_err(|_| BaseError::Encoding(file.into()))?;
    document::values(text).map_err(|source| BaseError::Document {
        file: file.into(),
        source,
    })
}
