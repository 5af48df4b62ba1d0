//! The objects that an installation has whatever its components are: namespace, policies, quota, rights.

use serde_json::{Value, json};

use super::component::{ACCOUNTS, APPLIERS, EVENT_SINK};

/// The namespace that published objects speak of; an installation elsewhere puts its own in.
pub(super) const NAMESPACE: &str = "flux-system";

/// The API groups of Flux, as the role of the controllers lists them.
const GROUPS: &[&str] = &[
    "source.toolkit.fluxcd.io",
    "kustomize.toolkit.fluxcd.io",
    "helm.toolkit.fluxcd.io",
    "notification.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "source.extensions.fluxcd.io",
];

/// The same groups, as the roles for people list them.
const GROUPS_FOR_PEOPLE: &[&str] = &[
    "notification.toolkit.fluxcd.io",
    "source.toolkit.fluxcd.io",
    "source.extensions.fluxcd.io",
    "helm.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "kustomize.toolkit.fluxcd.io",
];

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
const OWN: &[&str] = &[
    "get", "list", "watch", "create", "update", "patch", "delete",
];

/// Returns the namespace of an installation, which warns of pods that ask for too much.
pub(super) fn namespace(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": {
                "pod-security.kubernetes.io/warn": "restricted",
                "pod-security.kubernetes.io/warn-version": "latest",
            },
        },
    })
}

/// Returns the network policies: out anywhere, in only from the namespace, to metrics and to webhooks.
pub(super) fn policies() -> Vec<Value> {
    let from_anywhere = |port: u16| json!([{"from": [{"namespaceSelector": {}}], "ports": [{"port": port, "protocol": "TCP"}]}]);
    vec![
        policy(
            "allow-egress",
            json!({
                "podSelector": {},
                "ingress": [{"from": [{"podSelector": {}}]}],
                "egress": [{}],
                "policyTypes": ["Ingress", "Egress"],
            }),
        ),
        policy(
            "allow-scraping",
            json!({
                "podSelector": {},
                "ingress": from_anywhere(8080),
                "policyTypes": ["Ingress"],
            }),
        ),
        policy(
            "allow-webhooks",
            json!({
                "podSelector": {"matchLabels": {"app": EVENT_SINK}},
                "ingress": from_anywhere(9292),
                "policyTypes": ["Ingress"],
            }),
        ),
    ]
}

fn policy(name: &str, spec: Value) -> Value {
    let mut policy = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
    });
    policy["spec"] = spec;
    policy
}

/// Returns the quota of important pods, the roles and their bindings.
pub(super) fn rights() -> Vec<Value> {
    vec![
        quota(),
        role("crd-controller", &[], controller_rules()),
        role("flux-edit", &["admin", "edit"], people_rules(WRITE)),
        role("flux-view", &["admin", "edit", "view"], people_rules(READ)),
        binding("cluster-reconciler", "cluster-admin", APPLIERS),
        binding("crd-controller", "crd-controller", ACCOUNTS),
    ]
}

/// Outside of `kube-system`, pods of the system's priorities run only where a quota admits them.
fn quota() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "critical-pods", "namespace": NAMESPACE},
        "spec": {
            "hard": {"pods": "1000"},
            "scopeSelector": {
                "matchExpressions": [{
                    "operator": "In",
                    "scopeName": "PriorityClass",
                    "values": ["system-node-critical", "system-cluster-critical"],
                }],
            },
        },
    })
}

fn role(name: &str, aggregates_to: &[&str], rules: Vec<Value>) -> Value {
    let mut role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
    });
    role["rules"] = Value::Array(rules);
    for target in aggregates_to {
        let label = format!("rbac.authorization.k8s.io/aggregate-to-{target}");
        role["metadata"]["labels"][label] = "true".into();
    }
    role
}

fn controller_rules() -> Vec<Value> {
    let everything = GROUPS.iter().map(|group| rule(&[group], &["*"], &["*"]));
    let others = [
        rule(
            &[""],
            &["namespaces", "secrets", "configmaps", "serviceaccounts"],
            READ,
        ),
        rule(&[""], &["events"], &["create", "patch"]),
        rule(&[""], &["configmaps"], OWN),
        rule(&[""], &["configmaps/status"], &["get", "update", "patch"]),
        rule(&["coordination.k8s.io"], &["leases"], OWN),
        rule(&[""], &["serviceaccounts/token"], &["create"]),
        json!({"nonResourceURLs": ["/livez/ping"], "verbs": ["head"]}),
    ];
    everything.chain(others).collect()
}

fn people_rules(verbs: &[&str]) -> Vec<Value> {
    vec![rule(GROUPS_FOR_PEOPLE, &["*"], verbs)]
}

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": verbs})
}

fn binding(name: &str, role: &str, accounts: &[&str]) -> Value {
    let subjects: Vec<_> = accounts
        .iter()
        .map(|account| json!({"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}))
        .collect();
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": subjects,
    })
}
