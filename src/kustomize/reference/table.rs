//! Which fields of the built-in kinds name which other resources.

use crate::kustomize::file::{FieldSpec, NameReference};

/// The kinds with a pod template: kind, version, where the pod is.
const PODS: &[(&str, &str, &str)] = &[
    ("Pod", "v1", "spec"),
    ("PodTemplate", "", "template/spec"),
    ("Deployment", "", "spec/template/spec"),
    ("ReplicaSet", "", "spec/template/spec"),
    ("DaemonSet", "", "spec/template/spec"),
    ("StatefulSet", "", "spec/template/spec"),
    ("Job", "", "spec/template/spec"),
    ("CronJob", "", "spec/jobTemplate/spec/template/spec"),
];

/// The kinds whose pods name service accounts, claims and priorities; no replica sets, as in the reference.
const WORKLOADS: &[(&str, &str, &str)] = &[
    ("Pod", "", "spec"),
    ("StatefulSet", "", "spec/template/spec"),
    ("Deployment", "", "spec/template/spec"),
    ("ReplicationController", "", "spec/template/spec"),
    ("CronJob", "", "spec/jobTemplate/spec/template/spec"),
    ("Job", "", "spec/template/spec"),
    ("DaemonSet", "", "spec/template/spec"),
];

const CONFIG_MAP_IN_POD: &[&str] = &[
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
];

const SECRET_IN_POD: &[&str] = &[
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
];

