//! Who may do more than before: roles with new rights, bindings with new subjects.

use std::collections::BTreeSet;

use serde_json::Value;

use super::object_change::{Danger, DangerKind};
use crate::manifest::Object;

/// The API group of roles and bindings.
const RBAC: &str = "rbac.authorization.k8s.io";

/// Stands for all groups, resources or verbs.
const ALL: &str = "*";

/// The cluster role that may do everything.
const CLUSTER_ADMIN: &str = "cluster-admin";

/// Verbs with which rights can be taken that were not given.
const TAKING: &[&str] = &["escalate", "bind", "impersonate"];

/// How many rights one danger names.
const SHOWN: usize = 5;

/// One right: a verb on a resource, or on a path of the server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    group: String,
    resource: String,
    verb: String,
    /// The only object that it is about; empty for all.
    name: String,
    /// A path of the server; empty for resources.
    path: String,
}

/// Returns what a new or changed role or binding allows that was not allowed before.
///
/// A new role is harmless before it is bound, so of it only unlimited rights are named.
pub fn widened(before: Option<&Object>, after: &Object) -> Vec<Danger> {
    if after.group() != RBAC {
        return Vec::new();
    }
    match after.kind() {
        "Role" | "ClusterRole" => widened_role(before, after),
        "RoleBinding" | "ClusterRoleBinding" => widened_binding(before, after),
        _ => Vec::new(),
    }
}

fn widened_role(before: Option<&Object>, after: &Object) -> Vec<Danger> {
    let old = before.map(rights).unwrap_or_default();
    let mut new: Vec<Right> = rights(after)
        .into_iter()
        .filter(|right| !old.iter().any(|known| known.covers(right)))
        .collect();
    if before.is_none() {
        new.retain(Right::is_unlimited);
    }
    let mut dangers = Vec::new();
    if !new.is_empty() {
        let more = new.len().saturating_sub(SHOWN);
        let mut named: Vec<String> = new.iter().take(SHOWN).map(Right::describe).collect();
        if more > 0 {
            named.push(format!("{more} more"));
        }
        dangers.push(Danger {
            kind: DangerKind::AccessWidened,
            message: format!("allows {}", named.join(", ")),
            field: Some("rules".into()),
        });
    }
    let selectors = |object: Option<&Object>| object?.get("/aggregationRule").cloned();
    if selectors(Some(after)).is_some() && selectors(before) != selectors(Some(after)) {
        dangers.push(Danger {
            kind: DangerKind::AccessWidened,
            message: "takes in the rules of all cluster roles with certain labels".into(),
            field: Some("aggregationRule".into()),
        });
    }
    dangers
}

fn rights(role: &Object) -> Vec<Right> {
    let mut rights = BTreeSet::new();
    let rules = role.get("/rules").and_then(Value::as_array);
    for rule in rules.into_iter().flatten() {
        for verb in texts(rule, "verbs") {
            for path in texts(rule, "nonResourceURLs") {
                rights.insert(Right {
                    group: String::new(),
                    resource: String::new(),
                    verb: verb.clone(),
                    name: String::new(),
                    path,
                });
            }
            let names = match texts(rule, "resourceNames") {
                names if names.is_empty() => vec![String::new()],
                names => names,
            };
            for group in texts(rule, "apiGroups") {
                for resource in texts(rule, "resources") {
                    rights.extend(names.iter().map(|name| Right {
                        group: group.clone(),
                        resource: resource.clone(),
                        verb: verb.clone(),
                        name: name.clone(),
                        path: String::new(),
                    }));
                }
            }
        }
    }
    rights.into_iter().collect()
}

fn texts(rule: &Value, field: &str) -> Vec<String> {
    let entries = rule.get(field).and_then(Value::as_array);
    let texts = entries.into_iter().flatten().filter_map(Value::as_str);
    texts.map(Into::into).collect()
}

impl Right {
    /// Says whether whoever has this right has the other one too.
    fn covers(&self, other: &Self) -> bool {
        let holds = |own: &str, wanted: &str| own == ALL || own == wanted;
        if self.path.is_empty() != other.path.is_empty() || !holds(&self.verb, &other.verb) {
            return false;
        }
        if !self.path.is_empty() {
            let prefix = self.path.strip_suffix(ALL);
            return self.path == other.path
                || prefix.is_some_and(|prefix| other.path.starts_with(prefix));
        }
        let sub_resource = self.resource.strip_prefix("*/").is_some_and(|part| {
            let other = other.resource.split_once('/');
            other.is_some_and(|(_, other)| other == part)
        });
        holds(&self.group, &other.group)
            && (holds(&self.resource, &other.resource) || sub_resource)
            && (self.name.is_empty() || self.name == other.name)
    }

