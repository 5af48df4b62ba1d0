//! Where the built-in transformers write unless a kustomization's `configurations` say more.

use std::sync::{Arc, LazyLock};

use crate::kustomize::file::{FieldSpec, TransformerConfiguration};
use crate::kustomize::reference;

/// Group, version, kind and path of a place; what is empty stands for any.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Names that get a prefix or a suffix.
const NAMES: &[Row] = &[("", "", "", "metadata/name")];

/// Fields that name a namespace and are made where they are missing.
const NAMESPACES: &[Row] = &[
    ("", "", "Namespace", "metadata/name"),
    (
        "apiregistration.k8s.io",
        "",
        "APIService",
        "spec/service/namespace",
    ),
];

/// Fields that name a namespace where they are there.
const NAMESPACES_THERE: &[Row] = &[(
    "apiextensions.k8s.io",
    "",
    "CustomResourceDefinition",
    "spec/conversion/webhook/clientConfig/service/namespace",
)];

/// Selectors that are made where they are missing.
const SELECTORS: &[Row] = &[
    ("", "v1", "Service", "spec/selector"),
    ("", "v1", "ReplicationController", "spec/selector"),
    ("", "", "Deployment", "spec/selector/matchLabels"),
    ("", "", "ReplicaSet", "spec/selector/matchLabels"),
    ("", "", "DaemonSet", "spec/selector/matchLabels"),
    ("apps", "", "StatefulSet", "spec/selector/matchLabels"),
];

/// Selectors that get labels only where they are there.
const SELECTORS_THERE: &[Row] = &[
    ("batch", "", "Job", "spec/selector/matchLabels"),
    (
        "batch",
        "",
        "CronJob",
        "spec/jobTemplate/spec/selector/matchLabels",
    ),
    (
        "policy",
        "",
        "PodDisruptionBudget",
        "spec/selector/matchLabels",
    ),
    (
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        "spec/podSelector/matchLabels",
    ),
    (
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        "spec/ingress/from/podSelector/matchLabels",
    ),
    (
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        "spec/egress/to/podSelector/matchLabels",
    ),
];

/// The kinds of the group `apps` whose pods' affinities get labels where they are there.
const WITH_AFFINITY: &[&str] = &["Deployment", "StatefulSet"];

/// Selectors in a pod template that say where its pods may run.
const AFFINITIES: &[&str] = &[
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "topologySpreadConstraints/labelSelector/matchLabels",
];

/// Labels of the object and of its templates.
const LABELS: &[Row] = &[
    ("", "", "", "metadata/labels"),
    (
        "",
        "v1",
        "ReplicationController",
        "spec/template/metadata/labels",
    ),
    ("", "", "Deployment", "spec/template/metadata/labels"),
    ("", "", "ReplicaSet", "spec/template/metadata/labels"),
    ("", "", "DaemonSet", "spec/template/metadata/labels"),
    ("apps", "", "StatefulSet", "spec/template/metadata/labels"),
    (
        "apps",
        "",
        "StatefulSet",
        "spec/volumeClaimTemplates[]/metadata/labels",
    ),
    ("batch", "", "Job", "spec/template/metadata/labels"),
    ("batch", "", "CronJob", "spec/jobTemplate/metadata/labels"),
    (
        "batch",
        "",
        "CronJob",
        "spec/jobTemplate/spec/template/metadata/labels",
    ),
];

/// Annotations of the object and of its templates.
const ANNOTATIONS: &[Row] = &[
    ("", "", "", "metadata/annotations"),
    (
        "",
        "v1",
        "ReplicationController",
        "spec/template/metadata/annotations",
    ),
    ("", "", "Deployment", "spec/template/metadata/annotations"),
    ("", "", "ReplicaSet", "spec/template/metadata/annotations"),
    ("", "", "DaemonSet", "spec/template/metadata/annotations"),
    ("", "", "StatefulSet", "spec/template/metadata/annotations"),
    ("batch", "", "Job", "spec/template/metadata/annotations"),
    (
        "batch",
        "",
        "CronJob",
        "spec/jobTemplate/metadata/annotations",
    ),
    (
        "batch",
        "",
        "CronJob",
        "spec/jobTemplate/spec/template/metadata/annotations",
    ),
];

/// Fields that name an image.
const IMAGES: &[Row] = &[
    ("", "", "", "spec/containers[]/image"),
    ("", "", "", "spec/initContainers[]/image"),
    ("", "", "", "spec/volumes[]/image/reference"),
    ("", "", "", "spec/template/spec/containers[]/image"),
    ("", "", "", "spec/template/spec/initContainers[]/image"),
    ("", "", "", "spec/template/spec/volumes[]/image/reference"),
];

