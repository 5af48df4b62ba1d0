//! What a run changed: two snapshots of the cluster, compared as the recordings were.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// All objects of the followed kinds, by their key.
pub type Snapshot = BTreeMap<String, Value>;

/// How far from now a time may be that the run itself wrote, in seconds.
const RECENT: i64 = 1500;

/// What no recording holds, since it differs from run to run.
const VOLATILE: &[&str] = &[
    "resourceVersion",
    "uid",
    "managedFields",
    "creationTimestamp",
    "generation",
    "selfLink",
];

/// Who reports when the API server looks over the addresses of services, which it does when it likes.
const REPAIR: &str = "ipallocator-repair-controller";

/// Says whether an object is the API server's own doing, whatever runs meanwhile.
fn is_of_server(object: &Value) -> bool {
    object["kind"] == "Event" && object["reportingComponent"] == REPAIR
}

/// Returns the keys of objects that were written to, made or deleted.
pub fn touched(before: &Snapshot, after: &Snapshot) -> BTreeSet<String> {
    let version = |snapshot: &Snapshot, key: &str| {
        snapshot
            .get(key)
            .map(|object| object["metadata"]["resourceVersion"].clone())
    };
    let objects = before.iter().chain(after);
    objects
        .filter(|(_, object)| !is_of_server(object))
        .map(|(key, _)| key)
        .filter(|key| version(before, key) != version(after, key))
        .cloned()
        .collect()
}

/// Returns the changes in the form of the recordings; the status of the `answered` objects is left out.
pub fn changes(before: &Snapshot, after: &Snapshot, answered: &[&str]) -> Vec<Value> {
    let mut changes = Vec::new();
    for key in touched(before, after) {
        let cleaned = |snapshot: &Snapshot| {
            snapshot
                .get(&key)
                .map(|object| clean(object, answered.contains(&key.as_str())))
        };
        match (cleaned(before), cleaned(after)) {
            (Some(_), None) => changes.push(json!({ "object": key, "op": "deleted" })),
            (None, Some(new)) => changes.push(
                json!({ "object": key, "op": "created", "value": masked(without_kind(new)) }),
            ),
            (Some(old), Some(new)) if old != new => {
                changes.push(json!({ "object": key, "op": "changed", "patch": masked(difference(&old, &new)) }));
            }
            _ => {}
        }
        let uid = |snapshot: &Snapshot| {
            snapshot
                .get(&key)
                .map(|object| object["metadata"]["uid"].clone())
        };
        if let (Some(old), Some(new)) = (uid(before), uid(after))
            && old != new
        {
            changes.push(json!({ "object": key, "op": "recreated" }));
        }
    }
    changes
}

fn without_kind(mut object: Value) -> Value {
    let fields = object.as_object_mut().expect("an object is a mapping");
    fields.remove("apiVersion");
    fields.remove("kind");
    object
}

fn clean(object: &Value, answered: bool) -> Value {
    let mut object = object.clone();
    let metadata = object["metadata"]
        .as_object_mut()
        .expect("every object has metadata");
    for field in VOLATILE {
        metadata.remove(*field);
    }
    if metadata.contains_key("deletionTimestamp") {
        metadata.insert("deletionTimestamp".into(), "${TIME}".into());
    }
    if answered {
        object
            .as_object_mut()
            .expect("an object is a mapping")
            .remove("status");
    }
    let has_address = object
        .pointer("/spec/clusterIP")
        .and_then(Value::as_str)
        .is_some_and(|address| address != "None");
    if object["kind"] == "Service" && has_address {
        object["spec"]["clusterIP"] = "${IP}".into();
        object["spec"]["clusterIPs"] = json!(["${IP}"]);
    }
    object
}

/// Returns the merge patch from one value to the other.
fn difference(before: &Value, after: &Value) -> Value {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        return after.clone();
    };
    let mut patch = Map::new();
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        match (old.get(key), new.get(key)) {
            (Some(_), None) => drop(patch.insert(key.clone(), Value::Null)),
            (None, Some(value)) => drop(patch.insert(key.clone(), value.clone())),
            (Some(one), Some(other)) if one != other => {
                drop(patch.insert(key.clone(), difference(one, other)));
            }
            _ => {}
        }
    }
    Value::Object(patch)
}

/// Puts a placeholder in the place of times of the run.
fn masked(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, field)| (name, masked(field)))
            .collect(),
        Value::Array(items) => items.into_iter().map(masked).collect(),
        Value::String(text) if is_recent(&text) => "${TIME}".into(),
        other => other,
    }
}

fn is_recent(text: &str) -> bool {
    let now = Timestamp::now().as_second();
    text.parse::<Timestamp>()
        .is_ok_and(|time| (time.as_second() - now).abs() < RECENT)
}

#[test]
fn a_change_is_told_as_a_merge_patch() {
    let object = |version: &str, suspended: bool| json!({ "kind": "K", "metadata": { "resourceVersion": version, "uid": "1" }, "spec": { "suspend": suspended, "a": 1 } });
    let before = Snapshot::from([("k".to_owned(), object("1", false))]);
    let after = Snapshot::from([("k".to_owned(), object("2", true))]);
    let told = changes(&before, &after, &[]);
    assert_eq!(
        told,
        [json!({ "object": "k", "op": "changed", "patch": { "spec": { "suspend": true } } })]
    );
    assert_eq!(changes(&before, &before, &[]), Vec::<Value>::new());
}
