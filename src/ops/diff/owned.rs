//! What a manager owns of an object, as the server keeps it in `metadata.managedFields` (pure).
//!
//! The keys of `fieldsV1` are those of Kubernetes' structured merge: `f:NAME` a field, `k:{…}` the item of a list with
//! these values, `v:VALUE` an item of a set, `.` the node itself; a node without any is owned as a whole.

use serde_json::{Map, Value};

use crate::manifest::Object;

/// The fields that the server takes out of what is applied: they say which object is meant.
const IDENTITY: &[&str] = &["apiVersion", "kind"];

/// The fields of `metadata` that are nobody's.
const METADATA: &[&str] = &[
    "name",
    "namespace",
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// The fields of `metadata` with which a file says what it takes the live object for.
const CONDITIONS: &[&str] = &["/metadata/resourceVersion", "/metadata/uid"];

/// Says whether an object is provably what its manager applied before: the fields that it owns are exactly those that
/// are wanted now, and their values are equal. Applying it again changes nothing then.
///
/// What can't be proved is no difference yet: quantities and defaults have several spellings.
pub fn is_applied(live: &Object, wanted: &Object, manager: &str) -> bool {
    let Some(fields) = applied_fields(live, wanted.api_version(), manager) else {
        return false;
    };
    // The server holds these against the live object, and may refuse.
    let is_set = |field: &str| wanted.get(field).is_some_and(|value| !value.is_null());
    if CONDITIONS.iter().any(|field| is_set(field)) {
        return false;
    }
    let (Some(live), Some(wanted)) = (live.value().as_object(), wanted.value().as_object()) else {
        return false;
    };
    let others = |object: &Map<String, Value>| {
        let mut object = object.clone();
        object.retain(|name, _| name != "metadata" && !IDENTITY.contains(&name.as_str()));
        object
    };
    let mut rest = others(wanted);
    let metadata = own_metadata(wanted);
    if !metadata.is_empty() {
        rest.insert("metadata".into(), Value::Object(metadata));
    }
    are_equal(fields, &Value::Object(rest), &Value::Object(live.clone()))
}

/// Says whether an object may be what a manager has applied, and not what somebody else has made in its place.
///
/// Of an object without fields, such as a bare `ServiceAccount`, nobody is the manager; what controllers of Kubernetes
/// add to it says nothing.
pub fn may_be_applied(live: &Object, manager: &str) -> bool {
    let is_applied =
        |entry: &&Value| text(entry, "manager") == manager && text(entry, "operation") == "Apply";
    let is_of_cluster = |entry: &Value| {
        text(entry, "manager").starts_with("kube-") || text(entry, "subresource") == "status"
    };
    entries(live).any(|entry| is_applied(&entry)) || entries(live).all(is_of_cluster)
}

/// Returns the fields that a manager has applied in a version, where it did so in this version alone.
fn applied_fields<'a>(live: &'a Object, version: &str, manager: &str) -> Option<&'a Value> {
    let mut entries = entries(live)
        .filter(|entry| text(entry, "manager") == manager && text(entry, "operation") == "Apply");
    let entry = entries.next()?;
    let is_only = entries.next().is_none()
        && text(entry, "apiVersion") == version
        && text(entry, "subresource").is_empty();
    is_only.then(|| entry.get("fieldsV1")).flatten()
}

/// Returns the entries of all managers.
pub fn entries(live: &Object) -> impl Iterator<Item = &Value> {
    let entries = live
        .get("/metadata/managedFields")
        .and_then(Value::as_array);
    entries.into_iter().flatten()
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the part of `metadata` that somebody can own.
fn own_metadata(object: &Map<String, Value>) -> Map<String, Value> {
    let metadata = object.get("metadata").and_then(Value::as_object).cloned();
    let mut metadata = metadata.unwrap_or_default();
    metadata.retain(|name, _| !METADATA.contains(&name.as_str()));
    metadata
}

/// Says whether the owned fields below a node are exactly those of the wanted value, and live has the same there.
fn are_equal(fields: &Value, wanted: &Value, live: &Value) -> bool {
    let Some(fields) = fields.as_object() else {
        return false;
    };
    if fields.is_empty() {
        return wanted == live && !wanted.is_null();
    }
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            let owned = fields.keys().filter(|key| *key != ".").count();
            owned == wanted.len()
                && wanted.iter().all(|(name, wanted)| {
                    let fields = fields.get(&format!("f:{name}"));
                    let live = live.get(name);
                    matches!((fields, live), (Some(fields), Some(live)) if are_equal(fields, wanted, live))
                })
        }
        (Value::Array(wanted), Value::Array(live)) => are_equal_lists(fields, wanted, live),
        _ => false,
    }
}

