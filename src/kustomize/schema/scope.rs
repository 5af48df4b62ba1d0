//! Which built-in kinds live in a namespace, frozen at Kubernetes 1.21.2 as the reference has it.

use super::super::resource::Scope::{self, Cluster, Namespaced};

/// Says where a built-in kind lives; `None` for all other kinds.
pub fn of(api_version: &str, kind: &str) -> Option<Scope> {
    let row = SCOPES
        .binary_search_by(|(own, version, _)| (*own, *version).cmp(&(kind, api_version)))
        .ok()?;
    Some(SCOPES[row].2)
}

/// The kinds that the paths of its API name, by kind and `apiVersion`, sorted.
///
/// A kind is namespaced if one of the paths that read it has a namespace in it.
static SCOPES: &[(&str, &str, Scope)] = &[
    ("APIService", "apiregistration.k8s.io/v1", Cluster),
    ("APIService", "apiregistration.k8s.io/v1beta1", Cluster),
    ("CSIDriver", "storage.k8s.io/v1", Cluster),
    ("CSIDriver", "storage.k8s.io/v1beta1", Cluster),
    ("CSINode", "storage.k8s.io/v1", Cluster),
    ("CSINode", "storage.k8s.io/v1beta1", Cluster),
    ("CSIStorageCapacity", "storage.k8s.io/v1beta1", Namespaced),
    (
        "CertificateSigningRequest",
        "certificates.k8s.io/v1",
        Cluster,
    ),
    (
        "CertificateSigningRequest",
        "certificates.k8s.io/v1beta1",
        Cluster,
    ),
    ("ClusterRole", "rbac.authorization.k8s.io/v1", Cluster),
    ("ClusterRole", "rbac.authorization.k8s.io/v1beta1", Cluster),
    (
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1",
        Cluster,
    ),
    (
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1beta1",
        Cluster,
    ),
    ("ComponentStatus", "v1", Cluster),
    ("ConfigMap", "v1", Namespaced),
    ("ControllerRevision", "apps/v1", Namespaced),
    ("CronJob", "batch/v1", Namespaced),
    ("CronJob", "batch/v1beta1", Namespaced),
    (
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        Cluster,
    ),
    (
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1beta1",
        Cluster,
    ),
    ("DaemonSet", "apps/v1", Namespaced),
    ("Deployment", "apps/v1", Namespaced),
    ("EndpointSlice", "discovery.k8s.io/v1", Namespaced),
    ("EndpointSlice", "discovery.k8s.io/v1beta1", Namespaced),
    ("Endpoints", "v1", Namespaced),
    ("Event", "events.k8s.io/v1", Namespaced),
    ("Event", "events.k8s.io/v1beta1", Namespaced),
    ("Event", "v1", Namespaced),
    (
        "FlowSchema",
        "flowcontrol.apiserver.k8s.io/v1beta1",
        Cluster,
    ),
    ("HorizontalPodAutoscaler", "autoscaling/v1", Namespaced),
    ("HorizontalPodAutoscaler", "autoscaling/v2beta1", Namespaced),
    ("HorizontalPodAutoscaler", "autoscaling/v2beta2", Namespaced),
    ("Ingress", "extensions/v1beta1", Namespaced),
    ("Ingress", "networking.k8s.io/v1", Namespaced),
    ("Ingress", "networking.k8s.io/v1beta1", Namespaced),
    ("IngressClass", "networking.k8s.io/v1", Cluster),
    ("IngressClass", "networking.k8s.io/v1beta1", Cluster),
    ("Job", "batch/v1", Namespaced),
    ("Lease", "coordination.k8s.io/v1", Namespaced),
    ("Lease", "coordination.k8s.io/v1beta1", Namespaced),
    ("LimitRange", "v1", Namespaced),
    (
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        Cluster,
    ),
    (
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1",
        Cluster,
    ),
    ("Namespace", "v1", Cluster),
    ("NetworkPolicy", "networking.k8s.io/v1", Namespaced),
    ("Node", "v1", Cluster),
    ("NodeProxyOptions", "v1", Cluster),
    ("PersistentVolume", "v1", Cluster),
    ("PersistentVolumeClaim", "v1", Namespaced),
    ("Pod", "v1", Namespaced),
    ("PodAttachOptions", "v1", Namespaced),
    ("PodDisruptionBudget", "policy/v1", Namespaced),
    ("PodDisruptionBudget", "policy/v1beta1", Namespaced),
    ("PodExecOptions", "v1", Namespaced),
    ("PodPortForwardOptions", "v1", Namespaced),
    ("PodProxyOptions", "v1", Namespaced),
    ("PodSecurityPolicy", "policy/v1beta1", Cluster),
    ("PodTemplate", "v1", Namespaced),
    ("PriorityClass", "scheduling.k8s.io/v1", Cluster),
    ("PriorityClass", "scheduling.k8s.io/v1beta1", Cluster),
    (
        "PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io/v1beta1",
        Cluster,
    ),
    ("ReplicaSet", "apps/v1", Namespaced),
    ("ReplicationController", "v1", Namespaced),
    ("ResourceQuota", "v1", Namespaced),
    ("Role", "rbac.authorization.k8s.io/v1", Namespaced),
    ("Role", "rbac.authorization.k8s.io/v1beta1", Namespaced),
    ("RoleBinding", "rbac.authorization.k8s.io/v1", Namespaced),
    (
        "RoleBinding",
        "rbac.authorization.k8s.io/v1beta1",
        Namespaced,
    ),
    ("RuntimeClass", "node.k8s.io/v1", Cluster),
    ("RuntimeClass", "node.k8s.io/v1beta1", Cluster),
    ("Scale", "autoscaling/v1", Namespaced),
    ("Secret", "v1", Namespaced),
    ("Service", "v1", Namespaced),
    ("ServiceAccount", "v1", Namespaced),
    ("ServiceProxyOptions", "v1", Namespaced),
    ("StatefulSet", "apps/v1", Namespaced),
    ("StorageClass", "storage.k8s.io/v1", Cluster),
    ("StorageClass", "storage.k8s.io/v1beta1", Cluster),
    (
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        Cluster,
    ),
    (
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1",
        Cluster,
    ),
    ("VolumeAttachment", "storage.k8s.io/v1", Cluster),
    ("VolumeAttachment", "storage.k8s.io/v1beta1", Cluster),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sorted_and_whole() {
        assert!(SCOPES.is_sorted_by_key(|row| (row.0, row.1)));
        let cluster = SCOPES.iter().filter(|row| row.2 == Cluster).count();
        assert_eq!((SCOPES.len(), cluster), (82, 36));
    }

    #[test]
    fn knows_where_kinds_live() {
        assert_eq!(of("v1", "Namespace"), Some(Cluster));
        assert_eq!(of("apps/v1", "Deployment"), Some(Namespaced));
        assert_eq!(of("gateway.networking.k8s.io/v1", "GatewayClass"), None);
        assert_eq!(of("v2", "Namespace"), None);
    }
}
