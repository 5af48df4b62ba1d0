//! Why a JSON patch cannot be read or applied, in the words of the reference where scripts may look for them.

use crate::error::Explain;
use crate::manifest::YamlError;

/// A text that is no JSON patch.
#[derive(Debug, thiserror::Error)]
pub enum JsonPatchError {
    /// It is no JSON, though it begins as such.
    #[error("cannot read the patch as JSON")]
    Json(#[from] serde_json::Error),
    /// It is no YAML.
    #[error("cannot read the patch as YAML")]
    Yaml(#[from] YamlError),
    /// It is no list.
    #[error(
        "cannot unmarshal {found} into Go value of type jsonpatch.Patch: a JSON patch is a list of operations"
    )]
    NoList {
        /// What it is instead.
        found: &'static str,
    },
    /// An operation is no mapping.
    #[error("operation {number} of a JSON patch is {found} instead of a mapping")]
    NoOperation {
        /// Its place, from one.
        number: usize,
        /// What stands there.
        found: &'static str,
    },
}

impl Explain for JsonPatchError {}

/// Why an operation cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The operation is none that is known.
    #[error("Unexpected kind: {op}")]
    Unknown {
        /// What it says.
        op: String,
    },
    /// A path is not given, or is no text.
    #[error("{op} operation failed to decode {field}: missing value")]
    NoPath {
        /// The operation.
        op: &'static str,
        /// `path` or `from`.
        field: &'static str,
    },
    /// The way to a path leads nowhere.
    #[error("{op} operation does not apply: doc is missing path: {path:?}: missing value")]
    Missing {
        /// The operation.
        op: &'static str,
        /// The path.
        path: String,
    },
    /// The end of a path cannot be reached.
    #[error("error in {op} for path: '{path}': {problem}")]
    Target {
        /// The operation.
        op: &'static str,
        /// The path.
        path: String,
        /// What is wrong there.
        problem: TargetProblem,
    },
    /// A test found something else.
    #[error("testing value {path} failed: test failed")]
    Test {
        /// The path.
        path: String,
    },
    /// The document is to be replaced by something that is no mapping.
    #[error("replace operation value must be object or array")]
    Root,
    /// The document cannot be written as JSON.
    #[error(transparent)]
    Document(#[from] YamlError),
    /// The patch leaves something else than a mapping.
    #[error("the patch leaves {found} instead of a mapping")]
    NoMapping {
        /// What it leaves.
        found: &'static str,
    },
}

impl Explain for ApplyError {}

/// What is wrong at the end of a path.
#[derive(Debug, thiserror::Error)]
pub enum TargetProblem {
    /// A list has no such place.
    #[error("Unable to access invalid index: {index}: invalid index referenced")]
    Index {
        /// The index.
        index: i64,
    },
    /// A list takes numbers only.
    #[error("value was not a proper array index: '{key}'")]
    NoIndex {
        /// What stands there.
        key: String,
    },
    /// A mapping has no such field.
    #[error("Unable to remove nonexistent key: {key}: missing value")]
    NoKey {
        /// The field.
        key: String,
    },
}
