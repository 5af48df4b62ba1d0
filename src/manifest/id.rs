//! Who an object is: group, kind, namespace and name.

use std::fmt;

/// The identity of an object, whatever its version.
///
/// Shown as `Kind/namespace/name`, or `Kind/name` for what lives in no namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind, such as `Deployment`.
    pub kind: String,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(formatter, "{}/{}", self.kind, self.name),
            namespace => write!(formatter, "{}/{namespace}/{}", self.kind, self.name),
        }
    }
}
