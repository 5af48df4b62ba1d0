//! Which resources a patch or a replacement is for.

use serde::Deserialize;

/// Parts of an identity, and selectors of labels and annotations; what is empty takes everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Selector {
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Annotations, in the syntax of Kubernetes.
    pub annotation_selector: String,
    /// Labels, in the syntax of Kubernetes.
    pub label_selector: String,
}

impl Selector {
    /// Says whether no part of an identity is given.
    pub const fn has_no_id(&self) -> bool {
        self.group.is_empty()
            && self.version.is_empty()
            && self.kind.is_empty()
            && self.name.is_empty()
            && self.namespace.is_empty()
    }
}