/// The same for lists whose items are owned one by one; the items must stand in the same order too.
fn are_equal_lists(fields: &Map<String, Value>, wanted: &[Value], live: &[Value]) -> bool {
    let items: Vec<(&String, &Value)> = fields.iter().filter(|(key, _)| *key != ".").collect();
    if items.len() != wanted.len() {
        return false;
    }
    let mut from = 0;
    wanted.iter().all(|wanted| {
        let Some((key, fields)) = items.iter().find(|(key, _)| names(key, wanted)) else {
            return false;
        };
        let Some(place) = live[from..].iter().position(|live| names(key, live)) else {
            return false;
        };
        let live = &live[from + place];
        from += place + 1;
        // An item of a set is owned as a whole.
        if key.starts_with("v:") {
            wanted == live
        } else {
            are_equal(fields, wanted, live)
        }
    })
}

/// Says whether a key of `fieldsV1` means an item of a list.
pub fn names(key: &str, item: &Value) -> bool {
    if let Some(value) = key.strip_prefix("v:") {
        return serde_json::from_str::<Value>(value).is_ok_and(|value| value == *item);
    }
    let Some(values) = key.strip_prefix("k:") else {
        return false;
    };
    let Ok(Value::Object(values)) = serde_json::from_str(values) else {
        return false;
    };
    values
        .iter()
        .all(|(name, value)| item.get(name) == Some(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        Object::new(value).unwrap()
    }

    fn wanted() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"replicas": 2, "template": {"spec": {
                "containers": [{"name": "web", "image": "web:1", "args": ["a", "b"]}, {"name": "side", "image": "side:1"}],
                "volumes": [],
            }}},
        })
    }

    fn live() -> Value {
        let mut live = wanted();
        live["metadata"]["uid"] = "1".into();
        live["metadata"]["labels"]["other"] = "theirs".into();
        live["spec"]["strategy"] = json!({"type": "RollingUpdate"});
        live["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = "Always".into();
        let item = |name: &str, more: Value| {
            let mut fields = json!({".": {}, "f:name": {}, "f:image": {}});
            for (key, value) in more.as_object().unwrap() {
                fields[key] = value.clone();
            }
            (format!("k:{{\"name\":\"{name}\"}}"), fields)
        };
        let containers: Map<String, Value> =
            [item("web", json!({"f:args": {}})), item("side", json!({}))]
                .into_iter()
                .collect();
        live["metadata"]["managedFields"] = json!([
            {"manager": "kubectl", "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": {"f:metadata": {"f:labels": {"f:other": {}}}}},
            {"manager": "kustomize-controller", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {
                "f:metadata": {"f:labels": {"f:app": {}}},
                "f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": containers, "f:volumes": {}}}},
            }},
        ]);
        live
    }

    fn proves(live: Value, wanted: Value) -> bool {
        is_applied(&object(live), &object(wanted), "kustomize-controller")
    }

    #[test]
    fn what_was_applied_before_needs_no_rehearsal() {
        assert!(proves(live(), wanted()));
    }

    #[test]
    fn whatever_differs_is_not_proved() {
        let changes: &[(&str, Value)] = &[
            ("/spec/replicas", json!(3)),
            ("/spec/replicas", json!("2")),
            ("/spec/template/spec/containers/0/image", json!("web:2")),
            ("/spec/template/spec/containers/0/args", json!(["b", "a"])),
            ("/spec/template/spec/containers/1/name", json!("aside")),
            ("/spec/template/spec/volumes", json!(null)),
            ("/spec", json!({"replicas": 2})),
            ("/metadata/labels", json!({"app": "web", "more": "x"})),
            ("/metadata/labels", json!({})),
            ("/apiVersion", json!("apps/v1beta1")),
        ];
        for (pointer, value) in changes {
            let mut wanted = wanted();
            *wanted.pointer_mut(pointer).unwrap() = value.clone();
            assert!(!proves(live(), wanted), "{pointer}: {value}");
        }
        let mut more = wanted();
        more["spec"]["paused"] = false.into();
        assert!(!proves(live(), more));
        let mut swapped = wanted();
        swapped["spec"]["template"]["spec"]["containers"]
            .as_array_mut()
            .unwrap()
            .swap(0, 1);
        assert!(!proves(live(), swapped));
        let mut drifted = live();
        drifted["spec"]["replicas"] = 9.into();
        assert!(!proves(drifted, wanted()));
        let mut foreign = live();
        foreign["metadata"]["managedFields"][1]["manager"] = "flux".into();
        assert!(!proves(foreign, wanted()));
    }
}
