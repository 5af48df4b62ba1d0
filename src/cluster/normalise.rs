//! Making an object fit for server-side apply (pure).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::manifest::{Object, decode_base64};

/// Changes an object so that the server takes it as people mean it.
///
/// - What only the server writes goes: status, creation time, managed fields.
/// - `stringData` of a Secret moves into `data`: the server would do it too, but would then take a
///   value that was removed for one that nobody manages.
/// - Values of a Secret that look like numbers are texts all the same.
/// - Templates of pods have `metadata`, if only an empty one.
/// - Ports get their default protocol, which is a key of their list and may not be missing in it.
pub fn normalise(object: &mut Object) {
    if let Some(fields) = object.value_mut().as_object_mut() {
        fields.remove("status");
    }
    let metadata = object.metadata_mut();
    metadata.remove("creationTimestamp");
    metadata.remove("managedFields");
    match (object.group(), object.kind()) {
        ("", "Secret") => {
            make_text(object.value_mut().get_mut("data"));
            fold_text(object.value_mut());
        }
        ("", "Service") => name_protocol(object.value_mut().pointer_mut("/spec/ports")),
        _ => {}
    }
    if let Some(pointer) = pod_pointer(object.group(), object.kind()) {
        let template = pointer.strip_suffix("/spec").unwrap_or_default();
        // Flux always sends it. Without it, the server would take away what it has put there itself.
        if !template.is_empty()
            && let Some(Value::Object(fields)) = object.value_mut().pointer_mut(template)
        {
            fields.entry("metadata").or_insert_with(|| json!({}));
        }
        let metadata = object
            .value_mut()
            .pointer_mut(&format!("{template}/metadata"));
        if let Some(metadata) = metadata.and_then(Value::as_object_mut) {
            metadata.remove("creationTimestamp");
        }
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            let containers = object.value_mut().pointer_mut(&format!("{pointer}/{list}"));
            for container in containers
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                name_protocol(container.get_mut("ports"));
            }
        }
    }
}

/// Returns where the specification of pods is in an object of the kind.
fn pod_pointer(group: &str, kind: &str) -> Option<&'static str> {
    Some(match (group, kind) {
        ("", "Pod") => "/spec",
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("", "ReplicationController")
        | ("batch", "Job") => "/spec/template/spec",
        ("batch", "CronJob") => "/spec/jobTemplate/spec/template/spec",
        _ => return None,
    })
}

/// Gives each port of a list the protocol that the server would give it.
fn name_protocol(ports: Option<&mut Value>) {
    for port in ports.and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(port) = port.as_object_mut() else {
            continue;
        };
        if port.get("protocol").is_none_or(Value::is_null) {
            port.insert("protocol".into(), "TCP".into());
        }
    }
}

/// Turns numbers and booleans into their texts: some texts of base64 look like them.
fn make_text(data: Option<&mut Value>) {
    let values = data.and_then(Value::as_object_mut).into_iter().flatten();
    for (_, value) in values {
        if value.is_number() || value.is_boolean() {
            *value = value.to_string().into();
        }
    }
}

/// Moves the plain values of a Secret to the encoded ones; the plain ones win.
fn fold_text(secret: &mut Value) {
    let Some(fields) = secret.as_object_mut() else {
        return;
    };
    // What is no text stays, for the server to refuse.
    let is_foldable = fields
        .get("stringData")
        .and_then(Value::as_object)
        .is_some_and(|plain| {
            plain
                .values()
                .all(|value| value.is_string() || value.is_null())
        });
    if !is_foldable {
        return;
    }
    let Some(Value::Object(plain)) = fields.remove("stringData") else {
        return;
    };
    let data = fields.entry("data").or_insert_with(|| json!({}));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    let Some(data) = data.as_object_mut() else {
        return;
    };
    for (key, value) in plain {
        let text = value.as_str().unwrap_or_default();
        data.insert(key, STANDARD.encode(text).into());
    }
}

/// Returns the key of a Secret whose value is not base64, or no text at all. The server would only
/// say that something is wrong, and quote the value.
pub fn broken_key(object: &Object) -> Option<&str> {
    if !(object.group().is_empty() && object.kind() == "Secret") {
        return None;
    }
    let data = object.get("/data")?.as_object()?;
    let is_broken = |value: &Value| match value {
        Value::String(text) => decode_base64(text).is_err(),
        Value::Null => false,
        _ => true,
    };
    let broken = data.iter().find(|(_, value)| is_broken(value));
    broken.map(|(key, _)| key.as_str())
}