/// Group and kind of a referrer, and the path of its field.
type Row = (&'static str, &'static str, &'static str);

const SCALED: &[Row] = &[("", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name")];

const CONFIG_MAP: &[Row] = &[
    ("", "Node", "spec/configSource/configMap"),
    ("", "Role", "rules/resourceNames"),
    ("", "ClusterRole", "rules/resourceNames"),
    (
        "",
        "Ingress",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap",
    ),
];

const SECRET: &[Row] = &[
    ("", "Ingress", "spec/tls/secretName"),
    (
        "",
        "Ingress",
        "metadata/annotations/ingress.kubernetes.io\\/auth-secret",
    ),
    (
        "",
        "Ingress",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret",
    ),
    (
        "",
        "Ingress",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret",
    ),
    ("", "ServiceAccount", "imagePullSecrets/name"),
    ("", "StorageClass", "parameters/secretName"),
    ("", "StorageClass", "parameters/adminSecretName"),
    ("", "StorageClass", "parameters/userSecretName"),
    ("", "StorageClass", "parameters/secretRef"),
    ("", "Role", "rules/resourceNames"),
    ("", "ClusterRole", "rules/resourceNames"),
    ("", "PersistentVolume", "spec/azureFile/secretName"),
];

const SERVICE: &[Row] = &[
    ("apps", "StatefulSet", "spec/serviceName"),
    ("", "Ingress", "spec/rules/http/paths/backend/serviceName"),
    ("", "Ingress", "spec/backend/serviceName"),
    ("", "Ingress", "spec/rules/http/paths/backend/service/name"),
    ("", "Ingress", "spec/defaultBackend/service/name"),
    ("apiregistration.k8s.io", "APIService", "spec/service/name"),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        "webhooks/clientConfig/service",
    ),
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        "webhooks/clientConfig/service",
    ),
];

const RBAC: &str = "rbac.authorization.k8s.io";
const ROLE: &[Row] = &[(RBAC, "RoleBinding", "roleRef/name")];
const CLUSTER_ROLE: &[Row] = &[
    (RBAC, "RoleBinding", "roleRef/name"),
    (RBAC, "ClusterRoleBinding", "roleRef/name"),
];
const SERVICE_ACCOUNT: &[Row] = &[
    (RBAC, "RoleBinding", "subjects"),
    (RBAC, "ClusterRoleBinding", "subjects"),
];

const PERSISTENT_VOLUME: &[Row] = &[
    ("", "PersistentVolumeClaim", "spec/volumeName"),
    ("", "ClusterRole", "rules/resourceNames"),
];

const STORAGE_CLASS: &[Row] = &[
    ("", "PersistentVolume", "spec/storageClassName"),
    ("", "PersistentVolumeClaim", "spec/storageClassName"),
    (
        "",
        "StatefulSet",
        "spec/volumeClaimTemplates/spec/storageClassName",
    ),
];

const INGRESS_CLASS: &[Row] = &[("", "Ingress", "spec/ingressClassName")];

const ADMISSION: &str = "admissionregistration.k8s.io";
const ADMISSION_POLICY: &[Row] = &[(
    ADMISSION,
    "ValidatingAdmissionPolicyBinding",
    "spec/policyName",
)];

/// Returns the name references that every build knows.
pub fn default_references() -> Vec<NameReference> {
    let scaled = [
        "Deployment",
        "ReplicationController",
        "ReplicaSet",
        "StatefulSet",
    ];
    let mut references: Vec<NameReference> = scaled
        .into_iter()
        .map(|kind| to(("", "", kind), rows(SCALED)))
        .collect();
    references.extend(in_pods_too());
    references.extend([
        to(("", "v1", "Service"), rows(SERVICE)),
        to((RBAC, "", "Role"), rows(ROLE)),
        to((RBAC, "", "ClusterRole"), rows(CLUSTER_ROLE)),
        to(("", "v1", "PersistentVolume"), rows(PERSISTENT_VOLUME)),
        to(
            ("storage.k8s.io", "v1", "StorageClass"),
            rows(STORAGE_CLASS),
        ),
        // The reference writes a version into the group, and so this one never fires.
        to(
            ("networking.k8s.io/v1", "v1", "IngressClass"),
            rows(INGRESS_CLASS),
        ),
        to(
            (ADMISSION, "", "ValidatingAdmissionPolicy"),
            rows(ADMISSION_POLICY),
        ),
    ]);
    references
}

/// Returns the references to what pods use.
fn in_pods_too() -> [NameReference; 5] {
    let claims = &["volumes/persistentVolumeClaim/claimName"];
    [
        to(
            ("", "v1", "ConfigMap"),
            in_pods(PODS, CONFIG_MAP_IN_POD).chain(rows(CONFIG_MAP)),
        ),
        to(
            ("", "v1", "Secret"),
            in_pods(PODS, SECRET_IN_POD)
                .chain(rows(SECRET))
                .chain([knative_secret()]),
        ),
        to(
            ("", "v1", "ServiceAccount"),
            rows(SERVICE_ACCOUNT).chain(in_pods(WORKLOADS, &["serviceAccountName"])),
        ),
        to(
            ("", "v1", "PersistentVolumeClaim"),
            in_pods(WORKLOADS, claims),
        ),
        to(
            ("scheduling.k8s.io", "v1", "PriorityClass"),
            in_pods(WORKLOADS, &["priorityClassName"]),
        ),
    ]
}

fn to(
    (group, version, kind): (&str, &str, &str),
    specs: impl Iterator<Item = FieldSpec>,
) -> NameReference {
    NameReference {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        field_specs: specs.collect(),
    }
}

fn rows(rows: &[Row]) -> impl Iterator<Item = FieldSpec> {
    rows.iter().map(|(group, kind, path)| FieldSpec {
        group: (*group).into(),
        kind: (*kind).into(),
        path: (*path).into(),
        ..FieldSpec::default()
    })
}

fn in_pods(
    holders: &'static [(&str, &str, &str)],
    fields: &'static [&str],
) -> impl Iterator<Item = FieldSpec> {
    holders.iter().flat_map(move |(kind, version, pod)| {
        fields.iter().map(move |field| FieldSpec {
            version: (*version).into(),
            kind: (*kind).into(),
            path: format!("{pod}/{field}"),
            ..FieldSpec::default()
        })
    })
}

/// Secrets in the environment of a Knative service.
fn knative_secret() -> FieldSpec {
    FieldSpec {
        group: "serving.knative.dev".into(),
        version: "v1".into(),
        kind: "Service".into(),
        path: "spec/template/spec/containers/env/valueFrom/secretKeyRef/name".into(),
        ..FieldSpec::default()
    }
}
