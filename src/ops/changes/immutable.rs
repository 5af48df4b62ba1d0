//! Which fields the server refuses to change once an object exists.
//!
//! Read off the update validation of Kubernetes 1.36 (`pkg/apis/*/validation`), and of its API reference.

use serde_json::{Value, json};

use crate::manifest::Object;

/// What of a kind cannot be changed.
struct Rule {
    group: &'static str,
    kind: &'static str,
    fields: Fields,
}

enum Fields {
    /// These fields.
    Only(&'static [&'static str]),
    /// Everything below a field but these keys of it.
    AllBut(&'static str, &'static [&'static str]),
    /// These fields, where both states have them.
    BothSet(&'static [&'static str]),
}

const RULES: &[Rule] = &[
    Rule::only("apps", "Deployment", &["/spec/selector"]),
    Rule::only("apps", "DaemonSet", &["/spec/selector"]),
    Rule::only("apps", "ReplicaSet", &["/spec/selector"]),
    Rule::all_but(
        "apps",
        "StatefulSet",
        "/spec",
        &[
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
        ],
    ),
    Rule::only(
        "batch",
        "Job",
        &[
            "/spec/selector",
            "/spec/template",
            "/spec/completions",
            "/spec/completionMode",
            "/spec/podFailurePolicy",
            "/spec/successPolicy",
            "/spec/backoffLimitPerIndex",
            "/spec/managedBy",
        ],
    ),
    Rule::both_set("", "Service", &["/spec/clusterIP", "/spec/clusterIPs"]),
    Rule::all_but(
        "",
        "PersistentVolumeClaim",
        "/spec",
        &["resources", "volumeAttributesClassName"],
    ),
    Rule::all_but(
        "",
        "PersistentVolume",
        "/spec",
        &[
            "capacity",
            "accessModes",
            "claimRef",
            "persistentVolumeReclaimPolicy",
            "storageClassName",
            "mountOptions",
            "nodeAffinity",
            "volumeAttributesClassName",
        ],
    ),
    Rule::only("", "Secret", &["/type"]),
    Rule::only(
        "storage.k8s.io",
        "StorageClass",
        &[
            "/provisioner",
            "/parameters",
            "/reclaimPolicy",
            "/volumeBindingMode",
        ],
    ),
    Rule::only(
        "storage.k8s.io",
        "CSIDriver",
        &["/spec/attachRequired", "/spec/volumeLifecycleModes"],
    ),
    Rule::only(
        "storage.k8s.io",
        "VolumeAttributesClass",
        &["/driverName", "/parameters"],
    ),
    Rule::only("rbac.authorization.k8s.io", "RoleBinding", &["/roleRef"]),
    Rule::only(
        "rbac.authorization.k8s.io",
        "ClusterRoleBinding",
        &["/roleRef"],
    ),
    Rule::only(
        "scheduling.k8s.io",
        "PriorityClass",
        &["/value", "/preemptionPolicy"],
    ),
    Rule::only("networking.k8s.io", "IngressClass", &["/spec/controller"]),
    Rule::only("discovery.k8s.io", "EndpointSlice", &["/addressType"]),
    Rule::only("node.k8s.io", "RuntimeClass", &["/handler"]),
    Rule::only(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        &[
            "/spec/group",
            "/spec/scope",
            "/spec/names/kind",
            "/spec/names/plural",
        ],
    ),
];

/// What the server takes where a field is missing; such a field may be written out without a change.
const DEFAULTS: &[(&str, &str)] = &[
    ("podManagementPolicy", "OrderedReady"),
    ("volumeMode", "Filesystem"),
    ("reclaimPolicy", "Delete"),
    ("volumeBindingMode", "Immediate"),
    ("completionMode", "NonIndexed"),
    ("preemptionPolicy", "PreemptLowerPriority"),
    ("type", "Opaque"),
];

impl Rule {
    const fn only(
        group: &'static str,
        kind: &'static str,
        fields: &'static [&'static str],
    ) -> Self {
        Self {
            group,
            kind,
            fields: Fields::Only(fields),
        }
    }

    const fn both_set(
        group: &'static str,
        kind: &'static str,
        fields: &'static [&'static str],
    ) -> Self {
        Self {
            group,
            kind,
            fields: Fields::BothSet(fields),
        }
    }

    const fn all_but(
        group: &'static str,
        kind: &'static str,
        field: &'static str,
        but: &'static [&'static str],
    ) -> Self {
        Self {
            group,
            kind,
            fields: Fields::AllBut(field, but),
        }
    }
}

