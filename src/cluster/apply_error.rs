//! Why objects can't be applied, and what may be tried.

use super::error::ClusterError;
use super::settle::SettleError;
use crate::error::{Blame, Explain};
use crate::manifest::ObjectId;

/// Why objects are not, or not all, applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// An object says nothing about its namespace.
    #[error("{id} must name its namespace")]
    NoNamespace {
        /// The object.
        id: ObjectId,
    },
    /// A value of a Secret is not encoded.
    #[error("the value of `{key}` in {id} is not base64")]
    Value {
        /// The Secret.
        id: ObjectId,
        /// The key of the value.
        key: String,
    },
    /// The server refuses an object, or can't be asked; nothing of its stage is written.
    #[error("{id} would not be accepted")]
    Preview {
        /// The object.
        id: ObjectId,
        /// Why.
        #[source]
        source: ClusterError,
    },
    /// An object can't be written, though its rehearsal went well.
    #[error("cannot apply {id}")]
    Apply {
        /// The object.
        id: ObjectId,
        /// Why.
        #[source]
        source: ClusterError,
    },
    /// Definitions or namespaces do not get ready.
    #[error(transparent)]
    Settle(#[from] SettleError),
}

impl Explain for ApplyError {
    fn blame(&self) -> Blame {
        match self {
            Self::NoNamespace { .. } | Self::Value { .. } => Blame::User,
            Self::Preview { source, .. } | Self::Apply { source, .. } => source.blame(),
            Self::Settle(error) => error.blame(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoNamespace { .. } => Some("set `metadata.namespace`".into()),
            Self::Value { .. } => Some("plain text belongs under `stringData`".into()),
            Self::Preview { id, source } | Self::Apply { id, source } => {
                if source.is_immutable() {
                    return Some(format!(
                        "a field of it can't be changed any more: delete {id}, then apply again"
                    ));
                }
                source.hint()
            }
            Self::Settle(error) => error.hint(),
        }
    }
}