/// Fields that count replicas.
const REPLICAS: &[Row] = &[
    ("", "", "Deployment", "spec/replicas"),
    ("", "", "ReplicationController", "spec/replicas"),
    ("", "", "ReplicaSet", "spec/replicas"),
    ("", "", "StatefulSet", "spec/replicas"),
];

/// The kinds with a pod template in which variables are replaced, and where their pod is.
const PODS_WITH_VARIABLES: &[(&str, &str)] = &[
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("Pod", "spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
];

/// Fields of a container in which variables are replaced.
const CONTAINER_VARIABLES: &[&str] = &["args", "command", "env/value", "volumeMounts/mountPath"];

/// Other fields in which variables are replaced; that of the cron job leads nowhere, as in the reference.
const VARIABLES: &[Row] = &[
    (
        "",
        "",
        "CronJob",
        "spec/jobTemplate/spec/template/volumes/nfs/server",
    ),
    ("", "", "DaemonSet", "spec/template/spec/volumes/nfs/server"),
    (
        "",
        "",
        "Deployment",
        "spec/template/spec/volumes/nfs/server",
    ),
    ("", "", "Deployment", "spec/template/metadata/annotations"),
    ("", "", "Ingress", "spec/rules/host"),
    ("", "", "Ingress", "spec/tls/hosts"),
    ("", "", "Ingress", "spec/tls/secretName"),
    ("", "", "Job", "spec/template/spec/volumes/nfs/server"),
    ("", "", "Pod", "spec/volumes/nfs/server"),
    (
        "",
        "",
        "ReplicaSet",
        "spec/template/spec/volumes/nfs/server",
    ),
    ("", "", "Service", "spec/ports/port"),
    ("", "", "Service", "spec/ports/targetPort"),
    (
        "",
        "",
        "StatefulSet",
        "spec/volumeClaimTemplates/spec/nfs/server",
    ),
    ("", "", "PersistentVolume", "spec/nfs/server"),
    ("", "", "", "metadata/labels"),
    ("", "", "", "metadata/annotations"),
];

/// Returns the places of all built-in transformers, sorted as the reference sorts them.
pub fn default_configuration() -> &'static Arc<TransformerConfiguration> {
    static DEFAULT: LazyLock<Arc<TransformerConfiguration>> = LazyLock::new(|| Arc::new(make()));
    &DEFAULT
}

fn make() -> TransformerConfiguration {
    let mut common_labels = made(SELECTORS);
    common_labels.extend(there(SELECTORS_THERE));
    common_labels.extend(affinities());
    common_labels.extend(made(LABELS));
    let mut namespace = made(NAMESPACES);
    namespace.extend(there(NAMESPACES_THERE));
    TransformerConfiguration {
        name_prefix: there(NAMES),
        name_suffix: there(NAMES),
        namespace,
        common_labels,
        labels: Vec::new(),
        template_labels: made(LABELS),
        common_annotations: made(ANNOTATIONS),
        name_reference: reference::default_references(),
        var_reference: variables(),
        images: made(IMAGES),
        replicas: made(REPLICAS),
    }
}

fn spec((group, version, kind, path): Row, create: bool) -> FieldSpec {
    FieldSpec {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        path: path.into(),
        create,
    }
}

/// Lists places where missing parts are made.
fn made(rows: &[Row]) -> Vec<FieldSpec> {
    rows.iter().map(|row| spec(*row, true)).collect()
}

/// Lists places that must be there.
fn there(rows: &[Row]) -> Vec<FieldSpec> {
    rows.iter().map(|row| spec(*row, false)).collect()
}

fn affinities() -> impl Iterator<Item = FieldSpec> {
    WITH_AFFINITY.iter().flat_map(|kind| {
        AFFINITIES.iter().map(|path| FieldSpec {
            group: "apps".into(),
            kind: (*kind).into(),
            path: format!("spec/template/spec/{path}"),
            ..FieldSpec::default()
        })
    })
}

fn variables() -> Vec<FieldSpec> {
    let in_pods = PODS_WITH_VARIABLES.iter().flat_map(|(kind, pod)| {
        ["containers", "initContainers"]
            .into_iter()
            .flat_map(move |list| {
                CONTAINER_VARIABLES.iter().map(move |field| FieldSpec {
                    kind: (*kind).into(),
                    path: format!("{pod}/{list}/{field}"),
                    ..FieldSpec::default()
                })
            })
    });
    in_pods.chain(there(VARIABLES)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_as_many_places_as_the_reference() {
        let default = default_configuration();
        assert_eq!(default.common_labels.len(), 32);
        assert_eq!(default.template_labels.len(), 10);
        assert_eq!(default.common_annotations.len(), 9);
        assert_eq!(default.var_reference.len(), 72);
        assert_eq!(default.name_reference.len(), 16);
        let references = default.name_reference.iter();
        assert_eq!(
            references
                .map(|reference| reference.field_specs.len())
                .sum::<usize>(),
            166
        );
    }
}
