//! Who an object is: group, kind, namespace and name.

use std::fmt;

use crate::error::Explain;

/// A text that stands in an inventory and names no object.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` in the inventory names no object")]
pub struct InventoryError(String);

impl Explain for InventoryError {}

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

impl ObjectId {
    /// Reads an entry of an inventory: namespace, name, group and kind, joined by `_`.
    ///
    /// A colon in a name is written as `__`, since no name of another kind has underscores.
    ///
    /// # Errors
    ///
    /// Fails where the text has fewer than four parts.
    pub fn from_inventory(text: &str) -> Result<Self, InventoryError> {
        let parts = || {
            let (namespace, rest) = text.split_once('_')?;
            let (rest, kind) = rest.rsplit_once('_')?;
            let (name, group) = rest.rsplit_once('_')?;
            Some((namespace, name, group, kind))
        };
        let (namespace, name, group, kind) = parts().ok_or_else(|| InventoryError(text.into()))?;
        Ok(Self {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.replace("__", ":"),
        })
    }

    /// Writes an entry of an inventory, which [`Self::from_inventory`] reads.
    pub fn to_inventory(&self) -> String {
        let name = self.name.replace(':', "__");
        format!("{}_{name}_{}_{}", self.namespace, self.group, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_entries_of_inventories() {
        for (text, shown, group) in [
            ("apps_web_apps_Deployment", "Deployment/apps/web", "apps"),
            ("apps_settings__ConfigMap", "ConfigMap/apps/settings", ""),
            (
                "_system__node_rbac.authorization.k8s.io_ClusterRole",
                "ClusterRole/system:node",
                "rbac.authorization.k8s.io",
            ),
            ("apps_a_b_c_d", "d/apps/a_b", "c"),
        ] {
            let id = ObjectId::from_inventory(text).unwrap();
            assert_eq!((id.to_string().as_str(), id.group.as_str()), (shown, group));
            assert_eq!(id.to_inventory(), text);
        }
        for wrong in ["", "foo", "a_b", "a_b_c"] {
            assert!(ObjectId::from_inventory(wrong).is_err(), "{wrong}");
        }
    }
}
