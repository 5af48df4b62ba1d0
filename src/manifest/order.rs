//! The order to apply objects in, so that what others need comes first.

use super::object::Object;

/// When an object is applied: definitions must be known before what they define.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Definitions, namespaces and cluster roles; they are waited for.
    Foundation,
    /// Everything else.
    Rest,
}

/// The kinds that come first, in their order.
const FIRST: &[&str] = &[
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// The kinds that come last, in their order.
const LAST: &[&str] = &[
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Says when an object is applied.
pub fn stage(object: &Object) -> Stage {
    match object.kind() {
        "CustomResourceDefinition" | "Namespace" | "ClusterRole" => Stage::Foundation,
        _ => Stage::Rest,
    }
}

/// Sorts objects into the order to apply them in; stages come one after the other.
///
/// Objects of the same rank are sorted by group, kind, namespace and name.
pub fn sort_for_apply(objects: &mut [Object]) {
    objects.sort_by(|left, right| {
        rank(left.kind())
            .cmp(&rank(right.kind()))
            .then_with(|| identity(left).cmp(&identity(right)))
    });
}

fn rank(kind: &str) -> usize {
    let position = |kinds: &[&str]| kinds.iter().position(|other| *other == kind);
    let middle = FIRST.len();
    position(FIRST)
        .or_else(|| position(LAST).map(|last| middle + 1 + last))
        .unwrap_or(middle)
}

fn identity(object: &Object) -> [&str; 4] {
    [
        object.group(),
        object.kind(),
        object.namespace(),
        object.name(),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(api_version: &str, kind: &str, name: &str) -> Object {
        Object::new(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}))
            .unwrap()
    }

    #[test]
    fn puts_the_needed_first() {
        let mut objects = vec![
            object(
                "admissionregistration.k8s.io/v1",
                "ValidatingWebhookConfiguration",
                "a",
            ),
            object(
                "admissionregistration.k8s.io/v1",
                "MutatingWebhookConfiguration",
                "z",
            ),
            object("networking.k8s.io/v1", "NetworkPolicy", "deny"),
            object("apps/v1", "Deployment", "b"),
            object("apps/v1", "Deployment", "a"),
            object("v1", "Service", "a"),
            object("rbac.authorization.k8s.io/v1", "ClusterRole", "r"),
            object("v1", "Namespace", "n"),
            object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "c"),
            object("batch/v1", "Job", "j"),
        ];
        sort_for_apply(&mut objects);
        let order: Vec<String> = objects
            .iter()
            .map(|object| object.id().to_string())
            .collect();
        assert_eq!(
            order,
            [
                "CustomResourceDefinition/c",
                "Namespace/n",
                "ClusterRole/r",
                "Service/a",
                "Deployment/a",
                "Deployment/b",
                "Job/j",
                "NetworkPolicy/deny",
                "MutatingWebhookConfiguration/z",
                "ValidatingWebhookConfiguration/a",
            ]
        );
        assert!(objects.is_sorted_by_key(stage));
        assert_eq!(
            objects
                .iter()
                .filter(|object| stage(object) == Stage::Foundation)
                .count(),
            3
        );
    }
}
