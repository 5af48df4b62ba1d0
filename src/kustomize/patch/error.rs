//! Why a patch cannot be read, finds no target, or cannot be applied.

use std::fmt;

use super::super::load::{LoadError, ReadError};
use super::super::resource::{Id, ListError};
use super::super::resource_selector::SelectorError;
use super::json_error::{ApplyError, JsonPatchError};
use super::merge_error::MergeError;
use crate::error::Explain;

/// Where a patch stands: in a file, or where it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatchSource {
    /// In a file, by its path.
    Path(String),
    /// Inline, by its text.
    Text(String),
}

impl fmt::Display for PatchSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "[path: {path:?}]"),
            Self::Text(text) => write!(formatter, "[patch: {text:?}]"),
        }
    }
}

/// What is wrong with a patch.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// There is neither a path nor a patch.
    #[error("must specify one of patch and path in this entry")]
    Neither,
    /// There are both.
    #[error("patch and path can't be set at the same time")]
    Both,
    /// The file cannot be read.
    #[error("failed to get the patch file from path({path})")]
    Load {
        /// The path.
        path: String,
        /// Why.
        source: Box<LoadError>,
    },
    /// The text is no patch of either sort.
    #[error("unable to parse SM or JSON patch from {patch}: {strategic}; {json}")]
    Unreadable {
        /// Where it stands.
        patch: PatchSource,
        /// Why it is no strategic merge patch.
        strategic: Box<ReadError>,
        /// Why it is no JSON patch.
        json: Box<JsonPatchError>,
    },
    /// The text is no strategic merge patch.
    #[error(transparent)]
    Strategic(Box<ReadError>),
    /// The text is no JSON patch.
    #[error("decoding {patch}")]
    Json {
        /// Where it stands.
        patch: PatchSource,
        /// Why.
        source: Box<JsonPatchError>,
    },
    /// An older JSON patch has both.
    #[error("must specify a file path or jsonOp, not both")]
    BothOfJson,
    /// A transformer has nothing to do.
    #[error("empty file path and empty patch content")]
    NoContent,
    /// The patch holds nothing.
    #[error("patch appears to be empty; {patch}")]
    Empty {
        /// Where it stands.
        patch: PatchSource,
    },
    /// A JSON patch in `patchesJson6902` has no name to look for.
    #[error("must specify the target name")]
    NoTargetName,
    /// A JSON patch has no target.
    #[error("must specify a target for JSON patch {patch}")]
    NoTarget {
        /// Where it stands.
        patch: PatchSource,
    },
    /// Several patches are for one target.
    #[error(
        "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: {patch}"
    )]
    ManyForTarget {
        /// Where they stand.
        patch: PatchSource,
    },
    /// The target cannot be selected.
    #[error("unable to find patch target in `resources`")]
    Target(#[source] Box<SelectorError>),
    /// No resource is, or ever was, the one that a patch is for.
    #[error("no resource matches strategic merge patch \"{id}\"")]
    NoMatch {
        /// The identity in the patch.
        id: Box<Id>,
        /// Why.
        source: Box<ListError>,
    },
    /// A resource becomes the same as another one.
    #[error(transparent)]
    Clash(Box<ListError>),
    /// The patch does not fit the resource.
    #[error("cannot merge the patch into {id}")]
    Merge {
        /// The resource.
        id: Box<Id>,
        /// Why.
        source: Box<MergeError>,
    },
    /// An operation does not fit the resource.
    #[error("cannot apply the JSON patch to {id}")]
    Apply {
        /// The resource.
        id: Box<Id>,
        /// Why.
        source: Box<ApplyError>,
    },
}

impl From<ReadError> for PatchError {
    fn from(error: ReadError) -> Self {
        Self::Strategic(Box::new(error))
    }
}

impl From<ListError> for PatchError {
    fn from(error: ListError) -> Self {
        Self::Clash(Box::new(error))
    }
}

impl From<SelectorError> for PatchError {
    fn from(error: SelectorError) -> Self {
        Self::Target(Box::new(error))
    }
}

impl Explain for PatchError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoMatch { id, .. } => Some(format!(
                "a patch without `target` is for the resource with its own kind, name and namespace: add a {} \
                 named `{}`, or give the patch a `target`",
                id.gvk.kind, id.name
            )),
            Self::NoTarget { .. } => {
                Some("say which resources it is for, such as `target: {kind: Deployment}`".into())
            }
            Self::ManyForTarget { .. } => Some("put each patch in an entry of its own".into()),
            _ => None,
        }
    }
}
