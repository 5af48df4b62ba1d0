//! What applying an object would make of it, worked out without the server (pure).
//!
//! Lists are merged as the managed fields of the live object show that the server merges them. Defaults, admission
//! and validation are the server's alone.

use serde_json::{Map, Value};

use super::owned::{entries, names};
use crate::manifest::Object;

/// Lays a wanted object over the live one, and takes out what its manager owned alone and does not want any more.
pub fn merge(live: &Object, wanted: &Object, manager: &str) -> Object {
    let is_ours = |entry: &Value| {
        entry.get("manager").is_some_and(|name| name == manager)
            && entry
                .get("operation")
                .is_some_and(|operation| operation == "Apply")
    };
    let fields = |entry: &Value| entry.get("fieldsV1").cloned();
    let ours = entries(live).find(|entry| is_ours(entry)).and_then(fields);
    let others: Vec<Value> = entries(live)
        .filter(|entry| !is_ours(entry))
        .filter_map(fields)
        .collect();
    let all: Vec<&Value> = ours.iter().chain(&others).collect();
    let mut merged = live.clone();
    lay_over(merged.value_mut(), wanted.value(), &all);
    if let Some(ours) = &ours {
        let others: Vec<&Value> = others.iter().collect();
        take_out(merged.value_mut(), wanted.value(), ours, &others);
    }
    merged
}

/// Returns the nodes below those of several managers.
fn below<'a>(nodes: &[&'a Value], key: &str) -> Vec<&'a Value> {
    nodes.iter().filter_map(|node| node.get(key)).collect()
}

fn lay_over(live: &mut Value, wanted: &Value, fields: &[&Value]) {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            for (name, wanted) in wanted {
                match live.get_mut(name) {
                    Some(live) => lay_over(live, wanted, &below(fields, &format!("f:{name}"))),
                    None => {
                        live.insert(name.clone(), wanted.clone());
                    }
                }
            }
        }
        (Value::Array(live), Value::Array(wanted)) if has_items(fields) => {
            for item in wanted {
                let keys = || fields.iter().filter_map(|node| node.as_object());
                let key = keys().flat_map(Map::keys).find(|key| names(key, item));
                let place = key.and_then(|key| live.iter().position(|live| names(key, live)));
                match (key, place) {
                    (Some(key), Some(place)) => {
                        lay_over(&mut live[place], item, &below(fields, key));
                    }
                    _ => live.push(item.clone()),
                }
            }
        }
        (live, wanted) => *live = wanted.clone(),
    }
}

/// Says whether the items of a list are owned one by one.
fn has_items(fields: &[&Value]) -> bool {
    let mut keys = fields
        .iter()
        .filter_map(|node| node.as_object())
        .flat_map(Map::keys);
    keys.any(|key| key.starts_with("k:") || key.starts_with("v:"))
}

/// Takes out what only `ours` holds and is not wanted.
fn take_out(live: &mut Value, wanted: &Value, ours: &Value, others: &[&Value]) {
    for (key, ours) in ours.as_object().into_iter().flatten() {
        let others = below(others, key);
        if let (Some(name), Value::Object(live)) = (key.strip_prefix("f:"), &mut *live) {
            match (live.get_mut(name), wanted.get(name)) {
                (Some(live), Some(wanted)) => take_out(live, wanted, ours, &others),
                (Some(_), None) if others.is_empty() => {
                    live.remove(name);
                }
                (Some(live), None) => take_out(live, &Value::Null, ours, &others),
                (None, _) => {}
            }
        } else if let Value::Array(live) = &mut *live {
            let Some(place) = live.iter().position(|item| names(key, item)) else {
                continue;
            };
            let wanted = wanted
                .as_array()
                .into_iter()
                .flatten()
                .find(|item| names(key, item));
            match wanted {
                Some(wanted) => take_out(&mut live[place], wanted, ours, &others),
                None if others.is_empty() => {
                    live.remove(place);
                }
                None => take_out(&mut live[place], &Value::Null, ours, &others),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merges_as_the_server_would() {
        let live = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "labels": {"ours": "1", "theirs": "1", "old": "1", "shared": "1"}, "managedFields": [
                {"manager": "kustomize-controller", "operation": "Apply", "fieldsV1": {
                    "f:metadata": {"f:labels": {"f:ours": {}, "f:old": {}, "f:shared": {}}},
                    "f:spec": {"f:ports": {"k:{\"port\":80}": {".": {}, "f:port": {}}, "k:{\"port\":81}": {".": {}, "f:port": {}}}, "f:list": {}},
                }},
                {"manager": "other", "operation": "Update", "fieldsV1": {
                    "f:metadata": {"f:labels": {"f:theirs": {}, "f:shared": {}}},
                    "f:spec": {"f:ports": {"k:{\"port\":80}": {"f:nodePort": {}}}},
                }},
            ]},
            "spec": {"ports": [{"port": 80, "nodePort": 30000}, {"port": 81}], "list": [1, 2], "clusterIP": "10.0.0.1"},
        });
        let wanted = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "labels": {"ours": "2"}},
            "spec": {"ports": [{"port": 80, "name": "http"}, {"port": 90}], "list": [2]},
        });
        let object = |value| Object::new(value).unwrap();
        let merged = merge(&object(live), &object(wanted), "kustomize-controller");
        assert_eq!(
            merged.get("/metadata/labels"),
            Some(&json!({"ours": "2", "theirs": "1", "shared": "1"}))
        );
        assert_eq!(
            merged.get("/spec"),
            Some(&json!({
                "ports": [{"port": 80, "nodePort": 30000, "name": "http"}, {"port": 90}],
                "list": [2], "clusterIP": "10.0.0.1",
            }))
        );
    }
}
