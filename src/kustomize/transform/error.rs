//! Why a transformer gave up, and on which resource.

use super::lookup::LookupError;
use super::write::{Sort, WriteError};
use crate::error::Explain;
use crate::kustomize::file::FieldSpecConflict;
use crate::kustomize::pattern::PatternError;
use crate::kustomize::resource::Id;

/// A failure of a built-in transformer.
#[derive(Debug, thiserror::Error)]
pub enum TransformError {
    /// A field of a resource cannot be written.
    #[error("considering field '{path}' of object {id}")]
    Field {
        /// Path of the field.
        path: String,
        /// The resource.
        id: Box<Id>,
        /// What is in the way.
        source: WriteError,
    },
    /// A path cannot be followed in a resource.
    #[error("looking up '{path}' of object {id}")]
    Lookup {
        /// The path.
        path: String,
        /// The resource.
        id: Box<Id>,
        /// What is in the way.
        source: LookupError,
    },
    /// A field that names a namespace cannot be written.
    #[error("{problem}")]
    NamespaceField {
        /// What is wrong in general.
        problem: &'static str,
        /// The field.
        source: Box<Self>,
    },
    /// Another namespace makes two resources the same one.
    #[error("namespace transformation produces ID conflict: {id}")]
    NamespaceConflict {
        /// The identity that both have.
        id: Box<Id>,
    },
    /// No resource has the name of a `replicas` entry.
    #[error(
        "resource with name {name} does not match a config with the following GVK [{}]",
        kinds.join(" ")
    )]
    NoReplicas {
        /// The name that was looked for.
        name: String,
        /// The kinds that can have replicas.
        kinds: Vec<String>,
    },
    /// Two places of one path disagree.
    #[error("failed to merge {list}")]
    Conflict {
        /// What was merged.
        list: &'static str,
        /// The disagreement.
        source: FieldSpecConflict,
    },
    /// The name of an image cannot be looked for.
    #[error("cannot look for the image `{name}`")]
    Image {
        /// The name of the entry.
        name: String,
        /// What is wrong with it.
        source: PatternError,
    },
}

impl TransformError {
    /// Says that a field of the configuration cannot name a namespace.
    pub fn namespace_field(source: Self) -> Self {
        let is_scalar = match &source {
            Self::Field { source, .. } => {
                !matches!(source, WriteError::Kind { found, .. } if *found != Sort::Scalar)
            }
            _ => true,
        };
        Self::NamespaceField {
            problem: if is_scalar {
                "namespace transformation failed"
            } else {
                "namespace field specs must target scalar nodes"
            },
            source: Box::new(source),
        }
    }

    /// Says in which field of which resource a value cannot be written.
    pub fn field(path: &str, id: &Id, source: WriteError) -> Self {
        Self::Field {
            path: path.into(),
            id: Box::new(id.clone()),
            source,
        }
    }
}

impl Explain for TransformError {}