    /// Says whether it has no limit, or is one with which other rights can be taken.
    fn is_unlimited(&self) -> bool {
        [&self.group, &self.resource, &self.verb, &self.path]
            .iter()
            .any(|part| *part == ALL)
            || TAKING.contains(&self.verb.as_str())
    }

    fn describe(&self) -> String {
        let verb = match self.verb.as_str() {
            ALL => "everything",
            verb => verb,
        };
        if !self.path.is_empty() {
            return format!("{verb} on the path {}", self.path);
        }
        let what = match (self.resource.as_str(), self.group.as_str()) {
            (ALL, ALL) => "all resources".into(),
            (ALL, "") => "all core resources".into(),
            (ALL, group) => format!("all resources of {group}"),
            (resource, "") => resource.into(),
            (resource, ALL) => format!("{resource} of any group"),
            (resource, group) => format!("{resource}.{group}"),
        };
        match self.name.as_str() {
            "" => format!("{verb} on {what}"),
            name => format!("{verb} on {what} named {name}"),
        }
    }
}

fn widened_binding(before: Option<&Object>, after: &Object) -> Vec<Danger> {
    let has_same_role =
        before.is_some_and(|before| before.get("/roleRef") == after.get("/roleRef"));
    let old = before
        .filter(|_| has_same_role)
        .map(subjects)
        .unwrap_or_default();
    let new: Vec<String> = subjects(after).difference(&old).cloned().collect();
    if new.is_empty() {
        return Vec::new();
    }
    let (kind, role) = (after.text("/roleRef/kind"), after.text("/roleRef/name"));
    let everywhere = after.kind() == "ClusterRoleBinding";
    let is_admin = kind == "ClusterRole" && role == CLUSTER_ADMIN;
    let place = if everywhere {
        "in the whole cluster".into()
    } else {
        format!("in the namespace {}", after.namespace())
    };
    vec![Danger {
        kind: if is_admin && everywhere {
            DangerKind::ClusterAdmin
        } else {
            DangerKind::AccessWidened
        },
        message: format!("gives {kind}/{role} {place} to {}", new.join(", ")),
        field: Some("subjects".into()),
    }]
}

fn subjects(binding: &Object) -> BTreeSet<String> {
    let subjects = binding.get("/subjects").and_then(Value::as_array);
    let named = subjects.into_iter().flatten().map(|subject| {
        let text = |field: &str| subject.get(field).and_then(Value::as_str).unwrap_or("");
        match text("namespace") {
            "" => format!("{} {}", text("kind"), text("name")),
            namespace => format!("{} {namespace}/{}", text("kind"), text("name")),
        }
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(kind: &str, fields: &Value) -> Object {
        let mut value = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
            "metadata": {"name": "x", "namespace": "shop"},
        });
        let all = value.as_object_mut().unwrap();
        all.extend(fields.as_object().unwrap().clone());
        Object::new(value).unwrap()
    }

    fn role(rules: &Value) -> Object {
        object("Role", &json!({"rules": rules}))
    }

    fn messages(before: Option<&Object>, after: &Object) -> Vec<String> {
        widened(before, after)
            .into_iter()
            .map(|danger| danger.message)
            .collect()
    }

    #[test]
    fn names_new_rights_only() {
        let old = role(&json!([
            {"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["get", "list"]},
        ]));
        let narrower = role(
            &json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a"]}]),
        );
        assert_eq!(messages(Some(&old), &narrower), [""; 0]);
        let wider = role(&json!([
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "delete"]},
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"], "resourceNames": ["a"]},
            {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
        ]));
        assert_eq!(
            messages(Some(&old), &wider),
            ["allows get on the path /metrics, delete on pods, everything on secrets named a"]
        );
        let everything = role(&json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]));
        assert_eq!(
            messages(Some(&everything), &wider),
            ["allows get on the path /metrics"]
        );
        assert_eq!(messages(None, &old), [""; 0]);
        assert_eq!(
            messages(None, &everything),
            ["allows everything on all resources"]
        );
    }

    #[test]
    fn names_new_subjects() {
        let binding = |kind: &str, role: &str, names: &[&str]| {
            let subjects: Vec<_> = names
                .iter()
                .map(|name| json!({"kind": "User", "name": name}))
                .collect();
            object(
                kind,
                &json!({"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects}),
            )
        };
        let old = binding("RoleBinding", "view", &["jane"]);
        let new = binding("RoleBinding", "view", &["jane", "john"]);
        assert_eq!(
            messages(Some(&old), &new),
            ["gives ClusterRole/view in the namespace shop to User john"]
        );
        assert_eq!(messages(Some(&new), &old), [""; 0]);
        let admin = binding("ClusterRoleBinding", "cluster-admin", &["jane"]);
        assert_eq!(widened(None, &admin)[0].kind, DangerKind::ClusterAdmin);
    }
}
