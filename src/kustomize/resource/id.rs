//! Who a resource is: group, version, kind, name and namespace, and when two of them are the same.

use std::fmt;
use std::hash::{Hash as _, Hasher as _};

/// What stands for the namespace of everything that lives in none.
pub const NO_NAMESPACE: &str = "_non_namespaceable_";

/// The namespace that an empty one means.
pub const DEFAULT_NAMESPACE: &str = "default";

/// Whether a kind lives in a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// In a namespace, or not known to live outside.
    #[default]
    Namespaced,
    /// Known to live outside all namespaces.
    Cluster,
}

/// A group, version and kind; empty parts are wildcards where it selects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gvk {
    /// API group; empty for the core group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
}

impl Gvk {
    /// Takes an `apiVersion` apart, at its first slash.
    pub fn of(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
        }
    }

    /// Returns `group/version`, or the version alone.
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Says whether each part that `selector` gives is the same here.
    pub fn is_selected_by(&self, selector: &Self) -> bool {
        selector.selects(&self.group, &self.version, &self.kind)
    }

    /// Says whether each part that is given here is the same there.
    pub fn selects(&self, group: &str, version: &str, kind: &str) -> bool {
        let agrees = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        agrees(&self.kind, kind) && agrees(&self.group, group) && agrees(&self.version, version)
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = or(&self.kind, "[noKind]");
        let version = or(&self.version, "[noVer]");
        write!(formatter, "{kind}.{version}.{}", or(&self.group, "[noGrp]"))
    }
}

/// The identity of a resource, as it is now or as it once was.
///
/// Shown as `Kind.version.group/name.namespace`, with `[noGrp]`, `[noNs]` and the like for empty parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Id {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// Name.
    pub name: String,
    /// Namespace as it is written; empty where none is.
    pub namespace: String,
    /// Whether its kind is known to live outside all namespaces.
    pub scope: Scope,
}

impl Id {
    /// Returns the namespace that counts: `default` for none, and one marker for what lives outside.
    pub fn effective_namespace(&self) -> &str {
        match (self.scope, self.namespace.as_str()) {
            (Scope::Cluster, _) => NO_NAMESPACE,
            (Scope::Namespaced, "") => DEFAULT_NAMESPACE,
            (Scope::Namespaced, namespace) => namespace,
        }
    }

    /// Says whether both name the same resource: effective namespaces are compared, not written ones.
    pub fn same_as(&self, other: &Self) -> bool {
        self.name == other.name && self.gvk == other.gvk && self.same_namespace_as(other)
    }

    /// Says whether both live in the same effective namespace.
    pub fn same_namespace_as(&self, other: &Self) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    /// Says whether each part that `selector` gives is the same here.
    pub fn is_selected_by(&self, selector: &Self) -> bool {
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || selector.same_namespace_as(self))
            && self.gvk.is_selected_by(&selector.gvk)
    }

    /// Returns a number that is equal for ids that are the same.
    pub(super) fn key(&self) -> u64 {
        let Gvk {
            group,
            version,
            kind,
        } = &self.gvk;
        key([group, version, kind, &self.name, self.effective_namespace()])
    }
}

/// Returns a number for the parts of an id: group, version, kind, name and effective namespace.
pub(super) fn key(parts: [&str; 5]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    for part in parts {
        part.hash(&mut hasher);
    }
    hasher.finish()
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = or(&self.name, "[noName]");
        let namespace = or(&self.namespace, "[noNs]");
        write!(formatter, "{}/{name}.{namespace}", self.gvk)
    }
}

/// Returns a text, or what stands for an empty one.
const fn or<'a>(text: &'a str, empty: &'a str) -> &'a str {
    if text.is_empty() { empty } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(api_version: &str, kind: &str, name: &str, namespace: &str) -> Id {
        Id {
            gvk: Gvk::of(api_version, kind),
            name: name.into(),
            namespace: namespace.into(),
            scope: Scope::Namespaced,
        }
    }

    #[test]
    fn shows_what_is_empty() {
        let shown = id("apps/v1", "Deployment", "web", "shop").to_string();
        assert_eq!(shown, "Deployment.v1.apps/web.shop");
        assert_eq!(
            Id::default().to_string(),
            "[noKind].[noVer].[noGrp]/[noName].[noNs]"
        );
    }

    #[test]
    fn takes_no_namespace_for_the_default_one() {
        let (none, default) = (id("v1", "Pod", "a", ""), id("v1", "Pod", "a", "default"));
        assert!(none.same_as(&default));
        assert_eq!(none.key(), default.key());
        let cluster = Id {
            scope: Scope::Cluster,
            ..none.clone()
        };
        assert!(!none.same_as(&cluster));
        assert!(cluster.same_as(&Id {
            scope: Scope::Cluster,
            ..default
        }));
    }

    #[test]
    fn selects_by_the_parts_that_are_given() {
        let pod = id("v1", "Pod", "a", "");
        assert!(pod.is_selected_by(&id("", "Pod", "", "default")));
        assert!(!pod.is_selected_by(&id("", "Pod", "b", "")));
        assert_eq!(Gvk::of("a/b/c", "K").api_version(), "a/b/c");
    }
}
