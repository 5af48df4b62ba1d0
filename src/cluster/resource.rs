//! What the API server serves, and where: kinds, objects, and their paths.

use std::borrow::Cow;
use std::fmt;

use crate::api::Kind;
use crate::manifest::ObjectId;

/// One kind of object as the API server serves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// API version without its group.
    pub version: Cow<'static, str>,
    /// Kind, such as `Deployment`.
    pub kind: Cow<'static, str>,
    /// The word in paths, such as `deployments`.
    pub plural: Cow<'static, str>,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
}

impl Resource {
    /// Custom resource definitions.
    pub const CUSTOM_RESOURCE_DEFINITION: Self = Self::of_cluster(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
    );
    /// Namespaces.
    pub const NAMESPACE: Self = Self::of_cluster("", "v1", "Namespace", "namespaces");
    /// Cluster roles.
    pub const CLUSTER_ROLE: Self = Self::of_cluster(
        "rbac.authorization.k8s.io",
        "v1",
        "ClusterRole",
        "clusterroles",
    );
    /// Cluster role bindings.
    pub const CLUSTER_ROLE_BINDING: Self = Self::of_cluster(
        "rbac.authorization.k8s.io",
        "v1",
        "ClusterRoleBinding",
        "clusterrolebindings",
    );
    /// Config maps.
    pub const CONFIG_MAP: Self = Self::in_namespace("", "v1", "ConfigMap", "configmaps");
    /// Deployments.
    pub const DEPLOYMENT: Self = Self::in_namespace("apps", "v1", "Deployment", "deployments");
    /// Events of the core group.
    pub const EVENT: Self = Self::in_namespace("", "v1", "Event", "events");
    /// Network policies.
    pub const NETWORK_POLICY: Self = Self::in_namespace(
        "networking.k8s.io",
        "v1",
        "NetworkPolicy",
        "networkpolicies",
    );
    /// Pods.
    pub const POD: Self = Self::in_namespace("", "v1", "Pod", "pods");
    /// Secrets.
    pub const SECRET: Self = Self::in_namespace("", "v1", "Secret", "secrets");
    /// Services.
    pub const SERVICE: Self = Self::in_namespace("", "v1", "Service", "services");
    /// Service accounts.
    pub const SERVICE_ACCOUNT: Self =
        Self::in_namespace("", "v1", "ServiceAccount", "serviceaccounts");

    /// Makes a kind whose objects live in a namespace.
    pub const fn in_namespace(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
            plural: Cow::Borrowed(plural),
            namespaced: true,
        }
    }

    /// Makes a kind whose objects belong to the cluster as a whole.
    pub const fn of_cluster(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
    ) -> Self {
        let mut resource = Self::in_namespace(group, version, kind, plural);
        resource.namespaced = false;
        resource
    }

    /// Returns `apiVersion`, such as `apps/v1`.
    pub fn api_version(&self) -> String {
        match self.group.as_ref() {
            "" => self.version.to_string(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Returns one of its objects; the namespace of what lives in none is dropped.
    pub fn at(&self, namespace: &str, name: &str) -> Address {
        let namespace = if self.namespaced { namespace } else { "" };
        Address {
            resource: self.clone(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// Returns the path of all its objects, or of those of one namespace.
    pub(super) fn path(&self, namespace: &str) -> String {
        let mut path = group_version_path(&self.api_version());
        if self.namespaced && !namespace.is_empty() {
            path.push_str("/namespaces/");
            push_segment(&mut path, namespace);
        }
        path.push('/');
        push_segment(&mut path, &self.plural);
        path
    }
}

impl From<&'static Kind> for Resource {
    fn from(kind: &'static Kind) -> Self {
        Self::in_namespace(kind.group, kind.version, kind.name, kind.resource)
    }
}

/// Shown as `deployments.apps`, the way access rules name it.
impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_ref() {
            "" => formatter.write_str(&self.plural),
            group => write!(formatter, "{}.{group}", self.plural),
        }
    }
}

/// Where one object is.
///
/// Shown as `Kind/namespace/name`, or `Kind/name` for what lives in no namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Its kind.
    pub resource: Resource,
    /// Its namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Address {
    /// Returns its identity, whatever the version.
    pub fn id(&self) -> ObjectId {
        ObjectId {
            group: self.resource.group.to_string(),
            kind: self.resource.kind.to_string(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    /// Returns the path of the object.
    /// Says whether an object can be there at all: without a name the path is that of all objects, and with dots for
    /// a name it leads elsewhere.
    pub(super) fn is_possible(&self) -> bool {
        !matches!(self.name.as_str(), "" | "." | "..")
    }

    pub(super) fn path(&self) -> String {
        let mut path = self.resource.path(&self.namespace);
        path.push('/');
        push_segment(&mut path, &self.name);
        path
    }

    /// Returns the path of a part of the object, such as `status`.
    pub(super) fn part(&self, part: &str) -> String {
        format!("{}/{part}", self.path())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(formatter, "{}/{}", self.resource.kind, self.name),
            namespace => write!(
                formatter,
                "{}/{namespace}/{}",
                self.resource.kind, self.name
            ),
        }
    }
}

/// Returns the path under which a group version is served.
pub(super) fn group_version_path(api_version: &str) -> String {
    let mut path = String::from(if api_version.contains('/') {
        "/apis"
    } else {
        "/api"
    });
    for segment in api_version.split('/') {
        path.push('/');
        push_segment(&mut path, segment);
    }
    path
}

/// Adds one segment to a path, so that no name can leave it: `/`, `?`, `%`, `..` lose their meaning.
fn push_segment(path: &mut String, segment: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let only_dots = !segment.is_empty() && segment.bytes().all(|byte| byte == b'.');
    for byte in segment.bytes() {
        let plain =
            byte.is_ascii_alphanumeric() || b"-_~:".contains(&byte) || (byte == b'.' && !only_dots);
        if plain {
            path.push(char::from(byte));
        } else {
            path.push('%');
            path.push(char::from(DIGITS[usize::from(byte >> 4)]));
            path.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_api() {
        assert_eq!(
            Resource::DEPLOYMENT.path("apps"),
            "/apis/apps/v1/namespaces/apps/deployments"
        );
        assert_eq!(Resource::POD.path(""), "/api/v1/pods");
        let role = Resource::CLUSTER_ROLE.at("ignored", "system:admin");
        assert_eq!(
            role.path(),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:admin"
        );
        assert_eq!(role.to_string(), "ClusterRole/system:admin");
        assert_eq!(group_version_path("apps/v1"), "/apis/apps/v1");
    }

    #[test]
    fn a_name_cannot_leave_its_segment() {
        let address = Resource::SECRET.at("a/../b", "..");
        assert_eq!(
            address.path(),
            "/api/v1/namespaces/a%2F..%2Fb/secrets/%2E%2E"
        );
        assert_eq!(
            Resource::SECRET.at("a", "x?y=%41").path(),
            "/api/v1/namespaces/a/secrets/x%3Fy%3D%2541"
        );
    }
}
