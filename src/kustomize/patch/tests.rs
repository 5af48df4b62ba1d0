//! Strategic merges as a whole: maps, lists, and documents within documents.

use serde_json::{Value, json};

use super::super::schema::Schemas;
use super::merge::{Fate, merge};
use crate::manifest::{Dialect, Node};

fn merged(document: &str, patch: &str) -> Result<Option<Value>, String> {
    let node = |text| Node::documents(text).unwrap().remove(0);
    let mut document = node(document);
    let fate = merge(&mut document, node(patch), &Schemas::new());
    match fate.map_err(|error| error.to_string())? {
        Fate::Cleared => Ok(None),
        Fate::Kept => Ok(document.into_value(Dialect::Resources, 1).ok()),
    }
}

/// Merges into the pod spec of a pod and returns what became of it.
fn pod(spec: &str, patch: &str) -> Value {
    let pod = |spec| format!("{{apiVersion: v1, kind: Pod, spec: {spec}}}");
    merged(&pod(spec), &pod(patch)).unwrap().unwrap()["spec"].take()
}

#[test]
fn merges_maps_and_keeps_how_scalars_were_written() {
    for (document, patch, wanted) in [
        (
            "{a: {b: 1, c: 2}}",
            "{a: {c: 3, d: 4}}",
            json!({"a": {"b": 1, "c": 3, "d": 4}}),
        ),
        (
            "{a: '5', b: 5, c: x}",
            "{a: 6, b: '6', c: true}",
            json!({"a": "6", "b": "6", "c": true}),
        ),
        (
            "{a: ~, b: 1, c: {d: 1}}",
            "{b: null, c: null, e: null}",
            json!({"a": null}),
        ),
        (
            "{b: 1}",
            "{a: {b: null, c: {$patch: delete}, d: [~]}}",
            json!({"a": {"d": [null]}, "b": 1}),
        ),
        (
            "{a: {b: 1}}",
            "{a: {$patch: replace, c: 1}}",
            json!({"a": {"c": 1}}),
        ),
        ("{a: {b: 1}}", "{a: {$patch: delete}}", json!({})),
        ("{a: 1}", "{$patch: replace, b: 1}", json!({"a": 1})),
        ("{a: [1, 2]}", "{a: [3]}", json!({"a": [3]})),
        (
            "{a: 1}",
            "{b: {$patch: other}}",
            json!({"a": 1, "b": {"$patch": "other"}}),
        ),
    ] {
        assert_eq!(
            merged(document, patch).unwrap().unwrap(),
            wanted,
            "{document} {patch}"
        );
    }
    assert_eq!(merged("{a: 1}", "{$patch: delete}"), Ok(None));
    assert_eq!(
        merged("a:\nb: ~\n", "{c: 1}").unwrap().unwrap(),
        json!({"b": null, "c": 1})
    );
}

#[test]
fn says_what_does_not_fit_where() {
    let error = merged("{a: {b: {c: 1}}}", "{a: {b: 1}}").unwrap_err();
    assert_eq!(
        error,
        "wrong node kind: expected MappingNode but got ScalarNode at a.b"
    );
    let error = merged("{a: {b: 1}}", "{a: {$patch: other}}").unwrap_err();
    assert_eq!(error, "unknown patch strategy 'other' at a");
}

#[test]
fn merges_lists_by_their_keys_patch_first() {
    let containers = "{containers: [{name: a, image: x}, {name: b, image: y}]}";
    for (patch, wanted) in [
        (
            "{containers: [{name: b, image: z}, {name: c}]}",
            json!([{"name": "b", "image": "z"}, {"name": "c"}, {"name": "a", "image": "x"}]),
        ),
        (
            "{containers: [{name: a, $patch: delete}]}",
            json!([{"name": "b", "image": "y"}]),
        ),
        (
            "{containers: [{name: b, $patch: replace, args: []}]}",
            json!([{"name": "b", "image": "y"}, {"name": "a", "image": "x"}]),
        ),
        (
            "{containers: [{$patch: replace}, {name: c}]}",
            json!([{"name": "c"}]),
        ),
        // What has no key takes everything with it.
        ("{containers: [{image: z}]}", json!([])),
    ] {
        assert_eq!(pod(containers, patch)["containers"], wanted, "{patch}");
    }
    // Lists that no patch names lose what repeats.
    let twice = "{volumes: [{name: a, emptyDir: {}}, {name: a}]}";
    assert_eq!(pod(twice, "{x: 1}")["volumes"], json!([{"name": "a"}]));
}

#[test]
fn merges_lists_by_two_keys() {
    let service = |ports| format!("{{apiVersion: v1, kind: Service, spec: {{ports: {ports}}}}}");
    let ports = "[{port: 80, name: one}, {port: 81, protocol: UDP, name: two}]";
    for (patch, wanted) in [
        (
            "[{port: 81, protocol: UDP, name: x}]",
            json!([{"port": 80, "name": "one"}, {"port": 81, "protocol": "UDP", "name": "x"}]),
        ),
        (
            "[{port: 80, protocol: TCP, $patch: delete}]",
            json!([{"port": 80, "name": "one"}, {"port": 81, "protocol": "UDP", "name": "two"}]),
        ),
    ] {
        let result = merged(&service(ports), &service(patch)).unwrap().unwrap();
        assert_eq!(result["spec"]["ports"], wanted, "{patch}");
    }
    let untouched = "{containers: [{name: a, ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}, {containerPort: 53, protocol: TCP}]}]}";
    assert_eq!(
        pod(untouched, "{x: 1}")["containers"][0]["ports"],
        json!([{"containerPort": 53}, {"containerPort": 53, "protocol": "TCP"}])
    );
}

#[test]
fn merges_lists_of_scalars_and_documents_within_documents() {
    let secret =
        |list| format!("{{apiVersion: v1, kind: Secret, metadata: {{finalizers: {list}}}}}");
    let result = merged(&secret("[a, b]"), &secret("[c, b]"))
        .unwrap()
        .unwrap();
    assert_eq!(result["metadata"]["finalizers"], json!(["c", "b", "a"]));
    let thing = |name| {
        format!("{{inner: {{apiVersion: v1, kind: ServiceAccount, secrets: [{{name: {name}}}]}}}}")
    };
    let result = merged(&thing("a"), &thing("b")).unwrap().unwrap();
    assert_eq!(
        result["inner"]["secrets"],
        json!([{"name": "b"}, {"name": "a"}])
    );
    let described =
        "items: # {\"type\": \"array\", \"x-kubernetes-patch-strategy\": \"merge\"}\n- a\n";
    assert_eq!(
        merged(described, "{items: [b]}").unwrap().unwrap(),
        json!({"items": ["b", "a"]})
    );
}