/// Returns the fields, with dots, that differ and that the server does not let change.
pub fn immutable_fields(before: &Object, after: &Object) -> Vec<String> {
    let mut found = Vec::new();
    let rules = RULES
        .iter()
        .filter(|rule| rule.group == after.group() && rule.kind == after.kind());
    for rule in rules {
        match rule.fields {
            Fields::Only(fields) => found.extend(
                fields
                    .iter()
                    .filter(|field| differs(before, after, field))
                    .map(|field| dotted(field)),
            ),
            Fields::BothSet(fields) => found.extend(
                fields
                    .iter()
                    .filter(|field| before.get(field).is_some() && after.get(field).is_some())
                    .filter(|field| differs(before, after, field))
                    .map(|field| dotted(field)),
            ),
            Fields::AllBut(field, but) => found.extend(
                keys_of(before, after, field)
                    .into_iter()
                    .filter(|key| !but.contains(&key.as_str()))
                    .map(|key| format!("{field}/{key}"))
                    .filter(|field| differs(before, after, field))
                    .map(|field| dotted(&field)),
            ),
        }
    }
    found.extend(frozen_data(before, after));
    found
}

/// Returns what changes of a Secret or `ConfigMap` that was declared unchangeable.
fn frozen_data(before: &Object, after: &Object) -> Vec<String> {
    let is_frozen = after.group().is_empty()
        && matches!(after.kind(), "Secret" | "ConfigMap")
        && before.get("/immutable") == Some(&json!(true));
    let fields = ["/data", "/stringData", "/binaryData", "/immutable"];
    let changed = fields
        .iter()
        .filter(|field| is_frozen && differs(before, after, field));
    changed.map(|field| dotted(field)).collect()
}

fn keys_of(before: &Object, after: &Object, field: &str) -> Vec<String> {
    let keys = |object: &Object| -> Vec<String> {
        let fields = object.get(field).and_then(Value::as_object);
        fields
            .map(|fields| fields.keys().cloned().collect())
            .unwrap_or_default()
    };
    let mut all = keys(before);
    all.extend(keys(after));
    all.sort_unstable();
    all.dedup();
    all
}

fn differs(before: &Object, after: &Object, field: &str) -> bool {
    let key = field.rsplit('/').next().unwrap_or_default();
    let default = DEFAULTS
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, value)| json!(value));
    let value = |object: &Object| object.get(field).cloned().or_else(|| default.clone());
    value(before) != value(after)
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(api_version: &str, kind: &str, before: &Value, after: &Value) -> Vec<String> {
        let object = |fields: &Value| {
            let mut value =
                json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}});
            let all = value.as_object_mut().unwrap();
            all.extend(fields.as_object().unwrap().clone());
            Object::new(value).unwrap()
        };
        immutable_fields(&object(before), &object(after))
    }

    #[test]
    fn knows_what_cannot_change() {
        let spec = |spec: Value| json!({"spec": spec});
        let app = |kind, before, after| changed("apps/v1", kind, &spec(before), &spec(after));
        assert_eq!(
            app(
                "Deployment",
                json!({"selector": {"a": "b"}, "replicas": 1}),
                json!({"selector": {"a": "c"}, "replicas": 2}),
            ),
            ["spec.selector"]
        );
        assert_eq!(
            app(
                "StatefulSet",
                json!({"serviceName": "a", "replicas": 1}),
                json!({"serviceName": "b", "replicas": 2, "podManagementPolicy": "OrderedReady"}),
            ),
            ["spec.serviceName"]
        );
        let core = |kind, before, after| changed("v1", kind, &spec(before), &spec(after));
        let address = json!({"clusterIP": "10.0.0.1"});
        assert_eq!(
            core("Service", json!({"clusterIP": "None"}), address.clone()),
            ["spec.clusterIP"]
        );
        assert_eq!(core("Service", json!({}), address), [""; 0]);
        assert_eq!(
            core(
                "PersistentVolumeClaim",
                json!({"resources": 1, "storageClassName": "a"}),
                json!({"resources": 2, "storageClassName": "b"}),
            ),
            ["spec.storageClassName"]
        );
        let role = |name: &str| json!({"roleRef": {"name": name}});
        let group = "rbac.authorization.k8s.io/v1";
        assert_eq!(
            changed(group, "RoleBinding", &role("a"), &role("b")),
            ["roleRef"]
        );
    }

    #[test]
    fn knows_what_was_frozen() {
        let map = |frozen: bool, value: &str| json!({"immutable": frozen, "data": {"a": value}});
        let change = |before, after| changed("v1", "ConfigMap", &before, &after);
        assert_eq!(change(map(true, "1"), map(true, "2")), ["data"]);
        assert_eq!(change(map(false, "1"), map(true, "2")), [""; 0]);
        let secret = changed("v1", "Secret", &json!({}), &json!({"type": "Opaque"}));
        assert_eq!(secret, [""; 0], "a default may be written out");
    }
}
