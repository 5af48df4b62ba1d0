//! Where the built-in kinds of Kubernetes 1.21.2 start, and how their parts are called in its schema.

use super::part::{self, Part};

/// Finds what a built-in kind is made of.
pub fn kind(api_version: &str, kind: &str) -> Option<&'static Part> {
    let row = KINDS
        .binary_search_by(|(own, version, _)| (*own, *version).cmp(&(kind, api_version)))
        .ok()?;
    Some(KINDS[row].2)
}

/// Finds a definition of the built-in schema by its name.
pub fn definition(name: &str) -> Option<&'static Part> {
    let row = DEFINITIONS
        .binary_search_by(|(own, _)| (*own).cmp(name))
        .ok()?;
    Some(DEFINITIONS[row].1)
}

/// Every kind with a list that merges, by kind and `apiVersion`, sorted.
static KINDS: &[(&str, &str, &Part)] = &[
    (
        "APIService",
        "apiregistration.k8s.io/v1",
        &part::OBJECT_WITH_STATUS,
    ),
    (
        "APIService",
        "apiregistration.k8s.io/v1beta1",
        &part::OBJECT_WITH_STATUS,
    ),
    ("Binding", "v1", &part::OBJECT),
    ("CSIDriver", "storage.k8s.io/v1", &part::OBJECT),
    ("CSIDriver", "storage.k8s.io/v1beta1", &part::OBJECT),
    ("CSINode", "storage.k8s.io/v1", &part::CSI_NODE),
    ("CSINode", "storage.k8s.io/v1beta1", &part::CSI_NODE),
    (
        "CSIStorageCapacity",
        "storage.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    (
        "CertificateSigningRequest",
        "certificates.k8s.io/v1",
        &part::OBJECT,
    ),
    (
        "CertificateSigningRequest",
        "certificates.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    ("ClusterRole", "rbac.authorization.k8s.io/v1", &part::OBJECT),
    (
        "ClusterRole",
        "rbac.authorization.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    (
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1",
        &part::OBJECT,
    ),
    (
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    ("ComponentStatus", "v1", &part::COMPONENT_STATUS),
    ("ConfigMap", "v1", &part::OBJECT),
    ("ControllerRevision", "apps/v1", &part::OBJECT),
    ("CronJob", "batch/v1", &part::CRON_JOB),
    ("CronJob", "batch/v1beta1", &part::CRON_JOB),
    (
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        &part::OBJECT,
    ),
    (
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    ("DaemonSet", "apps/v1", &part::WORKLOAD),
    ("Deployment", "apps/v1", &part::WORKLOAD),
    ("EndpointSlice", "discovery.k8s.io/v1", &part::OBJECT),
    ("EndpointSlice", "discovery.k8s.io/v1beta1", &part::OBJECT),
    ("Endpoints", "v1", &part::OBJECT),
    ("Event", "events.k8s.io/v1", &part::OBJECT),
    ("Event", "events.k8s.io/v1beta1", &part::OBJECT),
    ("Event", "v1", &part::OBJECT),
    ("Eviction", "policy/v1beta1", &part::OBJECT),
    (
        "FlowSchema",
        "flowcontrol.apiserver.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    ("HorizontalPodAutoscaler", "autoscaling/v1", &part::OBJECT),
    (
        "HorizontalPodAutoscaler",
        "autoscaling/v2beta1",
        &part::OBJECT,
    ),
    (
        "HorizontalPodAutoscaler",
        "autoscaling/v2beta2",
        &part::OBJECT,
    ),
    ("Ingress", "extensions/v1beta1", &part::OBJECT),
    ("Ingress", "networking.k8s.io/v1", &part::OBJECT),
    ("Ingress", "networking.k8s.io/v1beta1", &part::OBJECT),
    ("IngressClass", "networking.k8s.io/v1", &part::OBJECT),
    ("IngressClass", "networking.k8s.io/v1beta1", &part::OBJECT),
    ("Job", "batch/v1", &part::WORKLOAD),
    (
        "Kustomization",
        "kustomize.config.k8s.io/v1beta1",
        &part::KUSTOMIZATION,
    ),
    ("Lease", "coordination.k8s.io/v1", &part::OBJECT),
    ("Lease", "coordination.k8s.io/v1beta1", &part::OBJECT),
    ("LimitRange", "v1", &part::OBJECT),
    (
        "LocalSubjectAccessReview",
        "authorization.k8s.io/v1",
        &part::OBJECT,
    ),
    (
        "LocalSubjectAccessReview",
        "authorization.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    (
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        &part::WEBHOOKS,
    ),
    (
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1",
        &part::WEBHOOKS,
    ),
    ("Namespace", "v1", &part::OBJECT_WITH_STATUS),
    ("NetworkPolicy", "networking.k8s.io/v1", &part::OBJECT),
    ("Node", "v1", &part::NODE),
    ("PersistentVolume", "v1", &part::OBJECT),
    ("PersistentVolumeClaim", "v1", &part::OBJECT_WITH_STATUS),
    ("Pod", "v1", &part::POD),
    (
        "PodDisruptionBudget",
        "policy/v1",
        &part::OBJECT_WITH_STATUS,
    ),
    (
        "PodDisruptionBudget",
        "policy/v1beta1",
        &part::OBJECT_WITH_STATUS,
    ),
    ("PodSecurityPolicy", "policy/v1beta1", &part::OBJECT),
    ("PodTemplate", "v1", &part::POD_TEMPLATE),
    ("PriorityClass", "scheduling.k8s.io/v1", &part::OBJECT),
    ("PriorityClass", "scheduling.k8s.io/v1beta1", &part::OBJECT),
    (
        "PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    ("ReplicaSet", "apps/v1", &part::WORKLOAD),
    ("ReplicationController", "v1", &part::WORKLOAD),
    ("ResourceQuota", "v1", &part::OBJECT),
    ("Role", "rbac.authorization.k8s.io/v1", &part::OBJECT),
    ("Role", "rbac.authorization.k8s.io/v1beta1", &part::OBJECT),
    ("RoleBinding", "rbac.authorization.k8s.io/v1", &part::OBJECT),
    (
        "RoleBinding",
        "rbac.authorization.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    ("RuntimeClass", "node.k8s.io/v1", &part::OBJECT),
    ("RuntimeClass", "node.k8s.io/v1beta1", &part::OBJECT),
    ("Scale", "autoscaling/v1", &part::OBJECT),
    ("Secret", "v1", &part::OBJECT),
    (
        "SelfSubjectAccessReview",
        "authorization.k8s.io/v1",
        &part::OBJECT,
    ),
    (
        "SelfSubjectAccessReview",
        "authorization.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    (
        "SelfSubjectRulesReview",
        "authorization.k8s.io/v1",
        &part::OBJECT,
    ),
    (
        "SelfSubjectRulesReview",
        "authorization.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    ("Service", "v1", &part::SERVICE),
    ("ServiceAccount", "v1", &part::SERVICE_ACCOUNT),
    ("StatefulSet", "apps/v1", &part::WORKLOAD),
    ("StorageClass", "storage.k8s.io/v1", &part::OBJECT),
    ("StorageClass", "storage.k8s.io/v1beta1", &part::OBJECT),
    (
        "SubjectAccessReview",
        "authorization.k8s.io/v1",
        &part::OBJECT,
    ),
    (
        "SubjectAccessReview",
        "authorization.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    ("TokenRequest", "authentication.k8s.io/v1", &part::OBJECT),
    ("TokenReview", "authentication.k8s.io/v1", &part::OBJECT),
    (
        "TokenReview",
        "authentication.k8s.io/v1beta1",
        &part::OBJECT,
    ),
    (
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        &part::WEBHOOKS,
    ),
    (
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1",
        &part::WEBHOOKS,
    ),
    ("VolumeAttachment", "storage.k8s.io/v1", &part::OBJECT),
    ("VolumeAttachment", "storage.k8s.io/v1beta1", &part::OBJECT),
];

/// Every definition that leads to a list that merges, sorted by name.
static DEFINITIONS: &[(&str, &Part)] = &[
    (
        "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
        &part::WEBHOOKS,
    ),
    (
        "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
        &part::WEBHOOKS,
    ),
    (
        "io.k8s.api.admissionregistration.v1beta1.MutatingWebhookConfiguration",
        &part::WEBHOOKS,
    ),
    (
        "io.k8s.api.admissionregistration.v1beta1.ValidatingWebhookConfiguration",
        &part::WEBHOOKS,
    ),
    ("io.k8s.api.apps.v1.ControllerRevision", &part::OBJECT),
    ("io.k8s.api.apps.v1.DaemonSet", &part::WORKLOAD),
    ("io.k8s.api.apps.v1.DaemonSetSpec", &part::WORKLOAD_SPEC),
    ("io.k8s.api.apps.v1.DaemonSetStatus", &part::STATUS),
    ("io.k8s.api.apps.v1.Deployment", &part::WORKLOAD),
    ("io.k8s.api.apps.v1.DeploymentSpec", &part::WORKLOAD_SPEC),
    ("io.k8s.api.apps.v1.DeploymentStatus", &part::STATUS),
    ("io.k8s.api.apps.v1.ReplicaSet", &part::WORKLOAD),
    ("io.k8s.api.apps.v1.ReplicaSetSpec", &part::WORKLOAD_SPEC),
    ("io.k8s.api.apps.v1.ReplicaSetStatus", &part::STATUS),
    ("io.k8s.api.apps.v1.StatefulSet", &part::WORKLOAD),
    ("io.k8s.api.apps.v1.StatefulSetSpec", &part::WORKLOAD_SPEC),
    ("io.k8s.api.apps.v1.StatefulSetStatus", &part::STATUS),
    ("io.k8s.api.authentication.v1.TokenRequest", &part::OBJECT),
    ("io.k8s.api.authentication.v1.TokenReview", &part::OBJECT),
    (
        "io.k8s.api.authentication.v1beta1.TokenReview",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.authorization.v1.SubjectAccessReview",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.authorization.v1beta1.LocalSubjectAccessReview",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.authorization.v1beta1.SelfSubjectAccessReview",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.authorization.v1beta1.SelfSubjectRulesReview",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.authorization.v1beta1.SubjectAccessReview",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
        &part::OBJECT,
    ),
    ("io.k8s.api.autoscaling.v1.Scale", &part::OBJECT),
    (
        "io.k8s.api.autoscaling.v2beta1.HorizontalPodAutoscaler",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscaler",
        &part::OBJECT,
    ),
    ("io.k8s.api.batch.v1.CronJob", &part::CRON_JOB),
    ("io.k8s.api.batch.v1.CronJobSpec", &part::CRON_JOB_SPEC),
    ("io.k8s.api.batch.v1.Job", &part::WORKLOAD),
    ("io.k8s.api.batch.v1.JobSpec", &part::WORKLOAD_SPEC),
    ("io.k8s.api.batch.v1.JobStatus", &part::STATUS),
    (
        "io.k8s.api.batch.v1.JobTemplateSpec",
        &part::JOB_TEMPLATE_SPEC,
    ),
    ("io.k8s.api.batch.v1beta1.CronJob", &part::CRON_JOB),
    ("io.k8s.api.batch.v1beta1.CronJobSpec", &part::CRON_JOB_SPEC),
    (
        "io.k8s.api.batch.v1beta1.JobTemplateSpec",
        &part::JOB_TEMPLATE_SPEC,
    ),
    (
        "io.k8s.api.certificates.v1.CertificateSigningRequest",
        &part::OBJECT,
    ),
    (
        "io.k8s.api.certificates.v1beta1.CertificateSigningRequest",
        &part::OBJECT,
    ),
    ("io.k8s.api.coordination.v1.Lease", &part::OBJECT),
    ("io.k8s.api.coordination.v1beta1.Lease", &part::OBJECT),
    ("io.k8s.api.core.v1.Binding", &part::OBJECT),
    (
        "io.k8s.api.core.v1.ComponentStatus",
        &part::COMPONENT_STATUS,
    ),
    ("io.k8s.api.core.v1.ConfigMap", &part::OBJECT),
    ("io.k8s.api.core.v1.Container", &part::CONTAINER),
    ("io.k8s.api.core.v1.Endpoints", &part::OBJECT),
    (
        "io.k8s.api.core.v1.EphemeralContainer",
        &part::EPHEMERAL_CONTAINER,
    ),
    (
        "io.k8s.api.core.v1.EphemeralVolumeSource",
        &part::EPHEMERAL_VOLUME,
    ),
    ("io.k8s.api.core.v1.Event", &part::OBJECT),
    ("io.k8s.api.core.v1.LimitRange", &part::OBJECT),
    ("io.k8s.api.core.v1.Namespace", &part::OBJECT_WITH_STATUS),
    ("io.k8s.api.core.v1.NamespaceStatus", &part::STATUS),
    ("io.k8s.api.core.v1.Node", &part::NODE),
    ("io.k8s.api.core.v1.NodeSpec", &part::NODE_SPEC),
    ("io.k8s.api.core.v1.NodeStatus", &part::NODE_STATUS),
    ("io.k8s.api.core.v1.PersistentVolume", &part::OBJECT),
    (
        "io.k8s.api.core.v1.PersistentVolumeClaim",
        &part::OBJECT_WITH_STATUS,
    ),
    (
        "io.k8s.api.core.v1.PersistentVolumeClaimStatus",
        &part::STATUS,
    ),
    (
        "io.k8s.api.core.v1.PersistentVolumeClaimTemplate",
        &part::OBJECT,
    ),
    ("io.k8s.api.core.v1.Pod", &part::POD),
    ("io.k8s.api.core.v1.PodSpec", &part::POD_SPEC),
    ("io.k8s.api.core.v1.PodStatus", &part::POD_STATUS),
    ("io.k8s.api.core.v1.PodTemplate", &part::POD_TEMPLATE),
    (
        "io.k8s.api.core.v1.PodTemplateSpec",
        &part::POD_TEMPLATE_SPEC,
    ),
    ("io.k8s.api.core.v1.ReplicationController", &part::WORKLOAD),
    (
        "io.k8s.api.core.v1.ReplicationControllerSpec",
        &part::WORKLOAD_SPEC,
    ),
    (
        "io.k8s.api.core.v1.ReplicationControllerStatus",
        &part::STATUS,
    ),
    ("io.k8s.api.core.v1.ResourceQuota", &part::OBJECT),
    ("io.k8s.api.core.v1.Secret", &part::OBJECT),
    ("io.k8s.api.core.v1.Service", &part::SERVICE),
    ("io.k8s.api.core.v1.ServiceAccount", &part::SERVICE_ACCOUNT),
    ("io.k8s.api.core.v1.ServiceSpec", &part::SERVICE_SPEC),
    ("io.k8s.api.core.v1.ServiceStatus", &part::STATUS),
    ("io.k8s.api.core.v1.Volume", &part::VOLUME),
    ("io.k8s.api.discovery.v1.EndpointSlice", &part::OBJECT),
    ("io.k8s.api.discovery.v1beta1.EndpointSlice", &part::OBJECT),
    ("io.k8s.api.events.v1.Event", &part::OBJECT),
    ("io.k8s.api.events.v1beta1.Event", &part::OBJECT),
    ("io.k8s.api.extensions.v1beta1.Ingress", &part::OBJECT),
    ("io.k8s.api.flowcontrol.v1beta1.FlowSchema", &part::OBJECT),
    (
        "io.k8s.api.flowcontrol.v1beta1.PriorityLevelConfiguration",
        &part::OBJECT,
    ),
    ("io.k8s.api.networking.v1.Ingress", &part::OBJECT),
    ("io.k8s.api.networking.v1.IngressClass", &part::OBJECT),
    ("io.k8s.api.networking.v1.NetworkPolicy", &part::OBJECT),
    ("io.k8s.api.networking.v1beta1.Ingress", &part::OBJECT),
    ("io.k8s.api.networking.v1beta1.IngressClass", &part::OBJECT),
    ("io.k8s.api.node.v1.RuntimeClass", &part::OBJECT),
    ("io.k8s.api.node.v1beta1.RuntimeClass", &part::OBJECT),
    (
        "io.k8s.api.policy.v1.PodDisruptionBudget",
        &part::OBJECT_WITH_STATUS,
    ),
    (
        "io.k8s.api.policy.v1.PodDisruptionBudgetStatus",
        &part::STATUS,
    ),
    ("io.k8s.api.policy.v1beta1.Eviction", &part::OBJECT),
    (
        "io.k8s.api.policy.v1beta1.PodDisruptionBudget",
        &part::OBJECT_WITH_STATUS,
    ),
    (
        "io.k8s.api.policy.v1beta1.PodDisruptionBudgetStatus",
        &part::STATUS,
    ),
    ("io.k8s.api.policy.v1beta1.PodSecurityPolicy", &part::OBJECT),
    ("io.k8s.api.rbac.v1.ClusterRole", &part::OBJECT),
    ("io.k8s.api.rbac.v1.ClusterRoleBinding", &part::OBJECT),
    ("io.k8s.api.rbac.v1.Role", &part::OBJECT),
    ("io.k8s.api.rbac.v1.RoleBinding", &part::OBJECT),
    ("io.k8s.api.rbac.v1beta1.ClusterRole", &part::OBJECT),
    ("io.k8s.api.rbac.v1beta1.ClusterRoleBinding", &part::OBJECT),
    ("io.k8s.api.rbac.v1beta1.Role", &part::OBJECT),
    ("io.k8s.api.rbac.v1beta1.RoleBinding", &part::OBJECT),
    ("io.k8s.api.scheduling.v1.PriorityClass", &part::OBJECT),
    ("io.k8s.api.scheduling.v1beta1.PriorityClass", &part::OBJECT),
    ("io.k8s.api.storage.v1.CSIDriver", &part::OBJECT),
    ("io.k8s.api.storage.v1.CSINode", &part::CSI_NODE),
    ("io.k8s.api.storage.v1.CSINodeSpec", &part::CSI_NODE_SPEC),
    ("io.k8s.api.storage.v1.StorageClass", &part::OBJECT),
    ("io.k8s.api.storage.v1.VolumeAttachment", &part::OBJECT),
    ("io.k8s.api.storage.v1beta1.CSIDriver", &part::OBJECT),
    ("io.k8s.api.storage.v1beta1.CSINode", &part::CSI_NODE),
    (
        "io.k8s.api.storage.v1beta1.CSINodeSpec",
        &part::CSI_NODE_SPEC,
    ),
    (
        "io.k8s.api.storage.v1beta1.CSIStorageCapacity",
        &part::OBJECT,
    ),
    ("io.k8s.api.storage.v1beta1.StorageClass", &part::OBJECT),
    ("io.k8s.api.storage.v1beta1.VolumeAttachment", &part::OBJECT),
    (
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
        &part::OBJECT,
    ),
    (
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceDefinition",
        &part::OBJECT,
    ),
    (
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
        &part::OBJECT_META,
    ),
    (
        "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
        &part::OBJECT_WITH_STATUS,
    ),
    (
        "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus",
        &part::STATUS,
    ),
    (
        "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1.APIService",
        &part::OBJECT_WITH_STATUS,
    ),
    (
        "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1.APIServiceStatus",
        &part::STATUS,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sorted_and_finds_all() {
        for (name, version, part) in KINDS {
            assert!(std::ptr::eq(kind(version, name).unwrap(), *part), "{name}");
        }
        for (name, part) in DEFINITIONS {
            assert!(std::ptr::eq(definition(name).unwrap(), *part), "{name}");
        }
        assert!(KINDS.is_sorted_by_key(|row| (row.0, row.1)));
        assert!(DEFINITIONS.is_sorted_by_key(|row| row.0));
    }

    #[test]
    fn knows_no_kind_beyond_its_version() {
        for (version, name) in [
            ("extensions/v1beta1", "Deployment"),
            ("autoscaling/v2", "HorizontalPodAutoscaler"),
            ("discovery.k8s.io/v1", "EndpointSliceList"),
            ("example.com/v1", "Deployment"),
        ] {
            assert!(kind(version, name).is_none(), "{version} {name}");
        }
    }
}