/// Says whether two states of an object say the same, but for what the server keeps to itself.
pub fn is_same(live: &Object, merged: &Object) -> bool {
    bare(live) == bare(merged)
}

/// Returns an object without the fields that change on every write, or that controllers write.
fn bare(object: &Object) -> Value {
    let mut value = object.value().clone();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in [
            "managedFields",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "uid",
            "selfLink",
        ] {
            metadata.remove(field);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(value: Value) -> Value {
        let mut object = Object::new(value).unwrap();
        normalise(&mut object);
        object.into_value()
    }

    #[test]
    fn plain_values_of_a_secret_win_over_encoded_ones() {
        let secret = normal(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "s", "creationTimestamp": null, "managedFields": []},
            "data": {"a": "b2xk", "b": "Yg=="}, "stringData": {"a": "new", "empty": ""},
        }));
        assert_eq!(
            secret["data"],
            json!({"a": "bmV3", "b": "Yg==", "empty": ""})
        );
        assert_eq!(secret["metadata"], json!({"name": "s"}));
        assert!(secret.get("stringData").is_none());
        let only_plain = normal(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
            "data": null, "stringData": {"a": "x"},
        }));
        assert_eq!(only_plain["data"], json!({"a": "eA=="}));
        let odd = normal(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
            "data": {"a": 1234, "b": true}, "stringData": {"n": 1},
        }));
        assert_eq!(odd["data"], json!({"a": "1234", "b": "true"}));
        assert_eq!(odd["stringData"], json!({"n": 1}), "the server refuses it");
    }

    #[test]
    fn ports_get_a_protocol_wherever_pods_are_described() {
        let pod = json!({
            "initContainers": [{"name": "i", "ports": [{"containerPort": 1, "protocol": "UDP"}]}],
            "containers": [{"name": "c", "ports": [{"containerPort": 2}, {"containerPort": 3, "protocol": null}]}],
        });
        let template = json!({"metadata": {"creationTimestamp": null}, "spec": pod});
        let cron = normal(json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"},
            "spec": {"jobTemplate": {"spec": {"template": template}}},
        }));
        let found = cron.pointer("/spec/jobTemplate/spec/template").unwrap();
        assert_eq!(found["metadata"], json!({}));
        assert_eq!(
            found["spec"]["initContainers"][0]["ports"][0]["protocol"],
            "UDP"
        );
        assert_eq!(
            found["spec"]["containers"][0]["ports"][0]["protocol"],
            "TCP"
        );
        assert_eq!(
            found["spec"]["containers"][0]["ports"][1]["protocol"],
            "TCP"
        );
        let service = normal(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "status": {"loadBalancer": {}},
            "spec": {"ports": [{"port": 80}]},
        }));
        assert_eq!(
            service["spec"]["ports"],
            json!([{"port": 80, "protocol": "TCP"}])
        );
        assert!(service.get("status").is_none());
    }

    #[test]
    fn a_value_of_a_secret_must_be_base64() {
        let secret = |data: Value| {
            let metadata = json!({"name": "s"});
            let value =
                json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data});
            Object::new(value).unwrap()
        };
        assert_eq!(
            broken_key(&secret(json!({"a": "aGk=", "b": "hunter2!"}))),
            Some("b")
        );
        assert_eq!(broken_key(&secret(json!({"n": 5}))), Some("n"));
        assert_eq!(
            broken_key(&secret(json!({"a": "aGkg\naGk=\n", "e": "", "z": null}))),
            None
        );
    }

    #[test]
    fn only_what_people_wrote_counts_as_a_difference() {
        let object = |value: Value| Object::new(value).unwrap();
        let live = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}, "status": {"x": 1},
            "metadata": {"name": "c", "resourceVersion": "1", "generation": 1, "labels": {"l": "1"},
                "managedFields": [{"manager": "kubectl"}]},
        });
        let mut other = live.clone();
        other["metadata"]["resourceVersion"] = "2".into();
        other["metadata"]["generation"] = 2.into();
        other["metadata"]["managedFields"] = json!([{"manager": "flux"}]);
        other["status"] = json!({"x": 2});
        assert!(is_same(&object(live.clone()), &object(other.clone())));
        other["metadata"]["labels"]["l"] = "2".into();
        assert!(!is_same(&object(live.clone()), &object(other)));
        let mut other = live.clone();
        other["data"]["a"] = "2".into();
        assert!(!is_same(&object(live), &object(other)));
    }
}
