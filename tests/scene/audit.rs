//! What the cluster was told: the API server's audit log, as lines for a snapshot.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use super::control_plane::ControlPlane;
use super::manifest::text;
use super::process::PATIENCE;

/// Returns the successful writes of tests' users in a namespace and in no namespace, oldest first.
pub fn writes(plane: &ControlPlane, namespace: &str) -> String {
    let log = settled_events(plane);
    let ours = |event: &&Value| {
        let namespaced_in = text(event, "/objectRef/namespace");
        let succeeded = event
            .pointer("/responseStatus/code")
            .and_then(Value::as_u64)
            .is_some_and(|code| code < 300);
        let is_dry = text(event, "/requestURI").contains("dryRun=All");
        let is_review = text(event, "/objectRef/apiGroup").ends_with("authentication.k8s.io")
            || text(event, "/objectRef/apiGroup") == "authorization.k8s.io";
        let is_namespace = text(event, "/objectRef/resource") == "namespaces";
        let is_here = namespaced_in.is_empty() || namespaced_in == namespace || is_namespace;
        succeeded && is_here && !is_dry && !is_review
    };
    log.iter()
        .filter(ours)
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Reads the log once it holds a mark that was made just now: all that came before is in it, then.
fn settled_events(plane: &ControlPlane) -> Vec<Value> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mark = format!("mark-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    plane.api().mark_audit(&mark);
    let mut log = String::new();
    plane
        .api()
        .until("the audit log holds our mark", PATIENCE, || {
            log = fs::read_to_string(plane.audit_log()).unwrap_or_default();
            log.contains(&format!("\"auditID\":\"{mark}\"")) && log.ends_with('\n')
        });
    log.lines()
        .map(|line| serde_json::from_str(line).expect("the log is JSON lines"))
        .collect()
}

fn line(event: &Value) -> String {
    let sub = text(event, "/objectRef/subresource");
    let place = [
        text(event, "/objectRef/resource"),
        text(event, "/objectRef/name"),
    ];
    let mut place = place
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("/");
    if !sub.is_empty() {
        place.push(' ');
        place += sub;
    }
    let body = &event["requestObject"];
    let verb = text(event, "/verb");
    if verb != "patch" {
        let name = text(body, "/metadata/name");
        let named = if place.contains('/') || name.is_empty() {
            place
        } else {
            format!("{place}/{name}")
        };
        return format!("{} {named}", verb.to_uppercase());
    }
    // A server-side apply sends a whole object, and which fields are new is not in it.
    if body.get("kind").is_some() {
        return format!("APPLY {place}");
    }
    let mut changes = Vec::new();
    flatten(body, "", &mut changes);
    format!("PATCH {place} {}", changes.join(" "))
}

/// Writes each leaf of a patch as `path=value`.
fn flatten(value: &Value, path: &str, changes: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                flatten(field, &path, changes);
            }
        }
        Value::String(text) => changes.push(format!("{path}={text}")),
        other => changes.push(format!("{path}={other}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_is_told_leaf_by_leaf() {
        let event = json!({
            "verb": "patch",
            "objectRef": { "resource": "kustomizations", "name": "podinfo" },
            "requestObject": { "spec": { "suspend": true }, "metadata": { "annotations": { "a": "b" } } },
        });
        assert_eq!(
            line(&event),
            "PATCH kustomizations/podinfo metadata.annotations.a=b spec.suspend=true"
        );
    }
}
