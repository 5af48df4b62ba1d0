//! The kinds whose objects a replay creates and compares, and where the server keeps them.

/// One kind, by its API version, its own name and the word in paths.
#[derive(Clone, Copy, Debug)]
pub struct Followed {
    /// `v1` or `group/version`.
    pub api_version: &'static str,
    /// The kind, as in manifests.
    pub kind: &'static str,
    plural: &'static str,
    namespaced: bool,
}

/// Custom resource definitions, which are followed only where a case may change them.
pub const DEFINITION: &str = "CustomResourceDefinition";

/// The API version of a kind that only one world defines.
pub const OF_A_WORLD: &str = "example.com/v1";

const fn inside(api_version: &'static str, kind: &'static str, plural: &'static str) -> Followed {
    Followed {
        api_version,
        kind,
        plural,
        namespaced: true,
    }
}

const fn outside(api_version: &'static str, kind: &'static str, plural: &'static str) -> Followed {
    Followed {
        api_version,
        kind,
        plural,
        namespaced: false,
    }
}

/// All kinds, namespaces first: they are made before what they hold.
pub const FOLLOWED: &[Followed] = &[
    outside("v1", "Namespace", "namespaces"),
    outside(
        "apiextensions.k8s.io/v1",
        DEFINITION,
        "customresourcedefinitions",
    ),
    inside("v1", "Secret", "secrets"),
    inside("v1", "ConfigMap", "configmaps"),
    inside("v1", "ServiceAccount", "serviceaccounts"),
    inside("v1", "Service", "services"),
    inside("v1", "Pod", "pods"),
    inside("v1", "Event", "events"),
    outside("v1", "Node", "nodes"),
    inside("v1", "ResourceQuota", "resourcequotas"),
    inside("apps/v1", "Deployment", "deployments"),
    inside("apps/v1", "ReplicaSet", "replicasets"),
    inside("apps/v1", "StatefulSet", "statefulsets"),
    inside("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    inside("networking.k8s.io/v1", "Ingress", "ingresses"),
    inside(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
    ),
    inside("batch/v1", "CronJob", "cronjobs"),
    inside("batch/v1", "Job", "jobs"),
    inside(OF_A_WORLD, "Widget", "widgets"),
    inside("rbac.authorization.k8s.io/v1", "Role", "roles"),
    inside(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "rolebindings",
    ),
    outside(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "clusterroles",
    ),
    outside(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "clusterrolebindings",
    ),
    inside(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        "gitrepositories",
    ),
    inside(
        "source.toolkit.fluxcd.io/v1",
        "OCIRepository",
        "ocirepositories",
    ),
    inside("source.toolkit.fluxcd.io/v1", "Bucket", "buckets"),
    inside(
        "source.toolkit.fluxcd.io/v1",
        "HelmRepository",
        "helmrepositories",
    ),
    inside("source.toolkit.fluxcd.io/v1", "HelmChart", "helmcharts"),
    inside(
        "source.toolkit.fluxcd.io/v1",
        "ExternalArtifact",
        "externalartifacts",
    ),
    inside(
        "source.extensions.fluxcd.io/v1beta1",
        "ArtifactGenerator",
        "artifactgenerators",
    ),
    inside(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        "kustomizations",
    ),
    inside("helm.toolkit.fluxcd.io/v2", "HelmRelease", "helmreleases"),
    inside("notification.toolkit.fluxcd.io/v1", "Receiver", "receivers"),
    inside("notification.toolkit.fluxcd.io/v1beta3", "Alert", "alerts"),
    inside(
        "notification.toolkit.fluxcd.io/v1beta3",
        "Provider",
        "providers",
    ),
    inside(
        "image.toolkit.fluxcd.io/v1",
        "ImageRepository",
        "imagerepositories",
    ),
    inside("image.toolkit.fluxcd.io/v1", "ImagePolicy", "imagepolicies"),
    inside(
        "image.toolkit.fluxcd.io/v1",
        "ImageUpdateAutomation",
        "imageupdateautomations",
    ),
];

impl Followed {
    /// Finds a kind; the recordings name no other.
    pub fn find(api_version: &str, kind: &str) -> Self {
        let found = FOLLOWED
            .iter()
            .find(|followed| followed.api_version == api_version && followed.kind == kind);
        *found.unwrap_or_else(|| {
            panic!("{api_version} {kind} is not among the kinds that are followed")
        })
    }

    /// Returns the path of its objects, in a namespace or in all.
    pub fn collection(&self, namespace: &str) -> String {
        let root = if self.api_version.contains('/') {
            "apis"
        } else {
            "api"
        };
        if self.namespaced && !namespace.is_empty() {
            return format!(
                "/{root}/{}/namespaces/{namespace}/{}",
                self.api_version, self.plural
            );
        }
        format!("/{root}/{}/{}", self.api_version, self.plural)
    }

    /// Says whether a status may be written to it.
    pub fn has_status(&self) -> bool {
        !matches!(
            self.kind,
            "Alert" | "Provider" | "Secret" | "ConfigMap" | "ServiceAccount" | "Event"
        )
    }
}

/// Returns the path of the object that a recording calls `apiVersion Kind/namespace/name`.
pub fn path_of(key: &str) -> String {
    let (api_version, rest) = key.split_once(' ').expect("a key has two words");
    let parts: Vec<&str> = rest.split('/').collect();
    let (namespace, name) = match parts[1..] {
        [name] => ("", name),
        [namespace, name] => (namespace, name),
        _ => panic!("`{key}` names no object"),
    };
    format!(
        "{}/{name}",
        Followed::find(api_version, parts[0]).collection(namespace)
    )
}
